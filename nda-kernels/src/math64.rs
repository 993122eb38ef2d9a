//! `float` functions: the pinned crate `libm` (=0.2.16, a port of musl's), each NaN result canonical.
//!
//! The bits of these functions are part of the language's meaning, so the version is pinned and
//! `tests/vectors/math64.txt` freezes results; a library that rounds one of them otherwise fails a test.
//! The crate's `arch` feature, should another crate of a build switch it on, replaces only exactly rounded
//! operations (`sqrt`, `floor`, ...) and so changes no bit.
//!
//! Errors, judged by 192-bit arithmetic on a sample (`tests/kernels/math64.rs`), in units in the last place of
//! the exact result (the spacing of `f64` there, at least 2^-1074):
//!
//! | function | bound (ulp) | special cases worth knowing |
//! | --- | --- | --- |
//! | [`exp`] | 1 | `exp(-inf)` = +0; overflows above 709.78 to inf |
//! | [`exp_m1`] | 1 | keeps -0 |
//! | [`ln`] | 1 | `ln(+-0)` = -inf; NaN below zero |
//! | [`ln_1p`] | 1 | `ln_1p(-1)` = -inf; keeps -0 |
//! | [`sin`], [`cos`] | 1 | NaN of infinity; arguments of any size are reduced exactly |
//! | [`tanh`] | 2 | keeps -0 |
//! | [`sigmoid`] | 2 | +0 below about -745.13 |
//! | [`pow`] | 1 | C99: `pow(x, +-0)` = 1 and `pow(1, y)` = 1 even for NaN |
//! | [`atan2`] | 1 | C99 signs at zeros and infinities |

use crate::canon::canon64;

macro_rules! unary {
    ($(#[$doc:meta])* $name:ident => $f:path) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(x: f64) -> f64 {
            canon64($f(x))
        }
    };
}

unary! {
    /// e^x.
    ///
    /// ```
    /// assert_eq!(nda_kernels::math64::exp(0.0), 1.0);
    /// ```
    exp => libm::exp
}
unary! {
    /// e^x - 1, accurate near zero.
    ///
    /// ```
    /// assert_eq!(nda_kernels::math64::exp_m1(1e-300), 1e-300);
    /// ```
    exp_m1 => libm::expm1
}
unary! {
    /// The natural logarithm.
    ///
    /// ```
    /// assert_eq!(nda_kernels::math64::ln(1.0), 0.0);
    /// ```
    ln => libm::log
}
unary! {
    /// ln(1 + x), accurate near zero.
    ///
    /// ```
    /// assert_eq!(nda_kernels::math64::ln_1p(1e-300), 1e-300);
    /// ```
    ln_1p => libm::log1p
}
unary! {
    /// The sine of `x` radians.
    ///
    /// ```
    /// assert_eq!(nda_kernels::math64::sin(0.0), 0.0);
    /// ```
    sin => libm::sin
}
unary! {
    /// The cosine of `x` radians.
    ///
    /// ```
    /// assert_eq!(nda_kernels::math64::cos(0.0), 1.0);
    /// ```
    cos => libm::cos
}
unary! {
    /// The hyperbolic tangent.
    ///
    /// ```
    /// assert_eq!(nda_kernels::math64::tanh(f64::INFINITY), 1.0);
    /// ```
    tanh => libm::tanh
}

/// The logistic function 1 / (1 + e^-x), computed so that no exponential overflows:
/// with `e = exp(-|x|)`, `1 / (1 + e)` for x >= 0 and `e / (1 + e)` below; each operation rounds once.
///
/// ```
/// assert_eq!(nda_kernels::math64::sigmoid(0.0), 0.5);
/// assert!(nda_kernels::math64::sigmoid(-740.0) > 0.0);
/// ```
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    let e = libm::exp(-x.abs());
    let numerator = if x < 0.0 { e } else { 1.0 };
    canon64(numerator / (1.0 + e))
}

/// `x` to the power `y`, special cases as in C99.
///
/// ```
/// assert_eq!(nda_kernels::math64::pow(2.0, 10.0), 1024.0);
/// assert_eq!(nda_kernels::math64::pow(f64::NAN, 0.0), 1.0);
/// ```
#[must_use]
pub fn pow(x: f64, y: f64) -> f64 {
    canon64(libm::pow(x, y))
}

/// The angle of the point (`x`, `y`) in radians, -pi ..= pi; note the order of the arguments.
///
/// ```
/// assert_eq!(nda_kernels::math64::atan2(1.0, 0.0), std::f64::consts::FRAC_PI_2);
/// ```
#[must_use]
pub fn atan2(y: f64, x: f64) -> f64 {
    canon64(libm::atan2(y, x))
}
