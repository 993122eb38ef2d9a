//! `Mat<R, C>`: constant weights of 2 bits each.

use crate::trap::{Trap, raise};
use crate::{Vec32, VecArg};
pub use nda_kernels::Codebook;
use nda_kernels::{PackedRef, kernels, matrix};

/// Codebook of -2, -1, 1, 2.
pub const QUATERNARY: Codebook = Codebook::Quaternary;
/// Codebook of -1, 0, 1.
pub const TERNARY: Codebook = Codebook::Ternary;

/// Weights of 2 bits each, `R` rows of `C`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mat<const R: usize, const C: usize> {
    codebook: Codebook,
    scale: i8,
    sign: Vec<u8>,
    extra: Vec<u8>,
}

impl<const R: usize, const C: usize> Mat<R, C> {
    /// From its bit planes.
    ///
    /// # Panics
    /// Where the planes do not fit the shape, which NDA's parser refuses.
    #[must_use]
    pub fn new(codebook: Codebook, scale: i8, sign: Vec<u8>, extra: Vec<u8>) -> Self {
        let out = Mat { codebook, scale, sign, extra };
        if let Err(e) = out.try_packed().and_then(|p| p.check()) {
            panic!("Mat<{R}, {C}>: {e}");
        }
        out
    }

    fn try_packed(&self) -> Result<PackedRef<'_>, nda_kernels::PackedError> {
        let dim = |n: usize| u16::try_from(n).unwrap_or(0);
        PackedRef::new(dim(R), dim(C), self.codebook, self.scale, &self.sign, &self.extra)
    }

    fn packed(&self) -> PackedRef<'_> {
        match self.try_packed() {
            Ok(packed) => packed,
            Err(e) => unreachable!("checked by `new`: {e}"),
        }
    }
}

/// `const W: Mat<2, 3> = mat(QUATERNARY, -4, "sign", "extra");`
///
/// # Panics
/// Where the planes are no hexadecimal of the right length, which NDA's parser refuses.
#[must_use]
pub fn mat<const R: usize, const C: usize>(
    codebook: Codebook,
    scale: i64,
    sign: &str,
    extra: &str,
) -> Mat<R, C> {
    let scale = i8::try_from(scale).unwrap_or(i8::MIN);
    Mat::new(codebook, scale, hex(sign), hex(extra))
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
    match bytes {
        Some(bytes) => bytes,
        None => panic!("a bit plane is pairs of hexadecimal digits, not {text:?}"),
    }
}

/// `gemv(&w, &x)`: matrix times vector, activations quantised to int8.
///
/// # Panics
/// [`Trap::NonFinite`].
#[must_use]
#[track_caller]
pub fn gemv<const R: usize, const C: usize>(w: &Mat<R, C>, x: impl VecArg<C>) -> Vec32<R> {
    let mut q = vec![0_i8; C];
    let mut out = Vec32::zero();
    match matrix::gemv(&w.packed(), x.data(), &mut q, &mut out.data) {
        Ok(()) => out,
        Err(e) => raise(Trap::NonFinite { index: e.index as i64 }),
    }
}

/// `norm(&gain, &x, eps)`: RMS norm.
#[must_use]
pub fn norm<const C: usize>(gain: &Mat<1, C>, x: impl VecArg<C>, eps: f64) -> Vec32<C> {
    let mut out = Vec32::zero();
    (kernels().norm)(&gain.packed(), x.data(), eps, &mut out.data);
    out
}

/// `row(&w, i)`: one row.
///
/// # Panics
/// [`Trap::IndexOutOfBounds`].
#[must_use]
#[track_caller]
pub fn row<const R: usize, const C: usize>(w: &Mat<R, C>, i: i64) -> Vec32<C> {
    let mut out = Vec32::zero();
    match usize::try_from(i) {
        Ok(at) if at < R => (kernels().row)(&w.packed(), at, &mut out.data),
        _ => raise(Trap::IndexOutOfBounds { index: i, len: R as i64 }),
    }
    out
}
