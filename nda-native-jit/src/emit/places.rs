//! Where the aggregates of a function lie in its part of the arena, as the other tier lays them: those of slots in their order, then
//! the computed ones of the statement under way.

use nda_ast::{SlotId, Type, ValidFunction};
use nda_runtime::type_words;

pub(crate) struct Places {
    slots: Vec<u32>,
    /// One past the slots.
    base: u32,
    next: u32,
    highest: u32,
}

impl Places {
    pub(crate) fn new(valid: &ValidFunction) -> Places {
        let params = valid.function().params().len();
        let mut at = 0;
        let mut slots = Vec::with_capacity(valid.slots().len());
        for (i, slot) in valid.slots().iter().enumerate() {
            slots.push(at);
            if i >= params && slot.ty.is_aggregate() {
                at += type_words(slot.ty) as u32;
            }
        }
        Places { slots, base: at, next: at, highest: at }
    }

    /// First word of a slot's aggregate.
    pub(crate) fn slot(&self, slot: SlotId) -> u32 {
        self.slots[slot as usize]
    }

    /// A place for a computed one.
    pub(crate) fn take(&mut self, ty: Type) -> u32 {
        let at = self.next;
        self.next += type_words(ty) as u32;
        self.highest = self.highest.max(self.next);
        at
    }

    /// One past all in use: where a callee's begin.
    pub(crate) fn above(&self) -> u32 {
        self.next
    }

    /// Whether nothing has been computed in the statement under way.
    pub(crate) fn is_fresh(&self) -> bool {
        self.next == self.base
    }

    /// At the end of a statement.
    pub(crate) fn reset(&mut self) {
        self.next = self.base;
    }

    /// Words used so far.
    pub(crate) fn used(&self) -> u32 {
        self.highest
    }
}
