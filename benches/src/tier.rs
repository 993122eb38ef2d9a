//! Tiers of this project as engines.

use crate::engine::{Answer, Caller, Cold, Compile, Engine, Ready};
use crate::subject::{ColdProgram, Subject};
use nda_ast::{Bytes, Limits};
use nda_runtime::{Link, Loaded, Outcome, Run, RunLimits, RunState, Tier, Value};
use nda_sandbox::TypedFn;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    ) -> Result<Outcome, String> {
        let run = Run { program: loaded, entry, args, limits: &self.limits };
        self.tier.run(run, state).map_err(|e| e.to_string())
    }
}

/// An outcome as engines compare it.
fn answer(outcome: Outcome) -> Answer {
    Answer {
        result: match outcome.result {
            Ok(returned) => Ok(returned.results.into_iter().chain(returned.inout).collect()),
            Err(trap) => Err(trap.kind.to_string()),
        },
        log: outcome.log,
        executed_nodes: Some(outcome.executed_nodes),
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

    fn cold<'a>(&'a self, programs: &'a [ColdProgram]) -> Result<Box<dyn Cold + 'a>, String> {
        let programs = programs.iter().map(|p| (Bytes::from(p.bytes.clone()), p.args.as_slice())).collect();
        let limits = Limits::default();
        Ok(Box::new(ColdTier { engine: self, programs, limits, link: Link::new(), state: RunState::new() }))
    }

    /// Without a run, only what every run of the program needs would be made: a tier may compile at the first one. So the
    /// timed region is all of that, and a second run is taken off.
    fn compile<'a>(&'a self, subject: &'a Subject) -> Result<Compile<'a>, String> {
        let args = subject.inputs.first().ok_or("a compilation needs arguments for its run")?;
        let make = || Loaded::new(subject.program.clone(), &subject.link).map_err(|e| e.to_string());
        let (mut state, mut warm) = (RunState::new(), RunState::new());
        self.run(&make()?, subject.entry, args, &mut state)?;
        let all = move || {
            black_box(make().is_ok_and(|loaded| self.run(&loaded, subject.entry, args, &mut state).is_ok()));
        };
        let off = move |count| {
            // Made for this batch alone: a tier may share the code of programs that live at once.
            let Ok(loaded) = make() else { return Duration::ZERO };
            let mut run = || black_box(self.run(&loaded, subject.entry, args, &mut warm).is_ok());
            run();
            let start = Instant::now();
            for _ in 0..count {
                run();
            }
            start.elapsed()
        };
        Ok(Compile { all: Box::new(all), off: Some(Box::new(off)) })
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
        let args = &self.subject.inputs[input];
        self.engine.run(&self.loaded, self.subject.entry, args, &mut self.state).map(answer)
    }

    fn run_all(&mut self) {
        for args in &self.subject.inputs {
            // The answers were compared before; here an error could only be one of the harness.
            let outcome = self.engine.run(&self.loaded, self.subject.entry, args, &mut self.state);
            black_box(outcome.is_ok());
        }
    }
}

/// What a server keeps from program to program: limits, grants, memory to run in.
struct ColdTier<'a, T> {
    engine: &'a TierEngine<T>,
    programs: Vec<(Bytes, &'a [Value])>,
    limits: Limits,
    link: Link,
    state: RunState,
}

impl<T: Tier> ColdTier<'_, T> {
    fn outcome(&mut self, program: usize) -> Result<Outcome, String> {
        let (bytes, args) = &self.programs[program];
        // A server has the bytes of a request in a buffer that the program may share.
        let valid = nda_ast::load(bytes.clone(), &self.limits).map_err(|e| e.to_string())?;
        let entry = valid.program().entries()[0];
        let loaded = Loaded::new(Arc::new(valid), &self.link).map_err(|e| e.to_string())?;
        self.engine.run(&loaded, entry, args, &mut self.state)
    }
}

impl<T: Tier> Cold for ColdTier<'_, T> {
    fn answer(&mut self, program: usize) -> Result<Answer, String> {
        self.outcome(program).map(answer)
    }

    fn run(&mut self, program: usize) {
        black_box(self.outcome(program).is_ok());
    }
}

/// The public API as its users call it, on the tier that it chooses itself.
#[derive(Default)]
pub struct Sandbox {
    engine: nda_sandbox::Engine,
    limits: nda_sandbox::Limits,
}

impl Sandbox {
    fn handle(&self, subject: &Subject) -> Result<Handle, String> {
        let program = self.engine.load(subject.bytes.clone(), &self.limits).map_err(|e| e.to_string())?;
        let name = subject.program.program().name(subject.entry).unwrap_or_default();
        program.func(name).map(Handle).map_err(|e| e.to_string())
    }
}

impl Engine for Sandbox {
    fn name(&self) -> &str {
        "sandbox"
    }

    fn timed(&self) -> &str {
        "in a call `TypedFn::call`, cold `Engine::load` and `Func::run`, both under the default limits"
    }

    fn cold<'a>(&'a self, programs: &'a [ColdProgram]) -> Result<Box<dyn Cold + 'a>, String> {
        let bytes = programs.iter().map(|p| Bytes::from(p.bytes.clone())).collect();
        Ok(Box::new(ColdSandbox { sandbox: self, programs, bytes }))
    }

    fn caller(&self, subject: &Subject) -> Result<Box<dyn Caller>, String> {
        Ok(Box::new(self.handle(subject)?))
    }

    fn callers(&self, subject: &Subject, threads: usize) -> Result<Vec<Box<dyn Caller>>, String> {
        let handle = self.handle(subject)?;
        Ok((0..threads).map(|_| Box::new(handle.clone()) as Box<dyn Caller>).collect())
    }
}

struct ColdSandbox<'a> {
    sandbox: &'a Sandbox,
    programs: &'a [ColdProgram],
    bytes: Vec<Bytes>,
}

impl ColdSandbox<'_> {
    fn outcome(&self, program: usize) -> Result<nda_sandbox::Outcome, String> {
        let loaded = self.sandbox.engine.load(self.bytes[program].clone(), &self.sandbox.limits);
        // The entry points of these programs have no name.
        let function = loaded.map_err(|e| e.to_string())?.func_untyped("").map_err(|e| e.to_string())?;
        function.run(&self.programs[program].args).map_err(|e| e.to_string())
    }
}

impl Cold for ColdSandbox<'_> {
    fn answer(&mut self, program: usize) -> Result<Answer, String> {
        let outcome = self.outcome(program)?;
        Ok(Answer {
            result: outcome.result.map_err(|trap| trap.kind.to_string()),
            log: outcome.log,
            executed_nodes: Some(outcome.executed_nodes),
        })
    }

    fn run(&mut self, program: usize) {
        black_box(self.outcome(program).is_ok());
    }
}

#[derive(Clone)]
struct Handle(TypedFn<(i64,), i64>);

impl Caller for Handle {
    fn call(&mut self, arg: i64) -> Result<i64, String> {
        self.0.call((arg,)).map_err(|e| e.to_string())
    }

    fn calls(&mut self, count: u32) -> i64 {
        (0..i64::from(count)).fold(0, |sum: i64, x| sum.wrapping_add(self.0.call((x,)).unwrap_or_default()))
    }
}

/// The public API with machine code for what becomes hot.
pub struct Auto {
    engine: nda_sandbox::Engine,
    limits: nda_sandbox::Limits,
}

impl Default for Auto {
    fn default() -> Auto {
        let limits =
            nda_sandbox::Limits { fuel: u64::MAX / 2, deadline: None, ..nda_sandbox::Limits::default() };
        Auto { engine: nda_sandbox::Engine::new(), limits }
    }
}

impl Engine for Auto {
    fn name(&self) -> &str {
        "auto"
    }

    fn timed(&self) -> &str {
        "`Func::run_in`, of a program whose hot loops and functions become machine code in the background"
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let program = self.engine.load(subject.bytes.clone(), &self.limits).map_err(|e| e.to_string())?;
        let name = subject.program.program().name(subject.entry).unwrap_or_default();
        let func = program.func_untyped(name).map_err(|e| e.to_string())?;
        Ok(Box::new(ReadyAuto { func, subject, state: RunState::new() }))
    }
}

struct ReadyAuto<'a> {
    func: nda_sandbox::Func,
    subject: &'a Subject,
    state: RunState,
}

impl Ready for ReadyAuto<'_> {
    fn answer(&mut self, input: usize) -> Result<Answer, String> {
        let outcome =
            self.func.run_in(&mut self.state, &self.subject.inputs[input]).map_err(|e| e.to_string())?;
        Ok(Answer {
            result: outcome.result.map_err(|trap| trap.kind.to_string()),
            log: outcome.log,
            executed_nodes: Some(outcome.executed_nodes),
        })
    }

    fn run_all(&mut self) {
        for args in &self.subject.inputs {
            black_box(self.func.run_in(&mut self.state, args).is_ok());
        }
    }
}
