//! Instructions instead of time: the same on a busy machine as on a quiet one. A program is run once and eleven times in a
//! process of its own under callgrind; what ten more runs take, over ten, is the count of a run.

use crate::engine::Engine;
use crate::groups::means::Means;
use crate::groups::suite::subjects;
use crate::groups::{Context, base_of};
use crate::table;
use std::process::Command;

/// Runs in the longer of the two processes, beyond the one that both have.
const MORE: u32 = 10;

/// Runs one program `runs` times on one engine, and nothing else.
///
/// # Errors
/// Where there is no such program or engine, or the one does not take the other.
pub fn only(
    engines: &[Box<dyn Engine>],
    group: &str,
    generated: u32,
    [program, engine, runs]: [&str; 3],
) -> Result<(), String> {
    let subjects = subjects(group, generated)?.unwrap_or_default();
    let subject = subjects.iter().find(|s| s.name == program).ok_or("no such program")?;
    let engine = engines.iter().find(|e| e.name() == engine).ok_or("no such engine")?;
    let runs = runs.parse().map_err(|_| "RUNS is no number")?;
    engine.load(subject)?.batch(runs);
    Ok(())
}

/// Counts and prints a group; nothing for groups that are no programs on engines.
///
/// # Errors
/// Where a program does not load, or valgrind is not there.
pub fn print(cx: &Context, group: &str) -> Result<(), String> {
    let Some(mut subjects) = subjects(group, cx.generated)? else { return Ok(()) };
    subjects.retain(|subject| cx.wants(&subject.name));
    let mut rows = table::table(&["program", "engine", "instructions", "over base"], 2);
    let mut means = Means::default();
    for subject in &subjects {
        // What runs in another process is not counted.
        let here = cx.engines.iter().filter(|e| e.name() != "rust-novec" && e.load(subject).is_ok());
        let takers: Vec<&str> = here.map(|e| e.name()).collect();
        let mut counts = Vec::new();
        for engine in &takers {
            let count = |runs: u32| child(cx, group, &subject.name, engine, runs);
            counts.push(count(1 + MORE)?.saturating_sub(count(1)?) as f64 / f64::from(MORE));
        }
        let base = base_of(&takers);
        let mut ratios = Vec::new();
        for (i, (engine, count)) in takers.iter().zip(&counts).enumerate() {
            let ratio = count / counts[base];
            rows.add_row([
                if i == 0 { subject.name.clone() } else { String::new() },
                (*engine).to_owned(),
                table::count(*count as u64),
                if i == base { "base".into() } else { table::digits(ratio) },
            ]);
            ratios.push(((*engine).to_owned(), ratio));
        }
        means.add(takers[base], subject.uses_memory(), &ratios);
    }
    if !rows.is_empty() {
        println!("{rows}\n");
        means.print("instructions");
    }
    Ok(())
}

/// Instructions of a process that runs a program that often.
fn child(cx: &Context, group: &str, program: &str, engine: &str, runs: u32) -> Result<u64, String> {
    let this = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(this);
    valgrind.args([group, "--generated", &cx.generated.to_string()]);
    valgrind.args(["--only", program, engine, &runs.to_string()]);
    let out = valgrind.output().map_err(|e| format!("cannot start valgrind: {e}"))?;
    let text = String::from_utf8_lossy(&out.stderr);
    let count = text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    match count {
        Some(count) if out.status.success() => Ok(count),
        _ => Err(format!("{program} on {engine} under valgrind: {text}")),
    }
}
