//! Blocks and loops, and the ways out of them.

use super::Emitter;
use super::counted::Counted;
use crate::helpers::Helper;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use nda_ast::{BlockId, BlockKind, Node, NodeId, Op};
use nda_runtime::TrapCode;
use nda_runtime::jit::JitEntry;

/// A place that code may lead to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    pub(super) block: Block,
    /// Whether any does.
    pub(super) used: bool,
}

/// A block not yet ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Open {
    Plain,
    /// An arm of an `If`: where the other begins, and what follows both.
    Arm {
        other: Label,
        after: Label,
    },
    Loop(OpenLoop),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenLoop {
    pub(super) ordinal: u32,
    /// Its head; `None` where nothing ever comes there.
    pub(super) head: Option<Block>,
    /// The end of its body.
    pub(super) next: Label,
    pub(super) after: Label,
    /// The body, where a `While`'s condition leads to it.
    pub(super) body: Label,
    /// Iterations that are charged together.
    pub(super) counted: Option<Counted>,
}

impl Emitter<'_, '_> {
    pub(super) fn label(&mut self) -> Label {
        Label { block: self.b.create_block(), used: false }
    }

    pub(super) fn jump(&mut self, to: &mut Label) {
        if !self.dead {
            to.used = true;
            self.b.ins().jump(to.block, &[]);
            self.dead = true;
        }
    }

    /// Branches on a bool.
    pub(super) fn branch(&mut self, holds: Value, yes: &mut Label, no: &mut Label) {
        yes.used = true;
        no.used = true;
        self.b.ins().brif(holds, yes.block, &[], no.block, &[]);
        self.dead = true;
    }

    /// Goes on at a label, to which nothing more will lead.
    pub(super) fn place(&mut self, label: Label) {
        self.dead = !label.used;
        if label.used {
            self.go_on(label.block);
        }
    }

    /// `If`: its condition is the last operand.
    pub(crate) fn begin_if(&mut self) {
        let (mut then, mut other, after) = (self.label(), self.label(), self.label());
        if !self.dead {
            let holds = self.pop_raw();
            self.branch(holds, &mut then, &mut other);
        }
        self.end_statement();
        self.place(then);
        self.opens.push(Open::Arm { other, after });
    }

    pub(crate) fn open(&mut self, block: BlockId) {
        let b = self.f.blocks()[block as usize];
        match b.kind {
            BlockKind::Body | BlockKind::Scope => self.opens.push(Open::Plain),
            // `begin_if` has opened it, and `close` of the then-arm the other.
            BlockKind::Then | BlockKind::Else => self.charge(block, b.owner),
            BlockKind::Cond => self.open_while(block, b.owner),
            // The statement has opened them.
            BlockKind::Loop | BlockKind::While => {}
        }
    }

    /// Charges a block at its beginning.
    fn charge(&mut self, block: BlockId, owner: NodeId) {
        let cost = self.valid.block_cost(block);
        if self.dead || cost == 0 {
            return;
        }
        if !self.fuels.checked[block as usize] {
            self.spend(cost);
            return;
        }
        let fuel = self.fuel();
        let value = self.int(cost as i64);
        let is_short = self.b.ins().icmp(IntCC::SignedLessThan, fuel, value);
        let (short, covered, go) = (self.cold_block(), self.b.create_block(), self.b.create_block());
        self.b.ins().brif(is_short, short, &[], covered, &[]);
        self.go_on(short);
        let node = self.int(owner.into());
        self.help_fuel(Helper::block, &[fuel, value, node]);
        self.b.ins().jump(go, &[]);
        self.go_on(covered);
        self.spend(cost);
        self.b.ins().jump(go, &[]);
        self.go_on(go);
    }

    pub(crate) fn close(&mut self, block: BlockId) {
        let b = self.f.blocks()[block as usize];
        if b.kind == BlockKind::Cond {
            return;
        }
        let Some(open) = self.opens.pop() else { return };
        match open {
            Open::Plain => {
                if b.kind == BlockKind::Body && !self.dead {
                    self.finish();
                }
            }
            Open::Arm { other, mut after } => {
                self.jump(&mut after);
                if b.kind == BlockKind::Then {
                    self.place(other);
                    self.opens.push(Open::Arm { other, after });
                } else {
                    self.place(after);
                }
            }
            Open::Loop(open) => self.close_loop(open, b.owner),
        }
        self.end_statement();
    }

    /// Whether code that is entered at a loop is entered within this one.
    pub(super) fn is_entered(&self, ordinal: u32) -> bool {
        let JitEntry::Loop(mut at) = self.entry else { return false };
        loop {
            if at == ordinal {
                return true;
            }
            match self.plan.loops[at as usize].around {
                Some(around) => at = around,
                None => return false,
            }
        }
    }

    /// Opens the next loop.
    fn open_loop(&mut self) -> OpenLoop {
        let ordinal = self.loops;
        self.loops += 1;
        let (next, after, body) = (self.label(), self.label(), self.label());
        OpenLoop { ordinal, head: None, next, after, body, counted: None }
    }

    /// The head of a loop that opens, if anything leads to it.
    fn open_head(&mut self, open: &mut OpenLoop) {
        if !self.dead || self.is_entered(open.ordinal) {
            open.head = Some(self.head(open.ordinal));
        }
    }

    /// `Loop`: its count is the last operand.
    pub(crate) fn begin_loop(&mut self, id: NodeId, node: &Node) {
        let mut open = self.open_loop();
        if !self.dead {
            let count = self.pop_raw();
            let zero = self.int(0);
            let runs = self.b.ins().icmp(IntCC::SignedGreaterThan, count, zero);
            let mut begin = self.label();
            self.branch(runs, &mut begin, &mut open.after);
            self.place(begin);
            if node.max() == Some(0) {
                self.limit(id, 0);
                self.dead = true;
            } else {
                self.set_scalar(node.index_slot(), zero);
                if let Some(counter) = self.counters[open.ordinal as usize] {
                    self.b.def_var(counter, count);
                }
            }
        }
        self.end_statement();
        if self.is_counted(open.ordinal) && (!self.dead || self.is_entered(open.ordinal)) {
            self.begin_counted(&mut open, id, node);
            self.opens.push(Open::Loop(open));
            return;
        }
        self.open_head(&mut open);
        if !self.dead {
            self.spend(self.valid.block_cost(node.block()));
        }
        self.opens.push(Open::Loop(open));
    }

    /// A loop's bound strikes.
    pub(super) fn limit(&mut self, id: NodeId, max: u64) {
        let max = self.int(max as i64);
        self.trap(id, TrapCode::LoopLimit, [Some(max), None]);
    }

    /// The condition of a `While` begins.
    fn open_while(&mut self, block: BlockId, id: NodeId) {
        let mut open = self.open_loop();
        if let Some(begun) = self.counters[open.ordinal as usize].filter(|_| !self.dead) {
            let zero = self.int(0);
            self.b.def_var(begun, zero);
        }
        self.open_head(&mut open);
        if !self.dead {
            self.spend(self.valid.block_cost(block));
        }
        debug_assert_eq!(self.f.node(id).op(), Op::While);
        self.opens.push(Open::Loop(open));
    }

    /// `While`: its condition is the last operand.
    pub(crate) fn begin_while(&mut self, id: NodeId, node: &Node) {
        let Some(Open::Loop(mut open)) = self.opens.pop() else { return };
        if !self.dead {
            let holds = self.pop_raw();
            self.branch(holds, &mut open.body, &mut open.after);
        }
        self.end_statement();
        self.place(open.body);
        if let (Some(max), Some(begun), false) = (node.max(), self.counters[open.ordinal as usize], self.dead)
        {
            let value = self.b.use_var(begun);
            let limit = self.int(max as i64);
            let over = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, value, limit);
            self.trap_if(over, id, TrapCode::LoopLimit, [Some(limit), None]);
            let more = self.b.ins().iadd_imm_s(value, 1);
            self.b.def_var(begun, more);
        }
        let body = node.block() + 1;
        self.charge(body, id);
        self.opens.push(Open::Loop(open));
    }

    fn close_loop(&mut self, mut open: OpenLoop, id: NodeId) {
        if let Some(counted) = open.counted {
            return self.close_counted(open, counted);
        }
        self.jump(&mut open.next);
        self.place(open.next);
        let node = *self.f.node(id);
        if let (Some(head), false) = (open.head, self.dead) {
            if node.op() == Op::Loop {
                self.count(&mut open, id, &node);
            }
            self.b.ins().jump(head, &[]);
            self.dead = true;
        }
        if let Some(head) = open.head {
            self.b.seal_block(head);
        }
        self.place(open.after);
    }

    /// The end of a `Loop`'s body: to the next iteration, if there is one.
    fn count(&mut self, open: &mut OpenLoop, id: NodeId, node: &Node) {
        let index = self.scalar_of(node.index_slot());
        let next = self.b.ins().iadd_imm_s(index, 1);
        let Some(counter) = self.counters[open.ordinal as usize] else { return };
        let count = self.b.use_var(counter);
        let is_last = self.b.ins().icmp(IntCC::Equal, next, count);
        let mut again = self.label();
        self.branch(is_last, &mut open.after, &mut again);
        self.place(again);
        if let Some(max) = node.max() {
            let limit = self.int(max as i64);
            let over = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, next, limit);
            self.trap_if(over, id, TrapCode::LoopLimit, [Some(limit), None]);
        }
        self.set_scalar(node.index_slot(), next);
    }

    /// `Break` and `Continue`.
    pub(crate) fn leave_loop(&mut self, node: &Node) {
        let loops = self.opens.iter().enumerate().rev().filter(|(_, open)| matches!(open, Open::Loop(_)));
        let Some(at) = loops.map(|(at, _)| at).nth(node.depth() as usize) else { return };
        let Open::Loop(mut open) = self.opens[at] else { return };
        if node.op() == Op::Break {
            // Only the innermost loop may have charged ahead.
            let fuel = self.fuel();
            self.b.def_var(self.fuel, fuel);
        }
        let label = if node.op() == Op::Break { &mut open.after } else { &mut open.next };
        self.jump(label);
        self.opens[at] = Open::Loop(open);
    }
}
