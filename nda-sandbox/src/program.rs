//! A loaded program and its entry points.

use crate::error::FuncError;
use crate::typed::{Params, Rets};
use crate::{Func, Limits, TypedFn};
use nda_ast::{Body, Certificate, Import, Param, Type, ValidFunction, ValidProgram};
use nda_runtime::Loaded;
use std::fmt;
use std::sync::Arc;

/// A program that has been checked and is ready to run, for any number of threads. Cheap to clone.
///
/// Runs share nothing: each starts from the same state, whatever another did or how it ended.
#[derive(Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

struct Inner {
    loaded: Loaded,
    limits: Limits,
    /// The text that the program was loaded from.
    source: Option<Arc<str>>,
    /// Who knows what became of its functions.
    #[cfg(feature = "native")]
    promoter: Arc<crate::tiers::Promoter>,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.entries().map(|e| e.name()).collect();
        f.debug_struct("Program").field("entries", &names).field("limits", &self.inner.limits).finish()
    }
}

/// An entry point, before it has a handle.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    program: &'a ValidProgram,
    object: u32,
    function: &'a Arc<ValidFunction>,
}

impl<'a> Entry<'a> {
    /// Its name; where it has none, the first 12 digits of its hash would do, but a name is empty.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.program.program().name(self.object).unwrap_or("")
    }

    /// Its index among the program's objects.
    #[must_use]
    pub fn object(&self) -> u32 {
        self.object
    }

    /// The function: hash, nodes, slots.
    #[must_use]
    pub fn function(&self) -> &'a ValidFunction {
        self.function
    }

    /// Its parameters.
    #[must_use]
    pub fn params(&self) -> &'a [Param] {
        self.function.function().params()
    }

    /// Types of its results.
    #[must_use]
    pub fn results(&self) -> &'a [Type] {
        self.function.function().results()
    }

    /// The name of parameter `index`.
    #[must_use]
    pub fn param_name(&self, index: usize) -> Option<&'a str> {
        self.program.program().names().slot(self.object, u32::try_from(index).ok()?)
    }

    /// What is known of every run of it: bounds of work, frame and levels.
    #[must_use]
    pub fn certificate(&self) -> &'a Certificate {
        self.function.certificate()
    }

    /// Its signature as the text form writes it.
    #[must_use]
    pub fn signature(&self) -> String {
        let param = |(i, p): (usize, &Param)| match self.param_name(i) {
            Some(name) => format!("{name}: {p}"),
            None => p.to_string(),
        };
        let params: Vec<String> = self.params().iter().enumerate().map(param).collect();
        let results: Vec<String> = self.results().iter().map(ToString::to_string).collect();
        let head = format!("fn {}({})", self.name(), params.join(", "));
        match results.as_slice() {
            [] => head,
            [one] => format!("{head} -> {one}"),
            many => format!("{head} -> ({})", many.join(", ")),
        }
    }

    /// Types of the results and then of the `inout` parameters: what a run gives back.
    pub(crate) fn returned_types(&self) -> Vec<Type> {
        let inout = self.params().iter().filter(|p| p.is_inout()).map(|p| p.ty);
        self.results().iter().copied().chain(inout).collect()
    }
}

impl Program {
    pub(crate) fn new(
        loaded: Loaded,
        limits: Limits,
        source: Option<Arc<str>>,
        #[cfg(feature = "native")] promoter: &Arc<crate::tiers::Promoter>,
    ) -> Program {
        let inner = Inner {
            loaded,
            limits,
            source,
            #[cfg(feature = "native")]
            promoter: promoter.clone(),
        };
        Program { inner: Arc::new(inner) }
    }

    /// What was decoded and validated.
    #[must_use]
    pub fn valid(&self) -> &ValidProgram {
        self.inner.loaded.program()
    }

    #[inline]
    pub(crate) fn loaded(&self) -> &Loaded {
        &self.inner.loaded
    }

    /// The limits that it was loaded with, and that its runs have unless a handle says otherwise.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// The program file: canonical bytes with names.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.valid().program().bytes()
    }

    /// The text that it was loaded from, if it was.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.inner.source.as_deref()
    }

    /// The canonical text of it.
    #[cfg(feature = "text")]
    #[must_use]
    pub fn to_text(&self) -> String {
        nda_ast::text::print(self.valid())
    }

    /// Its entry points, in the program's order.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let program = self.valid();
        program.entries().map(move |(object, function)| Entry { program, object, function })
    }

    /// The entry point called `name`; where several are, the first.
    ///
    /// # Errors
    /// [`FuncError::Unknown`], with the names that there are.
    pub fn entry(&self, name: &str) -> Result<Entry<'_>, FuncError> {
        self.entries().find(|e| e.name() == name).ok_or_else(|| FuncError::Unknown {
            name: name.to_owned(),
            known: self.entries().take(20).map(|e| e.name().to_owned()).collect(),
        })
    }

    /// For each of its functions and loops, in program order: what has been spent there, what runs it, and why.
    #[cfg(feature = "native")]
    #[must_use]
    pub fn tiers(&self) -> Vec<crate::BlockReport> {
        self.inner.promoter.reports(&self.inner.loaded)
    }

    /// What it imports from the host.
    pub fn imports(&self) -> impl Iterator<Item = &Import> {
        imports(self.valid())
    }

    /// A handle on the entry point `name` with Rust types for its parameters and results.
    ///
    /// `P` is one type that stands for a parameter, or a tuple of up to 12: `i64`, `f64`, `bool`, `&[u8]`, `&[i64]` or `&[f64]` for a
    /// `Buf`, `&[f32]` or `[f32; N]` for a `Vec32`, [`Value`](crate::Value) for any. `R` is the same for results, with `Vec` in the place of
    /// slices; the final value of each `&mut` parameter comes back after the results.
    ///
    /// ```
    /// use nda_sandbox::{Engine, Limits};
    /// let source = "
    ///     fn append(b: &mut Buf<u8, 8>, x: i64) -> i64 {
    ///         b.push(x as u8);
    ///         return b.len();
    ///     }";
    /// let program = Engine::new().load_text(source, &Limits::default())?;
    /// let append = program.func::<(&[u8], i64), (i64, Vec<u8>)>("append")?;
    /// assert_eq!(append.call((b"ab", 0x63))?, (3, b"abc".to_vec()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`FuncError`], with the signature that there is.
    pub fn func<P: Params, R: Rets>(&self, name: &str) -> Result<TypedFn<P, R>, FuncError> {
        let entry = self.entry(name)?;
        let params: Vec<Type> = entry.params().iter().map(|p| p.ty).collect();
        if !P::fit(&params) || !R::fit(&entry.returned_types()) {
            let found = format!("fn{} -> {}", P::describe(), R::describe());
            return Err(FuncError::Signature { name: name.to_owned(), expected: entry.signature(), found });
        }
        Ok(TypedFn::new(self.handle(&entry), &entry))
    }

    /// A handle on the entry point `name` that takes and gives values, whatever its signature.
    ///
    /// # Errors
    /// [`FuncError::Unknown`], with the names that there are.
    pub fn func_untyped(&self, name: &str) -> Result<Func, FuncError> {
        Ok(self.handle(&self.entry(name)?))
    }

    fn handle(&self, entry: &Entry<'_>) -> Func {
        Func::new(self.clone(), entry.object, self.inner.limits)
    }

    /// The entry point of a handle.
    pub(crate) fn entry_of(&self, object: u32) -> Option<Entry<'_>> {
        self.entries().find(|e| e.object == object)
    }
}

/// What a program imports from the host.
pub(crate) fn imports(program: &ValidProgram) -> impl Iterator<Item = &Import> {
    program.program().objects().iter().filter_map(|object| match object.body() {
        Body::Import(import) => Some(import),
        _ => None,
    })
}
