//! Expressions: operand types, result types, levels, weights.

use super::Checked;
use super::function::Checker;
use crate::rules::Mismatch;
use crate::scratch::Entry;
use crate::types::PackedType;
use crate::{
    Body, Bound, Constant, CostInput, Elem, ErrorCode, Node, NodeId, Op, Type, ValidateError, type_rule,
    weight,
};

impl Checker<'_> {
    /// Any expression; gives its type.
    pub(super) fn expression(&mut self, node: &Node, id: NodeId) -> Checked<PackedType> {
        let op = node.op();
        let first = self.lists.stack.len() - node.operands();
        let ty = match op {
            Op::Call => return self.call(node, id, first),
            Op::BufConst | Op::VecConst | Op::Matrix => self.constant(node, id)?,
            Op::Load => self.visible_slot(node, id)?.ty.unpack(),
            // The list gives every expression a type.
            _ => self.rule(node, id, first)?.unwrap_or(Type::Int),
        };
        let input = CostInput {
            first: self.lists.stack.get(first).map(|entry| entry.ty.unpack()),
            result: Some(ty),
            ..CostInput::default()
        };
        let weight = weight(op, input);
        if op == Op::Select {
            self.select_calls(first);
        }
        let computed = !matches!(op, Op::BufConst | Op::VecConst | Op::Load);
        Ok(self.value(node, first, ty, weight, computed))
    }

    /// Replaces the operands from `first` on by the value of `node`, of type `ty`; gives it packed.
    pub(super) fn value(
        &mut self,
        node: &Node,
        first: usize,
        ty: Type,
        weight: u64,
        computed: bool,
    ) -> PackedType {
        self.stmt_excess += weight - 1;
        if computed && ty.is_aggregate() {
            self.stmt_frame += ty.slot_bytes();
        }
        let mut entry = self.take(first);
        entry.start = node.start;
        entry.grow(PackedType::of(ty));
        self.lists.stack.push(entry);
        entry.ty
    }

    /// Takes the operands from `first` on: their greatest levels and the sum of their calls, where the first starts.
    #[inline]
    pub(super) fn take(&mut self, first: usize) -> Entry {
        if first + 1 == self.lists.stack.len() {
            return self.lists.stack.pop().unwrap_or(Entry::NOTHING);
        }
        let mut out = Entry::NOTHING;
        for i in first..self.lists.stack.len() {
            let entry = self.lists.stack[i];
            out.levels = out.levels.max(entry.levels);
            out.nesting = out.nesting.max(entry.nesting);
            out.calls = self.plus(out.calls, entry.calls);
        }
        self.lists.stack.truncate(first);
        out
    }

    #[inline]
    pub(super) fn plus(&mut self, a: u32, b: u32) -> u32 {
        if a == 0 || b == 0 {
            return a + b;
        }
        let sum = self.bound(a).plus(self.bound(b));
        self.add_bound(sum)
    }

    pub(super) fn bound(&self, index: u32) -> Bound {
        match index.checked_sub(1) {
            Some(i) => self.lists.bounds[i as usize],
            None => Bound::ZERO,
        }
    }

    pub(super) fn add_bound(&mut self, bound: Bound) -> u32 {
        if bound == Bound::ZERO {
            return 0;
        }
        self.lists.bounds.push(bound);
        self.lists.bounds.len() as u32
    }

    /// A `Select` costs the greater of its arms' calls, and is exact only where they are equal.
    fn select_calls(&mut self, first: usize) {
        let (yes, no) = (self.lists.stack[first + 1].calls, self.lists.stack[first + 2].calls);
        if yes == no {
            return;
        }
        let (a, b) = (self.bound(yes), self.bound(no));
        self.exact &= a == b;
        let greater = if a >= b { yes } else { no };
        self.lists.stack[first + 1].calls = greater;
        self.lists.stack[first + 2].calls = 0;
    }

    /// The type of a node by the rule of its operation, whose operands lie on the stack from `first` on.
    #[inline]
    pub(super) fn rule(&self, node: &Node, id: NodeId, first: usize) -> Checked<Option<Type>> {
        let mut types = [Type::Int; 3];
        let operands = &self.lists.stack[first..];
        for (ty, entry) in types.iter_mut().zip(operands) {
            *ty = entry.ty.unpack();
        }
        let elem = match node.op() {
            Op::Fill => Elem::from_code(node.elem_code()).unwrap_or(Elem::U8),
            _ => Elem::U8,
        };
        type_rule(node.op(), &types[..operands.len().min(3)], node.a, elem).map_err(|m| self.mismatch(id, m))
    }

    #[cold]
    fn mismatch(&self, id: NodeId, m: Mismatch) -> Box<ValidateError> {
        let place = m.operand.map_or(String::new(), |i| format!(" as operand {}", i + 1));
        self.error(id, m.code, m.expected + &place, m.found)
    }

    fn constant(&self, node: &Node, id: NodeId) -> Checked<Type> {
        let op = node.op();
        match (op, self.cx.named(node.table())) {
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
