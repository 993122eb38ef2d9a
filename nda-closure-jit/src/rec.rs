//! Records: closures converted to a function and its captured operands.
//!
//! A function is one list of them. Each record's function does its work and ends by calling the function of the record that follows, which the
//! compiler makes a jump: the code pointer, accumulators, frame, fuel and state stay in registers. (System V passes six integers and
//! eight floats so; a slice is two of them. The integer accumulator is third, because division owns that register.)

use nda_ast::NodeId;
use nda_runtime::{JitControlFlow, JitState, TrapKind, jit::At};
use std::cell::Cell;

/// Words of a frame that one byte names: indexing needs no check.
pub(crate) const NEAR: u32 = 256;

/// The near words of a frame.
pub(crate) type Frame = [Cell<u64>; NEAR as usize];

pub(crate) type Flow = JitControlFlow;

/// The function of a record: the code from the record on, the accumulator of ints and bools, the frame, the fuel left
/// of the slice, the state of the run, the accumulator of floats.
pub(crate) type RecFn = for<'a> fn(&[Rec], i64, &Frame, i64, &mut JitState<'a>, f64) -> Flow;

/// A function and what it has captured. Which fields mean what is said where each function is defined; mostly `a` and
/// `b` are words of operands, `d` is one to be written, `imm` a constant, `skip` how many records to pass over, `yes` and
/// `no` what the blocks cost to which a test leads.
#[derive(Clone, Copy)]
pub(crate) struct Rec {
    pub f: RecFn,
    pub imm: u64,
    pub a: u8,
    pub b: u8,
    pub c: u8,
    pub d: u8,
    pub skip: u32,
    pub yes: u32,
    pub no: u32,
}

/// Which nodes a record belongs to: at `check` it traps by its own check, at `owner` for want of fuel, by a loop's
/// bound, or by an interruption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Site {
    pub check: NodeId,
    pub owner: NodeId,
}

/// Flag of a site's number: the owner is meant.
pub(crate) const OWNER: u32 = 1 << 31;

/// The number of a record: how many there are from it to the end. Known to it without being stored.
#[inline(always)]
pub(crate) fn site(code: &[Rec]) -> u32 {
    code.len() as u32
}

/// In the place of a loop's ordinal: no loop, but a block of which no interruption may strike.
pub(crate) const BLOCK: u8 = u8::MAX;

/// In the place of the ordinals from here on: loops are counted apart up to here, later ones together.
const MANY: u8 = BLOCK - 1;

pub(crate) fn ordinal_byte(ordinal: u32) -> u8 {
    ordinal.min(MANY.into()) as u8
}

/// No list ends so; the run would report it as a defect of this library. Called in tail position, so that the hot path
/// keeps no constant for it.
#[cold]
#[inline(never)]
pub(crate) fn corrupt() -> Flow {
    Flow::TRAP
}

/// Goes on with the next record.
macro_rules! go {
    ($code:expr, $acc:expr, $frame:expr, $fuel:expr, $st:expr, $facc:expr) => {{
        let code: &[$crate::rec::Rec] = $code;
        $crate::chain::next(code, $acc, $frame, $fuel, $st, $facc)
    }};
}

/// Goes on with the record that lies `$skip` further on than the next.
macro_rules! go_past {
    ($rest:expr, $skip:expr, $acc:expr, $frame:expr, $fuel:expr, $st:expr, $facc:expr) => {{
        match $rest.get($skip as usize..) {
            Some(code) => go!(code, $acc, $frame, $fuel, $st, $facc),
            None => $crate::rec::corrupt(),
        }
    }};
}

/// The function of a record: `code` begins with it.
macro_rules! function {
    ($(#[$doc:meta])* $name:ident [$($gen:tt)*] ($code:ident, $acc:ident, $frame:ident, $fuel:ident, $st:ident,
        $facc:ident) $body:block) => {
        $(#[$doc])*
        pub(crate) fn $name<$($gen)*>(
            $code: &[$crate::rec::Rec],
            $acc: i64,
            $frame: &$crate::rec::Frame,
            $fuel: i64,
            $st: &mut nda_runtime::JitState<'_>,
            $facc: f64,
        ) -> $crate::rec::Flow $body
    };
}

/// The function of a record that others follow; they are `rest`. One check finds the record and the next.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident [$($gen:tt)*] ($code:ident, $rec:ident, $rest:ident, $acc:ident, $frame:ident,
        $fuel:ident, $st:ident, $facc:ident) $body:block) => {
        $crate::rec::function! { $(#[$doc])* $name [$($gen)*] ($code, $acc, $frame, $fuel, $st, $facc) {
            let [$rec, _, ..] = $code else { return $crate::rec::corrupt() };
            let $rest = &$code[1..];
            $body
        } }
    };
}

/// The function of a record that ends a list, a body or a part.
macro_rules! last {
    ($(#[$doc:meta])* $name:ident [$($gen:tt)*] ($code:ident, $rec:ident, $acc:ident, $frame:ident, $fuel:ident,
        $st:ident, $facc:ident) $body:block) => {
        $crate::rec::function! { $(#[$doc])* $name [$($gen)*] ($code, $acc, $frame, $fuel, $st, $facc) {
            let [$rec, ..] = $code else { return $crate::rec::corrupt() };
            $body
        } }
    };
}

pub(crate) use {function, go, go_past, last, record};

/// Ends the run at this record's own check.
#[cold]
#[inline(never)]
pub(crate) fn trap(code: &[Rec], fuel: i64, st: &mut JitState<'_>, kind: TrapKind) -> Flow {
    st.trap(fuel, site(code), kind)
}

/// Ends the run at the owner of this record.
#[cold]
#[inline(never)]
pub(crate) fn trap_owner(code: &[Rec], fuel: i64, st: &mut JitState<'_>, kind: TrapKind) -> Flow {
    st.trap(fuel, site(code) | OWNER, kind)
}

/// Charges what the slice does not cover; `ordinal` is the loop whose head this is, or [`BLOCK`].
#[cold]
#[inline(never)]
pub(crate) fn refill(
    code: &[Rec],
    fuel: i64,
    st: &mut JitState<'_>,
    cost: u64,
    ordinal: u8,
) -> Result<i64, Flow> {
    if ordinal == BLOCK {
        return st.refill(fuel, cost, At::Block).map_err(|kind| trap_owner(code, st.fuel, st, kind));
    }
    // Machine code goes on from here, and leaves the function.
    if ordinal < MANY
        && let Some(flow) = st.enter_loop(fuel, ordinal.into())
    {
        return Err(flow);
    }
    st.refill(fuel, cost, At::Loop(ordinal.into())).map_err(|kind| trap_owner(code, st.fuel, st, kind))
}

/// The same for a condition and then the block that it leads to: the first may be covered where both are not.
#[cold]
#[inline(never)]
pub(crate) fn refill_both(
    code: &[Rec],
    fuel: i64,
    st: &mut JitState<'_>,
    (first, both): (u32, u32),
    ordinal: u8,
) -> Result<i64, Flow> {
    if ordinal == BLOCK {
        return refill(code, fuel, st, both.into(), BLOCK);
    }
    let left = refill(code, fuel, st, first.into(), ordinal)?;
    let more = i64::from(both - first.min(both));
    if left >= more { Ok(left - more) } else { refill(code, left, st, more as u64, BLOCK) }
}
