//! Lane-wise operations on vectors: one lane function per operation, and the loops over it.
//!
//! A binary operation comes in every form a caller may need ([`BinaryForms`]); the in-place forms let a
//! destination be the very vector of an operand, which safe Rust cannot say with two slices. A `float` operand
//! is rounded once to f32 by the caller ([`crate::canon::f64_to_f32`]).
//!
//! `min` and `max` are WebAssembly's: NaN if an operand is NaN, -0 below +0.

use crate::canon::{CANON32, f32_to_f64_canon, f64_to_f32};
use crate::math32;

/// A function of two lanes.
trait Lane2 {
    fn apply(a: f32, b: f32) -> f32;
}

/// A function of one lane.
trait Lane1 {
    fn apply(x: f32) -> f32;
}

/// One binary operation in all its forms; every slice of a call has the same length, else the call panics.
#[derive(Clone, Copy, Debug)]
pub struct BinaryForms {
    /// `dst[i] = a[i] op b[i]`, as `(dst, a, b)`.
    pub vec_vec: fn(&mut [f32], &[f32], &[f32]),
    /// `dst[i] = dst[i] op b[i]`, as `(dst, b)`.
    pub onto_left: fn(&mut [f32], &[f32]),
    /// `dst[i] = a[i] op dst[i]`, as `(dst, a)`.
    pub onto_right: fn(&mut [f32], &[f32]),
    /// `dst[i] = a[i] op s`, as `(dst, a, s)`.
    pub vec_float: fn(&mut [f32], &[f32], f32),
    /// `dst[i] = dst[i] op s`, as `(dst, s)`.
    pub vec_float_in_place: fn(&mut [f32], f32),
    /// `dst[i] = s op b[i]`, as `(dst, s, b)`.
    pub float_vec: fn(&mut [f32], f32, &[f32]),
    /// `dst[i] = s op dst[i]`, as `(dst, s)`.
    pub float_vec_in_place: fn(&mut [f32], f32),
}

/// One unary operation in both its forms; both slices have the same length, else the call panics.
#[derive(Clone, Copy, Debug)]
pub struct UnaryForms {
    /// `dst[i] = op x[i]`, as `(dst, x)`.
    pub vec: fn(&mut [f32], &[f32]),
    /// `dst[i] = op dst[i]`, as `(dst)`.
    pub in_place: fn(&mut [f32]),
}

impl BinaryForms {
    const fn of<F: Lane2>() -> Self {
        Self {
            vec_vec: vec_vec::<F>,
            onto_left: onto_left::<F>,
            onto_right: onto_right::<F>,
            vec_float: vec_float::<F>,
            vec_float_in_place: vec_float_in_place::<F>,
            float_vec: float_vec::<F>,
            float_vec_in_place: float_vec_in_place::<F>,
        }
    }
}

impl UnaryForms {
    const fn of<F: Lane1>() -> Self {
        Self { vec: unary::<F>, in_place: unary_in_place::<F> }
    }
}

fn same_length(a: usize, b: usize) {
    assert_eq!(a, b, "elementwise: vectors of different length");
}

fn vec_vec<F: Lane2>(dst: &mut [f32], a: &[f32], b: &[f32]) {
    same_length(dst.len(), a.len());
    same_length(dst.len(), b.len());
    for ((d, &a), &b) in dst.iter_mut().zip(a).zip(b) {
        *d = F::apply(a, b);
    }
}

fn onto_left<F: Lane2>(dst: &mut [f32], b: &[f32]) {
    same_length(dst.len(), b.len());
    for (d, &b) in dst.iter_mut().zip(b) {
        *d = F::apply(*d, b);
    }
}

fn onto_right<F: Lane2>(dst: &mut [f32], a: &[f32]) {
    same_length(dst.len(), a.len());
    for (d, &a) in dst.iter_mut().zip(a) {
        *d = F::apply(a, *d);
    }
}

fn vec_float<F: Lane2>(dst: &mut [f32], a: &[f32], s: f32) {
    same_length(dst.len(), a.len());
    for (d, &a) in dst.iter_mut().zip(a) {
        *d = F::apply(a, s);
    }
}

fn vec_float_in_place<F: Lane2>(dst: &mut [f32], s: f32) {
    for d in dst {
        *d = F::apply(*d, s);
    }
}

fn float_vec<F: Lane2>(dst: &mut [f32], s: f32, b: &[f32]) {
    same_length(dst.len(), b.len());
    for (d, &b) in dst.iter_mut().zip(b) {
        *d = F::apply(s, b);
    }
}

fn float_vec_in_place<F: Lane2>(dst: &mut [f32], s: f32) {
    for d in dst {
        *d = F::apply(s, *d);
    }
}

fn unary<F: Lane1>(dst: &mut [f32], x: &[f32]) {
    same_length(dst.len(), x.len());
    for (d, &x) in dst.iter_mut().zip(x) {
        *d = F::apply(x);
    }
}

fn unary_in_place<F: Lane1>(dst: &mut [f32]) {
    for d in dst {
        *d = F::apply(*d);
    }
}

/// WebAssembly's `f32.min`: NaN if an operand is NaN, -0 below +0.
///
/// ```
/// use nda_kernels::elementwise::min32;
/// assert_eq!(min32(0.0, -0.0).to_bits(), (-0.0f32).to_bits());
/// assert!(min32(1.0, f32::NAN).is_nan());
/// ```
#[inline(always)]
#[must_use]
pub fn min32(a: f32, b: f32) -> f32 {
    let less = if a < b { a } else { b };
    // Equal numbers have equal bits but for the zeros, of which -0 is wanted: the union of the bits.
    let ordered = if a == b { f32::from_bits(a.to_bits() | b.to_bits()) } else { less };
    if a.is_nan() | b.is_nan() { f32::from_bits(CANON32) } else { ordered }
}

/// WebAssembly's `f32.max`: NaN if an operand is NaN, -0 below +0.
///
/// ```
/// use nda_kernels::elementwise::max32;
/// assert_eq!(max32(-0.0, 0.0).to_bits(), 0);
/// assert!(max32(f32::NAN, 1.0).is_nan());
/// ```
#[inline(always)]
#[must_use]
pub fn max32(a: f32, b: f32) -> f32 {
    let greater = if a > b { a } else { b };
    let ordered = if a == b { f32::from_bits(a.to_bits() & b.to_bits()) } else { greater };
    if a.is_nan() | b.is_nan() { f32::from_bits(CANON32) } else { ordered }
}

macro_rules! binary {
    ($($name:ident $ty:ident $what:literal |$a:ident, $b:ident| $e:expr;)*) => {$(
        struct $ty;
        impl Lane2 for $ty {
            #[inline(always)]
            fn apply($a: f32, $b: f32) -> f32 {
                $e
            }
        }
        #[doc = $what]
        pub const $name: BinaryForms = BinaryForms::of::<$ty>();
    )*};
}

macro_rules! unary {
    ($($name:ident $ty:ident $what:literal |$x:ident| $e:expr;)*) => {$(
        struct $ty;
        impl Lane1 for $ty {
            #[inline(always)]
            fn apply($x: f32) -> f32 {
                $e
            }
        }
        #[doc = $what]
        pub const $name: UnaryForms = UnaryForms::of::<$ty>();
    )*};
}

binary! {
    ADD Add "`a + b`." |a, b| a + b;
    SUB Sub "`a - b`." |a, b| a - b;
    MUL Mul "`a * b`." |a, b| a * b;
    DIV Div "`a / b`." |a, b| a / b;
    MIN Min "[`min32`]." |a, b| min32(a, b);
    MAX Max "[`max32`]." |a, b| max32(a, b);
}

unary! {
    NEG Neg "`-x`: the sign bit inverted." |x| -x;
    ABS Abs "`|x|`: the sign bit cleared." |x| x.abs();
    SQRT Sqrt "[`math32::sqrt32`]." |x| math32::sqrt32(x);
    EXP Exp "[`math32::exp32`]." |x| math32::exp32(x);
    TANH Tanh "[`math32::tanh32`]." |x| math32::tanh32(x);
    RELU Relu "[`math32::relu32`]." |x| math32::relu32(x);
    SIGMOID Sigmoid "[`math32::sigmoid32`]." |x| math32::sigmoid32(x);
    SILU Silu "[`math32::silu32`]." |x| math32::silu32(x);
    GELU Gelu "[`math32::gelu32`]." |x| math32::gelu32(x);
}

/// Sets every element to the float `s`, rounded once.
///
/// ```
/// let mut v = [0.0f32; 2];
/// nda_kernels::elementwise::splat(&mut v, 0.1);
/// assert_eq!(v, [0.1f32; 2]);
/// ```
pub fn splat(dst: &mut [f32], s: f64) {
    dst.fill(f64_to_f32(s));
}

/// Rounds each float once to an element of a vector.
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// let mut v = [0.0f32; 2];
/// nda_kernels::elementwise::from_f64(&mut v, &[0.1, 1e300]);
/// assert_eq!(v, [0.1f32, f32::INFINITY]);
/// ```
pub fn from_f64(dst: &mut [f32], src: &[f64]) {
    same_length(dst.len(), src.len());
    for (d, &s) in dst.iter_mut().zip(src) {
        *d = f64_to_f32(s);
    }
}

/// Each element as a float: exact, NaN canonical.
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// let mut b = [0.0f64; 2];
/// nda_kernels::elementwise::to_f64(&mut b, &[0.5, -f32::NAN]);
/// assert_eq!(b[0], 0.5);
/// assert_eq!(b[1].to_bits(), nda_kernels::CANON64);
/// ```
pub fn to_f64(dst: &mut [f64], src: &[f32]) {
    same_length(dst.len(), src.len());
    for (d, &s) in dst.iter_mut().zip(src) {
        *d = f32_to_f64_canon(s);
    }
}
