//! Deterministic kernels for NDA: scalar math, vector operations and 2-bit matrix work.
//!
//! Every function here has one meaning **to the bit**, on every CPU: no fused multiply-add, no host
//! mathematics library, one order for every reduction, canonical NaN wherever bits can be observed. The only
//! requirement on the caller is the IEEE default environment (round to nearest, ties to even, no flush to
//! zero), which the runtime sets.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`canon`] | the canonical NaN and the conversions at the border between `f32` and `f64` |
//! | [`math64`] | `exp`, `ln`, `sin`, `pow`, ... on `f64`: the pinned crate `libm`, NaN made canonical |
//! | [`math32`] | `exp`, `tanh`, `sigmoid`, `silu`, `gelu` on `f32`: branch-free, the same per SIMD lane |
//! | [`matrix`] | packed 2-bit weights: `gemv`, `row`, `norm`, packing and quantising |
//! | [`reduce`] | `dot`, `sum`, `mean`, `max`, `min`, `argmax`, `argmin`, `softmax` |
//! | [`elementwise`] | lane-wise arithmetic, vector with vector and vector with float |
//!
//! Callers go through one table of function pointers, [`Kernels`], of which there is one for each [`Level`] of instructions: no
//! caller notices anything but time.
//!
//! # Lengths
//! A kernel whose slices disagree in length panics: lengths are static in NDA and checked by its validator,
//! so a mismatch is a bug in the caller, never bad input. Each function says which lengths it asks for.
//!
//! # Example
//! ```
//! use nda_kernels::kernels;
//!
//! let k = kernels();
//! let mut y = [0.0f32; 3];
//! (k.add.vec_vec)(&mut y, &[1.0, 2.0, 3.0], &[0.5, 0.5, 0.5]);
//! assert_eq!(y, [1.5, 2.5, 3.5]);
//! assert_eq!((k.sum)(&y), 7.5);
//! ```
// The SIMD modules are the only exception; the scalar forms need none.
#![deny(unsafe_code)]

#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!("nda-kernels needs SSE2: x87 arithmetic rounds twice and would change results");

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
#[expect(
    unsafe_code,
    reason = "loads and stores of registers, and an instruction that not every processor has"
)]
mod arm;
pub mod canon;
pub mod elementwise;
mod isa;
mod level;
pub mod math32;
pub mod math64;
pub mod matrix;
pub mod reduce;
mod table;
#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "instructions that not every processor has, and loads and stores of registers"
)]
mod x86;

pub use canon::{CANON32, CANON64, canon_slice, canon32, canon64, f32_to_f64_canon};
pub use level::{LEVEL_VARIABLE, Level, LevelError};
pub use matrix::{Codebook, NonFinite, PackedError, PackedRef};
pub use table::{Kernels, kernels};

/// The example of the README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
