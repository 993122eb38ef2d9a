//! Hashes of objects.

use blake3::hazmat::{ContextKey, HasherExt};
use std::fmt;
use std::sync::LazyLock;

/// What an object is. Part of what its hash covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ObjectKind {
    /// A function of the language.
    Function = 0,
    /// A `buf`, `vec` or `mat`.
    Constant = 1,
    /// A function of the host.
    Import = 2,
}

impl ObjectKind {
    /// Every kind, by code.
    pub const ALL: [ObjectKind; 3] = [ObjectKind::Function, ObjectKind::Constant, ObjectKind::Import];

    /// The domain tag: kind and version of the meaning.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            ObjectKind::Function => "nda.function.1",
            ObjectKind::Constant => "nda.constant.1",
            ObjectKind::Import => "nda.import.1",
        }
    }
}

/// The hash of an object: BLAKE3-256, all 32 bytes, of its canonical bytes in BLAKE3's key-derivation mode with
/// [`ObjectKind::tag`] as context, so that `b3sum --derive-key nda.function.1` recomputes it.
///
/// ```
/// use nda_ast::{Hash, ObjectKind};
/// let h = Hash::of(ObjectKind::Function, b"");
/// assert_eq!(h, Hash::from(blake3::derive_key("nda.function.1", b"")));
/// assert_eq!(h.to_string().parse::<Hash>().unwrap(), h);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

static CONTEXTS: LazyLock<[ContextKey; 3]> =
    LazyLock::new(|| ObjectKind::ALL.map(|kind| blake3::hazmat::hash_derive_key_context(kind.tag())));

impl Hash {
    /// The hash of an object with these canonical bytes.
    #[must_use]
    pub fn of(kind: ObjectKind, bytes: &[u8]) -> Hash {
        // The context key is the costly half of derive-key mode for small objects; it is computed once.
        let mut hasher = blake3::Hasher::new_from_context_key(&CONTEXTS[kind as usize]);
        hasher.update(bytes);
        Hash(*hasher.finalize().as_bytes())
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Hash {
        Hash(bytes)
    }
}

/// 64 lower-case hex digits.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// A string that is not 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseHashError;

impl fmt::Display for ParseHashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hash is 64 hex digits")
    }
}

impl std::error::Error for ParseHashError {}

impl std::str::FromStr for Hash {
    type Err = ParseHashError;

    fn from_str(s: &str) -> Result<Hash, ParseHashError> {
        let digits = s.as_bytes();
        if digits.len() != 64 {
            return Err(ParseHashError);
        }
        let mut out = [0; 32];
        for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| (d as char).to_digit(16).ok_or(ParseHashError);
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Ok(Hash(out))
    }
}
