//! `nda explain`: what a code means.

use crate::args::Explain;
use crate::explain::{Entry, entries};
use crate::output;
use crate::stop::{Exit, Stop};
use serde_json::json;

pub fn run(args: &Explain) -> Result<Exit, Stop> {
    let all = entries();
    match &args.code {
        None => list(&all, args.shared.json)?,
        Some(code) => {
            let found = all.iter().find(|e| e.code.eq_ignore_ascii_case(code));
            let entry = found.ok_or_else(|| unknown(&all, code))?;
            let text = if args.shared.json { as_json(entry).to_string() } else { entry.for_people() };
            output::line(text.trim_end())?;
        }
    }
    Ok(Exit::Success)
}

fn list(all: &[Entry], as_array: bool) -> Result<(), Stop> {
    if as_array {
        let list: Vec<_> = all.iter().map(as_json).collect();
        return output::line(&json!(list).to_string());
    }
    let width = all.iter().map(|e| e.code.len()).max().unwrap_or(0);
    let lines: Vec<String> = all.iter().map(|e| format!("{:width$}  {}", e.code, e.summary)).collect();
    output::line(&lines.join("\n"))
}

fn unknown(all: &[Entry], code: &str) -> Stop {
    let tail = code.rsplit('.').next().unwrap_or(code).to_ascii_lowercase();
    let near = all.iter().filter(|e| !tail.is_empty() && e.code.to_ascii_lowercase().contains(&tail));
    let near: Vec<&str> = near.map(|e| e.code.as_str()).take(5).collect();
    let hint = if near.is_empty() { String::new() } else { format!("; near it: {}", near.join(", ")) };
    Stop::usage(format!("no such code `{}`{hint}; `nda explain` lists all", code.escape_debug()))
}

fn as_json(e: &Entry) -> serde_json::Value {
    json!({
        "code": e.code,
        "stage": e.stage,
        "summary": e.summary,
        "explanation": e.explanation,
        "failing": e.failing.as_ref().map(|x| &x.text),
        "mended": e.mended.as_ref().map(|x| &x.text),
    })
}
