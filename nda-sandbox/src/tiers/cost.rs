//! What compiling is expected to take, and what it saves: constants near what `cargo xtask bench tiers` and `warmup` print on the machine
//! that the project is measured on. They decide when code is compiled, never what it gives.

use nda_ast::Bound;

/// Nanoseconds that compiling a function takes, whatever is in it.
const COMPILE_NANOS: u64 = 230_000;

/// Nanoseconds more for each of its nodes.
const COMPILE_NODE_NANOS: u64 = 1_500;

/// Picoseconds that a unit of fuel takes in tier 1.
const UNIT_PICOS: u64 = 210;

/// Nanoseconds that entering machine code takes more than entering closures.
const ENTER_NANOS: u64 = 30;

/// Whether a function whose runs never cost more is over before machine code is entered.
pub(super) fn is_short(max: Bound) -> bool {
    max < Bound::from(ENTER_NANOS * 1000 / UNIT_PICOS)
}

/// Units of fuel that tier 1 runs in the time that compiling a function of so many nodes is expected to take.
pub(super) fn units(nodes: usize) -> u64 {
    (COMPILE_NANOS + COMPILE_NODE_NANOS * nodes as u64) * 1000 / UNIT_PICOS
}
