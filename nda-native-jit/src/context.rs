//! What machine code sees of a run: the one layout that it and the helpers share.

use crate::code::Native;
use crate::helpers::{HELPERS, Helpers};
use nda_runtime::JitState;
use std::any::Any;

/// How machine code ends, and helpers where it is to end at once.
pub(crate) mod status {
    /// The function has returned; its results are in its frame.
    pub(crate) const RETURNED: i64 = -1;
    /// The run has ended; the reason is in the state.
    pub(crate) const TRAPPED: i64 = -2;
}

/// An activation of machine code. Fields are read and written by it at the offsets of [`offset`].
#[repr(C)]
pub(crate) struct Context<'s, 'a> {
    /// Fuel left of the slice, where it is not in a register: when a function is entered or left.
    pub fuel: i64,
    /// The frame of the function.
    words: *const u64,
    /// The first word of all aggregates, and of this function's.
    arena: *const u64,
    locals: *const u64,
    /// The index of the latter.
    base: u64,
    constants: *const u64,
    /// What the entries of the function's table name.
    targets: *const u64,
    helpers: &'static Helpers,
    /// What a helper gives besides its status.
    pub value: u64,
    // What follows is not for machine code.
    pub state: &'s mut JitState<'a>,
    pub native: &'s Native,
    /// What a helper has panicked with.
    pub panic: Option<Box<dyn Any + Send>>,
}

/// Offsets of the fields of a [`Context`] in bytes.
pub(crate) mod offset {
    use super::Context;
    use std::mem::offset_of;

    macro_rules! offsets {
        ($($name:ident = $field:ident;)+) => {$(
            pub(crate) const $name: i32 = offset_of!(Context<'static, 'static>, $field) as i32;
        )+};
    }

    offsets! {
        FUEL = fuel;
        WORDS = words;
        ARENA = arena;
        LOCALS = locals;
        BASE = base;
        CONSTANTS = constants;
        TARGETS = targets;
        HELPERS = helpers;
        VALUE = value;
    }
}

impl<'s, 'a> Context<'s, 'a> {
    /// For the function under way in `state`.
    pub(crate) fn new(state: &'s mut JitState<'a>, native: &'s Native) -> Context<'s, 'a> {
        let words = state.words[state.frame..].as_ptr().cast::<u64>();
        let arena = state.unit.memory.arena.as_mut_ptr();
        Context {
            fuel: state.fuel,
            words,
            arena,
            // May be one past the end, where the function has none.
            locals: arena.wrapping_add(state.base),
            base: state.base as u64,
            constants: state.unit.memory.constants.as_ptr(),
            targets: state.targets().as_ptr(),
            helpers: &HELPERS,
            value: 0,
            state,
            native,
            panic: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Machine code is compiled against these numbers; a change of the layout changes every listing.
    #[test]
    fn the_layout_is_as_compiled_against() {
        let offsets = [
            offset::FUEL,
            offset::WORDS,
            offset::ARENA,
            offset::LOCALS,
            offset::BASE,
            offset::CONSTANTS,
            offset::TARGETS,
            offset::HELPERS,
            offset::VALUE,
        ];
        assert_eq!(offsets, [0, 8, 16, 24, 32, 40, 48, 56, 64]);
        assert_eq!(align_of::<Context<'_, '_>>(), 8);
    }
}
