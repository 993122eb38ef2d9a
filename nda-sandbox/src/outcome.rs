//! How a run went.

use nda_runtime::{HostCall, Trap, Value};

/// How a run went: results of type `R` or the trap, and what it left behind.
#[derive(Clone, Debug)]
pub struct Outcome<R = Vec<Value>> {
    /// The results, then the final values of `inout` parameters; or the trap.
    pub result: Result<R, Trap>,
    /// What it printed, in order.
    pub log: Vec<Value>,
    /// Its calls of host functions, in order.
    pub transcript: Vec<HostCall>,
    /// Bytes charged for log and transcript together.
    pub log_bytes: u64,
    /// Sum of the costs of all blocks entered: the same in every tier, on every machine, and never above the fuel.
    pub executed_nodes: u64,
}
