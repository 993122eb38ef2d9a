//! Bytes to [`Program`]: the only way to make one. One forward pass; every byte string but the canonical encoding of
//! a program is refused with the offset at which that shows.

mod function;
mod object;
mod program;

pub use program::{decode, decode_object};

pub(crate) use object::INOUT;
