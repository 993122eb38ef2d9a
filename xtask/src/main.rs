//! The project's own commands: `cargo xtask bench|ci|bless|fuzz`. No dependencies, so that it builds in a second.
#![forbid(unsafe_code)]

mod bench;
mod bless;
mod ci;
mod fuzz;
mod process;
mod steps;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  bench [GROUP] [--quick] [--json FILE] [--filter S]   build, check results equal, measure, print tables (`bench --help`)
        [--peers[=FEATURES]] [--layouts N]             other people's runtimes beside; medians over N builds
  ci [--only STEP]... [--skip STEP]... [--list]        every gate of the project, with times; what .ci/run calls
  bless                                                regenerate every generated file
  fuzz [TARGET] [--seconds N]                          run one fuzz target, or all, N seconds each (default 60)
";

/// The root of the workspace.
fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().map(PathBuf::from).unwrap_or(xtask)
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let done = match command.as_str() {
        "bench" => bench::main(&rest),
        "ci" => ci::main(&rest),
        "bless" => bless::main(&rest),
        "fuzz" => fuzz::main(&rest),
        "" | "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("no command `{other}`\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
