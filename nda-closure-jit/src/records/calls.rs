//! Calls of functions and of the host.
//!
//! The arguments are in place. `imm` is the entry of the function's table; the callee's frame begins `skip` words above, its aggregates
//! `yes` words above the caller's.

use super::flow::{at_call, type_of};
use super::operand::Reg;
use crate::rec::{Flow, Rec, RecFn, go, record, trap};
use nda_runtime::{JitState, Value, VectorUnit};

/// Enters the callee; gives the fuel left.
#[inline(always)]
fn enter(code: &[Rec], fuel: i64, st: &mut JitState<'_>) -> Result<i64, Flow> {
    let [rec, ..] = code else { return Err(Flow::TRAP) };
    let Some(object) = st.target(rec.imm as usize) else { return Err(Flow::TRAP) };
    st.fuel = fuel;
    if st.call(object as u32, rec.skip as usize, rec.yes as usize) == Flow::RETURN {
        return Ok(st.fuel);
    }
    at_call(code, st);
    Err(Flow::TRAP)
}

record! {
    /// A call with one scalar result, found `no` words above: into the accumulator, and into `d`.
    call [T: Reg, const STORE: bool] (code, rec, rest, acc, frame, fuel, st, facc) {
        match enter(code, fuel, st) {
            Ok(fuel) => {
                let word = st.words.get(st.frame + rec.no as usize).map_or(0, |word| word.get());
                if STORE {
                    frame[usize::from(rec.d)].set(word);
                }
                let (acc, facc) = T::from_word(word).pass(acc, facc);
                go!(rest, acc, frame, fuel, st, facc)
            }
            Err(flow) => flow,
        }
    }
}

record! {
    /// A call of which nothing is taken; results are taken by what follows.
    call_stmt [] (code, _rec, rest, acc, frame, fuel, st, facc) {
        match enter(code, fuel, st) {
            Ok(fuel) => go!(rest, acc, frame, fuel, st, facc),
            Err(flow) => flow,
        }
    }
}

record! {
    /// Copies the aggregate that word `imm`, above this frame, refers to into the place `skip`; `d` gets the reference.
    take_aggregate [] (code, rec, rest, acc, frame, fuel, st, facc) {
        let from = st.words.get(st.frame + rec.imm as usize).map_or(0, |word| word.get());
        let at = st.base + rec.skip as usize;
        frame[usize::from(rec.d)].set(at as u64);
        match st.unit.copy(type_of(rec), from, at) {
            Ok(()) => go!(rest, acc, frame, fuel, st, facc),
            Err(kind) => trap(code, fuel, st, kind),
        }
    }
}

/// Most words that a host call takes or gives.
const MOST: usize = 1024;

record! {
    /// A call of the host with `no` arguments from word `skip` on, above this frame; the results go to the words after them, an
    /// aggregate to where its word already refers.
    call_host [] (code, rec, rest, acc, frame, fuel, st, facc) {
        match ask(code, rec, fuel, st) {
            Ok(fuel) => go!(rest, acc, frame, fuel, st, facc),
            Err(flow) => flow,
        }
    }
}

/// In a function of its own, since it needs much stack.
#[inline(never)]
fn ask(code: &[Rec], rec: &Rec, fuel: i64, st: &mut JitState<'_>) -> Result<i64, Flow> {
    let (words, first, count) = (st.words, st.frame + rec.skip as usize, rec.no as usize);
    let mut args = [0; MOST];
    let (Some(args), Some(host)) = (args.get_mut(..count), st.target(rec.imm as usize)) else {
        return Err(Flow::TRAP);
    };
    for (arg, word) in args.iter_mut().zip(&words[first..]) {
        *arg = word.get();
    }
    at_call(code, st);
    st.call_host(fuel, host as u32, args, |unit: &mut VectorUnit<'_>, i: usize, value: &Value| {
        let word = &words[first + count + i];
        if value.ty().is_aggregate() {
            unit.memory.place(value, word.get() as usize);
        } else {
            word.set(value.word());
        }
    })
}

/// The function of `call`.
pub(crate) fn call_fn(float: bool, store: bool) -> RecFn {
    match (float, store) {
        (false, false) => call::<i64, false>,
        (false, true) => call::<i64, true>,
        (true, false) => call::<f64, false>,
        (true, true) => call::<f64, true>,
    }
}
