//! Engines: whatever can run a [`Subject`]. An engine is a row of every table that it can serve; it is added by
//! implementing [`Engine`] and naming it where the measuring program lists its engines.

use crate::subject::Subject;
use nda_ast::Limits;
use nda_runtime::{BufData, Link, Loaded, Run, RunLimits, RunState, Tier, Value};
use std::fmt::Debug;
use std::sync::Arc;

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
    /// What differs, if anything does. NaNs are equal to each other: not every engine keeps their bits.
    #[must_use]
    pub fn differs(&self, other: &Answer) -> Option<String> {
        let counts = self.executed_nodes.zip(other.executed_nodes);
        if let Some((a, b)) = counts.filter(|(a, b)| a != b) {
            return Some(format!("executed_nodes {a} and {b}"));
        }
        let same = match (&self.result, &other.result) {
            (Ok(a), Ok(b)) => all_same(a, b),
            (Err(a), Err(b)) => a == b,
            _ => false,
        };
        if !same {
            return Some(format!("results {} and {}", short(&self.result), short(&other.result)));
        }
        (!all_same(&self.log, &other.log))
            .then(|| format!("logs {} and {}", short(&self.log), short(&other.log)))
    }
}

fn short(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    if text.len() > 200 { text.chars().take(200).chain("..".chars()).collect() } else { text }
}

fn all_same(a: &[Value], b: &[Value]) -> bool {
    let same = |(a, b): (&Value, &Value)| match (a, b) {
        (Value::Float(x), Value::Float(y)) if x.is_nan() && y.is_nan() => true,
        // Elements only: not every engine keeps a buffer's capacity.
        (Value::Buf(x), Value::Buf(y)) => same_data(x.data(), y.data()),
        _ => a.same_bits(b),
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
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

    /// Makes a subject ready to run.
    ///
    /// # Errors
    /// Why it cannot be done here; the tables say so instead of a figure.
    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String>;

    /// From bytes to an answer and back to nothing, keeping no trace: what a server does that sees a program once.
    ///
    /// # Errors
    /// Where this engine has no such way, or the program does not load.
    fn cold(&self, bytes: &[u8], args: &[Value]) -> Result<Answer, String>;
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
}

/// A tier of this project.
pub struct TierEngine<T> {
    tier: T,
    limits: RunLimits,
}

impl<T: Tier> TierEngine<T> {
    /// The tier, with fuel for any of the subjects.
    pub fn new(tier: T) -> TierEngine<T> {
        TierEngine { tier, limits: RunLimits { fuel: u64::MAX / 2, ..RunLimits::default() } }
    }

    fn run(
        &self,
        loaded: &Loaded,
        entry: u32,
        args: &[Value],
        state: &mut RunState,
    ) -> Result<Answer, String> {
        let run = Run { program: loaded, entry, args, limits: &self.limits };
        let outcome = self.tier.run(run, state).map_err(|e| e.to_string())?;
        Ok(Answer {
            result: match outcome.result {
                Ok(returned) => Ok(returned.results.into_iter().chain(returned.inout).collect()),
                Err(trap) => Err(trap.kind.to_string()),
            },
            log: outcome.log,
            executed_nodes: Some(outcome.executed_nodes),
        })
    }
}

impl<T: Tier> Engine for TierEngine<T> {
    fn name(&self) -> &str {
        self.tier.name()
    }

    fn timed(&self) -> &str {
        "arguments copied in, the run with exact fuel and log limit, results copied out; state kept between runs"
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let loaded = Loaded::new(subject.program.clone(), &subject.link()).map_err(|e| e.to_string())?;
        Ok(Box::new(ReadyTier { engine: self, subject, loaded, state: RunState::new() }))
    }

    fn cold(&self, bytes: &[u8], args: &[Value]) -> Result<Answer, String> {
        let valid = nda_ast::load(bytes.to_vec(), &Limits::default()).map_err(|e| e.to_string())?;
        let entry = valid.program().entries()[0];
        let loaded = Loaded::new(Arc::new(valid), &Link::new()).map_err(|e| e.to_string())?;
        self.run(&loaded, entry, args, &mut RunState::new())
    }
}

struct ReadyTier<'a, T> {
    engine: &'a TierEngine<T>,
    subject: &'a Subject,
    loaded: Loaded,
    state: RunState,
}

impl<T: Tier> Ready for ReadyTier<'_, T> {
    fn answer(&mut self, input: usize) -> Result<Answer, String> {
        self.engine.run(&self.loaded, self.subject.entry, &self.subject.inputs[input], &mut self.state)
    }

    fn run_all(&mut self) {
        for args in &self.subject.inputs {
            let run =
                Run { program: &self.loaded, entry: self.subject.entry, args, limits: &self.engine.limits };
            // The answers were compared before; here an error could only be one of the harness.
            std::hint::black_box(self.engine.tier.run(run, &mut self.state).is_ok());
        }
    }
}
