//! How much executable memory there may be.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of executable memory that an owner may have, and has.
#[derive(Debug)]
pub struct CodeBudget {
    most: usize,
    used: AtomicUsize,
}

impl CodeBudget {
    /// So many bytes at most; whole pages are counted.
    #[must_use]
    pub fn new(most: usize) -> CodeBudget {
        CodeBudget { most, used: AtomicUsize::new(0) }
    }

    /// Bytes in use.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Greatest number of bytes.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    #[cfg_attr(not(all(target_arch = "x86_64", unix)), expect(dead_code, reason = "no code is made here"))]
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let grow = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.most);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grow).is_ok()
    }

    /// Gives back what was taken.
    #[cfg_attr(not(all(target_arch = "x86_64", unix)), expect(dead_code, reason = "no code is made here"))]
    pub(crate) fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}
