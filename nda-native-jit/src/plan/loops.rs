//! The loops of a function, by ordinal: numbered where they open, in program order.

use super::walk::Event;
use nda_ast::{BlockKind, Function, NodeId, Op};
use std::ops::Range;

/// A loop.
#[derive(Clone, Debug)]
pub(crate) struct LoopInfo {
    /// The statement.
    pub node: NodeId,
    /// The first node that is part of an iteration: of a `While` of its condition.
    pub head: NodeId,
    /// One past the last node of its body.
    pub end: NodeId,
    /// The events of its body.
    pub events: Range<usize>,
    /// The loop around it.
    pub around: Option<u32>,
}

/// The loops of a function.
pub(crate) fn loops(f: &Function, events: &[Event]) -> Vec<LoopInfo> {
    let mut out: Vec<LoopInfo> = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    for (at, event) in events.iter().enumerate() {
        match *event {
            Event::Open(block) => {
                let b = f.blocks()[block as usize];
                let body = match b.kind {
                    BlockKind::Loop => b,
                    BlockKind::Cond => f.blocks()[block as usize + 1],
                    BlockKind::While => {
                        if let Some(ordinal) = open.last() {
                            out[*ordinal as usize].events.start = at + 1;
                        }
                        continue;
                    }
                    _ => continue,
                };
                let (node, around) = (b.owner, open.last().copied());
                out.push(LoopInfo { node, head: b.first, end: body.end, events: at + 1..at + 1, around });
                open.push(out.len() as u32 - 1);
            }
            Event::Close(block) => {
                if matches!(f.blocks()[block as usize].kind, BlockKind::Loop | BlockKind::While)
                    && let Some(ordinal) = open.pop()
                {
                    out[ordinal as usize].events.end = at;
                }
            }
            _ => {}
        }
    }
    debug_assert!(out.iter().all(|l| matches!(f.node(l.node).op(), Op::Loop | Op::While)));
    out
}
