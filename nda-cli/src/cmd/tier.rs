//! The function to run, in the tier that was asked for.

use crate::args::Tier;
use nda_runtime::{Link, Loaded, Run, RunLimits, Tier as _, Tier0};
use nda_sandbox::{BlockTier, CallError, Func, InternalError, Outcome, RunState, TierMode, Value};
use std::sync::Arc;

impl Tier {
    /// How the engine compiles for it.
    pub fn mode(self) -> TierMode {
        match self {
            Tier::Tier0 | Tier::Tier1 => TierMode::Never,
            Tier::Native => TierMode::Always,
            Tier::Auto => TierMode::Background,
        }
    }
}

/// What has been spent where, a line for each function and loop.
pub fn report(func: &Func) -> String {
    let program = func.program();
    let mut rows =
        vec![["function", "part", "tier 1", "machine code", "runs in", "why"].map(str::to_owned).to_vec()];
    for block in program.tiers() {
        let part = block.loop_at.map_or("body".to_owned(), |(i, node)| format!("loop {i}, node {node}"));
        let (tier, why) = match (block.tier, block.refused, block.compile_time) {
            (BlockTier::Machine, _, time) => {
                let time = time.map_or(0, |time| time.as_micros());
                ("machine code", format!("compiled in {time} µs to {} bytes", block.code_bytes))
            }
            (_, Some(refused), _) => ("tier 1", refused),
            _ => ("tier 1", "not hot".to_owned()),
        };
        let name = block.name.unwrap_or_else(|| format!("object {}", block.object));
        rows.push(vec![
            name.escape_debug().to_string(),
            part,
            block.units.to_string(),
            block.machine_units.to_string(),
            tier.to_owned(),
            why,
        ]);
    }
    crate::output::table(&rows)
}

/// A function of a loaded program with the tier that runs it.
pub struct Callee {
    /// The handle; it runs compiled code.
    pub func: Func,
    /// The program once more for the reference interpreter, if that is to run it.
    reference: Option<Loaded>,
}

impl Callee {
    /// The function in this tier. No program here has imports that are granted, so that linking again grants none either.
    ///
    /// # Errors
    /// Where the program cannot be linked, which loading it has found out before.
    pub fn new(func: Func, tier: Tier) -> Result<Callee, CallError> {
        let link = || Loaded::new(Arc::new(func.program().valid().clone()), &Link::new()).map_err(internal);
        let reference = match tier {
            Tier::Tier0 => Some(link()?),
            Tier::Tier1 | Tier::Native | Tier::Auto => None,
        };
        Ok(Callee { func, reference })
    }

    /// Runs it.
    ///
    /// # Errors
    /// Where an argument does not fit.
    pub fn run_in(&self, state: &mut RunState, args: &[Value]) -> Result<Outcome, CallError> {
        match &self.reference {
            Some(program) => self.interpret(program, state, args),
            None => self.func.run_in(state, args),
        }
    }

    /// Rows that [`Callee::run_rows`] gains by taking at once.
    #[must_use]
    pub fn rows_together(&self) -> usize {
        if self.reference.is_some() { 1 } else { self.func.inputs_together() }
    }

    /// Runs it on each of some rows of arguments.
    ///
    /// # Errors
    /// In the place of an outcome: as [`Callee::run_in`].
    pub fn run_rows(&self, state: &mut RunState, rows: &[Vec<Value>]) -> Vec<Result<Outcome, CallError>> {
        match rows {
            [row] => vec![self.run_in(state, row)],
            rows if self.reference.is_some() => rows.iter().map(|row| self.run_in(state, row)).collect(),
            rows => self.func.run_batch(rows),
        }
    }

    fn interpret(
        &self,
        program: &Loaded,
        state: &mut RunState,
        args: &[Value],
    ) -> Result<Outcome, CallError> {
        let given = self.func.limits();
        let limits = RunLimits {
            fuel: given.fuel,
            log_bytes: given.log_bytes,
            timeout: given.deadline,
            ..RunLimits::default()
        };
        let run = Run { program, entry: self.func.entry().object(), args, limits: &limits };
        // The values have been read by the types of the parameters: only a defect of this command can make it fail.
        let outcome = Tier0.run(run, state).map_err(internal)?;
        Ok(Outcome {
            result: outcome.result.map(|mut returned| {
                returned.results.append(&mut returned.inout);
                returned.results
            }),
            log: outcome.log,
            transcript: outcome.transcript,
            log_bytes: outcome.log_bytes,
            executed_nodes: outcome.executed_nodes,
        })
    }
}

fn internal(error: impl std::fmt::Display) -> CallError {
    CallError::Internal(InternalError { message: error.to_string() })
}
