//! The tiers agree on generated programs, at random fuel limits.

use nda_closure_jit::Tier1;
use nda_runtime::Tier0;
use nda_testkit::compare::compare_generated;
use nda_testkit::machine::{Entered, Machine};

#[test]
fn tier1_does_what_tier0_does() {
    let (runs, returned) = compare_generated(&Tier0, &Tier1, 0..3000, 4);
    println!("{runs} runs, {returned} returned");
    assert!(returned * 5 > runs, "{returned} of {runs} runs returned: too few to tell");
}

/// Machine code entered in each way, with slices short and long.
#[test]
fn machine_code_does_what_tier0_does() {
    for (entered, slice, seeds) in
        [(Entered::Bodies, 8192, 0..2000), (Entered::Loops, 8, 2000..4000), (Entered::Both, 32, 4000..6000)]
    {
        let (runs, returned) = compare_generated(&Tier0, &Machine { entered, slice }, seeds, 16);
        println!("{entered:?}: {runs} runs, {returned} returned");
        assert!(returned * 12 > runs, "{returned} of {runs} runs returned: too few to tell");
    }
}
