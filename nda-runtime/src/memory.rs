//! References to aggregates, and typed views of the words behind them: what every tier reads and writes elements through.

use crate::{Buf, BufData, Value};
use bytemuck::{cast_slice, cast_slice_mut};
use nda_ast::{Elem, Type};

/// A reference to an aggregate: a word of the arena, or with this bit one of the program's constants.
pub const CONSTANT: u64 = 1 << 63;

/// A matrix is named by its object, or with this bit by the number of the run's argument.
pub const ARGUMENT: u64 = 1 << 63;

/// Words that can be read.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'s> {
    arena: &'s [u64],
    constants: &'s [u64],
}

impl<'s> Sources<'s> {
    /// An arena and constants.
    pub(crate) fn new(arena: &'s [u64], constants: &'s [u64]) -> Sources<'s> {
        Sources { arena, constants }
    }

    /// All words from the one that a reference names.
    ///
    /// # Panics
    /// Where the reference names no such value of this run.
    #[must_use]
    #[inline]
    pub fn words(self, reference: u64) -> &'s [u64] {
        if reference & CONSTANT == 0 {
            &self.arena[reference as usize..]
        } else {
            &self.constants[(reference & !CONSTANT) as usize..]
        }
    }

    /// A vector.
    ///
    /// # Panics
    /// Where the reference names no such value of this run.
    #[must_use]
    #[inline]
    pub fn vec(self, reference: u64, n: usize) -> &'s [f32] {
        &cast_slice(&self.words(reference)[..n.div_ceil(2)])[..n]
    }

    /// The length of a buffer.
    ///
    /// # Panics
    /// Where the reference names no such value of this run.
    #[must_use]
    #[inline]
    pub fn len(self, reference: u64) -> usize {
        self.words(reference)[0] as usize
    }

    /// The elements of a buffer of u8.
    ///
    /// # Panics
    /// Where the reference names no such value of this run.
    #[must_use]
    #[inline]
    pub fn bytes(self, reference: u64) -> &'s [u8] {
        let words = self.words(reference);
        let len = words[0] as usize;
        &cast_slice(&words[1..1 + len.div_ceil(8)])[..len]
    }

    /// The elements of a buffer of int or float.
    ///
    /// # Panics
    /// Where the reference names no such value of this run.
    #[must_use]
    #[inline]
    pub fn elements(self, reference: u64) -> &'s [u64] {
        let words = self.words(reference);
        &words[1..1 + words[0] as usize]
    }

    /// How many words a copy of the value moves: of a buffer, length and elements only.
    #[must_use]
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

impl Sources<'_> {
    /// Bytes of a log entry besides its overhead.
    #[must_use]
    pub fn payload(self, ty: Type, word: u64) -> u64 {
        match ty {
            Type::Int | Type::Float | Type::Bool => 8,
            Type::Vec { n } => 4 * u64::from(n),
            Type::Buf { elem, .. } => self.len(word) as u64 * elem.size(),
            Type::Mat { .. } => 0,
        }
    }

    /// A value for the host: from the word of a scalar, or from what a reference names.
    ///
    /// # Panics
    /// Where the reference names no such value of this run; of a matrix, which leaves no run.
    #[must_use]
    pub fn value(self, ty: Type, word: u64) -> Value {
        match ty {
            Type::Int => Value::Int(word as i64),
            Type::Float => Value::Float(f64::from_bits(word)),
            Type::Bool => Value::Bool(word != 0),
            Type::Vec { n } => {
                let mut data = self.vec(word, n as usize).to_vec();
                (nda_kernels::kernels().canon_slice)(&mut data);
                Value::Vec32(data)
            }
            Type::Buf { elem, cap } => {
                let data = match elem {
                    Elem::U8 => BufData::U8(self.bytes(word).to_vec()),
                    Elem::Int => BufData::Int(cast_slice(self.elements(word)).to_vec()),
                    Elem::Float => BufData::Float(cast_slice(self.elements(word)).to_vec()),
                };
                match Buf::new(data, cap) {
                    Ok(buf) => Value::Buf(buf),
                    Err(error) => unreachable!("a buffer of the run: {error}"),
                }
            }
            Type::Mat { .. } => unreachable!("a matrix leaves no run"),
        }
    }
}

/// Arena and constants of a run.
#[derive(Debug)]
pub struct Memory<'a> {
    /// The run's own words.
    pub arena: &'a mut [u64],
    /// The program's constants.
    pub constants: &'a [u64],
}

impl Memory<'_> {
    /// Everything, to be read.
    #[must_use]
    #[inline]
    pub fn sources(&self) -> Sources<'_> {
        Sources { arena: self.arena, constants: self.constants }
    }

    /// The words from `dest` on, to be written, and everything below them, to be read: operands lie below what is
    /// computed from them.
    ///
    /// # Panics
    /// Where `dest` lies outside the arena.
    #[must_use]
    #[inline]
    pub fn split(&mut self, dest: usize) -> (&mut [u64], Sources<'_>) {
        let (below, dest) = self.arena.split_at_mut(dest);
        (dest, Sources { arena: below, constants: self.constants })
    }

    /// Copies an aggregate; gives the number of words.
    ///
    /// # Panics
    /// Where either lies outside its memory.
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

impl Memory<'_> {
    /// Writes an aggregate of the host at word `at`; a scalar or matrix writes nothing.
    ///
    /// # Panics
    /// Where there are fewer words than its type takes.
    pub fn place(&mut self, value: &Value, at: usize) {
        let words = &mut self.arena[at..];
        match value {
            Value::Vec32(data) => vec_mut(words, data.len()).copy_from_slice(data),
            Value::Buf(buf) => match buf.data() {
                BufData::U8(data) => bytes_mut(words, data.len()).copy_from_slice(data),
                BufData::Int(data) => elements_mut(words, data.len()).copy_from_slice(cast_slice(data)),
                BufData::Float(data) => elements_mut(words, data.len()).copy_from_slice(cast_slice(data)),
            },
            Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Mat(_) => {}
        }
    }
}

/// A vector to be written.
///
/// # Panics
/// Where there are fewer words.
#[must_use]
#[inline]
pub fn vec_mut(words: &mut [u64], n: usize) -> &mut [f32] {
    &mut cast_slice_mut(&mut words[..n.div_ceil(2)])[..n]
}

/// The elements of a buffer of u8 to be written, which gets this length.
///
/// # Panics
/// Where there are fewer words.
#[must_use]
#[inline]
pub fn bytes_mut(words: &mut [u64], len: usize) -> &mut [u8] {
    words[0] = len as u64;
    &mut cast_slice_mut(&mut words[1..1 + len.div_ceil(8)])[..len]
}

/// The elements of a buffer of int or float to be written, which gets this length.
///
/// # Panics
/// Where there are fewer words.
#[must_use]
#[inline]
pub fn elements_mut(words: &mut [u64], len: usize) -> &mut [u64] {
    words[0] = len as u64;
    &mut words[1..1 + len]
}
