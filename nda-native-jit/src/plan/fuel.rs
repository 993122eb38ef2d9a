//! Where fuel is looked at.
//!
//! At the beginning of the function and at the head of each loop, code makes sure that the slice covers the dearest way to
//! the next such place: the blocks on it then only subtract what they cost. A call ends such a way, since it spends
//! what it likes: blocks that may follow one look for themselves.

use super::loops::LoopInfo;
use super::walk::Event;
use nda_ast::{BlockId, BlockKind, Function, NodeId, Op, ValidFunction};

/// What is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FuelPlan {
    /// What the slice is to cover where the function begins.
    pub begin: u64,
    /// What it is to cover at the head of each loop, by ordinal.
    pub heads: Vec<u64>,
    /// The dearest way through the body of each `Loop` to its end, where nothing in it looks; else 0.
    pub iterations: Vec<u64>,
    /// Whether a block looks for itself, by block.
    pub checked: Vec<bool>,
    /// The calls whose callees are part of the code, ascending: those before which no other call may have come.
    pub inlined: Vec<NodeId>,
}

/// `inlinable` gives of a call whose callee may be part of the code the dearest way through that.
pub(crate) fn fuel_plan(
    valid: &ValidFunction,
    events: &[Event],
    loops: &[LoopInfo],
    inlinable: &dyn Fn(NodeId) -> Option<u64>,
) -> FuelPlan {
    let (checked, inlined) = checked(valid.function(), events, inlinable);
    // What a call costs that is part of the code; `None` of any other.
    let way = |id: NodeId| inlined.binary_search(&id).ok().and_then(|_| inlinable(id));
    let (begin, heads) = needs(valid, events, loops, &way);
    let iterations = iterations(valid, loops, &way);
    FuelPlan { begin, heads, iterations, checked, inlined }
}

fn is_call(op: Op) -> bool {
    matches!(op, Op::Call | Op::CallStmt)
}

/// At most what all blocks of a body cost together, where none is run twice.
fn iterations(
    valid: &ValidFunction,
    loops: &[LoopInfo],
    inlined: &dyn Fn(NodeId) -> Option<u64>,
) -> Vec<u64> {
    let f = valid.function();
    let one = |l: &LoopInfo| {
        let inside =
            |(b, _): &(&nda_ast::Block, BlockId)| l.node <= b.owner && b.end <= l.end && b.first > l.node;
        let blocks = f.blocks().iter().zip(0..).filter(inside);
        let calls = (l.head..l.end).filter_map(|id| is_call(f.node(id).op()).then(|| inlined(id))?);
        let costs = blocks.map(|(_, id)| valid.block_cost(id)).chain(calls);
        costs.fold(0_u64, u64::saturating_add)
    };
    loops.iter().map(one).collect()
}

/// Walks backwards with the cost of the dearest way from where it stands to the next place that looks.
fn needs(
    valid: &ValidFunction,
    events: &[Event],
    loops: &[LoopInfo],
    inlined: &dyn Fn(NodeId) -> Option<u64>,
) -> (u64, Vec<u64>) {
    struct Open {
        kind: BlockKind,
        /// The way after the statement.
        after: u64,
        /// Of a then-arm: the way through the else-arm. Of a condition: through the body.
        other: u64,
        /// Of a condition: whether it calls.
        calls: bool,
    }
    let f = valid.function();
    let mut heads = vec![0; loops.len()];
    let mut ordinal = loops.len();
    let (mut open, mut way): (Vec<Open>, u64) = (Vec::new(), 0);
    for event in events.iter().rev() {
        match *event {
            Event::Close(block) => {
                let kind = f.blocks()[block as usize].kind;
                let (mut after, mut other) = (way, 0);
                match kind {
                    BlockKind::Body => (after, way) = (0, 0),
                    BlockKind::Scope | BlockKind::Else | BlockKind::Loop => {}
                    // To the head, which looks.
                    BlockKind::While => way = 0,
                    BlockKind::Then | BlockKind::Cond => {
                        // Where the else-arm, or the body, has been left.
                        if let Some(closed) = open.pop() {
                            (after, other) = (closed.after, way);
                            way = if kind == BlockKind::Then { after } else { 0 };
                        }
                    }
                }
                open.push(Open { kind, after, other, calls: false });
            }
            Event::Open(block) => {
                let cost = valid.block_cost(block);
                let Some(top) = open.last() else { continue };
                let (kind, after, other, calls) = (top.kind, top.after, top.other, top.calls);
                way = cost.saturating_add(way);
                match kind {
                    // Its partner is still to come, and takes the place.
                    BlockKind::Else | BlockKind::While => {}
                    BlockKind::Then => {
                        open.pop();
                        way = way.max(other);
                    }
                    BlockKind::Cond => {
                        open.pop();
                        ordinal -= 1;
                        heads[ordinal] = way.saturating_add(if calls { 0 } else { after.max(other) });
                        way = 0;
                    }
                    BlockKind::Loop => {
                        open.pop();
                        ordinal -= 1;
                        heads[ordinal] = way;
                        way = after;
                    }
                    BlockKind::Body | BlockKind::Scope => {
                        open.pop();
                    }
                }
            }
            Event::Node(id) => {
                let node = f.node(id);
                match node.op() {
                    Op::Return | Op::Fail => way = 0,
                    op if is_call(op) => match inlined(id) {
                        Some(callee) => way = way.saturating_add(callee),
                        None => {
                            way = 0;
                            if let Some(top) = open.last_mut() {
                                top.calls = true;
                            }
                        }
                    },
                    Op::Break | Op::Continue => {
                        let is_loop = |o: &&Open| matches!(o.kind, BlockKind::Loop | BlockKind::While);
                        let target = open.iter().rev().filter(is_loop).nth(node.depth() as usize);
                        way = match target {
                            Some(target) if node.op() == Op::Break || target.kind == BlockKind::Loop => {
                                target.after
                            }
                            _ => 0,
                        };
                    }
                    _ => {}
                }
            }
            Event::Condition(_) | Event::FirstArm(_) => {}
        }
    }
    (way, heads)
}

/// Walks forwards with whether a call may have come since the last place that looks.
fn checked(
    f: &Function,
    events: &[Event],
    inlinable: &dyn Fn(NodeId) -> Option<u64>,
) -> (Vec<bool>, Vec<NodeId>) {
    #[derive(Default)]
    struct Open {
        block: BlockId,
        is_loop: bool,
        /// What is so before the statement.
        before: bool,
        /// Whether a call may have come on a way past the statement.
        after: bool,
    }
    let (mut out, mut inlined) = (vec![false; f.blocks().len()], Vec::new());
    let (mut open, mut called): (Vec<Open>, bool) = (Vec::new(), false);
    for event in events {
        match *event {
            Event::Open(block) => {
                let kind = f.blocks()[block as usize].kind;
                let before = called;
                match kind {
                    BlockKind::Loop => {
                        called = false;
                        open.push(Open { block, is_loop: true, before, after: before });
                    }
                    BlockKind::Cond => called = false,
                    BlockKind::While => open.push(Open { block, is_loop: true, before, after: before }),
                    // The then-arm has ended with what `called` is; the statement began with what it kept.
                    BlockKind::Else => {
                        if let Some(then) = open.pop() {
                            open.push(Open { block, is_loop: false, before, after: called });
                            called = then.before;
                        }
                    }
                    BlockKind::Then | BlockKind::Body | BlockKind::Scope => {
                        open.push(Open { block, is_loop: false, before, after: false });
                    }
                }
                out[block as usize] = called;
            }
            Event::Close(block) => match f.blocks()[block as usize].kind {
                BlockKind::Cond | BlockKind::Then => {}
                kind @ (BlockKind::Else | BlockKind::Loop | BlockKind::While) => {
                    if let Some(closed) = open.pop() {
                        debug_assert_eq!(closed.block, block);
                        // The end of a `While`'s body leads to its head only.
                        called = closed.after || called && kind != BlockKind::While;
                    }
                }
                BlockKind::Body | BlockKind::Scope => {
                    open.pop();
                }
            },
            Event::Node(id) => {
                let node = f.node(id);
                match node.op() {
                    op if is_call(op) && !called && inlinable(id).is_some() => inlined.push(id),
                    op if is_call(op) => called = true,
                    Op::Return | Op::Fail => called = false,
                    Op::Break | Op::Continue => {
                        let target = open.iter_mut().rev().filter(|o| o.is_loop).nth(node.depth() as usize);
                        if let Some(target) = target {
                            target.after |= called;
                        }
                        called = false;
                    }
                    _ => {}
                }
            }
            Event::Condition(_) | Event::FirstArm(_) => {}
        }
    }
    (out, inlined)
}
