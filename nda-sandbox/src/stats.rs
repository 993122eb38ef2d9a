//! What an engine has done.

/// What an [`Engine`](crate::Engine) has loaded and compiled; [`Engine::stats`](crate::Engine::stats) gives it.
/// Counted while programs load: runs are not counted, which would make threads write to the same memory.
///
/// ```
/// use nda_sandbox::{Engine, Limits};
/// let engine = Engine::new();
/// let source = "fn f(x: i64) -> i64 { return x + 1; }";
/// let first = engine.load_text(source, &Limits::default())?;
/// let second = engine.load_text(source, &Limits::default())?;
/// let stats = engine.stats();
/// assert_eq!((stats.programs_loaded, stats.functions_compiled, stats.functions_shared), (2, 1, 1));
/// assert_eq!(stats.functions_alive, 1);
/// drop((first, second));
/// assert_eq!(engine.stats().code_bytes, 0);
/// # Ok::<(), nda_sandbox::LoadError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStats {
    /// Programs loaded since the engine was made, those included that are gone.
    pub programs_loaded: u64,
    /// Functions compiled since then.
    pub functions_compiled: u64,
    /// Functions that a program needed and another had brought, by equal hash.
    pub functions_shared: u64,
    /// Compiled functions that some program still uses.
    pub functions_alive: usize,
    /// Bytes of their code.
    pub code_bytes: usize,
    /// Nodes of the functions compiled. What that took is in the spans of the feature `tracing`: reading the clock would make
    /// loading a small program a twentieth slower.
    pub nodes_compiled: u64,
    /// Matrices whose weights the kernels keep a copy of for some program.
    pub weights_alive: usize,
    /// Bytes of these copies.
    pub weight_bytes: u64,
    /// Matrices, since the engine was made, for whose copy the limit had no room.
    pub weights_refused: u64,
}
