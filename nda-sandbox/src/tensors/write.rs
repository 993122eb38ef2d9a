//! Writing safetensors files.

use super::{Dtype, TensorError};
use std::borrow::Cow;
use std::collections::HashSet;

/// A tensor to be written.
#[derive(Clone, Debug)]
pub struct NewTensor<'a> {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    data: Cow<'a, [u8]>,
}

impl<'a> NewTensor<'a> {
    /// A tensor of these dimensions; `data` holds its elements row-major, each least significant byte first.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        dtype: Dtype,
        shape: &[usize],
        data: impl Into<Cow<'a, [u8]>>,
    ) -> NewTensor<'a> {
        NewTensor { name: name.into(), dtype, shape: shape.to_vec(), data: data.into() }
    }

    /// A tensor of binary32 elements.
    #[must_use]
    pub fn f32(name: impl Into<String>, shape: &[usize], data: &[f32]) -> NewTensor<'static> {
        let bytes: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        NewTensor::new(name, Dtype::F32, shape, bytes)
    }
}

/// The bytes of a file with these tensors and this free text: widest elements first, then by name, as the format
/// advises for alignment, so that equal content gives equal bytes.
///
/// # Errors
/// [`TensorError::Repeated`] for two tensors of one name; [`TensorError::Size`] where data and shape disagree.
pub fn write_tensors(
    tensors: &[NewTensor<'_>],
    metadata: &[(String, String)],
) -> Result<Vec<u8>, TensorError> {
    let mut order: Vec<&NewTensor<'_>> = tensors.iter().collect();
    order.sort_by(|a, b| b.dtype.size().cmp(&a.dtype.size()).then_with(|| a.name.cmp(&b.name)));
    let (mut header, mut at, mut seen) = (serde_json::Map::new(), 0, HashSet::new());
    if !metadata.is_empty() {
        let text = metadata.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
        header.insert("__metadata__".to_owned(), serde_json::Value::Object(text));
    }
    for tensor in &order {
        if tensor.name == "__metadata__" || !seen.insert(&tensor.name) {
            return Err(TensorError::Repeated { name: tensor.name.clone() });
        }
        let size = tensor.shape.iter().try_fold(tensor.dtype.size(), |size, &n| size.checked_mul(n));
        let found = tensor.data.len();
        if size != Some(found) {
            let expected = size.map(|n| n as u64);
            return Err(TensorError::Size { name: tensor.name.clone(), expected, found: Some(found as u64) });
        }
        let entry = serde_json::json!({
            "dtype": tensor.dtype.name(),
            "shape": tensor.shape,
            "data_offsets": [at, at + found],
        });
        header.insert(tensor.name.clone(), entry);
        at += found;
    }
    let mut json = serde_json::Value::Object(header).to_string().into_bytes();
    json.resize(json.len().next_multiple_of(8), b' ');
    let mut out = Vec::with_capacity(8 + json.len() + at);
    out.extend((json.len() as u64).to_le_bytes());
    out.extend(json);
    order.iter().for_each(|t| out.extend_from_slice(&t.data));
    Ok(out)
}
