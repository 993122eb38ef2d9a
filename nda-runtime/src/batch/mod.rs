//! One function on many inputs at once, where its way through does not depend on them: weights are then read once for several.
//!
//! A function is fit for this if it and its callees are one block of operations on vectors: no branches, loops, host
//! calls or output. Then every run costs the same, nothing can trap but a product of what is not finite, and the log stays empty.
//! Every input gets the bits that a run of its own gives. An input that would trap, and everything after an
//! interruption, is left to such a run.

mod plan;
mod run;

pub use plan::BatchPlan;
pub use run::{BATCH, BatchState};
