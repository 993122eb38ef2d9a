//! Prelude functions on scalars that are overloaded on nothing.

use crate::trap::{Trap, raise};
pub use nda_kernels::math64::{atan2, cos, exp_m1, ln, ln_1p, pow, sin};

/// Not a number: the canonical one.
pub const NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0000);
/// Infinity.
pub const INFINITY: f64 = f64::INFINITY;

/// `nan(0x7ff8000000000001)`: the NaN of these bits.
#[must_use]
pub const fn nan(bits: i64) -> f64 {
    f64::from_bits(bits as u64)
}

/// The magnitude of `x` with the sign of `y`.
#[must_use]
pub fn copysign(x: f64, y: f64) -> f64 {
    x.copysign(y)
}

macro_rules! rounding {
    ($($(#[$doc:meta])* $name:ident = $method:ident;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(x: f64) -> f64 {
            nda_kernels::canon64(x.$method())
        }
    )+};
}

rounding! {
    /// Towards minus infinity.
    floor = floor;
    /// Towards plus infinity.
    ceil = ceil;
    /// Towards zero.
    trunc = trunc;
    /// To the nearest integer, ties to even.
    nearest = round_ties_even;
}

fn divisor(b: i64) -> u64 {
    if b == 0 { raise(Trap::DivideByZero) } else { b as u64 }
}

/// Unsigned quotient.
///
/// # Panics
/// [`Trap::DivideByZero`].
#[must_use]
pub fn div_u(a: i64, b: i64) -> i64 {
    (a as u64 / divisor(b)) as i64
}

/// Unsigned remainder.
///
/// # Panics
/// [`Trap::DivideByZero`].
#[must_use]
pub fn rem_u(a: i64, b: i64) -> i64 {
    (a as u64 % divisor(b)) as i64
}

macro_rules! ints {
    ($($(#[$doc:meta])* $name:ident($($x:ident),+) -> $ty:ty = $e:expr;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name($($x: i64),+) -> $ty {
            $e
        }
    )+};
}

ints! {
    /// Logical shift; the count modulo 64.
    shr_u(a, b) -> i64 = (a as u64).wrapping_shr(b as u32) as i64;
    /// Rotation to the left; the count modulo 64.
    rotl(a, b) -> i64 = a.rotate_left((b & 63) as u32);
    /// Rotation to the right; the count modulo 64.
    rotr(a, b) -> i64 = a.rotate_right((b & 63) as u32);
    /// Leading zeros.
    clz(a) -> i64 = i64::from(a.leading_zeros());
    /// Trailing zeros.
    ctz(a) -> i64 = i64::from(a.trailing_zeros());
    /// Bits set.
    popcnt(a) -> i64 = i64::from(a.count_ones());
    /// Unsigned less.
    lt_u(a, b) -> bool = (a as u64) < b as u64;
    /// Unsigned less or equal.
    le_u(a, b) -> bool = a as u64 <= b as u64;
    /// Unsigned greater.
    gt_u(a, b) -> bool = a as u64 > b as u64;
    /// Unsigned greater or equal.
    ge_u(a, b) -> bool = a as u64 >= b as u64;
    /// As an unsigned integer, to the nearest float.
    to_float_u(a) -> f64 = a as u64 as f64;
    /// The float of these bits.
    float_from_bits(a) -> f64 = f64::from_bits(a as u64);
}

/// The bits of a float.
#[must_use]
pub fn float_bits(x: f64) -> i64 {
    x.to_bits() as i64
}

/// Towards zero, as a signed integer.
///
/// # Panics
/// [`Trap::InvalidConversion`] of a NaN, [`Trap::IntegerOverflow`] out of range.
#[must_use]
#[track_caller]
pub fn to_int(x: f64) -> i64 {
    if x.is_nan() {
        raise(Trap::InvalidConversion);
    }
    // 2^63 is a float, and the next below it is far from it.
    if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x) {
        raise(Trap::IntegerOverflow);
    }
    x as i64
}

/// Towards zero, as an unsigned integer.
///
/// # Panics
/// [`Trap::InvalidConversion`] of a NaN, [`Trap::IntegerOverflow`] out of range.
#[must_use]
#[track_caller]
pub fn to_uint(x: f64) -> i64 {
    if x.is_nan() {
        raise(Trap::InvalidConversion);
    }
    // Everything above -1 rounds towards zero into range.
    if x <= -1.0 || x >= 18_446_744_073_709_551_616.0 {
        raise(Trap::IntegerOverflow);
    }
    x as u64 as i64
}

/// Towards zero, as the nearest unsigned integer there is; 0 of a NaN.
#[must_use]
pub fn to_uint_sat(x: f64) -> i64 {
    x as u64 as i64
}
