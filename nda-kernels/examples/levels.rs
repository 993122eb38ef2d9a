//! The levels of kernels that this processor can run, the best last: `cargo run -p nda-kernels --example levels`.

fn main() {
    nda_kernels::Level::supported().for_each(|level| println!("{level}"));
}
