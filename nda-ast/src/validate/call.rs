//! Calls: targets, arguments, `inout` aliasing, and what a callee adds to the certificate.

use super::Checked;
use super::function::Checker;
use super::{Callee, SlotKind};
use crate::node::operands;
use crate::scratch::Entry;
use crate::types::PackedType;
use crate::{Bound, CostInput, ErrorCode, Node, NodeId, Op, weight};
use smallvec::SmallVec;

/// What a call adds to the function around it.
struct Added {
    weight: u64,
    levels: u32,
    max: Bound,
}

impl Checker<'_> {
    pub(super) fn call(&mut self, node: &Node, id: NodeId, first: usize) -> Checked<PackedType> {
        let cx = self.cx;
        let callee = self.callee(node, id)?;
        if !callee.is_expression() {
            return Err(cx.error(id, ErrorCode::CallNeedsStmt));
        }
        self.arguments(node, id, first, &callee)?;
        let added = self.add_callee(&callee);
        let ty = self.value(node, first, callee.results[0], added.weight, true);
        let calls = self.add_bound(added.max);
        if let Some(Entry { calls: inner, .. }) = self.lists.stack.last().copied() {
            let calls = self.plus(inner, calls);
            if let Some(value) = self.lists.stack.last_mut() {
                value.levels = value.levels.max(added.levels + 1);
                value.calls = calls;
            }
        }
        Ok(ty)
    }

    pub(super) fn call_stmt(&mut self, node: &Node, id: NodeId, first: usize) -> Checked<()> {
        let cx = self.cx;
        let callee = self.callee(node, id)?;
        if callee.is_expression() {
            return Err(cx.error(id, ErrorCode::CallNeedsExpr));
        }
        self.arguments(node, id, first, &callee)?;
        let found = node.results();
        if found != callee.results.len() {
            let expected = format!("{} results", callee.results.len());
            return Err(self.error(id, ErrorCode::CallArity, expected, found));
        }
        self.inout_arguments(id, &callee)?;
        let added = self.add_callee(&callee);
        self.end_statement(first, id - node.start(), added.weight);
        if let Some(open) = self.lists.open.last_mut() {
            open.extra = open.extra.plus(added.max);
            open.levels = open.levels.max(added.levels + 1);
        }
        for ty in callee.results {
            self.add_slot(PackedType::of(*ty), SlotKind::Result);
        }
        Ok(())
    }

    fn callee<'c>(&self, node: &Node, id: NodeId) -> Checked<Callee<'c>>
    where
        Self: 'c,
    {
        let cx: &super::Context<'_> = self.cx;
        cx.callee(node.table()).ok_or_else(|| cx.error(id, ErrorCode::CallTarget))
    }

    fn arguments(&self, node: &Node, id: NodeId, first: usize, callee: &Callee<'_>) -> Checked<()> {
        let found = node.operands();
        if found != callee.params.len() {
            let expected = format!("{} arguments", callee.params.len());
            return Err(self.error(id, ErrorCode::CallArity, expected, found));
        }
        for (i, param) in callee.params.iter().enumerate() {
            self.expect(id, self.lists.stack[first + i].ty, PackedType::of(param.ty))?;
        }
        Ok(())
    }

    /// Books frame and host of a callee; gives weight, levels and bound of the call.
    fn add_callee(&mut self, callee: &Callee<'_>) -> Added {
        let mut bytes = 0;
        match callee.certificate {
            Some(c) => {
                self.max_callee_frame = self.max_callee_frame.max(c.frame);
                self.exact &= c.exact;
            }
            None => {
                let params = callee.params.iter().map(|p| p.ty);
                bytes = params.chain(callee.results.iter().copied()).map(|ty| ty.copy_bytes()).sum();
            }
        }
        self.reaches_host |= callee.reaches_host();
        let input = CostInput { bytes, host_work: callee.host_work, ..CostInput::default() };
        // Of the two calls, only `CallStmt` reaches imports: its row of the list says what they cost.
        Added { weight: weight(Op::CallStmt, input), levels: callee.levels(), max: callee.max() }
    }

    /// Each `inout` argument is a whole slot that may be stored to and stands nowhere else in the call.
    fn inout_arguments(&self, id: NodeId, callee: &Callee<'_>) -> Checked<()> {
        if !callee.params.iter().any(|p| p.is_inout()) {
            return Ok(());
        }
        let mut owners: SmallVec<[(u32, NodeId); 8]> = SmallVec::new();
        for (operand, param) in operands(&self.lists.nodes, id).into_iter().zip(callee.params) {
            if !param.is_inout() {
                continue;
            }
            let node = self.lists.node(operand);
            let slot = node.slot();
            if node.op() != Op::Load || !self.lists.slots[slot as usize].kind.is_writable() {
                return Err(self.error(
                    operand,
                    ErrorCode::InoutNotSlot,
                    "a load of a let, result or `inout` slot",
                    node.op().info().name,
                ));
            }
            owners.push((slot, operand));
        }
        owners.sort_unstable();
        for other in self.lists.node(id).start()..id {
            let node = self.lists.node(other);
            let clash = node.op() == Op::Load
                && owners.binary_search_by_key(&node.slot(), |(slot, _)| *slot).is_ok_and(|i| {
                    // Of two owners of one slot, one is never at its own node.
                    owners[i].1 != other || owners.get(i + 1).is_some_and(|next| next.0 == node.slot())
                });
            if clash {
                return Err(self.error(
                    other,
                    ErrorCode::InoutAliased,
                    "the slot once in the call",
                    node.slot(),
                ));
            }
        }
        Ok(())
    }
}
