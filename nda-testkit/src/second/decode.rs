//! Section 7: a file cut into objects, entry points and sections.

use super::body::function;
use super::limit;
use super::read::{Reader, bad, over};
use super::sections::{names, spans};
use super::types::{Raw, RawBody};
use super::{Elem, Named, Refusal, Spans, Type};
use std::collections::HashMap;

/// A decoded program.
pub(crate) struct File {
    pub objects: Vec<Raw>,
    pub entries: Vec<usize>,
    pub names: Vec<Named>,
    pub spans: Vec<Spans>,
}

pub(crate) fn program(bytes: &[u8]) -> Result<File, Refusal> {
    if bytes.len() > limit::BYTES {
        return Err(over(limit::BYTES, "bytes"));
    }
    let mut r = Reader::new(bytes);
    for expected in *b"NDA\0\x01" {
        let at = r.at;
        if r.byte()? != expected {
            return Err(bad(at, "this is no NDA file of version 1"));
        }
    }
    let objects = objects(&mut r, bytes)?;
    let entries = entries(&mut r, &objects)?;
    order(&objects, &entries, r.at)?;
    let mut file = File { objects, entries, names: Vec::new(), spans: Vec::new() };
    sections(&mut r, &mut file)?;
    Ok(file)
}

fn objects(r: &mut Reader<'_>, bytes: &[u8]) -> Result<Vec<Raw>, Refusal> {
    let at = r.at;
    let count = u64::from(r.u32()?);
    if count > limit::OBJECTS {
        return Err(over(at, "objects"));
    }
    let mut objects = Vec::new();
    let mut known = HashMap::new();
    for index in 0..count {
        let at = r.at;
        let kind = r.byte()?;
        let length = r.u32()?;
        let mut part = r.part(u64::from(length))?;
        let range = part.at..r.at;
        let (context, body) = match kind {
            0 => ("nda.function.1", RawBody::Function(function(&mut part, &known, &objects)?)),
            1 => ("nda.constant.1", RawBody::Constant(constant(&mut part)?)),
            2 => ("nda.import.1", import(&mut part)?),
            _ => return Err(bad(at, format!("{kind} is no kind of object"))),
        };
        part.finish("an object")?;
        let hash =
            *blake3::Hasher::new_derive_key(context).update(&bytes[range.clone()]).finalize().as_bytes();
        if known.insert(hash, usize::try_from(index).unwrap_or(usize::MAX)).is_some() {
            return Err(bad(at, "an object comes twice"));
        }
        objects.push(Raw { hash, bytes: range, body });
    }
    Ok(objects)
}

fn entries(r: &mut Reader<'_>, objects: &[Raw]) -> Result<Vec<usize>, Refusal> {
    let at = r.at;
    let count = r.u32()?;
    if count == 0 {
        return Err(bad(at, "there is no entry point"));
    }
    let mut entries = Vec::new();
    let mut seen = vec![false; objects.len()];
    for _ in 0..count {
        let at = r.at;
        let index = r.u32()? as usize;
        match objects.get(index).map(|o| &o.body) {
            Some(RawBody::Function(_)) => {}
            _ => return Err(bad(at, format!("entry point {index} is no function"))),
        }
        if std::mem::replace(&mut seen[index], true) {
            return Err(bad(at, format!("entry point {index} comes twice")));
        }
        entries.push(index);
    }
    Ok(entries)
}

/// The walk of "Objects": it has to meet object 0, 1, 2, ... in this order, and all of them.
fn order(objects: &[Raw], entries: &[usize], at: usize) -> Result<(), Refusal> {
    let mut entered = vec![false; objects.len()];
    let mut next = 0;
    for entry in entries {
        // Objects under way, each with how many of its table were visited.
        let mut path = Vec::new();
        if !std::mem::replace(&mut entered[*entry], true) {
            path.push((*entry, 0));
        }
        while let Some((object, done)) = path.last_mut() {
            let table: &[usize] =
                if let RawBody::Function(tree) = &objects[*object].body { &tree.table } else { &[] };
            if let Some(child) = table.get(*done) {
                *done += 1;
                if !std::mem::replace(&mut entered[*child], true) {
                    path.push((*child, 0));
                }
                continue;
            }
            if *object != next {
                return Err(bad(
                    at,
                    format!("object {object} stands where object {next} should, by the walk"),
                ));
            }
            next += 1;
            path.pop();
        }
    }
    if next == objects.len() { Ok(()) } else { Err(bad(at, format!("object {next} is not reachable"))) }
}

fn constant(r: &mut Reader<'_>) -> Result<Type, Refusal> {
    let at = r.at;
    let ty = r.any_type()?;
    match ty {
        Type::Buf(elem, capacity) => {
            let length = r.within(0, capacity, "a length")?;
            r.take(u64::from(length) * if elem == Elem::U8 { 1 } else { 8 })?;
        }
        Type::Vec(n) => {
            for _ in 0..n {
                let at = r.at;
                let bits = r.take(4)?.iter().rev().fold(0u32, |bits, b| bits << 8 | u32::from(*b));
                if f32::from_bits(bits).is_nan() && bits != 0x7fc0_0000 {
                    return Err(bad(at, "a NaN of a vec is not the canonical one"));
                }
            }
        }
        Type::Mat(rows, columns) => matrix(r, rows, columns)?,
        Type::Int | Type::Float | Type::Bool => return Err(bad(at, "a constant is no scalar")),
    }
    Ok(ty)
}

fn matrix(r: &mut Reader<'_>, rows: u32, columns: u32) -> Result<(), Refusal> {
    let at = r.at;
    let codebook = r.byte()?;
    if codebook > 1 {
        return Err(bad(at, format!("{codebook} is no codebook")));
    }
    let at = r.at;
    let scale = r.byte()?.cast_signed();
    if !(-126..=126).contains(&scale) {
        return Err(bad(at, format!("the scale {scale} is outside -126 to 126")));
    }
    let stride = columns.div_ceil(8) as usize;
    let plane = u64::from(rows) * stride as u64;
    let start = r.at;
    let sign = r.take(plane)?;
    let extra = r.take(plane)?;
    // The bits of a row's last byte that stand for weights.
    let mask = if columns.is_multiple_of(8) { 0xff } else { (1u8 << (columns % 8)) - 1 };
    for (i, (s, e)) in sign.iter().zip(extra).enumerate() {
        if i % stride == stride - 1 && (s | e) & !mask != 0 {
            return Err(bad(start + i, "the padding of a row is not zero"));
        }
        if codebook == 1 && !s & e != 0 {
            return Err(bad(start + i, "a ternary weight has sign 0 and extra 1"));
        }
    }
    Ok(())
}

fn import(r: &mut Reader<'_>) -> Result<RawBody, Refusal> {
    let at = r.at;
    let name = r.name(64)?;
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !name.starts_with(starts) || !name.chars().all(|c| starts(c) || c.is_ascii_digit()) {
        return Err(bad(at, "the name of an import is no identifier"));
    }
    let params = import_types(r, limit::PARAMS)?;
    let results = import_types(r, limit::RESULTS)?;
    let work = r.u32()?;
    Ok(RawBody::Import { name, params, results, work })
}

fn import_types(r: &mut Reader<'_>, most: u64) -> Result<Vec<Type>, Refusal> {
    let at = r.at;
    let count = r.u32()?;
    if u64::from(count) > most {
        return Err(over(at, "arity"));
    }
    let mut types = Vec::new();
    for _ in 0..count {
        let at = r.at;
        let ty = r.any_type()?;
        if !ty.is_value() {
            return Err(bad(at, "an import takes and gives no mat"));
        }
        types.push(ty);
    }
    Ok(types)
}

fn sections(r: &mut Reader<'_>, file: &mut File) -> Result<(), Refusal> {
    let mut last = 0;
    while !r.is_empty() {
        let at = r.at;
        let id = r.byte()?;
        if id <= last || id > 2 {
            return Err(bad(at, format!("section {id} is unknown or out of order")));
        }
        last = id;
        let length = r.u32()?;
        let mut part = r.part(u64::from(length))?;
        if id == 1 {
            file.names = names(&mut part, &file.objects)?;
        } else {
            file.spans = spans(&mut part, &file.objects)?;
        }
        part.finish("a section")?;
    }
    Ok(())
}
