//! `nda run`: one run, or one per row.

use super::rows;
use super::tier::{self, Callee};
use crate::args::Run;
use crate::progress::Progress;
use crate::stop::{Exit, Stop};
use crate::{json, output, strict, values};
use nda_sandbox::{CallError, Func, Limits, Outcome, Program, RunState, Value};
use std::fmt::Write;
use std::time::Duration;

pub fn run(args: &Run) -> Result<Exit, Stop> {
    let (program, _) = super::program(&args.file, &limits(args), args.tier.mode())?;
    let func = function(&program, args.function.as_deref())?;
    let callee = Callee::new(func, args.tier).map_err(call_error)?;
    if let Some(path) = &args.rows {
        return rows::from_lines(&callee, path, args);
    }
    if let Some(spec) = &args.input {
        return rows::from_tensor(&callee, spec, args);
    }
    let func = &callee.func;
    let given = arguments(func, args)?;
    let progress = Progress::start("running", None);
    let outcome = callee.run_in(&mut RunState::new(), &given).map_err(call_error)?;
    drop(progress);
    show(func, &given, &outcome, args)?;
    if args.tiers {
        output::error(&tier::report(func));
    }
    Ok(exit_of(&outcome))
}

/// A call without an outcome. Without imports it can only be the arguments.
fn call_error(error: CallError) -> Stop {
    Stop::usage(error)
}

/// Success or trap.
pub fn exit_of(outcome: &Outcome) -> Exit {
    if outcome.result.is_ok() { Exit::Success } else { Exit::Trap }
}

fn limits(args: &Run) -> Limits {
    let default = Limits::default();
    Limits {
        fuel: args.fuel.unwrap_or(default.fuel),
        deadline: args.deadline_ms.map_or(default.deadline, |ms| Some(Duration::from_millis(ms))),
        ..default
    }
}

/// The entry point asked for; else the only one; else the one called main.
fn function(program: &Program, name: Option<&str>) -> Result<Func, Stop> {
    let chosen = match name {
        Some(name) => name.to_owned(),
        None => {
            let names: Vec<&str> = program.entries().map(|e| e.name()).collect();
            match names.as_slice() {
                [only] => (*only).to_owned(),
                many if many.contains(&"main") => "main".to_owned(),
                many => {
                    let list: Vec<String> =
                        many.iter().take(20).map(|n| n.escape_debug().to_string()).collect();
                    return Err(Stop::usage(format!("choose an entry point with --fn: {}", list.join(", "))));
                }
            }
        }
    };
    program.func_untyped(&chosen).map_err(|e| Stop::Wrong(Box::new((&e).into())))
}

fn arguments(func: &Func, args: &Run) -> Result<Vec<Value>, Stop> {
    let entry = func.entry();
    let wrong = |e: String| Stop::usage(format!("{e}\n  the function is {}", entry.signature()));
    if let Some(text) = &args.args_json {
        let json = strict::parse(text.as_bytes()).map_err(|e| Stop::usage(format!("--args-json: {e}")))?;
        return values::args_from_json(&json, entry.params(), |i| entry.param_name(i)).map_err(wrong);
    }
    words(func, &args.args, 0)
}

/// The arguments on the command line, for the parameters from `first` on.
pub fn words(func: &Func, words: &[String], first: usize) -> Result<Vec<Value>, Stop> {
    let entry = func.entry();
    let wrong = |e: String| Stop::usage(format!("{e}\n  the function is {}", entry.signature()));
    let params = entry.params().get(first..).unwrap_or(&[]);
    if words.len() != params.len() {
        return Err(wrong(format!("{} arguments are needed, --arg gives {}", params.len(), words.len())));
    }
    let one = |(word, param): (&String, &nda_ast::Param)| values::from_text(word, param.ty).map_err(wrong);
    words.iter().zip(params).map(one).collect()
}

/// Prints an outcome: results on standard output, one a line; log and trap on standard error.
fn show(func: &Func, given: &[Value], outcome: &Outcome, args: &Run) -> Result<(), Stop> {
    let explanation = if args.explain { func.explain(given, outcome).map_err(call_error)? } else { None };
    if args.shared.json {
        let mut answer = json::outcome(func.program(), outcome);
        if let Some(e) = &explanation {
            answer["explanation"] = json::explanation(e);
        }
        return output::line(&answer.to_string());
    }
    let mut told = String::new();
    for entry in &outcome.log {
        let _ = writeln!(told, "log: {entry}");
    }
    match (&outcome.result, &explanation) {
        (Ok(_), _) => {}
        (Err(_), Some(e)) => {
            let _ = writeln!(told, "trap: {e}");
        }
        (Err(trap), None) => {
            let _ = writeln!(told, "trap: {}", trap.kind);
            let frames = func.program().trap_frames(trap);
            for (i, frame) in frames.iter().rev().enumerate() {
                let _ = writeln!(told, "  {} {frame}", if i == 0 { "in" } else { "called from" });
            }
            let _ = writeln!(told, "(--explain shows the values, `nda explain {}` what to do)", trap.code());
        }
    }
    output::error(&told);
    match &outcome.result {
        Ok(values) => values.iter().try_for_each(|value| output::line(&value.to_string())),
        Err(_) => Ok(()),
    }
}
