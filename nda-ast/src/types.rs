//! Types of the language and their sizes.

use std::fmt;

/// The greatest static capacity of a buffer and length of a vector: 2^20 elements.
pub const MAX_ELEMENTS: u32 = 1 << 20;

/// Element type of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Elem {
    /// One byte: read as an int 0..=255, stored as the low 8 bits of an int.
    U8 = 0,
    /// 64-bit two's complement.
    Int = 1,
    /// IEEE-754 binary64.
    Float = 2,
}

impl Elem {
    /// Every element type, by code.
    pub const ALL: [Elem; 3] = [Elem::U8, Elem::Int, Elem::Float];

    /// The element type with code `code` (its place in [`Elem::ALL`]).
    #[must_use]
    pub fn from_code(code: u32) -> Option<Elem> {
        Elem::ALL.get(code as usize).copied()
    }

    /// Size of one element in bytes.
    #[must_use]
    pub const fn size(self) -> u64 {
        match self {
            Elem::U8 => 1,
            Elem::Int | Elem::Float => 8,
        }
    }

    /// The scalar type that reading one element gives.
    #[must_use]
    pub const fn scalar(self) -> Type {
        match self {
            Elem::U8 | Elem::Int => Type::Int,
            Elem::Float => Type::Float,
        }
    }
}

/// The type of a value. Types match exactly, capacity and shape included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// 64-bit two's complement, wrapping.
    Int,
    /// IEEE-754 binary64.
    Float,
    /// `true` or `false`.
    Bool,
    /// A buffer of static capacity `cap` and run-time length `0..=cap`.
    Buf {
        /// What it holds.
        elem: Elem,
        /// Static capacity, 1 to [`MAX_ELEMENTS`].
        cap: u32,
    },
    /// `n` binary32 elements.
    Vec {
        /// Static length, 1 to [`MAX_ELEMENTS`].
        n: u32,
    },
    /// Constant weights of 2 bits each.
    Mat {
        /// Rows, 1 to 65535.
        rows: u16,
        /// Columns, 1 to 65535.
        cols: u16,
    },
}

impl Type {
    /// Whether this is `int`, `float` or `bool`.
    #[must_use]
    pub const fn is_scalar(self) -> bool {
        matches!(self, Type::Int | Type::Float | Type::Bool)
    }

    /// Whether values of this type live in memory that is copied: `buf` and `vec`.
    #[must_use]
    pub const fn is_aggregate(self) -> bool {
        matches!(self, Type::Buf { .. } | Type::Vec { .. })
    }

    /// Whether this is `mat`.
    #[must_use]
    pub const fn is_mat(self) -> bool {
        matches!(self, Type::Mat { .. })
    }

    /// Bytes that copying a value of this type moves in the cost table: 4n of a `vec`, N * element size of a
    /// `buf`, 0 of everything else.
    #[must_use]
    pub const fn copy_bytes(self) -> u64 {
        match self {
            Type::Vec { n } => 4 * n as u64,
            Type::Buf { elem, cap } => elem.size() * cap as u64,
            Type::Int | Type::Float | Type::Bool | Type::Mat { .. } => 0,
        }
    }

    /// Bytes that a slot of this type takes in the certificate's frame: 8 for a scalar and for a `mat` (a
    /// reference); 4n of a `vec` and 8 + N * element size of a `buf`, rounded up to 64.
    #[must_use]
    pub const fn slot_bytes(self) -> u64 {
        match self {
            Type::Int | Type::Float | Type::Bool | Type::Mat { .. } => 8,
            Type::Vec { n } => (4 * n as u64).next_multiple_of(64),
            Type::Buf { elem, cap } => (8 + elem.size() * cap as u64).next_multiple_of(64),
        }
    }
}

/// A type in one word, so that two are compared at once: the tag byte of its encoding, above it its dimension (rows
/// above columns of a `mat`). Zero is no type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedType(u64);

impl PackedType {
    pub const NONE: PackedType = PackedType(0);
    pub const INT: PackedType = PackedType(1);
    pub const FLOAT: PackedType = PackedType(2);
    pub const BOOL: PackedType = PackedType(3);

    #[inline]
    pub const fn new(tag: u8, shape: u32) -> PackedType {
        PackedType((shape as u64) << 8 | tag as u64)
    }

    #[inline]
    pub const fn of(ty: Type) -> PackedType {
        match ty {
            Type::Int => PackedType::INT,
            Type::Float => PackedType::FLOAT,
            Type::Bool => PackedType::BOOL,
            Type::Buf { elem, cap } => PackedType::new(4 + elem as u8, cap),
            Type::Vec { n } => PackedType::new(7, n),
            Type::Mat { rows, cols } => PackedType::new(8, (rows as u32) << 16 | cols as u32),
        }
    }

    /// The type; `None` for [`PackedType::NONE`].
    #[inline]
    pub const fn get(self) -> Option<Type> {
        let shape = self.shape();
        Some(match self.tag() {
            1 => Type::Int,
            2 => Type::Float,
            3 => Type::Bool,
            4 => Type::Buf { elem: Elem::U8, cap: shape },
            5 => Type::Buf { elem: Elem::Int, cap: shape },
            6 => Type::Buf { elem: Elem::Float, cap: shape },
            7 => Type::Vec { n: shape },
            8 => Type::Mat { rows: (shape >> 16) as u16, cols: shape as u16 },
            _ => return None,
        })
    }

    /// The type of what is known to have one.
    #[inline]
    pub const fn unpack(self) -> Type {
        if self.is_scalar() {
            return [Type::Int, Type::Int, Type::Float, Type::Bool][self.0 as usize & 3];
        }
        match self.get() {
            Some(ty) => ty,
            None => Type::Int,
        }
    }

    /// As [`Type::slot_bytes`].
    #[inline]
    pub const fn slot_bytes(self) -> u64 {
        if self.is_scalar() { 8 } else { self.unpack().slot_bytes() }
    }

    #[inline]
    pub const fn tag(self) -> u8 {
        self.0 as u8
    }

    #[inline]
    pub const fn shape(self) -> u32 {
        (self.0 >> 8) as u32
    }

    #[inline]
    pub const fn is_scalar(self) -> bool {
        self.0.wrapping_sub(1) < 3
    }
}

impl fmt::Display for Elem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Elem::U8 => "u8",
            Elem::Int => "i64",
            Elem::Float => "f64",
        })
    }
}

/// The text form's spelling: `i64`, `f64`, `bool`, `Buf<u8, 16>`, `Vec32<4>`, `Mat<2, 3>`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Int => f.write_str("i64"),
            Type::Float => f.write_str("f64"),
            Type::Bool => f.write_str("bool"),
            Type::Buf { elem, cap } => write!(f, "Buf<{elem}, {cap}>"),
            Type::Vec { n } => write!(f, "Vec32<{n}>"),
            Type::Mat { rows, cols } => write!(f, "Mat<{rows}, {cols}>"),
        }
    }
}

/// How a parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Read-only.
    In,
    /// A `buf` or `vec` of the caller that the callee may change.
    Inout,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    /// What it holds.
    pub ty: Type,
    /// How it is passed.
    pub mode: Mode,
}

impl Param {
    /// A read-only parameter.
    #[must_use]
    pub const fn new(ty: Type) -> Param {
        Param { ty, mode: Mode::In }
    }

    /// An `inout` parameter.
    #[must_use]
    pub const fn inout(ty: Type) -> Param {
        Param { ty, mode: Mode::Inout }
    }

    /// Whether the callee may change it.
    #[must_use]
    pub const fn is_inout(self) -> bool {
        matches!(self.mode, Mode::Inout)
    }
}

/// The text form's spelling: aggregates by reference.
impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mode {
            Mode::Inout => write!(f, "&mut {}", self.ty),
            Mode::In if self.ty.is_scalar() => write!(f, "{}", self.ty),
            Mode::In => write!(f, "&{}", self.ty),
        }
    }
}
