//! Lane-wise operations on vectors: one lane function per operation, and the loops over it.
//!
//! A binary operation comes in every form a caller may need ([`BinaryForms`]); the in-place forms let a
//! destination be the very vector of an operand, which safe Rust cannot say with two slices. A `float` operand
//! is rounded once to f32 by the caller ([`crate::canon::f64_to_f32`]).
//!
//! `min` and `max` are WebAssembly's: NaN if an operand is NaN, -0 below +0.

use crate::canon::{CANON32, f32_to_f64_canon, f64_to_f32};
use crate::isa::{Isa, Portable};
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
    const fn of<I: Isa, F: Lane2>() -> Self {
        Self {
            vec_vec: |dst, a, b| I::run(|| vec_vec::<F>(dst, a, b)),
            onto_left: |dst, b| I::run(|| onto_left::<F>(dst, b)),
            onto_right: |dst, a| I::run(|| onto_right::<F>(dst, a)),
            vec_float: |dst, a, s| I::run(|| vec_float::<F>(dst, a, s)),
            vec_float_in_place: |dst, s| I::run(|| vec_float_in_place::<F>(dst, s)),
            float_vec: |dst, s, b| I::run(|| float_vec::<F>(dst, s, b)),
            float_vec_in_place: |dst, s| I::run(|| float_vec_in_place::<F>(dst, s)),
        }
    }
}

impl UnaryForms {
    const fn of<I: Isa, F: Lane1>() -> Self {
        Self {
            vec: |dst, x| I::run(|| unary::<F>(dst, x)),
            in_place: |dst| I::run(|| unary_in_place::<F>(dst)),
        }
    }
}

fn same_length(a: usize, b: usize) {
    assert_eq!(a, b, "elementwise: vectors of different length");
}

#[inline(always)]
fn vec_vec<F: Lane2>(dst: &mut [f32], a: &[f32], b: &[f32]) {
    same_length(dst.len(), a.len());
    same_length(dst.len(), b.len());
    for ((d, &a), &b) in dst.iter_mut().zip(a).zip(b) {
        *d = F::apply(a, b);
    }
}

#[inline(always)]
fn onto_left<F: Lane2>(dst: &mut [f32], b: &[f32]) {
    same_length(dst.len(), b.len());
    for (d, &b) in dst.iter_mut().zip(b) {
        *d = F::apply(*d, b);
    }
}

#[inline(always)]
fn onto_right<F: Lane2>(dst: &mut [f32], a: &[f32]) {
    same_length(dst.len(), a.len());
    for (d, &a) in dst.iter_mut().zip(a) {
        *d = F::apply(a, *d);
    }
}

#[inline(always)]
fn vec_float<F: Lane2>(dst: &mut [f32], a: &[f32], s: f32) {
    same_length(dst.len(), a.len());
    for (d, &a) in dst.iter_mut().zip(a) {
        *d = F::apply(a, s);
    }
}

#[inline(always)]
fn vec_float_in_place<F: Lane2>(dst: &mut [f32], s: f32) {
    for d in dst {
        *d = F::apply(*d, s);
    }
}

#[inline(always)]
fn float_vec<F: Lane2>(dst: &mut [f32], s: f32, b: &[f32]) {
    same_length(dst.len(), b.len());
    for (d, &b) in dst.iter_mut().zip(b) {
        *d = F::apply(s, b);
    }
}

#[inline(always)]
fn float_vec_in_place<F: Lane2>(dst: &mut [f32], s: f32) {
    for d in dst {
        *d = F::apply(s, *d);
    }
}

#[inline(always)]
fn unary<F: Lane1>(dst: &mut [f32], x: &[f32]) {
    same_length(dst.len(), x.len());
    for (d, &x) in dst.iter_mut().zip(x) {
        *d = F::apply(x);
    }
}

#[inline(always)]
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
    ($($name:ident $make:ident $ty:ident $what:literal |$a:ident, $b:ident| $e:expr;)*) => {$(
        struct $ty;
        impl Lane2 for $ty {
            #[inline(always)]
            fn apply($a: f32, $b: f32) -> f32 {
                $e
            }
        }
        #[doc = $what]
        pub const $name: BinaryForms = $make::<Portable>();
        pub(crate) const fn $make<I: Isa>() -> BinaryForms {
            BinaryForms::of::<I, $ty>()
        }
    )*};
}

macro_rules! unary {
    ($($name:ident $make:ident $ty:ident $what:literal |$x:ident| $e:expr;)*) => {$(
        struct $ty;
        impl Lane1 for $ty {
            #[inline(always)]
            fn apply($x: f32) -> f32 {
                $e
            }
        }
        #[doc = $what]
        pub const $name: UnaryForms = $make::<Portable>();
        pub(crate) const fn $make<I: Isa>() -> UnaryForms {
            UnaryForms::of::<I, $ty>()
        }
    )*};
}

binary! {
    ADD add Add "`a + b`." |a, b| a + b;
    SUB sub Sub "`a - b`." |a, b| a - b;
    MUL mul Mul "`a * b`." |a, b| a * b;
    DIV div Div "`a / b`." |a, b| a / b;
    MIN min Min "[`min32`]." |a, b| min32(a, b);
    MAX max Max "[`max32`]." |a, b| max32(a, b);
}

unary! {
    NEG neg Neg "`-x`: the sign bit inverted." |x| -x;
    ABS abs Abs "`|x|`: the sign bit cleared." |x| x.abs();
    SQRT sqrt Sqrt "[`math32::sqrt32`]." |x| math32::sqrt32(x);
    EXP exp Exp "[`math32::exp32`]." |x| math32::exp32(x);
    TANH tanh Tanh "[`math32::tanh32`]." |x| math32::tanh32(x);
    RELU relu Relu "[`math32::relu32`]." |x| math32::relu32(x);
    SIGMOID sigmoid Sigmoid "[`math32::sigmoid32`]." |x| math32::sigmoid32(x);
    SILU silu Silu "[`math32::silu32`]." |x| math32::silu32(x);
    GELU gelu Gelu "[`math32::gelu32`]." |x| math32::gelu32(x);
}

/// Sets every element to the float `s`, rounded once.
///
/// ```
/// let mut v = [0.0f32; 2];
/// nda_kernels::elementwise::splat(&mut v, 0.1);
/// assert_eq!(v, [0.1f32; 2]);
/// ```
#[inline(always)]
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
#[inline(always)]
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
#[inline(always)]
pub fn to_f64(dst: &mut [f64], src: &[f32]) {
    same_length(dst.len(), src.len());
    for (d, &s) in dst.iter_mut().zip(src) {
        *d = f32_to_f64_canon(s);
    }
}
