//! Other people's runtimes in the benchmarks of NDA, and WebAssembly engines as judges of its meaning.
//!
//! Scalar programs reach WebAssembly through [`nda_testkit::to_wasm`]; see `README.md` for versions and settings.

#[cfg(any(feature = "fasteval", feature = "cel"))]
pub mod expressions;
#[cfg(any(feature = "wasmi", feature = "wasmtime"))]
pub mod judge;
#[cfg(any(feature = "candle", feature = "gemm", feature = "faer", feature = "tq2"))]
pub mod network;
#[cfg(any(feature = "wasmi", feature = "wasmtime"))]
pub mod wasm;

use nda_benches::engine::Engine;

/// Every engine that was built in.
///
/// # Panics
/// Where an engine refuses its own settings: a defect of this crate.
#[must_use]
pub fn engines() -> Vec<Box<dyn Engine>> {
    let mut out: Vec<Box<dyn Engine>> = Vec::new();
    #[cfg(feature = "wasmi")]
    out.push(Box::new(wasm::wasmi::peer()));
    #[cfg(feature = "wasmtime")]
    {
        out.push(Box::new(wasm::wasmtime::peer(false)));
        out.push(Box::new(wasm::wasmtime::peer(true)));
    }
    #[cfg(feature = "fasteval")]
    out.push(Box::new(expressions::FastEval));
    #[cfg(feature = "cel")]
    out.push(Box::new(expressions::Cel));
    #[cfg(feature = "candle")]
    out.extend(network::candle::engines());
    #[cfg(feature = "gemm")]
    out.push(Box::new(network::gemm::Gemm));
    #[cfg(feature = "faer")]
    out.push(Box::new(network::faer::Faer));
    #[cfg(feature = "tq2")]
    out.push(Box::new(network::tq2::Tq2));
    out
}
