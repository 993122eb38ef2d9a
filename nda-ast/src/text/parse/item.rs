//! Items: functions, constants, imports.

use super::{Parsed, Parser, Skip};
use crate::text::diag::Diag;
use crate::text::lex::{Span, Tok, unescape};
use crate::text::syntax::{FnNode, ImportNode, ParamNode, Signature, TypeNode, UseNode};
use crate::{ErrorCode, LimitKind, Type};

const ITEM: &str = "`fn`, `pub fn`, `const`, `extern \"host\"` or `use site::`";

/// Attributes of an import.
#[derive(Default)]
struct Attributes {
    work: u32,
    host: Option<String>,
}

impl Parser<'_> {
    /// The whole text.
    pub(super) fn items(&mut self) {
        while !self.done() {
            let before = self.span();
            let items = self.ast.functions.len() + self.ast.consts.len() + self.ast.imports.len();
            if items as u64 > u64::from(self.limits.objects) {
                let what = "functions, constants and imports are too many";
                let diag = Diag::limit(LimitKind::Objects, self.limits.objects.into(), before, what);
                let _: Parsed<()> = self.abandon(diag);
                return;
            }
            if self.item().is_err() {
                self.skip_item(before);
            }
        }
    }

    /// Skips to the next item.
    fn skip_item(&mut self, start: Span) {
        self.open_braces = 0;
        loop {
            match self.tok() {
                Tok::Eof => return,
                Tok::Fn | Tok::Pub | Tok::Const | Tok::Extern | Tok::Use if self.span() != start => return,
                Tok::LBrace => {
                    self.skip_brackets();
                    return;
                }
                _ => {
                    self.bump();
                }
            }
        }
    }

    fn item(&mut self) -> Parsed<()> {
        match self.tok() {
            Tok::Hash => {
                let start = self.bump().span;
                let diag = self.unknown_attribute(start, "none, but in `extern \"host\"` and before loops");
                self.diags.push(diag);
                Ok(())
            }
            Tok::Pub if self.ahead(1).tok == Tok::Const => {
                let span = self.bump().span;
                let message = "Only functions are `pub`: constants go with what uses them.";
                self.diags.push(Diag::new(ErrorCode::Unsupported, span, message).fix(
                    "remove `pub`",
                    span,
                    "",
                ));
                Ok(())
            }
            Tok::Pub => {
                self.bump();
                if self.at(Tok::LParen) {
                    let open = self.span();
                    self.skip_brackets();
                    let span = open.to(self.before);
                    let diag = Diag::new(ErrorCode::Unsupported, span, "A function is `pub` or not.");
                    self.diags.push(diag.fix("write `pub`", span, ""));
                }
                self.function(true)
            }
            Tok::Fn => self.function(false),
            Tok::Const => self.constant(),
            Tok::Extern => self.extern_host(),
            Tok::Use => self.use_site(),
            Tok::Let => {
                let span = self.span();
                let diag =
                    Diag::new(ErrorCode::Syntax, span, "Outside of functions there are only constants.");
                self.fail(diag.expected(ITEM).found("`let`").fix("write `const`", span, "const"))
            }
            Tok::Semi => {
                self.bump();
                Ok(())
            }
            Tok::RBrace => {
                let span = self.bump().span;
                let diag = Diag::new(ErrorCode::Syntax, span, "This `}` closes nothing.");
                self.diags.push(diag.expected(ITEM).found("`}`").fix("remove it", span, ""));
                Ok(())
            }
            _ => self.no_item(),
        }
    }

    #[cold]
    fn no_item(&mut self) -> Parsed<()> {
        let message = match self.text() {
            "struct" | "enum" | "union" | "type" => {
                "There are no types of one's own: use parameters and several results, or one `Buf` for each field."
            }
            "impl" | "trait" => "There are no methods of one's own: write functions.",
            "static" => "There is no `static`: a program has constants, and state only in slots.",
            "mod" | "macro_rules" => "A program is one file without modules or macros.",
            "async" | "unsafe" => "Functions are plain `fn`.",
            _ => {
                let diag = self.unexpected(ITEM);
                return self.fail(diag);
            }
        };
        let diag = Diag::new(ErrorCode::Unsupported, self.span(), message).expected(ITEM).found(self.found());
        self.diags.push(diag);
        if !matches!(self.text(), "async" | "unsafe") {
            while !matches!(self.tok(), Tok::LBrace | Tok::Semi | Tok::Eof) {
                self.bump();
            }
            if self.at(Tok::LBrace) {
                self.skip_brackets();
            }
            self.eat(Tok::Semi);
            return Ok(());
        }
        self.bump();
        Ok(())
    }

    fn function(&mut self, public: bool) -> Parsed<()> {
        self.expect(Tok::Fn)?;
        let signature = self.signature()?;
        if self.text() == "where" {
            let diag =
                Diag::new(ErrorCode::Unsupported, self.span(), "There are no generics, so no `where`.");
            return self.fail(diag);
        }
        let first = self.ast.stmts.len() as u32;
        let first_call = self.ast.calls.len() as u32;
        let reported = self.diags.list.len();
        let result = self.body(!signature.results.is_empty());
        let end = self.ast.stmts.len() as u32;
        let name = self.ast.name(signature.name);
        for diag in self.diags.list.get_mut(reported..).into_iter().flatten() {
            diag.function.get_or_insert_with(|| name.to_owned());
        }
        let broken = self.diags.list.len() > reported || result.is_err();
        let end_call = self.ast.calls.len() as u32;
        self.ast.functions.push(FnNode { signature, public, first, end, first_call, end_call, broken });
        Ok(())
    }

    /// `name(params) -> results`
    fn signature(&mut self) -> Parsed<Signature> {
        let (name, name_span) = self.name("the name of a function")?;
        if self.at(Tok::Lt) {
            let open = self.span();
            self.skip_generics();
            let span = open.to(self.before);
            let message =
                "There are no generic functions: write one for each type or size, with the sizes as numbers.";
            self.diags.push(Diag::new(ErrorCode::Unsupported, span, message).fix("remove it", span, ""));
        }
        self.expect(Tok::LParen)?;
        let mut params = Vec::new();
        while !self.at(Tok::RParen) {
            params.push(self.param()?);
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        self.expect(Tok::RParen)?;
        let results = if self.eat(Tok::Arrow) { self.results()? } else { Vec::new() };
        Ok(Signature { name, name_span, params, results })
    }

    fn param(&mut self) -> Parsed<ParamNode> {
        if self.at(Tok::Mut) {
            let span = self.bump().span;
            let message = "A parameter is read-only: copy it with `let mut y = x;` to change it.";
            let rest = Span::new(span.start, self.span().start);
            self.diags.push(Diag::new(ErrorCode::Unsupported, span, message).fix("remove `mut`", rest, ""));
        }
        if matches!(self.tok(), Tok::Amp | Tok::Reserved) {
            let diag =
                Diag::new(ErrorCode::Unsupported, self.span(), "There are no methods: write `name: type`.");
            return self.fail(diag.expected("a parameter").found(self.found()));
        }
        let (name, span) = self.name("the name of a parameter")?;
        self.expect(Tok::Colon)?;
        let mut ty = self.type_node()?;
        self.check_param(&mut ty);
        Ok(ParamNode { name, span, ty })
    }

    /// Scalars go by value, aggregates by reference.
    fn check_param(&mut self, node: &mut TypeNode) {
        let Some(ty) = node.ty else { return };
        let code = ErrorCode::BadSignature;
        match (ty.is_scalar(), node.reference) {
            (true, Some(mode)) => {
                let message = match mode {
                    crate::Mode::In => "A scalar is passed by value.",
                    crate::Mode::Inout => {
                        "A scalar is passed by value; what a function computes is a result."
                    }
                };
                let diag =
                    Diag::new(code, node.span, message).expected(ty).found(node.span.text(self.source));
                self.diags.push(diag.fix(format!("write `{ty}`"), node.span, ty.to_string()));
            }
            (false, None) => {
                let message = "A buffer, vector or matrix is passed by reference.";
                let diag = Diag::new(code, node.span, message).expected(format!("&{ty}")).found(ty);
                self.diags.push(diag.fix("write `&`", node.span.before(), "&"));
            }
            (false, Some(crate::Mode::Inout)) if ty.is_mat() => {
                let diag = Diag::new(code, node.span, "A matrix is constant.").expected(format!("&{ty}"));
                self.diags.push(diag.fix("write `&`", node.span, format!("&{ty}")));
                node.ty = None;
            }
            _ => {}
        }
    }

    /// After `->`: one type, or several in brackets.
    fn results(&mut self) -> Parsed<Vec<TypeNode>> {
        let mut out = Vec::new();
        if self.at(Tok::Bang) {
            let diag = Diag::new(
                ErrorCode::Unsupported,
                self.span(),
                "A function that only fails has no result type.",
            );
            return self.fail(diag);
        }
        if !self.eat(Tok::LParen) {
            out.push(self.type_node()?);
        } else {
            while !self.at(Tok::RParen) {
                out.push(self.type_node()?);
                if !self.eat(Tok::Comma) {
                    break;
                }
            }
            self.expect(Tok::RParen)?;
        }
        for node in &mut out {
            let text = node.span.text(self.source);
            if node.reference.is_some() {
                let message = "A result is a value, never a reference.";
                let plain = text.trim_start_matches('&').trim_start().trim_start_matches("mut ");
                let diag = Diag::new(ErrorCode::BadSignature, node.span, message).expected(plain).found(text);
                self.diags.push(diag.fix("write the type alone", node.span, plain));
                node.ty = None;
            } else if node.ty.is_some_and(Type::is_mat) {
                let diag =
                    Diag::new(ErrorCode::BadSignature, node.span, "A matrix is constant and no result.");
                self.diags.push(diag.expected("a type other than `Mat`").found(text));
                node.ty = None;
            }
        }
        Ok(out)
    }

    /// `extern "host" { .. }`
    fn extern_host(&mut self) -> Parsed<()> {
        self.bump();
        if self.at(Tok::Str) {
            if self.text() != "\"host\"" {
                let span = self.span();
                let diag = Diag::new(ErrorCode::Unsupported, span, "Imports come from the host only.");
                self.diags.push(diag.expected("`\"host\"`").fix("write `\"host\"`", span, "\"host\""));
            }
            self.bump();
        } else {
            let diag =
                self.unexpected("`\"host\"`").fix("write `\"host\"`", self.before.after(), " \"host\"");
            self.diags.push(diag);
        }
        self.expect(Tok::LBrace)?;
        while !self.eat(Tok::RBrace) {
            if self.done() {
                let diag = self.unexpected("`}`").fix("add `}`", self.before.after(), "\n}");
                return self.fail(diag);
            }
            if self.import().is_err() {
                self.sync();
                if self.at(Tok::LBrace) {
                    self.skip_brackets();
                }
            }
        }
        Ok(())
    }

    fn import(&mut self) -> Parsed<()> {
        let mut attributes = Attributes::default();
        while self.at(Tok::Hash) {
            self.import_attribute(&mut attributes)?;
        }
        if self.at(Tok::Pub) {
            let span = self.bump().span;
            let diag = Diag::new(ErrorCode::Unsupported, span, "An import is not `pub`.");
            self.diags.push(diag.fix("remove `pub`", span, ""));
        }
        self.expect(Tok::Fn)?;
        let signature = self.signature()?;
        for param in &signature.params {
            let mat = param.ty.ty.is_some_and(Type::is_mat);
            if mat || param.ty.reference == Some(crate::Mode::Inout) {
                let message = "A parameter of a host function is a scalar, or `&` of a buffer or vector.";
                self.diags.push(Diag::new(ErrorCode::BadSignature, param.ty.span, message));
            }
        }
        if self.at(Tok::LBrace) {
            let diag = self.unexpected("`;`: the host has the body");
            return self.fail(diag);
        }
        self.semi()?;
        let Attributes { work, host } = attributes;
        self.ast.imports.push(ImportNode { signature, host, work });
        Ok(())
    }

    /// `#[work(100)]` or `#[host("name")]`
    fn import_attribute(&mut self, attributes: &mut Attributes) -> Parsed<()> {
        let start = self.bump().span;
        let name = self.ahead(1).span.text(self.source);
        if !self.at(Tok::LBracket) || !matches!(name, "work" | "host") {
            let diag = self.unknown_attribute(start, "`#[work(100)]` and `#[host(\"name\")]`");
            self.diags.push(diag);
            return Ok(());
        }
        self.bump();
        self.bump();
        self.expect(Tok::LParen)?;
        let span = self.span();
        if name == "work" {
            let work = self.bits("the work of one call")?;
            match u32::try_from(work) {
                Ok(work) => attributes.work = work,
                Err(_) => {
                    let diag = self.bad_literal(span, "a work below 2^32");
                    self.diags.push(diag);
                }
            }
        } else {
            attributes.host = Some(self.string("the host's name of the function")?);
        }
        self.expect(Tok::RParen)?;
        self.expect(Tok::RBracket)?;
        Ok(())
    }

    /// A string literal.
    pub(super) fn string(&mut self, what: &str) -> Parsed<String> {
        if !self.at(Tok::Str) {
            let diag = self.unexpected(what);
            return self.fail(diag);
        }
        let token = self.bump();
        match unescape(token.span.text(self.source)).and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(text) => Ok(text),
            None => {
                let diag =
                    self.bad_literal(token.span, "a string with the escapes \\n \\r \\t \\0 \\\\ \\\" \\x41");
                self.fail(diag)
            }
        }
    }

    /// `use site::name;`
    fn use_site(&mut self) -> Parsed<()> {
        let start = self.bump().span;
        if self.text() != "site" {
            let mut end = self.span();
            while !matches!(self.tok(), Tok::Semi | Tok::Eof | Tok::Fn | Tok::Pub | Tok::Const | Tok::Use) {
                end = self.bump().span;
            }
            self.eat(Tok::Semi);
            let span = start.to(end);
            let message =
                "Only functions of a site are used by name: `use site::name;`. The prelude needs no `use`.";
            let diag = Diag::new(ErrorCode::Unsupported, span, message).expected("`use site::name;`");
            self.diags.push(diag.fix("remove it", start.to(self.before), ""));
            return Ok(());
        }
        self.bump();
        self.expect(Tok::Path)?;
        let (name, span) = self.name("the name of a function")?;
        self.ast.uses.push(UseNode { name, span: start.to(span) });
        self.semi()
    }

    /// Skips what follows after an item that cannot be read.
    pub(super) fn give_up<T>(&mut self, diag: Diag) -> Parsed<T> {
        self.diags.push(diag);
        Err(Skip)
    }
}
