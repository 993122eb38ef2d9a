//! Cold: programs seen once, from their bytes to their answers.

use super::{Context, base_of};
use crate::engine::{Answer, Cold, Engine};
use crate::report::{Phase, Row};
use crate::rounds::{Contestant, Plan, measure};
use crate::stats::{ratio, summary};
use crate::subject::ColdProgram;
use crate::table;
use comfy_table::Table;
use nda_ast::{Expr, FunctionBuilder, Op, ProgramBuilder, Type};
use nda_runtime::Value;
use nda_testkit::generate::{Entropy, small_programs};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Different programs in rotation, more than any cache of programs would be built for.
const PROGRAMS: u32 = 1000;

/// Measures and prints.
///
/// # Errors
/// Where engines disagree.
pub fn run(cx: &mut Context) -> Result<(), String> {
    println!(
        "Timed: decode, hash, validate, make ready, run, drop; nothing is kept from program to program. {PROGRAMS} \
         different programs in rotation; the figures are for one."
    );
    let mut rows = table::table(&["program", "engine", "one program", "spread", "time / base [95 %]"], 2);
    set(cx, "functions of 20 nodes", &functions(), &mut rows)?;
    set(cx, "expressions of 20 nodes", &expressions(), &mut rows)?;
    if !rows.is_empty() {
        println!("{rows}\n");
    }
    Ok(())
}

/// Functions of 20 nodes with a loop of 3.
fn functions() -> Vec<ColdProgram> {
    let cold = |bytes| ColdProgram { bytes, args: vec![Value::Int(7)], expression: None };
    small_programs(PROGRAMS).into_iter().map(cold).collect()
}

/// Float expressions of 20 nodes: 9 operations on 10 leaves, and `return`. What engines of expressions can do too.
fn expressions() -> Vec<ColdProgram> {
    let mut entropy = Entropy::new(21);
    (0..PROGRAMS).map(|_| expression(&mut entropy)).collect()
}

fn expression(entropy: &mut Entropy<'_>) -> ColdProgram {
    let mut f = FunctionBuilder::new("", [Type::Float]);
    let x = f.param("", Type::Float);
    let mut terms: Vec<(Expr, String)> = (0..10)
        .map(|_| match entropy.chance(50) {
            true => (x.load(), "x".to_owned()),
            false => {
                // Eighths: short in decimal and exact in binary.
                let k = entropy.range(1, 64) as f64 / 8.0;
                (Expr::float(k), format!("{k:?}"))
            }
        })
        .collect();
    while terms.len() > 1 {
        let a = terms.swap_remove(entropy.below(terms.len() as u64) as usize);
        let b = terms.swap_remove(entropy.below(terms.len() as u64) as usize);
        let (op, sign) = entropy.pick(&[(Op::AddFloat, '+'), (Op::SubFloat, '-'), (Op::MulFloat, '*')]);
        terms.push((Expr::op(op, [a.0, b.0]), format!("({} {sign} {})", a.1, b.1)));
    }
    let (value, text) = terms.swap_remove(0);
    f.return_([value]);
    let mut program = ProgramBuilder::new();
    let f = program.add(f).expect("well-typed");
    program.entry(&f);
    let bytes = program.finish().expect("there is an entry point");
    ColdProgram { bytes, args: vec![Value::Float(1.375)], expression: Some(text) }
}

/// `programs` in rotation on every engine, and the same after other work.
fn set(cx: &mut Context, name: &str, programs: &[ColdProgram], table: &mut Table) -> Result<(), String> {
    let lone = format!("{name}, after other work");
    let (all, one) = (cx.wants(name), cx.wants(&lone));
    if !all && !one {
        return Ok(());
    }
    let Takers { mut engines, absent } = takers(&cx.engines, programs)?;
    let count = programs.len();
    if all {
        let contestants = engines.iter_mut().map(|(name, cold)| rotate(name, &mut **cold, count)).collect();
        time(&mut cx.rows, table, name, contestants, cx.plan);
    }
    if one {
        let contestants = engines.iter_mut().map(|(name, cold)| rare(name, &mut **cold, count)).collect();
        // What is timed is a hundredth of what is done.
        let plan = Plan { batch: cx.plan.batch / 100, ..cx.plan };
        time(&mut cx.rows, table, &lone, contestants, plan);
    }
    for (engine, why) in absent.into_iter().filter(|_| cx.verbose) {
        table.add_row([String::new(), engine, "-".into(), why]);
    }
    Ok(())
}

/// One program after the other.
fn rotate<'a>(name: &str, cold: &'a mut dyn Cold, programs: usize) -> Contestant<'a> {
    let mut next = 0;
    let run = move || {
        cold.run(next);
        next = (next + 1) % programs;
    };
    Contestant::new(name, run)
}

/// One program after the other, with other work between them that is not timed.
fn rare<'a>(name: &str, cold: &'a mut dyn Cold, programs: usize) -> Contestant<'a> {
    let (mut work, mut next) = (OtherWork::new(), 0);
    let batch = move |count| {
        let mut took = Duration::ZERO;
        for _ in 0..count {
            work.displace();
            let start = Instant::now();
            cold.run(next);
            took += start.elapsed();
            next = (next + 1) % programs;
        }
        took
    };
    Contestant::timing_itself(name, batch)
}

/// What a thread does between two rare requests: it walks memory beyond the caches of its core in an order that depends on
/// what it finds there.
struct OtherWork {
    memory: Vec<u64>,
    at: usize,
}

impl OtherWork {
    /// 8 MiB: a core's second cache holds 1 or 2.
    fn new() -> OtherWork {
        OtherWork { memory: vec![1; 1 << 20], at: 0 }
    }

    fn displace(&mut self) {
        let mut sum = self.memory[self.at];
        for line in 0..self.memory.len() / 8 {
            let at = (line * 8 + (sum & 7) as usize) % self.memory.len();
            sum = sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (sum >> 31) ^ self.memory[at];
            if sum & 64 == 0 {
                self.memory[at] = sum;
            }
        }
        self.at = sum as usize % self.memory.len();
        black_box(&self.memory);
    }
}

/// Measures one program or rotation on every engine. A row's unit is one program.
fn time(
    report: &mut Vec<Row>,
    table: &mut Table,
    name: &str,
    mut contestants: Vec<Contestant<'_>>,
    plan: Plan,
) {
    let samples = measure(&mut contestants, plan);
    let names: Vec<&str> = contestants.iter().map(|c| c.name.as_str()).collect();
    let base = base_of(&names);
    for (i, (engine, sample)) in names.iter().zip(&samples).enumerate() {
        let (s, against) = (summary(sample), ratio(sample, &samples[base]));
        table.add_row([
            if i == 0 { name.into() } else { String::new() },
            (*engine).to_owned(),
            table::time(s.median),
            table::spread(s.spread),
            if i == base { "base".into() } else { table::ratio(&against) },
        ]);
        report.push(Row::new("cold", name, engine, Phase::Cold, s, None).against(names[base], &against));
    }
}

struct Takers<'a> {
    engines: Vec<(String, Box<dyn Cold + 'a>)>,
    /// Names of the others, with the reason.
    absent: Vec<(String, String)>,
}

/// The engines that have a cold path, all with the same answers.
fn takers<'a>(engines: &'a [Box<dyn Engine>], programs: &'a [ColdProgram]) -> Result<Takers<'a>, String> {
    let mut takers = Takers { engines: Vec::new(), absent: Vec::new() };
    let mut first: Option<Vec<Answer>> = None;
    for engine in engines {
        let mut cold = match engine.cold(programs) {
            Ok(cold) => cold,
            Err(why) => {
                takers.absent.push((engine.name().to_owned(), why));
                continue;
            }
        };
        let answers: Vec<Answer> = (0..programs.len())
            .map(|i| cold.answer(i).map_err(|why| format!("cold program {i}, {}: {why}", engine.name())))
            .collect::<Result<_, _>>()?;
        let first = first.get_or_insert_with(|| answers.clone());
        let mut pairs = answers.iter().zip(first.iter()).enumerate();
        if let Some((i, what)) = pairs.find_map(|(i, (a, b))| Some((i, a.differs(b, 0.0)?))) {
            return Err(format!("cold program {i}, {}: another answer: {what}", engine.name()));
        }
        takers.engines.push((engine.name().to_owned(), cold));
    }
    Ok(takers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tier::TierEngine;
    use nda_runtime::Tier0;

    #[test]
    fn programs_are_of_20_nodes_and_load_cold() {
        let tier = TierEngine::new(Tier0);
        for set in [functions(), expressions()] {
            let valid = nda_ast::load(set[0].bytes.clone(), &nda_ast::Limits::default()).expect("valid");
            assert_eq!(crate::subject::nodes(&valid), 20);
            assert_ne!(set[0].bytes, set[1].bytes);
            let mut cold = tier.cold(&set).expect("a tier runs from bytes");
            assert!((0..set.len()).step_by(100).all(|i| cold.answer(i).is_ok_and(|a| a.result.is_ok())));
        }
    }
}
