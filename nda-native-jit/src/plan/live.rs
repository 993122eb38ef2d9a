//! Which slots are still read: at the head of a loop only those are kept.

use super::loops::LoopInfo;
use nda_ast::{BlockKind, NodeId, Op, SlotId, ValidFunction};

/// Where slots live.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// By slot: the node that declares it (0 of a parameter), the end of the block that it lies in, and the last node at which its
    /// value may still be read. A loop reads what it reads in each iteration.
    spans: Vec<(NodeId, NodeId, NodeId)>,
}

pub(crate) fn live(valid: &ValidFunction, loops: &[LoopInfo]) -> Live {
    let f = valid.function();
    let last = f.node_count() as NodeId + 1;
    let mut spans = vec![(0, last, 0); f.slot_count()];
    let mut next = f.params().len();
    // Ends of the blocks around, and the loops around.
    let (mut ends, mut around): (Vec<NodeId>, Vec<u32>) = (vec![last], Vec::new());
    let mut opened = 0;
    for (node, id) in f.nodes().iter().zip(1..) {
        while ends.len() > 1 && ends.last().is_some_and(|end| *end <= id) {
            ends.pop();
        }
        while around.last().is_some_and(|i| loops[*i as usize].end <= id) {
            around.pop();
        }
        // Of a `While` from its condition on.
        while loops.get(opened).is_some_and(|l| l.head <= id) {
            around.push(opened as u32);
            opened += 1;
        }
        let end = *ends.last().unwrap_or(&last);
        match node.op() {
            Op::Let => {
                spans[next] = (id, end, id);
                next += 1;
            }
            Op::CallStmt => {
                for _ in 0..node.results() {
                    spans[next] = (id, end, id);
                    next += 1;
                }
            }
            Op::Loop => {
                let body = f.blocks()[node.block() as usize];
                spans[next] = (id, body.end, body.end);
                next += 1;
            }
            Op::Load | Op::StoreElem | Op::Push | Op::Truncate | Op::Store => {
                // Stores count as reads, but for those of whole scalars: an aggregate's place must be known.
                let span = &mut spans[node.slot() as usize];
                let outermost = around.iter().find(|i| loops[**i as usize].head > span.0);
                let until = outermost.map_or(id, |i| loops[*i as usize].end);
                if node.op() != Op::Store || valid.slot(node.slot()).ty.is_aggregate() {
                    span.2 = span.2.max(until);
                }
            }
            _ => {}
        }
        match node.op() {
            Op::Scope | Op::Loop => ends.push(f.blocks()[node.block() as usize].end),
            Op::While => ends.push(f.blocks()[node.block() as usize + 1].end),
            Op::If => {
                let (then, other) =
                    (f.blocks()[node.block() as usize], f.blocks()[node.block() as usize + 1]);
                debug_assert_eq!(then.kind, BlockKind::Then);
                ends.push(other.end);
                ends.push(then.end);
            }
            _ => {}
        }
    }
    Live { spans }
}

impl Live {
    /// The slots that are visible at the head of a loop and may be read from there on.
    pub(crate) fn at(&self, head: &LoopInfo) -> impl Iterator<Item = SlotId> {
        let is_live = |(from, end, until): &(NodeId, NodeId, NodeId)| {
            *from <= head.node && head.head < *end && head.head <= *until
        };
        self.spans.iter().zip(0..).filter(move |(span, _)| is_live(span)).map(|(_, slot)| slot)
    }
}
