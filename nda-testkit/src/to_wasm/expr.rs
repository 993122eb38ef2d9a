//! Expressions that give scalars.

use super::abi::WordType;
use super::emit::Local;
use super::function::{Base, Translator};
use super::scalar::simple;
use nda_ast::{CANONICAL_NAN, NodeId, Op};
use wasm_encoder::Ieee64;

/// A scalar that can be pushed any number of times.
#[derive(Clone, Copy, Debug)]
pub(super) enum Again {
    /// A constant or the `Load` of a local.
    Node(NodeId),
    /// In a local of its own, to be given back.
    Local(Local),
}

impl Translator<'_> {
    /// Pushes the value of a scalar expression.
    pub fn expr(&mut self, id: NodeId) {
        let node = *self.f.node(id);
        match node.op() {
            Op::Int => self.code.int(node.int()),
            Op::Float => self.float(node.float().to_bits()),
            Op::Bool => {
                self.code.op().i32_const(node.bool().into());
            }
            Op::Load => {
                let local = self.local(node.slot());
                self.code.get(local);
            }
            Op::Select => self.select(id),
            Op::Call => self.call(id, &[]),
            Op::Index => self.index(id),
            Op::Len => {
                let buffer = self.buffer(self.f.last_operand(id));
                self.push_len(&buffer);
                self.release(&buffer);
            }
            Op::NegInt => {
                self.code.int(0);
                self.expr(self.f.last_operand(id));
                self.code.op().i64_sub();
            }
            Op::AbsInt => self.abs(id),
            Op::MinInt | Op::MaxInt => self.min_max(id, node.op()),
            op => self.operation(id, op),
        }
        if self.bits.canonical[id as usize - 1] {
            self.canonical();
        }
    }

    pub fn float(&mut self, bits: u64) {
        self.code.op().f64_const(Ieee64::new(bits));
    }

    fn operation(&mut self, id: NodeId, op: Op) {
        for operand in self.f.operands(id) {
            self.expr(operand);
        }
        if !simple(op, &mut self.code.op()) {
            let function = self.indices.math(op);
            self.code.op().call(function);
        }
    }

    /// Replaces a NaN on the stack by the canonical one.
    fn canonical(&mut self) {
        let x = self.code.take(WordType::F64);
        self.code.tee(x);
        self.float(CANONICAL_NAN);
        self.code.op().local_get(x).local_get(x).f64_eq().select();
        self.code.give(x);
    }

    /// Pushes the value of an expression that [`Translator::again`] can push again.
    pub fn first(&mut self, id: NodeId) -> Again {
        if self.is_cheap(id) {
            self.expr(id);
            return Again::Node(id);
        }
        let local = self.code.take(WordType::of(self.ty(id)));
        self.expr(id);
        self.code.tee(local);
        Again::Local(local)
    }

    /// As [`Translator::first`], but pushes nothing yet.
    pub fn ready(&mut self, id: NodeId) -> Again {
        if self.is_cheap(id) {
            return Again::Node(id);
        }
        let local = self.code.take(WordType::of(self.ty(id)));
        self.expr(id);
        self.code.set(local);
        Again::Local(local)
    }

    pub fn again(&mut self, value: Again) {
        match value {
            Again::Node(id) => self.expr(id),
            Again::Local(local) => self.code.get(local),
        }
    }

    pub fn done(&mut self, value: Again) {
        if let Again::Local(local) = value {
            self.code.give(local);
        }
    }

    fn is_cheap(&self, id: NodeId) -> bool {
        let leaf = matches!(self.f.node(id).op(), Op::Int | Op::Float | Op::Bool | Op::Load);
        leaf && !self.bits.canonical[id as usize - 1]
    }

    fn abs(&mut self, id: NodeId) {
        let x = self.first(self.f.last_operand(id));
        let sign = self.code.take(WordType::I64);
        self.code.int(63);
        self.code.op().i64_shr_s().local_tee(sign);
        self.again(x);
        self.code.op().i64_xor().local_get(sign).i64_sub();
        self.code.give(sign);
        self.done(x);
    }

    fn min_max(&mut self, id: NodeId, op: Op) {
        let operands = self.f.operands(id);
        let a = self.first(operands[0]);
        let b = self.first(operands[1]);
        self.again(a);
        self.again(b);
        match op {
            Op::MinInt => self.code.op().i64_lt_s().select(),
            _ => self.code.op().i64_gt_s().select(),
        };
        self.done(b);
        self.done(a);
    }

    /// Calls a function or import; buffers among its results go to `outs`, scalars stay on the stack.
    pub fn call(&mut self, id: NodeId, outs: &[Base]) {
        for operand in self.f.operands(id) {
            if self.ty(operand).is_scalar() {
                self.expr(operand);
            } else {
                let buffer = self.buffer(operand);
                self.push_base(buffer.base);
                self.release(&buffer);
            }
        }
        for out in outs {
            self.push_base(*out);
        }
        let function = self.indices.function(self.links[self.f.node(id).table()]);
        self.code.op().call(function);
    }
}
