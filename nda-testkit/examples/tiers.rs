//! A tier against tier 0 on generated programs, each at several fuel limits: results, traps with locations and operands, log,
//! host calls and counts. `cargo run --release -p nda-testkit --example tiers -- PROGRAMS FIRST_SEED TIER`
//! splits the seeds among all cores, tells how far it is, so that a run can be gone on with from there, and panics at the first
//! difference, naming the seed. TIER is `tier1` (the default), or machine code entered at functions' beginnings, at loops only, or
//! at both: `native`, `loops`, `all`.

use nda_closure_jit::Tier1;
use nda_runtime::{Tier, Tier0};
use nda_testkit::compare::compare_generated;
use nda_testkit::machine::{Entered, Machine};
use std::thread;

/// Random fuel limits beside the four fixed ones: of tier 1, and of machine code.
const FUELS: [usize; 2] = [2, 16];

/// Programs between two lines of output.
const PART: u64 = 10_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default| args.get(i).map_or(default, |arg| arg.parse().expect("a number"));
    let (count, first): (u64, u64) = (number(0, 10_000), number(1, 0));
    let machine = |entered, slice| Box::new(Machine { entered, slice }) as Box<dyn Tier>;
    let (tier, fuels) = match args.get(2).map(String::as_str) {
        None | Some("tier1") => (Box::new(Tier1) as Box<dyn Tier>, FUELS[0]),
        Some("native") => (machine(Entered::Bodies, 1 << 13), FUELS[1]),
        Some("loops") => (machine(Entered::Loops, 8), FUELS[1]),
        Some("all") => (machine(Entered::Both, 32), FUELS[1]),
        Some(other) => panic!("no tier `{other}`: tier1, native, loops or all"),
    };
    let threads = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let mut total = (0, 0);
    for begin in (first..first + count).step_by(PART as usize) {
        let end = (begin + PART).min(first + count);
        let part: (usize, usize) = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|i| {
                    let (seeds, tier) = ((begin + i..end).step_by(threads as usize), &*tier);
                    scope.spawn(move || compare_generated(&Tier0, tier, seeds, fuels))
                })
                .collect();
            let join = |w: thread::ScopedJoinHandle<'_, (usize, usize)>| w.join().expect("no difference");
            workers.into_iter().map(join).fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
        });
        total = (total.0 + part.0, total.1 + part.1);
        println!(
            "{}: seeds {first} to {}: {} runs, {} returned, no difference",
            tier.name(),
            end - 1,
            total.0,
            total.1
        );
    }
}
