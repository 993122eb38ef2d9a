//! `for i in 0..n`, and Rust's other ranges.

use super::expr::Around;
use super::stmt::Open;
use super::{Parsed, Parser, Skip};
use crate::ErrorCode;
use crate::text::diag::Diag;
use crate::text::lex::Tok;
use crate::text::syntax::{ExprKind, Exprs, NO_SYM, Pat, StmtKind, Sym};

impl Parser<'_> {
    pub(super) fn for_(&mut self, max: Option<u64>, label: Sym, open: &mut Vec<Open>) -> Parsed<()> {
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
    pub(super) fn range(&mut self, var: Pat) -> Parsed<Exprs> {
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
}
