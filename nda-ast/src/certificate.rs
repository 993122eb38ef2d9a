//! What is known of a function before it runs.

use std::fmt;

/// An upper bound of `executed_nodes`: a number, or none. Arithmetic saturates at 2^128 - 1, and "unbounded" absorbs
/// everything, a product with 0 included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// At most this many.
    AtMost(u128),
    /// Only fuel bounds it.
    Unbounded,
}

impl Bound {
    /// Zero.
    pub const ZERO: Bound = Bound::AtMost(0);

    /// The number, if there is one.
    #[must_use]
    pub const fn get(self) -> Option<u128> {
        match self {
            Bound::AtMost(n) => Some(n),
            Bound::Unbounded => None,
        }
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Bound) -> Bound {
        match (self, other) {
            (Bound::AtMost(a), Bound::AtMost(b)) => Bound::AtMost(a.saturating_add(b)),
            _ => Bound::Unbounded,
        }
    }

    /// `n` times.
    #[must_use]
    pub fn times(self, n: u128) -> Bound {
        match self {
            Bound::AtMost(a) => Bound::AtMost(a.saturating_mul(n)),
            Bound::Unbounded => Bound::Unbounded,
        }
    }
}

impl From<u64> for Bound {
    fn from(n: u64) -> Bound {
        Bound::AtMost(n.into())
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::AtMost(n) => n.fmt(f),
            Bound::Unbounded => f.write_str("unbounded"),
        }
    }
}

/// The certificate of one function, by the formulas of `docs/spec.md`, so that two validators agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Greatest sum of nesting depths along a call path: stack levels.
    pub levels: u32,
    /// Levels of this function alone, callees not counted.
    pub nesting: u32,
    /// Bytes of its slots and computed aggregates, and of its deepest callees.
    pub frame: u64,
    /// Bytes of its own part of `frame`.
    pub own_frame: u64,
    /// Upper bound of `executed_nodes`.
    pub max: Bound,
    /// Whether every run that returns costs exactly `max`.
    pub exact: bool,
    /// Whether a host call lies in it or below it.
    pub reaches_host: bool,
}

impl Certificate {
    /// Before there is one.
    pub(crate) const NONE: Certificate = Certificate {
        levels: 0,
        nesting: 0,
        frame: 0,
        own_frame: 0,
        max: Bound::Unbounded,
        exact: false,
        reaches_host: true,
    };
}
