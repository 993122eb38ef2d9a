//! Many calls of one function, on one thread or several.

use crate::error::{CallError, InternalError};
use crate::typed::{Params, Rets};
use crate::{Func, TypedFn};
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
        batch(inputs.into_iter().collect(), threads, |state, args| self.call_by_ref(state, args))
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
        let call = |state: &mut RunState, args: &A| Ok(self.run_in(state, args.as_ref())?.result?);
        batch(inputs.into_iter().collect(), threads, call)
    }
}

/// Calls `call` on each input; threads take the inputs block by block.
fn batch<A: Send, R: Send>(
    mut inputs: Vec<A>,
    threads: usize,
    call: impl Fn(&mut RunState, &A) -> Result<R, CallError> + Sync,
) -> Vec<Result<R, CallError>> {
    let threads = threads.clamp(1, inputs.len().max(1));
    let block = inputs.len().div_ceil(threads * BLOCKS_PER_THREAD).clamp(1, MAX_BLOCK);
    let mut results: Vec<Option<Result<R, CallError>>> = inputs.iter().map(|_| None).collect();
    // `chunks_mut`, so that inputs need not be shared between threads, only sent.
    let blocks = Mutex::new(inputs.chunks_mut(block).zip(results.chunks_mut(block)));
    let work = || {
        let mut state = RunState::new();
        loop {
            let next = blocks.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((inputs, results)) = next else { break };
            for (input, result) in inputs.iter().zip(results) {
                *result = Some(call(&mut state, input));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where the system has no more threads, those that there are do the work.
            let Ok(_running) = thread::Builder::new().spawn_scoped(scope, work) else { break };
        }
        work();
    });
    let done = |result: Option<_>| result.unwrap_or_else(|| Err(undone().into()));
    results.into_iter().map(done).collect()
}

/// Every block is taken, and a thread that panics ends the whole batch with its panic.
#[cold]
fn undone() -> InternalError {
    InternalError { message: "a call of a batch was not made".to_owned() }
}
