//! One source for every width: lane code is written once and compiled once for each instruction set.
//!
//! Lane code has no order that a compiler might change (lanes are independent, and sums keep their eight lanes), so that
//! wider registers give the same bits. What gains by instructions that no compiler finds is written by hand.

/// An instruction set that lane code is compiled for.
pub(crate) trait Isa {
    /// Runs `work`, which is inlined and so compiled for this instruction set.
    fn run<R>(work: impl FnOnce() -> R) -> R;
}

/// What every processor of the target has.
pub(crate) struct Portable;

impl Isa for Portable {
    #[inline(always)]
    fn run<R>(work: impl FnOnce() -> R) -> R {
        work()
    }
}
