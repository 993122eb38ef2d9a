//! Expressions of a wanted type, from the one list of operations.

use super::{Gen, Var};
use nda_ast::{Arg, Constant, Elem, Expr, Op, Res, Type};
use std::sync::LazyLock;

/// What a type's candidates share.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Int,
    Float,
    Bool,
    Vec,
    Buf,
}

const CLASSES: [Class; 5] = [Class::Int, Class::Float, Class::Bool, Class::Vec, Class::Buf];

impl Class {
    fn of(ty: Type) -> Class {
        match ty {
            Type::Int => Class::Int,
            Type::Float => Class::Float,
            Type::Bool => Class::Bool,
            Type::Buf { .. } => Class::Buf,
            Type::Vec { .. } | Type::Mat { .. } => Class::Vec,
        }
    }

    /// Whether `op` can give a value of this class. Fails to compile nothing, but the generator's test counts every
    /// operation, so one that no class takes is found.
    fn takes(self, op: Op) -> bool {
        match op.info().res {
            Res::None => false,
            Res::Int => self == Class::Int,
            Res::Float => self == Class::Float,
            Res::Bool => self == Class::Bool,
            Res::First => self == Class::Vec,
            Res::Rule => match op {
                Op::Load | Op::Select | Op::Call => true,
                Op::Index => matches!(self, Class::Int | Class::Float),
                Op::BufConst | Op::ToBuf | Op::Fill | Op::Recap => self == Class::Buf,
                Op::Matrix => false,
                _ => self == Class::Vec,
            },
        }
    }
}

static CANDIDATES: LazyLock<[Vec<Op>; 5]> =
    LazyLock::new(|| CLASSES.map(|class| Op::ALL.iter().copied().filter(|op| class.takes(*op)).collect()));

impl Gen<'_, '_, '_> {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.world.entropy.below(n)
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.world.entropy.chance(percent)
    }

    /// Whether the next check is guarded.
    pub(super) fn guarded(&mut self) -> bool {
        self.below(100) < self.world.guarded
    }

    /// Books a node that costs about `work` more than 1.
    pub(super) fn book(&mut self, work: u64) {
        self.budget -= 1;
        self.work = self.work.saturating_add(self.times.saturating_mul(1 + work));
    }

    /// An expression of type `ty`, at most `depth` operations deep (guards not counted).
    pub(super) fn expr(&mut self, ty: Type, depth: u32) -> Expr {
        self.book(0);
        if depth == 0 || self.budget <= 0 || self.world.entropy.is_exhausted() || self.chance(20) {
            return self.leaf(ty);
        }
        if let Some(call) = self.maybe_call(ty, depth - 1) {
            return call;
        }
        let class = Class::of(ty);
        let at = CLASSES.iter().position(|c| *c == class).unwrap_or_default();
        let op = self.world.entropy.pick(&CANDIDATES[at]);
        self.apply(op, ty, depth - 1)
    }

    /// A visible slot of this type, if there is one that may be read.
    pub(super) fn readable(&mut self, ty: Type) -> Option<Var> {
        let found: Vec<Var> =
            self.vars.iter().copied().filter(|v| v.slot.ty() == ty && self.free(v)).collect();
        (!found.is_empty()).then(|| self.world.entropy.pick(&found))
    }

    /// Whether the call under way leaves the slot free to be read.
    pub(super) fn free(&self, var: &Var) -> bool {
        !self.banned.contains(&var.slot.id())
    }

    fn leaf(&mut self, ty: Type) -> Expr {
        if self.chance(75)
            && let Some(var) = self.readable(ty)
        {
            return var.slot.load();
        }
        self.constant(ty)
    }

    /// A constant of this type.
    pub(super) fn constant(&mut self, ty: Type) -> Expr {
        let entropy = &mut *self.world.entropy;
        let constant = match ty {
            Type::Int => return Expr::int(entropy.int()),
            Type::Float => return Expr::float(entropy.float()),
            Type::Bool => return Expr::bool(entropy.chance(50)),
            Type::Buf { elem, cap } => {
                let len = entropy.length(cap);
                entropy.buf_constant(elem, cap, len)
            }
            Type::Vec { n } => {
                let tame = entropy.chance(60);
                entropy.vec_constant(n, tame)
            }
            Type::Mat { rows, cols } => entropy.mat_constant(rows, cols),
        };
        self.object(constant)
    }

    /// The node for a constant object.
    pub(super) fn object(&mut self, constant: Constant) -> Expr {
        let named = self.chance(30).then_some("k");
        let object = self.world.program.constant(named, constant);
        Expr::constant(&object.expect("the generator makes canonical constants"))
    }

    /// `op` on generated operands, giving a value of type `ty`.
    fn apply(&mut self, op: Op, ty: Type, depth: u32) -> Expr {
        match op {
            Op::Int | Op::Float | Op::Bool | Op::BufConst | Op::VecConst => self.constant(ty),
            Op::Load => self.leaf(ty),
            Op::Select => {
                let cond = self.expr(Type::Bool, depth);
                let yes = self.expr(ty, depth);
                let no = self.expr(ty, depth);
                Expr::select(cond, yes, no)
            }
            Op::Call => self.call_expr(ty, depth),
            Op::Index => self.index(ty, depth),
            Op::Len => {
                let seq = self.world.pool.aggregate(self.world.entropy);
                Expr::op(Op::Len, [self.expr(seq, depth)])
            }
            Op::DivS | Op::DivU | Op::RemS | Op::RemU => {
                let a = self.expr(Type::Int, depth);
                Expr::op(op, [a, self.divisor(depth)])
            }
            Op::FloatToInt | Op::FloatToUint => Expr::op(op, [self.convertible(op, depth)]),
            Op::Fill => {
                let Type::Buf { elem, cap } = ty else { return self.leaf(ty) };
                self.book(u64::from(cap) / 8);
                Expr::fill(elem, cap, self.expr(elem.scalar(), depth))
            }
            Op::Recap => self.recap(ty, depth),
            Op::ToBuf => match ty {
                Type::Buf { elem: Elem::Float, cap } => {
                    Expr::op(Op::ToBuf, [self.expr(Type::Vec { n: cap }, depth)])
                }
                _ => self.leaf(ty),
            },
            Op::Gemv | Op::Norm | Op::Row | Op::Slice | Op::Concat | Op::Splat | Op::ToVec => {
                self.vector(op, ty, depth)
            }
            _ => self.plain(op, ty, depth),
        }
    }

    /// An operation whose operands the list describes in full.
    fn plain(&mut self, op: Op, ty: Type, depth: u32) -> Expr {
        let vec = match ty {
            Type::Vec { n } => Type::Vec { n },
            _ => Type::Vec { n: self.world.entropy.pick(&self.world.pool.vecs) },
        };
        if let Type::Vec { n } = vec {
            let heavy = op.info().args.contains(&Arg::Vec);
            self.book(if heavy { u64::from(n) / 8 } else { 0 });
        }
        let mut args = Vec::new();
        for arg in op.info().args {
            let ty = match arg {
                Arg::Int => Type::Int,
                Arg::Float => Type::Float,
                Arg::Bool => Type::Bool,
                Arg::Vec | Arg::SameVec => vec,
                Arg::Buf => self.world.pool.buf(self.world.entropy),
                Arg::BufFloat => Type::Buf { elem: Elem::Float, cap: 4 },
                Arg::Seq | Arg::Value | Arg::Same | Arg::Mat => self.world.pool.aggregate(self.world.entropy),
            };
            args.push(self.expr(ty, depth));
        }
        let mut args = args.into_iter();
        match (args.next(), args.next()) {
            (Some(a), Some(b)) => Expr::op(op, [a, b]),
            (Some(a), None) => Expr::op(op, [a]),
            _ => self.leaf(ty),
        }
    }

    /// A divisor: mostly not zero.
    fn divisor(&mut self, depth: u32) -> Expr {
        if !self.guarded() {
            return self.expr(Type::Int, depth);
        }
        if self.chance(50) {
            let n = self.world.entropy.int();
            return Expr::int(if n == 0 { 3 } else { n });
        }
        self.expr(Type::Int, depth) | Expr::int(1)
    }

    /// A float that a trapping cast mostly takes.
    fn convertible(&mut self, op: Op, depth: u32) -> Expr {
        if !self.guarded() {
            return self.expr(Type::Float, depth);
        }
        let lo = if op == Op::FloatToUint { 0.0 } else { -9e18 };
        match self.below(3) {
            0 => Expr::float(self.world.entropy.tame_float().abs()),
            1 => {
                let shifted = Expr::op(Op::ShrU, [self.expr(Type::Int, depth), Expr::int(2)]);
                Expr::op(Op::IntToFloat, [shifted])
            }
            _ => {
                // Least and greatest let a NaN through; a sum with its comparison does not.
                let x = self.expr(Type::Float, 0);
                let bounded = Expr::op(Op::MinFloat, [x.clone(), Expr::float(9e18)]);
                let bounded = Expr::op(Op::MaxFloat, [bounded, Expr::float(lo)]);
                Expr::select(x.clone().equals(x), bounded, Expr::float(1.5))
            }
        }
    }

    /// An int in 0..n, mostly.
    pub(super) fn index_below(&mut self, n: u64, depth: u32) -> Expr {
        if !self.guarded() {
            return self.expr(Type::Int, depth);
        }
        if self.chance(40) {
            return Expr::int(self.below(n.max(1)) as i64);
        }
        let any = self.expr(Type::Int, depth);
        if n.is_power_of_two() {
            return any & Expr::int(n as i64 - 1);
        }
        Expr::op(Op::RemU, [any, Expr::int(n.max(1) as i64)])
    }

    /// One element of a buffer or vector.
    fn index(&mut self, ty: Type, depth: u32) -> Expr {
        let floats = ty == Type::Float;
        if floats && self.chance(50) {
            let n = self.world.entropy.pick(&self.world.pool.vecs);
            let seq = self.expr(Type::Vec { n }, depth);
            let at = self.index_below(n.into(), depth);
            return Expr::op(Op::Index, [seq, at]);
        }
        let fits = |elem: Elem| elem.scalar() == ty;
        let bufs: Vec<_> = self.world.pool.bufs.iter().copied().filter(|(elem, _)| fits(*elem)).collect();
        if bufs.is_empty() {
            return self.leaf(ty);
        }
        let (elem, cap) = self.world.entropy.pick(&bufs);
        let buf = Type::Buf { elem, cap };
        if !self.guarded() {
            let seq = self.expr(buf, depth);
            return Expr::op(Op::Index, [seq, self.expr(Type::Int, depth)]);
        }
        match self.readable(buf) {
            Some(var) => {
                let any = self.expr(Type::Int, depth);
                let at = Expr::op(Op::RemU, [any, len(var)]);
                let some = Expr::op(Op::Index, [var.slot.load(), at]);
                Expr::select(len(var).greater(Expr::int(0)), some, self.leaf(ty))
            }
            None => {
                let value = self.expr(elem.scalar(), depth);
                let full = Expr::fill(elem, cap, value);
                let at = self.index_below(cap.into(), depth);
                Expr::op(Op::Index, [full, at])
            }
        }
    }

    fn recap(&mut self, ty: Type, depth: u32) -> Expr {
        let Type::Buf { elem, cap } = ty else { return self.leaf(ty) };
        self.book(u64::from(cap) / 8);
        let guarded = self.guarded();
        let from: Vec<u32> = self
            .world
            .pool
            .bufs
            .iter()
            .filter(|(e, c)| *e == elem && (!guarded || *c <= cap))
            .map(|(_, c)| *c)
            .collect();
        let from = if from.is_empty() { cap } else { self.world.entropy.pick(&from) };
        Expr::counted(Op::Recap, cap, [self.expr(Type::Buf { elem, cap: from }, depth)])
    }
}

/// The length of a slot.
pub(super) fn len(var: Var) -> Expr {
    Expr::op(Op::Len, [var.slot.load()])
}
