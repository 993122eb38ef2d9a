//! From NDA to WebAssembly: any valid program without `vec` and `mat`, as a core module that a good compiler front end
//! might have made. It lets other people's engines run NDA programs, as a further judge of results and traps and as a
//! measure of speed.
//!
//! ```
//! use nda_testkit::to_wasm::{Word, translate};
//! use nda_runtime::Value;
//! let source = "pub fn average(total: i64, count: i64) -> i64 { return total / count; }";
//! let program = nda_ast::text::compile(source, &nda_ast::Limits::default())?;
//! let module = translate(&program, program.program().entries()[0])?;
//! assert_eq!(&module.bytes[..4], b"\0asm");
//! assert_eq!(module.words(&[Value::Int(84), Value::Int(2)]), [Word::I64(84), Word::I64(2)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What the module looks like
//!
//! - The entry point is exported under its object's number in decimal ([`Module::export`]). Other functions are not
//!   exported, and what the entry point cannot reach is left out.
//! - A scalar slot is a local: `int` i64, `float` f64, `bool` i32 (0 or 1).
//! - A `buf` is an i64 length and the elements after it (1 or 8 bytes each), at an address that is a multiple of 8, in the
//!   exported memory `memory` (absent where no buffer is). Its address is an i32. Every function has one static frame for
//!   its buffers, since without recursion none is active twice; functions that are never active together share memory.
//! - A function takes its parameters in order (a buffer as the address of it, in both modes), then for each `buf` result
//!   the address where to put it. It returns its scalar results in order.
//! - Imports, as far as they are used: `math` (the f64 functions that WebAssembly lacks), `print`, and `host` (the program's own
//!   imports by object number, with the signature of a function); see [`Import`].
//! - Traps of div, rem and trunc are WebAssembly's own. Before any other the i32 global `trap` (exported where it exists) gets
//!   the number of the [`TrapCode`](nda_runtime::TrapCode), and for `Failed` the i64 global `code` the program's code; then comes `unreachable`.
//! - NaN bits are made canonical only where the program itself can see them (`nan.rs`): everything else that leaves the module is
//!   to be compared with all NaNs equal.
//! - There is no fuel, log limit or interruption in it: they are the engine's and the host's.

mod abi;
mod aggregate;
mod branch;
mod emit;
mod expr;
mod function;
mod layout;
mod module;
mod nan;
mod scalar;
mod stmt;

pub use abi::{Import, ImportKind, Module, Word, WordType, read_buffer, trap_code};

use nda_ast::{NodeId, Type, ValidProgram};
use std::fmt;

/// Why a program is not translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// A `vec` or `mat` in the function of this object: at this node, or 0 for a slot or a result.
    Type {
        /// Object index of the function or import.
        object: u32,
        /// The first node of that type.
        node: NodeId,
        /// The type.
        ty: Type,
    },
    /// The entry is no function of the program.
    Entry {
        /// The object asked for.
        object: u32,
    },
    /// More than WebAssembly or its engines take.
    Limit {
        /// Object index of the function; the entry point's for the memory.
        object: u32,
        /// What there is too much of.
        what: &'static str,
    },
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsupported::Type { object, node, ty } => {
                write!(f, "object {object}, node {node}: {ty} has no translation to WebAssembly here")
            }
            Unsupported::Entry { object } => write!(f, "object {object} is no function: name an entry point"),
            Unsupported::Limit { object, what } => {
                write!(f, "object {object}: more {what} than WebAssembly engines take")
            }
        }
    }
}

impl std::error::Error for Unsupported {}

/// Translates what `entry` (an object index) can reach.
///
/// # Errors
/// Where the program uses `vec` or `mat`, or is larger than WebAssembly engines take.
pub fn translate(program: &ValidProgram, entry: u32) -> Result<Module, Unsupported> {
    module::translate(program, entry)
}
