//! `nda dump --closures`: what tier 1 makes of a program's functions.

use crate::args::Dump;
use crate::stop::{Exit, Stop};
use crate::{json, output};
use nda_ast::{Limits, ValidProgram};
use serde_json::json;
use std::fmt::Write;

/// The records of one function.
struct Listing {
    name: Option<String>,
    hash: String,
    records: String,
}

pub fn run(args: &Dump) -> Result<Exit, Stop> {
    let (program, _) = super::valid(&args.file, &Limits::default())?;
    let listings = listings(&program, args.function.as_deref());
    if let (Some(name), true) = (&args.function, listings.is_empty()) {
        return Err(Stop::usage(format!("no function is called `{}`", name.escape_debug())));
    }
    if args.shared.json {
        let one = |l: &Listing| json!({ "name": l.name, "hash": l.hash, "records": l.records });
        let functions: Vec<_> = listings.iter().map(one).collect();
        let answer = json!({ "schema": json::SCHEMA, "functions": functions, "errors": [] });
        output::line(&answer.to_string())?;
    } else {
        output::bytes(text(&listings).as_bytes())?;
    }
    Ok(Exit::Success)
}

/// All functions, callees first; or those of this name.
fn listings(program: &ValidProgram, wanted: Option<&str>) -> Vec<Listing> {
    let inner = program.program();
    let all = 0..inner.objects().len() as u32;
    all.filter_map(|object| {
        let function = program.function(object)?;
        let name = inner.name(object);
        if wanted.is_some_and(|wanted| name != Some(wanted)) {
            return None;
        }
        let records = nda_closure_jit::list(program, object);
        Some(Listing { name: name.map(str::to_owned), hash: function.hash().to_string(), records })
    })
    .collect()
}

fn text(listings: &[Listing]) -> String {
    let mut out = String::new();
    for (i, listing) in listings.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let name = listing.name.as_deref().unwrap_or("(no name)").escape_debug();
        let _ = writeln!(out, "fn {name}, hash {}\n{}", listing.hash, listing.records.trim_end());
    }
    out
}
