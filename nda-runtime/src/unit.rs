//! Operations on vectors, matrices and buffers, as every tier calls them. Operands are references, a destination is a
//! word of the arena that lies above all of them; each looks at the clock after much work.

use crate::memory::{ARGUMENT, CONSTANT, Memory, bytes_mut, elements_mut, vec_mut};
use crate::scalar::{self, Checked};
use crate::{Loaded, Mat, TrapKind, Value, Watch, packed};
use bytemuck::{cast_slice, cast_slice_mut};
use nda_ast::{Elem, Matrix, Op, Type};
use nda_kernels::canon::f64_to_f32;
use nda_kernels::elementwise::{BinaryForms, UnaryForms};
use nda_kernels::matrix::{Tiled, Tiles, activation_bytes, rows_per_poll};
use nda_kernels::{Kernels, NonFinite, PackedRef};

/// Element operations that a transcendental function counts for, as in the cost table.
const HEAVY: u64 = 16;

/// Elements of a long vector between two looks at the clock, where an operation takes them one by one.
const PIECE: usize = 1 << 14;

/// Memory, kernels and clock of a run: what operations on aggregates need.
///
/// # Panics
/// Its methods do where a reference, shape or operation is not what a valid program has.
#[derive(Debug)]
pub struct VectorUnit<'a> {
    /// Arena and constants.
    pub memory: Memory<'a>,
    /// The kernels of this CPU.
    pub kernels: &'static Kernels,
    /// Clock and flag.
    pub watch: Watch<'a>,
    /// Room for the quantised activations of a `gemv`.
    pub quantised: &'a mut [i8],
    /// The program, for its matrices.
    pub program: &'a Loaded,
    /// The run's arguments, for theirs.
    pub args: &'a [Value],
}

impl<'a> VectorUnit<'a> {
    /// `op` of a vector.
    ///
    /// # Errors
    /// An interruption.
    pub fn vec1(&mut self, op: Op, at: usize, x: u64, n: usize) -> Checked<()> {
        let (form, work) = unary(self.kernels, op);
        let (out, sources) = self.memory.split(at);
        let (out, x) = (vec_mut(out, n), sources.vec(x, n));
        // What looks at a vector as a whole is done at once.
        let piece = if op == Op::Softmax { n } else { PIECE };
        for (out, x) in out.chunks_mut(piece).zip(x.chunks(piece)) {
            (form.vec)(out, x);
            self.watch.work(work * x.len() as u64)?;
        }
        Ok(())
    }

    /// `op` of two vectors.
    ///
    /// # Errors
    /// An interruption.
    pub fn vec2(&mut self, op: Op, at: usize, (a, b): (u64, u64), n: usize) -> Checked<()> {
        let form = binary(self.kernels, op);
        let (out, sources) = self.memory.split(at);
        let (a, b) = (sources.vec(a, n).chunks(PIECE), sources.vec(b, n).chunks(PIECE));
        for (out, (a, b)) in vec_mut(out, n).chunks_mut(PIECE).zip(a.zip(b)) {
            (form.vec_vec)(out, a, b);
            self.watch.work(out.len() as u64)?;
        }
        Ok(())
    }

    /// `op` of a vector and a float.
    ///
    /// # Errors
    /// An interruption.
    pub fn vec_float(&mut self, op: Op, at: usize, a: u64, x: f64, n: usize) -> Checked<()> {
        let form = binary(self.kernels, op);
        let (out, sources) = self.memory.split(at);
        for (out, a) in vec_mut(out, n).chunks_mut(PIECE).zip(sources.vec(a, n).chunks(PIECE)) {
            (form.vec_float)(out, a, f64_to_f32(x));
            self.watch.work(out.len() as u64)?;
        }
        Ok(())
    }

    /// A reduction, or the dot product of two vectors; gives the word of the result.
    ///
    /// # Errors
    /// An interruption.
    pub fn reduce(&mut self, op: Op, first: u64, last: u64, n: usize) -> Checked<u64> {
        let sources = self.memory.sources();
        let x = sources.vec(first, n);
        let word = reduce(self.kernels, op, x, if op == Op::Dot { sources.vec(last, n) } else { x });
        self.watch.work(n as u64)?;
        Ok(word)
    }

    /// A matrix times a vector.
    ///
    /// # Errors
    /// `NonFinite`, an interruption.
    pub fn gemv(&mut self, at: usize, mat: u64, x: u64) -> Checked<()> {
        let Some((tiled, w)) = self.tiles(mat) else { return self.gemv_planes(at, mat, x) };
        let (rows, cols) = (w.rows(), w.cols());
        let (out, sources) = self.memory.split(at);
        let q = &mut self.quantised[..activation_bytes(cols)];
        let quantised = (tiled.quantise)(sources.vec(x, cols), q).map_err(non_finite)?;
        let y = vec_mut(out, rows);
        let some = Tiles::rows_per_poll(cols);
        for start in (0..rows).step_by(some) {
            let end = rows.min(start + some);
            (tiled.gemv_rows)(w, start..end, q, quantised, &mut y[start..end]);
            self.watch.work((end - start) as u64 * cols as u64)?;
        }
        Ok(())
    }

    /// Where there are no tiles.
    #[cold]
    #[inline(never)]
    fn gemv_planes(&mut self, at: usize, mat: u64, x: u64) -> Checked<()> {
        let w = packed_ref(self.program, self.args, mat);
        let (rows, cols) = (w.rows(), w.cols());
        let (out, sources) = self.memory.split(at);
        let q = &mut self.quantised[..cols];
        let step = (self.kernels.quantise)(sources.vec(x, cols), q).map_err(non_finite)?;
        let y = vec_mut(out, rows);
        let some = rows_per_poll(cols);
        for start in (0..rows).step_by(some) {
            let end = rows.min(start + some);
            (self.kernels.gemv_rows)(&w, start..end, q, step, &mut y[start..end]);
            self.watch.work((end - start) as u64 * cols as u64)?;
        }
        Ok(())
    }

    /// The kernels' copy of the matrix that a word names, and what works on it.
    #[inline]
    fn tiles(&self, word: u64) -> Option<(&'static Tiled, &'a Tiles)> {
        let tiles = if word & ARGUMENT == 0 {
            self.program.tiles(word as u32)
        } else {
            match &self.args[(word & !ARGUMENT) as usize] {
                Value::Mat(mat) => mat.tiles(),
                _ => None,
            }
        };
        Some((self.kernels.tiled.as_ref()?, tiles?))
    }

    /// RMS norm with a gain.
    ///
    /// # Errors
    /// An interruption.
    pub fn norm(&mut self, at: usize, gain: u64, x: u64, eps: f64) -> Checked<()> {
        let gain = packed_ref(self.program, self.args, gain);
        let n = gain.cols();
        let (out, sources) = self.memory.split(at);
        (self.kernels.norm)(&gain, sources.vec(x, n), eps, vec_mut(out, n));
        self.watch.work(4 * n as u64)
    }

    /// A row of a matrix.
    ///
    /// # Errors
    /// `IndexOutOfBounds`, an interruption.
    pub fn row(&mut self, at: usize, mat: u64, index: i64) -> Checked<()> {
        let w = packed_ref(self.program, self.args, mat);
        let index = scalar::index(index, w.rows() as u64)?;
        let cols = w.cols();
        (self.kernels.row)(&w, index, vec_mut(&mut self.memory.arena[at..], cols));
        self.watch.work(cols as u64)
    }

    /// `count` of the `n` elements of a vector.
    ///
    /// # Errors
    /// `IndexOutOfBounds`, an interruption.
    pub fn slice(&mut self, at: usize, x: u64, start: i64, n: usize, count: usize) -> Checked<()> {
        let start = scalar::range_start(start, count as u64, n as u64)?;
        let (out, sources) = self.memory.split(at);
        vec_mut(out, count).copy_from_slice(&sources.vec(x, n)[start..start + count]);
        self.watch.work(count as u64)
    }

    /// A vector of `m` after one of `n` elements: `a`, then `b`.
    ///
    /// # Errors
    /// An interruption.
    pub fn concat(&mut self, at: usize, (a, b): (u64, u64), m: usize, n: usize) -> Checked<()> {
        let (out, sources) = self.memory.split(at);
        let (left, right) = vec_mut(out, m + n).split_at_mut(m);
        left.copy_from_slice(sources.vec(a, m));
        right.copy_from_slice(sources.vec(b, n));
        self.watch.work((m + n) as u64)
    }

    /// `n` times the same.
    ///
    /// # Errors
    /// An interruption.
    pub fn splat(&mut self, at: usize, x: f64, n: usize) -> Checked<()> {
        (self.kernels.splat)(vec_mut(&mut self.memory.arena[at..], n), x);
        self.watch.work(n as u64)
    }

    /// The vector of a full buffer of floats.
    ///
    /// # Errors
    /// `IndexOutOfBounds`, an interruption.
    pub fn vec_of_buf(&mut self, at: usize, buf: u64, n: usize) -> Checked<()> {
        let (out, sources) = self.memory.split(at);
        let elements = sources.elements(buf);
        if elements.len() != n {
            return Err(TrapKind::IndexOutOfBounds { index: n as i64, len: elements.len() as u64 });
        }
        (self.kernels.from_f64)(vec_mut(out, n), cast_slice(elements));
        self.watch.work(n as u64)
    }

    /// The buffer of a vector.
    ///
    /// # Errors
    /// An interruption.
    pub fn buf_of_vec(&mut self, at: usize, x: u64, n: usize) -> Checked<()> {
        let (out, sources) = self.memory.split(at);
        (self.kernels.to_f64)(cast_slice_mut(elements_mut(out, n)), sources.vec(x, n));
        self.watch.work(n as u64)
    }

    /// A full buffer of one value, given as the word of a scalar.
    ///
    /// # Errors
    /// An interruption.
    pub fn fill(&mut self, at: usize, value: u64, elem: Elem, cap: usize) -> Checked<()> {
        let out = &mut self.memory.arena[at..];
        match elem {
            Elem::U8 => bytes_mut(out, cap).fill(value as u8),
            Elem::Int | Elem::Float => elements_mut(out, cap).fill(value),
        }
        self.watch.work(cap as u64)
    }

    /// A buffer's elements under another capacity.
    ///
    /// # Errors
    /// `CapacityExceeded`, an interruption.
    pub fn recap(&mut self, at: usize, buf: u64, elem: Elem, cap: usize) -> Checked<()> {
        let (out, sources) = self.memory.split(at);
        let len = sources.len(buf);
        if len > cap {
            return Err(TrapKind::CapacityExceeded { capacity: cap as u64 });
        }
        match elem {
            Elem::U8 => bytes_mut(out, len).copy_from_slice(sources.bytes(buf)),
            Elem::Int | Elem::Float => elements_mut(out, len).copy_from_slice(sources.elements(buf)),
        }
        self.watch.work(len as u64)
    }

    /// Copies an aggregate.
    ///
    /// # Errors
    /// An interruption.
    #[inline]
    pub fn copy(&mut self, ty: Type, from: u64, to: usize) -> Checked<()> {
        debug_assert!(to as u64 & CONSTANT == 0);
        let words = self.memory.copy(ty, from, to);
        self.watch.work(words as u64)
    }
}

#[cold]
fn non_finite(error: NonFinite) -> TrapKind {
    TrapKind::NonFinite { index: error.index as u64 }
}

/// The matrix that a word names.
pub(crate) fn packed_ref<'a>(program: &'a Loaded, args: &'a [Value], word: u64) -> PackedRef<'a> {
    let matrix = if word & ARGUMENT == 0 {
        program.matrix(word as u32)
    } else {
        match &args[(word & !ARGUMENT) as usize] {
            Value::Mat(mat) => Some(Mat::matrix(mat)),
            _ => None,
        }
    };
    let packed = matrix.map(|m: &Matrix| packed(m));
    match packed {
        Some(Ok(packed)) => packed,
        _ => unreachable!("a matrix that was checked when it was decoded or made"),
    }
}

/// The word of a reduction of `x`, or of the dot product with `y`.
pub(crate) fn reduce(k: &Kernels, op: Op, x: &[f32], y: &[f32]) -> u64 {
    match op {
        Op::Dot => (k.dot)(x, y).to_bits(),
        Op::Sum => (k.sum)(x).to_bits(),
        Op::Mean => (k.mean)(x).to_bits(),
        Op::MaxOf => (k.reduce_max)(x).to_bits(),
        Op::MinOf => (k.reduce_min)(x).to_bits(),
        Op::ArgMax => (k.argmax)(x) as u64,
        Op::ArgMin => (k.argmin)(x) as u64,
        other => unreachable!("{other:?} is no reduction"),
    }
}

pub(crate) fn binary(k: &'static Kernels, op: Op) -> &'static BinaryForms {
    match op {
        Op::AddVec | Op::AddVecFloat => &k.add,
        Op::SubVec | Op::SubVecFloat => &k.sub,
        Op::MulVec | Op::MulVecFloat => &k.mul,
        Op::MinVec | Op::MinVecFloat => &k.min,
        Op::MaxVec | Op::MaxVecFloat => &k.max,
        Op::DivVec | Op::DivVecFloat => &k.div,
        other => unreachable!("{other:?} is no operation on two vectors"),
    }
}

/// The kernel, and element operations per element.
pub(crate) fn unary(k: &'static Kernels, op: Op) -> (&'static UnaryForms, u64) {
    match op {
        Op::NegVec => (&k.neg, 1),
        Op::AbsVec => (&k.abs, 1),
        Op::SqrtVec => (&k.sqrt, 1),
        Op::ReluVec => (&k.relu, 1),
        Op::ExpVec => (&k.exp, HEAVY),
        Op::TanhVec => (&k.tanh, HEAVY),
        Op::SigmoidVec => (&k.sigmoid, HEAVY),
        Op::SiluVec => (&k.silu, HEAVY),
        Op::GeluVec => (&k.gelu, HEAVY),
        Op::Softmax => (&k.softmax, HEAVY),
        other => unreachable!("{other:?} is no operation on one vector"),
    }
}
