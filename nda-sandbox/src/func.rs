//! Handles on entry points that take and give values, and what every run needs: memory that a thread keeps, and
//! containment.

use crate::error::{CallError, InternalError};
use crate::program::{Entry, Program};
use crate::spans::Span;
use crate::{Limits, Outcome};
use nda_closure_jit::Tier1;
use nda_runtime::{CancelFlag, Returned, Run, RunLimits, RunState, Tier, Value};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A handle on an entry point that takes and gives values. Cheap to clone; holds its program.
#[derive(Clone, Debug)]
pub struct Func {
    program: Program,
    object: u32,
    limits: Limits,
    /// The same limits and the flag, as a run takes them.
    run_limits: RunLimits,
}

/// Bytes of run memory that a thread keeps for its next run.
const KEPT_STATE: usize = 1 << 20;

thread_local! {
    /// The state of the last run on this thread; none while a run is under way.
    static STATE: Cell<Option<Box<RunState>>> = const { Cell::new(None) };
}

/// Calls `body` with the memory that this thread keeps for its runs. It is taken out, so that a host function that runs a
/// program itself finds none and makes its own.
#[inline]
pub(crate) fn with_kept_state<T>(body: impl FnOnce(&mut RunState) -> T) -> T {
    let mut body = Some(body);
    let mut run = |state: &mut RunState| body.take().map(|body| body(state));
    let done = STATE.try_with(|kept| {
        let mut state = kept.take().unwrap_or_default();
        let done = run(&mut state);
        if state.bytes() <= KEPT_STATE {
            kept.set(Some(state));
        }
        done
    });
    // A thread that is ending keeps none any more.
    match done.ok().flatten().or_else(|| run(&mut RunState::new())) {
        Some(done) => done,
        None => unreachable!("it is called in one place or the other"),
    }
}

impl Func {
    pub(crate) fn new(program: Program, object: u32, limits: Limits) -> Func {
        Func { program, object, limits, run_limits: limits.of_run(None) }
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The limits of its runs.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The same handle with other limits for its runs (what the program may be was checked at load).
    #[must_use]
    pub fn with_limits(mut self, limits: &Limits) -> Func {
        self.limits = *limits;
        self.run_limits = limits.of_run(self.run_limits.cancel.take());
        self
    }

    /// The same handle, its runs ended by this flag.
    #[must_use]
    pub fn with_cancel(mut self, cancel: &CancelFlag) -> Func {
        self.run_limits.cancel = Some(cancel.clone());
        self
    }

    /// Runs it in memory that this thread keeps for its runs (at most 1 MiB between runs).
    ///
    /// # Errors
    /// [`CallError::Args`] where an argument does not fit; [`CallError::Internal`] where a host function panicked or broke
    /// its signature. A trap is in the outcome.
    pub fn run(&self, args: &[Value]) -> Result<Outcome, CallError> {
        with_kept_state(|state| self.run_in(state, args))
    }

    /// Runs it in memory of the caller, which any program may have used before.
    ///
    /// # Errors
    /// As [`Func::run`].
    pub fn run_in(&self, state: &mut RunState, args: &[Value]) -> Result<Outcome, CallError> {
        let program = self.program.loaded();
        let run = Run { program, entry: self.object, args, limits: &self.run_limits };
        let span = Span::run(self);
        let outcome = contain(state, |state| Tier1.run(run, state).map_err(CallError::from))?;
        span.ran(outcome.executed_nodes, &outcome.result);
        let results = |mut r: Returned| {
            r.results.append(&mut r.inout);
            r.results
        };
        Ok(Outcome {
            result: outcome.result.map(results),
            log: outcome.log,
            transcript: outcome.transcript,
            log_bytes: outcome.log_bytes,
            executed_nodes: outcome.executed_nodes,
        })
    }

    /// The results of a run: [`Func::run`] without log, transcript and count.
    ///
    /// # Errors
    /// As [`Func::run`], and [`CallError::Trap`] for a trap.
    pub fn call(&self, args: &[Value]) -> Result<Vec<Value>, CallError> {
        Ok(self.run(args)?.result?)
    }

    /// Its limits as a run takes them.
    #[inline]
    pub(crate) fn run_limits(&self) -> &RunLimits {
        &self.run_limits
    }

    /// The function's index among the program's objects.
    #[inline]
    pub(crate) fn object(&self) -> u32 {
        self.object
    }

    /// The entry point.
    ///
    /// # Panics
    /// Never: a handle is made from an entry point of its own program.
    #[must_use]
    pub fn entry(&self) -> Entry<'_> {
        self.program.entry_of(self.object).expect("a handle's object is an entry point of its program")
    }
}

/// Runs `body`; a panic in it, which can only come from a host function or a fault of this library, becomes an error,
/// and the state it may have left halfway is replaced.
#[inline]
pub(crate) fn contain<T, E: From<InternalError>>(
    state: &mut RunState,
    body: impl FnOnce(&mut RunState) -> Result<T, E>,
) -> Result<T, E> {
    // Unwind safety: of what `body` can reach, only the state changes, and it is replaced.
    match catch_unwind(AssertUnwindSafe(|| body(state))) {
        Ok(done) => done,
        Err(payload) => {
            *state = RunState::new();
            Err(panicked(payload).into())
        }
    }
}

#[cold]
#[inline(never)]
fn panicked(payload: Box<dyn Any + Send>) -> InternalError {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    let message = format!("panicked: {}", text.as_deref().unwrap_or("with a value that is no text"));
    // A payload's own drop may panic; leaking a few bytes is the lesser harm.
    std::mem::forget(payload);
    InternalError { message }
}
