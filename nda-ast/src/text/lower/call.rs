//! Calls of functions, imports and the prelude.

use super::function::{Access, FnLower};
use super::value::{Form, Ty, Val};
use super::{Callable, Global};
use crate::text::diag::Diag;
use crate::text::lex::Span;
use crate::text::parse::clip;
use crate::text::syntax::{CallInfo, Exprs, NO_SYM, Pat};
use crate::{ErrorCode, Op, Param, Type};

impl FnLower<'_, '_, '_> {
    fn take(&mut self, count: u32) -> Vec<Val> {
        let at = self.vals.len().saturating_sub(count as usize);
        self.vals.split_off(at)
    }

    /// A call inside of an expression.
    pub fn call(&mut self, call: u32, at: u32) {
        let info = &self.ast().calls[call as usize];
        let args = self.take(info.args);
        let depth = 1 + args.iter().map(|v| v.depth).max().unwrap_or(0);
        if self.find(info.name).is_some() {
            let name = self.ast().name(info.name);
            let message = format!("`{name}` is a slot here and no function.");
            let diag = Diag::new(ErrorCode::UnknownName, info.name_span, message);
            self.report(diag.expected("a function").found(format!("the slot `{name}`")));
            return self.push(Ty::Unknown, Form::Value, at, depth);
        }
        match self.cx.global(info.name).cloned() {
            Some(Global::Callable(index)) => {
                let ty = self.expression_call(index, info, &args, at);
                self.push(ty, Form::Value, at, depth);
            }
            Some(Global::Unknown) => self.push(Ty::Unknown, Form::Value, at, depth),
            Some(_) => {
                let name = self.ast().name(info.name);
                let diag = Diag::new(
                    ErrorCode::UnknownName,
                    info.name_span,
                    format!("`{name}` is a constant and no function."),
                );
                self.report(diag.expected("a function").found("a constant"));
                self.push(Ty::Unknown, Form::Value, at, depth);
            }
            None => {
                let ty = self.prelude_call(info, &args, at);
                self.push(ty, Form::Value, at, depth);
            }
        }
    }

    fn expression_call(&mut self, index: u32, info: &CallInfo, args: &[Val], at: u32) -> Ty {
        let callable = self.cx.callables[index as usize].clone();
        self.no_turbofish(info);
        let fits = self.arguments(&callable, info, args, at);
        if !callable.is_expression() {
            self.needs_statement(&callable, info, at);
            return match callable.results.as_slice() {
                [one] => Ty::of(*one),
                _ => Ty::Unknown,
            };
        }
        if let (true, Some(built)) = (fits, &callable.built) {
            let span = self.span(at);
            self.emit(Op::Call, 0, built.index, args.len() as u16, span);
        }
        Ty::of(callable.results[0])
    }

    #[cold]
    fn needs_statement(&mut self, callable: &Callable, info: &CallInfo, at: u32) {
        let name = self.ast().name(info.name);
        let span = self.span(at);
        let why = match callable.results.len() {
            0 => "gives no value".to_owned(),
            1 if callable.reaches_host => "reaches the host".to_owned(),
            1 => "has `&mut` parameters".to_owned(),
            n => format!("gives {n} values"),
        };
        let message =
            format!("`{name}` {why}: call it as a statement of its own, or as the whole value of a `let`.");
        let mut diag = Diag::new(ErrorCode::CallNeedsStmt, span, message).expected("a call as a statement");
        if callable.results.len() == 1 && self.stmt_start < span.start {
            let before = self.cx.text(Span::new(self.stmt_start, span.start));
            let mut temporary = format!("{name}_result");
            while self.ast().find(&temporary).is_some() {
                temporary.push('_');
            }
            let text = format!("let {temporary} = {}; {before}{temporary}", self.cx.text(span));
            // Only from the start of a line: a condition of an `else if` or `while` has no place before it.
            if before.trim_start().starts_with("else") || before.trim_start().starts_with("while") {
                return self.report(diag);
            }
            diag = diag.fix("bind it with `let` first", Span::new(self.stmt_start, span.end), text);
        }
        self.report(diag);
    }

    #[cold]
    pub(super) fn no_turbofish(&mut self, info: &CallInfo) {
        if let Some((_, span)) = &info.turbofish {
            let diag = Diag::new(ErrorCode::Syntax, *span, "This function takes no types or sizes.");
            self.report(diag.fix("remove it", *span, ""));
        }
    }

    /// Checks arguments against parameters; whether they fit.
    fn arguments(&mut self, callable: &Callable, info: &CallInfo, args: &[Val], at: u32) -> bool {
        let Some(params) = &callable.params else { return false };
        if params.len() != args.len() {
            let params = params.clone();
            self.arity(info, args, params.len(), &|f, i| f.placeholder(params[i]), at);
            return false;
        }
        let mut fits = true;
        for (param, val) in params.iter().zip(args) {
            if param.is_inout() {
                fits &= self.inout_argument(*param, *val);
            } else {
                fits &= self.check_type(*val, param.ty, "the parameter is");
                self.check_argument(*val);
            }
        }
        fits
    }

    /// A value that could stand for a missing argument.
    fn placeholder(&self, param: Param) -> Option<String> {
        if param.ty.is_scalar() {
            return super::super::zero_of(param.ty);
        }
        let mut slots = self.slots.iter().enumerate().rev();
        slots.find_map(|(i, slot)| {
            let sym = self.out.slots[i].as_deref().and_then(|name| self.ast().find(name))?;
            let visible = self.find(sym) == Some(i as u32) && slot.ty == Some(param.ty);
            let name = self.ast().name(sym);
            let reference = matches!(slot.access, Access::In | Access::Inout);
            match (visible, reference, param.is_inout()) {
                (false, ..) => None,
                (_, true, _) => Some(name.to_owned()),
                (_, false, true) => Some(format!("&mut {name}")),
                (_, false, false) => Some(format!("&{name}")),
            }
        })
    }

    #[cold]
    pub(super) fn arity(
        &mut self,
        info: &CallInfo,
        args: &[Val],
        wanted: usize,
        placeholder: &dyn Fn(&Self, usize) -> Option<String>,
        at: u32,
    ) {
        let name = self.ast().name(info.name);
        let s = if wanted == 1 { "" } else { "s" };
        let message = format!("`{name}` takes {wanted} argument{s}, {} given.", args.len());
        let span = self.span(at);
        let mut diag = Diag::new(ErrorCode::CallArity, span, message)
            .expected(format!("{wanted} argument{s}"))
            .found(args.len());
        let last_end = |n: usize| match n.checked_sub(1).and_then(|i| args.get(i)) {
            Some(val) => self.span(val.expr).end,
            None => info.close,
        };
        if args.len() > wanted {
            let from = if wanted == 0 { self.span(args[0].expr).start } else { last_end(wanted) };
            diag = diag.fix("remove what is too many", Span::new(from, info.close), "");
        } else {
            let missing: Option<Vec<String>> = (args.len()..wanted).map(|i| placeholder(self, i)).collect();
            if let Some(missing) = missing {
                let comma = if args.is_empty() { "" } else { ", " };
                let text = format!("{comma}{}", missing.join(", "));
                let end = last_end(args.len());
                diag = diag.fix("add what is missing", Span::new(end, end), text);
            }
        }
        self.report(diag);
    }

    fn inout_argument(&mut self, param: Param, val: Val) -> bool {
        let slot = match val.form {
            _ if val.ty.is_unknown() => return false,
            Form::Mutable(Some(slot)) => Some(slot),
            Form::Param(slot) if self.slots[slot as usize].access == Access::Inout => {
                return self.check_type(val, param.ty, "the parameter is");
            }
            _ => None,
        };
        if !self.check_type(val, param.ty, "the parameter is") {
            return false;
        }
        let span = self.span(val.expr);
        let text = self.source_of(val.expr);
        let Some(slot) = slot else {
            let message = "This argument may be changed by the callee: give `&mut` and the name of a slot.";
            let mut diag = Diag::new(ErrorCode::InoutNotSlot, span, message)
                .expected(format!("&mut {}", param.ty))
                .found(clip(text));
            let plain = text.trim_start_matches('&').trim();
            if matches!(val.form, Form::Place(Some(_)) | Form::Shared)
                && super::super::words::is_identifier(plain)
            {
                let fix = format!("&mut {plain}");
                diag = diag.fix("write `&mut`", span, fix);
            }
            self.report(diag);
            return false;
        };
        self.writable(slot, span)
    }

    /// Reports unless the slot may be written.
    pub fn writable(&mut self, slot: u32, at: Span) -> bool {
        let info = self.slots[slot as usize];
        let name = self.out.slots.get(slot as usize).cloned().flatten().unwrap_or_default();
        let (message, fix) = match info.access {
            Access::Inout | Access::Let { mutable: true } => return true,
            Access::Let { mutable: false } => {
                (format!("`{name}` is changed, so it is declared with `let mut`."), Some("mut "))
            }
            Access::In if info.ty.is_some_and(Type::is_aggregate) => (
                format!(
                    "The parameter `{name}` is read-only; to be changed it is `&mut`, or copied with `.clone()`."
                ),
                None,
            ),
            Access::In => {
                (format!("The parameter `{name}` is read-only; copy it: `let mut x = {name};`."), None)
            }
            Access::Index => {
                (format!("The loop's index `{name}` is read-only; copy it: `let mut x = {name};`."), None)
            }
        };
        let mut diag =
            Diag::new(ErrorCode::SlotReadOnly, at, message).expected("a slot declared with `let mut`");
        if let Some(fix) = fix {
            diag = diag.fix("declare it with `let mut`", info.span.before(), fix);
        }
        self.report(diag);
        false
    }

    /// A call as a statement or as the whole value of a `let`: gives false where it is none that must be, so that it
    /// is lowered as an expression. `pats` are the names of a `let`.
    pub fn call_statement(&mut self, range: Exprs, pats: Option<&[Pat]>, span: Span) -> bool {
        let ast = self.ast();
        let Some(root) = range.end.checked_sub(1).filter(|_| !range.is_empty()) else { return false };
        let crate::text::syntax::ExprKind::Call(call) = ast.exprs[root as usize].kind else { return false };
        let info = &ast.calls[call as usize];
        if self.find(info.name).is_some() {
            return false;
        }
        let Some(Global::Callable(index)) = self.cx.global(info.name).cloned() else { return false };
        let callable = self.cx.callables[index as usize].clone();
        if callable.is_expression() {
            return false;
        }
        self.exprs(range.first, root);
        let args = self.take(info.args);
        self.no_turbofish(info);
        let fits = self.arguments(&callable, info, &args, root);
        self.reaches_host |= callable.reaches_host;
        let call_span = self.span(root);
        if let (true, Some(built)) = (fits, &callable.built) {
            let (index, n) = (built.index, args.len() as u16);
            self.emit(Op::CallStmt, callable.results.len() as u64, index, n, call_span);
        }
        self.call_results(&callable, info, pats, span);
        true
    }

    fn call_results(&mut self, callable: &Callable, info: &CallInfo, pats: Option<&[Pat]>, span: Span) {
        let wanted = callable.results.len();
        let given = pats.map_or(0, <[Pat]>::len);
        if given != wanted {
            let name = self.ast().name(info.name);
            let s = if wanted == 1 { "" } else { "s" };
            let message = format!("`{name}` gives {wanted} value{s}, {given} named.");
            let mut diag = Diag::new(ErrorCode::CallArity, span, message)
                .expected(format!("{wanted} name{s}"))
                .found(given);
            let fresh = |n: usize| (0..n).map(|i| format!("_r{i}")).collect::<Vec<_>>().join(", ");
            let list = match wanted {
                1 => fresh(1),
                n => format!("({})", fresh(n)),
            };
            match pats {
                None => diag = diag.fix("name them with `let`", span.before(), format!("let {list} = ")),
                Some([one]) if wanted > 1 => {
                    let first = self.cx.text(one.span);
                    let text = format!("({first}, {})", fresh(wanted - 1));
                    diag = diag.fix("name all", one.span, text);
                }
                Some([first, .., last]) => {
                    let names: Vec<&str> = pats.into_iter().flatten().map(|p| self.cx.text(p.span)).collect();
                    let mut names: Vec<String> = names.into_iter().take(wanted).map(str::to_owned).collect();
                    names.extend((names.len()..wanted).map(|i| format!("_r{i}")));
                    diag = diag.fix("name as many", first.span.to(last.span), names.join(", "));
                }
                Some(_) if wanted == 0 => {
                    let end = info.name_span.before().start;
                    let text = "";
                    diag = diag.fix("call it as a statement", Span::new(span.start, end), text);
                }
                Some(_) => {}
            }
            self.report(diag);
        }
        for i in 0..wanted.max(given) {
            let pat = pats.and_then(|p| p.get(i)).copied().unwrap_or(Pat {
                name: NO_SYM,
                span: info.name_span,
                mutable: false,
            });
            let ty = callable.results.get(i).copied().flatten();
            self.declare_pat(pat, ty);
        }
    }
}
