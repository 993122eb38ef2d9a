//! `cargo xtask bench`: checks results equal, measures, prints.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    nda_benches::main_with(Vec::new())
}
