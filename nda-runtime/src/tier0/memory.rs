//! References to aggregates, and typed views of the words behind them.

use bytemuck::{cast_slice, cast_slice_mut};
use nda_ast::{Elem, Type};

/// A reference on the operand stack or in a parameter's word: a word of the arena, or with this bit one of the
/// program's constants.
pub(super) const CONSTANT: u64 = 1 << 63;

/// A matrix is named by its object, or with this bit by the number of the run's argument.
pub(super) const ARGUMENT: u64 = 1 << 63;

/// Words that can be read.
#[derive(Clone, Copy)]
pub(super) struct Sources<'s> {
    arena: &'s [u64],
    constants: &'s [u64],
}

impl<'s> Sources<'s> {
    /// All words from the one that a reference names.
    #[inline]
    pub fn words(self, reference: u64) -> &'s [u64] {
        if reference & CONSTANT == 0 {
            &self.arena[reference as usize..]
        } else {
            &self.constants[(reference & !CONSTANT) as usize..]
        }
    }

    /// A vector.
    #[inline]
    pub fn vec(self, reference: u64, n: usize) -> &'s [f32] {
        &cast_slice(&self.words(reference)[..n.div_ceil(2)])[..n]
    }

    /// The length of a buffer.
    #[inline]
    pub fn len(self, reference: u64) -> usize {
        self.words(reference)[0] as usize
    }

    /// The elements of a buffer of u8.
    #[inline]
    pub fn bytes(self, reference: u64) -> &'s [u8] {
        let words = self.words(reference);
        let len = words[0] as usize;
        &cast_slice(&words[1..1 + len.div_ceil(8)])[..len]
    }

    /// The elements of a buffer of int or float.
    #[inline]
    pub fn elements(self, reference: u64) -> &'s [u64] {
        let words = self.words(reference);
        &words[1..1 + words[0] as usize]
    }

    /// How many words a copy of the value moves: of a buffer, length and elements only.
    #[inline]
    pub fn copy_words(self, ty: Type, reference: u64) -> usize {
        match ty {
            Type::Vec { n } => (n as usize).div_ceil(2),
            Type::Buf { elem: Elem::U8, .. } => 1 + self.len(reference).div_ceil(8),
            Type::Buf { .. } => 1 + self.len(reference),
            Type::Int | Type::Float | Type::Bool | Type::Mat { .. } => 0,
        }
    }
}

/// Arena and constants of a run.
pub(super) struct Memory<'a> {
    pub arena: &'a mut [u64],
    pub constants: &'a [u64],
}

impl Memory<'_> {
    /// Everything, to be read.
    #[inline]
    pub fn sources(&self) -> Sources<'_> {
        Sources { arena: self.arena, constants: self.constants }
    }

    /// The words from `dest` on, to be written, and everything below them, to be read: operands lie below what is
    /// computed from them.
    #[inline]
    pub fn split(&mut self, dest: usize) -> (&mut [u64], Sources<'_>) {
        let (below, dest) = self.arena.split_at_mut(dest);
        (dest, Sources { arena: below, constants: self.constants })
    }

    /// Copies an aggregate; gives the number of words.
    #[inline]
    pub fn copy(&mut self, ty: Type, from: u64, to: usize) -> usize {
        let words = self.sources().copy_words(ty, from);
        if from & CONSTANT == 0 {
            let from = from as usize;
            self.arena.copy_within(from..from + words, to);
        } else {
            let from = (from & !CONSTANT) as usize;
            self.arena[to..to + words].copy_from_slice(&self.constants[from..from + words]);
        }
        words
    }
}

/// A vector to be written.
#[inline]
pub(super) fn vec_mut(words: &mut [u64], n: usize) -> &mut [f32] {
    &mut cast_slice_mut(&mut words[..n.div_ceil(2)])[..n]
}

/// The elements of a buffer of u8 to be written, which gets this length.
#[inline]
pub(super) fn bytes_mut(words: &mut [u64], len: usize) -> &mut [u8] {
    words[0] = len as u64;
    &mut cast_slice_mut(&mut words[1..1 + len.div_ceil(8)])[..len]
}

/// The elements of a buffer of int or float to be written, which gets this length.
#[inline]
pub(super) fn elements_mut(words: &mut [u64], len: usize) -> &mut [u64] {
    words[0] = len as u64;
    &mut words[1..1 + len]
}
