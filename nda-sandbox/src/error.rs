//! Errors of each operation. Those that concern a program turn into the one diagnostic form.

use nda_ast::{Diagnostic, ErrorCode, Type};
use nda_runtime::{BindError, RunError, Trap};
use std::fmt;

/// Why a program does not load.
#[derive(Clone, Debug, PartialEq)]
pub enum LoadError {
    /// The text has errors: up to 20, each with its span.
    Text(Vec<Diagnostic>),
    /// The bytes are no program, or the program breaks a rule.
    Program(nda_ast::LoadError),
    /// An import is not granted, or the program is too large for this machine.
    Bind(BindError),
    /// An import is granted, but the program and the host disagree on its price.
    Work {
        /// Name of the import.
        import: String,
        /// Work that the host declares.
        expected: u32,
        /// Work that the program declares.
        found: u32,
    },
}

impl LoadError {
    /// The errors as data, as every stage gives them. Never empty.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            LoadError::Text(list) => list.clone(),
            LoadError::Program(e) => vec![e.into()],
            LoadError::Bind(BindError::Link(e)) => {
                let found = e.found.clone().unwrap_or_else(|| "no grant of this name".to_owned());
                vec![link_error(ErrorCode::UnknownImport, self, &e.name, e.expected.clone(), found)]
            }
            LoadError::Bind(BindError::TooLarge { object }) => {
                let (expected, found) = ("less than 2^32 words of memory", "more");
                let name = format!("object {object}");
                vec![link_error(ErrorCode::Limit, self, &name, expected.to_owned(), found.to_owned())]
            }
            LoadError::Work { import, expected, found } => {
                let work = |n: &u32| format!("#[work({n})]");
                vec![link_error(ErrorCode::UnknownImport, self, import, work(expected), work(found))]
            }
        }
    }
}

fn link_error(code: ErrorCode, error: &LoadError, name: &str, expected: String, found: String) -> Diagnostic {
    Diagnostic {
        code,
        message: error.to_string(),
        function: Some(name.to_owned()),
        node: None,
        span: None,
        expected: Some(expected),
        found: Some(found),
        fixes: Vec::new(),
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Text(list) => {
                for (i, diagnostic) in list.iter().enumerate() {
                    write!(f, "{}{diagnostic}", if i == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
            LoadError::Program(e) => e.fmt(f),
            LoadError::Bind(e) => e.fmt(f),
            LoadError::Work { import, expected, found } => write!(
                f,
                "the program imports `{import}` with work {found}, but the host grants it with {expected}: make them equal"
            ),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<nda_ast::LoadError> for LoadError {
    fn from(e: nda_ast::LoadError) -> LoadError {
        LoadError::Program(e)
    }
}

impl From<BindError> for LoadError {
    fn from(e: BindError) -> LoadError {
        LoadError::Bind(e)
    }
}

/// Why there is no handle for a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FuncError {
    /// The program has no entry point of this name.
    Unknown {
        /// The name asked for.
        name: String,
        /// Names of the entry points, at most 20.
        known: Vec<String>,
    },
    /// The function has another signature.
    Signature {
        /// Name of the function.
        name: String,
        /// Its signature.
        expected: String,
        /// The signature that the handle was asked with.
        found: String,
    },
}

impl fmt::Display for FuncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FuncError::Unknown { name, known } => {
                write!(f, "no entry point `{name}`; there are: {}", known.join(", "))
            }
            FuncError::Signature { name, expected, found } => {
                write!(f, "`{name}` is `{expected}`, asked for as `{found}`: ask with types that fit")?;
                f.write_str(" (a result for each result, then one for each `&mut` parameter)")
            }
        }
    }
}

impl std::error::Error for FuncError {}

impl From<&FuncError> for Diagnostic {
    fn from(e: &FuncError) -> Diagnostic {
        let (name, expected, found) = match e {
            FuncError::Unknown { name, known } => (name, known.join(", "), name),
            FuncError::Signature { name, expected, found } => (name, expected.clone(), found),
        };
        Diagnostic {
            code: ErrorCode::UnknownFunction,
            message: e.to_string(),
            function: Some(name.clone()),
            node: None,
            span: None,
            expected: Some(expected),
            found: Some(found.clone()),
            fixes: Vec::new(),
        }
    }
}

/// An argument that does not fit its parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgError {
    /// Another number of arguments than parameters.
    Count {
        /// Parameters.
        expected: usize,
        /// Arguments.
        found: usize,
    },
    /// An argument of another type, or of a length that does not fit.
    Value {
        /// Which argument, from 0.
        index: usize,
        /// Type of the parameter.
        expected: Type,
        /// What was given.
        found: String,
    },
}

impl ArgError {
    #[cold]
    pub(crate) fn value(index: usize, expected: Type, found: impl fmt::Display) -> ArgError {
        ArgError::Value { index, expected, found: found.to_string() }
    }
}

impl fmt::Display for ArgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgError::Count { expected, found } => {
                write!(f, "{found} arguments for {expected} parameters: give one for each")
            }
            ArgError::Value { index, expected, found } => {
                write!(f, "argument {index}: the parameter takes {expected}, given {found}")
            }
        }
    }
}

impl std::error::Error for ArgError {}

/// The host is at fault: a host function panicked, or gave other types than its signature says. Never a program's
/// outcome; what the run had done is discarded, and the program can be called again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalError {
    /// The panic's message, or which host function broke its signature.
    pub message: String,
}

impl fmt::Display for InternalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error in the host, not in the program: {}", self.message)
    }
}

impl std::error::Error for InternalError {}

/// Why a run has no [`Outcome`](crate::Outcome).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The program trapped. (Only from `call`; `run` gives traps in the outcome.)
    Trap(Trap),
    /// An argument does not fit.
    Args(ArgError),
    /// The host is at fault.
    Internal(InternalError),
}

impl CallError {
    /// The trap, if it is one.
    #[must_use]
    pub fn trap(&self) -> Option<&Trap> {
        if let CallError::Trap(trap) = self { Some(trap) } else { None }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Trap(e) => e.fmt(f),
            CallError::Args(e) => e.fmt(f),
            CallError::Internal(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for CallError {}

impl From<RunError> for CallError {
    #[cold]
    #[inline(never)]
    fn from(e: RunError) -> CallError {
        match e {
            RunError::ArgCount { expected, found } => CallError::Args(ArgError::Count { expected, found }),
            RunError::ArgType { index, expected, found } => {
                CallError::Args(ArgError::value(index, expected, found))
            }
            RunError::NoFunction { .. } | RunError::HostResults { .. } => {
                CallError::Internal(InternalError { message: e.to_string() })
            }
        }
    }
}

impl From<Trap> for CallError {
    #[cold]
    fn from(e: Trap) -> CallError {
        CallError::Trap(e)
    }
}

impl From<ArgError> for CallError {
    #[cold]
    fn from(e: ArgError) -> CallError {
        CallError::Args(e)
    }
}

impl From<InternalError> for CallError {
    fn from(e: InternalError) -> CallError {
        CallError::Internal(e)
    }
}
