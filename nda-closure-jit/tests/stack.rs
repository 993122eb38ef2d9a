//! The machine stack that tier 1 takes: at most 2 KiB for each level of nesting, so that the deepest programs that the
//! limits allow run on a thread of 2 MiB; with optimisation nothing for records in a row.
//!
//! How much stack a run needs is found from outside: the test starts itself again as a process that does one run on a
//! thread of a given size, and looks for the least size on which that process does not die. Without optimisation calls in tail position
//! stay calls, so `cargo xtask ci` runs this test with the profile `dev` as well.

mod common;
mod deep;

use deep::{SHAPES, Shape};
use nda_closure_jit::{Tier1, compile_program};
use nda_runtime::{Loaded, Value};
use std::process::{Command, Stdio};

/// Bytes of a level.
const PER_LEVEL: usize = 2048;

/// The thread on which every program must run.
const SMALL: usize = 2 << 20;

/// Sizes are looked for in these steps, since a system gives stack by pages.
const STEP: usize = 4096;

/// Tells the process started again what to do: the number of a shape or, after all shapes, of a statement, the depth, and
/// the size of the stack.
const CHILD: &str = "NDA_STACK_CHILD";

/// Runs on a thread of `size` bytes; code has been made before.
fn run_on(size: usize, program: &Loaded) {
    program.jit(compile_program);
    std::thread::scope(|scope| {
        let run = || {
            let outcome = common::run(&Tier1, program, common::entry(program), &[Value::Int(1)], u64::MAX);
            outcome.result.unwrap_or_else(|trap| panic!("{trap}"));
        };
        let thread = std::thread::Builder::new().stack_size(size).spawn_scoped(scope, run);
        thread.expect("a thread").join().expect("a run that returns");
    });
}

/// The other side of [`survives`].
fn child(order: &str) {
    let numbers: Vec<usize> = order.split(' ').map(|n| n.parse().expect("a number")).collect();
    let [number, depth, size] = numbers[..] else { panic!("{order}") };
    let program = match number.checked_sub(SHAPES.len()) {
        None => SHAPES[number].program(depth as u32),
        Some(number) => deep::long(deep::STATEMENTS[number]),
    };
    run_on(size, &program);
}

/// Whether a process that runs this on a thread of `size` bytes ends well.
fn survives(shape: usize, depth: u32, size: usize) -> bool {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.args(["--exact", "a_level_takes_at_most_2_kib"]).env(CHILD, format!("{shape} {depth} {size}"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().expect("a process").success()
}

/// The least stack on which it runs, to the next [`STEP`]; `None` where that is not [`SMALL`] at most.
fn need(shape: usize, depth: u32) -> Option<usize> {
    let (mut fails, mut runs) = (0, SMALL / STEP);
    if !survives(shape, depth, SMALL) {
        return None;
    }
    while runs - fails > 1 {
        let middle = fails.midpoint(runs);
        if survives(shape, depth, middle * STEP) { runs = middle } else { fails = middle }
    }
    Some(runs * STEP)
}

fn levels(shape: &Shape, depth: u32) -> usize {
    let program = shape.program(depth);
    program.function(common::entry(&program)).expect("a function").certificate().levels as usize
}

/// By the difference to half of the deepest nesting, so that what a run takes anyway falls out.
#[test]
fn a_level_takes_at_most_2_kib() {
    if let Ok(order) = std::env::var(CHILD) {
        return child(&order);
    }
    let mut too_much = Vec::new();
    for (number, shape) in SHAPES.iter().enumerate() {
        let name = shape.name;
        let depth = shape.deepest();
        let (deep, half) = (levels(shape, depth), levels(shape, depth / 2));
        assert!(deep <= 512 && deep > 500, "{name}: {deep} levels");
        let (Some(all), Some(part)) = (need(number, depth), need(number, depth / 2)) else {
            too_much.push(format!("{name}: does not run on 2 MiB"));
            continue;
        };
        let each = (all - part).div_ceil(deep - half);
        println!("{name:<40} {each:5} bytes a level, {all:8} in all");
        if each > PER_LEVEL {
            too_much.push(format!("{name}: {each} bytes a level"));
        }
    }
    assert!(too_much.is_empty(), "{}", too_much.join("\n"));
}

/// As many statements in one block as the limit on nodes allows.
#[test]
fn a_million_statements_run_on_2_mib() {
    let numbers = 0..deep::STATEMENTS.len();
    let dead: Vec<usize> = numbers.filter(|number| !survives(SHAPES.len() + number, 0, SMALL)).collect();
    assert!(dead.is_empty(), "statements {dead:?}");
}
