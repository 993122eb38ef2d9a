//! Statements.

use super::function::{Access, BlockKind, FnLower, SlotInfo};
use super::value::{Ty, Val};
use crate::text::diag::Diag;
use crate::text::lex::Span;
use crate::text::parse::clip;
use crate::text::syntax::{BinOp, ExprKind, Exprs, NO_SYM, NO_TYPE, Pat, Stmt, StmtKind, TypeId};
use crate::{ErrorCode, Op, Type};

impl FnLower<'_, '_, '_> {
    pub fn statement(&mut self, stmt: Stmt) {
        self.stmt_start = stmt.span.start;
        let span = stmt.span;
        match stmt.kind {
            StmtKind::End => {
                if let [open] = self.open.as_slice()
                    && open.kind == BlockKind::Body
                {
                    return self.end_body(span);
                }
                return self.close();
            }
            StmtKind::Else => return self.else_(),
            _ => {}
        }
        self.last = (self.open.len() == 1).then_some(stmt).or(self.last);
        if self.open.last().is_some_and(|open| open.leaves) {
            let diag = Diag::new(
                ErrorCode::AfterLeave,
                span,
                "Nothing gets here: the statement before always leaves the block.",
            )
            .expected("the end of the block")
            .found(clip(self.cx.text(span)));
            self.report(diag);
        }
        self.vals.clear();
        let leaves = self.one(stmt.kind, span);
        if let Some(open) = self.open.last_mut() {
            open.leaves = leaves;
        }
    }

    /// One statement; whether it leaves.
    fn one(&mut self, kind: StmtKind, span: Span) -> bool {
        match kind {
            StmtKind::Let { first, count, tuple, ty, init } => {
                self.let_((first, count), tuple, ty, init, span)
            }
            StmtKind::Assign { target, deref, op, value } => self.assign(target, deref, op, value, span),
            StmtKind::Expr(e) => return self.expr_statement(e, span),
            StmtKind::Tail(e) => return self.tail(e, span),
            StmtKind::Assert(cond) => {
                self.condition(cond);
                self.emit(Op::If, 0, 0, 1, span);
                self.out.end();
                self.emit(Op::Int, 0, 0, 0, span);
                self.emit(Op::Fail, 0, 0, 1, span);
                self.out.end();
            }
            StmtKind::If(cond) => {
                self.condition(cond);
                self.emit(Op::If, 0, 0, 1, span);
                self.open(BlockKind::Then, NO_SYM);
            }
            StmtKind::Scope => {
                self.emit(Op::Scope, 0, 0, 0, span);
                self.open(BlockKind::Scope, NO_SYM);
            }
            StmtKind::While { cond, max, label } => {
                self.condition(cond);
                self.emit(Op::While, bound(max), 0, 1, span);
                self.open(BlockKind::Loop, label);
            }
            StmtKind::Forever { max, label } => {
                self.emit(Op::Bool, 1, 0, 0, span);
                self.emit(Op::While, bound(max), 0, 1, span);
                self.open(BlockKind::Loop, label);
            }
            StmtKind::For { var, count, max, label } => {
                let n = self.value_of(count);
                self.check_type(n, Type::Int, "a number of iterations is");
                self.emit(Op::Loop, bound(max), 0, 1, span);
                self.open(BlockKind::Loop, label);
                let pat = self.ast().pats[var as usize];
                self.check_binding(pat.name, pat.span);
                let info = SlotInfo { ty: Some(Type::Int), access: Access::Index, span: pat.span };
                let slot = self.declare(pat.name, info);
                self.bind(pat.name, slot);
            }
            StmtKind::Break(label) | StmtKind::Continue(label) => {
                let op = if matches!(kind, StmtKind::Break(_)) { Op::Break } else { Op::Continue };
                match self.loop_depth(label) {
                    Some(depth) => self.emit(op, 0, depth, 0, span),
                    None => {
                        self.no_loop(label, span);
                        return false;
                    }
                }
                return true;
            }
            StmtKind::Return { values, count } => {
                self.return_(values, count, span);
                return true;
            }
            StmtKind::Poison | StmtKind::End | StmtKind::Else => {}
        }
        false
    }

    fn condition(&mut self, cond: Exprs) {
        let val = self.value_of(cond);
        self.check_type(val, Type::Bool, "a condition is");
    }

    #[cold]
    fn no_loop(&mut self, label: u32, span: Span) {
        if label == NO_SYM {
            let message = "There is no loop around this.";
            return self.report(Diag::new(ErrorCode::LoopDepth, span, message).expected("a loop around it"));
        }
        let name = self.ast().name(label);
        let message = format!("No loop around this has the label `{}`.", clip(name));
        let mut diag = Diag::new(ErrorCode::UnknownName, span, message)
            .expected("a label of a loop around it")
            .found(clip(name));
        if let Some(near) = crate::text::fixes::nearest(name, self.labels()) {
            let at = Span::new(span.end - name.len() as u32, span.end);
            diag = diag.fix(format!("write `{near}`"), at, near);
        }
        self.report(diag);
    }

    /// Declares and binds a name of a `let`.
    pub fn declare_pat(&mut self, pat: Pat, ty: Option<Type>) {
        self.check_binding(pat.name, pat.span);
        // The place where `mut` goes is just before the name.
        let info = SlotInfo { ty, access: Access::Let { mutable: pat.mutable }, span: pat.span };
        let slot = self.declare(pat.name, info);
        self.bind(pat.name, slot);
    }

    fn let_(&mut self, (first, count): (u32, u32), tuple: bool, ty: TypeId, init: Exprs, span: Span) {
        let ast = self.ast();
        let pats = &ast.pats[first as usize..(first + count) as usize];
        for (i, pat) in pats.iter().enumerate() {
            if pat.name != NO_SYM && pats[..i].iter().any(|p| p.name == pat.name) {
                self.duplicate(pat.name, pat.span);
            }
        }
        let annotated = if ty == NO_TYPE { None } else { ast.types.get(ty as usize) };
        self.wanted_count = match annotated.and_then(|t| t.ty) {
            Some(Type::Buf { cap, .. }) => Some(cap),
            Some(Type::Vec { n }) => Some(n),
            _ => None,
        };
        let slots = self.slots.len();
        if self.call_statement(init, Some(pats), span) {
            self.wanted_count = None;
            self.check_annotations(ty, tuple, slots, pats);
            return;
        }
        let val = self.value_of(init);
        self.wanted_count = None;
        self.check_value(val);
        if tuple && pats.len() != 1 {
            if !val.ty.is_unknown() {
                let message = format!("This gives 1 value, {} named.", pats.len());
                let diag = Diag::new(ErrorCode::CallArity, span, message);
                self.report(diag.expected("a call of a function with as many results").found("1 value"));
            }
            for pat in pats {
                self.declare_pat(*pat, None);
            }
            return;
        }
        let mut found = match val.ty {
            Ty::Byte | Ty::Low8 => {
                let diag = self.mismatch(val, Type::Int, "a slot is");
                self.report(diag);
                None
            }
            other => other.known(),
        };
        if let Some(node) = annotated {
            match node.ty {
                Some(wanted) => {
                    if let (Some(_), false) = (found, val.ty == Ty::Known(wanted)) {
                        let diag = self.annotation(val, wanted, node.span);
                        self.report(diag);
                    }
                    found = Some(wanted);
                }
                None => found = None,
            }
        }
        self.emit(Op::Let, 0, 0, 1, span);
        if let [pat] = pats {
            if annotated.is_none()
                && !init.is_empty()
                && let Some(ExprKind::Int(_)) = ast.exprs.get(val.expr as usize).map(|e| e.kind)
            {
                self.int_lets.push((self.slots.len() as u32, self.span(val.expr)));
            }
            self.declare_pat(*pat, found);
        }
    }

    /// A value of another type than its `let` says.
    #[cold]
    fn annotation(&self, val: Val, wanted: Type, span: Span) -> Diag {
        let mut diag = self.mismatch(val, wanted, "the slot is");
        if let Some(found) = val.ty.known() {
            diag = diag.fix(format!("declare it as `{found}`"), span, found.to_string());
        }
        diag
    }

    /// Types written for the results of a call.
    fn check_annotations(&mut self, ty: TypeId, tuple: bool, first_slot: usize, pats: &[Pat]) {
        if ty == NO_TYPE {
            return;
        }
        let ast = self.ast();
        let count = if tuple { pats.len() } else { 1 };
        for i in 0..count {
            let (Some(node), Some(slot)) = (ast.types.get(ty as usize + i), self.slots.get(first_slot + i))
            else {
                return;
            };
            let (Some(wanted), Some(found)) = (node.ty, slot.ty) else { continue };
            if wanted != found {
                let message = format!("The function gives {found} here, and the slot is {wanted}.");
                let diag =
                    Diag::new(ErrorCode::TypeMismatch, node.span, message).expected(found).found(wanted);
                self.report(diag.fix(format!("write `{found}`"), node.span, found.to_string()));
            }
        }
    }

    /// An expression with a `;`.
    fn expr_statement(&mut self, range: Exprs, span: Span) -> bool {
        let ast = self.ast();
        let Some(root) = range.end.checked_sub(1).filter(|_| !range.is_empty()) else { return false };
        match ast.exprs[root as usize].kind {
            ExprKind::Call(call) => {
                let info = &ast.calls[call as usize];
                let name = ast.name(info.name);
                let prelude = self.find(info.name).is_none() && self.cx.global(info.name).is_none();
                if prelude && matches!(name, "print" | "fail") {
                    return self.builtin(name, info.args, Exprs { first: info.first, end: root }, span);
                }
                if self.call_statement(range, None, span) {
                    return false;
                }
            }
            ExprKind::Method(call) => {
                let info = &ast.calls[call as usize];
                let name = ast.name(info.name);
                let on_name = matches!(ast.exprs[range.first as usize].kind, ExprKind::Name(_))
                    && info.first == range.first + 1;
                if on_name && info.args == 1 && matches!(name, "push" | "truncate") {
                    self.change(name, range.first, Exprs { first: info.first, end: root }, span);
                    return false;
                }
            }
            _ => {}
        }
        let val = self.value_of(range);
        // At the end of a function that returns such a value, only the `return` is missing.
        self.could_return = self.stmt_at + 2 == self.node.end
            && val.ty.known().is_some_and(|ty| self.results.as_slice() == [Some(ty)]);
        if !val.ty.is_unknown() && !self.could_return {
            self.unused(range, span);
        }
        false
    }

    #[cold]
    fn unused(&mut self, range: Exprs, span: Span) {
        let root = self.ast().exprs[range.end as usize - 1];
        if let ExprKind::Bin(BinOp::Eq) = root.kind {
            let message = "This compares and drops the result; `=` assigns.";
            let text = self.cx.text(span).replacen("==", "=", 1);
            return self.report(Diag::new(ErrorCode::Unsupported, span, message).fix(
                "write `=`",
                span,
                text,
            ));
        }
        let message = "The value of this is not used; an expression is no statement.";
        let diag =
            Diag::new(ErrorCode::Unsupported, span, message).expected("a statement").found("an expression");
        self.report(diag.fix("keep it, unused", span.before(), "let _ = "));
    }

    /// `print(x)` and `fail(code)`.
    fn builtin(&mut self, name: &str, args: u32, range: Exprs, span: Span) -> bool {
        let fail = name == "fail";
        self.exprs(range.first, range.end);
        if args != 1 {
            let message = format!("`{name}` takes 1 argument, {args} given.");
            let mut diag = Diag::new(ErrorCode::CallArity, span, message).expected("1 argument").found(args);
            if fail && args == 0 {
                diag = diag.fix("give a code", span, "fail(1)");
            }
            self.report(diag);
            return fail;
        }
        let val = self.pop();
        if fail {
            self.check_type(val, Type::Int, "a code is");
            self.emit(Op::Fail, 0, 0, 1, span);
            return true;
        }
        self.check_argument(val);
        match val.ty {
            Ty::Byte | Ty::Low8 => {
                let diag = self.mismatch(val, Type::Int, "what is printed is");
                self.report(diag);
            }
            Ty::Known(ty) if ty.is_mat() => {
                let message = "A matrix is not printed: print a row, `print(&row(&w, i));`.";
                let at = self.span(val.expr);
                let diag = Diag::new(ErrorCode::MatPosition, at, message);
                self.report(diag.expected("a value other than a Mat").found(ty));
            }
            _ => {}
        }
        self.emit(Op::Print, 0, 0, 1, span);
        false
    }

    /// `b.push(x)` and `b.truncate(n)`.
    fn change(&mut self, name: &str, base: u32, value: Exprs, span: Span) {
        let slot = self.target(base);
        let val = self.value_of(value);
        let Some(slot) = slot else { return };
        let elem = match self.slots[slot as usize].ty {
            Some(Type::Buf { elem, .. }) => elem,
            None => return,
            Some(other) => {
                let at = self.span(base);
                let diag = Diag::new(ErrorCode::SlotKind, at, format!("{other} has no `{name}`."));
                return self.report(diag.expected("a slot of type Buf").found(other));
            }
        };
        if name == "push" {
            self.check_element(val, elem);
            self.emit(Op::Push, 0, slot, 1, span);
        } else {
            self.check_type(val, Type::Int, "a length is");
            self.emit(Op::Truncate, 0, slot, 1, span);
        }
    }

    /// An expression without `;` at the end of a block.
    fn tail(&mut self, range: Exprs, span: Span) -> bool {
        let body = self.open.len() == 1;
        if range.is_empty() {
            return false;
        }
        if self.results.is_empty() || self.is_unit(range) {
            return self.expr_statement(range, span);
        }
        if body {
            self.return_(range, 1, span);
            return true;
        }
        let val = self.value_of(range);
        if !val.ty.is_unknown() {
            let text = self.cx.text(span);
            let message = "A block gives no value. To leave the function with it, write `return`; to keep it, store it.";
            let diag =
                Diag::new(ErrorCode::Unsupported, span, message).expected("a statement").found(clip(text));
            self.report(diag.fix("return it", span, format!("return {text};")));
        }
        // So that the missing `return` is one error, not two.
        true
    }

    /// Whether this is a call without a value.
    fn is_unit(&self, range: Exprs) -> bool {
        let ast = self.ast();
        match ast.exprs[range.end as usize - 1].kind {
            ExprKind::Call(call) => {
                let name = ast.calls[call as usize].name;
                match self.cx.global(name) {
                    Some(super::Global::Callable(index)) => {
                        self.cx.callables[*index as usize].results.is_empty()
                    }
                    Some(_) => false,
                    None => matches!(ast.name(name), "print" | "fail"),
                }
            }
            ExprKind::Method(call) => matches!(ast.name(ast.calls[call as usize].name), "push" | "truncate"),
            _ => false,
        }
    }

    fn return_(&mut self, values: Exprs, count: u32, span: Span) {
        self.exprs(values.first, values.end);
        let first = self.vals.len().saturating_sub(count as usize);
        let vals = self.vals.split_off(first);
        let wanted = self.results.len();
        if vals.len() != wanted {
            let diag = self.return_count(&vals, span);
            return self.report(diag);
        }
        for (i, val) in vals.iter().enumerate() {
            self.check_value(*val);
            if let Some(ty) = self.results[i] {
                self.check_type(*val, ty, "the result is");
            }
        }
        self.emit(Op::Return, 0, 0, wanted as u16, span);
    }

    #[cold]
    fn return_count(&self, vals: &[Val], span: Span) -> Diag {
        let wanted = self.results.len();
        let s = if wanted == 1 { "" } else { "s" };
        let message = format!("The function has {wanted} result{s}, {} returned.", vals.len());
        let diag = Diag::new(ErrorCode::CallArity, span, message)
            .expected(format!("{wanted} result{s}"))
            .found(vals.len());
        let signature = &self.node.signature;
        match (wanted, vals) {
            (0, [one]) => {
                // The result type goes after the parameters, if it is known.
                let (Some(ty), true) = (one.ty.known(), self.cx.text(span).starts_with("return")) else {
                    return diag;
                };
                let from = signature.params.last().map_or(signature.name_span.end, |p| p.ty.span.end);
                let rest = self.cx.source.get(from as usize..).unwrap_or("");
                match rest.find(')') {
                    Some(at) => {
                        let at = from + at as u32 + 1;
                        diag.fix("declare the result", Span::new(at, at), format!(" -> {ty}"))
                    }
                    None => diag,
                }
            }
            (_, []) => {
                let zeros: Option<Vec<String>> =
                    self.results.iter().map(|ty| crate::text::zero_of((*ty)?)).collect();
                match zeros {
                    Some(zeros) if wanted == 1 => {
                        diag.fix("return a value", span, format!("return {}", zeros[0]))
                    }
                    Some(zeros) => diag.fix("return values", span, format!("return ({})", zeros.join(", "))),
                    None => diag,
                }
            }
            _ => diag,
        }
    }
}

/// K + 1, 0 for no bound.
fn bound(max: Option<u64>) -> u64 {
    max.map_or(0, |k| k + 1)
}
