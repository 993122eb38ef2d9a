//! Two tiers on the same program: exact agreement, at many fuel limits.

use crate::case::Case;
use crate::generate::Entropy;
use crate::notation::write_all;
use crate::subject::Subject;
use nda_runtime::{Outcome, RunLimits, Tier, Value};
use std::fmt;

/// Where two tiers differ.
#[derive(Debug)]
pub struct Disagreement {
    /// Fuel of the run.
    pub fuel: u64,
    /// What differs first.
    pub what: &'static str,
    /// Names and outcomes of both.
    pub outcomes: [(&'static str, Outcome); 2],
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} differs at fuel {}", self.what, self.fuel)?;
        for (name, outcome) in &self.outcomes {
            write!(f, "\n  {name}: {}", describe(outcome))?;
        }
        Ok(())
    }
}

impl std::error::Error for Disagreement {}

/// One line for an outcome.
#[must_use]
pub fn describe(outcome: &Outcome) -> String {
    let result = match &outcome.result {
        Ok(r) => format!("returned {} | inout {}", write_all(&r.results), write_all(&r.inout)),
        Err(trap) => format!("trapped {trap}"),
    };
    let (log, calls) = (write_all(&outcome.log), outcome.transcript.len());
    format!("{result} | {} nodes | log {log} | {calls} host calls", outcome.executed_nodes)
}

/// Runs a program in both tiers at each fuel; gives the number of runs that returned.
///
/// # Errors
/// The first difference in results, `inout` values, trap with locations and operands, log, transcript or count.
pub fn compare(
    a: &dyn Tier,
    b: &dyn Tier,
    subject: &Subject,
    args: &[Value],
    fuels: &[u64],
) -> Result<usize, Box<Disagreement>> {
    let mut returned = 0;
    for &fuel in fuels {
        let limits = RunLimits { fuel, ..RunLimits::default() };
        let [x, y] = [a, b].map(|tier| subject.run_within(tier, args, &limits));
        if !x.same_bits(&y) {
            let what = difference(&x, &y);
            return Err(Box::new(Disagreement { fuel, what, outcomes: [(a.name(), x), (b.name(), y)] }));
        }
        returned += usize::from(x.result.is_ok());
    }
    Ok(returned)
}

fn difference(x: &Outcome, y: &Outcome) -> &'static str {
    match (&x.result, &y.result) {
        (Err(a), Err(b)) if a.kind != b.kind => "the trap",
        (Err(a), Err(b)) if a != b => "the trap's locations",
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => "whether it returns",
        _ if x.executed_nodes != y.executed_nodes => "executed_nodes",
        _ if !nda_runtime::all_same_bits(&x.log, &y.log) => "the log",
        (Ok(a), Ok(b)) if !nda_runtime::all_same_bits(&a.results, &b.results) => "a result",
        _ => "inout values, transcript or charged bytes",
    }
}

/// Fuel limits worth trying for a program that costs `cost` in all: none, all, one less, and `n` between.
#[must_use]
pub fn fuel_limits(entropy: &mut Entropy<'_>, cost: u64, n: usize) -> Vec<u64> {
    let mut out = vec![0, cost, cost.saturating_sub(1), u64::MAX];
    out.extend((0..n).map(|_| entropy.below(cost.saturating_add(1))));
    out
}

/// Compares the tiers on the cases of these seeds, each at `fuels` random limits and four fixed ones. Gives the number
/// of runs, and of those that returned.
///
/// # Panics
/// At the first difference, naming the seed.
pub fn compare_generated(
    a: &dyn Tier,
    b: &dyn Tier,
    seeds: impl IntoIterator<Item = u64>,
    fuels: usize,
) -> (usize, usize) {
    const MOST: u64 = 1_000_000;
    let (mut runs, mut returned) = (0, 0);
    for seed in seeds {
        let case = Case::generated(seed);
        let cost = case.run(a, MOST).executed_nodes;
        let mut limits = fuel_limits(&mut Entropy::new(seed), cost, fuels);
        limits.iter_mut().for_each(|fuel| *fuel = (*fuel).min(MOST));
        runs += limits.len();
        returned +=
            compare(a, b, &case.subject, &case.args, &limits).unwrap_or_else(|e| panic!("{case}: {e}"));
    }
    (runs, returned)
}
