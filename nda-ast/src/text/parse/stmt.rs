//! Statements and bodies of functions.

use super::arms::zero_like;
use super::expr::{Around, if_let};
use super::{Parsed, Parser, Skip};
use crate::text::diag::Diag;
use crate::text::lex::{Span, Tok};
use crate::text::syntax::{BinOp, ExprKind, Exprs, NO_SYM, NO_TYPE, Pat, Stmt, StmtKind, Sym, TypeNode};
use crate::{ErrorCode, LimitKind};

/// A block not yet closed.
#[derive(Clone, Copy)]
struct Open {
    kind: OpenKind,
    /// Of an arm: the `If` statement, and whether that stands after an `else`.
    stmt: u32,
    chained: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenKind {
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
    fn stmt(&mut self, kind: StmtKind, span: Span) {
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
            _ => self.expr_statement(),
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

    fn open_loop(&mut self, kind: StmtKind, start: Span, open: &mut Vec<Open>) -> Parsed<()> {
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

    fn for_(&mut self, max: Option<u64>, label: Sym, open: &mut Vec<Open>) -> Parsed<()> {
        let start = self.bump().span;
        let var = self.pattern()?;
        if var.mutable {
            let message = "A loop's index is read-only; declare a `let mut` in the body.";
            self.diags.push(Diag::new(ErrorCode::Unsupported, var.span, message));
        }
        self.expect(Tok::In)?;
        let index = self.ast.pats.len() as u32;
        self.ast.pats.push(var);
        let count = match self.range(var) {
            Ok(count) => count,
            Err(Skip) => {
                self.sync();
                Exprs::default()
            }
        };
        self.open_loop(StmtKind::For { var: index, count, max, label }, start, open)
    }

    /// `0..n`; gives n. Empty after an error that has been reported.
    fn range(&mut self, var: Pat) -> Parsed<Exprs> {
        let from = self.expr(Around::Plain)?;
        let incl = self.at(Tok::RangeIncl);
        if !incl && !self.at(Tok::Range) {
            let message = "A `for` counts: `for i in 0..n`. Elements are read by index: `for i in 0..b.len() { .. b[i] .. }`.";
            let span = self.ast.exprs[from.end as usize - 1].span;
            let mut diag = Diag::new(ErrorCode::Unsupported, span, message).expected("`0..n`");
            if self.ast.exprs[from.end as usize - 1].bracketed {
                diag.0.message =
                    "A `for` counts up from 0: `for i in 0..n`; compute another order from i in the body."
                        .to_owned();
            }
            return self.fail(diag);
        }
        let dots = self.bump().span;
        let zero = from.end - from.first == 1
            && matches!(self.ast.exprs[from.first as usize].kind,
                ExprKind::Int(at) if self.ast.numbers[at as usize] == 0);
        let from_span = self.ast.exprs[from.end as usize - 1].span;
        if self.at(Tok::LBrace) {
            let diag = self.unexpected("the number of iterations");
            return self.fail(diag);
        }
        if zero {
            self.ast.exprs.truncate(from.first as usize);
        }
        let count = self.expr(Around::Plain)?;
        let Some(last) = self.ast.exprs[..count.end as usize].last() else { return Err(Skip) };
        let (count_span, bracketed) = (last.span, last.bracketed || count.end - count.first == 1);
        let (lo, hi) = (from_span.text(self.source), count_span.text(self.source));
        let hi_in = if bracketed { hi.to_owned() } else { format!("({hi})") };
        let all = from_span.to(count_span);
        if zero && !incl {
            return Ok(count);
        }
        if zero {
            let message = "There is no `..=`: the end of `0..n` is not reached.";
            let fix = format!("0..{hi_in} + 1");
            let diag = Diag::new(ErrorCode::Unsupported, dots, message).expected("`0..n`");
            self.diags.push(diag.fix(format!("write `{}`", super::clip(&fix)), all, fix));
            return Ok(count);
        }
        let message = "A `for` counts from 0: add the start in the body.";
        let mut diag = Diag::new(ErrorCode::Unsupported, from_span, message).expected("`0..n`");
        if self.at(Tok::LBrace) && var.name != NO_SYM {
            let name = self.ast.name(var.name);
            let plus = if incl { " + 1" } else { "" };
            let lo_in = if from.end - from.first == 1 { lo.to_owned() } else { format!("({lo})") };
            let text = format!("{name}_0 in 0..{hi_in} - {lo_in}{plus} {{ let {name} = {name}_0 + {lo_in};");
            diag = diag.fix("count from 0 and add the start", var.span.to(self.span()), text);
        }
        self.diags.push(diag);
        Ok(count)
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
    fn end_of_jump(&mut self) -> Parsed<()> {
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
    fn pattern(&mut self) -> Parsed<Pat> {
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

    fn macro_statement(&mut self) -> Parsed<()> {
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
    fn rust_macro(&mut self, name: &str, start: Span) -> Diag {
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
    fn no_statement(&mut self) -> Parsed<()> {
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

    fn expr_statement(&mut self) -> Parsed<()> {
        let start = self.span();
        // `*x = v` writes an `inout` parameter as a whole.
        let deref =
            self.at(Tok::Star) && self.ahead(1).tok == Tok::Ident && assign_op(self.ahead(2).tok).is_some();
        if deref {
            self.bump();
        }
        let target = self.expr(Around::Plain)?;
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

/// The arguments after a format string.
fn after_format(inner: &str) -> &str {
    let Some(rest) = inner.strip_prefix('"') else { return inner };
    match rest.find('"') {
        Some(at) => rest[at + 1..].trim_start().trim_start_matches(',').trim(),
        None => "",
    }
}
