//! The meaning of every operation on scalars: WebAssembly's for i64 and f64, to the bit. Every tier uses these.
//!
//! NaN: `neg_float`, `abs_float`, `copysign` and the reinterpretations keep the bits; everything else that yields a NaN
//! yields the canonical one.

use crate::TrapKind;
use nda_kernels::canon64;

/// What an operation that may trap gives.
pub type Checked<T> = Result<T, TrapKind>;

macro_rules! pure {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),+) -> $out:ty = $value:expr;)+) => {$(
        $(#[$doc])*
        #[inline]
        #[must_use]
        pub fn $name($($arg: $ty),+) -> $out {
            $value
        }
    )+};
}

pure! {
    /// Wrapping sum.
    add_int(a: i64, b: i64) -> i64 = a.wrapping_add(b);
    /// Wrapping difference.
    sub_int(a: i64, b: i64) -> i64 = a.wrapping_sub(b);
    /// Wrapping product.
    mul_int(a: i64, b: i64) -> i64 = a.wrapping_mul(b);
    /// The lesser, signed.
    min_int(a: i64, b: i64) -> i64 = a.min(b);
    /// The greater, signed.
    max_int(a: i64, b: i64) -> i64 = a.max(b);
    /// Wrapping negation.
    neg_int(a: i64) -> i64 = a.wrapping_neg();
    /// Magnitude; MIN of MIN.
    abs_int(a: i64) -> i64 = a.wrapping_abs();

    /// Bitwise and.
    and_int(a: i64, b: i64) -> i64 = a & b;
    /// Bitwise or.
    or_int(a: i64, b: i64) -> i64 = a | b;
    /// Bitwise exclusive or.
    xor_int(a: i64, b: i64) -> i64 = a ^ b;
    /// Bitwise complement.
    not_int(a: i64) -> i64 = !a;
    /// Left shift, count modulo 64.
    shl(a: i64, b: i64) -> i64 = a.wrapping_shl(b as u32);
    /// Arithmetic right shift, count modulo 64.
    shr_s(a: i64, b: i64) -> i64 = a.wrapping_shr(b as u32);
    /// Logical right shift, count modulo 64.
    shr_u(a: i64, b: i64) -> i64 = (a as u64).wrapping_shr(b as u32) as i64;
    /// Left rotation, count modulo 64.
    rotl(a: i64, b: i64) -> i64 = a.rotate_left(b as u32 & 63);
    /// Right rotation, count modulo 64.
    rotr(a: i64, b: i64) -> i64 = a.rotate_right(b as u32 & 63);
    /// Leading zeros; 64 of zero.
    clz(a: i64) -> i64 = a.leading_zeros().into();
    /// Trailing zeros; 64 of zero.
    ctz(a: i64) -> i64 = a.trailing_zeros().into();
    /// Bits set.
    popcnt(a: i64) -> i64 = a.count_ones().into();

    /// IEEE sum.
    add_float(a: f64, b: f64) -> f64 = canon64(a + b);
    /// IEEE difference.
    sub_float(a: f64, b: f64) -> f64 = canon64(a - b);
    /// IEEE product.
    mul_float(a: f64, b: f64) -> f64 = canon64(a * b);
    /// IEEE quotient.
    div_float(a: f64, b: f64) -> f64 = canon64(a / b);
    /// The lesser: NaN if either is NaN, -0 below +0.
    min_float(a: f64, b: f64) -> f64 = if (a < b) | (a > b) {
        // One comparison decides what is seldom; the choice itself is no branch.
        if a < b { a } else { b }
    } else if a == b {
        // Equal numbers differ in bits only where they are zeros: the union of the bits is -0 if either is.
        f64::from_bits(a.to_bits() | b.to_bits())
    } else {
        f64::from_bits(nda_ast::CANONICAL_NAN)
    };
    /// The greater: NaN if either is NaN, -0 below +0.
    max_float(a: f64, b: f64) -> f64 = if (a < b) | (a > b) {
        if a > b { a } else { b }
    } else if a == b {
        f64::from_bits(a.to_bits() & b.to_bits())
    } else {
        f64::from_bits(nda_ast::CANONICAL_NAN)
    };
    /// Magnitude of the first, sign of the second; keeps NaN bits.
    copysign(a: f64, b: f64) -> f64 = a.copysign(b);
    /// First to the power of the second.
    pow(a: f64, b: f64) -> f64 = nda_kernels::math64::pow(a, b);
    /// Angle of the point (`b`, `a`).
    atan2(a: f64, b: f64) -> f64 = nda_kernels::math64::atan2(a, b);
    /// Flips the sign; keeps NaN bits.
    neg_float(a: f64) -> f64 = -a;
    /// Clears the sign; keeps NaN bits.
    abs_float(a: f64) -> f64 = a.abs();
    /// Correctly rounded square root.
    sqrt_float(a: f64) -> f64 = canon64(a.sqrt());
    /// Down to an integer.
    floor(a: f64) -> f64 = canon64(a.floor());
    /// Up to an integer.
    ceil(a: f64) -> f64 = canon64(a.ceil());
    /// Towards zero to an integer.
    trunc(a: f64) -> f64 = canon64(a.trunc());
    /// To the nearest integer, ties to even.
    nearest(a: f64) -> f64 = canon64(a.round_ties_even());
    /// e to the power.
    exp(a: f64) -> f64 = nda_kernels::math64::exp(a);
    /// e to the power, minus 1.
    exp_m1(a: f64) -> f64 = nda_kernels::math64::exp_m1(a);
    /// Natural logarithm.
    ln(a: f64) -> f64 = nda_kernels::math64::ln(a);
    /// Natural logarithm of 1 + a.
    ln_1p(a: f64) -> f64 = nda_kernels::math64::ln_1p(a);
    /// Sine, radians.
    sin(a: f64) -> f64 = nda_kernels::math64::sin(a);
    /// Cosine, radians.
    cos(a: f64) -> f64 = nda_kernels::math64::cos(a);
    /// Hyperbolic tangent.
    tanh(a: f64) -> f64 = nda_kernels::math64::tanh(a);
    /// The logistic function.
    sigmoid(a: f64) -> f64 = nda_kernels::math64::sigmoid(a);

    /// Equal.
    eq_int(a: i64, b: i64) -> bool = a == b;
    /// Different.
    ne_int(a: i64, b: i64) -> bool = a != b;
    /// Less, signed.
    lt_s(a: i64, b: i64) -> bool = a < b;
    /// At most, signed.
    le_s(a: i64, b: i64) -> bool = a <= b;
    /// Greater, signed.
    gt_s(a: i64, b: i64) -> bool = a > b;
    /// At least, signed.
    ge_s(a: i64, b: i64) -> bool = a >= b;
    /// Less, unsigned.
    lt_u(a: i64, b: i64) -> bool = (a as u64) < b as u64;
    /// At most, unsigned.
    le_u(a: i64, b: i64) -> bool = a as u64 <= b as u64;
    /// Greater, unsigned.
    gt_u(a: i64, b: i64) -> bool = a as u64 > b as u64;
    /// At least, unsigned.
    ge_u(a: i64, b: i64) -> bool = a as u64 >= b as u64;
    /// Equal; false with a NaN, -0 equals +0.
    eq_float(a: f64, b: f64) -> bool = a == b;
    /// Different; true with a NaN.
    ne_float(a: f64, b: f64) -> bool = a != b;
    /// Less; false with a NaN.
    lt_float(a: f64, b: f64) -> bool = a < b;
    /// At most; false with a NaN.
    le_float(a: f64, b: f64) -> bool = a <= b;
    /// Greater; false with a NaN.
    gt_float(a: f64, b: f64) -> bool = a > b;
    /// At least; false with a NaN.
    ge_float(a: f64, b: f64) -> bool = a >= b;

    /// Strict and.
    and_bool(a: bool, b: bool) -> bool = a & b;
    /// Strict or.
    or_bool(a: bool, b: bool) -> bool = a | b;
    /// Strict exclusive or.
    xor_bool(a: bool, b: bool) -> bool = a ^ b;
    /// Negation.
    not_bool(a: bool) -> bool = !a;
    /// Equal.
    eq_bool(a: bool, b: bool) -> bool = a == b;
    /// Different.
    ne_bool(a: bool, b: bool) -> bool = a != b;

    /// Signed, to nearest, ties to even.
    int_to_float(a: i64) -> f64 = a as f64;
    /// Unsigned, to nearest, ties to even.
    uint_to_float(a: i64) -> f64 = a as u64 as f64;
    /// Signed, towards zero, saturating; 0 of NaN.
    float_to_int_sat(a: f64) -> i64 = a as i64;
    /// Unsigned, towards zero, saturating; 0 of NaN.
    float_to_uint_sat(a: f64) -> i64 = a as u64 as i64;
    /// 0 or 1.
    bool_to_int(a: bool) -> i64 = a.into();
    /// The same 64 bits.
    float_bits(a: f64) -> i64 = a.to_bits() as i64;
    /// The same 64 bits.
    float_from_bits(a: i64) -> f64 = f64::from_bits(a as u64);
}

/// Signed quotient, towards zero.
///
/// # Errors
/// `DivideByZero`; `IntegerOverflow` with the dividend for MIN by -1.
#[inline]
pub fn div_s(a: i64, b: i64) -> Checked<i64> {
    if b == 0 {
        return Err(TrapKind::DivideByZero);
    }
    a.checked_div(b).ok_or(TrapKind::IntegerOverflow { operand: a as u64 })
}

/// Unsigned quotient.
///
/// # Errors
/// `DivideByZero`.
#[inline]
pub fn div_u(a: i64, b: i64) -> Checked<i64> {
    (a as u64).checked_div(b as u64).map(|q| q as i64).ok_or(TrapKind::DivideByZero)
}

/// Signed remainder, with the sign of the dividend; 0 for MIN by -1.
///
/// # Errors
/// `DivideByZero`.
#[inline]
pub fn rem_s(a: i64, b: i64) -> Checked<i64> {
    if b == 0 { Err(TrapKind::DivideByZero) } else { Ok(a.wrapping_rem(b)) }
}

/// Unsigned remainder.
///
/// # Errors
/// `DivideByZero`.
#[inline]
pub fn rem_u(a: i64, b: i64) -> Checked<i64> {
    (a as u64).checked_rem(b as u64).map(|r| r as i64).ok_or(TrapKind::DivideByZero)
}

/// 2^63 and 2^64, exactly.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// Towards zero to a signed int.
///
/// # Errors
/// `InvalidConversion` of NaN, `IntegerOverflow` out of range, each with the bits.
#[inline]
pub fn float_to_int(a: f64) -> Checked<i64> {
    // There is no float between -2^63 - 1 and -2^63.
    if (-TWO_63..TWO_63).contains(&a) { Ok(a as i64) } else { Err(out_of_range(a)) }
}

/// Towards zero to an unsigned int, given as the int of the same 64 bits.
///
/// # Errors
/// `InvalidConversion` of NaN, `IntegerOverflow` out of range, each with the bits.
#[inline]
pub fn float_to_uint(a: f64) -> Checked<i64> {
    if a > -1.0 && a < TWO_64 { Ok(a as u64 as i64) } else { Err(out_of_range(a)) }
}

#[cold]
fn out_of_range(a: f64) -> TrapKind {
    let bits = a.to_bits();
    if a.is_nan() {
        TrapKind::InvalidConversion { bits }
    } else {
        TrapKind::IntegerOverflow { operand: bits }
    }
}

/// The place of an index in something of length `len`.
///
/// # Errors
/// `IndexOutOfBounds` unless 0 <= index < len.
#[inline]
pub fn index(index: i64, len: u64) -> Checked<usize> {
    if (index as u64) < len { Ok(index as usize) } else { Err(TrapKind::IndexOutOfBounds { index, len }) }
}

/// The new length of a buffer, or the start of a slice.
///
/// # Errors
/// `IndexOutOfBounds` unless 0 <= start <= len - count, with `len` as its length. `count` is at most `len`.
#[inline]
pub fn range_start(start: i64, count: u64, len: u64) -> Checked<usize> {
    if start >= 0 && start as u64 <= len - count {
        Ok(start as usize)
    } else {
        Err(TrapKind::IndexOutOfBounds { index: start, len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_carry_their_operands() {
        assert_eq!(div_s(i64::MIN, -1), Err(TrapKind::IntegerOverflow { operand: 1 << 63 }));
        assert_eq!(div_s(7, 0), Err(TrapKind::DivideByZero));
        assert_eq!(div_s(-7, 2), Ok(-3));
        assert_eq!(rem_s(i64::MIN, -1), Ok(0));
        assert_eq!(rem_s(-7, 2), Ok(-1));
        assert_eq!((div_u(-1, 2), rem_u(-1, 2)), (Ok(i64::MAX), Ok(1)));
        let nan = f64::from_bits(0xfff8_0000_0000_0007);
        assert_eq!(float_to_int(nan), Err(TrapKind::InvalidConversion { bits: 0xfff8_0000_0000_0007 }));
        assert_eq!(float_to_int(TWO_63), Err(TrapKind::IntegerOverflow { operand: TWO_63.to_bits() }));
        assert_eq!(float_to_int(-TWO_63), Ok(i64::MIN));
        assert_eq!(float_to_uint(-0.9), Ok(0));
        assert_eq!(float_to_uint(-1.0), Err(TrapKind::IntegerOverflow { operand: (-1.0_f64).to_bits() }));
        assert_eq!(float_to_uint(TWO_64.next_down()), Ok(-2048));
        assert_eq!(index(-1, 3), Err(TrapKind::IndexOutOfBounds { index: -1, len: 3 }));
        assert_eq!(range_start(2, 2, 4), Ok(2));
        assert_eq!(range_start(3, 2, 4), Err(TrapKind::IndexOutOfBounds { index: 3, len: 4 }));
    }

    #[test]
    fn nan_bits_are_kept_or_made_canonical() {
        let odd = f64::from_bits(0x7ff4_0000_0000_0001);
        assert_eq!(neg_float(odd).to_bits(), 0xfff4_0000_0000_0001);
        assert_eq!(abs_float(neg_float(odd)).to_bits(), odd.to_bits());
        assert_eq!(copysign(odd, -1.0).to_bits(), 0xfff4_0000_0000_0001);
        for value in [add_float(odd, 1.0), min_float(odd, 1.0), max_float(1.0, odd), floor(odd), nearest(odd)]
        {
            assert_eq!(value.to_bits(), nda_ast::CANONICAL_NAN);
        }
        for x in [-1.0, f64::NEG_INFINITY, -f64::NAN, odd] {
            assert_eq!(sqrt_float(std::hint::black_box(x)).to_bits(), nda_ast::CANONICAL_NAN);
        }
        assert_eq!(sqrt_float(-0.0).to_bits(), 1 << 63);
        assert_eq!(div_float(0.0, 0.0).to_bits(), nda_ast::CANONICAL_NAN);
    }

    #[test]
    fn zeros_are_ordered() {
        assert_eq!(min_float(0.0, -0.0).to_bits(), 1 << 63);
        assert_eq!(max_float(-0.0, 0.0).to_bits(), 0);
        assert_eq!(nearest(-0.5).to_bits(), 1 << 63);
        assert_eq!(nearest(2.5), 2.0);
    }

    #[test]
    fn counts_are_masked() {
        assert_eq!(shl(1, 65), 2);
        assert_eq!(shr_s(-8, -63), -4);
        assert_eq!(shr_u(-1, 127), 1);
        assert_eq!((rotl(1, -1), rotr(1, 65)), (i64::MIN, i64::MIN));
    }
}
