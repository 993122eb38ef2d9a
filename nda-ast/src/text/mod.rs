//! The text form, a syntactic subset of Rust: text to program and back. `docs/spec.md` section 11 is the contract.
//!
//! Text to program: `lex` cuts tokens, `parse` makes flat lists of statements and expressions (in the
//! very order of the program's bytes, so that nothing here recurses), `lower` resolves names and types and emits
//! nodes through the builder.

mod print;
mod words;

pub use print::{print, print_with};
pub use words::{is_identifier, is_prelude};
