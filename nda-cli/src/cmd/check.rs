//! `nda check`: the certificate of each function.

use crate::args::Check;
use crate::stop::{Exit, Stop};
use crate::{json, output};
use nda_ast::{Limits, ValidFunction, ValidProgram};
use serde_json::json;

pub fn run(args: &Check) -> Result<Exit, Stop> {
    let limits = Limits { max_cost: args.max_cost, ..Limits::default() };
    let (program, source) = super::valid(&args.file, &limits)?;
    if args.shared.json {
        output::line(&as_json(&program).to_string())?;
    } else {
        output::bytes(table(&program, &source.name).as_bytes())?;
    }
    Ok(Exit::Success)
}

/// All functions, callees first, with whether each is an entry point.
fn functions(program: &ValidProgram) -> impl Iterator<Item = (u32, bool, &ValidFunction)> {
    let inner = program.program();
    (0..inner.objects().len() as u32).filter_map(move |index| {
        let f = program.function(index)?;
        Some((index, inner.entries().contains(&index), &**f))
    })
}

fn name(program: &ValidProgram, index: u32, f: &ValidFunction) -> String {
    let name = program.program().name(index).map(|n| n.escape_debug().to_string());
    name.unwrap_or_else(|| f.hash().to_string()[..12].to_owned())
}

fn table(program: &ValidProgram, file: &str) -> String {
    let head = ["function", "entry", "nodes", "levels", "frame bytes", "max nodes", "exact", "host"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let yes = |b: bool| if b { "yes" } else { "-" }.to_owned();
    for (index, entry, f) in functions(program) {
        let c = f.certificate();
        rows.push(vec![
            name(program, index, f),
            yes(entry),
            f.function().node_count().to_string(),
            c.levels.to_string(),
            c.frame.to_string(),
            c.max.to_string(),
            yes(c.exact),
            yes(c.reaches_host),
        ]);
    }
    let objects = program.program().objects().len();
    let bytes = program.program().bytes().len();
    let plural = if objects == 1 { "" } else { "s" };
    format!("{file}: valid, {objects} object{plural}, {bytes} bytes\n{}", output::table(&rows))
}

fn as_json(program: &ValidProgram) -> serde_json::Value {
    let one = |(index, entry, f): (u32, bool, &ValidFunction)| {
        let params: Vec<String> = f.function().params().iter().map(ToString::to_string).collect();
        let results: Vec<String> = f.function().results().iter().map(ToString::to_string).collect();
        json!({
            "name": program.program().name(index),
            "hash": f.hash().to_string(),
            "entry": entry,
            "params": params,
            "results": results,
            "nodes": f.function().node_count(),
            "certificate": json::certificate(f.certificate()),
        })
    };
    json!({
        "schema": json::SCHEMA,
        "bytes": program.program().bytes().len(),
        "objects": program.program().objects().len(),
        "functions": functions(program).map(one).collect::<Vec<_>>(),
        "errors": [],
    })
}
