//! Collecting errors: at most 20, none twice.

use super::lex::Span;
use crate::{Diagnostic, ErrorCode, Fix, LimitKind};

/// Errors reported for one text at most.
pub const MAX_ERRORS: usize = 20;

/// An error under construction.
pub(crate) struct Diag(pub Diagnostic);

impl Diag {
    #[cold]
    pub fn new(code: ErrorCode, span: Span, message: impl Into<String>) -> Diag {
        Diag(Diagnostic {
            code,
            message: message.into(),
            function: None,
            node: None,
            span: Some(span.range()),
            expected: None,
            found: None,
            fixes: Vec::new(),
        })
    }

    #[cold]
    pub fn limit(kind: LimitKind, max: u64, span: Span, what: &str) -> Diag {
        Diag::new(ErrorCode::Limit, span, format!("The limit `{kind}` of {max} is exceeded: {what}."))
            .expected(format!("{kind} <= {max}"))
    }

    pub fn expected(mut self, expected: impl ToString) -> Diag {
        self.0.expected = Some(expected.to_string());
        self
    }

    pub fn found(mut self, found: impl ToString) -> Diag {
        self.0.found = Some(found.to_string());
        self
    }

    /// A change that mends it: `replacement` in the place of `span`.
    pub fn fix(mut self, message: impl Into<String>, span: Span, replacement: impl Into<String>) -> Diag {
        let fix = Fix { message: message.into(), span: span.range(), replacement: replacement.into() };
        self.0.fixes.push(fix);
        self
    }
}

#[derive(Default)]
pub(crate) struct Diags {
    pub list: Vec<Diagnostic>,
    /// Whether the text was not read to its end, so that names in it may be missing.
    pub abandoned: bool,
}

impl Diags {
    /// Keeps an error, unless there are enough or one stands at the same place already.
    #[cold]
    pub fn push(&mut self, diag: Diag) {
        if self.full()
            || self.abandoned
            || self.list.iter().any(|d| d.span == diag.0.span && d.code == diag.0.code)
        {
            return;
        }
        self.list.push(diag.0);
    }

    pub fn full(&self) -> bool {
        self.list.len() >= MAX_ERRORS
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
