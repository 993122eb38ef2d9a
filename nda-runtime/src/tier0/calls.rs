//! Calls: frames one above the other, results on the way back, the host.

use super::machine::{Checked, Machine, Stop};
use super::memory::Sources;
use super::start::scalar_word;
use super::step::{NO_DEST, Step};
use crate::{Buf, BufData, Location, Returned, RunError, Value};
use nda_ast::{Elem, Type, ValidFunction};

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
            Some(f) => f.valid(),
            None => unreachable!("object {object} is no function"),
        }
    }

    /// Moves the arguments into the parameters' words of a new frame.
    pub fn enter_function(&mut self, callee: u32, args: usize) {
        let (Some(caller), Some(code)) =
            (self.program.function(self.function), self.codes[callee as usize].as_ref())
        else {
            unreachable!("object {callee} is no function")
        };
        let base = self.base + caller.layout().words() as usize;
        self.sp -= args;
        self.memory.arena[base..base + args].copy_from_slice(&self.stack[self.sp..self.sp + args]);
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
                let words = self.memory.copy(ty, from, to);
                self.push(to as u64);
                self.watch.work(self.fuel, words as u64)?;
            }
            _ => self.take_results(callee)?,
        }
        Ok(None)
    }

    /// Results of a call statement, into its slots.
    fn take_results(&mut self, callee: u32) -> Checked {
        let program = self.program;
        let Some(f) = program.function(callee) else { return Ok(()) };
        let results = f.valid().function().results();
        self.sp -= results.len();
        for (i, &ty) in results.iter().enumerate() {
            let word = self.stack[self.sp + i];
            let at = self.result_word(i);
            if ty.is_aggregate() {
                let words = self.memory.copy(ty, word, at);
                self.watch.work(self.fuel, words as u64)?;
            } else {
                self.memory.arena[at] = word;
            }
        }
        Ok(())
    }

    /// Place of result `i` of the call statement under way.
    fn result_word(&self, i: usize) -> usize {
        let first = self.node().first_result();
        match self.program.function(self.function) {
            Some(f) => self.base + f.layout().slot(first + i as u32) as usize,
            None => unreachable!("object {} is no function", self.function),
        }
    }

    /// What the entry point gives back.
    fn returned(&mut self) -> Returned {
        let f = self.valid(self.function).function();
        let first = self.sp - f.results().len();
        let results = f.results().iter().zip(&self.stack[first..]);
        let results = results.map(|(ty, word)| self.value(*ty, *word)).collect();
        // The words of parameters are never written, so that these are still the references to the arguments.
        let params = f.params().iter().zip(&self.memory.arena[self.base..]);
        let inout = params.filter(|(p, _)| p.is_inout()).map(|(p, word)| self.value(p.ty, *word)).collect();
        Returned { results, inout }
    }

    /// Asks the host.
    pub fn call_host(&mut self, object: u32, args: usize) -> Result<(), Stop> {
        let program = self.program;
        let Some((hash, import, host)) = program.import(object) else {
            unreachable!("object {object} is no import")
        };
        self.watch.poll(self.fuel)?;
        self.sp -= args;
        let words = &self.stack[self.sp..self.sp + args];
        let typed = || import.params.iter().map(|p| p.ty).zip(words.iter().copied());
        let sources = self.memory.sources();
        // The call itself is an entry without payload, so that calls without arguments are bounded too.
        let payloads = typed().map(|(ty, word)| payload(sources, ty, word));
        self.record.charge(std::iter::once(0).chain(payloads))?;
        let values = typed().map(|(ty, word)| value(sources, ty, word)).collect();
        self.record.begin_call(hash, object, values);
        let args = self.record.call_args();
        let reply = self.env.outside(|| host.call(args));
        // It may have taken any time.
        self.watch.look_soon();
        if let Ok(results) = &reply
            && !results.iter().map(Value::ty).eq(import.results.iter().copied())
        {
            return Err(Stop::Host(RunError::HostResults {
                import: import.name.clone(),
                expected: import.results.clone(),
                found: results.iter().map(Value::ty).collect(),
            }));
        }
        let places: Places =
            std::array::from_fn(|i| if i < import.results.len() { self.result_word(i) } else { 0 });
        let results = self.record.end_call(reply.map_err(|error| error.code))?;
        for (result, at) in results.iter().zip(places) {
            if result.ty().is_aggregate() {
                self.memory.place(result, at);
            } else {
                self.memory.arena[at] = scalar_word(result);
            }
        }
        Ok(())
    }

    /// Bytes of a log entry besides its overhead.
    pub fn payload(&self, ty: Type, word: u64) -> u64 {
        payload(self.memory.sources(), ty, word)
    }

    /// A value for the host.
    pub fn value(&self, ty: Type, word: u64) -> Value {
        value(self.memory.sources(), ty, word)
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

/// Words of the results of a host call.
type Places = [usize; nda_ast::MAX_RESULTS];

fn payload(sources: Sources<'_>, ty: Type, word: u64) -> u64 {
    match ty {
        Type::Int | Type::Float | Type::Bool => 8,
        Type::Vec { n } => 4 * u64::from(n),
        Type::Buf { elem, .. } => sources.len(word) as u64 * elem.size(),
        Type::Mat { .. } => 0,
    }
}

fn value(sources: Sources<'_>, ty: Type, word: u64) -> Value {
    match ty {
        Type::Int => Value::Int(word as i64),
        Type::Float => Value::Float(f64::from_bits(word)),
        Type::Bool => Value::Bool(word != 0),
        Type::Vec { n } => {
            let mut data = sources.vec(word, n as usize).to_vec();
            nda_kernels::canon_slice(&mut data);
            Value::Vec32(data)
        }
        Type::Buf { elem, cap } => {
            let data = match elem {
                Elem::U8 => BufData::U8(sources.bytes(word).to_vec()),
                Elem::Int => BufData::Int(bytemuck::cast_slice(sources.elements(word)).to_vec()),
                Elem::Float => BufData::Float(bytemuck::cast_slice(sources.elements(word)).to_vec()),
            };
            match Buf::new(data, cap) {
                Ok(buf) => Value::Buf(buf),
                Err(error) => unreachable!("a buffer of the run: {error}"),
            }
        }
        Type::Mat { .. } => unreachable!("a matrix leaves no run"),
    }
}
