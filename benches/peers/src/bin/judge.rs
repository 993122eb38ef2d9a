//! `judge COUNT SEED [--wasmtime]`: generated programs from seeds SEED, SEED + 1, .. until COUNT of them without `vec` and
//! `mat` have been run in tier 0 and in wasmi, with `--wasmtime` also in wasmtime. Results, `inout` values, log, transcript of
//! host calls and the kind of trap are compared. Prints each disagreement; fails if there was any.

use nda_peers::judge::{Judged, Named, Tally, judge};
use nda_peers::wasm::{wasmi, wasmtime};
use std::process::ExitCode;

/// After this many disagreements the rest would say no more.
const MOST: usize = 20;

fn main() -> ExitCode {
    let (flags, numbers): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|a| a.starts_with("--"));
    let numbers: Vec<u64> = numbers.iter().filter_map(|a| a.parse().ok()).collect();
    let [count, first] = numbers[..] else {
        eprintln!("two numbers are expected: how many programs, and the first seed");
        return ExitCode::FAILURE;
    };
    let mut engines: Vec<Box<dyn Judged>> = vec![Box::new(Named("wasmi", wasmi::peer().kept))];
    if flags.iter().any(|flag| flag == "--wasmtime") {
        engines.push(Box::new(Named("wasmtime", wasmtime::peer(true).kept)));
    }
    let (mut tally, mut failures, mut seed) = (Tally::default(), 0, first);
    while tally.programs < count && failures < MOST {
        if let Err(why) = judge(seed, &engines, &mut tally) {
            eprintln!("{why}");
            failures += 1;
        }
        seed += 1;
    }
    println!("seeds {first} to {}:", seed - 1);
    print!("{tally}");
    println!("{failures:>10} disagreements");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
