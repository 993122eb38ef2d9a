//! The packed form of a matrix and its well-formedness.

use std::fmt;

/// The least scale exponent.
pub const MIN_SCALE: i8 = -126;
/// The greatest scale exponent.
pub const MAX_SCALE: i8 = 126;

/// What the two bits of a weight mean, before the scale. S and E are its bits in the two planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codebook {
    /// 3S + E - 2, that is -2, -1, +1, +2: the sign bit says positive, equal bits say magnitude 2.
    Quaternary,
    /// S + E - 1, that is -1, 0, +1; zero has the one encoding S = 1, E = 0.
    Ternary,
}

impl Codebook {
    /// The small integer that the two bits stand for.
    ///
    /// ```
    /// use nda_kernels::Codebook;
    /// assert_eq!(Codebook::Quaternary.small(true, false), 1);
    /// assert_eq!(Codebook::Ternary.small(true, false), 0);
    /// ```
    #[inline(always)]
    #[must_use]
    pub const fn small(self, sign: bool, extra: bool) -> i8 {
        match self {
            Self::Quaternary => 3 * sign as i8 + extra as i8 - 2,
            Self::Ternary => sign as i8 + extra as i8 - 1,
        }
    }

    /// The bits (sign, extra) of a small integer, if this codebook has it.
    ///
    /// ```
    /// use nda_kernels::Codebook;
    /// assert_eq!(Codebook::Quaternary.bits(-2), Some((false, false)));
    /// assert_eq!(Codebook::Quaternary.bits(0), None);
    /// ```
    #[must_use]
    pub const fn bits(self, small: i8) -> Option<(bool, bool)> {
        match (self, small) {
            (Self::Quaternary, 2) => Some((true, true)),
            (Self::Quaternary, 1) => Some((true, false)),
            (Self::Quaternary, -1) => Some((false, true)),
            (Self::Quaternary, -2) => Some((false, false)),
            (Self::Ternary, 1) => Some((true, true)),
            (Self::Ternary, 0) => Some((true, false)),
            (Self::Ternary, -1) => Some((false, false)),
            _ => None,
        }
    }
}

/// One of the two bit planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// The plane `sign`.
    Sign,
    /// The plane `extra`.
    Extra,
}

impl fmt::Display for Plane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sign => "sign",
            Self::Extra => "extra",
        })
    }
}

/// Why bytes are not a packed matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackedError {
    /// A matrix has at least one row and one column.
    Empty {
        /// The rows asked for.
        rows: u16,
        /// The columns asked for.
        cols: u16,
    },
    /// The scale exponent lies outside -126 ..= 126.
    Scale {
        /// The exponent found.
        scale: i8,
    },
    /// A plane has not `rows * ceil(cols / 8)` bytes.
    PlaneLength {
        /// The plane.
        plane: Plane,
        /// Its length in bytes.
        found: usize,
        /// The length that rows and columns ask for, in bytes.
        expected: usize,
    },
    /// A bit that only pads a row to whole bytes is not zero.
    Padding {
        /// The plane.
        plane: Plane,
        /// The row.
        row: usize,
    },
    /// A ternary zero is written with sign 0, extra 1; its one encoding is sign 1, extra 0.
    TernaryZero {
        /// The row of the weight.
        row: usize,
        /// The column of the weight.
        col: usize,
    },
}

impl fmt::Display for PackedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { rows, cols } => {
                write!(f, "a matrix of {rows} x {cols}: give it at least one row and one column")
            }
            Self::Scale { scale } => {
                write!(f, "scale exponent {scale}: it must lie in {MIN_SCALE}..={MAX_SCALE}")
            }
            Self::PlaneLength { plane, found, expected } => {
                write!(f, "plane `{plane}` has {found} bytes, but rows * ceil(cols / 8) is {expected}")
            }
            Self::Padding { plane, row } => {
                write!(f, "plane `{plane}`, row {row}: clear the bits after the last column")
            }
            Self::TernaryZero { row, col } => {
                write!(f, "ternary weight ({row}, {col}): write zero as sign 1, extra 0, not sign 0, extra 1")
            }
        }
    }
}

impl std::error::Error for PackedError {}

/// A borrowed matrix of 2-bit weights. Its planes always have the right length; see [`check`](Self::check)
/// for what its bits must obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedRef<'a> {
    rows: u16,
    cols: u16,
    codebook: Codebook,
    scale: i8,
    sign: &'a [u8],
    extra: &'a [u8],
}

impl<'a> PackedRef<'a> {
    /// A matrix from its parts, in constant time. The bits in the planes are not looked at; every kernel is
    /// safe and deterministic on any bits, and [`check`](Self::check) tells whether they are well formed.
    ///
    /// # Errors
    /// [`PackedError::Empty`], [`PackedError::Scale`], [`PackedError::PlaneLength`].
    ///
    /// ```
    /// use nda_kernels::{Codebook, PackedRef};
    /// // One row: +2 -2 +1, times 2^-1.
    /// let w = PackedRef::new(1, 3, Codebook::Quaternary, -1, &[0b101], &[0b001])?;
    /// assert_eq!([w.weight(0, 0), w.weight(0, 1), w.weight(0, 2)], [1.0, -1.0, 0.5]);
    /// # Ok::<(), nda_kernels::PackedError>(())
    /// ```
    pub fn new(
        rows: u16,
        cols: u16,
        codebook: Codebook,
        scale: i8,
        sign: &'a [u8],
        extra: &'a [u8],
    ) -> Result<Self, PackedError> {
        if rows == 0 || cols == 0 {
            return Err(PackedError::Empty { rows, cols });
        }
        if !(MIN_SCALE..=MAX_SCALE).contains(&scale) {
            return Err(PackedError::Scale { scale });
        }
        let expected = Self::plane_len(rows, cols);
        for (plane, bytes) in [(Plane::Sign, sign), (Plane::Extra, extra)] {
            if bytes.len() != expected {
                return Err(PackedError::PlaneLength { plane, found: bytes.len(), expected });
            }
        }
        Ok(Self { rows, cols, codebook, scale, sign, extra })
    }

    // `new`, for parts that are right by construction.
    pub(super) const fn from_parts(
        shape: (u16, u16),
        codebook: Codebook,
        scale: i8,
        sign: &'a [u8],
        extra: &'a [u8],
    ) -> Self {
        Self { rows: shape.0, cols: shape.1, codebook, scale, sign, extra }
    }

    /// The bytes of one plane of a matrix of this shape: `rows * ceil(cols / 8)`.
    #[must_use]
    pub const fn plane_len(rows: u16, cols: u16) -> usize {
        rows as usize * (cols as usize).div_ceil(8)
    }

    /// Looks at every byte: padding bits zero, ternary zeros in their one encoding.
    ///
    /// # Errors
    /// [`PackedError::Padding`] or [`PackedError::TernaryZero`], the first in row order.
    ///
    /// ```
    /// use nda_kernels::{Codebook, PackedError, PackedRef};
    /// let w = PackedRef::new(1, 1, Codebook::Ternary, 0, &[0], &[1])?;
    /// assert_eq!(w.check(), Err(PackedError::TernaryZero { row: 0, col: 0 }));
    /// # Ok::<(), PackedError>(())
    /// ```
    pub fn check(&self) -> Result<(), PackedError> {
        for row in 0..self.rows() {
            let (sign, extra) = self.row_planes(row);
            self.check_padding(row, sign, extra)?;
            if self.codebook == Codebook::Ternary {
                check_ternary(row, sign, extra)?;
            }
        }
        Ok(())
    }

    fn check_padding(&self, row: usize, sign: &[u8], extra: &[u8]) -> Result<(), PackedError> {
        let used = self.cols() % 8;
        if used == 0 {
            return Ok(());
        }
        let mask = 0xffu8 << used;
        for (plane, bytes) in [(Plane::Sign, sign), (Plane::Extra, extra)] {
            if bytes[bytes.len() - 1] & mask != 0 {
                return Err(PackedError::Padding { plane, row });
            }
        }
        Ok(())
    }

    /// The number of rows, 1 ..= 65535.
    #[inline(always)]
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows as usize
    }

    /// The number of columns, 1 ..= 65535.
    #[inline(always)]
    #[must_use]
    pub const fn cols(&self) -> usize {
        self.cols as usize
    }

    /// The codebook.
    #[inline(always)]
    #[must_use]
    pub const fn codebook(&self) -> Codebook {
        self.codebook
    }

    /// The scale exponent, -126 ..= 126.
    #[inline(always)]
    #[must_use]
    pub const fn scale(&self) -> i8 {
        self.scale
    }

    /// 2^scale, exact: a normal f32.
    #[inline(always)]
    #[must_use]
    pub const fn factor(&self) -> f32 {
        f32::from_bits(((self.scale as i32 + 127) as u32) << 23)
    }

    /// The whole sign plane.
    #[inline(always)]
    #[must_use]
    pub const fn sign(&self) -> &'a [u8] {
        self.sign
    }

    /// The whole extra plane.
    #[inline(always)]
    #[must_use]
    pub const fn extra(&self) -> &'a [u8] {
        self.extra
    }

    /// The bytes of one row in both planes, `ceil(cols / 8)` each.
    ///
    /// # Panics
    /// If `row` is not below [`rows`](Self::rows).
    #[inline(always)]
    #[must_use]
    pub fn row_planes(&self, row: usize) -> (&'a [u8], &'a [u8]) {
        let stride = self.cols().div_ceil(8);
        let range = row * stride..(row + 1) * stride;
        (&self.sign[range.clone()], &self.extra[range])
    }

    /// The codebook's small integer at (`row`, `col`), before the scale.
    ///
    /// # Panics
    /// If the place lies outside the matrix.
    #[must_use]
    pub fn small(&self, row: usize, col: usize) -> i8 {
        assert!(col < self.cols(), "column {col} of a matrix with {} columns", self.cols);
        let (sign, extra) = self.row_planes(row);
        let bit = |plane: &[u8]| plane[col / 8] >> (col % 8) & 1 == 1;
        self.codebook.small(bit(sign), bit(extra))
    }

    /// The weight at (`row`, `col`): the small integer times 2^scale, exact.
    ///
    /// # Panics
    /// If the place lies outside the matrix.
    #[must_use]
    pub fn weight(&self, row: usize, col: usize) -> f32 {
        f32::from(self.small(row, col)) * self.factor()
    }
}

fn check_ternary(row: usize, sign: &[u8], extra: &[u8]) -> Result<(), PackedError> {
    for (byte, (&s, &e)) in sign.iter().zip(extra).enumerate() {
        let bad = !s & e;
        if bad != 0 {
            let col = byte * 8 + bad.trailing_zeros() as usize;
            return Err(PackedError::TernaryZero { row, col });
        }
    }
    Ok(())
}
