//! Both tiers on a program in the text form.

use crate::common;
use nda_closure_jit::Tier1;
use nda_runtime::{Tier, Tier0};

/// Fuel limits tried one by one; longer runs only at all of them that lie below, and at the last few.
const MOST: u64 = 600;

/// Runs all entry points, which take nothing, at every fuel limit up to their cost: results, traps, log, calls of the host and
/// counts must be the same to the bit. Each must return, or trap for another reason than fuel.
pub fn at_every_fuel(name: &str, source: &str) {
    let program = common::load_text(source, &common::host());
    for &entry in program.program().program().entries() {
        let run = |tier: &dyn Tier, fuel| common::run(tier, &program, entry, &[], fuel);
        let whole = run(&Tier0, 1_000_000);
        let cost = whole.executed_nodes;
        assert!(cost < 1_000_000, "{name} takes long");
        for fuel in (0..=cost.min(MOST)).chain(cost.saturating_sub(40)..=cost + 1) {
            let (a, b) = (run(&Tier0, fuel), run(&Tier1, fuel));
            assert!(a.same_bits(&b), "{name} at fuel {fuel}\ntier 0: {a:?}\ntier 1: {b:?}");
        }
    }
}
