//! Expressions: operand types, result types, levels, weights.

use super::Checked;
use super::function::{Checker, Entry};
use crate::op::Scalar;
use crate::rules::Mismatch;
use crate::{
    Body, Bound, Constant, CostInput, Elem, ErrorCode, NodeId, Op, Type, ValidateError, type_rule, weight,
};

impl Checker<'_> {
    #[inline]
    pub(super) fn expression(&mut self, id: NodeId, op: Op) -> Checked<()> {
        match op.scalar() {
            Scalar::Constant(ty) => {
                self.leaf(ty);
                Ok(())
            }
            Scalar::Unary(arg, res) => match self.stack.last_mut() {
                Some(a) if a.ty == arg => {
                    a.grow(res);
                    self.simple(res);
                    Ok(())
                }
                _ => self.general(id, op),
            },
            Scalar::Binary(arg, res) => match self.stack.as_mut_slice() {
                // Calls in both operands must be summed: that is for the general case.
                [.., a, b] if a.ty == arg && b.ty == arg && (a.calls == 0 || b.calls == 0) => {
                    a.levels = a.levels.max(b.levels);
                    a.nesting = a.nesting.max(b.nesting);
                    a.calls += b.calls;
                    a.grow(res);
                    self.stack.pop();
                    self.simple(res);
                    Ok(())
                }
                _ => self.general(id, op),
            },
            Scalar::Other => match op {
                Op::Load => {
                    let ty = self.visible_slot(id)?.ty;
                    self.leaf(ty);
                    Ok(())
                }
                _ => self.general(id, op),
            },
        }
    }

    #[inline]
    fn leaf(&mut self, ty: Type) {
        self.stack.push(Entry { ty, levels: 1, nesting: 1, calls: 0 });
        self.simple(ty);
    }

    #[inline]
    fn simple(&mut self, ty: Type) {
        self.stmt_weight += 1;
        self.types.push(Some(ty));
    }

    fn general(&mut self, id: NodeId, op: Op) -> Checked<()> {
        let first = self.stack.len() - self.f.node(id).operands();
        let ty = match op {
            Op::Call => return self.call(id, first),
            Op::BufConst | Op::VecConst | Op::Matrix => self.constant(id, op)?,
            // The list gives every expression a type.
            _ => self.rule(id, op, first)?.unwrap_or(Type::Int),
        };
        let input = CostInput {
            first: self.stack.get(first).map(|entry| entry.ty),
            result: Some(ty),
            ..CostInput::default()
        };
        let weight = weight(op, input);
        if op == Op::Select {
            self.select_calls(first);
        }
        let computed = !matches!(op, Op::BufConst | Op::VecConst);
        self.finish(first, ty, weight, computed, 0, 0);
        Ok(())
    }

    /// Replaces the operands from `first` on by a value of type `ty`.
    pub(super) fn finish(
        &mut self,
        first: usize,
        ty: Type,
        weight: u64,
        computed: bool,
        callee_levels: u32,
        calls: u32,
    ) {
        self.stmt_weight += weight;
        if computed && ty.is_aggregate() {
            self.stmt_frame += ty.slot_bytes();
        }
        let (levels, nesting, inner) = self.take(first);
        let calls = self.plus(inner, calls);
        self.stack.push(Entry { ty, levels: levels.max(callee_levels) + 1, nesting: nesting + 1, calls });
        self.types.push(Some(ty));
    }

    /// Takes the operands from `first` on: their greatest levels and the sum of their calls.
    #[inline]
    pub(super) fn take(&mut self, first: usize) -> (u32, u32, u32) {
        if first + 1 == self.stack.len() {
            return self.stack.pop().map_or((0, 0, 0), |entry| (entry.levels, entry.nesting, entry.calls));
        }
        let (mut levels, mut nesting, mut calls) = (0, 0, 0);
        for i in first..self.stack.len() {
            let entry = self.stack[i];
            levels = levels.max(entry.levels);
            nesting = nesting.max(entry.nesting);
            calls = self.plus(calls, entry.calls);
        }
        self.stack.truncate(first);
        (levels, nesting, calls)
    }

    #[inline]
    fn plus(&mut self, a: u32, b: u32) -> u32 {
        if a == 0 || b == 0 {
            return a + b;
        }
        let sum = self.bound(a).plus(self.bound(b));
        self.add_bound(sum)
    }

    pub(super) fn bound(&self, index: u32) -> Bound {
        match index.checked_sub(1) {
            Some(i) => self.bounds[i as usize],
            None => Bound::ZERO,
        }
    }

    pub(super) fn add_bound(&mut self, bound: Bound) -> u32 {
        if bound == Bound::ZERO {
            return 0;
        }
        self.bounds.push(bound);
        self.bounds.len() as u32
    }

    /// A `Select` costs the greater of its arms' calls, and is exact only where they are equal.
    fn select_calls(&mut self, first: usize) {
        let (yes, no) = (self.stack[first + 1].calls, self.stack[first + 2].calls);
        if yes == no {
            return;
        }
        let (a, b) = (self.bound(yes), self.bound(no));
        self.exact &= a == b;
        let greater = if a >= b { yes } else { no };
        self.stack[first + 1].calls = greater;
        self.stack[first + 2].calls = 0;
    }

    /// The type of node `id` by the rule of its operation, whose operands lie on the stack from `first` on.
    #[inline]
    pub(super) fn rule(&self, id: NodeId, op: Op, first: usize) -> Checked<Option<Type>> {
        let node = self.f.node(id);
        let mut types = [Type::Int; 3];
        let operands = &self.stack[first..];
        for (ty, entry) in types.iter_mut().zip(operands) {
            *ty = entry.ty;
        }
        let elem = Elem::from_code(node.b).unwrap_or(Elem::U8);
        type_rule(op, &types[..operands.len().min(3)], node.a, elem).map_err(|m| self.mismatch(id, m))
    }

    #[cold]
    fn mismatch(&self, id: NodeId, m: Mismatch) -> Box<ValidateError> {
        let place = m.operand.map_or(String::new(), |i| format!(" as operand {}", i + 1));
        self.error(id, m.code, m.expected + &place, m.found)
    }

    fn constant(&self, id: NodeId, op: Op) -> Checked<Type> {
        let (_, body) = self.cx.named(self.f.node(id).table());
        match (op, body) {
            (Op::BufConst, Body::Constant(c @ Constant::Buf { .. }))
            | (Op::VecConst, Body::Constant(c @ Constant::Vec { .. }))
            | (Op::Matrix, Body::Constant(c @ Constant::Matrix(_))) => Ok(c.ty()),
            (_, Body::Constant(c)) => Err(self.error(id, ErrorCode::ConstantKind, op.info().name, c.ty())),
            (_, other) => {
                Err(self.error(id, ErrorCode::ConstantKind, op.info().name, format!("{:?}", other.kind())))
            }
        }
    }
}
