//! Files put together by hand, byte by byte.

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
