//! Prelude functions and operators that vectors share with scalars, and those of vectors alone.

use crate::{Vec32, VecArg};
use nda_kernels::canon::f64_to_f32;
use nda_kernels::elementwise::{BinaryForms, UnaryForms};
use nda_kernels::{canon64, kernels, math64};
use std::ops;

fn one<const N: usize>(forms: UnaryForms, x: &[f32]) -> Vec32<N> {
    let mut out = Vec32::zero();
    (forms.vec)(&mut out.data, x);
    out
}

fn two<const N: usize>(forms: BinaryForms, a: &[f32], b: &[f32]) -> Vec32<N> {
    let mut out = Vec32::zero();
    (forms.vec_vec)(&mut out.data, a, b);
    out
}

fn with_float<const N: usize>(forms: BinaryForms, a: &[f32], b: f64) -> Vec32<N> {
    let mut out = Vec32::zero();
    (forms.vec_float)(&mut out.data, a, f64_to_f32(b));
    out
}

/// Functions of one operand that a scalar type has too.
macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident $trait:ident $field:ident [$($scalar:ty: |$x:ident| $e:expr),*];)+) => {$(
        #[doc = concat!("What `", stringify!($name), "` takes.")]
        pub trait $trait {
            /// What it gives.
            type Output;
            /// The function.
            fn apply(self) -> Self::Output;
        }

        $(impl $trait for $scalar {
            type Output = $scalar;
            fn apply(self) -> $scalar {
                let $x = self;
                $e
            }
        })*

        impl<const N: usize> $trait for &Vec32<N> {
            type Output = Vec32<N>;
            fn apply(self) -> Vec32<N> {
                one(kernels().$field, &self.data)
            }
        }

        impl<const N: usize> $trait for Vec32<N> {
            type Output = Vec32<N>;
            fn apply(self) -> Vec32<N> {
                one(kernels().$field, &self.data)
            }
        }

        $(#[$doc])*
        pub fn $name<T: $trait>(x: T) -> T::Output {
            x.apply()
        }
    )+};
}

unary! {
    /// Absolute value; of `i64::MIN` it is `i64::MIN`.
    abs Abs abs [i64: |x| x.wrapping_abs(), f64: |x| x.abs()];
    /// Square root, correctly rounded.
    sqrt Sqrt sqrt [f64: |x| canon64(x.sqrt())];
    /// e to the power.
    exp Exp exp [f64: |x| math64::exp(x)];
    /// Hyperbolic tangent.
    tanh Tanh tanh [f64: |x| math64::tanh(x)];
    /// 1 / (1 + exp(-x)).
    sigmoid Sigmoid sigmoid [f64: |x| math64::sigmoid(x)];
    /// max(x, +0).
    relu Relu relu [];
    /// x * sigmoid(x).
    silu Silu silu [];
    /// The tanh form.
    gelu Gelu gelu [];
    /// exp(x - max) over their sum.
    softmax Softmax softmax [];
}

/// `min` and `max`.
macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident $trait:ident |$a:ident, $b:ident| $int:expr, $float:expr;)+) => {$(
        #[doc = concat!("What `", stringify!($name), "` takes.")]
        pub trait $trait<R> {
            /// What it gives.
            type Output;
            /// The function.
            fn apply(self, other: R) -> Self::Output;
        }

        impl $trait<i64> for i64 {
            type Output = i64;
            fn apply(self, other: i64) -> i64 {
                let ($a, $b) = (self, other);
                $int
            }
        }

        impl $trait<f64> for f64 {
            type Output = f64;
            fn apply(self, other: f64) -> f64 {
                let ($a, $b) = (self, other);
                $float
            }
        }

        forms! { $trait apply $name }

        $(#[$doc])*
        pub fn $name<L: $trait<R>, R>(a: L, b: R) -> L::Output {
            a.apply(b)
        }
    )+};
}

/// A function or operator of two vectors, or of a vector and a float, on values and references.
macro_rules! forms {
    ($trait:ident $method:ident $field:ident) => {
        forms! { @ $trait $method $field [] Vec32<N>, Vec32<N>, |a, b| two(kernels().$field, &a.data, &b.data) }
        forms! { @ $trait $method $field [] Vec32<N>, &Vec32<N>, |a, b| two(kernels().$field, &a.data, &b.data) }
        forms! { @ $trait $method $field [] &Vec32<N>, Vec32<N>, |a, b| two(kernels().$field, &a.data, &b.data) }
        forms! { @ $trait $method $field [] &Vec32<N>, &Vec32<N>, |a, b| two(kernels().$field, &a.data, &b.data) }
        forms! { @ $trait $method $field [] Vec32<N>, f64, |a, b| with_float(kernels().$field, &a.data, b) }
        forms! { @ $trait $method $field [] &Vec32<N>, f64, |a, b| with_float(kernels().$field, &a.data, b) }
    };
    (@ $trait:ident $method:ident $field:ident [] $left:ty, $right:ty, |$a:ident, $b:ident| $e:expr) => {
        impl<const N: usize> $trait<$right> for $left {
            type Output = Vec32<N>;
            fn $method(self, other: $right) -> Vec32<N> {
                let ($a, $b) = (self, other);
                $e
            }
        }
    };
}

binary! {
    /// The lesser; NaN if either is, -0 below +0.
    min Min |a, b| a.min(b), min64(a, b);
    /// The greater; NaN if either is, -0 below +0.
    max Max |a, b| a.max(b), max64(a, b);
}

/// WebAssembly's `f64.min`.
fn min64(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        crate::scalar::NAN
    } else if a == b {
        f64::from_bits(a.to_bits() | b.to_bits())
    } else if a < b {
        a
    } else {
        b
    }
}

/// WebAssembly's `f64.max`.
fn max64(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        crate::scalar::NAN
    } else if a == b {
        f64::from_bits(a.to_bits() & b.to_bits())
    } else if a > b {
        a
    } else {
        b
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $field:ident $assign:ident $assign_method:ident;)+) => {$(
        mod $method {
            use super::*;
            use std::ops::$trait;
            forms! { $trait $method $field }
        }

        impl<const N: usize, R> ops::$assign<R> for Vec32<N>
        where
            for<'a> &'a Vec32<N>: ops::$trait<R, Output = Vec32<N>>,
        {
            fn $assign_method(&mut self, other: R) {
                *self = ops::$trait::$method(&*self, other);
            }
        }
    )+};
}

operators! {
    Add add add AddAssign add_assign;
    Sub sub sub SubAssign sub_assign;
    Mul mul mul MulAssign mul_assign;
    Div div div DivAssign div_assign;
}

impl<const N: usize> ops::Neg for &Vec32<N> {
    type Output = Vec32<N>;
    fn neg(self) -> Vec32<N> {
        one(kernels().neg, &self.data)
    }
}

impl<const N: usize> ops::Neg for Vec32<N> {
    type Output = Vec32<N>;
    fn neg(self) -> Vec32<N> {
        one(kernels().neg, &self.data)
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident $field:ident -> $ty:ty;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(v: impl crate::AnyVec) -> $ty {
            (kernels().$field)(v.data()) as $ty
        }
    )+};
}

reductions! {
    /// Sum, in f64 over 8 lanes.
    sum sum -> f64;
    /// Sum over the length.
    mean mean -> f64;
    /// The greatest, NaN ignored.
    max_of reduce_max -> f64;
    /// The least, NaN ignored.
    min_of reduce_min -> f64;
    /// Index of the first of the greatest.
    argmax argmax -> i64;
    /// Index of the first of the least.
    argmin argmin -> i64;
}

/// Sum of products, in f64 over 8 lanes.
#[must_use]
pub fn dot<const N: usize>(a: impl VecArg<N>, b: impl VecArg<N>) -> f64 {
    (kernels().dot)(a.data(), b.data())
}
