//! `Select`, which is lazy, and what `&&` and `||` mean.
//!
//! Where both arms are cheap and can do nothing else, both are computed and one is chosen, without a branch.

use super::{Emitter, Operand, Place};
use crate::plan::nan::Nan;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, types};
use nda_ast::{NodeId, Op, Type};

/// A select under way that branches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    second: Block,
    after: Block,
}

/// Nodes of an arm that is computed whether it is chosen or not.
const CHEAP: u32 = 3;

impl Emitter<'_, '_> {
    /// Whether nodes `first` to before `end` may be computed where they are not asked for.
    fn is_cheap(&self, first: NodeId, end: NodeId) -> bool {
        end - first <= CHEAP
            && (first..end).all(|id| {
                let op = self.f.node(id).op();
                let leaf = matches!(op, Op::Int | Op::Float | Op::Bool | Op::Load);
                (leaf || super::scalar::is_cheap(op)) && self.type_of(id).is_scalar()
            })
    }

    fn branches(&self, id: NodeId) -> bool {
        let second = id - 1;
        let first = self.f.operand_before(second);
        let begin = self.f.node(first).start();
        !self.is_cheap(begin, first + 1) || !self.is_cheap(first + 1, id)
    }

    /// The condition of select `id` is the last operand.
    pub(crate) fn condition(&mut self, id: NodeId) {
        if self.dead || !self.branches(id) {
            return;
        }
        let holds = self.pop_raw();
        let (first, second, after) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let ty = match self.type_of(id) {
            Type::Float => types::F64,
            Type::Bool => types::I8,
            _ => types::I64,
        };
        self.b.append_block_param(after, ty);
        self.b.ins().brif(holds, first, &[], second, &[]);
        self.selects.push(Open { second, after });
        self.go_on(first);
    }

    /// The first arm of select `id` is the last operand.
    pub(crate) fn first_arm(&mut self, id: NodeId) {
        if self.dead || !self.branches(id) {
            return;
        }
        let Some(open) = self.selects.last().copied() else { return };
        self.arm(id, open.after);
        self.go_on(open.second);
    }

    /// Takes the last operand to where the select's value is.
    fn arm(&mut self, id: NodeId, after: Block) {
        let operand = self.pop();
        let value = match operand {
            Operand::Place(place) => self.reference(place),
            Operand::Scalar { value, late: true } if self.nans.select(id) == Nan::Exact => {
                self.canonical(value)
            }
            Operand::Scalar { value, .. } => value,
        };
        self.b.ins().jump(after, &[BlockArg::Value(value)]);
    }

    pub(crate) fn selected(&mut self, id: NodeId) {
        let late = self.type_of(id) == Type::Float && self.nans.select(id) == Nan::Late;
        if self.branches(id) {
            let Some(open) = self.selects.pop() else { return };
            self.arm(id, open.after);
            self.go_on(open.after);
            let value = self.b.block_params(open.after)[0];
            let operand = match self.type_of(id).is_scalar() {
                true => Operand::Scalar { value, late },
                false => Operand::Place(Place::Reference(value)),
            };
            return self.push(operand);
        }
        let exact = !late;
        let (b, a) = (self.pop(), self.pop());
        let [b, a] = [b, a].map(|arm| match arm {
            Operand::Scalar { value, late: true } if exact => self.canonical(value),
            Operand::Scalar { value, .. } => value,
            Operand::Place(_) => unreachable!("only scalars are cheap"),
        });
        let holds = self.pop_raw();
        let second = self.f.node(id - 1);
        let first = self.f.node(self.f.operand_before(id - 1));
        let value = match (first.op(), second.op()) {
            (_, Op::Bool) if !second.bool() => self.b.ins().band(holds, a),
            (Op::Bool, _) if first.bool() => self.b.ins().bor(holds, b),
            _ => self.b.ins().select(holds, a, b),
        };
        self.push(Operand::Scalar { value, late });
    }
}
