//! Tier 1: a program's functions as nested typed closures, flattened to tail-called records.
//!
//! Each closure of a function, an operation with the places of its operands, is converted to a record of 32 bytes: a function pointer and
//! what the closure has captured. The records of a function are one list, and each ends by calling the next, which compiles
//! to a jump; accumulators, fuel and frame stay in registers. Loops are Rust loops. [`list`] shows the records of a function.
//!
//! ```
//! use nda_ast::{FunctionBuilder, Limits, ProgramBuilder, Type, load};
//! use nda_closure_jit::Tier1;
//! use nda_runtime::{Link, Loaded, Run, RunLimits, RunState, Tier, Value};
//! use std::sync::Arc;
//! let mut f = FunctionBuilder::new("double", [Type::Int]);
//! let n = f.param("n", Type::Int);
//! f.return_([n.load() + n.load()]);
//! let mut p = ProgramBuilder::new();
//! let f = p.add(f)?;
//! p.entry(&f);
//! let program = Arc::new(load(p.finish()?, &Limits::default())?);
//! let entry = program.program().entry("double").unwrap();
//! let loaded = Loaded::new(program, &Link::new())?;
//! let run = Run { program: &loaded, entry, args: &[Value::Int(21)], limits: &RunLimits::default() };
//! let outcome = Tier1.run(run, &mut RunState::new())?;
//! assert_eq!(outcome.result?.results[0].to_string(), "42");
//! assert_eq!(outcome.executed_nodes, 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod chain;
mod code;
mod compile;
mod list;
mod rec;
mod records;
mod resume;

pub use list::list;
pub use resume::{Continuation, continuation};

use nda_ast::{Body, ValidProgram};
use nda_runtime::jit::run_values;
use nda_runtime::{JitCode, JitProgram, Loaded, Outcome, Run, RunError, RunState, Tier};
use std::sync::Arc;

/// Compiles function `object` of a program. The code belongs to the object: other programs that reach it can share it.
///
/// Linear in its nodes; never fails.
///
/// # Panics
/// Where the program has no such function.
#[must_use]
pub fn compile_function(program: &ValidProgram, object: u32) -> JitCode {
    match program.function(object) {
        Some(valid) => code::compile_function(valid, &imports_of(program, object)),
        None => panic!("object {object} is no function"),
    }
}

/// Entries of the table of function `object` that name imports. Other programs that have the object have the same.
fn imports_of(program: &ValidProgram, object: u32) -> Vec<u32> {
    let program = program.program();
    let is_import = |target: u32| matches!(program.objects()[target as usize].body(), Body::Import(_));
    let links = program.links(object).iter().zip(0..);
    links.filter(|(target, _)| is_import(**target)).map(|(_, entry)| entry).collect()
}

/// Compiles every function of a program.
#[must_use]
pub fn compile_program(program: &Loaded) -> JitProgram {
    JitProgram::new(program, |object| Arc::new(compile_function(program.program(), object)))
}

/// Tier 1. A program is compiled at its first run, unless its engine has done it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tier1;

impl Tier for Tier1 {
    fn name(&self) -> &'static str {
        "tier1"
    }

    fn run(&self, run: Run<'_>, state: &mut RunState) -> Result<Outcome, RunError> {
        run_values(run.program.jit(compile_program), run, state)
    }
}
