//! Machine code as a tier of its own: everything that can be compiled is, before a program first runs.

use nda_closure_jit::{compile_program, continuation};
use nda_native_jit::{CodeBudget, Host, Source, Unlinked, compile, link};
use nda_runtime::jit::{JitEntry, run_values};
use nda_runtime::{JitProgram, Loaded, Outcome, Run, RunError, RunState, Tier};
use std::sync::Arc;

/// Where machine code is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// At the beginning of functions.
    Bodies,
    /// At the heads of loops only: functions begin in tier 1, which looks for machine code as often as `slice` units are spent.
    Loops,
    /// At both.
    Both,
}

/// Machine code, with tier 1 where that leaves to it.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Where it is entered.
    pub entered: Entered,
    /// Units of fuel of a slice.
    pub slice: u64,
}

impl Machine {
    /// The functions of a program with all their machine code.
    ///
    /// # Panics
    /// Where a function is refused: a defect, but for those that say why not.
    #[must_use]
    pub fn compile(self, program: &Loaded) -> JitProgram {
        let host = Host::new().unwrap_or_else(|| panic!("no machine code for this machine"));
        let jit = compile_program(program);
        let budget = Arc::new(CodeBudget::new(1 << 30));
        for (object, function) in jit.functions() {
            let Some(valid) = program.function(object) else { continue };
            let other = continuation(program.program(), object);
            let links = program.program().program().links(object);
            let imports: Vec<u32> = links
                .iter()
                .zip(0..)
                .filter(|(t, _)| program.import(**t).is_some())
                .map(|(_, i)| i)
                .collect();
            let callees: Vec<_> = links.iter().map(|t| program.function(*t).cloned()).collect();
            let loops = (0..other.homes.counters.len() as u32).map(JitEntry::Loop);
            let body = (self.entered != Entered::Loops).then_some(JitEntry::Body);
            let loops = loops.filter(|_| self.entered != Entered::Bodies);
            for entry in body.into_iter().chain(loops) {
                let source =
                    Source { valid, imports: &imports, callees: &callees, homes: &other.homes, entry };
                let compiled = match compile(&host, &source, false) {
                    Ok(compiled) => compiled,
                    Err(nda_native_jit::Refusal::Defect(what)) => panic!("{entry:?}: {what}"),
                    Err(nda_native_jit::Refusal::Layout) => panic!("{entry:?}: the layout differs"),
                    Err(_) => continue,
                };
                let one =
                    Unlinked { compiled, call: function.code.call.clone(), resume: other.resume.clone() };
                let linked = link(vec![one], &budget).unwrap_or_else(|e| panic!("{e}"));
                linked.into_iter().for_each(|machine| _ = function.code.publish(entry, machine));
            }
        }
        jit.with_slice(self.slice)
    }
}

impl Tier for Machine {
    fn name(&self) -> &'static str {
        match self.entered {
            Entered::Bodies => "native",
            Entered::Loops => "native loops",
            Entered::Both => "native all",
        }
    }

    fn run(&self, run: Run<'_>, state: &mut RunState) -> Result<Outcome, RunError> {
        run_values(run.program.jit(|program| self.compile(program)), run, state)
    }
}
