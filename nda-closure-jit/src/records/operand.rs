//! Operands: a word of the frame, a constant, or the accumulator.

use crate::rec::{Frame, Rec};

/// A scalar in its register.
pub(crate) trait Reg: Copy {
    const FLOAT: bool;
    fn from_word(word: u64) -> Self;
    fn word(self) -> u64;
    /// From the accumulator of its class.
    fn of(acc: i64, facc: f64) -> Self;
    /// Into the accumulator of its class; the other one is kept.
    fn pass(self, acc: i64, facc: f64) -> (i64, f64);
}

impl Reg for i64 {
    const FLOAT: bool = false;

    #[inline(always)]
    fn from_word(word: u64) -> i64 {
        word as i64
    }

    #[inline(always)]
    fn word(self) -> u64 {
        self as u64
    }

    #[inline(always)]
    fn of(acc: i64, _: f64) -> i64 {
        acc
    }

    #[inline(always)]
    fn pass(self, _: i64, facc: f64) -> (i64, f64) {
        (self, facc)
    }
}

impl Reg for bool {
    const FLOAT: bool = false;

    #[inline(always)]
    fn from_word(word: u64) -> bool {
        word != 0
    }

    #[inline(always)]
    fn word(self) -> u64 {
        self.into()
    }

    #[inline(always)]
    fn of(acc: i64, _: f64) -> bool {
        acc != 0
    }

    #[inline(always)]
    fn pass(self, _: i64, facc: f64) -> (i64, f64) {
        (self.into(), facc)
    }
}

impl Reg for f64 {
    const FLOAT: bool = true;

    #[inline(always)]
    fn from_word(word: u64) -> f64 {
        f64::from_bits(word)
    }

    #[inline(always)]
    fn word(self) -> u64 {
        self.to_bits()
    }

    #[inline(always)]
    fn of(_: i64, facc: f64) -> f64 {
        facc
    }

    #[inline(always)]
    fn pass(self, acc: i64, _: f64) -> (i64, f64) {
        (acc, self)
    }
}

/// Where an operand comes from; `word` is the byte of its place in the record.
pub(crate) trait Src {
    fn get<T: Reg>(rec: &Rec, word: u8, acc: i64, facc: f64, frame: &Frame) -> T;
}

/// A word of the frame.
pub(crate) struct S;
/// The record's constant.
pub(crate) struct C;
/// The accumulator.
pub(crate) struct A;

impl Src for S {
    #[inline(always)]
    fn get<T: Reg>(_: &Rec, word: u8, _: i64, _: f64, frame: &Frame) -> T {
        T::from_word(frame[usize::from(word)].get())
    }
}

impl Src for C {
    #[inline(always)]
    fn get<T: Reg>(rec: &Rec, _: u8, _: i64, _: f64, _: &Frame) -> T {
        T::from_word(rec.imm)
    }
}

impl Src for A {
    #[inline(always)]
    fn get<T: Reg>(_: &Rec, _: u8, acc: i64, facc: f64, _: &Frame) -> T {
        T::of(acc, facc)
    }
}

/// The same, as data: what the compiler chooses by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    S,
    C,
    A,
}

/// Kinds of two operands, of which one at most is the constant and one the accumulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    SS,
    SC,
    SA,
    CS,
    CA,
    AS,
    AC,
}

impl Pair {
    pub const COUNT: usize = 7;

    #[inline]
    pub fn of(a: Kind, b: Kind) -> Pair {
        const PAIRS: [[Option<Pair>; 3]; 3] = [
            [Some(Pair::SS), Some(Pair::SC), Some(Pair::SA)],
            [Some(Pair::CS), None, Some(Pair::CA)],
            [Some(Pair::AS), Some(Pair::AC), None],
        ];
        match PAIRS[a as usize][b as usize] {
            Some(pair) => pair,
            None => unreachable!("one constant, one accumulator"),
        }
    }
}
