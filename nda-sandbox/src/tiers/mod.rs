//! When functions become machine code, and what is told of it.
//!
//! Every function begins as closures (tier 1), within microseconds. A loop or function on which runs have spent as much time as
//! compiling it to machine code is expected to take is compiled: whatever a program goes on to do, the time lost is at most about the
//! time that the better choice would have taken. The results are the same to the bit, and so is the count of executed nodes.

mod cost;
mod listing;
mod promoter;
mod report;
mod worker;

pub use listing::{MachineListing, machine_listings};
pub(crate) use promoter::Promoter;
pub use report::{BlockReport, BlockTier};

use nda_native_jit::CodeBudget;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// When functions are compiled to machine code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TierMode {
    /// Never.
    Never,
    /// All of them, while a program loads.
    Always,
    /// When they have become hot; the run waits for it. What is compiled when depends on the program alone.
    Blocking,
    /// When they have become hot, by a thread of the engine, while the run goes on. The default.
    #[default]
    Background,
}

/// How an engine compiles to machine code.
///
/// ```
/// use nda_sandbox::{BlockTier, Engine, Limits, TierMode, TierOptions};
/// let tiers = TierOptions { mode: TierMode::Blocking, ..TierOptions::default() };
/// let engine = Engine::builder().tiers(tiers).build();
/// let source = "fn total(n: i64) -> i64 { let mut s = 0; for i in 0..n { s += i; } return s; }";
/// let program = engine.load_text(source, &Limits::default())?;
/// let total = program.func::<(i64,), i64>("total")?;
/// assert_eq!(total.call((1000,))?, 499_500);
/// assert!(program.tiers().iter().all(|block| block.tier == BlockTier::Closures), "not worth while");
/// assert_eq!(total.call((10_000_000,))?, 49_999_995_000_000);
/// assert!(program.tiers().iter().any(|block| block.tier == BlockTier::Machine));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TierOptions {
    /// When.
    pub mode: TierMode,
    /// Units of fuel from which on a loop or function is hot. Default `None`: where the time that they took reaches the time that
    /// compiling is expected to take.
    pub threshold: Option<u64>,
    /// Units of fuel between two looks at what is hot, and at clock and flag. Default `None`: some thousand.
    pub slice: Option<u64>,
    /// Bytes of machine code that programs without a [`Tenant`] of their own may have at a time. Default 64 MiB.
    pub code_bytes: usize,
    /// Functions of theirs that may wait to be compiled. Default 64.
    pub pending: usize,
}

impl Default for TierOptions {
    fn default() -> TierOptions {
        let Tenancy { code_bytes, pending } = Tenancy::DEFAULT;
        TierOptions { mode: TierMode::default(), threshold: None, slice: None, code_bytes, pending }
    }
}

struct Tenancy {
    code_bytes: usize,
    pending: usize,
}

impl Tenancy {
    const DEFAULT: Tenancy = Tenancy { code_bytes: 64 << 20, pending: 64 };
}

/// A share of an engine's machine code: the programs that are loaded with it ([`Loader::tenant`](crate::Loader::tenant)) cannot take
/// more, whatever they do, so that they evict and starve nobody else's. Clones are the same share.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub(crate) budget: Arc<CodeBudget>,
    pending: Arc<AtomicUsize>,
    most_pending: usize,
}

impl Tenant {
    /// A share of so many bytes of machine code (whole pages of 4 KiB are counted), and so many functions that may wait to be
    /// compiled.
    #[must_use]
    pub fn new(code_bytes: usize, pending: usize) -> Tenant {
        Tenant {
            budget: Arc::new(CodeBudget::new(code_bytes)),
            pending: Arc::default(),
            most_pending: pending,
        }
    }

    /// Bytes of machine code in use.
    #[must_use]
    pub fn code_bytes(&self) -> usize {
        self.budget.used()
    }

    /// Functions that wait to be compiled.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// Takes a place among those that wait, if there is one.
    fn wait(&self) -> Option<Waiting> {
        let more = |pending: usize| (pending < self.most_pending).then_some(pending + 1);
        self.pending.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Waiting(self.pending.clone()))
    }
}

/// A place among those that wait.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
