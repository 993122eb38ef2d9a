//! The text form, a syntactic subset of Rust: text to program and back. `docs/spec.md` section 11 is the contract.
//!
//! Text to program: `lex` cuts tokens, `parse` makes flat lists of statements and expressions (in the
//! very order of the program's bytes, so that nothing here recurses), `lower` resolves names and types and emits
//! nodes through the builder.

mod compile;
mod diag;
mod fixes;
mod format;
mod lex;
mod load;
mod lower;
mod parse;
mod print;
mod syntax;
mod words;

pub use compile::{CompileError, compile, compile_with};
pub use diag::MAX_ERRORS;
pub use format::format_source;
pub use lex::{Comment, comments};
pub use load::{Loader, NoLoader, Tensor, TensorData};
pub use print::{External, print, print_with};
pub use words::{is_identifier, is_prelude};

/// A value that every run can make, as text: for fixes.
fn zero_of(ty: crate::Type) -> Option<String> {
    use crate::Type;
    Some(match ty {
        Type::Int => "0".to_owned(),
        Type::Float => "0.0".to_owned(),
        Type::Bool => "false".to_owned(),
        Type::Buf { elem, cap } => format!("Buf::<{elem}, {cap}>::new()"),
        Type::Vec { n } => format!("splat::<{n}>(0.0)"),
        Type::Mat { .. } => return None,
    })
}
