//! Beginning and end of a run: arguments in, outcome out.

use super::machine::Machine;
use crate::fpenv::IeeeGuard;
use crate::frame::type_words;
use crate::memory::{ARGUMENT, Memory};
use crate::unit::VectorUnit;
use crate::{ActiveCall, Outcome, Record, Run, RunError, RunState, Stop, Trap, Value, Watch};

pub(super) fn run(
    run: Run<'_>,
    state: &mut RunState,
    explain: Option<&mut Vec<ActiveCall>>,
) -> Result<Outcome, RunError> {
    run.check()?;
    let env = IeeeGuard::enter();
    inside(run, state, explain, &env)
}

/// Never inlined, so that no arithmetic moves out of the guarded environment.
#[inline(never)]
fn inside(
    run: Run<'_>,
    state: &mut RunState,
    explain: Option<&mut Vec<ActiveCall>>,
    env: &IeeeGuard,
) -> Result<Outcome, RunError> {
    let codes = run.program.tier0();
    let Some(code) = codes[run.entry as usize].as_ref() else {
        return Err(RunError::NoFunction { object: run.entry });
    };
    let aggregates: u64 = run.args.iter().map(Value::ty).filter(|ty| ty.is_aggregate()).map(type_words).sum();
    let base = aggregates as usize;
    run.program.prepare_arguments(run.entry, run.args);
    state.arena.reserve(base + code.chain_words as usize);
    grow(&mut state.stack, code.height);
    grow(&mut state.quantised, run.program.activation_bytes());
    state.calls.clear();
    state.calls.reserve(code.chain_calls as usize);

    let mut memory = Memory { arena: state.arena.words_mut(), constants: run.program.constants() };
    place_arguments(&mut memory, run.args, base);
    let mut machine = Machine {
        program: run.program,
        codes,
        code,
        function: run.entry,
        pc: 0,
        base,
        stack: &mut state.stack,
        sp: 0,
        unit: VectorUnit {
            memory,
            kernels: run.program.kernels(),
            watch: Watch::new(run.limits),
            quantised: &mut state.quantised,
            program: run.program,
            args: run.args,
        },
        calls: &mut state.calls,
        fuel: run.limits.fuel,
        record: Record::new(run.limits.log_bytes),
        env,
    };
    let result = match machine.execute() {
        Ok(returned) => Ok(returned),
        Err(Stop::Host(error)) => return Err(error),
        Err(Stop::Trap(kind)) => {
            if let Some(calls) = explain {
                *calls = machine.active_calls();
            }
            Err(Trap { kind, locations: machine.locations() })
        }
    };
    let executed_nodes = run.limits.fuel - machine.fuel;
    let log_bytes = machine.record.used();
    let (log, transcript) = machine.record.into_parts();
    Ok(Outcome { result, executed_nodes, log, transcript, log_bytes })
}

fn grow<T: Default + Clone>(v: &mut Vec<T>, len: usize) {
    if v.len() < len {
        v.resize(len, T::default());
    }
}

/// Scalars into the parameters' words; aggregates below the first frame, with a reference in the word.
fn place_arguments(memory: &mut Memory<'_>, args: &[Value], base: usize) {
    let mut at = 0;
    for (i, arg) in args.iter().enumerate() {
        memory.arena[base + i] = match arg {
            Value::Mat(_) => ARGUMENT | i as u64,
            Value::Buf(_) | Value::Vec32(_) => at as u64,
            scalar => scalar.word(),
        };
        memory.place(arg, at);
        at += type_words(if arg.ty().is_aggregate() { arg.ty() } else { continue }) as usize;
    }
}
