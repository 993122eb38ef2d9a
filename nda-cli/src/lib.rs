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
mod values;

use clap::Parser;
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
    match cmd::run(&cli.command) {
        Ok(exit) => exit.code(),
        Err(stop) => stop.report(shared.json).code(),
    }
}

/// Help and version are asked for and succeed; everything else that clap stops at is wrong usage.
fn refuse(args: &[OsString], error: &clap::Error) -> Exit {
    // A closed pipe is no reason to fail loudly.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Success;
    }
    if args.iter().any(|a| a == "--json") {
        stop::Stop::usage(error.kind().to_string()).print_json();
    }
    Exit::Usage
}
