//! From nodes to records: one walk over a function in byte order, without recursion. The condition of a `While` is walked
//! twice, for its entry and for the end of its body.

mod blocks;
mod calls;
mod emit;
mod expr;
mod loops;
mod operand;
mod regions;
mod resume;
mod select;
mod stmt;
mod vectors;

use crate::rec::{Rec, Site};
use nda_ast::{BlockId, BlockKind, Function, Node, NodeId, Op, ValidFunction};
use nda_runtime::jit::FrameMap;

use std::cell::Cell;
use std::mem::take;

pub(crate) use blocks::is_large;

use blocks::Open;
use emit::{Notes, Shape};
use expr::{Class, class};
use operand::{InAcc, Operand, Test};
use regions::Region;
pub(crate) use resume::{Head, Heads, resumable};
use select::{Chain, Mark};

/// What compiling gives.
pub(crate) struct Compiled {
    pub recs: Box<[Rec]>,
    /// Words of the frame.
    pub words: u32,
    /// Words of its aggregates.
    pub aggregates: u32,
    pub loops: usize,
    /// For each record, if asked for: its nodes, and what it is.
    pub sites: Vec<Site>,
    pub shapes: Vec<String>,
    /// What going on from the head of a loop needs, if asked for; and the words of slots.
    pub heads: Option<Heads>,
}

/// Compiles a function; `imports` are the entries of its table that name one, ascending.
pub(crate) fn compile(valid: &ValidFunction, imports: &[u32]) -> Compiled {
    Compiler::new(valid, imports, None).run()
}

impl Compiled {
    /// The same with sites and shapes.
    pub fn with_sites(valid: &ValidFunction, imports: &[u32]) -> Compiled {
        Compiler::new(valid, imports, Some(Notes::default())).run()
    }
}

/// Lists of the walk, kept by the thread for its next function.
#[derive(Default)]
struct Scratch {
    recs: Vec<Rec>,
    stack: Vec<Operand>,
    opens: Vec<Open>,
    regions: Vec<Region>,
    slots: Vec<u32>,
}

/// Most records that a thread keeps room for.
const KEPT: usize = 1 << 13;

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// The state of the walk.
struct Compiler<'f> {
    valid: &'f ValidFunction,
    f: &'f Function,
    nodes: &'f [Node],
    imports: &'f [u32],
    map: FrameMap,
    recs: Vec<Rec>,
    notes: Option<Notes>,
    /// The node under way, and the one that it charges for.
    node: NodeId,
    owner: NodeId,
    /// What the last record is, where one may still be fused with it.
    last: Option<Shape>,
    stack: Vec<Operand>,
    /// Constants that no node has.
    made: Vec<u64>,
    /// Which operand is in the accumulator of ints, and of floats.
    acc: [Option<InAcc>; 2],
    /// The word whose value the accumulator of ints, and of floats, has besides.
    held: [Option<u8>; 2],
    /// A comparison that the next node branches on.
    test: Option<Test>,
    words: operand::Words,
    /// Words of the slots declared so far, parameters first.
    slots: Vec<u32>,
    arena: vectors::Places,
    opens: Vec<Open>,
    regions: Vec<Region>,
    /// A long run is cut from this record on: [`Compiler::split`].
    split_from: u32,
    /// Where the lists go back to.
    scratch: Option<Box<Scratch>>,
    /// Sequences around the record under way.
    sequences: u32,
    loops: u32,
    /// The next condition of a `While`, and its first node.
    condition: BlockId,
    next_condition: NodeId,
    marks: Vec<Mark>,
    /// The next mark, and its node.
    mark: usize,
    next_mark: NodeId,
    /// Records of value selects that wait for their target.
    selects: Vec<select::Open>,
    chains: Vec<Chain>,
}

impl<'f> Compiler<'f> {
    fn new(valid: &'f ValidFunction, imports: &'f [u32], notes: Option<Notes>) -> Compiler<'f> {
        let f = valid.function();
        let map = FrameMap::new(f.params().len(), f.results().len());
        let mut scratch = SCRATCH.take().unwrap_or_default();
        let mut recs = take(&mut scratch.recs);
        recs.reserve(f.node_count() / 2 + 8);
        let (stack, opens) = (take(&mut scratch.stack), take(&mut scratch.opens));
        let regions = take(&mut scratch.regions);
        let mut slots = take(&mut scratch.slots);
        slots.extend((0..f.params().len() as u32).map(|i| map.param(i)));
        let marks = select::marks(f);
        Compiler {
            valid,
            f,
            nodes: f.nodes(),
            imports,
            map,
            recs,
            notes,
            node: 0,
            owner: 0,
            last: None,
            stack,
            made: Vec::new(),
            acc: [None; 2],
            held: [None; 2],
            test: None,
            words: operand::Words::new(f, map),
            slots,
            arena: vectors::Places::new(valid),
            opens,
            regions,
            split_from: u32::MAX,
            scratch: Some(scratch),
            sequences: 0,
            loops: 0,
            condition: 0,
            next_condition: 0,
            next_mark: select::next(&marks, 0),
            marks,
            mark: 0,
            selects: Vec::new(),
            chains: Vec::new(),
        }
    }

    fn run(mut self) -> Compiled {
        self.seek_condition(0);
        self.open_body();
        let mut id = 1;
        loop {
            // Blocks end, and conditions begin, where a statement has ended.
            while self.opens.last().is_some_and(|open| open.end == id) {
                self.close();
            }
            if self.opens.is_empty() {
                break;
            }
            if self.next_condition == id {
                self.begin_condition();
            }
            id = self.through_statement(id);
        }
        let (words, aggregates, loops) = (self.words.used(), self.arena.used(), self.loops as usize);
        let mut notes = self.notes.take().unwrap_or_default();
        let heads = notes.heads.take().map(|heads| self.finish_heads(heads));
        let recs = self.finish();
        Compiled { words, aggregates, loops, recs, sites: notes.sites, shapes: notes.shapes, heads }
    }

    /// Finds the first condition among the blocks from `block` on; the program has them in the order of their nodes.
    fn seek_condition(&mut self, block: BlockId) {
        let mut blocks = (block..).zip(&self.f.blocks()[block as usize..]);
        let found = blocks.find(|(_, b)| b.kind == BlockKind::Cond).map(|(block, b)| (block, b.first));
        (self.condition, self.next_condition) = found.unwrap_or((0, NodeId::MAX));
    }

    /// The records, in a list of their exact length; the scratch lists go back to the thread.
    fn finish(&mut self) -> Box<[Rec]> {
        let exact = if self.recs.len() <= KEPT {
            let exact = self.recs.as_slice().into();
            self.recs.clear();
            exact
        } else {
            take(&mut self.recs).into_boxed_slice()
        };
        self.stack.clear();
        self.opens.clear();
        self.regions.clear();
        self.slots.clear();
        if let Some(mut scratch) = self.scratch.take() {
            scratch.recs = take(&mut self.recs);
            scratch.slots = take(&mut self.slots);
            scratch.stack = take(&mut self.stack);
            scratch.opens = take(&mut self.opens);
            scratch.regions = take(&mut self.regions);
            SCRATCH.set(Some(scratch));
        }
        exact
    }

    /// Compiles nodes from `id` on up to the end of a statement's own; gives the node after it.
    #[inline]
    fn through_statement(&mut self, mut id: NodeId) -> NodeId {
        let nodes = self.nodes;
        while let [node, rest @ ..] = &nodes[id as usize - 1..] {
            let class = class(node.op());
            if let Class::Statement = class {
                self.begin_node(id);
                self.statement(id, node);
                return id + 1;
            }
            if id >= self.next_mark {
                self.marked(id, node);
            } else if let (Some(leaf), [next, ..]) = (self.leaf(id, node, class), rest) {
                // Most leaves are the last operand of what follows, and need not wait.
                match self::class(next.op()) {
                    Class::Binary(op) if id + 1 < self.next_mark => {
                        id += 1;
                        self.begin_node(id);
                        self.binary(id, op, leaf);
                    }
                    _ => self.push(leaf),
                }
            } else {
                self.expression(id, node, class);
            }
            id += 1;
        }
        unreachable!("expressions belong to a statement")
    }

    /// Before a node that is no leaf takes its operands: what waits may be brought into words.
    #[inline]
    pub(super) fn begin_node(&mut self, id: NodeId) {
        self.split();
        (self.node, self.owner) = (id, id);
    }

    /// Compiles the expressions of nodes `first` to before `end` once more.
    fn again(&mut self, first: NodeId, end: NodeId) {
        let mark = self.mark;
        self.set_mark(self.marks.partition_point(|mark| mark.node < first));
        for id in first..end {
            self.marked(id, &self.nodes[id as usize - 1]);
        }
        self.set_mark(mark);
    }

    /// Whether the node after `id` branches on its value.
    fn branches(&self, id: NodeId) -> bool {
        self.branches_plainly(id)
            || self.is_op(id + 1, Op::NotBool) && self.branches_plainly(id + 1)
            || self.marks.get(self.mark).is_some_and(|mark| mark.node == id && mark.branches())
    }

    /// Whether the node after `id` is a statement that branches on its value. A long condition of a loop leaves a
    /// value, since it may be cut into parts.
    fn branches_plainly(&self, id: NodeId) -> bool {
        self.is_op(id + 1, Op::If)
            || self.is_op(id + 1, Op::While) && id + 1 - self.f.node(id + 1).start() <= regions::SHORT
    }

    fn is_op(&self, id: NodeId, op: Op) -> bool {
        self.nodes.get(id as usize - 1).is_some_and(|node| node.op() == op)
    }
}
