//! How fast programs load: decode, validate and hash, from bytes to a checked program and its drop.
//!
//! `cargo run --release -p nda-testkit --example decode_bench`

use nda_ast::{Body, Bytes, Hash, Limits, load};
use nda_testkit::generate::{big_program, small_programs};
use std::hint::black_box;
use std::time::Instant;

/// Rounds per figure; medians are printed with the least and greatest.
const ROUNDS: usize = 15;

struct Figure {
    median: f64,
    least: f64,
    greatest: f64,
}

/// Seconds of `f`, over rounds.
fn measure(rounds: usize, mut f: impl FnMut()) -> Figure {
    f();
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    Figure { median: times[rounds / 2], least: times[0], greatest: times[rounds - 1] }
}

fn nodes(bytes: &Bytes, limits: &Limits) -> usize {
    let valid = load(bytes.clone(), limits).expect("valid");
    let count = |body: &Body| if let Body::Function(f) = body { f.node_count() } else { 0 };
    let objects = valid.program().objects();
    // Hashing is part of loading: each object's hash is that of its bytes.
    for (i, object) in objects.iter().enumerate() {
        let bytes = valid.program().object_bytes(i as u32);
        assert_eq!(object.hash(), Hash::of(object.body().kind(), &bytes));
    }
    objects.iter().map(|o| count(o.body())).sum()
}

/// Prints one program's figures; gives nanoseconds per node.
fn row(name: &str, bytes: Vec<u8>) -> f64 {
    let limits = Limits::default();
    let bytes = Bytes::from(bytes);
    let nodes = nodes(&bytes, &limits);
    // Small programs are loaded many times in a round, so that the clock's grain does not show.
    let repeat = (300_000 / nodes).max(1);
    let figure = measure(ROUNDS, || {
        for _ in 0..repeat {
            drop(black_box(load(black_box(bytes.clone()), &limits)));
        }
    });
    let per_node = |seconds: f64| seconds * 1e9 / (nodes * repeat) as f64;
    println!(
        "{name:<28} {nodes:>9} nodes {:>9} bytes  {:>7.1} million nodes/s  {:>6.2} ns a node ({:.2} to {:.2})",
        bytes.len(),
        1e3 / per_node(figure.median),
        per_node(figure.median),
        per_node(figure.least),
        per_node(figure.greatest),
    );
    per_node(figure.median)
}

fn small() {
    let programs: Vec<Bytes> = small_programs(1000).into_iter().map(Bytes::from).collect();
    let limits = Limits::default();
    for bytes in &programs {
        assert_eq!(nodes(bytes, &limits), 20);
    }
    let figure = measure(101, || {
        for bytes in &programs {
            drop(black_box(load(black_box(bytes.clone()), &limits)));
        }
    });
    let each = |seconds: f64| seconds * 1e9 / programs.len() as f64;
    println!(
        "20 nodes, 1000 programs in rotation: median {:.0} ns each ({:.0} to {:.0})",
        each(figure.median),
        each(figure.least),
        each(figure.greatest)
    );
}

fn main() {
    println!("decode + validate + hash + drop, one thread, median of {ROUNDS} rounds");
    let mut per_node = Vec::new();
    for size in [1000, 10_000, 100_000, 1_000_000] {
        per_node.push(row(&format!("one function, {size}"), big_program(size, 1)));
    }
    row("1000 functions, 1000000", big_program(1_000_000, 1000));
    row("10000 functions, 1000000", big_program(1_000_000, 10_000));
    println!("time per node at 1000000 over that at 1000: {:.2}", per_node[3] / per_node[0]);
    small();
}
