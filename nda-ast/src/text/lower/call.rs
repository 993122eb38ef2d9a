//! Calls of functions, imports and the prelude.

use super::function::{Access, FnLower};
use super::overloads::{Overloads, kinds_fit, resolve};
use super::value::{Form, Ty, Val};
use super::{Callable, Global};
use crate::text::diag::Diag;
use crate::text::lex::Span;
use crate::text::parse::clip;
use crate::text::syntax::{CallInfo, Exprs, Generic, NO_SYM, Pat};
use crate::{Arg, Elem, ErrorCode, Op, Param, Res, Type, type_rule};

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
    fn no_turbofish(&mut self, info: &CallInfo) {
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
    fn arity(
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

    // The prelude.

    fn prelude_call(&mut self, info: &CallInfo, args: &[Val], at: u32) -> Ty {
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

    fn prelude_argument(&mut self, val: Val) -> Val {
        self.check_argument(val);
        if matches!(val.ty, Ty::Byte | Ty::Low8) {
            let diag = self.mismatch(val, Type::Int, "the argument is");
            self.report(diag);
            return Val { ty: Ty::Unknown, ..val };
        }
        val
    }

    #[cold]
    fn no_overload(&self, name: &str, ops: &[Op], args: &[Val], types: &[Type], at: u32) -> Diag {
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
    fn unknown_function(&mut self, info: &CallInfo, at: u32) {
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
    fn counted_call(&mut self, op: Op, info: &CallInfo, args: &[Val], at: u32) -> Ty {
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
            self.raw(crate::Node { imm: 0, start: 0, a: count, b: elem as u32, n: 1, op }, span);
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
    fn turbofish_missing(&mut self, name: &str, what: &str, args: &[Val], info: &CallInfo) -> Ty {
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
    fn norm(&mut self, args: &[Val], at: u32) -> Ty {
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

    // Calls as statements.

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
