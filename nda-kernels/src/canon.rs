//! The canonical NaN, and the conversions at the border between `f32` and `f64`.
//!
//! A NaN inside a vector has no bits of its own: kernels may leave any NaN there, and whoever makes an element
//! observable (a load into an `f64`, a result handed to the host, a log entry) makes it canonical first, with
//! [`f32_to_f64_canon`] or [`canon_slice`]. On every other value all of these are the identity.

/// Bits of the canonical `f64` NaN: positive, quiet, payload zero.
pub const CANON64: u64 = 0x7ff8_0000_0000_0000;

/// Bits of the canonical `f32` NaN: positive, quiet, payload zero.
pub const CANON32: u32 = 0x7fc0_0000;

/// `x`, or the canonical NaN if `x` is any NaN.
///
/// ```
/// use nda_kernels::canon::{canon64, CANON64};
/// assert_eq!(canon64(f64::from_bits(0xfff8_0000_0000_0001)).to_bits(), CANON64);
/// assert_eq!(canon64(-0.0).to_bits(), (-0.0f64).to_bits());
/// ```
///
/// It looks at the bits: LLVM folds `if r.is_nan() { NAN } else { r }` of a square root `r` to `r`, whose NaN is the
/// processor's (negative on x86).
#[inline(always)]
#[must_use]
pub const fn canon64(x: f64) -> f64 {
    let magnitude = x.to_bits() & (u64::MAX >> 1);
    if magnitude > f64::INFINITY.to_bits() { f64::from_bits(CANON64) } else { x }
}

/// `x`, or the canonical NaN if `x` is any NaN.
///
/// ```
/// use nda_kernels::canon::{canon32, CANON32};
/// assert_eq!(canon32(f32::from_bits(0xff80_0001)).to_bits(), CANON32);
/// ```
#[inline(always)]
#[must_use]
pub const fn canon32(x: f32) -> f32 {
    let magnitude = x.to_bits() & (u32::MAX >> 1);
    if magnitude > f32::INFINITY.to_bits() { f32::from_bits(CANON32) } else { x }
}

/// Makes every NaN of `v` canonical, in place.
///
/// ```
/// let mut v = [1.0, -f32::NAN];
/// nda_kernels::canon::canon_slice(&mut v);
/// assert_eq!(v[1].to_bits(), nda_kernels::CANON32);
/// ```
pub fn canon_slice(v: &mut [f32]) {
    for x in v {
        *x = canon32(*x);
    }
}

/// The element of a vector as a `float`: exact, NaN canonical.
///
/// ```
/// assert_eq!(nda_kernels::f32_to_f64_canon(0.5), 0.5);
/// assert_eq!(nda_kernels::f32_to_f64_canon(-f32::NAN).to_bits(), nda_kernels::CANON64);
/// ```
#[inline(always)]
#[must_use]
pub const fn f32_to_f64_canon(x: f32) -> f64 {
    canon64(x as f64)
}

/// A `float` rounded once to an element of a vector: ties to even, overflow to infinity, NaN canonical.
///
/// ```
/// use nda_kernels::canon::f64_to_f32;
/// assert_eq!(f64_to_f32(0.1), 0.1f32);
/// assert_eq!(f64_to_f32(1e300), f32::INFINITY);
/// ```
#[inline(always)]
#[must_use]
pub const fn f64_to_f32(x: f64) -> f32 {
    canon32(x as f32)
}
