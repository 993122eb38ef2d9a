//! `cargo xtask fuzz`: the targets of `fuzz/`, built with the stable compiler. The coverage instrumentation is LLVM's
//! own pass, asked for with the flags that `cargo fuzz --sanitizer none` uses; only the address sanitizer, of little
//! use to code without `unsafe`, would need a nightly compiler.

use crate::process::{cargo, logged, output, run, target_dir};
use crate::root;
use crate::steps::Done;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds for each target in `cargo xtask ci`.
const SMOKE: u32 = 3;

/// Longest input, bytes.
const MAX_LEN: u32 = 1 << 14;

/// The target whose inputs are texts.
const TEXT: &str = "text";

/// Runs one target, or all.
pub fn main(args: &[String]) -> Result<(), String> {
    let all = targets()?;
    let (mut wanted, mut seconds) = (Vec::new(), 60);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => {
                let n = args.next().and_then(|n| n.parse().ok());
                seconds = n.ok_or("--seconds wants a number")?;
            }
            name if all.iter().any(|target| target == name) => wanted.push(name.to_owned()),
            name => return Err(format!("no fuzz target `{name}`; there are {}", all.join(", "))),
        }
    }
    if wanted.is_empty() {
        wanted = all;
    }
    run(&mut build()?)?;
    for target in wanted {
        println!("== {target}");
        run(&mut command(&target, seconds)?)?;
    }
    Ok(())
}

/// The step of `cargo xtask ci`.
pub fn smoke(log: &Path) -> Result<Done, String> {
    if output(Command::new("c++").arg("--version")).is_err() {
        return Ok(Done::Skipped("the fuzzing engine is C++ and there is no `c++`".into()));
    }
    logged(&mut build()?, log)?;
    let all = targets()?;
    let mut runs = 0;
    for target in &all {
        // Each target's log starts anew, so that its count is its own.
        let log = log.with_file_name(format!("fuzz-{target}.log"));
        let _ = std::fs::remove_file(&log);
        let text =
            logged(&mut command(target, SMOKE)?, &log).map_err(|e| format!("{e}; log: {}", log.display()))?;
        runs += executions(&text).ok_or_else(|| format!("{target} does not say how often it ran"))?;
    }
    Ok(Done::Passed(format!("{} targets ({}), {SMOKE} s each, {runs} inputs", all.len(), all.join(" "))))
}

/// The number in `Done 123 runs in 3 second(s)`.
fn executions(text: &str) -> Option<u64> {
    let line = text.lines().rfind(|line| line.starts_with("Done "))?;
    line.split(' ').nth(1)?.parse().ok()
}

fn manifest() -> PathBuf {
    root().join("fuzz").join("Cargo.toml")
}

/// A file of `fuzz/fuzz_targets` is a target.
fn targets() -> Result<Vec<String>, String> {
    let dir = root().join("fuzz").join("fuzz_targets");
    let entries = std::fs::read_dir(&dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    let stem = |e: std::fs::DirEntry| Some(e.path().file_stem()?.to_string_lossy().into_owned());
    let mut names: Vec<String> = entries.flatten().filter_map(stem).collect();
    names.sort();
    Ok(names)
}

fn host() -> Result<String, String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not name its host".into())
}

fn build_dir() -> PathBuf {
    target_dir().join("fuzz")
}

fn build() -> Result<Command, String> {
    let flags = [
        "--cfg fuzzing",
        "-Cpasses=sancov-module",
        "-Cllvm-args=-sanitizer-coverage-level=4",
        "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
        "-Cllvm-args=-sanitizer-coverage-pc-table",
        "-Cllvm-args=-sanitizer-coverage-trace-compares",
        "-Ccodegen-units=1",
    ];
    let mut build = cargo();
    // With `--target`, the flags are not given to build scripts.
    build.args(["build", "--release", "--bins", "--target", &host()?, "--manifest-path"]).arg(manifest());
    build.arg("--target-dir").arg(build_dir()).env("RUSTFLAGS", flags.join(" "));
    Ok(build)
}

/// One run from the corpus that earlier runs left behind.
fn command(target: &str, seconds: u32) -> Result<Command, String> {
    let corpus = root().join("fuzz").join("corpus").join(target);
    let artifacts = root().join("fuzz").join("artifacts").join(target);
    for dir in [&corpus, &artifacts] {
        std::fs::create_dir_all(dir).map_err(|e| format!("cannot create {}: {e}", dir.display()))?;
    }
    if target == TEXT {
        plant_examples(&corpus)
            .map_err(|e| format!("cannot copy the examples to {}: {e}", corpus.display()))?;
    }
    let mut command = Command::new(build_dir().join(host()?).join("release").join(target));
    command.arg(&corpus).current_dir(root());
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={MAX_LEN}"));
    command
        .arg("-timeout=10")
        .arg("-rss_limit_mb=2048")
        .arg(format!("-artifact_prefix={}/", artifacts.display()));
    Ok(command)
}

/// The examples are the best start for the target that takes texts; the others make their programs from noise.
fn plant_examples(corpus: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(root().join("examples"))? {
        let path = entry?.path();
        if let (Some("nda"), Some(name)) = (path.extension().and_then(|e| e.to_str()), path.file_name()) {
            std::fs::copy(&path, corpus.join(name))?;
        }
    }
    Ok(())
}
