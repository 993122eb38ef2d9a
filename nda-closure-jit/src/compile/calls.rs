//! Calls: arguments go into the callee's frame, which begins above everything in use.

use super::Compiler;
use super::emit::{BLANK, Name, Shape};
use super::operand::{Operand, is_float};
use crate::rec::Rec;
use crate::records::calls::{call_host, call_stmt, take_aggregate};
use crate::records::flow::type_fields;
use crate::records::scalar;
use nda_ast::{Node, NodeId, SlotId, Type};
use nda_runtime::jit::FrameMap;

impl Compiler<'_> {
    /// Puts the last `count` operands into the frame of a callee with so many results; gives where that frame begins.
    fn arguments(&mut self, count: usize, map: FrameMap) -> u32 {
        // What waits in accumulators below them is stored first, so that the frame lies above it.
        let first = self.stack.len() - count;
        for float in [false, true] {
            if self.acc[usize::from(float)].is_some_and(|waiting| waiting.place < first) {
                self.spill(float);
            }
        }
        let above = self.words.above();
        self.place(first, |i| above + map.param(i));
        above
    }

    /// Stores the operands from `first` on, each into the word that it is given.
    fn place(&mut self, first: usize, word: impl Fn(u32) -> u32) {
        for i in (first..self.stack.len()).rev() {
            self.store(self.stack[i], word((i - first) as u32));
        }
        while self.stack.len() > first {
            let operand = self.pop();
            self.free(operand);
        }
    }

    /// Of a call in an expression: one result.
    pub(super) fn call(&mut self, id: NodeId, node: &Node) {
        let count = node.operands();
        let map = FrameMap::new(count, 1);
        let above = self.arguments(count, map);
        let ty = self.type_of(id);
        let rec = Rec { imm: node.table() as u64, skip: above, yes: self.aggregates_above(), ..BLANK };
        let result = above + map.result(0);
        if ty.is_scalar() {
            let shape = Shape::Call { float: is_float(ty), store: false };
            let at = self.emit(shape, Rec { no: result, ..rec });
            self.push_acc(at, shape, is_float(ty));
            return;
        }
        self.emit_other(Name::Call, Rec { f: call_stmt, ..rec });
        let (skip, temp, word) = self.result_place(ty);
        self.take_result(result, ty, skip, word);
        self.push(Operand::Temp(temp));
    }

    /// Copies an aggregate result to its place.
    fn take_result(&mut self, from: u32, ty: Type, skip: u32, word: u32) {
        let (c, yes) = type_fields(ty);
        let d = self.near_dest(word);
        let rec = Rec { f: take_aggregate, imm: from.into(), c, d, yes, skip, ..BLANK };
        self.emit_other(Name::TakeAggregate, rec);
        self.leave_near(d, word);
    }

    pub(super) fn call_stmt(&mut self, node: &Node) {
        let (count, results) = (node.operands(), node.results());
        let first = node.first_result();
        let rec = Rec { imm: node.table() as u64, ..BLANK };
        if self.imports.binary_search(&(node.table() as u32)).is_ok() {
            self.call_import(node, rec);
            return;
        }
        let map = FrameMap::new(count, results);
        (0..results).for_each(|_| _ = self.declare_slot());
        let above = self.arguments(count, map);
        let yes = self.aggregates_above();
        self.emit_other(Name::Call, Rec { f: call_stmt, skip: above, yes, ..rec });
        for i in 0..results as u32 {
            let (from, slot) = (above + map.result(i), first + i);
            let ty = self.valid.slot(slot).ty;
            if ty.is_aggregate() {
                self.take_result(from, ty, self.slot_place(slot), self.slot(slot));
            } else {
                self.copy_far(from, slot);
            }
        }
    }

    /// A word above the frame into a slot.
    fn copy_far(&mut self, from: u32, slot: SlotId) {
        self.store(Operand::Slot(from), self.slot(slot));
    }

    /// Arguments lie above the frame in a row, results after them.
    fn call_import(&mut self, node: &Node, rec: Rec) {
        let (count, results) = (node.operands() as u32, node.results() as u32);
        let first = node.first_result();
        (0..results).for_each(|_| _ = self.declare_slot());
        let above = self.words.above();
        self.place(self.stack.len() - count as usize, |i| above + i);
        for i in 0..results {
            let slot = first + i;
            if self.valid.slot(slot).ty.is_aggregate() {
                // The host writes where the word refers to.
                let (word, skip) = (self.slot(slot), self.slot_place(slot));
                let d = self.near_dest(word);
                self.emit_other(Name::Place, Rec { f: scalar::place, d, skip, ..BLANK });
                self.leave_near(d, word);
                self.store(Operand::Slot(word), above + count + i);
            }
        }
        self.emit_other(Name::CallHost, Rec { f: call_host, skip: above, no: count, ..rec });
        for i in 0..results {
            let slot = first + i;
            if !self.valid.slot(slot).ty.is_aggregate() {
                self.copy_far(above + count + i, slot);
            }
        }
        self.words.hold(above + count + results);
    }
}
