//! Blocks: opening, closing, and what they add to the one around them.

use super::Checked;
use super::SlotKind;
use super::function::Checker;
use crate::scratch::Entry;
use crate::types::PackedType;
use crate::{BlockId, BlockKind, Bound, LimitKind, Node, NodeId, Op, SlotId};

/// A block not yet ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub block: BlockId,
    pub kind: BlockKind,
    pub owner: NodeId,
    pub first: NodeId,
    /// Cost so far: 1 and the weights of its nodes.
    pub cost: u64,
    /// What blocks and calls in it may cost besides.
    pub extra: Bound,
    /// Greatest levels of its statements, callees counted and not counted.
    pub levels: u32,
    pub nesting: u32,
    /// One above the last slot that it declares, from which a chain leads to its others; 0 for none.
    pub slots: SlotId,
    /// Whether its last statement leaves it.
    pub leaves: bool,
    /// Whether a `Return` lies in it.
    pub returns: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
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
    pub(super) fn open_block(
        &mut self,
        block: BlockId,
        kind: BlockKind,
        owner: NodeId,
        first: NodeId,
    ) -> Checked<()> {
        // Checked here and not only by the certificate, so that no more than this is ever kept open.
        let limit = self.cx.limits.nesting;
        if self.lists.open.len() >= limit as usize {
            return Err(self.cx.limit(LimitKind::Nesting, limit, self.lists.open.len() + 1));
        }
        self.lists.open.push(Open {
            block,
            kind,
            owner,
            first,
            // A scope is charged with the block around it.
            cost: u64::from(kind != BlockKind::Scope),
            extra: Bound::ZERO,
            levels: 0,
            nesting: 0,
            slots: 0,
            leaves: false,
            returns: false,
        });
        Ok(())
    }

    /// `Scope`, `If`, `Loop`: their operand is charged to the block around; then the first block opens.
    pub(super) fn open_construct(&mut self, node: &Node, id: NodeId, first: usize) -> Checked<()> {
        self.end_statement(first, id - node.start(), 1);
        self.lists.costs.push(0);
        let kind = match node.op() {
            Op::Loop => BlockKind::Loop,
            Op::If => {
                self.lists.costs.push(0);
                BlockKind::Then
            }
            _ => BlockKind::Scope,
        };
        self.open_block(node.block(), kind, id, id + 1)?;
        if kind == BlockKind::Loop {
            self.loops += 1;
            // Declared after the block opens, so that it ends with it.
            self.add_slot(PackedType::INT, SlotKind::Index);
        }
        Ok(())
    }

    /// `While`: its condition is a block of its own.
    pub(super) fn open_while(&mut self, node: &Node, id: NodeId, first: usize) -> Checked<()> {
        self.exact = false;
        let cost = 1 + u64::from(id - node.start()) + std::mem::take(&mut self.stmt_excess);
        self.lists.costs.extend([cost, 0]);
        let Entry { levels, nesting, calls, .. } = self.take(first);
        self.end_frame();
        let max = Bound::from(cost).plus(self.bound(calls));
        if let Some(open) = self.lists.open.last_mut() {
            open.cost += 1;
            open.levels = open.levels.max(levels + 1);
            open.nesting = open.nesting.max(nesting + 1);
            self.exact &= !open.returns;
        }
        self.loops += 1;
        self.open_block(node.block() + 1, BlockKind::While, id, id + 1)?;
        self.lists.before.push(Before { max, ..Before::NOTHING });
        Ok(())
    }

    /// The innermost block, which is not the body, ends before node `end`.
    pub(super) fn close_block(&mut self, end: NodeId) -> Checked<()> {
        let Some(mut closed) = self.lists.open.pop() else { return Ok(()) };
        self.hide(closed.slots);
        // An empty arm is no block.
        if closed.first == end && matches!(closed.kind, BlockKind::Then | BlockKind::Else) {
            closed.cost = 0;
        }
        if closed.kind != BlockKind::Scope {
            self.lists.costs[closed.block as usize] = closed.cost;
        }
        match closed.kind {
            BlockKind::Then => self.close_then(&closed, end)?,
            BlockKind::Else => self.close_if(&closed),
            BlockKind::Loop => self.close_loop(&closed),
            BlockKind::While | BlockKind::Cond => self.close_while(&closed),
            BlockKind::Scope | BlockKind::Body => {
                let leaves = closed.leaves;
                let cost = closed.cost;
                self.close_into(closed.extra, cost, closed.levels, closed.nesting, leaves, closed.returns);
            }
        }
        Ok(())
    }

    /// No node after the block may name the slots that it declares.
    fn hide(&mut self, mut slot: SlotId) {
        while let Some(last) = slot.checked_sub(1) {
            let hidden = &mut self.lists.slots[last as usize];
            hidden.visible = false;
            slot = hidden.before;
        }
    }

    fn close_then(&mut self, closed: &Open, end: NodeId) -> Checked<()> {
        self.open_block(closed.block + 1, BlockKind::Else, closed.owner, end)?;
        self.lists.before.push(Before {
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
        self.lists.before.pop().unwrap_or(Before::NOTHING)
    }

    fn close_loop(&mut self, closed: &Open) {
        self.loops -= 1;
        // The count is the last operand, before the loop.
        let (count, node) = (self.lists.node(closed.owner - 1), *self.lists.node(closed.owner));
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
        let max = match self.lists.node(closed.owner).max() {
            Some(k) => closed.max().times(k.into()).plus(before.max.times(u128::from(k) + 1)),
            None => Bound::Unbounded,
        };
        self.close_into(max, 0, closed.levels, closed.nesting, false, closed.returns);
    }

    fn close_into(&mut self, max: Bound, cost: u64, levels: u32, nesting: u32, leaves: bool, returns: bool) {
        if let Some(open) = self.lists.open.last_mut() {
            open.extra = open.extra.plus(max);
            open.cost += cost;
            open.levels = open.levels.max(levels + 1);
            open.nesting = open.nesting.max(nesting + 1);
            open.leaves = leaves;
            open.returns |= returns;
        }
    }
}
