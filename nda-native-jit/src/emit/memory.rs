//! Slots, and where aggregates are.

use super::places::Places;
use super::{Emitter, Operand, Place, Plan, Source};
use crate::context::offset;
use crate::plan::nan::Nan;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::{FunctionBuilder, Variable};
use nda_ast::{CANONICAL_NAN, SlotId, SlotKind, Type};

/// How a slot is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    /// Its word in the frame.
    pub home: u32,
    pub ty: Type,
    pub kind: SlotKind,
    /// A scalar: its value. An aggregate parameter: its address.
    pub value: Option<Variable>,
    /// A buffer: its length.
    pub len: Option<Variable>,
    /// A float: whether its NaN is yet to be made canonical.
    pub late: bool,
    /// An aggregate that is no parameter: where it lies among the function's own.
    pub place: u32,
}

impl Slot {
    pub(crate) fn is_param(&self) -> bool {
        matches!(self.kind, SlotKind::In | SlotKind::Inout)
    }
}

/// The type of a scalar in a register.
pub(crate) fn register(ty: Type) -> cranelift_codegen::ir::Type {
    match ty {
        Type::Float => types::F64,
        Type::Bool => types::I8,
        _ => types::I64,
    }
}

/// The slots of a function.
pub(crate) fn slots(
    b: &mut FunctionBuilder<'_>,
    source: &Source<'_>,
    plan: &Plan,
    places: &Places,
) -> Vec<Slot> {
    let all = source.valid.slots().iter().zip(0..);
    let slot = |(slot, id): (&nda_ast::Slot, SlotId)| {
        let is_param = matches!(slot.kind, SlotKind::In | SlotKind::Inout);
        let value = match slot.ty {
            Type::Mat { .. } => None,
            ty if ty.is_scalar() => Some(b.declare_var(register(ty))),
            _ => is_param.then(|| b.declare_var(types::I64)),
        };
        let len = matches!(slot.ty, Type::Buf { .. }).then(|| b.declare_var(types::I64));
        Slot {
            home: source.homes.slots[id as usize],
            ty: slot.ty,
            kind: slot.kind,
            value,
            len,
            late: slot.ty == Type::Float && plan.nan.slot(id) == Nan::Late,
            place: places.slot(id),
        }
    };
    all.map(slot).collect()
}

/// Of what never changes while the function runs.
pub(crate) fn fixed() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_can_move()
}

/// Of everything else: accesses are checked, and words aligned.
pub(crate) fn plain() -> MemFlagsData {
    MemFlagsData::trusted()
}

impl Emitter<'_, '_> {
    /// A field of the context that stays what it is.
    pub(crate) fn context(&mut self, offset: i32) -> Value {
        self.b.ins().load(types::I64, fixed(), self.cx, offset)
    }

    /// A word of the frame.
    pub(crate) fn word(&mut self, word: u32) -> Value {
        let words = self.context(offset::WORDS);
        self.b.ins().load(types::I64, plain(), words, 8 * word as i32)
    }

    /// A word of the frame as a scalar of type `ty`.
    pub(crate) fn word_as(&mut self, word: u32, ty: Type) -> Value {
        if ty == Type::Float {
            let words = self.context(offset::WORDS);
            return self.b.ins().load(types::F64, plain(), words, 8 * word as i32);
        }
        let value = self.word(word);
        if ty == Type::Bool { self.b.ins().ireduce(types::I8, value) } else { value }
    }

    /// Writes a word of the frame.
    pub(crate) fn set_word(&mut self, word: u32, value: Value) {
        let words = self.context(offset::WORDS);
        self.b.ins().store(plain(), value, words, 8 * word as i32);
    }

    /// Where code begins: what parameters are, and the homes that it is entered with.
    pub(crate) fn begin_slots(&mut self) {
        self.load_locals();
        for slot in 0..self.f.params().len() as u32 {
            self.load_slot(slot);
        }
    }

    pub(crate) fn load_locals(&mut self) {
        let locals = self.context(offset::LOCALS);
        self.b.def_var(self.locals, locals);
    }

    /// Takes what a slot is from its home.
    pub(crate) fn load_slot(&mut self, id: SlotId) {
        let slot = self.slots[id as usize];
        if slot.ty.is_scalar() {
            let value = self.word_as(slot.home, slot.ty);
            if let Some(var) = slot.value {
                self.b.def_var(var, value);
            }
            return;
        }
        if let Some(var) = slot.value {
            let reference = self.word(slot.home);
            let address = match slot.kind {
                SlotKind::Inout => self.arena_address(reference),
                _ => self.address(reference),
            };
            self.b.def_var(var, address);
        }
        self.load_length(id);
    }

    /// Takes the length of a slot's buffer from memory.
    pub(crate) fn load_length(&mut self, id: SlotId) {
        let slot = self.slots[id as usize];
        if let Some(len) = slot.len {
            let at = self.pointer(Place::Slot(id));
            let flags = if slot.kind == SlotKind::In { fixed() } else { plain() };
            let value = self.b.ins().load(types::I64, flags, at, 0);
            self.b.def_var(len, value);
        }
    }

    /// Puts a slot into its home, unless it is there.
    pub(crate) fn store_slot(&mut self, id: SlotId) {
        let slot = self.slots[id as usize];
        if slot.is_param() {
            return;
        }
        let word = if slot.ty.is_scalar() {
            let Some(var) = slot.value else { return };
            let value = self.b.use_var(var);
            self.word_of(Operand::Scalar { value, late: slot.late }, slot.ty)
        } else {
            self.local_reference(slot.place)
        };
        self.set_word(slot.home, word);
    }

    /// The address of what a reference into the arena names.
    fn arena_address(&mut self, reference: Value) -> Value {
        let arena = self.context(offset::ARENA);
        let bytes = self.b.ins().ishl_imm_u(reference, 3);
        self.b.ins().iadd(arena, bytes)
    }

    /// The address of what any reference names: with the top bit one of the program's constants.
    pub(crate) fn address(&mut self, reference: Value) -> Value {
        let (arena, constants) = (self.context(offset::ARENA), self.context(offset::CONSTANTS));
        let zero = self.int(0);
        let constant = self.b.ins().icmp(IntCC::SignedLessThan, reference, zero);
        let base = self.b.ins().select(constant, constants, arena);
        // The top bit is shifted out.
        let bytes = self.b.ins().ishl_imm_u(reference, 3);
        self.b.ins().iadd(base, bytes)
    }

    fn local_reference(&mut self, place: u32) -> Value {
        let base = self.context(offset::BASE);
        self.b.ins().iadd_imm_s(base, i64::from(place))
    }

    /// What an entry of the function's table names.
    fn target(&mut self, entry: u32) -> Value {
        let targets = self.context(offset::TARGETS);
        self.b.ins().load(types::I64, fixed(), targets, 8 * entry as i32)
    }

    /// The reference to an aggregate, or the word of a matrix.
    pub(crate) fn reference(&mut self, place: Place) -> Value {
        match place {
            Place::Local(place) => self.local_reference(place),
            Place::Slot(id) => {
                let slot = self.slots[id as usize];
                if slot.is_param() { self.word(slot.home) } else { self.local_reference(slot.place) }
            }
            Place::Constant(entry) => self.target(entry),
            Place::Reference(word) => word,
        }
    }

    /// The address of an aggregate.
    pub(crate) fn pointer(&mut self, place: Place) -> Value {
        match place {
            Place::Local(place) => self.local_pointer(place),
            Place::Slot(id) => {
                let slot = self.slots[id as usize];
                match slot.value {
                    Some(var) => self.b.use_var(var),
                    None => self.local_pointer(slot.place),
                }
            }
            Place::Constant(entry) => {
                let reference = self.target(entry);
                let constants = self.context(offset::CONSTANTS);
                let bytes = self.b.ins().ishl_imm_u(reference, 3);
                self.b.ins().iadd(constants, bytes)
            }
            Place::Reference(word) => self.address(word),
        }
    }

    fn local_pointer(&mut self, place: u32) -> Value {
        let locals = self.b.use_var(self.locals);
        self.b.ins().iadd_imm_s(locals, 8 * i64::from(place))
    }

    /// The length of a buffer.
    pub(crate) fn buffer_length(&mut self, place: Place) -> Value {
        if let Place::Slot(id) = place
            && let Some(len) = self.slots[id as usize].len
        {
            return self.b.use_var(len);
        }
        let at = self.pointer(place);
        let flags = if matches!(place, Place::Constant(_)) { fixed() } else { plain() };
        self.b.ins().load(types::I64, flags, at, 0)
    }

    /// An operand as a word of a frame.
    pub(crate) fn word_of(&mut self, operand: Operand, ty: Type) -> Value {
        match operand {
            Operand::Place(place) => self.reference(place),
            Operand::Scalar { .. } => {
                let value = self.exact(operand);
                match ty {
                    Type::Float => self.b.ins().bitcast(types::I64, MemFlagsData::new(), value),
                    Type::Bool => self.b.ins().uextend(types::I64, value),
                    _ => value,
                }
            }
        }
    }

    /// A float with its NaN made canonical.
    pub(crate) fn canonical(&mut self, value: Value) -> Value {
        let is_nan = self.b.ins().fcmp(FloatCC::Unordered, value, value);
        let nan = self.b.ins().f64const(f64::from_bits(CANONICAL_NAN));
        self.b.ins().select(is_nan, nan, value)
    }
}
