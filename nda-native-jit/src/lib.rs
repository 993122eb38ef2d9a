//! Tier 2: functions as machine code, through Cranelift.
//!
//! [`compile`] makes the code of one function, entered at its beginning or at the head of one of its loops; [`link`] puts a batch of
//! them into executable memory and gives [`JitFn`]s, to be published on the function's `JitCode`. Code that cannot go on, for want of
//! fuel, leaves to another tier, which keeps everything in the same places of the frame ([`nda_runtime::jit::Homes`]).
#![deny(unsafe_code)]

mod budget;
#[cfg(all(target_arch = "x86_64", unix))]
#[expect(unsafe_code, reason = "machine code is entered here, and nowhere else")]
mod code;
#[cfg(all(target_arch = "x86_64", unix))]
mod compile;
#[cfg(all(target_arch = "x86_64", unix))]
mod context;
#[cfg(all(target_arch = "x86_64", unix))]
mod emit;
#[cfg(all(target_arch = "x86_64", unix))]
mod helpers;
#[cfg(all(target_arch = "x86_64", unix))]
mod host;
#[cfg(not(all(target_arch = "x86_64", unix)))]
mod nowhere;
#[cfg(all(target_arch = "x86_64", unix))]
mod plan;
#[cfg(all(target_arch = "x86_64", unix))]
mod types;

pub use budget::CodeBudget;
#[cfg(all(target_arch = "x86_64", unix))]
pub use compile::{compile, link};
#[cfg(all(target_arch = "x86_64", unix))]
pub use host::Host;
#[cfg(not(all(target_arch = "x86_64", unix)))]
pub use nowhere::{Host, compile, link};

use nda_ast::ValidFunction;
use nda_runtime::JitFn;
use nda_runtime::jit::{Homes, JitEntry, JitResume};
use std::fmt;
use std::sync::Arc;

/// A function to be compiled.
#[derive(Clone, Copy, Debug)]
pub struct Source<'s> {
    /// The function.
    pub valid: &'s ValidFunction,
    /// Entries of its table that name imports, ascending.
    pub imports: &'s [u32],
    /// The functions that entries of its table name.
    pub callees: &'s [Option<Arc<ValidFunction>>],
    /// Where everything lies in its frame.
    pub homes: &'s Homes,
    /// Where the code is entered.
    pub entry: JitEntry,
}

/// Why a function stays in the other tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Compiling it would take too long, as a guess from its nodes and loops.
    TooLarge {
        /// The guess.
        size: usize,
        /// What is accepted.
        most: usize,
    },
    /// A way through it costs more fuel than code looks at at a time.
    TooDear,
    /// Its code would need more of the machine stack than calls may.
    Stack {
        /// Bytes that it would need.
        bytes: u32,
        /// What is accepted.
        most: u32,
    },
    /// No machine code is made for this machine.
    Host,
    /// The other tier has laid out its frame otherwise than expected: a defect.
    Layout,
    /// The code generator has refused, or panicked: a defect.
    Defect(String),
    /// Executable memory would pass its budget.
    Budget {
        /// Bytes of the budget.
        most: usize,
    },
    /// The system gives no executable memory.
    Memory(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::TooLarge { size, most } => {
                write!(f, "too large: about {size} pieces, {most} are compiled")
            }
            Refusal::TooDear => f.write_str("a way through it costs more fuel than code looks at at a time"),
            Refusal::Stack { bytes, most } => write!(f, "needs {bytes} bytes of stack: {most} are granted"),
            Refusal::Host => f.write_str("no machine code is made for this machine"),
            Refusal::Layout => f.write_str("its frame is not as expected: please report this"),
            Refusal::Defect(what) => write!(f, "the code generator failed: {what}: please report this"),
            Refusal::Budget { most } => write!(f, "machine code would pass its budget of {most} bytes"),
            Refusal::Memory(why) => write!(f, "no executable memory: {why}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// A function in machine code, not yet in executable memory.
#[derive(Clone, Debug)]
pub struct Compiled {
    code: Vec<u8>,
    /// Words of the frame, and of the aggregates, that it reaches.
    reach: (u32, u32),
    /// What was asked for: the code before register allocation, and after.
    texts: Option<Texts>,
}

/// Code for people.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Before Cranelift optimises it.
    pub clif: String,
    /// After register allocation.
    pub asm: String,
}

impl Compiled {
    /// Bytes of machine code.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.code.len()
    }

    /// The code for people, if it was asked for.
    #[must_use]
    pub fn texts(&self) -> Option<&Texts> {
        self.texts.as_ref()
    }
}

/// A function to be linked: its code, and the same function in another tier, from its beginning and from the head of a loop.
pub struct Unlinked {
    /// The code.
    pub compiled: Compiled,
    /// From its beginning.
    pub call: JitFn,
    /// From the head of a loop.
    pub resume: JitResume,
}

impl fmt::Debug for Unlinked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unlinked").field("bytes", &self.compiled.bytes()).finish_non_exhaustive()
    }
}
