//! From float weights to packed ones.

use nda_kernels::matrix::{WeightError, pack_exact, quantise_weights};
use nda_kernels::{Codebook, PackedRef};

use super::naive::Rng;

fn weights(w: &PackedRef<'_>) -> Vec<f32> {
    let mut all = Vec::new();
    for r in 0..w.rows() {
        all.extend((0..w.cols()).map(|c| w.weight(r, c)));
    }
    all
}

fn levels(codebook: Codebook) -> &'static [i32] {
    match codebook {
        Codebook::Quaternary => &[-2, -1, 1, 2],
        Codebook::Ternary => &[-1, 0, 1],
    }
}

/// The least squared error over all codes at one scale.
fn error_at(values: &[f32], codebook: Codebook, scale: i32) -> f64 {
    let nearest = |v: f32| {
        let distance = |l: &i32| (f64::from(v) - f64::from(*l) * 2f64.powi(scale)).powi(2);
        levels(codebook).iter().map(distance).fold(f64::INFINITY, f64::min)
    };
    values.iter().map(|&v| nearest(v)).sum()
}

#[test]
fn quantised_weights_are_the_best_there_are() {
    let mut rng = Rng(21);
    for codebook in [Codebook::Quaternary, Codebook::Ternary] {
        for (rows, cols, size) in [(1, 1, 1.0), (3, 9, 0.02), (5, 8, 1e30), (2, 17, 1e-36), (4, 31, 1e-40)] {
            let values = rng.vector(rows * cols, size);
            let (packed, error) = quantise_weights(&values, rows, cols, codebook).expect("finite");
            let w = packed.as_packed();
            assert_eq!(w.check(), Ok(()));
            assert_eq!((w.rows(), w.cols(), w.codebook()), (rows, cols, codebook));

            let got = weights(&w);
            let square: f64 =
                values.iter().zip(&got).map(|(&v, &w)| (f64::from(v) - f64::from(w)).powi(2)).sum();
            let best = (-126..=126).map(|s| error_at(&values, codebook, s)).fold(f64::INFINITY, f64::min);
            assert!(square <= best * (1.0 + 1e-9), "{codebook:?} {size}: {square} {best}");

            let rms = (square / values.len() as f64).sqrt();
            assert!((error.rms - rms).abs() <= rms * 1e-9);
            let max = values.iter().zip(&got).map(|(&v, &w)| (f64::from(v) - f64::from(w)).abs());
            assert_eq!(error.max_abs, max.fold(0.0, f64::max));
        }
    }
}

#[test]
fn ties_and_zeros_are_decided() {
    let scale = |values: &[f32], codebook| {
        let (packed, error) = quantise_weights(values, 1, values.len(), codebook).expect("finite");
        (packed.as_packed().scale(), weights(&packed.as_packed()), error)
    };
    // A tie between magnitudes goes away from zero; the ones and twos hold the scale at 0.
    let (s, w, _) = scale(&[1.0, 2.0, 2.0, 1.0, -1.5, 1.5], Codebook::Quaternary);
    assert_eq!((s, w), (0, vec![1.0, 2.0, 2.0, 1.0, -2.0, 2.0]));
    let (s, w, _) = scale(&[1.0, 1.0, 1.0, -0.5, 0.5], Codebook::Ternary);
    assert_eq!((s, w), (0, vec![1.0, 1.0, 1.0, -1.0, 1.0]));
    let (s, w, error) = scale(&[0.0, -0.0], Codebook::Ternary);
    assert_eq!((s, w, error.cosine, error.rms), (-126, vec![0.0, 0.0], 1.0, 0.0));
    let (s, w, error) = scale(&[0.0, -0.0], Codebook::Quaternary);
    let unit = 2f32.powi(-126);
    assert_eq!((s, w, error.cosine), (-126, vec![unit, unit], 0.0));
    let (s, w, error) = scale(&[3.0, -3.0, 3.0, 0.0], Codebook::Ternary);
    assert_eq!((s, w), (1, vec![2.0, -2.0, 2.0, 0.0]));
    assert!((error.cosine - 1.0).abs() < 1e-15 && error.max_abs == 1.0);
}

#[test]
fn exact_weights_come_back_exactly() {
    let mut rng = Rng(22);
    for codebook in [Codebook::Quaternary, Codebook::Ternary] {
        for scale in [-126i32, -4, 0, 126] {
            let all = levels(codebook);
            // One of each level, so that only one scale fits.
            let mut smalls = all.to_vec();
            smalls.extend((0..60).map(|_| all[rng.below(all.len() as u64) as usize]));
            let values: Vec<f32> = smalls.iter().map(|&s| (f64::from(s) * 2f64.powi(scale)) as f32).collect();
            let packed = pack_exact(&values, 1, values.len()).expect("shape").expect("exact");
            let w = packed.as_packed();
            assert_eq!((w.codebook(), i32::from(w.scale())), (codebook, scale));
            assert_eq!(w.check(), Ok(()));
            assert_eq!(weights(&w), values);

            let (again, error) = quantise_weights(&values, 1, values.len(), codebook).expect("finite");
            assert_eq!(again, packed);
            assert_eq!((error.max_abs, error.rms), (0.0, 0.0));
        }
    }
}

#[test]
fn the_choice_among_exact_forms_is_canonical() {
    use Codebook::{Quaternary, Ternary};
    let fit = |values: &[f32]| {
        let packed = pack_exact(values, 1, values.len()).expect("shape")?;
        let w = packed.as_packed();
        assert_eq!(weights(&w), values);
        Some((w.codebook(), w.scale()))
    };
    let tiny = f32::MIN_POSITIVE;
    assert_eq!(fit(&[1.0, -1.0]), Some((Quaternary, 0)));
    assert_eq!(fit(&[1.0, -2.0]), Some((Quaternary, 0)));
    assert_eq!(fit(&[1.0, 0.0]), Some((Ternary, 0)));
    assert_eq!(fit(&[0.0, -0.0]), Some((Ternary, 0)));
    assert_eq!(fit(&[tiny, tiny]), Some((Quaternary, -126)));
    assert_eq!(fit(&[2.0 * tiny]), Some((Quaternary, -125)));
    assert_eq!(fit(&[tiny, 0.0]), Some((Ternary, -126)));
    assert_eq!(fit(&[2f32.powi(127)]), Some((Quaternary, 126)));
    let huge = 2f32.powi(127);
    for none in
        [[1.0, 4.0], [huge, 0.0], [tiny / 2.0, tiny], [1.0, 1.5], [1.0, f32::NAN], [f32::INFINITY, 1.0]]
    {
        assert_eq!(fit(&none), None, "{none:?}");
    }
    assert_eq!(fit(&[0.0, 1.0, 2.0]), None);
}

#[test]
fn wrong_shapes_and_weights_are_named() {
    for (rows, cols, found) in [(0, 1, 0), (1, 0, 0), (2, 3, 5), (65536, 1, 65536), (usize::MAX, 2, 2)] {
        let values = vec![1.0; found];
        let want = WeightError::Shape { rows, cols, found };
        assert_eq!(pack_exact(&values, rows, cols).err(), Some(want));
        assert_eq!(quantise_weights(&values, rows, cols, Codebook::Ternary).err(), Some(want));
    }
    let got = quantise_weights(&[1.0, f32::INFINITY, f32::NAN], 1, 3, Codebook::Ternary);
    assert_eq!(got.err(), Some(WeightError::NonFinite { index: 1 }));
}
