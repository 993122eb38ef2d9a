//! The benchmarks of NDA with other people's runtimes in the same rounds. Takes the options of `cargo xtask bench`.

use std::process::ExitCode;

fn main() -> ExitCode {
    nda_benches::main_with(nda_peers::engines())
}
