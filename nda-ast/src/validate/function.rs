//! One function: the walk over its nodes, signatures, slots, statements.

use super::Checked;
use super::block::{Before, Open};
use super::{Context, Slot, SlotKind, ValidFunction};
use crate::{
    Bound, Certificate, CostInput, Elem, ErrorCode, Function, Hash, LimitKind, Mode, NodeId, Op, Type,
    ValidateError, weight,
};
use smallvec::SmallVec;
use std::sync::Arc;

/// An expression that waits for its user.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub ty: Type,
    /// Levels, callees counted.
    pub levels: u32,
    /// Levels, callees not counted.
    pub nesting: u32,
    /// What calls in it may cost: an index into [`Checker::bounds`], 0 for nothing.
    pub calls: u32,
}

impl Entry {
    /// Becomes the value of an operation on itself.
    #[inline]
    pub fn grow(&mut self, ty: Type) {
        self.ty = ty;
        self.levels += 1;
        self.nesting += 1;
    }
}

pub(super) struct Checker<'a> {
    pub cx: &'a Context<'a>,
    pub f: &'a Function,
    pub types: Vec<Option<Type>>,
    pub stack: &'a mut Vec<Entry>,
    pub slots: SmallVec<[Slot; 4]>,
    pub open: &'a mut Vec<Open>,
    /// What the first arm of an `If`, or the condition of a `While`, leaves for the end of the statement.
    pub before: &'a mut Vec<Before>,
    pub costs: SmallVec<[u64; 4]>,
    /// Sums of call bounds that expressions refer to; 0 is nothing.
    pub bounds: &'a mut Vec<Bound>,
    /// Weight and computed aggregates of the statement under way.
    pub stmt_weight: u64,
    pub stmt_frame: u64,
    pub max_stmt_frame: u64,
    pub max_callee_frame: u64,
    pub loops: u32,
    pub exact: bool,
    pub reaches_host: bool,
}

/// Lists that one validation after another reuses.
#[derive(Default)]
pub(super) struct Scratch {
    stack: Vec<Entry>,
    open: Vec<Open>,
    before: Vec<Before>,
    bounds: Vec<Bound>,
}

impl Scratch {
    /// Greatest number of entries kept from one program to the next.
    const KEEP: usize = 4096;

    /// Empties all, and gives back what one large program needed.
    pub fn clear(&mut self) {
        self.stack.clear();
        self.stack.shrink_to(Scratch::KEEP);
        self.open.clear();
        self.open.shrink_to(Scratch::KEEP);
        self.before.clear();
        self.before.shrink_to(Scratch::KEEP);
        self.bounds.clear();
        self.bounds.shrink_to(Scratch::KEEP);
    }
}

pub(super) fn check(
    cx: &Context<'_>,
    scratch: &mut Scratch,
    hash: Hash,
    f: &Arc<Function>,
) -> Checked<ValidFunction> {
    scratch.clear();
    let Scratch { stack, open, before, bounds } = scratch;
    let mut checker = Checker {
        cx,
        f,
        types: Vec::with_capacity(f.nodes.len()),
        stack,
        slots: SmallVec::with_capacity(f.slots as usize),
        open,
        before,
        costs: SmallVec::from_elem(0, f.blocks.len()),
        bounds,
        stmt_weight: 0,
        stmt_frame: 0,
        max_stmt_frame: 0,
        max_callee_frame: 0,
        loops: 0,
        exact: true,
        reaches_host: false,
    };
    checker.signature()?;
    let body = checker.body()?;
    let certificate = checker.certificate(body)?;
    let Checker { types, slots, costs, .. } = checker;
    Ok(ValidFunction { hash, function: f.clone(), types, slots, costs, certificate })
}

impl Checker<'_> {
    fn signature(&mut self) -> Checked<()> {
        for param in &self.f.params {
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
            self.declare(param.ty, kind);
        }
        match self.f.results.iter().find(|ty| ty.is_mat()) {
            Some(ty) => Err(self.error(0, ErrorCode::BadSignature, "a result other than a mat", ty)),
            None => Ok(()),
        }
    }

    pub(super) fn declare(&mut self, ty: Type, kind: SlotKind) {
        // The body is not open yet while parameters are declared; they are visible to its end.
        let until = self.open.last().map_or(NodeId::MAX, |open| open.end);
        self.slots.push(Slot { ty, kind, until });
    }

    /// Walks all nodes; gives the closed body.
    fn body(&mut self) -> Checked<Open> {
        self.open_block(0)?;
        let count = self.f.nodes.len() as NodeId;
        let mut id = 1;
        loop {
            // Several blocks may end at one node.
            while self.open.last().is_some_and(|open| open.end == id) {
                if let Some(body) = self.close_block()? {
                    return Ok(body);
                }
            }
            debug_assert!(id <= count, "every block ends");
            let op = self.f.node(id).op();
            if op.is_stmt() {
                self.types.push(None);
                self.statement(id, op)?;
            } else {
                self.expression(id, op)?;
            }
            id += 1;
        }
    }

    fn statement(&mut self, id: NodeId, op: Op) -> Checked<()> {
        let first = self.stack.len() - self.f.node(id).operands();
        if self.open.last().is_some_and(|open| open.leaves) {
            return Err(self.error(id, ErrorCode::AfterLeave, "the end of the block", op.info().name));
        }
        match op {
            Op::Store => {
                let ty = self.writable(id)?;
                self.expect(id, self.stack[first].ty, ty)?;
                self.copying(first, op, ty.copy_bytes());
            }
            Op::Let => {
                let ty = self.stack[first].ty;
                self.fits(id, op, first, !ty.is_mat())?;
                self.copying(first, op, ty.copy_bytes());
                self.declare(ty, SlotKind::Let);
            }
            Op::Return => {
                let bytes = self.check_return(id, first)?;
                self.copying(first, op, bytes);
                self.leaves(true);
            }
            Op::If => {
                self.fits(id, op, first, self.stack[first].ty == Type::Bool)?;
                return self.open_construct(id, op, first);
            }
            Op::Loop => {
                self.fits(id, op, first, self.stack[first].ty == Type::Int)?;
                return self.open_construct(id, op, first);
            }
            Op::While => {
                self.fits(id, op, first, self.stack[first].ty == Type::Bool)?;
                return self.open_while(id, first);
            }
            Op::Scope => return self.open_construct(id, op, first),
            Op::CallStmt => return self.call_stmt(id, first),
            _ => self.other_statement(id, op, first)?,
        }
        Ok(())
    }

    /// The rarer statements, whose operands the rule of the list checks.
    fn other_statement(&mut self, id: NodeId, op: Op, first: usize) -> Checked<()> {
        self.rule(id, op, first)?;
        let mut input = CostInput::default();
        match op {
            Op::StoreElem => {
                let scalar = match self.writable(id)? {
                    Type::Buf { elem, .. } => elem.scalar(),
                    Type::Vec { .. } => Type::Float,
                    other => return Err(self.error(id, ErrorCode::SlotKind, "a buf or vec slot", other)),
                };
                self.expect(id, self.stack[first].ty, scalar)?;
            }
            Op::Push => {
                let elem = self.writable_buf(id)?;
                self.expect(id, self.stack[first].ty, elem.scalar())?;
            }
            Op::Truncate => {
                self.writable_buf(id)?;
            }
            Op::Break | Op::Continue => {
                self.exact = false;
                let depth = self.f.node(id).depth();
                if depth >= self.loops {
                    let expected = format!("a depth below {}", self.loops);
                    return Err(self.error(id, ErrorCode::LoopDepth, expected, depth));
                }
            }
            Op::Print => input.first = Some(self.stack[first].ty),
            _ => {}
        }
        self.end_statement(first, weight(op, input));
        if matches!(op, Op::Fail | Op::Break | Op::Continue) {
            self.leaves(false);
        }
        Ok(())
    }

    /// Checks an operand by one comparison; where it fails, the rule of the list words the error.
    #[inline]
    fn fits(&self, id: NodeId, op: Op, first: usize, fits: bool) -> Checked<()> {
        if fits { Ok(()) } else { self.rule(id, op, first).map(|_| ()) }
    }

    /// Ends a statement that copies `bytes` of aggregates.
    #[inline]
    fn copying(&mut self, first: usize, op: Op, bytes: u64) {
        let weight = if bytes == 0 { 1 } else { weight(op, CostInput { bytes, ..CostInput::default() }) };
        self.end_statement(first, weight);
    }

    /// The statement just ended leaves its block, maybe by `Return`.
    fn leaves(&mut self, returns: bool) {
        if let Some(open) = self.open.last_mut() {
            open.leaves = true;
            open.returns |= returns;
        }
    }

    fn check_return(&mut self, id: NodeId, first: usize) -> Checked<u64> {
        let mut bytes = 0;
        for (i, expected) in self.f.results.iter().enumerate() {
            self.expect(id, self.stack[first + i].ty, *expected)?;
            bytes += expected.copy_bytes();
        }
        Ok(bytes)
    }

    /// Takes the statement's operands off the stack and books its weight, calls, levels and temporaries.
    ///
    /// A statement that follows one with a `Return` in it shows that the `Return` was not in tail position.
    pub(super) fn end_statement(&mut self, first: usize, weight: u64) {
        let (levels, nesting, calls) = self.take(first);
        let weight = weight + std::mem::take(&mut self.stmt_weight);
        self.end_frame();
        let calls = (calls != 0).then(|| self.bound(calls));
        if let Some(open) = self.open.last_mut() {
            open.cost += weight;
            if let Some(calls) = calls {
                open.extra = open.extra.plus(calls);
            }
            open.levels = open.levels.max(levels + 1);
            open.nesting = open.nesting.max(nesting + 1);
            self.exact &= !open.returns;
        }
    }

    pub(super) fn end_frame(&mut self) {
        self.max_stmt_frame = self.max_stmt_frame.max(std::mem::take(&mut self.stmt_frame));
    }

    /// The type of the slot that a statement writes.
    fn writable(&self, id: NodeId) -> Checked<Type> {
        let slot = self.visible_slot(id)?;
        if slot.kind.is_writable() {
            return Ok(slot.ty);
        }
        Err(self.error(
            id,
            ErrorCode::SlotReadOnly,
            "a let, call result or `inout` slot",
            self.f.node(id).slot(),
        ))
    }

    fn writable_buf(&self, id: NodeId) -> Checked<Elem> {
        match self.writable(id)? {
            Type::Buf { elem, .. } => Ok(elem),
            other => Err(self.error(id, ErrorCode::SlotKind, "a buf slot", other)),
        }
    }

    #[inline]
    pub(super) fn visible_slot(&self, id: NodeId) -> Checked<Slot> {
        let slot = self.f.node(id).slot() as usize;
        match self.slots.get(slot) {
            // Declared before; and still visible, since the block that declares it ends later.
            Some(found) if id < found.until => Ok(*found),
            _ => Err(self.invisible(id, slot)),
        }
    }

    #[cold]
    fn invisible(&self, id: NodeId, slot: usize) -> Box<ValidateError> {
        self.error(id, ErrorCode::SlotInvisible, "a slot declared before, in a block still open", slot)
    }

    #[inline]
    pub(super) fn expect(&self, id: NodeId, found: Type, expected: Type) -> Checked<()> {
        if found == expected { Ok(()) } else { Err(self.error(id, ErrorCode::TypeMismatch, expected, found)) }
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

    fn certificate(&self, body: Open) -> Checked<Certificate> {
        if !self.f.results.is_empty() && !body.leaves {
            return Err(self.error(
                0,
                ErrorCode::MissingReturn,
                "every path to return or fail",
                "a path that ends",
            ));
        }
        let slots: u64 = self.slots.iter().map(|slot| slot.ty.slot_bytes()).sum();
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
