//! Statements.

use super::{Emitter, Operand, Place};
use crate::helpers::Helper;
use crate::types::encode;
use cranelift_codegen::ir::{InstBuilder, Value};
use nda_ast::{Node, NodeId, Op, SlotId, Type};
use nda_runtime::TrapCode;

impl Emitter<'_, '_> {
    pub(crate) fn statement(&mut self, id: NodeId, node: &Node) {
        match node.op() {
            Op::If => return self.begin_if(),
            Op::Loop => return self.begin_loop(id, node),
            Op::While => return self.begin_while(id, node),
            // Its block opens next.
            Op::Scope => return,
            _ => {}
        }
        if self.dead {
            return;
        }
        match node.op() {
            Op::Let | Op::Store => self.set(id, node.slot()),
            Op::StoreElem => self.set_element(id, node.slot()),
            Op::Push => self.push_element(id, node.slot()),
            Op::Truncate => self.truncate(id, node.slot()),
            Op::Break | Op::Continue => self.leave_loop(node),
            Op::Return => self.ret(node.operands()),
            Op::CallStmt => self.call_stmt(id, node),
            Op::Print => {
                let ty = self.type_of(id - 1);
                let operand = self.pop();
                let word = self.word_of(operand, ty);
                let fuel = self.fuel();
                let (node, ty) = (self.int(id.into()), self.int(encode(ty) as i64));
                self.help_or_end(Helper::print, &[fuel, node, ty, word]);
            }
            Op::Fail => {
                let code = self.pop_raw();
                self.trap(id, TrapCode::Failed, [Some(code), None]);
                self.dead = true;
            }
            other => unreachable!("{other:?} is no statement"),
        }
        self.end_statement();
    }

    pub(crate) fn end_statement(&mut self) {
        debug_assert!(self.stack.is_empty());
        self.places.reset();
    }

    /// `Let` and `Store`.
    fn set(&mut self, id: NodeId, id_of_slot: SlotId) {
        let slot = self.slots[id_of_slot as usize];
        let operand = self.pop();
        match operand {
            Operand::Scalar { value, late } => {
                let value = if late && !slot.late { self.canonical(value) } else { value };
                self.set_scalar(id_of_slot, value);
            }
            // Computed in its place already.
            Operand::Place(Place::Slot(from)) if from == id_of_slot => self.load_length(id_of_slot),
            Operand::Place(from) => {
                let (to, reference) = (self.place_word(id_of_slot), self.reference(from));
                self.copy(id, slot.ty, reference, to);
                self.load_length(id_of_slot);
            }
        }
    }

    /// The word of the arena where a slot's aggregate lies.
    pub(crate) fn place_word(&mut self, slot: SlotId) -> Value {
        self.reference(Place::Slot(slot))
    }

    /// Copies an aggregate.
    pub(crate) fn copy(&mut self, id: NodeId, ty: Type, from: Value, to: Value) {
        let fuel = self.fuel();
        let (node, ty) = (self.int(id.into()), self.int(encode(ty) as i64));
        self.help_or_end(Helper::copy, &[fuel, node, ty, from, to]);
    }

    fn ret(&mut self, count: usize) {
        let results = self.f.results();
        let first = self.stack.len() - count;
        let operands = self.stack[first..].to_vec();
        if self.return_inlined(&operands) {
            self.stack.truncate(first);
            return;
        }
        let words: Vec<Value> = (0..count)
            .map(|i| {
                let operand = self.stack[first + i];
                self.word_of(operand, results[i])
            })
            .collect();
        self.stack.truncate(first);
        for (word, i) in words.into_iter().zip(0..) {
            let home = self.map.result(i);
            self.set_word(home, word);
        }
        self.finish();
    }

    /// The function returns.
    pub(crate) fn finish(&mut self) {
        if self.return_inlined(&[]) {
            return;
        }
        let fuel = self.fuel();
        self.b.ins().store(super::memory::plain(), fuel, self.cx, crate::context::offset::FUEL);
        let status = self.int(0);
        self.b.ins().return_(&[status]);
        self.dead = true;
    }
}
