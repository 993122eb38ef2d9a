//! Values as data: entries of the log, and what a test compares.

use crate::{Buf, Vec32, trap};

/// A value that lost its static type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An `i64`.
    Int(i64),
    /// An `f64`.
    Float(f64),
    /// A `bool`.
    Bool(bool),
    /// A `Buf<u8, _>`.
    Bytes(Vec<u8>),
    /// A `Buf<i64, _>`.
    Ints(Vec<i64>),
    /// A `Buf<f64, _>`.
    Floats(Vec<f64>),
    /// A `Vec32<_>`.
    Vec(Vec<f32>),
}

impl Value {
    /// Whether both have the same bits, any NaN taken for any.
    ///
    /// ```
    /// use nda_prelude::Value;
    /// assert!(Value::Float(f64::NAN).same(&Value::Float(-f64::NAN)));
    /// assert!(!Value::Float(0.0).same(&Value::Float(-0.0)));
    /// ```
    #[must_use]
    pub fn same(&self, other: &Value) -> bool {
        fn f64s(a: f64, b: f64) -> bool {
            a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
        }
        fn all<T: Copy>(a: &[T], b: &[T], same: impl Fn(T, T) -> bool) -> bool {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(*a, *b))
        }
        match (self, other) {
            (Value::Float(a), Value::Float(b)) => f64s(*a, *b),
            (Value::Floats(a), Value::Floats(b)) => all(a, b, f64s),
            (Value::Vec(a), Value::Vec(b)) => all(a, b, |a, b| f64s(a.into(), b.into())),
            _ => self == other,
        }
    }
}

macro_rules! from {
    ($([$($n:tt)*] $ty:ty: |$x:ident| $e:expr;)+) => {$(
        impl<$($n)*> From<$ty> for Value {
            fn from($x: $ty) -> Value {
                $e
            }
        }
    )+};
}

from! {
    [] i64: |x| Value::Int(x);
    [] f64: |x| Value::Float(x);
    [] bool: |x| Value::Bool(x);
    [const N: usize] &Buf<u8, N>: |x| Value::Bytes(x.as_slice().to_vec());
    [const N: usize] &Buf<i64, N>: |x| Value::Ints(x.as_slice().to_vec());
    [const N: usize] &Buf<f64, N>: |x| Value::Floats(x.as_slice().to_vec());
    [const N: usize] &Vec32<N>: |x| Value::Vec(x.as_slice().to_vec());
    [const N: usize] Buf<u8, N>: |x| Value::from(&x);
    [const N: usize] Buf<i64, N>: |x| Value::from(&x);
    [const N: usize] Buf<f64, N>: |x| Value::from(&x);
    [const N: usize] Vec32<N>: |x| Value::from(&x);
}

/// `print(value)`: appends it to this thread's log, which [`run`](crate::run) gives.
pub fn print(value: impl Into<Value>) {
    trap::log(value.into());
}
