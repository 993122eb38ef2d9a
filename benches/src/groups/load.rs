//! Decode, hash and validate: nodes a second, and whether time grows with the size.

use super::Context;
use crate::report::{Phase, Row};
use crate::rounds::{Contestant, measure};
use crate::stats::summary;
use crate::subject::nodes;
use crate::table;
use nda_ast::{Bytes, Limits, ValidProgram, decode, validate};
use nda_testkit::generate::{big_program, small_programs};

/// How many different small programs are taken in rotation.
const SMALL: u32 = 1000;

/// More than the default: a million nodes in a single function declare more slots than a function of a person.
fn limits() -> Limits {
    Limits { slots: 1 << 20, ..Limits::default() }
}

fn valid(bytes: &Bytes) -> Result<ValidProgram, String> {
    nda_ast::load(bytes.clone(), &limits()).map_err(|e| format!("a generated program does not load: {e}"))
}

/// Measures and prints.
///
/// # Errors
/// Where a generated program does not load.
pub fn run(cx: &mut Context) -> Result<(), String> {
    println!(
        "Timed: bytes in memory -> `decode` (hashes every object) -> `validate` -> dropped. One thread."
    );
    let mut rows = table::table(
        &["program", "nodes", "bytes", "decode + hash", "validate", "all", "a node", "nodes/s"],
        1,
    );
    let sizes = [(1_000, 1), (10_000, 1), (100_000, 1), (1_000_000, 1), (1_000_000, 1000)];
    for (size, functions) in sizes {
        let name = if functions == 1 {
            format!("{} nodes", table::count(size.into()))
        } else {
            format!("{} nodes in {functions} functions", table::count(size.into()))
        };
        if cx.wants(&name) {
            one(cx, &name, &[big_program(size, functions).into()], &mut rows)?;
        }
    }
    let name = format!("20 nodes, {SMALL} different");
    if cx.wants(&name) {
        let small: Vec<Bytes> = small_programs(SMALL).into_iter().map(Bytes::from).collect();
        one(cx, &name, &small, &mut rows)?;
    }
    if !rows.is_empty() {
        println!("{rows}\n");
    }
    Ok(())
}

/// One line: a run takes all the programs, and the figures are for one of them.
fn one(
    cx: &mut Context,
    name: &str,
    programs: &[Bytes],
    table: &mut comfy_table::Table,
) -> Result<(), String> {
    let count: u64 =
        programs.iter().map(|bytes| valid(bytes).map(|p| nodes(&p))).sum::<Result<u64, String>>()?;
    let limits = limits();
    let decode_all = || programs.iter().filter(|bytes| decode((*bytes).clone(), &limits).is_ok()).count();
    let load_all = || {
        let load = |bytes: &Bytes| decode(bytes.clone(), &limits).is_ok_and(|p| validate(p, &limits).is_ok());
        programs.iter().filter(|bytes| load(bytes)).count()
    };
    let mut contestants = [Contestant::new("decode", decode_all), Contestant::new("load", load_all)];
    let samples = measure(&mut contestants, cx.plan);
    let (unit, nodes) = (programs.len() as f64, count as f64);
    // Validation alone is the difference within a round: a decoded program would have to be copied to be timed alone.
    let validate: Vec<f64> =
        samples[1].iter().zip(&samples[0]).map(|(all, part)| (all - part).max(0.0)).collect();
    let (decode, load, validate) = (summary(&samples[0]), summary(&samples[1]), summary(&validate));
    let size = programs.iter().map(|p| p.len() as u64).sum::<u64>();
    table.add_row([
        name.to_owned(),
        table::count(count / programs.len() as u64),
        table::count(size / programs.len() as u64),
        table::time(decode.median / unit),
        table::time(validate.median / unit),
        format!("{} {}", table::time(load.median / unit), table::spread(load.spread)),
        table::time(load.median / nodes),
        format!("{} million", table::digits(1e3 * nodes / load.median)),
    ]);
    cx.rows.push(Row::new("load", name, "nda-ast", Phase::Load, load, None).of(programs.len()));
    Ok(())
}
