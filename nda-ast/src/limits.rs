//! Limits on what a program may be. Each has a safe default and none is unlimited.

use std::fmt;

/// The greatest number of parameters of one function or import. Fixed by the format.
pub const MAX_PARAMS: usize = 1000;

/// The greatest number of results of one function or import. Fixed by the format, and small because four bytes of
/// `CallStmt` declare this many slots: it bounds memory by a multiple of the input.
pub const MAX_RESULTS: usize = 32;

/// Limits that decoding and validating hold a program to.
///
/// ```
/// let limits = nda_ast::Limits { max_cost: Some(1_000_000), ..Default::default() };
/// assert_eq!(limits.levels, 512);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of a program file, or of a text, in bytes. Default 2^26 (64 MiB).
    pub bytes: u64,
    /// Nodes of one function. Default 2^20.
    pub nodes: u32,
    /// Objects of one program (functions, constants and imports together). Default 2^16.
    pub objects: u32,
    /// Levels of one function, callees not counted. Default 512.
    pub nesting: u32,
    /// Slots of one function. Default 2^16.
    pub slots: u32,
    /// Frame of one function with its callees, in bytes. Default 2^26 (64 MiB).
    pub frame_bytes: u64,
    /// Levels of one function, callees counted: the greatest sum of nesting depths along a call path. Default 512.
    pub levels: u32,
    /// Greatest `executed_nodes` that the certificate must prove for every entry point; `None` (the default) also
    /// admits programs without a bound, which fuel then bounds at run time.
    pub max_cost: Option<u128>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes: 1 << 26,
            nodes: 1 << 20,
            objects: 1 << 16,
            nesting: 512,
            slots: 1 << 16,
            frame_bytes: 1 << 26,
            levels: 512,
            max_cost: None,
        }
    }
}

/// Names a limit in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitKind {
    /// [`Limits::bytes`].
    Bytes,
    /// [`Limits::nodes`].
    Nodes,
    /// [`Limits::objects`].
    Objects,
    /// [`Limits::nesting`].
    Nesting,
    /// [`Limits::slots`].
    Slots,
    /// [`Limits::frame_bytes`].
    FrameBytes,
    /// [`Limits::levels`].
    Levels,
    /// [`Limits::max_cost`].
    MaxCost,
    /// [`MAX_PARAMS`] or [`MAX_RESULTS`].
    Arity,
}

impl LimitKind {
    /// The name of the field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            LimitKind::Bytes => "bytes",
            LimitKind::Nodes => "nodes",
            LimitKind::Objects => "objects",
            LimitKind::Nesting => "nesting",
            LimitKind::Slots => "slots",
            LimitKind::FrameBytes => "frame_bytes",
            LimitKind::Levels => "levels",
            LimitKind::MaxCost => "max_cost",
            LimitKind::Arity => "arity",
        }
    }
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
