//! `Buf<T, N>`: at most `N` elements.

use crate::trap::{Trap, raise};

/// Element type of a [`Buf`]: `u8`, `i64` or `f64`.
pub trait Elem: Copy {}
impl Elem for u8 {}
impl Elem for i64 {}
impl Elem for f64 {}

/// A buffer of at most `N` elements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buf<T, const N: usize> {
    data: Vec<T>,
}

impl<T: Elem, const N: usize> Buf<T, N> {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Buf { data: Vec::new() }
    }

    /// How many elements it has.
    #[must_use]
    pub fn len(&self) -> i64 {
        self.data.len() as i64
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The elements.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.data
    }

    pub(crate) fn write(&mut self, write: impl FnOnce(&mut [T])) {
        write(&mut self.data);
    }

    /// Element `index`: what `b[index]` reads.
    ///
    /// # Panics
    /// [`Trap::IndexOutOfBounds`].
    #[must_use]
    #[track_caller]
    pub fn at(&self, index: i64) -> T {
        match usize::try_from(index).ok().and_then(|i| self.data.get(i)) {
            Some(element) => *element,
            None => raise(Trap::IndexOutOfBounds { index, len: self.len() }),
        }
    }

    /// Changes element `index`: `b[index] = value`.
    ///
    /// # Panics
    /// [`Trap::IndexOutOfBounds`].
    #[track_caller]
    pub fn set(&mut self, index: i64, value: T) {
        let len = self.len();
        match usize::try_from(index).ok().and_then(|i| self.data.get_mut(i)) {
            Some(element) => *element = value,
            None => raise(Trap::IndexOutOfBounds { index, len }),
        }
    }

    /// Appends.
    ///
    /// # Panics
    /// [`Trap::CapacityExceeded`].
    #[track_caller]
    pub fn push(&mut self, value: T) {
        if self.data.len() >= N {
            raise(Trap::CapacityExceeded { capacity: N as i64 });
        }
        self.data.push(value);
    }

    /// Shortens to `len` elements.
    ///
    /// # Panics
    /// [`Trap::IndexOutOfBounds`] where it has fewer, or `len` is negative.
    #[track_caller]
    pub fn truncate(&mut self, len: i64) {
        match usize::try_from(len) {
            Ok(n) if n <= self.data.len() => self.data.truncate(n),
            _ => raise(Trap::IndexOutOfBounds { index: len, len: self.len() }),
        }
    }
}

/// From a slice.
///
/// # Errors
/// Where it has more than `N` elements.
impl<T: Elem, const N: usize> TryFrom<&[T]> for Buf<T, N> {
    type Error = Trap;

    fn try_from(data: &[T]) -> Result<Self, Trap> {
        if data.len() > N {
            return Err(Trap::CapacityExceeded { capacity: N as i64 });
        }
        Ok(Buf { data: data.to_vec() })
    }
}

/// A buffer by value or by reference, of any capacity.
pub trait AnyBuf {
    /// Its element type.
    type Elem: Elem;
    /// Its elements.
    fn elements(&self) -> &[Self::Elem];
}

impl<T: Elem, const N: usize> AnyBuf for Buf<T, N> {
    type Elem = T;
    fn elements(&self) -> &[T] {
        &self.data
    }
}

impl<T: Elem, const N: usize> AnyBuf for &Buf<T, N> {
    type Elem = T;
    fn elements(&self) -> &[T] {
        &self.data
    }
}

/// What `buf(..)` takes: `b".."` or a list of numbers.
pub trait Elements<T> {
    /// The elements.
    fn elements(self) -> Vec<T>;
}

impl<const K: usize> Elements<u8> for &[u8; K] {
    fn elements(self) -> Vec<u8> {
        self.to_vec()
    }
}

impl<const K: usize> Elements<u8> for [i64; K] {
    fn elements(self) -> Vec<u8> {
        self.map(|x| x as u8).to_vec()
    }
}

impl<const K: usize> Elements<i64> for [i64; K] {
    fn elements(self) -> Vec<i64> {
        self.to_vec()
    }
}

impl<const K: usize> Elements<f64> for [f64; K] {
    fn elements(self) -> Vec<f64> {
        self.to_vec()
    }
}

/// `const B: Buf<u8, 4> = buf(b"abc");`
///
/// # Panics
/// Where there are more elements than the type holds, which NDA's parser refuses.
#[must_use]
pub fn buf<T: Elem, const N: usize>(elements: impl Elements<T>) -> Buf<T, N> {
    let data = elements.elements();
    assert!(data.len() <= N, "{} elements for a capacity of {N}", data.len());
    Buf { data }
}

/// `fill::<T, N>(x)`: `N` times `x`.
#[must_use]
pub fn fill<T: Elem, const N: usize>(x: T) -> Buf<T, N> {
    Buf { data: vec![x; N] }
}

/// `recap::<N>(&b)`: the same elements under another capacity.
///
/// # Panics
/// [`Trap::CapacityExceeded`].
#[must_use]
#[track_caller]
pub fn recap<const N: usize, B: AnyBuf>(b: B) -> Buf<B::Elem, N> {
    match Buf::try_from(b.elements()) {
        Ok(out) => out,
        Err(trap) => raise(trap),
    }
}
