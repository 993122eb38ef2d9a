//! Calls: frames one above the other, results on the way back, the host.

use super::machine::{Checked, Machine};
use super::step::{NO_DEST, Step};
use crate::host::ask;
use crate::{Location, Returned, Stop, Value};
use nda_ast::{Type, ValidFunction};

/// A caller that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activation {
    /// Its object.
    pub function: u32,
    /// The step after the call.
    pub pc: usize,
    /// First word of its frame.
    pub base: usize,
}

impl Machine<'_> {
    fn valid(&self, object: u32) -> &ValidFunction {
        match self.program.function(object) {
            Some(f) => f,
            None => unreachable!("object {object} is no function"),
        }
    }

    /// Moves the arguments into the parameters' words of a new frame.
    pub fn enter_function(&mut self, callee: u32, args: usize) {
        let Some(code) = self.codes[callee as usize].as_ref() else {
            unreachable!("object {callee} is no function")
        };
        let base = self.base + self.code.layout.words() as usize;
        self.sp -= args;
        self.unit.memory.arena[base..base + args].copy_from_slice(&self.stack[self.sp..self.sp + args]);
        self.calls.push(Activation { function: self.function, pc: self.pc, base: self.base });
        (self.function, self.code, self.pc, self.base) = (callee, code, 0, base);
    }

    /// Takes the results from the stack to where the caller wants them; gives them to the host where there is none.
    pub fn leave_function(&mut self) -> Checked<Option<Returned>> {
        let callee = self.function;
        let Some(caller) = self.calls.pop() else { return Ok(Some(self.returned())) };
        let Some(code) = self.codes[caller.function as usize].as_ref() else {
            unreachable!("object {} is no function", caller.function)
        };
        (self.function, self.code, self.pc, self.base) = (caller.function, code, caller.pc, caller.base);
        match code.steps[self.pc - 1] {
            Step::Call { dest: NO_DEST, .. } => {}
            Step::Call { dest, .. } => {
                let ty = self.valid(callee).function().results()[0];
                let (from, to) = (self.pop(), self.base + dest as usize);
                self.push(to as u64);
                self.unit.copy(ty, from, to)?;
            }
            _ => self.take_results(callee)?,
        }
        Ok(None)
    }

    /// Results of a call statement, into its slots.
    fn take_results(&mut self, callee: u32) -> Checked {
        let program = self.program;
        let Some(f) = program.function(callee) else { return Ok(()) };
        let results = f.function().results();
        self.sp -= results.len();
        for (i, &ty) in results.iter().enumerate() {
            let word = self.stack[self.sp + i];
            let at = self.result_word(i);
            if ty.is_aggregate() {
                self.unit.copy(ty, word, at)?;
            } else {
                self.unit.memory.arena[at] = word;
            }
        }
        Ok(())
    }

    /// Place of result `i` of the call statement under way.
    fn result_word(&self, i: usize) -> usize {
        let first = self.node().first_result();
        self.base + self.code.layout.slot(first + i as u32) as usize
    }

    /// What the entry point gives back.
    fn returned(&mut self) -> Returned {
        let f = self.valid(self.function).function();
        let first = self.sp - f.results().len();
        let results = f.results().iter().zip(&self.stack[first..]);
        let results = results.map(|(ty, word)| self.value(*ty, *word)).collect();
        // The words of parameters are never written, so that these are still the references to the arguments.
        let params = f.params().iter().zip(&self.unit.memory.arena[self.base..]);
        let inout = params.filter(|(p, _)| p.is_inout()).map(|(p, word)| self.value(p.ty, *word)).collect();
        Returned { results, inout }
    }

    /// Asks the host.
    pub fn call_host(&mut self, host: u32, args: usize) -> Result<(), Stop> {
        self.unit.watch.poll(self.fuel)?;
        self.sp -= args;
        let words = &self.stack[self.sp..self.sp + args];
        let first = self.node().first_result();
        let results = ask(&mut self.unit, &mut self.record, self.env, host, words)?;
        for (i, result) in results.iter().enumerate() {
            let at = self.base + self.code.layout.slot(first + i as u32) as usize;
            if result.ty().is_aggregate() {
                self.unit.memory.place(result, at);
            } else {
                self.unit.memory.arena[at] = result.word();
            }
        }
        Ok(())
    }

    /// Bytes of a log entry besides its overhead.
    pub fn payload(&self, ty: Type, word: u64) -> u64 {
        self.unit.memory.sources().payload(ty, word)
    }

    /// A value for the host.
    pub fn value(&self, ty: Type, word: u64) -> Value {
        self.unit.memory.sources().value(ty, word)
    }

    /// Where the step under way is, from the entry point inwards.
    pub fn locations(&self) -> Vec<Location> {
        let here = Activation { function: self.function, pc: self.pc, base: self.base };
        self.calls.iter().chain([&here]).map(|at| self.location(at)).collect()
    }

    pub fn location(&self, at: &Activation) -> Location {
        let node = match self.codes[at.function as usize].as_ref() {
            Some(code) => code.nodes[at.pc - 1],
            None => 0,
        };
        Location { function: self.valid(at.function).hash(), object: at.function, node }
    }
}
