//! Types of operands and results: the rule of every operation that has a fixed number of operands.

use crate::{Arg, Elem, ErrorCode, MAX_ELEMENTS, Op, Res, Type};

/// An operand that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Which operand, from 0; `None` where they do not fit together.
    pub operand: Option<usize>,
    /// The code that the validator gives for it.
    pub code: ErrorCode,
    /// What would fit, in words or as a type.
    pub expected: String,
    /// The type that is there.
    pub found: String,
}

impl Mismatch {
    #[cold]
    fn new(operand: Option<usize>, expected: impl ToString, found: impl ToString) -> Mismatch {
        let (expected, found) = (expected.to_string(), found.to_string());
        Mismatch { operand, code: ErrorCode::TypeMismatch, expected, found }
    }
}

/// The type of `op` on operands of types `args`, or `None` for a statement. `count` and `elem` are the node's
/// immediates. Not for `Load`, constants and calls, whose types come from elsewhere; `Return` takes no operands here.
///
/// # Errors
/// Where the operands do not fit, or are not as many as the operation takes.
///
/// ```
/// use nda_ast::{Elem, Op, Type, type_rule};
/// let vec = Type::Vec { n: 4 };
/// assert_eq!(type_rule(Op::Dot, &[vec, vec], 0, Elem::U8), Ok(Some(Type::Float)));
/// assert_eq!(type_rule(Op::Slice, &[vec, Type::Int], 2, Elem::U8), Ok(Some(Type::Vec { n: 2 })));
/// assert!(type_rule(Op::Slice, &[vec, Type::Int], 5, Elem::U8).is_err());
/// ```
#[inline]
pub fn type_rule(op: Op, args: &[Type], count: u32, elem: Elem) -> Result<Option<Type>, Mismatch> {
    let info = op.info();
    if args.len() != info.args.len() {
        return Err(Mismatch::new(None, format!("{} operands", info.args.len()), args.len()));
    }
    for (i, arg) in info.args.iter().enumerate() {
        if !fits(*arg, args, i) {
            return Err(bad_arg(*arg, args, i));
        }
    }
    match info.res {
        Res::None => Ok(None),
        Res::Int => Ok(Some(Type::Int)),
        Res::Float => Ok(Some(Type::Float)),
        Res::Bool => Ok(Some(Type::Bool)),
        Res::First => Ok(Some(args[0])),
        Res::Rule => shape(op, args, count, elem).map(Some),
    }
}

#[inline]
fn fits(arg: Arg, args: &[Type], i: usize) -> bool {
    let ty = args[i];
    match arg {
        Arg::Int => ty == Type::Int,
        Arg::Float => ty == Type::Float,
        Arg::Bool => ty == Type::Bool,
        Arg::Vec => matches!(ty, Type::Vec { .. }),
        Arg::SameVec => ty == args[0],
        Arg::Buf => matches!(ty, Type::Buf { .. }),
        Arg::BufFloat => matches!(ty, Type::Buf { elem: Elem::Float, .. }),
        Arg::Seq => ty.is_aggregate(),
        Arg::Mat => ty.is_mat(),
        Arg::Value => !ty.is_mat(),
        Arg::Same => ty == args[i - 1],
    }
}

#[cold]
fn bad_arg(arg: Arg, args: &[Type], i: usize) -> Mismatch {
    let expected = match arg {
        Arg::Int => "i64".to_owned(),
        Arg::Float => "f64".to_owned(),
        Arg::Bool => "bool".to_owned(),
        Arg::Vec => "a Vec32".to_owned(),
        Arg::SameVec => args[0].to_string(),
        Arg::Buf => "a Buf".to_owned(),
        Arg::BufFloat => "a Buf<f64, _>".to_owned(),
        Arg::Seq => "a Buf or Vec32".to_owned(),
        Arg::Mat => "a Mat".to_owned(),
        Arg::Value => "anything but a Mat".to_owned(),
        Arg::Same => args[i - 1].to_string(),
    };
    let mut out = Mismatch::new(Some(i), expected, args[i]);
    if arg == Arg::Value {
        out.code = ErrorCode::MatPosition;
    }
    out
}

/// Result types that depend on shapes.
fn shape(op: Op, args: &[Type], count: u32, elem: Elem) -> Result<Type, Mismatch> {
    match (op, args[0]) {
        (Op::Select, _) => Ok(args[1]),
        (Op::Gemv, Type::Mat { rows, cols }) => {
            same(1, args[1], Type::Vec { n: cols.into() }).map(|_| Type::Vec { n: rows.into() })
        }
        (Op::Norm, Type::Mat { rows: 1, cols }) => same(1, args[1], Type::Vec { n: cols.into() }),
        (Op::Norm, gain) => Err(Mismatch::new(Some(0), "a gain of one row", gain)),
        (Op::Row, Type::Mat { cols, .. }) => Ok(Type::Vec { n: cols.into() }),
        (Op::Index, Type::Buf { elem, .. }) => Ok(elem.scalar()),
        (Op::Index, _) => Ok(Type::Float),
        (Op::Slice, Type::Vec { n }) if count <= n => Ok(Type::Vec { n: count }),
        (Op::Slice, found) => Err(Mismatch::new(Some(0), format!("at least {count} elements"), found)),
        (Op::Concat, Type::Vec { n }) => match args[1] {
            Type::Vec { n: m } if n + m <= MAX_ELEMENTS => Ok(Type::Vec { n: n + m }),
            other => Err(Mismatch::new(Some(1), "at most 2^20 elements together", other)),
        },
        (Op::Splat | Op::ToVec, _) => Ok(Type::Vec { n: count }),
        (Op::ToBuf, Type::Vec { n }) => Ok(Type::Buf { elem: Elem::Float, cap: n }),
        (Op::Fill, found) => same(0, found, elem.scalar()).map(|_| Type::Buf { elem, cap: count }),
        (Op::Recap, Type::Buf { elem, .. }) => Ok(Type::Buf { elem, cap: count }),
        (_, found) => Err(Mismatch::new(None, "an operation with a fixed number of operands", found)),
    }
}

fn same(operand: usize, found: Type, expected: Type) -> Result<Type, Mismatch> {
    if found == expected { Ok(found) } else { Err(Mismatch::new(Some(operand), expected, found)) }
}
