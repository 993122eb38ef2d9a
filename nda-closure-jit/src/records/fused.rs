//! Two operations in one record, where programs have them next to each other and it was measured to pay: tests of a
//! computed int, the last increment of a loop's body with the loop's test, and sums and products of three operands.

use super::branch::{end, skip};
use super::operand::{C, Reg, S, Src};
use super::scalar::{Op2, Raw2, nan, op};
use crate::rec::{RecFn, go, go_past, last, record, trap};
use nda_ast::Op;
use nda_runtime::TrapKind;

/// An operation within a test.
pub(crate) trait Inner {
    fn ap(x: i64, y: i64) -> Option<i64>;
}

/// `rem_s`, which has no value of a divisor 0.
pub(crate) struct Rem;

impl Inner for Rem {
    #[inline(always)]
    fn ap(x: i64, y: i64) -> Option<i64> {
        x.checked_rem(y).or((y == -1).then_some(0))
    }
}

macro_rules! inner {
    ($($name:ident)+) => {$(
        impl Inner for op::$name {
            #[inline(always)]
            fn ap(x: i64, y: i64) -> Option<i64> {
                Some(<op::$name as Op2>::ap(x, y))
            }
        }
    )+};
}

inner! { AndInt AddInt SubInt MulInt }

/// The right side of a test: the word `c`, or `c` itself, a small constant.
pub(crate) trait Right {
    fn right(c: u8, frame: &crate::rec::Frame) -> i64;
}

/// `c` is a constant from -128 to 127.
pub(crate) struct Small;

impl Right for Small {
    #[inline(always)]
    fn right(c: u8, _: &crate::rec::Frame) -> i64 {
        i64::from(c as i8)
    }
}

impl Right for S {
    #[inline(always)]
    fn right(c: u8, frame: &crate::rec::Frame) -> i64 {
        i64::from_word(frame[usize::from(c)].get())
    }
}

record! {
    #[cold]
    #[inline(never)]
    divides_by_zero [] (code, _rec, _rest, _acc, _frame, fuel, st, _facc) {
        trap(code, fuel, st, TrapKind::DivideByZero)
    }
}

record! {
    /// Tests `a I b` against `c`; else as `test_skip`.
    inner_skip [P: Op2<In = i64, Out = bool>, I: Inner, Y: Src, R: Right] (code, rec, rest, acc, frame, fuel, st, facc) {
        let Some(x) = I::ap(S::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame)) else {
            return divides_by_zero(code, acc, frame, fuel, st, facc);
        };
        let holds = P::ap(x, R::right(rec.c, frame));
        skip!(code, rec, rest, holds, acc, frame, fuel, st, facc)
    }
}

last! {
    /// The same at the end of a loop's body; else as `test_end`.
    inner_end [P: Op2<In = i64, Out = bool>, I: Inner, Y: Src, R: Right] (code, rec, acc, frame, fuel, st, facc) {
        let Some(x) = I::ap(S::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame)) else {
            return divides_by_zero(code, acc, frame, fuel, st, facc);
        };
        let holds = P::ap(x, R::right(rec.c, frame));
        end!(code, rec, holds, frame, fuel, st, facc)
    }
}

last! {
    /// Adds `c`, a word or a small constant, to the int in `d`; then as `test_end`.
    count_test_end [P: Op2<In = i64, Out = bool>, Y: Src, R: Right] (code, rec, acc, frame, fuel, st, facc) {
        let counter = &frame[usize::from(rec.d)];
        counter.set(counter.get().wrapping_add(R::right(rec.c, frame) as u64));
        let holds = P::ap(S::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame));
        end!(code, rec, holds, frame, fuel, st, facc)
    }
}

/// Where the third operand of an operation on three stands.
pub(crate) trait Order<P: Op2> {
    fn ap(inner: P::In, other: P::In) -> P::Out;
}

/// To the right: `(a I b) P c`.
pub(crate) struct First;
/// To the left: `c P (a I b)`.
pub(crate) struct Last;

impl<P: Op2> Order<P> for First {
    #[inline(always)]
    fn ap(inner: P::In, other: P::In) -> P::Out {
        P::ap(inner, other)
    }
}

impl<P: Op2> Order<P> for Last {
    #[inline(always)]
    fn ap(inner: P::In, other: P::In) -> P::Out {
        P::ap(other, inner)
    }
}

record! {
    /// `a I b`, then `P` of that and `c`, in the accumulator and in `d`.
    three [P: Op2, O: Order<P>, I: Op2<In = P::In, Out = P::In>, Y: Src, Z: Src, const STORE: bool]
        (code, rec, rest, acc, frame, fuel, st, facc) {
        let inner = I::ap(S::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame));
        let value = O::ap(inner, Z::get(rec, rec.c, acc, facc, frame));
        if STORE {
            frame[usize::from(rec.d)].set(value.word());
        }
        let (acc, facc) = value.pass(acc, facc);
        go!(rest, acc, frame, fuel, st, facc)
    }
}

/// The same order for arithmetic on floats.
pub(crate) trait FloatOrder<P: Raw2> {
    fn raw(inner: f64, other: f64) -> f64;
}

impl<P: Raw2> FloatOrder<P> for First {
    #[inline(always)]
    fn raw(inner: f64, other: f64) -> f64 {
        P::raw(inner, other)
    }
}

impl<P: Raw2> FloatOrder<P> for Last {
    #[inline(always)]
    fn raw(inner: f64, other: f64) -> f64 {
        P::raw(other, inner)
    }
}

record! {
    /// `three` on floats: a NaN of the inner operation makes one of the outer, so that one check is enough.
    float_three [P: Raw2, O: FloatOrder<P>, I: Raw2, Y: Src, Z: Src, const STORE: bool]
        (code, rec, rest, acc, frame, fuel, st, facc) {
        let inner = I::raw(S::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame));
        let value = O::raw(inner, Z::get(rec, rec.c, acc, facc, frame));
        if value.is_nan() {
            return nan::<STORE>(code, acc, frame, fuel, st, facc);
        }
        if STORE {
            frame[usize::from(rec.d)].set(value.to_bits());
        }
        go!(rest, acc, frame, fuel, st, value)
    }
}

/// Which operands of an operation within another are words: the second and the third are not both constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// All three.
    Sss,
    /// The second is the constant.
    Scs,
    /// The third is.
    Ssc,
}

macro_rules! inner_tests {
    ($test:expr, $inner:expr, $form:expr; $(($i:ident $ty:ty) $($p:ident)+;)+) => {
        match ($inner, $test) {
            $($((Op::$i, Op::$p) => Some(match $form {
                (false, false, false) => inner_skip::<op::$p, $ty, S, S>,
                (false, true, false) => inner_skip::<op::$p, $ty, S, Small>,
                (true, false, false) => inner_skip::<op::$p, $ty, C, S>,
                (true, true, false) => inner_skip::<op::$p, $ty, C, Small>,
                (false, false, true) => inner_end::<op::$p, $ty, S, S>,
                (false, true, true) => inner_end::<op::$p, $ty, S, Small>,
                (true, false, true) => inner_end::<op::$p, $ty, C, S>,
                (true, true, true) => inner_end::<op::$p, $ty, C, Small>,
            }),)+)+
            _ => None,
        }
    };
}

/// The function of a test of a computed int, if there is one. `constant`: the second operand of the computation is; `small`:
/// the right side of the test is; `end`: at the end of a loop's body.
pub(crate) fn inner_test_fn(test: Op, inner: Op, constant: bool, small: bool, end: bool) -> Option<RecFn> {
    inner_tests! { test, inner, (constant, small, end);
        (AndInt op::AndInt) EqInt NeInt;
        (RemS Rem) EqInt NeInt LtS LeS GtS GeS;
        (AddInt op::AddInt) LtS LeS GtS GeS;
        (SubInt op::SubInt) LtS LeS GtS GeS;
        (MulInt op::MulInt) LtS LeS GtS GeS;
    }
}

macro_rules! count_tests {
    ($test:expr, $form:expr; $($p:ident)+) => {
        match $test {
            $(Op::$p => Some(match $form {
                (false, false) => count_test_end::<op::$p, S, S>,
                (false, true) => count_test_end::<op::$p, S, Small>,
                (true, false) => count_test_end::<op::$p, C, S>,
                (true, true) => count_test_end::<op::$p, C, Small>,
            }),)+
            _ => None,
        }
    };
}

/// The function of `count_test_end`, if there is one. `constant`: the right side of the test is; `small`: so is what is
/// added.
pub(crate) fn count_test_fn(test: Op, constant: bool, small: bool) -> Option<RecFn> {
    count_tests! { test, (constant, small); EqInt NeInt LtS LeS GtS GeS }
}

macro_rules! threes {
    ($outer:expr, $last:expr, $inner:expr, $words:expr, $store:expr;
        $($f:ident [$($o:ident $order:ident $is_last:literal),+] of $inners:tt;)+) => {
        $($(threes!(@outer $f, $outer, $last, $inner, $words, $store; $o $order $is_last $inners);)+)+
    };
    (@outer $f:ident, $outer:expr, $last:expr, $inner:expr, $words:expr, $store:expr;
        $o:ident $order:ident $is_last:literal [$($i:ident)+]) => {
        $(if ($outer, $last, $inner) == (Op::$o, $is_last, Op::$i) {
            return Some(match ($words, $store) {
                (Words::Sss, false) => $f::<op::$o, $order, op::$i, S, S, false>,
                (Words::Scs, false) => $f::<op::$o, $order, op::$i, C, S, false>,
                (Words::Ssc, false) => $f::<op::$o, $order, op::$i, S, C, false>,
                (Words::Sss, true) => $f::<op::$o, $order, op::$i, S, S, true>,
                (Words::Scs, true) => $f::<op::$o, $order, op::$i, C, S, true>,
                (Words::Ssc, true) => $f::<op::$o, $order, op::$i, S, C, true>,
            });
        })+
    };
}

/// The function of an operation on two operands, one of which is another operation, if there is one. `last`: that is the
/// second operand.
pub(crate) fn three_fn(outer: Op, last: bool, inner: Op, words: Words, store: bool) -> Option<RecFn> {
    threes! { outer, last, inner, words, store;
        three [AddInt First false, SubInt First false, SubInt Last true, XorInt First false, AndInt First false]
            of [MulInt Shl ShrS ShrU AddInt SubInt];
        float_three [AddFloat First false, SubFloat First false, SubFloat Last true, MulFloat First false]
            of [AddFloat SubFloat MulFloat DivFloat];
    }
    None
}
