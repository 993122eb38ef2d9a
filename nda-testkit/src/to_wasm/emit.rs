//! Code under construction: bytes, locals and labels of one function.

use super::abi::WordType;
use wasm_encoder::{BlockType, InstructionSink, MemArg, MemArgTarget, ValType};

/// A block that is open, to be branched to; independent of how many more are opened within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(u32);

/// The index of a local.
pub(super) type Local = u32;

/// Instructions, locals by index, and the number of open blocks.
#[derive(Debug, Default)]
pub(super) struct Code {
    bytes: Vec<u8>,
    params: u32,
    locals: Vec<WordType>,
    free: Vec<Local>,
    depth: u32,
}

/// WebAssembly's name for it.
pub(super) fn val_type(ty: WordType) -> ValType {
    match ty {
        WordType::I32 => ValType::I32,
        WordType::I64 => ValType::I64,
        WordType::F64 => ValType::F64,
    }
}

impl Code {
    /// Of a function with this many parameters.
    pub fn new(params: u32) -> Code {
        Code { params, ..Code::default() }
    }

    /// Appends instructions.
    pub fn op(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.bytes)
    }

    /// A local of this type that nothing uses. It holds anything.
    pub fn take(&mut self, ty: WordType) -> Local {
        let fits = |local: &Local| self.locals[(*local - self.params) as usize] == ty;
        if let Some(at) = self.free.iter().rposition(fits) {
            return self.free.swap_remove(at);
        }
        self.locals.push(ty);
        self.params + self.locals.len() as u32 - 1
    }

    /// Gives a local back.
    pub fn give(&mut self, local: Local) {
        self.free.push(local);
    }

    pub fn block(&mut self) -> Label {
        self.op().block(BlockType::Empty);
        self.opened()
    }

    pub fn loop_(&mut self) -> Label {
        self.op().loop_(BlockType::Empty);
        self.opened()
    }

    pub fn if_(&mut self, result: Option<WordType>) -> Label {
        self.op().if_(result.map_or(BlockType::Empty, |ty| BlockType::Result(val_type(ty))));
        self.opened()
    }

    fn opened(&mut self) -> Label {
        self.depth += 1;
        Label(self.depth)
    }

    pub fn else_(&mut self) {
        self.op().else_();
    }

    pub fn end(&mut self) {
        self.depth -= 1;
        self.op().end();
    }

    pub fn br(&mut self, to: Label) {
        let depth = self.depth - to.0;
        self.op().br(depth);
    }

    pub fn br_if(&mut self, to: Label) {
        let depth = self.depth - to.0;
        self.op().br_if(depth);
    }

    pub fn get(&mut self, local: Local) {
        self.op().local_get(local);
    }

    pub fn set(&mut self, local: Local) {
        self.op().local_set(local);
    }

    pub fn tee(&mut self, local: Local) {
        self.op().local_tee(local);
    }

    pub fn int(&mut self, x: i64) {
        self.op().i64_const(x);
    }

    /// An address or a number of bytes.
    pub fn bytes(&mut self, x: u32) {
        self.op().i32_const(x as i32);
    }

    /// The body, ready for the code section.
    pub fn finish(mut self) -> wasm_encoder::Function {
        self.op().end();
        let locals = self.locals.iter().map(|ty| val_type(*ty));
        let mut f = wasm_encoder::Function::new_with_locals_types(locals);
        f.raw(self.bytes);
        f
    }

    /// How many locals, parameters included.
    pub fn locals(&self) -> usize {
        self.params as usize + self.locals.len()
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// A load or store of 8 bytes, or of one.
pub(super) fn at(offset: u32, bytes: u64) -> MemArg {
    let (align, target) = (bytes.trailing_zeros(), MemArgTarget::Memory(0));
    MemArg { offset: offset.into(), align, target, ordering: None }
}
