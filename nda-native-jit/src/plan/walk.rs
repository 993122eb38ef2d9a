//! The order of a function: its nodes in byte order, with the beginnings and ends of blocks, and what follows the operands of a
//! `Select`.

use nda_ast::{BlockId, BlockKind, Function, NodeId, Op};

/// A step of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A node, after its operands.
    Node(NodeId),
    /// A block begins: of a `While` its condition before the nodes of that, else after the statement that owns it.
    Open(BlockId),
    Close(BlockId),
    /// The condition of this `Select` has been walked; its first arm follows.
    Condition(NodeId),
    /// The first arm of this `Select` has been walked; its second follows.
    FirstArm(NodeId),
}

/// The events of a function. Both arms of an `If` are there, empty ones too.
pub(crate) fn events(f: &Function) -> Vec<Event> {
    let mut out = Vec::with_capacity(f.node_count() + 2 * f.blocks().len());
    let marks = select_marks(f);
    let mut marks = marks.iter().copied().peekable();
    let mut conditions = f
        .blocks()
        .iter()
        .zip(0..)
        .filter(|(b, _)| b.kind == BlockKind::Cond)
        .map(|(b, i)| (b.first, i))
        .peekable();
    let mut open: Vec<BlockId> = vec![0];
    out.push(Event::Open(0));
    let mut id = 1;
    loop {
        while let Some(&block) = open.last()
            && f.blocks()[block as usize].end == id
            && f.blocks()[block as usize].kind != BlockKind::Cond
        {
            open.pop();
            out.push(Event::Close(block));
            if f.blocks()[block as usize].kind == BlockKind::Then {
                open.push(block + 1);
                out.push(Event::Open(block + 1));
            }
        }
        if open.is_empty() {
            return out;
        }
        if let Some((_, block)) = conditions.next_if(|(first, _)| *first == id) {
            out.push(Event::Open(block));
        }
        let node = f.node(id);
        if node.op() == Op::While {
            out.push(Event::Close(node.block()));
        }
        out.push(Event::Node(id));
        match node.op() {
            Op::Scope | Op::Loop | Op::If => {
                open.push(node.block());
                out.push(Event::Open(node.block()));
            }
            Op::While => {
                open.push(node.block() + 1);
                out.push(Event::Open(node.block() + 1));
            }
            _ => {}
        }
        while let Some((_, event)) = marks.next_if(|(at, _)| *at == id) {
            out.push(event);
        }
        id += 1;
    }
}

/// What follows operands of selects, by ascending node; of two at one node the inner select's comes first.
fn select_marks(f: &Function) -> Vec<(NodeId, Event)> {
    let mut marks = Vec::new();
    for (node, id) in f.nodes().iter().zip(1..) {
        if node.op() == Op::Select {
            let first = f.operand_before(id - 1);
            marks.push((f.operand_before(first), Event::Condition(id)));
            marks.push((first, Event::FirstArm(id)));
        }
    }
    // Pushed by ascending select, and kept so by a stable sort.
    marks.sort_by_key(|(node, _)| *node);
    marks
}
