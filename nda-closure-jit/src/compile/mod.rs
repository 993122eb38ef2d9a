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
use nda_ast::{BlockId, BlockKind, Function, NodeId, Op, ValidFunction};
use nda_runtime::jit::FrameMap;

use std::cell::Cell;

pub(crate) use blocks::is_large;

use blocks::Open;
use emit::{Notes, Shape};
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
    /// Which operand is in the accumulator of ints, and of floats.
    acc: [Option<InAcc>; 2],
    /// The word whose value the accumulator of ints, and of floats, has besides.
    held: [Option<u8>; 2],
    /// A comparison that the next node branches on.
    test: Option<Test>,
    words: operand::Words,
    /// Words of the slots declared so far, parameters left out.
    slots: Vec<u32>,
    arena: vectors::Places,
    opens: Vec<Open>,
    regions: Vec<Region>,
    /// Where the lists go back to.
    scratch: Box<Scratch>,
    /// Sequences around the record under way.
    sequences: u32,
    loops: u32,
    /// Conditions of `While`, by ascending first node, taken from the end.
    conditions: Vec<BlockId>,
    marks: Vec<Mark>,
    /// The next mark.
    mark: usize,
    /// Records of value selects that wait for their target.
    selects: Vec<select::Open>,
    chains: Vec<Chain>,
}

impl<'f> Compiler<'f> {
    fn new(valid: &'f ValidFunction, imports: &'f [u32], notes: Option<Notes>) -> Compiler<'f> {
        let f = valid.function();
        let blocks = f.blocks().iter().enumerate().rev();
        let conditions = blocks.filter(|(_, b)| b.kind == BlockKind::Cond).map(|(i, _)| i as BlockId);
        let map = FrameMap::new(f.params().len(), f.results().len());
        let mut scratch = SCRATCH.take().unwrap_or_default();
        let mut recs = std::mem::take(&mut scratch.recs);
        recs.reserve(f.node_count() / 2 + 8);
        let (stack, opens) = (std::mem::take(&mut scratch.stack), std::mem::take(&mut scratch.opens));
        let regions = std::mem::take(&mut scratch.regions);
        let slots = std::mem::take(&mut scratch.slots);
        Compiler {
            valid,
            f,
            imports,
            map,
            recs,
            notes,
            node: 0,
            owner: 0,
            last: None,
            stack,
            acc: [None; 2],
            held: [None; 2],
            test: None,
            words: operand::Words::new(f, map),
            slots,
            arena: vectors::Places::new(valid),
            opens,
            regions,
            scratch,
            sequences: 0,
            loops: 0,
            conditions: conditions.collect(),
            marks: select::marks(f),
            mark: 0,
            selects: Vec::new(),
            chains: Vec::new(),
        }
    }

    fn run(mut self) -> Compiled {
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
            if self.conditions.last().is_some_and(|&block| self.f.blocks()[block as usize].first == id) {
                self.begin_condition();
            }
            while !self.step(id) {
                id += 1;
            }
            id += 1;
        }
        let notes = self.notes.take().unwrap_or_default();
        let (words, aggregates, loops) = (self.words.used(), self.arena.used(), self.loops as usize);
        let heads = notes.heads.map(|heads| self.finish_heads(heads));
        let (sites, shapes) = (notes.sites, notes.shapes);
        Compiled { words, aggregates, loops, recs: self.finish(), sites, shapes, heads }
    }

    /// The records, in a list of their exact length; the scratch lists go back to the thread.
    fn finish(mut self) -> Box<[Rec]> {
        let mut recs = self.recs;
        let exact = if recs.len() <= KEPT {
            let exact = recs.as_slice().into();
            recs.clear();
            self.scratch.recs = recs;
            exact
        } else {
            recs.into_boxed_slice()
        };
        self.stack.clear();
        self.opens.clear();
        self.regions.clear();
        self.slots.clear();
        self.scratch.slots = self.slots;
        self.scratch.stack = self.stack;
        self.scratch.opens = self.opens;
        self.scratch.regions = self.regions;
        SCRATCH.set(Some(self.scratch));
        exact
    }

    /// Compiles one node; tells whether it is a statement.
    #[inline]
    fn step(&mut self, id: NodeId) -> bool {
        let node = self.f.node(id);
        let marked = self.mark < self.marks.len();
        if !marked && let Some(operand) = self.leaf(node) {
            self.push(operand);
            return false;
        }
        self.split();
        (self.node, self.owner) = (id, id);
        let node = *node;
        if node.op().is_stmt() {
            self.statement(id, &node);
            return true;
        }
        if marked {
            self.marked(id, &node);
        } else {
            self.expression(id, &node);
        }
        false
    }

    /// Compiles the expressions of nodes `first` to before `end` once more.
    fn again(&mut self, first: NodeId, end: NodeId) {
        let mark = std::mem::replace(&mut self.mark, self.marks.partition_point(|mark| mark.node < first));
        for id in first..end {
            self.step(id);
        }
        self.mark = mark;
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
        id as usize <= self.f.node_count() && self.f.node(id).op() == op
    }
}
