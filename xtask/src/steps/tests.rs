//! The tests, in debug and release, with the sums of what cargo counted.

use super::Done;
use crate::process::{cargo, logged, output};
use std::path::Path;
use std::process::Command;

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

/// The tests whose results come out of kernels: the crates that call them, and of all tiers' suites those that run whole programs.
const KERNEL_USERS: [&[&str]; 2] = [
    &["--package=nda-kernels", "--package=nda-runtime", "--package=nda-sandbox"],
    &[
        "--package=nda-testkit",
        "--test=suite_tier0",
        "--test=suite_tier1",
        "--test=suite_native_all",
        "--test=vectors",
        "--test=examples_rustc",
    ],
];

/// Forces the level of kernels; `nda_kernels::LEVEL_VARIABLE`.
const LEVEL: &str = "NDA_KERNELS";

/// The other tests have run with the best level.
pub fn levels(log: &Path) -> Result<Done, String> {
    let mut list = cargo();
    list.args(["run", "--quiet", "--profile", "test", "--package", "nda-kernels", "--example", "levels"]);
    let names = output(&mut list)?;
    let names: Vec<&str> = names.lines().collect();
    let Some((best, others)) = names.split_last() else { return Err("there is no level".into()) };
    let mut found = Vec::new();
    for level in others {
        for (users, number) in KERNEL_USERS.iter().zip(1..) {
            let mut command = cargo();
            command.args(["test", "--no-fail-fast"]).args(*users).env(LEVEL, level);
            // A log each: what is counted is what it says.
            let log = log.with_file_name(format!("levels-{level}-{number}.log"));
            // That there may be no old one is no error.
            let _ = std::fs::remove_file(&log);
            match count(&mut command, &log).map_err(|e| format!("{level}: {e}"))? {
                Done::Passed(what) | Done::Skipped(what) => found.push(format!("{level}: {what}")),
            }
        }
    }
    Ok(Done::Passed(format!("{}; the tests above ran with {best}", found.join("; "))))
}

/// 64-bit ARM, run on other processors.
const ARM: &str = "aarch64-unknown-linux-gnu";

/// Where Debian's package `libc6-dev-arm64-cross` has the system libraries of ARM.
const ARM_LIBRARIES: &str = "/usr/aarch64-linux-gnu";

/// The kernels of 64-bit ARM, in an emulator.
pub fn arm(log: &Path) -> Result<Done, String> {
    let lacks = |what: &str| Ok(Done::Skipped(format!("{what} is not installed")));
    if !super::targets::installed()?.iter().any(|target| target == ARM) {
        return lacks(ARM);
    }
    for tool in ["qemu-aarch64", "aarch64-linux-gnu-gcc"] {
        if output(Command::new(tool).arg("--version")).is_err() {
            return lacks(tool);
        }
    }
    let mut found = Vec::new();
    for level in ["scalar", "neon", "neon-dotprod"] {
        let mut command = cargo();
        command.args([
            "test",
            "--no-fail-fast",
            "--package",
            "nda-kernels",
            "--test",
            "kernels",
            "--target",
            ARM,
        ]);
        command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc");
        command
            .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("qemu-aarch64 -L {ARM_LIBRARIES}"));
        match count(command.env(LEVEL, level), log).map_err(|e| format!("{level}: {e}"))? {
            Done::Passed(what) | Done::Skipped(what) => found.push(format!("{level}: {what}")),
        }
    }
    Ok(Done::Passed(found.join("; ")))
}

/// The names of the tests that failed: with `--no-fail-fast` they lie far above the end of the log.
fn failures(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let name = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
    let names: Vec<String> = text.lines().filter_map(name).collect();
    (!names.is_empty()).then(|| format!("{} tests failed: {}", names.len(), names.join(", ")))
}

fn test(args: &[&str], log: &Path) -> Result<Done, String> {
    count(cargo().args(args), log)
}

fn count(command: &mut Command, log: &Path) -> Result<Done, String> {
    let text = logged(command, log).map_err(|why| failures(log).unwrap_or(why))?;
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
