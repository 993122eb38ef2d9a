//! `f32` functions as branch-free sequences of lane operations.
//!
//! Only these operations occur: f32 add, subtract, multiply, divide, compare-and-select, bit operations, i32
//! add and shift. Each exists per lane in SSE2, AVX2, AVX-512 and NEON with the same rounding, so a SIMD form
//! repeats the sequence and gets the same bits. There is no fused multiply-add and no table. A SIMD form of
//! `if a > b { p } else { q }` is a compare and a blend.
//!
//! # The exponential
//! Range reduction after Cody and Waite (*Software Manual for the Elementary Functions*, 1980), polynomial
//! of Moshier's Cephes `expf`: `n = round(x * log2(e))`, by adding and subtracting 1.5 * 2^23;
//! `r = (x - n*0.693359375) - n*(-2.1219444e-4)`, the first product exact for |n| <= 2^15;
//! `y = (r*r)*P(r) + r`, P by Horner's rule; e^x = 2^n * (1 + y). The factor 2^n is applied as
//! `2^(n>>1)` and `2^(n-(n>>1))`, so that the result passes through the subnormal numbers with one more
//! rounding and reaches infinity and zero by itself.
//!
//! # Errors
//! In units in the last place of the exact result (the spacing of `f32` there, at least 2^-149), measured over
//! **all** 2^32 inputs by `cargo run --release -p nda-kernels --example ulp32`, which fails if a bound does not
//! hold, as does a test on a sample:
//!
//! | function | bound (ulp) | measured | at |
//! | --- | --- | --- | --- |
//! | [`exp32`] | 1 | 0.9903 | 70.4031 |
//! | [`tanh32`] | 2.5 | 2.4984 | 4.5050907 |
//! | [`sigmoid32`] | 2.5 | 2.4019 | -4.157294 |
//! | [`silu32`], x >= -87 | 3.2 | 3.1938 | -6.793552 |
//! | [`silu32`], x < -87 | 53 | 52.0139 | -103.97 |
//! | [`gelu32`], x >= -1 | 3.1 | 3.0600 | -0.9939910 |
//! | [`gelu32`], x < -1 | 214 | 213.9361 | -10.041107 |
//! | [`sqrt32`] | 0.5 | 0.5 | correctly rounded by IEEE-754 |
//!
//! Below -87 `silu` multiplies a subnormal sigmoid, itself good to half of 2^-149, by x: an absolute error of
//! 1.4e-43. Below -1 `gelu` is ill conditioned, since a relative error d of the exponent 2u is a relative error
//! of 2u*d of the result; its absolute error there is at most 5.1e-8.
//!
//! NaN gives NaN (of no particular bits: it is made canonical where it is observed).

/// log2(e), rounded.
const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// Upper part of ln 2: 355/512, nine significant bits, so that its product with `n` is exact.
const LN2_HI: f32 = 355.0 / 512.0;
/// ln 2 - `LN2_HI`, rounded.
const LN2_LO: f32 = -2.121_944_4e-4;
/// 1.5 * 2^23: adding it rounds |v| < 2^22 to an integer, ties to even, held in the low mantissa bits.
pub(crate) const ROUND: f32 = 12_582_912.0;
/// Coefficients of P, highest power first (Cephes `expf`).
const P: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];

/// Above this e^x is infinite (the last finite argument is 88.722839).
const EXP_MAX: f32 = 89.0;
/// Below this e^x rounds to +0: e^-104 < 2^-150.
const EXP_MIN: f32 = -104.0;
/// `tanh` is 1 to the last bit from |x| = 9.02; 20 keeps 2^n a normal number.
const TANH_MAX: f32 = 20.0;

/// 2 * sqrt(2/pi) = 1.59576912.., rounded: the factor of x in twice the argument of `gelu`'s tanh.
const GELU_1: f32 = f32::from_bits(0x3fcc_422a);
/// 2 * sqrt(2/pi) * 0.044715 = 0.0713548163.., rounded: the factor of x^3.
const GELU_3: f32 = f32::from_bits(0x3d92_2279);

/// x as `2^n * (1 + y)` after the exponential; `x` must be NaN or within -200 ..= 200.
#[inline(always)]
fn exp_parts(x: f32) -> (i32, f32) {
    let t = x * LOG2_E + ROUND;
    let n = (t.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let nf = t - ROUND;
    let r = (x - nf * LN2_HI) - nf * LN2_LO;
    let p = ((((P[0] * r + P[1]) * r + P[2]) * r + P[3]) * r + P[4]) * r + P[5];
    (n, (r * r) * p + r)
}

/// 2^n for -126 <= n <= 127; other `n` (which only NaN brings) give an arbitrary number.
#[inline(always)]
fn pow2(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// e^x, `x` being NaN or within `EXP_MIN ..= EXP_MAX`.
#[inline(always)]
fn exp_core(x: f32) -> f32 {
    let (n, y) = exp_parts(x);
    let half = n >> 1;
    ((1.0 + y) * pow2(half)) * pow2(n.wrapping_sub(half))
}

/// e^x: infinity above 88.722839, through the subnormals to +0 below -103.97.
///
/// ```
/// use nda_kernels::math32::exp32;
/// assert_eq!(exp32(0.0), 1.0);
/// assert_eq!(exp32(f32::NEG_INFINITY), 0.0);
/// ```
#[inline(always)]
#[must_use]
pub fn exp32(x: f32) -> f32 {
    let x = if x > EXP_MAX { EXP_MAX } else { x };
    exp_core(if x < EXP_MIN { EXP_MIN } else { x })
}

/// The hyperbolic tangent; keeps the sign of zero.
///
/// With `2^n * (1 + y)` the parts of e^(-2|x|), |x| cut at 20: `m = 2^n * y + (2^n - 1)`, which is
/// e^(-2|x|) - 1 without cancellation, and the result is `-m / (m + 2)` under the sign of `x`.
///
/// ```
/// use nda_kernels::math32::tanh32;
/// assert_eq!(tanh32(100.0), 1.0);
/// assert_eq!(tanh32(-1e-20), -1e-20);
/// ```
#[inline(always)]
#[must_use]
pub fn tanh32(x: f32) -> f32 {
    let a = x.abs();
    let a = if a > TANH_MAX { TANH_MAX } else { a };
    let (n, y) = exp_parts(-2.0 * a);
    let s = pow2(n);
    let m = s * y + (s - 1.0);
    (m / (m + 2.0)).abs().copysign(x)
}

/// The logistic function: `e = exp32(-|x|)`, then `1 / (1 + e)`, or `e / (1 + e)` for x < 0.
///
/// ```
/// use nda_kernels::math32::sigmoid32;
/// assert_eq!(sigmoid32(0.0), 0.5);
/// assert_eq!(sigmoid32(f32::NEG_INFINITY), 0.0);
/// ```
#[inline(always)]
#[must_use]
pub fn sigmoid32(x: f32) -> f32 {
    let a = -x.abs();
    let e = exp_core(if a < EXP_MIN { EXP_MIN } else { a });
    let numerator = if x < 0.0 { e } else { 1.0 };
    numerator / (1.0 + e)
}

/// `x * sigmoid32(x)`; NaN of -infinity (which is -inf * 0), as the formula says.
///
/// ```
/// use nda_kernels::math32::silu32;
/// assert_eq!(silu32(0.0), 0.0);
/// assert_eq!(silu32(100.0), 100.0);
/// ```
#[inline(always)]
#[must_use]
pub fn silu32(x: f32) -> f32 {
    x * sigmoid32(x)
}

/// The Gaussian error linear unit in its tanh form, 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
///
/// Since 0.5 (1 + tanh(u)) = sigmoid(2u), it is computed, without the cancellation of `1 + tanh`, as
/// `x * sigmoid32(x * (GELU_1 + GELU_3 * (x*x)))` with GELU_1 = 2 sqrt(2/pi) and
/// GELU_3 = 2 sqrt(2/pi) 0.044715, each rounded to f32. NaN of -infinity, as of any form of the formula.
///
/// ```
/// use nda_kernels::math32::gelu32;
/// assert_eq!(gelu32(0.0), 0.0);
/// assert_eq!(gelu32(10.0), 10.0);
/// ```
#[inline(always)]
#[must_use]
pub fn gelu32(x: f32) -> f32 {
    x * sigmoid32(x * (GELU_1 + GELU_3 * (x * x)))
}

/// The rectifier: WebAssembly's `f32.max(x, +0)`, so NaN stays NaN and -0 becomes +0.
///
/// ```
/// use nda_kernels::math32::relu32;
/// assert_eq!(relu32(-1.0), 0.0);
/// assert!(relu32(f32::NAN).is_nan());
/// ```
#[inline(always)]
#[must_use]
pub fn relu32(x: f32) -> f32 {
    if x <= 0.0 { 0.0 } else { x }
}

/// The square root, correctly rounded (IEEE-754); NaN below zero, -0 of -0.
///
/// ```
/// assert_eq!(nda_kernels::math32::sqrt32(2.25), 1.5);
/// ```
#[inline(always)]
#[must_use]
pub fn sqrt32(x: f32) -> f32 {
    x.sqrt()
}
