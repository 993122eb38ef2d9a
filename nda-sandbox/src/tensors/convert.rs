//! From a tensor's elements to the language's values, exactly or not at all.

use super::{Dtype, Tensor, TensorError};
use nda_ast::text::TensorData;
use nda_ast::{Elem, Type};
use nda_runtime::{Buf, BufData, Value};

impl Tensor<'_> {
    /// The elements as binary32.
    ///
    /// # Errors
    /// [`TensorError::Mismatch`] where an element has no exact binary32 form: F64, and integers of 32 bits and more,
    /// that would be rounded.
    pub fn to_f32(&self) -> Result<Vec<f32>, TensorError> {
        let wide = self.floats("F32, F16, BF16, or numbers that binary32 holds exactly")?;
        let narrow: Vec<f32> = wide.iter().map(|&x| x as f32).collect();
        match wide.iter().zip(&narrow).position(|(x, y)| !x.is_nan() && f64::from(*y) != *x) {
            None => Ok(narrow),
            Some(i) => Err(TensorError::mismatch(
                self,
                "elements that binary32 holds exactly",
                format_args!("{} at {i}", wide[i]),
            )),
        }
    }

    /// The elements as binary64.
    ///
    /// # Errors
    /// [`TensorError::Mismatch`] where they are BOOL, or 64-bit integers.
    pub fn to_f64(&self) -> Result<Vec<f64>, TensorError> {
        self.floats("floats, or integers of at most 32 bits")
    }

    /// The elements as 64-bit integers; BOOL as 0 and 1.
    ///
    /// # Errors
    /// [`TensorError::Mismatch`] where they are floats, or above 2^63 - 1.
    pub fn to_i64(&self) -> Result<Vec<i64>, TensorError> {
        let d = self.data();
        Ok(match self.dtype() {
            Dtype::BOOL | Dtype::U8 => d.iter().map(|&b| b.into()).collect(),
            Dtype::I8 => d.iter().map(|&b| (b as i8).into()).collect(),
            Dtype::U16 => each(d, |b| u16::from_le_bytes(b).into()),
            Dtype::I16 => each(d, |b| i16::from_le_bytes(b).into()),
            Dtype::U32 => each(d, |b| u32::from_le_bytes(b).into()),
            Dtype::I32 => each(d, |b| i32::from_le_bytes(b).into()),
            Dtype::I64 => each(d, i64::from_le_bytes),
            Dtype::U64 => {
                let wide = each(d, u64::from_le_bytes);
                if let Some(big) = wide.iter().find(|&&x| i64::try_from(x).is_err()) {
                    return Err(TensorError::mismatch(self, "at most 2^63 - 1", big));
                }
                wide.into_iter().map(|x| x as i64).collect()
            }
            Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64 => {
                return Err(TensorError::mismatch(self, "integers", self.dtype()));
            }
        })
    }

    fn floats(&self, expected: &str) -> Result<Vec<f64>, TensorError> {
        let d = self.data();
        Ok(match self.dtype() {
            Dtype::F64 => each(d, f64::from_le_bytes),
            Dtype::F32 => each(d, |b| f32::from_le_bytes(b).into()),
            Dtype::F16 => each(d, |b| half(u16::from_le_bytes(b))),
            Dtype::BF16 => each(d, |b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16).into()),
            Dtype::BOOL | Dtype::U64 | Dtype::I64 => {
                return Err(TensorError::mismatch(self, expected, self.dtype()));
            }
            // Of 32 bits at most, so exact.
            _ => self.to_i64()?.into_iter().map(|x| x as f64).collect(),
        })
    }

    /// The tensor, or a row of one, as a value of type `ty` to call a function with:
    /// - `Vec32<n>`: n elements that binary32 holds exactly;
    /// - `Buf<u8, N>`: at most N elements of U8 or BOOL; `Buf<i64, N>`: integers; `Buf<f64, N>`: floats, or integers of at
    ///   most 32 bits;
    /// - a scalar: a single such element. No `Mat`: matrices are a program's constants.
    ///
    /// # Errors
    /// [`TensorError::Mismatch`].
    pub fn to_value(&self, ty: Type) -> Result<Value, TensorError> {
        let buf = |data: BufData, cap: u32| {
            let found = data.len();
            Buf::new(data, cap).map(Value::Buf).map_err(|e| TensorError::mismatch(self, e, found))
        };
        match ty {
            Type::Int => self.single(&self.to_i64()?).map(Value::Int),
            Type::Float => self.single(&self.to_f64()?).map(Value::Float),
            Type::Bool if self.dtype() == Dtype::BOOL => {
                self.single(self.data()).map(|b| Value::Bool(b != 0))
            }
            Type::Bool => Err(TensorError::mismatch(self, Dtype::BOOL, self.dtype())),
            Type::Vec { n } => {
                self.expect_len(self.len() == n as usize, format_args!("{n} elements"))?;
                self.to_f32().map(Value::Vec32)
            }
            Type::Buf { elem, cap } => {
                self.expect_len(self.len() <= cap as usize, format_args!("at most {cap} elements"))?;
                match (elem, self.dtype()) {
                    (Elem::U8, Dtype::U8 | Dtype::BOOL) => buf(self.data().to_vec().into(), cap),
                    (Elem::U8, other) => Err(TensorError::mismatch(self, "U8", other)),
                    (Elem::Int, _) => buf(self.to_i64()?.into(), cap),
                    (Elem::Float, _) => buf(self.to_f64()?.into(), cap),
                }
            }
            Type::Mat { .. } => Err(TensorError::mismatch(self, "a parameter that is no Mat", ty)),
        }
    }

    /// The tensor as the text form's `load` takes it: floats of 16 bits as binary32, integers as 64-bit ones.
    ///
    /// # Errors
    /// [`TensorError::Mismatch`], for an integer above 2^63 - 1.
    pub fn to_text_tensor(&self) -> Result<nda_ast::text::Tensor, TensorError> {
        let data = match self.dtype() {
            Dtype::U8 | Dtype::BOOL => TensorData::U8(self.data().to_vec()),
            Dtype::F16 | Dtype::BF16 | Dtype::F32 => TensorData::F32(self.to_f32()?),
            Dtype::F64 => TensorData::F64(self.to_f64()?),
            _ => TensorData::I64(self.to_i64()?),
        };
        Ok(nda_ast::text::Tensor { shape: self.shape().to_vec(), data })
    }

    fn single<T: Copy>(&self, elements: &[T]) -> Result<T, TensorError> {
        match elements {
            [one] => Ok(*one),
            many => Err(TensorError::mismatch(self, "a single element", many.len())),
        }
    }

    fn expect_len(&self, fits: bool, expected: impl std::fmt::Display) -> Result<(), TensorError> {
        if fits { Ok(()) } else { Err(TensorError::mismatch(self, expected, self.len())) }
    }
}

/// Every element of `N` bytes.
fn each<const N: usize, T>(data: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    data.as_chunks::<N>().0.iter().map(|&bytes| read(bytes)).collect()
}

/// A binary16, exactly.
fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let magnitude = match exponent {
        0x1f if mantissa == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        // Subnormal: mantissa * 2^-24.
        0 => mantissa * power(-24),
        _ => (mantissa + 1024.0) * power(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

/// 2^n, for n in the range of a binary16's exponents.
fn power(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn binary16_values() {
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc000), -2.0);
        assert_eq!(half(0x0001), 5.960_464_477_539_063e-8);
        assert_eq!(half(0x7bff), 65504.0);
        assert_eq!(half(0xfc00), f64::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
        assert_eq!(half(0x8000).to_bits(), (-0.0_f64).to_bits());
    }
}
