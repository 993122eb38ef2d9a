//! Where no machine code is made: every function stays in the other tier, and says so.

use crate::{CodeBudget, Compiled, Refusal, Source, Unlinked};
use nda_runtime::JitFn;
use std::sync::Arc;

/// A machine that code is made for: not this one.
#[derive(Clone, Copy, Debug)]
pub enum Host {}

impl Host {
    /// None.
    #[must_use]
    pub fn new() -> Option<Host> {
        None
    }
}

/// Compiles nothing.
///
/// # Errors
/// Always.
pub fn compile(host: &Host, _: &Source<'_>, _: bool) -> Result<Compiled, Refusal> {
    match *host {}
}

/// Links nothing.
///
/// # Errors
/// Always.
pub fn link(_: Vec<Unlinked>, _: &Arc<CodeBudget>) -> Result<Vec<JitFn>, Refusal> {
    Err(Refusal::Host)
}
