//! The judge of the f32 functions: their exact values by way of f64 `libm`, and distances in ulp.
//!
//! Every reference is accurate to a few f64 ulp, that is to better than 1e-8 of an f32 ulp, over the whole
//! range: none of them subtracts nearly equal numbers.

use nda_kernels::math32;

/// A function under test, with its reference and the bounds that hold for all inputs.
pub struct Case {
    pub name: &'static str,
    pub function: fn(f32) -> f32,
    pub reference: fn(f64) -> f64,
    /// Inputs below this (greater or equal is "the main range") have the bound `tail`.
    pub main_from: f32,
    /// Greatest error in ulp over the main range.
    pub main: f64,
    /// Greatest error in ulp below the main range.
    pub tail: f64,
}

fn sigmoid(x: f64) -> f64 {
    let e = libm::exp(-x.abs());
    if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}

fn gelu(x: f64) -> f64 {
    let c = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
    x * sigmoid(c * (x + 0.044715 * x * x * x))
}

pub const CASES: [Case; 5] = [
    Case {
        name: "exp32",
        function: math32::exp32,
        reference: libm::exp,
        main_from: f32::NEG_INFINITY,
        main: 1.0,
        tail: 1.0,
    },
    Case {
        name: "tanh32",
        function: math32::tanh32,
        reference: libm::tanh,
        main_from: f32::NEG_INFINITY,
        main: 2.5,
        tail: 2.5,
    },
    Case {
        name: "sigmoid32",
        function: math32::sigmoid32,
        reference: sigmoid,
        main_from: f32::NEG_INFINITY,
        main: 2.5,
        tail: 2.5,
    },
    Case {
        name: "silu32",
        function: math32::silu32,
        reference: |x| x * sigmoid(x),
        main_from: -87.0,
        main: 3.2,
        tail: 53.0,
    },
    Case {
        name: "gelu32",
        function: math32::gelu32,
        reference: gelu,
        main_from: -1.0,
        main: 3.1,
        tail: 214.0,
    },
];

/// The spacing of f32 at the magnitude of `x`, at least 2^-149; beyond the range, that of the greatest f32.
pub fn ulp(x: f64) -> f64 {
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i64 - 1023;
    let spacing = (exponent - 23).clamp(-149, 104);
    f64::from_bits(((spacing + 1023) as u64) << 52)
}

/// The distance in ulp between a result and the exact value. Infinite unless a NaN meets a NaN, and an infinity
/// meets a value that rounds to it or lies within one ulp of doing so.
pub fn distance(got: f32, exact: f64) -> f64 {
    if got.is_nan() || exact.is_nan() {
        return if got.is_nan() && exact.is_nan() { 0.0 } else { f64::INFINITY };
    }
    let limit = 2f64.powi(128);
    let got = if got.is_infinite() { limit.copysign(f64::from(got)) } else { f64::from(got) };
    let exact = exact.clamp(-limit, limit);
    (got - exact).abs() / ulp(exact)
}
