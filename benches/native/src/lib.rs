//! The programs of `benches/programs/scalar` and `memory` as a Rust programmer would write them: slices, iterators,
//! bounds checks, wrapping arithmetic where the NDA program may wrap. No dependencies, so that `cargo xtask bench` builds it a
//! second time without auto-vectorisation in a second.
//!
//! Where LLVM would replace a loop by a formula, the doc comment of the function says what keeps it from that.
#![forbid(unsafe_code)]

mod memory;
mod scalar;

/// A program: the size of its work, and a seed or second parameter.
pub type Kernel = fn(i64, i64) -> i64;

/// Every program by its name.
pub const KERNELS: &[(&str, Kernel)] = &[
    ("sum_loop", scalar::sum_loop),
    ("collatz", scalar::collatz),
    ("xorshift64", scalar::xorshift64),
    ("mandelbrot", scalar::mandelbrot),
    ("nbody3", scalar::nbody3),
    ("gcd_sum", scalar::gcd_sum),
    ("fib_iter", scalar::fib_iter),
    ("newton_sqrt", scalar::newton_sqrt),
    ("prime_count", scalar::prime_count),
    ("sieve", memory::sieve),
    ("insertion_sort", memory::insertion_sort),
    ("binary_search", memory::binary_search),
    ("byte_histogram", memory::byte_histogram),
    ("tokenizer", memory::tokenizer),
    ("prefix_sum", memory::prefix_sum),
    ("matmul_scalar", memory::matmul_scalar),
    ("hash_table", memory::hash_table),
    ("heap_push", memory::heap_push),
];

/// The program of this name.
#[must_use]
pub fn kernel(name: &str) -> Option<Kernel> {
    KERNELS.iter().find(|(known, _)| *known == name).map(|(_, kernel)| *kernel)
}
