//! The node arena of one function.
//!
//! Nodes lie in byte order: the expressions of a statement before it, in post-order; a statement before its blocks.
//! Node ids count from 1; id 0 is the function itself. Each node knows where its operands begin, so the tree is
//! walked without child lists: the last operand of node `i` is node `i - 1`, the one before it ends where that
//! one starts.

use crate::types::PackedType;
use crate::{Hash, Op, Param, Type};
use smallvec::SmallVec;

/// Number of a node in its function: 1.. in byte order, 0 the function itself.
pub type NodeId = u32;
/// Number of a slot in its function.
pub type SlotId = u32;
/// Number of a block in its function: 0 is the body.
pub type BlockId = u32;

/// One node. What the immediates mean depends on the operation; use the accessors.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Bits of a constant, `eps` of `Norm`, K + 1 of a loop, result count of `CallStmt`, element code of `Fill`.
    pub(crate) imm: u64,
    /// Id of the first node of the subtree (its own id for a leaf).
    pub(crate) start: NodeId,
    /// Slot, table index, static count, depth, or first block.
    pub(crate) a: u32,
    /// Index slot of a `Loop`, first result slot of `CallStmt`; of an expression the shape of its type.
    pub(crate) b: u32,
    /// Number of operands.
    pub(crate) n: u16,
    /// The operation.
    pub(crate) op: Op,
    /// Tag of the type of an expression's value, once that is known; else 0.
    pub(crate) tag: u8,
}

/// Types are what validating adds, and follow from the rest: they make no node another.
impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        let key = |node: &Node| (node.op, node.n, node.start, node.a, node.imm);
        key(self) == key(other) && (!self.op.is_stmt() || self.b == other.b)
    }
}

impl Eq for Node {}

impl Node {
    /// A node that has no place in a function yet.
    pub(crate) const fn new(op: Op, imm: u64, a: u32, n: u16) -> Node {
        Node { imm, start: 0, a, b: 0, n, op, tag: 0 }
    }

    /// The type of an expression's value.
    #[inline]
    pub(crate) fn ty(&self) -> PackedType {
        if self.op.is_stmt() { PackedType::NONE } else { PackedType::new(self.tag, self.b) }
    }

    #[inline]
    pub(crate) fn set_ty(&mut self, ty: PackedType) {
        self.tag = ty.tag();
        self.b = ty.shape();
    }

    /// `Fill`: the code of the element type.
    #[inline]
    pub(crate) fn elem_code(&self) -> u32 {
        self.imm as u32
    }

    /// The operation.
    #[must_use]
    #[inline]
    pub fn op(&self) -> Op {
        self.op
    }

    /// Id of the first node of the subtree of operands (the node's own id where it has none).
    #[must_use]
    #[inline]
    pub fn start(&self) -> NodeId {
        self.start
    }

    /// Number of operands.
    #[must_use]
    #[inline]
    pub fn operands(&self) -> usize {
        usize::from(self.n)
    }

    /// `Int`: the constant.
    #[must_use]
    #[inline]
    pub fn int(&self) -> i64 {
        self.imm as i64
    }

    /// `Int`, `Float`, `Bool`: the bits of the constant, as a word of a frame holds it.
    #[must_use]
    #[inline]
    pub fn bits(&self) -> u64 {
        self.imm
    }

    /// `Float`: the constant; `Norm`: eps.
    #[must_use]
    #[inline]
    pub fn float(&self) -> f64 {
        f64::from_bits(self.imm)
    }

    /// `Bool`: the constant.
    #[must_use]
    #[inline]
    pub fn bool(&self) -> bool {
        self.imm != 0
    }

    /// The slot that `Load`, `Store`, `StoreElem`, `Push`, `Truncate` name or `Let` declares.
    #[must_use]
    #[inline]
    pub fn slot(&self) -> SlotId {
        self.a
    }

    /// Index into the function's table: constants and calls.
    #[must_use]
    #[inline]
    pub fn table(&self) -> usize {
        self.a as usize
    }

    /// Static count: length of `Slice`, `Splat`, `ToVec`; capacity of `Fill`, `Recap`.
    #[must_use]
    #[inline]
    pub fn count(&self) -> u32 {
        self.a
    }

    /// `Break`, `Continue`: how many loops out, 0 innermost.
    #[must_use]
    #[inline]
    pub fn depth(&self) -> u32 {
        self.a
    }

    /// First block: body of `Scope` and `Loop`, then-arm of `If` (the else-arm follows), condition of `While` (the
    /// body follows).
    #[must_use]
    #[inline]
    pub fn block(&self) -> BlockId {
        self.a
    }

    /// `Loop`: the slot of the index.
    #[must_use]
    #[inline]
    pub fn index_slot(&self) -> SlotId {
        self.b
    }

    /// `CallStmt`: the first result slot.
    #[must_use]
    #[inline]
    pub fn first_result(&self) -> SlotId {
        self.b
    }

    /// `CallStmt`: how many results.
    #[must_use]
    #[inline]
    pub fn results(&self) -> usize {
        self.imm as usize
    }

    /// `Loop`, `While`: the bound K, if there is one.
    #[must_use]
    #[inline]
    pub fn max(&self) -> Option<u64> {
        self.imm.checked_sub(1)
    }
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Function body.
    Body,
    /// Body of a `Scope`: a scope for slots, charged with the block around it.
    Scope,
    /// First arm of an `If`.
    Then,
    /// Second arm of an `If`.
    Else,
    /// Body of a `Loop`.
    Loop,
    /// Condition of a `While`: the expression nodes before it.
    Cond,
    /// Body of a `While`.
    While,
}

/// A run of nodes under one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Node that owns it; 0, the function, for the body.
    pub owner: NodeId,
    /// Id of its first node.
    pub first: NodeId,
    /// One past the id of its last node; equal to `first` where it is empty.
    pub end: NodeId,
    /// What it is.
    pub kind: BlockKind,
}

impl Block {
    /// Whether it has no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first == self.end
    }
}

/// A decoded function: well-formed, not yet validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub(crate) table: Box<[Hash]>,
    pub(crate) params: SmallVec<[Param; 4]>,
    pub(crate) results: SmallVec<[Type; 2]>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) blocks: SmallVec<[Block; 4]>,
    pub(crate) slots: u32,
    /// Whether a node is a `Select`.
    pub(crate) selects: bool,
}

impl Function {
    /// Nothing.
    #[inline]
    pub(crate) fn new() -> Function {
        Function {
            table: Box::default(),
            params: SmallVec::new(),
            results: SmallVec::new(),
            nodes: Vec::new(),
            blocks: SmallVec::new(),
            slots: 0,
            selects: false,
        }
    }

    /// The distinct hashes it names, in order of first use.
    #[must_use]
    #[inline]
    pub fn table(&self) -> &[Hash] {
        &self.table
    }

    /// Its parameters: slots 0..p.
    #[must_use]
    #[inline]
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// Types of its results.
    #[must_use]
    #[inline]
    pub fn results(&self) -> &[Type] {
        &self.results
    }

    /// Number of nodes.
    #[must_use]
    #[inline]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Number of slots, parameters included.
    #[must_use]
    #[inline]
    pub fn slot_count(&self) -> usize {
        self.slots as usize
    }

    /// Whether a node is a `Select`.
    #[must_use]
    #[inline]
    pub fn has_selects(&self) -> bool {
        self.selects
    }

    /// All nodes; node `id` is at `id - 1`.
    #[must_use]
    #[inline]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Node `id`.
    ///
    /// # Panics
    /// Where `id` is 0 or above [`Function::node_count`].
    #[must_use]
    #[inline]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize - 1]
    }

    /// All blocks, in the order in which they open; 0 is the body.
    #[must_use]
    #[inline]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Ids of the operands of node `id`, in order.
    ///
    /// # Panics
    /// Where `id` is 0 or above [`Function::node_count`].
    #[must_use]
    pub fn operands(&self, id: NodeId) -> SmallVec<[NodeId; 4]> {
        operands(&self.nodes, id)
    }

    /// The last operand of node `id`.
    #[must_use]
    #[inline]
    pub fn last_operand(&self, id: NodeId) -> NodeId {
        id - 1
    }

    /// The operand before `operand` (of the same node).
    ///
    /// # Panics
    /// Where `operand` is no node of this function.
    #[must_use]
    #[inline]
    pub fn operand_before(&self, operand: NodeId) -> NodeId {
        self.node(operand).start - 1
    }

    /// One past the last node of the statement `id`, its blocks included: where the next statement's nodes begin.
    #[must_use]
    pub fn end_of(&self, id: NodeId) -> NodeId {
        let node = self.node(id);
        let last = match node.op {
            Op::Scope | Op::Loop => node.a,
            Op::If | Op::While => node.a + 1,
            _ => return id + 1,
        };
        self.blocks[last as usize].end
    }
}

/// Ids of the operands of node `id` of `nodes`, in order.
pub(crate) fn operands(nodes: &[Node], id: NodeId) -> SmallVec<[NodeId; 4]> {
    let mut out = SmallVec::new();
    let mut last = id;
    for _ in 0..nodes[id as usize - 1].operands() {
        last -= 1;
        out.push(last);
        last = nodes[last as usize - 1].start;
    }
    out.reverse();
    out
}
