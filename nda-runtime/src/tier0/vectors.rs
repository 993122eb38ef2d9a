//! Operations on vectors, matrices and buffers. Each writes its temporary, which lies above its operands.

use super::machine::{Checked, Machine};
use super::memory::{ARGUMENT, bytes_mut, elements_mut, vec_mut};
use super::step::Step;
use crate::{Mat, TrapKind, Value, packed, scalar};
use bytemuck::{cast_slice, cast_slice_mut};
use nda_ast::{Elem, Matrix, Op};
use nda_kernels::canon::f64_to_f32;
use nda_kernels::elementwise::{BinaryForms, UnaryForms};
use nda_kernels::matrix::rows_per_poll;
use nda_kernels::{Kernels, PackedRef, f32_to_f64_canon};

/// Element operations that a transcendental function counts for, as in the cost table.
const HEAVY: u64 = 16;

impl Machine<'_> {
    /// A step that reads or writes elements.
    #[inline(never)]
    pub fn aggregate(&mut self, step: Step) -> Checked {
        match step {
            Step::Vec1 { op, dest, n } => self.vec1(op, dest, n as usize),
            Step::Vec2 { op, dest, n } => self.vec2(op, dest, n as usize),
            Step::VecFloat { op, dest, n } => self.vec_float(op, dest, n as usize),
            Step::Reduce { op, n } => self.reduce(op, n as usize),
            Step::Gemv { dest, rows, cols } => self.gemv(dest, rows.into(), cols.into()),
            Step::Norm { dest, n } => self.norm(dest, n as usize),
            Step::Row { dest, rows, cols } => self.row(dest, rows.into(), cols.into()),
            Step::LenBuf => {
                let buf = self.pop();
                let len = self.memory.sources().len(buf);
                self.push(len as u64);
                Ok(())
            }
            Step::LenVec(n) => {
                self.pop();
                self.push(n.into());
                Ok(())
            }
            Step::IndexByte => {
                let (index, buf) = (self.pop_int(), self.pop());
                let bytes = self.memory.sources().bytes(buf);
                let byte = bytes[scalar::index(index, bytes.len() as u64)?];
                self.push(byte.into());
                Ok(())
            }
            Step::IndexElement => {
                let (index, buf) = (self.pop_int(), self.pop());
                let elements = self.memory.sources().elements(buf);
                let element = elements[scalar::index(index, elements.len() as u64)?];
                self.push(element);
                Ok(())
            }
            Step::IndexLane(n) => {
                let (index, vec) = (self.pop_int(), self.pop());
                let lane = self.memory.sources().vec(vec, n as usize)[scalar::index(index, n.into())?];
                self.push(f32_to_f64_canon(lane).to_bits());
                Ok(())
            }
            Step::Slice { dest, n, count } => self.slice(dest, n as usize, count as usize),
            Step::Concat { dest, a, b } => self.concat(dest, a as usize, b as usize),
            Step::Splat { dest, n } => {
                let (x, at) = (self.pop_float(), self.base + dest as usize);
                (self.kernels.splat)(vec_mut(&mut self.memory.arena[at..], n as usize), x);
                self.done(at, n.into())
            }
            Step::ToVec { dest, n } => self.vec_of_buf(dest, n as usize),
            Step::ToBuf { dest, n } => {
                let (vec, at) = (self.pop(), self.base + dest as usize);
                let (out, sources) = self.memory.split(at);
                let out = cast_slice_mut(elements_mut(out, n as usize));
                (self.kernels.to_f64)(out, sources.vec(vec, n as usize));
                self.done(at, n.into())
            }
            Step::Fill { dest, elem, cap } => self.fill(dest, elem, cap as usize),
            Step::Recap { dest, elem, cap } => self.recap(dest, elem, cap as usize),
            other => unreachable!("{other:?} is no step on aggregates"),
        }
    }

    /// Pushes the reference to what has been computed; looks at the clock after much work.
    fn done(&mut self, at: usize, elements: u64) -> Checked {
        self.push(at as u64);
        self.watch.work(self.fuel, elements)
    }

    fn vec1(&mut self, op: Op, dest: u32, n: usize) -> Checked {
        let (x, at) = (self.pop(), self.base + dest as usize);
        let (form, work) = unary(self.kernels, op);
        let (out, sources) = self.memory.split(at);
        (form.vec)(vec_mut(out, n), sources.vec(x, n));
        self.done(at, work * n as u64)
    }

    fn vec2(&mut self, op: Op, dest: u32, n: usize) -> Checked {
        let (b, a, at) = (self.pop(), self.pop(), self.base + dest as usize);
        let form = binary(self.kernels, op);
        let (out, sources) = self.memory.split(at);
        (form.vec_vec)(vec_mut(out, n), sources.vec(a, n), sources.vec(b, n));
        self.done(at, n as u64)
    }

    fn vec_float(&mut self, op: Op, dest: u32, n: usize) -> Checked {
        let (s, a, at) = (self.pop_float(), self.pop(), self.base + dest as usize);
        let form = binary(self.kernels, op);
        let (out, sources) = self.memory.split(at);
        (form.vec_float)(vec_mut(out, n), sources.vec(a, n), f64_to_f32(s));
        self.done(at, n as u64)
    }

    fn reduce(&mut self, op: Op, n: usize) -> Checked {
        let k = self.kernels;
        let last = self.pop();
        let first = if op == Op::Dot { self.pop() } else { last };
        let sources = self.memory.sources();
        let x = sources.vec(first, n);
        let word = match op {
            Op::Dot => (k.dot)(x, sources.vec(last, n)).to_bits(),
            Op::Sum => (k.sum)(x).to_bits(),
            Op::Mean => (k.mean)(x).to_bits(),
            Op::MaxOf => (k.reduce_max)(x).to_bits(),
            Op::MinOf => (k.reduce_min)(x).to_bits(),
            Op::ArgMax => (k.argmax)(x) as u64,
            Op::ArgMin => (k.argmin)(x) as u64,
            other => unreachable!("{other:?} is no reduction"),
        };
        self.push(word);
        self.watch.work(self.fuel, n as u64)
    }

    fn gemv(&mut self, dest: u32, rows: usize, cols: usize) -> Checked {
        let (x, mat, at) = (self.pop(), self.pop(), self.base + dest as usize);
        let w = packed_ref(self.program, self.args, mat);
        let (out, sources) = self.memory.split(at);
        let q = &mut self.quantised[..cols];
        let step = (self.kernels.quantise)(sources.vec(x, cols), q)
            .map_err(|error| TrapKind::NonFinite { index: error.index as u64 })?;
        let y = vec_mut(out, rows);
        let some = rows_per_poll(cols);
        for start in (0..rows).step_by(some) {
            let end = rows.min(start + some);
            (self.kernels.gemv_rows)(&w, start..end, q, step, &mut y[start..end]);
            self.watch.work(self.fuel, (end - start) as u64 * cols as u64)?;
        }
        self.push(at as u64);
        Ok(())
    }

    fn norm(&mut self, dest: u32, n: usize) -> Checked {
        let (x, gain, at) = (self.pop(), self.pop(), self.base + dest as usize);
        let eps = self.node().float();
        let gain = packed_ref(self.program, self.args, gain);
        let (out, sources) = self.memory.split(at);
        (self.kernels.norm)(&gain, sources.vec(x, n), eps, vec_mut(out, n));
        self.done(at, 4 * n as u64)
    }

    fn row(&mut self, dest: u32, rows: u64, cols: usize) -> Checked {
        let (index, mat, at) = (self.pop_int(), self.pop(), self.base + dest as usize);
        let index = scalar::index(index, rows)?;
        let w = packed_ref(self.program, self.args, mat);
        (self.kernels.row)(&w, index, vec_mut(&mut self.memory.arena[at..], cols));
        self.done(at, cols as u64)
    }

    fn slice(&mut self, dest: u32, n: usize, count: usize) -> Checked {
        let (start, x, at) = (self.pop_int(), self.pop(), self.base + dest as usize);
        let start = scalar::range_start(start, count as u64, n as u64)?;
        let (out, sources) = self.memory.split(at);
        vec_mut(out, count).copy_from_slice(&sources.vec(x, n)[start..start + count]);
        self.done(at, count as u64)
    }

    fn concat(&mut self, dest: u32, m: usize, n: usize) -> Checked {
        let (b, a, at) = (self.pop(), self.pop(), self.base + dest as usize);
        let (out, sources) = self.memory.split(at);
        let (left, right) = vec_mut(out, m + n).split_at_mut(m);
        left.copy_from_slice(sources.vec(a, m));
        right.copy_from_slice(sources.vec(b, n));
        self.done(at, (m + n) as u64)
    }

    fn vec_of_buf(&mut self, dest: u32, n: usize) -> Checked {
        let (buf, at) = (self.pop(), self.base + dest as usize);
        let (out, sources) = self.memory.split(at);
        let elements = sources.elements(buf);
        if elements.len() != n {
            return Err(TrapKind::IndexOutOfBounds { index: n as i64, len: elements.len() as u64 });
        }
        (self.kernels.from_f64)(vec_mut(out, n), cast_slice(elements));
        self.done(at, n as u64)
    }

    fn fill(&mut self, dest: u32, elem: Elem, cap: usize) -> Checked {
        let (value, at) = (self.pop(), self.base + dest as usize);
        let out = &mut self.memory.arena[at..];
        match elem {
            Elem::U8 => bytes_mut(out, cap).fill(value as u8),
            Elem::Int | Elem::Float => elements_mut(out, cap).fill(value),
        }
        self.done(at, cap as u64)
    }

    fn recap(&mut self, dest: u32, elem: Elem, cap: usize) -> Checked {
        let (buf, at) = (self.pop(), self.base + dest as usize);
        let (out, sources) = self.memory.split(at);
        let len = sources.len(buf);
        if len > cap {
            return Err(TrapKind::CapacityExceeded { capacity: cap as u64 });
        }
        match elem {
            Elem::U8 => bytes_mut(out, len).copy_from_slice(sources.bytes(buf)),
            Elem::Int | Elem::Float => elements_mut(out, len).copy_from_slice(sources.elements(buf)),
        }
        self.done(at, len as u64)
    }
}

/// The matrix that a word names.
fn packed_ref<'a>(program: &'a crate::Loaded, args: &'a [Value], word: u64) -> PackedRef<'a> {
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

fn binary(k: &'static Kernels, op: Op) -> &'static BinaryForms {
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
fn unary(k: &'static Kernels, op: Op) -> (&'static UnaryForms, u64) {
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
