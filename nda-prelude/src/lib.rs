//! What rustc needs to compile programs in NDA's text form: their types, prelude functions and one macro.
//!
//! [`nda_file!`] makes the functions of a file Rust functions of the module around it; [`nda!`] does so with text in
//! place. The numerics are those of `nda-kernels`, so results have the bits that NDA gives (any NaN stands for any).
//!
//! ```
//! mod scores {
//!     nda_prelude::nda! {
//!         const WEIGHTS: Vec32<3> = vec32([0.5, 0.25, 0.25]);
//!
//!         pub fn score(x: &Vec32<3>) -> f64 {
//!             assert!(x[0] >= 0.0);
//!             return dot(&WEIGHTS, x);
//!         }
//!     }
//! }
//!
//! use nda_prelude::{Trap, Vec32, run};
//! let x = Vec32::from([1.0, 2.0, 4.0]);
//! assert_eq!(scores::score(&x), 2.0);
//! let x = Vec32::from([-1.0, 0.0, 0.0]);
//! assert_eq!(run(|| scores::score(&x)).result, Err(Trap::Failed(0)));
//! ```
//!
//! # Traps and the log
//! A trap is a panic. [`run`] catches it, and gives it as data with the log that `print` wrote on this thread.
//!
//! # The host
//! `extern "host" { fn now() -> i64; }` becomes `use self::host::now;`, and `use site::f;` becomes
//! `use self::site::f;`: write a `mod host` (or `mod site`) with those functions beside the macro. A host function that
//! fails calls [`host_error`].
//!
//! # What differs from NDA
//! - There is no fuel and no count of nodes, and `#[max(K)]` is dropped, so `LoopLimit` cannot strike.
//! - Integer arithmetic is rustc's. It wraps as NDA's does only where overflow checks are off: they are in release builds,
//!   and for other profiles the crate that holds the macro sets them off in the workspace's `Cargo.toml`:
//!   ```toml
//!   [profile.dev.package.my-crate]
//!   overflow-checks = false
//!   ```
//!   Where they are on, an overflow panics.
//! - `i64::MIN % -1` is 0 in NDA and panics in Rust.
//! - rustc must find the length of `concat(&a, &b)`: where nothing around fixes it, write it down
//!   (`let c: Vec32<6> = concat(&a, &b);`).
#![forbid(unsafe_code)]

mod buf;
mod load;
mod mat;
mod scalar;
mod trap;
mod update;
mod value;
mod vec32;
mod vector;

pub use buf::{AnyBuf, Buf, Elem};
pub use load::{Tensor, load};
pub use mat::{Codebook, Mat};
pub use nda_prelude_macros::{nda, nda_file};
pub use trap::{Run, Trap, check, host_error, run};
pub use update::Update;
pub use value::Value;
pub use vec32::{AnyVec, Vec32, VecArg};

/// What [`nda_file!`] brings into scope: the types and functions of the text form.
pub mod prelude {
    pub use crate::buf::{Buf, buf, fill, recap};
    pub use crate::mat::{Mat, QUATERNARY, TERNARY, gemv, mat, norm, row};
    pub use crate::scalar::*;
    pub use crate::trap::fail;
    pub use crate::value::print;
    pub use crate::vec32::{Vec32, concat, slice, splat, to_buf, to_vec, vec32};
    pub use crate::vector::*;
}
