//! Beginning and end of a run: arguments in, outcome out.

use super::machine::{Machine, Stop};
use super::memory::{ARGUMENT, Memory};
use crate::fpenv::IeeeGuard;
use crate::frame::type_words;
use crate::{
    ActiveCall, BoundFunction, BufData, Outcome, Record, Run, RunError, RunState, Trap, Value, Watch,
};

pub(super) fn run(
    run: Run<'_>,
    state: &mut RunState,
    explain: Option<&mut Vec<ActiveCall>>,
) -> Result<Outcome, RunError> {
    let entry = run.program.function(run.entry).ok_or(RunError::NoFunction { object: run.entry })?;
    check_arguments(&run, entry)?;
    let env = IeeeGuard::enter();
    inside(run, entry, state, explain, &env)
}

fn check_arguments(run: &Run<'_>, entry: &BoundFunction) -> Result<(), RunError> {
    let params = entry.valid().function().params();
    if params.len() != run.args.len() {
        return Err(RunError::ArgCount { expected: params.len(), found: run.args.len() });
    }
    for (index, (param, arg)) in params.iter().zip(run.args).enumerate() {
        let found = arg.ty();
        if found != param.ty {
            return Err(RunError::ArgType { index, expected: param.ty, found });
        }
    }
    Ok(())
}

/// Never inlined, so that no arithmetic moves out of the guarded environment.
#[inline(never)]
fn inside(
    run: Run<'_>,
    entry: &BoundFunction,
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
    state.arena.reserve(base + entry.chain_words() as usize);
    grow(&mut state.stack, code.height);
    grow(&mut state.quantised, run.program.widest_matrix());
    state.calls.clear();
    state.calls.reserve(entry.chain_calls() as usize);

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
        memory,
        calls: &mut state.calls,
        fuel: run.limits.fuel,
        watch: Watch::new(run.limits),
        record: Record::new(run.limits.log_bytes),
        quantised: &mut state.quantised,
        kernels: nda_kernels::kernels(),
        args: run.args,
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
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => scalar_word(arg),
            Value::Buf(_) | Value::Vec32(_) => at as u64,
        };
        memory.place(arg, at);
        at += type_words(if arg.ty().is_aggregate() { arg.ty() } else { continue }) as usize;
    }
}

/// The word of a scalar.
pub(super) fn scalar_word(value: &Value) -> u64 {
    match value {
        Value::Int(x) => *x as u64,
        Value::Float(x) => x.to_bits(),
        Value::Bool(x) => (*x).into(),
        Value::Buf(_) | Value::Vec32(_) | Value::Mat(_) => 0,
    }
}

impl Memory<'_> {
    /// Writes an aggregate at word `at`.
    pub fn place(&mut self, value: &Value, at: usize) {
        use super::memory::{bytes_mut, elements_mut, vec_mut};
        let words = &mut self.arena[at..];
        match value {
            Value::Vec32(data) => vec_mut(words, data.len()).copy_from_slice(data),
            Value::Buf(buf) => match buf.data() {
                BufData::U8(data) => bytes_mut(words, data.len()).copy_from_slice(data),
                BufData::Int(data) => {
                    elements_mut(words, data.len()).copy_from_slice(bytemuck::cast_slice(data));
                }
                BufData::Float(data) => {
                    elements_mut(words, data.len()).copy_from_slice(bytemuck::cast_slice(data));
                }
            },
            Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Mat(_) => {}
        }
    }
}
