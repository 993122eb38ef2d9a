//! Operations on vectors, matrices and buffers: from the operand stack through `crate::unit` and back.

use super::machine::{Checked, Machine};
use super::step::Step;
use crate::scalar;
use nda_kernels::f32_to_f64_canon;

impl Machine<'_> {
    /// A step that reads or writes elements.
    #[inline(never)]
    pub fn aggregate(&mut self, step: Step) -> Checked {
        match step {
            Step::Vec1 { op, dest, n } => {
                let (x, at) = (self.pop(), self.dest(dest));
                self.unit.vec1(op, at, x, n as usize)?;
                self.done(at)
            }
            Step::Vec2 { op, dest, n } => {
                let (b, a, at) = (self.pop(), self.pop(), self.dest(dest));
                self.unit.vec2(op, at, (a, b), n as usize)?;
                self.done(at)
            }
            Step::VecFloat { op, dest, n } => {
                let (x, a, at) = (self.pop_float(), self.pop(), self.dest(dest));
                self.unit.vec_float(op, at, a, x, n as usize)?;
                self.done(at)
            }
            Step::Reduce { op, n } => {
                let last = self.pop();
                let first = if op == nda_ast::Op::Dot { self.pop() } else { last };
                let word = self.unit.reduce(op, first, last, n as usize)?;
                self.push(word);
                Ok(())
            }
            Step::Gemv { dest } => {
                let (x, mat, at) = (self.pop(), self.pop(), self.dest(dest));
                self.unit.gemv(at, mat, x)?;
                self.done(at)
            }
            Step::Norm { dest } => {
                let (x, gain, at) = (self.pop(), self.pop(), self.dest(dest));
                let eps = self.node().float();
                self.unit.norm(at, gain, x, eps)?;
                self.done(at)
            }
            Step::Row { dest } => {
                let (index, mat, at) = (self.pop_int(), self.pop(), self.dest(dest));
                self.unit.row(at, mat, index)?;
                self.done(at)
            }
            Step::LenBuf => {
                let buf = self.pop();
                let len = self.unit.memory.sources().len(buf);
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
                let bytes = self.unit.memory.sources().bytes(buf);
                let byte = bytes[scalar::index(index, bytes.len() as u64)?];
                self.push(byte.into());
                Ok(())
            }
            Step::IndexElement => {
                let (index, buf) = (self.pop_int(), self.pop());
                let elements = self.unit.memory.sources().elements(buf);
                let element = elements[scalar::index(index, elements.len() as u64)?];
                self.push(element);
                Ok(())
            }
            Step::IndexLane(n) => {
                let (index, vec) = (self.pop_int(), self.pop());
                let lane = self.unit.memory.sources().vec(vec, n as usize)[scalar::index(index, n.into())?];
                self.push(f32_to_f64_canon(lane).to_bits());
                Ok(())
            }
            Step::Slice { dest, n, count } => {
                let (start, x, at) = (self.pop_int(), self.pop(), self.dest(dest));
                self.unit.slice(at, x, start, n as usize, count as usize)?;
                self.done(at)
            }
            Step::Concat { dest, a: m, b: n } => {
                let (b, a, at) = (self.pop(), self.pop(), self.dest(dest));
                self.unit.concat(at, (a, b), m as usize, n as usize)?;
                self.done(at)
            }
            Step::Splat { dest, n } => {
                let (x, at) = (self.pop_float(), self.dest(dest));
                self.unit.splat(at, x, n as usize)?;
                self.done(at)
            }
            Step::ToVec { dest, n } => {
                let (buf, at) = (self.pop(), self.dest(dest));
                self.unit.vec_of_buf(at, buf, n as usize)?;
                self.done(at)
            }
            Step::ToBuf { dest, n } => {
                let (x, at) = (self.pop(), self.dest(dest));
                self.unit.buf_of_vec(at, x, n as usize)?;
                self.done(at)
            }
            Step::Fill { dest, elem, cap } => {
                let (value, at) = (self.pop(), self.dest(dest));
                self.unit.fill(at, value, elem, cap as usize)?;
                self.done(at)
            }
            Step::Recap { dest, elem, cap } => {
                let (buf, at) = (self.pop(), self.dest(dest));
                self.unit.recap(at, buf, elem, cap as usize)?;
                self.done(at)
            }
            other => unreachable!("{other:?} is no step on aggregates"),
        }
    }

    /// Word of the arena of a temporary.
    fn dest(&self, dest: u32) -> usize {
        self.base + dest as usize
    }

    /// Pushes the reference to what has been computed.
    fn done(&mut self, at: usize) -> Checked {
        self.push(at as u64);
        Ok(())
    }
}
