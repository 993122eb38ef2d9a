//! Names for the text: from the names section where they can be had, made fit and unique.

use crate::text::{is_identifier, is_prelude};
use crate::{Body, Constant, ValidProgram};
use std::collections::{HashMap, HashSet};

/// Longest name that is printed; a longer one is cut, since names are untrusted and stand at every use.
const MAX_IDENT: usize = 64;

/// Words besides keywords and prelude functions that mean something in the text form or to rustc.
const TYPES: &[&str] = &["Buf", "Mat", "Vec32", "assert", "bool", "f32", "f64", "i64", "u8"];

/// Whether nothing can be called so.
fn is_reserved(word: &str) -> bool {
    !is_identifier(word) || is_prelude(word) || TYPES.contains(&word)
}

/// An identifier as close to `name` as can be; `None` where nothing of it is left.
fn identifier(name: &str) -> Option<String> {
    let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut out: String = name.chars().take(MAX_IDENT).map(fit).collect();
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out.bytes().any(|b| b != b'_').then_some(out)
}

/// A set of names in use, and for each base the next number to try.
#[derive(Clone, Debug, Default)]
struct Used {
    names: HashSet<String>,
    next: HashMap<String, u32>,
}

impl Used {
    /// Takes `base`, or the first of `base_2`, `base_3`, ... that nothing has.
    fn take(&mut self, base: String, taken: impl Fn(&str) -> bool) -> String {
        if !self.names.contains(&base) && !taken(&base) {
            self.names.insert(base.clone());
            return base;
        }
        let next = self.next.entry(base.clone()).or_insert(2);
        loop {
            let name = format!("{base}_{next}");
            *next += 1;
            if !self.names.contains(&name) && !taken(&name) {
                self.names.insert(name.clone());
                return name;
            }
        }
    }
}

/// Names of functions, imports and constants.
pub(super) struct GlobalNames {
    names: Vec<Option<String>>,
    used: Used,
}

impl GlobalNames {
    pub fn new(program: &ValidProgram) -> GlobalNames {
        let p = program.program();
        let mut out = GlobalNames { names: vec![None; p.objects().len()], used: Used::default() };
        // Entry points first: their names are what a host asks for.
        let rest = 0..p.objects().len() as u32;
        for index in p.entries().iter().copied().chain(rest) {
            let object = &p.objects()[index as usize];
            if out.names[index as usize].is_some() || is_inline(object.body(), p.names().object(index)) {
                continue;
            }
            let base = p.name(index).and_then(identifier).unwrap_or_else(|| match object.body() {
                Body::Function(_) => format!("f{index}"),
                Body::Constant(_) => format!("C{index}"),
                Body::Import(import) => import.name.clone(),
            });
            out.names[index as usize] = Some(out.used.take(base, is_reserved));
        }
        out
    }

    /// The name of object `index`; none where it is written inline.
    pub fn of(&self, index: u32) -> Option<&str> {
        self.names.get(index as usize)?.as_deref()
    }
}

/// Empty buffers that have no name are written `Buf::<T, N>::new()`.
fn is_inline(body: &Body, name: Option<&str>) -> bool {
    let nameless = name.and_then(identifier).is_none();
    nameless && matches!(body, Body::Constant(Constant::Buf { data, .. }) if data.is_empty())
}

/// Names of the slots of one function, as far as they are visible.
pub(super) struct SlotNames<'a> {
    globals: &'a GlobalNames,
    used: Used,
    names: Vec<String>,
    visible: Vec<u32>,
}

impl<'a> SlotNames<'a> {
    pub fn new(globals: &'a GlobalNames, slots: usize) -> SlotNames<'a> {
        SlotNames { globals, used: Used::default(), names: vec![String::new(); slots], visible: Vec::new() }
    }

    pub fn declare(&mut self, slot: u32, name: Option<&str>) {
        let base = name.and_then(identifier).unwrap_or_else(|| format!("s{slot}"));
        let globals = &self.globals.used.names;
        let name = self.used.take(base, |name| globals.contains(name) || is_reserved(name));
        self.names[slot as usize] = name;
        self.visible.push(slot);
    }

    pub fn of(&self, slot: u32) -> &str {
        &self.names[slot as usize]
    }

    /// How many are visible, to be given to [`SlotNames::close`] at the end of a block that opens now.
    pub fn open(&self) -> usize {
        self.visible.len()
    }

    pub fn close(&mut self, visible: usize) {
        for slot in self.visible.drain(visible..) {
            self.used.names.remove(&self.names[slot as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words() {
        assert!(["gemv", "while", "NAN", "Buf", "_"].into_iter().all(is_reserved));
        assert!(!is_reserved("x"));
    }

    #[test]
    fn identifiers_are_made_fit() {
        assert_eq!(identifier("a b"), Some("a_b".to_owned()));
        assert_eq!(identifier("1x"), Some("_1x".to_owned()));
        assert_eq!(identifier("__"), None);
        assert_eq!(identifier("é"), None);
    }
}
