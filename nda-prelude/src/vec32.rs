//! `Vec32<N>`: `N` binary32 elements.

use crate::trap::{Trap, raise};
use crate::{AnyBuf, Buf};
use nda_kernels::{canon_slice, canon32, f32_to_f64_canon, kernels};
use std::fmt;

/// `N` binary32 elements.
#[derive(Clone, PartialEq)]
pub struct Vec32<const N: usize> {
    pub(crate) data: Vec<f32>,
}

impl<const N: usize> Vec32<N> {
    pub(crate) fn zero() -> Self {
        Vec32 { data: vec![0.0; N] }
    }

    /// The elements.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.data
    }

    /// `N`.
    #[must_use]
    pub fn len(&self) -> i64 {
        N as i64
    }

    /// Whether `N` is 0, which NDA does not allow.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        N == 0
    }

    /// Element `index` as a float: what `v[index]` reads.
    ///
    /// # Panics
    /// [`Trap::IndexOutOfBounds`].
    #[must_use]
    #[track_caller]
    pub fn at(&self, index: i64) -> f64 {
        match usize::try_from(index).ok().and_then(|i| self.data.get(i)) {
            Some(element) => f32_to_f64_canon(*element),
            None => raise(Trap::IndexOutOfBounds { index, len: N as i64 }),
        }
    }

    /// Changes element `index`: `v[index] = value`, rounded once.
    ///
    /// # Panics
    /// [`Trap::IndexOutOfBounds`].
    #[track_caller]
    pub fn set(&mut self, index: i64, value: f64) {
        match usize::try_from(index).ok().and_then(|i| self.data.get_mut(i)) {
            Some(element) => *element = canon32(value as f32),
            None => raise(Trap::IndexOutOfBounds { index, len: N as i64 }),
        }
    }
}

impl<const N: usize> fmt::Debug for Vec32<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data.fmt(f)
    }
}

impl<const N: usize> From<[f32; N]> for Vec32<N> {
    fn from(data: [f32; N]) -> Self {
        Vec32 { data: data.map(canon32).to_vec() }
    }
}

/// From a slice.
///
/// # Errors
/// Where it has not `N` elements.
impl<const N: usize> TryFrom<&[f32]> for Vec32<N> {
    type Error = Trap;

    fn try_from(data: &[f32]) -> Result<Self, Trap> {
        if data.len() != N {
            return Err(Trap::IndexOutOfBounds { index: N as i64, len: data.len() as i64 });
        }
        let mut data = data.to_vec();
        canon_slice(&mut data);
        Ok(Vec32 { data })
    }
}

/// A vector by value or by reference, of any length.
pub trait AnyVec {
    /// Its elements.
    fn data(&self) -> &[f32];
}

/// A vector of length `N`, by value or by reference.
pub trait VecArg<const N: usize>: AnyVec {}

impl<const N: usize> AnyVec for Vec32<N> {
    fn data(&self) -> &[f32] {
        &self.data
    }
}

impl<const N: usize> AnyVec for &Vec32<N> {
    fn data(&self) -> &[f32] {
        &self.data
    }
}

impl<const N: usize> VecArg<N> for Vec32<N> {}
impl<const N: usize> VecArg<N> for &Vec32<N> {}

/// `const V: Vec32<2> = vec32([1.0, 2.0]);`
#[must_use]
pub fn vec32<const N: usize>(data: [f32; N]) -> Vec32<N> {
    data.into()
}

/// `splat::<N>(x)`: `N` times `x`, rounded once.
#[must_use]
pub fn splat<const N: usize>(x: f64) -> Vec32<N> {
    let mut out = Vec32::zero();
    (kernels().splat)(&mut out.data, x);
    out
}

/// `slice::<N>(&v, start)`: `N` elements from `start`.
///
/// # Panics
/// [`Trap::IndexOutOfBounds`].
#[must_use]
#[track_caller]
pub fn slice<const N: usize>(v: impl AnyVec, start: i64) -> Vec32<N> {
    let v = v.data();
    let part = usize::try_from(start).ok().and_then(|i| v.get(i..i.checked_add(N)?));
    match part {
        Some(part) => Vec32 { data: part.to_vec() },
        None => raise(Trap::IndexOutOfBounds { index: start, len: v.len() as i64 }),
    }
}

/// `concat(&a, &b)`: one after the other. `N` is the sum of both lengths; rustc finds it from what the result is used
/// for.
///
/// # Panics
/// Where `N` is another number.
#[must_use]
pub fn concat<const N: usize>(a: impl AnyVec, b: impl AnyVec) -> Vec32<N> {
    let data = [a.data(), b.data()].concat();
    assert_eq!(data.len(), N, "the length of a concat is the sum of its parts");
    Vec32 { data }
}

/// `to_vec::<N>(&b)`: each element rounded once.
///
/// # Panics
/// [`Trap::IndexOutOfBounds`] unless the buffer has `N` elements.
#[must_use]
#[track_caller]
pub fn to_vec<const N: usize>(b: impl AnyBuf<Elem = f64>) -> Vec32<N> {
    let b = b.elements();
    if b.len() != N {
        raise(Trap::IndexOutOfBounds { index: N as i64, len: b.len() as i64 });
    }
    let mut out = Vec32::zero();
    (kernels().from_f64)(&mut out.data, b);
    out
}

/// `to_buf(&v)`: each element as a float.
///
/// # Panics
/// Never: the buffer has room for all.
#[must_use]
pub fn to_buf<const N: usize>(v: impl VecArg<N>) -> Buf<f64, N> {
    let mut out = crate::prelude::fill::<f64, N>(0.0);
    out.write(|data| (kernels().to_f64)(data, v.data()));
    out
}
