//! Host functions with Rust types.

use nda_ast::{Elem, Type};
use nda_runtime::{Buf, BufData, Value};
use std::ops::{Deref, DerefMut};

/// Rust types that know the language's type exactly: what typed host functions take and give.
pub trait Exact: Sized {
    /// The type.
    const TYPE: Type;

    /// From a value of that type.
    fn from_value(value: &Value) -> Option<Self>;

    /// To a value of that type.
    fn into_value(self) -> Value;
}

/// A buffer of at most `N` elements, for typed host functions, whose signature must name the capacity.
///
/// ```
/// use nda_sandbox::Buffer;
/// let name: Buffer<u8, 16> = Buffer::new(b"abc".to_vec()).unwrap();
/// assert_eq!(name.len(), 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buffer<T, const N: usize>(Vec<T>);

impl<T, const N: usize> Buffer<T, N> {
    /// A buffer of these elements; `None` where they are more than `N`.
    #[must_use]
    pub fn new(elements: Vec<T>) -> Option<Buffer<T, N>> {
        (elements.len() <= N).then_some(Buffer(elements))
    }

    /// The elements, given away.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const N: usize> Deref for Buffer<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const N: usize> DerefMut for Buffer<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

macro_rules! scalar {
    ($($rust:ty, $variant:ident;)+) => {$(
        impl Exact for $rust {
            const TYPE: Type = Type::$variant;

            fn from_value(value: &Value) -> Option<$rust> {
                if let Value::$variant(x) = value { Some(*x) } else { None }
            }

            fn into_value(self) -> Value {
                Value::$variant(self)
            }
        }
    )+};
}

scalar! {
    i64, Int;
    f64, Float;
    bool, Bool;
}

macro_rules! buffer {
    ($($rust:ty, $elem:ident;)+) => {$(
        impl<const N: usize> Exact for Buffer<$rust, N> {
            const TYPE: Type = {
                assert!(N >= 1 && N <= nda_ast::MAX_ELEMENTS as usize, "a capacity is 1 to 2^20");
                Type::Buf { elem: Elem::$elem, cap: N as u32 }
            };

            fn from_value(value: &Value) -> Option<Buffer<$rust, N>> {
                let Value::Buf(buf) = value else { return None };
                if let BufData::$elem(data) = buf.data() { Buffer::new(data.clone()) } else { None }
            }

            fn into_value(self) -> Value {
                // The constructor keeps the length within N, and `TYPE` keeps N within what `Buf` takes.
                Buf::new(self.0, N as u32).map_or(Value::Bool(false), Value::Buf)
            }
        }
    )+};
}

buffer! {
    u8, U8;
    i64, Int;
    f64, Float;
}

impl<const N: usize> Exact for [f32; N] {
    const TYPE: Type = {
        assert!(N >= 1 && N <= nda_ast::MAX_ELEMENTS as usize, "a length is 1 to 2^20");
        Type::Vec { n: N as u32 }
    };

    fn from_value(value: &Value) -> Option<[f32; N]> {
        if let Value::Vec32(data) = value { data.as_slice().try_into().ok() } else { None }
    }

    fn into_value(self) -> Value {
        Value::Vec32(self.to_vec())
    }
}

/// What a typed host function gives back: one [`Exact`], a tuple of up to four, `()`, or any of these in a `Result` with a
/// [`HostError`](nda_runtime::HostError).
pub trait Reply {
    /// Types of the results.
    fn types() -> Vec<Type>;

    /// The results, or the failure.
    ///
    /// # Errors
    /// The host function's own failure.
    fn into_values(self) -> Result<Vec<Value>, nda_runtime::HostError>;
}

/// The values of a [`Reply`] that does not fail.
pub trait Replies {
    /// Types of the results.
    fn types() -> Vec<Type>;

    /// The results.
    fn into_values(self) -> Vec<Value>;
}

impl<R: Exact> Replies for R {
    fn types() -> Vec<Type> {
        vec![R::TYPE]
    }

    fn into_values(self) -> Vec<Value> {
        vec![Exact::into_value(self)]
    }
}

impl<R: Replies> Reply for R {
    fn types() -> Vec<Type> {
        R::types()
    }

    fn into_values(self) -> Result<Vec<Value>, nda_runtime::HostError> {
        Ok(Replies::into_values(self))
    }
}

impl<R: Replies> Reply for Result<R, nda_runtime::HostError> {
    fn types() -> Vec<Type> {
        R::types()
    }

    fn into_values(self) -> Result<Vec<Value>, nda_runtime::HostError> {
        self.map(Replies::into_values)
    }
}

/// A closure with Rust types that can be a host function. `Args` only tells the closures' shapes apart.
pub trait TypedHost<Args>: Send + Sync + 'static {
    /// Types of the parameters.
    fn params() -> Vec<Type>;

    /// Types of the results.
    fn results() -> Vec<Type>;

    /// Answers a call; the arguments have the types of [`TypedHost::params`].
    ///
    /// # Errors
    /// The host function's own failure.
    ///
    /// # Panics
    /// Where the arguments have other types, which the loader's check of the signature excludes.
    fn answer(&self, args: &[Value]) -> Result<Vec<Value>, nda_runtime::HostError>;
}

macro_rules! hosts {
    ($(($($name:ident $index:tt),*) $count:literal;)+) => {$(
        impl<Func, Out, $($name: Exact),*> TypedHost<fn($($name),*) -> Out> for Func
        where
            Func: Fn($($name),*) -> Out + Send + Sync + 'static,
            Out: Reply,
        {
            fn params() -> Vec<Type> {
                vec![$($name::TYPE),*]
            }

            fn results() -> Vec<Type> {
                Out::types()
            }

            fn answer(&self, _args: &[Value]) -> Result<Vec<Value>, nda_runtime::HostError> {
                self($(typed_arg::<$name>(_args, $index)),*).into_values()
            }
        }
    )+};
}

fn typed_arg<T: Exact>(args: &[Value], index: usize) -> T {
    args.get(index).and_then(T::from_value).expect("arguments have the types that linking compared")
}

hosts! {
    () 0;
    (A 0) 1;
    (A 0, B 1) 2;
    (A 0, B 1, C 2) 3;
    (A 0, B 1, C 2, D 3) 4;
    (A 0, B 1, C 2, D 3, E 4) 5;
    (A 0, B 1, C 2, D 3, E 4, F 5) 6;
}

macro_rules! replies {
    ($(($($name:ident $index:tt),*);)+) => {$(
        impl<$($name: Exact),*> Replies for ($($name,)*) {
            fn types() -> Vec<Type> {
                vec![$($name::TYPE),*]
            }

            fn into_values(self) -> Vec<Value> {
                vec![$(Exact::into_value(self.$index)),*]
            }
        }
    )+};
}

replies! {
    ();
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
}
