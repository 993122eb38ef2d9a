//! Micro-benchmarks of the vector and 2-bit matrix kernels.
#![forbid(unsafe_code)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nda_kernels::{Codebook, PackedRef, kernels, matrix};
use std::hint::black_box;

/// Bytes without a pattern that a branch predictor could learn.
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

fn gemv(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gemv");
    for (rows, cols) in [(128_u16, 128_u16), (128, 896), (896, 896), (4096, 4096)] {
        let (r, c) = (usize::from(rows), usize::from(cols));
        let planes = noise(2 * r * c / 8);
        let (sign, extra) = planes.split_at(r * c / 8);
        let w = PackedRef::new(rows, cols, Codebook::Quaternary, -4, sign, extra).expect("whole bytes a row");
        let (x, mut q, mut y) = (activations(c), vec![0; c], vec![0.0; r]);
        group.throughput(Throughput::Elements((r * c) as u64));
        group.bench_function(BenchmarkId::from_parameter(format!("{rows}x{cols}")), |b| {
            b.iter(|| matrix::gemv(&w, black_box(&x), &mut q, &mut y));
        });
    }
    group.finish();
}

fn vectors(c: &mut Criterion) {
    let n = 4096;
    let (k, x) = (kernels(), activations(n));
    let mut y = vec![0.0; n];
    let mut group = c.benchmark_group(format!("vec{n}"));
    group.throughput(Throughput::Elements(n as u64));
    group.bench_function("add", |b| b.iter(|| (k.add.vec_vec)(&mut y, black_box(&x), black_box(&x))));
    group.bench_function("dot", |b| b.iter(|| (k.dot)(black_box(&x), black_box(&x))));
    let unary = [("exp", &k.exp), ("tanh", &k.tanh), ("gelu", &k.gelu), ("softmax", &k.softmax)];
    for (name, forms) in unary {
        // From the same input each time: applied again and again, most of these would settle on one value.
        group.bench_function(name, |b| {
            b.iter(|| {
                y.copy_from_slice(black_box(&x));
                (forms.in_place)(&mut y);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, gemv, vectors);
criterion_main!(benches);
