//! Operations on whole vectors, matrices and buffers: calls of the same kernels that the other tiers call.

use super::{Emitter, Operand, Place};
use crate::context::offset;
use crate::helpers::Helper;
use crate::types::{encode, length};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use nda_ast::{Arg, Node, NodeId, Op, Type};

impl Emitter<'_, '_> {
    pub(crate) fn vector(&mut self, id: NodeId, node: &Node, op: Op) {
        let count = node.operands();
        let last = id - 1;
        let first = if count > 1 { self.f.operand_before(last) } else { last };
        let second = (count > 1).then(|| self.pop());
        let operand = self.pop();
        let a = self.operand_word(operand, first, op.info().args[0]);
        let b = match second {
            Some(operand) => self.operand_word(operand, last, op.info().args[1]),
            None => a,
        };
        let (operand, result) = (self.type_of(first), self.type_of(id));
        if result.is_scalar() {
            let zero = self.int(0);
            self.operate(id, op, [zero, a, b], length(operand), 0);
            let word = self.b.ins().load(types::I64, super::memory::plain(), self.cx, offset::VALUE);
            let value = match result {
                Type::Float => self.b.ins().bitcast(types::F64, MemFlagsData::new(), word),
                _ => word,
            };
            return self.push_value(value);
        }
        let (n, m) = match op {
            Op::Norm => (0, node.float().to_bits()),
            Op::Slice => (length(operand), node.count().into()),
            Op::Concat => (length(operand), u64::from(length(result) - length(operand))),
            Op::Fill | Op::Recap => (0, encode(result)),
            _ => (length(result), 0),
        };
        // The value of a `Let` goes where its slot lies, unless an operand lies above that.
        let direct = (id as usize) < self.f.node_count()
            && self.f.node(id + 1).op() == Op::Let
            && self.places.is_fresh();
        let place = match direct {
            true => Place::Slot(self.f.node(id + 1).slot()),
            false => Place::Local(self.places.take(result)),
        };
        let at = self.reference(place);
        self.operate(id, op, [at, a, b], n, m);
        self.push(Operand::Place(place));
    }

    /// An operand as the kernels take it: of a float that goes into a vector, whatever the bits of its NaN.
    fn operand_word(&mut self, operand: Operand, id: NodeId, arg: Arg) -> Value {
        match (operand, arg) {
            (Operand::Scalar { value, .. }, Arg::Float) => {
                self.b.ins().bitcast(types::I64, MemFlagsData::new(), value)
            }
            _ => self.word_of(operand, self.type_of(id)),
        }
    }

    fn operate(&mut self, id: NodeId, op: Op, [at, a, b]: [Value; 3], n: u32, m: u64) {
        let fuel = self.fuel();
        let node = self.int(i64::from(id) | i64::from(op as u8) << 32);
        let (n, m) = (self.int(n.into()), self.int(m as i64));
        self.help_or_end(Helper::vector, &[fuel, node, at, a, b, n, m]);
    }
}
