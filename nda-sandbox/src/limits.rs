//! What a program may be and what a run of it may use.

use nda_runtime::RunLimits;
use std::time::Duration;

/// Limits of a program and of each run of it. Every one has a safe default; none is unlimited.
///
/// ```
/// use nda_sandbox::Limits;
/// let limits = Limits { fuel: 10_000, ..Limits::default() };
/// assert_eq!(limits.log_bytes, 1 << 20);
/// assert_eq!(limits.program.levels, 512);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What loading accepts: bytes, nodes, objects, nesting, slots, frame, levels, required bound.
    pub program: nda_ast::Limits,
    /// Greatest `executed_nodes` of a run. Default 100 million.
    pub fuel: u64,
    /// Bytes of log and transcript of a run together. Default 2^20 (1 MiB).
    pub log_bytes: u64,
    /// How long a run may take, from its first look at the clock: after its first few thousand units of fuel, or before its
    /// first host call or long kernel. Runs shorter than that never read the clock. Default 10 seconds. `None` leaves the time to
    /// fuel, which bounds it too, but differently on every machine.
    pub deadline: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            program: nda_ast::Limits::default(),
            fuel: nda_runtime::DEFAULT_FUEL,
            log_bytes: nda_runtime::DEFAULT_LOG_BYTES,
            deadline: Some(Duration::from_secs(10)),
        }
    }
}

impl Limits {
    /// The limits of a run.
    pub(crate) fn of_run(&self, cancel: Option<nda_runtime::CancelFlag>) -> RunLimits {
        RunLimits {
            fuel: self.fuel,
            log_bytes: self.log_bytes,
            deadline: None,
            timeout: self.deadline,
            cancel,
        }
    }
}
