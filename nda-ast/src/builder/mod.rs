//! Builds programs from Rust: names in, slots and canonical bytes out.

mod expr;
mod function;
mod program;

pub use expr::Expr;
#[cfg(feature = "text")]
pub(crate) use function::Item;
pub use function::{FunctionBuilder, SlotRef};
pub use program::{BuildError, FunctionRef, ObjectRef, ProgramBuilder};
