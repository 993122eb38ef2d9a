//! Generated programs through the text form: program -> text -> program gives the same objects and entry points, the
//! text is a fixed point, and the formatter leaves it as it is.

use nda_ast::text::{compile, format_source, print};
use nda_ast::{Hash, Limits, ValidProgram, load};
use nda_testkit::generate::{Config, Entropy, generate};

fn program(seed: u64) -> Vec<u8> {
    let mut entropy = Entropy::new(seed);
    let config = if seed.is_multiple_of(2) { Config::default() } else { Config::drawn(&mut entropy) };
    generate(&mut entropy, &config).bytes
}

/// Hashes of all objects, then of the entry points in order.
fn hashes(program: &ValidProgram) -> Vec<Hash> {
    let program = program.program();
    let objects = program.objects().iter().map(|o| o.hash());
    objects.chain(program.entries().iter().map(|&e| program.objects()[e as usize].hash())).collect()
}

#[test]
fn generated_programs_come_back_from_their_text() {
    let limits = Limits::default();
    for seed in 0..1000 {
        let valid = load(program(seed), &limits).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let text = print(&valid);
        let again = compile(&text, &limits).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        assert_eq!(hashes(&again), hashes(&valid), "seed {seed}\n{text}");
        assert_eq!(print(&again), text, "seed {seed}");
        assert_eq!(format_source(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}")), text, "seed {seed}");
    }
}
