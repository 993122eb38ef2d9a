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

fn test(args: &[&str], log: &Path) -> Result<Done, String> {
    let text = logged(cargo().args(args), log)?;
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
