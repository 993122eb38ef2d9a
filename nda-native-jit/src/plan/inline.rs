//! Which callees are short enough to be part of their callers: no loop, no call, nothing but scalars and elements of what they are
//! given.

use super::fuel::{FuelPlan, fuel_plan};
use super::loops;
use super::nan::{NanPlan, nan_plan};
use super::walk::{Event, events};
use nda_ast::{NodeId, Op, Type, ValidFunction};
use std::sync::Arc;

/// A callee that may be part of its callers.
pub(crate) struct Inline {
    pub valid: Arc<ValidFunction>,
    pub events: Vec<Event>,
    pub fuel: FuelPlan,
    pub nan: NanPlan,
}

/// Nodes of a callee, at most.
const SHORT: usize = 48;

/// The callee, if it may.
pub(crate) fn inline(valid: &Arc<ValidFunction>) -> Option<Inline> {
    let f = valid.function();
    let is_scalar_slot = |slot: u32| valid.slot(slot).ty.is_scalar();
    let fits = |id: NodeId| {
        let node = f.node(id);
        match node.op() {
            Op::Int | Op::Float | Op::Bool | Op::If | Op::Scope | Op::Return | Op::Fail | Op::Len => true,
            Op::Let | Op::Store => is_scalar_slot(node.slot()),
            // Otherwise only what takes its address may follow.
            Op::Load => {
                is_scalar_slot(node.slot())
                    || (1..=f.node_count() as NodeId).any(|of| {
                        matches!(f.node(of).op(), Op::Len | Op::Index) && f.operands(of).first() == Some(&id)
                    })
            }
            Op::Index | Op::StoreElem | Op::Push | Op::Truncate => true,
            Op::Select => valid.type_of(id).is_some_and(Type::is_scalar),
            op => crate::emit::is_scalar(op),
        }
    };
    let no_matrix = f.params().iter().all(|p| !matches!(p.ty, Type::Mat { .. }));
    let scalars = f.results().iter().all(|ty| ty.is_scalar());
    let short = f.node_count() <= SHORT && scalars && no_matrix;
    if !short || !(1..=f.node_count() as NodeId).all(fits) {
        return None;
    }
    let events = events(f);
    let loops = loops::loops(f, &events);
    let fuel = fuel_plan(valid, &events, &loops, &|_| None);
    let nan = nan_plan(valid, &events);
    Some(Inline { valid: valid.clone(), events, fuel, nan })
}
