//! NDA at run time: frames, fuel, traps, log, host imports, the scalar meaning of each operation, and the reference
//! interpreter (tier 0), which defines what a program does.
//!
//! The way through: a [`nda_ast::ValidProgram`] and a [`Link`] make a [`Loaded`]; a [`Run`] of it, in a [`RunState`],
//! gives an [`Outcome`]. [`Loaded`] has an example.
#![deny(unsafe_code)]

pub mod batch;
mod fpenv;
mod frame;
mod host;
mod interrupt;
pub mod jit;
mod loaded;
mod log;
pub mod memory;
mod observe;
pub mod scalar;
mod tier;
pub mod tier0;
mod trap;
mod unit;
mod value;
mod weights;

pub use fpenv::IeeeGuard;
pub use frame::{Arena, FrameLayout, LINE, type_words};
pub use host::{HostError, HostFn, Link, LinkError};
pub use interrupt::{CancelFlag, DEFAULT_FUEL, DEFAULT_LOG_BYTES, RunLimits, Watch};
pub use jit::{JitCode, JitControlFlow, JitFn, JitFunction, JitProgram, JitState};
pub use loaded::{BindError, Loaded};
pub use log::{ENTRY_BYTES, HostCall, Record};
pub use observe::ActiveCall;
pub use tier::{Outcome, Returned, Run, RunError, RunState, Stop, Tier};
pub use tier0::Tier0;
pub use trap::{Location, Trap, TrapCode, TrapKind, UnknownTrap};
pub use unit::VectorUnit;
pub use value::{Buf, BufData, Mat, Value, ValueError, all_same_bits, packed};
pub use weights::PackFn;
