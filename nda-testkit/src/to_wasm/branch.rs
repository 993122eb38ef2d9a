//! Choice: conditions as branches, `Select`, `If`.

use super::abi::WordType;
use super::emit::Label;
use super::function::Translator;
use super::scalar::{inverse, simple};
use nda_ast::{NodeId, Op};

/// Both arms of a `select` instruction are evaluated: worth it up to this many nodes together.
const CHEAP_ARMS: u32 = 8;

/// A `Select` of bools that stands for `&&` or `||`.
enum Short {
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
}

impl Translator<'_> {
    fn short(&self, id: NodeId) -> Option<Short> {
        if self.f.node(id).op() != Op::Select {
            return None;
        }
        let operands = self.f.operands(id);
        let constant = |i: usize| {
            let node = self.f.node(operands[i]);
            (node.op() == Op::Bool).then(|| node.bool())
        };
        match (constant(1), constant(2)) {
            (_, Some(false)) => Some(Short::And(operands[0], operands[1])),
            (Some(true), _) => Some(Short::Or(operands[0], operands[2])),
            _ => None,
        }
    }

    /// The condition under negations and comparisons with constants, and whether it must be `true` for `id` to be `sense`.
    /// Besides being shorter, no `select` then follows `i32.eqz` of a local, which wasmi 2.0.0 compiles wrongly.
    fn plain(&self, mut id: NodeId, mut sense: bool) -> (NodeId, bool) {
        loop {
            let op = self.f.node(id).op();
            if op == Op::NotBool {
                (id, sense) = (self.f.last_operand(id), !sense);
                continue;
            }
            if !matches!(op, Op::EqBool | Op::NeBool) {
                return (id, sense);
            }
            let operands = self.f.operands(id);
            let constant = |operand: NodeId| self.f.node(operand).op() == Op::Bool;
            let (constant, other) = match (constant(operands[0]), constant(operands[1])) {
                (_, true) => (operands[1], operands[0]),
                (true, _) => (operands[0], operands[1]),
                _ => return (id, sense),
            };
            (id, sense) = (other, sense == (self.f.node(constant).bool() == (op == Op::EqBool)));
        }
    }

    /// Branches if the condition is `sense`.
    pub fn branch(&mut self, id: NodeId, sense: bool, to: Label) {
        let (id, sense) = self.plain(id, sense);
        match self.short(id) {
            Some(Short::And(a, b)) => self.branch_either(a, b, false, sense, to),
            Some(Short::Or(a, b)) => self.branch_either(a, b, true, sense, to),
            None => {
                self.condition(id, sense);
                self.code.br_if(to);
            }
        }
    }

    /// Of two conditions, the second of which counts only where the first is not `decides`.
    fn branch_either(&mut self, a: NodeId, b: NodeId, decides: bool, sense: bool, to: Label) {
        if decides == sense {
            self.branch(a, sense, to);
            self.branch(b, sense, to);
        } else {
            let over = self.code.block();
            self.branch(a, decides, over);
            self.branch(b, sense, to);
            self.code.end();
        }
    }

    /// Pushes 1 where the condition is `sense`.
    fn condition(&mut self, id: NodeId, sense: bool) {
        let op = self.f.node(id).op();
        match inverse(op) {
            Some(op) if !sense => {
                for operand in self.f.operands(id) {
                    self.expr(operand);
                }
                simple(op, &mut self.code.op());
            }
            _ => {
                self.expr(id);
                if !sense {
                    self.code.op().i32_eqz();
                }
            }
        }
    }

    /// A scalar `Select`.
    pub fn select(&mut self, id: NodeId) {
        let operands = self.f.operands(id);
        let (condition, sense) = self.plain(operands[0], true);
        let (a, b) = if sense { (operands[1], operands[2]) } else { (operands[2], operands[1]) };
        if self.size(a) + self.size(b) <= CHEAP_ARMS && self.is_pure(a) && self.is_pure(b) {
            self.expr(a);
            self.expr(b);
            self.expr(condition);
            self.code.op().select();
            return;
        }
        self.expr(condition);
        self.code.if_(Some(WordType::of(self.ty(id))));
        self.expr(a);
        self.code.else_();
        self.expr(b);
        self.code.end();
    }

    /// `If`.
    pub fn if_stmt(&mut self, id: NodeId) {
        let block = self.f.node(id).block() as usize;
        let (then, other) = (self.f.blocks()[block], self.f.blocks()[block + 1]);
        let condition = self.f.last_operand(id);
        match (then.is_empty(), other.is_empty()) {
            (true, true) if self.is_pure(condition) => {}
            (true, true) => {
                self.expr(condition);
                self.code.op().drop();
            }
            (false, true) => {
                let over = self.code.block();
                self.branch(condition, false, over);
                self.block(then);
                self.code.end();
            }
            (true, false) => {
                let over = self.code.block();
                self.branch(condition, true, over);
                self.block(other);
                self.code.end();
            }
            (false, false) => {
                let over = self.code.block();
                let otherwise = self.code.block();
                self.branch(condition, false, otherwise);
                self.block(then);
                self.code.br(over);
                self.code.end();
                self.block(other);
                self.code.end();
            }
        }
    }
}
