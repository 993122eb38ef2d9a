//! Operations by their spelling: a view of the one list.

use crate::text::syntax::BinOp;
use crate::{Arg, Elem, Op, Spelling, Type, type_rule};
use std::collections::HashMap;
use std::sync::LazyLock;

pub(super) struct Overloads {
    infix: [Vec<Op>; BinOp::ALL.len()],
    pub neg: Vec<Op>,
    pub not: Vec<Op>,
    functions: HashMap<&'static str, Vec<Op>>,
}

static OVERLOADS: LazyLock<Overloads> = LazyLock::new(|| {
    let with =
        |text: Spelling| Op::ALL.iter().copied().filter(|op| op.info().text == text).collect::<Vec<Op>>();
    let mut functions: HashMap<&'static str, Vec<Op>> = HashMap::new();
    for op in Op::ALL {
        if let Spelling::Function(name) = op.info().text {
            functions.entry(name).or_default().push(*op);
        }
    }
    for (name, op) in [
        ("norm", Op::Norm),
        ("slice", Op::Slice),
        ("splat", Op::Splat),
        ("to_vec", Op::ToVec),
        ("fill", Op::Fill),
        ("recap", Op::Recap),
    ] {
        functions.insert(name, vec![op]);
    }
    Overloads {
        infix: BinOp::ALL.map(|op| with(Spelling::Infix(op))),
        neg: with(Spelling::Prefix("-")),
        not: with(Spelling::Prefix("!")),
        functions,
    }
});

impl Overloads {
    pub fn get() -> &'static Overloads {
        &OVERLOADS
    }

    pub fn infix(&self, op: BinOp) -> &[Op] {
        &self.infix[op as usize]
    }

    pub fn function(&self, name: &str) -> Option<&[Op]> {
        self.functions.get(name).map(Vec::as_slice)
    }

    pub fn function_names(&self) -> impl Iterator<Item = &'static str> {
        self.functions.keys().copied()
    }
}

/// Whether a type can be this operand at all; saves trying the rule, whose refusals are worded.
fn may_be(arg: Arg, ty: Type) -> bool {
    match arg {
        Arg::Int => ty == Type::Int,
        Arg::Float => ty == Type::Float,
        Arg::Bool => ty == Type::Bool,
        Arg::Vec | Arg::SameVec => matches!(ty, Type::Vec { .. }),
        Arg::Mat => ty.is_mat(),
        Arg::Buf | Arg::BufFloat => matches!(ty, Type::Buf { .. }),
        Arg::Seq => ty.is_aggregate(),
        Arg::Value | Arg::Same => true,
    }
}

/// Whether all operands are of the kinds that `op` takes.
pub(super) fn kinds_fit(op: Op, args: &[Type]) -> bool {
    let wanted = op.info().args;
    wanted.len() == args.len() && wanted.iter().zip(args).all(|(arg, ty)| may_be(*arg, *ty))
}

/// The operation of `ops` that takes these operands, with its result.
pub(super) fn resolve(ops: &[Op], args: &[Type], count: u32, elem: Elem) -> Option<(Op, Option<Type>)> {
    let mut fitting = ops.iter().copied().filter(|op| kinds_fit(*op, args));
    fitting.find_map(|op| Some((op, type_rule(op, args, count, elem).ok()?)))
}
