//! Every form of every lane-wise operation against a plain recomputation.
use super::naive::{Rng, all_bits};
use nda_kernels::elementwise::{BinaryForms, UnaryForms};
use nda_kernels::{CANON32, CANON64, kernels, math32};

fn wasm_max(a: f32, b: f32) -> f32 {
    if a.is_nan() || b.is_nan() {
        f32::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_positive() || b.is_sign_positive() { 0.0 } else { -0.0 }
    } else if a < b {
        b
    } else {
        a
    }
}

fn wasm_min(a: f32, b: f32) -> f32 {
    -wasm_max(-a, -b)
}

fn check_binary(name: &str, forms: &BinaryForms, want: fn(f32, f32) -> f32) {
    let mut rng = Rng(name.len() as u64);
    for n in 0..70 {
        let (a, b) = (rng.wild(n), rng.wild(n));
        let s = rng.wild(1)[0];
        let judge = |f: &dyn Fn(usize) -> f32| all_bits(&(0..n).map(f).collect::<Vec<_>>());
        let run = |f: &dyn Fn(&mut [f32])| {
            let mut dst = vec![7.5; n];
            f(&mut dst);
            all_bits(&dst)
        };
        let vv = judge(&|i| want(a[i], b[i]));
        assert_eq!(run(&|d| (forms.vec_vec)(d, &a, &b)), vv, "{name} {n}");
        let onto_left = |d: &mut [f32]| {
            d.copy_from_slice(&a);
            (forms.onto_left)(d, &b);
        };
        assert_eq!(run(&onto_left), vv, "{name} onto left {n}");
        let onto_right = |d: &mut [f32]| {
            d.copy_from_slice(&b);
            (forms.onto_right)(d, &a);
        };
        assert_eq!(run(&onto_right), vv, "{name} onto right {n}");

        let vf = judge(&|i| want(a[i], s));
        assert_eq!(run(&|d| (forms.vec_float)(d, &a, s)), vf, "{name} float {n}");
        let in_place = |d: &mut [f32]| {
            d.copy_from_slice(&a);
            (forms.vec_float_in_place)(d, s);
        };
        assert_eq!(run(&in_place), vf, "{name} float in place {n}");

        let fv = judge(&|i| want(s, b[i]));
        assert_eq!(run(&|d| (forms.float_vec)(d, s, &b)), fv, "{name} float first {n}");
        let in_place = |d: &mut [f32]| {
            d.copy_from_slice(&b);
            (forms.float_vec_in_place)(d, s);
        };
        assert_eq!(run(&in_place), fv, "{name} float first in place {n}");
    }
}

#[test]
fn binary_operations() {
    let k = kernels();
    // An f32 operation done in f64 and rounded is the f32 operation (Figueroa 1995, for these four).
    check_binary("add", &k.add, |a, b| (f64::from(a) + f64::from(b)) as f32);
    check_binary("sub", &k.sub, |a, b| (f64::from(a) - f64::from(b)) as f32);
    check_binary("mul", &k.mul, |a, b| (f64::from(a) * f64::from(b)) as f32);
    check_binary("div", &k.div, |a, b| (f64::from(a) / f64::from(b)) as f32);
    check_binary("min", &k.min, wasm_min);
    check_binary("max", &k.max, wasm_max);
}

fn check_unary(name: &str, forms: &UnaryForms, want: impl Fn(f32) -> f32) {
    let mut rng = Rng(name.len() as u64 + 100);
    for n in 0..70 {
        let x = rng.wild(n);
        let expected = all_bits(&x.iter().map(|&x| want(x)).collect::<Vec<_>>());
        let mut y = vec![7.5; n];
        (forms.vec)(&mut y, &x);
        assert_eq!(all_bits(&y), expected, "{name} {n}");
        y.copy_from_slice(&x);
        (forms.in_place)(&mut y);
        assert_eq!(all_bits(&y), expected, "{name} in place {n}");
    }
}

#[test]
fn unary_operations() {
    let k = kernels();
    check_unary("neg", &k.neg, |x| f32::from_bits(x.to_bits() ^ 0x8000_0000));
    check_unary("abs", &k.abs, |x| f32::from_bits(x.to_bits() & 0x7fff_ffff));
    check_unary("sqrt", &k.sqrt, |x| f64::from(x).sqrt() as f32);
    check_unary("relu", &k.relu, |x| wasm_max(x, 0.0));
    // These are judged lane by lane in tests/math32.rs; here: each lane is that function, in every place.
    check_unary("exp", &k.exp, math32::exp32);
    check_unary("tanh", &k.tanh, math32::tanh32);
    check_unary("sigmoid", &k.sigmoid, math32::sigmoid32);
    check_unary("silu", &k.silu, math32::silu32);
    check_unary("gelu", &k.gelu, math32::gelu32);
}

#[test]
fn conversions_round_once_and_make_nan_canonical() {
    let k = kernels();
    let src = [0.1, 1e300, -1e300, 1e-300, f64::NAN, f64::from_bits(0xfff0_0000_0000_0001), -0.0];
    let mut v = [1.0f32; 7];
    (k.from_f64)(&mut v, &src);
    // 1 + 2^-24 + 2^-50 lies above the middle of two floats: one rounding goes up.
    assert_eq!(nda_kernels::canon::f64_to_f32(1.0 + 2f64.powi(-24) + 2f64.powi(-50)), 1.0 + f32::EPSILON);
    assert_eq!(nda_kernels::canon::f64_to_f32(1.0 + 2f64.powi(-24)), 1.0);
    let want = [0x3dcc_cccd, 0x7f80_0000, 0xff80_0000, 0, CANON32, CANON32, 0x8000_0000];
    assert_eq!(v.map(f32::to_bits), want);

    let mut back = [0.0f64; 7];
    let odd = f32::from_bits(0xff80_0001);
    (k.to_f64)(&mut back, &[odd, -0.0, f32::MIN, f32::from_bits(1), f32::INFINITY, 0.5, 1.0]);
    assert_eq!(back[0].to_bits(), CANON64);
    assert_eq!(back[1].to_bits(), (-0.0f64).to_bits());
    assert_eq!(back[2..], [-3.4028234663852886e38, 2f64.powi(-149), f64::INFINITY, 0.5, 1.0]);

    let mut v = [odd, -0.0, f32::NEG_INFINITY];
    (k.canon_slice)(&mut v);
    assert_eq!(v.map(f32::to_bits), [CANON32, 0x8000_0000, 0xff80_0000]);

    let mut v = [0.0f32; 3];
    (k.splat)(&mut v, f64::from_bits(0xfff8_0000_0000_0007));
    assert_eq!(v.map(f32::to_bits), [CANON32; 3]);
}
