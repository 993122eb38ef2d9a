//! Statements of Rust that are none here, and `assert!`, the one macro.

use super::expr::Around;
use super::{Parsed, Parser, Skip};
use crate::ErrorCode;
use crate::text::diag::Diag;
use crate::text::lex::{Span, Tok};
use crate::text::syntax::StmtKind;

impl Parser<'_> {
    pub(super) fn macro_statement(&mut self) -> Parsed<()> {
        let start = self.span();
        let name = self.text();
        if name == "assert" && self.ahead(2).tok == Tok::LParen {
            self.bump();
            self.bump();
            self.bump();
            let cond = self.expr(Around::Plain)?;
            if self.at(Tok::Comma) {
                let comma = self.span();
                let rest = &self.source[self.before.end as usize..];
                let end = rest.find(");").map_or(comma.end, |at| self.before.end + at as u32);
                let span = Span::new(comma.start, end);
                let message = "An assertion has no message: it traps with code 0; `if !c { fail(code); }` gives a code.";
                return self.fail(Diag::new(ErrorCode::Unsupported, span, message).fix(
                    "remove the message",
                    span,
                    "",
                ));
            }
            self.expect(Tok::RParen)?;
            self.stmt(StmtKind::Assert(cond), start.to(self.before));
            return self.end_of_jump();
        }
        let diag = self.rust_macro(name, start);
        self.diags.push(diag);
        Err(Skip)
    }

    /// A macro of Rust as a statement, from its name; skipped up to its end.
    #[cold]
    pub(super) fn rust_macro(&mut self, name: &str, start: Span) -> Diag {
        let generic = self.macro_error();
        let span = start.to(self.before);
        let text = span.text(self.source);
        let inner =
            text.find(['(', '[', '{']).and_then(|at| text.get(at + 1..text.len() - 1)).unwrap_or("").trim();
        let args = after_format(inner);
        match name {
            "println" | "print" | "eprintln" | "eprint" | "dbg" => {
                let diag = Diag::new(
                    ErrorCode::Unsupported,
                    span,
                    "Output goes to the log: `print(x);` appends one value.",
                );
                let fix = match args {
                    "" => String::new(),
                    args => {
                        args.split(',').map(|a| format!("print({})", a.trim())).collect::<Vec<_>>().join("; ")
                    }
                };
                diag.fix("write `print`", span, fix)
            }
            "assert_eq" | "assert_ne" | "debug_assert" => {
                let diag =
                    Diag::new(ErrorCode::Unsupported, span, "The only assertion is `assert!(condition);`.");
                let op = if name == "assert_ne" { "!=" } else { "==" };
                match inner.split_once(',') {
                    Some((a, b)) if name != "debug_assert" => {
                        let fix = format!("assert!({} {op} {})", a.trim(), b.trim());
                        diag.fix(format!("write `{fix}`"), span, fix)
                    }
                    _ => diag.fix("write `assert!`", span, format!("assert!({inner})")),
                }
            }
            "panic" | "unreachable" | "todo" | "unimplemented" => {
                let message = "A program stops with a code: `fail(code);`.";
                Diag::new(ErrorCode::Unsupported, span, message).fix("write `fail(1)`", span, "fail(1)")
            }
            _ => generic,
        }
    }

    #[cold]
    pub(super) fn no_statement(&mut self) -> Parsed<()> {
        let message = match self.tok() {
            Tok::Match => "There is no `match`: write `if .. else if .. else ..`.",
            Tok::Fn | Tok::Const | Tok::Pub | Tok::Extern | Tok::Use => {
                "Functions, constants and imports stand outside of functions."
            }
            _ => match self.text() {
                "struct" | "enum" | "impl" | "trait" | "type" | "mod" => {
                    "There are no types of one's own: use several slots, or one `Buf` for each field."
                }
                "unsafe" => "There is no `unsafe`.",
                _ => "This word of Rust is no statement here.",
            },
        };
        let diag = Diag::new(ErrorCode::Unsupported, self.span(), message).found(self.found());
        self.diags.push(diag);
        self.bump();
        while !matches!(self.tok(), Tok::LBrace | Tok::RBrace | Tok::Semi | Tok::Eof) {
            self.bump();
        }
        if self.at(Tok::LBrace) {
            self.skip_brackets();
        }
        self.eat(Tok::Semi);
        self.stmt(StmtKind::Poison, self.before);
        Ok(())
    }
}

/// The arguments after a format string.
fn after_format(inner: &str) -> &str {
    let Some(rest) = inner.strip_prefix('"') else { return inner };
    match rest.find('"') {
        Some(at) => rest[at + 1..].trim_start().trim_start_matches(',').trim(),
        None => "",
    }
}
