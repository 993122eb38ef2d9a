//! Function objects: cuts a body into nodes and checks its shape, not its types.

use super::object::{hash_table, params, types};
use crate::error::Decoded;
use crate::leb::Reader;
use crate::limits::{MAX_PARAMS, MAX_RESULTS};
use crate::{
    Block, BlockId, BlockKind, DecodeError, Elem, ErrorCode, Function, Imm, LimitKind, Limits, MAX_ELEMENTS,
    Node, NodeId, Op,
};
use smallvec::SmallVec;
use std::sync::Arc;

/// Nodes to make room for at once; beyond it the arena grows as it fills, so that a length alone takes no memory.
const RESERVE: usize = 1 << 16;

pub(super) fn function(r: &mut Reader<'_>, limits: &Limits) -> Decoded<Arc<Function>> {
    let table = hash_table(r)?;
    let params = params(r)?;
    let results = types(r, MAX_RESULTS)?;
    // Filled where it stays: a function is a few hundred bytes, and moving it shows in the time of small programs.
    let mut out = Arc::new(Function {
        table,
        slots: params.len() as u32,
        params,
        results,
        nodes: Vec::new(),
        blocks: SmallVec::new(),
    });
    let f = Arc::make_mut(&mut out);
    let nodes = Vec::with_capacity(r.remaining().min(RESERVE).min(limits.nodes as usize));
    let mut body = Body { f, nodes, limits, base: 1, open: SmallVec::new(), used: 0 };
    body.run(r)?;
    let used = body.used as usize;
    body.f.nodes = body.nodes;
    match out.table.get(used) {
        Some(unused) => Err(DecodeError::new(r.pos(), ErrorCode::TableUnused).found(unused)),
        None => Ok(out),
    }
}

/// A form of node that [`Body::common`] cuts.
#[derive(Clone, Copy)]
enum Cut {
    /// An expression without operands whose immediate is a slot.
    Slot,
    /// An expression without operands whose immediate is a signed number.
    Int,
    /// An expression of one operand without immediates.
    Unary,
    /// An expression of two operands without immediates.
    Binary,
    /// A statement of one operand whose immediate is a slot.
    Store,
    /// The declaration of a slot.
    Let,
}

/// A common form, and its node but for what differs from one to the next.
#[derive(Clone, Copy)]
struct Template {
    cut: Cut,
    node: Node,
}

/// By operation byte; `None` for what takes the general way.
const CUT: [Option<Template>; 256] = {
    let mut out = [None; 256];
    let mut i = 0;
    while i < Op::ALL.len() {
        let op = Op::ALL[i];
        let info = op.info();
        let cut = match (op.is_stmt(), info.imm, info.args.len()) {
            (false, Imm::Slot, 0) => Some(Cut::Slot),
            (false, Imm::Int, 0) => Some(Cut::Int),
            (false, Imm::None, 1) => Some(Cut::Unary),
            (false, Imm::None, 2) => Some(Cut::Binary),
            (true, Imm::Slot, 1) => Some(Cut::Store),
            _ if matches!(op, Op::Let) => Some(Cut::Let),
            _ => None,
        };
        if let Some(cut) = cut {
            let node = Node { imm: 0, start: 0, a: 0, b: 0, n: op.arity(), op };
            out[op as usize] = Some(Template { cut, node });
        }
        i += 1;
    }
    out
};

struct Body<'a> {
    f: &'a mut Function,
    nodes: Vec<Node>,
    limits: &'a Limits,
    /// First node after the last statement or block boundary. Nodes from here on are expressions that wait for their
    /// user; they need no stack, since each knows where it starts.
    base: NodeId,
    /// Blocks not yet ended, the innermost last.
    open: SmallVec<[BlockId; 16]>,
    /// Table entries used so far.
    used: u32,
}

impl Body<'_> {
    fn run(&mut self, r: &mut Reader<'_>) -> Decoded<()> {
        self.open_block(0, BlockKind::Body, 1);
        loop {
            self.common(r);
            let at = r.pos();
            let byte = r.u8()?;
            if byte != 0 {
                self.node(r, at, byte)?;
            } else if self.end_block(at)? {
                return Ok(());
            }
        }
    }

    /// Cuts nodes of the common forms for as long as they come, with what is read next in registers. Stops before
    /// anything else: rarer forms, ends, errors, the end of the bytes.
    fn common(&mut self, r: &mut Reader<'_>) {
        let (bytes, mut pos) = (r.bytes(), r.pos());
        while let Some(&[byte, imm]) = bytes.get(pos..).and_then(<[u8]>::first_chunk) {
            let Some(template) = &CUT[usize::from(byte)] else { break };
            let id = self.next_id();
            if id > self.limits.nodes {
                break;
            }
            let mut node = template.node;
            let short = imm < 0x80;
            match template.cut {
                Cut::Slot if short => {
                    node.start = id;
                    node.a = u32::from(imm);
                    pos += 2;
                }
                Cut::Int => {
                    node.start = id;
                    r.set_pos(pos + 1);
                    // The general way reads it again and reports what is wrong with it.
                    let Ok(value) = r.i64() else { break };
                    node.imm = value as u64;
                    pos = r.pos();
                }
                Cut::Unary if id > self.base => {
                    node.start = self.start_of(id - 1);
                    pos += 1;
                }
                Cut::Binary if id > self.base => {
                    let second = self.start_of(id - 1);
                    if second == self.base {
                        break;
                    }
                    node.start = self.start_of(second - 1);
                    pos += 1;
                }
                Cut::Let
                    if id > self.base
                        && self.start_of(id - 1) == self.base
                        && self.f.slots < self.limits.slots =>
                {
                    node.start = self.base;
                    node.a = self.f.slots;
                    self.f.slots += 1;
                    self.base = id + 1;
                    pos += 1;
                }
                Cut::Store if short && id > self.base && self.start_of(id - 1) == self.base => {
                    node.start = self.base;
                    node.a = u32::from(imm);
                    self.base = id + 1;
                    pos += 2;
                }
                _ => break,
            }
            self.nodes.push(node);
        }
        r.set_pos(pos);
    }

    #[inline]
    fn start_of(&self, id: NodeId) -> NodeId {
        self.nodes[id as usize - 1].start
    }

    fn next_id(&self) -> NodeId {
        self.nodes.len() as NodeId + 1
    }

    fn node(&mut self, r: &mut Reader<'_>, at: usize, byte: u8) -> Decoded<()> {
        let Some(op) = Op::from_byte(byte) else {
            return Err(DecodeError::new(at, ErrorCode::BadOp).found(byte));
        };
        let id = self.next_id();
        if id > self.limits.nodes {
            return Err(DecodeError::limit(at, LimitKind::Nodes, self.limits.nodes.into(), id));
        }
        let mut node = Node { imm: 0, start: id, a: 0, b: 0, n: op.arity(), op };
        self.immediates(r, at, &mut node)?;
        node.start = self.take_operands(at, id, node.n)?;
        self.nodes.push(node);
        if op.is_stmt() {
            if node.start != self.base {
                return Err(self.unused_operands(at));
            }
            self.base = id + 1;
            return self.statement(at, id, op);
        }
        Ok(())
    }

    /// Id of the first node of the first of the last `n` waiting expressions.
    #[inline]
    fn take_operands(&mut self, at: usize, id: NodeId, n: u16) -> Decoded<NodeId> {
        let mut start = id;
        for taken in 0..n {
            if start == self.base {
                return Err(DecodeError::new(at, ErrorCode::MissingOperand)
                    .expected(format_args!("{n} operands"))
                    .found(taken));
            }
            start = self.nodes[start as usize - 2].start;
        }
        Ok(start)
    }

    fn statement(&mut self, at: usize, id: NodeId, op: Op) -> Decoded<()> {
        let last = self.nodes.len() - 1;
        let block = self.f.blocks.len() as u32;
        let slot = self.f.slots;
        let node = &mut self.nodes[last];
        match op {
            Op::Let => {
                node.a = slot;
                self.declare(at, 1)?;
            }
            Op::CallStmt => {
                node.b = slot;
                let results = node.imm as u32;
                self.declare(at, results)?;
            }
            Op::Scope => {
                node.a = block;
                self.open_block(id, BlockKind::Scope, id + 1);
            }
            Op::If => {
                node.a = block;
                self.open_block(id, BlockKind::Then, id + 1);
                // The else-arm takes its number now, so that an `If` names both by one; it opens when the first ends.
                self.f.blocks.push(Block { owner: id, first: 0, end: 0, kind: BlockKind::Else });
            }
            Op::Loop => {
                node.a = block;
                node.b = slot;
                self.declare(at, 1)?;
                self.open_block(id, BlockKind::Loop, id + 1);
            }
            Op::While => {
                node.a = block;
                let first = node.start;
                self.f.blocks.push(Block { owner: id, first, end: id, kind: BlockKind::Cond });
                self.open_block(id, BlockKind::While, id + 1);
            }
            _ => {}
        }
        Ok(())
    }

    fn declare(&mut self, at: usize, count: u32) -> Decoded<()> {
        self.f.slots += count;
        if self.f.slots > self.limits.slots {
            return Err(DecodeError::limit(at, LimitKind::Slots, self.limits.slots.into(), self.f.slots));
        }
        Ok(())
    }

    fn open_block(&mut self, owner: NodeId, kind: BlockKind, first: NodeId) {
        self.open.push(self.f.blocks.len() as u32);
        self.f.blocks.push(Block { owner, first, end: 0, kind });
    }

    /// Ends the innermost block; true where that was the body.
    fn end_block(&mut self, at: usize) -> Decoded<bool> {
        let next = self.next_id();
        if next != self.base {
            return Err(self.unused_operands(at));
        }
        let Some(id) = self.open.pop() else { return Ok(true) };
        let block = &mut self.f.blocks[id as usize];
        block.end = next;
        if block.kind == BlockKind::Then {
            self.f.blocks[id as usize + 1].first = next;
            self.open.push(id + 1);
        }
        Ok(self.open.is_empty())
    }

    #[cold]
    fn unused_operands(&self, at: usize) -> Box<DecodeError> {
        DecodeError::new(at, ErrorCode::UnusedOperand)
            .found(format_args!("expressions from node {} on that nothing uses", self.base))
    }

    /// Reads what follows the operation byte.
    fn immediates(&mut self, r: &mut Reader<'_>, at: usize, node: &mut Node) -> Decoded<()> {
        match node.op.info().imm {
            Imm::None => {
                if node.op == Op::Return {
                    node.n = self.f.results.len() as u16;
                }
            }
            Imm::Int => node.imm = r.i64()? as u64,
            Imm::Slot | Imm::Depth => node.a = r.u32()?,
            Imm::Float => node.imm = u64::from_le_bytes(*r.array()?),
            Imm::Bool => {
                node.imm = u64::from(r.u8()?);
                if node.imm > 1 {
                    return Err(bad_immediate(at, "0 or 1", node.imm));
                }
            }
            Imm::Table => node.a = self.table_index(r)?,
            Imm::Call => {
                node.a = self.table_index(r)?;
                node.n = arity(r, at, MAX_PARAMS)?;
            }
            Imm::CallStmt => {
                node.a = self.table_index(r)?;
                node.n = arity(r, at, MAX_PARAMS)?;
                node.imm = u64::from(arity(r, at, MAX_RESULTS)?);
            }
            Imm::Count => node.a = count(r, at)?,
            Imm::Fill => {
                node.b = r.u32()?;
                if Elem::from_code(node.b).is_none() {
                    return Err(bad_immediate(at, "an element type 0, 1 or 2", node.b));
                }
                node.a = count(r, at)?;
            }
            Imm::Max => {
                node.imm = r.u64()?;
                if node.imm > i64::MAX as u64 + 1 {
                    return Err(bad_immediate(at, "a loop bound below 2^63", node.imm));
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn table_index(&mut self, r: &mut Reader<'_>) -> Decoded<u32> {
        let at = r.pos();
        let index = r.u32()?;
        if index > self.used || index as usize >= self.f.table.len() {
            return Err(DecodeError::new(at, ErrorCode::TableOrder)
                .expected(format_args!("an index up to {} in a table of {}", self.used, self.f.table.len()))
                .found(index));
        }
        self.used = self.used.max(index + 1);
        Ok(index)
    }
}

fn arity(r: &mut Reader<'_>, at: usize, max: usize) -> Decoded<u16> {
    let n = r.u32()?;
    match u16::try_from(n) {
        Ok(small) if usize::from(small) <= max => Ok(small),
        _ => Err(DecodeError::limit(at, LimitKind::Arity, max as u64, n)),
    }
}

fn count(r: &mut Reader<'_>, at: usize) -> Decoded<u32> {
    let n = r.u32()?;
    if n == 0 || n > MAX_ELEMENTS {
        return Err(DecodeError::new(at, ErrorCode::BadDimension).expected("1 to 2^20").found(n));
    }
    Ok(n)
}

#[cold]
fn bad_immediate(at: usize, expected: &str, found: impl std::fmt::Display) -> Box<DecodeError> {
    DecodeError::new(at, ErrorCode::BadImmediate).expected(expected).found(found)
}
