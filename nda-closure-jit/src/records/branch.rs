//! Tests: compare and branch in one record.
//!
//! `Skip`: where the test fails, control passes over `skip` records. `d` is the ordinal of the loop whose condition this is, or
//! `BLOCK`. `End`, the last record of a loop's body: where the test holds, the loop goes on, else it is left; `skip` is
//! the loop's ordinal.
//!
//! `yes` and `no` are charged: what the test leads to and, where it is a loop's condition, the condition's own block,
//! which then is `no`. The test comes before the charge, which nothing can observe, since it cannot trap.

use super::operand::{A, C, Pair, S, Src};
use super::scalar::{OPS, Op2, op};
use crate::rec::{Flow, RecFn, go, go_past, last, record, refill_both};
use nda_ast::Op;

last! {
    /// The end of a loop's body whose test has given `acc`, where the slice does not cover what it charges.
    #[cold]
    #[inline(never)]
    end_short [] (code, rec, acc, _frame, fuel, st, _facc) {
        let cost = if acc != 0 { rec.yes } else { rec.no };
        match refill_both(code, fuel, st, (rec.no, cost), rec.skip as u8) {
            Ok(fuel) if acc != 0 => Flow::next(fuel),
            Ok(fuel) => Flow::leave(fuel),
            Err(flow) => flow,
        }
    }
}

record! {
    /// A test with the outcome `HOLDS`, where the slice does not cover what it charges.
    #[cold]
    #[inline(never)]
    skip_short [const HOLDS: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        let cost = if HOLDS { rec.yes } else { rec.no };
        match refill_both(code, fuel, st, (rec.no, cost), rec.d) {
            Ok(fuel) if HOLDS => go!(rest, acc, frame, fuel, st, facc),
            Ok(fuel) => go_past!(rest, rec.skip, acc, frame, fuel, st, facc),
            Err(flow) => flow,
        }
    }
}

/// Ends a loop's body after its test.
macro_rules! end {
    ($code:ident, $rec:ident, $holds:expr, $frame:ident, $fuel:ident, $st:ident, $facc:ident) => {{
        let holds: bool = $holds;
        let left = $fuel - i64::from(if holds { $rec.yes } else { $rec.no });
        if left < 0 {
            return $crate::records::branch::end_short($code, holds.into(), $frame, $fuel, $st, $facc);
        }
        if holds { $crate::rec::Flow::next(left) } else { $crate::rec::Flow::leave(left) }
    }};
}

/// Goes on after a test.
macro_rules! skip {
    ($code:ident, $rec:ident, $rest:ident, $holds:expr, $acc:ident, $frame:ident, $fuel:ident, $st:ident, $facc:ident) => {{
        use $crate::records::branch::skip_short;
        if $holds {
            let left = $fuel - i64::from($rec.yes);
            if left < 0 {
                return skip_short::<true>($code, $acc, $frame, $fuel, $st, $facc);
            }
            go!($rest, $acc, $frame, left, $st, $facc)
        } else {
            let left = $fuel - i64::from($rec.no);
            if left < 0 {
                return skip_short::<false>($code, $acc, $frame, $fuel, $st, $facc);
            }
            go_past!($rest, $rec.skip, $acc, $frame, left, $st, $facc)
        }
    }};
}

pub(crate) use {end, skip};

record! {
    test_skip [P: Op2<Out = bool>, X: Src, Y: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        let holds = P::ap(X::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame));
        skip!(code, rec, rest, holds, acc, frame, fuel, st, facc)
    }
}

last! {
    test_end [P: Op2<Out = bool>, X: Src, Y: Src] (code, rec, acc, frame, fuel, st, facc) {
        let holds = P::ap(X::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame));
        end!(code, rec, holds, frame, fuel, st, facc)
    }
}

/// The functions of a comparison that branches: by [`Pair`] where the operands are in order, then whether it ends a loop's body.
type Tests = [[Option<RecFn>; 2]; Pair::COUNT];

macro_rules! tests {
    (@form $p:ident $x:ident $y:ident) => {
        [Some(test_skip::<op::$p, $x, $y> as RecFn), Some(test_end::<op::$p, $x, $y> as RecFn)]
    };
    ($($p:ident)+) => {{
        let mut forms: [Tests; OPS] = [[[None; 2]; Pair::COUNT]; OPS];
        $(
            forms[Op::$p as usize][Pair::SS as usize] = tests!(@form $p S S);
            forms[Op::$p as usize][Pair::SC as usize] = tests!(@form $p S C);
            forms[Op::$p as usize][Pair::AS as usize] = tests!(@form $p A S);
            forms[Op::$p as usize][Pair::AC as usize] = tests!(@form $p A C);
        )+
        forms
    }};
}

static TESTS: [Tests; OPS] = tests! {
    EqInt NeInt LtS LeS GtS GeS LtU LeU GtU GeU EqFloat NeFloat LtFloat LeFloat GtFloat GeFloat
};

/// The function of a comparison that branches: at the end of a loop's body, or to pass over records.
#[inline]
pub(crate) fn test_fn(op: Op, pair: Pair, end: bool) -> RecFn {
    match TESTS[op as usize][pair as usize][usize::from(end)] {
        Some(f) => f,
        None => unreachable!("{op:?} of {pair:?}: no test, or its operands are not in order"),
    }
}
