//! Tier 0, the reference interpreter: it defines what a program does.
//!
//! Plain on purpose. The nodes of a function are taken in byte order as a flat list of steps (`lower.rs`): an
//! expression takes its operands from a stack of words and leaves its value there; a statement takes them all. There is
//! no recursion, whatever the nesting of program or calls, and nothing is allocated while a program runs but for log,
//! transcript and the report of a trap. An aggregate on the stack is a reference: no expression changes a slot, so what
//! it names stays as it is until the statement takes it.

mod calls;
mod explain;
mod lower;
mod machine;
mod scalars;
mod start;
mod step;
mod vectors;

pub(crate) use calls::Activation;
pub(crate) use lower::lower_all;
pub(crate) use step::Code;

use crate::{ActiveCall, Outcome, Run, RunError, RunState, Tier};

/// The reference interpreter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tier0;

impl Tier for Tier0 {
    fn name(&self) -> &'static str {
        "tier0"
    }

    fn run(&self, run: Run<'_>, state: &mut RunState) -> Result<Outcome, RunError> {
        start::run(run, state, None)
    }
}

impl Tier0 {
    /// Runs a function, and where it traps also gives the calls that were active, outermost first, with slots and
    /// loops. After a return there are none.
    ///
    /// # Errors
    /// As [`Tier::run`].
    pub fn explain(
        &self,
        run: Run<'_>,
        state: &mut RunState,
    ) -> Result<(Outcome, Vec<ActiveCall>), RunError> {
        let mut calls = Vec::new();
        let outcome = start::run(run, state, Some(&mut calls))?;
        Ok((outcome, calls))
    }
}
