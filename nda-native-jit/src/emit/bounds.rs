//! Checks of indices that one check in front of a batch answers: elements at the loop's index, or a constant above it, of what does not
//! change its length in the loop.

use super::{Emitter, Place};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};
use nda_ast::{NodeId, Op, SlotId, Type};

/// Accesses whose checks have been answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answered {
    /// The loop's index,
    index: SlotId,
    /// and of what is accessed by it the slot, and the greatest constant above the index.
    slots: Vec<(SlotId, i64)>,
}

/// Constants above an index that are taken.
const MOST: i64 = 1 << 20;

impl Emitter<'_, '_> {
    /// What node `id` is above the index of a loop, if it is a constant.
    fn above(&self, id: NodeId, index: SlotId) -> Option<i64> {
        let node = self.f.node(id);
        let is_index = |id: NodeId| self.f.node(id).op() == Op::Load && self.f.node(id).slot() == index;
        let constant = |id: NodeId| (self.f.node(id).op() == Op::Int).then(|| self.f.node(id).int());
        let above = match node.op() {
            Op::Load if is_index(id) => 0,
            Op::AddInt => {
                let (b, a) = (id - 1, self.f.operand_before(id - 1));
                match (is_index(a), is_index(b)) {
                    (true, _) => constant(b)?,
                    (_, true) => constant(a)?,
                    _ => return None,
                }
            }
            _ => return None,
        };
        (0..=MOST).contains(&above).then_some(above)
    }

    /// The slot and constant of an access, an `Index` or a `StoreElem`.
    fn access(&self, id: NodeId, index: SlotId) -> Option<(SlotId, i64)> {
        let node = self.f.node(id);
        let slot = match node.op() {
            Op::StoreElem => node.slot(),
            Op::Index => {
                let seq = self.f.node(self.f.operand_before(id - 1));
                (seq.op() == Op::Load).then(|| seq.slot())?
            }
            _ => return None,
        };
        Some((slot, self.above(id - 1, index)?))
    }

    /// The accesses of a loop's body that one check can answer.
    pub(crate) fn answerable(&self, ordinal: u32, index: SlotId) -> Answered {
        let info = &self.plan.loops[ordinal as usize];
        let body = info.head..info.end;
        // A callee that is part of the code may change what it is given, too.
        let changes = |slot: SlotId| {
            body.clone().any(|id| {
                let node = self.f.node(id);
                match node.op() {
                    Op::Push | Op::Truncate | Op::Store => node.slot() == slot,
                    Op::CallStmt => true,
                    _ => false,
                }
            })
        };
        let mut slots: Vec<(SlotId, i64)> = Vec::new();
        for (slot, above) in body.clone().filter_map(|id| self.access(id, index)) {
            match slots.iter_mut().find(|(known, _)| *known == slot) {
                Some((_, most)) => *most = above.max(*most),
                None => slots.push((slot, above)),
            }
        }
        // What is declared in the body is not there in front of it.
        let declared = |slot: SlotId| {
            body.clone().any(|id| self.f.node(id).op() == Op::Let && self.f.node(id).slot() == slot)
        };
        slots.retain(|(slot, _)| !changes(*slot) && !declared(*slot));
        Answered { index, slots }
    }

    /// Whether all accesses of iterations up to before `end` are in bounds, as a bool.
    pub(crate) fn answer(&mut self, answered: &Answered, end: Value) -> Option<Value> {
        let mut all: Option<Value> = None;
        for (slot, above) in &answered.slots {
            let len = match self.slots[*slot as usize].ty {
                Type::Vec { n } => self.int(n.into()),
                _ => self.buffer_length(Place::Slot(*slot)),
            };
            let beyond = self.b.ins().iadd_imm_s(end, *above);
            let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, beyond, len);
            all = Some(match all {
                Some(others) => self.b.ins().band(others, fits),
                None => fits,
            });
        }
        all
    }

    /// Whether the check of access `id` has been answered.
    pub(crate) fn is_answered(&self, id: NodeId) -> bool {
        let Some(answered) = &self.answered else { return false };
        self.access(id, answered.index)
            .is_some_and(|(slot, _)| answered.slots.iter().any(|(known, _)| *known == slot))
    }
}
