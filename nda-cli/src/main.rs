//! The `nda` command.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(nda_cli::run(std::env::args_os()))
}
