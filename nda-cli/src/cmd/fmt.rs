//! `nda fmt`: canonical text.

use crate::args::Fmt;
use crate::input::Form;
use crate::stop::{Exit, Stop};
use crate::{input, json, output};
use nda_sandbox::Engine;
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
    let text = match source.form() {
        Ok(Form::Text(text)) => text,
        Ok(Form::Bytes) if source.data.starts_with(&nda_ast::MAGIC) => {
            let message = format!("{} is not in the text form: see `nda dump`", source.name);
            return Err(Stop::usage(message));
        }
        // Bytes without the magic are nothing that could be dumped.
        Ok(Form::Bytes) => {
            let refused = Engine::new().loader().validate(source.data.clone()).err();
            let diagnostics = refused.map(|e| e.diagnostics()).unwrap_or_default();
            return Err(source.rejected(diagnostics));
        }
        Err(diagnostic) => return Err(source.rejected(vec![*diagnostic])),
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
