//! `nda fmt`: canonical text.

use crate::args::Fmt;
use crate::stop::{Exit, Stop};
use crate::{input, json, output};
use serde_json::json;
use std::path::Path;

pub fn run(args: &Fmt) -> Result<Exit, Stop> {
    let mut changed = Vec::new();
    for file in &args.files {
        if one(file, args.check)? {
            changed.push(file.display().to_string());
        }
    }
    if args.shared.json {
        output::line(&json!({ "schema": json::SCHEMA, "changed": changed, "errors": [] }).to_string())?;
    } else if args.check {
        changed.iter().for_each(|name| output::error(&format!("{name}: not formatted\n")));
    }
    Ok(if args.check && !changed.is_empty() { Exit::Rejected } else { Exit::Success })
}

/// Formats one file; gives whether it was not canonical.
fn one(path: &Path, check: bool) -> Result<bool, Stop> {
    let source = input::source(path, &nda_ast::Limits::default())?;
    let Some(text) = source.text() else {
        return Err(Stop::usage(format!("{} is not in the text form: see `nda dump`", source.name)));
    };
    let formatted = match nda_ast::text::format_source(text) {
        Ok(formatted) => formatted,
        Err(diagnostic) => return Err(source.rejected(vec![*diagnostic])),
    };
    let differs = formatted != text;
    if !check && (differs || path == Path::new("-")) {
        output::file(path, formatted.as_bytes())?;
    }
    Ok(differs)
}
