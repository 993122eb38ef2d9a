//! `Select`, which is lazy, and what `&&` and `||` mean.
//!
//! A select whose value is branched on and one of whose arms is a constant is compiled to tests in a row: `c && x` is
//! `Select c x false`, `c || x` is `Select c true x`. Any other leaves its value in a temporary.

use super::Compiler;
use super::emit::{BLANK, Name};
use super::expr::class;
use super::operand::Operand;
use crate::rec::Rec;
use crate::records::flow;
use nda_ast::{Function, Node, NodeId, Op};

/// Conditions of more nodes are not compiled to tests in a row, so that a part of a sequence never ends within one.
const MOST: u32 = 48;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// A constant arm: no record.
    Nothing,
    /// The first operand of `c && x`: where it fails, the whole does.
    And,
    /// The first operand of `c || x`.
    Or,
    /// The last test of a row: what follows the select branches on it.
    Last,
    /// The condition of a select, its first arm, its second arm, itself.
    Condition,
    First,
    Second,
    Done,
}

/// What happens at or after a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub node: NodeId,
    what: What,
    /// The select.
    select: NodeId,
}

impl Mark {
    /// Whether it is a test that leads to where the whole condition holds.
    pub fn is_or(&self) -> bool {
        self.what == What::Or
    }

    /// Whether the node's value is branched on.
    pub fn branches(&self) -> bool {
        matches!(self.what, What::And | What::Or | What::Last | What::Condition)
    }
}

/// A record that passes control to where a condition holds (`true`) or fails.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    rec: u32,
    holds: bool,
    /// The node that it tests.
    node: NodeId,
}

/// A select that leaves a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// The record to be patched next.
    rec: u32,
    /// The temporary of the value.
    temp: u32,
}

/// The marks of a function, by ascending node.
pub(super) fn marks(f: &Function) -> Vec<Mark> {
    let (mut marks, mut roots) = (Vec::new(), Vec::new());
    if !f.has_selects() {
        return marks;
    }
    let nodes = f.nodes();
    // Outer ones first, so that it is known of inner ones whether they are branched on.
    for id in (1..=nodes.len() as NodeId).rev() {
        let node = f.node(id);
        let small = id - node.start() < MOST;
        if node.op().is_stmt() {
            // The operands of later statements have been seen.
            roots.clear();
            if matches!(node.op(), Op::If | Op::While) && small {
                roots.push(id - 1);
            }
        }
        if node.op() != Op::Select {
            continue;
        }
        let second = id - 1;
        let first = f.operand_before(second);
        let condition = f.operand_before(first);
        let mut mark = |node, what| marks.push(Mark { node, what, select: id });
        let constant = |arm: NodeId, value: bool| f.node(arm).op() == Op::Bool && f.node(arm).bool() == value;
        let root = roots.contains(&id);
        if root && constant(second, false) {
            mark(condition, What::And);
            mark(first, What::Last);
            mark(second, What::Nothing);
            mark(id, What::Nothing);
            roots.extend([condition, first]);
        } else if root && constant(first, true) && turns(f, condition) {
            mark(condition, What::Or);
            mark(first, What::Nothing);
            mark(second, What::Last);
            mark(id, What::Nothing);
            roots.push(second);
        } else {
            mark(condition, What::Condition);
            mark(first, What::First);
            mark(second, What::Second);
            mark(id, What::Done);
        }
        roots.retain(|root| *root < id);
    }
    // Of two marks at one node the inner select's comes first: it ends there.
    marks.sort_by_key(|mark| (mark.node, mark.select));
    marks
}

/// The node of mark number `mark`; past all nodes where there is none.
pub(super) fn next(marks: &[Mark], mark: usize) -> NodeId {
    marks.get(mark).map_or(NodeId::MAX, |mark| mark.node)
}

/// Whether the negation of a condition is a test as well.
fn turns(f: &Function, condition: NodeId) -> bool {
    !matches!(
        f.node(condition).op(),
        Op::LtFloat | Op::LeFloat | Op::GtFloat | Op::GeFloat | Op::Select | Op::NotBool
    )
}

/// The comparison that holds where this one fails; `None` of floats in order, which both fail with a NaN.
pub(super) fn negated(op: Op) -> Option<Op> {
    Some(match op {
        Op::EqInt => Op::NeInt,
        Op::NeInt => Op::EqInt,
        Op::LtS => Op::GeS,
        Op::GeS => Op::LtS,
        Op::GtS => Op::LeS,
        Op::LeS => Op::GtS,
        Op::LtU => Op::GeU,
        Op::GeU => Op::LtU,
        Op::GtU => Op::LeU,
        Op::LeU => Op::GtU,
        Op::EqFloat => Op::NeFloat,
        Op::NeFloat => Op::EqFloat,
        _ => return None,
    })
}

impl Compiler<'_> {
    pub(super) fn set_mark(&mut self, mark: usize) {
        self.mark = mark;
        self.next_mark = next(&self.marks, mark);
    }

    /// Compiles an expression at which marks may stand.
    pub(super) fn marked(&mut self, id: NodeId, node: &Node) {
        if id < self.next_mark {
            self.expression(id, node, class(node.op()));
            return;
        }
        self.begin_node(id);
        let is = |mark: Option<&Mark>, what| mark.is_some_and(|mark| mark.node == id && mark.what == what);
        if is(self.marks.get(self.mark), What::Nothing) && (node.op() == Op::Bool || node.op() == Op::Select)
        {
            self.set_mark(self.mark + 1);
        } else if is(self.marks.get(self.mark), What::Done) && node.op() == Op::Select {
            self.set_mark(self.mark + 1);
            self.selected();
        } else {
            self.expression(id, node, class(node.op()));
        }
        while let Some(mark) = self.marks.get(self.mark).copied().filter(|mark| mark.node == id) {
            self.set_mark(self.mark + 1);
            match mark.what {
                What::And => self.chain(id, false),
                What::Or => self.chain(id, true),
                What::Condition => self.select_condition(id),
                What::First => self.first_arm(),
                What::Second => self.second_arm(),
                What::Last | What::Nothing | What::Done => {}
            }
        }
    }

    /// The statement whose condition a test in a row belongs to, a few nodes further on: it is charged for.
    fn charger(&self, test: NodeId) -> NodeId {
        let mut id = test as usize;
        while id < self.f.node_count() && !self.f.node(id as NodeId).op().is_stmt() {
            id += 1;
        }
        id as NodeId
    }

    /// A test in a row: passes control on where the rest does not matter.
    fn chain(&mut self, id: NodeId, holds: bool) {
        self.owner = self.charger(id);
        let rec = self.branch_if(holds);
        self.chains.push(Chain { rec, holds, node: id });
        // What holds within the first operand of `c && x` goes on with `x`.
        if !holds {
            let first = self.f.node(id).start();
            self.patch_chains(true, first);
        }
    }

    /// Lets the tests from node `first` on that wait for the outcome `holds` pass control to the next record.
    pub(super) fn patch_chains(&mut self, holds: bool, first: NodeId) {
        while let Some(i) = self.chains.iter().rposition(|c| c.holds == holds && c.node >= first) {
            let chain = self.chains.remove(i);
            self.patch(chain.rec);
        }
    }

    /// Links the tests in a row that wait for a failure behind `last`, by their `skip`; gives the first.
    pub(super) fn chain_out(&mut self, last: u32) -> u32 {
        let mut first = last;
        let recs = &mut self.recs;
        self.chains.retain(|chain| {
            if !chain.holds {
                recs[chain.rec as usize].skip = first;
                first = chain.rec;
            }
            chain.holds
        });
        first
    }

    /// The tests in a row that wait charge as the last one does, each where it passes control on.
    pub(super) fn charge_chains(&mut self, (yes, no): (u32, u32), ordinal: u8) {
        for chain in &self.chains {
            let rec = &mut self.recs[chain.rec as usize];
            rec.no = if chain.holds { yes } else { no };
            rec.d = ordinal;
        }
    }

    fn select_condition(&mut self, id: NodeId) {
        // Before the test, so that both arms find what waits.
        self.spill_both();
        let temp = self.words.take();
        let rec = self.branch_if(false);
        self.selects.push(Open { rec, temp });
        let arm = self.arm_nodes(id);
        self.begin_region(arm);
    }

    /// Nodes of the arm that begins after node `id`.
    fn arm_nodes(&self, id: NodeId) -> u32 {
        // The next mark of the same select stands at the arm's end.
        let select = self.marks.get(self.mark - 1).map(|mark| mark.select);
        let end = self.marks[self.mark..].iter().find(|mark| Some(mark.select) == select);
        end.map_or(0, |mark| mark.node - id)
    }

    fn first_arm(&mut self) {
        let Some(open) = self.selects.last().copied() else { return };
        self.arm_value(open.temp);
        self.end_region();
        let over = self.emit_other(Name::Jump, Rec { f: flow::jump, ..BLANK });
        self.patch(open.rec);
        if let Some(open) = self.selects.last_mut() {
            open.rec = over;
        }
        let id = self.node;
        let arm = self.arm_nodes(id);
        self.begin_region(arm);
    }

    fn second_arm(&mut self) {
        let Some(open) = self.selects.last().copied() else { return };
        self.arm_value(open.temp);
        self.end_region();
    }

    fn arm_value(&mut self, temp: u32) {
        let value = self.pop();
        let word = self.words.temp(temp);
        self.store(value, word);
        self.free(value);
    }

    /// Both arms have left their value in the temporary.
    fn selected(&mut self) {
        let Some(open) = self.selects.pop() else { return };
        self.patch(open.rec);
        self.push(Operand::Temp(open.temp));
    }
}
