//! Files put together by hand, byte by byte.
#![expect(dead_code, reason = "each test file uses its own part of it")]

use nda_ast::{Hash, ObjectKind};

/// Kind and bytes of an object.
pub type Object = (u8, Vec<u8>);

/// An unsigned LEB128 in the shortest form.
pub fn leb(mut n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
    out
}

/// A program file without sections.
pub fn file(objects: &[Object], entries: &[u64]) -> Vec<u8> {
    let mut out = b"NDA\0\x01".to_vec();
    out.extend(leb(objects.len() as u64));
    for (kind, bytes) in objects {
        out.push(*kind);
        out.extend(leb(bytes.len() as u64));
        out.extend(bytes);
    }
    out.extend(leb(entries.len() as u64));
    entries.iter().for_each(|e| out.extend(leb(*e)));
    out
}

/// A function from its head (table, parameters, results) and its body.
pub fn function(head: &[u8], body: &[u8]) -> Object {
    (0, [head, body].concat())
}

/// A function that does nothing.
pub fn entry() -> Object {
    function(&[0, 0, 0], &[0])
}

/// The worked example of docs/spec.md, without its names but for the function's.
pub fn sum() -> Vec<u8> {
    let hex = "4e44410001 01 0019 00 0101 0101 1000 01 1600 08e907 1601 1602 19 0201 00 1601 0c 00 0100 \
               0112 0100 0373756d 03 00016e 010373756d 020169";
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

/// A constant with its hash.
pub struct Raw(Vec<u8>);

impl Raw {
    pub fn new(bytes: &[u8]) -> Raw {
        Raw(bytes.to_vec())
    }

    pub fn object(&self) -> Object {
        (1, self.0.clone())
    }

    pub fn hash(&self) -> [u8; 32] {
        *Hash::of(ObjectKind::Constant, &self.0).as_bytes()
    }
}

/// Runs on a thread of 2 MiB.
pub fn on_small_stack(f: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(f).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
