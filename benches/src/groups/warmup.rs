//! Warm-up: the total time of a first call, by iterations of its loop, in each mode of tiers; and what the cost model assumes.

use super::Context;
use crate::stats::summary;
use nda_sandbox::{Engine, Limits, Program, TierMode, TierOptions};
use std::time::Instant;

/// A loop of about 20 nodes, entered once.
const LOOP: &str = "
    pub fn f(n: i64) -> i64 {
        let mut x = 88172645463325252;
        let mut i = 0;
        while i < n {
            x = x ^ (x << 13);
            x = x ^ shr_u(x, 7);
            x = x + i;
            i += 1;
        }
        return x;
    }";

const MODES: [(&str, TierMode); 4] = [
    ("tier 1", TierMode::Never),
    ("native", TierMode::Always),
    ("blocking", TierMode::Blocking),
    ("background", TierMode::Background),
];

fn engine(mode: TierMode) -> Engine {
    Engine::builder().tiers(TierOptions { mode, ..TierOptions::default() }).build()
}

fn load(engine: &Engine, source: &str) -> Result<Program, String> {
    let limits = Limits { fuel: u64::MAX / 2, deadline: None, ..Limits::default() };
    engine.load_text(source, &limits).map_err(|e| e.to_string())
}

/// Time from a program's load to the end of its first call, on an engine whose thread runs already; without reading the text.
fn first_call(mode: TierMode, n: i64) -> Result<(f64, i64), String> {
    let engine = engine(mode);
    load(&engine, "pub fn g(x: i64) -> i64 { return x; }")?;
    let bytes = load(&self::engine(TierMode::Never), LOOP)?.bytes().to_vec();
    let limits = Limits { fuel: u64::MAX / 2, deadline: None, ..Limits::default() };
    let start = Instant::now();
    let program = engine.load(bytes, &limits).map_err(|e| e.to_string())?;
    let f = program.func::<(i64,), i64>("f").map_err(|e| e.to_string())?;
    let result = f.call((n,)).map_err(|e| e.to_string())?;
    Ok((start.elapsed().as_secs_f64(), result))
}

/// Measures and prints.
///
/// # Errors
/// Where two modes give different results.
pub fn run(cx: &mut Context) -> Result<(), String> {
    println!("{:>10}  {}", "iterations", MODES.map(|(name, _)| format!("{name:>12}")).join(" "));
    for power in 0..=7_u32 {
        let n = 10_i64.pow(power);
        let rounds = if power >= 7 { 5 } else { cx.plan.rounds.max(7) };
        let mut samples = vec![Vec::new(); MODES.len()];
        let mut results = Vec::new();
        for _ in 0..rounds {
            for ((_, mode), samples) in MODES.iter().zip(&mut samples) {
                let (time, result) = first_call(*mode, n)?;
                samples.push(time);
                results.push(result);
            }
        }
        if results.iter().any(|result| *result != results[0]) {
            return Err(format!("the modes disagree at {n}: {results:?}"));
        }
        let medians: Vec<f64> = samples.iter().map(|s| summary(s).median).collect();
        let best = medians[0].min(medians[1]);
        let cells = medians.iter().map(|m| format!("{:>12}", crate::table::time(*m * 1e9)));
        let line: Vec<String> = cells.collect();
        println!(
            "{n:>10}  {}   background / better of the first two: {:.2}",
            line.join(" "),
            medians[3] / best
        );
    }
    Ok(())
}

/// A function of about so many nodes: straight lines in a loop.
fn sized(lines: usize) -> String {
    let mut source =
        String::from("pub fn f(n: i64) -> i64 {\n let mut x = n;\n let mut y = 1;\n for i in 0..n {\n");
    for k in 0..lines {
        source.push_str(&format!("  x = x ^ (y + {k});\n  y = y + x;\n"));
    }
    source.push_str(" }\n return x ^ y;\n}\n");
    source
}

/// Prints compile times by nodes and the time of a unit in tier 1: the constants of the cost model.
///
/// # Errors
/// Where a function is refused.
pub fn costs(cx: &mut Context) -> Result<(), String> {
    for lines in [1, 4, 16, 64, 256] {
        let source = sized(lines);
        let mut times = Vec::new();
        let (mut nodes, mut bytes) = (0, 0);
        for _ in 0..cx.plan.rounds.max(7) {
            let program = load(&engine(TierMode::Always), &source)?;
            let block = program.tiers().into_iter().next().ok_or("no function")?;
            if let Some(why) = block.refused {
                return Err(why);
            }
            times.push(block.compile_time.unwrap_or_default().as_secs_f64());
            bytes = block.code_bytes;
            nodes = program.entries().next().map_or(0, |e| e.function().function().node_count());
        }
        let median = summary(&times).median;
        println!(
            "compile {nodes:>5} nodes: {:>9}, {:>6.2} µs a node, {bytes} bytes of code",
            crate::table::time(median * 1e9),
            median * 1e6 / nodes as f64
        );
    }
    let program = load(&engine(TierMode::Never), &sized(4))?;
    let f = program.func_untyped("f").map_err(|e| e.to_string())?;
    let mut picos = Vec::new();
    for _ in 0..cx.plan.rounds.max(7) {
        let start = Instant::now();
        let outcome = f.run(&[nda_sandbox::Value::Int(20_000)]).map_err(|e| e.to_string())?;
        picos.push(start.elapsed().as_secs_f64() * 1e12 / outcome.executed_nodes as f64);
    }
    println!("a unit of fuel in tier 1: {:.0} ps", summary(&picos).median);
    Ok(())
}
