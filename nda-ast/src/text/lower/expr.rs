//! Expressions: one forward pass over post-order with a stack of operands.

use super::Global;
use super::function::{Access, FnLower};
use super::overloads::{Overloads, resolve};
use super::value::{Form, Ty, Val};
use crate::text::diag::Diag;
use crate::text::lex::Span;
use crate::text::parse::clip;
use crate::text::syntax::{BinOp, CastTo, ExprKind, Exprs, Scalar};
use crate::{Bytes, Constant, Elem, ErrorCode, LimitKind, Op, Type};

impl FnLower<'_, '_, '_> {
    /// Lowers one whole expression; of unknown type where its text was wrong.
    pub fn value_of(&mut self, range: Exprs) -> Val {
        let before = self.vals.len();
        self.exprs(range.first, range.end);
        let val = if self.vals.len() > before { self.pop() } else { self.unknown(range.first) };
        self.vals.truncate(before);
        val
    }

    /// Lowers expressions `first..end`, leaving their operands on the stack.
    pub fn exprs(&mut self, first: u32, end: u32) {
        for at in first..end {
            self.expr(at);
            if self.cx.diags.full() || self.too_deep {
                return;
            }
        }
    }

    fn unknown(&self, expr: u32) -> Val {
        Val { ty: Ty::Unknown, form: Form::Value, expr, depth: 1 }
    }

    pub fn pop(&mut self) -> Val {
        self.vals.pop().unwrap_or(Val { ty: Ty::Unknown, form: Form::Value, expr: 0, depth: 1 })
    }

    pub fn push(&mut self, ty: Ty, form: Form, expr: u32, depth: u32) {
        let limit = self.cx.limits.nesting;
        if depth > limit {
            if !std::mem::replace(&mut self.too_deep, true) {
                let what = "expressions are nested too deeply; name parts of them with `let`";
                let diag = Diag::limit(LimitKind::Nesting, limit.into(), self.span(expr), what);
                self.report(diag);
            }
            return self.vals.push(self.unknown(expr));
        }
        self.vals.push(Val { ty, form, expr, depth });
    }

    fn expr(&mut self, at: u32) {
        let e = self.ast().exprs[at as usize];
        match e.kind {
            ExprKind::Int(n) => self.leaf(Op::Int, self.ast().numbers[n as usize], Type::Int, at),
            ExprKind::Float(n) => self.leaf(Op::Float, self.ast().numbers[n as usize], Type::Float, at),
            ExprKind::Bool(value) => self.leaf(Op::Bool, value.into(), Type::Bool, at),
            ExprKind::Byte(value) => {
                self.emit(Op::Int, value.into(), 0, 0, e.span);
                self.push(Ty::Byte, Form::Value, at, 1);
            }
            ExprKind::Name(sym) => self.name(sym, at),
            ExprKind::Ref { mutable } => self.reference(mutable, at),
            ExprKind::Neg => self.unary(&Overloads::get().neg, "-", at),
            ExprKind::Not => self.unary(&Overloads::get().not, "!", at),
            ExprKind::Bin(op) => self.binary(op, at),
            ExprKind::OrMark => self.emit(Op::Bool, 1, 0, 0, e.span),
            ExprKind::And => {
                self.emit(Op::Bool, 0, 0, 0, e.span);
                self.logic("&&", at);
            }
            ExprKind::Or => self.logic("||", at),
            ExprKind::Cast(to) => self.cast(to, at),
            ExprKind::Index { .. } => self.index(at),
            ExprKind::Call(call) => self.call(call, at),
            ExprKind::Method(call) => self.method(call, at),
            ExprKind::If => self.select(at),
            ExprKind::New { elem, cap } => self.new_buf(elem, cap, at),
            ExprKind::Poison => self.vals.push(self.unknown(at)),
        }
    }

    fn leaf(&mut self, op: Op, imm: u64, ty: Type, at: u32) {
        let span = self.span(at);
        self.emit(op, imm, 0, 0, span);
        self.push(Ty::Known(ty), Form::Value, at, 1);
    }

    fn name(&mut self, sym: u32, at: u32) {
        let span = self.span(at);
        if let Some(slot) = self.find(sym) {
            let info = self.slots[slot as usize];
            self.emit(Op::Load, 0, slot, 0, span);
            let form = match (info.ty, info.access) {
                (Some(ty), _) if ty.is_scalar() => Form::Value,
                (_, Access::In | Access::Inout) => Form::Param(slot),
                _ => Form::Place(Some(slot)),
            };
            return self.push(Ty::of(info.ty), form, at, 1);
        }
        match self.cx.global(sym).cloned() {
            Some(Global::Scalar(Scalar::Int(value))) => self.leaf(Op::Int, value as u64, Type::Int, at),
            Some(Global::Scalar(Scalar::Float(value))) => {
                self.leaf(Op::Float, value.to_bits(), Type::Float, at);
            }
            Some(Global::Scalar(Scalar::Bool(value))) => self.leaf(Op::Bool, value.into(), Type::Bool, at),
            Some(Global::Object(object)) => {
                let op = match object.ty {
                    Type::Buf { .. } => Op::BufConst,
                    Type::Mat { .. } => Op::Matrix,
                    _ => Op::VecConst,
                };
                self.emit(op, 0, object.index, 0, span);
                self.push(Ty::Known(object.ty), Form::Place(None), at, 1);
            }
            Some(Global::Unknown) => self.vals.push(self.unknown(at)),
            Some(Global::Callable(_)) => {
                let name = self.ast().name(sym);
                let message = format!("`{name}` is a function and no value: call it as `{name}(..)`.");
                self.report(
                    Diag::new(ErrorCode::Unsupported, span, message).expected("a value").found("a function"),
                );
                self.vals.push(self.unknown(at));
            }
            None => {
                self.unknown_value(sym, span);
                self.vals.push(self.unknown(at));
            }
        }
    }

    #[cold]
    pub fn unknown_value(&mut self, sym: u32, span: Span) {
        let name = self.ast().name(sym);
        let message = format!("`{}` is not declared, or not visible here.", clip(name));
        let mut diag =
            Diag::new(ErrorCode::UnknownName, span, message).expected("a visible name").found(clip(name));
        if let Some(near) = self.nearest_value(name) {
            diag = diag.fix(format!("write `{near}`"), span, near);
        }
        self.report(diag);
    }

    fn reference(&mut self, mutable: bool, at: u32) {
        let val = self.pop();
        let span = self.span(at);
        let inner = self.source_of(val.expr).to_owned();
        let form = match (val.ty, val.form) {
            (Ty::Unknown, _) => val.form,
            (Ty::Known(ty), _) if ty.is_scalar() => {
                let message = "A scalar is passed by value, and what a function computes is a result.";
                let diag = Diag::new(ErrorCode::TypeMismatch, span, message)
                    .expected(val.ty)
                    .found(format!("&{ty}"));
                self.report(diag.fix("remove `&`", span, inner));
                Form::Value
            }
            (_, Form::Place(slot)) if mutable => Form::Mutable(slot),
            (_, Form::Place(_)) => Form::Shared,
            (_, Form::Param(_)) if inner.starts_with('*') && !mutable => Form::Shared,
            (_, Form::Param(slot)) => {
                let name = inner.trim_start_matches('*').to_owned();
                let message = format!("`{name}` is a reference already: pass it by its name.");
                let diag = Diag::new(ErrorCode::TypeMismatch, span, message)
                    .expected(&name)
                    .found(format!("&{name}"));
                self.report(diag.fix("remove `&`", span, name));
                Form::Param(slot)
            }
            (_, Form::Value) if !mutable => Form::Shared,
            (_, form) => {
                let message =
                    "A reference is `&` or `&mut` before the name of a slot, or `&` before a value.";
                let diag =
                    Diag::new(ErrorCode::InoutNotSlot, span, message).expected("a name").found(clip(&inner));
                self.report(diag);
                form
            }
        };
        self.vals.push(Val { form, expr: at, ..val });
    }

    /// Operands that are bytes are cast first.
    fn no_byte(&mut self, val: Val) -> Val {
        if !matches!(val.ty, Ty::Byte | Ty::Low8) {
            return val;
        }
        let diag = self.mismatch(val, Type::Int, "here is needed");
        self.report(diag);
        Val { ty: Ty::Unknown, ..val }
    }

    fn unary(&mut self, ops: &[Op], text: &str, at: u32) {
        let val = self.pop();
        let val = self.no_byte(val);
        let depth = val.depth + 1;
        let Some(ty) = val.ty.known() else { return self.push(Ty::Unknown, Form::Value, at, depth) };
        self.check_operand(val);
        match resolve(ops, &[ty], 0, Elem::U8) {
            Some((op, result)) => {
                let span = self.span(at);
                self.emit(op, 0, 0, 1, span);
                self.push(Ty::of(result), Form::Value, at, depth);
            }
            None => {
                let span = self.span(at);
                let diag =
                    Diag::new(ErrorCode::TypeMismatch, span, format!("There is no `{text}` for {ty}."));
                let expected = if text == "!" { "i64 or bool" } else { "i64, f64 or a Vec32" };
                self.report(diag.expected(expected).found(ty));
                self.push(Ty::Unknown, Form::Value, at, depth);
            }
        }
    }

    fn binary(&mut self, op: BinOp, at: u32) {
        let right = self.pop();
        let left = self.pop();
        let (left, right) = (self.no_byte(left), self.no_byte(right));
        let depth = 1 + left.depth.max(right.depth);
        let compare = op.precedence() == BinOp::Eq.precedence();
        let (Some(a), Some(b)) = (left.ty.known(), right.ty.known()) else {
            let ty = if compare { Ty::Known(Type::Bool) } else { Ty::Unknown };
            return self.push(ty, Form::Value, at, depth);
        };
        self.check_operand(left);
        self.check_operand(right);
        let ty = match resolve(Overloads::get().infix(op), &[a, b], 0, Elem::U8) {
            Some((op, result)) => {
                let span = self.span(at);
                self.emit(op, 0, 0, 2, span);
                Ty::of(result)
            }
            None => {
                let diag = self.no_operator(op, left, right, at);
                self.report(diag);
                if compare { Ty::Known(Type::Bool) } else { Ty::Unknown }
            }
        };
        self.push(ty, Form::Value, at, depth);
    }

    #[cold]
    pub fn no_operator(&self, op: BinOp, left: Val, right: Val, at: u32) -> Diag {
        let text = op.spelling();
        let span = self.span(at);
        let why = "the other side of the operator is";
        match (left.ty.known(), right.ty.known()) {
            (Some(Type::Int), Some(Type::Float)) => return self.float_wanted(left, why),
            (Some(Type::Float), Some(Type::Int)) => return self.float_wanted(right, why),
            (Some(Type::Vec { .. }), Some(Type::Int)) => {
                return self.mismatch(right, Type::Float, "a vector goes with a vector or");
            }
            (Some(scalar @ (Type::Int | Type::Float)), Some(Type::Vec { n })) => {
                let left_span = self.span(left.expr);
                let cast = if scalar == Type::Int {
                    format!("{} as f64", self.before_as(left.expr))
                } else {
                    self.source_of(left.expr).to_owned()
                };
                let fix = format!("splat::<{n}>({cast})");
                return Diag::new(
                    ErrorCode::TypeMismatch,
                    left_span,
                    format!("A scalar cannot stand left of a vector in `{text}`."),
                )
                .expected("a Vec32 on the left")
                .found(scalar)
                .fix(format!("write `{}`", clip(&fix)), left_span, fix);
            }
            (Some(Type::Int), Some(Type::Bool)) => return self.mismatch(right, Type::Int, why),
            (Some(Type::Bool), Some(Type::Int)) => return self.mismatch(left, Type::Int, why),
            (Some(Type::Float), Some(Type::Bool)) => return self.mismatch(right, Type::Float, why),
            (Some(Type::Bool), Some(Type::Float)) => return self.mismatch(left, Type::Float, why),
            _ => {}
        }
        let message = format!("There is no `{text}` for {} and {}.", left.ty, right.ty);
        let diag = Diag::new(ErrorCode::TypeMismatch, span, message)
            .expected(format!("operands that `{text}` takes"))
            .found(format!("{} and {}", left.ty, right.ty));
        if op == BinOp::Rem && left.ty == Ty::Known(Type::Float) {
            let (a, b) = (self.tight(left.expr), self.tight(right.expr));
            let fix = format!("({a} - trunc({a} / {b}) * {b})");
            return diag.fix(format!("write `{}`", clip(&fix)), span, fix);
        }
        diag
    }

    /// An int beside a float; of `s = s + x` the slot itself is to be a float.
    fn float_wanted(&self, val: Val, why: &str) -> Diag {
        let diag = self.mismatch(val, Type::Float, why);
        match self.ast().exprs[val.expr as usize].kind {
            ExprKind::Name(sym) if self.storing.is_some() && self.find(sym) == self.storing => {
                self.float_at_let(diag, val.expr, Ty::Known(Type::Float))
            }
            _ => diag,
        }
    }

    /// `a && b`, `a || b`: the constant stands in its place already.
    fn logic(&mut self, text: &str, at: u32) {
        let right = self.pop();
        let left = self.pop();
        for val in [left, right] {
            self.check_type(val, Type::Bool, &format!("`{text}` takes"));
        }
        let span = self.span(at);
        self.emit(Op::Select, 0, 0, 3, span);
        self.push(Ty::Known(Type::Bool), Form::Value, at, 1 + left.depth.max(right.depth));
    }

    fn select(&mut self, at: u32) {
        let no = self.pop();
        let yes = self.pop();
        let cond = self.pop();
        let depth = 1 + cond.depth.max(yes.depth).max(no.depth);
        self.check_type(cond, Type::Bool, "a condition is");
        self.check_value(yes);
        self.check_value(no);
        let ty = match (yes.ty, no.ty) {
            (Ty::Unknown, other) | (other, Ty::Unknown) => other,
            (a, b) if a == b => a,
            (Ty::Byte | Ty::Low8, Ty::Byte | Ty::Low8) => Ty::Low8,
            (a, b) => {
                let diag = match (a.known(), b.known()) {
                    (Some(Type::Int), Some(wanted @ Type::Float)) => {
                        self.mismatch(yes, wanted, "the other arm is")
                    }
                    (Some(wanted), _) => self.mismatch(no, wanted, "the other arm is"),
                    (None, Some(wanted)) => self.mismatch(yes, wanted, "the other arm is"),
                    (None, None) => return self.push(Ty::Unknown, Form::Value, at, depth),
                };
                self.report(diag);
                Ty::Unknown
            }
        };
        let span = self.span(at);
        self.emit(Op::Select, 0, 0, 3, span);
        self.push(ty, Form::Value, at, depth);
    }

    fn cast(&mut self, to: CastTo, at: u32) {
        let val = self.pop();
        let span = self.span(at);
        let depth = val.depth + 1;
        let op = match (val.ty, to) {
            (Ty::Unknown, CastTo::Int) => return self.push(Ty::Known(Type::Int), Form::Value, at, depth),
            (Ty::Unknown, CastTo::Float) => return self.push(Ty::Known(Type::Float), Form::Value, at, depth),
            (Ty::Unknown, CastTo::U8) => return self.push(Ty::Low8, Form::Value, at, depth),
            (Ty::Known(Type::Int) | Ty::Byte, CastTo::Int) => None,
            (Ty::Known(Type::Float), CastTo::Int) => Some((Op::FloatToIntSat, Type::Int)),
            (Ty::Known(Type::Bool), CastTo::Int) => Some((Op::BoolToInt, Type::Int)),
            (Ty::Known(Type::Int) | Ty::Byte, CastTo::Float) => Some((Op::IntToFloat, Type::Float)),
            (Ty::Known(Type::Float), CastTo::Float) => None,
            (Ty::Byte, CastTo::U8) => return self.push(Ty::Byte, Form::Value, at, val.depth),
            (Ty::Known(Type::Int) | Ty::Low8, CastTo::U8) => {
                return self.push(Ty::Low8, Form::Value, at, val.depth);
            }
            _ => {
                let diag = self.bad_cast(val, to, at);
                self.report(diag);
                return self.push(Ty::Unknown, Form::Value, at, depth);
            }
        };
        match op {
            Some((op, ty)) => {
                self.emit(op, 0, 0, 1, span);
                self.push(Ty::Known(ty), Form::Value, at, depth);
            }
            None => {
                let ty = if to == CastTo::Int { Type::Int } else { Type::Float };
                self.push(Ty::Known(ty), Form::Value, at, val.depth);
            }
        }
    }

    #[cold]
    fn bad_cast(&self, val: Val, to: CastTo, at: u32) -> Diag {
        let span = self.span(at);
        let target = match to {
            CastTo::Int => "i64",
            CastTo::Float => "f64",
            CastTo::U8 => "u8",
        };
        let inner = self.before_as(val.expr);
        let (message, fix) = match (val.ty, to) {
            (Ty::Low8, _) => {
                let value = self.tight(val.expr.saturating_sub(1));
                let cast = if to == CastTo::Float { " as f64" } else { "" };
                (
                    "`u8` exists only as an element to be stored: cut an int to a byte with `&`.".to_owned(),
                    Some(format!("({value} & 255){cast}")),
                )
            }
            (Ty::Known(Type::Bool), CastTo::Float | CastTo::U8) => (
                format!("A bool becomes {target} by way of i64."),
                Some(format!("{inner} as i64 as {target}")),
            ),
            (Ty::Known(Type::Float), CastTo::U8) => {
                ("A float becomes a byte by way of i64.".to_owned(), Some(format!("{inner} as i64 as u8")))
            }
            _ => (format!("There is no cast of {} to {target}.", val.ty), None),
        };
        let diag = Diag::new(ErrorCode::TypeMismatch, span, message)
            .expected("a scalar that `as` takes")
            .found(val.ty);
        match fix {
            Some(fix) => diag.fix(format!("write `{}`", clip(&fix)), span, fix),
            None => diag,
        }
    }

    fn index(&mut self, at: u32) {
        let index = self.pop();
        let base = self.pop();
        let depth = 1 + base.depth.max(index.depth);
        self.check_type(index, Type::Int, "an index is");
        let ty = match base.ty {
            Ty::Known(Type::Buf { elem: Elem::U8, .. }) => Ty::Byte,
            Ty::Known(Type::Buf { elem, .. }) => Ty::Known(elem.scalar()),
            Ty::Known(Type::Vec { .. }) => Ty::Known(Type::Float),
            Ty::Unknown => Ty::Unknown,
            other => {
                let span = self.span(base.expr);
                let mut diag =
                    Diag::new(ErrorCode::TypeMismatch, span, format!("{other} has no elements to index."))
                        .expected("a Buf or Vec32")
                        .found(other);
                if matches!(other, Ty::Known(Type::Mat { .. })) {
                    let whole = self.span(at);
                    let amp = if matches!(base.form, Form::Param(_)) { "" } else { "&" };
                    let fix =
                        format!("row({amp}{}, {})", self.source_of(base.expr), self.source_of(index.expr));
                    diag = diag.fix("take a row of the matrix", whole, fix);
                }
                self.report(diag);
                Ty::Unknown
            }
        };
        let span = self.span(at);
        self.emit(Op::Index, 0, 0, 2, span);
        self.push(ty, Form::Value, at, depth);
    }

    fn new_buf(&mut self, elem: Elem, cap: u32, at: u32) {
        let span = self.span(at);
        match self.cx.builder.constant(None, Constant::Buf { elem, cap, data: Bytes::new() }) {
            Ok(object) => self.emit(Op::BufConst, 0, object.index, 0, span),
            Err(e) => self.report(Diag::new(e.code, span, e.message)),
        }
        self.push(Ty::Known(Type::Buf { elem, cap }), Form::Value, at, 1);
    }
}
