//! `const` items and the data in them.

use super::number::Literal;
use super::{Parsed, Parser, Skip, clip};
use crate::text::diag::Diag;
use crate::text::lex::{Span, Tok, unescape};
use crate::text::syntax::{ConstInit, ConstNode, Scalar};
use crate::{Bytes, CANONICAL_NAN32, Codebook, Constant, Elem, ErrorCode, Matrix, Type};

/// What elements a list holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ListOf {
    Elem(Elem),
    F32,
}

impl Parser<'_> {
    /// `const NAME: T = init;`
    pub(super) fn constant(&mut self) -> Parsed<()> {
        self.bump();
        if self.at(Tok::Fn) {
            let span = self.before;
            let diag = Diag::new(ErrorCode::Unsupported, span, "Functions are plain `fn`.");
            self.diags.push(diag.fix("remove `const`", span, ""));
            return Ok(());
        }
        let (name, name_span) = self.name("the name of a constant")?;
        if !self.at(Tok::Colon) {
            let diag = self.unexpected("`:` and the type of the constant");
            return self.fail(diag);
        }
        self.bump();
        let ty = self.type_node()?;
        if ty.reference.is_some() {
            let diag = Diag::new(ErrorCode::Syntax, ty.span, "A constant is a value, used as `&NAME`.");
            let amp = Span::new(ty.span.start, ty.span.start + 1);
            self.diags.push(diag.fix("remove `&`", amp, ""));
        }
        self.expect(Tok::Assign)?;
        let init = match self.init(ty.ty) {
            Ok(init) => init,
            Err(Skip) => {
                self.sync_constant();
                ConstInit::Poison
            }
        };
        let poison = matches!(init, ConstInit::Poison);
        self.ast.consts.push(ConstNode { name, name_span, ty, init });
        if poison {
            self.eat(Tok::Semi);
            return Ok(());
        }
        self.semi()
    }

    /// To the `;` of a constant, or the next item.
    fn sync_constant(&mut self) {
        while !matches!(
            self.tok(),
            Tok::Semi | Tok::Eof | Tok::Fn | Tok::Pub | Tok::Const | Tok::Extern | Tok::Use
        ) {
            self.bump();
        }
    }

    fn init(&mut self, ty: Option<Type>) -> Parsed<ConstInit> {
        let Some(ty) = ty else {
            self.sync_constant();
            return Ok(ConstInit::Poison);
        };
        match ty {
            Type::Int | Type::Float | Type::Bool => self.scalar_init(ty),
            _ if self.text() == "load" => self.load_init(),
            Type::Buf { elem, cap } => self.buf_init(elem, cap),
            Type::Vec { n } => self.vec_init(n),
            Type::Mat { rows, cols } => self.mat_init(rows, cols),
        }
    }

    fn scalar_init(&mut self, ty: Type) -> Parsed<ConstInit> {
        let start = self.span();
        let value = match self.tok() {
            Tok::True | Tok::False => {
                self.bump();
                Scalar::Bool(self.before.text(self.source) == "true")
            }
            Tok::Byte => {
                let value = self.byte_literal();
                self.expect(Tok::As)?;
                if self.text() != "i64" {
                    let diag = self.unexpected("`i64`");
                    return self.fail(diag);
                }
                self.bump();
                Scalar::Int(value.into())
            }
            _ => match self.element()? {
                Literal::Int(value) => Scalar::Int(value as i64),
                Literal::Float(value) => Scalar::Float(value),
            },
        };
        let span = start.to(self.before);
        if !self.at(Tok::Semi) && !self.starts_statement() {
            let diag = self.unexpected("`;`: the value of a constant is written out, not computed");
            return self.fail(diag);
        }
        let found = match value {
            Scalar::Int(_) => Type::Int,
            Scalar::Float(_) => Type::Float,
            Scalar::Bool(_) => Type::Bool,
        };
        if found != ty {
            self.diags.push(self.literal_mismatch(span, ty, found));
            return Ok(ConstInit::Poison);
        }
        Ok(ConstInit::Scalar(value))
    }

    #[cold]
    fn literal_mismatch(&self, span: Span, expected: Type, found: Type) -> Diag {
        let text = span.text(self.source);
        let code = if found.is_scalar() && (expected, found) != (Type::Bool, Type::Int) {
            ErrorCode::MissingCast
        } else {
            ErrorCode::TypeMismatch
        };
        let diag = Diag::new(code, span, format!("`{}` is {found}, and {expected} is needed.", clip(text)))
            .expected(expected)
            .found(found);
        if (expected, found) == (Type::Float, Type::Int) && !text.contains('x') {
            return diag.fix("write it as a float", span, format!("{text}.0"));
        }
        diag
    }

    /// A number with its sign.
    fn element(&mut self) -> Parsed<Literal> {
        let start = self.span();
        let negative = self.eat(Tok::Minus);
        match self.tok() {
            Tok::Int | Tok::Float => Ok(self.signed_literal(negative, start)),
            Tok::Byte if !negative => Ok(Literal::Int(self.byte_literal().into())),
            _ => match self.special_float(negative)? {
                Some(value) => Ok(Literal::Float(value)),
                None => {
                    let diag = self.unexpected("a literal: the value of a constant is written out");
                    self.fail(diag)
                }
            },
        }
    }

    /// A word and its `(`.
    fn word(&mut self, word: &str, form: &str) -> Parsed<()> {
        if self.text() != word || self.ahead(1).tok != Tok::LParen {
            let mut diag = self.unexpected(form);
            // A bare list or string only lacks the word.
            if self.at(Tok::LBracket) || self.at(Tok::ByteStr) {
                let start = self.span();
                if self.at(Tok::LBracket) {
                    self.skip_brackets();
                } else {
                    self.bump();
                }
                let span = start.to(self.before);
                let fix = format!("{word}({})", span.text(self.source));
                diag = diag.fix(format!("write `{word}(..)`"), span, fix);
            }
            return self.fail(diag);
        }
        self.bump();
        self.bump();
        Ok(())
    }

    fn buf_init(&mut self, elem: Elem, cap: u32) -> Parsed<ConstInit> {
        let form = "`buf(b\"..\")`, `buf([..])` or `load(\"file\", \"tensor\")`";
        if self.text() == "Buf" {
            return self.empty_buf(elem, cap);
        }
        self.word("buf", form)?;
        let start = self.span();
        let data = if self.at(Tok::ByteStr) {
            let token = self.bump();
            match unescape(token.span.text(self.source)) {
                Some(bytes) if elem == Elem::U8 => bytes,
                Some(_) => {
                    let diag =
                        Diag::new(ErrorCode::TypeMismatch, token.span, "A byte string fills a `Buf<u8, N>`.");
                    return self.fail(diag.expected(format!("a list of {elem}")).found("bytes"));
                }
                None => {
                    let diag = self.bad_literal(
                        token.span,
                        "a byte string with the escapes \\n \\r \\t \\0 \\\\ \\\" \\x41",
                    );
                    return self.fail(diag);
                }
            }
        } else {
            self.list(ListOf::Elem(elem))?
        };
        let span = start.to(self.before);
        let len = data.len() as u64 / elem.size();
        if len > cap.into() {
            let diag = Diag::new(
                ErrorCode::BadConstant,
                span,
                format!("{len} elements do not fit a capacity of {cap}."),
            );
            self.diags.push(diag.expected(format!("at most {cap} elements")).found(len));
        }
        self.eat(Tok::Comma);
        self.expect(Tok::RParen)?;
        if len > cap.into() {
            return Ok(ConstInit::Poison);
        }
        Ok(ConstInit::Object(Constant::Buf { elem, cap, data: Bytes::from(data) }))
    }

    /// `Buf::<T, N>::new()`
    fn empty_buf(&mut self, elem: Elem, cap: u32) -> Parsed<ConstInit> {
        let start = self.bump().span;
        let generics = if self.ahead(1).tok == Tok::Lt { self.turbofish()?.0 } else { Vec::new() };
        self.expect(Tok::Path)?;
        let (name, _) = self.name("`new`")?;
        self.expect(Tok::LParen)?;
        self.expect(Tok::RParen)?;
        let span = start.to(self.before);
        let wanted = format!("Buf::<{elem}, {cap}>::new()");
        let given = [crate::text::syntax::Generic::Elem(elem), crate::text::syntax::Generic::Number(cap)];
        if self.ast.name(name) != "new" || generics != given {
            let diag =
                Diag::new(ErrorCode::TypeMismatch, span, "The value has another type than the constant.");
            return self.fail(diag.expected(&wanted).fix(format!("write `{wanted}`"), span, wanted));
        }
        Ok(ConstInit::Object(Constant::Buf { elem, cap, data: Bytes::new() }))
    }

    fn vec_init(&mut self, n: u32) -> Parsed<ConstInit> {
        self.word("vec32", "`vec32([..])` or `load(\"file\", \"tensor\")`")?;
        let start = self.span();
        let data = self.list(ListOf::F32)?;
        let span = start.to(self.before);
        self.eat(Tok::Comma);
        self.expect(Tok::RParen)?;
        let len = data.len() / 4;
        if len != n as usize {
            let diag = Diag::new(ErrorCode::BadConstant, span, format!("{len} elements for a `Vec32<{n}>`."));
            self.diags.push(diag.expected(format!("{n} elements")).found(len));
            return Ok(ConstInit::Poison);
        }
        Ok(ConstInit::Object(Constant::Vec { n, data: Bytes::from(data) }))
    }

    /// `[a, b, ..]` as bytes of a constant.
    fn list(&mut self, of: ListOf) -> Parsed<Vec<u8>> {
        self.expect(Tok::LBracket)?;
        let mut out = Vec::new();
        while !self.at(Tok::RBracket) {
            let start = self.span();
            let literal = self.element()?;
            let span = start.to(self.before);
            self.push_element(&mut out, of, literal, span);
            if self.diags.full() {
                return Err(Skip);
            }
            if self.at(Tok::Semi) {
                // A few bytes of text would stand for megabytes.
                let message = "The elements of a constant are written out. `fill::<T, N>(x)` and `splat::<N>(x)` make equal ones in a function.";
                let span = self.bump().span;
                let diag = Diag::new(ErrorCode::Unsupported, span, message);
                return self.fail(diag.expected("`,` or `]`").found("`;`"));
            }
            if out.len() > 8 << 20 {
                let diag = Diag::new(ErrorCode::BadConstant, span, "A constant has at most 2^20 elements.");
                return self.fail(diag.expected("at most 1048576 elements"));
            }
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        self.expect(Tok::RBracket)?;
        Ok(out)
    }

    fn push_element(&mut self, out: &mut Vec<u8>, of: ListOf, literal: Literal, span: Span) {
        match (of, literal) {
            (ListOf::Elem(Elem::U8), Literal::Int(value)) => {
                if value > 255 {
                    let diag = self.bad_literal(span, "a byte from 0 to 255");
                    self.diags.push(diag);
                }
                out.push(value as u8);
            }
            (ListOf::Elem(Elem::Int), Literal::Int(value)) => out.extend(value.to_le_bytes()),
            (ListOf::Elem(Elem::Float), Literal::Float(value)) => out.extend(value.to_le_bytes()),
            (ListOf::F32, Literal::Float(value)) => {
                // The digits are rounded once, to binary32, as rustc does.
                let digits = span.text(self.source).replace(['_', ' '], "");
                let value =
                    if value.is_finite() { digits.parse().unwrap_or(value as f32) } else { value as f32 };
                if value.is_infinite() && digits.ends_with(|c: char| c.is_ascii_digit() || c == '.') {
                    let diag = self.bad_literal(span, "a finite binary32");
                    self.diags.push(diag);
                }
                let bits = if value.is_nan() { CANONICAL_NAN32 } else { value.to_bits() };
                out.extend(bits.to_le_bytes());
            }
            (ListOf::Elem(elem), Literal::Float(_)) => {
                self.diags.push(self.literal_mismatch(span, elem.scalar(), Type::Float));
                out.resize(out.len() + elem.size() as usize, 0);
            }
            (of, Literal::Int(_)) => {
                self.diags.push(self.literal_mismatch(span, Type::Float, Type::Int));
                out.resize(out.len() + if of == ListOf::F32 { 4 } else { 8 }, 0);
            }
        }
    }

    /// `mat(QUATERNARY, scale, "sign", "extra")`
    fn mat_init(&mut self, rows: u16, cols: u16) -> Parsed<ConstInit> {
        self.word("mat", "`mat(QUATERNARY, scale, \"sign\", \"extra\")` or `load(\"file\", \"tensor\")`")?;
        let codebook = match self.text() {
            "QUATERNARY" => Codebook::Quaternary,
            "TERNARY" => Codebook::Ternary,
            _ => {
                let diag = self.unexpected("`QUATERNARY` or `TERNARY`");
                return self.fail(diag);
            }
        };
        self.bump();
        self.expect(Tok::Comma)?;
        let span = self.span();
        let scale = match self.element()? {
            Literal::Int(value) if (-126..=126).contains(&(value as i64)) => value as i8,
            _ => {
                let diag = self.bad_literal(span.to(self.before), "a scale from -126 to 126");
                return self.fail(diag);
            }
        };
        self.expect(Tok::Comma)?;
        let sign = self.plane(rows, cols)?;
        self.expect(Tok::Comma)?;
        let extra_span = self.span();
        let extra = self.plane(rows, cols)?;
        self.eat(Tok::Comma);
        self.expect(Tok::RParen)?;
        if codebook == Codebook::Ternary && sign.iter().zip(&extra).any(|(s, e)| !s & e != 0) {
            let message =
                "In the ternary codebook sign 0 with extra 1 has no meaning; zero is sign 1, extra 0.";
            self.diags.push(Diag::new(ErrorCode::BadConstant, extra_span, message));
            return Ok(ConstInit::Poison);
        }
        Ok(ConstInit::Object(Constant::Matrix(Matrix { rows, cols, codebook, scale, sign, extra })))
    }

    /// A bit plane in hex.
    fn plane(&mut self, rows: u16, cols: u16) -> Parsed<Bytes> {
        let span = self.span();
        let row_bytes = Matrix::row_bytes(cols);
        let wanted = usize::from(rows) * row_bytes;
        if !self.at(Tok::Str) {
            let diag = self.unexpected("a bit plane in hex");
            return self.fail(diag);
        }
        let digits = self.text().trim_matches('"').as_bytes();
        self.bump();
        let nibble = |b: &u8| (*b as char).to_digit(16);
        let bytes: Option<Vec<u8>> = digits
            .chunks(2)
            .map(|pair| Some((nibble(pair.first()?)? << 4 | nibble(pair.get(1)?)?) as u8))
            .collect();
        let expected = format!("{wanted} bytes in hex, {row_bytes} for each row");
        let bytes = match bytes {
            Some(bytes) if bytes.len() == wanted => bytes,
            _ => {
                let diag = Diag::new(
                    ErrorCode::BadConstant,
                    span,
                    "A bit plane has the wrong length or no hex digits.",
                );
                return self.give_up(diag.expected(expected).found(format!("{} digits", digits.len())));
            }
        };
        let used = cols % 8;
        let padded =
            used != 0 && bytes.chunks(row_bytes).any(|row| row.last().is_some_and(|last| last >> used != 0));
        if padded {
            let diag = Diag::new(
                ErrorCode::BadConstant,
                span,
                "The bits after the last column of a row are not zero.",
            );
            return self.give_up(diag.expected("zero bits after the last column"));
        }
        Ok(Bytes::from(bytes))
    }

    /// `load("file.safetensors", "tensor")`
    fn load_init(&mut self) -> Parsed<ConstInit> {
        let start = self.bump().span;
        self.expect(Tok::LParen)?;
        let file = self.string("the name of a file in quotes")?;
        self.expect(Tok::Comma)?;
        let tensor = self.string("the name of a tensor in quotes")?;
        self.eat(Tok::Comma);
        self.expect(Tok::RParen)?;
        Ok(ConstInit::Load { file, tensor, span: start.to(self.before) })
    }
}
