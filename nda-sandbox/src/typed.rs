//! Rust types at the border: which of the language's types they stand for, and how values cross.

use crate::error::ArgError;
use nda_ast::{Elem, Type};
use nda_runtime::{Buf, BufData, Mat, Value};
use std::ops::{Deref, DerefMut};

/// A Rust type that can stand for one parameter. Implemented for `i64`, `f64`, `bool`, for `&[u8]`, `&[i64]` and `&[f64]`
/// (a `Buf` of any capacity that they fit), for `&[f32]` and `[f32; N]` (a `Vec32`), and for [`Value`] and [`Mat`].
///
/// In a signature the reference types stand without lifetime: `func::<(&[u8], i64), i64>`.
pub trait Param {
    /// What is passed in a call.
    type Arg<'a>;

    /// What it fits, for errors.
    const FITS: &'static str;

    /// Whether it can stand for a parameter of type `ty`.
    fn fits(ty: Type) -> bool;

    /// The argument as a value of type `ty`, which [`Param::fits`] has accepted.
    ///
    /// # Errors
    /// [`ArgError`], where a length is wrong.
    fn to_value(arg: Self::Arg<'_>, index: usize, ty: Type) -> Result<Value, ArgError>;
}

/// A Rust type that can stand for one result: as [`Param`], with `Vec` in the place of slices.
pub trait Ret: Sized {
    /// What it fits, for errors.
    const FITS: &'static str;

    /// Whether it can stand for a result of type `ty`.
    fn fits(ty: Type) -> bool;

    /// The value as this type; `None` where it is of a type that does not fit.
    fn from_value(value: Value) -> Option<Self>;
}

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
    ($($rust:ty, $variant:ident, $name:literal;)+) => {$(
        impl Param for $rust {
            type Arg<'a> = $rust;
            const FITS: &'static str = $name;

            fn fits(ty: Type) -> bool {
                ty == Type::$variant
            }

            fn to_value(arg: $rust, _: usize, _: Type) -> Result<Value, ArgError> {
                Ok(Value::$variant(arg))
            }
        }

        impl Ret for $rust {
            const FITS: &'static str = $name;

            fn fits(ty: Type) -> bool {
                ty == Type::$variant
            }

            fn from_value(value: Value) -> Option<$rust> {
                if let Value::$variant(x) = value { Some(x) } else { None }
            }
        }

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
    i64, Int, "i64";
    f64, Float, "f64";
    bool, Bool, "bool";
}

macro_rules! buffer {
    ($($rust:ty, $elem:ident, $name:literal;)+) => {$(
        impl Param for &'static [$rust] {
            type Arg<'a> = &'a [$rust];
            const FITS: &'static str = $name;

            fn fits(ty: Type) -> bool {
                matches!(ty, Type::Buf { elem: Elem::$elem, .. })
            }

            fn to_value(arg: &[$rust], index: usize, ty: Type) -> Result<Value, ArgError> {
                let Type::Buf { cap, .. } = ty else { return Err(ArgError::value(index, ty, $name)) };
                match Buf::new(arg.to_vec(), cap) {
                    Ok(buf) => Ok(Value::Buf(buf)),
                    Err(_) => Err(ArgError::value(index, ty, format!("{} elements", arg.len()))),
                }
            }
        }

        impl Ret for Vec<$rust> {
            const FITS: &'static str = $name;

            fn fits(ty: Type) -> bool {
                matches!(ty, Type::Buf { elem: Elem::$elem, .. })
            }

            fn from_value(value: Value) -> Option<Vec<$rust>> {
                let Value::Buf(buf) = value else { return None };
                if let BufData::$elem(data) = buf.into_data() { Some(data) } else { None }
            }
        }

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
    u8, U8, "Buf<u8, _>";
    i64, Int, "Buf<i64, _>";
    f64, Float, "Buf<f64, _>";
}

impl Param for &'static [f32] {
    type Arg<'a> = &'a [f32];
    const FITS: &'static str = "Vec32<_>";

    fn fits(ty: Type) -> bool {
        matches!(ty, Type::Vec { .. })
    }

    fn to_value(arg: &[f32], index: usize, ty: Type) -> Result<Value, ArgError> {
        if ty == (Type::Vec { n: u32::try_from(arg.len()).unwrap_or(u32::MAX) }) {
            return Ok(Value::Vec32(arg.to_vec()));
        }
        Err(ArgError::value(index, ty, format!("{} elements", arg.len())))
    }
}

impl<const N: usize> Param for [f32; N] {
    type Arg<'a> = [f32; N];
    const FITS: &'static str = "a Vec32 of the array's length";

    fn fits(ty: Type) -> bool {
        matches!(ty, Type::Vec { n } if n as usize == N)
    }

    fn to_value(arg: [f32; N], _: usize, _: Type) -> Result<Value, ArgError> {
        Ok(Value::Vec32(arg.to_vec()))
    }
}

impl Ret for Vec<f32> {
    const FITS: &'static str = "Vec32<_>";

    fn fits(ty: Type) -> bool {
        matches!(ty, Type::Vec { .. })
    }

    fn from_value(value: Value) -> Option<Vec<f32>> {
        if let Value::Vec32(data) = value { Some(data) } else { None }
    }
}

impl<const N: usize> Ret for [f32; N] {
    const FITS: &'static str = "a Vec32 of the array's length";

    fn fits(ty: Type) -> bool {
        <[f32; N] as Param>::fits(ty)
    }

    fn from_value(value: Value) -> Option<[f32; N]> {
        Vec::<f32>::from_value(value)?.try_into().ok()
    }
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

impl Param for Mat {
    type Arg<'a> = &'a Mat;
    const FITS: &'static str = "Mat<_, _>";

    fn fits(ty: Type) -> bool {
        ty.is_mat()
    }

    fn to_value(arg: &Mat, index: usize, ty: Type) -> Result<Value, ArgError> {
        <Value as Param>::to_value(Value::Mat(arg.clone()), index, ty)
    }
}

impl Param for Value {
    type Arg<'a> = Value;
    const FITS: &'static str = "any type";

    fn fits(_: Type) -> bool {
        true
    }

    fn to_value(arg: Value, index: usize, ty: Type) -> Result<Value, ArgError> {
        if arg.ty() == ty { Ok(arg) } else { Err(ArgError::value(index, ty, arg.ty())) }
    }
}

impl Ret for Value {
    const FITS: &'static str = "any type";

    fn fits(_: Type) -> bool {
        true
    }

    fn from_value(value: Value) -> Option<Value> {
        Some(value)
    }
}

/// The parameters of a function: one [`Param`], or a tuple of up to 12 of them, or `()`.
pub trait Params {
    /// What is passed in a call.
    type Args<'a>;

    /// Whether these can stand for parameters of types `types`.
    fn fit(types: &[Type]) -> bool;

    /// The signature in the language's words, for errors.
    fn describe() -> String;

    /// Hands the arguments over as values of these types, which [`Params::fit`] has accepted.
    ///
    /// # Errors
    /// [`ArgError`], where a length is wrong.
    fn with<T>(args: Self::Args<'_>, types: &[Type], run: impl FnOnce(&[Value]) -> T) -> Result<T, ArgError>;
}

/// The results of a function, its final `inout` values after them: one [`Ret`], or a tuple of up to 12, or `()`.
pub trait Rets: Sized {
    /// Whether these can stand for results of types `types`.
    fn fit(types: &[Type]) -> bool;

    /// The signature in the language's words, for errors.
    fn describe() -> String;

    /// The values as these types; `None` where they do not fit.
    fn from_values(values: Vec<Value>) -> Option<Self>;
}

impl<P: Param> Params for P {
    type Args<'a> = P::Arg<'a>;

    fn fit(types: &[Type]) -> bool {
        matches!(types, [ty] if P::fits(*ty))
    }

    fn describe() -> String {
        format!("({})", P::FITS)
    }

    fn with<T>(arg: P::Arg<'_>, types: &[Type], run: impl FnOnce(&[Value]) -> T) -> Result<T, ArgError> {
        let [ty] = types else { return Err(ArgError::Count { expected: types.len(), found: 1 }) };
        Ok(run(&[P::to_value(arg, 0, *ty)?]))
    }
}

impl<R: Ret> Rets for R {
    fn fit(types: &[Type]) -> bool {
        matches!(types, [ty] if R::fits(*ty))
    }

    fn describe() -> String {
        R::FITS.to_owned()
    }

    fn from_values(values: Vec<Value>) -> Option<R> {
        let mut values = values.into_iter();
        let first = R::from_value(values.next()?)?;
        values.next().is_none().then_some(first)
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*) $count:literal;)+) => {$(
        impl<$($name: Param),*> Params for ($($name,)*) {
            type Args<'a> = ($($name::Arg<'a>,)*);

            fn fit(types: &[Type]) -> bool {
                types.len() == $count $(&& $name::fits(types[$index]))*
            }

            fn describe() -> String {
                let names: [&str; $count] = [$($name::FITS),*];
                format!("({})", names.join(", "))
            }

            fn with<T>(
                _args: Self::Args<'_>,
                types: &[Type],
                run: impl FnOnce(&[Value]) -> T,
            ) -> Result<T, ArgError> {
                if types.len() != $count {
                    return Err(ArgError::Count { expected: types.len(), found: $count });
                }
                let values: [Value; $count] = [$($name::to_value(_args.$index, $index, types[$index])?),*];
                Ok(run(&values))
            }
        }

        impl<$($name: Ret),*> Rets for ($($name,)*) {
            fn fit(types: &[Type]) -> bool {
                types.len() == $count $(&& $name::fits(types[$index]))*
            }

            fn describe() -> String {
                let names: [&str; $count] = [$($name::FITS),*];
                format!("({})", names.join(", "))
            }

            fn from_values(values: Vec<Value>) -> Option<Self> {
                let mut values = values.into_iter();
                let out = ($($name::from_value(values.next()?)?,)*);
                values.next().is_none().then_some(out)
            }
        }
    )+};
}

tuples! {
    () 0;
    (A 0) 1;
    (A 0, B 1) 2;
    (A 0, B 1, C 2) 3;
    (A 0, B 1, C 2, D 3) 4;
    (A 0, B 1, C 2, D 3, E 4) 5;
    (A 0, B 1, C 2, D 3, E 4, F 5) 6;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) 7;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7) 8;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8) 9;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9) 10;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10) 11;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11) 12;
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
