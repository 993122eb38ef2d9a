//! Values as the host sees them: owned, typed, bit-exact.

use nda_ast::{Elem, MAX_ELEMENTS, Matrix, Type};
use nda_kernels::matrix::{Tiled, Tiles};
use nda_kernels::{PackedError, PackedRef, canon32};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A value at the border between host and program: argument, result, log entry, or operand of a host call.
///
/// ```
/// use nda_runtime::{Buf, Value};
/// let text = Value::Buf(Buf::new(b"abc".to_vec(), 16)?);
/// assert_eq!(text.ty().to_string(), "Buf<u8, 16>");
/// assert_eq!(text.to_string(), "buf(b\"abc\")");
/// assert!(Value::Float(f64::NAN).same_bits(&Value::Float(f64::NAN)));
/// assert!(!Value::Float(0.0).same_bits(&Value::Float(-0.0)));
/// # Ok::<(), nda_runtime::ValueError>(())
/// ```
#[derive(Clone, Debug)]
pub enum Value {
    /// `int`.
    Int(i64),
    /// `float`.
    Float(f64),
    /// `bool`.
    Bool(bool),
    /// `buf[T,N]`.
    Buf(Buf),
    /// `vec[n]`, n being the length.
    Vec32(Vec<f32>),
    /// `mat[r,c]`.
    Mat(Mat),
}

/// The elements of a buffer.
#[derive(Clone, Debug)]
pub enum BufData {
    /// `u8`.
    U8(Vec<u8>),
    /// `int`.
    Int(Vec<i64>),
    /// `float`.
    Float(Vec<f64>),
}

/// A `buf` value: at most as many elements as its capacity, which is 1 to 2^20.
#[derive(Clone, Debug)]
pub struct Buf {
    data: BufData,
    cap: u32,
}

/// A `mat` value whose planes have been checked. Clones share it, and the kernels' copy of its weights, which the first
/// run makes that multiplies by it: about as many bytes again, for as long as a clone lives.
#[derive(Clone, Debug)]
pub struct Mat {
    matrix: Arc<Matrix>,
    tiles: Arc<OnceLock<Tiles>>,
}

impl PartialEq for Mat {
    fn eq(&self, other: &Mat) -> bool {
        self.matrix == other.matrix
    }
}

impl Eq for Mat {}

/// A value that the language cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// A capacity outside 1 to 2^20.
    Capacity {
        /// The capacity asked for.
        cap: u32,
    },
    /// More elements than the capacity.
    TooLong {
        /// How many elements.
        len: usize,
        /// The capacity asked for.
        cap: u32,
    },
    /// Bit planes that are no matrix.
    Mat(PackedError),
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueError::Capacity { cap } => {
                write!(f, "a buffer of capacity {cap}: give it 1 to {MAX_ELEMENTS} elements")
            }
            ValueError::TooLong { len, cap } => {
                write!(
                    f,
                    "{len} elements in a buffer of capacity {cap}: shorten the data or raise the capacity"
                )
            }
            ValueError::Mat(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ValueError {}

impl BufData {
    /// How many elements.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            BufData::U8(data) => data.len(),
            BufData::Int(data) => data.len(),
            BufData::Float(data) => data.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element type.
    #[must_use]
    pub fn elem(&self) -> Elem {
        match self {
            BufData::U8(_) => Elem::U8,
            BufData::Int(_) => Elem::Int,
            BufData::Float(_) => Elem::Float,
        }
    }
}

impl From<Vec<u8>> for BufData {
    fn from(data: Vec<u8>) -> BufData {
        BufData::U8(data)
    }
}

impl From<Vec<i64>> for BufData {
    fn from(data: Vec<i64>) -> BufData {
        BufData::Int(data)
    }
}

impl From<Vec<f64>> for BufData {
    fn from(data: Vec<f64>) -> BufData {
        BufData::Float(data)
    }
}

impl Buf {
    /// A buffer of these elements and this capacity.
    ///
    /// # Errors
    /// [`ValueError::Capacity`], [`ValueError::TooLong`].
    pub fn new(data: impl Into<BufData>, cap: u32) -> Result<Buf, ValueError> {
        let data = data.into();
        if cap == 0 || cap > MAX_ELEMENTS {
            return Err(ValueError::Capacity { cap });
        }
        if data.len() > cap as usize {
            return Err(ValueError::TooLong { len: data.len(), cap });
        }
        Ok(Buf { data, cap })
    }

    /// The elements.
    #[must_use]
    pub fn data(&self) -> &BufData {
        &self.data
    }

    /// The elements, given away.
    #[must_use]
    pub fn into_data(self) -> BufData {
        self.data
    }

    /// The capacity.
    #[must_use]
    pub fn cap(&self) -> u32 {
        self.cap
    }

    /// The elements of a buffer of u8.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let BufData::U8(data) = &self.data { Some(data) } else { None }
    }
}

impl Mat {
    /// A matrix, its planes looked at once and for ever.
    ///
    /// # Errors
    /// [`ValueError::Mat`], where the planes have the wrong length or bits that no encoder writes.
    pub fn new(matrix: impl Into<Arc<Matrix>>) -> Result<Mat, ValueError> {
        let mat = Mat { matrix: matrix.into(), tiles: Arc::default() };
        packed(&mat.matrix).and_then(|packed| packed.check()).map_err(ValueError::Mat)?;
        Ok(mat)
    }

    /// The matrix.
    #[must_use]
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// Makes the kernels' copy of its weights, if there is none.
    pub(crate) fn prepare(&self, tiled: &Tiled) {
        if self.tiles.get().is_none()
            && let Ok(w) = packed(&self.matrix)
        {
            let _ = self.tiles.set((tiled.pack)(&w));
        }
    }

    /// The kernels' copy of its weights.
    #[inline]
    pub(crate) fn tiles(&self) -> Option<&Tiles> {
        self.tiles.get()
    }
}

/// The kernels' view of a matrix, in constant time.
///
/// # Errors
/// Where dimensions, scale or plane lengths are wrong; never for a constant of a valid program or a [`Mat`].
pub fn packed(m: &Matrix) -> Result<PackedRef<'_>, PackedError> {
    let codebook = match m.codebook {
        nda_ast::Codebook::Quaternary => nda_kernels::Codebook::Quaternary,
        nda_ast::Codebook::Ternary => nda_kernels::Codebook::Ternary,
    };
    PackedRef::new(m.rows, m.cols, codebook, m.scale, &m.sign, &m.extra)
}

impl Value {
    /// Its type. A `Vec32` longer than any type gives the greatest length, which no parameter has.
    #[must_use]
    pub fn ty(&self) -> Type {
        match self {
            Value::Int(_) => Type::Int,
            Value::Float(_) => Type::Float,
            Value::Bool(_) => Type::Bool,
            Value::Buf(buf) => Type::Buf { elem: buf.data.elem(), cap: buf.cap },
            Value::Vec32(data) => Type::Vec { n: u32::try_from(data.len()).unwrap_or(u32::MAX) },
            Value::Mat(mat) => Type::Mat { rows: mat.matrix.rows, cols: mat.matrix.cols },
        }
    }

    /// Whether both are the same to the bit: floats by their bits, a NaN within a `vec` like any other there, since
    /// those have no bits of their own.
    #[must_use]
    pub fn same_bits(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Buf(a), Value::Buf(b)) => a.cap == b.cap && a.data.same_bits(&b.data),
            (Value::Vec32(a), Value::Vec32(b)) => same(a, b, |x| canon32(*x).to_bits()),
            (Value::Mat(a), Value::Mat(b)) => a == b,
            _ => false,
        }
    }

    /// The word of a scalar, as frames hold it; 0 of anything else.
    #[must_use]
    pub fn word(&self) -> u64 {
        match self {
            Value::Int(x) => *x as u64,
            Value::Float(x) => x.to_bits(),
            Value::Bool(x) => (*x).into(),
            Value::Buf(_) | Value::Vec32(_) | Value::Mat(_) => 0,
        }
    }

    /// Bytes that the value takes in a log besides its 8 of overhead: 8 of a scalar, 4n of a `vec`, Len * element
    /// size of a `buf`. A `mat` is never logged.
    #[must_use]
    pub fn payload_bytes(&self) -> u64 {
        match self {
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => 8,
            Value::Buf(buf) => buf.data.len() as u64 * buf.data.elem().size(),
            Value::Vec32(data) => 4 * data.len() as u64,
            Value::Mat(_) => 0,
        }
    }
}

/// Whether two lists of values are the same to the bit ([`Value::same_bits`]).
#[must_use]
pub fn all_same_bits(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_bits(b))
}

fn same<T, K: PartialEq>(a: &[T], b: &[T], key: impl Fn(&T) -> K) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| key(a) == key(b))
}

impl BufData {
    fn same_bits(&self, other: &BufData) -> bool {
        match (self, other) {
            (BufData::U8(a), BufData::U8(b)) => a == b,
            (BufData::Int(a), BufData::Int(b)) => a == b,
            (BufData::Float(a), BufData::Float(b)) => same(a, b, |x| x.to_bits()),
            _ => false,
        }
    }
}

/// As the text form writes constants; a NaN with its bits, a matrix by its shape.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Int(x) => x.fmt(f),
            Value::Float(x) => write_float(f, *x),
            Value::Bool(x) => x.fmt(f),
            Value::Buf(buf) => buf.data.fmt(f),
            Value::Vec32(data) => {
                f.write_str("vec32(")?;
                write_list(f, data, |f, x| write_float(f, nda_kernels::f32_to_f64_canon(*x)))?;
                f.write_str(")")
            }
            Value::Mat(mat) => {
                write!(
                    f,
                    "mat({:?}, {}x{}, scale {})",
                    mat.matrix.codebook, mat.matrix.rows, mat.matrix.cols, mat.matrix.scale
                )
            }
        }
    }
}

impl fmt::Display for BufData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("buf(")?;
        match self {
            BufData::U8(data) => write!(f, "b\"{}\"", data.escape_ascii())?,
            BufData::Int(data) => write_list(f, data, |f, x| x.fmt(f))?,
            BufData::Float(data) => write_list(f, data, |f, x| write_float(f, *x))?,
        }
        f.write_str(")")
    }
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    item: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str("[")?;
    for (i, x) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        item(f, x)?;
    }
    f.write_str("]")
}

/// The shortest form that reads back to the same bits.
fn write_float(f: &mut fmt::Formatter<'_>, x: f64) -> fmt::Result {
    match x.to_bits() {
        nda_ast::CANONICAL_NAN => f.write_str("NAN"),
        bits if x.is_nan() => write!(f, "nan({bits:#018x})"),
        _ if x == f64::INFINITY => f.write_str("INFINITY"),
        _ if x == f64::NEG_INFINITY => f.write_str("-INFINITY"),
        _ => write!(f, "{x:?}"),
    }
}

macro_rules! from {
    ($($from:ty => |$x:ident| $value:expr;)+) => {$(
        impl From<$from> for Value {
            fn from($x: $from) -> Value {
                $value
            }
        }
    )+};
}

from! {
    i64 => |x| Value::Int(x);
    f64 => |x| Value::Float(x);
    bool => |x| Value::Bool(x);
    Buf => |x| Value::Buf(x);
    Vec<f32> => |x| Value::Vec32(x);
    Mat => |x| Value::Mat(x);
}

#[cfg(test)]
mod tests {
    use super::*;
    use nda_ast::{Bytes, Codebook};

    #[test]
    fn buffers_keep_to_their_capacity() {
        assert_eq!(Buf::new(vec![1_i64; 3], 2).unwrap_err(), ValueError::TooLong { len: 3, cap: 2 });
        assert_eq!(Buf::new(Vec::<f64>::new(), 0).unwrap_err(), ValueError::Capacity { cap: 0 });
        let most = MAX_ELEMENTS + 1;
        assert_eq!(Buf::new(Vec::<u8>::new(), most).unwrap_err(), ValueError::Capacity { cap: most });
        assert_eq!(
            Value::from(Buf::new(vec![1.0], 2).unwrap()).ty(),
            Type::Buf { elem: Elem::Float, cap: 2 }
        );
    }

    #[test]
    fn matrices_are_looked_at() {
        let mut m = Matrix {
            rows: 1,
            cols: 2,
            codebook: Codebook::Ternary,
            scale: 0,
            sign: Bytes::from_static(&[0b11]),
            extra: Bytes::from_static(&[0b01]),
        };
        assert_eq!(Value::from(Mat::new(m.clone()).unwrap()).ty(), Type::Mat { rows: 1, cols: 2 });
        m.sign = Bytes::from_static(&[0b111]);
        assert!(matches!(Mat::new(m), Err(ValueError::Mat(PackedError::Padding { .. }))));
    }

    #[test]
    fn sameness_is_of_bits() {
        let buf = |x: f64| Value::from(Buf::new(vec![x], 1).unwrap());
        let odd = f64::from_bits(0x7ff8_0000_0000_0001);
        assert!(buf(odd).same_bits(&buf(odd)));
        assert!(!buf(odd).same_bits(&buf(f64::NAN)));
        assert!(Value::from(vec![-f32::NAN]).same_bits(&Value::from(vec![f32::NAN])));
        assert!(!Value::from(vec![-0.0_f32]).same_bits(&Value::from(vec![0.0_f32])));
        assert!(!Value::Int(1).same_bits(&Value::Bool(true)));
        let wide = Value::from(Buf::new(vec![1_u8], 2).unwrap());
        assert!(!wide.same_bits(&Value::from(Buf::new(vec![1_u8], 3).unwrap())));
    }

    #[test]
    fn values_stay_small() {
        // The log's promise on memory: an empty buffer is charged 8 bytes, and a list may be half empty.
        assert_eq!(size_of::<Value>(), 40);
    }

    #[test]
    fn display_reads_as_constants() {
        assert_eq!(Value::from(vec![1.0_f32, f32::NEG_INFINITY]).to_string(), "vec32([1.0, -INFINITY])");
        assert_eq!(
            Value::Float(f64::from_bits(0xfff8_0000_0000_0000)).to_string(),
            "nan(0xfff8000000000000)"
        );
        assert_eq!(Value::from(Buf::new(vec![-1_i64, 2], 4).unwrap()).to_string(), "buf([-1, 2])");
        assert_eq!(Value::from(Buf::new(vec![b'"', 0], 4).unwrap()).to_string(), "buf(b\"\\\"\\x00\")");
    }
}
