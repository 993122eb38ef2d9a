//! Values that lie elsewhere: in the caller's memory on the way in, in the run's on the way out.

use bytemuck::cast_slice;
use nda_ast::{Elem, Type};
use nda_runtime::memory::{ARGUMENT, Memory, Sources, bytes_mut, elements_mut, vec_mut};
use nda_runtime::{Buf, BufData, Mat, Value};

/// A value that lies elsewhere: an argument in the caller's memory, a result in that of the run.
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'a> {
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// Elements of a buffer of `u8`.
    Bytes(&'a [u8]),
    /// Elements of a buffer of `i64`.
    Ints(&'a [i64]),
    /// Elements of a buffer of `f64`.
    Floats(&'a [f64]),
    /// A vector. Of a result, NaNs are of any pattern: [`ValueRef::to_value`] makes them canonical.
    Vec32(&'a [f32]),
    /// A matrix: only ever an argument.
    Mat(&'a Mat),
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    #[inline]
    fn from(value: &'a Value) -> ValueRef<'a> {
        match value {
            Value::Int(x) => ValueRef::Int(*x),
            Value::Float(x) => ValueRef::Float(*x),
            Value::Bool(x) => ValueRef::Bool(*x),
            Value::Vec32(data) => ValueRef::Vec32(data),
            Value::Mat(mat) => ValueRef::Mat(mat),
            Value::Buf(buf) => match buf.data() {
                BufData::U8(data) => ValueRef::Bytes(data),
                BufData::Int(data) => ValueRef::Ints(data),
                BufData::Float(data) => ValueRef::Floats(data),
            },
        }
    }
}

impl<'a> ValueRef<'a> {
    /// Whether a parameter of type `ty` takes it. A buffer may be shorter than the capacity.
    #[must_use]
    #[inline(always)]
    pub fn fits(self, ty: Type) -> bool {
        match (self, ty) {
            (ValueRef::Int(_), Type::Int)
            | (ValueRef::Float(_), Type::Float)
            | (ValueRef::Bool(_), Type::Bool) => true,
            (ValueRef::Bytes(data), Type::Buf { elem: Elem::U8, cap }) => data.len() <= cap as usize,
            (ValueRef::Ints(data), Type::Buf { elem: Elem::Int, cap }) => data.len() <= cap as usize,
            (ValueRef::Floats(data), Type::Buf { elem: Elem::Float, cap }) => data.len() <= cap as usize,
            (ValueRef::Vec32(data), Type::Vec { n }) => data.len() == n as usize,
            (ValueRef::Mat(mat), Type::Mat { rows, cols }) => {
                (mat.matrix().rows, mat.matrix().cols) == (rows, cols)
            }
            _ => false,
        }
    }

    /// A value of type `ty` of its own, NaNs of a vector canonical; `None` where it does not fit.
    #[must_use]
    pub fn to_value(self, ty: Type) -> Option<Value> {
        if !self.fits(ty) {
            return None;
        }
        let buf = |data: BufData| match ty {
            Type::Buf { cap, .. } => Buf::new(data, cap).ok().map(Value::Buf),
            _ => None,
        };
        match self {
            ValueRef::Int(x) => Some(Value::Int(x)),
            ValueRef::Float(x) => Some(Value::Float(x)),
            ValueRef::Bool(x) => Some(Value::Bool(x)),
            ValueRef::Bytes(data) => buf(data.to_vec().into()),
            ValueRef::Ints(data) => buf(data.to_vec().into()),
            ValueRef::Floats(data) => buf(data.to_vec().into()),
            ValueRef::Vec32(data) => {
                let mut data = data.to_vec();
                (nda_kernels::kernels().canon_slice)(&mut data);
                Some(Value::Vec32(data))
            }
            ValueRef::Mat(mat) => Some(Value::Mat(mat.clone())),
        }
    }

    /// What it is, for errors about a parameter of type `ty`.
    #[cold]
    pub(crate) fn describe(self, ty: Type) -> String {
        let elements = |len: usize, elem: &str, same: bool| {
            if same { format!("{len} elements") } else { format!("{len} elements of {elem}") }
        };
        let is_buf = |of: Elem| matches!(ty, Type::Buf { elem, .. } if elem == of);
        match self {
            ValueRef::Int(_) => "i64".to_owned(),
            ValueRef::Float(_) => "f64".to_owned(),
            ValueRef::Bool(_) => "bool".to_owned(),
            ValueRef::Bytes(data) => elements(data.len(), "u8", is_buf(Elem::U8)),
            ValueRef::Ints(data) => elements(data.len(), "i64", is_buf(Elem::Int)),
            ValueRef::Floats(data) => elements(data.len(), "f64", is_buf(Elem::Float)),
            ValueRef::Vec32(data) => elements(data.len(), "f32", matches!(ty, Type::Vec { .. })),
            ValueRef::Mat(mat) => format!("Mat<{}, {}>", mat.matrix().rows, mat.matrix().cols),
        }
    }

    /// Writes it to word `at` of the arena, if it is an aggregate; gives the word that stands for it in the frame. A matrix is named
    /// by its `number` among the arguments.
    #[inline(always)]
    pub(crate) fn place(self, memory: &mut Memory<'_>, at: usize, number: usize) -> u64 {
        match self {
            ValueRef::Int(x) => return x as u64,
            ValueRef::Float(x) => return x.to_bits(),
            ValueRef::Bool(x) => return x.into(),
            ValueRef::Mat(_) => return ARGUMENT | number as u64,
            ValueRef::Bytes(data) => bytes_mut(&mut memory.arena[at..], data.len()).copy_from_slice(data),
            ValueRef::Ints(data) => {
                elements_mut(&mut memory.arena[at..], data.len()).copy_from_slice(cast_slice(data));
            }
            ValueRef::Floats(data) => {
                elements_mut(&mut memory.arena[at..], data.len()).copy_from_slice(cast_slice(data));
            }
            ValueRef::Vec32(data) => vec_mut(&mut memory.arena[at..], data.len()).copy_from_slice(data),
        }
        at as u64
    }

    /// The value of type `ty` that a word of the frame stands for; `None` for a matrix, which leaves no run.
    #[inline(always)]
    pub(crate) fn of_word(sources: Sources<'a>, ty: Type, word: u64) -> Option<ValueRef<'a>> {
        Some(match ty {
            Type::Int => ValueRef::Int(word as i64),
            Type::Float => ValueRef::Float(f64::from_bits(word)),
            Type::Bool => ValueRef::Bool(word != 0),
            Type::Vec { n } => ValueRef::Vec32(sources.vec(word, n as usize)),
            Type::Buf { elem: Elem::U8, .. } => ValueRef::Bytes(sources.bytes(word)),
            Type::Buf { elem: Elem::Int, .. } => ValueRef::Ints(cast_slice(sources.elements(word))),
            Type::Buf { elem: Elem::Float, .. } => ValueRef::Floats(cast_slice(sources.elements(word))),
            Type::Mat { .. } => return None,
        })
    }
}
