//! Judges of NDA, for tests only: one suite instantiated per tier, a generator of valid programs, oracles.
#![forbid(unsafe_code)]

pub mod case;
pub mod compare;
pub mod docs;
pub mod generate;
pub mod lark;
pub mod machine;
pub mod notation;
pub mod second;
pub mod subject;
pub mod suite;
pub mod to_wasm;
pub mod vectors;
pub mod wasm;
