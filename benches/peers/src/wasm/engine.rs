//! A WebAssembly engine as an engine of the benchmarks.

use super::{Backend, Host, Instance, Stop};
use nda_benches::engine::{Answer, Caller, Cold, Compile, Engine, Ready};
use nda_benches::subject::{ColdProgram, Subject};
use nda_runtime::{Loaded, Value};
use nda_testkit::to_wasm::{Module, Word, translate};
use std::hint::black_box;
use std::sync::Arc;

/// A WebAssembly engine under a name, with settings for programs that are kept and for programs that run once.
pub struct Peer<B> {
    /// Its name.
    pub name: &'static str,
    /// What is inside its timed regions.
    pub timed: &'static str,
    /// For programs that run often.
    pub kept: B,
    /// For programs that are seen once.
    pub once: B,
}

fn module(subject: &Subject) -> Result<Module, String> {
    translate(&subject.program, subject.entry).map_err(|e| e.to_string())
}

impl<B: Backend> Engine for Peer<B> {
    fn name(&self) -> &str {
        self.name
    }

    fn timed(&self) -> &str {
        self.timed
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let module = module(subject)?;
        let loaded = Loaded::new(subject.program.clone(), &subject.link()).map_err(|e| e.to_string())?;
        let code = self.kept.compile(&module.bytes)?;
        let instance = self.kept.instantiate(&code, &module, Host::new(Some(Arc::new(loaded))))?;
        let words = subject.inputs.iter().map(|args| module.words(args)).collect();
        Ok(Box::new(ReadyModule { module, instance, inputs: &subject.inputs, words, results: Vec::new() }))
    }

    fn cold<'a>(&'a self, programs: &'a [ColdProgram]) -> Result<Box<dyn Cold + 'a>, String> {
        let module = |program: &ColdProgram| {
            let valid = nda_ast::load(program.bytes.clone(), &nda_ast::Limits::default())
                .map_err(|e| e.to_string())?;
            let module = translate(&valid, valid.program().entries()[0]).map_err(|e| e.to_string())?;
            let words = module.words(&program.args);
            Ok((module, words))
        };
        let modules = programs.iter().map(module).collect::<Result<Vec<_>, String>>()?;
        if modules.iter().any(|(module, _)| module.memory > 0 || !module.imports.is_empty()) {
            return Err("only functions of scalars run cold here".into());
        }
        Ok(Box::new(ColdModules { backend: &self.once, modules }))
    }

    fn caller(&self, subject: &Subject) -> Result<Box<dyn Caller>, String> {
        let module = module(subject)?;
        let code = self.kept.compile(&module.bytes)?;
        self.kept.caller(&code, &module)
    }

    fn compile<'a>(&'a self, subject: &'a Subject) -> Result<Compile<'a>, String> {
        let module = module(subject)?;
        self.kept.compile(&module.bytes)?;
        let all = move || {
            black_box(self.kept.compile(&module.bytes).is_ok());
        };
        Ok(Compile { all: Box::new(all), off: None })
    }
}

struct ReadyModule<'a> {
    module: Module,
    instance: Box<dyn Instance>,
    inputs: &'a [Vec<Value>],
    words: Vec<Vec<Word>>,
    results: Vec<Word>,
}

impl ReadyModule<'_> {
    /// Arguments in, call, results out.
    fn run(&mut self, input: usize) -> Result<Vec<Value>, Stop> {
        let args = &self.inputs[input];
        self.module.write(args, self.instance.memory());
        self.instance.call(&self.words[input], &mut self.results)?;
        let memory = self.instance.memory();
        let mut values = self.module.results(&self.results, memory);
        values.extend(self.module.inout(memory));
        Ok(values)
    }
}

impl Ready for ReadyModule<'_> {
    fn answer(&mut self, input: usize) -> Result<Answer, String> {
        let result = match self.run(input) {
            Ok(values) => Ok(values),
            Err(Stop::Trap(code, _)) => Err(code.to_string()),
            Err(Stop::Other(why)) => return Err(why),
        };
        Ok(Answer { result, log: self.instance.host().take().0, executed_nodes: None })
    }

    fn run_all(&mut self) {
        for input in 0..self.inputs.len() {
            black_box(self.run(input).is_ok());
            // A log is the outcome's, and not kept for the next run.
            let _ = self.instance.host().take();
        }
    }
}

struct ColdModules<'a, B> {
    backend: &'a B,
    modules: Vec<(Module, Vec<Word>)>,
}

impl<B: Backend> Cold for ColdModules<'_, B> {
    fn answer(&mut self, program: usize) -> Result<Answer, String> {
        let (module, words) = &self.modules[program];
        let result = match self.backend.once(module, words) {
            Ok(words) => Ok(module.results(&words, &[])),
            Err(Stop::Trap(code, _)) => Err(code.to_string()),
            Err(Stop::Other(why)) => return Err(why),
        };
        Ok(Answer { result, log: Vec::new(), executed_nodes: None })
    }

    fn run(&mut self, program: usize) {
        let (module, words) = &self.modules[program];
        black_box(self.backend.once(module, words).is_ok());
    }
}
