//! Each operation on values: `cases/operations.txt`, in every mix of operands.

use super::build::{Operation, lines, mixes, operands, returned, trapped};
use crate::notation::{parse, parse_all, split, write};
use nda_ast::{Effects, Imm, Op};
use nda_runtime::{Tier, Value};
use std::collections::BTreeSet;

const CASES: &str = include_str!("../../cases/operations.txt");

struct Case {
    line: usize,
    operation: Operation,
    args: Vec<Value>,
    /// The value, or the trap as text.
    expected: Result<Value, String>,
}

fn cases() -> Vec<Case> {
    lines(CASES).map(|(line, text)| case(line, text)).collect()
}

fn case(line: usize, text: &str) -> Case {
    let bad = |e: &dyn std::fmt::Display| -> ! { panic!("operations.txt:{line}: {e}") };
    let (left, expected) = match (text.split_once(" = "), text.split_once(" ! ")) {
        (Some((left, value)), _) => (left, Ok(parse(value).unwrap_or_else(|e| bad(&e)))),
        (_, Some((left, trap))) => (left, Err(trap.to_owned())),
        _ => bad(&"neither ` = ` nor ` ! `"),
    };
    let words = split(left);
    let args = parse_all(&words[1..].join(" ")).unwrap_or_else(|e| bad(&e));
    Case { line, operation: Operation::parse(words[0]), args, expected }
}

/// Each line of the case file, in every mix of constants, parameters and slots.
///
/// # Panics
/// Where a line does not hold.
pub fn operations_give_what_the_cases_say(tier: &dyn Tier) {
    for case in cases() {
        for mix in mixes(&case.args) {
            run(tier, &case, &mix);
        }
    }
}

fn run(tier: &dyn Tier, case: &Case, mix: &[super::build::Source]) {
    let name = || format!("operations.txt:{} with {mix:?} in tier {}", case.line, tier.name());
    // The type of the result, from the node itself.
    let probe = operands(&[], &case.args, mix);
    let ty = case.operation.apply(probe.exprs).ty();
    let mut built = operands(&[ty], &case.args, mix);
    let value = case.operation.apply(std::mem::take(&mut built.exprs));
    built.f.return_([value]);
    let (subject, args) = built.finish();
    let outcome = subject.run(tier, &args);
    let valid = subject.loaded.program().function(subject.entry).expect("a function").clone();
    assert_eq!(outcome.executed_nodes, valid.block_cost(0), "{}", name());
    match &case.expected {
        Ok(expected) => {
            let found = &returned(&outcome)[0];
            assert!(
                found.same_bits(expected),
                "{}: expected {}, found {}",
                name(),
                write(expected),
                write(found)
            );
        }
        Err(expected) => {
            let trap = trapped(&outcome);
            assert_eq!(trap.kind.to_string(), *expected, "{}", name());
            // The operation is the last node before the `return`.
            let node = valid.function().node_count() as u32 - 1;
            let found: Vec<_> = trap.locations.iter().map(|at| (at.function, at.node)).collect();
            assert_eq!(found, [(subject.hash(), node)], "{}", name());
        }
    }
}

/// Operations that other parts of the suite run: leaves, choice, calls.
const ELSEWHERE: &[Op] =
    &[Op::Int, Op::Float, Op::Bool, Op::BufConst, Op::VecConst, Op::Matrix, Op::Load, Op::Select, Op::Call];

/// The case file leaves no expression out: each has a line that gives a value, and one that traps where it can trap.
///
/// # Panics
/// Where an operation has none.
pub fn every_operation_has_its_cases(_: &dyn Tier) {
    let cases = cases();
    let ops = |trap: bool| -> BTreeSet<Op> {
        cases.iter().filter(|c| c.expected.is_err() == trap).map(|c| c.operation.op).collect()
    };
    let (values, traps) = (ops(false), ops(true));
    for op in Op::ALL.iter().copied().filter(|op| !op.is_stmt()) {
        let name = op.info().name;
        let here = !ELSEWHERE.contains(&op) && op.info().imm != Imm::Call;
        assert!(!here || values.contains(&op), "{name} has no line that gives a value");
        let may = op.info().effects.has(Effects::TRAP) && here;
        assert_eq!(may, traps.contains(&op), "{name}: lines that trap");
    }
}
