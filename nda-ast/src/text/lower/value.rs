//! Operands on their way, and whether they stand as values or as references.

use super::function::{Access, FnLower};
use crate::text::diag::Diag;
use crate::text::lex::Span;
use crate::text::syntax::ExprKind;
use crate::{ErrorCode, SlotId, Type};
use std::fmt;

/// The type of an operand, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    /// After an error: fits everywhere.
    Unknown,
    Known(Type),
    /// A byte; an int from 0 to 255 in the program.
    Byte,
    /// `x as u8`: an int of which the low 8 bits count, fit only to be stored.
    Low8,
}

impl Ty {
    pub fn known(self) -> Option<Type> {
        match self {
            Ty::Known(ty) => Some(ty),
            _ => None,
        }
    }

    pub fn is_unknown(self) -> bool {
        self == Ty::Unknown
    }

    pub fn of(ty: Option<Type>) -> Ty {
        ty.map_or(Ty::Unknown, Ty::Known)
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Unknown => f.write_str("an unknown type"),
            Ty::Known(ty) => ty.fmt(f),
            Ty::Byte | Ty::Low8 => f.write_str("u8"),
        }
    }
}

/// A decimal integer literal as a float.
pub(super) fn float_of(literal: &str) -> Option<String> {
    (!literal.contains(['x', 'o', 'b', '('])).then(|| format!("{literal}.0"))
}

/// How an operand was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A computed value, or a scalar.
    Value,
    /// The name of a slot or constant that holds an aggregate.
    Place(Option<SlotId>),
    /// The name of a parameter that is a reference.
    Param(SlotId),
    /// `&` before any of these.
    Shared,
    /// `&mut` before a name.
    Mutable(Option<SlotId>),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Val {
    pub ty: Ty,
    pub form: Form,
    /// Root in the syntax.
    pub expr: u32,
    pub depth: u32,
}

impl<'s> FnLower<'_, '_, 's> {
    pub fn span(&self, expr: u32) -> Span {
        self.cx.ast.exprs[expr as usize].span
    }

    pub fn source_of(&self, expr: u32) -> &'s str {
        self.cx.text(self.span(expr))
    }

    /// The text of an operand, in brackets unless it binds tightly.
    pub fn tight(&self, expr: u32) -> String {
        let e = &self.cx.ast.exprs[expr as usize];
        let text = self.cx.text(e.span);
        let loose = matches!(
            e.kind,
            ExprKind::Bin(_) | ExprKind::And | ExprKind::Or | ExprKind::If | ExprKind::Cast(_)
        ) && !e.bracketed;
        if loose { format!("({text})") } else { text.to_owned() }
    }

    /// As [`FnLower::tight`], to be followed by `as`.
    pub fn before_as(&self, expr: u32) -> String {
        match self.cx.ast.exprs[expr as usize].kind {
            ExprKind::Cast(_) => self.source_of(expr).to_owned(),
            _ => self.tight(expr),
        }
    }

    fn is_aggregate(val: &Val) -> bool {
        val.ty.known().is_some_and(|ty| !ty.is_scalar())
    }

    /// An operand of an operator: a computed value or a reference.
    pub fn check_operand(&mut self, val: Val) {
        if Self::is_aggregate(&val) && matches!(val.form, Form::Place(_) | Form::Mutable(_)) {
            self.want_shared(val);
        }
    }

    /// An argument: aggregates by reference.
    pub fn check_argument(&mut self, val: Val) {
        if Self::is_aggregate(&val) && !matches!(val.form, Form::Shared | Form::Param(_)) {
            self.want_shared(val);
        }
    }

    #[cold]
    fn want_shared(&mut self, val: Val) {
        let span = self.span(val.expr);
        let diag = Diag::new(
            ErrorCode::TypeMismatch,
            span,
            format!("`{}` is passed by reference.", super::super::parse::clip(self.source_of(val.expr))),
        )
        .expected(format!("&{}", val.ty));
        let diag = match val.form {
            Form::Mutable(_) => {
                let text = self.source_of(val.expr).replacen("&mut ", "&", 1);
                diag.found(format!("&mut {}", val.ty)).fix("write `&`", span, text)
            }
            _ => {
                let text = format!("&{}", self.tight(val.expr));
                diag.found(val.ty).fix("write `&`", span, text)
            }
        };
        self.report(diag);
    }

    /// A whole value, to be stored: an aggregate is computed or copied by `.clone()`.
    pub fn check_value(&mut self, val: Val) {
        if !Self::is_aggregate(&val) || val.form == Form::Value {
            return;
        }
        let span = self.span(val.expr);
        let text = self.source_of(val.expr);
        let plain = text.trim_start_matches('&').trim_start().trim_start_matches("mut ").trim_start();
        if val.ty.known().is_some_and(Type::is_mat) {
            let diag = Diag::new(
                ErrorCode::MatPosition,
                span,
                "A matrix is not stored or returned: use the constant or parameter.",
            )
            .expected("a type other than `Mat`")
            .found(val.ty);
            return self.report(diag);
        }
        let fix = format!("{plain}.clone()");
        let message = match val.form {
            Form::Shared | Form::Mutable(_) => {
                "References are not stored or returned: copy the value with `.clone()`."
            }
            _ => "A whole buffer or vector is copied with `.clone()`.",
        };
        // `&f(x)` is a computed value already.
        let computed = val.form == Form::Shared && plain.ends_with([')', ']']);
        let fix = if computed { plain.to_owned() } else { fix };
        let found = match val.form {
            Form::Mutable(_) => format!("&mut {}", val.ty),
            Form::Shared => format!("&{}", val.ty),
            Form::Param(slot) if self.slots[slot as usize].access == Access::Inout => {
                format!("&mut {}", val.ty)
            }
            Form::Param(_) => format!("&{}", val.ty),
            Form::Place(_) | Form::Value => format!("{} in its slot", val.ty),
        };
        let diag = Diag::new(ErrorCode::TypeMismatch, span, message)
            .expected(format!("a {} that is computed or copied", val.ty))
            .found(found);
        let diag = diag.fix(format!("write `{}`", super::super::parse::clip(&fix)), span, fix);
        self.report(diag);
    }

    /// Reports unless the operand has this type; the fix is a cast where there is one.
    pub fn check_type(&mut self, val: Val, expected: Type, why: &str) -> bool {
        if val.ty.is_unknown() || val.ty == Ty::Known(expected) {
            return true;
        }
        let diag = self.mismatch(val, expected, why);
        self.report(diag);
        false
    }

    /// "Is this, and that is needed", with a fix where one is known.
    #[cold]
    pub fn mismatch(&self, val: Val, expected: Type, why: &str) -> Diag {
        let span = self.span(val.expr);
        let scalars = expected.is_scalar() && (val.ty.known().is_none_or(Type::is_scalar));
        let castable = scalars && !matches!((val.ty, expected), (_, Type::Bool));
        let code = if castable { ErrorCode::MissingCast } else { ErrorCode::TypeMismatch };
        let text = super::super::parse::clip(self.source_of(val.expr));
        let diag = Diag::new(code, span, format!("`{text}` is {}, and {why} {expected}.", val.ty))
            .expected(expected)
            .found(val.ty);
        match self.conversion(val, expected) {
            Some(fix) => diag.fix(format!("write `{}`", super::super::parse::clip(&fix)), span, fix),
            None => diag,
        }
    }

    /// Text that has the value as `expected`.
    fn conversion(&self, val: Val, expected: Type) -> Option<String> {
        let e = &self.cx.ast.exprs[val.expr as usize];
        let text = self.source_of(val.expr);
        Some(match (val.ty, expected) {
            (Ty::Known(Type::Int), Type::Float) => match e.kind {
                ExprKind::Int(_) if float_of(text).is_some() => float_of(text)?,
                _ => format!("{} as f64", self.before_as(val.expr)),
            },
            (Ty::Known(Type::Float | Type::Bool) | Ty::Byte, Type::Int) => {
                format!("{} as i64", self.before_as(val.expr))
            }
            (Ty::Byte, Type::Float) => format!("{} as f64", self.before_as(val.expr)),
            (Ty::Known(Type::Bool), Type::Float) => format!("{} as i64 as f64", self.before_as(val.expr)),
            (Ty::Low8, Type::Int) => {
                let inner = val.expr.checked_sub(1)?;
                format!("({} & 255)", self.tight(inner))
            }
            (Ty::Known(Type::Int), Type::Bool) => format!("{} != 0", self.tight(val.expr)),
            (Ty::Known(Type::Buf { elem: a, .. }), Type::Buf { elem: b, cap }) if a == b => {
                let reference = matches!(val.form, Form::Shared | Form::Param(_));
                let plain = text.strip_suffix(".clone()").unwrap_or(text);
                let inner = if reference { plain.to_owned() } else { format!("&{}", plain) };
                let amp = if reference { "&" } else { "" };
                format!("{amp}recap::<{cap}>({inner})")
            }
            _ => return None,
        })
    }

    /// The type of an element to store: bytes are written `x as u8`.
    pub fn check_element(&mut self, val: Val, elem: crate::Elem) {
        if elem != crate::Elem::U8 {
            self.check_type(val, elem.scalar(), "the elements are");
            return;
        }
        let span = self.span(val.expr);
        let fix = match val.ty {
            Ty::Unknown | Ty::Byte | Ty::Low8 => return,
            Ty::Known(Type::Int) => Some(format!("{} as u8", self.before_as(val.expr))),
            Ty::Known(Type::Float | Type::Bool) => Some(format!("{} as i64 as u8", self.before_as(val.expr))),
            Ty::Known(_) => None,
        };
        let message = "The elements are bytes: write `x as u8`, which keeps the low 8 bits.";
        let mut diag = Diag::new(ErrorCode::MissingCast, span, message).expected("u8").found(val.ty);
        if let Some(fix) = fix {
            diag = diag.fix(format!("write `{}`", super::super::parse::clip(&fix)), span, fix);
        }
        self.report(diag);
    }
}
