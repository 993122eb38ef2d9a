//! Expressions under construction: a flat list of nodes in post-order, with its type.

use super::function::SlotRef;
use super::program::{BuildError, FunctionRef, ObjectRef};
use crate::{Elem, Mismatch, Node, Op, Type, type_rule};
use std::ops;

/// An expression. Operators pick the operation by the type of the left operand; what has no operator is made by
/// [`Expr::op`], which reaches every operation. A type error is kept and reported by
/// [`ProgramBuilder::add`](crate::ProgramBuilder::add).
#[derive(Clone, Debug)]
pub struct Expr {
    pub(crate) nodes: Vec<Node>,
    pub(crate) ty: Type,
    pub(crate) error: Option<BuildError>,
}

fn leaf(op: Op, imm: u64, a: u32, ty: Type) -> Expr {
    Expr { nodes: vec![Node::new(op, imm, a, 0)], ty, error: None }
}

impl Expr {
    /// An `int` constant.
    #[must_use]
    pub fn int(value: i64) -> Expr {
        leaf(Op::Int, value as u64, 0, Type::Int)
    }

    /// A `float` constant, bit for bit.
    #[must_use]
    pub fn float(value: f64) -> Expr {
        leaf(Op::Float, value.to_bits(), 0, Type::Float)
    }

    /// A `bool` constant.
    #[must_use]
    pub fn bool(value: bool) -> Expr {
        leaf(Op::Bool, value.into(), 0, Type::Bool)
    }

    /// The value of a slot.
    #[must_use]
    pub fn load(slot: SlotRef) -> Expr {
        leaf(Op::Load, 0, slot.slot, slot.ty)
    }

    /// A constant object.
    #[must_use]
    pub fn constant(object: &ObjectRef) -> Expr {
        let op = match object.ty {
            Type::Buf { .. } => Op::BufConst,
            Type::Mat { .. } => Op::Matrix,
            _ => Op::VecConst,
        };
        leaf(op, 0, object.index, object.ty)
    }

    /// An operation without immediates on its operands.
    #[must_use]
    pub fn op<const N: usize>(op: Op, args: [Expr; N]) -> Expr {
        Expr::with(op, args.into(), 0, 0, Elem::U8)
    }

    /// `Slice`, `Splat`, `ToVec`, `Recap`: an operation with a static count.
    #[must_use]
    pub fn counted<const N: usize>(op: Op, count: u32, args: [Expr; N]) -> Expr {
        Expr::with(op, args.into(), 0, count, Elem::U8)
    }

    /// `Fill`: a buffer of `cap` times `value`.
    #[must_use]
    pub fn fill(elem: Elem, cap: u32, value: Expr) -> Expr {
        Expr::with(Op::Fill, vec![value], 0, cap, elem)
    }

    /// `Norm`: RMS norm of `x` with a gain of one row.
    #[must_use]
    pub fn norm(gain: Expr, x: Expr, eps: f64) -> Expr {
        Expr::with(Op::Norm, vec![gain, x], eps.to_bits(), 0, Elem::U8)
    }

    /// `Call`: a callee with one result, no `inout` and no host call below it.
    #[must_use]
    pub fn call(callee: &FunctionRef, args: impl IntoIterator<Item = Expr>) -> Expr {
        let args: Vec<Expr> = args.into_iter().collect();
        let n = args.len() as u16;
        let ty = callee.results.first().copied();
        let mut out = join(args);
        out.nodes.push(Node::new(Op::Call, 0, callee.index, n));
        match ty {
            Some(ty) => out.ty = ty,
            None => out.fail(BuildError::new(crate::ErrorCode::CallNeedsStmt, "a callee without results")),
        }
        out
    }

    /// `Select`, lazy.
    #[must_use]
    pub fn select(cond: Expr, yes: Expr, no: Expr) -> Expr {
        Expr::op(Op::Select, [cond, yes, no])
    }

    /// The type, as far as it is right.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.ty
    }

    fn with(op: Op, args: Vec<Expr>, imm: u64, count: u32, elem: Elem) -> Expr {
        let types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
        let n = args.len() as u16;
        let mut out = join(args);
        let imm = if op == Op::Fill { elem as u64 } else { imm };
        out.nodes.push(Node::new(op, imm, count, n));
        match type_rule(op, &types, count, elem) {
            Ok(Some(ty)) => out.ty = ty,
            Ok(None) => {
                out.fail(BuildError::new(crate::ErrorCode::TypeMismatch, "a statement is no expression"))
            }
            Err(mismatch) => out.fail(BuildError::mismatch(op, &mismatch)),
        }
        out
    }

    pub(crate) fn fail(&mut self, error: BuildError) {
        self.error.get_or_insert(error);
    }

    /// The operation of a family that fits the type of `self`: for int, float, vec with vec, vec with float, bool.
    fn pick(self, family: [Option<Op>; 5], rhs: Expr, name: &str) -> Expr {
        let op = match (self.ty, rhs.ty) {
            (Type::Int, _) => family[0],
            (Type::Float, _) => family[1],
            (Type::Vec { .. }, Type::Vec { .. }) => family[2],
            (Type::Vec { .. }, _) => family[3],
            (Type::Bool, _) => family[4],
            _ => None,
        };
        match op {
            Some(op) => Expr::op(op, [self, rhs]),
            None => {
                let message = format!("no `{name}` for {}", self.ty);
                let mut out = join(vec![self, rhs]);
                out.fail(BuildError::new(crate::ErrorCode::TypeMismatch, message));
                out
            }
        }
    }
}

/// Concatenates, reusing the first list.
fn join(args: Vec<Expr>) -> Expr {
    let mut args = args.into_iter();
    let Some(mut out) = args.next() else { return Expr { nodes: Vec::new(), ty: Type::Int, error: None } };
    for arg in args {
        out.nodes.extend(arg.nodes);
        out.error = out.error.or(arg.error);
    }
    out
}

impl BuildError {
    fn mismatch(op: Op, m: &Mismatch) -> BuildError {
        BuildError::new(m.code, format!("{}: expected {}, found {}", op.info().name, m.expected, m.found))
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $text:literal $int:ident $float:ident $vec:ident $vf:ident $bool:ident;)+) => {$(
        impl ops::$trait for Expr {
            type Output = Expr;
            fn $method(self, rhs: Expr) -> Expr {
                let family = [operators!(@ $int), operators!(@ $float), operators!(@ $vec), operators!(@ $vf), operators!(@ $bool)];
                self.pick(family, rhs, $text)
            }
        }
    )+};
    (@ No) => { None };
    (@ $op:ident) => { Some(Op::$op) };
}

operators! {
    Add add "+" AddInt AddFloat AddVec AddVecFloat No;
    Sub sub "-" SubInt SubFloat SubVec SubVecFloat No;
    Mul mul "*" MulInt MulFloat MulVec MulVecFloat No;
    Div div "/" DivS DivFloat DivVec DivVecFloat No;
    Rem rem "%" RemS No No No No;
    BitAnd bitand "&" AndInt No No No AndBool;
    BitOr bitor "|" OrInt No No No OrBool;
    BitXor bitxor "^" XorInt No No No XorBool;
    Shl shl "<<" Shl No No No No;
    Shr shr ">>" ShrS No No No No;
}

impl ops::Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        let op = match self.ty {
            Type::Float => Op::NegFloat,
            Type::Vec { .. } => Op::NegVec,
            _ => Op::NegInt,
        };
        Expr::op(op, [self])
    }
}

impl ops::Not for Expr {
    type Output = Expr;
    fn not(self) -> Expr {
        let op = if self.ty == Type::Bool { Op::NotBool } else { Op::NotInt };
        Expr::op(op, [self])
    }
}

macro_rules! compares {
    ($($(#[$doc:meta])* $method:ident $text:literal $int:ident $float:ident $bool:ident;)+) => {
        impl Expr {$(
            $(#[$doc])*
            #[must_use]
            pub fn $method(self, rhs: Expr) -> Expr {
                let family = [operators!(@ $int), operators!(@ $float), None, None, operators!(@ $bool)];
                self.pick(family, rhs, $text)
            }
        )+}
    };
}

compares! {
    /// `==`
    equals "==" EqInt EqFloat EqBool;
    /// `!=`
    differs "!=" NeInt NeFloat NeBool;
    /// `<`, signed on int.
    less "<" LtS LtFloat No;
    /// `<=`, signed on int.
    at_most "<=" LeS LeFloat No;
    /// `>`, signed on int.
    greater ">" GtS GtFloat No;
    /// `>=`, signed on int.
    at_least ">=" GeS GeFloat No;
}

impl From<i64> for Expr {
    fn from(value: i64) -> Expr {
        Expr::int(value)
    }
}

impl From<f64> for Expr {
    fn from(value: f64) -> Expr {
        Expr::float(value)
    }
}

impl From<bool> for Expr {
    fn from(value: bool) -> Expr {
        Expr::bool(value)
    }
}

impl From<SlotRef> for Expr {
    fn from(slot: SlotRef) -> Expr {
        Expr::load(slot)
    }
}
