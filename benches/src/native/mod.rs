//! The engine `rust`: what rustc makes of the same programs at the build's own optimisation level, bounds-checked. Those of
//! `benches/programs` are written in plain Rust (`nda-bench-native`, and `block` here); those of `examples/` are the files
//! themselves, compiled through the prelude.

mod block;
mod examples;
mod float;
mod worker;

pub use float::{Float, Lookup};
pub use worker::RustNovec;

use crate::engine::{Answer, Engine, Ready};
use crate::subject::Subject;
use block::Block;
use examples::{Call, value};
use nda_bench_native::{Kernel, kernel};
use nda_prelude::Run;
use nda_runtime::Value;
use std::hint::black_box;

/// rustc's code, in this process.
pub struct Rust;

impl Engine for Rust {
    fn name(&self) -> &str {
        "rust"
    }

    fn timed(&self) -> &str {
        "the call alone: arguments have their Rust types already, results are dropped; no fuel, no counts"
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        if let Some((kernel, args)) = kernel_of(subject) {
            return Ok(Box::new(ReadyKernel { kernel, args }));
        }
        if let Some(block) = Block::of(subject) {
            return Ok(Box::new(block));
        }
        let prepare =
            examples::program(&subject.name).ok_or("not among the programs that this build compiled")?;
        let calls: Option<Vec<Call>> = subject.inputs.iter().map(|args| prepare(args)).collect();
        Ok(Box::new(ReadyRust { calls: calls.ok_or("an input of another type than the function's")? }))
    }
}

/// The plain Rust of a subject, if it is one of `benches/programs`: from two ints to one, one input.
fn kernel_of(subject: &Subject) -> Option<(Kernel, [i64; 2])> {
    match subject.inputs.as_slice() {
        [args] => match args.as_slice() {
            [Value::Int(n), Value::Int(m)] => Some((kernel(&subject.name)?, [*n, *m])),
            _ => None,
        },
        _ => None,
    }
}

/// An int as an answer.
fn int(result: i64) -> Answer {
    Answer { result: Ok(vec![Value::Int(result)]), log: Vec::new(), executed_nodes: None }
}

struct ReadyKernel {
    kernel: Kernel,
    args: [i64; 2],
}

impl Ready for ReadyKernel {
    fn answer(&mut self, _: usize) -> Result<Answer, String> {
        Ok(int((self.kernel)(self.args[0], self.args[1])))
    }

    fn run_all(&mut self) {
        let [n, m] = black_box(self.args);
        black_box((self.kernel)(n, m));
    }
}

impl Ready for Block {
    fn answer(&mut self, _: usize) -> Result<Answer, String> {
        Ok(Answer { result: Ok(vec![Value::Vec32(self.run())]), log: Vec::new(), executed_nodes: None })
    }

    fn run_all(&mut self) {
        black_box(self.run());
    }
}

struct ReadyRust {
    calls: Vec<Call>,
}

impl Ready for ReadyRust {
    fn answer(&mut self, input: usize) -> Result<Answer, String> {
        let Run { result, log } = (self.calls[input].answer)();
        Ok(Answer {
            result: result.map_err(|trap| trap.to_string()),
            log: log.iter().map(value).collect(),
            executed_nodes: None,
        })
    }

    fn run_all(&mut self) {
        self.calls.iter().for_each(|call| (call.time)());
    }
}
