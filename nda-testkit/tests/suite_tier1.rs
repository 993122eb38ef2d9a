//! The suite in tier 1.

nda_testkit::suite!(nda_closure_jit::Tier1);
