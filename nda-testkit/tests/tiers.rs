//! The tiers agree on generated programs, at random fuel limits.

use nda_closure_jit::Tier1;
use nda_runtime::Tier0;
use nda_testkit::compare::compare_generated;

#[test]
fn tier1_does_what_tier0_does() {
    let (runs, returned) = compare_generated(&Tier0, &Tier1, 0..3000, 4);
    println!("{runs} runs, {returned} returned");
    assert!(returned * 5 > runs, "{returned} of {runs} runs returned: too few to tell");
}
