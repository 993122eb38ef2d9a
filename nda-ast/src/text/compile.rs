//! Text to valid program: parser, lowering, and the decoder and validator over what came out.

use super::diag::{Diag, Diags};
use super::lex::Span;
use super::load::{Loader, NoLoader};
use super::{lower, parse};
use crate::{Diagnostic, ErrorCode, LimitKind, Limits, LoadError, ValidProgram, load};
use std::fmt;

/// All that is wrong with a text: at least one error, at most [`MAX_ERRORS`](super::MAX_ERRORS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// The errors, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diag) in self.diagnostics.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            let at = diag.span.as_ref().map_or(0, |s| s.start);
            write!(f, "byte {at}: {diag}")?;
            if let Some(fix) = diag.fixes.first() {
                write!(f, " Fix: {}.", fix.message)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for CompileError {}

/// Compiles a text that loads no files. The program's file has names and source spans.
///
/// # Errors
/// Everything that is wrong with the text, as far as one pass can tell.
///
/// ```
/// use nda_ast::{Limits, text};
/// let source = "pub fn twice(x: i64) -> i64 { return x * 2; }";
/// let program = text::compile(source, &Limits::default())?;
/// assert_eq!(program.program().entry("twice"), Some(0));
///
/// let wrong = text::compile("pub fn half(x: f64) -> f64 { x / 2 }", &Limits::default()).unwrap_err();
/// assert_eq!(wrong.diagnostics[0].code.as_str(), "text.missing-cast");
/// assert_eq!(wrong.diagnostics[0].fixes[0].replacement, "2.0");
/// # Ok::<(), text::CompileError>(())
/// ```
pub fn compile(source: &str, limits: &Limits) -> Result<ValidProgram, CompileError> {
    compile_with(source, &mut NoLoader, true, limits)
}

/// As [`compile`]; `loader` finds the tensors that the text loads, and `spans` says whether the file gets a section with
/// source spans. Without them it is smaller, and errors at run time name nodes only.
///
/// # Errors
/// As [`compile`].
pub fn compile_with(
    source: &str,
    loader: &mut dyn Loader,
    spans: bool,
    limits: &Limits,
) -> Result<ValidProgram, CompileError> {
    let max = limits.bytes.min(u32::MAX.into());
    if source.len() as u64 > max {
        let mut diags = Diags::default();
        let what = format!("the text has {} bytes", source.len());
        diags.push(Diag::limit(LimitKind::Bytes, max, Span::default(), &what));
        return Err(error(diags));
    }
    let (ast, diags) = parse::parse(source, limits);
    if diags.abandoned {
        return Err(error(diags));
    }
    let mut lowering = lower::lower(source, &ast, diags, loader, limits);
    if !lowering.diags.is_empty() {
        return Err(error(lowering.diags));
    }
    if ast.functions.is_empty() {
        let mut diags = Diags::default();
        let message = "A program has at least one function.";
        let diag =
            Diag::new(ErrorCode::BadEntry, Span::default(), message).expected("`pub fn name() { .. }`");
        diags.push(diag);
        return Err(error(diags));
    }
    lowering.check_entries();
    if !lowering.diags.is_empty() {
        return Err(error(lowering.diags));
    }
    // Functions that no entry point reaches are no part of the program, but of the text.
    if lowering.any_private() {
        check(&mut lowering, true, limits)?;
    }
    let program = check(&mut lowering, false, limits)?;
    if spans {
        return Ok(program);
    }
    lowering.keep_spans(false);
    check(&mut lowering, false, limits)
}

fn error(diags: Diags) -> CompileError {
    let mut diagnostics = diags.list;
    diagnostics.sort_by_key(|d| d.span.as_ref().map_or(0, |s| s.start));
    CompileError { diagnostics }
}

/// Decodes and validates the program that was built; an error there becomes one of the text.
fn check(
    lowering: &mut lower::Lowering<'_, '_>,
    all: bool,
    limits: &Limits,
) -> Result<ValidProgram, CompileError> {
    // `max_cost` is asked of the entry points of the program only.
    let limits = Limits { max_cost: limits.max_cost.filter(|_| !all), ..*limits };
    let Some(bytes) = lowering.finish(all) else {
        let mut diags = Diags::default();
        diags.push(Diag::new(ErrorCode::BadEntry, Span::default(), "The program could not be put together."));
        return Err(error(diags));
    };
    let bytes = crate::Bytes::from(bytes);
    match load(bytes.clone(), &limits) {
        Ok(program) => Ok(program),
        Err(e) => {
            let mut diag = Diagnostic::from(&e);
            locate(&mut diag, &e, bytes, &limits);
            Err(CompileError { diagnostics: vec![diag] })
        }
    }
}

/// Finds the place in the text of an error that was found in the bytes.
fn locate(diag: &mut Diagnostic, error: &LoadError, bytes: crate::Bytes, limits: &Limits) {
    diag.span = Some(0..0);
    let LoadError::Validate(e) = error else { return };
    let Ok(program) = crate::decode(bytes, limits) else { return };
    diag.span = program.spans().node(e.object, e.node);
    diag.function = program.name(e.object).map(str::to_owned);
    diag.message = e.code.summary().to_owned();
    if e.code == ErrorCode::InoutAliased {
        // The bytes have slots by number, the text by name.
        let slot = e.found.as_deref().and_then(|number| number.parse().ok());
        let name = slot.and_then(|slot| program.names().slot(e.object, slot));
        diag.found = name.map(|name| format!("`{name}` again"));
    }
}
