//! The f64 functions against 192-bit arithmetic, and their special values.

use astro_float_num::{BigFloat, Consts, RoundingMode};
use nda_kernels::{CANON64, math64};

use super::naive::Rng;

const BITS: usize = 192;
const RM: RoundingMode = RoundingMode::ToEven;

/// `x` exactly. Subnormals are brought into the normal range first: the library reads those alone aright.
fn big(x: f64) -> BigFloat {
    if x == 0.0 || x.is_normal() {
        return BigFloat::from_f64(x, BITS);
    }
    let mut scaled = BigFloat::from_f64(x * 2f64.powi(200), BITS);
    let exponent = scaled.exponent().expect("a finite number");
    scaled.set_exponent(exponent - 200);
    scaled
}

/// The leading 64 bits as an f64; enough for a small difference.
fn to_f64(x: &BigFloat) -> f64 {
    let Some((words, _, _, exponent, _)) = x.as_raw_parts() else { return f64::NAN };
    // The value is 0.m * 2^exponent, most significant word last.
    words.last().map_or(0.0, |&top| (top as f64) * 2f64.powi(exponent - 64))
}

/// |got - exact| in ulp of the exact value.
fn distance(got: f64, exact: &BigFloat) -> f64 {
    let Some((_, _, _, exponent, _)) = exact.as_raw_parts() else { return f64::INFINITY };
    if !got.is_finite() {
        return f64::INFINITY;
    }
    let spacing = (exponent - 53).max(-1074);
    let mut difference = exact.sub(&big(got), BITS, RM).abs();
    if difference.is_zero() {
        return 0.0;
    }
    // Scaled up by the exponent, since a difference of subnormals would vanish as f64.
    let e = difference.exponent().expect("a finite number");
    difference.set_exponent(e - spacing);
    to_f64(&difference)
}

type Exact = fn(&BigFloat, &mut Consts) -> BigFloat;

fn exact_sigmoid(x: &BigFloat, c: &mut Consts) -> BigFloat {
    let e = x.neg().exp(BITS, RM, c);
    big(1.0).div(&big(1.0).add(&e, BITS + 1088, RM), BITS, RM)
}

/// `n` inputs, uniform in a range and of every magnitude below it.
fn sample(seed: u64, n: usize, low: f64, high: f64) -> Vec<f64> {
    let mut rng = Rng(seed);
    let mut all = Vec::new();
    for _ in 0..n {
        let t = (rng.unit() + 1.0) / 2.0;
        all.push(low + (high - low) * t);
        let small = high * 2f64.powf(rng.unit() * 20.0 - 20.0) * (0.5 + t / 2.0);
        all.push(small);
        if low < 0.0 {
            all.push(-small.min(-low));
        }
    }
    all
}

/// Asserts the bound on a sample and that the judge is not asleep: some result is off, and none by more.
fn judge(name: &str, f: fn(f64) -> f64, exact: Exact, range: (f64, f64), bound: f64) {
    let mut c = Consts::new().expect("constants");
    let mut worst = (0.0, 0.0);
    for x in sample(name.len() as u64, 700, range.0, range.1) {
        let d = distance(f(x), &exact(&big(x), &mut c));
        if d > worst.0 {
            worst = (d, x);
        }
    }
    println!("{name}: {:.4} ulp at {:e}", worst.0, worst.1);
    assert!(worst.0 <= bound, "{name}: {} ulp at {:e}", worst.0, worst.1);
    assert!(worst.0 > 0.3, "{name}: a rounded function is off by nearly half an ulp somewhere");
}

#[test]
fn errors_of_unary_functions() {
    judge("exp", math64::exp, |x, c| x.exp(BITS, RM, c), (-745.0, 709.7), 1.0);
    judge(
        "exp_m1",
        math64::exp_m1,
        |x, c| x.exp(2 * BITS, RM, c).sub(&big(1.0), BITS, RM),
        (-40.0, 709.7),
        1.0,
    );
    judge("ln", math64::ln, |x, c| x.ln(BITS, RM, c), (0.0, 10.0), 1.0);
    judge("ln_1p", math64::ln_1p, |x, c| big(1.0).add(x, 2 * BITS, RM).ln(BITS, RM, c), (-0.999, 10.0), 1.0);
    judge("sin", math64::sin, |x, c| x.sin(BITS, RM, c), (-30.0, 30.0), 1.0);
    judge("sin at large arguments", math64::sin, |x, c| x.sin(BITS, RM, c), (-1e15, 1e15), 1.0);
    judge("cos", math64::cos, |x, c| x.cos(BITS, RM, c), (-30.0, 30.0), 1.0);
    judge("tanh", math64::tanh, |x, c| x.tanh(BITS, RM, c), (-20.0, 20.0), 2.0);
    judge("sigmoid", math64::sigmoid, exact_sigmoid, (-744.0, 40.0), 2.0);
}

#[test]
fn errors_of_binary_functions() {
    let mut c = Consts::new().expect("constants");
    let mut rng = Rng(5);
    let (mut pow, mut atan2) = (0.0f64, 0.0f64);
    for _ in 0..1000 {
        let (x, y) = ((rng.unit() * 8.0).exp2(), rng.unit() * 80.0);
        pow = pow.max(distance(math64::pow(x, y), &big(x).pow(&big(y), BITS, RM, &mut c)));
        // In the right half plane the angle is the arc tangent of the quotient.
        let y = (rng.unit() * 20.0).exp2().copysign(rng.unit());
        let angle = big(y).div(&big(x), BITS, RM).atan(BITS, RM, &mut c);
        atan2 = atan2.max(distance(math64::atan2(y, x), &angle));
    }
    println!("pow: {pow:.4} ulp, atan2: {atan2:.4} ulp");
    assert!(0.3 < pow && pow <= 1.0, "pow: {pow} ulp");
    assert!(0.3 < atan2 && atan2 <= 1.0, "atan2: {atan2} ulp");
}

#[test]
fn every_nan_is_canonical() {
    let nans = [0x7ff8_0000_0000_0001, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xffff_ffff_ffff_ffff];
    for nan in nans.map(f64::from_bits) {
        use math64::{atan2, cos, exp, exp_m1, ln, ln_1p, pow, sigmoid, sin, tanh};
        for f in [exp, exp_m1, ln, ln_1p, sin, cos, tanh, sigmoid] {
            assert_eq!(f(nan).to_bits(), CANON64);
        }
        for (x, y) in [(nan, 1.0), (2.0, nan), (nan, nan)] {
            assert_eq!(pow(x, y).to_bits(), CANON64);
            assert_eq!(atan2(x, y).to_bits(), CANON64);
        }
        assert_eq!([pow(nan, 0.0), pow(nan, -0.0), pow(1.0, nan)], [1.0; 3]);
    }
    let inf = f64::INFINITY;
    for nan in
        [math64::sin(inf), math64::cos(-inf), math64::ln(-1.0), math64::ln_1p(-2.0), math64::pow(-1.0, 0.5)]
    {
        assert_eq!(nan.to_bits(), CANON64);
    }
}

#[test]
fn special_values() {
    let inf = f64::INFINITY;
    use math64::{atan2, exp, exp_m1, ln, ln_1p, pow, sigmoid, sin, tanh};
    assert_eq!([exp(inf), exp(-inf), exp(710.0), exp(-746.0)], [inf, 0.0, inf, 0.0]);
    assert_eq!([exp_m1(-inf), ln(0.0), ln(-0.0), ln(inf), ln_1p(-1.0)], [-1.0, -inf, -inf, inf, -inf]);
    assert_eq!([tanh(inf), tanh(-inf), sigmoid(inf), sigmoid(-inf)], [1.0, -1.0, 1.0, 0.0]);
    for f in [exp_m1, ln_1p, sin, tanh] {
        assert_eq!(f(-0.0).to_bits(), (-0.0f64).to_bits());
    }
    assert_eq!(
        [pow(0.0, -1.0), pow(-0.0, -1.0), pow(-1.0, inf), pow(2.0, 0.5)],
        [inf, -inf, 1.0, 2f64.sqrt()]
    );
    let pi = std::f64::consts::PI;
    assert_eq!([atan2(0.0, -0.0), atan2(-0.0, -0.0), atan2(0.0, 0.0)], [pi, -pi, 0.0]);
    assert_eq!([atan2(inf, inf), atan2(inf, -inf), atan2(1.0, inf)], [pi / 4.0, pi * 0.75, 0.0]);
}
