//! Function objects: cuts a body into nodes and checks its shape, not its types.

use super::object::{hash_table, params, types};
use crate::leb::Reader;
use crate::limits::MAX_RESULTS;
use crate::{
    Block, BlockId, BlockKind, DecodeError, Elem, ErrorCode, Function, Imm, LimitKind, Limits, MAX_ELEMENTS,
    Node, NodeId, Op,
};
use smallvec::SmallVec;

/// Nodes to make room for at once; beyond it the arena grows as it fills, so that a length alone takes no memory.
const RESERVE: usize = 1 << 16;

pub(super) fn function(r: &mut Reader<'_>, limits: &Limits) -> Result<Function, DecodeError> {
    let table = hash_table(r)?;
    let params = params(r)?;
    let results = types(r, MAX_RESULTS)?;
    let f = Function {
        table,
        slots: params.len() as u32,
        params,
        results,
        nodes: Vec::with_capacity(r.remaining().min(RESERVE).min(limits.nodes as usize)),
        blocks: SmallVec::new(),
    };
    let mut body = Body { f, limits, starts: SmallVec::new(), open: SmallVec::new(), used: 0 };
    body.run(r)?;
    if (body.used as usize) < body.f.table.len() {
        return Err(DecodeError::new(r.pos(), ErrorCode::TableUnused).found(body.f.table[body.used as usize]));
    }
    Ok(body.f)
}

struct Body<'a> {
    f: Function,
    limits: &'a Limits,
    /// First node of each expression that waits for its user.
    starts: SmallVec<[NodeId; 32]>,
    /// Blocks not yet ended, the innermost last.
    open: SmallVec<[BlockId; 16]>,
    /// Table entries used so far.
    used: u32,
}

/// The immediates of one node, as its fields.
#[derive(Default)]
struct Fields {
    imm: u64,
    a: u32,
    b: u32,
    n: Option<u16>,
}

impl Body<'_> {
    fn run(&mut self, r: &mut Reader<'_>) -> Result<(), DecodeError> {
        self.open_block(0, BlockKind::Body, 1);
        loop {
            let at = r.pos();
            let byte = r.u8()?;
            if byte == 0 {
                if self.end_block(at)? {
                    return Ok(());
                }
                continue;
            }
            let Some(op) = Op::from_byte(byte) else {
                return Err(DecodeError::new(at, ErrorCode::BadOp).found(byte));
            };
            self.node(r, at, op)?;
        }
    }

    fn next_id(&self) -> NodeId {
        self.f.nodes.len() as NodeId + 1
    }

    #[inline]
    fn node(&mut self, r: &mut Reader<'_>, at: usize, op: Op) -> Result<(), DecodeError> {
        let id = self.next_id();
        if id > self.limits.nodes {
            return Err(DecodeError::limit(at, LimitKind::Nodes, self.limits.nodes.into(), id));
        }
        let info = op.info();
        let fields =
            if info.imm == Imm::None { Fields::default() } else { self.immediates(r, at, info.imm)? };
        let n = match fields.n {
            Some(n) => n,
            None if op == Op::Return => self.f.results.len() as u16,
            None => info.args.len() as u16,
        };
        let start = self.take_operands(at, id, n)?;
        self.f.nodes.push(Node { imm: fields.imm, start, a: fields.a, b: fields.b, n, op });
        if op.is_stmt() {
            return self.statement(at, id, op);
        }
        self.starts.push(start);
        Ok(())
    }

    /// Removes `n` operands from the stack and gives the id of the first node of the first.
    #[inline]
    fn take_operands(&mut self, at: usize, id: NodeId, n: u16) -> Result<NodeId, DecodeError> {
        if n == 0 {
            return Ok(id);
        }
        let Some(first) = self.starts.len().checked_sub(usize::from(n)) else {
            return Err(DecodeError::new(at, ErrorCode::MissingOperand)
                .expected(format_args!("{n} operands"))
                .found(self.starts.len()));
        };
        let start = self.starts[first];
        self.starts.truncate(first);
        Ok(start)
    }

    fn statement(&mut self, at: usize, id: NodeId, op: Op) -> Result<(), DecodeError> {
        if !self.starts.is_empty() {
            return Err(self.unused_operands(at));
        }
        let last = self.f.nodes.len() - 1;
        let block = self.f.blocks.len() as u32;
        let slot = self.f.slots;
        let node = &mut self.f.nodes[last];
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

    fn declare(&mut self, at: usize, count: u32) -> Result<(), DecodeError> {
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
    fn end_block(&mut self, at: usize) -> Result<bool, DecodeError> {
        if !self.starts.is_empty() {
            return Err(self.unused_operands(at));
        }
        let next = self.next_id();
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
    fn unused_operands(&self, at: usize) -> DecodeError {
        DecodeError::new(at, ErrorCode::UnusedOperand).found(format_args!("{} unused", self.starts.len()))
    }

    #[inline]
    fn immediates(&mut self, r: &mut Reader<'_>, at: usize, imm: Imm) -> Result<Fields, DecodeError> {
        let mut out = Fields::default();
        match imm {
            Imm::None => {}
            Imm::Int => out.imm = r.i64()? as u64,
            Imm::Float => out.imm = u64::from_le_bytes(*r.array()?),
            Imm::Bool => {
                out.imm = u64::from(r.u8()?);
                if out.imm > 1 {
                    return Err(bad_immediate(at, "0 or 1", out.imm));
                }
            }
            Imm::Slot | Imm::Depth => out.a = r.u32()?,
            Imm::Table => out.a = self.table_index(r)?,
            Imm::Call => {
                out.a = self.table_index(r)?;
                out.n = Some(arity(r, at, crate::limits::MAX_PARAMS)?);
            }
            Imm::CallStmt => {
                out.a = self.table_index(r)?;
                out.n = Some(arity(r, at, crate::limits::MAX_PARAMS)?);
                out.imm = u64::from(arity(r, at, MAX_RESULTS)?);
            }
            Imm::Count => out.a = count(r, at)?,
            Imm::Fill => {
                out.b = r.u32()?;
                if Elem::from_code(out.b).is_none() {
                    return Err(bad_immediate(at, "an element type 0, 1 or 2", out.b));
                }
                out.a = count(r, at)?;
            }
            Imm::Max => {
                out.imm = r.u64()?;
                if out.imm > i64::MAX as u64 + 1 {
                    return Err(bad_immediate(at, "a loop bound below 2^63", out.imm));
                }
            }
        }
        Ok(out)
    }

    #[inline]
    fn table_index(&mut self, r: &mut Reader<'_>) -> Result<u32, DecodeError> {
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

fn arity(r: &mut Reader<'_>, at: usize, max: usize) -> Result<u16, DecodeError> {
    let n = r.u32()?;
    match u16::try_from(n) {
        Ok(small) if usize::from(small) <= max => Ok(small),
        _ => Err(DecodeError::limit(at, LimitKind::Arity, max as u64, n)),
    }
}

fn count(r: &mut Reader<'_>, at: usize) -> Result<u32, DecodeError> {
    let n = r.u32()?;
    if n == 0 || n > MAX_ELEMENTS {
        return Err(DecodeError::new(at, ErrorCode::BadDimension).expected("1 to 2^20").found(n));
    }
    Ok(n)
}

#[cold]
fn bad_immediate(at: usize, expected: &str, found: impl std::fmt::Display) -> DecodeError {
    DecodeError::new(at, ErrorCode::BadImmediate).expected(expected).found(found)
}
