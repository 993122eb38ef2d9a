//! Operations on scalars: from the operand stack through `crate::scalar` and back.

use super::machine::{Checked, Machine};
use crate::scalar;
use nda_ast::Op;

/// A scalar as a word of the stack.
trait Word {
    fn from_word(word: u64) -> Self;
    fn into_word(self) -> u64;
}

impl Word for i64 {
    #[inline(always)]
    fn from_word(word: u64) -> i64 {
        word as i64
    }

    #[inline(always)]
    fn into_word(self) -> u64 {
        self as u64
    }
}

impl Word for f64 {
    #[inline(always)]
    fn from_word(word: u64) -> f64 {
        f64::from_bits(word)
    }

    #[inline(always)]
    fn into_word(self) -> u64 {
        self.to_bits()
    }
}

impl Word for bool {
    #[inline(always)]
    fn from_word(word: u64) -> bool {
        word != 0
    }

    #[inline(always)]
    fn into_word(self) -> u64 {
        self.into()
    }
}

impl Machine<'_> {
    #[inline(always)]
    fn one<A: Word, R: Word>(&mut self, f: impl FnOnce(A) -> R) -> Checked {
        let top = self.sp - 1;
        self.stack[top] = f(A::from_word(self.stack[top])).into_word();
        Ok(())
    }

    #[inline(always)]
    fn one_checked<A: Word, R: Word>(&mut self, f: impl FnOnce(A) -> Checked<R>) -> Checked {
        let top = self.sp - 1;
        self.stack[top] = f(A::from_word(self.stack[top]))?.into_word();
        Ok(())
    }

    #[inline(always)]
    fn two<A: Word, R: Word>(&mut self, f: impl Fn(A, A) -> R) -> Checked {
        let b = A::from_word(self.pop());
        self.one(|a| f(a, b))
    }

    #[inline(always)]
    fn two_checked<A: Word + Copy, R: Word>(&mut self, f: impl Fn(A, A) -> Checked<R>) -> Checked {
        let b = A::from_word(self.pop());
        self.one_checked(|a| f(a, b))
    }
}

macro_rules! arms {
    ($self:ident, $op:ident; one { $($o1:ident $f1:ident)+ } two { $($o2:ident $f2:ident)+ }
     one_checked { $($o3:ident $f3:ident)+ } two_checked { $($o4:ident $f4:ident)+ }) => {
        match $op {
            $(Op::$o1 => $self.one(scalar::$f1),)+
            $(Op::$o2 => $self.two(scalar::$f2),)+
            $(Op::$o3 => $self.one_checked(scalar::$f3),)+
            $(Op::$o4 => $self.two_checked(scalar::$f4),)+
            other => unreachable!("{other:?} is no operation on scalars"),
        }
    };
}

impl Machine<'_> {
    #[inline]
    pub(super) fn scalar(&mut self, op: Op) -> Checked {
        arms! { self, op;
            one {
                NegInt neg_int AbsInt abs_int NotInt not_int Clz clz Ctz ctz Popcnt popcnt
                NegFloat neg_float AbsFloat abs_float Sqrt sqrt_float Floor floor Ceil ceil Trunc trunc
                Nearest nearest Exp exp ExpM1 exp_m1 Ln ln Ln1p ln_1p Sin sin Cos cos Tanh tanh Sigmoid sigmoid
                NotBool not_bool
                IntToFloat int_to_float UintToFloat uint_to_float FloatToIntSat float_to_int_sat
                FloatToUintSat float_to_uint_sat BoolToInt bool_to_int FloatBits float_bits
                FloatFromBits float_from_bits
            }
            two {
                AddInt add_int SubInt sub_int MulInt mul_int MinInt min_int MaxInt max_int
                AndInt and_int OrInt or_int XorInt xor_int Shl shl ShrS shr_s ShrU shr_u Rotl rotl Rotr rotr
                AddFloat add_float SubFloat sub_float MulFloat mul_float DivFloat div_float MinFloat min_float
                MaxFloat max_float CopySign copysign Pow pow Atan2 atan2
                AndBool and_bool OrBool or_bool XorBool xor_bool
                EqInt eq_int NeInt ne_int LtS lt_s LeS le_s GtS gt_s GeS ge_s LtU lt_u LeU le_u GtU gt_u GeU ge_u
                EqFloat eq_float NeFloat ne_float LtFloat lt_float LeFloat le_float GtFloat gt_float
                GeFloat ge_float EqBool eq_bool NeBool ne_bool
            }
            one_checked { FloatToInt float_to_int FloatToUint float_to_uint }
            two_checked { DivS div_s DivU div_u RemS rem_s RemU rem_u }
        }
    }
}
