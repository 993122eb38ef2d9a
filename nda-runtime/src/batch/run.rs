//! Many inputs through the steps of a plan.

use super::plan::{BatchPlan, Register, Step};
use crate::fpenv::IeeeGuard;
use crate::frame::Arena;
use crate::memory::{Sources, vec_mut};
use crate::scalar::Checked;
use crate::unit::{binary, packed_ref, reduce, unary};
use crate::{Loaded, RunLimits, TrapKind, Watch};
use nda_ast::Type;
use nda_kernels::matrix::{Quantised, Tiles, activation_bytes};

/// Inputs that are run together, at most.
pub const BATCH: usize = 32;

/// Words that the inputs of a batch take together, at most: 4 MiB. Long vectors are run in smaller batches.
const MAX_WORDS: usize = 1 << 19;

/// Memory of a batch, to be kept for the next.
#[derive(Debug, Default)]
pub struct BatchState {
    arena: Arena,
    quantised: Vec<i8>,
    known: Vec<Quantised>,
    /// Whether an input would trap.
    traps: Vec<bool>,
    /// Inputs that there is room for.
    count: usize,
}

impl BatchPlan {
    /// Inputs that are run together: at most [`BATCH`], at least 1.
    #[must_use]
    pub fn inputs(&self) -> usize {
        (MAX_WORDS / self.words.max(1)).clamp(1, BATCH)
    }

    /// Makes room for so many inputs, whose arguments are to be written ([`BatchState::arg_mut`]) before they are run.
    pub fn prepare(&self, program: &Loaded, count: usize, state: &mut BatchState) {
        state.arena.reserve(self.words * count);
        state.count = count;
        state.traps.clear();
        state.traps.resize(count, false);
        state.known.resize(count, Quantised { step: 0.0, sum: 0 });
        let bytes = count * program.activation_bytes();
        if state.quantised.len() < bytes {
            state.quantised.resize(bytes, 0);
        }
    }

    /// Runs what has been prepared. An input that traps has no results then.
    ///
    /// # Errors
    /// An interruption, and [`TrapKind::OutOfFuel`]: no input has results then.
    pub fn run(&self, program: &Loaded, limits: &RunLimits, state: &mut BatchState) -> Result<(), TrapKind> {
        if limits.fuel < self.cost() {
            return Err(TrapKind::OutOfFuel);
        }
        let _env = IeeeGuard::enter();
        self.steps(program, &mut Watch::new(limits), state)
    }

    /// Never inlined, so that no arithmetic moves out of the guarded environment.
    #[inline(never)]
    fn steps(&self, program: &Loaded, watch: &mut Watch<'_>, state: &mut BatchState) -> Checked<()> {
        self.steps.iter().try_for_each(|step| state.step(program, watch, step))
    }

    /// Result number `index` of an input, and its type: the word of a scalar or the reference to a vector, for [`BatchState::sources`].
    #[must_use]
    pub fn result(&self, state: &BatchState, index: usize, input: usize) -> Option<(u64, Type)> {
        let (register, ty) = *self.results.get(index)?;
        let at = state.at(register) + input * register.words;
        Some((if ty.is_scalar() { state.arena.words()[at] } else { at as u64 }, ty))
    }

    /// How many results there are.
    #[must_use]
    pub fn results(&self) -> usize {
        self.results.len()
    }
}

impl BatchState {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> BatchState {
        BatchState::default()
    }

    /// Argument number `index` of an input, to be written. `None` where there is no such parameter.
    #[must_use]
    pub fn arg_mut(&mut self, plan: &BatchPlan, index: usize, input: usize) -> Option<&mut [f32]> {
        let register = *plan.params.get(index)?;
        let at = self.at(register) + input * register.words;
        Some(vec_mut(&mut self.arena.words_mut()[at..], register.n))
    }

    /// Bytes that it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        8 * self.arena.len()
            + self.quantised.capacity()
            + self.known.capacity() * size_of::<Quantised>()
            + self.traps.capacity()
    }

    /// Whether an input has results.
    #[must_use]
    pub fn returned(&self, input: usize) -> bool {
        !self.traps[input]
    }

    /// The memory of the results.
    #[must_use]
    pub fn sources(&self) -> Sources<'_> {
        Sources::new(self.arena.words(), &[])
    }

    /// First word of a register: those of all inputs lie together.
    fn at(&self, register: Register) -> usize {
        register.start * self.count
    }

    /// The vectors of a register, one after the other with what fills them up, and everything below, to be read.
    fn split<'a>(
        arena: &'a mut Arena,
        program: &'a Loaded,
        at: usize,
        words: usize,
    ) -> (&'a mut [f32], Sources<'a>) {
        let (below, out) = arena.words_mut().split_at_mut(at);
        (vec_mut(&mut out[..words], 2 * words), Sources::new(below, program.constants()))
    }

    fn step(&mut self, program: &Loaded, watch: &mut Watch<'_>, step: &Step) -> Checked<()> {
        let kernels = program.kernels();
        let count = self.count;
        let place = |register: Register| register.start * count;
        let out = match *step {
            Step::Constant { out, .. }
            | Step::Gemv { out, .. }
            | Step::Norm { out, .. }
            | Step::Unary { out, .. }
            | Step::Binary { out, .. }
            | Step::WithFloat { out, .. }
            | Step::Reduce { out, .. } => out,
        };
        let (at, words) = (place(out), out.words * count);
        if let Step::Gemv { matrix, x, out } = *step {
            return self.gemv(program, watch, (matrix, x, out));
        }
        if let Step::Reduce { op, a, b, .. } = *step {
            for input in 0..count {
                let (below, out) = self.arena.words_mut().split_at_mut(at);
                let sources = Sources::new(below, program.constants());
                let vec = |r: Register| sources.vec((place(r) + input * r.words) as u64, r.n);
                out[input] = reduce(kernels, op, vec(a), vec(b));
            }
            return watch.work((count * a.n) as u64);
        }
        let (y, sources) = Self::split(&mut self.arena, program, at, words);
        // All inputs at once: what fills a vector up is computed along, and never seen.
        let all = |r: Register| sources.vec(place(r) as u64, 2 * r.words * count);
        let one = |r: Register, input: usize| sources.vec((place(r) + input * r.words) as u64, r.n);
        let mut work = (count * out.n) as u64;
        match *step {
            Step::Constant { reference, .. } => {
                let constant = sources.vec(reference, out.n);
                y.chunks_mut(2 * out.words).for_each(|y| y[..out.n].copy_from_slice(constant));
            }
            Step::Norm { gain, x, eps, .. } => {
                let gain = packed_ref(program, &[], gain.into());
                for (input, y) in y.chunks_mut(2 * out.words).enumerate() {
                    (kernels.norm)(&gain, one(x, input), eps, &mut y[..out.n]);
                }
                work *= 4;
            }
            Step::Unary { op, x, .. } => {
                let (form, weight) = unary(kernels, op);
                if op == nda_ast::Op::Softmax {
                    for (input, y) in y.chunks_mut(2 * out.words).enumerate() {
                        (form.vec)(&mut y[..out.n], one(x, input));
                    }
                } else {
                    (form.vec)(y, all(x));
                }
                work *= weight;
            }
            Step::Binary { op, a, b, .. } => (binary(kernels, op).vec_vec)(y, all(a), all(b)),
            Step::WithFloat { op, a, x, .. } => (binary(kernels, op).vec_float)(y, all(a), x),
            Step::Gemv { .. } | Step::Reduce { .. } => {}
        }
        watch.work(work)
    }

    fn gemv(
        &mut self,
        program: &Loaded,
        watch: &mut Watch<'_>,
        (matrix, x, out): (u32, Register, Register),
    ) -> Checked<()> {
        let (Some(tiled), Some(w)) = (&program.kernels().tiled, program.tiles(matrix)) else {
            unreachable!("the plan of a program whose matrix {matrix} has tiles")
        };
        let count = self.count;
        let (at, from) = (self.at(out), self.at(x));
        let (y, sources) = Self::split(&mut self.arena, program, at, out.words * count);
        let q = &mut self.quantised[..count * activation_bytes(w.cols())];
        for (input, q) in q.chunks_mut(activation_bytes(w.cols())).enumerate() {
            let x = sources.vec((from + input * x.words) as u64, x.n);
            self.known[input] = (tiled.quantise)(x, q).unwrap_or_else(|_| {
                // It traps in a run of its own; here its results are never looked at.
                self.traps[input] = true;
                q.fill(0);
                Quantised { step: 0.0, sum: 0 }
            });
        }
        let (rows, distance) = (w.rows(), 2 * out.words);
        let some = Tiles::rows_per_poll(w.cols() * count);
        for start in (0..rows).step_by(some) {
            let end = rows.min(start + some);
            (tiled.gemm_rows)(w, start..end, q, &self.known, &mut y[start..], distance);
            watch.work((end - start) as u64 * w.cols() as u64 * count as u64)?;
        }
        Ok(())
    }
}
