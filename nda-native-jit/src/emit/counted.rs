//! Innermost counted loops: many iterations are charged at once, and run without a look at fuel; short bodies several times in a
//! row.
//!
//! At the head, as many iterations begin as the count, the bound and the slice allow, the dearest way through the body
//! taken. What an iteration that has not begun has been charged is taken off again wherever the fuel is observed: at a trap, at a
//! `Break`, where the function returns.

use super::Emitter;
use super::blocks::{Label, Open, OpenLoop};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use cranelift_frontend::Variable;
use nda_ast::{Effects, Node, NodeId, Op};

/// Iterations that have been charged together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch {
    /// The loop's index,
    index: Variable,
    /// one past what it is in the last iteration,
    end: Value,
    /// and what each costs.
    cost: u64,
}

/// A loop of batches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    batch: Batch,
    /// Where an iteration begins.
    inner: Block,
}

/// Nodes of all copies of a body that is written several times, at most.
const NODES: usize = 100;

impl Emitter<'_, '_> {
    /// Whether a `Loop` charges many iterations at once: nothing in its body spends what is not known ahead of time.
    pub(crate) fn is_counted(&self, ordinal: u32) -> bool {
        let info = &self.plan.loops[ordinal as usize];
        let plain = |node: &Node, id: NodeId| {
            let part = self.plan.fuel.inlined.binary_search(&id).is_ok();
            !matches!(node.op(), Op::Loop | Op::While)
                && (part || !node.op().info().effects.has(Effects::CALL))
        };
        let body = &self.f.nodes()[info.head as usize - 1..info.end as usize - 1];
        // A way that leads out of the loop is not part of what an iteration costs.
        let stays = |node: &Node| !matches!(node.op(), Op::Break | Op::Continue) || node.depth() == 0;
        body.iter().zip(info.head..).all(|(node, id)| plain(node, id) && stays(node))
            && self.plan.fuel.iterations[ordinal as usize] > 0
    }

    /// What is left of the fuel where only the iterations that have begun are charged.
    pub(crate) fn uncharged(&mut self, batch: Batch, fuel: Value) -> Value {
        let index = self.b.use_var(batch.index);
        let next = self.b.ins().iadd_imm_s(index, 1);
        let left = self.b.ins().isub(batch.end, next);
        let cost = self.int(batch.cost as i64);
        let units = self.b.ins().imul(left, cost);
        self.b.ins().iadd(fuel, units)
    }

    /// Opens a loop of batches, at whose body the walk goes on.
    pub(crate) fn begin_counted(&mut self, open: &mut OpenLoop, id: NodeId, node: &Node) {
        let ordinal = open.ordinal;
        let (before, head) = self.begin_head(ordinal);
        let index = self.scalar_of(node.index_slot());
        let Some(counter) = self.counters[ordinal as usize] else { return };
        let count = self.b.use_var(counter);
        let mut most = self.b.ins().isub(count, index);
        if let Some(max) = node.max() {
            let limit = self.int(max as i64);
            let over = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, limit);
            self.trap_if(over, id, nda_runtime::TrapCode::LoopLimit, [Some(limit), None]);
            let bound = self.b.ins().isub(limit, index);
            most = self.b.ins().umin(most, bound);
        }
        // The way out of the loop is to be covered, too: no iteration leads to it for less than its body costs.
        let cost = self.valid.block_cost(node.block());
        let fuels = &self.plan.fuel;
        let (way, iteration) = (fuels.heads[ordinal as usize], fuels.iterations[ordinal as usize]);
        let way_out = way - cost;
        let (fuel, zero) = (self.fuel(), self.int(0));
        let beyond = self.int(way_out as i64);
        let spendable = self.b.ins().isub(fuel, beyond);
        let spendable = self.b.ins().smax(spendable, zero);
        let each = self.int(iteration as i64);
        let covered = self.b.ins().udiv(spendable, each);
        let n = self.b.ins().umin(most, covered);
        let none = self.b.ins().icmp(IntCC::Equal, n, zero);
        self.leave_if(none, way_out + iteration, ordinal, before);
        open.head = Some(head);
        let end = self.b.ins().iadd(index, n);
        let body = self.int(cost as i64);
        let units = self.b.ins().imul(n, body);
        let left = self.b.ins().isub(fuel, units);
        self.b.def_var(self.fuel, left);
        let Some(index) = self.slots[node.index_slot() as usize].value else { return };
        let batch = Batch { index, end, cost };
        self.batch = Some(batch);
        let mut rest = self.label();
        if let Some(times) = self.times(ordinal) {
            let answered = self.answerable(ordinal, node.index_slot());
            self.several(open, batch, (n, times), answered, &mut rest);
        } else {
            self.jump(&mut rest);
        }
        self.place(rest);
        let inner = self.b.create_block();
        self.b.ins().jump(inner, &[]);
        self.b.switch_to_block(inner);
        open.counted = Some(Counted { batch, inner });
    }

    /// How often a body is written, if several times: nothing in it takes long or much code.
    fn times(&self, ordinal: u32) -> Option<i64> {
        let info = &self.plan.loops[ordinal as usize];
        let body = &self.f.nodes()[info.head as usize - 1..info.end as usize - 1];
        let light = |node: &Node| match node.op() {
            Op::Let | Op::Store | Op::Load | Op::Int | Op::Float | Op::Bool | Op::Index | Op::StoreElem => {
                true
            }
            op => super::scalar::is_cheap(op),
        };
        let scalar = |node: &Node| {
            !matches!(node.op(), Op::Let | Op::Store) || self.slots[node.slot() as usize].ty.is_scalar()
        };
        let times = [8, 4, 2].into_iter().find(|times| body.len() * times <= NODES)?;
        body.iter().all(|node| light(node) && scalar(node)).then_some(times as i64)
    }

    /// Runs most of `n` iterations, several at a time; the rest is left to what follows.
    fn several(
        &mut self,
        open: &mut OpenLoop,
        batch: Batch,
        (n, times): (Value, i64),
        answered: super::bounds::Answered,
        rest: &mut Label,
    ) {
        let index = self.b.use_var(batch.index);
        let mask = self.int(-times);
        let most = self.b.ins().band(n, mask);
        let end = self.b.ins().iadd(index, most);
        let mut some = self.b.ins().icmp_imm_u(IntCC::NotEqual, most, 0);
        if let Some(fits) = self.answer(&answered, end) {
            some = self.b.ins().band(some, fits);
        }
        let mut begin = self.label();
        self.branch(some, &mut begin, rest);
        self.place(begin);
        let again = self.b.create_block();
        self.b.ins().jump(again, &[]);
        self.b.switch_to_block(again);
        let events = self.plan.loops[open.ordinal as usize].events.clone();
        let (at, last) = (self.at, times - 1);
        self.answered = Some(answered);
        for time in 0..times {
            let next = self.label();
            self.opens.push(Open::Loop(OpenLoop { next, ..*open }));
            self.walk(events.clone());
            if let Some(Open::Loop(mut copy)) = self.opens.pop() {
                self.jump(&mut copy.next);
                self.place(copy.next);
                open.after = copy.after;
            }
            let index = self.b.use_var(batch.index);
            let following = self.b.ins().iadd_imm_s(index, 1);
            self.b.def_var(batch.index, following);
            if time == last {
                let done = self.b.ins().icmp(IntCC::Equal, following, end);
                let more = self.b.create_block();
                let mut finished = self.label();
                let mut over = self.label();
                self.branch_to(done, &mut finished, more);
                self.go_on(more);
                self.b.ins().jump(again, &[]);
                self.b.seal_block(again);
                self.place(finished);
                // Where nothing is left, the batch is done.
                let all = self.b.ins().icmp(IntCC::Equal, end, batch.end);
                let leftover = self.b.create_block();
                self.branch_to(all, &mut over, leftover);
                self.go_on(leftover);
                self.dead = false;
                self.jump(rest);
                self.place(over);
                self.end_batch(open, batch);
            }
        }
        self.answered = None;
        self.at = at;
        self.dead = true;
    }

    fn branch_to(&mut self, holds: Value, yes: &mut Label, no: Block) {
        let mut other = Label { block: no, used: true };
        self.branch(holds, yes, &mut other);
    }

    /// After a batch: out of the loop, or to the head.
    fn end_batch(&mut self, open: &mut OpenLoop, batch: Batch) {
        let Some(counter) = self.counters[open.ordinal as usize] else { return };
        let count = self.b.use_var(counter);
        let is_last = self.b.ins().icmp(IntCC::Equal, batch.end, count);
        let mut again = self.label();
        self.branch(is_last, &mut open.after, &mut again);
        self.place(again);
        if let Some(head) = open.head {
            self.b.ins().jump(head, &[]);
        }
        self.dead = true;
    }

    /// The end of the body of a loop of batches.
    pub(crate) fn close_counted(&mut self, mut open: OpenLoop, counted: Counted) {
        let Counted { batch, inner } = counted;
        self.jump(&mut open.next);
        self.place(open.next);
        if !self.dead {
            let index = self.b.use_var(batch.index);
            let next = self.b.ins().iadd_imm_s(index, 1);
            self.b.def_var(batch.index, next);
            let done = self.b.ins().icmp(IntCC::Equal, next, batch.end);
            let (mut finished, mut again) = (self.label(), self.label());
            self.branch(done, &mut finished, &mut again);
            self.place(again);
            self.b.ins().jump(inner, &[]);
            self.place(finished);
            self.end_batch(&mut open, batch);
        }
        self.b.seal_block(inner);
        self.batch = None;
        if let Some(head) = open.head {
            self.b.seal_block(head);
        }
        self.place(open.after);
    }
}
