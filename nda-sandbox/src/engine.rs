//! The engine: the host functions that programs may be granted, and the door through which programs come in.

use crate::cache::CodeCache;
use crate::host::TypedHost;
use crate::spans::Span;
#[cfg(feature = "native")]
use crate::tiers::{Promoter, Tenant, TierOptions};
use crate::weights::{DEFAULT_WEIGHT_BYTES, WeightCache};
use crate::{EngineStats, Limits, LoadError, Program};
use nda_ast::{Bytes, Import, Type, ValidProgram};
use nda_kernels::matrix::Tiled;
use nda_kernels::{Kernels, Level, LevelError, PackedRef};
use nda_runtime::{HostError, HostFn, Link, Loaded, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Loads programs and owns what they share: functions of equal hash are compiled once, and their code lives as long as a
/// program has it. Cheap to clone; use one for the whole process.
///
/// ```
/// use nda_sandbox::{Engine, HostError, Limits};
///
/// let engine = Engine::builder()
///     .import("root", |x: i64| if x < 0 { Err(HostError { code: 7 }) } else { Ok(x.isqrt()) })
///     .build();
/// let source = r#"
///     extern "host" { fn root(x: i64) -> i64; }
///     fn twice(x: i64) -> i64 { let r = root(x); return 2 * r; }
/// "#;
/// let refused = engine.load_text(source, &Limits::default());
/// assert!(refused.is_err(), "nothing is granted unless asked for");
/// let program = engine.loader().grant("root").load_text(source)?;
/// assert_eq!(program.func::<i64, i64>("twice")?.call(81)?, 18);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Registry>,
}

struct Registry {
    imports: BTreeMap<String, Registered>,
    cache: CodeCache,
    kernels: &'static Kernels,
    weights: WeightCache,
    #[cfg(feature = "native")]
    promoter: Arc<Promoter>,
}

#[derive(Clone)]
struct Registered {
    params: Vec<Type>,
    results: Vec<Type>,
    work: u32,
    function: Arc<dyn HostFn>,
}

impl Default for Engine {
    fn default() -> Engine {
        Engine::builder().build()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("imports", &self.inner.imports.keys()).finish()
    }
}

impl Engine {
    /// One without host functions.
    #[must_use]
    pub fn new() -> Engine {
        Engine::default()
    }

    /// Begins one with host functions.
    #[must_use]
    pub fn builder() -> EngineBuilder {
        EngineBuilder {
            imports: BTreeMap::new(),
            kernels: nda_kernels::kernels(),
            weight_bytes: DEFAULT_WEIGHT_BYTES,
            #[cfg(feature = "native")]
            tiers: TierOptions::default(),
        }
    }

    /// Loads a program file, granting it no host function. See [`Engine::loader`] for more.
    ///
    /// # Errors
    /// [`LoadError`], for every byte string that is not a program within the limits.
    pub fn load(&self, bytes: impl Into<Bytes>, limits: &Limits) -> Result<Program, LoadError> {
        self.loader().limits(limits).load(bytes)
    }

    /// Loads a program in the text form, granting it no host function. See [`Engine::loader`] for more.
    ///
    /// # Errors
    /// [`LoadError`], with up to 20 errors of the text, each with its span and where possible a fix.
    #[cfg(feature = "text")]
    pub fn load_text(&self, source: &str, limits: &Limits) -> Result<Program, LoadError> {
        self.loader().limits(limits).load_text(source)
    }

    /// Begins loading a program with grants, limits or files of its own.
    #[must_use]
    pub fn loader(&self) -> Loader<'_> {
        Loader {
            engine: self,
            limits: Limits::default(),
            granted: Link::new(),
            works: BTreeMap::new(),
            #[cfg(feature = "native")]
            tenant: None,
            #[cfg(feature = "text")]
            files: None,
        }
    }

    /// What it has loaded and compiled so far.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        let weights = self.inner.weights.stats();
        EngineStats {
            weights_alive: weights.alive,
            weight_bytes: weights.bytes,
            weights_refused: weights.refused,
            ..self.inner.cache.stats()
        }
    }

    /// The instructions that its kernels are made of.
    #[must_use]
    pub fn level(&self) -> Level {
        self.inner.kernels.level
    }

    #[cfg(test)]
    pub(crate) fn cache(&self) -> &CodeCache {
        &self.inner.cache
    }

    #[cfg(test)]
    pub(crate) fn weights(&self) -> &WeightCache {
        &self.inner.weights
    }

    /// The signatures of all host functions, by name.
    pub fn imports(&self) -> impl Iterator<Item = Import> {
        self.inner.imports.iter().map(|(name, r)| Import {
            name: name.clone(),
            params: r.params.iter().map(|ty| nda_ast::Param::new(*ty)).collect(),
            results: r.results.clone(),
            work: r.work,
        })
    }
}

/// An engine under construction.
#[derive(Clone)]
pub struct EngineBuilder {
    imports: BTreeMap<String, Registered>,
    kernels: &'static Kernels,
    weight_bytes: u64,
    #[cfg(feature = "native")]
    tiers: TierOptions,
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder").field("imports", &self.imports.keys()).finish()
    }
}

/// Makes a closure with Rust types a host function.
struct Typed<F, A>(F, std::marker::PhantomData<fn() -> A>);

impl<A: 'static, F: TypedHost<A>> HostFn for Typed<F, A> {
    fn call(&self, args: &[Value]) -> Result<Vec<Value>, HostError> {
        self.0.answer(args)
    }
}

impl EngineBuilder {
    /// Registers a closure of up to six parameters as the host function `name`, of declared work 0. Its Rust types are
    /// its signature: `i64`, `f64`, `bool`, `[f32; N]` (a `Vec32<N>`) and [`Buffer<T, N>`](crate::Buffer); results one of
    /// these, a tuple, `()`, or such in a `Result` with [`HostError`].
    ///
    /// A later function of the same name takes the place of the earlier one.
    #[must_use]
    pub fn import<A: 'static>(self, name: &str, function: impl TypedHost<A>) -> EngineBuilder {
        self.import_with_work(name, 0, function)
    }

    /// As [`EngineBuilder::import`], with a declared work: 64 units cost a program one node of fuel per call. A program must
    /// declare the same work for the import, `#[work(N)]`, to be granted it.
    #[must_use]
    pub fn import_with_work<A: 'static, F: TypedHost<A>>(
        mut self,
        name: &str,
        work: u32,
        function: F,
    ) -> EngineBuilder {
        let function = Arc::new(Typed(function, std::marker::PhantomData));
        let registered = Registered { params: F::params(), results: F::results(), work, function };
        self.imports.insert(name.to_owned(), registered);
        self
    }

    /// Registers a host function of any signature, which takes and gives values.
    #[must_use]
    pub fn import_untyped(mut self, import: Import, function: impl HostFn + 'static) -> EngineBuilder {
        let registered = Registered {
            params: import.params.iter().map(|p| p.ty).collect(),
            results: import.results,
            work: import.work,
            function: Arc::new(function),
        };
        self.imports.insert(import.name, registered);
        self
    }

    /// Takes kernels of this level, whatever the environment variable [`LEVEL_VARIABLE`](crate::LEVEL_VARIABLE) says. Results are
    /// the same to the bit at each. Default: what the variable names, else the best that the processor has.
    ///
    /// ```
    /// use nda_sandbox::{Engine, Level};
    /// let engine = Engine::builder().level(Level::Scalar)?.build();
    /// assert_eq!(engine.level(), Level::Scalar);
    /// # Ok::<(), nda_sandbox::LevelError>(())
    /// ```
    ///
    /// # Errors
    /// [`LevelError::Unsupported`], where this processor cannot run it.
    pub fn level(mut self, level: Level) -> Result<EngineBuilder, LevelError> {
        self.kernels = Kernels::of_level(level)?;
        Ok(self)
    }

    /// Limits the bytes of the copies that kernels keep of the weights that programs multiply by, of all programs of the engine
    /// together. A copy takes about as many bytes as the weights in the program's file; equal matrices share one, and it goes with the last program
    /// that has it. Matrices for which there is no room are multiplied by as they are, slower, with the same bits;
    /// [`EngineStats`] counts them. Default [`DEFAULT_WEIGHT_BYTES`], 1 GiB.
    #[must_use]
    pub fn weight_bytes(mut self, limit: u64) -> EngineBuilder {
        self.weight_bytes = limit;
        self
    }

    /// The engine.
    #[must_use]
    pub fn build(self) -> Engine {
        let inner = Registry {
            imports: self.imports,
            cache: CodeCache::default(),
            kernels: self.kernels,
            weights: WeightCache::new(self.weight_bytes),
            #[cfg(feature = "native")]
            promoter: Arc::new(Promoter::new(self.tiers)),
        };
        Engine { inner: Arc::new(inner) }
    }

    /// When functions are compiled to machine code.
    #[cfg(feature = "native")]
    #[must_use]
    pub fn tiers(mut self, options: TierOptions) -> EngineBuilder {
        self.tiers = options;
        self
    }
}

/// A program about to be loaded: under which limits, with which of the engine's host functions.
pub struct Loader<'a> {
    engine: &'a Engine,
    limits: Limits,
    granted: Link,
    works: BTreeMap<String, u32>,
    #[cfg(feature = "native")]
    tenant: Option<Tenant>,
    #[cfg(feature = "text")]
    files: Option<&'a mut dyn nda_ast::text::Loader>,
}

impl fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader").field("limits", &self.limits).field("granted", &self.granted).finish()
    }
}

struct Shared(Arc<dyn HostFn>);

impl HostFn for Shared {
    fn call(&self, args: &[Value]) -> Result<Vec<Value>, HostError> {
        self.0.call(args)
    }
}

impl<'a> Loader<'a> {
    /// Sets the limits of the program and of its runs.
    #[must_use]
    pub fn limits(mut self, limits: &Limits) -> Loader<'a> {
        self.limits = *limits;
        self
    }

    /// Grants the engine's host function `name`. A name that the engine has not grants nothing: a program that imports
    /// it does not load.
    #[must_use]
    pub fn grant(mut self, name: &str) -> Loader<'a> {
        if let Some(r) = self.engine.inner.imports.get(name) {
            self.granted.grant(name, r.params.clone(), r.results.clone(), Shared(r.function.clone()));
            self.works.insert(name.to_owned(), r.work);
        }
        self
    }

    /// Grants every host function of the engine.
    #[must_use]
    pub fn grant_all(self) -> Loader<'a> {
        let engine = self.engine;
        engine.inner.imports.keys().fold(self, |loader, name| loader.grant(name))
    }

    /// Lets machine code of the program be at the expense of a tenant, whose share is then its bound.
    #[cfg(feature = "native")]
    #[must_use]
    pub fn tenant(mut self, tenant: &Tenant) -> Loader<'a> {
        self.tenant = Some(tenant.clone());
        self
    }

    /// Takes what `load(..)` names in a text from `files`. Without this, a text that loads is refused.
    #[cfg(feature = "text")]
    #[must_use]
    pub fn files(mut self, files: &'a mut dyn nda_ast::text::Loader) -> Loader<'a> {
        self.files = Some(files);
        self
    }

    /// Checks a program file without making it ready to run: imports need no grant.
    ///
    /// # Errors
    /// [`LoadError::Program`], for every byte string that is not a program within the limits.
    pub fn validate(self, bytes: impl Into<Bytes>) -> Result<ValidProgram, LoadError> {
        Ok(nda_ast::load(bytes, &self.limits.program)?)
    }

    /// As [`Loader::validate`], for a program in the text form.
    ///
    /// # Errors
    /// [`LoadError`], with up to 20 errors of the text, each with its span and where possible a fix.
    #[cfg(feature = "text")]
    pub fn validate_text(mut self, source: &str) -> Result<ValidProgram, LoadError> {
        self.parse(source)
    }

    #[cfg(feature = "text")]
    fn parse(&mut self, source: &str) -> Result<ValidProgram, LoadError> {
        let mut none = nda_ast::text::NoLoader;
        let files = match &mut self.files {
            Some(files) => &mut **files,
            None => &mut none as &mut dyn nda_ast::text::Loader,
        };
        let compiled = nda_ast::text::compile_with(source, files, true, &self.limits.program);
        compiled.map_err(|e| LoadError::Text(e.diagnostics))
    }

    /// Loads a program in the text form.
    ///
    /// # Errors
    /// As [`Loader::validate_text`], and for imports not granted.
    #[cfg(feature = "text")]
    pub fn load_text(mut self, source: &str) -> Result<Program, LoadError> {
        let span = Span::load(source.len());
        let valid = self.parse(source)?;
        span.valid(&valid);
        self.bind(valid, Some(source.into()))
    }

    /// Loads a program file.
    ///
    /// # Errors
    /// [`LoadError`], for every byte string that is not a program within the limits, and for imports not granted.
    pub fn load(self, bytes: impl Into<Bytes>) -> Result<Program, LoadError> {
        let bytes = bytes.into();
        let span = Span::load(bytes.len());
        let valid = nda_ast::load(bytes, &self.limits.program)?;
        span.valid(&valid);
        self.bind(valid, None)
    }

    fn bind(&self, valid: ValidProgram, source: Option<Arc<str>>) -> Result<Program, LoadError> {
        let Registry { kernels, weights, .. } = &*self.engine.inner;
        let mut pack = |tiled: &Tiled, hash, w: &PackedRef<'_>| weights.tiles(tiled, hash, w);
        let loaded = Loaded::prepared(Arc::new(valid), &self.granted, kernels, &mut pack)?;
        for import in crate::program::imports(loaded.program()) {
            match self.works.get(&import.name) {
                Some(&expected) if expected != import.work => {
                    let import_name = import.name.clone();
                    return Err(LoadError::Work { import: import_name, expected, found: import.work });
                }
                _ => {}
            }
        }
        let inner = &self.engine.inner;
        #[cfg(feature = "native")]
        loaded.jit(|loaded| inner.promoter.admit(loaded, inner.cache.compile(loaded), self.tenant.as_ref()));
        #[cfg(not(feature = "native"))]
        loaded.jit(|loaded| inner.cache.compile(loaded));
        Ok(Program::new(
            loaded,
            self.limits,
            source,
            #[cfg(feature = "native")]
            &inner.promoter,
        ))
    }
}
