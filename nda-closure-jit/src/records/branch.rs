//! Tests: compare and branch in one record.
//!
//! `Skip`: where the test fails, control passes over `skip` records. `d` is the ordinal of the loop whose condition this is, or
//! [`BLOCK`]. `End`, the last record of a loop's body: where the test holds, the loop goes on, else it is left; `skip` is
//! the loop's ordinal.
//!
//! `yes` and `no` are charged: what the test leads to and, where it is a loop's condition, the condition's own block,
//! which then is `no`. The test comes before the charge, which nothing can observe, since it cannot trap.

use super::operand::{A, C, Pair, S, Src};
use super::scalar::{Op2, op};
use crate::rec::{BLOCK, Flow, Rec, RecFn, go, go_past, record, refill_both};
use nda_ast::Op;
use nda_runtime::JitState;

/// Charges `cost` at the end of a loop's body: what the loop goes on or is left with.
#[inline(always)]
pub(crate) fn end(code: &[Rec], rec: &Rec, holds: bool, fuel: i64, st: &mut JitState<'_>) -> Flow {
    let cost = if holds { rec.yes } else { rec.no };
    let mut left = fuel - i64::from(cost);
    if left < 0 {
        match refill_both(code, fuel, st, (rec.no, cost), rec.skip.min(BLOCK.into()) as u8) {
            Ok(fuel) => left = fuel,
            Err(flow) => return flow,
        }
    }
    if holds { Flow::next(left) } else { Flow::leave(left) }
}

/// Goes on after a test.
macro_rules! skip {
    ($code:ident, $rec:ident, $rest:ident, $holds:expr, $ordinal:expr, $acc:ident, $frame:ident, $fuel:ident, $st:ident, $facc:ident) => {{
        if $holds {
            let mut left = $fuel - i64::from($rec.yes);
            if left < 0 {
                match refill_both($code, $fuel, $st, ($rec.no, $rec.yes), $ordinal) {
                    Ok(fuel) => left = fuel,
                    Err(flow) => return flow,
                }
            }
            go!($rest, $acc, $frame, left, $st, $facc)
        } else {
            let mut left = $fuel - i64::from($rec.no);
            if left < 0 {
                match refill_both($code, $fuel, $st, ($rec.no, $rec.no), $ordinal) {
                    Ok(fuel) => left = fuel,
                    Err(flow) => return flow,
                }
            }
            go_past!($rest, $rec.skip, $acc, $frame, left, $st, $facc)
        }
    }};
}

record! {
    test_skip [P: Op2<Out = bool>, X: Src, Y: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        let holds = P::ap(X::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame));
        skip!(code, rec, rest, holds, rec.d, acc, frame, fuel, st, facc)
    }
}

record! {
    test_end [P: Op2<Out = bool>, X: Src, Y: Src] (code, rec, _rest, acc, frame, fuel, st, facc) {
        let holds = P::ap(X::get(rec, rec.a, acc, facc, frame), Y::get(rec, rec.b, acc, facc, frame));
        end(code, rec, holds, fuel, st)
    }
}

/// A bool in a word or the accumulator.
macro_rules! tests {
    ($op:ident, $pair:ident, $end:ident; $($p:ident)+) => {
        match ($op, $pair, $end) {
            $((Op::$p, Pair::SS, false) => test_skip::<op::$p, S, S>,
            (Op::$p, Pair::SC, false) => test_skip::<op::$p, S, C>,
            (Op::$p, Pair::AS, false) => test_skip::<op::$p, A, S>,
            (Op::$p, Pair::AC, false) => test_skip::<op::$p, A, C>,
            (Op::$p, Pair::SS, true) => test_end::<op::$p, S, S>,
            (Op::$p, Pair::SC, true) => test_end::<op::$p, S, C>,
            (Op::$p, Pair::AS, true) => test_end::<op::$p, A, S>,
            (Op::$p, Pair::AC, true) => test_end::<op::$p, A, C>,)+
            (other, ..) => unreachable!("{other:?} is no test, or its operands are not in order"),
        }
    };
}

/// The function of a comparison that branches: at the end of a loop's body, or to pass over records.
pub(crate) fn test_fn(op: Op, pair: Pair, end: bool) -> RecFn {
    tests! { op, pair, end;
        EqInt NeInt LtS LeS GtS GeS LtU LeU GtU GeU EqFloat NeFloat LtFloat LeFloat GtFloat GeFloat
    }
}
