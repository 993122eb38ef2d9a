//! Packed matrices and the operations on them, judged weight by weight.

use nda_kernels::matrix::{self, NonFinite};
use nda_kernels::{Codebook, Kernels, PackedError, PackedRef, kernels};

use super::naive::{Rng, all_bits, bits};

const CODEBOOKS: [Codebook; 2] = [Codebook::Quaternary, Codebook::Ternary];

/// A random well-formed matrix, with its weights as (sign, extra) written down apart.
struct Case {
    rows: u16,
    cols: u16,
    codebook: Codebook,
    scale: i8,
    sign: Vec<u8>,
    extra: Vec<u8>,
    smalls: Vec<i64>,
}

impl Case {
    fn new(rng: &mut Rng, rows: u16, cols: u16, codebook: Codebook, scale: i8) -> Self {
        let stride = usize::from(cols).div_ceil(8);
        let (mut sign, mut extra) =
            (vec![0; stride * usize::from(rows)], vec![0; stride * usize::from(rows)]);
        let mut smalls = Vec::new();
        for r in 0..usize::from(rows) {
            for c in 0..usize::from(cols) {
                let (mut s, mut e) = (rng.below(2) as i64, rng.below(2) as i64);
                if codebook == Codebook::Ternary && (s, e) == (0, 1) {
                    (s, e) = (1, 0);
                }
                sign[r * stride + c / 8] |= (s as u8) << (c % 8);
                extra[r * stride + c / 8] |= (e as u8) << (c % 8);
                // Twice the small integer, from the formulas 1.5 s + 0.5 t and 0.5 s + 0.5 t.
                let (s, t) = (2 * s - 1, 2 * e - 1);
                smalls.push(match codebook {
                    Codebook::Quaternary => (3 * s + t) / 2,
                    Codebook::Ternary => (s + t) / 2,
                });
            }
        }
        Self { rows, cols, codebook, scale, sign, extra, smalls }
    }

    fn packed(&self) -> PackedRef<'_> {
        PackedRef::new(self.rows, self.cols, self.codebook, self.scale, &self.sign, &self.extra)
            .expect("the parts fit together")
    }

    fn small(&self, r: usize, c: usize) -> i64 {
        self.smalls[r * usize::from(self.cols) + c]
    }
}

/// Ties to even without any rounding of the library's: `v` is within +-2^20.
fn ties_to_even(v: f32) -> i64 {
    let v = f64::from(v);
    let low = v.floor();
    let up = match v - low {
        d if d < 0.5 => false,
        d if d > 0.5 => true,
        _ => low as i64 % 2 != 0,
    };
    low as i64 + i64::from(up)
}

fn naive_gemv(case: &Case, x: &[f32]) -> Result<Vec<f32>, usize> {
    if let Some(i) = x.iter().position(|v| !v.is_finite()) {
        return Err(i);
    }
    let a = x.iter().fold(0.0f32, |a, v| if v.abs() > a { v.abs() } else { a });
    let inv = 127.0f32 / a;
    if a == 0.0 || inv == f32::INFINITY {
        return Ok(vec![0.0; usize::from(case.rows)]);
    }
    let two_to_scale = 2f64.powi(i32::from(case.scale)) as f32;
    let y = |r| {
        let acc: i64 = (0..x.len()).map(|c| case.small(r, c) * ties_to_even(x[c] * inv)).sum();
        acc as f32 * ((a / 127.0f32) * two_to_scale)
    };
    Ok((0..usize::from(case.rows)).map(y).collect())
}

fn gemv(case: &Case, x: &[f32]) -> Result<Vec<f32>, usize> {
    let mut q = vec![0; x.len()];
    let mut y = vec![7.5; usize::from(case.rows)];
    matrix::gemv(&case.packed(), x, &mut q, &mut y).map_err(|e| e.index)?;
    Ok(y)
}

fn check(case: &Case, x: &[f32]) {
    let (got, want) = (gemv(case, x), naive_gemv(case, x));
    let what = (case.rows, case.cols, case.codebook, case.scale);
    assert_eq!(got.map(|y| all_bits(&y)), want.map(|y| all_bits(&y)), "{what:?} {x:?}");
}

#[test]
fn gemv_of_every_width() {
    let mut rng = Rng(11);
    for codebook in CODEBOOKS {
        for cols in 1..70 {
            let case = Case::new(&mut rng, 1 + cols % 5, cols, codebook, (cols % 21) as i8 - 10);
            check(&case, &rng.vector(usize::from(cols), 3.0));
            check(&case, &rng.wild(usize::from(cols)));
        }
        let case = Case::new(&mut rng, 3, 4099, codebook, -4);
        check(&case, &rng.vector(4099, 1.0));
    }
}

#[test]
fn gemv_at_extreme_scales_and_activations() {
    let mut rng = Rng(12);
    for codebook in CODEBOOKS {
        for scale in [-126, -125, -100, -64, 0, 64, 100, 125, 126] {
            let case = Case::new(&mut rng, 9, 13, codebook, scale);
            for size in [1e38, 3.4e38, 1.0, 1e-30, 3.8e-37, 3.7e-37, 1e-38, 1e-44] {
                check(&case, &rng.vector(13, size));
            }
            check(&case, &[0.0; 13]);
            check(&case, &[-0.0; 13]);
            check(&case, &[f32::MAX; 13]);
            check(&case, &[f32::from_bits(1); 13]);
        }
    }
}

#[test]
fn gemv_of_the_greatest_matrix_row_is_exact() {
    let n = usize::from(u16::MAX);
    let stride = n.div_ceil(8);
    let mut ones = vec![0xff; stride];
    ones[stride - 1] = 0x7f;
    let w = PackedRef::new(1, u16::MAX, Codebook::Quaternary, 0, &ones, &ones).expect("well formed");
    assert_eq!(w.check(), Ok(()));
    let (mut q, mut y) = (vec![0; n], [0.0]);
    matrix::gemv(&w, &vec![127.0; n], &mut q, &mut y).expect("finite");
    assert_eq!(y, [65535.0 * 2.0 * 127.0]);
    matrix::gemv(&w, &vec![-127.0; n], &mut q, &mut y).expect("finite");
    assert_eq!(y, [-65535.0 * 2.0 * 127.0]);
    // No activation quantises to -128, but the sum must hold it.
    matrix::gemv_rows(&w, 0..1, &vec![-128; n], 1.0, &mut y);
    assert_eq!(y, [-65535.0 * 2.0 * 128.0]);
}

#[test]
fn gemv_names_the_first_element_that_is_not_finite() {
    let mut rng = Rng(13);
    let case = Case::new(&mut rng, 2, 20, Codebook::Ternary, 0);
    for (first, bad) in [(0, f32::NAN), (7, f32::INFINITY), (19, f32::NEG_INFINITY), (8, -f32::NAN)] {
        let mut x = rng.vector(20, 1.0);
        x[19] = f32::NAN;
        x[first] = bad;
        assert_eq!(gemv(&case, &x), Err(first));
        assert_eq!((kernels().quantise)(&x, &mut [0; 20]), Err(NonFinite { index: first }));
    }
}

#[test]
fn gemv_tiny_activations_give_positive_zero() {
    let mut rng = Rng(14);
    let case = Case::new(&mut rng, 30, 8, Codebook::Quaternary, 126);
    // 127 / 3.732e-37 is the first that overflows.
    let edge = 127.0f32 / f32::MAX;
    for x in [[edge / 2.0; 8], [-edge / 2.0; 8], [0.0; 8], [f32::from_bits(1); 8]] {
        let y = gemv(&case, &x).expect("finite");
        assert_eq!(all_bits(&y), vec![0; 30]);
        let mut q = [1; 8];
        assert_eq!(matrix::quantise(&x, &mut q).map(f32::to_bits), Ok(0));
        assert_eq!(q, [0; 8]);
    }
    let y = gemv(&case, &[edge * 2.0; 8]).expect("finite");
    assert!(y.iter().any(|&y| y != 0.0));
}

#[test]
fn quantise_rounds_ties_to_even_and_stays_in_range() {
    let mut rng = Rng(15);
    let x: Vec<f32> = (-254..=254).map(|i| i as f32 / 2.0).collect();
    let mut q = vec![0; x.len()];
    assert_eq!(matrix::quantise(&x, &mut q), Ok(1.0));
    for (&x, &q) in x.iter().zip(&q) {
        assert_eq!(i64::from(q), ties_to_even(x), "{x}");
    }
    // The greatest element gives 127 for every mantissa, whatever 127/a rounds to.
    for _ in 0..20_000 {
        let a = f32::from_bits(0x3f80_0000 | rng.next() as u32 & 0x7f_ffff);
        let mut q = [0; 2];
        let step = matrix::quantise(&[a, -a], &mut q).expect("finite");
        assert_eq!((q, step), ([127, -127], a / 127.0));
    }
}

#[test]
fn quantise_multiplies_by_the_rounded_inverse() {
    // Next to a tie, `x * (127/a)` and `x / a * 127` and the exact quotient round to different integers.
    let mut rng = Rng(19);
    let mut told_apart = 0;
    for _ in 0..2000 {
        let a = f32::from_bits(0x3f80_0000 | rng.next() as u32 & 0x7f_ffff);
        let inv = 127.0f32 / a;
        let mut x = vec![a];
        for k in 0..127 {
            let tie = ((f64::from(k) + 0.5) / f64::from(inv)) as f32;
            x.extend([-1i32, 0, 1].map(|d| f32::from_bits(tie.to_bits().wrapping_add_signed(d))));
        }
        let mut q = vec![0; x.len()];
        matrix::quantise(&x, &mut q).expect("finite");
        for (&x, &q) in x.iter().zip(&q) {
            assert_eq!(i64::from(q), ties_to_even(x * inv), "{x:e} {a:e}");
            told_apart += u32::from(ties_to_even(x * inv) != ties_to_even(x / a * 127.0));
        }
    }
    assert!(told_apart > 100, "{told_apart}");
}

#[test]
fn a_range_of_rows_is_those_rows() {
    let mut rng = Rng(16);
    let case = Case::new(&mut rng, 23, 37, Codebook::Quaternary, -3);
    let x = rng.vector(37, 2.0);
    let whole = gemv(&case, &x).expect("finite");
    let mut q = vec![0; 37];
    let step = matrix::quantise(&x, &mut q).expect("finite");
    for start in 0..23 {
        for end in start..=23 {
            let mut y = vec![0.0; end - start];
            (Kernels::scalar().gemv_rows)(&case.packed(), start..end, &q, step, &mut y);
            assert_eq!(y, whole[start..end]);
        }
    }
}

#[test]
fn a_chunk_of_rows_stays_within_the_polling_interval() {
    for cols in [1, 7, 64, 4096, 65535] {
        let rows = matrix::rows_per_poll(cols);
        assert!(rows >= 1 && rows * cols <= matrix::POLL_WORK && (rows + 1) * cols > matrix::POLL_WORK);
    }
}

#[test]
fn row_gives_each_weight_exactly() {
    let mut rng = Rng(17);
    for codebook in CODEBOOKS {
        for (cols, scale) in (1..70).zip([-126, -1, 0, 7, 126].into_iter().cycle()) {
            let case = Case::new(&mut rng, 3, cols, codebook, scale);
            let w = case.packed();
            assert_eq!(w.check(), Ok(()));
            for r in 0..3 {
                let mut y = vec![7.5; usize::from(cols)];
                (kernels().row)(&w, r, &mut y);
                for (c, y) in y.iter().enumerate() {
                    let want = (case.small(r, c) as f64 * 2f64.powi(i32::from(scale))) as f32;
                    assert_eq!(y.to_bits(), want.to_bits());
                    assert_eq!(w.weight(r, c).to_bits(), want.to_bits());
                    assert_eq!(i64::from(w.small(r, c)), case.small(r, c));
                }
            }
        }
    }
}

#[test]
fn norm_is_its_formula() {
    let mut rng = Rng(18);
    for codebook in CODEBOOKS {
        for n in 1..70u16 {
            let case = Case::new(&mut rng, 1, n, codebook, (n % 7) as i8 - 3);
            let len = usize::from(n);
            let spiky = rng.wild(len);
            for x in
                [rng.vector(len, 1.0), rng.vector(len, 1e30), rng.vector(len, 1e-40), spiky, vec![0.0; len]]
            {
                for eps in [1e-5, 0.0, f64::INFINITY, f64::NAN, -1.0] {
                    check_norm(&case, &x, eps);
                }
            }
        }
    }
}

fn check_norm(case: &Case, x: &[f32], eps: f64) {
    let n = x.len();
    let mut lanes = [0.0f64; 8];
    for (i, &v) in x.iter().enumerate() {
        lanes[i % 8] += f64::from(v) * f64::from(v);
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let m = (((a + e) + (c + g)) + ((b + f) + (d + h))) / n as f64;
    let r = (1.0 / (m + eps).sqrt()) as f32;
    let want: Vec<u32> = (0..n)
        .map(|i| {
            let gain = (case.small(0, i) as f64 * 2f64.powi(i32::from(case.scale))) as f32;
            bits((x[i] * r) * gain)
        })
        .collect();
    let mut y = vec![7.5; n];
    (kernels().norm)(&case.packed(), x, eps, &mut y);
    assert_eq!(all_bits(&y), want, "{x:?} {eps}");
}

#[test]
fn malformed_matrices_are_named() {
    use matrix::Plane::{Extra, Sign};
    let new = |rows, cols, scale, sign: &[u8], extra: &[u8]| {
        PackedRef::new(rows, cols, Codebook::Ternary, scale, sign, extra).and_then(|w| w.check())
    };
    assert_eq!(new(0, 1, 0, &[], &[]), Err(PackedError::Empty { rows: 0, cols: 1 }));
    assert_eq!(new(1, 0, 0, &[], &[]), Err(PackedError::Empty { rows: 1, cols: 0 }));
    for scale in [-128, -127, 127] {
        assert_eq!(new(1, 1, scale, &[0], &[0]), Err(PackedError::Scale { scale }));
    }
    let length = |plane, found, expected| Err(PackedError::PlaneLength { plane, found, expected });
    assert_eq!(new(2, 9, 0, &[0; 3], &[0; 4]), length(Sign, 3, 4));
    assert_eq!(new(2, 9, 0, &[0; 4], &[0; 5]), length(Extra, 5, 4));
    assert_eq!(new(2, 7, 0, &[0, 0x80], &[0, 0]), Err(PackedError::Padding { plane: Sign, row: 1 }));
    assert_eq!(new(2, 7, 0, &[0, 0x7f], &[0x80, 0]), Err(PackedError::Padding { plane: Extra, row: 0 }));
    assert_eq!(new(2, 9, 0, &[0, 0, 0, 0], &[0, 0, 0, 1]), Err(PackedError::TernaryZero { row: 1, col: 8 }));
    assert_eq!(new(2, 16, 0, &[0xff, 0, 0, 0], &[0xff, 0, 0, 0]), Ok(()));
}

#[test]
fn padding_bits_never_reach_a_result() {
    // `new` does not look at bits; what `check` refuses must still be harmless.
    let dirty = PackedRef::new(1, 3, Codebook::Quaternary, 0, &[0xfd], &[0xf9]).expect("lengths fit");
    let clean = PackedRef::new(1, 3, Codebook::Quaternary, 0, &[0x05], &[0x01]).expect("lengths fit");
    let run = |w: &PackedRef<'_>| {
        let (mut q, mut y) = ([0; 3], [0.0]);
        matrix::gemv(w, &[1.0, 2.0, 3.0], &mut q, &mut y).expect("finite");
        y
    };
    assert_eq!(run(&dirty), run(&clean));
    assert!(dirty.check().is_err() && clean.check().is_ok());
}
