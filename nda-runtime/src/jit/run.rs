//! Beginning and end of a run of compiled code.

use super::{FrameMap, JitControlFlow, JitFunction, JitProgram, JitState};
use crate::fpenv::IeeeGuard;
use crate::frame::type_words;
use crate::interrupt::UNITS_PER_LOOK;
use crate::memory::{ARGUMENT, Memory, Sources};
use crate::unit::VectorUnit;
use crate::{Loaded, Outcome, Returned, Run, RunError, RunLimits, RunState, Trap, Value, Watch};
use std::cell::Cell;

/// Words that code may name with one byte, of which some may lie above the frames of a run.
const NEAR: u64 = 256;

/// How a run ended.
#[derive(Debug)]
pub struct Finished<T> {
    /// What was read from the frame of the entry point; or the trap.
    pub result: Result<T, Trap>,
    /// Sum of the costs of all blocks entered.
    pub executed_nodes: u64,
}

/// Runs a compiled function: `place` puts the arguments into its frame and arena, or refuses them; `read` takes results from
/// there. Log and transcript are left in the state, for [`RunState::take_record`].
///
/// `aggregates` are the words of the arena that the arguments take; the memory given to `place` has no more.
///
/// # Errors
/// That of `place`; [`RunError::NoFunction`], and where a host function breaks its signature.
#[inline]
pub fn run<T, E: From<RunError>>(
    (program, jit, entry): (&Loaded, &JitProgram, u32),
    (args, aggregates): (&[Value], usize),
    limits: &RunLimits,
    state: &mut RunState,
    place: impl FnOnce(&mut Memory<'_>, &[Cell<u64>]) -> Result<(), E>,
    read: impl FnOnce(Sources<'_>, &[Cell<u64>]) -> T,
) -> Result<Finished<T>, E> {
    let function = jit.function(entry).ok_or(RunError::NoFunction { object: entry })?;
    program.prepare_arguments(entry, args);
    state.reserve(function, aggregates, program.activation_bytes());
    let words = Cell::from_mut(state.words.as_mut_slice()).as_slice_of_cells();
    let mut memory = Memory { arena: state.arena.words_mut(), constants: program.constants() };
    place(&mut memory, words)?;
    state.record.begin(limits.log_bytes);
    let env = IeeeGuard::enter();
    let unit = VectorUnit {
        memory,
        kernels: program.kernels(),
        watch: Watch::new(limits),
        quantised: &mut state.quantised,
        program,
        args,
    };
    let mut run = JitState::new(
        jit,
        (entry, function),
        words,
        (unit, aggregates),
        limits.fuel,
        &mut state.record,
        &env,
    );
    let flow = enter(function, &mut run);
    match run.unclaimed() {
        (units, false) => state.unclaimed += units,
        (units, true) => function.code.count_machine(None, units),
    }
    if state.unclaimed >= UNITS_PER_LOOK {
        claim((program, jit, entry), function, &mut state.unclaimed);
    }
    let executed_nodes = limits.fuel - run.left();
    let result = if flow == JitControlFlow::RETURN {
        Ok(read(run.unit.memory.sources(), words))
    } else {
        Err(run.take_trap()?)
    };
    Ok(Finished { result, executed_nodes })
}

#[cold]
#[inline(never)]
fn claim((program, jit, entry): (&Loaded, &JitProgram, u32), function: &JitFunction, units: &mut u64) {
    let units = std::mem::take(units);
    function.code.count(None, units);
    if let Some(tier_up) = jit.tier_up() {
        tier_up.spent(program, entry, &function.code, None, units);
    }
}

/// Never inlined, so that no arithmetic moves out of the guarded environment.
#[inline(never)]
fn enter(function: &JitFunction, run: &mut JitState<'_>) -> JitControlFlow {
    (function.code.entered())(run)
}

/// Runs a compiled function on values.
///
/// # Errors
/// Where the arguments do not fit, or a host function breaks its signature.
pub fn run_values(jit: &JitProgram, run: Run<'_>, state: &mut RunState) -> Result<Outcome, RunError> {
    let f = run.check()?.function();
    let map = FrameMap::new(f.params().len(), f.results().len());
    let aggregates: u64 = run.args.iter().map(Value::ty).filter(|ty| ty.is_aggregate()).map(type_words).sum();
    let place = |memory: &mut Memory<'_>, words: &[Cell<u64>]| {
        let mut at = 0;
        for (i, arg) in run.args.iter().enumerate() {
            let word = match arg {
                Value::Mat(_) => ARGUMENT | i as u64,
                Value::Buf(_) | Value::Vec32(_) => {
                    memory.place(arg, at);
                    let word = at as u64;
                    at += type_words(arg.ty()) as usize;
                    word
                }
                scalar => scalar.word(),
            };
            words[map.param(i as u32) as usize].set(word);
        }
        Ok::<(), RunError>(())
    };
    let read = |sources: Sources<'_>, words: &[Cell<u64>]| {
        let value = |ty, word: u32| sources.value(ty, words[word as usize].get());
        let mut returned = Returned { results: Vec::with_capacity(f.results().len()), inout: Vec::new() };
        returned.results.extend(f.results().iter().zip(0..).map(|(ty, i)| value(*ty, map.result(i))));
        for (param, i) in f.params().iter().zip(0..).filter(|(param, _)| param.is_inout()) {
            // The words of parameters are never written, so that this is still the reference to the argument.
            returned.inout.push(value(param.ty, map.param(i)));
        }
        returned
    };
    let program = (run.program, jit, run.entry);
    let args = (run.args, aggregates as usize);
    let Finished { result, executed_nodes } = self::run(program, args, run.limits, state, place, read)?;
    let record = state.take_record();
    let log_bytes = record.used();
    let (log, transcript) = record.into_parts();
    Ok(Outcome { result, executed_nodes, log, transcript, log_bytes })
}

impl RunState {
    /// Makes room for a run of a compiled function.
    #[inline]
    fn reserve(&mut self, function: &JitFunction, aggregates: usize, activations: usize) {
        let words = (function.chain_words + NEAR) as usize;
        if self.words.len() < words {
            grow(&mut self.words, words);
        }
        self.arena.reserve(aggregates + function.chain_aggregates as usize);
        if self.quantised.len() < activations {
            grow(&mut self.quantised, activations);
        }
    }
}

#[cold]
#[inline(never)]
fn grow<T: Copy + Default>(list: &mut Vec<T>, len: usize) {
    list.resize(len, T::default());
}
