//! Loops, and the ways out of them.

use super::Compiler;
use super::blocks::{NONE, Open};
use super::emit::{BLANK, Name, Shape};
use super::operand::{Operand, Source, Test};
use super::select::Mark;
use crate::rec::{BLOCK, NEAR, Rec, RecFn, ordinal_byte};
use crate::records::operand::{A, C, Kind, Pair, S};
use crate::records::{flow, scalar};
use nda_ast::{BlockId, BlockKind, Effects, Node, NodeId, Op, Work};

/// A record that adds to a word: `c`, a word or a small constant, to `d`.
struct Count {
    at: u32,
    d: u8,
    c: u8,
    small: bool,
}

impl Compiler<'_> {
    /// `Loop`: its count is the last operand.
    pub(super) fn begin_loop(&mut self, id: NodeId, node: &Node) {
        let block = node.block();
        let b = self.f.blocks()[block as usize];
        let (ordinal, base) = (self.loops, self.words.base);
        self.loops += 1;
        let count = self.pop();
        let bounded = node.max();
        let source = match bounded {
            Some(_) => Source { kind: Kind::S, word: self.near(count), imm: 0 },
            None => self.source(count),
        };
        self.end_statement();
        let (counter, index) = (self.words.keep(), self.declare_slot());
        self.note_count(counter, block);
        let mut open = Open { ordinal, counter, base, ..Open::plain(block, BlockKind::Loop, b.end, NONE) };
        if counter < NEAR && index < NEAR {
            let f: RecFn = match (bounded, source.kind) {
                (Some(_), _) => flow::bounded_loop,
                (None, Kind::S) => flow::count_loop::<S>,
                (None, Kind::C) => flow::count_loop::<C>,
                (None, Kind::A) => flow::count_loop::<A>,
            };
            let imm = bounded.unwrap_or(source.imm);
            let (b, d) = (counter as u8, index as u8);
            let (c, yes) = (ordinal_byte(ordinal), self.cost(block));
            open.at = self.emit_other(Name::Loop, Rec { f, imm, a: source.word, b, c, d, yes, ..BLANK });
        } else {
            self.far_loop(&mut open, source, index, bounded);
        }
        self.label();
        self.charge_large(block, id, ordinal_byte(ordinal));
        open.sequences = self.sequences;
        self.begin_block(open);
    }

    /// A `Loop` whose counter or index is no near word, put together from other records.
    fn far_loop(&mut self, open: &mut Open, count: Source, index: u32, bounded: Option<u64>) {
        let count = self.near_source(count);
        let rec = Rec { a: count, d: BLOCK, ..BLANK };
        open.entry = self.put_test(Test { op: Op::GtS, pair: Pair::SC, rec, inner: None }, false);
        // Stored at the end of the list of records that pass over the loop.
        self.recs[open.entry as usize].skip = NONE;
        self.store(Operand::Slot(count.into()), open.counter);
        let zero = self.make(0);
        self.store(zero, index);
        self.far_head(open, index, bounded);
        open.at = self.emit_other(Name::While, Rec { f: flow::while_loop, ..BLANK });
    }

    /// Bound and charge of an iteration.
    fn far_head(&mut self, open: &Open, index: u32, bounded: Option<u64>) {
        let owner = self.owner;
        if let Some(max) = bounded {
            let begun = self.near(Operand::Slot(index));
            let copy = self.words.pass();
            self.store(Operand::Slot(begun.into()), copy.into());
            self.bound_word(copy, max, 0);
        }
        self.charge(self.cost(open.block).into(), owner, ordinal_byte(open.ordinal));
    }

    fn far_end(&mut self, open: &Open, index: u32, bounded: Option<u64>) {
        let i = self.near(Operand::Slot(index));
        let shape = Shape::Binary { op: Op::AddInt, pair: Pair::SC, store: true };
        self.emit(shape, Rec { a: i, imm: 1, d: i, ..BLANK });
        let limit = self.near(Operand::Slot(open.counter));
        let rec = Rec { a: i, b: limit, d: BLOCK, ..BLANK };
        let test = self.put_test(Test { op: Op::LtS, pair: Pair::SS, rec, inner: None }, false);
        self.store(Operand::Slot(i.into()), index);
        self.far_head(open, index, bounded);
        self.emit_other(Name::Done, Rec { f: flow::done, ..BLANK });
        self.patch(test);
        self.emit_other(Name::Leave, Rec { f: flow::leave, ..BLANK });
    }

    fn near_source(&mut self, source: Source) -> u8 {
        match source.kind {
            Kind::S => source.word,
            Kind::C | Kind::A => {
                let f: RecFn =
                    if source.kind == Kind::C { scalar::put::<i64, C> } else { scalar::put::<i64, A> };
                let near = self.words.pass();
                self.put_record(Shape::Put, Rec { f, imm: source.imm, d: near, ..BLANK });
                near
            }
        }
    }

    /// `While`: its condition has been compiled and is the last operand.
    pub(super) fn begin_while(&mut self, id: NodeId, node: &Node) {
        self.end_region();
        (self.node, self.owner) = (id, id);
        let condition = node.block();
        let body = condition + 1;
        let b = self.f.blocks()[body as usize];
        // `begin_condition` has opened it.
        let Some(mut open) = self.opens.pop() else { return };
        let (cond, cost) = self.merged_costs(condition, open.merged);
        let bounded = node.max();
        let yes = if bounded.is_some() { cond } else { cond + cost };
        let ordinal = if open.merged { ordinal_byte(open.ordinal) } else { BLOCK };
        let entry = self.branch_to((yes, cond), ordinal);
        open.entry = self.chain_out(entry);
        self.end_statement();
        self.patch_chains(true, 0);
        if let Some(max) = bounded {
            self.bound(&open, max, cost);
        }
        open.at = self.emit_other(Name::While, Rec { f: flow::while_loop, ..BLANK });
        self.label();
        // Its condition is where it is interrupted.
        self.charge_large(body, id, BLOCK);
        (open.block, open.kind, open.end) = (body, BlockKind::While, b.end);
        open.sequences = self.sequences;
        self.begin_block(open);
    }

    /// What a test of the condition charges for the condition, and for the body.
    fn merged_costs(&self, condition: BlockId, merged: bool) -> (u32, u32) {
        (if merged { self.cost(condition) } else { 0 }, self.cost(condition + 1))
    }

    /// The condition of a `While` begins: the loop opens.
    pub(super) fn begin_condition(&mut self) {
        let block = self.condition;
        self.seek_condition(block + 1);
        self.split();
        let b = self.f.blocks()[block as usize];
        let (ordinal, base) = (self.loops, self.words.base);
        self.loops += 1;
        (self.node, self.owner) = (b.owner, b.owner);
        let mut counter = 0;
        if self.f.node(b.owner).max().is_some() {
            counter = self.words.keep();
            let zero = self.make(0);
            self.store(zero, counter);
        }
        self.note_condition(counter);
        let merged = self.is_quiet(b.first, b.end);
        if !merged {
            self.charge(self.valid.block_cost(block), b.owner, ordinal_byte(ordinal));
        }
        // Its end is not looked for: `begin_while` makes it the body first.
        self.opens.push(Open {
            ordinal,
            counter,
            merged,
            base,
            ..Open::plain(block, BlockKind::Cond, NONE, NONE)
        });
        self.begin_region(b.end - b.first);
    }

    /// Whether nothing can be observed between the beginning of these expressions and their end, so that they may be charged
    /// afterwards: none traps, calls or works on vectors, so that each costs 1. A test in a row that leads to the body, as in
    /// `c || x`, has no field for both costs.
    fn is_quiet(&self, first: NodeId, end: NodeId) -> bool {
        let loud = |node: &Node| {
            let effects = node.op().info().effects;
            // What works on vectors may be interrupted, and costs more than the run may have.
            let works = node.op().info().work != Work::None;
            works || effects.has(Effects::TRAP) || effects.has(Effects::CALL)
        };
        let marks = &self.marks[self.marks.partition_point(|mark| mark.node < first)..];
        let marks = marks.iter().take_while(|mark| mark.node < end);
        let nodes = &self.f.nodes()[first as usize - 1..end as usize - 1];
        !nodes.iter().any(loud) && !marks.into_iter().any(Mark::is_or)
    }

    /// A `While`'s bound, then the charge of its body.
    fn bound(&mut self, open: &Open, max: u64, cost: u32) {
        let counter = open.counter;
        if counter < NEAR {
            self.bound_word(counter as u8, max, cost);
            return;
        }
        let word = self.near(Operand::Slot(counter));
        self.bound_word(word, max, cost);
        self.store(Operand::Slot(word.into()), counter);
    }

    fn bound_word(&mut self, d: u8, max: u64, yes: u32) {
        self.emit_other(Name::Bound, Rec { f: flow::bound, imm: max, d, yes, ..BLANK });
    }

    /// The end of a loop's body: `Continue` leads here. Gives where it begins, from the body's first record.
    fn begin_end(&mut self, open: &Open) {
        if open.continued {
            self.patch_list(open.continues);
            self.label();
        }
        let end = self.here() - open.at - 1;
        self.recs[open.at as usize].no = end;
    }

    pub(super) fn close_loop(&mut self, open: &Open) {
        self.begin_end(open);
        let node = *self.f.node(self.owner);
        let index = self.slot(node.index_slot());
        if open.entry == NONE {
            let (b, d) = (open.counter as u8, index as u8);
            let (skip, yes) = (ordinal_byte(open.ordinal).into(), self.cost(open.block));
            let f: RecFn = if node.max().is_some() { flow::bounded_end } else { flow::count_end };
            let imm = node.max().unwrap_or(0);
            self.emit_other(Name::LoopEnd, Rec { f, imm, b, d, skip, yes, ..BLANK });
        } else {
            self.far_end(open, index, node.max());
        }
        self.close_around(open);
    }

    /// What passes control over a loop leads here.
    fn close_around(&mut self, open: &Open) {
        self.patch(open.at);
        self.patch_list(open.entry);
        self.words.base = open.base;
    }

    /// Takes the addition that the last record before the end of a body is into the test at that end.
    fn count_in_test(&mut self, count: Count) {
        let test = self.here() - 1;
        let Some(Shape::Test { op, pair, end: true }) = self.last else { return };
        let Some(&rec) = self.recs.last().filter(|_| count.at + 1 == test) else { return };
        let (constant, a) = match pair {
            Pair::SS => (false, rec.a),
            Pair::SC => (true, rec.a),
            // What is in the accumulator is the sum.
            Pair::AS => (false, count.d),
            Pair::AC => (true, count.d),
            _ => return,
        };
        let shape = Shape::CountTest { test: op, constant, small: count.small };
        if shape.function().is_some() {
            self.unput();
            self.unput();
            self.emit(shape, Rec { a, c: count.c, d: count.d, ..rec });
        }
    }

    /// The last record, if it adds a word or a small constant to a word, and nothing leads to what follows it.
    fn count(&self, open: &Open) -> Option<Count> {
        let rec = self.recs.last().filter(|_| !open.continued)?;
        let at = self.here() - 1;
        let d = rec.d;
        match self.last {
            Some(Shape::Binary { op: Op::AddInt, pair: Pair::SC, store: true }) if rec.a == d => {
                let c = i8::try_from(rec.imm as i64).ok()? as u8;
                Some(Count { at, d, c, small: true })
            }
            Some(Shape::Binary { op: Op::AddInt, pair: Pair::SS, store: true }) if rec.a == d => {
                Some(Count { at, d, c: rec.b, small: false })
            }
            _ => None,
        }
    }

    pub(super) fn close_while(&mut self, open: &Open) {
        let count = self.count(open);
        self.begin_end(open);
        let id = self.owner;
        let block = open.block - 1;
        let condition = self.f.blocks()[block as usize];
        let (cond, cost) = self.merged_costs(block, open.merged);
        if !open.merged {
            self.charge(self.valid.block_cost(block), id, ordinal_byte(open.ordinal));
        }
        self.begin_region(condition.end - condition.first);
        self.again(condition.first, condition.end);
        self.end_region();
        (self.node, self.owner) = (id, id);
        let ordinal = if open.merged { ordinal_byte(open.ordinal) } else { BLOCK };
        match self.f.node(id).max() {
            None => {
                self.branch_end((cond + cost, cond), ordinal);
                if let Some(count) = count {
                    self.count_in_test(count);
                }
                if !self.chains.is_empty() {
                    self.leave_chains();
                    self.patch_chains(true, 0);
                    self.emit_other(Name::Done, Rec { f: flow::done, ..BLANK });
                }
            }
            Some(max) => {
                let test = self.branch_to((cond, cond), ordinal);
                self.patch_chains(true, 0);
                self.bound(open, max, cost);
                self.emit_other(Name::Done, Rec { f: flow::done, ..BLANK });
                self.patch(test);
                self.leave_chains();
            }
        }
        self.close_around(open);
    }

    /// Leaves the loop where a test in a row has failed.
    fn leave_chains(&mut self) {
        self.patch_chains(false, 0);
        self.emit_other(Name::Leave, Rec { f: flow::leave, ..BLANK });
    }

    /// `Break` and `Continue`.
    pub(super) fn leave_loop(&mut self, node: &Node) {
        let depth = node.depth();
        let out = node.op() == Op::Break;
        if !out {
            let is_loop = |o: &&mut Open| matches!(o.kind, BlockKind::Loop | BlockKind::While);
            if let Some(target) = self.opens.iter_mut().rev().filter(is_loop).nth(depth as usize) {
                target.continued = true;
            }
        }
        if out && depth == 0 {
            self.emit_other(Name::Leave, Rec { f: flow::leave, ..BLANK });
            return;
        }
        let innermost =
            self.opens.iter_mut().rev().find(|o| matches!(o.kind, BlockKind::Loop | BlockKind::While));
        if let (0, Some(open)) = (depth, innermost)
            && open.sequences == self.sequences
        {
            // Within no part of a sequence that the loop's body does not lie in.
            let before = std::mem::replace(&mut open.continues, self.recs.len() as u32);
            self.emit_other(Name::Jump, Rec { f: flow::jump, skip: before, ..BLANK });
            return;
        }
        let (f, name): (RecFn, _) = match out {
            true => (flow::leave_loop, Name::LeaveLoop),
            false => (flow::continue_loop, Name::ContinueLoop),
        };
        self.emit_other(name, Rec { f, skip: depth, ..BLANK });
    }
}
