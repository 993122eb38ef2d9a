//! One function on its way to code: what its parts share.

use super::Unsupported;
use super::abi::WordType;
use super::emit::{Code, Label, Local};
use super::layout::Layout;
use super::module::Indices;
use super::nan::Bits;
use nda_ast::{Block, Constant, Effects, Function, NodeId, Op, SlotKind, Type, ValidFunction, ValidProgram};
use nda_runtime::TrapCode;

/// Engines refuse functions with more (wasmparser's limit, which is that of browsers).
const MOST_LOCALS: usize = 50_000;
/// Likewise, in bytes.
const MOST_BYTES: usize = 7_654_321;

/// Where a slot lives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    /// Not declared yet, or no longer.
    None,
    /// A scalar.
    Local(Local),
    /// A buffer.
    Buffer(Base),
}

/// The address of a buffer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Base {
    Static(u32),
    Local(Local),
}

/// A loop that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenLoop {
    pub breaks: Label,
    pub continues: Label,
}

pub(super) struct Translator<'a> {
    pub program: &'a ValidProgram,
    pub object: u32,
    pub valid: &'a ValidFunction,
    pub f: &'a Function,
    pub links: &'a [u32],
    pub layout: &'a Layout,
    pub bits: &'a Bits,
    pub indices: &'a mut Indices,
    pub code: Code,
    pub slots: Vec<Slot>,
    /// By slot: the length that the buffer in it always has, where that is known.
    pub lengths: Vec<Option<u32>>,
    /// Locals of the result buffers' addresses.
    pub outs: Vec<Local>,
    pub loops: Vec<OpenLoop>,
    /// Where control goes for a trap of this kind.
    pub traps: Vec<(TrapCode, Label)>,
}

/// Gives the body of function `object`.
pub(super) fn function(
    program: &ValidProgram,
    object: u32,
    layout: &Layout,
    bits: &Bits,
    indices: &mut Indices,
) -> Result<wasm_encoder::Function, Unsupported> {
    let Some(valid) = program.function(object) else { return Err(Unsupported::Entry { object }) };
    let f = valid.function();
    let links = program.program().links(object);
    let aggregates = f.results().iter().filter(|ty| ty.is_aggregate()).count();
    let params = f.params().len();
    let mut translator = Translator {
        program,
        object,
        valid,
        f,
        links,
        layout,
        bits,
        indices,
        code: Code::new((params + aggregates) as u32),
        slots: vec![Slot::None; f.slot_count()],
        lengths: lengths(program, f, links),
        outs: (params..params + aggregates).map(|i| i as Local).collect(),
        loops: Vec::new(),
        traps: Vec::new(),
    };
    translator.run();
    let code = translator.code;
    let limit = |what| Err(Unsupported::Limit { object, what });
    match () {
        () if code.locals() > MOST_LOCALS => limit("locals"),
        () if code.len() > MOST_BYTES => limit("bytes of code"),
        () => Ok(code.finish()),
    }
}

impl Translator<'_> {
    fn run(&mut self) {
        for (i, param) in self.f.params().iter().enumerate() {
            let local = i as Local;
            self.slots[i] =
                if param.ty.is_scalar() { Slot::Local(local) } else { Slot::Buffer(Base::Local(local)) };
        }
        // Checks branch to the end of the function, where the hot path never comes by.
        for kind in [TrapCode::LoopLimit, TrapCode::CapacityExceeded, TrapCode::IndexOutOfBounds] {
            if self.f.nodes().iter().any(|node| may_trap(node, kind)) {
                let label = self.code.block();
                self.traps.push((kind, label));
            }
        }
        self.block(self.f.blocks()[0]);
        let scalars = self.f.results().iter().any(|ty| ty.is_scalar());
        if self.traps.is_empty() {
            if scalars {
                self.code.op().unreachable();
            }
            return;
        }
        if scalars {
            self.code.op().unreachable();
        } else {
            self.code.op().return_();
        }
        while let Some((kind, _)) = self.traps.pop() {
            self.code.end();
            self.trap(kind);
        }
    }

    /// Ends the run with this code.
    pub fn trap(&mut self, kind: TrapCode) {
        let global = self.indices.trap_global();
        self.code.op().i32_const(kind.number() as i32).global_set(global).unreachable();
    }

    /// Ends the run with this code if the i32 on the stack is not 0.
    pub fn trap_if(&mut self, kind: TrapCode) {
        match self.traps.iter().find(|(k, _)| *k == kind) {
            Some((_, label)) => self.code.br_if(*label),
            None => unreachable!("{kind} was not foreseen"),
        }
    }

    /// The statements of a block; what they declare ends with it.
    pub fn block(&mut self, block: Block) {
        let first = self.declared(block);
        let mut id = block.first;
        while id < block.end {
            // Expressions come before the statement that takes them, and are emitted by it.
            if self.f.node(id).op().is_stmt() {
                self.statement(id);
                id = self.f.end_of(id);
            } else {
                id += 1;
            }
        }
        for slot in first {
            if let Slot::Local(local) = std::mem::replace(&mut self.slots[slot], Slot::None) {
                self.code.give(local);
            }
        }
    }

    /// Slots that the statements of a block declare, those of inner blocks excepted.
    fn declared(&self, block: Block) -> Vec<usize> {
        let mut out = Vec::new();
        let mut id = block.first;
        while id < block.end {
            let node = self.f.node(id);
            match node.op() {
                Op::Let => out.push(node.slot() as usize),
                Op::CallStmt => {
                    let first = node.first_result() as usize;
                    out.extend(first..first + node.results());
                }
                _ => {}
            }
            id = self.f.end_of(id);
        }
        out
    }

    /// Type of an expression.
    pub fn ty(&self, id: NodeId) -> Type {
        self.valid.type_of(id).unwrap_or(Type::Int)
    }

    /// The local of a scalar slot, made where it is declared.
    pub fn local(&mut self, slot: u32) -> Local {
        match self.slots[slot as usize] {
            Slot::Local(local) => local,
            _ => {
                let local = self.code.take(WordType::of(self.valid.slot(slot).ty));
                self.slots[slot as usize] = Slot::Local(local);
                local
            }
        }
    }

    /// The address of a buffer slot, made where it is declared.
    pub fn base(&mut self, slot: u32) -> Base {
        match self.slots[slot as usize] {
            Slot::Buffer(base) => base,
            _ => {
                let object = self.object as usize;
                let base = Base::Static(
                    self.layout.addresses[object] + self.layout.frames[object].slots[slot as usize],
                );
                self.slots[slot as usize] = Slot::Buffer(base);
                base
            }
        }
    }

    /// Whether evaluating the expression can neither trap nor log: it may then be moved past what can.
    pub fn is_pure(&self, id: NodeId) -> bool {
        let start = self.f.node(id).start();
        (start..=id).all(|i| {
            let effects = self.f.node(i).op().info().effects;
            !effects.has(Effects::TRAP) && !effects.has(Effects::CALL)
        })
    }

    /// How many nodes an expression has.
    pub fn size(&self, id: NodeId) -> u32 {
        id + 1 - self.f.node(id).start()
    }

    /// Whether nothing writes the slot while it is visible.
    pub fn is_constant(&self, slot: u32) -> bool {
        matches!(self.valid.slot(slot).kind, SlotKind::In | SlotKind::Index)
    }
}

/// Whether a node may branch to the function's trap of this kind.
fn may_trap(node: &nda_ast::Node, kind: TrapCode) -> bool {
    match kind {
        TrapCode::LoopLimit => matches!(node.op(), Op::Loop | Op::While) && node.max().is_some(),
        TrapCode::CapacityExceeded => matches!(node.op(), Op::Push | Op::Recap),
        _ => matches!(node.op(), Op::Index | Op::StoreElem | Op::Truncate),
    }
}

/// Lengths that never change: of slots that begin full and that nothing pushes to, truncates, replaces by another length
/// or lends to a callee.
fn lengths(program: &ValidProgram, f: &Function, links: &[u32]) -> Vec<Option<u32>> {
    let mut out = vec![None; f.slot_count()];
    let made = |id: NodeId| {
        let node = f.node(id);
        match node.op() {
            Op::Fill => Some(node.count()),
            Op::BufConst => constant_len(program, links[node.table()]),
            _ => None,
        }
    };
    let lets = f.nodes().iter().enumerate().filter(|(_, node)| node.op() == Op::Let);
    for (i, node) in lets {
        out[node.slot() as usize] = made(i as NodeId);
    }
    for (i, node) in f.nodes().iter().enumerate() {
        match node.op() {
            Op::Push | Op::Truncate => out[node.slot() as usize] = None,
            Op::Store if out[node.slot() as usize] != made(i as NodeId) => out[node.slot() as usize] = None,
            Op::CallStmt => {
                let params = program.function(links[node.table()]).map_or(&[][..], |g| g.function().params());
                for (param, operand) in params.iter().zip(f.operands(i as NodeId + 1)) {
                    if param.is_inout() {
                        out[f.node(operand).slot() as usize] = None;
                    }
                }
            }
            _ => {}
        }
    }
    out
}

/// The length of a constant buffer.
pub(super) fn constant_len(program: &ValidProgram, object: u32) -> Option<u32> {
    match program.program().objects()[object as usize].body() {
        nda_ast::Body::Constant(Constant::Buf { elem, data, .. }) => {
            Some((data.len() as u64 / elem.size()) as u32)
        }
        _ => None,
    }
}
