//! What was active at a trap: calls, visible slots, loops.

use super::calls::Activation;
use super::machine::Machine;
use super::step::Step;
use crate::{ActiveCall, ENTRY_BYTES};
use nda_ast::{BlockKind, NodeId, Op, SlotId, ValidFunction};

impl Machine<'_> {
    /// The active calls, outermost first. Allocates: called once a run has ended.
    pub fn active_calls(&self) -> Vec<ActiveCall> {
        let here = Activation { function: self.function, pc: self.pc, base: self.base };
        // From the inside out, so that what lies nearest to the trap is shown.
        let mut left = ActiveCall::MAX_BYTES;
        let inside_out = [&here].into_iter().chain(self.calls.iter().rev());
        let mut calls: Vec<ActiveCall> = inside_out.map(|at| self.active_call(at, &mut left)).collect();
        calls.reverse();
        calls
    }

    /// Takes the bytes of the values that it gives from `left`.
    fn active_call(&self, at: &Activation, left: &mut u64) -> ActiveCall {
        let location = self.location(at);
        let Some(f) = self.program.function(at.function) else {
            unreachable!("object {} is no function", at.function)
        };
        let Some(code) = self.codes[at.function as usize].as_ref() else {
            unreachable!("object {} is no function", at.function)
        };
        let scope = scope_of(f, location.node);
        let word = |word: u32| at.base + word as usize;
        let (mut slots, mut omitted) = (Vec::new(), 0);
        for slot in scope.slots {
            let info = f.slot(slot);
            if info.ty.is_mat() {
                continue;
            }
            // A local aggregate lies in the frame; everything else is a word there.
            let home = word(code.layout.slot(slot));
            let local = info.ty.is_aggregate() && slot as usize >= f.function().params().len();
            let value = if local { home as u64 } else { self.unit.memory.arena[home] };
            match left.checked_sub(ENTRY_BYTES + self.payload(info.ty, value)) {
                Some(rest) => {
                    *left = rest;
                    slots.push((slot, self.value(info.ty, value)));
                }
                None => omitted += 1,
            }
        }
        let loops = scope.loops.iter().map(|open| {
            let node = f.function().node(open.node);
            let done = match node.op() {
                Op::Loop => self.unit.memory.arena[word(code.layout.slot(node.index_slot()))],
                // Counted when an iteration begins, after the condition.
                _ => {
                    let begun = self.unit.memory.arena[word(code.layout.counter(open.ordinal))];
                    begun - u64::from(open.in_body || open.node == location.node && self.begins(at))
                }
            };
            (open.node, done)
        });
        ActiveCall {
            function: location.function,
            object: at.function,
            node: location.node,
            slots,
            omitted,
            loops: loops.collect(),
        }
    }
}

impl Machine<'_> {
    /// Whether the step under way follows the test of a `While`: it charges the body of an iteration already counted.
    fn begins(&self, at: &Activation) -> bool {
        let steps = self.codes[at.function as usize].as_ref().map_or(&[][..], |code| &code.steps);
        let before = at.pc.checked_sub(2).and_then(|step| steps.get(step));
        matches!(before, Some(Step::WhileTest { .. }))
    }
}

struct OpenLoop {
    node: NodeId,
    ordinal: u32,
    in_body: bool,
}

/// What is visible at a node, and which loops are around it; a loop's own node counts as in it.
struct Scope {
    slots: Vec<SlotId>,
    loops: Vec<OpenLoop>,
}

/// Walks the function from its start to `target`.
fn scope_of(valid: &ValidFunction, target: NodeId) -> Scope {
    let f = valid.function();
    let mut scope = Scope { slots: (0..f.params().len() as u32).collect(), loops: Vec::new() };
    let mut ordinal = 0;
    // Blocks lie in the order in which they open; those that hold the target are around it.
    for block in f.blocks() {
        let holds = block.first <= target && target < block.end;
        if matches!(block.kind, BlockKind::Loop | BlockKind::While) {
            if holds {
                scope.loops.push(OpenLoop { node: block.owner, ordinal, in_body: true });
            }
            // Fuel, bound or clock struck at its head.
            if block.owner == target {
                scope.loops.push(OpenLoop { node: target, ordinal, in_body: false });
            }
            ordinal += 1;
        } else if block.kind == BlockKind::Cond && holds {
            scope.loops.push(OpenLoop { node: block.owner, ordinal, in_body: false });
        }
    }
    let visible = |block: &nda_ast::Block| block.first <= target && target < block.end;
    let mut id = 1;
    while id < target {
        let node = f.node(id);
        match node.op() {
            Op::Let => scope.slots.push(node.slot()),
            Op::CallStmt => {
                let first = node.first_result();
                scope.slots.extend(first..first + node.results() as u32);
            }
            Op::Scope | Op::If | Op::Loop | Op::While if target >= f.end_of(id) => {
                // A statement that is over: none of its slots is visible.
                id = f.end_of(id);
                continue;
            }
            Op::If => {
                // Of its arms, only the one around the target is entered.
                let arms = &f.blocks()[node.block() as usize..][..2];
                if let Some(arm) = arms.iter().find(|arm| visible(arm)) {
                    id = arm.first;
                    continue;
                }
            }
            Op::Loop => scope.slots.push(node.index_slot()),
            _ => {}
        }
        id += 1;
    }
    scope
}
