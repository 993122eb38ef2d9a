//! A decoded program: objects, entry points and optional sections over the bytes that they came from.

use crate::{Constant, Function, Hash, Import, Names, ObjectKind, Sections, Spans};
use bytes::Bytes;
use smallvec::SmallVec;
use std::sync::Arc;

/// The first four bytes of every program file.
pub const MAGIC: [u8; 4] = *b"NDA\0";

/// The byte after the magic.
pub const FORMAT_VERSION: u8 = 1;

/// What an object holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A function.
    Function(Arc<Function>),
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
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// What it holds.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }
}

/// A decoded program: well-formed, not yet validated. Only [`decode`](crate::decode) makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub(crate) bytes: Bytes,
    pub(crate) objects: SmallVec<[Object; 1]>,
    pub(crate) links: Vec<u32>,
    pub(crate) entries: SmallVec<[u32; 4]>,
    pub(crate) sections: Sections,
}

impl Program {
    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// All objects; what a function names comes before it.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The canonical bytes of object `index`.
    ///
    /// # Panics
    /// Where there is no such object.
    #[must_use]
    pub fn object_bytes(&self, index: u32) -> Bytes {
        let object = &self.objects[index as usize];
        self.bytes.slice(object.start..object.start + object.len)
    }

    /// Indices of the entry points, in the file's order.
    #[must_use]
    pub fn entries(&self) -> &[u32] {
        &self.entries
    }

    /// For each entry of the table of function `index`, the object that it names.
    ///
    /// # Panics
    /// Where there is no such object.
    #[must_use]
    pub fn links(&self, index: u32) -> &[u32] {
        &self.links[self.link_range(index)]
    }

    /// The links of all functions, one after the other.
    #[must_use]
    pub fn all_links(&self) -> &[u32] {
        &self.links
    }

    /// Where those of function `index` lie among [`Program::all_links`].
    ///
    /// # Panics
    /// Where there is no such object.
    #[must_use]
    pub fn link_range(&self, index: u32) -> std::ops::Range<usize> {
        let object = &self.objects[index as usize];
        match &object.body {
            Body::Function(f) => {
                let first = object.first_link as usize;
                first..first + f.table.len()
            }
            _ => 0..0,
        }
    }

    /// The object with this hash.
    #[must_use]
    pub fn find(&self, hash: &Hash) -> Option<u32> {
        self.objects.iter().position(|o| o.hash == *hash).map(|i| i as u32)
    }

    /// Names of objects and slots: untrusted text that no hash covers.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.sections.names
    }

    /// Where each node stands in the source text, if the file says so.
    #[must_use]
    pub fn spans(&self) -> &Spans {
        &self.sections.spans
    }

    /// The name of object `index`: from the names section, else an import's own.
    #[must_use]
    pub fn name(&self, index: u32) -> Option<&str> {
        let own = match &self.objects.get(index as usize)?.body {
            Body::Import(import) => Some(import.name.as_str()),
            _ => None,
        };
        self.names().object(index).or(own)
    }

    /// The entry point called `name`; where several are, the first.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<u32> {
        self.entries.iter().copied().find(|&e| self.name(e) == Some(name))
    }
}
