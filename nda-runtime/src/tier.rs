//! What every tier takes and gives.

use crate::batch::BatchState;
use crate::frame::Arena;
use crate::tier0::Activation;
use crate::{HostCall, Loaded, Record, RunLimits, Trap, TrapKind, Value};
use nda_ast::{Type, ValidFunction};
use std::fmt;

/// One run: what is run, on what, within which limits.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The program.
    pub program: &'a Loaded,
    /// Object index of the function to enter ([`nda_ast::Program::entries`]).
    pub entry: u32,
    /// A value for each parameter, of exactly its type.
    pub args: &'a [Value],
    /// What it may use.
    pub limits: &'a RunLimits,
}

impl Run<'_> {
    /// Checks the arguments against the parameters; gives the function to enter.
    ///
    /// # Errors
    /// [`RunError::NoFunction`], [`RunError::ArgCount`], [`RunError::ArgType`].
    pub fn check(&self) -> Result<&ValidFunction, RunError> {
        let entry = self.program.function(self.entry).ok_or(RunError::NoFunction { object: self.entry })?;
        let params = entry.function().params();
        if params.len() != self.args.len() {
            return Err(RunError::ArgCount { expected: params.len(), found: self.args.len() });
        }
        for (index, (param, arg)) in params.iter().zip(self.args).enumerate() {
            let found = arg.ty();
            if found != param.ty {
                return Err(RunError::ArgType { index, expected: param.ty, found });
            }
        }
        Ok(entry)
    }
}

/// What a function that returned has given.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    /// Its results, NaNs of a `vec` canonical.
    pub results: Vec<Value>,
    /// The final values of its `inout` parameters, in order.
    pub inout: Vec<Value>,
}

/// How a run went. After a trap neither results nor `inout` values are observable.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Results and `inout` values, or the trap.
    pub result: Result<Returned, Trap>,
    /// Sum of the costs of all blocks entered; never above the fuel.
    pub executed_nodes: u64,
    /// What it printed.
    pub log: Vec<Value>,
    /// Its calls of host functions.
    pub transcript: Vec<HostCall>,
    /// Bytes charged for log and transcript.
    pub log_bytes: u64,
}

impl Outcome {
    /// Whether both are the same to the bit, in everything that is part of the meaning.
    #[must_use]
    pub fn same_bits(&self, other: &Outcome) -> bool {
        let result = match (&self.result, &other.result) {
            (Ok(a), Ok(b)) => {
                crate::all_same_bits(&a.results, &b.results) && crate::all_same_bits(&a.inout, &b.inout)
            }
            (Err(a), Err(b)) => a == b,
            _ => false,
        };
        let calls = self.transcript.len() == other.transcript.len()
            && self.transcript.iter().zip(&other.transcript).all(|(a, b)| a.same_bits(b));
        result
            && calls
            && self.executed_nodes == other.executed_nodes
            && self.log_bytes == other.log_bytes
            && crate::all_same_bits(&self.log, &other.log)
    }
}

/// Why a run has no outcome. The caller or the host is at fault, never the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// The entry is no function of the program.
    NoFunction {
        /// The object asked for.
        object: u32,
    },
    /// Another number of arguments than parameters.
    ArgCount {
        /// Parameters of the entry point.
        expected: usize,
        /// Arguments given.
        found: usize,
    },
    /// An argument of another type than its parameter.
    ArgType {
        /// Which argument, from 0.
        index: usize,
        /// The parameter's type.
        expected: Type,
        /// The argument's type.
        found: Type,
    },
    /// A host function broke its own signature; the run's state was discarded.
    HostResults {
        /// Name of the import.
        import: String,
        /// Types that it is to give.
        expected: Vec<Type>,
        /// Types that it gave.
        found: Vec<Type>,
    },
}

/// Why a run ends before its entry point returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// By the program, its limits, or an interruption.
    Trap(TrapKind),
    /// A host function broke its signature.
    Host(RunError),
}

impl From<TrapKind> for Stop {
    fn from(kind: TrapKind) -> Stop {
        Stop::Trap(kind)
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::NoFunction { object } => {
                write!(f, "object {object} is no function: enter an entry point")
            }
            RunError::ArgCount { expected, found } => {
                write!(f, "{found} arguments for {expected} parameters: give one for each")
            }
            RunError::ArgType { index, expected, found } => {
                write!(f, "argument {index} is of type {found}: the parameter takes {expected}")
            }
            RunError::HostResults { import, expected, found } => {
                write!(f, "host function `{import}` returned {}", List(found))?;
                write!(f, " where its signature says {}: correct the host function", List(expected))
            }
        }
    }
}

impl std::error::Error for RunError {}

struct List<'a>(&'a [Type]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "({})", types.join(", "))
    }
}

/// A way to run programs. All tiers give the same [`Outcome`] to the bit, but for when an interruption strikes.
pub trait Tier: Send + Sync {
    /// Its name in reports and on the command line.
    fn name(&self) -> &'static str;

    /// Runs a function to its end.
    ///
    /// # Errors
    /// Where the arguments do not fit, or a host function breaks its signature.
    fn run(&self, run: Run<'_>, state: &mut RunState) -> Result<Outcome, RunError>;
}

/// Memory of a run, to be kept for the next: one per thread or from a pool. Grows to what the programs need that run
/// in it and holds nothing that the next run could see.
#[derive(Debug, Default)]
pub struct RunState {
    pub(crate) arena: Arena,
    /// Frames of compiled functions: scalars and references.
    pub(crate) words: Vec<u64>,
    pub(crate) stack: Vec<u64>,
    pub(crate) calls: Vec<Activation>,
    pub(crate) quantised: Vec<i8>,
    /// Log and transcript of the last run of compiled code, until they are taken.
    pub(crate) record: Record,
    /// Memory of batches.
    batch: BatchState,
    /// Units of fuel that runs of compiled code have spent and no function has been counted for: less than a slice.
    pub(crate) unclaimed: u64,
}

impl RunState {
    /// An empty one.
    #[must_use]
    pub fn new() -> RunState {
        RunState::default()
    }

    /// Bytes that it holds.
    #[must_use]
    #[inline]
    pub fn bytes(&self) -> usize {
        8 * (self.arena.len() + self.stack.capacity() + self.words.capacity())
            + self.calls.capacity() * size_of::<Activation>()
            + self.quantised.capacity()
            + self.batch.bytes()
    }

    /// Memory of batches.
    #[must_use]
    pub fn batch_mut(&mut self) -> &mut BatchState {
        &mut self.batch
    }

    /// Log and transcript of the last [`run`](crate::jit::run), given away.
    #[must_use]
    #[inline]
    pub fn take_record(&mut self) -> Record {
        std::mem::take(&mut self.record)
    }

    /// Forgets log and transcript of the last [`run`](crate::jit::run).
    #[inline]
    pub fn drop_record(&mut self) {
        if self.record.used() != 0 {
            self.record = Record::default();
        }
    }
}
