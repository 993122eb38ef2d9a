//! Operations on scalars: the operation and the types are looked at every time.

use super::value::Val;
use nda_ast::Op;
use nda_runtime::{TrapKind, scalar};

trait Scalar {
    fn from_val(val: &Val) -> Self;
    fn into_val(self) -> Val;
}

impl Scalar for i64 {
    fn from_val(val: &Val) -> i64 {
        val.int()
    }

    fn into_val(self) -> Val {
        Val::Int(self)
    }
}

impl Scalar for f64 {
    fn from_val(val: &Val) -> f64 {
        val.float()
    }

    fn into_val(self) -> Val {
        Val::Float(self)
    }
}

impl Scalar for bool {
    fn from_val(val: &Val) -> bool {
        val.bool()
    }

    fn into_val(self) -> Val {
        Val::Bool(self)
    }
}

fn unary<A: Scalar, R: Scalar>(f: impl Fn(A) -> R, a: &Val) -> Val {
    f(A::from_val(a)).into_val()
}

fn binary<A: Scalar, R: Scalar>(f: impl Fn(A, A) -> R, a: &Val, b: &Val) -> Val {
    f(A::from_val(a), A::from_val(b)).into_val()
}

macro_rules! operations {
    (one { $($o1:ident $f1:ident)+ } one_checked { $($o2:ident $f2:ident)+ }
     two { $($o3:ident $f3:ident)+ } two_checked { $($o4:ident $f4:ident)+ }) => {
        /// Whether this is an operation on scalars.
        pub fn knows(op: Op) -> bool {
            matches!(op, $(Op::$o1)|+ $(| Op::$o2)+ $(| Op::$o3)+ $(| Op::$o4)+)
        }

        /// An operation on one scalar.
        pub fn one(op: Op, a: &Val) -> Result<Val, TrapKind> {
            Ok(match op {
                $(Op::$o1 => unary(scalar::$f1, a),)+
                $(Op::$o2 => scalar::$f2(Scalar::from_val(a))?.into_val(),)+
                other => unreachable!("{other:?} is no operation on one scalar"),
            })
        }

        /// An operation on two scalars.
        pub fn two(op: Op, a: &Val, b: &Val) -> Result<Val, TrapKind> {
            Ok(match op {
                $(Op::$o3 => binary(scalar::$f3, a, b),)+
                $(Op::$o4 => scalar::$f4(a.int(), b.int())?.into_val(),)+
                other => unreachable!("{other:?} is no operation on two scalars"),
            })
        }
    };
}

operations! {
    one {
        NegInt neg_int AbsInt abs_int NotInt not_int Clz clz Ctz ctz Popcnt popcnt
        NegFloat neg_float AbsFloat abs_float Sqrt sqrt_float Floor floor Ceil ceil Trunc trunc
        Nearest nearest Exp exp ExpM1 exp_m1 Ln ln Ln1p ln_1p Sin sin Cos cos Tanh tanh Sigmoid sigmoid
        NotBool not_bool
        IntToFloat int_to_float UintToFloat uint_to_float FloatToIntSat float_to_int_sat
        FloatToUintSat float_to_uint_sat BoolToInt bool_to_int FloatBits float_bits
        FloatFromBits float_from_bits
    }
    one_checked { FloatToInt float_to_int FloatToUint float_to_uint }
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
    two_checked { DivS div_s DivU div_u RemS rem_s RemU rem_u }
}
