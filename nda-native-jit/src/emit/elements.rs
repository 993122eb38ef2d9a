//! Elements of buffers and vectors, and lengths.

use super::memory::plain;
use super::{Emitter, Operand, Place};
use crate::types::length;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use nda_ast::{Elem, NodeId, SlotId, Type};
use nda_runtime::TrapCode;

impl Emitter<'_, '_> {
    pub(crate) fn length(&mut self, id: NodeId) {
        let ty = self.type_of(id - 1);
        let place = self.pop_place();
        let value = self.length_of(place, ty);
        self.push_value(value);
    }

    fn length_of(&mut self, place: Place, ty: Type) -> Value {
        match ty {
            Type::Vec { n } => self.int(n.into()),
            _ => self.buffer_length(place),
        }
    }

    /// Traps unless an index is below a length.
    fn check_index(&mut self, id: NodeId, index: Value, len: Value) {
        if self.is_answered(id) {
            return;
        }
        let beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.trap_if(beyond, id, TrapCode::IndexOutOfBounds, [Some(index), Some(len)]);
    }

    /// The address of an element that is there, but for the length before it in a buffer.
    fn element(&mut self, place: Place, ty: Type, index: Value) -> (Value, i32) {
        let base = self.pointer(place);
        let (shift, offset) = match ty {
            Type::Vec { .. } => (2, 0),
            Type::Buf { elem: Elem::U8, .. } => (0, 8),
            _ => (3, 8),
        };
        let bytes = if shift == 0 { index } else { self.b.ins().ishl_imm_u(index, shift) };
        (self.b.ins().iadd(base, bytes), offset)
    }

    pub(crate) fn index(&mut self, id: NodeId) {
        let ty = self.type_of(self.f.operand_before(id - 1));
        let index = self.pop_raw();
        let place = self.pop_place();
        let len = self.length_of(place, ty);
        self.check_index(id, index, len);
        let (at, offset) = self.element(place, ty, index);
        let operand = match ty {
            Type::Vec { .. } => {
                let single = self.b.ins().load(types::F32, plain(), at, offset);
                Operand::Scalar { value: self.b.ins().fpromote(types::F64, single), late: true }
            }
            Type::Buf { elem: Elem::U8, .. } => {
                Operand::Scalar { value: self.b.ins().uload8(types::I64, plain(), at, offset), late: false }
            }
            Type::Buf { elem: Elem::Float, .. } => {
                Operand::Scalar { value: self.b.ins().load(types::F64, plain(), at, offset), late: false }
            }
            _ => Operand::Scalar { value: self.b.ins().load(types::I64, plain(), at, offset), late: false },
        };
        self.push(operand);
    }

    /// Writes an element that is there.
    fn write(&mut self, place: Place, ty: Type, index: Value, operand: Operand) {
        let (at, offset) = self.element(place, ty, index);
        match (ty, operand) {
            (Type::Vec { .. }, Operand::Scalar { value, .. }) => {
                let single = self.b.ins().fdemote(types::F32, value);
                self.b.ins().store(plain(), single, at, offset);
            }
            (Type::Buf { elem: Elem::U8, .. }, Operand::Scalar { value, .. }) => {
                self.b.ins().istore8(plain(), value, at, offset);
            }
            (_, operand) => {
                let value = self.exact(operand);
                self.b.ins().store(plain(), value, at, offset);
            }
        }
    }

    /// Value, then index, then the check.
    pub(crate) fn set_element(&mut self, id: NodeId, slot: SlotId) {
        let ty = self.slots[slot as usize].ty;
        let index = self.pop_raw();
        let value = self.pop();
        let place = Place::Slot(slot);
        let len = self.length_of(place, ty);
        self.check_index(id, index, len);
        self.write(place, ty, index, value);
    }

    pub(crate) fn push_element(&mut self, id: NodeId, slot: SlotId) {
        let ty = self.slots[slot as usize].ty;
        let value = self.pop();
        let place = Place::Slot(slot);
        let len = self.buffer_length(place);
        let capacity = self.int(length(ty).into());
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, len, capacity);
        self.trap_if(full, id, TrapCode::CapacityExceeded, [Some(capacity), None]);
        self.write(place, ty, len, value);
        let more = self.b.ins().iadd_imm_s(len, 1);
        self.set_length(slot, more);
    }

    pub(crate) fn truncate(&mut self, id: NodeId, slot: SlotId) {
        let new = self.pop_raw();
        let len = self.buffer_length(Place::Slot(slot));
        let beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThan, new, len);
        self.trap_if(beyond, id, TrapCode::IndexOutOfBounds, [Some(new), Some(len)]);
        self.set_length(slot, new);
    }

    fn set_length(&mut self, slot: SlotId, len: Value) {
        let at = self.pointer(Place::Slot(slot));
        self.b.ins().store(plain(), len, at, 0);
        if let Some(var) = self.slots[slot as usize].len {
            self.b.def_var(var, len);
        }
    }
}
