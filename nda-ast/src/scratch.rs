//! Lists that one decoding or validation after another reuses: small programs come by the million, and lists made anew
//! for each would be most of their time. Decoder and validator share them, so that both work from one pointer.

use crate::types::PackedType;
use crate::validate::{Before, Declared, Open};
use crate::{BlockId, Bound, Node, NodeId};
use std::cell::RefCell;

/// Greatest number of entries of a list kept from one program to the next, and of nodes that are copied out of it.
const KEEP: usize = 4096;

/// An expression that waits for its user.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Its type, where who validates has said it.
    pub ty: PackedType,
    /// Its first node.
    pub start: NodeId,
    /// Levels, callees counted.
    pub levels: u32,
    /// Levels, callees not counted.
    pub nesting: u32,
    /// What calls in it may cost: an index into [`Lists::bounds`], 0 for nothing.
    pub calls: u32,
}

impl Entry {
    /// No operand.
    pub const NOTHING: Entry = Entry { ty: PackedType::NONE, start: 0, levels: 0, nesting: 0, calls: 0 };

    /// Node `id`, without operands.
    #[inline]
    pub fn leaf(ty: PackedType, id: NodeId) -> Entry {
        Entry { ty, start: id, levels: 1, nesting: 1, calls: 0 }
    }

    /// Becomes the value of an operation on itself.
    #[inline]
    pub fn grow(&mut self, ty: PackedType) {
        self.ty = ty;
        self.levels += 1;
        self.nesting += 1;
    }

    /// Becomes the value of an operation on itself and `other`. They do not both call.
    #[inline]
    pub fn join(&mut self, other: Entry, ty: PackedType) {
        self.levels = self.levels.max(other.levels);
        self.nesting = self.nesting.max(other.nesting);
        self.calls += other.calls;
        self.grow(ty);
    }
}

/// The lists of the function under way.
#[derive(Default)]
pub(crate) struct Lists {
    pub nodes: Vec<Node>,
    /// Expressions that wait; none where a statement begins or a block ends.
    pub stack: Vec<Entry>,
    /// Decoder: blocks not yet ended, the innermost last.
    pub begun: Vec<BlockId>,
    /// Validator: slots declared so far.
    pub slots: Vec<Declared>,
    /// Validator: blocks not yet ended, the innermost last.
    pub open: Vec<Open>,
    /// Validator: what the first arm of an `If`, or the condition of a `While`, leaves for the end of the statement.
    pub before: Vec<Before>,
    /// Validator: costs of blocks, by block.
    pub costs: Vec<u64>,
    /// Validator: sums of call bounds that expressions refer to; 0 is nothing.
    pub bounds: Vec<Bound>,
}

impl Lists {
    const EMPTY: Lists = Lists {
        nodes: Vec::new(),
        stack: Vec::new(),
        begun: Vec::new(),
        slots: Vec::new(),
        open: Vec::new(),
        before: Vec::new(),
        costs: Vec::new(),
        bounds: Vec::new(),
    };

    /// Empties all.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.stack.clear();
        self.begun.clear();
        self.slots.clear();
        self.open.clear();
        self.before.clear();
        self.costs.clear();
        self.bounds.clear();
    }

    fn is_large(&self) -> bool {
        // No list but that of slots is longer than that of nodes, or the stack while a node is refused.
        self.nodes.capacity() > KEEP || self.stack.capacity() > KEEP || self.slots.capacity() > KEEP
    }

    /// Number of the next node.
    #[inline]
    pub fn next_id(&self) -> NodeId {
        self.nodes.len() as NodeId + 1
    }

    /// Node `id`.
    #[inline]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize - 1]
    }

    /// The nodes, in room of their own: of many small functions none holds more than it needs, and a large one is not
    /// copied.
    pub fn take_nodes(&mut self) -> Vec<Node> {
        if self.nodes.len() <= KEEP { self.nodes.as_slice().into() } else { std::mem::take(&mut self.nodes) }
    }
}

thread_local! {
    static LISTS: RefCell<Lists> = const { RefCell::new(Lists::EMPTY) };
}

/// Lends this thread's lists to `f`. They hold what is left over from before.
pub(crate) fn with<R>(f: impl FnOnce(&mut Lists) -> R) -> R {
    LISTS.with(|cell| match cell.try_borrow_mut() {
        Ok(mut lists) => {
            let out = f(&mut lists);
            // What one large program needed is given back.
            if lists.is_large() {
                *lists = Lists::EMPTY;
            }
            out
        }
        // Decoding within a decoding: an owner of bytes may do anything when it is dropped.
        Err(_) => f(&mut Lists::default()),
    })
}
