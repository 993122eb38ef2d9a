//! Buffers: addresses, lengths, elements, and expressions that compute buffers.

use super::abi::{ELEMENTS, WordType};
use super::emit::{Local, at};
use super::expr::Again;
use super::function::{Base, Translator, constant_len};
use nda_ast::{Elem, NodeId, Op, Type};
use nda_runtime::TrapCode;

/// Fills up to this many elements are one store each.
const UNROLLED: u32 = 8;

/// A buffer that is somewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buffer {
    pub base: Base,
    pub elem: Elem,
    pub cap: u32,
    /// Its length, where that is known.
    pub len: Option<u32>,
    /// The local that `base` took, to be given back.
    own: Option<Local>,
}

impl Translator<'_> {
    /// The value of an expression that gives a buffer: computed to its temporary where it is not in a slot or constant.
    pub fn buffer(&mut self, id: NodeId) -> Buffer {
        let node = *self.f.node(id);
        let (elem, cap) = shape(self.ty(id));
        let (base, len, own) = match node.op() {
            Op::Load => return self.slot_buffer(node.slot()),
            Op::BufConst => {
                let object = self.links[node.table()];
                (
                    Base::Static(self.layout.addresses[object as usize]),
                    constant_len(self.program, object),
                    None,
                )
            }
            Op::Select => {
                let local = self.choose(id);
                (Base::Local(local), None, Some(local))
            }
            op => {
                let object = self.object as usize;
                let temp = self.layout.frames[object].temps.get(&id).copied().unwrap_or_default();
                let base = Base::Static(self.layout.addresses[object] + temp);
                self.put(id, base);
                (base, (op == Op::Fill).then_some(cap), None)
            }
        };
        Buffer { base, elem, cap, len, own }
    }

    /// The buffer in a slot.
    pub fn slot_buffer(&mut self, slot: u32) -> Buffer {
        let (elem, cap) = shape(self.valid.slot(slot).ty);
        Buffer { base: self.base(slot), elem, cap, len: self.lengths[slot as usize], own: None }
    }

    pub fn release(&mut self, buffer: &Buffer) {
        if let Some(local) = buffer.own {
            self.code.give(local);
        }
    }

    /// The address of one of two buffers, in a local.
    fn choose(&mut self, id: NodeId) -> Local {
        let operands = self.f.operands(id);
        self.expr(operands[0]);
        self.code.if_(Some(WordType::I32));
        for (i, arm) in operands[1..].iter().enumerate() {
            if i == 1 {
                self.code.else_();
            }
            let buffer = self.buffer(*arm);
            self.push_base(buffer.base);
            self.release(&buffer);
        }
        self.code.end();
        let local = self.code.take(WordType::I32);
        self.code.set(local);
        local
    }

    /// Computes a buffer to its destination. An operand may lie there too.
    pub fn put(&mut self, id: NodeId, dest: Base) {
        let node = *self.f.node(id);
        match node.op() {
            Op::Fill => self.fill(id, dest),
            Op::Recap => self.recap(id, dest),
            Op::Call => self.call(id, &[dest]),
            Op::Select => {
                let operands = self.f.operands(id);
                self.expr(operands[0]);
                self.code.if_(None);
                self.put(operands[1], dest);
                self.code.else_();
                self.put(operands[2], dest);
                self.code.end();
            }
            _ => {
                let from = self.buffer(id);
                self.copy(&from, dest);
                self.release(&from);
            }
        }
    }

    pub fn push_base(&mut self, base: Base) {
        match base {
            Base::Static(address) => self.code.bytes(address),
            Base::Local(local) => self.code.get(local),
        }
    }

    /// Pushes an address from which `offset` is reached with the offset that is returned.
    fn push_offset(&mut self, base: Base, offset: u32) -> u32 {
        match base {
            Base::Static(address) => {
                self.code.bytes(address + offset);
                0
            }
            Base::Local(local) => {
                self.code.get(local);
                offset
            }
        }
    }

    /// Pushes an address as it is.
    fn push_address(&mut self, base: Base, offset: u32) {
        let rest = self.push_offset(base, offset);
        if rest > 0 {
            self.code.bytes(rest);
            self.code.op().i32_add();
        }
    }

    /// Pushes the length, an i64.
    pub fn push_len(&mut self, buffer: &Buffer) {
        match buffer.len {
            Some(len) => self.code.int(len.into()),
            None => {
                let offset = self.push_offset(buffer.base, 0);
                self.code.op().i64_load(at(offset, 8));
            }
        }
    }

    fn set_len(&mut self, base: Base, len: u32) {
        let offset = self.push_offset(base, 0);
        self.code.int(len.into());
        self.code.op().i64_store(at(offset, 8));
    }

    /// Copies length and elements. The places may be the same.
    fn copy(&mut self, from: &Buffer, to: Base) {
        if from.len == Some(0) {
            return self.set_len(to, 0);
        }
        self.push_base(to);
        self.push_base(from.base);
        match from.len {
            Some(len) => self.code.bytes(ELEMENTS + len * from.elem.size() as u32),
            None => {
                self.push_len(from);
                self.code.op().i32_wrap_i64();
                self.scale(from.elem);
                self.code.op().i32_const(ELEMENTS as i32).i32_add();
            }
        }
        self.code.op().memory_copy(0, 0);
    }

    /// Elements to bytes.
    fn scale(&mut self, elem: Elem) {
        if elem != Elem::U8 {
            self.code.op().i32_const(3).i32_shl();
        }
    }

    fn fill(&mut self, id: NodeId, dest: Base) {
        let (elem, n) = shape(self.ty(id));
        let operand = self.f.last_operand(id);
        let value = self.ready(operand);
        self.set_len(dest, n);
        let node = self.f.node(operand);
        let zero = match node.op() {
            Op::Int => node.int() == 0,
            Op::Float => node.float().to_bits() == 0,
            _ => false,
        };
        if elem == Elem::U8 || zero {
            self.push_address(dest, ELEMENTS);
            self.again(value);
            match elem {
                Elem::Float => self.code.op().i64_reinterpret_f64().i32_wrap_i64(),
                Elem::U8 | Elem::Int => self.code.op().i32_wrap_i64(),
            };
            self.code.bytes(n * elem.size() as u32);
            self.code.op().memory_fill(0);
        } else {
            self.fill_words(dest, elem, n, value);
        }
        self.done(value);
    }

    /// A few stores, then copies of twice as much each.
    fn fill_words(&mut self, dest: Base, elem: Elem, n: u32, value: Again) {
        let size = elem.size() as u32;
        let mut have = n.min(UNROLLED);
        for i in 0..have {
            let offset = self.push_offset(dest, ELEMENTS + i * size);
            self.again(value);
            self.store(elem, offset);
        }
        while have < n {
            let more = have.min(n - have);
            self.push_address(dest, ELEMENTS + have * size);
            self.push_address(dest, ELEMENTS);
            self.code.bytes(more * size);
            self.code.op().memory_copy(0, 0);
            have += more;
        }
    }

    fn recap(&mut self, id: NodeId, dest: Base) {
        let (_, cap) = shape(self.ty(id));
        let from = self.buffer(self.f.last_operand(id));
        if from.len.unwrap_or(from.cap) > cap {
            self.push_len(&from);
            self.code.int(cap.into());
            self.code.op().i64_gt_u();
            self.trap_if(TrapCode::CapacityExceeded);
        }
        self.copy(&from, dest);
        self.release(&from);
    }

    /// `Index`.
    pub fn index(&mut self, id: NodeId) {
        let operands = self.f.operands(id);
        let buffer = self.buffer(operands[0]);
        let index = self.checked(operands[1], &buffer);
        let offset = self.push_element(&buffer, index);
        match buffer.elem {
            Elem::U8 => self.code.op().i64_load8_u(at(offset, 1)),
            Elem::Int => self.code.op().i64_load(at(offset, 8)),
            Elem::Float => self.code.op().f64_load(at(offset, 8)),
        };
        self.done(index);
        self.release(&buffer);
    }

    /// Evaluates an index and traps unless it is within the buffer.
    fn checked(&mut self, id: NodeId, buffer: &Buffer) -> Again {
        let index = self.first(id);
        self.push_len(buffer);
        self.code.op().i64_ge_u();
        self.trap_if(TrapCode::IndexOutOfBounds);
        index
    }

    /// Pushes the address of an element, up to the offset that is returned.
    fn push_element(&mut self, buffer: &Buffer, index: Again) -> u32 {
        if let Again::Node(id) = index
            && self.f.node(id).op() == Op::Int
        {
            // Beyond the capacity the check has trapped.
            let index = (self.f.node(id).int() as u64).min(buffer.cap.into()) as u32;
            return self.push_offset(buffer.base, ELEMENTS + index * buffer.elem.size() as u32);
        }
        self.again(index);
        self.code.op().i32_wrap_i64();
        self.scale(buffer.elem);
        match buffer.base {
            Base::Static(address) => address + ELEMENTS,
            Base::Local(local) => {
                self.code.op().local_get(local).i32_add();
                ELEMENTS
            }
        }
    }

    fn store(&mut self, elem: Elem, offset: u32) {
        match elem {
            Elem::U8 => self.code.op().i64_store8(at(offset, 1)),
            Elem::Int => self.code.op().i64_store(at(offset, 8)),
            Elem::Float => self.code.op().f64_store(at(offset, 8)),
        };
    }

    /// A value that is to be stored after a check: what can neither trap nor log is evaluated only then.
    fn before(&mut self, id: NodeId) -> Again {
        if self.is_pure(id) { Again::Node(id) } else { self.ready(id) }
    }

    /// `StoreElem`: value, index, check.
    pub fn store_elem(&mut self, id: NodeId) {
        let operands = self.f.operands(id);
        let buffer = self.slot_buffer(self.f.node(id).slot());
        let value = self.before(operands[0]);
        let index = self.checked(operands[1], &buffer);
        let offset = self.push_element(&buffer, index);
        self.again(value);
        self.store(buffer.elem, offset);
        self.done(index);
        self.done(value);
    }

    /// `Push`: value, check.
    pub fn push(&mut self, id: NodeId) {
        let buffer = self.slot_buffer(self.f.node(id).slot());
        let value = self.before(self.f.last_operand(id));
        let len = self.code.take(WordType::I64);
        self.push_len(&buffer);
        self.code.tee(len);
        self.code.int(buffer.cap.into());
        self.code.op().i64_ge_u();
        self.trap_if(TrapCode::CapacityExceeded);
        let offset = self.push_element(&buffer, Again::Local(len));
        self.again(value);
        self.store(buffer.elem, offset);
        let offset = self.push_offset(buffer.base, 0);
        self.code.op().local_get(len).i64_const(1).i64_add().i64_store(at(offset, 8));
        self.code.give(len);
        self.done(value);
    }

    /// `Truncate`.
    pub fn truncate(&mut self, id: NodeId) {
        let buffer = self.slot_buffer(self.f.node(id).slot());
        let len = self.first(self.f.last_operand(id));
        self.push_len(&buffer);
        self.code.op().i64_gt_u();
        self.trap_if(TrapCode::IndexOutOfBounds);
        let offset = self.push_offset(buffer.base, 0);
        self.again(len);
        self.code.op().i64_store(at(offset, 8));
        self.done(len);
    }
}

/// Element type and capacity.
fn shape(ty: Type) -> (Elem, u32) {
    match ty {
        Type::Buf { elem, cap } => (elem, cap),
        other => unreachable!("{other} is no buffer"),
    }
}
