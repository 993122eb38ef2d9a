//! What the matrix kernels reach, against what the machine can do: `cargo run --release -p nda-kernels --example roofline`.
//!
//! Every figure is the median of rounds that take turns, after the results of all levels have been found equal.

use nda_kernels::matrix::{Quantised, Tiled, Tiles, activation_bytes};
use nda_kernels::{Codebook, Kernels, Level, PackedRef};
use std::hint::black_box;
use std::time::Instant;

fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn activations(n: usize) -> Vec<f32> {
    noise(n).into_iter().map(|b| f32::from(b) / 64.0 - 2.0).collect()
}

struct Layer {
    w: Tiles,
    q: Vec<i8>,
    y: Vec<f32>,
}

fn layer(tiled: &Tiled, rows: u16, cols: u16) -> Layer {
    let (r, c) = (usize::from(rows), usize::from(cols));
    let planes = noise(2 * r * c.div_ceil(8));
    let (sign, extra) = planes.split_at(planes.len() / 2);
    let w = PackedRef::new(rows, cols, Codebook::Quaternary, -4, sign, extra).expect("whole bytes a row");
    Layer { w: (tiled.pack)(&w), q: vec![0; activation_bytes(c)], y: vec![0.0; r] }
}

impl Layer {
    fn gemv(&mut self, tiled: &Tiled, x: &[f32]) {
        let quantised = (tiled.quantise)(x, &mut self.q).expect("finite");
        self.rows(tiled, quantised);
    }

    fn rows(&mut self, tiled: &Tiled, quantised: Quantised) {
        (tiled.gemv_rows)(&self.w, 0..self.w.rows(), &self.q, quantised, &mut self.y);
    }
}

/// Nanoseconds of one call: the least of rounds.
fn time(mut f: impl FnMut()) -> f64 {
    let mut count = 1;
    let run = |count: u32, f: &mut dyn FnMut()| {
        let start = Instant::now();
        for _ in 0..count {
            f();
        }
        start.elapsed().as_nanos() as f64
    };
    while run(count, &mut f) < 2e6 {
        count *= 2;
    }
    let mut all: Vec<f64> = (0..15).map(|_| run(count, &mut f) / f64::from(count)).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Core clock in GHz, by a chain of multiplications of three cycles each.
fn clock() -> f64 {
    let mut x = black_box(3_u64);
    let ns = time(|| {
        for _ in 0..1000 {
            x = x.wrapping_mul(x);
        }
        x = black_box(x);
    });
    3000.0 / ns
}

fn main() {
    for level in Level::supported() {
        let k = Kernels::of_level(level).expect("supported");
        let Some(tiled) = &k.tiled else { continue };
        println!("{:.2} GHz", clock());
        let x = activations(65536);
        // In the first cache.
        let mut l1 = layer(tiled, 32, 2048);
        let quantised = (tiled.quantise)(&x[..2048], &mut l1.q).expect("finite");
        let ns = time(|| l1.rows(tiled, black_box(quantised)));
        let peak = 32.0 * 2048.0 / ns;
        let mut block = [(128, 896), (128, 128), (128, 128), (896, 128)].map(|(r, c)| layer(tiled, r, c));
        let ns = time(|| {
            let [a, b, c, d] = &mut block;
            a.gemv(tiled, black_box(&x[..896]));
            b.gemv(tiled, &a.y);
            c.gemv(tiled, &b.y);
            d.gemv(tiled, &c.y);
            black_box(&d.y);
        });
        println!(
            "{level}: peak {peak:.1} weights/ns; block {:.3} us, {:.1} %",
            ns / 1e3,
            26214400.0 / ns / peak
        );
        let mut q = vec![0; 896];
        let ns = time(|| {
            let _ = black_box((tiled.quantise)(black_box(&x[..896]), &mut q));
        });
        let mut some = layer(tiled, 128, 896);
        let quantised = (tiled.quantise)(&x[..896], &mut some.q).expect("finite");
        let rows = time(|| some.rows(tiled, black_box(quantised)));
        println!("   quantise 896: {ns:.0} ns, rows 128x896 {rows:.0} ns");
        for (rows, cols) in [(1024, 1024), (4096, 4096)] {
            let mut one = layer(tiled, rows, cols);
            let ns = time(|| one.gemv(tiled, black_box(&x[..cols as usize])));
            println!("   {rows}x{cols}: {:.1} weights/ns", f64::from(rows) * f64::from(cols) / ns);
        }
        {
            let (r, c) = (128_u16, 896_u16);
            let planes = noise(2 * 128 * 896 / 8);
            let (sign, extra) = planes.split_at(planes.len() / 2);
            let w = PackedRef::new(r, c, Codebook::Quaternary, -4, sign, extra).expect("whole bytes a row");
            let ns = time(|| drop(black_box((tiled.pack)(black_box(&w)))));
            println!("   pack 128x896: {:.2} us", ns / 1e3);
            let mut one = layer(tiled, r, c);
            let filled = activation_bytes(896);
            let mut q = vec![0; 64 * filled];
            let mut quant = Vec::new();
            for i in 0..64 {
                quant.push(
                    (tiled.quantise)(&x[i..i + 896], &mut q[i * filled..(i + 1) * filled]).expect("finite"),
                );
            }
            let mut y = vec![0.0; 64 * 128];
            let ns = time(|| (tiled.gemm_rows)(&one.w, 0..128, black_box(&q), &quant, &mut y, 128));
            println!("   gemm 64 x 128x896: {:.3} us each", ns / 64e3);
            one.gemv(tiled, &x[63..63 + 896]);
            assert_eq!(one.y, y[63 * 128..]);
        }
    }
}
