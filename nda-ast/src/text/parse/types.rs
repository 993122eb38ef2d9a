//! Types as written.

use super::{Parsed, Parser, clip};
use crate::text::diag::Diag;
use crate::text::fixes::nearest_word;
use crate::text::lex::{Span, Tok};
use crate::text::syntax::{Generic, TypeNode};
use crate::{Elem, ErrorCode, MAX_ELEMENTS, Mode, Type};

const TYPES: &str = "`i64`, `f64`, `bool`, `Buf<T, N>`, `Vec32<N>` or `Mat<R, C>`";

/// What to write for a type of Rust that NDA has not: the replacement, and the sentence.
fn instead_of(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "i8" | "i16" | "i32" | "i128" | "isize" | "u16" | "u32" | "u64" | "u128" | "usize" | "char" => (
            "i64",
            "The only integer type is `i64`; unsigned operations are functions such as `div_u` and `lt_u`.",
        ),
        "f32" => ("f64", "The only scalar float type is `f64`; `Vec32<N>` holds 32-bit floats."),
        "u8" => ("i64", "`u8` exists only as the element of a `Buf<u8, N>`; hold a single byte as `i64`."),
        "String" | "str" => ("Buf<u8, 256>", "Text is bytes in a `Buf<u8, N>` of a fixed capacity N."),
        _ => return None,
    })
}

impl Parser<'_> {
    /// A type, with `&` or `&mut` before it.
    pub(super) fn type_node(&mut self) -> Parsed<TypeNode> {
        let start = self.span();
        let mut reference = None;
        while matches!(self.tok(), Tok::Amp | Tok::AmpAmp) {
            let token = self.bump();
            if reference.is_some() || token.tok == Tok::AmpAmp {
                let message = "A reference is `&T` or `&mut T`, only once and only for a parameter.";
                return self.fail(Diag::new(ErrorCode::Syntax, token.span, message));
            }
            if self.at(Tok::Label) {
                let label = self.bump().span;
                let message = "References have no lifetimes here: they live as long as the call.";
                let diag = Diag::new(ErrorCode::Unsupported, label, message);
                self.diags.push(diag.fix("remove the lifetime", label, ""));
            }
            reference = Some(if self.eat(Tok::Mut) { Mode::Inout } else { Mode::In });
        }
        let ty = self.bare_type()?;
        Ok(TypeNode { ty, reference, span: start.to(self.before) })
    }

    /// A type without reference; `None` where it was reported that there is no such type.
    fn bare_type(&mut self) -> Parsed<Option<Type>> {
        let start = self.span();
        if self.at(Tok::LBracket) {
            return self.array_type();
        }
        if !self.at(Tok::Ident) {
            let diag = self.unexpected(TYPES);
            return self.fail(diag);
        }
        let name = self.text();
        self.bump();
        Ok(match name {
            "i64" => Some(Type::Int),
            "f64" => Some(Type::Float),
            "bool" => Some(Type::Bool),
            "Buf" => {
                self.expect(Tok::Lt)?;
                let (elem, elem_span) = self.elem()?;
                self.expect(Tok::Comma)?;
                let cap = self.dimension(MAX_ELEMENTS)?;
                self.expect(Tok::Gt)?;
                let _ = elem_span;
                elem.zip(cap).map(|(elem, cap)| Type::Buf { elem, cap })
            }
            "Vec32" => {
                self.expect(Tok::Lt)?;
                let n = self.dimension(MAX_ELEMENTS)?;
                self.expect(Tok::Gt)?;
                n.map(|n| Type::Vec { n })
            }
            "Mat" => {
                self.expect(Tok::Lt)?;
                let rows = self.dimension(u16::MAX.into())?;
                self.expect(Tok::Comma)?;
                let cols = self.dimension(u16::MAX.into())?;
                self.expect(Tok::Gt)?;
                rows.zip(cols).map(|(rows, cols)| Type::Mat { rows: rows as u16, cols: cols as u16 })
            }
            _ => {
                self.unknown_type(name, start);
                None
            }
        })
    }

    /// Reports a type that is none, and skips its generics.
    fn unknown_type(&mut self, name: &str, span: Span) {
        if let Some((fix, message)) = instead_of(name) {
            let diag = Diag::new(ErrorCode::Unsupported, span, message).expected(TYPES).found(name);
            self.diags.push(diag.fix(format!("write `{fix}`"), span, fix));
            return;
        }
        let mut elem = None;
        if self.at(Tok::Lt) {
            elem = Some(self.ahead(1).span.text(self.source));
            self.skip_generics();
        }
        let all = span.to(self.before);
        let mut diag = Diag::new(ErrorCode::UnknownName, span, format!("There is no type `{}`.", clip(name)));
        match (name, elem) {
            ("Vec", elem) => {
                let elem = match elem {
                    Some("u8") => "u8",
                    Some("f64" | "f32") => "f64",
                    _ => "i64",
                };
                diag = Diag::new(
                    ErrorCode::Unsupported,
                    all,
                    "Memory is fixed: write `Buf<T, N>` with a capacity N that suffices.",
                )
                .fix(format!("write `Buf<{elem}, 1024>`"), all, format!("Buf<{elem}, 1024>"));
            }
            ("Option" | "Result" | "Box" | "HashMap" | "Rc" | "Arc" | "Self", _) => {
                let message = format!(
                    "`{name}` is not part of the language: return several values instead, such as `(bool, i64)`."
                );
                diag = Diag::new(ErrorCode::Unsupported, all, message);
            }
            _ => {
                let known = ["i64", "f64", "bool", "Buf", "Vec32", "Mat"];
                if let Some(near) = nearest_word(name, &known) {
                    diag = diag.fix(format!("write `{near}`"), span, near);
                }
            }
        }
        self.diags.push(diag.expected(TYPES).found(clip(name)));
    }

    /// `[T; N]` or `[T]`.
    fn array_type(&mut self) -> Parsed<Option<Type>> {
        let start = self.span();
        let (elem, semi) = (self.ahead(1), self.ahead(2));
        self.bump();
        self.bump();
        let mut count = None;
        if semi.tok == Tok::Semi {
            self.bump();
            count = self.at(Tok::Int).then(|| self.text());
        }
        while !matches!(self.tok(), Tok::RBracket | Tok::Semi | Tok::RBrace | Tok::LBrace | Tok::Eof) {
            self.bump();
        }
        self.expect(Tok::RBracket)?;
        let span = start.to(self.before);
        let message = "There are no arrays: write `Buf<T, N>`, which knows its length, or `Vec32<N>`.";
        let mut diag = Diag::new(ErrorCode::Unsupported, span, message).expected(TYPES);
        let (elem, n) = (elem.span.text(self.source), count.unwrap_or("1024"));
        match elem {
            "u8" | "i64" | "f64" => diag = diag.fix("write a `Buf`", span, format!("Buf<{elem}, {n}>")),
            "f32" => diag = diag.fix("write a `Vec32`", span, format!("Vec32<{n}>")),
            _ => {}
        }
        self.diags.push(diag);
        Ok(None)
    }

    /// The element type of a buffer; `None` where it was reported.
    fn elem(&mut self) -> Parsed<(Option<Elem>, Span)> {
        let expected = "`u8`, `i64` or `f64`";
        let span = self.span();
        let elem = match self.text() {
            "u8" => Some(Elem::U8),
            "i64" => Some(Elem::Int),
            "f64" => Some(Elem::Float),
            name => {
                let mut diag = self.unexpected(expected);
                diag.0.code = ErrorCode::Unsupported;
                let fix = match instead_of(name) {
                    Some((fix @ ("i64" | "f64"), _)) => Some(fix),
                    _ if name == "bool" => Some("i64"),
                    _ => nearest_word(name, &["u8", "i64", "f64"]),
                };
                if let Some(fix) = fix {
                    diag = diag.fix(format!("write `{fix}`"), span, fix);
                }
                self.diags.push(diag);
                if !self.at(Tok::Ident) {
                    return Err(super::Skip);
                }
                None
            }
        };
        self.bump();
        Ok((elem, span))
    }

    /// A number from 1 to `max`; `None` where it was reported.
    fn dimension(&mut self, max: u32) -> Parsed<Option<u32>> {
        let span = self.span();
        let n = self.bits("a number, written out")?;
        if n == 0 || n > u64::from(max) {
            let diag = self.bad_literal(span, &format!("a size from 1 to {max}"));
            self.diags.push(diag);
            return Ok(None);
        }
        Ok(Some(n as u32))
    }

    /// `::<..>` after a name, from its `::`.
    pub(super) fn turbofish(&mut self) -> Parsed<(Vec<Generic>, Span)> {
        let start = self.expect(Tok::Path)?.span;
        let (generics, span) = self.generics()?;
        Ok((generics, start.to(span)))
    }

    /// `<..>`
    pub(super) fn generics(&mut self) -> Parsed<(Vec<Generic>, Span)> {
        let start = self.expect(Tok::Lt)?.span;
        let mut out = Vec::new();
        while !self.at(Tok::Gt) {
            if self.at(Tok::Int) {
                let n = self.dimension(MAX_ELEMENTS)?;
                out.push(Generic::Number(n.unwrap_or(1)));
            } else {
                let (elem, _) = self.elem()?;
                out.push(Generic::Elem(elem.unwrap_or(Elem::Int)));
            }
            if out.len() > 2 {
                let diag = self.unexpected("`>`");
                return self.fail(diag);
            }
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        self.expect(Tok::Gt)?;
        Ok((out, start.to(self.before)))
    }
}
