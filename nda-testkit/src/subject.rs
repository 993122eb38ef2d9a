//! A program under test: loaded once, run often, in any tier.

use nda_ast::{FunctionBuilder, FunctionRef, Hash, Limits, ProgramBuilder, load};
use nda_runtime::{Link, Loaded, Outcome, Run, RunLimits, RunState, Tier, Value};
use std::sync::Arc;

/// A loaded program with the entry point to run.
#[derive(Debug)]
pub struct Subject {
    /// The program.
    pub loaded: Loaded,
    /// Object index of the entry point.
    pub entry: u32,
}

impl Subject {
    /// A program of one function.
    ///
    /// # Panics
    /// Where the function cannot be built or is not valid: a defect of the test.
    #[must_use]
    pub fn of(f: FunctionBuilder) -> Subject {
        let mut program = ProgramBuilder::new();
        let f = program.add(f).unwrap_or_else(|e| panic!("{e}"));
        Subject::new(program, &f, &Link::new())
    }

    /// The program of a builder, entered at `entry`.
    ///
    /// # Panics
    /// Where it is not valid or imports what `link` does not grant: a defect of the test.
    #[must_use]
    pub fn new(mut program: ProgramBuilder, entry: &FunctionRef, link: &Link) -> Subject {
        program.entry(entry);
        let hash = program.hash(entry);
        let bytes = program.finish().unwrap_or_else(|e| panic!("{e}"));
        Subject::load(bytes, link, |valid| valid.program().find(&hash).unwrap_or_default())
    }

    /// A program file, entered at the object that `entry` picks.
    ///
    /// # Panics
    /// As [`Subject::new`].
    #[must_use]
    pub fn load(bytes: Vec<u8>, link: &Link, entry: impl FnOnce(&nda_ast::ValidProgram) -> u32) -> Subject {
        let valid = load(bytes, &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
        let entry = entry(&valid);
        let loaded = Loaded::new(Arc::new(valid), link).unwrap_or_else(|e| panic!("{e}"));
        Subject { loaded, entry }
    }

    /// Hash of the entry point.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.loaded.program().program().objects()[self.entry as usize].hash()
    }

    /// Runs it within these limits.
    ///
    /// # Panics
    /// Where the arguments do not fit the parameters, or the host breaks its signature: a defect of the test.
    #[must_use]
    pub fn run_within(&self, tier: &dyn Tier, args: &[Value], limits: &RunLimits) -> Outcome {
        let run = Run { program: &self.loaded, entry: self.entry, args, limits };
        tier.run(run, &mut RunState::new()).unwrap_or_else(|e| panic!("{}: {e}", tier.name()))
    }

    /// Runs it within the default limits.
    ///
    /// # Panics
    /// As [`Subject::run_within`].
    #[must_use]
    pub fn run(&self, tier: &dyn Tier, args: &[Value]) -> Outcome {
        self.run_within(tier, args, &RunLimits::default())
    }
}
