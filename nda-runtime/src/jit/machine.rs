//! Machine code of a function, published while other code of it runs; and what the tiers tell each other.

use super::{JitCode, JitControlFlow, JitState};
use crate::Loaded;
use std::fmt;
use std::sync::Arc;

/// Where machine code is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JitEntry {
    /// At the beginning of the function, before its body is charged.
    Body,
    /// At the head of loop number so many: of a `Loop` before the body of the iteration that its index names is charged, of a
    /// `While` before its condition is.
    Loop(u32),
}

/// Where the code of one tier keeps in the frame what another tier needs to go on in its place, at the head of any loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Homes {
    /// Words of the frame. Callees' frames lie above.
    pub words: u32,
    /// Words of the aggregates, of slots in their order first, then of the statement under way.
    pub aggregates: u32,
    /// The word of each slot: its value, or of an aggregate the reference to it.
    pub slots: Box<[u32]>,
    /// The word of each loop's counter: of a `Loop` its count, of a `While` with a bound the iterations begun so far.
    pub counters: Box<[u32]>,
}

/// Goes on with a function from the head of a loop, given by its ordinal, to the function's end. Everything is in its home.
pub type JitResume = Arc<dyn for<'a> Fn(&mut JitState<'a>, u32) -> JitControlFlow + Send + Sync>;

/// Who decides when a function is compiled to machine code. Asked where fuel runs out, never on the hot path.
pub trait TierUp: Send + Sync + fmt::Debug {
    /// Function `object` of `program` has spent so many units of fuel, in loop `ordinal` or outside of its loops, to the nearest
    /// slice; its code has counted them.
    fn spent(&self, program: &Loaded, object: u32, code: &Arc<JitCode>, ordinal: Option<u32>, units: u64);
}
