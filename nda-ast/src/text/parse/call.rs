//! Names in expressions, and what they begin: calls, methods, empty buffers.

use super::expr::{Around, Frame, Next, Run};
use super::{Parsed, clip};
use crate::text::diag::Diag;
use crate::text::lex::{Span, Tok};
use crate::text::syntax::{CallInfo, ExprKind, Generic};
use crate::{ErrorCode, Type};

/// Whether this is the name of a scalar type, of Rust too: after `Buf <` no operand.
fn is_elem(name: &str) -> bool {
    let (letter, digits) = name.split_at_checked(1).unwrap_or_default();
    name == "bool"
        || matches!(letter, "i" | "u") && matches!(digits, "8" | "16" | "32" | "64" | "size")
        || letter == "f" && matches!(digits, "32" | "64")
}

impl Run<'_, '_> {
    /// A name, or what begins with one.
    pub(super) fn name(&mut self) -> Parsed<Next> {
        let start = self.p.span();
        if let Some(value) = self.p.special_float(false)? {
            let span = start.to(self.p.before);
            let kind = ExprKind::Float(self.p.number(value.to_bits()));
            return self.leaf(kind, span);
        }
        let (span, after) = (self.p.span(), self.p.ahead(1).tok);
        let sym = self.p.ast.symbol(self.p.text());
        match after {
            Tok::LParen => {
                self.p.bump();
                self.p.bump();
                self.open_args(sym, span, None, None)
            }
            Tok::Path => self.path(sym, span),
            Tok::Lt if self.p.text() == "Buf" && is_elem(self.p.ahead(2).span.text(self.p.source)) => {
                self.new_without_path(span)
            }
            Tok::Bang if matches!(self.p.ahead(2).tok, Tok::LParen | Tok::LBracket | Tok::LBrace) => {
                let diag = self.p.macro_error();
                self.p.fail(diag)
            }
            _ => {
                self.p.bump();
                self.leaf(ExprKind::Name(sym), span)
            }
        }
    }

    /// `name::<..>(`, `Buf::<T, N>::new()`, and paths of Rust.
    fn path(&mut self, sym: u32, span: Span) -> Parsed<Next> {
        let generic = self.p.ahead(2).tok == Tok::Lt;
        let name = self.p.ast.name(sym);
        if name == "Buf" && !generic {
            return self.untyped_new(span);
        }
        if !generic {
            return Err(self.rust_path(span));
        }
        self.p.bump();
        let turbofish = self.p.turbofish()?;
        if name != "Buf" {
            self.p.expect(Tok::LParen)?;
            return self.open_args(sym, span, Some(turbofish), None);
        }
        self.new_call()?;
        let span = span.to(self.p.before);
        match turbofish.0.as_slice() {
            &[Generic::Elem(elem), Generic::Number(cap)] => self.leaf(ExprKind::New { elem, cap }, span),
            _ => {
                let diag =
                    Diag::new(ErrorCode::Syntax, turbofish.1, "A buffer has an element type and a capacity.")
                        .expected("`Buf::<T, N>::new()`");
                self.p.diags.push(diag);
                self.leaf(ExprKind::Poison, span)
            }
        }
    }

    /// `Buf<T, N>::new()`, as a type is written elsewhere.
    #[cold]
    fn new_without_path(&mut self, span: Span) -> Parsed<Next> {
        self.p.bump();
        let (generics, generics_span) = self.p.generics()?;
        self.new_call()?;
        let span = span.to(self.p.before);
        let fix = format!("Buf::{}::new()", generics_span.text(self.p.source));
        let message = "In an expression, types stand after `::`, as Rust reads `<` alone as `less than`.";
        let diag = Diag::new(ErrorCode::Syntax, span, message).expected("`Buf::<T, N>::new()`");
        self.p.diags.push(diag.fix(format!("write `{}`", clip(&fix)), span, fix));
        match generics.as_slice() {
            &[Generic::Elem(elem), Generic::Number(cap)] => self.leaf(ExprKind::New { elem, cap }, span),
            _ => self.leaf(ExprKind::Poison, span),
        }
    }

    /// `::new()`
    fn new_call(&mut self) -> Parsed<()> {
        self.p.expect(Tok::Path)?;
        if self.p.text() != "new" {
            let diag = self.p.unexpected("`new`");
            return self.p.fail(diag);
        }
        self.p.bump();
        self.p.expect(Tok::LParen)?;
        self.p.expect(Tok::RParen)?;
        Ok(())
    }

    /// `Buf::new()`: Rust would infer what NDA wants written.
    fn untyped_new(&mut self, span: Span) -> Parsed<Next> {
        self.p.bump();
        self.new_call()?;
        let span = span.to(self.p.before);
        let message = "Types are not inferred from later use: give the element type and the capacity.";
        let mut diag = Diag::new(ErrorCode::Syntax, span, message).expected("`Buf::<T, N>::new()`");
        if let Around::Let(Some(Type::Buf { elem, cap })) = self.around {
            diag = diag.fix("give them", span, format!("Buf::<{elem}, {cap}>::new()"));
        }
        self.p.diags.push(diag);
        self.leaf(ExprKind::Poison, span)
    }

    fn open_args(
        &mut self,
        name: u32,
        name_span: Span,
        turbofish: Option<(Vec<Generic>, Span)>,
        receiver: Option<u32>,
    ) -> Parsed<Next> {
        let call = self.p.ast.calls.len() as u32;
        let first = self.p.ast.exprs.len() as u32;
        self.p.ast.calls.push(CallInfo {
            name,
            name_span,
            args: 0,
            first,
            turbofish,
            close: 0,
            method: receiver.is_some(),
        });
        let start = receiver.map_or(name_span.start, |r| self.p.span_of(r).start);
        self.frames.push(Frame::Args { call, receiver, start });
        Ok(Next::Operand)
    }

    /// `.name(` after a receiver.
    pub(super) fn method(&mut self) -> Parsed<Next> {
        self.p.bump();
        let receiver = self.p.root();
        if !self.p.at(Tok::Ident) || !matches!(self.p.ahead(1).tok, Tok::LParen | Tok::Path) {
            let diag = Diag::new(
                ErrorCode::Unsupported,
                self.p.span(),
                "There are no fields: a function returns several values, which `let (a, b) = f(..);` names.",
            );
            return self.p.fail(diag);
        }
        let sym = self.p.ast.symbol(self.p.text());
        let name_span = self.p.bump().span;
        let turbofish = if self.p.at(Tok::Path) { Some(self.p.turbofish()?) } else { None };
        self.p.expect(Tok::LParen)?;
        self.open_args(sym, name_span, turbofish, Some(receiver))
    }
}
