//! Objects to canonical bytes: the inverse of decoding.

use crate::decode::INOUT;
use crate::leb::{write_i64, write_u64};
use crate::{BlockKind, Constant, Elem, Function, Imm, Import, Mode, Node, NodeId, Param, Type};

/// The canonical bytes of a function.
#[must_use]
pub fn encode_function(f: &Function) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 * f.table.len() + 2 * f.nodes.len() + 16);
    write_u64(&mut out, f.table.len() as u64);
    for hash in f.table() {
        out.extend(hash.as_bytes());
    }
    write_params(&mut out, &f.params);
    write_types(&mut out, &f.results);
    // Every end is the same zero byte, so only how many blocks end before each node matters.
    let mut ends: Vec<NodeId> =
        f.blocks.iter().filter(|b| b.kind != BlockKind::Cond).map(|b| b.end).collect();
    ends.sort_unstable();
    let mut ends = ends.into_iter().peekable();
    for id in 1..=f.nodes.len() as NodeId + 1 {
        while ends.next_if_eq(&id).is_some() {
            out.push(0);
        }
        if let Some(node) = f.nodes.get(id as usize - 1) {
            write_node(&mut out, node);
        }
    }
    out
}

/// The canonical bytes of a constant.
#[must_use]
pub fn encode_constant(c: &Constant) -> Vec<u8> {
    let mut out = Vec::new();
    write_type(&mut out, c.ty(), 0);
    match c {
        Constant::Buf { elem, data, .. } => {
            write_u64(&mut out, data.len() as u64 / elem.size());
            out.extend(data);
        }
        Constant::Vec { data, .. } => out.extend(data),
        Constant::Matrix(m) => {
            out.push(m.codebook as u8);
            out.push(m.scale as u8);
            out.extend(&m.sign);
            out.extend(&m.extra);
        }
    }
    out
}

/// The canonical bytes of an import.
#[must_use]
pub fn encode_import(import: &Import) -> Vec<u8> {
    let mut out = Vec::new();
    write_u64(&mut out, import.name.len() as u64);
    out.extend(import.name.as_bytes());
    write_params(&mut out, &import.params);
    write_types(&mut out, &import.results);
    write_u64(&mut out, u64::from(import.work));
    out
}

pub(crate) fn write_params(out: &mut Vec<u8>, params: &[Param]) {
    write_u64(out, params.len() as u64);
    for param in params {
        write_type(out, param.ty, if param.mode == Mode::Inout { INOUT } else { 0 });
    }
}

pub(crate) fn write_types(out: &mut Vec<u8>, types: &[Type]) {
    write_u64(out, types.len() as u64);
    for ty in types {
        write_type(out, *ty, 0);
    }
}

fn write_type(out: &mut Vec<u8>, ty: Type, flag: u8) {
    let (tag, dims) = match ty {
        Type::Int => (1, [0, 0]),
        Type::Float => (2, [0, 0]),
        Type::Bool => (3, [0, 0]),
        Type::Buf { elem: Elem::U8, cap } => (4, [cap, 0]),
        Type::Buf { elem: Elem::Int, cap } => (5, [cap, 0]),
        Type::Buf { elem: Elem::Float, cap } => (6, [cap, 0]),
        Type::Vec { n } => (7, [n, 0]),
        Type::Mat { rows, cols } => (8, [rows.into(), cols.into()]),
    };
    out.push(tag | flag);
    for dim in dims.into_iter().filter(|dim| *dim > 0) {
        write_u64(out, u64::from(dim));
    }
}

/// One node: its byte and its immediates.
pub(crate) fn write_node(out: &mut Vec<u8>, node: &Node) {
    out.push(node.op as u8);
    match node.op.info().imm {
        Imm::None => {}
        Imm::Int => write_i64(out, node.imm as i64),
        Imm::Float => out.extend(node.imm.to_le_bytes()),
        Imm::Bool => out.push(node.imm as u8),
        Imm::Slot | Imm::Depth | Imm::Table | Imm::Count => write_u64(out, u64::from(node.a)),
        Imm::Call => {
            write_u64(out, u64::from(node.a));
            write_u64(out, u64::from(node.n));
        }
        Imm::CallStmt => {
            write_u64(out, u64::from(node.a));
            write_u64(out, u64::from(node.n));
            write_u64(out, node.imm);
        }
        Imm::Fill => {
            write_u64(out, u64::from(node.elem_code()));
            write_u64(out, u64::from(node.a));
        }
        Imm::Max => write_u64(out, node.imm),
    }
}
