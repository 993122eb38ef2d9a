//! One function: the nodes as they come, signatures, slots, statements.

use super::block::Open;
use super::{Checked, Context, Findings, Refused, Slot, SlotKind, ValidFunction};
use crate::decode::Listener;
use crate::op::Scalar;
use crate::scratch::{Entry, Lists};
use crate::types::PackedType;
use crate::{
    Block, BlockId, BlockKind, Certificate, CostInput, Elem, ErrorCode, Function, LimitKind, Mode, Node,
    NodeId, Op, Param, SlotId, Type, ValidateError, weight,
};

/// A slot that has been declared.
#[derive(Clone, Copy)]
pub(crate) struct Declared {
    pub ty: PackedType,
    /// One above the slot that its block declared before it; 0 for none.
    pub before: SlotId,
    pub kind: SlotKind,
    /// Whether its block is still open.
    pub visible: bool,
}

/// Checks the nodes of one function in their order, as the decoder cuts them or after it has.
pub(crate) struct Checker<'a> {
    pub(super) cx: &'a Context<'a>,
    results: &'a [Type],
    pub(super) lists: &'a mut Lists,
    /// Weight beyond 1 a node, and computed aggregates, of the statement under way.
    pub(super) stmt_excess: u64,
    pub(super) stmt_frame: u64,
    max_stmt_frame: u64,
    pub(super) max_callee_frame: u64,
    pub(super) loops: u32,
    pub(super) exact: bool,
    pub(super) reaches_host: bool,
}

/// Checks a function that has been decoded; leaves the types in its nodes.
pub(super) fn check(cx: &Context<'_>, f: &mut ValidFunction, lists: &mut Lists) -> Checked<()> {
    let Function { params, results, nodes, blocks, .. } = &mut f.function;
    let mut checker = Checker::new(cx, params, results, lists)?;
    std::mem::swap(nodes, &mut checker.lists.nodes);
    checker.walk(blocks)?;
    std::mem::swap(nodes, &mut checker.lists.nodes);
    // Of an earlier validation under other limits.
    f.findings.slots.clear();
    f.findings.costs.clear();
    checker.finish(&mut f.findings)
}

impl<'a> Checker<'a> {
    /// A checker that has checked the signature and opened the body.
    pub(crate) fn new(
        cx: &'a Context<'a>,
        params: &[Param],
        results: &'a [Type],
        lists: &'a mut Lists,
    ) -> Checked<Checker<'a>> {
        lists.clear();
        let mut out = Checker {
            cx,
            results,
            lists,
            stmt_excess: 0,
            stmt_frame: 0,
            max_stmt_frame: 0,
            max_callee_frame: 0,
            loops: 0,
            exact: true,
            reaches_host: false,
        };
        out.signature(params)?;
        out.lists.costs.push(0);
        out.open_block(0, BlockKind::Body, 0, 1)?;
        Ok(out)
    }
}

impl Checker<'_> {
    fn signature(&mut self, params: &[Param]) -> Checked<()> {
        for param in params {
            let kind = match param.mode {
                Mode::In => SlotKind::In,
                Mode::Inout if param.ty.is_aggregate() => SlotKind::Inout,
                Mode::Inout => {
                    return Err(self.error(
                        0,
                        ErrorCode::BadSignature,
                        "`inout` only for buf and vec",
                        param.ty,
                    ));
                }
            };
            // Not chained to the body, which is not open yet: they are visible to the end.
            self.lists.slots.push(Declared { ty: PackedType::of(param.ty), before: 0, kind, visible: true });
        }
        match self.results.iter().find(|ty| ty.is_mat()) {
            Some(ty) => Err(self.error(0, ErrorCode::BadSignature, "a result other than a mat", ty)),
            None => Ok(()),
        }
    }

    /// Adds a slot that is visible to the end of the innermost block.
    #[inline]
    pub(super) fn add_slot(&mut self, ty: PackedType, kind: SlotKind) {
        let mut before = 0;
        if let Some(open) = self.lists.open.last_mut() {
            before = std::mem::replace(&mut open.slots, self.lists.slots.len() as SlotId + 1);
        }
        self.lists.slots.push(Declared { ty, before, kind, visible: true });
    }

    fn innermost(&self) -> Option<BlockId> {
        self.lists.open.last().map(|open| open.block)
    }

    /// Checks all nodes, which have been decoded.
    fn walk(&mut self, blocks: &[Block]) -> Checked<()> {
        let mut id = 1;
        loop {
            // Several blocks may end at one node.
            while let Some(block) = self.innermost().filter(|b| blocks[*b as usize].end == id) {
                if block == 0 {
                    return Ok(());
                }
                self.close_block(id)?;
            }
            if !self.quick(id) {
                self.any_node(id)?;
            }
            id += 1;
        }
    }

    /// Checks node `id` as the decoder would ask of it, which is quicker where it is of a common scalar form.
    #[inline]
    fn quick(&mut self, id: NodeId) -> bool {
        let node = *self.lists.node(id);
        let ty = match node.op.scalar() {
            Scalar::Constant(res) => {
                self.lists.stack.push(Entry::leaf(res, id));
                res
            }
            Scalar::Unary(arg, res) => match self.lists.stack.last_mut() {
                Some(a) if a.ty == arg => {
                    a.grow(res);
                    res
                }
                _ => return false,
            },
            Scalar::Binary(arg, res) => match self.lists.stack.as_mut_slice() {
                [.., a, b] if a.ty == arg && b.ty == arg && (a.calls == 0 || b.calls == 0) => {
                    a.join(*b, res);
                    self.lists.stack.pop();
                    res
                }
                _ => return false,
            },
            Scalar::Other if node.op == Op::Load => {
                let Some(ty) = self.slot(node.slot()) else { return false };
                self.lists.stack.push(Entry::leaf(ty, id));
                ty
            }
            Scalar::Other => return false,
        };
        self.lists.nodes[id as usize - 1].set_ty(ty);
        true
    }

    /// Any node; takes its operands, and says what is wrong with it.
    fn any_node(&mut self, id: NodeId) -> Checked<()> {
        let node = *self.lists.node(id);
        if node.op.is_stmt() {
            return self.statement(&node, id);
        }
        let ty = self.expression(&node, id)?;
        self.lists.nodes[id as usize - 1].set_ty(ty);
        Ok(())
    }

    fn statement(&mut self, node: &Node, id: NodeId) -> Checked<()> {
        let op = node.op();
        let first = self.lists.stack.len() - node.operands();
        if self.lists.open.last().is_some_and(|open| open.leaves) {
            return Err(self.error(id, ErrorCode::AfterLeave, "the end of the block", op.info().name));
        }
        match op {
            Op::Store => {
                let ty = self.writable(node, id)?;
                self.expect(id, self.lists.stack[first].ty, ty)?;
                self.copying(node, id, first, ty.unpack().copy_bytes());
            }
            Op::Let => {
                let ty = self.lists.stack[first].ty;
                self.fits(node, id, first, !ty.unpack().is_mat())?;
                self.copying(node, id, first, ty.unpack().copy_bytes());
                self.add_slot(ty, SlotKind::Let);
            }
            Op::Return => {
                let bytes = self.check_return(id, first)?;
                self.copying(node, id, first, bytes);
                self.leaves(true);
            }
            Op::If => {
                self.fits(node, id, first, self.lists.stack[first].ty == PackedType::BOOL)?;
                return self.open_construct(node, id, first);
            }
            Op::Loop => {
                self.fits(node, id, first, self.lists.stack[first].ty == PackedType::INT)?;
                return self.open_construct(node, id, first);
            }
            Op::While => {
                self.fits(node, id, first, self.lists.stack[first].ty == PackedType::BOOL)?;
                return self.open_while(node, id, first);
            }
            Op::Scope => return self.open_construct(node, id, first),
            Op::CallStmt => return self.call_stmt(node, id, first),
            _ => self.other_statement(node, id, first)?,
        }
        Ok(())
    }

    /// The rarer statements, whose operands the rule of the list checks.
    fn other_statement(&mut self, node: &Node, id: NodeId, first: usize) -> Checked<()> {
        self.rule(node, id, first)?;
        let op = node.op();
        let mut input = CostInput::default();
        match op {
            Op::StoreElem => {
                let scalar = match self.writable(node, id)?.unpack() {
                    Type::Buf { elem, .. } => elem.scalar(),
                    Type::Vec { .. } => Type::Float,
                    other => return Err(self.error(id, ErrorCode::SlotKind, "a buf or vec slot", other)),
                };
                self.expect(id, self.lists.stack[first].ty, PackedType::of(scalar))?;
            }
            Op::Push => {
                let elem = self.writable_buf(node, id)?;
                self.expect(id, self.lists.stack[first].ty, PackedType::of(elem.scalar()))?;
            }
            Op::Truncate => {
                self.writable_buf(node, id)?;
            }
            Op::Break | Op::Continue => {
                self.exact = false;
                let depth = node.depth();
                if depth >= self.loops {
                    let expected = format!("a depth below {}", self.loops);
                    return Err(self.error(id, ErrorCode::LoopDepth, expected, depth));
                }
            }
            Op::Print => input.first = Some(self.lists.stack[first].ty.unpack()),
            _ => {}
        }
        self.end_statement(first, id - node.start(), weight(op, input));
        if matches!(op, Op::Fail | Op::Break | Op::Continue) {
            self.leaves(false);
        }
        Ok(())
    }

    /// Checks an operand by one comparison; where it fails, the rule of the list words the error.
    #[inline]
    fn fits(&self, node: &Node, id: NodeId, first: usize, fits: bool) -> Checked<()> {
        if fits { Ok(()) } else { self.rule(node, id, first).map(|_| ()) }
    }

    /// Ends a statement that copies `bytes` of aggregates.
    #[inline]
    fn copying(&mut self, node: &Node, id: NodeId, first: usize, bytes: u64) {
        let weight =
            if bytes == 0 { 1 } else { weight(node.op(), CostInput { bytes, ..CostInput::default() }) };
        self.end_statement(first, id - node.start(), weight);
    }

    /// The statement just ended leaves its block, maybe by `Return`.
    fn leaves(&mut self, returns: bool) {
        if let Some(open) = self.lists.open.last_mut() {
            open.leaves = true;
            open.returns |= returns;
        }
    }

    fn check_return(&mut self, id: NodeId, first: usize) -> Checked<u64> {
        let mut bytes = 0;
        for (i, expected) in self.results.iter().enumerate() {
            self.expect(id, self.lists.stack[first + i].ty, PackedType::of(*expected))?;
            bytes += expected.copy_bytes();
        }
        Ok(bytes)
    }

    /// A statement on one scalar that `nodes` nodes compute, where one may stand.
    #[inline]
    fn common_statement(&mut self, value: Entry, nodes: u32) -> bool {
        let stands = value.ty.is_scalar() && self.lists.open.last().is_some_and(|open| !open.leaves);
        if stands {
            self.book(nodes, 1, value);
        }
        stands
    }

    /// Takes the statement's operands, which are `nodes` nodes, off the stack and books it.
    pub(super) fn end_statement(&mut self, first: usize, nodes: u32, weight: u64) {
        let operands = self.take(first);
        self.book(nodes, weight, operands);
    }

    /// Books weight, calls, levels and temporaries of a statement whose operands are `nodes` nodes.
    ///
    /// A statement that follows one with a `Return` in it shows that the `Return` was not in tail position.
    #[inline]
    fn book(&mut self, nodes: u32, weight: u64, operands: Entry) {
        let weight = weight + u64::from(nodes) + std::mem::take(&mut self.stmt_excess);
        self.end_frame();
        let calls = (operands.calls != 0).then(|| self.bound(operands.calls));
        if let Some(open) = self.lists.open.last_mut() {
            open.cost += weight;
            if let Some(calls) = calls {
                open.extra = open.extra.plus(calls);
            }
            open.levels = open.levels.max(operands.levels + 1);
            open.nesting = open.nesting.max(operands.nesting + 1);
            self.exact &= !open.returns;
        }
    }

    #[inline]
    pub(super) fn end_frame(&mut self) {
        self.max_stmt_frame = self.max_stmt_frame.max(std::mem::take(&mut self.stmt_frame));
    }

    /// The type of the slot that a statement writes.
    fn writable(&self, node: &Node, id: NodeId) -> Checked<PackedType> {
        let slot = self.visible_slot(node, id)?;
        if slot.kind.is_writable() {
            return Ok(slot.ty);
        }
        Err(self.error(id, ErrorCode::SlotReadOnly, "a let, call result or `inout` slot", node.slot()))
    }

    fn writable_buf(&self, node: &Node, id: NodeId) -> Checked<Elem> {
        match self.writable(node, id)?.unpack() {
            Type::Buf { elem, .. } => Ok(elem),
            other => Err(self.error(id, ErrorCode::SlotKind, "a buf slot", other)),
        }
    }

    pub(super) fn visible_slot(&self, node: &Node, id: NodeId) -> Checked<Declared> {
        match self.lists.slots.get(node.slot() as usize) {
            Some(found) if found.visible => Ok(*found),
            _ => Err(self.error(
                id,
                ErrorCode::SlotInvisible,
                "a slot declared before, in a block still open",
                node.slot(),
            )),
        }
    }

    #[inline]
    pub(super) fn expect(&self, id: NodeId, found: PackedType, expected: PackedType) -> Checked<()> {
        if found == expected {
            return Ok(());
        }
        Err(self.error(id, ErrorCode::TypeMismatch, expected.unpack(), found.unpack()))
    }

    #[cold]
    pub(super) fn error(
        &self,
        node: NodeId,
        code: ErrorCode,
        expected: impl ToString,
        found: impl ToString,
    ) -> Box<ValidateError> {
        let mut error = self.cx.error(node, code);
        error.expected = Some(expected.to_string());
        error.found = Some(found.to_string());
        error
    }

    /// Ends the body: adds all that was found out to lists that are empty.
    pub(crate) fn finish(self, findings: &mut Findings) -> Checked<()> {
        let Some(body) = self.lists.open.first().copied() else { unreachable!("new opens a body") };
        self.lists.costs[0] = body.cost;
        let mut bytes = 0;
        findings.slots.reserve_exact(self.lists.slots.len());
        for slot in &self.lists.slots {
            bytes += slot.ty.slot_bytes();
            findings.slots.push(Slot { ty: slot.ty.unpack(), kind: slot.kind });
        }
        findings.certificate = self.certificate(&body, bytes)?;
        findings.costs.extend_from_slice(&self.lists.costs);
        Ok(())
    }

    /// The certificate of a function whose slots take `slots` bytes.
    fn certificate(&self, body: &Open, slots: u64) -> Checked<Certificate> {
        if !self.results.is_empty() && !body.leaves {
            return Err(self.error(
                0,
                ErrorCode::MissingReturn,
                "every path to return or fail",
                "a path that ends",
            ));
        }
        let own_frame = slots + self.max_stmt_frame;
        let certificate = Certificate {
            levels: body.levels + 1,
            nesting: body.nesting + 1,
            own_frame,
            frame: own_frame + self.max_callee_frame,
            max: body.max(),
            exact: self.exact,
            reaches_host: self.reaches_host,
        };
        let limits = self.cx.limits;
        if certificate.nesting > limits.nesting {
            return Err(self.cx.limit(LimitKind::Nesting, limits.nesting, certificate.nesting));
        }
        if certificate.levels > limits.levels {
            return Err(self.cx.limit(LimitKind::Levels, limits.levels, certificate.levels));
        }
        if certificate.frame > limits.frame_bytes {
            return Err(self.cx.limit(LimitKind::FrameBytes, limits.frame_bytes, certificate.frame));
        }
        Ok(certificate)
    }
}

/// The validator hears of nodes while they are cut, for [`load`](crate::load).
impl Listener for Checker<'_> {
    type Error = Refused;
    const CHECKS: bool = true;

    #[inline]
    fn lists(&mut self) -> &mut Lists {
        self.lists
    }

    #[inline]
    fn slot(&mut self, slot: SlotId) -> Option<PackedType> {
        match self.lists.slots.get(slot as usize) {
            Some(slot) if slot.visible => Some(slot.ty),
            _ => None,
        }
    }

    #[inline]
    fn store(&mut self, slot: SlotId, value: Entry, nodes: u32) -> bool {
        let Some(&slot) = self.lists.slots.get(slot as usize) else { return false };
        let fits = slot.visible && slot.kind.is_writable() && slot.ty == value.ty;
        fits && self.common_statement(value, nodes)
    }

    #[inline]
    fn declare(&mut self, value: Entry, nodes: u32) -> bool {
        let stands = self.common_statement(value, nodes);
        if stands {
            self.add_slot(value.ty, SlotKind::Let);
        }
        stands
    }

    #[inline]
    fn give_back(&mut self, value: Entry, nodes: u32) -> bool {
        let [ty] = self.results else { return false };
        let stands = PackedType::of(*ty) == value.ty && self.common_statement(value, nodes);
        if stands {
            self.leaves(true);
        }
        stands
    }

    fn node(&mut self, id: NodeId) -> Result<(), Refused> {
        Ok(self.any_node(id)?)
    }

    fn end_block(&mut self, end: NodeId) -> Result<(), Refused> {
        // The body stays open for what finishes.
        if self.lists.open.len() > 1 {
            self.close_block(end)?;
        }
        Ok(())
    }
}
