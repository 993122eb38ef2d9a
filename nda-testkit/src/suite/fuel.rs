//! Fuel at every block boundary, and the certificate's promises.

use crate::case::Case;
use crate::subject::Subject;
use nda_ast::{Bound, Expr, FunctionBuilder, Type};
use nda_runtime::{Outcome, RunLimits, Tier, TrapCode, Value, all_same_bits};

/// Runs at every fuel from 0 to what the program costs, and checks each against the run that has enough.
fn at_every_fuel(case: &Case, tier: &dyn Tier, step: u64) -> u64 {
    let whole = case.run(tier, u64::MAX);
    let mut before = 0;
    let mut fuel = 0;
    while fuel < whole.executed_nodes {
        let cut = case.run(tier, fuel);
        check_cut(&cut, &whole, fuel, before, case);
        // The greatest boundary that the fuel covers: with exactly that much the run ends at the same place.
        assert!(case.run(tier, cut.executed_nodes).same_bits(&cut), "{case}: fuel {fuel}");
        before = cut.executed_nodes;
        fuel += step;
    }
    for fuel in [whole.executed_nodes, whole.executed_nodes + 1] {
        assert!(case.run(tier, fuel).same_bits(&whole), "{case}: fuel {fuel} is enough");
    }
    whole.executed_nodes
}

fn check_cut(cut: &Outcome, whole: &Outcome, fuel: u64, before: u64, case: &Case) {
    let code = cut.result.as_ref().map(|_| ()).map_err(|trap| trap.code());
    assert_eq!(code, Err(TrapCode::OutOfFuel), "{case}: fuel {fuel}");
    assert!(
        (before..=fuel).contains(&cut.executed_nodes),
        "{case}: fuel {fuel} executed {}",
        cut.executed_nodes
    );
    let (log, calls) = (cut.log.len(), cut.transcript.len());
    assert!(
        log <= whole.log.len() && all_same_bits(&cut.log, &whole.log[..log]),
        "{case}: log at fuel {fuel}"
    );
    let same = calls <= whole.transcript.len()
        && cut.transcript.iter().zip(&whole.transcript).all(|(a, b)| a.same_bits(b));
    assert!(same, "{case}: transcript at fuel {fuel}");
}

/// A program with every kind of block, at every fuel, with the places at which it ends.
///
/// # Panics
/// Where a run ends elsewhere.
pub fn fuel_ends_a_run_at_a_block_boundary(tier: &dyn Tier) {
    let mut f = FunctionBuilder::new("", [Type::Int]);
    let s = f.let_("s", 0); // 1 int, 2 let
    f.for_("i", 2, None, |f, i| {
        // 3 int, 4 loop
        f.if_(i.load().equals(0.into()), |f| f.store(s, 1), |f| f.store(s, s.load() + 1.into())); // 5..8; 9, 10; 11..14
    });
    let cond = s.load().less(3.into()); // 15 load, 16 int, 17 lt_s, 18 while
    f.while_(cond, None, |f| f.store(s, s.load() + 1.into())); // 19..22
    f.return_([s.load()]); // 23, 24
    let subject = Subject::of(f);
    // Cost and owner of each block in the order of the run: body, then twice loop body and arm, then condition, body,
    // condition.
    let blocks = [(8, 0), (5, 4), (3, 8), (5, 4), (5, 8), (4, 18), (5, 18), (4, 18)];
    let mut boundary = 0;
    for (cost, owner) in blocks {
        for fuel in boundary..boundary + cost {
            let outcome = subject.run_within(tier, &[], &RunLimits { fuel, ..RunLimits::default() });
            let trap = super::build::trapped(&outcome);
            assert_eq!((trap.code(), trap.locations[0].node), (TrapCode::OutOfFuel, owner), "fuel {fuel}");
            assert_eq!(outcome.executed_nodes, boundary, "fuel {fuel}");
        }
        boundary += cost;
    }
    let outcome = subject.run_within(tier, &[], &RunLimits { fuel: boundary, ..RunLimits::default() });
    assert!(super::build::returned(&outcome)[0].same_bits(&Value::Int(3)));
    assert_eq!(outcome.executed_nodes, boundary);
}

/// Generated programs at every fuel (long ones in steps): a prefix of the whole run, at its greatest boundary.
///
/// # Panics
/// Where a run is no prefix.
pub fn generated_programs_at_every_fuel(tier: &dyn Tier) {
    let mut runs = 0;
    for seed in 0..150 {
        let case = Case::generated(seed);
        let cost = case.run(tier, u64::MAX).executed_nodes;
        if cost > 50_000 {
            continue;
        }
        at_every_fuel(&case, tier, cost.div_ceil(200).max(1));
        runs += 1;
    }
    assert!(runs > 100, "{runs} programs were short enough");
}

/// No run costs more than its certificate says, and an exact one that returns costs exactly that.
///
/// # Panics
/// Where one does.
pub fn certificates_hold(tier: &dyn Tier) {
    let (mut bounded, mut exact) = (0, 0);
    for seed in 0..600 {
        let case = Case::generated(seed);
        let outcome = case.run(tier, 1_000_000);
        let valid = case.subject.loaded.program();
        let certificate = valid.function(case.subject.entry).expect("a function").certificate();
        let Bound::AtMost(max) = certificate.max else { continue };
        bounded += 1;
        assert!(u128::from(outcome.executed_nodes) <= max, "{case}");
        if certificate.exact && outcome.result.is_ok() {
            exact += 1;
            assert_eq!(u128::from(outcome.executed_nodes), max, "{case}");
        }
    }
    assert!(bounded > 100 && exact > 20, "{bounded} bounded, {exact} exact");
    // A network has an exact certificate, and a loop of constant count around it too.
    let mut f = FunctionBuilder::new("", [Type::Int]);
    let s = f.let_("s", 0);
    f.for_("i", 10, Some(10), |f, i| {
        f.if_(
            i.load().greater(4.into()),
            |f| f.store(s, s.load() + 1.into()),
            |f| f.store(s, s.load() - 1.into()),
        );
    });
    f.return_([Expr::select(s.load().equals(0.into()), 1.into(), 2.into())]);
    let subject = Subject::of(f);
    let valid = subject.loaded.program();
    let certificate = valid.function(subject.entry).expect("a function").certificate();
    assert!(certificate.exact);
    assert_eq!(certificate.max, Bound::AtMost(subject.run(tier, &[]).executed_nodes.into()));
}
