//! The suite of the kernels: each against a recomputation that shares nothing with it.

mod elementwise;
mod frozen;
mod levels;
mod math32;
mod math64;
mod matrix;
mod naive;
mod pack;
mod reduce;
mod tiles;
mod ulp;
