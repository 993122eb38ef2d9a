//! What is told of tiers: per function and loop, what it has spent where, and why it is there.

use nda_ast::NodeId;
use nda_runtime::jit::{JitCode, JitEntry};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// What runs a part of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockTier {
    /// Closures (tier 1).
    Closures,
    /// Machine code (tier 2), from the next time on that the part is entered.
    Machine,
}

/// A function outside of its loops, or one of its loops; what all runs of all programs that have the function have spent there, as far
/// as they were sampled (a slice of fuel counts for the part in which it ended).
#[derive(Clone, Debug)]
pub struct BlockReport {
    /// Object index of the function.
    pub object: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Of a loop its ordinal in program order, and its node.
    pub loop_at: Option<(u32, NodeId)>,
    /// Units of fuel spent in tier 1.
    pub units: u64,
    /// Units of fuel spent in machine code.
    pub machine_units: u64,
    /// What runs it from now on.
    pub tier: BlockTier,
    /// How long compiling took, where it was tried.
    pub compile_time: Option<Duration>,
    /// Bytes of machine code.
    pub code_bytes: usize,
    /// Why it has no machine code, where it was tried.
    pub refused: Option<String>,
}

/// What came of compiling.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub compile_time: Duration,
    pub code_bytes: usize,
    pub refused: Option<String>,
}

/// A part of a function, by where its code lies.
type Part = (usize, JitEntry);

/// The events of code that is alive.
#[derive(Debug, Default)]
pub(super) struct Events {
    inner: Mutex<HashMap<Part, (Weak<JitCode>, Event)>>,
}

/// Events between two sweeps, at least.
const SMALL: usize = 64;

impl Events {
    pub(super) fn note(&self, code: &Arc<JitCode>, entry: JitEntry, event: Event) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.len() >= SMALL && inner.len() == inner.capacity() {
            inner.retain(|_, (code, _)| code.strong_count() > 0);
        }
        inner.insert((Arc::as_ptr(code) as usize, entry), (Arc::downgrade(code), event));
    }

    pub(super) fn of(&self, code: &Arc<JitCode>, entry: JitEntry) -> Option<Event> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (owner, event) = inner.get(&(Arc::as_ptr(code) as usize, entry))?;
        // Another's, that lay there before.
        std::ptr::eq(owner.as_ptr(), Arc::as_ptr(code)).then(|| event.clone())
    }
}
