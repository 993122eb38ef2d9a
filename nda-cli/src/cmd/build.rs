//! `nda build`: a program's bytes.

use crate::args::Build;
use crate::stop::{Exit, Stop};
use crate::{json, output};
use nda_ast::Limits;
use serde_json::json;
use std::path::Path;

pub fn run(args: &Build) -> Result<Exit, Stop> {
    let (program, _) = super::valid(&args.file, &Limits::default())?;
    let inner = program.program();
    output::file(&args.output, inner.bytes())?;
    // Standard output may be taken by the bytes.
    if args.shared.json && args.output != Path::new("-") {
        let entry = |&index: &u32| json!({ "name": inner.name(index), "hash": inner.objects()[index as usize].hash().to_string() });
        let entries: Vec<_> = inner.entries().iter().map(entry).collect();
        let answer = json!({
            "schema": json::SCHEMA,
            "bytes": inner.bytes().len(),
            "objects": inner.objects().len(),
            "entries": entries,
            "errors": [],
        });
        output::line(&answer.to_string())?;
    }
    Ok(Exit::Success)
}
