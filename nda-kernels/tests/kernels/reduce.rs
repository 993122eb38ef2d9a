//! The reductions and softmax against recomputations from the language's text.
use super::naive::{Rng, all_bits};
use nda_kernels::{CANON64, kernels, math32::exp32};

/// Eight lanes, lane j taking elements j, j+8, ...; then the tree of the language.
fn lane_sum(terms: &[f64]) -> f64 {
    let l: Vec<f64> =
        (0..8).map(|j| terms.iter().skip(j).step_by(8).fold(0.0, |sum, term| sum + term)).collect();
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

fn bits(x: f64) -> u64 {
    if x.is_nan() { CANON64 } else { x.to_bits() }
}

/// `true` if `a` is the greater, -0 below +0.
fn above(a: f32, b: f32) -> bool {
    a > b || (a == 0.0 && b == 0.0 && a.is_sign_positive() && b.is_sign_negative())
}

fn naive_max(x: &[f32]) -> f64 {
    let mut m: Option<f32> = None;
    for &v in x.iter().filter(|v| !v.is_nan()) {
        if m.is_none_or(|m| above(v, m)) {
            m = Some(v);
        }
    }
    m.map_or(f64::NAN, f64::from)
}

fn naive_argmax(x: &[f32]) -> usize {
    let mut best: Option<usize> = None;
    for (i, v) in x.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
        if best.is_none_or(|b| *v > x[b]) {
            best = Some(i);
        }
    }
    best.unwrap_or(0)
}

fn vectors() -> Vec<Vec<f32>> {
    let mut rng = Rng(3);
    let mut all = Vec::new();
    for n in 0..70 {
        all.push(rng.vector(n, 1.0));
        all.push(rng.vector(n, 1e38));
        all.push(rng.vector(n, 1e-42));
        all.push(rng.wild(n));
        // Only few values, so that equals and zeros of both signs meet.
        all.push((0..n).map(|_| [0.0, -0.0, f32::NAN][rng.below(3) as usize]).collect());
        all.push(vec![f32::NAN; n]);
        all.push(vec![f32::NEG_INFINITY; n]);
    }
    all.push(rng.vector(100_003, 3.0));
    all
}

#[test]
fn sums() {
    let k = kernels();
    for x in vectors() {
        let mut y = x.clone();
        y.rotate_left(x.len() / 2);
        let terms: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
        assert_eq!((k.sum)(&x).to_bits(), bits(lane_sum(&terms)), "{x:?}");
        assert_eq!((k.mean)(&x).to_bits(), bits(lane_sum(&terms) / x.len() as f64), "{x:?}");
        let terms: Vec<f64> = x.iter().zip(&y).map(|(&a, &b)| f64::from(a) * f64::from(b)).collect();
        assert_eq!((k.dot)(&x, &y).to_bits(), bits(lane_sum(&terms)), "{x:?}");
    }
}

#[test]
fn the_order_of_a_sum_is_seen_in_its_bits() {
    // Left to right, the 1 is lost in 2^60; in lanes, 2^60 meets its negative first.
    let mut x = vec![0.0f32; 16];
    (x[0], x[1], x[8]) = (2f32.powi(60), 1.0, -(2f32.powi(60)));
    assert_eq!((kernels().sum)(&x), 1.0);
    x.swap(8, 9);
    assert_eq!((kernels().sum)(&x), 0.0);
}

#[test]
fn extremes_and_their_places() {
    let k = kernels();
    for x in vectors() {
        let minus: Vec<f32> = x.iter().map(|v| -v).collect();
        assert_eq!((k.reduce_max)(&x).to_bits(), bits(naive_max(&x)), "{x:?}");
        assert_eq!((k.reduce_min)(&x).to_bits(), bits(-naive_max(&minus)), "{x:?}");
        assert_eq!((k.argmax)(&x), naive_argmax(&x), "{x:?}");
        assert_eq!((k.argmin)(&x), naive_argmax(&minus), "{x:?}");
    }
}

#[test]
fn softmax_is_its_formula() {
    let k = kernels();
    for x in vectors() {
        let m = naive_max(&x) as f32;
        let e: Vec<f32> = x.iter().map(|&v| exp32(v - m)).collect();
        let s = lane_sum(&e.iter().map(|&e| f64::from(e)).collect::<Vec<_>>());
        let want: Vec<f32> = e.iter().map(|&e| (f64::from(e) / s) as f32).collect();
        let mut y = vec![0.0; x.len()];
        (k.softmax.vec)(&mut y, &x);
        assert_eq!(all_bits(&y), all_bits(&want), "{x:?}");
        y.copy_from_slice(&x);
        (k.softmax.in_place)(&mut y);
        assert_eq!(all_bits(&y), all_bits(&want), "{x:?}");
    }
}

#[test]
fn softmax_where_the_formula_meets_the_extremes() {
    let run = |x: &[f32]| {
        let mut y = vec![0.0; x.len()];
        (kernels().softmax.vec)(&mut y, x);
        y
    };
    assert_eq!(run(&[f32::NEG_INFINITY, 5.0]), [0.0, 1.0]);
    assert_eq!(run(&[3e38, 3e38, -3e38]), [0.5, 0.5, 0.0]);
    for x in [[f32::NAN, 1.0], [f32::INFINITY, 1.0], [f32::NEG_INFINITY; 2], [f32::NAN; 2]] {
        assert!(run(&x).iter().all(|y| y.is_nan()), "{x:?}");
    }
}
