//! Program files by hand.

use nda_testkit::second::mutate::{Part, Parts, write_u};

/// Kind, table (objects before it) and the bytes after the table.
pub type Object = (u8, Vec<usize>, Vec<u8>);

/// Bytes of hexadecimal digits; spaces are left out.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    assert_eq!(digits.len() % 2, 0, "half a byte in {text}");
    let value =
        |d: u8| u8::try_from(char::from(d).to_digit(16).expect("a hexadecimal digit")).expect("below 16");
    digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

/// A number as `u`.
pub fn u(value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    write_u(&mut out, value);
    out
}

/// A function: the objects of its table, its signature as hex, its body.
pub fn function(table: &[usize], signature: &str, body: &[u8]) -> Object {
    (0, table.to_vec(), [hex(signature), body.to_vec()].concat())
}

/// An import: its name, signature as hex, work.
pub fn import(name: &str, signature: &str, work: u64) -> Object {
    (2, vec![], [u(name.len() as u64), name.as_bytes().to_vec(), hex(signature), u(work)].concat())
}

/// A file of these objects and entry points.
pub fn file(objects: &[Object], entries: &[usize]) -> Vec<u8> {
    let part = |(kind, table, rest): &Object| Part {
        kind: *kind,
        table: (*kind == 0).then(|| table.clone()),
        rest: rest.clone(),
    };
    Parts { objects: objects.iter().map(part).collect(), entries: entries.to_vec(), sections: Vec::new() }
        .assemble()
}

/// A section with its length.
pub fn section(id: u8, payload: &[u8]) -> Vec<u8> {
    [vec![id], u(payload.len() as u64), payload.to_vec()].concat()
}

/// Writes the last byte of a number at this place as two: the same value in a longer form.
pub fn over(bytes: &mut Vec<u8>, place: usize) {
    bytes[place] |= 0x80;
    bytes.insert(place + 1, 0);
}

/// The bytes of the worked example, as `docs/spec.md` prints them.
pub fn worked_example() -> Vec<u8> {
    let text = include_str!("../../../docs/spec.md");
    let (_, example) = text.split_once("<!-- BEGIN EXAMPLE -->").expect("the example begins");
    let (example, _) = example.split_once("<!-- END EXAMPLE -->").expect("the example ends");
    let mut bytes = Vec::new();
    for line in example.lines() {
        let Some((offset, rest)) = line.split_once("  ") else { continue };
        if offset.len() == 4 && usize::from_str_radix(offset, 16) == Ok(bytes.len()) {
            bytes.extend(hex(rest.split_once("  ").expect("an explanation").0));
        }
    }
    bytes
}
