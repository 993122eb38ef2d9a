//! What the generator's programs do when they run: every operation is reached, and most end without a trap.

use nda_ast::{BlockId, BlockKind, Function, NodeId, Op};
use nda_runtime::{Tier0, TrapCode};
use nda_testkit::case::Case;
use nda_testkit::compare::compare_generated;
use std::collections::BTreeMap;

const SEEDS: u64 = 1500;

/// Nodes of a block that a run which enters it surely executes, given that it goes on beyond the block's end: those
/// before any statement that might leave, without the arms of a `select`.
fn surely(f: &Function, block: BlockId, seen: &mut [u64]) {
    let b = f.blocks()[block as usize];
    let mut hidden: Vec<NodeId> = Vec::new();
    for id in b.first..b.end {
        if f.node(id).op() == Op::Select {
            let arms = f.operands(id);
            hidden.extend(f.node(arms[1]).start()..id);
        }
    }
    let mut id = b.first;
    while id < b.end {
        let op = f.node(id).op();
        if !hidden.contains(&id) {
            seen[op as usize - 1] += 1;
        }
        if matches!(
            op,
            Op::If | Op::Scope | Op::Loop | Op::While | Op::Break | Op::Continue | Op::Return | Op::Fail
        ) {
            return;
        }
        id += 1;
    }
}

/// Counts the operations that a run executes, from the block boundaries at which less fuel ends it.
fn executed(case: &Case, seen: &mut [u64]) {
    let valid = case.subject.loaded.program().clone();
    let whole = case.run(&Tier0, 20_000);
    let mut fuel = 0;
    while fuel < whole.executed_nodes {
        let Err(trap) = case.run(&Tier0, fuel).result else { return };
        let Some(at) = trap.locations.last().filter(|_| trap.code() == TrapCode::OutOfFuel) else { return };
        let Some(f) = valid.function(at.object) else { return };
        // The blocks of this owner that could be the one; the cheapest step forward tells which.
        let mut blocks: Vec<(u64, BlockId)> = (0..f.function().blocks().len() as BlockId)
            .filter(|&b| f.function().blocks()[b as usize].owner == at.node && f.block_cost(b) > 0)
            .filter(|&b| f.function().blocks()[b as usize].kind != BlockKind::Scope)
            .map(|b| (f.block_cost(b), b))
            .collect();
        blocks.sort_unstable();
        let entered = blocks.iter().find(|(cost, _)| case.run(&Tier0, fuel + cost).executed_nodes > fuel);
        let Some(&(cost, block)) = entered else { return };
        let ambiguous = blocks.iter().filter(|(c, _)| *c == cost).count() > 1;
        fuel += cost;
        if !ambiguous && fuel < whole.executed_nodes {
            surely(f.function(), block, seen);
        }
    }
}

#[test]
fn every_operation_runs_and_most_runs_return() {
    let mut seen = vec![0_u64; Op::ALL.len()];
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..SEEDS {
        let case = Case::generated(seed);
        let outcome = case.run(&Tier0, 1_000_000);
        let end =
            outcome.result.as_ref().map_or_else(|trap| trap.code().to_string(), |_| "returned".to_owned());
        *ends.entry(end).or_default() += 1;
        if outcome.executed_nodes <= 2500 {
            executed(&case, &mut seen);
        }
    }
    println!("of {SEEDS} runs: {ends:?}");
    let returned = ends["returned"] * 100 / SEEDS;
    assert!(returned >= 75, "{returned} in a hundred return");
    for code in TrapCode::ALL.iter().filter(|c| !c.is_interruption() && **c != TrapCode::LogLimit) {
        assert!(ends.contains_key(code.as_str()) || *code == TrapCode::OutOfFuel, "no run ends with {code}");
    }
    let mut counts: Vec<(u64, &str)> =
        Op::ALL.iter().map(|op| (seen[*op as usize - 1], op.info().name)).collect();
    counts.sort_unstable();
    println!("least executed: {:?}", &counts[..12]);
    // What leaves a block ends what is counted of it, but is itself counted; a `fail` ends the run.
    for (count, name) in counts.iter().filter(|(_, name)| *name != "fail") {
        assert!(*count > 0, "{name} is never executed");
    }
    assert!(ends.contains_key("Failed"));
}

/// The differential driver agrees with itself; a second tier takes the place of the second one.
#[test]
fn a_tier_agrees_with_itself() {
    let (runs, returned) = compare_generated(&Tier0, &Tier0, 0..100, 4);
    assert!(runs == 800 && returned > 150, "{runs} runs, {returned} returned");
}
