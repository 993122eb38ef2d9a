//! Programs under construction: objects by content, entry points, canonical order.

use super::function::{FunctionBuilder, Item};
use crate::encode::{encode_constant, encode_import, write_node, write_params, write_types};
use crate::leb::write_u64;
use crate::limits::{MAX_PARAMS, MAX_RESULTS};
use crate::program::{FORMAT_VERSION, MAGIC};
use crate::sections::{MAX_NAME, Names, ObjectNames, Sections, Spans};
use crate::{
    Bytes, CANONICAL_NAN32, Codebook, Constant, Elem, ErrorCode, Hash, Imm, Import, Matrix, ObjectKind,
    Param, Type,
};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// Something that cannot become part of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// What is wrong.
    pub code: ErrorCode,
    /// What is wrong, in words.
    pub message: String,
}

impl BuildError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> BuildError {
        BuildError { code, message: message.into() }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code, self.message)
    }
}

impl std::error::Error for BuildError {}

/// A constant of the program under construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    pub(crate) index: u32,
    pub(crate) ty: Type,
}

impl ObjectRef {
    /// Its type.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.ty
    }
}

/// A function or import of the program under construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionRef {
    pub(crate) index: u32,
    pub(crate) params: Vec<Param>,
    pub(crate) results: Vec<Type>,
}

impl FunctionRef {
    /// Its parameters.
    #[must_use]
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// Its results.
    #[must_use]
    pub fn results(&self) -> &[Type] {
        &self.results
    }
}

#[derive(Clone, Debug)]
struct Built {
    kind: ObjectKind,
    hash: Hash,
    bytes: Vec<u8>,
    /// Objects that it names, in order of first use.
    refs: Vec<u32>,
    names: ObjectNames,
    spans: Vec<Range<u32>>,
}

/// Collects objects and writes the program file. Equal objects are stored once.
#[derive(Clone, Debug, Default)]
pub struct ProgramBuilder {
    objects: Vec<Built>,
    by_hash: HashMap<Hash, u32>,
    entries: Vec<u32>,
    spans: bool,
}

impl ProgramBuilder {
    /// An empty one.
    #[must_use]
    pub fn new() -> ProgramBuilder {
        ProgramBuilder::default()
    }

    /// Whether the file gets a section with source spans (only the text form has any).
    #[cfg(feature = "text")]
    pub(crate) fn keep_spans(&mut self, keep: bool) {
        self.spans = keep;
    }

    /// Adds a constant; `name` is for people.
    ///
    /// # Errors
    /// Where the constant's dimensions or bytes are not canonical.
    pub fn constant(&mut self, name: Option<&str>, constant: Constant) -> Result<ObjectRef, BuildError> {
        let bytes = encode_constant(&constant);
        self.check_object(ObjectKind::Constant, &bytes)?;
        let index = self.intern(ObjectKind::Constant, bytes, Vec::new(), object_names(name, Vec::new()));
        Ok(ObjectRef { index, ty: constant.ty() })
    }

    /// Adds a `buf` of bytes.
    ///
    /// # Errors
    /// Where `data` is longer than `cap`, or `cap` is out of range.
    pub fn buf_u8(&mut self, name: Option<&str>, cap: u32, data: &[u8]) -> Result<ObjectRef, BuildError> {
        self.constant(name, Constant::Buf { elem: Elem::U8, cap, data: Bytes::copy_from_slice(data) })
    }

    /// Adds a `buf` of ints.
    ///
    /// # Errors
    /// Where `data` is longer than `cap`, or `cap` is out of range.
    pub fn buf_int(&mut self, name: Option<&str>, cap: u32, data: &[i64]) -> Result<ObjectRef, BuildError> {
        let data: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.constant(name, Constant::Buf { elem: Elem::Int, cap, data: data.into() })
    }

    /// Adds a `buf` of floats, bit for bit.
    ///
    /// # Errors
    /// Where `data` is longer than `cap`, or `cap` is out of range.
    pub fn buf_float(&mut self, name: Option<&str>, cap: u32, data: &[f64]) -> Result<ObjectRef, BuildError> {
        let data: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.constant(name, Constant::Buf { elem: Elem::Float, cap, data: data.into() })
    }

    /// Adds a `vec`; NaNs become the canonical one.
    ///
    /// # Errors
    /// Where the length is out of range.
    pub fn vec(&mut self, name: Option<&str>, data: &[f32]) -> Result<ObjectRef, BuildError> {
        let n = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let bits = |x: &f32| if x.is_nan() { CANONICAL_NAN32 } else { x.to_bits() };
        let data: Vec<u8> = data.iter().flat_map(|x| bits(x).to_le_bytes()).collect();
        self.constant(name, Constant::Vec { n, data: data.into() })
    }

    /// Adds a `mat` from its two bit planes.
    ///
    /// # Errors
    /// Where a dimension, the scale or a plane is not canonical.
    pub fn matrix(&mut self, name: Option<&str>, matrix: Matrix) -> Result<ObjectRef, BuildError> {
        self.constant(name, Constant::Matrix(matrix))
    }

    /// Adds a `mat` of small integers of its codebook, row-major.
    ///
    /// # Errors
    /// Where a value is not in the codebook, or there are not rows * cols of them.
    pub fn matrix_of(
        &mut self,
        name: Option<&str>,
        (rows, cols): (u16, u16),
        codebook: Codebook,
        scale: i8,
        values: &[i8],
    ) -> Result<ObjectRef, BuildError> {
        let bad = |message: String| BuildError::new(ErrorCode::BadConstant, message);
        if values.len() != usize::from(rows) * usize::from(cols) {
            return Err(bad(format!("{} weights for a {rows}x{cols} matrix", values.len())));
        }
        let row = Matrix::row_bytes(cols);
        let mut planes = [vec![0_u8; row * usize::from(rows)], vec![0_u8; row * usize::from(rows)]];
        for (i, &value) in values.iter().enumerate() {
            let (r, c) = (i / usize::from(cols), i % usize::from(cols));
            let (sign, extra) = match (codebook, value) {
                (Codebook::Quaternary, 2) | (Codebook::Ternary, 1) => (1, 1),
                (Codebook::Quaternary, 1) | (Codebook::Ternary, 0) => (1, 0),
                (Codebook::Quaternary, -1) => (0, 1),
                (Codebook::Quaternary, -2) | (Codebook::Ternary, -1) => (0, 0),
                _ => return Err(bad(format!("weight {value} is not in the {codebook:?} codebook"))),
            };
            planes[0][r * row + c / 8] |= sign << (c % 8);
            planes[1][r * row + c / 8] |= extra << (c % 8);
        }
        let [sign, extra] = planes.map(Bytes::from);
        self.matrix(name, Matrix { rows, cols, codebook, scale, sign, extra })
    }

    /// Adds a function of the host.
    ///
    /// # Errors
    /// Where the name or the signature is not allowed.
    pub fn import(&mut self, import: Import) -> Result<FunctionRef, BuildError> {
        let bytes = encode_import(&import);
        self.check_object(ObjectKind::Import, &bytes)?;
        let index = self.intern(ObjectKind::Import, bytes, Vec::new(), ObjectNames::default());
        Ok(FunctionRef { index, params: import.params, results: import.results })
    }

    /// Adds a function. What it names must have been added before.
    ///
    /// # Errors
    /// The first error that building it met. Types and flow that the builder does not see are left to
    /// [`validate`](crate::validate).
    pub fn add(&mut self, f: FunctionBuilder) -> Result<FunctionRef, BuildError> {
        if let Some(error) = f.error {
            return Err(error);
        }
        if f.params.len() > MAX_PARAMS || f.results.len() > MAX_RESULTS {
            let message = format!("at most {MAX_PARAMS} parameters and {MAX_RESULTS} results");
            return Err(BuildError::new(ErrorCode::Limit, message));
        }
        let (refs, body) = self.body(&f.items)?;
        let mut bytes = Vec::with_capacity(body.len() + 32 * refs.len() + 16);
        write_u64(&mut bytes, refs.len() as u64);
        for index in &refs {
            bytes.extend(self.objects[*index as usize].hash.as_bytes());
        }
        write_params(&mut bytes, &f.params);
        write_types(&mut bytes, &f.results);
        bytes.extend(body);
        let slots = f.slots.iter().enumerate();
        let slots = slots.filter_map(|(i, name)| Some((i as u32, short(name.as_deref()?)?))).collect();
        let names = object_names(Some(&f.name), slots);
        let index = self.intern(ObjectKind::Function, bytes, refs, names);
        let built = &mut self.objects[index as usize];
        if built.spans.is_empty() {
            built.spans.push(f.own_span);
            built.spans.extend(f.spans);
        }
        Ok(FunctionRef { index, params: f.params, results: f.results })
    }

    /// Writes a body, renaming objects to their place in the table, which is given too.
    fn body(&self, items: &[Item]) -> Result<(Vec<u32>, Vec<u8>), BuildError> {
        let mut refs: Vec<u32> = Vec::new();
        let mut places: HashMap<u32, u32> = HashMap::new();
        let mut out = Vec::with_capacity(2 * items.len());
        for item in items {
            let Item::Node(node) = item else {
                out.push(0);
                continue;
            };
            let mut node = *node;
            if matches!(node.op.info().imm, Imm::Table | Imm::Call | Imm::CallStmt) {
                if node.a as usize >= self.objects.len() {
                    return Err(BuildError::new(ErrorCode::MissingObject, "an object of another builder"));
                }
                node.a = *places.entry(node.a).or_insert_with(|| {
                    refs.push(node.a);
                    refs.len() as u32 - 1
                });
            }
            write_node(&mut out, &node);
        }
        out.push(0);
        Ok((refs, out))
    }

    fn check_object(&self, kind: ObjectKind, bytes: &[u8]) -> Result<(), BuildError> {
        let limits = crate::Limits::default();
        match crate::decode_object(kind, Bytes::copy_from_slice(bytes), &limits) {
            Ok(_) => Ok(()),
            Err(e) => Err(BuildError::new(e.code, e.to_string())),
        }
    }

    fn intern(&mut self, kind: ObjectKind, bytes: Vec<u8>, refs: Vec<u32>, names: ObjectNames) -> u32 {
        let hash = Hash::of(kind, &bytes);
        if let Some(&index) = self.by_hash.get(&hash) {
            return index;
        }
        let index = self.objects.len() as u32;
        self.objects.push(Built { kind, hash, bytes, refs, names, spans: Vec::new() });
        self.by_hash.insert(hash, index);
        index
    }

    /// Gives a function another name.
    #[cfg(feature = "text")]
    pub(crate) fn rename(&mut self, f: &FunctionRef, name: &str) {
        self.objects[f.index as usize].names.name = short(name);
    }

    /// The hash of a function or import.
    ///
    /// # Panics
    /// Where `f` is of another builder.
    #[must_use]
    pub fn hash(&self, f: &FunctionRef) -> Hash {
        self.objects[f.index as usize].hash
    }

    /// Makes a function an entry point; again is no change.
    pub fn entry(&mut self, f: &FunctionRef) {
        if !self.entries.contains(&f.index) {
            self.entries.push(f.index);
        }
    }

    /// The program file: the objects that the entry points reach, in canonical order, with their names.
    ///
    /// # Errors
    /// Where there is no entry point.
    pub fn finish(&self) -> Result<Vec<u8>, BuildError> {
        if self.entries.is_empty() {
            return Err(BuildError::new(ErrorCode::BadEntry, "a program needs an entry point"));
        }
        let order = self.post_order();
        let mut place = vec![0; self.objects.len()];
        let mut out = Vec::from(MAGIC);
        out.push(FORMAT_VERSION);
        write_u64(&mut out, order.len() as u64);
        for (i, index) in order.iter().enumerate() {
            let object = &self.objects[*index as usize];
            place[*index as usize] = i as u32;
            out.push(object.kind as u8);
            write_u64(&mut out, object.bytes.len() as u64);
            out.extend(&object.bytes);
        }
        write_u64(&mut out, self.entries.len() as u64);
        for entry in &self.entries {
            write_u64(&mut out, u64::from(place[*entry as usize]));
        }
        self.sections(&order).encode(&mut out);
        Ok(out)
    }

    fn sections(&self, order: &[u32]) -> Sections {
        let mut out = Sections { names: Names::default(), spans: Spans::default() };
        for (i, index) in order.iter().enumerate() {
            let object = &self.objects[*index as usize];
            if object.names.name.is_some() || !object.names.slots.is_empty() {
                out.names.objects.push((i as u32, object.names.clone()));
            }
            if self.spans && object.kind == ObjectKind::Function {
                out.spans.functions.push((i as u32, object.spans.clone()));
            }
        }
        out
    }

    /// First-visit post-order from the entry points.
    fn post_order(&self) -> Vec<u32> {
        let mut seen = vec![false; self.objects.len()];
        let mut order = Vec::new();
        let mut path: Vec<(u32, usize)> = Vec::new();
        for &entry in &self.entries {
            if !seen[entry as usize] {
                seen[entry as usize] = true;
                path.push((entry, 0));
            }
            while let Some((index, followed)) = path.last_mut() {
                match self.objects[*index as usize].refs.get(*followed) {
                    Some(&target) => {
                        *followed += 1;
                        if !seen[target as usize] {
                            seen[target as usize] = true;
                            path.push((target, 0));
                        }
                    }
                    None => {
                        order.push(*index);
                        path.pop();
                    }
                }
            }
        }
        order
    }
}

fn object_names(name: Option<&str>, slots: Vec<(u32, Box<str>)>) -> ObjectNames {
    ObjectNames { name: name.and_then(short), slots }
}

/// A name that the names section takes: not empty, at most [`MAX_NAME`] bytes.
fn short(name: &str) -> Option<Box<str>> {
    let mut end = name.len().min(MAX_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    (end > 0).then(|| name[..end].into())
}
