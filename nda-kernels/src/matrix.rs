//! Matrices of 2-bit weights: their packed form, and the operations on it.
//!
//! A matrix is two bit planes, `sign` and `extra`, row-major, each row padded with zero bits to whole bytes,
//! least significant bit first, with a [`Codebook`] and a power-of-two scale.

#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
mod decoding;
mod gemv;
mod pack;
mod packed;
mod rows;
mod tiles;

pub use gemv::{NonFinite, POLL_WORK, gemv, gemv_rows, quantise, rows_per_poll};
pub use pack::{Packed, QuantError, WeightError, pack_exact, quantise_weights};
pub use packed::{Codebook, MAX_SCALE, MIN_SCALE, PackedError, PackedRef, Plane};
pub use rows::{norm, row};
pub use tiles::{GemmFn, GemvFn, Quantised, TILE_COLS, TILE_ROWS, Tile, Tiled, Tiles, activation_bytes};

#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
pub(crate) use decoding::HALF_BYTES;
pub(crate) use tiles::{checked_batch, checked_blocks, code_values};
#[cfg(target_arch = "x86_64")]
pub(crate) use {decoding::SIX_BITS, gemv::non_finite};
