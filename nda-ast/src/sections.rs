//! The optional sections of a program file: names and source spans. No hash covers them.

use crate::error::Decoded;
use crate::leb::{Reader, write_i64, write_u64};
use crate::program::{Body, Object};
use crate::{DecodeError, ErrorCode, NodeId, SlotId};
use std::ops::Range;

/// Longest name in bytes.
pub const MAX_NAME: usize = 1000;

const NAMES: u8 = 1;
const SPANS: u8 = 2;

/// Both sections; absent ones are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sections {
    pub(crate) names: Names,
    pub(crate) spans: Spans,
}

/// Names of one object and of its slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectNames {
    /// The object's own name.
    pub name: Option<Box<str>>,
    /// Names of slots, by ascending slot.
    pub slots: Vec<(SlotId, Box<str>)>,
}

/// Names by object. Untrusted text: any UTF-8, not unique, of no meaning to a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub(crate) objects: Vec<(u32, ObjectNames)>,
}

impl Names {
    /// Names of object `index` and its slots.
    #[must_use]
    pub fn get(&self, index: u32) -> Option<&ObjectNames> {
        let at = self.objects.binary_search_by_key(&index, |(i, _)| *i).ok()?;
        Some(&self.objects[at].1)
    }

    /// The name of object `index`.
    #[must_use]
    pub fn object(&self, index: u32) -> Option<&str> {
        self.get(index)?.name.as_deref()
    }

    /// The name of slot `slot` of function `index`.
    #[must_use]
    pub fn slot(&self, index: u32, slot: SlotId) -> Option<&str> {
        let slots = &self.get(index)?.slots;
        let at = slots.binary_search_by_key(&slot, |(s, _)| *s).ok()?;
        Some(&slots[at].1)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

/// Source spans by function: byte ranges of the text that each node was written as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    pub(crate) functions: Vec<(u32, Vec<Range<u32>>)>,
}

impl Spans {
    /// The span of node `node` of function `index`; node 0 is the function.
    #[must_use]
    pub fn node(&self, index: u32, node: NodeId) -> Option<Range<usize>> {
        let at = self.functions.binary_search_by_key(&index, |(i, _)| *i).ok()?;
        let span = self.functions[at].1.get(node as usize)?;
        Some(span.start as usize..span.end as usize)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }
}

fn bad(at: usize, expected: &str) -> Box<DecodeError> {
    DecodeError::new(at, ErrorCode::BadSection).expected(expected)
}

impl Sections {
    pub(crate) const NONE: Sections =
        Sections { names: Names { objects: Vec::new() }, spans: Spans { functions: Vec::new() } };

    /// What follows the entry points; `None` where that is nothing.
    pub(crate) fn decode(r: &mut Reader<'_>, objects: &[Object]) -> Decoded<Option<Box<Sections>>> {
        if r.is_empty() {
            return Ok(None);
        }
        let mut out = Sections::NONE;
        let mut last = 0;
        while !r.is_empty() {
            let at = r.pos();
            let id = r.u8()?;
            if id <= last || id > SPANS {
                return Err(bad(at, "a section id 1 (names) or 2 (spans), ascending, each once").found(id));
            }
            last = id;
            let len = usize::try_from(r.u64()?).map_err(|_| r.truncated())?;
            let mut sub = r.sub(len)?;
            match id {
                NAMES => out.names = names(&mut sub, objects)?,
                _ => out.spans = spans(&mut sub, objects)?,
            }
            if !sub.is_empty() {
                return Err(bad(sub.pos(), "the end of the section"));
            }
        }
        Ok(Some(Box::new(out)))
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        if !self.names.objects.is_empty() {
            section(out, NAMES, encode_names(&self.names));
        }
        if !self.spans.functions.is_empty() {
            section(out, SPANS, encode_spans(&self.spans));
        }
    }
}

fn section(out: &mut Vec<u8>, id: u8, payload: Vec<u8>) {
    out.push(id);
    write_u64(out, payload.len() as u64);
    out.extend(payload);
}

/// Reads a number that must lie above the one before it and below `limit`.
fn ascending(r: &mut Reader<'_>, last: &mut Option<u32>, limit: usize) -> Decoded<u32> {
    let at = r.pos();
    let n = r.u32()?;
    if last.is_some_and(|last| n <= last) || n as usize >= limit {
        return Err(bad(at, "ascending indices of objects or slots that exist").found(n));
    }
    *last = Some(n);
    Ok(n)
}

fn names(r: &mut Reader<'_>, objects: &[Object]) -> Decoded<Names> {
    let at = r.pos();
    let count = r.u32()?;
    if count == 0 {
        return Err(bad(at, "at least one named object"));
    }
    let (mut out, mut last) = (Names::default(), None);
    for _ in 0..count {
        let at = r.pos();
        let index = ascending(r, &mut last, objects.len())?;
        let name = string(r)?;
        let slot_count = match &objects[index as usize].body {
            Body::Function(f) => f.slot_count(),
            _ => 0,
        };
        let (mut slots, mut last_slot) = (Vec::new(), None);
        for _ in 0..r.u32()? {
            let slot = ascending(r, &mut last_slot, slot_count)?;
            let at = r.pos();
            slots.push((slot, string(r)?.ok_or_else(|| bad(at, "a slot's name"))?));
        }
        if name.is_none() && slots.is_empty() {
            return Err(bad(at, "a name for the object or a slot of it"));
        }
        out.objects.push((index, ObjectNames { name, slots }));
    }
    Ok(out)
}

/// A string by length; the empty one stands for none.
fn string(r: &mut Reader<'_>) -> Decoded<Option<Box<str>>> {
    let at = r.pos();
    let len = r.u32()? as usize;
    if len > MAX_NAME {
        return Err(bad(at, "a name of at most 1000 bytes").found(len));
    }
    let text = std::str::from_utf8(r.take(len)?).map_err(|_| bad(at, "UTF-8"))?;
    Ok((!text.is_empty()).then(|| text.into()))
}

fn spans(r: &mut Reader<'_>, objects: &[Object]) -> Decoded<Spans> {
    let at = r.pos();
    let count = r.u32()?;
    if count == 0 {
        return Err(bad(at, "at least one function"));
    }
    let (mut out, mut last) = (Spans::default(), None);
    for _ in 0..count {
        let at = r.pos();
        let index = ascending(r, &mut last, objects.len())?;
        let Body::Function(f) = &objects[index as usize].body else {
            return Err(bad(at, "a function"));
        };
        let mut list = Vec::with_capacity((f.node_count() + 1).min(r.remaining() / 2 + 1));
        let mut start = 0_i64;
        for _ in 0..=f.node_count() {
            let at = r.pos();
            start = start.checked_add(r.i64()?).ok_or_else(|| bad(at, "a span below 2^32"))?;
            let end = start.checked_add(i64::from(r.u32()?)).ok_or_else(|| bad(at, "a span below 2^32"))?;
            let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else {
                return Err(bad(at, "a span below 2^32"));
            };
            list.push(start..end);
        }
        out.functions.push((index, list));
    }
    Ok(out)
}

fn encode_names(names: &Names) -> Vec<u8> {
    let mut out = Vec::new();
    write_u64(&mut out, names.objects.len() as u64);
    for (index, object) in &names.objects {
        write_u64(&mut out, u64::from(*index));
        encode_string(&mut out, object.name.as_deref().unwrap_or(""));
        write_u64(&mut out, object.slots.len() as u64);
        for (slot, name) in &object.slots {
            write_u64(&mut out, u64::from(*slot));
            encode_string(&mut out, name);
        }
    }
    out
}

fn encode_string(out: &mut Vec<u8>, text: &str) {
    write_u64(out, text.len() as u64);
    out.extend(text.as_bytes());
}

fn encode_spans(spans: &Spans) -> Vec<u8> {
    let mut out = Vec::new();
    write_u64(&mut out, spans.functions.len() as u64);
    for (index, list) in &spans.functions {
        write_u64(&mut out, u64::from(*index));
        let mut last = 0;
        for span in list {
            write_i64(&mut out, i64::from(span.start) - last);
            write_u64(&mut out, u64::from(span.end - span.start));
            last = i64::from(span.start);
        }
    }
    out
}
