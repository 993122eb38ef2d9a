//! Compiled functions: the list of records behind a [`JitFn`](nda_runtime::JitFn).

use crate::chain::start;
use crate::compile::{Compiled, compile};
use crate::rec::{Flow, Frame, NEAR, OWNER, Rec, Site};
use nda_ast::{NodeId, ValidFunction};
use nda_runtime::jit::At;
use nda_runtime::{JitCode, JitState};
use std::cell::Cell;
use std::sync::{Arc, OnceLock};

/// A compiled function.
struct Closure {
    recs: Box<[Rec]>,
    /// Cost of the body.
    cost: u64,
    /// The nodes of the records, found by compiling once more when a run first traps here. Every program that shares this code
    /// has the function.
    sites: OnceLock<Box<[Site]>>,
}

impl Closure {
    fn run(&self, st: &mut JitState<'_>) -> Flow {
        let Some(frame) = near(st.words, st.frame) else { return Flow::TRAP };
        let fuel = match u64::try_from(st.fuel).ok().and_then(|fuel| fuel.checked_sub(self.cost)) {
            Some(left) => left as i64,
            None => match self.refill(st) {
                Ok(fuel) => fuel,
                Err(flow) => return flow,
            },
        };
        let flow = start(&self.recs, frame, fuel, st);
        if let Some(fuel) = flow.fuel() {
            st.fuel = fuel;
            return Flow::RETURN;
        }
        if flow != Flow::RETURN && st.site != JitState::LOCATED {
            let node = self.node(st);
            st.locate(node);
        }
        flow
    }

    /// Charges the body where the slice does not cover it.
    #[cold]
    #[inline(never)]
    fn refill(&self, st: &mut JitState<'_>) -> Result<i64, Flow> {
        let at = if st.is_entry() { At::Block } else { At::Call };
        st.refill(st.fuel, self.cost, at).map_err(|kind| {
            let flow = st.stop(st.fuel, kind.into());
            // An interruption strikes at the call, before this function is entered.
            if !kind.code().is_interruption() {
                st.locate(0);
            }
            flow
        })
    }

    /// The node at which this function has trapped.
    #[cold]
    #[inline(never)]
    fn node(&self, st: &JitState<'_>) -> NodeId {
        let (program, object) = (st.unit.program.program(), st.object());
        let sites = self.sites.get_or_init(|| match program.function(object) {
            Some(valid) => Compiled::with_sites(valid, &crate::imports_of(program, object)).sites.into(),
            None => unreachable!("object {object} is the function under way"),
        });
        let place = self.recs.len().checked_sub((st.site & !OWNER) as usize);
        let found = place.and_then(|place| sites.get(place)).copied().unwrap_or_default();
        if st.site & OWNER == 0 { found.check } else { found.owner }
    }
}

/// The near words of the frame that begins at `first`.
#[inline(always)]
pub(crate) fn near(words: &[Cell<u64>], first: usize) -> Option<&Frame> {
    words.get(first..)?.first_chunk::<{ NEAR as usize }>()
}

/// Compiles a function.
pub(crate) fn compile_function(valid: &ValidFunction, imports: &[u32]) -> JitCode {
    let compiled = compile(valid, imports);
    let bytes = size_of_val(&*compiled.recs) + size_of::<Closure>() + size_of::<JitCode>();
    let closure = Closure { recs: compiled.recs, cost: valid.block_cost(0), sites: OnceLock::new() };
    let call = Arc::new(move |st: &mut JitState<'_>| closure.run(st));
    JitCode::new(call, compiled.words, compiled.aggregates, compiled.loops).with_bytes(bytes)
}
