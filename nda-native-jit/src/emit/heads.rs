//! The heads of loops, and the beginning of the function: where fuel is looked at, and code is entered and left.
//!
//! At a head, where the slice does not cover the dearest way on, everything that is live goes to its home, a helper grants the next
//! slice, and everything is taken from its home again, before a block in front of the head. So nothing is in a register over
//! that call, as far as the loop is concerned: a call, however cold, spills every float, for System V saves none of
//! their registers. And what does not change in the loop is computed in front of it, once a slice.
//!
//! Code that is entered at a loop takes everything from its home in the same way, and goes on in front of the head.

use super::Emitter;
use crate::context::offset;
use crate::helpers::Helper;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use cranelift_frontend::{FunctionBuilder, Variable};
use nda_ast::{Node, Op};
use nda_runtime::jit::JitEntry;

/// The counter of a loop: of a `Loop` its count, of a `While` with a bound the iterations begun.
pub(crate) fn counter(b: &mut FunctionBuilder<'_>, node: &Node) -> Option<Variable> {
    (node.op() == Op::Loop || node.max().is_some()).then(|| b.declare_var(types::I64))
}

impl Emitter<'_, '_> {
    /// The beginning of the code.
    pub(crate) fn begin(&mut self) {
        let fuel = self.b.ins().load(types::I64, super::memory::plain(), self.cx, offset::FUEL);
        self.b.def_var(self.fuel, fuel);
        self.begin_slots();
        match self.entry {
            JitEntry::Body => self.begin_body(),
            JitEntry::Loop(ordinal) => {
                self.load_live(ordinal);
                let block = self.b.create_block();
                self.b.ins().jump(block, &[]);
                self.entered = Some(block);
                self.dead = true;
            }
        }
    }

    fn begin_body(&mut self) {
        let (begin, cost) = (self.plan.fuel.begin, self.valid.block_cost(0));
        let (short, go) = (self.cold_block(), self.b.create_block());
        let (fuel, need) = (self.fuel(), self.int(begin as i64));
        let is_short = self.b.ins().icmp(IntCC::SignedLessThan, fuel, need);
        self.b.ins().brif(is_short, short, &[], go, &[]);
        self.go_on(short);
        self.help_fuel(Helper::begin, &[fuel, need]);
        self.b.ins().jump(go, &[]);
        self.go_on(go);
        self.spend(cost);
    }

    /// The head of a loop; gives the block that the end of its body leads to, which is sealed when the loop closes.
    pub(crate) fn head(&mut self, ordinal: u32) -> Block {
        let (before, head) = self.begin_head(ordinal);
        let way = self.plan.fuel.heads[ordinal as usize];
        let (fuel, need) = (self.fuel(), self.int(way as i64));
        let is_short = self.b.ins().icmp(IntCC::SignedLessThan, fuel, need);
        self.leave_if(is_short, way, ordinal, before);
        head
    }

    /// The block in front of a loop's head, and the head, which goes on here.
    pub(crate) fn begin_head(&mut self, ordinal: u32) -> (Block, Block) {
        let before = match (self.entry, self.entered) {
            (JitEntry::Loop(entry), Some(block)) if entry == ordinal => block,
            _ => self.b.create_block(),
        };
        let head = self.b.create_block();
        if !self.dead {
            self.b.ins().jump(before, &[]);
        }
        self.dead = false;
        self.b.switch_to_block(before);
        self.b.ins().jump(head, &[]);
        self.b.switch_to_block(head);
        (before, head)
    }

    /// At a head: where the slice is short of `need`, leaves for the next one, and comes back to the block in front of the head.
    pub(crate) fn leave_if(&mut self, is_short: Value, need: u64, ordinal: u32, before: Block) {
        let (short, go) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(is_short, short, &[], go, &[]);
        self.go_on(short);
        let (fuel, need) = (self.fuel(), self.int(need as i64));
        self.store_live(ordinal);
        let (number, node) =
            (self.int(ordinal.into()), self.int(self.plan.loops[ordinal as usize].node.into()));
        self.help_fuel(Helper::head, &[fuel, need, number, node]);
        self.load_locals();
        for slot in 0..self.f.params().len() as u32 {
            if self.is_live(ordinal, slot) {
                self.load_slot(slot);
            }
        }
        self.load_live(ordinal);
        self.b.ins().jump(before, &[]);
        self.b.seal_block(before);
        self.go_on(go);
    }

    fn is_live(&self, ordinal: u32, slot: u32) -> bool {
        self.plan.live.at(&self.plan.loops[ordinal as usize]).any(|live| live == slot)
    }

    /// Slots that are live at the head of a loop, parameters left out, and the loops around it.
    fn at_head(&self, ordinal: u32) -> (Vec<u32>, Vec<u32>) {
        let loops = &self.plan.loops;
        let params = self.f.params().len() as u32;
        let mut slots: Vec<u32> =
            self.plan.live.at(&loops[ordinal as usize]).filter(|slot| *slot >= params).collect();
        let mut around = Vec::new();
        let mut next = Some(ordinal);
        while let Some(ordinal) = next {
            around.push(ordinal);
            let node = self.f.node(loops[ordinal as usize].node);
            if node.op() == Op::Loop && !slots.contains(&node.index_slot()) {
                slots.push(node.index_slot());
            }
            next = loops[ordinal as usize].around;
        }
        (slots, around)
    }

    fn store_live(&mut self, ordinal: u32) {
        let (slots, around) = self.at_head(ordinal);
        for slot in slots {
            self.store_slot(slot);
        }
        for ordinal in around {
            if let Some(counter) = self.counters[ordinal as usize] {
                let value = self.b.use_var(counter);
                self.set_word(self.homes.counters[ordinal as usize], value);
            }
        }
    }

    fn load_live(&mut self, ordinal: u32) {
        let (slots, around) = self.at_head(ordinal);
        for slot in slots {
            self.load_slot(slot);
        }
        for ordinal in around {
            if let Some(counter) = self.counters[ordinal as usize] {
                let value = self.word(self.homes.counters[ordinal as usize]);
                self.b.def_var(counter, value);
            }
        }
    }

    /// Subtracts what is covered.
    pub(crate) fn spend(&mut self, cost: u64) {
        let fuel = self.b.use_var(self.fuel);
        let cost = self.int(cost as i64);
        let left = self.b.ins().isub(fuel, cost);
        self.b.def_var(self.fuel, left);
    }
}
