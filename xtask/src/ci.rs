//! `cargo xtask ci`: every gate of the project, one after the other, with times and a summary.

use crate::process::target_dir;
use crate::steps::{Done, STEPS, Step};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What the whole may take on two cores.
const BUDGET: Duration = Duration::from_secs(25 * 60);

/// Lines of a failed step's log that are shown; the whole is in the file.
const TAIL: usize = 200;

struct Options {
    only: Vec<String>,
    skip: Vec<String>,
    list: bool,
}

/// Runs the steps; a failed one does not keep the others from running.
pub fn main(args: &[String]) -> Result<(), String> {
    let options = parse(args)?;
    if options.list {
        STEPS.iter().for_each(|step| println!("{:<10} {}", step.name, step.what));
        return Ok(());
    }
    let wanted = |step: &&Step| {
        let named = |list: &[String]| list.iter().any(|name| name == step.name);
        (options.only.is_empty() || named(&options.only)) && !named(&options.skip)
    };
    let start = Instant::now();
    let rows: Vec<Row> = STEPS.iter().filter(wanted).map(run).collect();
    summary(&rows, start.elapsed())
}

struct Row {
    name: &'static str,
    took: Duration,
    done: Result<Done, String>,
}

fn run(step: &Step) -> Row {
    println!("\n== {}: {}", step.name, step.what);
    let log = log_file(step.name);
    // An old log is no part of this run. That it may not be there is no error.
    let _ = std::fs::remove_file(&log);
    let start = Instant::now();
    let done = (step.run)(&log);
    let took = start.elapsed();
    match &done {
        Ok(Done::Passed(what)) => println!("   ok, {what} ({})", seconds(took)),
        Ok(Done::Skipped(why)) => println!("   SKIPPED: {why}"),
        Err(why) => {
            show_tail(&log);
            println!("   FAILED: {why}\n   log: {}", log.display());
        }
    }
    Row { name: step.name, took, done }
}

fn log_file(name: &str) -> PathBuf {
    target_dir().join("ci").join(format!("{name}.log"))
}

fn show_tail(log: &PathBuf) {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines[lines.len().saturating_sub(TAIL)..] {
        println!("   | {line}");
    }
}

fn summary(rows: &[Row], total: Duration) -> Result<(), String> {
    println!("\n== summary");
    for row in rows {
        let (mark, what) = match &row.done {
            Ok(Done::Passed(what)) => ("ok", what),
            Ok(Done::Skipped(why)) => ("skipped", why),
            Err(why) => ("FAILED", why),
        };
        println!("{:<8} {:<10} {:>8}  {what}", mark, row.name, seconds(row.took));
    }
    println!("total    {:<10} {:>8}", "", seconds(total));
    if total > BUDGET {
        println!("note: over the budget of {}", seconds(BUDGET));
    }
    let failed: Vec<&str> = rows.iter().filter(|row| row.done.is_err()).map(|row| row.name).collect();
    if rows.is_empty() {
        return Err("no such step; `cargo xtask ci --list` names them".into());
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn seconds(d: Duration) -> String {
    let s = d.as_secs_f64();
    if s < 60.0 { format!("{s:.1} s") } else { format!("{}:{:02} min", d.as_secs() / 60, d.as_secs() % 60) }
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options { only: Vec::new(), skip: Vec::new(), list: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut step = || {
            let name = args.next().ok_or_else(|| format!("{arg} wants the name of a step"))?;
            match STEPS.iter().find(|step| step.name == name) {
                Some(_) => Ok(name.clone()),
                None => Err(format!("no step `{name}`; `cargo xtask ci --list` names them")),
            }
        };
        match arg.as_str() {
            "--only" => options.only.push(step()?),
            "--skip" => options.skip.push(step()?),
            "--list" => options.list = true,
            other => return Err(format!("ci does not know `{other}`")),
        }
    }
    Ok(options)
}
