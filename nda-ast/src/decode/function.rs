//! Function objects: cuts a body into nodes and checks its shape, not its types.

use super::object::{hash_table, params, types};
use crate::error::Decoded;
use crate::leb::Reader;
use crate::limits::{MAX_PARAMS, MAX_RESULTS};
use crate::op::Scalar;
use crate::scratch::{Entry, Lists};
use crate::types::PackedType;
use crate::{
    Block, BlockKind, DecodeError, Elem, ErrorCode, Function, Hash, Imm, LimitKind, Limits, MAX_ELEMENTS,
    Node, NodeId, Op, Param, SlotId, Type,
};
use smallvec::SmallVec;

/// Nodes to make room for at once; beyond it the arena grows as it fills, so that a length alone takes no memory.
const RESERVE: usize = 1 << 16;

/// Hears of each node as the decoder cuts it, and holds the lists that both work on.
///
/// Of the common nodes, which are scalar, it is asked first and may refuse; then it hears of them again by
/// [`Listener::node`], as of all others.
pub(crate) trait Listener {
    /// Why it would hear no more.
    type Error: From<Box<DecodeError>>;
    /// Whether types matter.
    const CHECKS: bool;

    /// The lists of the function under way.
    fn lists(&mut self) -> &mut Lists;
    /// The type of a slot that may be read.
    fn slot(&mut self, slot: SlotId) -> Option<PackedType>;
    /// `Store` of the one value that waits, which `nodes` nodes compute.
    fn store(&mut self, slot: SlotId, value: Entry, nodes: u32) -> bool;
    /// `Let` of the one value that waits, which `nodes` nodes compute.
    fn declare(&mut self, value: Entry, nodes: u32) -> bool;
    /// `Return` of the one value that waits, which `nodes` nodes compute.
    fn give_back(&mut self, value: Entry, nodes: u32) -> bool;
    /// Any node, the last so far. Its operands wait, and it takes them.
    fn node(&mut self, id: NodeId) -> Result<(), Self::Error>;
    /// The innermost block ends before node `end`; if it is the first arm of an `If`, the second begins there.
    fn end_block(&mut self, end: NodeId) -> Result<(), Self::Error>;
}

/// Hears nothing: decodes alone.
pub(super) struct Alone<'a>(pub &'a mut Lists);

impl Listener for Alone<'_> {
    type Error = Box<DecodeError>;
    const CHECKS: bool = false;

    #[inline]
    fn lists(&mut self) -> &mut Lists {
        self.0
    }

    #[inline]
    fn slot(&mut self, _: SlotId) -> Option<PackedType> {
        Some(PackedType::NONE)
    }

    #[inline]
    fn store(&mut self, _: SlotId, _: Entry, _: u32) -> bool {
        true
    }

    #[inline]
    fn declare(&mut self, _: Entry, _: u32) -> bool {
        true
    }

    #[inline]
    fn give_back(&mut self, _: Entry, _: u32) -> bool {
        true
    }

    #[inline]
    fn node(&mut self, id: NodeId) -> Decoded<()> {
        let node = *self.0.node(id);
        let first = self.0.stack.len() - node.operands();
        self.0.stack.truncate(first);
        if !node.op().is_stmt() {
            self.0.stack.push(Entry { start: node.start(), ..Entry::leaf(PackedType::NONE, id) });
        }
        Ok(())
    }

    #[inline]
    fn end_block(&mut self, _: NodeId) -> Decoded<()> {
        Ok(())
    }
}

/// Reads what stands before the body.
pub(super) fn signature(r: &mut Reader<'_>, f: &mut Function) -> Decoded<()> {
    f.table = hash_table(r)?;
    params(r, &mut f.params)?;
    types(r, MAX_RESULTS, &mut f.results)?;
    f.slots = f.params.len() as u32;
    Ok(())
}

/// What a body fills of its function.
pub(super) struct Room<'a> {
    nodes: &'a mut Vec<Node>,
    blocks: &'a mut SmallVec<[Block; 4]>,
    slots: &'a mut u32,
    selects: &'a mut bool,
    results: usize,
    table: &'a [Hash],
}

impl<'a> Room<'a> {
    /// The parts of a function that is signature alone; and the signature.
    pub fn of(f: &'a mut Function) -> (Room<'a>, &'a [Param], &'a [Type]) {
        let Function { table, params, results, nodes, blocks, slots, selects } = f;
        (Room { nodes, blocks, slots, selects, results: results.len(), table }, params, results)
    }
}

/// Reads a body into its room, by way of the listener's lists, which are empty but for what it put there.
pub(super) fn body<L: Listener>(
    r: &mut Reader<'_>,
    room: Room<'_>,
    limits: &Limits,
    listener: &mut L,
) -> Result<(), L::Error> {
    listener.lists().nodes.reserve(r.remaining().min(RESERVE).min(limits.nodes as usize));
    let mut cutter = Cutter { room, limits, used: 0, listener };
    cutter.run(r)?;
    if let Some(unused) = cutter.room.table.get(cutter.used as usize) {
        return Err(DecodeError::new(r.pos(), ErrorCode::TableUnused).found(unused).into());
    }
    *cutter.room.nodes = cutter.listener.lists().take_nodes();
    Ok(())
}

/// A form of node that [`Cutter::common`] cuts.
#[derive(Clone, Copy)]
enum Form {
    /// What takes the general way.
    Other,
    /// An expression without operands whose immediate is a slot.
    Load,
    /// An expression without operands whose immediate is a signed number.
    Int,
    /// An expression without operands whose immediate is eight bytes.
    Float,
    /// A scalar operation on one operand, without immediates.
    Unary,
    /// A scalar operation on two operands, without immediates.
    Binary,
    /// The store of a slot.
    Store,
    /// The declaration of a slot.
    Let,
    /// The return of one result.
    Return,
}

/// A common form, with the types that the list of operations fixes.
#[derive(Clone, Copy)]
struct Template {
    form: Form,
    op: Op,
    arg: u8,
    res: u8,
}

impl Template {
    #[inline]
    fn arg(&self) -> PackedType {
        PackedType::new(self.arg, 0)
    }

    #[inline]
    fn res(&self) -> PackedType {
        PackedType::new(self.res, 0)
    }

    /// A node of `n` operands that begins at `start`, with these immediates.
    #[inline]
    fn node(&self, start: NodeId, imm: u64, a: u32, n: u16) -> Node {
        Node { imm, start, a, b: 0, n, op: self.op, tag: self.res }
    }
}

/// By operation byte.
const TEMPLATES: [Template; 256] = {
    let mut out = [Template { form: Form::Other, op: Op::Let, arg: 0, res: 0 }; 256];
    let mut i = 0;
    while i < Op::ALL.len() {
        let op = Op::ALL[i];
        let (form, arg, res) = match (op.scalar(), op.info().imm) {
            (Scalar::Constant(res), Imm::Int) => (Form::Int, PackedType::NONE, res),
            (Scalar::Constant(res), Imm::Float) => (Form::Float, PackedType::NONE, res),
            (Scalar::Unary(a, res), Imm::None) => (Form::Unary, a, res),
            (Scalar::Binary(a, res), Imm::None) => (Form::Binary, a, res),
            _ => {
                let form = match op {
                    Op::Load => Form::Load,
                    Op::Store => Form::Store,
                    Op::Let => Form::Let,
                    Op::Return => Form::Return,
                    _ => Form::Other,
                };
                (form, PackedType::NONE, PackedType::NONE)
            }
        };
        out[op as usize] = Template { form, op, arg: arg.tag(), res: res.tag() };
        i += 1;
    }
    out
};

struct Cutter<'a, L> {
    room: Room<'a>,
    limits: &'a Limits,
    /// Table entries used so far.
    used: u32,
    listener: &'a mut L,
}

impl<L: Listener> Cutter<'_, L> {
    fn run(&mut self, r: &mut Reader<'_>) -> Result<(), L::Error> {
        self.open_block(0, BlockKind::Body, 1);
        loop {
            self.common(r);
            let at = r.pos();
            let byte = r.u8()?;
            if byte != 0 {
                self.node(r, at, byte)?;
                continue;
            }
            let end = self.listener.lists().next_id();
            let last = self.end_block(at)?;
            self.listener.end_block(end)?;
            if last {
                return Ok(());
            }
        }
    }

    /// Cuts nodes of the common forms for as long as they come, with what is read next in registers. Stops before
    /// anything else: rarer forms, ends, errors, the end of the bytes.
    #[inline]
    fn common(&mut self, r: &mut Reader<'_>) {
        let bytes = r.bytes();
        let mut rest = &bytes[r.pos()..];
        let limit = self.limits.nodes;
        while let [byte, imm, after @ ..] = rest {
            let (imm, short) = (*imm, *imm < 0x80);
            let template = &TEMPLATES[usize::from(*byte)];
            let lists = self.listener.lists();
            let id = lists.next_id();
            if id > limit {
                break;
            }
            match template.form {
                Form::Load if short => {
                    let Some(ty) = self.listener.slot(imm.into()) else { break };
                    let lists = self.listener.lists();
                    lists.stack.push(Entry::leaf(ty, id));
                    lists.nodes.push(Node {
                        b: ty.shape(),
                        tag: ty.tag(),
                        ..template.node(id, 0, imm.into(), 0)
                    });
                    rest = after;
                }
                Form::Int if short => {
                    lists.stack.push(Entry::leaf(template.res(), id));
                    lists.nodes.push(template.node(id, i64::from((imm << 1) as i8 >> 1) as u64, 0, 0));
                    rest = after;
                }
                Form::Int => {
                    let mut number = Reader::new(bytes, bytes.len() - rest.len() + 1);
                    // The general way reads it again and reports what is wrong with it.
                    let Ok(value) = number.i64() else { break };
                    lists.stack.push(Entry::leaf(template.res(), id));
                    lists.nodes.push(template.node(id, value as u64, 0, 0));
                    rest = &bytes[number.pos()..];
                }
                Form::Float => {
                    let Some((bits, after)) = rest[1..].split_first_chunk() else { break };
                    lists.stack.push(Entry::leaf(template.res(), id));
                    lists.nodes.push(template.node(id, u64::from_le_bytes(*bits), 0, 0));
                    rest = after;
                }
                Form::Unary => {
                    let Some(a) = lists.stack.last_mut() else { break };
                    if L::CHECKS && a.ty != template.arg() {
                        break;
                    }
                    a.grow(template.res());
                    let start = a.start;
                    lists.nodes.push(template.node(start, 0, 0, 1));
                    rest = &rest[1..];
                }
                Form::Binary => {
                    let [.., a, b] = lists.stack.as_mut_slice() else { break };
                    // Calls in both operands must be summed: that is for the general way.
                    if L::CHECKS
                        && (a.ty != template.arg()
                            || b.ty != template.arg()
                            || (a.calls != 0 && b.calls != 0))
                    {
                        break;
                    }
                    a.join(*b, template.res());
                    let start = a.start;
                    lists.stack.pop();
                    lists.nodes.push(template.node(start, 0, 0, 2));
                    rest = &rest[1..];
                }
                Form::Let => {
                    let &[value] = lists.stack.as_slice() else { break };
                    if *self.room.slots >= self.limits.slots
                        || !self.listener.declare(value, id - value.start)
                    {
                        break;
                    }
                    let lists = self.listener.lists();
                    lists.stack.clear();
                    lists.nodes.push(template.node(value.start, 0, *self.room.slots, 1));
                    *self.room.slots += 1;
                    rest = &rest[1..];
                }
                Form::Store if short => {
                    let &[value] = lists.stack.as_slice() else { break };
                    if !self.listener.store(imm.into(), value, id - value.start) {
                        break;
                    }
                    let lists = self.listener.lists();
                    lists.stack.clear();
                    lists.nodes.push(template.node(value.start, 0, imm.into(), 1));
                    rest = after;
                }
                Form::Return => {
                    let &[value] = lists.stack.as_slice() else { break };
                    if self.room.results != 1 || !self.listener.give_back(value, id - value.start) {
                        break;
                    }
                    let lists = self.listener.lists();
                    lists.stack.clear();
                    lists.nodes.push(template.node(value.start, 0, 0, 1));
                    rest = &rest[1..];
                }
                _ => break,
            }
        }
        r.set_pos(bytes.len() - rest.len());
    }

    fn node(&mut self, r: &mut Reader<'_>, at: usize, byte: u8) -> Result<(), L::Error> {
        let id = self.listener.lists().next_id();
        self.cut(r, at, byte, id)?;
        self.listener.node(id)
    }

    fn cut(&mut self, r: &mut Reader<'_>, at: usize, byte: u8, id: NodeId) -> Decoded<()> {
        let Some(op) = Op::from_byte(byte) else {
            return Err(DecodeError::new(at, ErrorCode::BadOp).found(byte));
        };
        if id > self.limits.nodes {
            return Err(DecodeError::limit(at, LimitKind::Nodes, self.limits.nodes.into(), id));
        }
        let mut node = Node { start: id, ..Node::new(op, 0, 0, op.arity()) };
        self.immediates(r, at, &mut node)?;
        let stack = &self.listener.lists().stack;
        let Some(first) = stack.len().checked_sub(node.operands()) else {
            return Err(DecodeError::new(at, ErrorCode::MissingOperand)
                .expected(format_args!("{} operands", node.n))
                .found(stack.len()));
        };
        if let Some(operand) = stack.get(first) {
            node.start = operand.start;
        }
        *self.room.selects |= op == Op::Select;
        if op.is_stmt() {
            if first > 0 {
                return Err(self.unused_operands(at));
            }
            self.statement(at, id, &mut node)?;
        }
        self.listener.lists().nodes.push(node);
        Ok(())
    }

    fn statement(&mut self, at: usize, id: NodeId, node: &mut Node) -> Decoded<()> {
        let block = self.room.blocks.len() as u32;
        let slot = *self.room.slots;
        match node.op {
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
                self.room.blocks.push(Block { owner: id, first: 0, end: 0, kind: BlockKind::Else });
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
                self.room.blocks.push(Block { owner: id, first, end: id, kind: BlockKind::Cond });
                self.open_block(id, BlockKind::While, id + 1);
            }
            _ => {}
        }
        Ok(())
    }

    fn declare(&mut self, at: usize, count: u32) -> Decoded<()> {
        *self.room.slots += count;
        if *self.room.slots > self.limits.slots {
            return Err(DecodeError::limit(at, LimitKind::Slots, self.limits.slots.into(), *self.room.slots));
        }
        Ok(())
    }

    fn open_block(&mut self, owner: NodeId, kind: BlockKind, first: NodeId) {
        self.listener.lists().begun.push(self.room.blocks.len() as u32);
        self.room.blocks.push(Block { owner, first, end: 0, kind });
    }

    /// Ends the innermost block; true where that was the body.
    fn end_block(&mut self, at: usize) -> Decoded<bool> {
        let lists = self.listener.lists();
        if !lists.stack.is_empty() {
            return Err(self.unused_operands(at));
        }
        let next = lists.next_id();
        let Some(id) = lists.begun.pop() else { return Ok(true) };
        let block = &mut self.room.blocks[id as usize];
        block.end = next;
        if block.kind == BlockKind::Then {
            self.room.blocks[id as usize + 1].first = next;
            lists.begun.push(id + 1);
        }
        Ok(lists.begun.is_empty())
    }

    #[cold]
    fn unused_operands(&mut self, at: usize) -> Box<DecodeError> {
        let first = self.listener.lists().stack.first().map_or(0, |entry| entry.start);
        DecodeError::new(at, ErrorCode::UnusedOperand)
            .found(format_args!("expressions from node {first} on that nothing uses"))
    }

    /// Reads what follows the operation byte.
    #[inline]
    fn immediates(&mut self, r: &mut Reader<'_>, at: usize, node: &mut Node) -> Decoded<()> {
        match node.op.info().imm {
            Imm::None => {
                if node.op == Op::Return {
                    node.n = self.room.results as u16;
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
                let code = r.u32()?;
                if Elem::from_code(code).is_none() {
                    return Err(bad_immediate(at, "an element type 0, 1 or 2", code));
                }
                node.imm = code.into();
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
        if index > self.used || index as usize >= self.room.table.len() {
            return Err(DecodeError::new(at, ErrorCode::TableOrder)
                .expected(format_args!(
                    "an index up to {} in a table of {}",
                    self.used,
                    self.room.table.len()
                ))
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
