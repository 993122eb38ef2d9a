//! Going on in this tier from the head of a loop, in the place of machine code that leaves.
//!
//! The innermost loop goes on by its records. Where its control flow comes to an end, what lies around it, a loop or a part of
//! a sequence, takes that flow as it would have taken it from its own body, and so on outwards to the function's end.

use crate::chain::start;
use crate::code::near;
use crate::compile::{Head, Heads, resumable};
use crate::rec::{Flow, Frame, OWNER, Rec, Site};
use crate::records::flow::{Outer, outer};
use nda_ast::{NodeId, ValidFunction, ValidProgram};
use nda_runtime::JitState;
use nda_runtime::jit::{At, Homes, JitResume};
use std::sync::Arc;

/// What another tier needs of this one to take over a function and to give it back.
pub struct Continuation {
    /// Where everything is at the head of a loop.
    pub homes: Homes,
    /// Goes on from there.
    pub resume: JitResume,
}

impl std::fmt::Debug for Continuation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Continuation").field("homes", &self.homes).finish_non_exhaustive()
    }
}

/// Compiles function `object` of a program so that it can be gone on with from the head of any loop. As long as
/// [`compile_function`](crate::compile_function) takes, and done only for functions that get machine code.
///
/// # Panics
/// Where the program has no such function.
#[must_use]
pub fn continuation(program: &ValidProgram, object: u32) -> Continuation {
    let Some(valid) = program.function(object) else { panic!("object {object} is no function") };
    let compiled = resumable(valid, &crate::imports_of(program, object));
    let heads = compiled.heads.unwrap_or_default();
    let homes = Homes {
        words: compiled.words,
        aggregates: compiled.aggregates,
        slots: heads.slots.as_slice().into(),
        counters: heads.loops.iter().map(|head| head.counter).collect(),
    };
    let code = Resumable { recs: compiled.recs, sites: compiled.sites.into(), heads, valid: valid.clone() };
    let resume = Arc::new(move |st: &mut JitState<'_>, ordinal| code.resume(st, ordinal));
    Continuation { homes, resume }
}

struct Resumable {
    recs: Box<[Rec]>,
    sites: Box<[Site]>,
    heads: Heads,
    valid: Arc<ValidFunction>,
}

impl Resumable {
    fn resume(&self, st: &mut JitState<'_>, ordinal: u32) -> Flow {
        let (Some(frame), Some(&head)) = (near(st.words, st.frame), self.heads.loops.get(ordinal as usize))
        else {
            return Flow::TRAP;
        };
        let flow = match self.begin(head, frame, st) {
            Ok(flow) => self.outwards(head.record, flow, frame, st),
            // It has been located.
            Err(flow) => return flow,
        };
        if let Some(fuel) = flow.fuel() {
            st.fuel = fuel;
            return Flow::RETURN;
        }
        if flow != Flow::RETURN && st.site != JitState::LOCATED {
            st.locate(self.node(st.site));
            // Code of this tier may have entered the code that has left to it.
            st.site = JitState::LOCATED;
        }
        flow
    }

    /// The innermost loop, and what follows it in the body or part that it lies in.
    fn begin(&self, head: Head, frame: &Frame, st: &mut JitState<'_>) -> Result<Flow, Flow> {
        let fuel = st.fuel;
        if let Some(at) = head.condition {
            return Ok(start(self.from(at), frame, fuel, st));
        }
        let cost = self.valid.block_cost(head.body);
        let left = match u64::try_from(fuel).ok().and_then(|fuel| fuel.checked_sub(cost)) {
            // A body that costs more than a record can say charges itself.
            _ if crate::compile::is_large(cost) => fuel,
            Some(left) => left as i64,
            None => st.refill(fuel, cost, At::Block).map_err(|kind| {
                let flow = st.trap(st.fuel, JitState::LOCATED, kind);
                st.locate(self.valid.function().blocks()[head.body as usize].owner);
                flow
            })?,
        };
        let first = start(self.from(head.record + 1), frame, left, st);
        Ok(self.after_loop(head.record, first, frame, st))
    }

    /// What lies around record `inner`, from the inside outwards.
    fn outwards(&self, inner: u32, mut flow: Flow, frame: &Frame, st: &mut JitState<'_>) -> Flow {
        let end = |at: u32| at + self.recs.get(at as usize).map_or(0, |rec| rec.skip);
        let around = self.heads.around.iter().rev().copied();
        for at in around.filter(|&at| at < inner && inner <= end(at)) {
            let is_loop = self.heads.loops.iter().any(|head| head.record == at);
            flow = if is_loop {
                self.after_loop(at, flow, frame, st)
            } else {
                self.after_part(at, inner, flow, frame, st)
            };
        }
        flow
    }

    /// The loop at `record`, whose body has given `flow`, and what follows it.
    fn after_loop(&self, record: u32, first: Flow, frame: &Frame, st: &mut JitState<'_>) -> Flow {
        let Some(rec) = self.recs.get(record as usize) else { return Flow::TRAP };
        let (body, end) = (self.from(record + 1), self.from(record + 1 + rec.no));
        let mut flow = first;
        let left = loop {
            flow = if let Some(fuel) = flow.fuel() {
                start(body, frame, fuel, st)
            } else if let Some(left) = flow.left() {
                break left;
            } else {
                match outer(flow, st) {
                    Outer::Leave(left) => break left,
                    Outer::Pass(flow) => return flow,
                    Outer::Continue(left) => start(end, frame, left, st),
                }
            };
        };
        start(self.from(record + 1 + rec.skip), frame, left, st)
    }

    /// The sequence at `record`, of which the part that holds record `inner` has given `flow`, and what follows it.
    fn after_part(&self, record: u32, inner: u32, first: Flow, frame: &Frame, st: &mut JitState<'_>) -> Flow {
        let mut flow = first;
        let mut part = record + 1;
        loop {
            let Some(rec) = self.recs.get(part as usize) else { return Flow::TRAP };
            let next = part + 1 + rec.skip;
            if next > inner {
                // From the part that `inner` lies in on, each has run.
                let Some(left) = flow.fuel() else { return flow };
                if rec.no != 0 {
                    let Some(rec) = self.recs.get(record as usize) else { return Flow::TRAP };
                    return start(self.from(record + 1 + rec.skip), frame, left, st);
                }
                flow = start(self.from(next + 1), frame, left, st);
            }
            part = next;
        }
    }

    fn from(&self, at: u32) -> &[Rec] {
        self.recs.get(at as usize..).unwrap_or(&[])
    }

    fn node(&self, site: u32) -> NodeId {
        let place = self.recs.len().checked_sub((site & !OWNER) as usize);
        let found = place.and_then(|place| self.sites.get(place)).copied().unwrap_or_default();
        if site & OWNER == 0 { found.check } else { found.owner }
    }
}
