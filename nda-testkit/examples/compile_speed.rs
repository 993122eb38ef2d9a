//! What compiling takes: nanoseconds a node, by size, freeing included; and bytes of code a node.
//! `cargo run --release -p nda-testkit --example compile_speed`

use nda_ast::{Limits, load};
use nda_closure_jit::compile_function;
use nda_testkit::generate::big_program;
use std::time::Instant;

fn main() {
    for (nodes, functions) in [(20, 1), (1_000, 1), (100_000, 1), (1_000_000, 1), (1_000_000, 1_000)] {
        let limits = Limits { nodes: 2_000_000, ..Limits::default() };
        let program = load(big_program(nodes, functions), &limits).expect("valid");
        let objects: Vec<u32> = (0..program.program().objects().len() as u32)
            .filter(|object| program.function(*object).is_some())
            .collect();
        let count: usize =
            objects.iter().map(|o| program.function(*o).unwrap().function().node_count()).sum();
        let rounds = (4_000_000 / count).max(1);
        let mut samples: Vec<f64> = (0..9)
            .map(|_| {
                let start = Instant::now();
                for _ in 0..rounds {
                    for object in &objects {
                        drop(std::hint::black_box(compile_function(&program, *object)));
                    }
                }
                start.elapsed().as_nanos() as f64 / (rounds * count) as f64
            })
            .collect();
        samples.sort_by(f64::total_cmp);
        let bytes: usize = objects.iter().map(|o| compile_function(&program, *o).bytes()).sum();
        let bytes = bytes as f64 / count as f64;
        println!(
            "{count:>8} nodes in {functions:>4} functions: {:6.1} ns a node (least {:.1}), {bytes:.1} bytes a node",
            samples[4], samples[0]
        );
    }
}
