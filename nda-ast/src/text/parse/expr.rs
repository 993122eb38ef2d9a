//! Expressions: operator precedence with an explicit stack of what is open.

use super::expr_errors::{if_let, tuple_value};
use super::number::Literal;
use super::{Parsed, Parser, Skip};
use crate::text::diag::Diag;
use crate::text::lex::{Span, Tok};
use crate::text::syntax::{BinOp, CastTo, Expr, ExprKind, Exprs};
use crate::{ErrorCode, LimitKind, Type};

/// Something that waits for an operand or a bracket.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    Prefix(ExprKind, u32),
    /// `*`, only to take a reference again: `&*x`.
    Deref(Span),
    /// `lhs`: the root of the left operand.
    Bin(BinOp, u32),
    And(u32),
    Or(u32),
    Paren(u32),
    /// `(a, b)` of a `return`, with the number of values before the last comma.
    Tuple(u32),
    /// Arguments of a call or method; `receiver` is its root.
    Args {
        call: u32,
        receiver: Option<u32>,
        start: u32,
    },
    Index {
        base: u32,
        first: u32,
    },
    Cond(u32),
    Then(u32),
    Else(u32),
    /// Around the `if` after an `else`.
    ElseIf(u32),
}

/// The stack, kept to be used again.
#[derive(Default)]
pub(super) struct Workspace {
    frames: Vec<Frame>,
}

/// What stands around an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// Nothing special.
    Plain,
    /// `return`, or the end of a body: several values in brackets.
    Return,
    /// A `let` with this type.
    Let(Option<Type>),
}

fn binary(tok: Tok) -> Option<BinOp> {
    Some(match tok {
        Tok::Plus => BinOp::Add,
        Tok::Minus => BinOp::Sub,
        Tok::Star => BinOp::Mul,
        Tok::Slash => BinOp::Div,
        Tok::Percent => BinOp::Rem,
        Tok::Amp => BinOp::And,
        Tok::Pipe => BinOp::Or,
        Tok::Caret => BinOp::Xor,
        Tok::Shl => BinOp::Shl,
        Tok::Shr => BinOp::Shr,
        Tok::EqEq => BinOp::Eq,
        Tok::Ne => BinOp::Ne,
        Tok::Lt => BinOp::Lt,
        Tok::Le => BinOp::Le,
        Tok::Gt => BinOp::Gt,
        Tok::Ge => BinOp::Ge,
        _ => return None,
    })
}

const PREFIX: u8 = 12;
const CAST: u8 = 11;
const COMPARE: u8 = 4;
const AND: u8 = 3;
const OR: u8 = 2;

impl<'s> Parser<'s> {
    /// An expression, up to the first token that cannot belong to it.
    pub(super) fn expr(&mut self, around: Around) -> Parsed<Exprs> {
        Ok(self.exprs_of(around)?.0)
    }

    /// As [`Parser::expr`], with the number of values: not 1 only for `return (a, b)`.
    pub(super) fn exprs_of(&mut self, around: Around) -> Parsed<(Exprs, u32)> {
        self.arm_error = false;
        let first = self.ast.exprs.len() as u32;
        let mut run = Run { frames: std::mem::take(&mut self.work.frames), p: self, around };
        let result = run.run();
        let open = run.frames.iter().filter(|f| matches!(f, Frame::Then(_) | Frame::Else(_))).count() as u32;
        let mut frames = run.frames;
        frames.clear();
        self.work.frames = frames;
        match result {
            Ok(count) => Ok((Exprs { first, end: self.ast.exprs.len() as u32 }, count)),
            Err(Skip) => {
                self.open_braces += open;
                self.ast.exprs.truncate(first as usize);
                Err(Skip)
            }
        }
    }

    pub(super) fn number(&mut self, bits: u64) -> u32 {
        self.ast.numbers.push(bits);
        self.ast.numbers.len() as u32 - 1
    }

    fn emit(&mut self, kind: ExprKind, span: Span) {
        self.ast.exprs.push(Expr { kind, span, bracketed: false });
    }

    pub(super) fn root(&self) -> u32 {
        self.ast.exprs.len() as u32 - 1
    }

    pub(super) fn span_of(&self, root: u32) -> Span {
        self.ast.exprs[root as usize].span
    }

    /// `NAN`, `INFINITY` or `nan(0x..)` here, with the token count of it.
    pub(super) fn special_float(&mut self, negative: bool) -> Parsed<Option<f64>> {
        let sign = u64::from(negative) << 63;
        let bits = match self.text() {
            "NAN" => crate::CANONICAL_NAN,
            "INFINITY" => f64::INFINITY.to_bits(),
            "nan" if self.ahead(1).tok == Tok::LParen => {
                let start = self.bump().span;
                self.bump();
                let bits = self.bits("the 64 bits of a NaN, such as nan(0x7ff8000000000001)")?;
                if !self.at(Tok::RParen) {
                    self.expect(Tok::RParen)?;
                }
                if !f64::from_bits(bits).is_nan() {
                    let span = start.to(self.span());
                    let diag = self.bad_literal(span, "a NaN: write the float itself");
                    self.diags.push(diag);
                }
                bits
            }
            _ => return Ok(None),
        };
        self.bump();
        Ok(Some(f64::from_bits(bits ^ sign)))
    }
}

/// One expression on its way.
pub(super) struct Run<'p, 's> {
    pub p: &'p mut Parser<'s>,
    pub frames: Vec<Frame>,
    pub around: Around,
}

/// Whether the expression goes on.
pub(super) enum Next {
    Operand,
    Operator,
    End(u32),
}

impl Run<'_, '_> {
    fn run(&mut self) -> Parsed<u32> {
        let mut next = Next::Operand;
        let most = 4 * u64::from(self.p.limits.nesting) + 16;
        loop {
            next = match next {
                Next::Operand => self.operand()?,
                Next::Operator => self.operator()?,
                Next::End(count) => return Ok(count),
            };
            if self.frames.len() as u64 > most {
                let (max, span) = (self.p.limits.nesting, self.p.span());
                let what = "expressions are nested too deeply; name parts of them with `let`";
                return self.p.abandon(Diag::limit(LimitKind::Nesting, max.into(), span, what));
            }
        }
    }

    pub(super) fn leaf(&mut self, kind: ExprKind, span: Span) -> Parsed<Next> {
        self.p.emit(kind, span);
        Ok(Next::Operator)
    }

    fn literal(&mut self, negative: bool, from: Span) -> Parsed<Next> {
        let literal = self.p.signed_literal(negative, from);
        let kind = match literal {
            Literal::Int(value) => ExprKind::Int(self.p.number(value)),
            Literal::Float(value) => ExprKind::Float(self.p.number(value.to_bits())),
        };
        let span = from.to(self.p.before);
        self.leaf(kind, span)
    }

    fn prefix(&mut self, kind: ExprKind) -> Parsed<Next> {
        let start = self.p.before.start;
        self.frames.push(Frame::Prefix(kind, start));
        Ok(Next::Operand)
    }

    fn operand(&mut self) -> Parsed<Next> {
        let span = self.p.span();
        match self.p.tok() {
            Tok::Int | Tok::Float => self.literal(false, span),
            Tok::True | Tok::False => {
                let value = self.p.bump().tok == Tok::True;
                self.leaf(ExprKind::Bool(value), span)
            }
            Tok::Byte => {
                let value = self.p.byte_literal();
                self.leaf(ExprKind::Byte(value), span)
            }
            Tok::Minus => {
                self.p.bump();
                if matches!(self.p.tok(), Tok::Int | Tok::Float) {
                    return self.literal(true, span);
                }
                if let Some(value) = self.p.special_float(true)? {
                    let kind = ExprKind::Float(self.p.number(value.to_bits()));
                    let span = span.to(self.p.before);
                    return self.leaf(kind, span);
                }
                self.prefix(ExprKind::Neg)
            }
            Tok::Bang => {
                self.p.bump();
                self.prefix(ExprKind::Not)
            }
            Tok::Amp => {
                self.p.bump();
                let mutable = self.p.eat(Tok::Mut);
                self.frames.push(Frame::Prefix(ExprKind::Ref { mutable }, span.start));
                Ok(Next::Operand)
            }
            Tok::Star => {
                self.p.bump();
                self.frames.push(Frame::Deref(span));
                Ok(Next::Operand)
            }
            Tok::LParen => {
                self.p.bump();
                self.frames.push(Frame::Paren(span.start));
                Ok(Next::Operand)
            }
            Tok::RParen => self.empty_brackets(),
            Tok::If => {
                self.p.bump();
                self.begin_if(span.start)
            }
            Tok::Ident => self.name(),
            _ => Err(self.no_operand()),
        }
    }

    fn begin_if(&mut self, start: u32) -> Parsed<Next> {
        if self.p.at(Tok::Let) {
            let diag = if_let(self.p.span());
            self.p.diags.push(diag);
            self.p.skip_block();
            while self.p.eat(Tok::Else) {
                self.p.skip_block();
            }
            return Err(Skip);
        }
        self.frames.push(Frame::Cond(start));
        Ok(Next::Operand)
    }

    /// `f()`, or a comma before the `)`.
    fn empty_brackets(&mut self) -> Parsed<Next> {
        match self.frames.last() {
            Some(Frame::Args { .. } | Frame::Tuple(_)) => self.close_paren(),
            _ => Err(self.no_operand()),
        }
    }

    fn operator(&mut self) -> Parsed<Next> {
        let tok = self.p.tok();
        if let Some(op) = binary(tok) {
            return self.binary(op);
        }
        match tok {
            Tok::AmpAmp => {
                self.reduce(AND)?;
                self.p.bump();
                let lhs = self.p.root();
                self.frames.push(Frame::And(lhs));
                Ok(Next::Operand)
            }
            Tok::PipePipe => {
                self.reduce(OR)?;
                let lhs = self.p.root();
                let span = self.p.bump().span;
                self.p.emit(ExprKind::OrMark, span);
                self.frames.push(Frame::Or(lhs));
                Ok(Next::Operand)
            }
            Tok::As => self.cast(),
            Tok::Dot => self.method(),
            Tok::LBracket => {
                self.p.bump();
                let (base, first) = (self.p.root(), self.p.ast.exprs.len() as u32);
                self.frames.push(Frame::Index { base, first });
                Ok(Next::Operand)
            }
            Tok::RParen => {
                self.reduce(0)?;
                if self.frames.is_empty() {
                    return Ok(Next::End(1));
                }
                self.close_paren()
            }
            Tok::RBracket => self.close_index(),
            Tok::Comma => self.comma(),
            Tok::LBrace => self.open_arm(),
            Tok::RBrace => self.close_arm(),
            Tok::Question => {
                let diag = Diag::new(
                    ErrorCode::Unsupported,
                    self.p.span(),
                    "There is no `?`: errors are traps (`fail(code)`) or values.",
                )
                .fix("remove `?`", self.p.span(), "");
                self.p.fail(diag)
            }
            _ => self.end(),
        }
    }

    /// The end of the expression: all brackets must be closed.
    fn end(&mut self) -> Parsed<Next> {
        self.reduce(0)?;
        let expected = match self.frames.last() {
            None => return Ok(Next::End(1)),
            Some(Frame::Paren(_)) if matches!(self.p.tok(), Tok::Range | Tok::RangeIncl) => {
                let message = "A `for` counts up from 0: `for i in 0..n`, without brackets. Compute another order from i in the body.";
                let diag = Diag::new(ErrorCode::Unsupported, self.p.span(), message).expected("`0..n`");
                return self.p.fail(diag);
            }
            Some(Frame::Paren(_) | Frame::Tuple(_)) => Tok::RParen,
            Some(Frame::Args { .. }) => {
                if matches!(self.p.tok(), Tok::Ident | Tok::Int | Tok::Float | Tok::Byte) {
                    self.p.expect(Tok::Comma)?;
                }
                Tok::RParen
            }
            Some(Frame::Index { .. }) => Tok::RBracket,
            Some(Frame::Cond(_)) => Tok::LBrace,
            _ => return Err(self.value_block()),
        };
        self.p.expect(expected)?;
        Err(Skip)
    }

    fn binary(&mut self, op: BinOp) -> Parsed<Next> {
        let precedence = op.precedence();
        self.reduce(precedence + u8::from(precedence == COMPARE))?;
        if precedence == COMPARE
            && let Some(Frame::Bin(before, _)) = self.frames.last()
            && before.precedence() == COMPARE
        {
            return Err(self.chained());
        }
        let lhs = self.p.root();
        let token = self.p.bump();
        let left = self.p.ast.exprs[lhs as usize];
        if matches!(op, BinOp::Lt | BinOp::Shl) && matches!(left.kind, ExprKind::Cast(_)) && !left.bracketed {
            let message =
                "Rust reads `<` after `as` and a type as the start of generics: put the cast in brackets.";
            let text = format!("({})", left.span.text(self.p.source));
            let diag = Diag::new(ErrorCode::Syntax, token.span, message);
            self.p.diags.push(diag.fix("put it in brackets", left.span, text));
        }
        self.frames.push(Frame::Bin(op, lhs));
        Ok(Next::Operand)
    }

    /// Completes what binds at least as strongly as `least`.
    fn reduce(&mut self, least: u8) -> Parsed<()> {
        while let Some(frame) = self.frames.last().copied() {
            let (kind, start) = match frame {
                Frame::Prefix(kind, start) if least <= PREFIX => (kind, start),
                Frame::Bin(op, lhs) if op.precedence() >= least => {
                    (ExprKind::Bin(op), self.p.span_of(lhs).start)
                }
                Frame::And(lhs) if AND >= least => (ExprKind::And, self.p.span_of(lhs).start),
                Frame::Or(lhs) if OR >= least => (ExprKind::Or, self.p.span_of(lhs).start),
                Frame::Deref(star) if least <= PREFIX => {
                    self.frames.pop();
                    self.deref(star);
                    continue;
                }
                _ => return Ok(()),
            };
            self.frames.pop();
            let end = self.p.span_of(self.p.root()).end;
            self.p.emit(kind, Span::new(start, end));
        }
        Ok(())
    }

    /// `&*x` is another spelling of `x` for a reference; a `*` elsewhere is none of the language.
    fn deref(&mut self, star: Span) {
        let root = self.p.root() as usize;
        let again = matches!(self.frames.last(), Some(Frame::Prefix(ExprKind::Ref { .. }, _)));
        if !(again && matches!(self.p.ast.exprs[root].kind, ExprKind::Name(_))) {
            let message = "There is no `*`: a parameter that is a reference is used by its name.";
            let diag = Diag::new(ErrorCode::Unsupported, star, message);
            self.p.diags.push(diag.fix("remove `*`", star, ""));
        }
        self.p.ast.exprs[root].span.start = star.start;
    }

    fn cast(&mut self) -> Parsed<Next> {
        self.reduce(CAST + 1)?;
        self.p.bump();
        let span = self.p.span();
        let to = match self.p.text() {
            "i64" => CastTo::Int,
            "f64" => CastTo::Float,
            "u8" => CastTo::U8,
            name => {
                let (fix, to) = match name {
                    "f32" => ("f64", CastTo::Float),
                    _ => ("i64", CastTo::Int),
                };
                let found = self.p.found();
                let diag = Diag::new(
                    ErrorCode::Unsupported,
                    span,
                    format!("A cast is to `i64`, to `f64`, or of an element to `u8`; found {found}."),
                )
                .expected("`i64`, `f64` or `u8`")
                .found(&found);
                let known = matches!(self.p.tok(), Tok::Ident);
                let diag = if known { diag.fix(format!("write `as {fix}`"), span, fix) } else { diag };
                self.p.diags.push(diag);
                if !known {
                    return Err(Skip);
                }
                to
            }
        };
        self.p.bump();
        let all = self.p.span_of(self.p.root()).to(span);
        self.leaf(ExprKind::Cast(to), all)
    }

    fn comma(&mut self) -> Parsed<Next> {
        self.reduce(0)?;
        match self.frames.last_mut() {
            None => return Ok(Next::End(1)),
            Some(Frame::Args { call, .. }) => self.p.ast.calls[*call as usize].args += 1,
            Some(Frame::Tuple(count)) => *count += 1,
            Some(frame @ Frame::Paren(_)) => {
                let Frame::Paren(start) = *frame else { return Err(Skip) };
                *frame = Frame::Tuple(1);
                if self.frames.len() > 1 || self.around != Around::Return {
                    return self.p.fail(tuple_value(Span::new(start, start + 1)));
                }
            }
            Some(_) => {
                let diag = self.p.unexpected("the end of the expression");
                return self.p.fail(diag);
            }
        }
        self.p.bump();
        Ok(Next::Operand)
    }

    /// At a `)`, with its bracket on top.
    fn close_paren(&mut self) -> Parsed<Next> {
        let after_comma = self.p.before.text(self.p.source) == ",";
        let Some(frame) = self.frames.pop() else { return Ok(Next::End(1)) };
        match frame {
            Frame::Paren(start) => {
                let end = self.p.bump().span.end;
                let root = self.p.root() as usize;
                self.p.ast.exprs[root].span = Span::new(start, end);
                self.p.ast.exprs[root].bracketed = true;
                Ok(Next::Operator)
            }
            Frame::Tuple(count) => {
                self.p.bump();
                Ok(Next::End(count + u32::from(!after_comma)))
            }
            Frame::Args { call, receiver, start } => {
                let close = self.p.span().start;
                let info = &mut self.p.ast.calls[call as usize];
                info.close = close;
                info.args += u32::from(self.p.ast.exprs.len() as u32 > info.first && !after_comma);
                let end = self.p.bump().span.end;
                let kind = if receiver.is_some() { ExprKind::Method(call) } else { ExprKind::Call(call) };
                self.leaf(kind, Span::new(start, end))
            }
            other => {
                self.frames.push(other);
                let diag = self.p.unexpected(match other {
                    Frame::Index { .. } => "`]`",
                    Frame::Cond(_) => "`{`",
                    _ => "`}`",
                });
                self.p.fail(diag)
            }
        }
    }

    fn close_index(&mut self) -> Parsed<Next> {
        self.reduce(0)?;
        let Some(&Frame::Index { base, first }) = self.frames.last() else {
            if self.frames.is_empty() {
                return Ok(Next::End(1));
            }
            let diag = self.p.unexpected("the end of what is open");
            return self.p.fail(diag);
        };
        self.frames.pop();
        let end = self.p.bump().span.end;
        let start = self.p.span_of(base).start;
        self.leaf(ExprKind::Index { first }, Span::new(start, end))
    }

    /// `{` after the condition of an `if`; elsewhere the end.
    fn open_arm(&mut self) -> Parsed<Next> {
        self.reduce(0)?;
        match self.frames.last_mut() {
            None => return Ok(Next::End(1)),
            Some(frame @ Frame::Cond(_)) => {
                let Frame::Cond(start) = *frame else { return Err(Skip) };
                *frame = Frame::Then(start);
            }
            _ => return self.end(),
        }
        self.p.bump();
        Ok(Next::Operand)
    }

    /// `}` after the value of an arm; elsewhere the end.
    fn close_arm(&mut self) -> Parsed<Next> {
        self.reduce(0)?;
        match self.frames.last().copied() {
            None => Ok(Next::End(1)),
            Some(Frame::Then(start)) => {
                self.frames.pop();
                self.p.bump();
                if !self.p.eat(Tok::Else) {
                    let diag = self.p.unexpected("`else`, as an `if` that gives a value has two arms");
                    return self.p.fail(diag);
                }
                if self.p.at(Tok::If) {
                    let inner = self.p.bump().span.start;
                    self.frames.push(Frame::ElseIf(start));
                    return self.begin_if(inner);
                }
                self.p.expect(Tok::LBrace)?;
                self.frames.push(Frame::Else(start));
                Ok(Next::Operand)
            }
            Some(Frame::Else(start)) => {
                self.frames.pop();
                let end = self.p.bump().span.end;
                self.p.emit(ExprKind::If, Span::new(start, end));
                while let Some(Frame::ElseIf(start)) = self.frames.last().copied() {
                    self.frames.pop();
                    self.p.emit(ExprKind::If, Span::new(start, end));
                }
                Ok(Next::Operator)
            }
            _ => self.end(),
        }
    }
}
