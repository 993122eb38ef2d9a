//! Constant and import objects. Their bulk stays in the bytes of the program that they came with.

use crate::{Elem, Param, Type};
use bytes::Bytes;

/// Which four or three values a 2-bit weight takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Codebook {
    /// {-2, -1, +1, +2}: sign 1 is positive, magnitude 2 where sign and extra are equal.
    Quaternary = 0,
    /// {-1, 0, +1}: zero is sign 1, extra 0.
    Ternary = 1,
}

/// A `mat` object: two bit planes, row-major, rows padded to whole bytes, least significant bit first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Rows, 1 to 65535.
    pub rows: u16,
    /// Columns, 1 to 65535.
    pub cols: u16,
    /// Which values the codes mean.
    pub codebook: Codebook,
    /// Weights are the codebook's value times 2^scale, -126 to 126.
    pub scale: i8,
    /// The sign plane.
    pub sign: Bytes,
    /// The extra plane.
    pub extra: Bytes,
}

impl Matrix {
    /// Bytes of one row of one plane.
    #[must_use]
    pub fn row_bytes(cols: u16) -> usize {
        usize::from(cols).div_ceil(8)
    }

    /// The weight at row `r`, column `c`, exactly.
    ///
    /// # Panics
    /// Where `r` or `c` is out of range.
    #[must_use]
    pub fn weight(&self, r: u16, c: u16) -> f32 {
        assert!(r < self.rows && c < self.cols, "weight ({r}, {c}) of a {}x{} matrix", self.rows, self.cols);
        let at = usize::from(r) * Matrix::row_bytes(self.cols) + usize::from(c / 8);
        let bit = |plane: &Bytes| f32::from(plane[at] >> (c % 8) & 1) * 2.0 - 1.0;
        let (s, t) = (bit(&self.sign), bit(&self.extra));
        let small = match self.codebook {
            Codebook::Quaternary => 1.5 * s + 0.5 * t,
            Codebook::Ternary => 0.5 * s + 0.5 * t,
        };
        small * f32::from_bits(((i32::from(self.scale) + 127) as u32) << 23)
    }
}

/// A constant object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constant {
    /// A `buf`: the elements, each 1 or 8 bytes, least significant first.
    Buf {
        /// Element type.
        elem: Elem,
        /// Capacity.
        cap: u32,
        /// The `Len` elements.
        data: Bytes,
    },
    /// A `vec`: the elements, each 4 bytes, least significant first.
    Vec {
        /// Length.
        n: u32,
        /// The elements.
        data: Bytes,
    },
    /// A `mat`.
    Matrix(Matrix),
}

impl Constant {
    /// Its type.
    #[must_use]
    pub fn ty(&self) -> Type {
        match self {
            Constant::Buf { elem, cap, .. } => Type::Buf { elem: *elem, cap: *cap },
            Constant::Vec { n, .. } => Type::Vec { n: *n },
            Constant::Matrix(m) => Type::Mat { rows: m.rows, cols: m.cols },
        }
    }
}

/// A function of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Name under which the host grants it: `[A-Za-z_][A-Za-z0-9_]*`, at most 64 bytes.
    pub name: String,
    /// Parameters, all `in`, none `mat`.
    pub params: Vec<Param>,
    /// Results, none `mat`.
    pub results: Vec<Type>,
    /// Declared work of one call, in the units of the cost table (64 to a node).
    pub work: u32,
}
