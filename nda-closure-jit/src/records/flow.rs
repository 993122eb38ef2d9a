//! Loops, sequences, jumps, returns, charges.
//!
//! A loop is a Rust loop: its record calls the first record of the body, and the last record of the body returns whether
//! to go on. So nothing but loops, sequences and calls adds to the machine stack, whatever the compiler makes of the calls in tail position.

use super::operand::{Kind, Reg, S, Src};
use crate::chain::start;
use crate::rec::{BLOCK, Flow, Frame, Rec, RecFn, go, go_past, last, record, refill, site, trap, trap_owner};
use nda_ast::Type;
use nda_runtime::{JitState, TrapKind};

record! {
    /// Passes over `skip` records.
    jump [] (code, rec, rest, acc, frame, fuel, st, facc) {
        go_past!(rest, rec.skip, acc, frame, fuel, st, facc)
    }
}

/// How a loop goes on after a status of its body that is neither the next iteration nor its end.
pub(crate) enum Outer {
    /// At the end of its body.
    Continue(i64),
    /// After it.
    Leave(i64),
    /// Further out.
    Pass(Flow),
}

#[cold]
#[inline(never)]
pub(crate) fn outer(flow: Flow, st: &JitState<'_>) -> Outer {
    match flow.outer_loop() {
        Some((0, true)) => Outer::Continue(st.fuel),
        Some((0, false)) => Outer::Leave(st.fuel),
        Some((depth, true)) => Outer::Pass(Flow::continue_loop(depth - 1)),
        Some((depth, false)) => Outer::Pass(Flow::leave_loop(depth - 1)),
        None => Outer::Pass(flow),
    }
}

/// Runs a loop whose first iteration has been charged; gives the fuel left after it. `end` is where the end of the
/// body begins.
#[inline(always)]
fn iterate(body: &[Rec], end: u32, frame: &Frame, fuel: i64, st: &mut JitState<'_>) -> Result<i64, Flow> {
    let mut fuel = fuel;
    loop {
        let mut flow = start(body, frame, fuel, st);
        loop {
            if let Some(left) = flow.fuel() {
                fuel = left;
                break;
            }
            if let Some(left) = flow.left() {
                return Ok(left);
            }
            match outer(flow, st) {
                Outer::Leave(left) => return Ok(left),
                Outer::Pass(flow) => return Err(flow),
                Outer::Continue(left) => {
                    flow = start(body.get(end as usize..).unwrap_or(&[]), frame, left, st);
                }
            }
        }
    }
}

record! {
    /// A `While` whose condition has held and been charged, with its first body. The body follows, `skip` records; its
    /// end begins `no` records into it.
    while_loop [] (_code, rec, rest, _acc, frame, fuel, st, _facc) {
        match iterate(rest, rec.no, frame, fuel, st) {
            Ok(fuel) => go_past!(rest, rec.skip, 0, frame, fuel, st, 0.0),
            Err(flow) => flow,
        }
    }
}

record! {
    /// A `Loop` over a count. `b`: word of the limit; `d`: word of the index; `c`: its ordinal; `yes`: cost of the body; else as
    /// `while_loop`.
    count_loop [X: Src] (code, rec, rest, acc, frame, fuel, st, facc) {
        let count: i64 = X::get(rec, rec.a, acc, facc, frame);
        if count <= 0 {
            return go_past!(rest, rec.skip, acc, frame, fuel, st, facc);
        }
        frame[usize::from(rec.b)].set(count as u64);
        frame[usize::from(rec.d)].set(0);
        let mut left = fuel - i64::from(rec.yes);
        if left < 0 {
            match refill(code, fuel, st, rec.yes.into(), rec.c) {
                Ok(fuel) => left = fuel,
                Err(flow) => return flow,
            }
        }
        match iterate(rest, rec.no, frame, left, st) {
            Ok(fuel) => go_past!(rest, rec.skip, 0, frame, fuel, st, 0.0),
            Err(flow) => flow,
        }
    }
}

last! {
    /// The end of the body of a `Loop`: counts the index in `d` up to the limit in `b` and charges `yes`, the next iteration; `skip` is
    /// the loop's ordinal.
    count_end [] (code, rec, acc, frame, fuel, st, facc) {
        let next = frame[usize::from(rec.d)].get() + 1;
        if next == frame[usize::from(rec.b)].get() {
            return Flow::leave(fuel);
        }
        frame[usize::from(rec.d)].set(next);
        let left = fuel - i64::from(rec.yes);
        if left < 0 {
            return count_short(code, acc, frame, fuel, st, facc);
        }
        Flow::next(left)
    }
}

last! {
    /// `count_end` where the slice does not cover the next iteration. Like every such case a function of its own in tail
    /// position, so that the hot path saves no register.
    #[cold]
    #[inline(never)]
    count_short [] (code, rec, _acc, _frame, fuel, st, _facc) {
        match refill(code, fuel, st, rec.yes.into(), rec.skip as u8) {
            Ok(fuel) => Flow::next(fuel),
            Err(flow) => flow,
        }
    }
}

record! {
    /// As `count_loop` with the count in `a` and a bound K, `imm`.
    bounded_loop [] (code, rec, _rest, acc, frame, fuel, st, facc) {
        if S::get::<i64>(rec, rec.a, acc, facc, frame) > 0 && rec.imm == 0 {
            return trap_owner(code, fuel, st, TrapKind::LoopLimit { max: 0 });
        }
        count_loop::<S>(code, acc, frame, fuel, st, facc)
    }
}

last! {
    /// As `count_end` with a bound K, `imm`.
    bounded_end [] (code, rec, acc, frame, fuel, st, facc) {
        let next = frame[usize::from(rec.d)].get() + 1;
        if next >= rec.imm && next != frame[usize::from(rec.b)].get() {
            return trap_owner(code, fuel, st, TrapKind::LoopLimit { max: rec.imm });
        }
        count_end(code, acc, frame, fuel, st, facc)
    }
}

record! {
    /// A `While` with a bound K, `imm`: counts the iteration that begins in `d`, then charges `yes`, its body.
    bound [] (code, rec, rest, acc, frame, fuel, st, facc) {
        let begun = frame[usize::from(rec.d)].get();
        if begun >= rec.imm {
            return trap_owner(code, fuel, st, TrapKind::LoopLimit { max: rec.imm });
        }
        frame[usize::from(rec.d)].set(begun + 1);
        let mut left = fuel - i64::from(rec.yes);
        if left < 0 {
            match refill(code, fuel, st, rec.yes.into(), BLOCK) {
                Ok(fuel) => left = fuel,
                Err(flow) => return flow,
            }
        }
        go!(rest, acc, frame, left, st, facc)
    }
}

record! {
    /// Charges `imm`: at the head of loop `d`, or of a block.
    charge [] (code, rec, rest, acc, frame, fuel, st, facc) {
        if fuel as u64 >= rec.imm {
            return go!(rest, acc, frame, fuel - rec.imm as i64, st, facc);
        }
        charge_short(code, acc, frame, fuel, st, facc)
    }
}

record! {
    #[cold]
    #[inline(never)]
    charge_short [] (code, rec, rest, acc, frame, fuel, st, facc) {
        match refill(code, fuel, st, rec.imm, rec.d) {
            Ok(fuel) => go!(rest, acc, frame, fuel, st, facc),
            Err(flow) => flow,
        }
    }
}

record! {
    /// Runs the parts that follow one after the other, each behind a `part` that knows its length, then passes over all of them,
    /// `skip` records. It bounds the machine stack where calls in tail position are not made jumps.
    sequence [] (_code, rec, rest, _acc, frame, fuel, st, _facc) {
        let mut fuel = fuel;
        let mut at = rest;
        loop {
            let [part, body @ ..] = at else { return Flow::TRAP };
            let flow = start(body, frame, fuel, st);
            match flow.fuel() {
                Some(left) => fuel = left,
                None => return flow,
            }
            if part.no != 0 {
                break;
            }
            at = body.get(part.skip as usize..).unwrap_or(&[]);
        }
        go_past!(rest, rec.skip, 0, frame, fuel, st, 0.0)
    }
}

record! {
    /// Head of a part of a sequence; `skip`: its records; `no`: not 0 of the last. The sequence's record passes over it.
    part [] (code, _rec, rest, acc, frame, fuel, st, facc) {
        go!(rest, acc, frame, fuel, st, facc)
    }
}

last! {
    /// The end of a part, or of a function outside of loops and sequences: on to what follows it.
    done [] (_code, _rec, _acc, _frame, fuel, _st, _facc) {
        Flow::next(fuel)
    }
}

last! {
    /// Out of the innermost loop.
    leave [] (_code, _rec, _acc, _frame, fuel, _st, _facc) {
        Flow::leave(fuel)
    }
}

last! {
    /// Out of the loop `skip` further out.
    leave_loop [] (_code, rec, _acc, _frame, fuel, st, _facc) {
        st.fuel = fuel;
        Flow::leave_loop(rec.skip)
    }
}

last! {
    /// On to the next iteration of the loop `skip` further out.
    continue_loop [] (_code, rec, _acc, _frame, fuel, st, _facc) {
        st.fuel = fuel;
        Flow::continue_loop(rec.skip)
    }
}

last! {
    /// Returns.
    ret [] (_code, _rec, _acc, _frame, fuel, st, _facc) {
        st.fuel = fuel;
        Flow::RETURN
    }
}

last! {
    /// Returns a scalar or reference, stored in `d`.
    ret_value [T: Reg, X: Src] (_code, rec, acc, frame, fuel, st, facc) {
        frame[usize::from(rec.d)].set(X::get::<T>(rec, rec.a, acc, facc, frame).word());
        st.fuel = fuel;
        Flow::RETURN
    }
}

last! {
    /// Traps with the code in `a`.
    fail [] (code, rec, _acc, frame, fuel, st, _facc) {
        let code_of = frame[usize::from(rec.a)].get() as i64;
        trap(code, fuel, st, TrapKind::Failed { code: code_of })
    }
}

/// A type in a record: class in `c`, length or capacity in `yes`.
pub(crate) fn type_fields(ty: Type) -> (u8, u32) {
    use nda_ast::Elem;
    match ty {
        Type::Int => (0, 0),
        Type::Float => (1, 0),
        Type::Bool => (2, 0),
        Type::Vec { n } => (3, n),
        Type::Buf { elem: Elem::U8, cap } => (4, cap),
        Type::Buf { elem: Elem::Int, cap } => (5, cap),
        Type::Buf { elem: Elem::Float, cap } => (6, cap),
        Type::Mat { .. } => unreachable!("a matrix is never copied or printed"),
    }
}

/// The type of a record.
pub(crate) fn type_of(rec: &Rec) -> Type {
    use nda_ast::Elem;
    match rec.c {
        0 => Type::Int,
        1 => Type::Float,
        2 => Type::Bool,
        3 => Type::Vec { n: rec.yes },
        4 => Type::Buf { elem: Elem::U8, cap: rec.yes },
        5 => Type::Buf { elem: Elem::Int, cap: rec.yes },
        _ => Type::Buf { elem: Elem::Float, cap: rec.yes },
    }
}

record! {
    /// Prints the word `a`, of the type in `c` and `yes`.
    print [] (code, rec, rest, acc, frame, fuel, st, facc) {
        match st.print(type_of(rec), frame[usize::from(rec.a)].get()) {
            Ok(()) => go!(rest, acc, frame, fuel, st, facc),
            Err(kind) => trap(code, fuel, st, kind),
        }
    }
}

record! {
    /// What entry `skip` of the function's table names, into `d`: a reference to a constant, or a matrix.
    constant [] (code, rec, rest, acc, frame, fuel, st, facc) {
        let Some(target) = st.target(rec.skip as usize) else { return Flow::TRAP };
        frame[usize::from(rec.d)].set(target);
        go!(rest, acc, frame, fuel, st, facc)
    }
}

/// The function of `ret_value`.
pub(crate) fn ret_value_fn(float: bool, kind: Kind) -> RecFn {
    use super::operand::{A, C};
    match (float, kind) {
        (_, Kind::S) => ret_value::<i64, S>,
        (_, Kind::C) => ret_value::<i64, C>,
        (false, Kind::A) => ret_value::<i64, A>,
        (true, Kind::A) => ret_value::<f64, A>,
    }
}

/// The number of the record that the call was made from, for the chain of a trap.
#[inline]
pub(crate) fn at_call(code: &[Rec], st: &mut JitState<'_>) {
    st.site = site(code);
}
