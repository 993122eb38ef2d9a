//! The table through which every tier reaches the kernels.

use std::ops::Range;
use std::sync::OnceLock;

use crate::elementwise::{self, BinaryForms, UnaryForms};
use crate::isa::{Isa, Portable};
use crate::level::{Level, LevelError};
use crate::matrix::{self, NonFinite, PackedRef, Tiled};
use crate::reduce;

/// One set of kernels: a safe function pointer per operation. All sets give the same bits.
///
#[derive(Clone, Copy, Debug)]
pub struct Kernels {
    /// The instructions that it is made of.
    pub level: Level,

    /// [`elementwise::ADD`].
    pub add: BinaryForms,
    /// [`elementwise::SUB`].
    pub sub: BinaryForms,
    /// [`elementwise::MUL`].
    pub mul: BinaryForms,
    /// [`elementwise::DIV`].
    pub div: BinaryForms,
    /// [`elementwise::MIN`].
    pub min: BinaryForms,
    /// [`elementwise::MAX`].
    pub max: BinaryForms,

    /// [`elementwise::NEG`].
    pub neg: UnaryForms,
    /// [`elementwise::ABS`].
    pub abs: UnaryForms,
    /// [`elementwise::SQRT`].
    pub sqrt: UnaryForms,
    /// [`elementwise::EXP`].
    pub exp: UnaryForms,
    /// [`elementwise::TANH`].
    pub tanh: UnaryForms,
    /// [`elementwise::RELU`].
    pub relu: UnaryForms,
    /// [`elementwise::SIGMOID`].
    pub sigmoid: UnaryForms,
    /// [`elementwise::SILU`].
    pub silu: UnaryForms,
    /// [`elementwise::GELU`].
    pub gelu: UnaryForms,
    /// [`reduce::softmax`] and [`reduce::softmax_in_place`].
    pub softmax: UnaryForms,

    /// [`elementwise::splat`].
    pub splat: fn(&mut [f32], f64),
    /// [`elementwise::from_f64`].
    pub from_f64: fn(&mut [f32], &[f64]),
    /// [`elementwise::to_f64`].
    pub to_f64: fn(&mut [f64], &[f32]),
    /// [`crate::canon_slice`].
    pub canon_slice: fn(&mut [f32]),

    /// [`reduce::dot`].
    pub dot: fn(&[f32], &[f32]) -> f64,
    /// [`reduce::sum`].
    pub sum: fn(&[f32]) -> f64,
    /// [`reduce::mean`].
    pub mean: fn(&[f32]) -> f64,
    /// [`reduce::max`].
    pub reduce_max: fn(&[f32]) -> f64,
    /// [`reduce::min`].
    pub reduce_min: fn(&[f32]) -> f64,
    /// [`reduce::argmax`].
    pub argmax: fn(&[f32]) -> usize,
    /// [`reduce::argmin`].
    pub argmin: fn(&[f32]) -> usize,

    /// [`matrix::quantise`].
    pub quantise: fn(&[f32], &mut [i8]) -> Result<f32, NonFinite>,
    /// [`matrix::gemv_rows`].
    pub gemv_rows: fn(&PackedRef<'_>, Range<usize>, &[i8], f32, &mut [f32]),
    /// [`matrix::row`].
    pub row: fn(&PackedRef<'_>, usize, &mut [f32]),
    /// [`matrix::norm`].
    pub norm: fn(&PackedRef<'_>, &[f32], f64, &mut [f32]),

    /// Kernels on a copy of the weights in another order, where they are faster than `gemv_rows`.
    pub tiled: Option<Tiled>,
}

static SCALAR: Kernels = Kernels::of::<Portable>(Level::Scalar, None);

impl Kernels {
    /// The set whose lane code is compiled for an instruction set.
    pub(crate) const fn of<I: Isa>(level: Level, tiled: Option<Tiled>) -> Self {
        Self {
            level,
            add: elementwise::add::<I>(),
            sub: elementwise::sub::<I>(),
            mul: elementwise::mul::<I>(),
            div: elementwise::div::<I>(),
            min: elementwise::min::<I>(),
            max: elementwise::max::<I>(),
            neg: elementwise::neg::<I>(),
            abs: elementwise::abs::<I>(),
            sqrt: elementwise::sqrt::<I>(),
            exp: elementwise::exp::<I>(),
            tanh: elementwise::tanh::<I>(),
            relu: elementwise::relu::<I>(),
            sigmoid: elementwise::sigmoid::<I>(),
            silu: elementwise::silu::<I>(),
            gelu: elementwise::gelu::<I>(),
            softmax: UnaryForms {
                vec: |y, x| I::run(|| reduce::softmax(y, x)),
                in_place: |y| I::run(|| reduce::softmax_in_place(y)),
            },
            splat: |y, x| I::run(|| elementwise::splat(y, x)),
            from_f64: |y, x| I::run(|| elementwise::from_f64(y, x)),
            to_f64: |y, x| I::run(|| elementwise::to_f64(y, x)),
            canon_slice: |x| I::run(|| crate::canon::canon_slice(x)),
            dot: |a, b| I::run(|| reduce::dot(a, b)),
            sum: |x| I::run(|| reduce::sum(x)),
            mean: |x| I::run(|| reduce::mean(x)),
            reduce_max: |x| I::run(|| reduce::max(x)),
            reduce_min: |x| I::run(|| reduce::min(x)),
            argmax: |x| I::run(|| reduce::argmax(x)),
            argmin: |x| I::run(|| reduce::argmin(x)),
            quantise: |x, q| I::run(|| matrix::quantise(x, q)),
            gemv_rows: |w, rows, q, step, y| I::run(|| matrix::gemv_rows(w, rows, q, step, y)),
            row: |w, i, y| I::run(|| matrix::row(w, i, y)),
            norm: |w, x, eps, y| I::run(|| matrix::norm(w, x, eps, y)),
            tiled,
        }
    }

    /// The portable set, which defines the bits of every other.
    ///
    /// ```
    /// assert_eq!(nda_kernels::Kernels::scalar().level, nda_kernels::Level::Scalar);
    /// ```
    #[must_use]
    pub fn scalar() -> &'static Self {
        &SCALAR
    }

    /// The set of a level.
    ///
    /// # Errors
    /// [`LevelError::Unsupported`], where this processor cannot run it.
    ///
    /// ```
    /// use nda_kernels::{Kernels, Level};
    /// for level in Level::supported() {
    ///     let k = Kernels::of_level(level)?;
    ///     assert_eq!((k.sum)(&[1.0, 2.0]), 3.0);
    /// }
    /// # Ok::<(), nda_kernels::LevelError>(())
    /// ```
    pub fn of_level(level: Level) -> Result<&'static Self, LevelError> {
        #[cfg(target_arch = "x86_64")]
        let table = crate::x86::table(level);
        #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
        let table = crate::arm::table(level);
        #[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
        let table = None;
        match level {
            Level::Scalar => Ok(&SCALAR),
            _ => table.ok_or(LevelError::Unsupported(level)),
        }
    }
}

/// The set for this processor, chosen once per process: the one that [`LEVEL_VARIABLE`](crate::LEVEL_VARIABLE) names, else the
/// best ([`Level::requested`], [`Level::best`]).
///
/// ```
/// let k = nda_kernels::kernels();
/// assert_eq!((k.argmax)(&[1.0, 5.0, 2.0]), 1);
/// ```
#[must_use]
pub fn kernels() -> &'static Kernels {
    static CHOSEN: OnceLock<&Kernels> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let level = Level::requested().ok().flatten().unwrap_or_else(Level::best);
        Kernels::of_level(level).unwrap_or(&SCALAR)
    })
}
