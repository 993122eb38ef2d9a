//! Assignments: to slots, to elements, with operators.

use super::function::{Access, FnLower, SlotInfo};
use super::value::{Form, Ty, Val};
use crate::text::diag::Diag;
use crate::text::lex::Span;
use crate::text::parse::clip;
use crate::text::syntax::{BinOp, ExprKind, Exprs, NO_SYM};
use crate::{Elem, ErrorCode, Op, Type};

impl FnLower<'_, '_, '_> {
    /// The slot that a statement writes, by its name at expression `at`.
    pub(super) fn target(&mut self, at: u32) -> Option<u32> {
        let e = self.ast().exprs[at as usize];
        let ExprKind::Name(sym) = e.kind else { return None };
        match self.find(sym) {
            Some(slot) => {
                self.writable(slot, e.span);
                Some(slot)
            }
            None if self.cx.global(sym).is_some() => {
                let name = self.ast().name(sym);
                let message = format!("`{name}` is constant; copy it with `let mut`.");
                self.report(Diag::new(ErrorCode::SlotReadOnly, e.span, message).expected("a slot"));
                None
            }
            None => {
                self.unknown_value(sym, e.span);
                None
            }
        }
    }

    pub(super) fn assign(&mut self, target: Exprs, deref: bool, op: Option<BinOp>, value: Exprs, span: Span) {
        let exprs = &self.ast().exprs;
        let Some(root) = target.end.checked_sub(1).filter(|_| !target.is_empty()) else {
            self.value_of(value);
            return;
        };
        let base_is_name = matches!(exprs[target.first as usize].kind, ExprKind::Name(_));
        match exprs[root as usize].kind {
            ExprKind::Name(_) => self.store(root, deref, op, value, span),
            ExprKind::Index { first } if base_is_name && first == target.first + 1 => {
                let index = Exprs { first, end: root };
                match op {
                    None => self.store_elem(target.first, index, value, span),
                    Some(op) => self.update_elem(root, (target.first, index), op, value, span),
                }
            }
            _ => {
                let at = exprs[root as usize].span;
                let message = "Only a slot or an element of a slot is assigned to.";
                self.report(Diag::new(ErrorCode::SlotKind, at, message).expected("`name` or `name[index]`"));
                self.value_of(value);
            }
        }
    }

    pub(super) fn store(&mut self, root: u32, deref: bool, op: Option<BinOp>, value: Exprs, span: Span) {
        let target = self.target(root);
        let info = target.map(|slot| self.slots[slot as usize]);
        if let Some(info) = info {
            self.check_star(info, root, deref, span);
        }
        let ty = info.and_then(|info| info.ty);
        let Some((slot, ty)) = target.zip(ty) else {
            self.value_of(value);
            return;
        };
        let name_span = self.span(root);
        match op {
            None => {
                self.storing = Some(slot);
                let val = self.value_of(value);
                self.storing = None;
                self.check_value(val);
                if !val.ty.is_unknown() && val.ty != Ty::Known(ty) {
                    let diag = self.mismatch(val, ty, "the slot is");
                    let diag = self.float_at_let(diag, root, val.ty);
                    self.report(diag);
                }
            }
            Some(op) => {
                self.emit(Op::Load, 0, slot, 0, name_span);
                let right = self.value_of(value);
                let left = Val { ty: Ty::Known(ty), form: Form::Value, expr: root, depth: 1 };
                self.apply(op, left, right, span);
            }
        }
        self.emit(Op::Store, 0, slot, 1, span);
    }

    /// `x op v` with both on the stack of nodes; the result must be of the type of x.
    pub(super) fn apply(&mut self, op: BinOp, left: Val, right: Val, span: Span) {
        let Some(a) = left.ty.known() else { return };
        let right = match right.ty {
            Ty::Byte | Ty::Low8 => {
                let diag = self.mismatch(right, a, "the left side is");
                return self.report(diag);
            }
            _ => right,
        };
        let Some(b) = right.ty.known() else { return };
        self.check_operand(right);
        let ops = super::overloads::Overloads::get().infix(op);
        match super::overloads::resolve(ops, &[a, b], 0, Elem::U8) {
            Some((op, Some(result))) if result == a => self.emit(op, 0, 0, 2, span),
            _ => {
                // What is on the left keeps its type, so the cast is on the right.
                let diag = match (a, b) {
                    (Type::Int | Type::Float, Type::Int | Type::Float) if a != b => {
                        let diag = self.mismatch(right, a, "the left side is");
                        self.float_at_let(diag, left.expr, right.ty)
                    }
                    _ => self.no_operator(op, left, right, right.expr),
                };
                self.report(diag);
            }
        }
    }

    /// `let mut s = 0; s += x;` with a float: what is wrong is the literal, and a cast of `x` would lose its fraction.
    #[cold]
    pub(super) fn float_at_let(&self, mut diag: Diag, name: u32, stored: Ty) -> Diag {
        let ExprKind::Name(sym) = self.ast().exprs[name as usize].kind else { return diag };
        let Some(slot) = self.find(sym).filter(|_| stored == Ty::Known(Type::Float)) else { return diag };
        let Ok(at) = self.int_lets.binary_search_by_key(&slot, |(slot, _)| *slot) else { return diag };
        let span = self.int_lets[at].1;
        let Some(float) = super::value::float_of(self.cx.text(span)) else { return diag };
        diag.0.fixes.clear();
        diag.fix(format!("declare `{}` with `{float}`", clip(self.source_of(name))), span, float)
    }

    /// `*x = v` for an `inout` parameter, `x = v` for all others.
    pub(super) fn check_star(&mut self, info: SlotInfo, root: u32, deref: bool, span: Span) {
        let name = self.source_of(root).to_owned();
        if info.access == Access::Inout && !deref {
            let diag = Diag::new(
                ErrorCode::Syntax,
                self.span(root),
                format!("`{name}` is a reference; its value is changed by `*{name} = ..`."),
            )
            .expected(format!("*{name}"))
            .found(&name);
            self.report(diag.fix("write `*`", self.span(root).before(), "*"));
        } else if deref && info.access != Access::Inout && info.access != Access::In {
            let star = Span::new(span.start, self.span(root).start);
            let diag = Diag::new(ErrorCode::Syntax, star, format!("`{name}` is no reference."));
            self.report(diag.expected(&name).found(format!("*{name}")).fix("remove `*`", star, ""));
        }
    }

    /// The element type of a slot; reported where it has none. `Err` stands for a vector.
    pub(super) fn elem_of(&mut self, slot: u32, at: u32) -> Option<Elem> {
        match self.slots[slot as usize].ty? {
            Type::Buf { elem, .. } => Some(elem),
            Type::Vec { .. } => Some(Elem::Float),
            other => {
                let span = self.span(at);
                let diag = Diag::new(ErrorCode::SlotKind, span, format!("{other} has no elements."));
                self.report(diag.expected("a slot of type Buf or Vec32").found(other));
                None
            }
        }
    }

    pub(super) fn store_elem(&mut self, base: u32, index: Exprs, value: Exprs, span: Span) {
        let slot = self.target(base);
        let elem = slot.and_then(|slot| self.elem_of(slot, base));
        let val = self.value_of(value);
        if let Some(elem) = elem {
            self.check_element(val, elem);
        }
        let i = self.value_of(index);
        self.check_type(i, Type::Int, "an index is");
        if let Some(slot) = slot {
            self.emit(Op::StoreElem, 0, slot, 2, span);
        }
    }

    /// `a[i] op= v`: a scope that binds v, then i, once.
    pub(super) fn update_elem(
        &mut self,
        root: u32,
        (base, index): (u32, Exprs),
        op: BinOp,
        value: Exprs,
        span: Span,
    ) {
        let slot = self.target(base);
        let elem = slot.and_then(|slot| self.elem_of(slot, base));
        self.emit(Op::Scope, 0, 0, 0, span);
        let val = self.value_of(value);
        let hidden = |f: &mut Self, ty| {
            f.emit(Op::Let, 0, 0, 1, span);
            f.declare(NO_SYM, SlotInfo { ty: Some(ty), access: Access::Let { mutable: false }, span })
        };
        let scalar = elem.map_or(Type::Int, Elem::scalar);
        let bytes = elem == Some(Elem::U8);
        if bytes {
            self.byte_update(op, val, span);
        }
        let v = hidden(self, if bytes { Type::Int } else { val.ty.known().unwrap_or(scalar) });
        let i_val = self.value_of(index);
        self.check_type(i_val, Type::Int, "an index is");
        let i = hidden(self, Type::Int);
        let Some((slot, _)) = slot.zip(elem) else {
            return self.out.end();
        };
        let at = self.span(root);
        self.emit(Op::Load, 0, slot, 0, self.span(base));
        self.emit(Op::Load, 0, i, 0, span);
        self.emit(Op::Index, 0, 0, 2, at);
        self.emit(Op::Load, 0, v, 0, span);
        let left = Val { ty: Ty::Known(scalar), form: Form::Value, expr: root, depth: 2 };
        let right = if bytes { Val { ty: Ty::Known(Type::Int), ..val } } else { val };
        self.apply(op, left, right, span);
        self.emit(Op::Load, 0, i, 0, span);
        self.emit(Op::StoreElem, 0, slot, 2, span);
        self.out.end();
    }

    /// `b[i] op= v` on bytes: in Rust both are `u8`, here the low 8 bits must come out the same.
    pub(super) fn byte_update(&mut self, op: BinOp, val: Val, span: Span) {
        self.check_element(val, Elem::U8);
        let exact = matches!(op, BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::And | BinOp::Or | BinOp::Xor)
            || (val.ty == Ty::Byte && matches!(op, BinOp::Div | BinOp::Rem));
        if !exact && !val.ty.is_unknown() {
            let message = format!(
                "There is no `{}=` for bytes: write `b[i] = (b[i] as i64 {0} x) as u8;`.",
                op.spelling()
            );
            self.report(Diag::new(ErrorCode::Unsupported, span, message));
        }
    }
}
