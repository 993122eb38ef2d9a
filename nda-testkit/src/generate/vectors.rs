//! Vector expressions with shapes of their own, and vectors that stay finite, as networks have them.

use super::Gen;
use nda_ast::{Elem, Expr, Op, Type};

impl Gen<'_, '_, '_> {
    pub(super) fn vector(&mut self, op: Op, ty: Type, depth: u32) -> Expr {
        let Type::Vec { n } = ty else { return self.constant(ty) };
        self.book(u64::from(n) / 16);
        match op {
            Op::Gemv => self.gemv(n, depth),
            Op::Norm => self.norm(n, depth),
            Op::Row => self.row(n, depth),
            Op::Slice => self.slice(n, depth),
            Op::Concat if n > 1 => {
                let left = self.world.entropy.range(1, u64::from(n) - 1) as u32;
                let a = self.expr(Type::Vec { n: left }, depth);
                let b = self.expr(Type::Vec { n: n - left }, depth);
                Expr::op(Op::Concat, [a, b])
            }
            Op::ToVec => self.buffer_to_vec(n, depth),
            _ => Expr::counted(Op::Splat, n, [self.expr(Type::Float, depth)]),
        }
    }

    /// A vector: mostly finite.
    fn operand(&mut self, n: u32, depth: u32) -> Expr {
        if self.guarded() { self.tame(n, depth) } else { self.expr(Type::Vec { n }, depth) }
    }

    fn gemv(&mut self, n: u32, depth: u32) -> Expr {
        let cols = self.world.entropy.pick(&self.world.pool.vecs);
        self.book(u64::from(n) * u64::from(cols) / 64);
        let weights = self.matrix(n as u16, cols as u16);
        let x = if self.world.guarded < 100 && self.chance(8) {
            // Edges alone are rare among operands that are mostly finite, and `NonFinite` would hardly ever strike.
            let constant = self.world.entropy.vec_constant(cols, false);
            self.object(constant)
        } else {
            self.operand(cols, depth)
        };
        Expr::op(Op::Gemv, [weights, x])
    }

    fn norm(&mut self, n: u32, depth: u32) -> Expr {
        let gain = self.matrix(1, n as u16);
        let eps = match self.below(4) {
            0 => self.world.entropy.float(),
            1 => 0.0,
            _ => 1e-5,
        };
        let x = self.operand(n, depth);
        Expr::norm(gain, x, eps)
    }

    fn row(&mut self, n: u32, depth: u32) -> Expr {
        let rows = self.world.entropy.pick(&self.world.pool.vecs);
        let weights = self.matrix(rows as u16, n as u16);
        let at = self.index_below(rows.into(), depth);
        Expr::op(Op::Row, [weights, at])
    }

    fn slice(&mut self, n: u32, depth: u32) -> Expr {
        let from: Vec<u32> = self.world.pool.vecs.iter().copied().filter(|m| *m >= n).collect();
        let from = if from.is_empty() { n } else { self.world.entropy.pick(&from) };
        let x = self.expr(Type::Vec { n: from }, depth);
        let start = self.index_below(u64::from(from - n) + 1, depth);
        Expr::counted(Op::Slice, n, [x, start])
    }

    fn buffer_to_vec(&mut self, n: u32, depth: u32) -> Expr {
        let buf = Type::Buf { elem: Elem::Float, cap: n };
        let full = match self.below(3) {
            _ if !self.guarded() => self.expr(buf, depth),
            0 => Expr::fill(Elem::Float, n, self.expr(Type::Float, depth)),
            1 => Expr::op(Op::ToBuf, [self.expr(Type::Vec { n }, depth)]),
            _ => {
                let constant = self.world.entropy.buf_constant(Elem::Float, n, n.into());
                self.object(constant)
            }
        };
        Expr::counted(Op::ToVec, n, [full])
    }

    /// A matrix: a parameter, else a constant.
    fn matrix(&mut self, rows: u16, cols: u16) -> Expr {
        let ty = Type::Mat { rows, cols };
        match self.readable(ty) {
            Some(var) if self.chance(70) => var.slot.load(),
            _ => self.constant(ty),
        }
    }

    /// A vector of finite values of moderate size, almost always.
    pub(super) fn tame(&mut self, n: u32, depth: u32) -> Expr {
        self.book(u64::from(n) / 16);
        let ty = Type::Vec { n };
        if depth == 0 || self.budget <= 0 || self.chance(30) {
            let slots: Vec<_> =
                self.vars.iter().copied().filter(|v| v.tame && v.slot.ty() == ty && self.free(v)).collect();
            if !slots.is_empty() && self.chance(70) {
                return self.world.entropy.pick(&slots).slot.load();
            }
            if self.chance(30) {
                let x = self.world.entropy.tame_float();
                return Expr::counted(Op::Splat, n, [Expr::float(x)]);
            }
            let constant = self.world.entropy.vec_constant(n, true);
            return self.object(constant);
        }
        const UNARY: &[Op] = &[
            Op::NegVec,
            Op::AbsVec,
            Op::ReluVec,
            Op::TanhVec,
            Op::SigmoidVec,
            Op::SiluVec,
            Op::GeluVec,
            Op::Softmax,
        ];
        const BINARY: &[Op] = &[Op::AddVec, Op::SubVec, Op::MinVec, Op::MaxVec];
        match self.below(4) {
            0 => {
                let op = self.world.entropy.pick(BINARY);
                let a = self.tame(n, depth - 1);
                Expr::op(op, [a, self.tame(n, depth - 1)])
            }
            1 => {
                let gain = self.matrix(1, n as u16);
                let x = self.tame(n, depth - 1);
                Expr::norm(gain, x, 1e-5)
            }
            _ => {
                let op = self.world.entropy.pick(UNARY);
                Expr::op(op, [self.tame(n, depth - 1)])
            }
        }
    }
}
