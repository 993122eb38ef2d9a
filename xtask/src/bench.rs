//! `cargo xtask bench`: builds and runs the measuring program of `nda-benches`.

use crate::process::{cargo, run};

/// Passes everything on; `cargo xtask bench --help` is the measuring program's own help.
pub fn main(args: &[String]) -> Result<(), String> {
    run(cargo()
        .args(["run", "--release", "--quiet", "--package", "nda-benches", "--bin", "nda-bench", "--"])
        .args(args))
}
