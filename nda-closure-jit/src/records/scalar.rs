//! Operations on scalars. `a` and `b` are the operands' words, `d` the result's where it is stored; it is in the accumulator
//! of its class in any case.

use super::operand::{A, C, Kind, Pair, Reg, S, Src};
use crate::rec::{RecFn, corrupt, go, record, trap};
use nda_ast::Op;
use nda_runtime::{TrapKind, scalar};

/// An operation on two operands.
pub(crate) trait Op2 {
    type In: Reg;
    type Out: Reg;
    fn ap(a: Self::In, b: Self::In) -> Self::Out;
}

/// One that may trap.
pub(crate) trait Try2 {
    fn ap(a: i64, b: i64) -> Result<i64, TrapKind>;
}

/// An operation on one operand.
pub(crate) trait Op1 {
    type In: Reg;
    type Out: Reg;
    fn ap(a: Self::In) -> Self::Out;
}

/// One that may trap.
pub(crate) trait Try1 {
    fn ap(a: f64) -> Result<i64, TrapKind>;
}

macro_rules! meanings {
    (two { $($name2:ident $f2:ident $in2:ty => $out2:ty;)+ } try_two { $($name3:ident $f3:ident;)+ }
     one { $($name1:ident $f1:ident $in1:ty => $out1:ty;)+ } try_one { $($name4:ident $f4:ident;)+ }) => {
        /// Types that stand for operations.
        pub(crate) mod op {
            use super::*;
            $(pub(crate) struct $name2;
            impl Op2 for $name2 {
                type In = $in2;
                type Out = $out2;
                #[inline(always)]
                fn ap(a: $in2, b: $in2) -> $out2 { scalar::$f2(a, b) }
            })+
            $(pub(crate) struct $name3;
            impl Try2 for $name3 {
                #[inline(always)]
                fn ap(a: i64, b: i64) -> Result<i64, TrapKind> { scalar::$f3(a, b) }
            })+
            $(pub(crate) struct $name1;
            impl Op1 for $name1 {
                type In = $in1;
                type Out = $out1;
                #[inline(always)]
                fn ap(a: $in1) -> $out1 { scalar::$f1(a) }
            })+
            $(pub(crate) struct $name4;
            impl Try1 for $name4 {
                #[inline(always)]
                fn ap(a: f64) -> Result<i64, TrapKind> { scalar::$f4(a) }
            })+
        }

        /// The value of an operation on two constants; `None` where it traps, or works on floats: only a run is sure to have the
        /// floating-point environment of the language.
        pub(crate) fn fold_two(op: Op, a: u64, b: u64) -> Option<u64> {
            match op {
                $(Op::$name2 if !<$in2 as Reg>::FLOAT => {
                    Some(scalar::$f2(<$in2>::from_word(a), <$in2>::from_word(b)).word())
                })+
                $(Op::$name3 => scalar::$f3(a as i64, b as i64).ok().map(Reg::word),)+
                _ => None,
            }
        }

        /// The same of an operation on one. A conversion without rounding depends on no environment.
        pub(crate) fn fold_one(op: Op, a: u64) -> Option<u64> {
            match op {
                Op::IntToFloat if (a as i64).unsigned_abs() <= 1 << f64::MANTISSA_DIGITS => {
                    Some(scalar::int_to_float(a as i64).word())
                }
                $(Op::$name1 if !<$in1 as Reg>::FLOAT && !<$out1 as Reg>::FLOAT => {
                    Some(scalar::$f1(<$in1>::from_word(a)).word())
                })+
                _ => None,
            }
        }
    };
}

meanings! {
    two {
        AddInt add_int i64 => i64; SubInt sub_int i64 => i64; MulInt mul_int i64 => i64; MinInt min_int i64 => i64;
        MaxInt max_int i64 => i64; AndInt and_int i64 => i64; OrInt or_int i64 => i64; XorInt xor_int i64 => i64;
        Shl shl i64 => i64; ShrS shr_s i64 => i64; ShrU shr_u i64 => i64; Rotl rotl i64 => i64; Rotr rotr i64 => i64;
        AddFloat add_float f64 => f64; SubFloat sub_float f64 => f64; MulFloat mul_float f64 => f64;
        DivFloat div_float f64 => f64; MinFloat min_float f64 => f64; MaxFloat max_float f64 => f64;
        CopySign copysign f64 => f64; Pow pow f64 => f64; Atan2 atan2 f64 => f64;
        EqInt eq_int i64 => bool; NeInt ne_int i64 => bool; LtS lt_s i64 => bool; LeS le_s i64 => bool;
        GtS gt_s i64 => bool; GeS ge_s i64 => bool; LtU lt_u i64 => bool; LeU le_u i64 => bool; GtU gt_u i64 => bool;
        GeU ge_u i64 => bool;
        EqFloat eq_float f64 => bool; NeFloat ne_float f64 => bool; LtFloat lt_float f64 => bool;
        LeFloat le_float f64 => bool; GtFloat gt_float f64 => bool; GeFloat ge_float f64 => bool;
    }
    try_two { DivS div_s; DivU div_u; RemS rem_s; RemU rem_u; }
    one {
        NegInt neg_int i64 => i64; AbsInt abs_int i64 => i64; NotInt not_int i64 => i64; Clz clz i64 => i64;
        Ctz ctz i64 => i64; Popcnt popcnt i64 => i64; NotBool not_bool bool => bool;
        NegFloat neg_float f64 => f64; AbsFloat abs_float f64 => f64;
        Floor floor f64 => f64; Ceil ceil f64 => f64; Trunc trunc f64 => f64; Nearest nearest f64 => f64;
        Exp exp f64 => f64; ExpM1 exp_m1 f64 => f64; Ln ln f64 => f64; Ln1p ln_1p f64 => f64; Sin sin f64 => f64;
        Cos cos f64 => f64; Tanh tanh f64 => f64; Sigmoid sigmoid f64 => f64;
        IntToFloat int_to_float i64 => f64; UintToFloat uint_to_float i64 => f64;
        FloatToIntSat float_to_int_sat f64 => i64; FloatToUintSat float_to_uint_sat f64 => i64;
        BoolToInt bool_to_int bool => i64; FloatBits float_bits f64 => i64; FloatFromBits float_from_bits i64 => f64;
    }
    try_one { FloatToInt float_to_int; FloatToUint float_to_uint; }
}

record! {
    binary [P: Op2, X: Src, Y: Src, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        let x = X::get(rec, rec.a, acc, facc, frame);
        let y = Y::get(rec, rec.b, acc, facc, frame);
        let value = P::ap(x, y);
        if STORE {
            frame[usize::from(rec.d)].set(value.word());
        }
        let (acc, facc) = value.pass(acc, facc);
        go!(rest, acc, frame, fuel, st, facc)
    }
}

/// Arithmetic on floats before its NaN is made canonical.
pub(crate) trait Raw2 {
    fn raw(a: f64, b: f64) -> f64;
}

macro_rules! raw {
    ($($name:ident $op:tt)+) => {$(
        impl Raw2 for op::$name {
            #[inline(always)]
            fn raw(a: f64, b: f64) -> f64 {
                a $op b
            }
        }
    )+};
}

raw! { AddFloat + SubFloat - MulFloat * DivFloat / }

record! {
    /// Goes on with the canonical NaN, stored in `d` as well. A function of its own and not a choice of values, which a
    /// compiler may take to be none between one NaN and another; and two instructions shorter where there is no NaN.
    #[cold]
    #[inline(never)]
    nan [const STORE: bool] (_code, rec, rest, acc, frame, fuel, st, _facc) {
        let value = f64::from_bits(nda_ast::CANONICAL_NAN);
        if STORE {
            frame[usize::from(rec.d)].set(value.to_bits());
        }
        go!(rest, acc, frame, fuel, st, value)
    }
}

record! {
    float_binary [P: Raw2, X: Src, Y: Src, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        let value = P::raw(X::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame));
        if value.is_nan() {
            return nan::<STORE>(code, acc, frame, fuel, st, facc);
        }
        if STORE {
            frame[usize::from(rec.d)].set(value.to_bits());
        }
        go!(rest, acc, frame, fuel, st, value)
    }
}

record! {
    /// A signed quotient or remainder by 2^`imm`, 1 to 62.
    by_power [X: Src, const REM: bool, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        let x: i64 = X::get(rec, rec.a, acc, facc, frame);
        let power = rec.imm as u32 & 63;
        // Rounds towards zero: a negative dividend is raised by 2^k - 1 first.
        let raised = x.wrapping_add(((x >> 63) as u64).wrapping_shr(64 - power) as i64);
        let value = if REM { x.wrapping_sub(raised >> power << power) } else { raised >> power };
        if STORE {
            frame[usize::from(rec.d)].set(value as u64);
        }
        go!(rest, value, frame, fuel, st, facc)
    }
}

/// The function of `by_power`.
pub(crate) fn by_power_fn(rem: bool, kind: Kind, store: bool) -> RecFn {
    match (rem, kind, store) {
        (false, Kind::A, false) => by_power::<A, false, false>,
        (false, Kind::A, true) => by_power::<A, false, true>,
        (true, Kind::A, false) => by_power::<A, true, false>,
        (true, Kind::A, true) => by_power::<A, true, true>,
        (false, _, false) => by_power::<S, false, false>,
        (false, _, true) => by_power::<S, false, true>,
        (true, _, false) => by_power::<S, true, false>,
        (true, _, true) => by_power::<S, true, true>,
    }
}

record! {
    try_binary [P: Try2, X: Src, Y: Src, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        let x = X::get(rec, rec.a, acc, facc, frame);
        let y = Y::get(rec, rec.b, acc, facc, frame);
        match P::ap(x, y) {
            Ok(value) => {
                if STORE {
                    frame[usize::from(rec.d)].set(value as u64);
                }
                go!(rest, value, frame, fuel, st, facc)
            }
            Err(_) => fails::<P, X, Y>(code, acc, frame, fuel, st, facc),
        }
    }
}

record! {
    /// Traps as the operation does. In tail position, so that the hot path saves no register.
    #[cold]
    #[inline(never)]
    fails [P: Try2, X: Src, Y: Src] (code, rec, _rest, acc, frame, fuel, st, facc) {
        match P::ap(X::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame)) {
            Ok(_) => corrupt(),
            Err(kind) => trap(code, fuel, st, kind),
        }
    }
}

record! {
    unary [P: Op1, X: Src, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        let value = P::ap(X::get(rec, rec.a, acc, facc, frame));
        if STORE {
            frame[usize::from(rec.d)].set(value.word());
        }
        let (acc, facc) = value.pass(acc, facc);
        go!(rest, acc, frame, fuel, st, facc)
    }
}

record! {
    try_unary [P: Try1, X: Src, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        match P::ap(X::get(rec, rec.a, acc, facc, frame)) {
            Ok(value) => {
                if STORE {
                    frame[usize::from(rec.d)].set(value as u64);
                }
                go!(rest, value, frame, fuel, st, facc)
            }
            Err(kind) => trap(code, fuel, st, kind),
        }
    }
}

record! {
    /// Copies a scalar or reference into `d`; the accumulators are kept.
    put [T: Reg, X: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        frame[usize::from(rec.d)].set(X::get::<T>(rec, rec.a, acc, facc, frame).word());
        go!(rest, acc, frame, fuel, st, facc)
    }
}

record! {
    /// Copies two words: `a` into `d`, then `b` into `c`.
    put_two [] (code, rec, rest, acc, frame, fuel, st, facc) {
        frame[usize::from(rec.d)].set(frame[usize::from(rec.a)].get());
        frame[usize::from(rec.c)].set(frame[usize::from(rec.b)].get());
        go!(rest, acc, frame, fuel, st, facc)
    }
}

record! {
    /// Copies the word `a` into `d`, then an accumulator into `c`.
    put_and_acc [T: Reg] (code, rec, rest, acc, frame, fuel, st, facc) {
        frame[usize::from(rec.d)].set(frame[usize::from(rec.a)].get());
        frame[usize::from(rec.c)].set(T::of(acc, facc).word());
        go!(rest, acc, frame, fuel, st, facc)
    }
}

record! {
    /// A reference to the place `skip` words into the function's aggregates, into `d`.
    place [] (code, rec, rest, acc, frame, fuel, st, facc) {
        frame[usize::from(rec.d)].set((st.base + rec.skip as usize) as u64);
        go!(rest, acc, frame, fuel, st, facc)
    }
}

record! {
    /// A word that one byte does not name, `skip`, into the near word `d`.
    fetch [] (code, rec, rest, acc, frame, fuel, st, facc) {
        let word = st.words.get(st.frame + rec.skip as usize).map_or(0, |word| word.get());
        frame[usize::from(rec.d)].set(word);
        go!(rest, acc, frame, fuel, st, facc)
    }
}

record! {
    /// The near word `a` into one that one byte does not name, `skip`.
    stow [] (code, rec, rest, acc, frame, fuel, st, facc) {
        if let Some(word) = st.words.get(st.frame + rec.skip as usize) {
            word.set(frame[usize::from(rec.a)].get());
        }
        go!(rest, acc, frame, fuel, st, facc)
    }
}

/// How far the kinds of operands of an operation are told apart: the rest are brought into words first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// All; the constant or accumulator may be on either side.
    All,
    /// All, but the operation commutes: the constant is to be on the right, the accumulator on the left.
    Commutes,
    /// As `Commutes`, with the operation turned round.
    Turns(Op),
    /// No constants.
    Few,
}

/// How an operation on two scalars takes its operands.
#[inline]
pub(crate) fn spread(op: Op) -> Spread {
    SPREADS[op as usize]
}

macro_rules! spreads {
    (commutes $($c:ident)+; turns $($t:ident $other:ident)+; all $($a:ident)+) => {{
        let mut spreads = [Spread::Few; OPS];
        $(spreads[Op::$c as usize] = Spread::Commutes;)+
        $(spreads[Op::$t as usize] = Spread::Turns(Op::$other);)+
        $(spreads[Op::$a as usize] = Spread::All;)+
        spreads
    }};
}

static SPREADS: [Spread; OPS] = spreads! {
    commutes AddInt MulInt AndInt OrInt XorInt EqInt NeInt AddFloat MulFloat EqFloat NeFloat MinInt MaxInt MinFloat MaxFloat;
    turns LtS GtS LeS GeS GtS LtS GeS LeS LtU GtU LeU GeU GtU LtU GeU LeU
        LtFloat GtFloat LeFloat GeFloat GtFloat LtFloat GeFloat LeFloat;
    all SubInt Shl ShrS ShrU SubFloat DivFloat DivS DivU RemS RemU Rotl Rotr
};

/// The functions of an operation on two scalars: by [`Pair`], then whether the result is stored.
type Forms2 = [[Option<RecFn>; 2]; Pair::COUNT];

/// The functions of an operation on one scalar: of a word and of the accumulator, then whether the result is stored.
type Forms1 = [[Option<RecFn>; 2]; 2];

/// By the operation's byte.
pub(crate) const OPS: usize = Op::ALL.len() + 1;

macro_rules! form {
    ($f:ident, $p:ty, $($kind:ident),+) => {
        [Some($f::<$p, $($kind,)+ false> as RecFn), Some($f::<$p, $($kind,)+ true> as RecFn)]
    };
}

/// Forms in the order of [`Pair`].
macro_rules! all {
    ($f:ident, $p:ident) => {
        [
            form!($f, op::$p, S, S),
            form!($f, op::$p, S, C),
            form!($f, op::$p, S, A),
            form!($f, op::$p, C, S),
            form!($f, op::$p, C, A),
            form!($f, op::$p, A, S),
            form!($f, op::$p, A, C),
        ]
    };
}

/// Operands are turned round: the constant to the right, the accumulator to the left.
macro_rules! commuting {
    ($f:ident, $p:ident) => {
        [
            form!($f, op::$p, S, S),
            form!($f, op::$p, S, C),
            [None; 2],
            [None; 2],
            [None; 2],
            form!($f, op::$p, A, S),
            form!($f, op::$p, A, C),
        ]
    };
}

/// Constants are brought into words.
macro_rules! few {
    ($p:ident) => {
        [
            form!(binary, op::$p, S, S),
            [None; 2],
            form!(binary, op::$p, S, A),
            [None; 2],
            [None; 2],
            form!(binary, op::$p, A, S),
            [None; 2],
        ]
    };
}

macro_rules! binaries {
    (commuting $($c:ident)+; floats $($fc:ident)+; float_all $($fa:ident)+; all $($a:ident)+; try_all $($t:ident)+;
     few $($f:ident)+) => {{
        let mut forms = [[[None; 2]; Pair::COUNT]; OPS];
        $(forms[Op::$c as usize] = commuting!(binary, $c);)+
        $(forms[Op::$fc as usize] = commuting!(float_binary, $fc);)+
        $(forms[Op::$fa as usize] = all!(float_binary, $fa);)+
        $(forms[Op::$a as usize] = all!(binary, $a);)+
        $(forms[Op::$t as usize] = all!(try_binary, $t);)+
        $(forms[Op::$f as usize] = few!($f);)+
        forms
    }};
}

static BINARIES: [Forms2; OPS] = binaries! {
    commuting MinInt MaxInt MinFloat MaxFloat AddInt MulInt AndInt OrInt XorInt EqInt NeInt LtS LeS GtS GeS LtU LeU GtU GeU
        EqFloat NeFloat LtFloat LeFloat GtFloat GeFloat;
    floats AddFloat MulFloat;
    float_all SubFloat DivFloat;
    all SubInt Shl ShrS ShrU Rotl Rotr;
    try_all DivS DivU RemS RemU;
    few CopySign Pow Atan2
};

/// The function of an operation on two scalars.
#[inline]
pub(crate) fn binary_fn(op: Op, pair: Pair, store: bool) -> RecFn {
    match BINARIES[op as usize][pair as usize][usize::from(store)] {
        Some(f) => f,
        None => {
            unreachable!("{op:?} of {pair:?}: no operation on two scalars, or its operands are not in order")
        }
    }
}

record! {
    /// The square root, as `float_binary`.
    square_root [X: Src, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        let value = X::get::<f64>(rec, rec.a, acc, facc, frame).sqrt();
        if value.is_nan() {
            return nan::<STORE>(code, acc, frame, fuel, st, facc);
        }
        if STORE {
            frame[usize::from(rec.d)].set(value.to_bits());
        }
        go!(rest, acc, frame, fuel, st, value)
    }
}

macro_rules! unaries {
    (one $($o:ident)+; try_one $($t:ident)+) => {{
        let mut forms = [[[None; 2]; 2]; OPS];
        $(forms[Op::$o as usize] = [form!(unary, op::$o, S), form!(unary, op::$o, A)];)+
        $(forms[Op::$t as usize] = [form!(try_unary, op::$t, S), form!(try_unary, op::$t, A)];)+
        forms[Op::Sqrt as usize] = [
            [Some(square_root::<S, false> as RecFn), Some(square_root::<S, true> as RecFn)],
            [Some(square_root::<A, false> as RecFn), Some(square_root::<A, true> as RecFn)],
        ];
        forms
    }};
}

static UNARIES: [Forms1; OPS] = unaries! {
    one NegInt AbsInt NotInt Clz Ctz Popcnt NotBool NegFloat AbsFloat Floor Ceil Trunc Nearest Exp ExpM1 Ln Ln1p
        Sin Cos Tanh Sigmoid IntToFloat UintToFloat FloatToIntSat FloatToUintSat BoolToInt FloatBits FloatFromBits;
    try_one FloatToInt FloatToUint
};

/// The function of an operation on one scalar, in a word or accumulator.
#[inline]
pub(crate) fn unary_fn(op: Op, kind: Kind, store: bool) -> RecFn {
    match UNARIES[op as usize][usize::from(kind == Kind::A)][usize::from(store)] {
        Some(f) => f,
        None => unreachable!("{op:?} is no operation on one scalar"),
    }
}
