//! Tier 1 against tier 0 on generated programs, each at several fuel limits: results, traps with locations and operands, log,
//! host calls and counts. `cargo run --release -p nda-testkit --example tiers -- PROGRAMS FIRST_SEED`
//! splits the seeds among all cores; it panics at the first difference, naming the seed.

use nda_closure_jit::Tier1;
use nda_runtime::Tier0;
use nda_testkit::compare::compare_generated;
use std::thread;

/// Random fuel limits beside the four fixed ones.
const FUELS: usize = 2;

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>().expect("a number"));
    let (count, first) = (args.next().unwrap_or(10_000), args.next().unwrap_or(0));
    let threads = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let total: (usize, usize) = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|i| {
                let seeds = (first + i..first + count).step_by(threads as usize);
                scope.spawn(move || compare_generated(&Tier0, &Tier1, seeds, FUELS))
            })
            .collect();
        let join = |w: thread::ScopedJoinHandle<'_, (usize, usize)>| w.join().expect("no difference");
        workers.into_iter().map(join).fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    });
    println!("{count} programs from seed {first}: {} runs, {} returned, no difference", total.0, total.1);
}
