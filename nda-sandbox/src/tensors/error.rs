//! Why a file is no safetensors file, or a tensor not what was asked for.

use super::Dtype;
use nda_ast::{Diagnostic, ErrorCode};
use std::fmt;

/// What is wrong with a safetensors file or one of its tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TensorError {
    /// The file is shorter than the 8 bytes of its header's length, or than its header.
    Truncated {
        /// Bytes that there are.
        found: u64,
        /// Bytes that there should be at least.
        expected: u64,
    },
    /// The header's length is above [`MAX_HEADER`](super::MAX_HEADER).
    HeaderTooLong {
        /// The length in bytes.
        found: u64,
    },
    /// The header is not JSON of the format's form.
    Header {
        /// What the JSON reader says, with line and column.
        reason: String,
    },
    /// A tensor's element type is not one that is known here.
    UnknownDtype {
        /// The tensor.
        name: String,
        /// The name of the type.
        found: String,
    },
    /// A tensor's data does not begin where the one before it ends: there is a gap or an overlap.
    Offset {
        /// The tensor.
        name: String,
        /// Where the data should begin, in bytes after the header.
        expected: u64,
        /// Where the header says that it begins.
        found: u64,
    },
    /// A tensor's data has not the size of its shape and element type.
    Size {
        /// The tensor.
        name: String,
        /// Bytes by shape and element type; `None` where that is 2^64 or more.
        expected: Option<u64>,
        /// Bytes by the header's offsets; `None` where they end before they begin.
        found: Option<u64>,
    },
    /// The tensors' data does not end where the file ends.
    Length {
        /// Bytes after the header by the tensors.
        expected: u64,
        /// Bytes after the header.
        found: u64,
    },
    /// No tensor of this name.
    UnknownTensor {
        /// The name asked for.
        name: String,
        /// Up to 20 names that there are.
        known: Vec<String>,
    },
    /// A tensor cannot become a value of the type asked for.
    Mismatch {
        /// The tensor.
        name: String,
        /// What would fit.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Two tensors to be written have one name.
    Repeated {
        /// The name.
        name: String,
    },
}

impl TensorError {
    #[cold]
    pub(super) fn mismatch(
        tensor: &super::Tensor<'_>,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> TensorError {
        let name = tensor.name().to_owned();
        TensorError::Mismatch { name, expected: expected.to_string(), found: found.to_string() }
    }

    fn detail(&self) -> (Option<String>, Option<String>) {
        let bytes = |n: &u64| Some(format!("{n} bytes"));
        match self {
            TensorError::Truncated { found, expected } => {
                (Some(format!("at least {expected} bytes")), bytes(found))
            }
            TensorError::HeaderTooLong { found } => {
                (Some(format!("a header of at most {} bytes", super::MAX_HEADER)), bytes(found))
            }
            TensorError::UnknownDtype { found, .. } => {
                let known: Vec<&str> = Dtype::ALL.iter().map(|d| d.name()).collect();
                (Some(known.join(", ")), Some(found.clone()))
            }
            TensorError::Offset { expected, found, .. } => {
                (Some(format!("an offset of {expected}")), Some(found.to_string()))
            }
            TensorError::Size { expected, found, .. } => {
                (expected.as_ref().and_then(bytes), found.as_ref().and_then(bytes))
            }
            TensorError::Length { expected, found } => (bytes(expected), bytes(found)),
            TensorError::UnknownTensor { known, .. } => (Some(known.join(", ")), None),
            TensorError::Mismatch { expected, found, .. } => (Some(expected.clone()), Some(found.clone())),
            TensorError::Header { .. } | TensorError::Repeated { .. } => (None, None),
        }
    }
}

impl fmt::Display for TensorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TensorError::Truncated { .. } => f.write_str("the safetensors file is cut short")?,
            TensorError::HeaderTooLong { .. } => f.write_str("the safetensors header is too long")?,
            TensorError::Header { reason } => write!(f, "the safetensors header is malformed: {reason}")?,
            TensorError::UnknownDtype { name, .. } => {
                write!(f, "tensor `{name}` has an unknown element type")?
            }
            TensorError::Offset { name, .. } => {
                write!(f, "the data of tensor `{name}` leaves a gap or overlaps")?;
            }
            TensorError::Size { name, .. } => {
                write!(f, "the data of tensor `{name}` has not the size of its shape")?;
            }
            TensorError::Length { .. } => f.write_str("the data does not end where the file ends")?,
            TensorError::UnknownTensor { name, .. } => write!(f, "no tensor `{name}` in the file")?,
            TensorError::Mismatch { name, .. } => write!(f, "tensor `{name}` does not fit")?,
            TensorError::Repeated { name } => write!(f, "two tensors are called `{name}`")?,
        }
        match self.detail() {
            (Some(expected), Some(found)) => write!(f, ": expected {expected}, found {found}"),
            (Some(expected), None) => write!(f, ": expected {expected}"),
            (None, Some(found)) => write!(f, ": found {found}"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for TensorError {}

impl From<&TensorError> for Diagnostic {
    fn from(e: &TensorError) -> Diagnostic {
        let (expected, found) = e.detail();
        Diagnostic {
            code: ErrorCode::LoadFile,
            message: e.to_string(),
            function: None,
            node: None,
            span: None,
            expected,
            found,
            fixes: Vec::new(),
        }
    }
}
