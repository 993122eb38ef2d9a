//! What a reader would stumble over: paths of one machine, unfinished code, silenced lints, `unsafe` outside its rooms.

use super::Done;
use crate::tree::{self, File};
use std::path::Path;

/// Where one machine keeps things. Written in two halves, so that this file does not accuse itself.
const PATHS: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/far", "m/"),
    concat!("/tm", "p/"),
    concat!("/hom", "e/"),
];

/// Code that is not finished, anywhere in a line.
const UNFINISHED: [&str; 3] = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("db", "g!(")];

/// Tests and lints switched off without a reason, as attributes; a macro may write such attributes for its users.
const SILENCED: [&str; 3] = [concat!("#[ig", "nore]"), concat!("#[al", "low("), concat!("#![al", "low(")];

/// The crates that may hold `unsafe`: see ARCHITECTURE.md. Other people's libraries, which `benches/peers` measures, may want it.
const UNSAFE: [&str; 4] = ["nda-kernels/", "nda-native-jit/", "nda-runtime/", "benches/peers/"];

const FORBID: &str = "#![forbid(unsafe_code)]";

pub fn run(_log: &Path) -> Result<Done, String> {
    let files = tree::files()?;
    let mut found = Vec::new();
    for file in &files {
        if let Some(text) = file.text() {
            check_lines(file, text, &mut found);
            check_root(file, text, &mut found);
        }
    }
    if found.is_empty() {
        return Ok(Done::Passed(format!("{} files", files.len())));
    }
    found.iter().for_each(|line| println!("   {line}"));
    Err(format!("{} places", found.len()))
}

fn check_lines(file: &File, text: &str, found: &mut Vec<String>) {
    let rust = file.path.ends_with(".rs");
    for (number, line) in text.lines().enumerate() {
        let at = |what: &str| format!("{}:{}: {what}", file.path, number + 1);
        found.extend(
            PATHS
                .iter()
                .filter(|path| has_path(line, path))
                .map(|path| at(&format!("path of one machine: {path}"))),
        );
        if rust {
            let attribute = line.trim_start();
            let words = UNFINISHED.iter().filter(|word| line.contains(**word));
            let silenced = SILENCED.iter().filter(|word| attribute.starts_with(**word));
            found.extend(words.chain(silenced).map(|word| at(word)));
        }
    }
}

/// Whether `line` names an absolute path that begins with `path`, not a relative one that contains it.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '}' | '*'))
    })
}

/// The root of each crate that has no business with `unsafe` says so to the compiler.
fn check_root(file: &File, text: &str, found: &mut Vec<String>) {
    let is_root = file.path.ends_with("/src/lib.rs") || file.path.ends_with("/src/main.rs");
    let may = UNSAFE.iter().any(|crate_| file.path.starts_with(crate_));
    if is_root && !may && !text.contains(FORBID) {
        found.push(format!("{}: lacks {FORBID}", file.path));
    }
}
