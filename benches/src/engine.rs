//! Engines: whatever can run a [`Subject`]. An engine is a row of every table that it can serve; it is added by
//! implementing [`Engine`] and naming it where the measuring program lists its engines. Each method but the name has a
//! default that declines, so an engine says only what it can do.

use crate::subject::{ColdProgram, Subject};
use nda_runtime::{BufData, Value};
use std::fmt::Debug;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What a run gave, as far as engines can be compared.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Results, then the final values of `inout` parameters; or the name of the trap.
    pub result: Result<Vec<Value>, String>,
    /// What it printed.
    pub log: Vec<Value>,
    /// `executed_nodes`, where the engine counts.
    pub executed_nodes: Option<u64>,
}

impl Answer {
    /// What differs, if anything does. NaNs are equal to each other: not every engine keeps their bits. Elements of a `vec`
    /// may differ by `tolerance` times the greatest magnitude in it: 0 for engines that keep the language's meaning.
    #[must_use]
    pub fn differs(&self, other: &Answer, tolerance: f32) -> Option<String> {
        let counts = self.executed_nodes.zip(other.executed_nodes);
        if let Some((a, b)) = counts.filter(|(a, b)| a != b) {
            return Some(format!("executed_nodes {a} and {b}"));
        }
        let same = match (&self.result, &other.result) {
            (Ok(a), Ok(b)) => all_same(a, b, tolerance),
            (Err(a), Err(b)) => a == b,
            _ => false,
        };
        if !same {
            return Some(format!("results {} and {}", short(&self.result), short(&other.result)));
        }
        (!all_same(&self.log, &other.log, tolerance))
            .then(|| format!("logs {} and {}", short(&self.log), short(&other.log)))
    }
}

fn short(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    if text.len() > 200 { text.chars().take(200).chain("..".chars()).collect() } else { text }
}

fn all_same(a: &[Value], b: &[Value], tolerance: f32) -> bool {
    let same = |(a, b): (&Value, &Value)| match (a, b) {
        (Value::Float(x), Value::Float(y)) if x.is_nan() && y.is_nan() => true,
        // Elements only: not every engine keeps a buffer's capacity.
        (Value::Buf(x), Value::Buf(y)) => same_data(x.data(), y.data()),
        (Value::Vec32(x), Value::Vec32(y)) if tolerance > 0.0 => close(x, y, tolerance),
        _ => a.same_bits(b),
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
}

fn close(a: &[f32], b: &[f32], tolerance: f32) -> bool {
    let most = tolerance * b.iter().fold(0.0_f32, |m, y| m.max(y.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| (x - y).abs() <= most)
}

fn same_data(a: &BufData, b: &BufData) -> bool {
    match (a, b) {
        (BufData::U8(a), BufData::U8(b)) => a == b,
        (BufData::Int(a), BufData::Int(b)) => a == b,
        (BufData::Float(a), BufData::Float(b)) => {
            let same = |(x, y): (&f64, &f64)| x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        _ => false,
    }
}

/// Something that runs programs.
pub trait Engine {
    /// Its name in tables and JSON.
    fn name(&self) -> &str;

    /// One line on what is inside the timed region of a run.
    fn timed(&self) -> &str;

    /// How far its `vec` answers may lie from the language's, as a part of their greatest magnitude. Only for an engine of
    /// other arithmetic, such as a float network beside a quantised one.
    fn tolerance(&self) -> f32 {
        0.0
    }

    /// Makes a subject ready to run.
    ///
    /// # Errors
    /// Why it cannot be done here; the tables say so instead of a figure.
    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let _ = subject;
        Err("does not run loaded programs".into())
    }

    /// The way of a server that sees a program once: from its source to an answer and back to nothing. What is made here is
    /// kept over all programs (the engine's own settings, memory to run in, a translation to the engine's source form); what
    /// it knows of a program when that program is run a second time must be nothing.
    ///
    /// # Errors
    /// Where this engine has no such way.
    fn cold<'a>(&'a self, programs: &'a [ColdProgram]) -> Result<Box<dyn Cold + 'a>, String> {
        let _ = programs;
        Err("has no way from a source to an answer at run time".into())
    }

    /// The engine's own handle for calls of a loaded function from one int to one int.
    ///
    /// # Errors
    /// Why there is none.
    fn caller(&self, subject: &Subject) -> Result<Box<dyn Caller>, String> {
        let _ = subject;
        Err("has no handle for calls".into())
    }

    /// A handle for each of some threads, all on one loaded function if the engine can share it.
    ///
    /// # Errors
    /// As [`Engine::caller`].
    fn callers(&self, subject: &Subject, threads: usize) -> Result<Vec<Box<dyn Caller>>, String> {
        (0..threads).map(|_| self.caller(subject)).collect()
    }

    /// From a valid program to code that can run, and dropping it. Memory that outlives one compilation may be kept, code may
    /// not.
    ///
    /// # Errors
    /// Why it cannot be done here.
    fn compile<'a>(&'a self, subject: &'a Subject) -> Result<Compile<'a>, String> {
        let _ = subject;
        Err("compiles nothing at run time".into())
    }
}

/// A compilation, to be timed.
pub struct Compile<'a> {
    /// The timed region.
    pub all: Box<dyn FnMut() + 'a>,
    /// What part of `all` is no compilation, to be taken off within each round: a run, where nothing less makes an engine
    /// compile. It does it that many times and says how long that took; nothing that `all` could find is left behind.
    pub off: Option<Box<dyn FnMut(u32) -> Duration + 'a>>,
}

/// A subject that an engine has made ready.
pub trait Ready {
    /// Runs one input, for comparing.
    ///
    /// # Errors
    /// Where the engine itself failed.
    fn answer(&mut self, input: usize) -> Result<Answer, String>;

    /// Runs every input once. This is the timed region.
    fn run_all(&mut self);

    /// Runs every input `count` times; how long that took. An engine outside of this process times itself.
    fn batch(&mut self, count: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..count {
            self.run_all();
        }
        start.elapsed()
    }
}

/// An engine that waits for programs it has not seen.
pub trait Cold {
    /// Source to answer, for comparing.
    ///
    /// # Errors
    /// Where the program does not load, or the engine failed.
    fn answer(&mut self, program: usize) -> Result<Answer, String>;

    /// The same without keeping the answer. This is the timed region.
    fn run(&mut self, program: usize) {
        // The answers were compared before; here an error could only be one of the harness.
        black_box(self.answer(program).is_ok());
    }
}

/// A function from one int to one int, ready to be called by one thread.
pub trait Caller: Send {
    /// One call.
    ///
    /// # Errors
    /// Where the engine failed, or the function trapped.
    fn call(&mut self, arg: i64) -> Result<i64, String>;

    /// Calls with 0, 1, .. up to `count`, and gives the wrapping sum of the results. This is the timed region: one dynamic
    /// dispatch for many calls.
    fn calls(&mut self, count: u32) -> i64;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_differ_by_bits_counts_and_beyond_the_tolerance() {
        let answer =
            |values: Vec<Value>, n| Answer { result: Ok(values), log: Vec::new(), executed_nodes: n };
        let int = |x, n| answer(vec![Value::Int(x)], n);
        assert_eq!(int(1, Some(5)).differs(&int(1, None), 0.0), None);
        assert!(int(1, Some(5)).differs(&int(1, Some(6)), 0.0).is_some());
        assert!(int(1, None).differs(&int(2, None), 0.0).is_some());
        let vec = |x: f32| answer(vec![Value::Vec32(vec![4.0, x])], None);
        assert!(vec(1.0).differs(&vec(1.1), 0.0).is_some());
        assert_eq!(vec(1.0).differs(&vec(1.1), 0.05), None);
        assert!(vec(1.0).differs(&vec(1.3), 0.05).is_some());
    }
}
