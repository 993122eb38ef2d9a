//! The functions of records, by what they work on.

pub(crate) mod branch;
pub(crate) mod calls;
pub(crate) mod elements;
pub(crate) mod flow;
pub(crate) mod fused;
pub(crate) mod operand;
pub(crate) mod scalar;
pub(crate) mod vectors;
