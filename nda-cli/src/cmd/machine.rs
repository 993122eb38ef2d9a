//! `nda dump --clif` and `--asm`: what tier 2 makes of a program's functions, entered at their beginnings.

use crate::args::Dump;
use crate::stop::{Exit, Stop};
use crate::{json, output};
use nda_ast::{Limits, ValidProgram};
use nda_sandbox::MachineListing;
use serde_json::json;
use std::fmt::Write;

pub fn run(args: &Dump) -> Result<Exit, Stop> {
    let (program, _) = super::valid(&args.file, &Limits::default())?;
    let listings = listings(&program, args.function.as_deref());
    if let (Some(name), true) = (&args.function, listings.is_empty()) {
        return Err(Stop::usage(format!("no function is called `{}`", name.escape_debug())));
    }
    let code = |l: &MachineListing| match &l.code {
        Ok((clif, asm)) => if args.clif { clif } else { asm }.clone(),
        Err(refused) => format!("stays in tier 1: {refused}\n"),
    };
    if args.shared.json {
        let one = |l: &MachineListing| json!({ "name": l.name, "hash": l.hash.to_string(), "code": code(l) });
        let functions: Vec<_> = listings.iter().map(one).collect();
        let answer = json!({ "schema": json::SCHEMA, "functions": functions, "errors": [] });
        output::line(&answer.to_string())?;
        return Ok(Exit::Success);
    }
    let mut out = String::new();
    for listing in &listings {
        let name = listing.name.as_deref().unwrap_or("(no name)").escape_debug();
        let _ = writeln!(out, "fn {name}, hash {}\n{}", listing.hash, code(listing).trim_end());
    }
    output::bytes(out.as_bytes())?;
    Ok(Exit::Success)
}

/// All functions, callees first; or those of this name.
fn listings(program: &ValidProgram, wanted: Option<&str>) -> Vec<MachineListing> {
    let all = nda_sandbox::machine_listings(program).into_iter();
    all.filter(|l| wanted.is_none_or(|wanted| l.name.as_deref() == Some(wanted))).collect()
}
