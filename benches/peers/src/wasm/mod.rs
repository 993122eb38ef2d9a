//! WebAssembly engines: what they share.

mod engine;
mod host;
#[macro_use]
mod mirror;
#[cfg(feature = "wasmi")]
pub mod wasmi;
#[cfg(feature = "wasmtime")]
pub mod wasmtime;

pub use engine::Peer;
pub use host::{Host, Refused};

use nda_benches::engine::Caller;
use nda_runtime::TrapCode;
use nda_testkit::to_wasm::{Import, Module, Word};

/// Why a run has no results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A trap that NDA knows, with the code of `Failed` and `Host`.
    Trap(TrapCode, Option<i64>),
    /// Anything else: the engine's or the translator's fault.
    Other(String),
}

/// A WebAssembly engine with its settings and the host functions that every program may import.
pub trait Backend {
    /// Compiled code.
    type Code;

    /// Validates and compiles.
    ///
    /// # Errors
    /// Where the engine refuses the module.
    fn compile(&self, bytes: &[u8]) -> Result<Self::Code, String>;

    /// An instance, with what it imports.
    ///
    /// # Errors
    /// Where the engine refuses.
    fn instantiate(
        &self,
        code: &Self::Code,
        module: &Module,
        host: Host,
    ) -> Result<Box<dyn Instance>, String>;

    /// Compiles, instantiates with the kept host functions, calls, and drops all of it.
    ///
    /// # Errors
    /// Why there are no results.
    fn once(&self, module: &Module, words: &[Word]) -> Result<Vec<Word>, Stop>;

    /// An instance's function as the engine's typed handle.
    ///
    /// # Errors
    /// Where the function is not from one int to one int, or the engine refuses.
    fn caller(&self, code: &Self::Code, module: &Module) -> Result<Box<dyn Caller>, String>;
}

/// A module ready to be called.
pub trait Instance {
    /// Calls the exported function; `words` stay where they are, `results` are replaced.
    ///
    /// # Errors
    /// Why there are no results.
    fn call(&mut self, words: &[Word], results: &mut Vec<Word>) -> Result<(), Stop>;

    /// Its memory; empty where it has none.
    fn memory(&mut self) -> &mut [u8];

    /// The state of its host.
    fn host(&mut self) -> &mut Host;
}

/// Whether the host must define it for this program alone.
fn is_own(import: &Import) -> bool {
    matches!(import.kind, nda_testkit::to_wasm::ImportKind::Host(_))
}

/// Enough for any benchmark, and an end for what should have ended.
pub const FUEL: u64 = 1 << 40;
