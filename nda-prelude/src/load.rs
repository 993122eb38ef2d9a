//! `load("file.safetensors", "tensor")`: constants from files.

use crate::{Buf, Mat, Vec32};
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
    if tensor.dtype() != Dtype::F32 {
        return Err(format!("F32 expected, {:?} found", tensor.dtype()));
    }
    let (chunks, _) = tensor.data().as_chunks::<4>();
    Ok(chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
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

macro_rules! bufs {
    ($($ty:ty, $dtype:ident, $size:literal;)+) => {$(
        impl<const N: usize> Tensor for Buf<$ty, N> {
            fn from_tensor(tensor: &TensorView<'_>) -> Result<Self, String> {
                if tensor.dtype() != Dtype::$dtype {
                    return Err(format!("{:?} expected, {:?} found", Dtype::$dtype, tensor.dtype()));
                }
                let (chunks, _) = tensor.data().as_chunks::<$size>();
                let data: Vec<$ty> = chunks.iter().map(|bytes| <$ty>::from_le_bytes(*bytes)).collect();
                Buf::try_from(data.as_slice())
                    .map_err(|_| format!("at most {N} elements expected, {} found", data.len()))
            }
        }
    )+};
}

bufs! {
    u8, U8, 1;
    i64, I64, 8;
    f64, F64, 8;
}
