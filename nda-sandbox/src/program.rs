//! A loaded program and handles on its functions.

use crate::error::{ArgError, CallError, FuncError, InternalError, LoadError};
use crate::typed::{Params, Rets};
use crate::{Limits, Outcome};
use nda_ast::{Body, Certificate, Import, Param, Type, ValidFunction, ValidProgram};
use nda_runtime::{CancelFlag, Link, Loaded, Returned, Run, RunLimits, RunState, Tier, Tier0, Value};
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A program that has been checked and is ready to run, for any number of threads. Cheap to clone.
///
/// Runs share nothing: each starts from the same state, whatever another did or how it ended.
#[derive(Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

struct Inner {
    loaded: Loaded,
    limits: Limits,
    /// The text that the program was loaded from.
    source: Option<Arc<str>>,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.entries().map(|e| e.name()).collect();
        f.debug_struct("Program").field("entries", &names).field("limits", &self.inner.limits).finish()
    }
}

/// An entry point, before it has a handle.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    program: &'a ValidProgram,
    object: u32,
    function: &'a Arc<ValidFunction>,
}

impl<'a> Entry<'a> {
    /// Its name; where it has none, the first 12 digits of its hash would do, but a name is empty.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.program.program().name(self.object).unwrap_or("")
    }

    /// Its index among the program's objects.
    #[must_use]
    pub fn object(&self) -> u32 {
        self.object
    }

    /// The function: hash, nodes, slots.
    #[must_use]
    pub fn function(&self) -> &'a ValidFunction {
        self.function
    }

    /// Its parameters.
    #[must_use]
    pub fn params(&self) -> &'a [Param] {
        self.function.function().params()
    }

    /// Types of its results.
    #[must_use]
    pub fn results(&self) -> &'a [Type] {
        self.function.function().results()
    }

    /// The name of parameter `index`.
    #[must_use]
    pub fn param_name(&self, index: usize) -> Option<&'a str> {
        self.program.program().names().slot(self.object, u32::try_from(index).ok()?)
    }

    /// What is known of every run of it: bounds of work, frame and levels.
    #[must_use]
    pub fn certificate(&self) -> &'a Certificate {
        self.function.certificate()
    }

    /// Its signature as the text form writes it.
    #[must_use]
    pub fn signature(&self) -> String {
        let param = |(i, p): (usize, &Param)| match self.param_name(i) {
            Some(name) => format!("{name}: {p}"),
            None => p.to_string(),
        };
        let params: Vec<String> = self.params().iter().enumerate().map(param).collect();
        let results: Vec<String> = self.results().iter().map(ToString::to_string).collect();
        let head = format!("fn {}({})", self.name(), params.join(", "));
        match results.as_slice() {
            [] => head,
            [one] => format!("{head} -> {one}"),
            many => format!("{head} -> ({})", many.join(", ")),
        }
    }

    /// Types of the results and then of the `inout` parameters: what a run gives back.
    fn returned_types(&self) -> Vec<Type> {
        let inout = self.params().iter().filter(|p| p.is_inout()).map(|p| p.ty);
        self.results().iter().copied().chain(inout).collect()
    }
}

impl Program {
    pub(crate) fn new(
        valid: Arc<ValidProgram>,
        link: &Link,
        limits: Limits,
        source: Option<Arc<str>>,
    ) -> Result<Program, LoadError> {
        let loaded = Loaded::new(valid, link)?;
        Ok(Program { inner: Arc::new(Inner { loaded, limits, source }) })
    }

    /// What was decoded and validated.
    #[must_use]
    pub fn valid(&self) -> &ValidProgram {
        self.inner.loaded.program()
    }

    pub(crate) fn loaded(&self) -> &Loaded {
        &self.inner.loaded
    }

    /// The limits that it was loaded with, and that its runs have unless a handle says otherwise.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// The program file: canonical bytes with names.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.valid().program().bytes()
    }

    /// The text that it was loaded from, if it was.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.inner.source.as_deref()
    }

    /// The canonical text of it.
    #[cfg(feature = "text")]
    #[must_use]
    pub fn to_text(&self) -> String {
        nda_ast::text::print(self.valid())
    }

    /// Its entry points, in the program's order.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let program = self.valid();
        program.entries().map(move |(object, function)| Entry { program, object, function })
    }

    /// The entry point called `name`; where several are, the first.
    ///
    /// # Errors
    /// [`FuncError::Unknown`], with the names that there are.
    pub fn entry(&self, name: &str) -> Result<Entry<'_>, FuncError> {
        self.entries().find(|e| e.name() == name).ok_or_else(|| FuncError::Unknown {
            name: name.to_owned(),
            known: self.entries().take(20).map(|e| e.name().to_owned()).collect(),
        })
    }

    /// What it imports from the host.
    pub fn imports(&self) -> impl Iterator<Item = &Import> {
        self.valid().program().objects().iter().filter_map(|object| match object.body() {
            Body::Import(import) => Some(import),
            _ => None,
        })
    }

    /// A handle on the entry point `name` with Rust types for its parameters and results.
    ///
    /// `P` is one type that stands for a parameter, or a tuple of up to 12: `i64`, `f64`, `bool`, `&[u8]`, `&[i64]` or `&[f64]` for a
    /// `Buf`, `&[f32]` or `[f32; N]` for a `Vec32`, [`Value`] for any. `R` is the same for results, with `Vec` in the place of
    /// slices; the final value of each `&mut` parameter comes back after the results.
    ///
    /// ```
    /// use nda_sandbox::{Engine, Limits};
    /// let source = "
    ///     fn append(b: &mut Buf<u8, 8>, x: i64) -> i64 {
    ///         b.push(x as u8);
    ///         return b.len();
    ///     }";
    /// let program = Engine::new().load_text(source, &Limits::default())?;
    /// let append = program.func::<(&[u8], i64), (i64, Vec<u8>)>("append")?;
    /// assert_eq!(append.call((b"ab", 0x63))?, (3, b"abc".to_vec()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`FuncError`], with the signature that there is.
    pub fn func<P: Params, R: Rets>(&self, name: &str) -> Result<TypedFn<P, R>, FuncError> {
        let entry = self.entry(name)?;
        let params: Vec<Type> = entry.params().iter().map(|p| p.ty).collect();
        if !P::fit(&params) || !R::fit(&entry.returned_types()) {
            let found = format!("fn{} -> {}", P::describe(), R::describe());
            return Err(FuncError::Signature { name: name.to_owned(), expected: entry.signature(), found });
        }
        Ok(TypedFn { func: self.handle(&entry), types: params.into(), signature: PhantomData })
    }

    /// A handle on the entry point `name` that takes and gives values, whatever its signature.
    ///
    /// # Errors
    /// [`FuncError::Unknown`], with the names that there are.
    pub fn func_untyped(&self, name: &str) -> Result<Func, FuncError> {
        Ok(self.handle(&self.entry(name)?))
    }

    fn handle(&self, entry: &Entry<'_>) -> Func {
        Func { program: self.clone(), object: entry.object, limits: self.inner.limits, cancel: None }
    }

    /// The entry point of a handle.
    fn entry_of(&self, object: u32) -> Option<Entry<'_>> {
        self.entries().find(|e| e.object == object)
    }
}

/// A handle on an entry point that takes and gives values. Cheap to clone; holds its program.
#[derive(Clone, Debug)]
pub struct Func {
    program: Program,
    object: u32,
    limits: Limits,
    cancel: Option<CancelFlag>,
}

/// Bytes of run memory that a thread keeps for its next run.
const KEPT_STATE: usize = 1 << 20;

thread_local! {
    /// The state of the last run on this thread; none while a run is under way.
    static STATE: RefCell<Option<RunState>> = const { RefCell::new(None) };
}

impl Func {
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
        self
    }

    /// The same handle, its runs ended by this flag.
    #[must_use]
    pub fn with_cancel(mut self, cancel: &CancelFlag) -> Func {
        self.cancel = Some(cancel.clone());
        self
    }

    /// Runs it in memory that this thread keeps for its runs (at most 1 MiB between runs).
    ///
    /// # Errors
    /// [`CallError::Args`] where an argument does not fit; [`CallError::Internal`] where a host function panicked or broke
    /// its signature. A trap is in the outcome.
    pub fn run(&self, args: &[Value]) -> Result<Outcome, CallError> {
        // Taken out, so that a host function that runs a program itself finds none and makes its own.
        let mut state = STATE.with(|kept| kept.try_borrow_mut().ok().and_then(|mut s| s.take()));
        let mut own = state.take().unwrap_or_default();
        let outcome = self.run_in(&mut own, args);
        if own.bytes() <= KEPT_STATE {
            STATE.with(|kept| {
                if let Ok(mut kept) = kept.try_borrow_mut() {
                    *kept = Some(own);
                }
            });
        }
        outcome
    }

    /// Runs it in memory of the caller, which any program may have used before.
    ///
    /// # Errors
    /// As [`Func::run`].
    pub fn run_in(&self, state: &mut RunState, args: &[Value]) -> Result<Outcome, CallError> {
        let limits = self.limits.starting(self.cancel.as_ref());
        self.run_under(state, args, &limits)
    }

    pub(crate) fn run_under(
        &self,
        state: &mut RunState,
        args: &[Value],
        limits: &RunLimits,
    ) -> Result<Outcome, CallError> {
        let run = Run { program: self.program.loaded(), entry: self.object, args, limits };
        let outcome = contain(state, |state| Tier0.run(run, state))?.map_err(CallError::of)?;
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
pub(crate) fn contain<T>(
    state: &mut RunState,
    body: impl FnOnce(&mut RunState) -> T,
) -> Result<T, InternalError> {
    // Unwind safety: of what `body` can reach, only the state changes, and it is replaced.
    match catch_unwind(AssertUnwindSafe(|| body(state))) {
        Ok(done) => Ok(done),
        Err(payload) => {
            *state = RunState::new();
            let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
            let message = format!("panicked: {}", text.as_deref().unwrap_or("with a value that is no text"));
            // A payload's own drop may panic; leaking a few bytes is the lesser harm.
            std::mem::forget(payload);
            Err(InternalError { message })
        }
    }
}

/// A handle on an entry point with Rust types; see [`Program::func`].
pub struct TypedFn<P, R> {
    func: Func,
    types: Arc<[Type]>,
    signature: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFn<P, R> {
    fn clone(&self) -> TypedFn<P, R> {
        TypedFn { func: self.func.clone(), types: self.types.clone(), signature: PhantomData }
    }
}

impl<P, R> fmt::Debug for TypedFn<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFn").field(&self.func).finish()
    }
}

impl<P: Params, R: Rets> TypedFn<P, R> {
    /// The results of a run in memory that this thread keeps.
    ///
    /// # Errors
    /// [`CallError`]: a trap, an argument of a length that does not fit, or a host at fault.
    pub fn call(&self, args: P::Args<'_>) -> Result<R, CallError> {
        Ok(self.run(args)?.result?)
    }

    /// A run in memory that this thread keeps, with log, transcript and count.
    ///
    /// # Errors
    /// As [`TypedFn::call`], but a trap is in the outcome.
    pub fn run(&self, args: P::Args<'_>) -> Result<Outcome<R>, CallError> {
        typed(P::with(args, &self.types, |values| self.func.run(values)))
    }

    /// A run in memory of the caller, which any program may have used before.
    ///
    /// # Errors
    /// As [`TypedFn::run`].
    pub fn run_in(&self, state: &mut RunState, args: P::Args<'_>) -> Result<Outcome<R>, CallError> {
        typed(P::with(args, &self.types, |values| self.func.run_in(state, values)))
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

/// Gives an outcome's results their Rust types.
fn typed<R: Rets>(run: Result<Result<Outcome, CallError>, ArgError>) -> Result<Outcome<R>, CallError> {
    let outcome = run??;
    let result = match outcome.result {
        Ok(values) => Ok(R::from_values(values).ok_or_else(|| InternalError {
            message: "results of other types than the validator found".to_owned(),
        })?),
        Err(trap) => Err(trap),
    };
    Ok(Outcome {
        result,
        log: outcome.log,
        transcript: outcome.transcript,
        log_bytes: outcome.log_bytes,
        executed_nodes: outcome.executed_nodes,
    })
}
