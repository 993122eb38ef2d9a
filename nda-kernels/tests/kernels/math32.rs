//! The f32 functions: the stated error bounds on a sample of all inputs, and the special values. The example
//! `ulp32` is the same judgement over all 2^32 inputs.

use nda_kernels::math32::{exp32, gelu32, relu32, sigmoid32, silu32, sqrt32, tanh32};

use super::ulp::{CASES, Case, distance};

fn check(case: &Case, x: f32) {
    let d = distance((case.function)(x), (case.reference)(f64::from(x)));
    let bound = if x < case.main_from { case.tail } else { case.main };
    assert!(d <= bound, "{}({x:e}, {:#010x}) is {d} ulp off", case.name, x.to_bits());
}

#[test]
fn errors_stay_within_their_bounds() {
    for case in &CASES {
        // A prime step reaches every exponent and, over the runs of the step, every low bit.
        (0..1u64 << 32).step_by(16_381).for_each(|b| check(case, f32::from_bits(b as u32)));
        // Where the functions do something: -110 ..= 110.
        (0..400_000).for_each(|i| check(case, -110.0 + i as f32 * 0.000_55));
    }
}

#[test]
fn results_at_the_edges_of_the_exponential() {
    // ln of the greatest f32 lies between these two neighbours.
    assert!(exp32(88.722_83).is_finite());
    assert_eq!(exp32(f32::from_bits(88.722_83f32.to_bits() + 1)), f32::INFINITY);
    assert_eq!(exp32(f32::MAX), f32::INFINITY);
    assert_eq!(exp32(-103.9), f32::from_bits(1));
    assert_eq!(exp32(-104.0).to_bits(), 0);
    assert_eq!(exp32(f32::MIN).to_bits(), 0);
    // e^-100 is subnormal: 3.7835058e-44 is 27 * 2^-149.
    assert_eq!(exp32(-100.0), f32::from_bits(27));
    assert_eq!(exp32(-0.0), 1.0);
}

#[test]
fn special_values() {
    let (inf, minus) = (f32::INFINITY, f32::NEG_INFINITY);
    for f in [exp32, tanh32, sigmoid32, silu32, gelu32, relu32, sqrt32] {
        for nan in [f32::NAN, -f32::NAN, f32::from_bits(0x7f80_0001), f32::from_bits(0xffff_ffff)] {
            assert!(f(nan).is_nan());
        }
    }
    assert_eq!(
        [exp32(inf), tanh32(inf), sigmoid32(inf), silu32(inf), gelu32(inf)],
        [inf, 1.0, 1.0, inf, inf]
    );
    assert_eq!([exp32(minus), tanh32(minus), sigmoid32(minus)].map(f32::to_bits), [0, 0xbf80_0000, 0]);
    assert!(silu32(minus).is_nan() && gelu32(minus).is_nan());
    for zero in [0.0f32, -0.0] {
        for f in [tanh32, silu32, gelu32, sqrt32] {
            assert_eq!(f(zero).to_bits(), zero.to_bits());
        }
        assert_eq!(relu32(zero).to_bits(), 0);
    }
    assert_eq!([relu32(inf), relu32(minus), relu32(2.5), relu32(-2.5)], [inf, 0.0, 2.5, 0.0]);
    assert!(sqrt32(-1.0).is_nan());
    assert_eq!(sqrt32(inf), inf);
}

#[test]
fn symmetry_and_order() {
    let mut last = [f32::MIN; 2];
    for i in -200_000..=200_000 {
        let x = i as f32 * 0.000_6;
        assert_eq!(tanh32(-x).to_bits(), (-tanh32(x)).to_bits());
        assert!(tanh32(x).abs() <= 1.0 && (0.0..=1.0).contains(&sigmoid32(x)));
        // At this spacing a wrong branch or scale would show as a step back beyond the rounding.
        for (last, y) in last.iter_mut().zip([exp32(x), sigmoid32(x)]) {
            assert!(y >= *last * (1.0 - 4.0 * f32::EPSILON), "{x}");
            *last = y;
        }
    }
}
