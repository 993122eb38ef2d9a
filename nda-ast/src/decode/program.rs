//! Program files: magic, version, objects, entry points, sections.

use super::function::function;
use super::object::{constant, import};
use crate::error::Decoded;
use crate::leb::{Reader, leb_len};
use crate::program::{Body, FORMAT_VERSION, MAGIC, Object, Program};
use crate::sections::Sections;
use crate::{DecodeError, ErrorCode, Hash, LimitKind, Limits, ObjectKind};
use bytes::Bytes;
use smallvec::SmallVec;
use std::collections::HashMap;

/// Decodes a program file. Weight planes and constants are not copied: they stay slices of `bytes`.
///
/// Time and memory are linear in the input: at most 160 bytes of memory for each byte of input, beside the input.
///
/// # Errors
/// For every byte string that is not the canonical encoding of a program within `limits`, with the offset.
///
/// ```
/// use nda_ast::{ErrorCode, Limits, decode};
/// let error = decode(b"not a program".as_slice(), &Limits::default()).unwrap_err();
/// assert_eq!((error.offset, error.code), (0, ErrorCode::Magic));
/// ```
#[inline]
pub fn decode(bytes: impl Into<Bytes>, limits: &Limits) -> Result<Program, DecodeError> {
    program(bytes.into(), limits).map_err(|e| *e)
}

fn program(bytes: Bytes, limits: &Limits) -> Decoded<Program> {
    if bytes.len() as u64 > limits.bytes {
        return Err(DecodeError::limit(0, LimitKind::Bytes, limits.bytes, bytes.len()));
    }
    let mut r = Reader::new(&bytes, 0);
    header(&mut r)?;
    let mut loader =
        Loader { all: &bytes, limits, objects: SmallVec::new(), links: Vec::new(), index: Index::default() };
    loader.objects(&mut r)?;
    let Loader { objects, links, .. } = loader;
    let entries = entries(&mut r, &objects)?;
    check_order(&objects, &links, &entries)?;
    let sections = Sections::decode(&mut r, &objects)?;
    Ok(Program { bytes, objects, links, entries, sections })
}

/// Decodes the canonical bytes of one object, as a store keeps it. What a function names is not looked up.
///
/// # Errors
/// For every byte string that is not the canonical encoding of an object of this kind.
pub fn decode_object(
    kind: ObjectKind,
    bytes: impl Into<Bytes>,
    limits: &Limits,
) -> Result<Body, DecodeError> {
    object(kind, &bytes.into(), limits).map_err(|e| *e)
}

fn object(kind: ObjectKind, bytes: &Bytes, limits: &Limits) -> Decoded<Body> {
    let mut r = Reader::new(bytes, 0);
    let body = body(kind, &mut r, bytes, limits)?;
    if let Body::Function(f) = &body {
        let mut seen: Vec<&Hash> = f.table().iter().collect();
        seen.sort_unstable();
        if seen.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(DecodeError::new(0, ErrorCode::TableRepeated));
        }
    }
    end_of_object(&r)?;
    Ok(body)
}

fn header(r: &mut Reader<'_>) -> Decoded<()> {
    let found = r.array::<4>().map_err(|_| DecodeError::new(0, ErrorCode::Magic))?;
    if *found != MAGIC {
        return Err(DecodeError::new(0, ErrorCode::Magic).found(format_args!("{found:02x?}")));
    }
    let at = r.pos();
    match r.u8()? {
        FORMAT_VERSION => Ok(()),
        other => Err(DecodeError::new(at, ErrorCode::Version).expected(FORMAT_VERSION).found(other)),
    }
}

fn body(kind: ObjectKind, r: &mut Reader<'_>, all: &Bytes, limits: &Limits) -> Decoded<Body> {
    Ok(match kind {
        ObjectKind::Function => Body::Function(function(r, limits)?),
        ObjectKind::Constant => Body::Constant(constant(r, all)?),
        ObjectKind::Import => Body::Import(import(r)?),
    })
}

fn end_of_object(r: &Reader<'_>) -> Decoded<()> {
    if r.is_empty() {
        return Ok(());
    }
    Err(DecodeError::new(r.pos(), ErrorCode::ObjectLength)
        .found(format_args!("{} bytes more", r.remaining())))
}

/// Finds an object by hash. Few objects are searched in a row; many go into a table (whose order nothing reads).
#[derive(Default)]
struct Index {
    map: HashMap<Hash, u32>,
}

impl Index {
    const LINEAR: usize = 8;

    fn find(&self, objects: &[Object], hash: &Hash) -> Option<u32> {
        if objects.len() <= Index::LINEAR {
            return objects.iter().position(|o| o.hash == *hash).map(|i| i as u32);
        }
        self.map.get(hash).copied()
    }

    fn add(&mut self, objects: &[Object]) {
        if objects.len() == Index::LINEAR + 1 {
            self.map.extend(objects.iter().enumerate().map(|(i, o)| (o.hash, i as u32)));
        } else if objects.len() > Index::LINEAR {
            let last = objects.len() - 1;
            self.map.insert(objects[last].hash, last as u32);
        }
    }
}

struct Loader<'a> {
    all: &'a Bytes,
    limits: &'a Limits,
    objects: SmallVec<[Object; 1]>,
    links: Vec<u32>,
    index: Index,
}

impl Loader<'_> {
    fn objects(&mut self, r: &mut Reader<'_>) -> Decoded<()> {
        let at = r.pos();
        let count = r.u32()?;
        if count > self.limits.objects {
            return Err(DecodeError::limit(at, LimitKind::Objects, self.limits.objects.into(), count));
        }
        // An object takes at least three bytes, so a count alone makes room for no more than the input could hold.
        self.objects.reserve_exact((count as usize).min(r.remaining() / 3 + 1));
        for _ in 0..count {
            self.object(r)?;
        }
        Ok(())
    }

    fn object(&mut self, r: &mut Reader<'_>) -> Decoded<()> {
        let at = r.pos();
        let byte = r.u8()?;
        let Some(&kind) = ObjectKind::ALL.get(usize::from(byte)) else {
            return Err(DecodeError::new(at, ErrorCode::BadObjectKind).found(byte));
        };
        let len = usize::try_from(r.u64()?).map_err(|_| r.truncated())?;
        let start = r.pos();
        let mut sub = r.sub(len)?;
        let body = body(kind, &mut sub, self.all, self.limits)?;
        end_of_object(&sub)?;
        let hash = Hash::of(kind, &self.all[start..start + len]);
        if self.index.find(&self.objects, &hash).is_some() {
            return Err(DecodeError::new(at, ErrorCode::RepeatedObject).found(hash));
        }
        let first_link = self.links.len() as u32;
        if let Body::Function(f) = &body {
            self.link(f.table(), start + leb_len(f.table().len()))?;
        }
        self.objects.push(Object { hash, start, len, first_link, body });
        self.index.add(&self.objects);
        Ok(())
    }

    /// Resolves a function's table to objects before it; `at` is where its hashes begin.
    fn link(&mut self, table: &[Hash], at: usize) -> Decoded<()> {
        let first = self.links.len();
        for (i, hash) in table.iter().enumerate() {
            let Some(target) = self.index.find(&self.objects, hash) else {
                return Err(DecodeError::new(at + 32 * i, ErrorCode::MissingObject).found(hash));
            };
            self.links.push(target);
        }
        if table.len() > 1 {
            let mut seen: SmallVec<[(u32, usize); 16]> =
                self.links[first..].iter().enumerate().map(|(i, target)| (*target, i)).collect();
            seen.sort_unstable();
            if let Some(pair) = seen.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let (target, again) = pair[1];
                let hash = self.objects[target as usize].hash;
                return Err(DecodeError::new(at + 32 * again, ErrorCode::TableRepeated).found(hash));
            }
        }
        Ok(())
    }
}

fn entries(r: &mut Reader<'_>, objects: &[Object]) -> Decoded<SmallVec<[u32; 4]>> {
    let at = r.pos();
    let count = r.u32()? as usize;
    if count == 0 || count > objects.len() {
        return Err(DecodeError::new(at, ErrorCode::BadEntry)
            .expected(format_args!("1 to {} entry points", objects.len()))
            .found(count));
    }
    let mut out = SmallVec::with_capacity(count);
    for _ in 0..count {
        let at = r.pos();
        let index = r.u32()?;
        let is_function = objects.get(index as usize).is_some_and(|o| matches!(o.body, Body::Function(_)));
        if !is_function {
            return Err(DecodeError::new(at, ErrorCode::BadEntry).expected("a function").found(index));
        }
        out.push(index);
    }
    let mut sorted = out.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(DecodeError::new(at, ErrorCode::BadEntry).expected("each entry point once"));
    }
    Ok(out)
}

/// Objects must lie in the order in which a walk from the entry points, in order, leaves them for the first time.
fn check_order(objects: &[Object], links: &[u32], entries: &[u32]) -> Decoded<()> {
    let mut next = 0_u32;
    // Objects on the path, each with how many of its links have been followed. An object left is one below `next`.
    let mut path: SmallVec<[(u32, u32); 16]> = SmallVec::new();
    for &entry in entries {
        if entry >= next {
            path.push((entry, 0));
        }
        while let Some((object, followed)) = path.last_mut() {
            let Object { first_link, body, .. } = &objects[*object as usize];
            let count = match body {
                Body::Function(f) => f.table().len() as u32,
                _ => 0,
            };
            if *followed < count {
                let target = links[(first_link + *followed) as usize];
                *followed += 1;
                if target >= next {
                    path.push((target, 0));
                }
                continue;
            }
            if *object != next {
                let start = objects[*object as usize].start;
                return Err(DecodeError::new(start, ErrorCode::ObjectOrder)
                    .expected(format_args!("place {next}"))
                    .found(format_args!("place {object}")));
            }
            next += 1;
            path.pop();
        }
    }
    if (next as usize) < objects.len() {
        let object = &objects[next as usize];
        return Err(DecodeError::new(object.start, ErrorCode::UnreachableObject).found(object.hash));
    }
    Ok(())
}
