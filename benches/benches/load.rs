//! Micro-benchmarks of the way from bytes to a valid program.
#![forbid(unsafe_code)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use nda_ast::{Bytes, Limits, ObjectKind, decode, validate};
use nda_testkit::generate::big_program;
use std::hint::black_box;

fn load(c: &mut Criterion) {
    let limits = Limits { slots: 1 << 20, ..Limits::default() };
    for nodes in [1_000_u32, 100_000] {
        let bytes = Bytes::from(big_program(nodes, 1));
        let program = decode(bytes.clone(), &limits).expect("generated programs are well-formed");
        let mut group = c.benchmark_group(format!("load/{nodes}"));
        group.throughput(Throughput::Elements(nodes.into()));
        group.bench_function("decode", |b| b.iter(|| decode(black_box(bytes.clone()), &limits)));
        group.bench_function("validate", |b| {
            b.iter_batched(|| program.clone(), |p| validate(p, &limits), BatchSize::LargeInput);
        });
        let object = program.object_bytes(0);
        group.bench_function("hash", |b| {
            b.iter(|| nda_ast::Hash::of(ObjectKind::Function, black_box(&object)))
        });
        group.finish();
    }
}

criterion_group!(benches, load);
criterion_main!(benches);
