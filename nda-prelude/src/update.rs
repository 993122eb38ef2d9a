//! `a[i] op= v`: the operator on elements, wrapping as NDA's integers do whatever the profile says of overflow.

use crate::trap::{Trap, raise};

macro_rules! operators {
    ($($name:ident $op:literal $int:ident;)+) => {
        /// An element with the operators of `op=`; those that its type does not have, NDA's parser refuses.
        pub trait Update: Copy {$(
            #[doc = concat!("`", $op, "=`")]
            #[must_use]
            #[track_caller]
            fn $name(self, _: Self) -> Self {
                unreachable!(concat!("no `", $op, "=` for elements of this type"))
            }
        )+}

        impl Update for i64 {$(
            #[track_caller]
            fn $name(self, other: i64) -> i64 {
                $int(self, other)
            }
        )+}

        // A byte is read as an integer and stored as its low 8 bits.
        impl Update for u8 {$(
            #[track_caller]
            fn $name(self, other: u8) -> u8 {
                $int(self.into(), other.into()) as u8
            }
        )+}
    };
}

operators! {
    add "+" add_int;
    sub "-" sub_int;
    mul "*" mul_int;
    div "/" div_int;
    rem "%" rem_int;
    bitand "&" and_int;
    bitor "|" or_int;
    bitxor "^" xor_int;
    shl "<<" shl_int;
    shr ">>" shr_int;
}

impl Update for f64 {
    fn add(self, other: f64) -> f64 {
        self + other
    }
    fn sub(self, other: f64) -> f64 {
        self - other
    }
    fn mul(self, other: f64) -> f64 {
        self * other
    }
    fn div(self, other: f64) -> f64 {
        self / other
    }
}

fn add_int(a: i64, b: i64) -> i64 {
    a.wrapping_add(b)
}

fn sub_int(a: i64, b: i64) -> i64 {
    a.wrapping_sub(b)
}

fn mul_int(a: i64, b: i64) -> i64 {
    a.wrapping_mul(b)
}

#[track_caller]
fn div_int(a: i64, b: i64) -> i64 {
    match a.checked_div(b) {
        Some(quotient) => quotient,
        None if b == 0 => raise(Trap::DivideByZero),
        None => raise(Trap::IntegerOverflow),
    }
}

#[track_caller]
fn rem_int(a: i64, b: i64) -> i64 {
    if b == 0 { raise(Trap::DivideByZero) } else { a.wrapping_rem(b) }
}

fn and_int(a: i64, b: i64) -> i64 {
    a & b
}

fn or_int(a: i64, b: i64) -> i64 {
    a | b
}

fn xor_int(a: i64, b: i64) -> i64 {
    a ^ b
}

fn shl_int(a: i64, b: i64) -> i64 {
    a.wrapping_shl(b as u32)
}

fn shr_int(a: i64, b: i64) -> i64 {
    a.wrapping_shr(b as u32)
}
