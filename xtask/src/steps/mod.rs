//! The gates of `cargo xtask ci`.

mod hygiene;
mod packages;
mod targets;
mod tests;

use crate::fuzz;
use crate::process::{cargo, logged};
use std::path::Path;

/// How a step ended, if it did not fail.
pub enum Done {
    /// What it found, with counts.
    Passed(String),
    /// Why it could not be done here.
    Skipped(String),
}

/// A gate. `run` gets the file that its log goes to.
pub struct Step {
    pub name: &'static str,
    pub what: &'static str,
    pub run: fn(&Path) -> Result<Done, String>,
}

/// All of them, cheap and telling ones first.
pub const STEPS: &[Step] = &[
    Step { name: "format", what: "rustfmt has nothing to change", run: format },
    Step {
        name: "hygiene",
        what: "no machine's paths, no unfinished code, unsafe only where it may be",
        run: hygiene::run,
    },
    Step { name: "clippy", what: "clippy with warnings denied, all targets", run: clippy },
    Step { name: "test", what: "cargo test --workspace", run: tests::debug },
    Step {
        name: "stack",
        what: "the machine stack of tier 1 without optimisation, which tests have a little of",
        run: tests::unoptimised,
    },
    Step { name: "release", what: "cargo test --workspace --release", run: tests::release },
    Step {
        name: "levels",
        what: "the tests of what uses kernels, at every other level of kernels that this processor has",
        run: tests::levels,
    },
    Step { name: "doc", what: "the documentation builds without warnings", run: doc },
    Step { name: "tree", what: "dependencies of nda-sandbox without default features", run: packages::tree },
    Step {
        name: "publish",
        what: "cargo publish --dry-run of every crate that can be published",
        run: packages::publish,
    },
    Step { name: "fuzz", what: "fuzz targets build and run for seconds", run: fuzz::smoke },
    Step { name: "arm", what: "the kernels of 64-bit ARM in qemu-user, at every level", run: tests::arm },
    Step { name: "cross", what: "cargo check for other targets", run: targets::run },
];

fn format(log: &Path) -> Result<Done, String> {
    logged(cargo().args(["fmt", "--all", "--check"]), log)?;
    Ok(Done::Passed("formatted".into()))
}

fn clippy(log: &Path) -> Result<Done, String> {
    logged(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]), log)?;
    logged(
        cargo().args(["clippy", "--package", "nda-sandbox", "--no-default-features", "--", "-D", "warnings"]),
        log,
    )?;
    Ok(Done::Passed("no warnings, with default features and nda-sandbox without".into()))
}

fn doc(log: &Path) -> Result<Done, String> {
    logged(cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"), log)?;
    Ok(Done::Passed("no warnings".into()))
}
