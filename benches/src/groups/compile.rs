//! Compile: from a valid program to code that runs, and whether its time grows with the size.

use super::{Context, base_of};
use crate::report::{Phase, Row};
use crate::rounds::{Contestant, Plan, measure};
use crate::stats::{ratio, summary};
use crate::subject::{Subject, nodes};
use crate::table;
use comfy_table::Table;
use nda_ast::Limits;
use nda_runtime::{Link, Value};
use nda_testkit::generate::{big_program, small_programs};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Nodes and functions of each program.
const SIZES: [(u32, u32); 6] =
    [(20, 1), (1_000, 1), (10_000, 1), (100_000, 1), (1_000_000, 1), (1_000_000, 1000)];

/// Nanoseconds: an engine that would need longer for a program is not asked for it.
const PATIENCE: f64 = 1e9;

/// Measures and prints.
///
/// # Errors
/// Where a generated program does not load.
pub fn run(cx: &mut Context) -> Result<(), String> {
    println!("Timed: a valid program in memory -> code that runs -> dropped. One thread.");
    let mut rows =
        table::table(&["program", "engine", "all", "spread", "a node", "nodes/s", "time / base [95 %]"], 2);
    // Nanoseconds a node of the program before.
    let mut pace: BTreeMap<String, f64> = BTreeMap::new();
    for (size, functions) in SIZES {
        let name = match functions {
            1 => format!("{} nodes", table::count(size.into())),
            _ => format!("{} nodes in {functions} functions", table::count(size.into())),
        };
        if cx.wants(&name) {
            one(cx, &subject(&name, size, functions)?, &mut pace, &mut rows)?;
        }
    }
    if !rows.is_empty() {
        println!("{rows}\n");
    }
    Ok(())
}

/// A program whose run on 0 does next to nothing: none of its loops has an iteration.
fn subject(name: &str, size: u32, functions: u32) -> Result<Subject, String> {
    let bytes = match size {
        20 => small_programs(1).swap_remove(0),
        _ => big_program(size, functions),
    };
    // More than the default: a million nodes in a single function declare more slots than a function of a person.
    let limits = Limits { slots: 1 << 20, ..Limits::default() };
    let program = nda_ast::load(bytes.clone(), &limits)
        .map_err(|e| format!("a generated program does not load: {e}"))?;
    let entry = program.program().entries()[0];
    let inputs = vec![vec![Value::Int(0)]];
    Ok(Subject { name: name.into(), bytes, program: Arc::new(program), entry, inputs, link: Link::new() })
}

fn one(
    cx: &mut Context,
    subject: &Subject,
    pace: &mut BTreeMap<String, f64>,
    table: &mut Table,
) -> Result<(), String> {
    let nodes = nodes(&subject.program);
    let mut names = Vec::new();
    let mut contestants = Vec::new();
    // For each engine, where its two contestants stand.
    let mut places = Vec::new();
    for engine in &cx.engines {
        if pace.get(engine.name()).is_some_and(|ns| ns * nodes as f64 > PATIENCE) {
            continue;
        }
        let Ok(compile) = engine.compile(subject) else { continue };
        names.push(engine.name());
        let all = contestants.len();
        contestants.push(Contestant::new(engine.name(), compile.all));
        let off = compile.off.map(|off| {
            contestants.push(Contestant::timing_itself(engine.name(), off));
            all + 1
        });
        places.push((all, off));
    }
    // A program of a million nodes fills many a batch alone: fewer rounds of it do.
    let plan =
        Plan { rounds: if nodes > 200_000 { cx.plan.rounds.min(7) } else { cx.plan.rounds }, ..cx.plan };
    let samples = measure(&mut contestants, plan);
    let taken: Vec<Vec<f64>> = places
        .iter()
        .map(|(all, off)| match off {
            Some(off) => samples[*all].iter().zip(&samples[*off]).map(|(a, b)| (a - b).max(1.0)).collect(),
            None => samples[*all].clone(),
        })
        .collect();
    let base = base_of(&names);
    for (i, name) in names.iter().enumerate() {
        let (s, against) = (summary(&taken[i]), ratio(&taken[i], &taken[base]));
        table.add_row([
            if i == 0 { subject.name.clone() } else { String::new() },
            (*name).to_owned(),
            table::time(s.median),
            table::spread(s.spread),
            table::time(s.median / nodes as f64),
            format!("{} million", table::digits(1e3 * nodes as f64 / s.median)),
            if i == base { "base".into() } else { table::ratio(&against) },
        ]);
        pace.insert((*name).to_owned(), s.median / nodes as f64);
        let row = Row::new("compile", &subject.name, name, Phase::Compile, s, None);
        cx.rows.push(row.against(names[base], &against).of(nodes as usize));
    }
    Ok(())
}
