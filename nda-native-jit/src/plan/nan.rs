//! Which NaNs have bits of their own.
//!
//! An operation that yields a NaN yields the canonical one; compiled code makes it so only where its bits are observed. Until then a
//! value is *late*: if it is a NaN, its bits are yet to be made canonical. A value with bits of its own (a constant, an argument, an
//! element) is *exact*, and no NaN of it is ever rewritten; so a slot that may hold one holds exact values only, and what is
//! late is made canonical when it is stored there.

use super::walk::Event;
use nda_ast::{CANONICAL_NAN, Function, NodeId, Op, Res, SlotKind, Type, ValidFunction};

/// What is known of a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nan {
    /// No NaN, or the canonical one: as good as late, as good as exact.
    Either,
    /// To be made canonical where it is observed.
    Late,
    /// With bits of its own.
    Exact,
}

impl Nan {
    fn join(self, other: Nan) -> Nan {
        match (self, other) {
            (Nan::Exact, _) | (_, Nan::Exact) => Nan::Exact,
            (Nan::Late, _) | (_, Nan::Late) => Nan::Late,
            _ => Nan::Either,
        }
    }
}

/// What is found.
#[derive(Clone, Debug)]
pub(crate) struct NanPlan {
    /// By slot.
    slots: Vec<Nan>,
    /// By select.
    selects: Vec<(NodeId, Nan)>,
}

/// Passes over a function, at most: what they have not settled is exact.
const PASSES: usize = 8;

pub(crate) fn nan_plan(valid: &ValidFunction, events: &[Event]) -> NanPlan {
    let f = valid.function();
    let slots = valid.slots().iter().map(|slot| match slot.kind {
        SlotKind::Let => Nan::Either,
        _ => Nan::Exact,
    });
    let mut plan = NanPlan { slots: slots.collect(), selects: Vec::new() };
    if !valid.slots().iter().any(|slot| slot.ty == Type::Float) && !has_float_select(valid) {
        return plan;
    }
    for _ in 0..PASSES {
        if !plan.pass(valid, f, events) {
            return plan;
        }
    }
    plan.slots.fill(Nan::Exact);
    plan.pass(valid, f, events);
    plan
}

fn has_float_select(valid: &ValidFunction) -> bool {
    let f = valid.function();
    (1..=f.node_count() as NodeId)
        .any(|id| f.node(id).op() == Op::Select && valid.type_of(id) == Some(Type::Float))
}

impl NanPlan {
    /// Of a slot.
    pub(crate) fn slot(&self, slot: u32) -> Nan {
        self.slots[slot as usize]
    }

    /// Of the value of a select.
    pub(crate) fn select(&self, id: NodeId) -> Nan {
        self.selects.binary_search_by_key(&id, |(node, _)| *node).map_or(Nan::Exact, |i| self.selects[i].1)
    }

    /// Joins into each slot what is stored there; tells whether anything has changed.
    fn pass(&mut self, valid: &ValidFunction, f: &Function, events: &[Event]) -> bool {
        self.selects.clear();
        let (mut stack, mut changed): (Vec<Nan>, bool) = (Vec::new(), false);
        for event in events {
            let Event::Node(id) = *event else { continue };
            let node = f.node(id);
            let first = stack.len() - node.operands();
            let value = match node.op() {
                Op::Let | Op::Store => {
                    let slot = &mut self.slots[node.slot() as usize];
                    let joined = slot.join(stack.last().copied().unwrap_or(Nan::Exact));
                    changed |= joined != *slot;
                    *slot = joined;
                    Nan::Exact
                }
                Op::Load => self.slots[node.slot() as usize],
                Op::Select => {
                    let value = stack[first + 1].join(stack[first + 2]);
                    self.selects.push((id, value));
                    value
                }
                op => of_result(op, valid, f, id),
            };
            stack.truncate(first);
            if !node.op().is_stmt() {
                stack.push(value);
            }
        }
        changed
    }
}

/// What an operation gives, apart from what it is given.
pub(crate) fn of_result(op: Op, valid: &ValidFunction, f: &Function, id: NodeId) -> Nan {
    match op {
        Op::Float => {
            let x = f.node(id).float();
            if x.is_nan() && x.to_bits() != CANONICAL_NAN { Nan::Exact } else { Nan::Either }
        }
        Op::AddFloat
        | Op::SubFloat
        | Op::MulFloat
        | Op::MinFloat
        | Op::MaxFloat
        | Op::DivFloat
        | Op::Sqrt => Nan::Late,
        Op::Floor | Op::Ceil | Op::Trunc | Op::Nearest => Nan::Late,
        Op::IntToFloat | Op::UintToFloat => Nan::Either,
        // By functions that give the canonical NaN.
        Op::Exp
        | Op::ExpM1
        | Op::Ln
        | Op::Ln1p
        | Op::Sin
        | Op::Cos
        | Op::Tanh
        | Op::Sigmoid
        | Op::Pow
        | Op::Atan2 => Nan::Either,
        // Elements of a vector have no bits of their own.
        Op::Index if matches!(valid.type_of(f.operand_before(id - 1)), Some(Type::Vec { .. })) => Nan::Late,
        op if op.info().res == Res::Int => Nan::Either,
        _ => Nan::Exact,
    }
}
