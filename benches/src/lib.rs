//! Measurements of NDA: what `cargo xtask bench` prints.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`rounds`] | interleaved rounds in rotating order |
//! | [`stats`] | medians, bootstrap intervals, ratios within a round |
//! | [`engine`] | [`engine::Engine`]: implement it to add a row to every table |
//! | [`tier`] | the project's own tiers, and its public API, as engines |
//! | [`native`] | the engines `rust` and `rust-novec`: the same programs as rustc compiles them |
//! | [`treewalk`] | the engine `hashmap-treewalk`: the naive interpreter that NDA replaces |
//! | [`subject`] | programs with inputs |
//! | [`suite`], [`network`], [`generated`], [`examples`] | those of `benches/programs`, random ones, those of `examples/` |
//! | [`groups`] | what a run measures, by name |
//! | [`instructions`] | callgrind's counts of the same runs |
//! | [`layouts`] | medians over builds that differ in code layout |
//! | [`cli`] | the command line; [`main_with`] measures other engines beside the project's own |
//! | [`report`], [`table`], [`machine`] | the figures as data and for people, and where they were taken |
//!
//! Results are compared before anything is timed; an engine that gives another answer ends the run with an error.
#![forbid(unsafe_code)]

pub mod cli;
pub mod engine;
pub mod examples;
pub mod generated;
pub mod groups;
pub mod instructions;
pub mod layouts;
pub mod machine;
pub mod native;
pub mod network;
pub mod report;
pub mod rounds;
pub mod stats;
pub mod subject;
pub mod suite;
pub mod table;
pub mod tier;
pub mod treewalk;

pub use cli::main_with;
