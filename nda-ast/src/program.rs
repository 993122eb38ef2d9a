//! A decoded program: objects, entry points and optional sections over the bytes that they came from.

use crate::{Constant, Function, Hash, Import, Names, ObjectKind, Sections, Spans, ValidFunction};
use bytes::Bytes;
use smallvec::SmallVec;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// The first four bytes of every program file.
pub const MAGIC: [u8; 4] = *b"NDA\0";

/// The byte after the magic.
pub const FORMAT_VERSION: u8 = 1;

/// What an object holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A function.
    Function(FunctionObject),
    /// A constant.
    Constant(Constant),
    /// A function of the host.
    Import(Import),
}

impl Body {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ObjectKind {
        match self {
            Body::Function(_) => ObjectKind::Function,
            Body::Constant(_) => ObjectKind::Constant,
            Body::Import(_) => ObjectKind::Import,
        }
    }
}

/// A decoded function, shared by all who hold it; it dereferences to the [`Function`].
///
/// What validating finds out of the function lies with it, so that a loaded function is one allocation and its nodes
/// another. Only [`validate`](crate::validate) and [`load`](crate::load) fill that in, and only a
/// [`ValidProgram`](crate::ValidProgram) gives it out.
#[derive(Clone)]
pub struct FunctionObject(pub(crate) Arc<ValidFunction>);

impl Deref for FunctionObject {
    type Target = Function;

    #[inline]
    fn deref(&self) -> &Function {
        &self.0.function
    }
}

/// As functions are equal: what validating found out follows from them and what they name.
impl PartialEq for FunctionObject {
    fn eq(&self, other: &FunctionObject) -> bool {
        **self == **other
    }
}

impl Eq for FunctionObject {}

impl fmt::Debug for FunctionObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// An object of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub(crate) hash: Hash,
    pub(crate) start: usize,
    pub(crate) len: usize,
    pub(crate) first_link: u32,
    pub(crate) body: Body,
}

impl Object {
    /// Its hash.
    #[must_use]
    #[inline]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// Where the links of its function lie among those of the program.
    #[inline]
    pub(crate) fn link_range(&self) -> Range<usize> {
        match &self.body {
            Body::Function(f) => {
                let first = self.first_link as usize;
                first..first + f.table().len()
            }
            _ => 0..0,
        }
    }

    /// What it holds.
    #[must_use]
    #[inline]
    pub fn body(&self) -> &Body {
        &self.body
    }
}

/// A decoded program: well-formed, not yet validated. Only [`decode`](crate::decode) makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program(pub(crate) Box<Parts>);

/// What a program holds; in a box, so that handing a program on moves one word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub bytes: Bytes,
    pub objects: SmallVec<[Object; 1]>,
    pub links: Vec<u32>,
    pub entries: SmallVec<[u32; 4]>,
    /// `None` where the file has none: few programs that are loaded to run do.
    pub sections: Option<Box<Sections>>,
}

static NO_SECTIONS: Sections = Sections::NONE;

impl Parts {
    fn sections(&self) -> &Sections {
        self.sections.as_deref().unwrap_or(&NO_SECTIONS)
    }
}

impl Program {
    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// All objects; what a function names comes before it.
    #[must_use]
    #[inline]
    pub fn objects(&self) -> &[Object] {
        &self.0.objects
    }

    /// The canonical bytes of object `index`.
    ///
    /// # Panics
    /// Where there is no such object.
    #[must_use]
    pub fn object_bytes(&self, index: u32) -> Bytes {
        let object = &self.0.objects[index as usize];
        self.0.bytes.slice(object.start..object.start + object.len)
    }

    /// Indices of the entry points, in the file's order.
    #[must_use]
    #[inline]
    pub fn entries(&self) -> &[u32] {
        &self.0.entries
    }

    /// For each entry of the table of function `index`, the object that it names.
    ///
    /// # Panics
    /// Where there is no such object.
    #[must_use]
    #[inline]
    pub fn links(&self, index: u32) -> &[u32] {
        &self.0.links[self.link_range(index)]
    }

    /// The links of all functions, one after the other.
    #[must_use]
    #[inline]
    pub fn all_links(&self) -> &[u32] {
        &self.0.links
    }

    /// Where those of function `index` lie among [`Program::all_links`].
    ///
    /// # Panics
    /// Where there is no such object.
    #[must_use]
    #[inline]
    pub fn link_range(&self, index: u32) -> Range<usize> {
        self.0.objects[index as usize].link_range()
    }

    /// The object with this hash.
    #[must_use]
    pub fn find(&self, hash: &Hash) -> Option<u32> {
        self.objects().iter().position(|o| o.hash == *hash).map(|i| i as u32)
    }

    /// Names of objects and slots: untrusted text that no hash covers.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.0.sections().names
    }

    /// Where each node stands in the source text, if the file says so.
    #[must_use]
    pub fn spans(&self) -> &Spans {
        &self.0.sections().spans
    }

    /// The name of object `index`: from the names section, else an import's own.
    #[must_use]
    pub fn name(&self, index: u32) -> Option<&str> {
        let own = match &self.objects().get(index as usize)?.body {
            Body::Import(import) => Some(import.name.as_str()),
            _ => None,
        };
        self.names().object(index).or(own)
    }

    /// The entry point called `name`; where several are, the first.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<u32> {
        self.entries().iter().copied().find(|&e| self.name(e) == Some(name))
    }
}
