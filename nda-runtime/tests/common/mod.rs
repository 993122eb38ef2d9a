//! Shared by the tests: from builders to outcomes.
#![expect(dead_code, reason = "each test binary uses a part of it")]

use nda_ast::{Expr, FunctionBuilder, FunctionRef, Limits, NodeId, Op, ProgramBuilder, Type, load};
use nda_runtime::{Buf, Link, Loaded, Outcome, Run, RunLimits, RunState, Tier, Tier0, Trap, Value};
use std::sync::Arc;

/// A program under construction whose last function is the entry point.
#[derive(Default)]
pub struct Build {
    pub p: ProgramBuilder,
}

impl Build {
    pub fn new() -> Build {
        Build::default()
    }

    /// Adds a function.
    pub fn add(&mut self, f: FunctionBuilder) -> FunctionRef {
        self.p.add(f).expect("a well-built function")
    }

    /// Makes `f` the entry point, and loads.
    pub fn load_with(mut self, f: FunctionBuilder, link: &Link, limits: &Limits) -> Loaded {
        let f = self.add(f);
        self.p.entry(&f);
        let bytes = self.p.finish().expect("an entry point");
        let program = load(bytes, limits).expect("a valid program");
        Loaded::new(Arc::new(program), link).expect("all imports granted")
    }

    pub fn load(self, f: FunctionBuilder) -> Loaded {
        self.load_with(f, &Link::new(), &Limits::default())
    }
}

/// A function of one expression.
pub fn returning(expr: Expr) -> FunctionBuilder {
    let mut f = FunctionBuilder::new("f", [expr.ty()]);
    f.return_([expr]);
    f
}

pub fn entry(program: &Loaded) -> u32 {
    program.program().program().entries()[0]
}

pub fn run_with(program: &Loaded, args: &[Value], limits: &RunLimits) -> Outcome {
    let run = Run { program, entry: entry(program), args, limits };
    Tier0.run(run, &mut RunState::new()).expect("arguments that fit")
}

pub fn run(program: &Loaded, args: &[Value]) -> Outcome {
    run_with(program, args, &RunLimits::default())
}

pub fn fuel(fuel: u64) -> RunLimits {
    RunLimits { fuel, ..RunLimits::default() }
}

pub fn log_bytes(log_bytes: u64) -> RunLimits {
    RunLimits { log_bytes, ..RunLimits::default() }
}

/// The results of a run that returns.
pub fn results(outcome: &Outcome) -> &[Value] {
    &outcome.result.as_ref().expect("a run that returns").results
}

pub fn trap(outcome: &Outcome) -> &Trap {
    outcome.result.as_ref().expect_err("a run that traps")
}

/// The one result of a run that returns.
pub fn result(program: &Loaded, args: &[Value]) -> Value {
    let outcome = run(program, args);
    let [value] = results(&outcome) else { panic!("one result") };
    value.clone()
}

#[track_caller]
pub fn same(found: &Value, expected: &Value) {
    assert!(found.same_bits(expected), "found {found}, expected {expected}");
}

pub fn ints(data: &[i64], cap: u32) -> Value {
    Value::Buf(Buf::new(data.to_vec(), cap).expect("fits"))
}

pub fn floats(data: &[f64], cap: u32) -> Value {
    Value::Buf(Buf::new(data.to_vec(), cap).expect("fits"))
}

pub fn bytes(data: &[u8], cap: u32) -> Value {
    Value::Buf(Buf::new(data.to_vec(), cap).expect("fits"))
}

/// The number of the `nth` node with this operation in the entry point.
pub fn node_of(program: &Loaded, op: Op, nth: usize) -> NodeId {
    let f = program.function(entry(program)).expect("a function").function();
    let mut nodes = (1..).zip(f.nodes()).filter(|(_, node)| node.op() == op);
    nodes.nth(nth).expect("such a node").0
}

/// The nodes of a trap's locations.
pub fn nodes(trap: &Trap) -> Vec<NodeId> {
    trap.locations.iter().map(|at| at.node).collect()
}

pub const VEC2: Type = Type::Vec { n: 2 };
