//! The command line, and the whole of a measuring program: [`main_with`].

use crate::engine::Engine;
use crate::groups::{Context, GROUPS, Group, WITHOUT_ROWS};
use crate::instructions;
use crate::layouts;
use crate::machine::Machine;
use crate::native::{Float, Lookup, Rust, RustNovec};
use crate::report::{Report, SCHEMA};
use crate::rounds::Plan;
use crate::tier::{Auto, Sandbox, TierEngine};
use crate::treewalk::TreeWalk;
use clap::Parser;
use nda_closure_jit::Tier1;
use nda_runtime::Tier0;
use nda_testkit::machine::{Entered, Machine as Native};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const MORE: &str = "\
cargo xtask bench also takes:
      --peers[=FEATURES]     Measure other people's runtimes in the same rounds: all, or these features of benches/peers
      --layouts <N>          Build N times with other code layouts, measure each, and print medians over the builds; with
                             --peers only wasmi, unless features are named";

/// Measures NDA on this machine: interleaved rounds in rotating order, medians, 95 % bootstrap intervals.
#[derive(Parser)]
#[command(name = "cargo xtask bench", after_help = MORE)]
struct Options {
    /// Only these groups: programs, scalar, memory, network, levels, generated, load, compile, cold, call, warmup, tiers.
    #[arg(value_name = "GROUP")]
    groups: Vec<String>,
    /// Fewer and shorter rounds: seconds in all.
    #[arg(long)]
    quick: bool,
    /// Write the figures as JSON (docs/compatibility.md describes it).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only programs whose name contains this.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only these engines, and the first of all, whose answers are the measure of theirs.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    engines: Vec<String>,
    /// How many programs the group `generated` takes.
    #[arg(long, value_name = "N", default_value_t = 20)]
    generated: u32,
    /// Say of each engine what is timed, and where it takes no part, why.
    #[arg(long)]
    verbose: bool,
    /// Instead of measuring time: instructions of a run as callgrind counts them (valgrind must be installed).
    #[arg(long)]
    instructions: bool,
    /// What --instructions has counted: runs one program that often on one engine, and nothing else.
    #[arg(long, hide = true, num_args = 3, value_names = ["PROGRAM", "ENGINE", "RUNS"])]
    only: Vec<String>,
    /// Instead of measuring: the medians over the reports of several builds, by program and in the mean.
    #[arg(long, value_name = "FILE", num_args = 1.., exclusive = true)]
    over_builds: Vec<PathBuf>,
}

/// The engines of every run, the reference first: its answers are the measure of the others'.
fn engines() -> Result<Vec<Box<dyn Engine>>, String> {
    let mut engines: Vec<Box<dyn Engine>> = vec![Box::new(TierEngine::new(Tier0))];
    engines.push(Box::new(TierEngine::new(Tier1)));
    engines.push(Box::new(TierEngine::new(Native { entered: Entered::Bodies, slice: 1 << 13 })));
    engines.push(Box::<Auto>::default());
    engines.push(Box::<Sandbox>::default());
    engines.push(Box::new(Rust));
    engines.push(Box::new(Float));
    engines.push(Box::new(Lookup));
    engines.push(Box::new(TreeWalk));
    if let Some(novec) = RustNovec::found()? {
        engines.push(Box::new(novec));
    }
    Ok(engines)
}

/// Reads the command line, measures the project's own engines and `extra` ones in the same rounds, prints, and writes the
/// report where one is asked for. The program `main` of a workspace of other people's runtimes is this call.
#[must_use]
pub fn main_with(extra: Vec<Box<dyn Engine>>) -> ExitCode {
    match run(Options::parse(), extra) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options, extra: Vec<Box<dyn Engine>>) -> Result<(), String> {
    if !options.over_builds.is_empty() {
        return layouts::print(&options.over_builds);
    }
    let groups = groups(&options.groups)?;
    let mut engines: Vec<_> = engines()?.into_iter().chain(extra).collect();
    if let [program, engine, runs] = options.only.as_slice() {
        let words = [program.as_str(), engine, runs];
        return instructions::only(&engines, groups[0].name, options.generated, words);
    }
    if !options.engines.is_empty() {
        let mut place = 0..;
        engines.retain(|e| place.next() == Some(0) || options.engines.iter().any(|name| name == e.name()));
    }
    let Options { filter, generated, verbose, quick, .. } = options;
    let plan = if quick { Plan::QUICK } else { Plan::NORMAL };
    let mut cx = Context { plan, filter, engines, generated, verbose, rows: Vec::new() };
    if options.instructions {
        return groups.iter().try_for_each(|group| instructions::print(&cx, group.name));
    }
    let machine = Machine::here();
    print_head(&machine, &cx);
    let only_prints = groups.iter().find(|group| WITHOUT_ROWS.contains(&group.name));
    let only_prints = only_prints.map(|group| group.name);
    for group in groups {
        println!("== {}: {}", group.name, group.what);
        (group.run)(&mut cx, group.name)?;
    }
    if cx.rows.is_empty() && only_prints.is_none() {
        return Err("nothing was measured: no program has that filter in its name".into());
    }
    let Some(path) = options.json else { return Ok(()) };
    write(&path, Report { schema: SCHEMA, machine, rows: cx.rows })
}

/// The groups of these names, in their own order; all without one.
fn groups(names: &[String]) -> Result<Vec<&'static Group>, String> {
    let known: Vec<&str> = GROUPS.iter().map(|g| g.name).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("no group `{name}`; there are {}", known.join(", ")));
    }
    Ok(GROUPS.iter().filter(|g| names.is_empty() || names.iter().any(|name| name == g.name)).collect())
}

fn print_head(machine: &Machine, cx: &Context) {
    println!("{machine}");
    if machine.is_busy() {
        println!("NOTE: other work runs on this machine; expect wide intervals and times that are too long.");
    }
    println!(
        "{} rounds of at least {} ms for each figure, engines in rotating order; medians; spread is half the distance \
         of the quartiles.\n",
        cx.plan.rounds,
        cx.plan.batch.as_millis()
    );
    for engine in cx.engines.iter().filter(|_| cx.verbose) {
        println!("Timed in a run, {}: {}.", engine.name(), engine.timed());
    }
}

fn write(path: &Path, report: Report) -> Result<(), String> {
    let text = serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?;
    std::fs::write(path, text + "\n").map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    println!("written: {}", path.display());
    Ok(())
}
