//! The header: 8 bytes of length, then a JSON object of tensors by name.

use super::{Dtype, MAX_HEADER, TensorError};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

/// One tensor, checked against the file.
#[derive(Clone, Debug)]
pub(super) struct Info {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    start: usize,
    end: usize,
}

impl Info {
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// The header, checked.
#[derive(Debug)]
pub(super) struct Header {
    /// By place of the data.
    pub tensors: Vec<Info>,
    pub metadata: Vec<(String, String)>,
}

/// Reads and checks the header; also gives where the data begins.
pub(super) fn read(bytes: &[u8]) -> Result<(usize, Header), TensorError> {
    let truncated = |expected| TensorError::Truncated { found: bytes.len() as u64, expected };
    let Some((len, rest)) = bytes.split_first_chunk::<8>() else { return Err(truncated(8)) };
    let len = u64::from_le_bytes(*len);
    if len > MAX_HEADER {
        return Err(TensorError::HeaderTooLong { found: len });
    }
    let Some((json, data)) = rest.split_at_checked(len as usize) else { return Err(truncated(8 + len)) };
    let raw: Raw = serde_json::from_slice(json).map_err(|e| TensorError::Header { reason: e.to_string() })?;
    let tensors = check(raw.tensors, data.len() as u64)?;
    Ok((bytes.len() - data.len(), Header { tensors, metadata: raw.metadata }))
}

/// Checks that the tensors cover `len` bytes of data in turn.
fn check(mut raw: Vec<(String, RawInfo)>, len: u64) -> Result<Vec<Info>, TensorError> {
    // An empty tensor may share its place with the one after it; the name makes the order one.
    raw.sort_by(|(a, x), (b, y)| (x.data_offsets, a).cmp(&(y.data_offsets, b)));
    let mut end = 0;
    let mut out = Vec::with_capacity(raw.len());
    for (name, info) in raw {
        let info = check_one(name, info, end, len)?;
        end = info.end as u64;
        out.push(info);
    }
    if end == len { Ok(out) } else { Err(TensorError::Length { expected: end, found: len }) }
}

fn check_one(name: String, raw: RawInfo, start: u64, len: u64) -> Result<Info, TensorError> {
    let Some(dtype) = Dtype::ALL.iter().copied().find(|d| d.name() == raw.dtype) else {
        return Err(TensorError::UnknownDtype { name, found: raw.dtype });
    };
    let (begin, end) = raw.data_offsets;
    if begin != start {
        return Err(TensorError::Offset { name, expected: start, found: begin });
    }
    let size = raw.shape.iter().try_fold(dtype.size() as u64, |size, &n| size.checked_mul(n));
    let found = end.checked_sub(begin);
    if size.is_none() || found != size {
        return Err(TensorError::Size { name, expected: size, found });
    }
    if end > len {
        return Err(TensorError::Length { expected: end, found: len });
    }
    // Dimensions fit a usize: either the tensor lies in the file, or it is empty and the rest of them is of no use.
    let shape = raw.shape.iter().map(|&n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
    Ok(Info { name, dtype, shape, start: begin as usize, end: end as usize })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInfo {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

#[derive(Default)]
struct Raw {
    tensors: Vec<(String, RawInfo)>,
    metadata: Vec<(String, String)>,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_map(RawVisitor)
    }
}

/// Reads entry by entry, because a map would silently keep one of two tensors of the same name.
struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let (mut out, mut seen) = (Raw::default(), HashSet::new());
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("two entries are called `{name}`")));
            }
            if name == "__metadata__" {
                out.metadata = map.next_value::<Metadata>()?.0;
            } else {
                out.tensors.push((name, map.next_value()?));
            }
        }
        Ok(out)
    }
}

struct Metadata(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Metadata, D::Error> {
        deserializer.deserialize_map(MetadataVisitor)
    }
}

struct MetadataVisitor;

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = Metadata;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
        let mut out = Vec::new();
        while let Some(entry) = map.next_entry()? {
            out.push(entry);
        }
        Ok(Metadata(out))
    }
}
