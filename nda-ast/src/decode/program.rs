//! Program files: magic, version, objects, entry points, sections.

use super::function::{Alone, Room, body, signature};
use super::object::{constant, import};
use crate::error::Decoded;
use crate::leb::{Reader, leb_len};
use crate::program::{Body, FORMAT_VERSION, FunctionObject, MAGIC, Object, Parts, Program};
use crate::scratch::{self, Lists};
use crate::sections::Sections;
use crate::validate::{Checker, Context, Refused, ValidFunction};
use crate::{
    DecodeError, ErrorCode, Function, Hash, LimitKind, Limits, LoadError, ObjectKind, ValidProgram, validate,
};
use bytes::Bytes;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

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
    let bytes = bytes.into();
    match program::<Decoding>(&bytes, limits) {
        Ok(mut parts) => {
            parts.bytes = bytes;
            Ok(Program(parts))
        }
        Err(e) => Err(*e),
    }
}

/// Decodes and validates in one pass over the bytes: what [`decode`] and [`validate`] do one after the other, in less
/// time.
///
/// # Errors
/// As [`decode`] and [`validate`].
pub fn load(bytes: impl Into<Bytes>, limits: &Limits) -> Result<ValidProgram, LoadError> {
    let bytes = bytes.into();
    match program::<Loading>(&bytes, limits) {
        Ok(mut parts) => {
            parts.bytes = bytes;
            Ok(ValidProgram::new(Program(parts)))
        }
        Err(Refused) => load_in_two(bytes, limits),
    }
}

/// A program that one pass has refused is read again by the two stages, so that there is one way in which errors are
/// found and one order in which they come.
#[cold]
fn load_in_two(bytes: Bytes, limits: &Limits) -> Result<ValidProgram, LoadError> {
    Ok(validate(decode(bytes, limits)?, limits)?)
}

/// Which stages one pass does.
trait Pass {
    type Error: From<Box<DecodeError>>;

    /// Reads a body into `f`, which is signature alone and whose table is `linked` unless something is wrong with it.
    fn function(
        linked: Result<Context<'_>, &DecodeError>,
        limits: &Limits,
        r: &mut Reader<'_>,
        f: &mut ValidFunction,
        lists: &mut Lists,
    ) -> Result<(), Self::Error>;

    /// Holds the entry points to what [`Limits`] ask of them.
    fn entries(parts: &Parts, limits: &Limits) -> Result<(), Self::Error>;
}

/// [`decode`].
enum Decoding {}

impl Pass for Decoding {
    type Error = Box<DecodeError>;

    fn function(
        _: Result<Context<'_>, &DecodeError>,
        limits: &Limits,
        r: &mut Reader<'_>,
        f: &mut ValidFunction,
        lists: &mut Lists,
    ) -> Decoded<()> {
        alone(r, &mut f.function, limits, lists)
    }

    fn entries(_: &Parts, _: &Limits) -> Decoded<()> {
        Ok(())
    }
}

/// Reads a body that nobody else hears of.
fn alone(r: &mut Reader<'_>, f: &mut Function, limits: &Limits, lists: &mut Lists) -> Decoded<()> {
    lists.clear();
    body(r, Room::of(f).0, limits, &mut Alone(lists))
}

/// [`load`].
enum Loading {}

impl Pass for Loading {
    type Error = Refused;

    fn function(
        linked: Result<Context<'_>, &DecodeError>,
        limits: &Limits,
        r: &mut Reader<'_>,
        f: &mut ValidFunction,
        lists: &mut Lists,
    ) -> Result<(), Refused> {
        let cx = linked.map_err(|_| Refused)?;
        let (room, params, results) = Room::of(&mut f.function);
        let mut checker = Checker::new(&cx, params, results, lists)?;
        body(r, room, limits, &mut checker)?;
        Ok(checker.finish(&mut f.findings)?)
    }

    fn entries(parts: &Parts, limits: &Limits) -> Result<(), Refused> {
        Ok(validate::check_max_cost(parts, limits)?)
    }
}

fn program<P: Pass>(bytes: &Bytes, limits: &Limits) -> Result<Box<Parts>, P::Error> {
    if bytes.len() as u64 > limits.bytes {
        return Err(DecodeError::limit(0, LimitKind::Bytes, limits.bytes, bytes.len()).into());
    }
    let mut r = Reader::new(bytes, 0);
    header(&mut r)?;
    let mut loader = Loader { all: bytes, limits, parts: Box::default(), index: Index::default() };
    scratch::with(|lists| loader.objects::<P>(&mut r, lists))?;
    let mut parts = loader.parts;
    parts.entries = entries(&mut r, &parts.objects)?;
    check_order(&parts.objects, &parts.links, &parts.entries)?;
    parts.sections = Sections::decode(&mut r, &parts.objects)?;
    P::entries(&parts, limits)?;
    Ok(parts)
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
    let body = match kind {
        ObjectKind::Function => {
            let mut f = ValidFunction::new(Hash::of(kind, bytes));
            signature(&mut r, &mut f.function)?;
            scratch::with(|lists| alone(&mut r, &mut f.function, limits, lists))?;
            let mut seen: Vec<&Hash> = f.function.table().iter().collect();
            seen.sort_unstable();
            if seen.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(DecodeError::new(0, ErrorCode::TableRepeated));
            }
            Body::Function(FunctionObject(Arc::new(f)))
        }
        ObjectKind::Constant => Body::Constant(constant(&mut r, bytes)?),
        ObjectKind::Import => Body::Import(import(&mut r)?),
    };
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
    map: Option<HashMap<Hash, u32, Multiply>>,
}

impl Index {
    const LINEAR: usize = 8;

    fn find(&self, objects: &[Object], hash: &Hash) -> Option<u32> {
        match &self.map {
            None => objects.iter().position(|o| o.hash == *hash).map(|i| i as u32),
            Some(map) => map.get(hash).copied(),
        }
    }

    /// Adds the last of `objects`, of which there will be `count` at most.
    fn add(&mut self, objects: &[Object], count: usize) {
        if let Some(map) = &mut self.map {
            map.insert(objects[objects.len() - 1].hash, objects.len() as u32 - 1);
        } else if objects.len() > Index::LINEAR {
            let mut map = HashMap::with_capacity_and_hasher(count, Multiply::new());
            map.extend(objects.iter().enumerate().map(|(i, o)| (o.hash, i as u32)));
            self.map = Some(map);
        }
    }
}

/// Hashes a content hash by a secret odd factor: multiply-shift, which is universal, on its first eight bytes. Who
/// searched for objects whose hashes begin alike would not know what falls together.
struct Multiply(u64);

impl Multiply {
    fn new() -> Multiply {
        Multiply(RandomState::new().hash_one(0) | 1)
    }
}

impl BuildHasher for Multiply {
    type Hasher = Product;

    #[inline]
    fn build_hasher(&self) -> Product {
        Product { factor: self.0, product: 0 }
    }
}

struct Product {
    factor: u64,
    product: u64,
}

impl Hasher for Product {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        // An array is hashed with its length first, which is the same for all.
        if let Some(first) = bytes.first_chunk() {
            self.product = u64::from_le_bytes(*first).wrapping_mul(self.factor);
        }
    }

    #[inline]
    fn write_usize(&mut self, _: usize) {}

    /// The table reads its place from the low bits, and the high bits are the good ones.
    #[inline]
    fn finish(&self) -> u64 {
        self.product.swap_bytes()
    }
}

/// Where an object lies in the file.
struct Place {
    at: usize,
    hash: Hash,
    start: usize,
    len: usize,
    first_link: u32,
    /// The greatest number of objects that the file may have.
    room: usize,
}

struct Loader<'a> {
    all: &'a Bytes,
    limits: &'a Limits,
    parts: Box<Parts>,
    index: Index,
}

impl Loader<'_> {
    fn objects<P: Pass>(&mut self, r: &mut Reader<'_>, lists: &mut Lists) -> Result<(), P::Error> {
        let at = r.pos();
        let count = r.u32()?;
        if count > self.limits.objects {
            return Err(DecodeError::limit(at, LimitKind::Objects, self.limits.objects.into(), count).into());
        }
        // An object takes at least three bytes, so a count alone makes room for no more than the input could hold.
        let room = (count as usize).min(r.remaining() / 3 + 1);
        self.parts.objects.reserve_exact(room);
        for _ in 0..count {
            self.object::<P>(r, room, lists)?;
        }
        Ok(())
    }

    fn object<P: Pass>(
        &mut self,
        r: &mut Reader<'_>,
        room: usize,
        lists: &mut Lists,
    ) -> Result<(), P::Error> {
        let at = r.pos();
        let byte = r.u8()?;
        let Some(&kind) = ObjectKind::ALL.get(usize::from(byte)) else {
            return Err(DecodeError::new(at, ErrorCode::BadObjectKind).found(byte).into());
        };
        let len = usize::try_from(r.u64()?).map_err(|_| r.truncated())?;
        let start = r.pos();
        let mut sub = r.sub(len)?;
        let hash = Hash::of(kind, &self.all[start..start + len]);
        let first_link = self.parts.links.len() as u32;
        let place = Place { at, hash, start, len, first_link, room };
        match kind {
            ObjectKind::Function => {
                // Where it stays, since it is large.
                let mut shared = Arc::new(ValidFunction::new(hash));
                let Some(f) = Arc::get_mut(&mut shared) else { unreachable!("nobody else has it yet") };
                signature(&mut sub, &mut f.function)?;
                // Before the body, since who validates must know what it names; but whether the body is one is said
                // first.
                let linked = self.link(f.function.table(), start + leb_len(f.function.table().len()));
                let cx = linked.as_ref().map_err(|e| &**e).map(|()| Context {
                    objects: &self.parts.objects,
                    links: &self.parts.links[first_link as usize..],
                    hash,
                    limits: self.limits,
                });
                P::function(cx, self.limits, &mut sub, f, lists)?;
                self.check_place(&place, &sub)?;
                linked?;
                self.add(&place, Body::Function(FunctionObject(shared)));
            }
            ObjectKind::Constant => {
                let body = Body::Constant(constant(&mut sub, self.all)?);
                self.check_place(&place, &sub)?;
                self.add(&place, body);
            }
            ObjectKind::Import => {
                let body = Body::Import(import(&mut sub)?);
                self.check_place(&place, &sub)?;
                self.add(&place, body);
            }
        }
        Ok(())
    }

    /// An object fills its bytes, and is the only one with its hash.
    fn check_place(&self, place: &Place, rest: &Reader<'_>) -> Decoded<()> {
        end_of_object(rest)?;
        match self.index.find(&self.parts.objects, &place.hash) {
            Some(_) => Err(DecodeError::new(place.at, ErrorCode::RepeatedObject).found(place.hash)),
            None => Ok(()),
        }
    }

    /// Inlined, so that a function, which is one word, is not moved about in the size of the largest body.
    #[inline(always)]
    fn add(&mut self, place: &Place, body: Body) {
        let &Place { hash, start, len, first_link, room, .. } = place;
        self.parts.objects.push(Object { hash, start, len, first_link, body });
        self.index.add(&self.parts.objects, room);
    }

    /// Resolves a function's table to objects before it; `at` is where its hashes begin.
    fn link(&mut self, table: &[Hash], at: usize) -> Decoded<()> {
        let Parts { objects, links, .. } = &mut *self.parts;
        let first = links.len();
        for (i, hash) in table.iter().enumerate() {
            let Some(target) = self.index.find(objects, hash) else {
                return Err(DecodeError::new(at + 32 * i, ErrorCode::MissingObject).found(hash));
            };
            links.push(target);
        }
        if table.len() > 1 {
            let mut seen: SmallVec<[(u32, usize); 16]> =
                links[first..].iter().enumerate().map(|(i, target)| (*target, i)).collect();
            seen.sort_unstable();
            if let Some(pair) = seen.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let (target, again) = pair[1];
                let hash = objects[target as usize].hash;
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
    if count > 1 {
        let mut sorted = out.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(DecodeError::new(at, ErrorCode::BadEntry).expected("each entry point once"));
        }
    }
    Ok(out)
}

/// Objects must lie in the order in which a walk from the entry points, in order, leaves them for the first time.
fn check_order(objects: &[Object], links: &[u32], entries: &[u32]) -> Decoded<()> {
    // One object that is an entry point: an object names only those before it.
    if objects.len() == 1 {
        return Ok(());
    }
    let mut next = 0_u32;
    // Objects on the path, each with how many of its links have been followed. An object left is one below `next`.
    let mut path: SmallVec<[(u32, u32); 16]> = SmallVec::new();
    for &entry in entries {
        if entry >= next {
            path.push((entry, 0));
        }
        while let Some((object, followed)) = path.last_mut() {
            if let Some(&target) = links[objects[*object as usize].link_range()].get(*followed as usize) {
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
