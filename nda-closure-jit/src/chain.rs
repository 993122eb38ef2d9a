//! How records follow one another.
//!
//! Each ends by calling the function of the next, in tail position: with optimisation that is a jump. Without, calls stay calls, and
//! a level of nesting would take kilobytes of stack; so builds with debug assertions return to [`start`] instead, which
//! calls the next. Only loops, sequences, calls and the beginning of a function start records otherwise.

use crate::rec::{Flow, Frame, Rec};
use nda_runtime::JitState;

/// Runs records from the first of `code` until one of them says where control goes on.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) fn start(code: &[Rec], frame: &Frame, fuel: i64, st: &mut JitState<'_>) -> Flow {
    next(code, 0, frame, fuel, st, 0.0)
}

/// Goes on with the first record of `code`.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) fn next(
    code: &[Rec],
    acc: i64,
    frame: &Frame,
    fuel: i64,
    st: &mut JitState<'_>,
    facc: f64,
) -> Flow {
    match code.first() {
        Some(next) => (next.f)(code, acc, frame, fuel, st, facc),
        None => crate::rec::corrupt(),
    }
}

#[cfg(debug_assertions)]
pub(crate) use returning::{next, start};

#[cfg(debug_assertions)]
mod returning {
    use super::{Flow, Frame, JitState, Rec};
    use std::cell::Cell;

    /// Says that the next record is to be called. No loop is nested so deep.
    const NEXT: Flow = Flow::continue_loop(u32::MAX);

    thread_local! {
        /// Records from the next one to the end, and the accumulators. Fuel is in the state.
        static WAITING: Cell<(usize, i64, f64)> = const { Cell::new((0, 0, 0.0)) };
    }

    pub(crate) fn next(
        code: &[Rec],
        acc: i64,
        _: &Frame,
        fuel: i64,
        st: &mut JitState<'_>,
        facc: f64,
    ) -> Flow {
        WAITING.set((code.len(), acc, facc));
        st.fuel = fuel;
        NEXT
    }

    pub(crate) fn start(code: &[Rec], frame: &Frame, fuel: i64, st: &mut JitState<'_>) -> Flow {
        let (mut code, mut acc, mut facc, mut fuel) = (code, 0, 0.0, fuel);
        loop {
            let Some(first) = code.first() else { return crate::rec::corrupt() };
            let flow = (first.f)(code, acc, frame, fuel, st, facc);
            if flow != NEXT {
                return flow;
            }
            let left;
            (left, acc, facc) = WAITING.get();
            fuel = st.fuel;
            // Records only ever pass control on.
            code = code.get(code.len().wrapping_sub(left)..).unwrap_or(&[]);
        }
    }
}
