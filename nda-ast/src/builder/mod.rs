//! Builds programs from Rust: names in, slots and canonical bytes out.

mod expr;
mod function;
mod program;

pub use expr::Expr;
pub use function::{FunctionBuilder, SlotRef};
pub use program::{BuildError, FunctionRef, ObjectRef, ProgramBuilder};
