//! The language of NDA: types, the one list of operations, the node arena, canonical bytes, object hashes, the
//! validator with its certificate, a builder, and the text form.
//!
//! The way of a program through this crate: bytes -> [`decode`] -> [`Program`] -> [`validate`] -> [`ValidProgram`].
//! Only the stage before can make the argument of the next. `docs/spec.md` says what every part means.
#![forbid(unsafe_code)]

mod builder;
mod certificate;
mod code;
mod constant;
mod cost;
mod decode;
mod encode;
mod error;
mod hash;
mod leb;
mod limits;
mod node;
mod op;
mod program;
mod rules;
mod scratch;
mod sections;
#[cfg(feature = "text")]
pub mod text;
mod types;
mod validate;

pub use builder::{BuildError, Expr, FunctionBuilder, FunctionRef, ObjectRef, ProgramBuilder, SlotRef};
pub use bytes::Bytes;
pub use certificate::{Bound, Certificate};
pub use code::{ErrorCode, Stage, UnknownCode};
pub use constant::{Codebook, Constant, Import, Matrix};
pub use cost::{CostInput, weight};
pub use decode::{decode, decode_object, load};
pub use encode::{encode_constant, encode_function, encode_import};
pub use error::{DecodeError, Diagnostic, Fix, LoadError, ValidateError};
pub use hash::{Hash, ObjectKind, ParseHashError};
pub use limits::{LimitKind, Limits, MAX_PARAMS, MAX_RESULTS};
pub use node::{Block, BlockId, BlockKind, Function, Node, NodeId, SlotId};
pub use op::{Arg, Effects, Imm, Op, OpInfo, Res, Spelling, Work};
pub use program::{Body, FORMAT_VERSION, FunctionObject, MAGIC, Object, Program};
pub use rules::{Mismatch, type_rule};
pub use sections::{MAX_NAME, Names, ObjectNames, Sections, Spans};
pub use types::{Elem, MAX_ELEMENTS, Mode, Param, Type};
pub use validate::{Slot, SlotKind, ValidFunction, ValidObject, ValidProgram, validate};

/// The one NaN that float operations give: positive, quiet, payload zero.
pub const CANONICAL_NAN: u64 = 0x7ff8_0000_0000_0000;

/// The canonical NaN of a `vec` element.
pub const CANONICAL_NAN32: u32 = 0x7fc0_0000;
