//! Matrices of 2-bit weights: their packed form, and the operations on it.
//!
//! A matrix is two bit planes, `sign` and `extra`, row-major, each row padded with zero bits to whole bytes,
//! least significant bit first, with a [`Codebook`] and a power-of-two scale.

mod gemv;
mod pack;
mod packed;
mod rows;

pub use gemv::{NonFinite, POLL_WORK, gemv, gemv_rows, quantise, rows_per_poll};
pub use pack::{Packed, QuantError, WeightError, pack_exact, quantise_weights};
pub use packed::{Codebook, MAX_SCALE, MIN_SCALE, PackedError, PackedRef, Plane};
pub use rows::{norm, row};
