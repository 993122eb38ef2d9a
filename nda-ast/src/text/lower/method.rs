//! Methods: the few of the language, and what to write for Rust's.

use super::function::FnLower;
use super::overloads::Overloads;
use super::value::{Form, Ty, Val};
use crate::text::diag::Diag;
use crate::text::fixes::nearest_word;
use crate::text::parse::clip;
use crate::text::syntax::{CallInfo, ExprKind};
use crate::{ErrorCode, Op, Type};

/// Methods of Rust that give an iterator.
const ITERATORS: [&str; 20] = [
    "iter",
    "iter_mut",
    "into_iter",
    "map",
    "filter",
    "enumerate",
    "rev",
    "zip",
    "chars",
    "bytes",
    "skip",
    "take",
    "copied",
    "cloned",
    "windows",
    "chunks",
    "step_by",
    "chain",
    "take_while",
    "skip_while",
];

impl FnLower<'_, '_, '_> {
    pub fn method(&mut self, call: u32, at: u32) {
        let info = &self.ast().calls[call as usize];
        let name = self.ast().name(info.name);
        let first = self.vals.len().saturating_sub(info.args as usize);
        let args = self.vals.split_off(first);
        let receiver = self.pop();
        let depth = 1 + args.iter().map(|v| v.depth).max().unwrap_or(0).max(receiver.depth);
        match (name, args.len()) {
            ("len", 0) => {
                match receiver.ty {
                    Ty::Known(ty) if ty.is_aggregate() => {
                        let span = self.span(at);
                        self.emit(Op::Len, 0, 0, 1, span);
                    }
                    Ty::Unknown => {}
                    other => {
                        let span = self.span(receiver.expr);
                        let diag =
                            Diag::new(ErrorCode::TypeMismatch, span, format!("{other} has no length."));
                        self.report(diag.expected("a Buf or Vec32").found(other));
                    }
                }
                self.push(Ty::Known(Type::Int), Form::Value, at, depth);
            }
            ("clone", 0) => {
                if receiver.ty.known().is_some_and(Type::is_mat) {
                    self.check_value(receiver);
                }
                self.push(receiver.ty, Form::Value, at, receiver.depth);
            }
            _ => {
                let ty = self.rust_method(name, info, receiver, &args, at);
                self.push(ty, Form::Value, at, depth);
            }
        }
    }

    /// A method that the language spells otherwise; gives its type where that is sure.
    #[cold]
    fn rust_method(&mut self, name: &str, info: &CallInfo, receiver: Val, args: &[Val], at: u32) -> Ty {
        if self.of_iterator(receiver) {
            return Ty::Unknown;
        }
        let span = self.span(at);
        if matches!(name, "push" | "truncate") {
            let message = format!("`.{name}(..)` is a statement and changes a slot by its name.");
            self.report(Diag::new(ErrorCode::Unsupported, span, message).expected("`name.push(x);`"));
            return Ty::Unknown;
        }
        let fix = self.instead(name, receiver, args);
        let message = match (&fix, name) {
            (Some(_), "round") => {
                "There are no methods of numbers; `nearest` rounds ties to even, where Rust's `round` goes away from zero.".to_owned()
            }
            (Some(fix), _) => format!("`.{}(..)` is written `{}`.", clip(name), clip(fix)),
            (None, "pow") => "There is no power of integers: multiply in a loop, or use `pow` on floats.".to_owned(),
            (None, name) if ITERATORS.contains(&name) => {
                "There are no iterators: write `for i in 0..b.len() { .. b[i] .. }`.".to_owned()
            }
            (None, "unwrap" | "expect" | "unwrap_or" | "is_some" | "is_none") => {
                "There are no optional values: test before, or use `fail(code)`.".to_owned()
            }
            (None, "pop") => "Read the last element and then `b.truncate(b.len() - 1);`.".to_owned(),
            (None, "insert" | "remove" | "extend" | "swap" | "sort" | "reverse" | "contains") => {
                format!("There is no `.{name}(..)`: write the loop.")
            }
            _ => format!("There is no method `{}`; there are `len`, `clone`, `push` and `truncate`.", clip(name)),
        };
        let code = if fix.is_some() || super::super::words::is_identifier(name) {
            ErrorCode::Unsupported
        } else {
            ErrorCode::UnknownName
        };
        let mut diag = Diag::new(code, span, message).found(format!(".{}", clip(name)));
        if let Some(fix) = fix {
            diag = diag.fix(format!("write `{}`", clip(&fix)), span, fix);
        } else if let Some(near) = nearest_word(name, &["len", "clone", "push", "truncate"]) {
            diag = diag.fix(format!("write `{near}`"), info.name_span, near);
        }
        self.report(diag);
        Ty::Unknown
    }

    /// Whether the receiver comes from an iterator: that was reported, and a chain of it can only be written anew.
    fn of_iterator(&self, receiver: Val) -> bool {
        let ast = self.ast();
        let mut root = receiver.expr;
        while let (Ty::Unknown, ExprKind::Method(call)) = (receiver.ty, ast.exprs[root as usize].kind) {
            let info = &ast.calls[call as usize];
            if ITERATORS.contains(&ast.name(info.name)) {
                return true;
            }
            let Some(inner) = info.first.checked_sub(1) else { return false };
            root = inner;
        }
        false
    }

    /// Text in the place of a method call.
    fn instead(&self, name: &str, receiver: Val, args: &[Val]) -> Option<String> {
        let aggregate = receiver.ty.known().is_some_and(|ty| !ty.is_scalar());
        let place = matches!(receiver.form, Form::Place(_) | Form::Value) && aggregate;
        let plain = self.source_of(receiver.expr);
        // As an argument it needs no brackets of its own.
        let bracketed = self.ast().exprs[receiver.expr as usize].bracketed;
        let inner = plain.strip_prefix('(').and_then(|t| t.strip_suffix(')')).filter(|_| bracketed && !place);
        let plain = inner.unwrap_or(plain);
        let text = if place { format!("&{}", self.tight(receiver.expr)) } else { plain.to_owned() };
        let tight = self.tight(receiver.expr);
        let arg = |i: usize| args.get(i).map(|v| self.tight(v.expr));
        let call = |function: &str| {
            let rest: String = args.iter().map(|v| format!(", {}", self.source_of(v.expr))).collect();
            Some(format!("{function}({text}{rest})"))
        };
        let infix = |op: &str| Some(format!("({tight} {op} {})", arg(0)?));
        match name {
            "wrapping_add" | "add" => infix("+"),
            "wrapping_sub" | "sub" => infix("-"),
            "wrapping_mul" | "mul" => infix("*"),
            "wrapping_div" => infix("/"),
            "wrapping_rem" => infix("%"),
            "wrapping_shl" => infix("<<"),
            "wrapping_shr" => infix(">>"),
            "wrapping_neg" => Some(format!("(-{tight})")),
            "is_empty" => Some(format!("({tight}.len() == 0)")),
            "is_nan" => Some(format!("({tight} != {tight})")),
            "powf" => call("pow"),
            "powi" => {
                let n = args.first()?;
                let n = match n.ty {
                    Ty::Known(Type::Int) if self.source_of(n.expr).bytes().all(|b| b.is_ascii_digit()) => {
                        format!("{}.0", self.source_of(n.expr))
                    }
                    _ => format!("{} as f64", self.before_as(n.expr)),
                };
                Some(format!("pow({text}, {n})"))
            }
            "pow" if receiver.ty == Ty::Known(Type::Float) => call("pow"),
            "pow" => None,
            "round" | "round_ties_even" => call("nearest"),
            "recip" => Some(format!("(1.0 / {tight})")),
            "clamp" => Some(format!("min(max({text}, {}), {})", arg(0)?, arg(1)?)),
            "leading_zeros" => call("clz"),
            "trailing_zeros" => call("ctz"),
            "count_ones" => call("popcnt"),
            "rotate_left" => call("rotl"),
            "rotate_right" => call("rotr"),
            "wrapping_abs" => call("abs"),
            "to_bits" => call("float_bits"),
            "clear" => Some(format!("{plain}.truncate(0)")),
            "length" | "size" | "count" if args.is_empty() => Some(format!("{tight}.len()")),
            "to_owned" | "copy" if args.is_empty() => Some(format!("{tight}.clone()")),
            "push_back" | "append" if args.len() == 1 => {
                Some(format!("{plain}.push({})", self.source_of(args[0].expr)))
            }
            "get" | "get_unchecked" if args.len() == 1 && aggregate => {
                Some(format!("{tight}[{}]", self.source_of(args[0].expr)))
            }
            "resize" => None,
            _ => {
                let ops = Overloads::get().function(name)?;
                (ops[0].info().args.len() == args.len() + 1).then(|| call(name))?
            }
        }
    }
}
