//! NDA for embedders: load a program that someone else, or a model, has written, under limits, and call it.
//!
//! ```
//! use nda_sandbox::{CallError, Engine, Limits, TrapKind};
//!
//! let source = "
//!     fn average(total: i64, count: i64) -> i64 {
//!         return total / count;
//!     }";
//! let limits = Limits { fuel: 10_000, ..Limits::default() };
//! let program = Engine::new().load_text(source, &limits)?;
//!
//! let average = program.func::<(i64, i64), i64>("average")?;
//! assert_eq!(average.call((84, 2))?, 42);
//! match average.call((84, 0)) {
//!     Err(CallError::Trap(trap)) => assert_eq!(trap.kind, TrapKind::DivideByZero),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds
//! - **Everything is bounded.** [`Limits`] has a safe default for each thing a program may be or use, and none is unlimited.
//!   Whatever the bytes or the text, loading ends with a program or a [`LoadError`]; whatever the program, a run ends with
//!   results or a [`Trap`].
//! - **Nothing is granted unless asked for.** A program reaches the host only through the functions that
//!   [`Engine::builder`] registers and [`Loader::grant`] grants.
//! - **One meaning.** Results, trap, log, host calls and `executed_nodes` are the same to the bit on every machine;
//!   only deadline and cancel, which belong to the host, strike where they strike.
//! - **Containment.** A panic in a host function is caught: the call gives [`CallError::Internal`], the run's state
//!   is discarded, and program and thread are fit for the next call. (The panic hook still prints; set your own.) **A binary
//!   built with `panic = "abort"` loses this**: there, a host function that panics takes the process with it.
//!
//! # Threads and memory
//! [`Engine`], [`Program`], [`Func`] and [`TypedFn`] are `Clone + Send + Sync`. Runs share nothing. A run's memory is kept by
//! its thread for the next one, up to 1 MiB; [`Func::run_in`] takes a [`RunState`] of the caller's instead.
//!
//! # Features
//! | feature | default | gives |
//! | --- | --- | --- |
//! | `text` | yes | programs in the text form |
//! | `native` | yes | hot functions and loops as machine code, through Cranelift; without it no Cranelift is built |
//! | `safetensors` | no | `tensors`: weights for `load(..)` and inputs from safetensors files |
//! | `tracing` | no | spans `nda.load` and `nda.compile` (level debug) and `nda.run` (level trace) |
#![forbid(unsafe_code)]

mod batch;
mod cache;
mod engine;
mod error;
mod explain;
mod func;
mod host;
mod limits;
mod outcome;
mod program;
mod spans;
mod stats;
#[cfg(feature = "safetensors")]
pub mod tensors;
#[cfg(feature = "native")]
mod tiers;
mod together;
mod typed;
mod typed_fn;
mod value_ref;
mod weights;

pub use engine::{Engine, EngineBuilder, Loader};
pub use error::{ArgError, CallError, FuncError, InternalError, LoadError};
pub use explain::{Explanation, FrameAtTrap, LoopAtTrap, SlotAtTrap, SourcePlace};
pub use func::Func;
pub use host::{Buffer, Exact, Replies, Reply, TypedHost};
pub use limits::Limits;
pub use nda_ast;
pub use nda_ast::{Diagnostic, Import, Type};
pub use nda_kernels::{LEVEL_VARIABLE, Level, LevelError};
pub use nda_runtime::{
    Buf, BufData, CancelFlag, HostCall, HostError, HostFn, Location, Mat, RunState, Trap, TrapCode, TrapKind,
    Value,
};
pub use outcome::Outcome;
pub use program::{Entry, Program};
pub use stats::EngineStats;
#[cfg(feature = "native")]
pub use tiers::{BlockReport, BlockTier, MachineListing, Tenant, TierMode, TierOptions, machine_listings};
pub use typed::{Param, Params, Ret, Rets};
pub use typed_fn::TypedFn;
pub use value_ref::ValueRef;
pub use weights::DEFAULT_WEIGHT_BYTES;

/// The README's example, run as a test.
#[cfg(all(doctest, feature = "text"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The guides' examples, run as tests.
#[cfg(all(doctest, feature = "text"))]
#[doc = include_str!("../../docs/coming-from.md")]
struct ComingFrom;
