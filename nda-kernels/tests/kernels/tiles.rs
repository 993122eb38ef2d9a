//! Kernels on tiles, of every level and the portable ones, against the scalar kernels on planes.

use super::levels::{lengths, others};
use super::naive::{Rng, all_bits};
use nda_kernels::matrix::{Quantised, TILE_ROWS, Tiled, Tiles, activation_bytes, quantise};
use nda_kernels::{Codebook, Kernels, NonFinite, PackedRef, matrix};

/// The portable kernels, and those of every level.
fn all() -> Vec<(String, Tiled)> {
    let portable = ("portable".to_owned(), Tiled::portable());
    let others = others().filter_map(|k| Some((k.level.name().to_owned(), k.tiled?)));
    [portable].into_iter().chain(others).collect()
}

/// Planes of any bits: kernels are deterministic on those that no encoder writes too.
fn planes(rng: &mut Rng, rows: u16, cols: u16) -> Vec<u8> {
    (0..2 * usize::from(rows) * usize::from(cols).div_ceil(8)).map(|_| rng.next() as u8).collect()
}

fn packed(planes: &[u8], shape: (u16, u16), codebook: Codebook, scale: i8) -> PackedRef<'_> {
    let (sign, extra) = planes.split_at(planes.len() / 2);
    PackedRef::new(shape.0, shape.1, codebook, scale, sign, extra).expect("well formed")
}

fn want(w: &PackedRef<'_>, x: &[f32]) -> Result<Vec<f32>, NonFinite> {
    let (mut q, mut y) = (vec![0; x.len()], vec![0.0; w.rows()]);
    let step = (Kernels::scalar().quantise)(x, &mut q)?;
    (Kernels::scalar().gemv_rows)(w, 0..w.rows(), &q, step, &mut y);
    Ok(y)
}

/// Quantises into memory that holds something else, at any alignment.
fn quantised(tiled: &Tiled, x: &[f32]) -> Result<(Vec<i8>, Quantised), NonFinite> {
    let (len, at) = (activation_bytes(x.len()), x.len() % 7);
    let mut q = vec![99; len + at];
    let quantised = (tiled.quantise)(x, &mut q[at..])?;
    assert!(q[..at].iter().all(|&q| q == 99));
    Ok((q[at..].to_vec(), quantised))
}

fn gemv(tiled: &Tiled, tiles: &Tiles, x: &[f32]) -> Result<Vec<f32>, NonFinite> {
    let (q, quantised) = quantised(tiled, x)?;
    // One more, at an odd place, to see that nothing is written beyond the end.
    let mut y = vec![7.5; tiles.rows() + 2];
    (tiled.gemv_rows)(tiles, 0..tiles.rows(), &q, quantised, &mut y[1..=tiles.rows()]);
    assert_eq!((y[0], y[tiles.rows() + 1]), (7.5, 7.5));
    Ok(y[1..=tiles.rows()].to_vec())
}

fn check(rng: &mut Rng, (rows, cols): (u16, u16), xs: &[Vec<f32>]) {
    for (codebook, scale) in
        [(Codebook::Quaternary, -3), (Codebook::Ternary, 126), (Codebook::Quaternary, -126)]
    {
        let bits = planes(rng, rows, cols);
        let w = packed(&bits, (rows, cols), codebook, scale);
        for (name, tiled) in all() {
            let tiles = (tiled.pack)(&w);
            assert_eq!(tiles.bytes(), Tiles::bytes_for(w.rows(), w.cols()));
            for x in xs {
                let (got, want) = (gemv(&tiled, &tiles, x), want(&w, x));
                let bits = |y: Result<Vec<f32>, NonFinite>| y.map(|y| all_bits(&y));
                assert_eq!(bits(got), bits(want), "{name} {rows} x {cols} {codebook:?} {scale}");
            }
        }
    }
}

#[test]
fn packing_gives_the_same_tiles() {
    let mut rng = Rng(21);
    for rows in (1..40).chain([64, 100]) {
        for cols in [1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 120, 127, 128, 129, 250, 256, 300] {
            let bits = planes(&mut rng, rows, cols);
            let w = packed(&bits, (rows, cols), Codebook::Ternary, 5);
            let want = (Tiled::portable().pack)(&w);
            for (name, tiled) in all() {
                assert!((tiled.pack)(&w) == want, "{name} {rows} x {cols}");
            }
        }
    }
}

#[test]
fn quantising_gives_the_same_integers() {
    let mut rng = Rng(22);
    for n in lengths().filter(|&n| n > 0) {
        let ties = (0..n).map(|i| if i == 0 { 127.0 } else { (rng.below(254) as f32) - 126.5 }).collect();
        let wild = rng.wild(n);
        let mut last = rng.vector(n, 1.0);
        last[n - 1] = f32::NAN;
        for x in
            [rng.vector(n, 1.0), rng.vector(n, 1e38), rng.vector(n, 1e-30), ties, wild, last, vec![0.0; n]]
        {
            let mut natural = vec![0; n];
            let step = quantise(&x, &mut natural);
            for (name, tiled) in all() {
                let got = quantised(&tiled, &x);
                assert_eq!(
                    got.as_ref().map(|(_, q)| q.step.to_bits()).map_err(|e| *e),
                    step.map(f32::to_bits)
                );
                let Ok((q, quantised)) = got else { continue };
                assert_eq!(quantised.sum, natural.iter().map(|&q| i32::from(q)).sum::<i32>(), "{name} {n}");
                let place = |c: usize| c / 16 * 16 + c % 4 * 4 + c % 16 / 4;
                for c in 0..q.len() {
                    assert_eq!(q[place(c)], natural.get(c).copied().unwrap_or(0), "{name} {n} {c}");
                }
            }
        }
    }
}

#[test]
fn every_width_and_many_heights() {
    let mut rng = Rng(23);
    for cols in (1..=140).chain([255, 256, 257, 511, 1000]) {
        let rows = 1 + cols % 37;
        let n = usize::from(cols);
        let mut bad = rng.vector(n, 1.0);
        bad[n / 2] = f32::INFINITY;
        let xs = [rng.vector(n, 2.0), vec![f32::MAX; n], vec![f32::from_bits(1); n], vec![0.0; n], bad];
        check(&mut rng, (rows, cols), &xs);
    }
    for rows in (1..=70).chain([127, 128, 129]) {
        let xs = [rng.vector(33, 1e-20), rng.vector(33, 1e30)];
        check(&mut rng, (rows, 33), &xs);
    }
}

#[test]
fn activations_of_extreme_size() {
    let mut rng = Rng(24);
    for size in [1e38, 3.4e38, 1e-30, 3.8e-37, 3.7e-37, 1e-38, 1e-44] {
        let xs = [rng.vector(70, size)];
        check(&mut rng, (20, 70), &xs);
    }
}

#[test]
fn the_longest_row_is_exact() {
    let n = usize::from(u16::MAX);
    for codebook in [Codebook::Quaternary, Codebook::Ternary] {
        let planes = vec![0xff; 2 * 33 * n.div_ceil(8)];
        let w = packed(&planes, (33, u16::MAX), codebook, 0);
        let most = if codebook == Codebook::Quaternary { 2.0 } else { 1.0 };
        for (name, tiled) in all() {
            let tiles = (tiled.pack)(&w);
            for sign in [127.0, -127.0] {
                let y = gemv(&tiled, &tiles, &vec![sign; n]).expect("finite");
                assert_eq!(y, vec![65535.0 * most * sign; 33], "{name}");
            }
        }
    }
}

#[test]
fn ranges_of_rows_are_those_rows() {
    let mut rng = Rng(25);
    let bits = planes(&mut rng, 75, 50);
    let w = packed(&bits, (75, 50), Codebook::Quaternary, -2);
    let x = rng.vector(50, 1.0);
    for (name, tiled) in all() {
        let tiles = (tiled.pack)(&w);
        let whole = gemv(&tiled, &tiles, &x).expect("finite");
        let (q, quantised) = quantised(&tiled, &x).expect("finite");
        for start in (0..75).step_by(TILE_ROWS) {
            for end in (start..75).step_by(TILE_ROWS).chain([75]) {
                let mut y = vec![0.0; end - start];
                (tiled.gemv_rows)(&tiles, start..end, &q, quantised, &mut y);
                assert_eq!(y, whole[start..end], "{name}");
            }
        }
    }
}

#[test]
fn several_inputs_give_what_each_gives() {
    let mut rng = Rng(26);
    for (rows, cols, codebook) in [
        (1, 1, Codebook::Ternary),
        (40, 100, Codebook::Quaternary),
        (50, 300, Codebook::Ternary),
        (128, 64, Codebook::Quaternary),
    ] {
        let bits = planes(&mut rng, rows, cols);
        let w = packed(&bits, (rows, cols), codebook, -1);
        let (count, n) = (usize::from(rows), usize::from(cols));
        for inputs in (0..=18).chain([64]) {
            let xs: Vec<Vec<f32>> =
                (0..inputs).map(|i: usize| rng.vector(n, 10f64.powi(i as i32 % 20 - 9))).collect();
            for (name, tiled) in all() {
                let tiles = (tiled.pack)(&w);
                let (mut q, mut all) = (Vec::new(), Vec::new());
                for x in &xs {
                    let (one, quantised) = quantised(&tiled, x).expect("finite");
                    q.extend(one);
                    all.push(quantised);
                }
                // All rows, and the last ones alone; close to one another, and apart.
                for (start, apart) in [(0, 0), (0, 13), (count / TILE_ROWS * TILE_ROWS, 2)] {
                    let distance = count - start + apart;
                    let mut y = vec![7.5; inputs * distance];
                    (tiled.gemm_rows)(&tiles, start..count, &q, &all, &mut y, distance);
                    let between = vec![7.5; apart];
                    let results = |x: &Vec<f32>| [&want(&w, x).expect("finite")[start..], &between].concat();
                    let want: Vec<f32> = xs.iter().flat_map(results).collect();
                    assert_eq!(all_bits(&y), all_bits(&want), "{name} {rows} x {cols}, {inputs} inputs");
                }
            }
        }
    }
}

#[test]
fn polling_takes_whole_blocks() {
    for cols in [1, 7, 64, 4096, 65535] {
        let rows = Tiles::rows_per_poll(cols);
        assert!(rows.is_multiple_of(2 * TILE_ROWS) && rows > 0 && rows * cols <= matrix::POLL_WORK);
    }
}
