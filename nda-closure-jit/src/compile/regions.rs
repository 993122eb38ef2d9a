//! Sequences: long runs of records are cut into parts, so that the machine stack stays bounded should calls in tail position
//! ever not be made jumps: see [`crate::chain`].

use super::Compiler;
use super::emit::{BLANK, Name};
use crate::rec::Rec;
use crate::records::flow;

/// Runs of at most this many nodes, nested blocks counted, are never cut.
pub(super) const SHORT: u32 = 256;

/// A part is ended at the first chance after so many records: few enough to bound the stack, and so many that the call that
/// each part costs is not seen in the time of a loop's body.
const PART: u32 = 128;

/// A run of records: a block, an arm of a select, or a condition.
pub(super) struct Region {
    /// Its sequence record and the head of the part under way, where it is cut.
    cut: Option<(u32, u32)>,
    /// Selects open when it began.
    selects: usize,
    /// Blocks open when it began.
    opens: usize,
}

impl Compiler<'_> {
    /// Begins a run of this many nodes.
    pub(super) fn begin_region(&mut self, nodes: u32) {
        let cut = (nodes > SHORT).then(|| {
            let sequence = self.emit_other(Name::Sequence, Rec { f: flow::sequence, ..BLANK });
            let part = self.emit_other(Name::Part, Rec { f: flow::part, ..BLANK });
            self.sequences += 1;
            self.label();
            (sequence, part)
        });
        self.regions.push(Region { cut, selects: self.selects.len(), opens: self.opens.len() });
        self.plan_split();
    }

    /// The record from which on the part under way has grown long.
    fn plan_split(&mut self) {
        let part = self.regions.last().and_then(|region| region.cut).map(|(_, part)| part);
        self.split_from = part.map_or(u32::MAX, |part| part + PART + 1);
    }

    /// Ends the innermost run. What waits in accumulators is brought into words where it is cut.
    pub(super) fn end_region(&mut self) {
        let region = self.regions.pop();
        self.plan_split();
        let Some(Region { cut: Some((sequence, part)), .. }) = region else { return };
        self.spill_both();
        self.end_part(part);
        self.recs[part as usize].no = 1;
        self.sequences -= 1;
        self.patch(sequence);
    }

    fn end_part(&mut self, part: u32) {
        self.emit_other(Name::Done, Rec { f: flow::done, ..BLANK });
        self.patch(part);
    }

    /// Before a node: ends the part under way if it has grown long, and nothing passes control out of it yet.
    #[inline]
    pub(super) fn split(&mut self) {
        if self.here() >= self.split_from {
            self.split_part();
        }
    }

    #[inline(never)]
    fn split_part(&mut self) {
        let Some(Region { cut: Some((_, part)), selects, opens }) = self.regions.last() else { return };
        let (part, free) = (*part, *selects == self.selects.len() && *opens == self.opens.len());
        if !free || self.test.is_some() || !self.chains.is_empty() {
            return;
        }
        self.spill_both();
        self.end_part(part);
        let next = self.emit_other(Name::Part, Rec { f: flow::part, ..BLANK });
        self.label();
        if let Some(Region { cut: Some((_, part)), .. }) = self.regions.last_mut() {
            *part = next;
        }
        self.plan_split();
    }
}
