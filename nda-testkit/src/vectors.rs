//! Frozen vectors: program files with their inputs and every part of their outcome, written once and never changed. A
//! change of meaning, of the format or of a cost shows here.
//!
//! `vectors/NAME.nda` is the program, `vectors/NAME.txt` the runs, `vectors/HASH` a hash over all of them by name.

use crate::compare::describe;
use crate::generate::scripted_host;
use crate::notation::{parse_all, write_all};
use crate::subject::Subject;
use nda_ast::Hash;
use nda_runtime::{Outcome, RunLimits, Tier, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Where the files lie.
#[must_use]
pub fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// One run of a program, as a text of `name: value` lines.
#[derive(Clone, Debug)]
pub struct RunInput {
    /// Object index of the entry point.
    pub entry: u32,
    /// Arguments.
    pub args: Vec<Value>,
    /// Fuel.
    pub fuel: u64,
    /// Limit of the log.
    pub log_bytes: u64,
    /// Seed of the host's script.
    pub host: u64,
}

/// Input and outcome as text: everything that tiers must agree on, to the bit.
#[must_use]
pub fn write_run(input: &RunInput, outcome: &Outcome) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{}", format!("{name}: {value}").trim_end());
    };
    line("entry", input.entry.to_string());
    line("args", write_all(&input.args));
    line("fuel", input.fuel.to_string());
    line("log_bytes", input.log_bytes.to_string());
    line("host", input.host.to_string());
    match &outcome.result {
        Ok(returned) => {
            line("results", write_all(&returned.results));
            line("inout", write_all(&returned.inout));
        }
        Err(trap) => {
            line("trap", trap.kind.to_string());
            let at: Vec<String> =
                trap.locations.iter().map(|l| format!("{}:{}", l.function, l.node)).collect();
            line("at", at.join(" "));
        }
    }
    line("executed_nodes", outcome.executed_nodes.to_string());
    line("log", write_all(&outcome.log));
    line("charged", outcome.log_bytes.to_string());
    for call in &outcome.transcript {
        let reply = match &call.reply {
            Some(Ok(results)) => write_all(results),
            Some(Err(code)) => format!("failed {code}"),
            None => "not recorded".into(),
        };
        line("host call", format!("{} ({}) -> {reply}", call.import, write_all(&call.args)));
    }
    out
}

/// The input part of a run's text.
fn read_run(text: &str) -> Option<RunInput> {
    let field =
        |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    Some(RunInput {
        entry: field("entry")?.parse().ok()?,
        args: parse_all(field("args")?).ok()?,
        fuel: field("fuel")?.parse().ok()?,
        log_bytes: field("log_bytes")?.parse().ok()?,
        host: field("host")?.parse().ok()?,
    })
}

/// Runs one input.
///
/// # Panics
/// Where the program is not valid any more, or the arguments do not fit.
#[must_use]
pub fn run(tier: &dyn Tier, bytes: &[u8], input: &RunInput) -> Outcome {
    let valid = nda_ast::load(bytes.to_vec(), &nda_ast::Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    let link = scripted_host(&valid, input.host);
    let subject = Subject::load(bytes.to_vec(), &link, |_| input.entry);
    let limits = RunLimits { fuel: input.fuel, log_bytes: input.log_bytes, ..RunLimits::default() };
    subject.run_within(tier, &input.args, &limits)
}

/// Every file of the directory but the hash, by name.
///
/// # Panics
/// Where the directory cannot be read.
#[must_use]
pub fn files() -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(directory()).expect("nda-testkit/vectors can be read");
    let mut out = BTreeMap::new();
    for entry in entries {
        let path = entry.expect("a directory entry").path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".nda") || name.ends_with(".txt") {
            out.insert(name, std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
        }
    }
    out
}

/// One hash over names and contents.
#[must_use]
pub fn hash(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, content) in files {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(content);
    }
    Hash::from(*hasher.finalize().as_bytes()).to_string()
}

/// Runs every frozen vector in a tier.
///
/// # Panics
/// Where an outcome is another than the frozen one, or a file was changed.
pub fn check(tier: &dyn Tier) {
    let files = files();
    let mut runs = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".nda")) {
        let text = files.get(&name.replace(".nda", ".txt")).unwrap_or_else(|| panic!("{name} has no runs"));
        let text = std::str::from_utf8(text).expect("text");
        for frozen in text.split("\n\n").filter(|part| !part.trim().is_empty()) {
            let input = read_run(frozen).unwrap_or_else(|| panic!("{name}: no input in\n{frozen}"));
            let outcome = run(tier, bytes, &input);
            let found = write_run(&input, &outcome);
            assert_eq!(found.trim(), frozen.trim(), "{name} in tier {}: {}", tier.name(), describe(&outcome));
            runs += 1;
        }
    }
    assert!(runs >= 100, "only {runs} frozen runs are there");
}
