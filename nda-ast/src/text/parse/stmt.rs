//! Statements and bodies of functions.

use super::arms::zero_like;
use super::expr::Around;
use super::expr_errors::{if_let, tuple_value};
use super::{Parsed, Parser, Skip};
use crate::text::diag::Diag;
use crate::text::lex::{Span, Tok};
use crate::text::syntax::{BinOp, ExprKind, Exprs, NO_SYM, NO_TYPE, Pat, Stmt, StmtKind, Sym, TypeNode};
use crate::{ErrorCode, LimitKind};

/// A block not yet closed.
#[derive(Clone, Copy)]
pub(super) struct Open {
    kind: OpenKind,
    /// Of an arm: the `If` statement, and whether that stands after an `else`.
    stmt: u32,
    chained: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenKind {
    Body,
    Then,
    Else,
    Loop,
    Scope,
}

fn assign_op(tok: Tok) -> Option<Option<BinOp>> {
    Some(match tok {
        Tok::Assign => None,
        Tok::PlusEq => Some(BinOp::Add),
        Tok::MinusEq => Some(BinOp::Sub),
        Tok::StarEq => Some(BinOp::Mul),
        Tok::SlashEq => Some(BinOp::Div),
        Tok::PercentEq => Some(BinOp::Rem),
        Tok::AmpEq => Some(BinOp::And),
        Tok::PipeEq => Some(BinOp::Or),
        Tok::CaretEq => Some(BinOp::Xor),
        Tok::ShlEq => Some(BinOp::Shl),
        Tok::ShrEq => Some(BinOp::Shr),
        _ => return None,
    })
}

impl<'s> Parser<'s> {
    pub(super) fn stmt(&mut self, kind: StmtKind, span: Span) {
        self.ast.stmts.push(Stmt { kind, span });
    }

    /// The body of a function, from its `{` to its `}`. `value`: whether the function has results.
    pub(super) fn body(&mut self, value: bool) -> Parsed<()> {
        self.expect(Tok::LBrace)?;
        let mut open = vec![Open { kind: OpenKind::Body, stmt: 0, chained: false }];
        while !open.is_empty() {
            if self.done() {
                if self.at(Tok::Eof) {
                    let diag = self.unexpected("`}`").fix("add `}`", self.before.after(), "\n}");
                    self.diags.push(diag);
                }
                return Err(Skip);
            }
            if open.len() > self.limits.nesting as usize {
                let max = self.limits.nesting.into();
                let what = "blocks are nested too deeply; put inner ones into functions";
                return self.abandon(Diag::limit(LimitKind::Nesting, max, self.span(), what));
            }
            if self.at(Tok::RBrace) {
                self.close(&mut open, value);
                continue;
            }
            let start = self.span();
            if self.statement(&mut open).is_err() {
                self.recover(start, &mut open);
            }
        }
        Ok(())
    }

    /// After an error in a statement: skips it; a block that follows is read as a scope.
    fn recover(&mut self, start: Span, open: &mut Vec<Open>) {
        self.stmt(StmtKind::Poison, start);
        if self.sync() {
            let span = self.bump().span;
            self.stmt(StmtKind::Scope, span);
            open.push(Open { kind: OpenKind::Scope, stmt: 0, chained: false });
            return;
        }
        // A `}` ends the block; anything else must have been passed, or the parser would stand still.
        if self.span() == start && !self.at(Tok::RBrace) {
            self.bump();
        }
    }

    /// At a `}`: ends the innermost block, and with the last arm of an `if` chain all of the chain.
    fn close(&mut self, open: &mut Vec<Open>, value: bool) {
        let span = self.bump().span;
        let Some(closed) = open.pop() else { return };
        match closed.kind {
            OpenKind::Body | OpenKind::Loop | OpenKind::Scope => self.stmt(StmtKind::End, span),
            OpenKind::Then if self.at(Tok::Else) => {
                self.bump();
                self.stmt(StmtKind::Else, self.before);
                if self.at(Tok::If) {
                    let start = self.bump().span;
                    // Kept on the stack: it counts as nesting, and ends with the arm inside it.
                    open.push(Open { kind: OpenKind::Else, stmt: closed.stmt, chained: closed.chained });
                    self.begin_if(start, open, true);
                } else if self.expect(Tok::LBrace).is_ok() {
                    open.push(Open { kind: OpenKind::Else, stmt: closed.stmt, chained: closed.chained });
                } else {
                    self.sync();
                    self.end_if(closed, open, value);
                }
            }
            OpenKind::Then | OpenKind::Else => self.end_if(closed, open, value),
        }
    }

    /// An `if` is complete, and with it those whose `else` it stands after.
    fn end_if(&mut self, closed: Open, open: &mut Vec<Open>, value: bool) {
        let mut closed = closed;
        loop {
            let whole = Span::new(self.ast.stmts[closed.stmt as usize].span.start, self.before.end);
            self.stmt(StmtKind::End, self.before);
            let in_arm = |o: &Open| matches!(o.kind, OpenKind::Body | OpenKind::Then | OpenKind::Else);
            if value && self.at(Tok::RBrace) && open.iter().all(in_arm) {
                self.collapse(closed.stmt, whole);
            }
            if !closed.chained {
                return;
            }
            match open.pop() {
                Some(outer) => closed = outer,
                None => return,
            }
        }
    }

    /// `if c { a } else { b }` as the last thing of a block of a function with results is a value.
    fn collapse(&mut self, first: u32, span: Span) {
        let [Stmt { kind: StmtKind::If(cond), .. }, then, Stmt { kind: StmtKind::Else, .. }, other, end] =
            &self.ast.stmts[first as usize..]
        else {
            return;
        };
        let (StmtKind::Tail(then), StmtKind::Tail(other), StmtKind::End) = (then.kind, other.kind, end.kind)
        else {
            return;
        };
        if cond.is_empty() || then.is_empty() || other.is_empty() {
            return;
        }
        let exprs = Exprs { first: cond.first, end: other.end + 1 };
        self.ast.stmts.truncate(first as usize);
        self.ast.exprs.push(crate::text::syntax::Expr { kind: ExprKind::If, span, bracketed: false });
        self.stmt(StmtKind::Tail(exprs), span);
    }

    fn begin_if(&mut self, start: Span, open: &mut Vec<Open>, chained: bool) {
        let stmt = self.ast.stmts.len() as u32;
        if self.at(Tok::Let) {
            return self.no_patterns(start, open, chained);
        }
        let cond = self.condition();
        self.stmt(StmtKind::If(cond), start);
        let open_if = Open { kind: OpenKind::Then, stmt, chained };
        if self.eat(Tok::LBrace) {
            open.push(open_if);
            return;
        }
        let diag = self.unexpected("`{`");
        self.diags.push(diag);
        if self.sync() {
            self.bump();
            open.push(open_if);
        } else {
            self.end_if(open_if, open, false);
        }
    }

    /// `if let`: skipped with all its arms, as their names are unknown.
    #[cold]
    fn no_patterns(&mut self, start: Span, open: &mut Vec<Open>, chained: bool) {
        let diag = if_let(self.span());
        self.diags.push(diag);
        self.skip_block();
        while self.eat(Tok::Else) {
            self.skip_block();
        }
        let stmt = self.ast.stmts.len() as u32;
        self.stmt(StmtKind::If(Exprs::default()), start);
        self.end_if(Open { kind: OpenKind::Then, stmt, chained }, open, false);
    }

    /// A condition up to its `{`; empty after an error.
    fn condition(&mut self) -> Exprs {
        let cond = match self.expr(Around::Plain) {
            Ok(cond) => cond,
            Err(Skip) => {
                self.sync();
                return Exprs::default();
            }
        };
        if self.at(Tok::Assign) {
            let message = "A condition compares with `==`; `=` assigns.";
            let diag = Diag::new(ErrorCode::Syntax, self.span(), message).expected("`==`").found("`=`");
            self.diags.push(diag.fix("write `==`", self.span(), "=="));
            self.bump();
            if self.expr(Around::Plain).is_err() {
                self.sync();
            }
            return Exprs::default();
        }
        cond
    }

    fn statement(&mut self, open: &mut Vec<Open>) -> Parsed<()> {
        let start = self.span();
        let mut max = None;
        while self.at(Tok::Hash) {
            max = self.loop_attribute()?.or(max);
        }
        let mut label = NO_SYM;
        if self.at(Tok::Label) {
            label = self.ast.symbol(self.text());
            self.bump();
            self.expect(Tok::Colon)?;
        }
        if (max.is_some() || label != NO_SYM) && !matches!(self.tok(), Tok::For | Tok::While | Tok::Loop) {
            let diag = self.unexpected("`for`, `while` or `loop`");
            return self.fail(diag);
        }
        match self.tok() {
            Tok::Semi => {
                self.bump();
                Ok(())
            }
            Tok::Let => self.let_(),
            Tok::If => {
                self.bump();
                self.begin_if(start, open, false);
                Ok(())
            }
            Tok::While => {
                self.bump();
                if self.at(Tok::Let) {
                    let diag = if_let(self.span());
                    self.diags.push(diag);
                    self.skip_block();
                    self.stmt(StmtKind::Poison, start);
                    return Ok(());
                }
                let cond = self.condition();
                self.open_loop(StmtKind::While { cond, max, label }, start, open)
            }
            Tok::Loop => {
                let span = self.bump().span;
                let _ = start;
                self.open_loop(StmtKind::Forever { max, label }, span, open)
            }
            Tok::For => self.for_(max, label, open),
            Tok::LBrace => {
                let span = self.bump().span;
                self.stmt(StmtKind::Scope, span);
                open.push(Open { kind: OpenKind::Scope, stmt: 0, chained: false });
                Ok(())
            }
            Tok::Break | Tok::Continue => self.jump(),
            Tok::Return => self.return_(),
            Tok::Ident
                if self.ahead(1).tok == Tok::Bang
                    && matches!(self.ahead(2).tok, Tok::LParen | Tok::LBracket | Tok::LBrace) =>
            {
                self.macro_statement()
            }
            Tok::Fn | Tok::Const | Tok::Pub | Tok::Extern | Tok::Use | Tok::Match | Tok::Reserved => {
                self.no_statement()
            }
            _ => self.expr_statement(open.len() == 1),
        }
    }

    /// `#[max(K)]`
    fn loop_attribute(&mut self) -> Parsed<Option<u64>> {
        let start = self.bump().span;
        if self.text() != "[" || self.ahead(1).span.text(self.source) != "max" {
            let diag = self.unknown_attribute(start, "`#[max(K)]` before a loop");
            self.diags.push(diag);
            return Ok(None);
        }
        self.bump();
        self.bump();
        self.expect(Tok::LParen)?;
        let span = self.span();
        let max = self.bits("a number of iterations")?;
        if max >= 1 << 63 {
            let diag = self.bad_literal(span, "a number of iterations below 2^63");
            return self.fail(diag);
        }
        self.expect(Tok::RParen)?;
        self.expect(Tok::RBracket)?;
        Ok(Some(max))
    }

    /// An attribute of Rust, from after its `#`; skipped.
    pub(super) fn unknown_attribute(&mut self, start: Span, expected: &str) -> Diag {
        self.eat(Tok::Bang);
        if self.at(Tok::LBracket) {
            self.skip_brackets();
        }
        let span = start.to(self.before);
        Diag::new(ErrorCode::Unsupported, span, format!("Unknown attribute; known here is {expected}."))
            .expected(expected)
            .found(super::clip(span.text(self.source)))
            .fix("remove it", span, "")
    }

    pub(super) fn open_loop(&mut self, kind: StmtKind, start: Span, open: &mut Vec<Open>) -> Parsed<()> {
        if !self.at(Tok::LBrace) {
            let diag = self.unexpected("`{`");
            self.diags.push(diag);
            if !self.sync() {
                return Err(Skip);
            }
        }
        self.bump();
        self.stmt(kind, start);
        open.push(Open { kind: OpenKind::Loop, stmt: 0, chained: false });
        Ok(())
    }

    fn jump(&mut self) -> Parsed<()> {
        let token = self.bump();
        let mut label = NO_SYM;
        if self.at(Tok::Label) {
            label = self.ast.symbol(self.text());
            self.bump();
        }
        let span = token.span.to(self.before);
        if !matches!(self.tok(), Tok::Semi | Tok::RBrace) && !self.starts_statement() {
            let first = self.ast.exprs.len();
            self.expr(Around::Plain)?;
            self.ast.exprs.truncate(first);
            let value = Span::new(span.end, self.before.end);
            let message = "A loop gives no value: store it into a `let mut` declared before the loop.";
            self.diags.push(Diag::new(ErrorCode::Unsupported, value, message).fix(
                "remove the value",
                value,
                "",
            ));
        }
        let kind = if token.tok == Tok::Break { StmtKind::Break(label) } else { StmtKind::Continue(label) };
        self.stmt(kind, span);
        self.end_of_jump()
    }

    /// A `;`, which Rust lets be left out before a `}`.
    pub(super) fn end_of_jump(&mut self) -> Parsed<()> {
        if self.at(Tok::RBrace) { Ok(()) } else { self.semi() }
    }

    fn return_(&mut self) -> Parsed<()> {
        let start = self.bump().span;
        let (mut values, mut count) = (Exprs::default(), 0);
        if !matches!(self.tok(), Tok::Semi | Tok::RBrace) {
            let value_start = self.span();
            match self.exprs_of(Around::Return) {
                Ok(result) => (values, count) = result,
                Err(Skip) if self.arm_error && self.value_starts_with_if(value_start) => {
                    self.stmt(StmtKind::Poison, start);
                    self.fix_value_arms(start, value_start, |_| String::new(), "return ");
                    return Ok(());
                }
                Err(Skip) => return Err(Skip),
            }
        }
        self.stmt(StmtKind::Return { values, count }, start.to(self.before));
        self.end_of_jump()
    }

    /// `name`, `mut name` or `_`.
    pub(super) fn pattern(&mut self) -> Parsed<Pat> {
        let start = self.span();
        let mutable = self.eat(Tok::Mut);
        if !mutable && self.at(Tok::Under) {
            let span = self.bump().span;
            return Ok(Pat { name: NO_SYM, span, mutable: false });
        }
        let (name, span) = self.name("a name")?;
        Ok(Pat { name, span: start.to(span), mutable })
    }

    fn let_(&mut self) -> Parsed<()> {
        let start = self.bump().span;
        let first = self.ast.pats.len() as u32;
        let tuple = self.eat(Tok::LParen);
        if tuple {
            while !self.at(Tok::RParen) {
                let pat = self.pattern()?;
                self.ast.pats.push(pat);
                if !self.eat(Tok::Comma) {
                    break;
                }
            }
            self.expect(Tok::RParen)?;
        } else {
            let pat = self.pattern()?;
            self.ast.pats.push(pat);
        }
        let count = self.ast.pats.len() as u32 - first;
        let ty = self.let_type(tuple)?;
        if !self.at(Tok::Assign) {
            let mut diag = self.unexpected("`=` and a value: every declaration gives one");
            if self.at(Tok::Semi) && !tuple {
                let zero = self.ast.types.get(ty as usize).and_then(|t| t.ty).and_then(super::super::zero_of);
                let zero = zero.unwrap_or_else(|| "0".to_owned());
                diag = diag.fix(format!("write `= {zero}`"), self.before.after(), format!(" = {zero}"));
            }
            return self.fail(diag);
        }
        self.bump();
        let annotated = self.ast.types.get(ty as usize).and_then(|t| t.ty);
        let value_start = self.span();
        let init = self.expr(Around::Let(annotated));
        // Also without a value the names are declared, so that no use of them is an error of its own.
        let value = *init.as_ref().unwrap_or(&Exprs::default());
        self.stmt(StmtKind::Let { first, count, tuple, ty, init: value }, start.to(self.before));
        if init.is_err() && self.arm_error && count == 1 && self.value_starts_with_if(value_start) {
            let pat = self.ast.pats[first as usize];
            let name = self.sym_text(pat.name);
            let declared = match annotated {
                Some(ty) => format!(": {ty}"),
                None => String::new(),
            };
            let zero = annotated.and_then(crate::text::zero_of);
            let before = |value: &str| {
                let zero = zero.as_deref().unwrap_or_else(|| zero_like(value));
                format!("let mut {name}{declared} = {zero}; ")
            };
            self.fix_value_arms(start, value_start, before, &format!("{name} = "));
            return Ok(());
        }
        init?;
        self.semi()
    }

    fn value_starts_with_if(&self, value_start: Span) -> bool {
        value_start.text(self.source) == "if"
    }

    fn sym_text(&self, sym: Sym) -> &'s str {
        self.ast.name(sym)
    }

    /// After an arm with statements: skips the statement, then adds the fix for all of it.
    #[cold]
    fn fix_value_arms(&mut self, start: Span, value: Span, before: impl Fn(&str) -> String, prefix: &str) {
        self.sync();
        let ended = self.before.text(self.source) == ";";
        let end = if ended { self.before.start } else { self.before.end };
        self.fix_arms(Span::new(start.start, self.before.end), Span::new(value.start, end), before, prefix);
    }

    /// `: T`; for a tuple, whose types the callee says, it is read and dropped.
    fn let_type(&mut self, tuple: bool) -> Parsed<u32> {
        if !self.eat(Tok::Colon) {
            return Ok(NO_TYPE);
        }
        if tuple && self.at(Tok::LParen) {
            let first = self.ast.types.len() as u32;
            self.bump();
            while !self.at(Tok::RParen) {
                let node = self.type_node()?;
                self.ast.types.push(node);
                if !self.eat(Tok::Comma) {
                    break;
                }
            }
            self.expect(Tok::RParen)?;
            return Ok(first);
        }
        let node = self.type_node()?;
        if node.reference.is_some() {
            let message = "References are not stored: a `let` copies with `.clone()`.";
            let amp = Span::new(node.span.start, node.span.start + 1);
            self.diags.push(Diag::new(ErrorCode::Unsupported, node.span, message).fix("remove `&`", amp, ""));
            let node = TypeNode { ty: None, reference: None, ..node };
            self.ast.types.push(node);
        } else {
            self.ast.types.push(node);
        }
        Ok(self.ast.types.len() as u32 - 1)
    }

    /// An assignment, a call, or the last expression of a block; `body`: directly in the body of the function.
    fn expr_statement(&mut self, body: bool) -> Parsed<()> {
        let start = self.span();
        // `*x = v` writes an `inout` parameter as a whole.
        let deref =
            self.at(Tok::Star) && self.ahead(1).tok == Tok::Ident && assign_op(self.ahead(2).tok).is_some();
        if deref {
            self.bump();
        }
        let around = if body && self.at(Tok::LParen) { Around::Return } else { Around::Plain };
        let (target, count) = self.exprs_of(around)?;
        if count != 1 {
            return self.tail_tuple(target, count, start);
        }
        if let Some(op) = assign_op(self.tok()) {
            self.bump();
            let value_start = self.span();
            let value = match self.expr(Around::Plain) {
                Ok(value) => value,
                Err(Skip) if self.arm_error && op.is_none() && self.value_starts_with_if(value_start) => {
                    let prefix = Span::new(start.start, value_start.start).text(self.source);
                    self.stmt(StmtKind::Poison, start);
                    self.fix_value_arms(start, value_start, |_| String::new(), prefix);
                    return Ok(());
                }
                Err(Skip) => return Err(Skip),
            };
            self.stmt(StmtKind::Assign { target, deref, op, value }, start.to(self.before));
            return self.end_of_assign();
        }
        let span = start.to(self.before);
        if self.at(Tok::RBrace) {
            self.stmt(StmtKind::Tail(target), span);
            return Ok(());
        }
        if self.at(Tok::Colon) && self.ast.exprs[target.end as usize - 1].kind_is_name() {
            let message = "A declaration begins with `let`.";
            let diag = Diag::new(ErrorCode::Syntax, span, message).fix("write `let`", start.before(), "let ");
            return self.fail(diag);
        }
        self.stmt(StmtKind::Expr(target), span);
        self.semi()
    }

    /// `(a, b)` as the last expression of a function's body: its `return`.
    fn tail_tuple(&mut self, values: Exprs, count: u32, start: Span) -> Parsed<()> {
        if !self.at(Tok::RBrace) {
            self.ast.exprs.truncate(values.first as usize);
            return self.fail(tuple_value(start));
        }
        self.stmt(StmtKind::Return { values, count }, start.to(self.before));
        Ok(())
    }

    /// A `;`; Rust lets it be left out after an assignment before a `}`.
    fn end_of_assign(&mut self) -> Parsed<()> {
        self.end_of_jump()
    }
}

impl crate::text::syntax::Expr {
    fn kind_is_name(&self) -> bool {
        matches!(self.kind, ExprKind::Name(_))
    }
}
