//! Call: one call of a loaded function through an engine's own typed handle, by one thread and by two at once.

use super::{Context, base_of};
use crate::engine::Caller;
use crate::report::{Phase, Row};
use crate::rounds::{Contestant, measure};
use crate::stats::{ratio, summary};
use crate::suite::from_source;
use crate::table;
use nda_ast::text::NoLoader;
use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Calls of one timed run: one dispatch to the engine for all of them.
const CALLS: u32 = 1000;

const NAME: &str = "next";
const SOURCE: &str = "pub fn next(x: i64) -> i64 {\n    return x + 1;\n}\n";

/// One engine's handles, a thread's each.
struct Taker {
    engine: String,
    callers: [Box<dyn Caller>; 2],
}

/// Measures and prints.
///
/// # Errors
/// Where an engine gives another result than the function's.
pub fn run(cx: &mut Context) -> Result<(), String> {
    if !cx.wants(NAME) {
        return Ok(());
    }
    let subject = from_source(NAME, SOURCE, NAME, Vec::new(), &mut NoLoader)?;
    let mut takers = Vec::new();
    for engine in &cx.engines {
        let Ok(callers) = engine.callers(&subject, 2) else { continue };
        let two = || format!("{}: not a handle for each of two threads", engine.name());
        let mut callers: [Box<dyn Caller>; 2] = callers.try_into().map_err(|_| two())?;
        for caller in &mut callers {
            let (one, some) = (caller.call(41)?, caller.calls(10));
            if (one, some) != (42, 55) {
                return Err(format!("{}: next(41) is {one}, sum of 10 calls {some}", engine.name()));
            }
        }
        takers.push(Taker { engine: engine.name().to_owned(), callers });
    }
    println!(
        "Timed: {CALLS} calls of a function that adds 1, by one thread, and as many by each of two at once."
    );
    let alone: Vec<Vec<f64>> = measure(&mut takers.iter_mut().map(alone).collect::<Vec<_>>(), cx.plan);
    // The two of a pair in the same rounds: their ratio is the point.
    let pairs: Vec<Vec<Vec<f64>>> = takers
        .iter_mut()
        .map(|taker| {
            let Taker { engine, callers } = taker;
            let cell = std::cell::RefCell::new(callers);
            let one = Contestant::timing_itself(engine.as_str(), |n| calls(&mut *cell.borrow_mut()[0], n));
            let two = Contestant::timing_itself(engine.as_str(), |n| both(&mut cell.borrow_mut(), n));
            measure(&mut [one, two], cx.plan)
        })
        .collect();
    let names: Vec<&str> = takers.iter().map(|t| t.engine.as_str()).collect();
    let base = base_of(&names);
    let head = ["engine", "one call", "spread", "time / base [95 %]", "calls of two threads / of one [95 %]"];
    let mut rows = table::table(&head, 1);
    for (i, name) in names.iter().enumerate() {
        let (s, against) = (summary(&alone[i]), ratio(&alone[i], &alone[base]));
        // Two threads make twice the calls in the time of `pairs[i][1]`.
        let (two, gain) = (summary(&pairs[i][1]), ratio(&pairs[i][0], &pairs[i][1]).times(2.0));
        rows.add_row([
            (*name).to_owned(),
            table::time(s.median / f64::from(CALLS)),
            table::spread(s.spread),
            if i == base { "base".into() } else { table::ratio(&against) },
            table::ratio(&gain),
        ]);
        let calls = CALLS as usize;
        cx.rows.push(
            Row::new("call", NAME, name, Phase::Call, s, None).against(names[base], &against).of(calls),
        );
        let both = Row::new("call", "next, two threads", name, Phase::Call, two, None);
        cx.rows.push(both.of(2 * calls));
    }
    println!("{rows}\n");
    Ok(())
}

fn alone(taker: &mut Taker) -> Contestant<'_> {
    let caller = &mut taker.callers[0];
    Contestant::timing_itself(taker.engine.as_str(), move |n| calls(&mut **caller, n))
}

fn calls(caller: &mut dyn Caller, count: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        black_box(caller.calls(CALLS));
    }
    start.elapsed()
}

/// From the moment when both threads are there until the later one is done.
fn both(callers: &mut [Box<dyn Caller>; 2], count: u32) -> Duration {
    let barrier = Barrier::new(2);
    let [first, second] = callers;
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            barrier.wait();
            calls(&mut **second, count)
        });
        barrier.wait();
        let mine = calls(&mut **first, count);
        other.join().map_or(mine, |theirs| theirs.max(mine))
    })
}
