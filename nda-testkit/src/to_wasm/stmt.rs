//! Statements.

use super::abi::WordType;
use super::emit::Local;
use super::function::{Base, OpenLoop, Slot, Translator};
use nda_ast::{Node, NodeId, Op, Type};
use nda_runtime::TrapCode;

/// Conditions up to this many nodes are emitted twice, before the loop and at its end, as compilers turn loops.
const TURNED: u32 = 64;

/// How often a loop runs.
#[derive(Clone, Copy)]
enum Count {
    Constant(i64),
    Local(Local),
}

impl Translator<'_> {
    pub fn statement(&mut self, id: NodeId) {
        let node = *self.f.node(id);
        match node.op() {
            Op::Let | Op::Store => self.assign(id, node.slot()),
            Op::StoreElem => self.store_elem(id),
            Op::Push => self.push(id),
            Op::Truncate => self.truncate(id),
            Op::Scope => self.block(self.f.blocks()[node.block() as usize]),
            Op::If => self.if_stmt(id),
            Op::Loop => self.loop_stmt(id, &node),
            Op::While => self.while_stmt(id, &node),
            Op::Break => {
                let to = self.loops[self.loops.len() - 1 - node.depth() as usize].breaks;
                self.code.br(to);
            }
            Op::Continue => {
                let to = self.loops[self.loops.len() - 1 - node.depth() as usize].continues;
                self.code.br(to);
            }
            Op::Return => self.return_stmt(id),
            Op::CallStmt => self.call_stmt(id, &node),
            Op::Print => self.print(id),
            Op::Fail => {
                let global = self.indices.code_global();
                self.expr(self.f.last_operand(id));
                self.code.op().global_set(global);
                self.trap(TrapCode::Failed);
            }
            other => unreachable!("{other:?} is no statement"),
        }
    }

    fn assign(&mut self, id: NodeId, slot: u32) {
        let value = self.f.last_operand(id);
        if self.ty(value).is_scalar() {
            self.expr(value);
            let local = self.local(slot);
            self.code.set(local);
        } else {
            let dest = self.base(slot);
            self.put(value, dest);
        }
    }

    fn return_stmt(&mut self, id: NodeId) {
        let mut outs = self.outs.clone().into_iter();
        for operand in self.f.operands(id) {
            match self.ty(operand).is_scalar().then_some(()).map_or_else(|| outs.next(), |()| None) {
                Some(out) => self.put(operand, Base::Local(out)),
                None => self.expr(operand),
            }
        }
        self.code.op().return_();
    }

    fn call_stmt(&mut self, id: NodeId, node: &Node) {
        let results: Vec<u32> = (0..node.results() as u32).map(|i| node.first_result() + i).collect();
        let is_scalar = |slot: &&u32| self.valid.slot(**slot).ty.is_scalar();
        let (scalars, buffers): (Vec<&u32>, Vec<&u32>) = results.iter().partition(is_scalar);
        let outs: Vec<Base> = buffers.into_iter().map(|slot| self.base(*slot)).collect();
        self.call(id, &outs);
        for slot in scalars.into_iter().rev() {
            let local = self.local(*slot);
            self.code.set(local);
        }
    }

    fn print(&mut self, id: NodeId) {
        let operand = self.f.last_operand(id);
        let ty = self.ty(operand);
        if let Type::Buf { elem, cap } = ty {
            let buffer = self.buffer(operand);
            self.push_base(buffer.base);
            self.code.op().i32_const(elem as i32).i32_const(cap as i32);
            self.release(&buffer);
        } else {
            self.expr(operand);
        }
        let function = self.indices.print(ty);
        self.code.op().call(function);
    }

    /// `Loop`: its bound K is compared once with the count, and struck after K iterations.
    fn loop_stmt(&mut self, id: NodeId, node: &Node) {
        let count = self.f.last_operand(id);
        // A bound that no count exceeds is none.
        let max = node.max().and_then(|max| i64::try_from(max).ok());
        if self.f.node(count).op() == Op::Int {
            let n = self.f.node(count).int();
            if n > 0 {
                let struck = max.is_some_and(|max| n > max);
                self.loop_body(id, node, Count::Constant(n.min(max.unwrap_or(n))), None, struck);
            }
            return;
        }
        let load = self.f.node(count);
        if max.is_none() && load.op() == Op::Load && self.is_constant(load.slot()) {
            let local = self.local(load.slot());
            return self.loop_body(id, node, Count::Local(local), None, false);
        }
        let n = self.code.take(WordType::I64);
        self.expr(count);
        self.code.set(n);
        let Some(max) = max else {
            self.loop_body(id, node, Count::Local(n), None, false);
            return self.code.give(n);
        };
        let bound = self.code.take(WordType::I64);
        self.code.op().local_get(n).i64_const(max).local_get(n).i64_const(max).i64_lt_s().select();
        self.code.set(bound);
        self.loop_body(id, node, Count::Local(bound), Some((n, max)), false);
        self.code.give(bound);
        self.code.give(n);
    }

    /// Runs the body `count` times. Then strikes the bound if `struck`, or where the local is above it.
    fn loop_body(
        &mut self,
        id: NodeId,
        node: &Node,
        count: Count,
        above: Option<(Local, i64)>,
        struck: bool,
    ) {
        let index = self.local(node.index_slot());
        let breaks = self.code.block();
        let strikes = self.code.block();
        match count {
            Count::Constant(0) => self.code.br(strikes),
            Count::Constant(_) => {}
            Count::Local(n) => {
                // A bound of 0 is struck by any iteration.
                let to = if above.is_some() { strikes } else { breaks };
                self.code.op().local_get(n).i64_const(0).i64_le_s();
                self.code.br_if(to);
            }
        }
        self.code.int(0);
        self.code.set(index);
        let head = self.code.loop_();
        self.body(id, breaks, None);
        self.code.op().local_get(index).i64_const(1).i64_add().local_tee(index);
        match count {
            Count::Constant(n) => self.code.int(n),
            Count::Local(n) => self.code.get(n),
        }
        self.code.op().i64_ne();
        self.code.br_if(head);
        self.code.end();
        self.code.end();
        if struck {
            self.code.op().i32_const(1);
            self.trap_if(TrapCode::LoopLimit);
        } else if let Some((n, max)) = above {
            self.code.op().local_get(n).i64_const(max).i64_gt_s();
            self.trap_if(TrapCode::LoopLimit);
        }
        self.code.end();
        self.slots[node.index_slot() as usize] = Slot::None;
        self.code.give(index);
    }

    /// The body of loop `id`, within a block for its `Continue`s where it has any and `head` is no place for them.
    fn body(&mut self, id: NodeId, breaks: super::emit::Label, head: Option<super::emit::Label>) {
        let node = self.f.node(id);
        let block = self.f.blocks()[node.block() as usize + usize::from(node.op() == Op::While)];
        let own = head.is_none() && self.has_continue(block);
        let continues = if own { self.code.block() } else { head.unwrap_or(breaks) };
        self.loops.push(OpenLoop { breaks, continues });
        self.block(block);
        self.loops.pop();
        if own {
            self.code.end();
        }
    }

    /// Whether a `Continue` in the body goes on with this very loop.
    fn has_continue(&self, body: nda_ast::Block) -> bool {
        let mut inner: Vec<NodeId> = Vec::new();
        (body.first..body.end).any(|id| {
            while inner.last() == Some(&id) {
                inner.pop();
            }
            let node = self.f.node(id);
            if matches!(node.op(), Op::Loop | Op::While) {
                inner.push(self.f.end_of(id));
            }
            node.op() == Op::Continue && node.depth() as usize == inner.len()
        })
    }

    fn while_stmt(&mut self, id: NodeId, node: &Node) {
        let condition = self.f.last_operand(id);
        let always = self.f.node(condition).op() == Op::Bool && self.f.node(condition).bool();
        let turned = self.size(condition) <= TURNED;
        let left = node.max().map(|max| {
            let left = self.code.take(WordType::I64);
            self.code.int(max as i64);
            self.code.set(left);
            left
        });
        let breaks = self.code.block();
        if turned && !always {
            self.branch(condition, false, breaks);
        }
        let head = self.code.loop_();
        if !turned {
            self.branch(condition, false, breaks);
        }
        if let Some(left) = left {
            self.code.op().local_get(left).i64_eqz();
            self.trap_if(TrapCode::LoopLimit);
            self.code.op().local_get(left).i64_const(1).i64_sub().local_set(left);
        }
        self.body(id, breaks, (always || !turned).then_some(head));
        if always || !turned {
            self.code.br(head);
        } else {
            self.branch(condition, true, head);
        }
        self.code.end();
        self.code.end();
        if let Some(left) = left {
            self.code.give(left);
        }
    }
}
