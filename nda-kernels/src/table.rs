//! The table through which every tier reaches the kernels.

use std::ops::Range;

use crate::elementwise::{self, BinaryForms, UnaryForms};
use crate::matrix::{self, NonFinite, PackedRef};
use crate::reduce;

/// One set of kernels: a safe function pointer per operation. All sets give the same bits.
///
/// A set for a CPU feature is made by replacing fields of [`Kernels::scalar`].
#[derive(Clone, Copy, Debug)]
pub struct Kernels {
    /// The name of the set, for reports: `"scalar"`.
    pub name: &'static str,

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
}

static SCALAR: Kernels = Kernels {
    name: "scalar",
    add: elementwise::ADD,
    sub: elementwise::SUB,
    mul: elementwise::MUL,
    div: elementwise::DIV,
    min: elementwise::MIN,
    max: elementwise::MAX,
    neg: elementwise::NEG,
    abs: elementwise::ABS,
    sqrt: elementwise::SQRT,
    exp: elementwise::EXP,
    tanh: elementwise::TANH,
    relu: elementwise::RELU,
    sigmoid: elementwise::SIGMOID,
    silu: elementwise::SILU,
    gelu: elementwise::GELU,
    softmax: UnaryForms { vec: reduce::softmax, in_place: reduce::softmax_in_place },
    splat: elementwise::splat,
    from_f64: elementwise::from_f64,
    to_f64: elementwise::to_f64,
    canon_slice: crate::canon::canon_slice,
    dot: reduce::dot,
    sum: reduce::sum,
    mean: reduce::mean,
    reduce_max: reduce::max,
    reduce_min: reduce::min,
    argmax: reduce::argmax,
    argmin: reduce::argmin,
    quantise: matrix::quantise,
    gemv_rows: matrix::gemv_rows,
    row: matrix::row,
    norm: matrix::norm,
};

impl Kernels {
    /// The portable set, which defines the bits of every other.
    ///
    /// ```
    /// assert_eq!(nda_kernels::Kernels::scalar().name, "scalar");
    /// ```
    #[must_use]
    pub fn scalar() -> &'static Self {
        &SCALAR
    }
}

/// The set for this CPU, chosen once per process. Today there is one set, the scalar one.
///
/// ```
/// let k = nda_kernels::kernels();
/// assert_eq!((k.argmax)(&[1.0, 5.0, 2.0]), 1);
/// ```
#[must_use]
pub fn kernels() -> &'static Kernels {
    Kernels::scalar()
}
