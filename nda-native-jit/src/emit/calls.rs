//! Calls of functions and of the host.
//!
//! A callee's frame begins above this one; arguments go to the words where it expects them. Arguments of the host go to the last
//! words of this frame, which the other tier has counted for that.

use super::{Emitter, Operand, Place};
use crate::helpers::Helper;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use nda_ast::{Node, NodeId, SlotKind, Type};
use nda_runtime::jit::FrameMap;

impl Emitter<'_, '_> {
    /// Writes the last `count` operands, of a node, into words from the frame's `word(i)` on.
    fn arguments(&mut self, id: NodeId, count: usize, word: impl Fn(u32) -> u32) {
        let nodes = self.f.operands(id);
        let first = self.stack.len() - count;
        for (i, node) in nodes.iter().enumerate() {
            let operand = self.stack[first + i];
            let value = self.word_of(operand, self.type_of(*node));
            self.set_word(word(i as u32), value);
        }
        self.stack.truncate(first);
    }

    fn enter(&mut self, id: NodeId, node: &Node, map: FrameMap) {
        let above = self.homes.words;
        self.arguments(id, node.operands(), |i| above + map.param(i));
        let fuel = self.fuel();
        let aggregates = self.places.above();
        let args = [i64::from(id), node.table() as i64, above.into(), aggregates.into()];
        let [node, entry, words, aggregates] = args.map(|arg| self.int(arg));
        self.help_fuel(Helper::call, &[fuel, node, entry, words, aggregates]);
    }

    /// Of a call in an expression: one result.
    pub(crate) fn call(&mut self, id: NodeId, node: &Node) {
        if let Some(callee) = self.inlined(id, node) {
            let results = self.inline(id, node, callee);
            let value = self.b.use_var(results[0]);
            return self.push_value(value);
        }
        let map = FrameMap::new(node.operands(), 1);
        self.enter(id, node, map);
        let (word, ty) = (self.homes.words + map.result(0), self.type_of(id));
        if ty.is_scalar() {
            let value = self.word_as(word, ty);
            return self.push_value(value);
        }
        let place = Place::Local(self.places.take(ty));
        let (from, to) = (self.word(word), self.reference(place));
        self.copy(id, ty, from, to);
        self.push(Operand::Place(place));
    }

    pub(crate) fn call_stmt(&mut self, id: NodeId, node: &Node) {
        if let Some(callee) = self.inlined(id, node) {
            let results = self.inline(id, node, callee);
            for (result, slot) in results.into_iter().zip(node.first_result()..) {
                let value = self.b.use_var(result);
                self.set_scalar(slot, value);
            }
            return;
        }
        let written: Vec<u32> = self.f.operands(id).iter().filter_map(|arg| self.written(*arg)).collect();
        if self.imports.binary_search(&(node.table() as u32)).is_ok() {
            return self.call_import(id, node);
        }
        let map = FrameMap::new(node.operands(), node.results());
        self.enter(id, node, map);
        for slot in written {
            self.load_length(slot);
        }
        for i in 0..node.results() as u32 {
            let (word, slot) = (self.homes.words + map.result(i), node.first_result() + i);
            let ty = self.slots[slot as usize].ty;
            if ty.is_scalar() {
                let value = self.word_as(word, ty);
                self.set_scalar(slot, value);
            } else {
                let (from, to) = (self.word(word), self.place_word(slot));
                self.copy(id, ty, from, to);
                self.load_length(slot);
            }
        }
    }

    /// The slot that an argument may be written through: a whole one, if statements may change it.
    fn written(&self, arg: NodeId) -> Option<u32> {
        let node = self.node_at(arg);
        let slot = (node.op() == nda_ast::Op::Load).then(|| node.slot())?;
        matches!(self.slots[slot as usize].kind, SlotKind::Inout | SlotKind::Let | SlotKind::Result)
            .then_some(slot)
    }

    /// Arguments lie in a row, results after them.
    fn call_import(&mut self, id: NodeId, node: &Node) {
        let (count, results) = (node.operands() as u32, node.results() as u32);
        let first = self.homes.words - count - results;
        self.arguments(id, count as usize, |i| first + i);
        for i in 0..results {
            let slot = node.first_result() + i;
            if self.slots[slot as usize].ty.is_aggregate() {
                // The host writes where the word refers to.
                let reference = self.place_word(slot);
                self.set_word(first + count + i, reference);
            }
        }
        let fuel = self.fuel();
        let args = [i64::from(id), node.table() as i64, first.into(), count.into()];
        let [id, entry, first_word, count_word] = args.map(|arg| self.int(arg));
        self.help_fuel(Helper::host, &[fuel, id, entry, first_word, count_word]);
        for i in 0..results {
            let slot = node.first_result() + i;
            let ty = self.slots[slot as usize].ty;
            if ty.is_scalar() {
                let value = self.scalar_result(first + count + i, ty);
                self.set_scalar(slot, value);
            } else {
                self.load_length(slot);
            }
        }
    }

    fn scalar_result(&mut self, word: u32, ty: Type) -> Value {
        let value = self.word(word);
        match ty {
            Type::Float => self.b.ins().bitcast(types::F64, MemFlagsData::new(), value),
            Type::Bool => self.b.ins().ireduce(types::I8, value),
            _ => value,
        }
    }
}
