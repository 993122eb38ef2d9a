//! Machine code on whole programs at every fuel: those on which it once went wrong (`native_programs.txt`), and those that show the
//! shapes of tier 1's code and of its own.

use nda_ast::{Limits, Type};
use nda_runtime::{HostError, Link, Loaded, Outcome, Run, RunLimits, RunState, Tier, Tier0, Value};
use nda_testkit::machine::{Entered, Machine};
use std::path::Path;
use std::sync::Arc;

/// Longer runs are tried at all limits up to here, and at the last few.
const MOST: u64 = 400;

fn host() -> Link {
    let mut link = Link::new();
    link.grant("ask", [Type::Int], [Type::Int], |args: &[Value]| match args {
        [Value::Int(x)] if *x >= 0 => Ok(vec![Value::Int(x.wrapping_mul(*x))]),
        _ => Err(HostError { code: 3 }),
    });
    link
}

fn run(tier: &dyn Tier, program: &Loaded, entry: u32, fuel: u64) -> Outcome {
    let limits = RunLimits { fuel, ..RunLimits::default() };
    let run = Run { program, entry, args: &[], limits: &limits };
    tier.run(run, &mut RunState::new()).unwrap_or_else(|e| panic!("{}: {e}", tier.name()))
}

/// Runs the entry points that take nothing.
fn at_every_fuel(name: &str, source: &str) {
    for (entered, slice) in [(Entered::Bodies, 8192), (Entered::Loops, 4), (Entered::Both, 16)] {
        let valid =
            nda_ast::text::compile(source, &Limits::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let program = Loaded::new(Arc::new(valid), &host()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let machine = Machine { entered, slice };
        for &entry in program.program().program().entries() {
            if program.function(entry).is_none_or(|f| !f.function().params().is_empty()) {
                continue;
            }
            let cost = run(&Tier0, &program, entry, 1_000_000).executed_nodes;
            for fuel in (0..=cost.min(MOST)).chain(cost.saturating_sub(20)..=cost + 1) {
                let (a, b) = (run(&Tier0, &program, entry, fuel), run(&machine, &program, entry, fuel));
                assert!(a.same_bits(&b), "{name}, {entered:?}, fuel {fuel}\ntier 0: {a:?}\nnative: {b:?}");
            }
        }
    }
}

/// Runs the programs of a text file, each after its name.
fn cases(text: &str) -> usize {
    let cases = text.split("\n=== ").skip(1).filter_map(|case| case.split_once('\n'));
    cases.map(|(name, source)| at_every_fuel(name, source)).count()
}

#[test]
fn where_it_once_went_wrong() {
    assert!(cases(include_str!("native_programs.txt")) >= 5);
}

#[test]
fn shapes_of_tier_1() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../nda-closure-jit/tests");
    let text = std::fs::read_to_string(tests.join("regressions.txt")).expect("a text");
    let mut count = cases(&text);
    for file in std::fs::read_dir(tests.join("listings")).expect("a folder") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|e| e == "nda") {
            at_every_fuel(&path.display().to_string(), &std::fs::read_to_string(&path).expect("a text"));
            count += 1;
        }
    }
    assert!(count > 30, "{count} programs");
}
