//! Judges of NDA, for tests only: one suite instantiated per tier, a generator of valid programs, oracles.
#![forbid(unsafe_code)]

pub mod docs;
pub mod generate;
pub mod notation;
pub mod second;
