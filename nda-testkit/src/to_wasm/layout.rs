//! What is translated, and where buffers lie in memory.

use super::Unsupported;
use super::abi::buffer_bytes;
use nda_ast::{Body, Constant, NodeId, Op, SlotKind, Type, ValidFunction, ValidProgram};
use std::collections::HashMap;

/// No buffer begins below, so that 0 is no address.
const FIRST: u64 = 16;

/// Bytes of memory that engines give: 65535 pages of 64 KiB.
const MOST: u64 = 65535 << 16;

/// Buffers of one function, as offsets in its frame.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// By slot; 0 where the slot is no buffer of the frame's own.
    pub slots: Vec<u32>,
    /// By node that computes a buffer which no slot takes at once.
    pub temps: HashMap<NodeId, u32>,
    size: u64,
}

/// The plan of a module.
#[derive(Debug)]
pub(super) struct Layout {
    /// Object indices of the functions, callees first.
    pub functions: Vec<u32>,
    /// Object indices of the program's imports that are called.
    pub imports: Vec<u32>,
    /// By object: frames of the functions.
    pub frames: Vec<Frame>,
    /// By object: address of a function's frame or of a constant.
    pub addresses: Vec<u32>,
    /// Addresses of the entry point's parameters, then of its results; 0 of scalars.
    pub params: Vec<u32>,
    pub results: Vec<u32>,
    /// Bytes in use.
    pub memory: u32,
}

impl Layout {
    pub fn new(program: &ValidProgram, entry: u32) -> Result<Layout, Unsupported> {
        let f = program.function(entry).ok_or(Unsupported::Entry { object: entry })?;
        let objects = program.program().objects();
        let mut layout = Layout {
            functions: Vec::new(),
            imports: Vec::new(),
            frames: objects.iter().map(|_| Frame::default()).collect(),
            addresses: vec![0; objects.len()],
            params: Vec::new(),
            results: Vec::new(),
            memory: 0,
        };
        let limit = |_| Unsupported::Limit { object: entry, what: "bytes of memory" };
        let mut place = Cursor(FIRST);
        for object in reachable(program, entry) {
            match objects[object as usize].body() {
                Body::Function(_) => layout.functions.push(object),
                Body::Import(import) => {
                    supported(
                        object,
                        import.params.iter().map(|p| p.ty).chain(import.results.iter().copied()),
                    )?;
                    layout.imports.push(object);
                }
                Body::Constant(constant) => layout.addresses[object as usize] = place.take(constant.ty()),
            }
        }
        layout.params = f.function().params().iter().map(|p| place.take(p.ty)).collect();
        layout.results = f.function().results().iter().map(|ty| place.take(*ty)).collect();
        let end = layout.frames(program, place.0)?;
        layout.memory = u32::try_from(end).map_err(limit)?;
        if end > MOST {
            return Err(Unsupported::Limit { object: entry, what: "bytes of memory" });
        }
        if layout.memory == FIRST as u32 {
            layout.memory = 0;
        }
        Ok(layout)
    }

    /// Gives each function its frame above those of all its callers, and gives the end of the highest.
    fn frames(&mut self, program: &ValidProgram, first: u64) -> Result<u64, Unsupported> {
        let mut bases = vec![first; self.frames.len()];
        let mut end = first;
        for &object in self.functions.iter().rev() {
            let Some(f) = program.function(object) else { continue };
            let frame = frame(object, f)?;
            let (base, top) = (bases[object as usize], bases[object as usize] + frame.size);
            end = end.max(top);
            for &callee in program.program().links(object) {
                let below = &mut bases[callee as usize];
                *below = (*below).max(top);
            }
            // Checked with the end of the highest frame.
            self.addresses[object as usize] = base as u32;
            self.frames[object as usize] = frame;
        }
        Ok(end)
    }
}

/// Objects that the entry point can reach, itself included, callees first.
fn reachable(program: &ValidProgram, entry: u32) -> Vec<u32> {
    let mut seen = vec![false; program.program().objects().len()];
    seen[entry as usize] = true;
    // What a function names comes before it.
    for object in (0..=entry).rev() {
        if seen[object as usize] {
            program.program().links(object).iter().for_each(|&named| seen[named as usize] = true);
        }
    }
    (0..=entry).filter(|&object| seen[object as usize]).collect()
}

struct Cursor(u64);

impl Cursor {
    /// Room for a value: none for a scalar, which gets address 0.
    fn take(&mut self, ty: Type) -> u32 {
        let Type::Buf { elem, cap } = ty else { return 0 };
        let at = self.0;
        self.0 += u64::from(buffer_bytes(elem, cap));
        // Sums beyond u32 are found when the memory is checked as a whole.
        at as u32
    }
}

fn supported(object: u32, types: impl IntoIterator<Item = Type>) -> Result<(), Unsupported> {
    match types.into_iter().find(|ty| is_network(*ty)) {
        Some(ty) => Err(Unsupported::Type { object, node: 0, ty }),
        None => Ok(()),
    }
}

fn is_network(ty: Type) -> bool {
    matches!(ty, Type::Vec { .. } | Type::Mat { .. })
}

/// The buffers of a function: its slots, and above them what the greediest statement computes.
fn frame(object: u32, valid: &ValidFunction) -> Result<Frame, Unsupported> {
    let f = valid.function();
    supported(object, valid.slots().iter().map(|s| s.ty).chain(f.results().iter().copied()))?;
    let mut place = Cursor(0);
    let own = |kind| matches!(kind, SlotKind::Let | SlotKind::Result);
    let slot = |s: &nda_ast::Slot| if own(s.kind) { place.take(s.ty) } else { 0 };
    let slots = valid.slots().iter().map(slot).collect();
    let above = place.0;
    let (mut size, mut temps) = (above, HashMap::new());
    let mut taken: Option<NodeId> = None;
    for id in (1..=f.node_count() as NodeId).rev() {
        let node = f.node(id);
        let Some(ty) = valid.type_of(id) else {
            // Its operands come next. What it copies to a slot or result is computed there.
            place.0 = above;
            taken = matches!(node.op(), Op::Let | Op::Store).then(|| f.last_operand(id));
            continue;
        };
        if is_network(ty) {
            return Err(Unsupported::Type { object, node: id, ty });
        }
        if matches!(node.op(), Op::Fill | Op::Recap | Op::Call) && ty.is_aggregate() && taken != Some(id) {
            temps.insert(id, place.take(ty));
            size = size.max(place.0);
        }
    }
    Ok(Frame { slots, temps, size })
}

/// Bytes of a constant buffer as they stand in memory.
pub(super) fn constant_bytes(constant: &Constant) -> Option<Vec<u8>> {
    let Constant::Buf { elem, data, .. } = constant else { return None };
    let len = data.len() as u64 / elem.size();
    // Memory is zero from the start.
    (len > 0).then(|| len.to_le_bytes().into_iter().chain(data.iter().copied()).collect())
}
