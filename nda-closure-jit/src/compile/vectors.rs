//! Operations on whole vectors, matrices and buffers, and where aggregates lie.

use super::Compiler;
use super::emit::{BLANK, Name, Shape};
use super::operand::Operand;
use super::stmt::length;
use crate::rec::{NEAR, Rec};
use crate::records::flow::type_fields;
use crate::records::scalar;
use crate::records::vectors::{copy_new, copy_over, give_fn, reduce};
use nda_ast::{Node, NodeId, Op, SlotId, Type, ValidFunction};
use nda_runtime::type_words;

/// Where the aggregates of a function lie in its part of the arena, in words: those of slots in their order, then the
/// computed ones of the statement under way.
pub(super) struct Places {
    /// First word of each slot; empty where no slot has one.
    slots: Vec<u32>,
    /// One past the slots.
    base: u32,
    next: u32,
    highest: u32,
}

impl Places {
    pub fn new(valid: &ValidFunction) -> Places {
        let mut places = Places { slots: Vec::new(), base: 0, next: 0, highest: 0 };
        let params = valid.function().params().len();
        // Most functions have none, and need no list.
        if valid.certificate().own_frame > 8 * valid.slots().len() as u64 {
            let mut at = 0;
            for (i, slot) in valid.slots().iter().enumerate() {
                places.slots.push(at);
                if i >= params && slot.ty.is_aggregate() {
                    at += type_words(slot.ty) as u32;
                }
            }
            places.base = at;
            places.reset();
        }
        places.highest = places.base;
        places
    }

    pub fn used(&self) -> u32 {
        self.highest
    }

    fn slot(&self, slot: SlotId) -> u32 {
        self.slots.get(slot as usize).copied().unwrap_or(0)
    }

    fn take(&mut self, ty: Type) -> u32 {
        let at = self.next;
        self.next += type_words(ty) as u32;
        self.highest = self.highest.max(self.next);
        at
    }

    /// At the end of a statement.
    pub fn reset(&mut self) {
        self.next = self.base;
    }

    /// Whether nothing has been computed in the statement under way.
    fn is_fresh(&self) -> bool {
        self.next == self.base
    }
}

impl Compiler<'_> {
    /// The near word that a record writes for `word`.
    pub(super) fn near_dest(&mut self, word: u32) -> u8 {
        if word < NEAR { word as u8 } else { self.words.pass() }
    }

    /// After that record: on to the word itself.
    pub(super) fn leave_near(&mut self, near: u8, word: u32) {
        if word >= NEAR {
            self.emit_other(Name::Stow, Rec { f: scalar::stow, a: near, skip: word, ..BLANK });
        }
    }

    pub(super) fn vector(&mut self, id: NodeId, node: &Node, op: Op) {
        let count = node.operands();
        let second = if count > 1 { Some(self.pop()) } else { None };
        let first = self.pop();
        let a = self.near(first);
        let b = second.map_or(a, |second| self.near(second));
        self.spill_both();
        let operand = self.type_of(if count > 1 { self.f.operand_before(id - 1) } else { id - 1 });
        let result = self.type_of(id);
        let rec = Rec { a, b, c: op as u8, ..BLANK };
        if result.is_scalar() {
            let rec = Rec { f: reduce, yes: length(operand), ..rec };
            let temp = self.words.take();
            let word = self.words.temp(temp);
            let d = self.near_dest(word);
            self.put_record(Shape::Vector(op), Rec { d, ..rec });
            self.leave_near(d, word);
            self.push(Operand::Temp(temp));
            return;
        }
        // Operands keep their words to the end of the statement: they are few, and their aggregates stay, too.
        let f = give_fn(op);
        let rec = match op {
            Op::Norm => Rec { f, imm: node.float().to_bits(), ..rec },
            Op::Slice => Rec { f, yes: length(operand), no: node.count(), ..rec },
            Op::Concat => Rec { f, yes: length(operand), no: length(result) - length(operand), ..rec },
            Op::Fill | Op::Recap => {
                let (c, yes) = type_fields(result);
                Rec { f, c, yes, ..rec }
            }
            _ => Rec { f, yes: length(result), ..rec },
        };
        // The value of a `Let` goes where its slot lies, unless an operand lies above that.
        let direct = self.is_op(id + 1, Op::Let) && self.arena.is_fresh();
        if direct {
            let skip = self.arena.slot(self.f.node(id + 1).slot());
            let word = self.declare_slot();
            self.give(op, rec, skip, word);
            self.push(Operand::Slot(word));
        } else {
            let skip = self.arena.take(result);
            let temp = self.words.take();
            let word = self.words.temp(temp);
            self.give(op, rec, skip, word);
            self.push(Operand::Temp(temp));
        }
    }

    fn give(&mut self, op: Op, rec: Rec, skip: u32, word: u32) {
        let d = self.near_dest(word);
        self.put_record(Shape::Vector(op), Rec { skip, d, ..rec });
        self.leave_near(d, word);
    }

    /// A `Let` of an aggregate, the last operand.
    pub(super) fn declare_aggregate(&mut self, slot: SlotId, ty: Type) {
        let value = self.pop();
        // Computed in its place already, if it has one.
        if slot as usize >= self.slots.len() {
            let word = self.declare_slot();
            let a = self.near(value);
            let (c, yes) = type_fields(ty);
            let (skip, d) = (self.arena.slot(slot), self.near_dest(word));
            self.emit_other(Name::CopyNew, Rec { f: copy_new, a, c, d, yes, skip, ..BLANK });
            self.leave_near(d, word);
        }
    }

    /// A `Store` of an aggregate.
    pub(super) fn copy_over(&mut self, value: Operand, word: u32, ty: Type) {
        let a = self.near(value);
        let d = self.near(Operand::Slot(word));
        let (c, yes) = type_fields(ty);
        self.emit_other(Name::CopyOver, Rec { f: copy_over, a, c, d, yes, ..BLANK });
    }

    /// A place for the result `ty` of a call, and the word of the reference to it.
    pub(super) fn result_place(&mut self, ty: Type) -> (u32, u32, u32) {
        let skip = self.arena.take(ty);
        let temp = self.words.take();
        (skip, temp, self.words.temp(temp))
    }

    /// The place of a slot's aggregate.
    pub(super) fn slot_place(&self, slot: SlotId) -> u32 {
        self.arena.slot(slot)
    }

    /// One past all aggregates in use: where a callee's begin.
    pub(super) fn aggregates_above(&self) -> u32 {
        self.arena.next
    }
}
