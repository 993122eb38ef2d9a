//! Resident bytes of each loaded rule, with many different ones loaded.
//!
//! ```text
//! cargo run --release -p nda-sandbox --example resident [RULES]
//! ```

use nda_sandbox::nda_ast::{Expr, FunctionBuilder, ProgramBuilder, Type};
use nda_sandbox::{Engine, Limits, Program};

/// Rules loaded unless the command line says otherwise.
const RULES: i64 = 100_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = std::env::args().nth(1).and_then(|arg| arg.parse().ok()).unwrap_or(RULES);
    let engine = Engine::new();
    // What a process has once, such as tables made at first use, is no rule's.
    let first = engine.load(rule(-1)?, &Limits::default())?;
    let function = first.entry("rule")?.function().function().node_count();
    let bytes = first.bytes().len();
    let before = resident();
    let mut programs: Vec<Program> = Vec::with_capacity(rules as usize);
    for seed in 0..rules {
        programs.push(engine.load(rule(seed)?, &Limits::default())?);
    }
    let loaded = resident();
    // Called, each keeps what it needs to run.
    for (program, x) in programs.iter().zip(0..) {
        program.func::<(i64, i64), bool>("rule")?.call((x, 7))?;
    }
    let called = resident();
    let each = |now: u64| now.saturating_sub(before) / rules.max(1) as u64;
    let stats = engine.stats();
    println!("{} rules of {function} nodes, files of {bytes} bytes", programs.len());
    println!("resident bytes of each rule: {} loaded, {} called", each(loaded), each(called));
    println!(
        "{} functions, {} bytes of code each",
        stats.functions_alive,
        stats.code_bytes as u64 / rules as u64
    );
    Ok(())
}

/// A rule of about 50 nodes, another one for each seed.
fn rule(seed: i64) -> Result<Vec<u8>, nda_sandbox::nda_ast::BuildError> {
    let mut f = FunctionBuilder::new("rule", [Type::Bool]);
    let (a, b) = (f.param("a", Type::Int), f.param("b", Type::Int));
    let mut score = Expr::int(seed);
    for i in 0..6 {
        let term = a.load() * Expr::int(i + seed % 7) - b.load();
        score = score + term;
    }
    let score = f.let_("score", score);
    f.if_(
        score.load().greater(Expr::int(1000 + seed)),
        |f| f.return_([score.load().less(Expr::int(1_000_000))]),
        |f| f.return_([(a.load() + b.load()).greater(Expr::int(seed % 100))]),
    );
    let mut p = ProgramBuilder::new();
    let f = p.add(f)?;
    p.entry(&f);
    Ok(p.finish()?.to_vec())
}

/// Bytes of memory that the process has resident, as Linux counts them; 0 elsewhere.
fn resident() -> u64 {
    const PAGE: u64 = 4096;
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE
}
