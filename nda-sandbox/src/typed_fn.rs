//! Handles on entry points with Rust types: arguments go from the caller's memory straight into the frame, results from
//! there to the caller.

use crate::error::{ArgError, CallError, InternalError};
use crate::func::{contain, with_kept_state};
use crate::program::Entry;
use crate::spans::Span;
use crate::typed::{Params, Rets};
use crate::{Func, Limits, Outcome, ValueRef};
use nda_ast::Type;
use nda_closure_jit::compile_program;
use nda_runtime::jit::{Finished, FrameMap, run};
use nda_runtime::memory::{Memory, Sources};
use nda_runtime::{CancelFlag, RunState, Value, type_words};
use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A handle on an entry point with Rust types; see [`Program::func`](crate::Program::func). Cheap to clone.
///
/// A call allocates nothing, but for what the program prints, what a host function takes and gives, results that are `Vec`s or
/// [`Value`]s, arguments that are matrices, and the report of a trap.
pub struct TypedFn<P, R> {
    func: Func,
    signature: Arc<Signature>,
    types: PhantomData<fn(P) -> R>,
}

/// Where arguments go and results lie.
#[derive(Debug)]
struct Signature {
    params: Box<[Type]>,
    /// Word of the first parameter.
    first: u32,
    /// Words of arena that the arguments take.
    aggregates: usize,
    /// Whether any parameter is a matrix.
    matrices: bool,
    /// Types and words of results and then of `inout` parameters.
    returned: Box<[(Type, u32)]>,
}

impl Signature {
    fn of(entry: &Entry<'_>) -> Signature {
        let (params, results) = (entry.params(), entry.results());
        let map = FrameMap::new(params.len(), results.len());
        let aggregates = params.iter().filter(|p| p.ty.is_aggregate()).map(|p| type_words(p.ty)).sum::<u64>();
        let results = results.iter().zip(0..).map(|(ty, i)| (*ty, map.result(i)));
        let inout = params.iter().zip(0..).filter(|(p, _)| p.is_inout());
        Signature {
            params: params.iter().map(|p| p.ty).collect(),
            first: map.first(),
            aggregates: aggregates as usize,
            matrices: params.iter().any(|p| p.ty.is_mat()),
            returned: results.chain(inout.map(|(p, i)| (p.ty, map.param(i)))).collect(),
        }
    }

    /// Writes arguments, or refuses those that do not fit.
    #[inline]
    fn place<P: Params>(
        &self,
        args: &P::Args<'_>,
        memory: &mut Memory<'_>,
        words: &[Cell<u64>],
    ) -> Result<(), Failure> {
        let mut at = 0;
        P::try_each(args, |i, arg| {
            let Some(&ty) = self.params.get(i) else { return Err(self.too_many(i + 1)) };
            if !arg.fits(ty) {
                return Err(misfit(i, ty, arg));
            }
            words[self.first as usize + i].set(arg.place(memory, at, i));
            if ty.is_aggregate() {
                at += type_words(ty) as usize;
            }
            Ok(())
        })
    }

    /// The values of matrices, each in its place among the arguments.
    #[cold]
    #[inline(never)]
    fn matrices<P: Params>(&self, args: &P::Args<'_>) -> Vec<Value> {
        let mut values = Vec::new();
        let gather = |_, arg: ValueRef<'_>| {
            values.push(if let ValueRef::Mat(m) = arg { Value::Mat(m.clone()) } else { Value::Int(0) });
            Ok::<(), Infallible>(())
        };
        match P::try_each(args, gather) {
            Ok(()) => values,
        }
    }

    #[cold]
    fn too_many(&self, found: usize) -> Failure {
        ArgError::Count { expected: self.params.len(), found }.into()
    }

    #[inline]
    fn read<R: Rets>(&self, sources: Sources<'_>, words: &[Cell<u64>]) -> Option<R> {
        R::read(|i| {
            let (ty, word) = *self.returned.get(i)?;
            Some((ValueRef::of_word(sources, ty, words[word as usize].get())?, ty))
        })
    }
}

impl<P, R> Clone for TypedFn<P, R> {
    fn clone(&self) -> TypedFn<P, R> {
        TypedFn { func: self.func.clone(), signature: self.signature.clone(), types: PhantomData }
    }
}

impl<P, R> fmt::Debug for TypedFn<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFn").field(&self.func).finish()
    }
}

impl<P: Params, R: Rets> TypedFn<P, R> {
    /// The types must fit.
    pub(crate) fn new(func: Func, entry: &Entry<'_>) -> TypedFn<P, R> {
        TypedFn { func, signature: Arc::new(Signature::of(entry)), types: PhantomData }
    }

    /// The results of a run in memory that this thread keeps.
    ///
    /// # Errors
    /// [`CallError`]: a trap, an argument of a length that does not fit, or a host at fault.
    #[inline]
    pub fn call(&self, args: P::Args<'_>) -> Result<R, CallError> {
        with_kept_state(|state| self.small_call(state, &args)).map_err(Failure::open)
    }

    /// The results of a run in memory of the caller, which any program may have used before.
    ///
    /// # Errors
    /// As [`TypedFn::call`].
    #[inline]
    pub fn call_in(&self, state: &mut RunState, args: P::Args<'_>) -> Result<R, CallError> {
        self.call_by_ref(state, &args)
    }

    #[inline]
    pub(crate) fn call_by_ref(&self, state: &mut RunState, args: &P::Args<'_>) -> Result<R, CallError> {
        self.small_call(state, args).map_err(Failure::open)
    }

    #[inline]
    fn small_call(&self, state: &mut RunState, args: &P::Args<'_>) -> Result<R, Failure> {
        self.finish(state, args, |finished, state| {
            state.drop_record();
            match finished.result {
                Ok(results) => results.ok_or_else(unfit),
                Err(trap) => Err(trap.into()),
            }
        })
    }

    /// A run in memory that this thread keeps, with log, transcript and count.
    ///
    /// # Errors
    /// As [`TypedFn::call`], but a trap is in the outcome.
    #[inline]
    pub fn run(&self, args: P::Args<'_>) -> Result<Outcome<R>, CallError> {
        with_kept_state(|state| self.run_in(state, args))
    }

    /// A run in memory of the caller, which any program may have used before.
    ///
    /// # Errors
    /// As [`TypedFn::run`].
    #[inline]
    pub fn run_in(&self, state: &mut RunState, args: P::Args<'_>) -> Result<Outcome<R>, CallError> {
        let outcome = self.finish(state, &args, |Finished { result, executed_nodes }, state| {
            let record = state.take_record();
            let result = match result {
                Ok(results) => Ok(results.ok_or_else(unfit)?),
                Err(trap) => Err(trap),
            };
            let log_bytes = record.used();
            let (log, transcript) = record.into_parts();
            Ok(Outcome { result, log, transcript, log_bytes, executed_nodes })
        });
        outcome.map_err(Failure::open)
    }

    /// Runs it and makes `then` of what there is then, inside of the containment. What crosses its border is written to
    /// memory and copied: errors cross it boxed, so that they do not make every result as large as themselves.
    #[inline]
    fn finish<T>(
        &self,
        state: &mut RunState,
        args: &P::Args<'_>,
        then: impl FnOnce(Finished<Option<R>>, &mut RunState) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let signature = &*self.signature;
        let loaded = self.func.program().loaded();
        let program = (loaded, loaded.jit(compile_program), self.func.object());
        let span = Span::run(&self.func);
        contain(state, |state| {
            let owned;
            let mut matrices: &[Value] = &[];
            if signature.matrices {
                owned = signature.matrices::<P>(args);
                matrices = &owned;
            }
            let finished = run(
                program,
                (matrices, signature.aggregates),
                self.func.run_limits(),
                state,
                |memory, words| signature.place::<P>(args, memory, words),
                |sources, words| signature.read(sources, words),
            );
            let finished: Finished<_> = finished.map_err(|failure: Failure| failure)?;
            span.ran(finished.executed_nodes, &finished.result);
            then(finished, state)
        })
    }

    /// The same handle with other limits for its runs.
    #[must_use]
    pub fn with_limits(self, limits: &Limits) -> TypedFn<P, R> {
        TypedFn { func: self.func.with_limits(limits), ..self }
    }

    /// The same handle, its runs ended by this flag.
    #[must_use]
    pub fn with_cancel(self, cancel: &CancelFlag) -> TypedFn<P, R> {
        TypedFn { func: self.func.with_cancel(cancel), ..self }
    }

    /// The same handle without Rust types.
    #[must_use]
    pub fn untyped(&self) -> &Func {
        &self.func
    }
}

/// A [`Rets`] that does not read what it said would fit.
#[cold]
fn unfit() -> Failure {
    InternalError { message: "results of other types than the handle was made for".to_owned() }.into()
}

#[cold]
#[inline(never)]
fn misfit(index: usize, ty: Type, arg: ValueRef<'_>) -> Failure {
    ArgError::value(index, ty, arg.describe(ty)).into()
}

/// A boxed [`CallError`].
struct Failure(Box<CallError>);

impl Failure {
    fn open(self) -> CallError {
        *self.0
    }
}

impl<E: Into<CallError>> From<E> for Failure {
    #[cold]
    #[inline(never)]
    fn from(error: E) -> Failure {
        Failure(Box::new(error.into()))
    }
}
