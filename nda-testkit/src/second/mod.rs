//! A second decoder and validator of program files, written from `docs/spec.md` alone, as a judge of the first.
//!
//! It is plain where the first is fast: objects become trees, trees are walked once for each question, and nothing
//! is shared with `nda-ast` but BLAKE3. [`agree`] runs both over the same bytes and compares all they say.

pub mod agree;
mod body;
mod cert;
mod cost;
mod decode;
pub mod mutate;
mod read;
mod sections;
mod table;
mod types;
mod validate;

pub use types::{Elem, Imm, Param, Type};

/// The limits of section 8, at their defaults.
pub(crate) mod limit {
    pub const BYTES: usize = 1 << 26;
    pub const NODES: usize = 1 << 20;
    pub const OBJECTS: u64 = 1 << 16;
    pub const NESTING: u32 = 512;
    pub const SLOTS: u32 = 1 << 16;
    pub const FRAME_BYTES: u64 = 1 << 26;
    pub const LEVELS: u32 = 512;
    pub const PARAMS: u64 = 1000;
    pub const RESULTS: u64 = 32;
}

/// Where a program was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Section 7: the bytes are no program file.
    Decode,
    /// Sections 2 to 4: the program has no meaning.
    Validate,
    /// Section 8: it is larger than a limit.
    Limit,
}

/// Why a program was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The byte of the file, where it is known.
    pub offset: Option<usize>,
    /// Which part of the specification is broken.
    pub stage: Stage,
    /// What is wrong, in words.
    pub reason: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {}", self.stage, self.reason)?;
        self.offset.map_or(Ok(()), |at| write!(f, " at byte {at}"))
    }
}

impl std::error::Error for Refusal {}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlockKind {
    /// The body of the function: its owner is number 0.
    Function,
    /// The non-empty first arm of an `if`.
    Then,
    /// The non-empty second arm of an `if`.
    Else,
    /// The body of a `loop`.
    Loop,
    /// The condition of a `while`.
    Condition,
    /// The body of a `while`.
    While,
}

/// A block and what one entry into it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block {
    /// The node that owns it.
    pub owner: u32,
    /// What it is to its owner.
    pub kind: BlockKind,
    /// 1 and the weights of its nodes.
    pub cost: u64,
}

/// The certificate of section 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Levels, callees included.
    pub levels: u32,
    /// Levels, callees left out.
    pub nesting: u32,
    /// Bytes, callees included.
    pub frame: u64,
    /// The greatest cost; `None` where it is unbounded.
    pub max: Option<u128>,
    /// Whether every run that returns costs `max`.
    pub exact: bool,
    /// Whether it or a callee calls an import.
    pub reaches_host: bool,
}

/// A function that is valid.
#[derive(Clone, Debug)]
pub struct Function {
    /// The parameters: they are the first slots.
    pub params: Vec<Param>,
    /// The types of the results.
    pub results: Vec<Type>,
    /// The objects that the table of hashes names, as indices.
    pub table: Vec<usize>,
    /// Operation byte and immediates of nodes 1, 2, ... in byte order.
    pub nodes: Vec<(u8, Imm)>,
    /// The type of nodes 1, 2, ...; `None` for a statement.
    pub types: Vec<Option<Type>>,
    /// The types of all slots.
    pub slots: Vec<Type>,
    /// All blocks, sorted by owner and kind.
    pub blocks: Vec<Block>,
    /// What is promised of a run.
    pub certificate: Certificate,
}

/// What an object holds.
#[derive(Clone, Debug)]
pub enum Body {
    /// Kind 0.
    Function(Box<Function>),
    /// Kind 1: a constant of this type.
    Constant(Type),
    /// Kind 2.
    Import {
        /// By which the host grants it.
        name: String,
        /// The parameters, all `in`.
        params: Vec<Type>,
        /// The results.
        results: Vec<Type>,
        /// The declared work.
        work: u32,
    },
}

/// One object of a valid program.
#[derive(Clone, Debug)]
pub struct Object {
    /// The kind byte.
    pub kind: u8,
    /// The hash of its bytes.
    pub hash: [u8; 32],
    /// Where its bytes lie in the file.
    pub bytes: std::ops::Range<usize>,
    /// What they say.
    pub body: Body,
}

/// An object's entry in section 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The object.
    pub object: usize,
    /// Its name; empty for none.
    pub name: String,
    /// The named slots, ascending.
    pub slots: Vec<(u32, String)>,
}

/// A function's entry in section 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spans {
    /// The object.
    pub object: usize,
    /// Start and end for node 0 (the function), 1, ...
    pub spans: Vec<(u32, u32)>,
}

/// A valid program and all that the specification says of it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// In file order.
    pub objects: Vec<Object>,
    /// The entry points, as object indices.
    pub entries: Vec<usize>,
    /// Section 1.
    pub names: Vec<Named>,
    /// Section 2.
    pub spans: Vec<Spans>,
}

/// Decodes and validates a program file.
///
/// # Errors
/// What is wrong with it: every byte string but one encoding of a valid program within the default limits is refused.
///
/// # Examples
/// ```
/// let refusal = nda_testkit::second::check(b"NDA").expect_err("the version is missing");
/// assert_eq!(refusal.offset, Some(3));
/// ```
pub fn check(bytes: &[u8]) -> Result<Checked, Refusal> {
    validate::program(decode::program(bytes)?)
}
