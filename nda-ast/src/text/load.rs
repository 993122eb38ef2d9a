//! What a text takes from outside: tensors of files.

use crate::{Bytes, CANONICAL_NAN32, Codebook, Constant, Elem, Matrix, Type};

/// Elements of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum TensorData {
    /// Bytes.
    U8(Vec<u8>),
    /// 64-bit integers.
    I64(Vec<i64>),
    /// binary32.
    F32(Vec<f32>),
    /// binary64.
    F64(Vec<f64>),
}

impl TensorData {
    fn kind(&self) -> &'static str {
        match self {
            TensorData::U8(_) => "U8",
            TensorData::I64(_) => "I64",
            TensorData::F32(_) => "F32",
            TensorData::F64(_) => "F64",
        }
    }
}

/// A tensor of a file: its elements in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Length of each dimension, outermost first.
    pub shape: Vec<usize>,
    /// As many elements as the product of the dimensions.
    pub data: TensorData,
}

/// Finds what `load("file", "tensor")` names.
pub trait Loader {
    /// The tensor called `tensor` in the file called `file`.
    ///
    /// # Errors
    /// Why it cannot be had, as a sentence for the author of the text.
    fn load(&mut self, file: &str, tensor: &str) -> Result<Tensor, String>;
}

/// A loader without files: every `load` is an error.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLoader;

impl Loader for NoLoader {
    fn load(&mut self, _file: &str, _tensor: &str) -> Result<Tensor, String> {
        Err("No files can be loaded here.".to_owned())
    }
}

/// Why a tensor cannot become a constant.
pub(crate) struct Misfit {
    pub message: String,
    pub expected: String,
    pub found: String,
}

fn misfit(message: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Misfit {
    Misfit { message: message.into(), expected: expected.into(), found: found.into() }
}

/// A constant of type `ty` with the values of `tensor`, all of them exactly.
pub(crate) fn constant_of(ty: Type, tensor: Tensor) -> Result<Constant, Misfit> {
    let count = tensor.shape.iter().try_fold(1_usize, |n, d| n.checked_mul(*d)).unwrap_or(usize::MAX);
    let found = format!("{} of shape {:?}", tensor.data.kind(), tensor.shape);
    let wrong = |kind: &str, shape: String| {
        misfit(
            "The tensor does not fit the type of the constant.",
            format!("{kind} of {shape}"),
            found.clone(),
        )
    };
    match (ty, tensor.data) {
        (Type::Buf { elem, cap }, data) => {
            let fits = format!("at most {cap} elements");
            let (bytes, len) = match (elem, data) {
                (Elem::U8, TensorData::U8(data)) => (data.clone(), data.len()),
                (Elem::Int, TensorData::I64(data)) => {
                    (data.iter().flat_map(|x| x.to_le_bytes()).collect(), data.len())
                }
                (Elem::Float, TensorData::F64(data)) => {
                    (data.iter().flat_map(|x| x.to_le_bytes()).collect(), data.len())
                }
                (Elem::Float, TensorData::F32(data)) => {
                    (data.iter().flat_map(|x| f64::from(*x).to_le_bytes()).collect(), data.len())
                }
                (Elem::U8, _) => return Err(wrong("U8", fits)),
                (Elem::Int, _) => return Err(wrong("I64", fits)),
                (Elem::Float, _) => return Err(wrong("F64 or F32", fits)),
            };
            if len > cap as usize || len != count {
                return Err(wrong("a tensor", fits));
            }
            Ok(Constant::Buf { elem, cap, data: Bytes::from(bytes) })
        }
        (Type::Vec { n }, TensorData::F32(data)) if data.len() == n as usize && count == data.len() => {
            let bits = |x: &f32| if x.is_nan() { CANONICAL_NAN32 } else { x.to_bits() };
            let data: Vec<u8> = data.iter().flat_map(|x| bits(x).to_le_bytes()).collect();
            Ok(Constant::Vec { n, data: Bytes::from(data) })
        }
        (Type::Mat { rows, cols }, TensorData::F32(data)) => {
            let shape = tensor.shape.as_slice();
            let (r, c) = (usize::from(rows), usize::from(cols));
            if !(shape == [r, c] || r == 1 && shape == [c]) || data.len() != r * c {
                return Err(wrong("F32", format!("shape [{r}, {c}]")));
            }
            pack(rows, cols, &data).map(Constant::Matrix)
        }
        (Type::Vec { n }, _) => Err(wrong("F32", format!("{n} elements"))),
        (ty, _) => Err(wrong("F32", ty.to_string())),
    }
}

/// Packs values that are exactly a codebook's times a power of two. One matrix has one packing: quaternary unless a
/// zero occurs, then ternary; the scale is that of the least magnitude other than zero, and 0 if all are zero. Only
/// where that would be 127 (a single magnitude of 2^127) is it 126, with magnitudes of 2.
fn pack(rows: u16, cols: u16, values: &[f32]) -> Result<Matrix, Misfit> {
    let quantise = |message: &str, found: String| {
        let message = format!("{message} Convert the file with `nda quantise`.");
        misfit(message, "values of {-2, -1, 1, 2} or {-1, 0, 1} times one power of two", found)
    };
    let mut magnitudes: [Option<f32>; 2] = [None; 2];
    let mut zero = false;
    for (i, x) in values.iter().enumerate() {
        if *x == 0.0 {
            zero = true;
            continue;
        }
        let magnitude = x.abs();
        // A power of two has no fraction bits; subnormals lie below the smallest scale.
        if !magnitude.is_normal() || magnitude.to_bits() & 0x007f_ffff != 0 {
            return Err(quantise("The weights are not 2-bit values.", format!("{x} at element {i}")));
        }
        match magnitudes {
            [None, _] => magnitudes[0] = Some(magnitude),
            [Some(a), _] if a == magnitude => {}
            [_, None] => magnitudes[1] = Some(magnitude),
            [_, Some(b)] if b == magnitude => {}
            _ => {
                return Err(quantise(
                    "The weights have more than two magnitudes.",
                    format!("{x} at element {i}"),
                ));
            }
        }
    }
    let (least, most) = match magnitudes {
        [Some(a), Some(b)] => (a.min(b), a.max(b)),
        [Some(a), None] => (a, a),
        _ => (1.0, 1.0),
    };
    let spread = exponent(most) - exponent(least);
    if spread > 1 || (zero && spread > 0) {
        let found = format!("magnitudes {least} and {most}{}", if zero { " and zero" } else { "" });
        return Err(quantise("The weights do not fit one codebook.", found));
    }
    let mut scale = exponent(least);
    if scale == 127 && !zero {
        scale = 126;
    }
    if scale > 126 {
        return Err(quantise("The weights are too large.", most.to_string()));
    }
    let unit = f32::from_bits(((scale + 127) as u32) << 23);
    let codebook = if zero { Codebook::Ternary } else { Codebook::Quaternary };
    let row = Matrix::row_bytes(cols);
    let mut planes = [vec![0_u8; row * usize::from(rows)], vec![0_u8; row * usize::from(rows)]];
    for (i, x) in values.iter().enumerate() {
        let (r, c) = (i / usize::from(cols), i % usize::from(cols));
        let positive = *x >= 0.0;
        let extra = match codebook {
            Codebook::Quaternary => positive == (x.abs() > unit),
            Codebook::Ternary => *x > 0.0,
        };
        planes[0][r * row + c / 8] |= u8::from(positive) << (c % 8);
        planes[1][r * row + c / 8] |= u8::from(extra) << (c % 8);
    }
    let [sign, extra] = planes.map(Bytes::from);
    Ok(Matrix { rows, cols, codebook, scale: scale as i8, sign, extra })
}

/// Of a normal binary32.
fn exponent(x: f32) -> i32 {
    (x.to_bits() >> 23 & 0xff) as i32 - 127
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(values: &[f32]) -> Result<Matrix, String> {
        pack(1, values.len() as u16, values).map_err(|m| m.message)
    }

    #[test]
    fn packing_is_exact_and_canonical() {
        let tiny = f32::MIN_POSITIVE;
        let huge = 2.0_f32.powi(127);
        let cases: [(&[f32], Codebook, i8); 9] = [
            (&[1.0, -2.0, 2.0, -1.0], Codebook::Quaternary, 0),
            (&[0.0625, -0.125], Codebook::Quaternary, -4),
            (&[4.0, -4.0], Codebook::Quaternary, 2),
            (&[0.0, -4.0, 4.0], Codebook::Ternary, 2),
            (&[0.0, -0.0], Codebook::Ternary, 0),
            (&[tiny, -tiny], Codebook::Quaternary, -126),
            (&[huge, -huge], Codebook::Quaternary, 126),
            (&[huge, -huge / 2.0], Codebook::Quaternary, 126),
            (&[1.0; 11], Codebook::Quaternary, 0),
        ];
        for (values, codebook, scale) in cases {
            let m = packed(values).unwrap();
            assert_eq!((m.codebook, m.scale), (codebook, scale), "{values:?}");
            for (c, x) in values.iter().enumerate() {
                assert_eq!(m.weight(0, c as u16), *x, "{values:?}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_says_quantise() {
        let huge = 2.0_f32.powi(127);
        let cases: [&[f32]; 8] = [
            &[1.0, 2.0, 4.0],
            &[1.0, 4.0],
            &[0.0, 1.0, 2.0],
            &[1.5],
            &[f32::NAN],
            &[f32::INFINITY],
            &[f32::MIN_POSITIVE / 2.0],
            &[0.0, huge],
        ];
        for values in cases {
            assert!(packed(values).unwrap_err().contains("nda quantise"), "{values:?}");
        }
    }

    #[test]
    fn shapes_and_kinds() {
        let f32s =
            |shape: &[usize], n: usize| Tensor { shape: shape.to_vec(), data: TensorData::F32(vec![1.0; n]) };
        assert!(constant_of(Type::Mat { rows: 2, cols: 3 }, f32s(&[2, 3], 6)).is_ok());
        assert!(constant_of(Type::Mat { rows: 1, cols: 3 }, f32s(&[3], 3)).is_ok());
        assert!(constant_of(Type::Mat { rows: 2, cols: 3 }, f32s(&[3, 2], 6)).is_err());
        assert!(constant_of(Type::Mat { rows: 2, cols: 3 }, f32s(&[2, 3], 5)).is_err());
        assert!(constant_of(Type::Vec { n: 6 }, f32s(&[2, 3], 6)).is_ok());
        assert!(constant_of(Type::Vec { n: 5 }, f32s(&[6], 6)).is_err());
        assert!(constant_of(Type::Buf { elem: Elem::Float, cap: 8 }, f32s(&[6], 6)).is_ok());
        assert!(constant_of(Type::Buf { elem: Elem::Int, cap: 8 }, f32s(&[6], 6)).is_err());
        assert!(constant_of(Type::Buf { elem: Elem::Float, cap: 4 }, f32s(&[6], 6)).is_err());
    }
}
