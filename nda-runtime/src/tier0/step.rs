//! The steps of the reference interpreter: the nodes in byte order, with the jumps between them made explicit.

use crate::frame::FrameLayout;
use nda_ast::{Elem, NodeId, Op, Type};

/// Where an aggregate that is written lies: a word of the frame, or behind the reference in that word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u32);

impl Place {
    const INDIRECT: u32 = 1 << 31;

    pub fn new(word: u32, indirect: bool) -> Place {
        debug_assert!(word < Place::INDIRECT);
        Place(word | if indirect { Place::INDIRECT } else { 0 })
    }

    pub fn word(self) -> usize {
        (self.0 & !Place::INDIRECT) as usize
    }

    pub fn is_indirect(self) -> bool {
        self.0 & Place::INDIRECT != 0
    }
}

/// One step. Words are relative to the frame, targets are indices of steps, `dest` is the word of a temporary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// Pushes a constant: bits of a scalar, or a reference.
    Word(u64),
    /// Pushes a word of the frame.
    Slot(u32),
    /// Pushes a reference to a word of the frame.
    Local(u32),
    /// Charges a block.
    Charge(u64),
    Jump(u32),
    /// Pops a bool; jumps where it is false.
    Unless(u32),
    /// Looks at clock and flag: a loop head.
    Poll,
    /// Pops the count.
    LoopEnter {
        counter: u32,
        index: u32,
        exit: u32,
        bounded: bool,
    },
    LoopNext {
        counter: u32,
        index: u32,
        head: u32,
        bounded: bool,
    },
    WhileEnter(u32),
    /// Pops the condition; counts the iteration that begins.
    WhileTest {
        counter: u32,
        exit: u32,
        bounded: bool,
    },
    /// Pops a scalar into a word of the frame.
    SetWord(u32),
    /// Pops a reference; copies what it names.
    SetAggregate {
        ty: Type,
        to: Place,
    },
    SetByte(Place),
    SetElement(Place),
    SetLane {
        to: Place,
        n: u32,
    },
    PushByte {
        to: Place,
        cap: u32,
    },
    PushElement {
        to: Place,
        cap: u32,
    },
    Truncate(Place),
    Print(Type),
    Fail,
    /// Leaves the function with the results on the stack.
    Return,
    /// Calls a function in an expression; an aggregate result goes to `dest`.
    Call {
        callee: u32,
        dest: u32,
        args: u16,
    },
    /// Calls a function as a statement; results go to slots.
    CallStmt {
        callee: u32,
        args: u16,
    },
    CallHost {
        import: u32,
        args: u16,
    },
    /// An operation on scalars.
    Scalar(Op),
    Vec1 {
        op: Op,
        dest: u32,
        n: u32,
    },
    Vec2 {
        op: Op,
        dest: u32,
        n: u32,
    },
    VecFloat {
        op: Op,
        dest: u32,
        n: u32,
    },
    Reduce {
        op: Op,
        n: u32,
    },
    Gemv {
        dest: u32,
    },
    Norm {
        dest: u32,
    },
    Row {
        dest: u32,
    },
    LenBuf,
    LenVec(u32),
    IndexByte,
    IndexElement,
    IndexLane(u32),
    Slice {
        dest: u32,
        n: u32,
        count: u32,
    },
    Concat {
        dest: u32,
        a: u32,
        b: u32,
    },
    Splat {
        dest: u32,
        n: u32,
    },
    ToVec {
        dest: u32,
        n: u32,
    },
    ToBuf {
        dest: u32,
        n: u32,
    },
    Fill {
        dest: u32,
        elem: Elem,
        cap: u32,
    },
    Recap {
        dest: u32,
        elem: Elem,
        cap: u32,
    },
}

/// [`Step::Call`] of a function with a scalar result.
pub(crate) const NO_DEST: u32 = u32::MAX;

/// The steps of one function.
#[derive(Debug)]
pub(crate) struct Code {
    pub steps: Vec<Step>,
    /// For each step the node that it belongs to, and traps at.
    pub nodes: Vec<NodeId>,
    /// Where everything lies in the frame.
    pub layout: FrameLayout,
    /// Greatest number of operands waiting at once, here and in the deepest chain of callees.
    pub height: usize,
    /// Words of the frame and of the deepest chain of callees.
    pub chain_words: u64,
    /// How many calls may be active at once, this one counted.
    pub chain_calls: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stay_small() {
        assert_eq!(size_of::<Step>(), 16);
    }

    #[test]
    fn places_hold_word_and_kind() {
        let place = Place::new(77, true);
        assert_eq!((place.word(), place.is_indirect()), (77, true));
        assert!(!Place::new(77, false).is_indirect());
    }
}
