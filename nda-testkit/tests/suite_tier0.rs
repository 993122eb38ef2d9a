//! The suite in the reference interpreter.

nda_testkit::suite!(nda_runtime::Tier0);
