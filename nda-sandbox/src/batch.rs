//! Many calls of one function, on one thread or several.

use crate::error::{CallError, InternalError};
use crate::func::with_kept_state;
use crate::together::Together;
use crate::typed::{Params, Rets};
use crate::{Func, Outcome, TypedFn};
use nda_runtime::batch::BatchState;
use nda_runtime::{RunState, Value};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Blocks of inputs that a thread takes in all, about: enough that threads end together where calls differ.
const BLOCKS_PER_THREAD: usize = 16;

/// Greatest number of inputs that a thread takes at once.
const MAX_BLOCK: usize = 1024;

impl<P: Params, R: Rets + Send> TypedFn<P, R> {
    /// Calls it on each of `inputs`, on up to `threads` threads, this one included (0 means 1); gives the results in the order of
    /// the inputs. Each call has limits of its own; a trap or a panic of a host function ends that call alone.
    ///
    /// Where the function is one block of operations on vectors without branches, loops, host calls and output, as small networks are, and its
    /// weights are copied for the kernels ([`EngineBuilder::weight_bytes`](crate::EngineBuilder::weight_bytes)), inputs go through it
    /// together, which reads each weight once for several. Results are the same to the bit.
    ///
    /// ```
    /// use nda_sandbox::{Engine, Limits, TrapCode};
    /// let source = "fn share(total: i64, n: i64) -> i64 { return total / n; }";
    /// let program = Engine::new().load_text(source, &Limits::default())?;
    /// let share = program.func::<(i64, i64), i64>("share")?;
    /// let shares = share.call_batch([(10, 5), (10, 0), (10, 3)], 2);
    /// assert_eq!((&shares[0], &shares[2]), (&Ok(2), &Ok(3)));
    /// let trap = shares[1].as_ref().unwrap_err().trap().unwrap();
    /// assert_eq!(trap.code(), TrapCode::DivideByZero);
    ///
    /// // A cancel flag ends what is under way and, at their first loop or call, the calls that would follow.
    /// let rows: Vec<[f64; 3]> = (0..100).map(|i| [i as f64, 1.0, 2.0]).collect();
    /// let source = "fn total(x: &Buf<f64, 3>) -> f64 { return x[0] + x[1] + x[2]; }";
    /// let program = Engine::new().load_text(source, &Limits::default())?;
    /// let total = program.func::<&[f64], f64>("total")?;
    /// let totals = total.call_batch(rows.iter().map(|row| &row[..]), 2);
    /// assert_eq!(totals[99], Ok(102.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// In the place of each result: as [`TypedFn::call`].
    pub fn call_batch<'a>(
        &self,
        inputs: impl IntoIterator<Item = P::Args<'a>>,
        threads: usize,
    ) -> Vec<Result<R, CallError>>
    where
        P::Args<'a>: Send,
    {
        let together = Together::new(self.untyped());
        let several = |together: &Together<'_>, state: &mut BatchState, inputs: &[P::Args<'a>]| {
            let fit = together.run(state, inputs, |args, place| P::try_each(args, &mut *place).is_ok());
            let result = |i| together.result(state, &fit, i, |value| R::read(value)).map(Ok);
            (0..inputs.len()).map(result).collect()
        };
        batch(inputs.into_iter().collect(), threads, (together, several), |state, args| {
            self.call_by_ref(state, args)
        })
    }
}

impl Func {
    /// Calls it on each of `inputs`, on up to `threads` threads, this one included (0 means 1); gives the results in the order of
    /// the inputs. See [`TypedFn::call_batch`].
    ///
    /// ```
    /// use nda_sandbox::{Engine, Limits, Value};
    /// let source = "fn double(x: i64) -> i64 { return 2 * x; }";
    /// let program = Engine::new().load_text(source, &Limits::default())?;
    /// let double = program.func_untyped("double")?;
    /// let results = double.call_batch((0..100).map(|x| [Value::Int(x)]), 2);
    /// assert_eq!(results[21].as_ref().unwrap()[0].to_string(), "42");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// In the place of each result: as [`Func::call`].
    pub fn call_batch<A: AsRef<[Value]> + Send>(
        &self,
        inputs: impl IntoIterator<Item = A>,
        threads: usize,
    ) -> Vec<Result<Vec<Value>, CallError>> {
        let results = |outcome: Outcome| Ok(outcome.result?);
        let several = |together: &Together<'_>, state: &mut BatchState, inputs: &[A]| {
            let outcomes = together.outcomes(state, inputs).into_iter();
            outcomes.map(|outcome| outcome.map(results)).collect()
        };
        let call = |state: &mut RunState, args: &A| results(self.run_in(state, args.as_ref())?);
        batch(inputs.into_iter().collect(), threads, (Together::new(self), several), call)
    }

    /// How many inputs go through it together in a batch; 1 where they go one by one.
    #[must_use]
    pub fn inputs_together(&self) -> usize {
        Together::new(self).map_or(1, |together| together.inputs())
    }

    /// Runs it on each of `inputs`, on this thread; gives the outcomes in the order of the inputs. See [`TypedFn::call_batch`].
    ///
    /// ```
    /// use nda_sandbox::{Engine, Limits, Value};
    /// let source = "fn double(x: i64) -> i64 { return 2 * x; }";
    /// let program = Engine::new().load_text(source, &Limits::default())?;
    /// let double = program.func_untyped("double")?;
    /// let outcomes = double.run_batch((0..100).map(|x| [Value::Int(x)]));
    /// assert_eq!(outcomes[21].as_ref().unwrap().executed_nodes, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// In the place of each outcome: as [`Func::run`].
    pub fn run_batch<A: AsRef<[Value]> + Send>(
        &self,
        inputs: impl IntoIterator<Item = A>,
    ) -> Vec<Result<Outcome, CallError>> {
        let several = |together: &Together<'_>, state: &mut BatchState, inputs: &[A]| {
            let outcomes = together.outcomes(state, inputs).into_iter();
            outcomes.map(|outcome| outcome.map(Ok)).collect()
        };
        let run = |state: &mut RunState, args: &A| self.run_in(state, args.as_ref());
        batch(inputs.into_iter().collect(), 1, (Together::new(self), several), run)
    }
}

/// Results of those inputs of a block that could go together.
type Several<R> = Vec<Option<Result<R, CallError>>>;

/// Calls `call` on each input; threads take the inputs block by block. Where the inputs of a block may go `together`, `several` tries
/// that first, and `call` takes what is left.
fn batch<A: Send, R: Send>(
    mut inputs: Vec<A>,
    threads: usize,
    (together, several): (
        Option<Together<'_>>,
        impl Fn(&Together<'_>, &mut BatchState, &[A]) -> Several<R> + Sync,
    ),
    call: impl Fn(&mut RunState, &A) -> Result<R, CallError> + Sync,
) -> Vec<Result<R, CallError>> {
    let threads = threads.clamp(1, inputs.len().max(1));
    let block = match &together {
        Some(together) => inputs.len().div_ceil(threads).clamp(1, together.inputs()),
        None => inputs.len().div_ceil(threads * BLOCKS_PER_THREAD).clamp(1, MAX_BLOCK),
    };
    let mut results: Several<R> = inputs.iter().map(|_| None).collect();
    // `chunks_mut`, so that inputs need not be shared between threads, only sent.
    let blocks = Mutex::new(inputs.chunks_mut(block).zip(results.chunks_mut(block)));
    let work = |state: &mut RunState| {
        loop {
            let next = blocks.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((inputs, results)) = next else { break };
            if let Some(together) = &together {
                for (result, found) in results.iter_mut().zip(several(together, state.batch_mut(), inputs)) {
                    *result = found;
                }
            }
            for (input, result) in inputs.iter().zip(results).filter(|(_, result)| result.is_none()) {
                *result = Some(call(state, input));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where the system has no more threads, those that there are do the work.
            let Ok(_running) = thread::Builder::new().spawn_scoped(scope, || work(&mut RunState::new()))
            else {
                break;
            };
        }
        with_kept_state(work);
    });
    let done = |result: Option<_>| result.unwrap_or_else(|| Err(undone().into()));
    results.into_iter().map(done).collect()
}

/// Every block is taken, and a thread that panics ends the whole batch with its panic.
#[cold]
fn undone() -> InternalError {
    InternalError { message: "a call of a batch was not made".to_owned() }
}
