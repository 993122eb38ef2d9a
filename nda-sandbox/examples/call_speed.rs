//! Nanoseconds of one call through a typed handle, under default limits, on one thread and on two.
//!
//! ```text
//! cargo run --release -p nda-sandbox --example call_speed [CALLS]
//! ```

use nda_sandbox::{Engine, Limits, Params, RunState, TypedFn};
use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Calls of one thread in one round, unless the command line says otherwise.
const CALLS: u32 = 200_000;
/// Rounds, of which the fastest is printed: whatever else the machine does makes others slower.
const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let alone = |_: &_, i: i64| {
        // Shares nothing: what two threads can gain on this machine, now.
        black_box((0..32).fold(i, |x, y| black_box(x ^ y)));
        Ok(())
    };
    let engine = Engine::new();
    let load = |source: &str| engine.load_text(source, &Limits::default());
    let scalar = load("fn f(x: i64) -> i64 { return x + 1; }")?.func::<i64, i64>("f")?;
    report(
        "scalar function",
        &scalar,
        |f, state, i| f.call_in(state, i).map(drop),
        |f, i| f.call(i).map(drop),
    );
    report("no call, arithmetic of its own", &scalar, |f, _, i| alone(f, i), alone);
    let rule = load(&rule())?.func::<(f64, f64, i64), bool>("rule")?;
    let args = |i: i64| (i as f64, 0.5, i);
    report(
        "rule of 50 nodes",
        &rule,
        |f, state, i| f.call_in(state, args(i)).map(drop),
        |f, i| f.call(args(i)).map(drop),
    );
    let slice = load("fn f(x: &Buf<f64, 16>) -> f64 { return x[15]; }")?.func::<&[f64], f64>("f")?;
    let data = [1.5; 16];
    report(
        "&[f64] of 16",
        &slice,
        |f, state, _| f.call_in(state, black_box(&data)).map(drop),
        |f, _| f.call(black_box(&data)).map(drop),
    );
    Ok(())
}

/// A rule as a host would let others write: a score of three inputs, compared.
fn rule() -> String {
    let mut score = "0.0".to_owned();
    for i in 0..10 {
        let _writing_a_string_never_fails = write!(score, " + a * {i}.25 - b");
    }
    format!("fn rule(a: f64, b: f64, n: i64) -> bool {{ let s = {score}; return s > 10.0 && n >= 3; }}")
}

type Call<T> = Result<T, nda_sandbox::CallError>;

/// Prints nanoseconds per call: in the caller's memory, in the thread's, and the latter on two threads at once.
fn report<P: Params, R: nda_sandbox::Rets>(
    name: &str,
    function: &TypedFn<P, R>,
    call_in: impl Fn(&TypedFn<P, R>, &mut RunState, i64) -> Call<()> + Sync,
    call: impl Fn(&TypedFn<P, R>, i64) -> Call<()> + Sync,
) {
    let calls = std::env::args().nth(1).and_then(|arg| arg.parse().ok()).unwrap_or(CALLS);
    let nodes = function.untyped().entry().function().function().node_count();
    let in_own = || {
        let mut state = RunState::new();
        (0..calls).all(|i| call_in(black_box(function), &mut state, black_box(i.into())).is_ok())
    };
    let kept = || (0..calls).all(|i| call(black_box(function), black_box(i.into())).is_ok());
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        times[0].push(timed(1, &in_own));
        times[1].push(timed(1, &kept));
        times[2].push(timed(2, &kept));
    }
    let [own, one, two] = times.map(|times| {
        let fastest: Duration = times.into_iter().min().unwrap_or_default();
        fastest.as_secs_f64() * 1e9 / f64::from(calls)
    });
    println!(
        "{name} ({nodes} nodes): call_in {own:.1} ns, call {one:.1} ns, two threads {:.2} times one",
        2.0 * one / two
    );
}

/// How long `threads` threads take that each do `work` once.
fn timed(threads: usize, work: &(impl Fn() -> bool + Sync)) -> Duration {
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let run = || {
            barrier.wait();
            let start = Instant::now();
            assert!(work());
            start.elapsed()
        };
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mine = run();
        others.into_iter().filter_map(|t| t.join().ok()).fold(mine, Duration::max)
    })
}
