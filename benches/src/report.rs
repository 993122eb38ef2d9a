//! The report as data: the JSON of `--json`, described in `docs/compatibility.md`.

use crate::machine::Machine;
use crate::stats::Summary;
use serde::{Deserialize, Serialize};

/// Version of the JSON below. Fields are added without a new version; one that changes its meaning makes one.
pub const SCHEMA: u32 = 1;

/// What a measured run includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// From bytes to a dropped program, its run included.
    Cold,
    /// From bytes to a valid program: decode, hash, validate.
    Load,
    /// From a valid program to one that an engine can run.
    Compile,
    /// Runs of a loaded program.
    Run,
    /// One call of a loaded program that does next to nothing.
    Call,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which group.
    pub group: String,
    /// What was run.
    pub program: String,
    /// What ran it.
    pub engine: String,
    /// What is inside the timed region.
    pub phase: Phase,
    /// Median of the rounds, nanoseconds.
    pub median_ns: f64,
    /// Lower end of the median's 95 % interval.
    pub lo_ns: f64,
    /// Upper end of the median's 95 % interval.
    pub hi_ns: f64,
    /// Distance of the quartiles over the median.
    pub spread: f64,
    /// The count of the timed region, where the engine counts.
    pub executed_nodes: Option<u64>,
    /// How many programs, inputs, calls or nodes the timed region takes: its times over this are those of one.
    pub units: u64,
    /// The engine that `ratio` compares with; empty where there is none.
    pub base: String,
    /// Median of the ratios within a round to the base's time: below 1 is faster.
    pub ratio: Option<f64>,
    /// Lower end of the ratio's 95 % interval.
    pub ratio_lo: Option<f64>,
    /// Upper end of the ratio's 95 % interval.
    pub ratio_hi: Option<f64>,
}

impl Row {
    /// A row from its samples' summary.
    #[must_use]
    pub fn new(
        group: &str,
        program: &str,
        engine: &str,
        phase: Phase,
        s: Summary,
        executed: Option<u64>,
    ) -> Row {
        Row {
            group: group.into(),
            program: program.into(),
            engine: engine.into(),
            phase,
            median_ns: s.median,
            lo_ns: s.lo,
            hi_ns: s.hi,
            spread: s.spread,
            executed_nodes: executed,
            units: 1,
            base: String::new(),
            ratio: None,
            ratio_lo: None,
            ratio_hi: None,
        }
    }

    /// The row with its ratio to the engine `base`.
    #[must_use]
    pub fn against(mut self, base: &str, ratio: &Summary) -> Row {
        self.base = base.into();
        (self.ratio, self.ratio_lo, self.ratio_hi) = (Some(ratio.median), Some(ratio.lo), Some(ratio.hi));
        self
    }

    /// The row of a timed region that takes `units` of something.
    #[must_use]
    pub fn of(mut self, units: usize) -> Row {
        self.units = units as u64;
        self
    }
}

/// A whole run of `cargo xtask bench`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Where.
    pub machine: Machine,
    /// The figures.
    pub rows: Vec<Row>,
}
