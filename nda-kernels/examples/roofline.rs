//! What the matrix kernels reach against what this machine can do, and vector kernels against their scalar forms:
//! `cargo run --release -p nda-kernels --example roofline`.
//!
//! Each figure is a median over rounds in which everything takes its turn. Results are found equal to the scalar ones before.

use nda_kernels::elementwise::UnaryForms;
use nda_kernels::matrix::{Quantised, Tiled, Tiles, activation_bytes};
use nda_kernels::{Codebook, Kernels, Level, PackedRef};
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

const ROUNDS: usize = 21;

/// Least time of one sample.
const SAMPLE: Duration = Duration::from_millis(2);

/// Bytes without a pattern.
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

/// A matrix as tiles, quantised activations, and room for the results.
struct Product {
    tiled: Tiled,
    w: Tiles,
    q: Vec<i8>,
    quantised: Quantised,
    y: Vec<f32>,
}

impl Product {
    fn new(tiled: Tiled, rows: u16, cols: u16) -> Product {
        let (r, c) = (usize::from(rows), usize::from(cols));
        let planes = noise(2 * r * c.div_ceil(8));
        let (sign, extra) = planes.split_at(planes.len() / 2);
        let planes =
            PackedRef::new(rows, cols, Codebook::Quaternary, -4, sign, extra).expect("the parts fit");
        let (x, mut q) = (activations(c), vec![0; activation_bytes(c)]);
        let quantised = (tiled.quantise)(&x, &mut q).expect("finite");
        let mut product = Product { tiled, w: (tiled.pack)(&planes), q, quantised, y: vec![0.0; r] };
        product.run();
        let (mut natural, mut want) = (vec![0; c], vec![0.0; r]);
        let step = (Kernels::scalar().quantise)(&x, &mut natural).expect("finite");
        (Kernels::scalar().gemv_rows)(&planes, 0..r, &natural, step, &mut want);
        assert!(product.y == want, "another result than the scalar one");
        product
    }

    fn run(&mut self) {
        (self.tiled.gemv_rows)(&self.w, 0..self.w.rows(), &self.q, self.quantised, &mut self.y);
        black_box(&mut self.y);
    }

    fn weights(&self) -> f64 {
        (self.w.rows() * self.w.cols()) as f64
    }
}

/// Something to time: how long that many runs take.
type Timed<'a> = Box<dyn FnMut(u32) -> Duration + 'a>;

fn timed<'a>(mut run: impl FnMut() + 'a) -> Timed<'a> {
    Box::new(move |count| {
        let start = Instant::now();
        (0..count).for_each(|_| run());
        start.elapsed()
    })
}

/// Median nanoseconds of a run of each.
fn medians(all: &mut [Timed<'_>]) -> Vec<f64> {
    let counts: Vec<u32> = all
        .iter_mut()
        .map(|run| {
            let mut count = 1;
            while run(count) < SAMPLE {
                count *= 2;
            }
            count
        })
        .collect();
    let mut samples = vec![Vec::new(); all.len()];
    for round in 0..ROUNDS {
        for place in 0..all.len() {
            let i = (round + place) % all.len();
            samples[i].push(all[i](counts[i]).as_nanos() as f64 / f64::from(counts[i]));
        }
    }
    let median = |mut s: Vec<f64>| {
        s.sort_by(f64::total_cmp);
        s[s.len() / 2]
    };
    samples.into_iter().map(median).collect()
}

/// Cycles of the core: a chain of multiplications of three each.
fn cycles(x: &mut u64) {
    for _ in 0..1000 {
        *x = x.wrapping_mul(*x);
    }
    *x = black_box(*x);
}

/// Reads all of it once.
fn read(bytes: &[u64]) {
    let sum = bytes.as_chunks::<16>().0.iter().fold([0_u64; 16], |mut sum, line| {
        sum.iter_mut().zip(line).for_each(|(sum, x)| *sum = sum.wrapping_add(*x));
        sum
    });
    black_box(sum);
}

/// Weights of 2 bits, as four to a byte, by name; the first is small enough for the nearest cache: the peak.
const SHAPES: [(u16, u16); 5] = [(32, 2048), (1024, 1024), (4096, 4096), (11008, 4096), (128, 896)];

fn matrices() {
    let levels: Vec<(Level, Tiled)> =
        Level::supported().filter_map(|level| Some((level, Kernels::of_level(level).ok()?.tiled?))).collect();
    let mut products: Vec<Product> = levels
        .iter()
        .flat_map(|(_, tiled)| SHAPES.map(|(rows, cols)| Product::new(*tiled, rows, cols)))
        .collect();
    let weights: Vec<f64> = products.iter().map(Product::weights).collect();
    let memory: Vec<u64> = vec![1; 1 << 24];
    let mut x = black_box(3);
    let mut all: Vec<Timed<'_>> = products.iter_mut().map(|p| timed(|| p.run())).collect();
    all.push(timed(|| cycles(&mut x)));
    all.push(timed(|| read(&memory)));
    let ns = medians(&mut all);
    drop(all);
    let (clock, bytes) = (3000.0 / ns[products.len()], 8.0 * memory.len() as f64 / ns[products.len() + 1]);
    println!(
        "core clock {clock:.2} GHz; one core reads {bytes:.1} GB/s from memory, which is {:.0} weights/ns",
        4.0 * bytes
    );
    for (i, (level, _)) in levels.iter().enumerate() {
        let rate = |shape: usize| weights[i * SHAPES.len() + shape] / ns[i * SHAPES.len() + shape];
        let peak = rate(0);
        println!(
            "{level}: decode and multiply in the nearest cache, {} x {}: {peak:.1} weights/ns, {:.1} a cycle",
            SHAPES[0].0,
            SHAPES[0].1,
            peak / clock
        );
        for (shape, (rows, cols)) in SHAPES.iter().enumerate().skip(1) {
            let rate = rate(shape);
            println!("   {rows:5} x {cols:4}: {rate:6.1} weights/ns, {:5.1} % of that", 100.0 * rate / peak);
        }
    }
}

/// A layer's products on each of two threads, alone and at once.
fn threads() {
    for level in Level::supported() {
        let Some(tiled) = Kernels::of_level(level).expect("supported").tiled else { continue };
        let (rows, cols) = (4096, 4096);
        let mut halves = [Product::new(tiled, rows / 2, cols), Product::new(tiled, rows / 2, cols)];
        let mut copies = [Product::new(tiled, rows, cols), Product::new(tiled, rows, cols)];
        let mut one = Product::new(tiled, rows, cols);
        let both = |pair: &mut [Product; 2], count| {
            let barrier = Barrier::new(3);
            thread::scope(|scope| {
                for product in pair {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        (0..count).for_each(|_| product.run());
                        barrier.wait();
                    });
                }
                barrier.wait();
                let start = Instant::now();
                barrier.wait();
                start.elapsed()
            })
        };
        let ns = medians(&mut [
            timed(|| one.run()),
            Box::new(|count| both(&mut copies, count)),
            Box::new(|count| both(&mut halves, count)),
        ]);
        let rate = |i: usize, products: f64| products * 4096.0 * 4096.0 / ns[i];
        println!(
            "{level}, 4096 x 4096: one thread {:.1} weights/ns; two copies on two threads {:.1} together; one product in halves on two {:.1}, {:.1} % of these",
            rate(0, 1.0),
            rate(1, 2.0),
            rate(2, 1.0),
            100.0 * rate(2, 1.0) / rate(1, 2.0),
        );
    }
}

/// Vector kernels against the scalar form, as the compiler makes it for every processor of the target (with its 128-bit registers), and
/// against one element after the other.
fn vectors() {
    const N: usize = 4096;
    let x = activations(N);
    type Lane = fn(f32) -> f32;
    type Forms = fn(&Kernels) -> UnaryForms;
    let unary: [(&str, Forms, Lane); 9] = [
        ("relu", |k| k.relu, nda_kernels::math32::relu32),
        ("sqrt", |k| k.sqrt, nda_kernels::math32::sqrt32),
        ("exp", |k| k.exp, nda_kernels::math32::exp32),
        ("tanh", |k| k.tanh, nda_kernels::math32::tanh32),
        ("sigmoid", |k| k.sigmoid, nda_kernels::math32::sigmoid32),
        ("silu", |k| k.silu, nda_kernels::math32::silu32),
        ("gelu", |k| k.gelu, nda_kernels::math32::gelu32),
        ("abs", |k| k.abs, f32::abs),
        ("neg", |k| k.neg, |x| -x),
    ];
    println!("times over {N} elements: one by one / scalar form / the levels above");
    let others: Vec<&Kernels> =
        Level::supported().skip(1).filter_map(|l| Kernels::of_level(l).ok()).collect();
    let sets: Vec<&Kernels> = std::iter::once(Kernels::scalar()).chain(others).collect();
    let report = |name: &str, ns: &[f64]| {
        let times: Vec<String> = ns.iter().map(|ns| format!("{ns:7.0} ns")).collect();
        let gains: Vec<String> =
            ns[2..].iter().map(|t| format!("{:.1} and {:.1} times", ns[0] / t, ns[1] / t)).collect();
        println!("   {name:8} {}: {}", times.join(" "), gains.join(", "));
    };
    for (name, forms, lane) in unary {
        let mut ys = vec![vec![0.0; N]; sets.len() + 1];
        let mut places = ys.iter_mut();
        let mut all: Vec<Timed<'_>> = Vec::new();
        let y = places.next().expect("one each");
        all.push(timed(|| {
            for (y, x) in y.iter_mut().zip(&x) {
                *y = lane(black_box(*x));
            }
            black_box(&mut *y);
        }));
        for (k, y) in sets.iter().zip(places) {
            let (forms, x) = (forms(k), &x);
            all.push(timed(move || {
                (forms.vec)(&mut *y, black_box(x));
                black_box(&mut *y);
            }));
        }
        report(name, &medians(&mut all));
    }
    // What has no form of one element: the scalar form stands for it.
    type Whole = fn(&Kernels, &mut [f32], &[f32], &PackedRef<'_>) -> f64;
    let whole: [(&str, Whole); 7] = [
        ("add", |k, y, x, _| {
            (k.add.vec_vec)(y, x, x);
            0.0
        }),
        ("max", |k, y, x, _| {
            (k.max.vec_vec)(y, x, x);
            0.0
        }),
        ("dot", |k, _, x, _| (k.dot)(x, x)),
        ("sum", |k, _, x, _| (k.sum)(x)),
        ("argmax", |k, _, x, _| (k.argmax)(x) as f64),
        ("softmax", |k, y, x, _| {
            (k.softmax.vec)(y, x);
            0.0
        }),
        ("norm", |k, y, x, g| {
            (k.norm)(g, x, 1e-5, y);
            0.0
        }),
    ];
    let planes = noise(2 * N / 8);
    let (sign, extra) = planes.split_at(N / 8);
    let gain = PackedRef::new(1, N as u16, Codebook::Quaternary, -1, sign, extra).expect("the parts fit");
    for (name, run) in whole {
        let mut ys = vec![vec![0.0; N]; sets.len() + 1];
        let repeated = std::iter::once(&sets[0]).chain(&sets);
        let mut all: Vec<Timed<'_>> = Vec::new();
        for (k, y) in repeated.zip(&mut ys) {
            let (x, gain) = (&x, &gain);
            all.push(timed(move || {
                black_box(run(k, y, black_box(x), gain));
                black_box(&mut *y);
            }));
        }
        report(name, &medians(&mut all));
    }
}

fn main() {
    matrices();
    threads();
    vectors();
}
