//! Types, immediates and the trees that the decoder builds.

use super::table::Row;

/// The elements of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elem {
    /// One byte.
    U8,
    /// Eight bytes.
    Int,
    /// Eight bytes.
    Float,
}

impl Elem {
    pub(crate) fn bytes(self) -> u64 {
        if self == Elem::U8 { 1 } else { 8 }
    }

    /// The type of an element that is read or written.
    pub(crate) fn scalar(self) -> Type {
        if self == Elem::Float { Type::Float } else { Type::Int }
    }
}

/// A type of section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `i64`
    Int,
    /// `f64`
    Float,
    /// `bool`
    Bool,
    /// Element and capacity.
    Buf(Elem, u32),
    /// Elements.
    Vec(u32),
    /// Rows and columns.
    Mat(u32, u32),
}

impl Type {
    /// Whether it may be computed, stored, printed and returned.
    pub(crate) fn is_value(self) -> bool {
        !matches!(self, Type::Mat(..))
    }

    /// Buffers and vectors.
    pub(crate) fn is_aggregate(self) -> bool {
        matches!(self, Type::Buf(..) | Type::Vec(_))
    }

    /// Elements of a buf (its capacity) or vec; 0 of a scalar.
    pub(crate) fn elements(self) -> u64 {
        match self {
            Type::Buf(_, n) | Type::Vec(n) => u64::from(n),
            Type::Mat(..) | Type::Int | Type::Float | Type::Bool => 0,
        }
    }

    /// The bytes that the cost table counts: of an aggregate only.
    pub(crate) fn aggregate_bytes(self) -> u64 {
        match self {
            Type::Buf(e, n) => e.bytes() * u64::from(n),
            Type::Vec(n) => 4 * u64::from(n),
            Type::Mat(..) | Type::Int | Type::Float | Type::Bool => 0,
        }
    }

    /// The bytes of a slot of this type in a frame.
    pub(crate) fn slot_bytes(self) -> u64 {
        match self {
            Type::Vec(_) => self.aggregate_bytes().next_multiple_of(64),
            Type::Buf(..) => (8 + self.aggregate_bytes()).next_multiple_of(64),
            Type::Mat(..) | Type::Int | Type::Float | Type::Bool => 8,
        }
    }
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its type.
    pub ty: Type,
    /// `inout`, else `in`.
    pub inout: bool,
}

/// The immediates of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Imm {
    /// None.
    None,
    /// A slot's number.
    Slot(u32),
    /// A loop's bound K; `None` without one.
    Max(Option<u64>),
    /// Enclosing loops to leave out.
    Depth(u32),
    /// A 64-bit integer.
    Int(i64),
    /// The bits of a binary64.
    Float(u64),
    /// A truth value.
    Bool(bool),
    /// An index into the table of hashes.
    Table(u32),
    /// Index into the table and number of arguments.
    Call(u32, u32),
    /// Index into the table, number of arguments and of results.
    CallStmt(u32, u32, u32),
    /// A static count.
    Count(u32),
    /// Element and capacity.
    Fill(Elem, u32),
}

/// An expression with its operands below it.
#[derive(Debug)]
pub(crate) struct Expr {
    pub number: u32,
    pub row: &'static Row,
    pub imm: Imm,
    pub args: Vec<Expr>,
    /// 1 and the greatest of its operands'.
    pub nesting: u32,
}

/// A statement with its operands and blocks.
#[derive(Debug)]
pub(crate) struct Stmt {
    pub number: u32,
    pub row: &'static Row,
    pub imm: Imm,
    pub args: Vec<Expr>,
    /// Two of an `if`, one of `scope`, `loop` and `while`, else none.
    pub blocks: Vec<Vec<Stmt>>,
}

/// A function as its bytes say, types unchecked.
#[derive(Debug)]
pub(crate) struct Tree {
    pub params: Vec<Param>,
    pub results: Vec<Type>,
    /// Indices of objects.
    pub table: Vec<usize>,
    pub body: Vec<Stmt>,
    pub nodes: Vec<(u8, Imm)>,
    /// How many slots its statements and parameters declare.
    pub slots: u32,
}

/// An object as its bytes say.
#[derive(Debug)]
pub(crate) enum RawBody {
    Function(Tree),
    Constant(Type),
    Import { name: String, params: Vec<Type>, results: Vec<Type>, work: u32 },
}

/// An object with its hash.
#[derive(Debug)]
pub(crate) struct Raw {
    pub hash: [u8; 32],
    pub bytes: std::ops::Range<usize>,
    pub body: RawBody,
}
