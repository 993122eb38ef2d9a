//! Elements of buffers and vectors, and lengths.
//!
//! `a` is the word of the reference. `LOCAL` says that it names a word of the arena: only an `in` parameter and a constant may lie
//! elsewhere.

use super::operand::{A, C, Kind, Pair, Reg, S, Src};
use crate::rec::{Flow, Rec, RecFn, go, record, trap};
use nda_kernels::{canon::f64_to_f32, f32_to_f64_canon};
use nda_runtime::memory::CONSTANT;
use nda_runtime::{JitState, TrapKind};

/// Elements of one type.
pub(crate) trait Elements {
    /// The scalar that reading one gives.
    type Out: Reg;
    /// Element `index` of the `words` of a buffer, its length first; of a vector of `n` elements.
    fn get(words: &[u64], index: i64, n: u32) -> Result<Self::Out, Bad>;
    /// Changes it.
    fn set(words: &mut [u64], index: i64, n: u32, value: Self::Out) -> Result<(), Bad>;
}

/// An index beyond a length.
pub(crate) struct Bad {
    len: u64,
}

/// Bytes, ints, floats, lanes of a vector.
pub(crate) struct Bytes;
pub(crate) struct Ints;
pub(crate) struct Floats;
pub(crate) struct Lanes;

/// The word in which element `at` of size `1 / per` words lies, and how far its bits are shifted, as the machine lays them out.
#[inline(always)]
fn part(at: u64, per: u64) -> (usize, u32) {
    let place = if cfg!(target_endian = "big") { per - 1 - at % per } else { at % per };
    ((at / per) as usize, (place * (64 / per)) as u32)
}

impl Elements for Bytes {
    type Out = i64;

    #[inline(always)]
    fn get(words: &[u64], index: i64, _: u32) -> Result<i64, Bad> {
        let [len, data @ ..] = words else { return Err(Bad { len: 0 }) };
        let (word, shift) = part(index as u64, 8);
        match data.get(word) {
            Some(word) if (index as u64) < *len => Ok((word >> shift & 0xff) as i64),
            _ => Err(Bad { len: *len }),
        }
    }

    #[inline(always)]
    fn set(words: &mut [u64], index: i64, _: u32, value: i64) -> Result<(), Bad> {
        let [len, data @ ..] = words else { return Err(Bad { len: 0 }) };
        let (word, shift) = part(index as u64, 8);
        match data.get_mut(word) {
            Some(word) if (index as u64) < *len => {
                *word = *word & !(0xff << shift) | (value as u64 & 0xff) << shift;
                Ok(())
            }
            _ => Err(Bad { len: *len }),
        }
    }
}

impl Elements for Ints {
    type Out = i64;

    #[inline(always)]
    fn get(words: &[u64], index: i64, _: u32) -> Result<i64, Bad> {
        let [len, data @ ..] = words else { return Err(Bad { len: 0 }) };
        match data.get(index as usize) {
            Some(word) if (index as u64) < *len => Ok(*word as i64),
            _ => Err(Bad { len: *len }),
        }
    }

    #[inline(always)]
    fn set(words: &mut [u64], index: i64, _: u32, value: i64) -> Result<(), Bad> {
        let [len, data @ ..] = words else { return Err(Bad { len: 0 }) };
        match data.get_mut(index as usize) {
            Some(word) if (index as u64) < *len => {
                *word = value as u64;
                Ok(())
            }
            _ => Err(Bad { len: *len }),
        }
    }
}

impl Elements for Floats {
    type Out = f64;

    #[inline(always)]
    fn get(words: &[u64], index: i64, n: u32) -> Result<f64, Bad> {
        Ints::get(words, index, n).map(|word| f64::from_bits(word as u64))
    }

    #[inline(always)]
    fn set(words: &mut [u64], index: i64, n: u32, value: f64) -> Result<(), Bad> {
        Ints::set(words, index, n, value.to_bits() as i64)
    }
}

impl Elements for Lanes {
    type Out = f64;

    #[inline(always)]
    fn get(words: &[u64], index: i64, n: u32) -> Result<f64, Bad> {
        let (word, shift) = part(index as u64, 2);
        match words.get(word) {
            Some(word) if (index as u64) < u64::from(n) => {
                Ok(f32_to_f64_canon(f32::from_bits((word >> shift) as u32)))
            }
            _ => Err(Bad { len: n.into() }),
        }
    }

    #[inline(always)]
    fn set(words: &mut [u64], index: i64, n: u32, value: f64) -> Result<(), Bad> {
        let (word, shift) = part(index as u64, 2);
        match words.get_mut(word) {
            Some(word) if (index as u64) < u64::from(n) => {
                let bits = u64::from(f64_to_f32(value).to_bits());
                *word = *word & !(0xffff_ffff << shift) | bits << shift;
                Ok(())
            }
            _ => Err(Bad { len: n.into() }),
        }
    }
}

/// The words that a reference names.
#[inline(always)]
fn words<'s, const LOCAL: bool>(st: &'s JitState<'_>, reference: u64) -> &'s [u64] {
    let memory = &st.unit.memory;
    if LOCAL || reference & CONSTANT == 0 {
        memory.arena.get(reference as usize..).unwrap_or(&[])
    } else {
        memory.constants.get((reference & !CONSTANT) as usize..).unwrap_or(&[])
    }
}

#[inline(always)]
fn words_mut<'s>(st: &'s mut JitState<'_>, reference: u64) -> &'s mut [u64] {
    st.unit.memory.arena.get_mut(reference as usize..).unwrap_or(&mut [])
}

/// Arguments in registers, so that the hot path needs no stack.
#[cold]
#[inline(never)]
fn out_of_bounds(code: &[Rec], fuel: i64, st: &mut JitState<'_>, index: i64, len: u64) -> Flow {
    trap(code, fuel, st, TrapKind::IndexOutOfBounds { index, len })
}

record! {
    /// Element `b` of `a`; `yes` is the length of a vector.
    index [E: Elements, Y: Src, const LOCAL: bool, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        let at: i64 = Y::get(rec, rec.b, acc, facc, frame);
        let reference = frame[usize::from(rec.a)].get();
        match E::get(words::<LOCAL>(st, reference), at, rec.yes) {
            Ok(value) => {
                if STORE {
                    frame[usize::from(rec.d)].set(value.word());
                }
                let (acc, facc) = value.pass(acc, facc);
                go!(rest, acc, frame, fuel, st, facc)
            }
            Err(bad) => out_of_bounds(code, fuel, st, at, bad.len),
        }
    }
}

record! {
    /// Writes `b` into element `d` of `a`; `yes` is the length of a vector.
    set_element [E: Elements, X: Src, Y: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        let value: E::Out = X::get(rec, rec.b, acc, facc, frame);
        let at: i64 = Y::get(rec, rec.d, acc, facc, frame);
        let reference = frame[usize::from(rec.a)].get();
        match E::set(words_mut(st, reference), at, rec.yes, value) {
            Ok(()) => go!(rest, acc, frame, fuel, st, facc),
            Err(bad) => out_of_bounds(code, fuel, st, at, bad.len),
        }
    }
}

record! {
    /// Appends `b` to `a`, of capacity `yes`.
    push [E: Elements, X: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        let value: E::Out = X::get(rec, rec.b, acc, facc, frame);
        let reference = frame[usize::from(rec.a)].get();
        let words = words_mut(st, reference);
        let Some(len) = words.first_mut() else { return Flow::TRAP };
        if *len >= u64::from(rec.yes) {
            return trap(code, fuel, st, TrapKind::CapacityExceeded { capacity: rec.yes.into() });
        }
        *len += 1;
        let last = *len as i64 - 1;
        match E::set(words, last, 0, value) {
            Ok(()) => go!(rest, acc, frame, fuel, st, facc),
            Err(_) => Flow::TRAP,
        }
    }
}

record! {
    /// Shortens `a` to `b`.
    truncate [Y: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        let new: i64 = Y::get(rec, rec.b, acc, facc, frame);
        let reference = frame[usize::from(rec.a)].get();
        let Some(len) = words_mut(st, reference).first_mut() else { return Flow::TRAP };
        if new as u64 > *len {
            let len = *len;
            return out_of_bounds(code, fuel, st, new, len);
        }
        *len = new as u64;
        go!(rest, acc, frame, fuel, st, facc)
    }
}

record! {
    /// The length of buffer `a`.
    len [const LOCAL: bool, const STORE: bool] (_code, rec, rest, _acc, frame, fuel, st, facc) {
        let reference = frame[usize::from(rec.a)].get();
        let Some(len) = words::<LOCAL>(st, reference).first().copied() else { return Flow::TRAP };
        if STORE {
            frame[usize::from(rec.d)].set(len);
        }
        go!(rest, len as i64, frame, fuel, st, facc)
    }
}

/// What is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Bytes,
    Ints,
    Floats,
    Lanes,
}

macro_rules! index_of {
    ($e:ident, $kind:ident, $local:ident, $store:ident) => {
        match ($kind, $local, $store) {
            (Kind::S, false, false) => index::<$e, S, false, false>,
            (Kind::S, false, true) => index::<$e, S, false, true>,
            (Kind::S, true, false) => index::<$e, S, true, false>,
            (Kind::S, true, true) => index::<$e, S, true, true>,
            (Kind::C, false, false) => index::<$e, C, false, false>,
            (Kind::C, false, true) => index::<$e, C, false, true>,
            (Kind::C, true, false) => index::<$e, C, true, false>,
            (Kind::C, true, true) => index::<$e, C, true, true>,
            (Kind::A, false, false) => index::<$e, A, false, false>,
            (Kind::A, false, true) => index::<$e, A, false, true>,
            (Kind::A, true, false) => index::<$e, A, true, false>,
            (Kind::A, true, true) => index::<$e, A, true, true>,
        }
    };
}

/// The function of `index`.
pub(crate) fn index_fn(row: Row, kind: Kind, local: bool, store: bool) -> RecFn {
    match row {
        Row::Bytes => index_of!(Bytes, kind, local, store),
        Row::Ints => index_of!(Ints, kind, local, store),
        Row::Floats => index_of!(Floats, kind, local, store),
        Row::Lanes => index_of!(Lanes, kind, local, store),
    }
}

macro_rules! set_of {
    ($e:ident, $pair:ident) => {
        match $pair {
            Pair::SS => set_element::<$e, S, S>,
            Pair::SC => set_element::<$e, S, C>,
            Pair::SA => set_element::<$e, S, A>,
            Pair::CS => set_element::<$e, C, S>,
            Pair::CA => set_element::<$e, C, A>,
            Pair::AS => set_element::<$e, A, S>,
            Pair::AC => set_element::<$e, A, C>,
        }
    };
}

/// The function of `set_element`: kinds of value and index.
pub(crate) fn set_fn(row: Row, pair: Pair) -> RecFn {
    match row {
        Row::Bytes => set_of!(Bytes, pair),
        Row::Ints => set_of!(Ints, pair),
        Row::Floats => set_of!(Floats, pair),
        Row::Lanes => set_of!(Lanes, pair),
    }
}

/// The function of `push`.
pub(crate) fn push_fn(row: Row, kind: Kind) -> RecFn {
    match (row, kind) {
        (Row::Bytes, Kind::S) => push::<Bytes, S>,
        (Row::Bytes, Kind::C) => push::<Bytes, C>,
        (Row::Bytes, Kind::A) => push::<Bytes, A>,
        (Row::Ints, Kind::S) => push::<Ints, S>,
        (Row::Ints, Kind::C) => push::<Ints, C>,
        (Row::Ints, Kind::A) => push::<Ints, A>,
        (Row::Floats | Row::Lanes, Kind::S) => push::<Floats, S>,
        (Row::Floats | Row::Lanes, Kind::C) => push::<Floats, C>,
        (Row::Floats | Row::Lanes, Kind::A) => push::<Floats, A>,
    }
}

/// The function of `truncate`.
pub(crate) fn truncate_fn(kind: Kind) -> RecFn {
    match kind {
        Kind::S => truncate::<S>,
        Kind::C => truncate::<C>,
        Kind::A => truncate::<A>,
    }
}

/// The function of `len`.
pub(crate) fn len_fn(local: bool, store: bool) -> RecFn {
    match (local, store) {
        (false, false) => len::<false, false>,
        (false, true) => len::<false, true>,
        (true, false) => len::<true, false>,
        (true, true) => len::<true, true>,
    }
}
