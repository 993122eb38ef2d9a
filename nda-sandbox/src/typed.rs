//! Rust types at the border: which of the language's types they stand for, and how values cross.

use crate::ValueRef;
use nda_ast::{Elem, Type};
use nda_runtime::{Mat, Value};

/// A Rust type that can stand for one parameter. Implemented for `i64`, `f64`, `bool`, for `&[u8]`, `&[i64]` and `&[f64]`
/// (a `Buf` of any capacity that they fit), for `&[f32]` and `[f32; N]` (a `Vec32`), and for [`Value`] and [`Mat`].
///
/// In a signature the reference types stand without lifetime: `func::<(&[u8], i64), i64>`.
///
/// A type of the host's own can stand for a parameter, too:
/// ```
/// use nda_sandbox::{Engine, Limits, Param, Type, ValueRef};
/// struct Cents(i64);
/// impl Param for Cents {
///     type Arg<'a> = Cents;
///     const FITS: &'static str = "i64";
///     fn fits(ty: Type) -> bool {
///         ty == Type::Int
///     }
///     fn view<'a>(arg: &'a Cents) -> ValueRef<'a> {
///         ValueRef::Int(arg.0)
///     }
/// }
/// let program = Engine::new().load_text("fn tax(x: i64) -> i64 { return x / 5; }", &Limits::default())?;
/// assert_eq!(program.func::<Cents, i64>("tax")?.call(Cents(200))?, 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Param {
    /// What is passed in a call.
    type Arg<'a>;

    /// What it fits, for errors.
    const FITS: &'static str;

    /// Whether it can stand for a parameter of type `ty`.
    fn fits(ty: Type) -> bool;

    /// The argument, as the run is to read it. Nothing is copied until it lies in the run's memory; a call refuses what does not
    /// fit the parameter, such as a slice of a wrong length.
    fn view<'a>(arg: &'a Self::Arg<'_>) -> ValueRef<'a>;
}

/// A Rust type that can stand for one result: as [`Param`], with `Vec` in the place of slices.
pub trait Ret: Sized {
    /// What it fits, for errors.
    const FITS: &'static str;

    /// Whether it can stand for a result of type `ty`.
    fn fits(ty: Type) -> bool;

    /// The value, of type `ty`, as this type; `None` where it does not fit.
    fn read(value: ValueRef<'_>, ty: Type) -> Option<Self>;
}

macro_rules! scalar {
    ($($rust:ty, $variant:ident, $name:literal;)+) => {$(
        impl Param for $rust {
            type Arg<'a> = $rust;
            const FITS: &'static str = $name;

            fn fits(ty: Type) -> bool {
                ty == Type::$variant
            }

            #[inline]
            fn view<'a>(arg: &'a $rust) -> ValueRef<'a> {
                ValueRef::$variant(*arg)
            }
        }

        impl Ret for $rust {
            const FITS: &'static str = $name;

            fn fits(ty: Type) -> bool {
                ty == Type::$variant
            }

            #[inline]
            fn read(value: ValueRef<'_>, _: Type) -> Option<$rust> {
                if let ValueRef::$variant(x) = value { Some(x) } else { None }
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
    ($($rust:ty, $elem:ident, $variant:ident, $name:literal;)+) => {$(
        impl Param for &'static [$rust] {
            type Arg<'a> = &'a [$rust];
            const FITS: &'static str = $name;

            fn fits(ty: Type) -> bool {
                matches!(ty, Type::Buf { elem: Elem::$elem, .. })
            }

            #[inline]
            fn view<'a>(arg: &'a &[$rust]) -> ValueRef<'a> {
                ValueRef::$variant(arg)
            }
        }

        impl Ret for Vec<$rust> {
            const FITS: &'static str = $name;

            fn fits(ty: Type) -> bool {
                matches!(ty, Type::Buf { elem: Elem::$elem, .. })
            }

            #[inline]
            fn read(value: ValueRef<'_>, _: Type) -> Option<Vec<$rust>> {
                if let ValueRef::$variant(data) = value { Some(data.to_vec()) } else { None }
            }
        }
    )+};
}

buffer! {
    u8, U8, Bytes, "Buf<u8, _>";
    i64, Int, Ints, "Buf<i64, _>";
    f64, Float, Floats, "Buf<f64, _>";
}

impl Param for &'static [f32] {
    type Arg<'a> = &'a [f32];
    const FITS: &'static str = "Vec32<_>";

    fn fits(ty: Type) -> bool {
        matches!(ty, Type::Vec { .. })
    }

    #[inline]
    fn view<'a>(arg: &'a &[f32]) -> ValueRef<'a> {
        ValueRef::Vec32(arg)
    }
}

impl<const N: usize> Param for [f32; N] {
    type Arg<'a> = [f32; N];
    const FITS: &'static str = "a Vec32 of the array's length";

    fn fits(ty: Type) -> bool {
        matches!(ty, Type::Vec { n } if n as usize == N)
    }

    #[inline]
    fn view<'a>(arg: &'a [f32; N]) -> ValueRef<'a> {
        ValueRef::Vec32(arg)
    }
}

impl Ret for Vec<f32> {
    const FITS: &'static str = "Vec32<_>";

    fn fits(ty: Type) -> bool {
        matches!(ty, Type::Vec { .. })
    }

    #[inline]
    fn read(value: ValueRef<'_>, _: Type) -> Option<Vec<f32>> {
        let ValueRef::Vec32(data) = value else { return None };
        let mut data = data.to_vec();
        (nda_kernels::kernels().canon_slice)(&mut data);
        Some(data)
    }
}

impl<const N: usize> Ret for [f32; N] {
    const FITS: &'static str = "a Vec32 of the array's length";

    fn fits(ty: Type) -> bool {
        <[f32; N] as Param>::fits(ty)
    }

    #[inline]
    fn read(value: ValueRef<'_>, _: Type) -> Option<[f32; N]> {
        let ValueRef::Vec32(data) = value else { return None };
        let mut data: [f32; N] = data.try_into().ok()?;
        (nda_kernels::kernels().canon_slice)(&mut data);
        Some(data)
    }
}

impl Param for Mat {
    type Arg<'a> = &'a Mat;
    const FITS: &'static str = "Mat<_, _>";

    fn fits(ty: Type) -> bool {
        ty.is_mat()
    }

    #[inline]
    fn view<'a>(arg: &'a &Mat) -> ValueRef<'a> {
        ValueRef::Mat(arg)
    }
}

impl Param for Value {
    type Arg<'a> = Value;
    const FITS: &'static str = "any type";

    fn fits(_: Type) -> bool {
        true
    }

    #[inline]
    fn view<'a>(arg: &'a Value) -> ValueRef<'a> {
        arg.into()
    }
}

impl Ret for Value {
    const FITS: &'static str = "any type";

    fn fits(_: Type) -> bool {
        true
    }

    fn read(value: ValueRef<'_>, ty: Type) -> Option<Value> {
        value.to_value(ty)
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

    /// Gives each argument with its number to `each`, in order, until that fails.
    ///
    /// # Errors
    /// The failure of `each`.
    fn try_each<E>(
        args: &Self::Args<'_>,
        each: impl FnMut(usize, ValueRef<'_>) -> Result<(), E>,
    ) -> Result<(), E>;
}

/// The results of a function, its final `inout` values after them: one [`Ret`], or a tuple of up to 12, or `()`.
pub trait Rets: Sized {
    /// Whether these can stand for results of types `types`.
    fn fit(types: &[Type]) -> bool;

    /// The signature in the language's words, for errors.
    fn describe() -> String;

    /// The results as these types, of which `value` gives each with its type by its number; `None` where one is not there or does not
    /// fit.
    fn read<'a>(value: impl Fn(usize) -> Option<(ValueRef<'a>, Type)>) -> Option<Self>;
}

impl<P: Param> Params for P {
    type Args<'a> = P::Arg<'a>;

    fn fit(types: &[Type]) -> bool {
        matches!(types, [ty] if P::fits(*ty))
    }

    fn describe() -> String {
        format!("({})", P::FITS)
    }

    #[inline]
    fn try_each<E>(
        arg: &P::Arg<'_>,
        mut each: impl FnMut(usize, ValueRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        each(0, P::view(arg))
    }
}

impl<R: Ret> Rets for R {
    fn fit(types: &[Type]) -> bool {
        matches!(types, [ty] if R::fits(*ty))
    }

    fn describe() -> String {
        R::FITS.to_owned()
    }

    #[inline]
    fn read<'a>(value: impl Fn(usize) -> Option<(ValueRef<'a>, Type)>) -> Option<R> {
        let (value, ty) = value(0)?;
        <R as Ret>::read(value, ty)
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

            #[inline]
            fn try_each<Fail>(
                _args: &Self::Args<'_>,
                mut _each: impl FnMut(usize, ValueRef<'_>) -> Result<(), Fail>,
            ) -> Result<(), Fail> {
                $(_each($index, $name::view(&_args.$index))?;)*
                Ok(())
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

            #[inline]
            fn read<'a>(_value: impl Fn(usize) -> Option<(ValueRef<'a>, Type)>) -> Option<Self> {
                Some(($({
                    let (value, ty) = _value($index)?;
                    <$name as Ret>::read(value, ty)?
                },)*))
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
