//! The tests, in debug and release, with the sums of what cargo counted.

use super::Done;
use crate::process::{cargo, logged};
use std::path::Path;

pub fn debug(log: &Path) -> Result<Done, String> {
    test(&["test", "--workspace", "--no-fail-fast"], log)
}

pub fn release(log: &Path) -> Result<Done, String> {
    test(&["test", "--workspace", "--no-fail-fast", "--release"], log)
}

/// Calls in tail position stay calls only where nothing is optimised, which the profile of tests does not have.
pub fn unoptimised(log: &Path) -> Result<Done, String> {
    test(
        &["test", "--package", "nda-closure-jit", "--profile", "dev", "--test", "stack", "--no-fail-fast"],
        log,
    )
}

/// The names of the tests that failed: with `--no-fail-fast` they lie far above the end of the log.
fn failures(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let name = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
    let names: Vec<String> = text.lines().filter_map(name).collect();
    (!names.is_empty()).then(|| format!("{} tests failed: {}", names.len(), names.join(", ")))
}

fn test(args: &[&str], log: &Path) -> Result<Done, String> {
    let text = logged(cargo().args(args), log).map_err(|why| failures(log).unwrap_or(why))?;
    let (mut passed, mut ignored, mut binaries) = (0, 0, 0);
    for line in text.lines().filter(|line| line.starts_with("test result: ")) {
        let count = |what: &str| {
            let part = line.split([';', '.']).find(|part| part.trim_end().ends_with(what));
            part.and_then(|part| part.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0)
        };
        passed += count("passed");
        ignored += count("ignored");
        binaries += 1;
    }
    if passed == 0 {
        return Err("no test ran".into());
    }
    Ok(Done::Passed(format!("{passed} tests passed, {ignored} ignored, in {binaries} binaries")))
}
