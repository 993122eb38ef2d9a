//! Shared by the tests: from texts and builders to outcomes.
#![expect(dead_code, reason = "each test binary uses a part of it")]

use nda_ast::{FunctionBuilder, FunctionRef, Limits, ProgramBuilder, Type, ValidProgram, load};
use nda_runtime::{HostError, Link, Loaded, Outcome, Run, RunLimits, RunState, Tier, Value};
use std::sync::Arc;

/// Loads a program in the text form.
pub fn load_text(source: &str, link: &Link) -> Loaded {
    let program = nda_ast::text::compile(source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    link_program(program, link)
}

fn link_program(program: ValidProgram, link: &Link) -> Loaded {
    Loaded::new(Arc::new(program), link).unwrap_or_else(|e| panic!("{e}"))
}

/// Adds a function.
pub fn add(program: &mut ProgramBuilder, f: FunctionBuilder) -> FunctionRef {
    program.add(f).unwrap_or_else(|e| panic!("{e}"))
}

/// Loads a program whose last function, its entry point, is `f`.
pub fn load_built(mut program: ProgramBuilder, f: FunctionBuilder) -> Loaded {
    let f = add(&mut program, f);
    program.entry(&f);
    let bytes = program.finish().unwrap_or_else(|e| panic!("{e}"));
    link_program(load(bytes, &Limits::default()).unwrap_or_else(|e| panic!("{e}")), &Link::new())
}

/// The first entry point.
pub fn entry(program: &Loaded) -> u32 {
    program.program().program().entries()[0]
}

/// The entry point of this name.
pub fn entry_named(program: &Loaded, name: &str) -> u32 {
    program.program().program().entry(name).unwrap_or_else(|| panic!("no entry point {name}"))
}

/// Runs object `entry` with this much fuel.
pub fn run(tier: &dyn Tier, program: &Loaded, entry: u32, args: &[Value], fuel: u64) -> Outcome {
    let limits = RunLimits { fuel, ..RunLimits::default() };
    let run = Run { program, entry, args, limits: &limits };
    tier.run(run, &mut RunState::new()).unwrap_or_else(|e| panic!("{}: {e}", tier.name()))
}

/// A host with `ask(i64) -> i64`, which answers with the square and refuses negative numbers.
pub fn host() -> Link {
    let mut link = Link::new();
    link.grant("ask", [Type::Int], [Type::Int], |args: &[Value]| match args {
        [Value::Int(x)] if *x >= 0 => Ok(vec![Value::Int(x.wrapping_mul(*x))]),
        _ => Err(HostError { code: 3 }),
    });
    link
}
