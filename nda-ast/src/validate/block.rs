//! Blocks: opening, closing, and what they add to the one around them.

use super::Checked;
use super::SlotKind;
use super::function::Checker;
use crate::Type;
use crate::{BlockId, BlockKind, Bound, LimitKind, NodeId, Op};

/// A block not yet ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub block: BlockId,
    pub kind: BlockKind,
    pub owner: NodeId,
    pub end: NodeId,
    /// Cost so far: 1 and the weights of its nodes.
    pub cost: u64,
    /// What blocks and calls in it may cost besides.
    pub extra: Bound,
    /// Greatest levels of its statements, callees counted and not counted.
    pub levels: u32,
    pub nesting: u32,
    /// Whether its last statement leaves it.
    pub leaves: bool,
    /// Whether a `Return` lies in it.
    pub returns: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    max: Bound,
    levels: u32,
    nesting: u32,
    leaves: bool,
    returns: bool,
}

impl Before {
    const NOTHING: Before = Before { max: Bound::ZERO, levels: 0, nesting: 0, leaves: false, returns: false };
}

impl Open {
    /// max(block): its cost and all that it may enter.
    pub fn max(&self) -> Bound {
        Bound::from(self.cost).plus(self.extra)
    }
}

impl Checker<'_> {
    pub(super) fn open_block(&mut self, block: BlockId) -> Checked<()> {
        // Checked here and not only by the certificate, so that no more than this is ever kept open.
        let limit = self.cx.limits.nesting;
        if self.open.len() >= limit as usize {
            return Err(self.cx.limit(LimitKind::Nesting, limit, self.open.len() + 1));
        }
        let b = self.f.blocks[block as usize];
        // A scope is charged with the block around it, and an empty arm is no block.
        let free = b.kind == BlockKind::Scope
            || (b.is_empty() && matches!(b.kind, BlockKind::Then | BlockKind::Else));
        self.open.push(Open {
            block,
            kind: b.kind,
            owner: b.owner,
            end: b.end,
            cost: u64::from(!free),
            extra: Bound::ZERO,
            levels: 0,
            nesting: 0,
            leaves: false,
            returns: false,
        });
        Ok(())
    }

    /// `Scope`, `If`, `Loop`: their operand is charged to the block around; then the first block opens.
    pub(super) fn open_construct(&mut self, id: NodeId, op: Op, first: usize) -> Checked<()> {
        self.end_statement(first, 1);
        let node = *self.f.node(id);
        self.open_block(node.block())?;
        if op == Op::Loop {
            self.loops += 1;
            // Declared after the block opens, so that it ends with it.
            self.declare(Type::Int, SlotKind::Index);
        }
        Ok(())
    }

    /// `While`: its condition is a block of its own.
    pub(super) fn open_while(&mut self, id: NodeId, first: usize) -> Checked<()> {
        self.exact = false;
        let node = *self.f.node(id);
        let cost = 1 + std::mem::take(&mut self.stmt_weight);
        self.costs[node.block() as usize] = cost;
        let (levels, nesting, calls) = self.take(first);
        self.end_frame();
        let max = Bound::from(cost).plus(self.bound(calls));
        if let Some(open) = self.open.last_mut() {
            open.cost += 1;
            open.levels = open.levels.max(levels + 1);
            open.nesting = open.nesting.max(nesting + 1);
            self.exact &= !open.returns;
        }
        self.loops += 1;
        self.open_block(node.block() + 1)?;
        self.before.push(Before { max, ..Before::NOTHING });
        Ok(())
    }

    /// Ends the innermost block; gives it back where it is the body.
    pub(super) fn close_block(&mut self) -> Checked<Option<Open>> {
        let Some(closed) = self.open.pop() else { unreachable_body() };
        if closed.kind != BlockKind::Scope {
            self.costs[closed.block as usize] = closed.cost;
        }
        match closed.kind {
            BlockKind::Body => return Ok(Some(closed)),
            BlockKind::Then => self.close_then(&closed)?,
            BlockKind::Scope => {
                let leaves = closed.leaves;
                let cost = closed.cost;
                self.close_into(closed.extra, cost, closed.levels, closed.nesting, leaves, closed.returns);
            }
            BlockKind::Else => self.close_if(&closed),
            BlockKind::Loop => self.close_loop(&closed),
            BlockKind::While | BlockKind::Cond => self.close_while(&closed),
        }
        Ok(None)
    }

    fn close_then(&mut self, closed: &Open) -> Checked<()> {
        self.open_block(closed.block + 1)?;
        self.before.push(Before {
            max: closed.max(),
            levels: closed.levels,
            nesting: closed.nesting,
            leaves: closed.leaves,
            returns: closed.returns,
        });
        Ok(())
    }

    fn close_if(&mut self, closed: &Open) {
        let (then, max) = (self.take_before(), closed.max());
        self.exact &= then.max == max;
        self.close_into(
            then.max.max(max),
            0,
            closed.levels.max(then.levels),
            closed.nesting.max(then.nesting),
            closed.leaves && then.leaves,
            closed.returns || then.returns,
        );
    }

    fn take_before(&mut self) -> Before {
        self.before.pop().unwrap_or(Before::NOTHING)
    }

    fn close_loop(&mut self, closed: &Open) {
        self.loops -= 1;
        let node = *self.f.node(closed.owner);
        let count = self.f.node(closed.owner - 1);
        let constant = (count.op() == Op::Int).then(|| count.int().max(0) as u64);
        let times = match (constant, node.max()) {
            (Some(n), Some(k)) => Some(n.min(k)),
            (n, k) => n.or(k),
        };
        // Exact only where the count is known and the bound cannot strike.
        self.exact &= constant.is_some_and(|n| node.max().is_none_or(|k| n <= k)) && !closed.returns;
        let max = times.map_or(Bound::Unbounded, |n| closed.max().times(n.into()));
        self.close_into(max, 0, closed.levels, closed.nesting, false, closed.returns);
    }

    fn close_while(&mut self, closed: &Open) {
        self.loops -= 1;
        let before = self.take_before();
        let max = match self.f.node(closed.owner).max() {
            Some(k) => closed.max().times(k.into()).plus(before.max.times(u128::from(k) + 1)),
            None => Bound::Unbounded,
        };
        self.close_into(max, 0, closed.levels, closed.nesting, false, closed.returns);
    }

    fn close_into(&mut self, max: Bound, cost: u64, levels: u32, nesting: u32, leaves: bool, returns: bool) {
        if let Some(open) = self.open.last_mut() {
            open.extra = open.extra.plus(max);
            open.cost += cost;
            open.levels = open.levels.max(levels + 1);
            open.nesting = open.nesting.max(nesting + 1);
            open.leaves = leaves;
            open.returns |= returns;
        }
    }
}

/// The decoder gives every function a body, and the walk stops when it ends.
fn unreachable_body() -> ! {
    unreachable!("a block ends that was never opened")
}
