//! Bytes to [`Program`]: the only way to make one. One forward pass; every byte string but the canonical encoding of
//! a program is refused with the offset at which that shows.
//!
//! The pass tells a [`Listener`] of each node as it is cut. The validator is one, so that [`load`] reads bytes once.

mod function;
mod object;
mod program;

pub use program::{decode, decode_object, load};

pub(crate) use function::Listener;
pub(crate) use object::INOUT;
