//! Calls of the prelude: overloads by type, and forms with a size.

use super::function::FnLower;
use super::overloads::{Overloads, kinds_fit, resolve};
use super::value::{Ty, Val};
use crate::text::diag::Diag;
use crate::text::parse::clip;
use crate::text::syntax::{CallInfo, Generic};
use crate::{Arg, Elem, ErrorCode, Op, Res, Type, type_rule};

/// Functions that other languages have, and the prelude under another name.
fn alias(name: &str) -> Option<&'static str> {
    Some(match name {
        "fabs" | "absf" => "abs",
        "log" => "ln",
        "log1p" => "ln_1p",
        "expm1" => "exp_m1",
        "powf" | "powi" => "pow",
        "round" | "rint" | "round_ties_even" => "nearest",
        "fmin" => "min",
        "fmax" => "max",
        "matvec" | "matmul" | "mv" => "gemv",
        "rms_norm" | "rmsnorm" => "norm",
        "println" | "log_value" => "print",
        "panic" | "abort" | "trap" => "fail",
        "swish" => "silu",
        "leading_zeros" => "clz",
        "trailing_zeros" => "ctz",
        "count_ones" | "popcount" => "popcnt",
        "rotate_left" => "rotl",
        "rotate_right" => "rotr",
        _ => return None,
    })
}

impl FnLower<'_, '_, '_> {
    pub(super) fn prelude_call(&mut self, info: &CallInfo, args: &[Val], at: u32) -> Ty {
        let name = self.ast().name(info.name);
        let Some(ops) = Overloads::get().function(name) else {
            self.unknown_function(info, at);
            return Ty::Unknown;
        };
        if matches!(ops, [Op::Norm | Op::Slice | Op::Splat | Op::ToVec | Op::Fill | Op::Recap]) {
            return self.counted_call(ops[0], info, args, at);
        }
        self.no_turbofish(info);
        let wanted = ops[0].info().args.len();
        if args.len() != wanted {
            self.arity(
                info,
                args,
                wanted,
                &|_, i| match ops[0].info().args[i] {
                    Arg::Int => Some("0".to_owned()),
                    Arg::Float => Some("0.0".to_owned()),
                    _ => None,
                },
                at,
            );
            return fixed_result(ops);
        }
        let args: Vec<Val> = args.iter().map(|v| self.prelude_argument(*v)).collect();
        let types: Option<Vec<Type>> = args.iter().map(|v| v.ty.known()).collect();
        let Some(types) = types else { return fixed_result(ops) };
        match resolve(ops, &types, 0, Elem::U8) {
            Some((op, result)) => {
                let span = self.span(at);
                self.emit(op, 0, 0, args.len() as u16, span);
                Ty::of(result)
            }
            None => {
                let diag = self.no_overload(name, ops, &args, &types, at);
                self.report(diag);
                fixed_result(ops)
            }
        }
    }

    pub(super) fn prelude_argument(&mut self, val: Val) -> Val {
        self.check_argument(val);
        if matches!(val.ty, Ty::Byte | Ty::Low8) {
            let diag = self.mismatch(val, Type::Int, "the argument is");
            self.report(diag);
            return Val { ty: Ty::Unknown, ..val };
        }
        val
    }

    #[cold]
    pub(super) fn no_overload(&self, name: &str, ops: &[Op], args: &[Val], types: &[Type], at: u32) -> Diag {
        // The operation that was meant: of the right kinds, or for the first operand that is no int.
        let meant = ops.iter().find(|op| kinds_fit(**op, types)).or_else(|| {
            let first_other = types.iter().position(|ty| *ty != Type::Int).unwrap_or(0);
            let key = |op: &&Op| {
                let mut trial = types.to_vec();
                for ty in &mut trial {
                    if *ty == Type::Int {
                        *ty = Type::Float;
                    }
                }
                kinds_fit(**op, &trial) || (ops.len() == 1 && first_other == 0)
            };
            ops.iter().find(key)
        });
        let meant = meant.or(if ops.len() == 1 { ops.first() } else { None });
        if let Some(op) = meant {
            for (i, (arg, ty)) in op.info().args.iter().zip(types).enumerate() {
                let wanted = match arg {
                    Arg::Float => Type::Float,
                    Arg::Int => Type::Int,
                    Arg::Bool => Type::Bool,
                    Arg::SameVec | Arg::Same => types[0],
                    _ => continue,
                };
                if *ty != wanted {
                    return self.mismatch(args[i], wanted, &format!("`{name}` takes"));
                }
            }
            if let Err(m) = type_rule(*op, types, 0, Elem::U8) {
                let span = m.operand.map_or(self.span(at), |i| self.span(args[i].expr));
                let message = format!("`{name}` takes here {}, found {}.", m.expected, m.found);
                return Diag::new(m.code, span, message).expected(m.expected).found(m.found);
            }
        }
        let found = types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
        let expected: Vec<String> = ops
            .iter()
            .map(|op| op.info().args.iter().map(|a| arg_name(*a)).collect::<Vec<_>>().join(", "))
            .collect();
        let message = format!("There is no `{name}` for ({found}).");
        Diag::new(ErrorCode::TypeMismatch, self.span(at), message)
            .expected(expected.join(" or "))
            .found(found)
    }

    #[cold]
    pub(super) fn unknown_function(&mut self, info: &CallInfo, at: u32) {
        let name = self.ast().name(info.name);
        let span = info.name_span;
        match name {
            "print" | "fail" | "assert" => {
                let message = format!("`{name}` is a statement and gives no value.");
                return self.report(Diag::new(ErrorCode::Unsupported, self.span(at), message));
            }
            "buf" | "vec32" | "mat" | "load" => {
                let message = format!("`{name}` stands only in a constant: `const NAME: T = {name}(..);`.");
                return self.report(Diag::new(ErrorCode::Unsupported, self.span(at), message));
            }
            _ => {}
        }
        let message = format!("There is no function `{}`.", clip(name));
        let mut diag =
            Diag::new(ErrorCode::UnknownName, span, message).expected("a function").found(clip(name));
        let near = alias(name).map(str::to_owned).or_else(|| self.nearest_function(name));
        if let Some(near) = near {
            diag = diag.fix(format!("write `{near}`"), span, near);
        }
        self.report(diag);
    }

    /// `norm`, and functions with a count or type.
    pub(super) fn counted_call(&mut self, op: Op, info: &CallInfo, args: &[Val], at: u32) -> Ty {
        let name = op.info().name;
        let operands = op.info().args.len() + usize::from(op == Op::Norm);
        if args.len() != operands {
            let zero = |_: &Self, i: usize| match (op, i) {
                (Op::Norm, 2) => Some("1e-5".to_owned()),
                (Op::Slice, 1) => Some("0".to_owned()),
                (Op::Splat, 0) => Some("0.0".to_owned()),
                _ => None,
            };
            self.arity(info, args, operands, &zero, at);
            return Ty::Unknown;
        }
        if op == Op::Norm {
            self.no_turbofish(info);
            return self.norm(args, at);
        }
        let generics = info.turbofish.as_ref().map(|(list, _)| list.as_slice());
        let (elem, count) = match (op, generics) {
            (Op::Fill, Some(&[Generic::Elem(elem), Generic::Number(n)])) => (elem, n),
            (Op::Fill, _) => return self.turbofish_missing(name, "T, N", args, info),
            (_, Some(&[Generic::Number(n)])) => (Elem::U8, n),
            _ => return self.turbofish_missing(name, "N", args, info),
        };
        if op == Op::Fill {
            self.check_element(args[0], elem);
            let span = self.span(at);
            self.raw(crate::Node::new(op, elem as u64, count, 1), span);
            return Ty::Known(Type::Buf { elem, cap: count });
        }
        let args: Vec<Val> = args.iter().map(|v| self.prelude_argument(*v)).collect();
        let types: Option<Vec<Type>> = args.iter().map(|v| v.ty.known()).collect();
        let Some(types) = types else {
            return if op == Op::Recap { Ty::Unknown } else { Ty::Known(Type::Vec { n: count }) };
        };
        for (val, arg) in args.iter().zip(op.info().args) {
            let wanted = match arg {
                Arg::Int => Type::Int,
                Arg::Float => Type::Float,
                _ => continue,
            };
            if !self.check_type(*val, wanted, &format!("`{name}` takes")) {
                return Ty::Unknown;
            }
        }
        match type_rule(op, &types, count, elem) {
            Ok(ty) => {
                let span = self.span(at);
                self.emit(op, 0, count, args.len() as u16, span);
                Ty::of(ty)
            }
            Err(m) => {
                let span = m.operand.map_or(self.span(at), |i| self.span(args[i].expr));
                let message = format!("`{name}` takes here {}, found {}.", m.expected, m.found);
                self.report(Diag::new(m.code, span, message).expected(m.expected).found(m.found));
                Ty::Unknown
            }
        }
    }

    #[cold]
    pub(super) fn turbofish_missing(&mut self, name: &str, what: &str, args: &[Val], info: &CallInfo) -> Ty {
        let form = format!("`{name}::<{what}>(..)`");
        let message = format!("The size is written with the function: {form}.");
        let span = info.turbofish.as_ref().map_or(info.name_span, |(_, span)| *span);
        let mut diag = Diag::new(ErrorCode::Syntax, span, message).expected(form);
        if info.turbofish.is_none() {
            let n = self.wanted_count.or_else(|| match args.first().and_then(|v| v.ty.known()) {
                Some(Type::Buf { cap, .. }) => Some(cap),
                Some(Type::Vec { n }) => Some(n),
                _ => None,
            });
            if let Some(n) = n {
                let elem = match args.first().map(|v| v.ty) {
                    Some(Ty::Known(Type::Float)) => "f64",
                    Some(Ty::Byte | Ty::Low8) => "u8",
                    _ => "i64",
                };
                let text = if what == "N" { format!("::<{n}>") } else { format!("::<{elem}, {n}>") };
                diag = diag.fix("add it", span.after(), text);
            }
        }
        self.report(diag);
        Ty::Unknown
    }

    /// `norm(&g, &x, eps)`: eps is an immediate, so its node is taken back.
    pub(super) fn norm(&mut self, args: &[Val], at: u32) -> Ty {
        let eps = args[2];
        let (gain, x) = (self.prelude_argument(args[0]), self.prelude_argument(args[1]));
        let result = x.ty;
        if !self.check_type(eps, Type::Float, "the epsilon is") {
            return result;
        }
        let Some(crate::builder::Item::Node(node)) = self.out.items.last().cloned() else { return result };
        let single = matches!(
            self.ast().exprs[eps.expr as usize].kind,
            crate::text::syntax::ExprKind::Float(_) | crate::text::syntax::ExprKind::Name(_)
        );
        if node.op != Op::Float || !single {
            if !eps.ty.is_unknown() {
                let span = self.span(eps.expr);
                let message = "The epsilon of `norm` is a literal or a constant.";
                self.report(Diag::new(ErrorCode::Literal, span, message).expected("a literal such as 1e-5"));
            }
            return result;
        }
        self.out.items.pop();
        self.out.spans.pop();
        let (Some(g), Some(v)) = (gain.ty.known(), x.ty.known()) else { return result };
        let span = self.span(at);
        match type_rule(Op::Norm, &[g, v], 0, Elem::U8) {
            Ok(ty) => {
                self.emit(Op::Norm, node.imm, 0, 2, span);
                Ty::of(ty)
            }
            Err(m) => {
                let span = m.operand.map_or(span, |i| self.span(args[i].expr));
                let message = format!("`norm` takes here {}, found {}.", m.expected, m.found);
                self.report(Diag::new(m.code, span, message).expected(m.expected).found(m.found));
                result
            }
        }
    }
}

/// The result, where all operations of a spelling give the same.
fn fixed_result(ops: &[Op]) -> Ty {
    let of = |op: &Op| match op.info().res {
        Res::Int => Ty::Known(Type::Int),
        Res::Float => Ty::Known(Type::Float),
        Res::Bool => Ty::Known(Type::Bool),
        _ => Ty::Unknown,
    };
    let first = of(&ops[0]);
    if ops.iter().all(|op| of(op) == first) { first } else { Ty::Unknown }
}

fn arg_name(arg: Arg) -> &'static str {
    match arg {
        Arg::Int => "i64",
        Arg::Float => "f64",
        Arg::Bool => "bool",
        Arg::Vec => "&Vec32",
        Arg::SameVec => "&Vec32 of the same length",
        Arg::Buf => "&Buf",
        Arg::BufFloat => "&Buf<f64, N>",
        Arg::Seq => "&Buf or &Vec32",
        Arg::Mat => "&Mat",
        Arg::Value | Arg::Same => "any value",
    }
}
