//! Changed programs for the two judges: bytes at random, and items, objects and tables with all hashes made right again,
//! so that a change in a callee reaches the validator and not only the search for a hash.

use super::read::Reader;
use super::table::{self, Field, Gives, Row, Takes};
use super::{Body, Checked};
use crate::generate::Entropy;
use std::ops::Range;

/// Appends a number as `u`.
pub fn write_u(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Appends a number as `s`.
pub fn write_s(out: &mut Vec<u8>, mut value: i64) {
    while !(-0x40..0x40).contains(&value) {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0] & 0x7f);
}

/// An object apart from what follows from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The kind byte.
    pub kind: u8,
    /// Of a function: the objects in its table.
    pub table: Option<Vec<usize>>,
    /// Its bytes after the table.
    pub rest: Vec<u8>,
}

/// A program file in parts that can be changed one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// In file order.
    pub objects: Vec<Part>,
    /// Object indices.
    pub entries: Vec<usize>,
    /// All sections as they lie in the file.
    pub sections: Vec<u8>,
}

impl Parts {
    /// Takes a valid program apart.
    #[must_use]
    pub fn of(file: &[u8], checked: &Checked) -> Parts {
        let mut objects = Vec::new();
        for object in &checked.objects {
            let bytes = &file[object.bytes.clone()];
            let (table, skip) = match &object.body {
                Body::Function(f) => {
                    let mut count = Vec::new();
                    write_u(&mut count, f.table.len() as u64);
                    (Some(f.table.clone()), count.len() + 32 * f.table.len())
                }
                _ => (None, 0),
            };
            objects.push(Part { kind: object.kind, table, rest: bytes[skip..].to_vec() });
        }
        let mut entries = Vec::new();
        write_u(&mut entries, checked.entries.len() as u64);
        checked.entries.iter().for_each(|e| write_u(&mut entries, *e as u64));
        let end = checked.objects.last().map_or(0, |o| o.bytes.end) + entries.len();
        Parts { objects, entries: checked.entries.clone(), sections: file[end..].to_vec() }
    }

    /// Puts a file together. A table's entry that names no object before its function gets a hash of no object.
    #[must_use]
    pub fn assemble(&self) -> Vec<u8> {
        let mut file = b"NDA\0\x01".to_vec();
        write_u(&mut file, self.objects.len() as u64);
        let mut hashes: Vec<[u8; 32]> = Vec::new();
        for part in &self.objects {
            let mut bytes = Vec::new();
            if let Some(table) = &part.table {
                write_u(&mut bytes, table.len() as u64);
                table.iter().for_each(|i| bytes.extend(hashes.get(*i).unwrap_or(&[0x5a; 32])));
            }
            bytes.extend(&part.rest);
            let context = ["nda.function.1", "nda.constant.1", "nda.import.1"][usize::from(part.kind) % 3];
            hashes.push(*blake3::Hasher::new_derive_key(context).update(&bytes).finalize().as_bytes());
            file.push(part.kind);
            write_u(&mut file, bytes.len() as u64);
            file.extend(bytes);
        }
        write_u(&mut file, self.entries.len() as u64);
        self.entries.iter().for_each(|e| write_u(&mut file, *e as u64));
        file.extend(&self.sections);
        file
    }
}

/// Where each item of a function's body lies in `rest`, ends included; empty where it does not read as a function.
#[must_use]
pub fn items(rest: &[u8]) -> Vec<Range<usize>> {
    let mut r = Reader::new(rest);
    let mut all = Vec::new();
    // What cannot be read ends the list: this only finds places to change.
    let _ = signature(&mut r).and_then(|()| {
        while !r.is_empty() {
            let start = r.at;
            if let Some(row) = table::find(r.byte()?) {
                skip(&mut r, row)?;
            }
            all.push(start..r.at);
        }
        Ok(())
    });
    all
}

fn signature(r: &mut Reader<'_>) -> Result<(), super::Refusal> {
    for _ in 0..2 {
        for _ in 0..r.u32()? {
            let tag = r.byte()?;
            r.type_of(tag & 0x7f)?;
        }
    }
    Ok(())
}

fn skip(r: &mut Reader<'_>, row: &Row) -> Result<(), super::Refusal> {
    let numbers = match row.field {
        Field::None => 0,
        Field::Slot | Field::Max | Field::Depth | Field::Table | Field::Count => 1,
        Field::Call | Field::Fill => 2,
        Field::CallStmt => 3,
        Field::Bool => return r.byte().map(drop),
        Field::Float => return r.take(8).map(drop),
        Field::Int => return r.s64().map(drop),
    };
    for _ in 0..numbers {
        r.u64()?;
    }
    Ok(())
}

/// A section 2 for all functions, at the end of a file that has none.
#[must_use]
pub fn spans_section(checked: &Checked, entropy: &mut Entropy<'_>) -> Vec<u8> {
    let mut payload = Vec::new();
    let functions = checked.objects.iter().filter(|o| matches!(o.body, Body::Function(_))).count();
    write_u(&mut payload, functions as u64);
    for (index, object) in checked.objects.iter().enumerate() {
        let Body::Function(f) = &object.body else { continue };
        write_u(&mut payload, index as u64);
        let mut last = 0;
        for _ in 0..=f.nodes.len() {
            let start = entropy.range(0, 1 << 20).cast_signed();
            write_s(&mut payload, start - last);
            write_u(&mut payload, entropy.below(1000));
            last = start;
        }
    }
    let mut section = vec![2];
    write_u(&mut section, payload.len() as u64);
    section.extend(payload);
    section
}

/// A change of a valid program, drawn from the stream. Some of them change nothing that matters.
#[must_use]
pub fn mutate(file: &[u8], checked: &Checked, entropy: &mut Entropy<'_>) -> Vec<u8> {
    if entropy.chance(25) {
        let mut bytes = file.to_vec();
        for _ in 0..entropy.range(1, 3) {
            change_bytes(&mut bytes, entropy);
        }
        return bytes;
    }
    let mut parts = Parts::of(file, checked);
    // A section counts nodes and slots, so it would refuse most changes before the validator sees them.
    if entropy.chance(90) {
        parts.sections.clear();
    }
    for _ in 0..entropy.range(1, 2) {
        if parts.objects.is_empty() {
            break;
        }
        match entropy.below(10) {
            0 => change_objects(&mut parts, entropy),
            1 => change_tables(&mut parts, entropy),
            2 => {
                let place = below(entropy, parts.objects.len());
                change_bytes(&mut parts.objects[place].rest, entropy);
            }
            _ => change_items(&mut parts, entropy),
        }
    }
    parts.assemble()
}

/// A place in a list; 0 of an empty one.
fn below(entropy: &mut Entropy<'_>, n: usize) -> usize {
    usize::try_from(entropy.below(n.max(1) as u64)).unwrap_or(0)
}

fn byte(entropy: &mut Entropy<'_>) -> u8 {
    if entropy.chance(30) { entropy.pick(&[0, 1, 0x7f, 0x80, 0xff]) } else { entropy.bits().to_le_bytes()[3] }
}

fn change_bytes(bytes: &mut Vec<u8>, entropy: &mut Entropy<'_>) {
    if bytes.is_empty() {
        bytes.push(byte(entropy));
        return;
    }
    let place = below(entropy, bytes.len());
    match entropy.below(6) {
        0 => bytes[place] ^= 1 << entropy.below(8),
        1 => bytes[place] = byte(entropy),
        2 => bytes[place] = bytes[place].wrapping_add(entropy.pick(&[1, 0xff])),
        3 => drop(bytes.remove(place)),
        4 => bytes.insert(place, byte(entropy)),
        _ => {
            let end = (place + 1 + below(entropy, 40)).min(bytes.len());
            let copy = bytes[place..end].to_vec();
            let target = below(entropy, bytes.len());
            bytes.splice(target..target, copy);
        }
    }
}

fn change_objects(parts: &mut Parts, entropy: &mut Entropy<'_>) {
    let (a, b) = (below(entropy, parts.objects.len()), below(entropy, parts.objects.len()));
    match entropy.below(6) {
        0 => parts.objects.swap(a, b),
        1 => drop(parts.objects.remove(a)),
        2 => {
            let copy = parts.objects[a].clone();
            parts.objects.insert(b, copy);
        }
        3 => parts.objects[a].kind = entropy.pick(&[0, 1, 2, 3]),
        4 => parts.entries.push(a),
        _ => parts.entries.insert(0, a),
    }
}

fn change_tables(parts: &mut Parts, entropy: &mut Entropy<'_>) {
    let count = parts.objects.len();
    let (place, other) = (below(entropy, count), below(entropy, count));
    let Some(table) = &mut parts.objects[place].table else { return };
    let (a, b) = (below(entropy, table.len()), below(entropy, table.len()));
    match entropy.below(4) {
        0 => table.push(other),
        _ if table.is_empty() => {}
        1 => table.swap(a, b),
        2 => drop(table.remove(a)),
        _ => table[a] = other,
    }
}

fn change_items(parts: &mut Parts, entropy: &mut Entropy<'_>) {
    let functions: Vec<usize> = (0..parts.objects.len()).filter(|i| parts.objects[*i].kind == 0).collect();
    let Some(&place) = functions.get(below(entropy, functions.len())) else { return };
    let rest = &mut parts.objects[place].rest;
    let items = items(rest);
    if items.is_empty() {
        return;
    }
    let item = items[below(entropy, items.len())].clone();
    let other = items[below(entropy, items.len())].clone();
    match entropy.below(8) {
        0 => drop(rest.drain(item)),
        1 => {
            let copy = rest[item].to_vec();
            rest.splice(other.start..other.start, copy);
        }
        2 => {
            let copy = rest[other].to_vec();
            rest.splice(item, copy);
        }
        3 | 4 => other_operation(rest, item.start, entropy),
        5 => rest.insert(item.start, 0),
        _ => nearby(rest, item, entropy),
    }
}

/// Another operation with the same immediates, mostly with as many operands.
fn other_operation(rest: &mut [u8], at: usize, entropy: &mut Entropy<'_>) {
    let Some(row) = table::find(rest[at]) else { return };
    let operands = |row: &Row| if let Takes::These(wants) = row.takes { wants.len() } else { usize::MAX };
    let any = entropy.chance(10);
    for _ in 0..500 {
        let byte = entropy.bits().to_le_bytes()[0];
        let fits = |other: &Row| {
            let same = operands(other) == operands(row)
                && (other.gives == Gives::None) == (row.gives == Gives::None);
            other.field == row.field && (any || same) && byte != rest[at]
        };
        if table::find(byte).is_some_and(fits) {
            rest[at] = byte;
            return;
        }
    }
}

/// Changes the last byte of an item's immediates by a little: mostly another slot, count or depth.
fn nearby(rest: &mut [u8], item: Range<usize>, entropy: &mut Entropy<'_>) {
    if item.len() > 1 {
        let last = item.end - 1 - below(entropy, (item.len() - 1).min(3));
        rest[last] = rest[last].wrapping_add(entropy.pick(&[1, 2, 0xff, 0xfe])) & 0x7f;
    }
}
