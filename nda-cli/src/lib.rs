//! The `nda` command: check, run, format, build, dump and explain programs, and quantise weights.
//!
//! `docs/json.md` describes what `--json` prints. Exit codes: see [`Exit`].
#![forbid(unsafe_code)]

mod args;
mod cmd;
pub mod explain;
mod input;
mod json;
mod output;
mod progress;
mod render;
mod stop;
mod strict;
mod values;

use clap::Parser;
use nda_sandbox::{LEVEL_VARIABLE, Level};
use std::ffi::OsString;

pub use stop::Exit;

/// Runs the command with these arguments, the program's own name first; gives the exit code.
///
/// Standard input and output are the process's; nothing here panics on any input.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match args::Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return refuse(&args, &error).code(),
    };
    let shared = cli.command.shared();
    // A forced level that cannot be had would be another one in silence.
    let level = Level::requested().map_err(|e| stop::Stop::usage(format!("{LEVEL_VARIABLE}: {e}")));
    match level.and_then(|_| cmd::run(&cli.command)) {
        Ok(exit) => exit.code(),
        Err(stop) => stop.report(shared.json).code(),
    }
}

/// Help and version are asked for and succeed; everything else that clap stops at is wrong usage.
fn refuse(args: &[OsString], error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        // A closed pipe is no reason to fail loudly.
        let _ = error.print();
        return Exit::Success;
    }
    if wants_json(args) {
        return stop::Stop::usage(usage_message(error)).report(true);
    }
    let _ = error.print();
    Exit::Usage
}

/// Whether `--json` is among arguments that were not understood as a whole; after `--` there are no options.
fn wants_json(args: &[OsString]) -> bool {
    let is_json = |a: &OsString| a == "--json" || a.as_encoded_bytes().starts_with(b"--json=");
    args.iter().skip(1).take_while(|a| *a != "--").any(is_json)
}

/// What clap says is wrong, without the usage and hints that follow after an empty line.
fn usage_message(error: &clap::Error) -> String {
    let text = error.render().to_string();
    match text.strip_prefix("error: ") {
        Some(text) => text.split("\n\n").next().unwrap_or(text).trim_end().to_owned(),
        // A page of help in place of an error: a command is missing.
        None => error.kind().to_string(),
    }
}
