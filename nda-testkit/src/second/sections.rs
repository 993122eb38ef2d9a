//! The sections that no hash covers: names and spans.

use super::read::{Reader, bad};
use super::types::{Raw, RawBody};
use super::{Named, Refusal, Spans};

/// A count of at least one.
fn count(r: &mut Reader<'_>) -> Result<u32, Refusal> {
    r.within(1, u32::MAX, "a section's count")
}

/// An index that is above the one before it.
fn ascending(r: &mut Reader<'_>, last: Option<u32>, below: usize) -> Result<u32, Refusal> {
    let at = r.at;
    let index = r.u32()?;
    if last.is_some_and(|last| index <= last) {
        return Err(bad(at, format!("index {index} does not ascend")));
    }
    if index as usize >= below {
        return Err(bad(at, format!("index {index} is not below {below}")));
    }
    Ok(index)
}

pub(crate) fn names(r: &mut Reader<'_>, objects: &[Raw]) -> Result<Vec<Named>, Refusal> {
    let mut all: Vec<Named> = Vec::new();
    let mut last = None;
    for _ in 0..count(r)? {
        let object = ascending(r, last, objects.len())?;
        last = Some(object);
        let at = r.at;
        let name = r.name(1000)?;
        // Only a function has slots.
        let slots = if let RawBody::Function(tree) = &objects[object as usize].body { tree.slots } else { 0 };
        let slots = slot_names(r, slots)?;
        if name.is_empty() && slots.is_empty() {
            return Err(bad(at, "an object without any name is listed"));
        }
        all.push(Named { object: object as usize, name, slots });
    }
    Ok(all)
}

fn slot_names(r: &mut Reader<'_>, below: u32) -> Result<Vec<(u32, String)>, Refusal> {
    let mut slots = Vec::new();
    let mut last = None;
    for _ in 0..r.u32()? {
        let slot = ascending(r, last, below as usize)?;
        last = Some(slot);
        let at = r.at;
        let name = r.name(1000)?;
        if name.is_empty() {
            return Err(bad(at, "a slot's name is empty"));
        }
        slots.push((slot, name));
    }
    Ok(slots)
}

pub(crate) fn spans(r: &mut Reader<'_>, objects: &[Raw]) -> Result<Vec<Spans>, Refusal> {
    let mut all = Vec::new();
    let mut last = None;
    for _ in 0..count(r)? {
        let at = r.at;
        let object = ascending(r, last, objects.len())?;
        last = Some(object);
        let RawBody::Function(tree) = &objects[object as usize].body else {
            return Err(bad(at, format!("object {object} is no function")));
        };
        let mut spans = Vec::new();
        let mut start = 0i64;
        for _ in 0..=tree.nodes.len() {
            let at = r.at;
            let difference = r.s64()?;
            let length = i64::from(r.u32()?);
            // Both are below 2^32 where they are right, so a sum that overflows is wrong.
            start = start.checked_add(difference).ok_or_else(|| bad(at, "a span overflows"))?;
            let end = start.checked_add(length).ok_or_else(|| bad(at, "a span overflows"))?;
            match (u32::try_from(start), u32::try_from(end)) {
                (Ok(start), Ok(end)) => spans.push((start, end)),
                _ => return Err(bad(at, format!("the span {start} to {end} is outside 0 to 2^32-1"))),
            }
        }
        all.push(Spans { object: object as usize, spans });
    }
    Ok(all)
}
