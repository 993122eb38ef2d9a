//! Elements of buffers and vectors, and lengths.
//!
//! `a` is the word of the reference. `LOCAL` says that it names a word of the arena: only an `in` parameter and a constant may lie
//! elsewhere.

use super::operand::{A, C, Kind, Pair, Reg, S, Src};
use crate::rec::{RecFn, corrupt, go, record, trap};
use nda_kernels::{canon::f64_to_f32, f32_to_f64_canon};
use nda_runtime::memory::CONSTANT;
use nda_runtime::{JitState, TrapKind};

/// Elements of one type.
pub(crate) trait Elements {
    /// The scalar that reading one gives.
    type Out: Reg;
    /// Element `index` of what lies at word `at` of a memory: a buffer, its length first, or a vector of `n` elements. `None` beyond
    /// its length.
    fn get(memory: &[u64], at: usize, index: i64, n: u32) -> Option<Self::Out>;
    /// Changes it.
    fn set(memory: &mut [u64], at: usize, index: i64, n: u32, value: Self::Out) -> Option<()>;
    /// Its length.
    fn len(memory: &[u64], at: usize, _: u32) -> u64 {
        memory.get(at).copied().unwrap_or(0)
    }
}

/// Bytes, ints, floats, lanes of a vector.
pub(crate) struct Bytes;
pub(crate) struct Ints;
pub(crate) struct Floats;
pub(crate) struct Lanes;

/// How far the bits of element `at`, `1 / per` of a word, are shifted, as the machine lays them out.
#[inline(always)]
fn shift(at: u64, per: u64) -> u32 {
    let place = if cfg!(target_endian = "big") { per - 1 - at % per } else { at % per };
    (place * (64 / per)) as u32
}

/// `index`, if it is below the length at word `at`.
#[inline(always)]
fn within(memory: &[u64], at: usize, index: i64) -> Option<usize> {
    (index as u64).lt(memory.get(at)?).then_some(index as usize)
}

impl Elements for Bytes {
    type Out = i64;

    #[inline(always)]
    fn get(memory: &[u64], at: usize, index: i64, _: u32) -> Option<i64> {
        let index = within(memory, at, index)?;
        let word = memory.get(at.wrapping_add(1 + index / 8))?;
        Some((word >> shift(index as u64, 8) & 0xff) as i64)
    }

    #[inline(always)]
    fn set(memory: &mut [u64], at: usize, index: i64, _: u32, value: i64) -> Option<()> {
        let index = within(memory, at, index)?;
        let word = memory.get_mut(at.wrapping_add(1 + index / 8))?;
        let shift = shift(index as u64, 8);
        *word = *word & !(0xff << shift) | (value as u64 & 0xff) << shift;
        Some(())
    }
}

impl Elements for Ints {
    type Out = i64;

    #[inline(always)]
    fn get(memory: &[u64], at: usize, index: i64, _: u32) -> Option<i64> {
        let index = within(memory, at, index)?;
        memory.get(at.wrapping_add(1 + index)).map(|word| *word as i64)
    }

    #[inline(always)]
    fn set(memory: &mut [u64], at: usize, index: i64, _: u32, value: i64) -> Option<()> {
        let index = within(memory, at, index)?;
        *memory.get_mut(at.wrapping_add(1 + index))? = value as u64;
        Some(())
    }
}

impl Elements for Floats {
    type Out = f64;

    #[inline(always)]
    fn get(memory: &[u64], at: usize, index: i64, n: u32) -> Option<f64> {
        Ints::get(memory, at, index, n).map(|word| f64::from_bits(word as u64))
    }

    #[inline(always)]
    fn set(memory: &mut [u64], at: usize, index: i64, n: u32, value: f64) -> Option<()> {
        Ints::set(memory, at, index, n, value.to_bits() as i64)
    }
}

impl Elements for Lanes {
    type Out = f64;

    #[inline(always)]
    fn get(memory: &[u64], at: usize, index: i64, n: u32) -> Option<f64> {
        let index = (index as u64).lt(&n.into()).then_some(index as usize)?;
        let word = memory.get(at.wrapping_add(index / 2))?;
        Some(f32_to_f64_canon(f32::from_bits((word >> shift(index as u64, 2)) as u32)))
    }

    #[inline(always)]
    fn set(memory: &mut [u64], at: usize, index: i64, n: u32, value: f64) -> Option<()> {
        let index = (index as u64).lt(&n.into()).then_some(index as usize)?;
        let word = memory.get_mut(at.wrapping_add(index / 2))?;
        let shift = shift(index as u64, 2);
        *word = *word & !(0xffff_ffff << shift) | u64::from(f64_to_f32(value).to_bits()) << shift;
        Some(())
    }

    fn len(_: &[u64], _: usize, n: u32) -> u64 {
        n.into()
    }
}

/// The memory and the word in it that a reference names.
#[inline(always)]
fn locate<'s, const LOCAL: bool>(st: &'s JitState<'_>, reference: u64) -> (&'s [u64], usize) {
    let memory = &st.unit.memory;
    if LOCAL || reference & CONSTANT == 0 {
        (memory.arena, reference as usize)
    } else {
        (memory.constants, (reference & !CONSTANT) as usize)
    }
}

record! {
    /// Traps at index `acc` of `a`. In tail position, so that the hot path saves no register.
    #[cold]
    #[inline(never)]
    out_of_bounds [E: Elements, const LOCAL: bool] (code, rec, _rest, acc, frame, fuel, st, _facc) {
        let (memory, at) = locate::<LOCAL>(st, frame[usize::from(rec.a)].get());
        let len = E::len(memory, at, rec.yes);
        trap(code, fuel, st, TrapKind::IndexOutOfBounds { index: acc, len })
    }
}

record! {
    /// Element `b` of `a`; `yes` is the length of a vector.
    index [E: Elements, Y: Src, const LOCAL: bool, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        let index: i64 = Y::get(rec, rec.b, acc, facc, frame);
        let (memory, at) = locate::<LOCAL>(st, frame[usize::from(rec.a)].get());
        let Some(value) = E::get(memory, at, index, rec.yes) else {
            return out_of_bounds::<E, LOCAL>(code, index, frame, fuel, st, facc);
        };
        if STORE {
            frame[usize::from(rec.d)].set(value.word());
        }
        let (acc, facc) = value.pass(acc, facc);
        go!(rest, acc, frame, fuel, st, facc)
    }
}

record! {
    /// Writes `b` into element `d` of `a`; `yes` is the length of a vector.
    set_element [E: Elements, X: Src, Y: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        let value: E::Out = X::get(rec, rec.b, acc, facc, frame);
        let index: i64 = Y::get(rec, rec.d, acc, facc, frame);
        let at = frame[usize::from(rec.a)].get() as usize;
        let Some(()) = E::set(st.unit.memory.arena, at, index, rec.yes, value) else {
            return out_of_bounds::<E, true>(code, index, frame, fuel, st, facc);
        };
        go!(rest, acc, frame, fuel, st, facc)
    }
}

record! {
    /// Appends `b` to `a`, of capacity `yes`.
    push [E: Elements, X: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        let value: E::Out = X::get(rec, rec.b, acc, facc, frame);
        let at = frame[usize::from(rec.a)].get() as usize;
        let arena = &mut *st.unit.memory.arena;
        match arena.get_mut(at) {
            Some(len) if *len < u64::from(rec.yes) => {
                let last = *len;
                *len += 1;
                match E::set(arena, at, last as i64, 0, value) {
                    Some(()) => go!(rest, acc, frame, fuel, st, facc),
                    None => corrupt(),
                }
            }
            _ => full(code, acc, frame, fuel, st, facc),
        }
    }
}

record! {
    #[cold]
    #[inline(never)]
    full [] (code, rec, _rest, _acc, _frame, fuel, st, _facc) {
        trap(code, fuel, st, TrapKind::CapacityExceeded { capacity: rec.yes.into() })
    }
}

record! {
    /// Shortens `a` to `b`.
    truncate [Y: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        let new: i64 = Y::get(rec, rec.b, acc, facc, frame);
        let at = frame[usize::from(rec.a)].get() as usize;
        match st.unit.memory.arena.get_mut(at) {
            Some(len) if new as u64 <= *len => {
                *len = new as u64;
                go!(rest, acc, frame, fuel, st, facc)
            }
            _ => out_of_bounds::<Ints, true>(code, new, frame, fuel, st, facc),
        }
    }
}

record! {
    /// The length of buffer `a`.
    len [const LOCAL: bool, const STORE: bool] (code, rec, rest, _acc, frame, fuel, st, facc) {
        let (memory, at) = locate::<LOCAL>(st, frame[usize::from(rec.a)].get());
        let Some(len) = memory.get(at).copied() else { return corrupt() };
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
