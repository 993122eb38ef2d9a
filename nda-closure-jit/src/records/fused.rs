//! Two operations in one record, where programs have them next to each other and it was measured to pay: tests of a
//! computed int, the last increment of a loop's body with the loop's test, and sums and products of three operands.

use super::branch::{end, skip};
use super::operand::{C, Reg, S, Src};
use super::scalar::{OPS, Op2, Raw2, nan, op};
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

/// What there is for an operation of one list within an operation of another; each list has at most `N`.
struct Within<T, const N: usize> {
    /// Places in the lists, counted from 1, by the operation's byte; 0 of those that are in none.
    outer: [u8; OPS],
    inner: [u8; OPS],
    cells: [[Option<T>; N]; N],
}

impl<T: Copy, const N: usize> Within<T, N> {
    const fn new(outer: &[Op], inner: &[Op]) -> Within<T, N> {
        Within { outer: ranks(outer), inner: ranks(inner), cells: [[None; N]; N] }
    }

    const fn put(&mut self, outer: Op, inner: Op, what: T) {
        let (outer, inner) = (self.outer[outer as usize], self.inner[inner as usize]);
        self.cells[outer as usize - 1][inner as usize - 1] = Some(what);
    }

    #[inline]
    fn get(&self, outer: Op, inner: Op) -> Option<&T> {
        let outer = usize::from(self.outer[outer as usize]).checked_sub(1)?;
        let inner = usize::from(self.inner[inner as usize]).checked_sub(1)?;
        self.cells[outer][inner].as_ref()
    }
}

const fn ranks(list: &[Op]) -> [u8; OPS] {
    let mut out = [0; OPS];
    let mut i = 0;
    while i < list.len() {
        out[list[i] as usize] = i as u8 + 1;
        i += 1;
    }
    out
}

/// By `constant`, `small`, `end`.
type InnerTests = [[[RecFn; 2]; 2]; 2];

macro_rules! inner_tests {
    ($table:ident $($i:ident as $ty:ty: $($p:ident)+;)+) => {
        $($($table.put(Op::$p, Op::$i, [
            [
                [inner_skip::<op::$p, $ty, S, S>, inner_end::<op::$p, $ty, S, S>],
                [inner_skip::<op::$p, $ty, S, Small>, inner_end::<op::$p, $ty, S, Small>],
            ],
            [
                [inner_skip::<op::$p, $ty, C, S>, inner_end::<op::$p, $ty, C, S>],
                [inner_skip::<op::$p, $ty, C, Small>, inner_end::<op::$p, $ty, C, Small>],
            ],
        ]);)+)+
    };
}

static INNER_TESTS: Within<InnerTests, 6> = {
    let mut table = Within::new(
        &[Op::EqInt, Op::NeInt, Op::LtS, Op::LeS, Op::GtS, Op::GeS],
        &[Op::AndInt, Op::RemS, Op::AddInt, Op::SubInt, Op::MulInt],
    );
    inner_tests! { table
        AndInt as op::AndInt: EqInt NeInt;
        RemS as Rem: EqInt NeInt LtS LeS GtS GeS;
        AddInt as op::AddInt: LtS LeS GtS GeS;
        SubInt as op::SubInt: LtS LeS GtS GeS;
        MulInt as op::MulInt: LtS LeS GtS GeS;
    }
    table
};

/// The function of a test of a computed int, if there is one. `constant`: the second operand of the computation is; `small`:
/// the right side of the test is; `end`: at the end of a loop's body.
pub(crate) fn inner_test_fn(test: Op, inner: Op, constant: bool, small: bool, end: bool) -> Option<RecFn> {
    let forms = INNER_TESTS.get(test, inner)?;
    Some(forms[usize::from(constant)][usize::from(small)][usize::from(end)])
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

/// By [`Words`], then whether the result is stored.
type Threes = [[RecFn; 2]; 3];

macro_rules! threes {
    ($table:ident $f:ident $order:ident; $($o:ident)+; $inners:tt) => {
        $(threes!(@of $table $f $order $o $inners);)+
    };
    (@of $table:ident $f:ident $order:ident $o:ident [$($i:ident)+]) => {
        $($table.put(Op::$o, Op::$i, [
            [$f::<op::$o, $order, op::$i, S, S, false>, $f::<op::$o, $order, op::$i, S, S, true>],
            [$f::<op::$o, $order, op::$i, C, S, false>, $f::<op::$o, $order, op::$i, C, S, true>],
            [$f::<op::$o, $order, op::$i, S, C, false>, $f::<op::$o, $order, op::$i, S, C, true>],
        ]);)+
    };
}

const OUTER: &[Op] =
    &[Op::AddInt, Op::SubInt, Op::XorInt, Op::AndInt, Op::AddFloat, Op::SubFloat, Op::MulFloat];
const INNER: &[Op] = &[
    Op::MulInt,
    Op::Shl,
    Op::ShrS,
    Op::ShrU,
    Op::AddInt,
    Op::SubInt,
    Op::AddFloat,
    Op::SubFloat,
    Op::MulFloat,
    Op::DivFloat,
];

/// The other operation is the first operand.
static FIRST: Within<Threes, 10> = {
    let mut table = Within::new(OUTER, INNER);
    threes!(table three First; AddInt SubInt XorInt AndInt; [MulInt Shl ShrS ShrU AddInt SubInt]);
    threes!(table float_three First; AddFloat SubFloat MulFloat; [AddFloat SubFloat MulFloat DivFloat]);
    table
};

/// It is the second, and the outer one does not commute.
static LAST: Within<Threes, 10> = {
    let mut table = Within::new(OUTER, INNER);
    threes!(table three Last; SubInt; [MulInt Shl ShrS ShrU AddInt SubInt]);
    threes!(table float_three Last; SubFloat; [AddFloat SubFloat MulFloat DivFloat]);
    table
};

/// The function of an operation on two operands, one of which is another operation, if there is one. `last`: that is the
/// second operand.
pub(crate) fn three_fn(outer: Op, last: bool, inner: Op, words: Words, store: bool) -> Option<RecFn> {
    let forms = if last { LAST.get(outer, inner) } else { FIRST.get(outer, inner) }?;
    Some(forms[words as usize][usize::from(store)])
}
