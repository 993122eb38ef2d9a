//! Blocks: how they open and close, and the tests that lead to them.

use super::Compiler;
use super::emit::{BLANK, Name, Shape};
use super::operand::{Operand, Test};
use super::select::negated;
use crate::rec::{BLOCK, Rec};
use crate::records::branch::test_fn;
use crate::records::flow;
use crate::records::operand::{Kind, Pair};
use nda_ast::{BlockId, BlockKind, NodeId, Op};

/// A block not yet ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub block: BlockId,
    pub kind: BlockKind,
    pub end: NodeId,
    /// Then: the first of the tests that pass control to the else-arm. Else: the jump over it. Loops: the record of the loop.
    pub at: u32,
    /// Loops: the first of the tests that pass control over the loop.
    pub entry: u32,
    /// Loops: number among the function's loops.
    pub ordinal: u32,
    /// Loops: words of the counter (limit or iterations begun), if any.
    pub counter: u32,
    /// Loops: sequences around the body.
    pub sequences: u32,
    /// Loops: whether a `Continue` leads to the end of its body.
    pub continued: bool,
    /// Loops: the first of the jumps of `Continue`, each holding the next, that wait for the end of the body.
    pub continues: u32,
    /// `While`: whether the tests charge the condition.
    pub merged: bool,
    /// Temporaries that outlive statements, outside of it with what a loop keeps; and when its statements begin.
    pub base: u32,
    pub inner: u32,
}

/// No record.
pub(super) const NONE: u32 = u32::MAX;

/// Costs that fit the fields of a record also where two are added.
const FITS: u64 = 1 << 30;

/// Whether a block's cost does not fit the fields of a record, so that it charges itself.
pub(crate) fn is_large(cost: u64) -> bool {
    cost >= FITS
}

impl Open {
    pub fn plain(block: BlockId, kind: BlockKind, end: NodeId, at: u32) -> Open {
        Open {
            block,
            kind,
            end,
            at,
            entry: NONE,
            ordinal: 0,
            counter: 0,
            sequences: 0,
            continued: false,
            continues: NONE,
            merged: false,
            base: NONE,
            inner: 0,
        }
    }
}

impl Compiler<'_> {
    /// Opens the body of the function, which its caller charges.
    pub(super) fn open_body(&mut self) {
        let b = self.f.blocks()[0];
        self.begin_block(Open::plain(0, BlockKind::Body, b.end, NONE));
    }

    /// Opens a block: its statements follow.
    pub(super) fn begin_block(&mut self, mut open: Open) {
        let b = self.f.blocks()[open.block as usize];
        open.inner = self.words.base;
        self.opens.push(open);
        self.begin_region(b.end - b.first);
    }

    /// What a test that leads to a block charges; 0 where the cost does not fit and [`Compiler::charge_large`] does it.
    pub(super) fn cost(&self, block: BlockId) -> u32 {
        let cost = self.valid.block_cost(block);
        if is_large(cost) { 0 } else { cost as u32 }
    }

    /// Charges a block whose cost does not fit a test: at the head of a loop that has no other place to be interrupted at, or (`BLOCK`)
    /// anywhere.
    pub(super) fn charge_large(&mut self, block: BlockId, owner: NodeId, ordinal: u8) {
        let cost = self.valid.block_cost(block);
        if is_large(cost) {
            self.charge(cost, owner, ordinal);
        }
    }

    /// Writes a charge: at the head of a loop, or of a block.
    pub(super) fn charge(&mut self, cost: u64, owner: NodeId, ordinal: u8) {
        self.owner = owner;
        self.emit_other(Name::Charge, Rec { f: flow::charge, imm: cost, d: ordinal, ..BLANK });
    }

    pub(super) fn close(&mut self) {
        let Some(open) = self.opens.last().copied() else { return };
        self.end_region();
        self.opens.pop();
        self.words.base = open.inner;
        self.end_statement();
        self.owner = self.f.blocks()[open.block as usize].owner;
        self.node = self.owner;
        match open.kind {
            BlockKind::Body => {
                self.emit_other(Name::Return, Rec { f: flow::ret, ..BLANK });
            }
            BlockKind::Scope | BlockKind::Cond => {}
            BlockKind::Then => self.close_then(&open),
            BlockKind::Else => {
                if open.at != NONE {
                    self.patch(open.at);
                }
            }
            BlockKind::Loop => self.close_loop(&open),
            BlockKind::While => self.close_while(&open),
        }
        self.end_statement();
    }

    fn close_then(&mut self, open: &Open) {
        let other = open.block + 1;
        let b = self.f.blocks()[other as usize];
        let over = match b.is_empty() {
            true => NONE,
            false => self.emit_other(Name::Jump, Rec { f: flow::jump, ..BLANK }),
        };
        self.patch_list(open.at);
        if !b.is_empty() {
            self.charge_large(other, b.owner, BLOCK);
        }
        self.begin_block(Open::plain(other, BlockKind::Else, b.end, over));
    }

    /// Lets the records of a list, linked by their `skip`, pass control to the next record.
    pub(super) fn patch_list(&mut self, mut rec: u32) {
        while rec != NONE {
            let next = self.recs[rec as usize].skip;
            self.patch(rec);
            rec = next;
        }
    }

    /// `If`: its condition is the last operand.
    pub(super) fn begin_if(&mut self, id: NodeId, then: BlockId) {
        let b = self.f.blocks()[then as usize];
        let (yes, no) = (self.cost(then), self.cost(then + 1));
        let test = self.branch_to((yes, no), BLOCK);
        let tests = self.chain_out(test);
        self.end_statement();
        self.patch_chains(true, 0);
        if !b.is_empty() {
            self.charge_large(then, id, BLOCK);
        }
        self.begin_block(Open::plain(then, BlockKind::Then, b.end, tests));
    }

    /// Temporaries are free again, but for those of loops.
    pub(super) fn end_statement(&mut self) {
        self.words.reset();
        self.arena.reset();
    }

    /// Writes the test of a condition, charging `yes` where it holds and `no` where it fails; the tests in a row before it charge as
    /// it does. Gives the record, which passes control where the condition fails; its `skip` ends a list.
    pub(super) fn branch_to(&mut self, (yes, no): (u32, u32), ordinal: u8) -> u32 {
        self.charge_chains((yes, no), ordinal);
        let at = self.branch_if(false);
        let rec = &mut self.recs[at as usize];
        (rec.yes, rec.no, rec.d, rec.skip) = (yes, no, ordinal, NONE);
        at
    }

    /// Writes the test of the last operand as the last record of a loop's body.
    pub(super) fn branch_end(&mut self, (yes, no): (u32, u32), ordinal: u8) {
        self.charge_chains((yes, no), ordinal);
        let test = self.take_test();
        let rec = Rec { yes, no, skip: ordinal.into(), ..test.rec };
        self.put_test(Test { rec, ..test }, true);
    }

    /// Writes the record of a test.
    pub(super) fn put_test(&mut self, test: Test, end: bool) -> u32 {
        let Test { op, pair, rec, inner } = test;
        let Some((inner, node, small)) = inner else {
            return self.put_record(Shape::Test { op, pair, end }, Rec { f: test_fn(op, pair, end), ..rec });
        };
        // It traps at the node of the operation, and charges for the statement.
        let statement = std::mem::replace(&mut self.node, node);
        let constant = pair == Pair::SC;
        let at = self.emit(Shape::InnerTest { test: op, inner, constant, small, end }, rec);
        self.node = statement;
        at
    }

    /// Writes the test of the last operand, passing control where its outcome is `outcome`.
    pub(super) fn branch_if(&mut self, outcome: bool) -> u32 {
        let mut test = self.take_test();
        if outcome {
            match negated(test.op) {
                Some(other) => test.op = other,
                None => unreachable!("{:?} has no negation", test.op),
            }
        }
        test.rec.d = BLOCK;
        self.put_test(test, false)
    }

    /// The last operand as a test: a comparison that waits, or a bool that is not 0.
    fn take_test(&mut self) -> Test {
        let operand = self.pop();
        if let (Operand::Test, Some(test)) = (operand, self.test.take()) {
            return test;
        }
        let word = match operand {
            // A constant: compared as a word like any other.
            constant if constant.is_const() => self.no_constant(constant),
            other if self.holds(other).is_some() => Operand::Held,
            other => other,
        };
        let source = self.source(word);
        let pair = if source.kind == Kind::A { Pair::AC } else { Pair::SC };
        self.free(operand);
        Test { op: Op::NeInt, pair, rec: Rec { a: source.word, ..BLANK }, inner: None }
    }
}
