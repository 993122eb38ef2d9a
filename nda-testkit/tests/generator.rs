//! The generator makes valid programs that reach the whole language.

use nda_ast::{Body, Limits, Op, load};
use nda_testkit::generate::{Config, Entropy, big_program, generate, small_programs};

const SEEDS: u64 = 2000;

fn program(seed: u64) -> Vec<u8> {
    let mut entropy = Entropy::new(seed);
    let config = if seed.is_multiple_of(2) { Config::default() } else { Config::drawn(&mut entropy) };
    generate(&mut entropy, &config).bytes
}

#[test]
fn every_program_is_valid_and_every_operation_appears() {
    let mut counts = vec![0_u64; Op::ALL.len()];
    let (mut nodes, mut functions, mut deepest) = (0, 0, 0);
    for seed in 0..SEEDS {
        let valid = load(program(seed), &Limits::default()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        for object in valid.program().objects() {
            let Body::Function(f) = object.body() else { continue };
            functions += 1;
            nodes += f.node_count();
            for node in f.nodes() {
                counts[node.op() as usize - 1] += 1;
            }
        }
        deepest = valid.entries().map(|(_, f)| f.certificate().levels).max().max(Some(deepest)).unwrap_or(0);
    }
    println!("{SEEDS} programs, {functions} functions, {nodes} nodes, at most {deepest} levels");
    for (op, count) in Op::ALL.iter().zip(&counts) {
        println!("{:>8} {}", count, op.info().name);
        assert!(*count >= 20, "{} appears {count} times in {SEEDS} programs", op.info().name);
    }
}

#[test]
fn a_fuzzers_bytes_make_valid_programs() {
    let mut entropy = Entropy::new(99);
    for len in 0..400 {
        let bytes: Vec<u8> = (0..len).map(|_| entropy.below(256) as u8).collect();
        let mut source = Entropy::from_bytes(&bytes);
        let config = Config::drawn(&mut source);
        load(generate(&mut source, &config).bytes, &Limits::default()).expect("valid");
    }
}

#[test]
fn sized_programs_have_their_size_and_differ() {
    for (nodes, functions) in [(1000, 1), (10_000, 10), (100_000, 1)] {
        let limits = Limits::default();
        let valid = load(big_program(nodes, functions), &limits).expect("valid");
        let found: usize = valid
            .program()
            .objects()
            .iter()
            .map(|o| if let Body::Function(f) = o.body() { f.node_count() } else { 0 })
            .sum();
        let (least, most) = (nodes as usize * 9 / 10, nodes as usize * 11 / 10);
        assert!((least..=most).contains(&found), "{found} nodes for {nodes} in {functions}");
    }
    let programs = small_programs(1000);
    let mut hashes: Vec<_> = programs
        .iter()
        .map(|bytes| {
            let valid = load(bytes.clone(), &Limits::default()).expect("valid");
            let object = &valid.program().objects()[0];
            let Body::Function(f) = object.body() else { panic!("a function") };
            assert_eq!(f.node_count(), 20);
            object.hash()
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), programs.len());
}
