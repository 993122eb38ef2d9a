//! What stands in expressions of Rust and other languages, and what to write instead.

use super::expr::{Frame, Run};
use super::{Parser, Skip, clip};
use crate::text::diag::Diag;
use crate::text::lex::{Span, Tok};
use crate::text::syntax::{BinOp, ExprKind};
use crate::{Elem, ErrorCode};

impl Run<'_, '_> {
    #[cold]
    pub(super) fn rust_path(&mut self, span: Span) -> Skip {
        while self.p.ahead(1).tok == Tok::Path {
            self.p.bump();
            self.p.bump();
        }
        let all = span.to(self.p.span());
        let text = all.text(self.p.source);
        let value = match text.rsplit("::").next().filter(|_| !text.starts_with("f32")) {
            Some("MAX") if text.starts_with("i64") => "9223372036854775807",
            Some("MIN") if text.starts_with("i64") => "-9223372036854775808",
            Some("NAN") => "NAN",
            Some("INFINITY") => "INFINITY",
            Some("NEG_INFINITY") => "-INFINITY",
            Some("EPSILON") => "2.220446049250313e-16",
            Some("MAX") if text.starts_with("f64") => "1.7976931348623157e308",
            Some("MIN") if text.starts_with("f64") => "-1.7976931348623157e308",
            Some("PI") => "3.141592653589793",
            Some("E") => "2.718281828459045",
            _ => "",
        };
        let message = format!("`{}` is not part of the language: names have no paths.", super::clip(text));
        let mut diag = Diag::new(ErrorCode::Unsupported, all, message);
        if !value.is_empty() {
            diag = diag.fix(format!("write `{value}`"), all, value);
        }
        self.p.diags.push(diag);
        Skip
    }

    #[cold]
    pub(super) fn chained(&mut self) -> Skip {
        let middle = self.p.span_of(self.p.root());
        let text = format!(" && {}", middle.text(self.p.source));
        let diag = Diag::new(ErrorCode::Syntax, self.p.span(), "Comparisons cannot be chained.")
            .expected("`a < b && b < c`")
            .fix("compare twice", middle.after(), text);
        self.p.diags.push(diag);
        Skip
    }

    /// Reports what stands where an operand should.
    #[cold]
    pub(super) fn no_operand(&mut self) -> Skip {
        if self.increment() {
            return Skip;
        }
        let in_arm = matches!(self.frames.last(), Some(Frame::Then(_) | Frame::Else(_)));
        let span = self.p.span();
        let diag = |message: &str| Diag::new(ErrorCode::Unsupported, span, message);
        let diag = match self.p.tok() {
            Tok::Let | Tok::While | Tok::For | Tok::Loop | Tok::Return | Tok::Break | Tok::Continue
                if in_arm =>
            {
                return self.value_block();
            }
            Tok::Return | Tok::Break | Tok::Continue => diag("This is a statement and gives no value."),
            Tok::While | Tok::For | Tok::Loop => {
                diag("A loop is a statement and gives no value: store into a `let mut` declared before it.")
            }
            Tok::LBrace => self.p.block_value(),
            Tok::Pipe | Tok::PipePipe => diag("There are no closures: write a function and call it by name."),
            Tok::LBracket => diag(
                "There are no array values: write a constant `const A: Buf<i64, 3> = buf([1, 2, 3]);`, or fill a buffer with `fill::<i64, 3>(0)`.",
            ),
            Tok::Str => {
                diag("There are no strings: bytes are a constant `const S: Buf<u8, 16> = buf(b\"..\");`.")
            }
            Tok::ByteStr => {
                diag("A byte string is a constant: `const S: Buf<u8, 16> = buf(b\"..\");`, used as `&S`.")
            }
            Tok::Char => {
                let fix = format!("b{} as i64", span.text(self.p.source));
                diag("There are no characters: a byte is `b'a' as i64`.").fix(
                    format!("write `{fix}`"),
                    span,
                    fix,
                )
            }
            Tok::Match => diag("There is no `match`: write `if .. else if .. else ..`."),
            Tok::Plus => self.p.unexpected("an expression").fix("remove `+`", span, ""),
            Tok::Range | Tok::RangeIncl => diag("A range stands only in `for i in 0..n`."),
            Tok::AmpAmp => diag("There are no references to references.").fix("write `&`", span, "&"),
            Tok::Dot if self.p.ahead(1).tok == Tok::Int => {
                let fix = "0.".to_owned();
                self.p.unexpected("an expression").fix("write a digit before the point", span, fix)
            }
            _ => self.p.unexpected("an expression"),
        };
        self.p.diags.push(diag);
        if matches!(self.p.tok(), Tok::Match | Tok::While | Tok::For | Tok::Loop) {
            self.p.skip_block();
        }
        Skip
    }

    /// `x++` and `x--`.
    pub(super) fn increment(&mut self) -> bool {
        let Some(&Frame::Bin(op, lhs)) = self.frames.first() else {
            // `x--;`: the second minus waits as a prefix.
            return false;
        };
        let lhs_span = self.p.span_of(lhs);
        let twice = match (op, self.frames.get(1)) {
            (BinOp::Add, None) => self.p.at(Tok::Plus) && self.p.before.end == self.p.span().start,
            (BinOp::Sub, Some(Frame::Prefix(ExprKind::Neg, start))) => {
                *start == lhs_span.end + 1 && self.p.before.start == *start
            }
            _ => false,
        };
        if !twice || self.frames.len() > 2 {
            return false;
        }
        if op == BinOp::Add {
            self.p.bump();
        }
        let span = lhs_span.to(self.p.before);
        let text = format!("{} {}= 1", lhs_span.text(self.p.source), op.spelling());
        let diag = Diag::new(ErrorCode::Unsupported, span, "There is no `++` or `--`.").fix(
            format!("write `{text}`"),
            span,
            text,
        );
        self.p.diags.push(diag);
        true
    }

    /// An arm that holds statements.
    #[cold]
    pub(super) fn value_block(&mut self) -> Skip {
        let start = match self.frames.iter().rev().find(|f| matches!(f, Frame::Then(_) | Frame::Else(_))) {
            Some(Frame::Then(start) | Frame::Else(start)) => *start,
            _ => self.p.span().start,
        };
        let message = "An `if` that gives a value has one expression in each arm. Declare a `let mut` before it and store into it in both arms of an `if` statement.";
        let diag = Diag::new(ErrorCode::Unsupported, Span::new(start, start + 2), message)
            .expected("one expression")
            .found(self.p.found());
        self.p.diags.push(diag);
        self.p.arm_error = true;
        Skip
    }
}

#[cold]
pub(super) fn if_let(span: Span) -> Diag {
    Diag::new(
        ErrorCode::Unsupported,
        span,
        "There are no patterns: compute the value, then test it with `if` and a condition.",
    )
}

/// Several values where one should be; `open`: their bracket.
#[cold]
pub(super) fn tuple_value(open: Span) -> Diag {
    Diag::new(
        ErrorCode::Unsupported,
        open,
        "There are no tuples as values: several values are returned by `return (a, b);` and taken by `let (a, b) = f(..);`.",
    )
}

impl Parser<'_> {
    /// A block where a value should be, from its `{`.
    #[cold]
    pub(super) fn block_value(&mut self) -> Diag {
        let start = self.span();
        let mut semi = false;
        let mut open = 0_u32;
        while !self.at(Tok::Eof) {
            match self.tok() {
                Tok::LBrace => open += 1,
                Tok::RBrace => open -= 1,
                Tok::Semi => semi = true,
                _ => {}
            }
            self.bump();
            if open == 0 {
                break;
            }
        }
        let span = start.to(self.before);
        let message = "A block gives no value: write its statements before, and here the expression alone.";
        let diag = Diag::new(ErrorCode::Unsupported, span, message);
        let inner = span.text(self.source).trim_start_matches('{').trim_end_matches('}').trim();
        if semi || inner.is_empty() || self.at(Tok::Eof) {
            return diag;
        }
        diag.fix("write brackets", span, format!("({inner})"))
    }

    /// A macro of Rust in an expression, from its name.
    #[cold]
    pub(super) fn macro_error(&mut self) -> Diag {
        let name = self.text();
        let start = self.span();
        let mut message = format!("There is no macro `{}!`.", clip(name));
        let mut fix = None;
        match name {
            "vec" => {
                message = "There is no `vec!`: a buffer has a fixed capacity, such as `Buf::<i64, 16>::new()` or `fill::<i64, 16>(0)`.".to_owned();
                fix = self.vec_fix();
            }
            "assert" => message = "`assert!(c);` is a statement.".to_owned(),
            "matches" => message = "There are no patterns: write comparisons with `||`.".to_owned(),
            _ => {}
        }
        self.bump();
        self.bump();
        self.skip_brackets();
        let span = start.to(self.before);
        let diag = Diag::new(ErrorCode::Unsupported, span, message);
        match fix {
            Some(text) => diag.fix(format!("write `{text}`"), span, text),
            None => diag,
        }
    }

    /// For `vec![x; n]` with a literal n, and `vec![]`.
    pub(super) fn vec_fix(&mut self) -> Option<String> {
        let rest = &self.source[self.span().end as usize..];
        let inner = rest.strip_prefix('!')?.trim_start().strip_prefix(['[', '('])?;
        let inner = &inner[..inner.find([']', ')'])?];
        if inner.trim().is_empty() {
            return Some("Buf::<i64, 1024>::new()".to_owned());
        }
        let (value, n) = inner.split_once(';')?;
        let (value, n) = (value.trim(), n.trim());
        n.parse::<u32>().ok()?;
        let elem = if value.contains('.') { Elem::Float } else { Elem::Int };
        Some(format!("fill::<{elem}, {n}>({value})"))
    }
}
