//! Callees as parts of their callers.

use super::blocks::Label;
use super::memory::{Slot, register};
use super::places::Places;
use super::{Emitter, Operand, Place};
use crate::plan::inline::Inline;
use crate::plan::nan::Nan;
use cranelift_codegen::ir::types;
use cranelift_frontend::Variable;
use nda_ast::{Node, NodeId, SlotId, SlotKind, Type};

/// The call under way that is part of the code.
#[derive(Clone, Debug)]
pub(crate) struct Inlined {
    /// The entry of the caller's table,
    pub entry: u32,
    /// and the call.
    pub call: NodeId,
    /// Where results go,
    pub results: Vec<Variable>,
    /// and control.
    pub after: Label,
}

impl<'f> Emitter<'_, 'f> {
    /// The callee of a call that is part of the code.
    pub(crate) fn inlined(&self, id: NodeId, node: &Node) -> Option<&'f Inline> {
        self.plan.fuel.inlined.binary_search(&id).ok()?;
        self.plan.callees.get(node.table())?.as_ref()
    }

    /// Emits a callee in the place of its call; gives its results.
    pub(crate) fn inline(&mut self, id: NodeId, node: &Node, callee: &'f Inline) -> Vec<Variable> {
        let valid = &*callee.valid;
        let f = valid.function();
        let slots = self.inline_slots(callee);
        let operands = self.stack.split_off(self.stack.len() - node.operands());
        self.bind(&slots, &operands);
        let results: Vec<Variable> = f.results().iter().map(|ty| self.b.declare_var(register(*ty))).collect();
        let after = self.label();
        let inner = Inlined { entry: node.table() as u32, call: id, results: results.clone(), after };
        // The caller waits.
        let (caller, caller_f) =
            (std::mem::replace(&mut self.valid, valid), std::mem::replace(&mut self.f, f));
        let slots = std::mem::replace(&mut self.slots, slots);
        let stack = std::mem::take(&mut self.stack);
        let (opens, selects) = (std::mem::take(&mut self.opens), std::mem::take(&mut self.selects));
        let places = std::mem::replace(&mut self.places, Places::new(valid));
        let views = (self.fuels, self.nans, self.events, self.at);
        (self.fuels, self.nans, self.events) = (&callee.fuel, &callee.nan, &callee.events);
        let answered = self.answered.take();
        self.inlining = Some(inner);
        self.spend(valid.block_cost(0));
        self.walk(0..callee.events.len());
        let after = self.inlining.take().map_or(after, |inner| inner.after);
        (self.fuels, self.nans, self.events, self.at) = views;
        self.answered = answered;
        (self.valid, self.f, self.places) = (caller, caller_f, places);
        (self.opens, self.selects, self.stack) = (opens, selects, stack);
        let callee_slots = std::mem::replace(&mut self.slots, slots);
        // Where nothing returns, what follows is there all the same, and never run.
        self.go_on(after.block);
        self.dead = false;
        self.keep_lengths(&callee_slots, &operands);
        results
    }

    fn inline_slots(&mut self, callee: &Inline) -> Vec<Slot> {
        let slot = |(slot, id): (&nda_ast::Slot, SlotId)| {
            let is_buffer = matches!(slot.ty, Type::Buf { .. });
            Slot {
                // It has none: code leaves nowhere within.
                home: u32::MAX,
                ty: slot.ty,
                kind: slot.kind,
                value: Some(self.b.declare_var(register(slot.ty))),
                len: is_buffer.then(|| self.b.declare_var(types::I64)),
                late: slot.ty == Type::Float && callee.nan.slot(id) == Nan::Late,
                place: 0,
            }
        };
        callee.valid.slots().iter().zip(0..).map(slot).collect()
    }

    /// Gives parameters what they are called with.
    fn bind(&mut self, slots: &[Slot], operands: &[Operand]) {
        for (slot, operand) in slots.iter().zip(operands) {
            let value = match *operand {
                Operand::Place(place) => {
                    if let Some(len) = slot.len {
                        let value = self.buffer_length(place);
                        self.b.def_var(len, value);
                    }
                    self.pointer(place)
                }
                scalar => self.exact(scalar),
            };
            if let Some(var) = slot.value {
                self.b.def_var(var, value);
            }
        }
    }

    /// Lengths of what the callee may have changed.
    fn keep_lengths(&mut self, callee: &[Slot], operands: &[Operand]) {
        for (inner, operand) in callee.iter().zip(operands).filter(|(slot, _)| slot.kind == SlotKind::Inout) {
            let Operand::Place(Place::Slot(outer)) = *operand else { continue };
            if let (Some(from), Some(to)) = (inner.len, self.slots[outer as usize].len) {
                let value = self.b.use_var(from);
                self.b.def_var(to, value);
            }
        }
    }

    /// Returns from a callee that is part of the code; `false` where the function under way is none.
    pub(crate) fn return_inlined(&mut self, operands: &[Operand]) -> bool {
        let Some(mut inner) = self.inlining.take() else { return false };
        for (operand, var) in operands.iter().zip(&inner.results) {
            let value = self.exact(*operand);
            self.b.def_var(*var, value);
        }
        self.jump(&mut inner.after);
        self.inlining = Some(inner);
        true
    }
}
