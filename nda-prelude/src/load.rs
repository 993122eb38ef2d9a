//! `load("file.safetensors", "tensor")`: constants from files.

use crate::{Buf, Elem, Mat, Vec32};
use nda_kernels::matrix::pack_exact;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// A constant that a tensor can fill.
pub trait Tensor: Sized {
    /// Makes it.
    ///
    /// # Errors
    /// Says in what the tensor does not fit.
    fn from_tensor(tensor: &TensorView<'_>) -> Result<Self, String>;
}

/// A constant from the bytes of a safetensors file.
///
/// # Panics
/// Where there is no such tensor, or it does not fit the type.
#[must_use]
pub fn load<T: Tensor>(bytes: &[u8], file: &str, tensor: &str) -> T {
    let view = SafeTensors::deserialize(bytes).map_err(|e| e.to_string());
    let made = view.and_then(|file| {
        let view = file.tensor(tensor).map_err(|e| e.to_string())?;
        T::from_tensor(&view)
    });
    match made {
        Ok(made) => made,
        Err(e) => panic!("load({file:?}, {tensor:?}): {e}"),
    }
}

fn floats(tensor: &TensorView<'_>) -> Result<Vec<f32>, String> {
    elements(tensor, Dtype::F32, f32::from_le_bytes)
}

impl<const R: usize, const C: usize> Tensor for Mat<R, C> {
    fn from_tensor(tensor: &TensorView<'_>) -> Result<Self, String> {
        let fits = tensor.shape() == [R, C] || R == 1 && tensor.shape() == [C];
        if !fits {
            return Err(format!("shape [{R}, {C}] expected, {:?} found", tensor.shape()));
        }
        let packed = pack_exact(&floats(tensor)?, R, C).map_err(|e| e.to_string())?;
        let packed = packed.ok_or("the weights are no 2-bit values; see `nda quantise`")?;
        let (codebook, scale) = (packed.as_packed().codebook(), packed.as_packed().scale());
        let (sign, extra) = packed.into_planes();
        Ok(Mat::new(codebook, scale, sign, extra))
    }
}

impl<const N: usize> Tensor for Vec32<N> {
    fn from_tensor(tensor: &TensorView<'_>) -> Result<Self, String> {
        let floats = floats(tensor)?;
        Vec32::try_from(floats.as_slice())
            .map_err(|_| format!("{N} elements expected, {} found", floats.len()))
    }
}

/// The elements of a tensor of type `dtype`, each of `SIZE` bytes.
fn elements<T, const SIZE: usize>(
    tensor: &TensorView<'_>,
    dtype: Dtype,
    read: impl Fn([u8; SIZE]) -> T,
) -> Result<Vec<T>, String> {
    if tensor.dtype() != dtype {
        return Err(format!("{dtype:?} expected, {:?} found", tensor.dtype()));
    }
    Ok(tensor.data().as_chunks().0.iter().map(|bytes| read(*bytes)).collect())
}

fn buf<T: Elem, const N: usize>(data: &[T]) -> Result<Buf<T, N>, String> {
    Buf::try_from(data).map_err(|_| format!("at most {N} elements expected, {} found", data.len()))
}

impl<const N: usize> Tensor for Buf<u8, N> {
    fn from_tensor(tensor: &TensorView<'_>) -> Result<Self, String> {
        buf(&elements(tensor, Dtype::U8, u8::from_le_bytes)?)
    }
}

impl<const N: usize> Tensor for Buf<i64, N> {
    fn from_tensor(tensor: &TensorView<'_>) -> Result<Self, String> {
        buf(&elements(tensor, Dtype::I64, i64::from_le_bytes)?)
    }
}

impl<const N: usize> Tensor for Buf<f64, N> {
    fn from_tensor(tensor: &TensorView<'_>) -> Result<Self, String> {
        if tensor.dtype() == Dtype::F32 {
            let data: Vec<f64> = floats(tensor)?.into_iter().map(f64::from).collect();
            return buf(&data);
        }
        buf(&elements(tensor, Dtype::F64, f64::from_le_bytes)?)
    }
}
