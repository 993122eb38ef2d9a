//! Typed errors of decoding and validating, and the one diagnostic form that all stages share.

use crate::{ErrorCode, Hash, LimitKind, NodeId, Stage};
use std::fmt;
use std::ops::Range;

/// A byte string that is no program, with the offset at which that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Byte offset from the start of the input.
    pub offset: usize,
    /// What is wrong.
    pub code: ErrorCode,
    /// What would have been valid, if that can be said.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
}

/// Results inside the decoder: boxed errors keep the good path in registers (a third of its time).
pub(crate) type Decoded<T> = Result<T, Box<DecodeError>>;

impl DecodeError {
    #[cold]
    pub(crate) fn new(offset: usize, code: ErrorCode) -> Box<DecodeError> {
        Box::new(DecodeError { offset, code, expected: None, found: None })
    }

    #[cold]
    pub(crate) fn expected(mut self: Box<Self>, expected: impl fmt::Display) -> Box<DecodeError> {
        self.expected = Some(expected.to_string());
        self
    }

    #[cold]
    pub(crate) fn found(mut self: Box<Self>, found: impl fmt::Display) -> Box<DecodeError> {
        self.found = Some(found.to_string());
        self
    }

    #[cold]
    pub(crate) fn limit(
        offset: usize,
        kind: LimitKind,
        max: u64,
        found: impl fmt::Display,
    ) -> Box<DecodeError> {
        DecodeError::new(offset, ErrorCode::Limit).expected(format_args!("{kind} <= {max}")).found(found)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.code.summary())?;
        detail(f, self.expected.as_deref(), self.found.as_deref())
    }
}

impl std::error::Error for DecodeError {}

/// A well-formed program that breaks a rule, with the function and node at which it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateError {
    /// Index of the object in the program.
    pub object: u32,
    /// Hash of the object.
    pub hash: Hash,
    /// Node in the object; 0 is the function itself.
    pub node: NodeId,
    /// What is wrong.
    pub code: ErrorCode,
    /// What would have been valid, if that can be said.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
}

impl fmt::Display for ValidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function {}, node {}: {}", &self.hash.to_string()[..12], self.node, self.code.summary())?;
        detail(f, self.expected.as_deref(), self.found.as_deref())
    }
}

impl std::error::Error for ValidateError {}

fn detail(f: &mut fmt::Formatter<'_>, expected: Option<&str>, found: Option<&str>) -> fmt::Result {
    if let Some(expected) = expected {
        write!(f, " Expected {expected}")?;
        return match found {
            Some(found) => write!(f, ", found {found}."),
            None => write!(f, "."),
        };
    }
    match found {
        Some(found) => write!(f, " Found {found}."),
        None => Ok(()),
    }
}

/// Why a program cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes are no program.
    Decode(DecodeError),
    /// The program breaks a rule.
    Validate(ValidateError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Decode(e) => e.fmt(f),
            LoadError::Validate(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<DecodeError> for LoadError {
    fn from(e: DecodeError) -> LoadError {
        LoadError::Decode(e)
    }
}

impl From<ValidateError> for LoadError {
    fn from(e: ValidateError) -> LoadError {
        LoadError::Validate(e)
    }
}

/// A change of text that mends an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as a command: "write `x as f64`".
    pub message: String,
    /// Byte range of the text to replace; empty to insert.
    pub span: Range<usize>,
    /// What to put there.
    pub replacement: String,
}

/// One error as data: what every stage's errors become for people, models and JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code.
    pub code: ErrorCode,
    /// What is wrong, in one or two sentences.
    pub message: String,
    /// Name or hash of the function, where one is known.
    pub function: Option<String>,
    /// Node in that function.
    pub node: Option<NodeId>,
    /// Byte range in the text, or byte offset (as an empty range) in the binary.
    pub span: Option<Range<usize>>,
    /// What would have been valid.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
    /// Changes that would mend it.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// The stage of the code.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.code.stage()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code, self.message)
    }
}

impl std::error::Error for Diagnostic {}

impl From<&DecodeError> for Diagnostic {
    fn from(e: &DecodeError) -> Diagnostic {
        Diagnostic {
            code: e.code,
            message: e.to_string(),
            function: None,
            node: None,
            span: Some(e.offset..e.offset),
            expected: e.expected.clone(),
            found: e.found.clone(),
            fixes: Vec::new(),
        }
    }
}

impl From<&ValidateError> for Diagnostic {
    fn from(e: &ValidateError) -> Diagnostic {
        Diagnostic {
            code: e.code,
            message: e.to_string(),
            function: Some(e.hash.to_string()),
            node: Some(e.node),
            span: None,
            expected: e.expected.clone(),
            found: e.found.clone(),
            fixes: Vec::new(),
        }
    }
}

impl From<&LoadError> for Diagnostic {
    fn from(e: &LoadError) -> Diagnostic {
        match e {
            LoadError::Decode(e) => e.into(),
            LoadError::Validate(e) => e.into(),
        }
    }
}
