//! Constant items: elements so that they parse back to the same bits.

use crate::{CANONICAL_NAN, CANONICAL_NAN32, Codebook, Constant, Elem, Matrix};
use std::fmt::Write;

/// `const NAME: T = ..;`
pub(super) fn item(out: &mut String, name: &str, constant: &Constant, file: Option<(String, String)>) {
    let _ = write!(out, "const {name}: {} = ", constant.ty());
    match (file, constant) {
        (Some((file, tensor)), _) => {
            out.push_str("load(");
            string(out, &file);
            out.push_str(", ");
            string(out, &tensor);
            out.push(')');
        }
        (None, Constant::Buf { elem, data, .. }) => buf(out, *elem, data),
        (None, Constant::Vec { data, .. }) => {
            out.push_str("vec32(");
            list(out, data, 4, |out, bytes| float32(out, u32::from_le_bytes(array(bytes))));
            out.push(')');
        }
        (None, Constant::Matrix(matrix)) => mat(out, matrix),
    }
    out.push_str(";\n");
}

fn buf(out: &mut String, elem: Elem, data: &[u8]) {
    out.push_str("buf(");
    match elem {
        Elem::U8 => bytes(out, data),
        Elem::Int => list(out, data, 8, |out, bytes| {
            let _ = write!(out, "{}", i64::from_le_bytes(array(bytes)));
        }),
        Elem::Float => list(out, data, 8, |out, bytes| float(out, u64::from_le_bytes(array(bytes)))),
    }
    out.push(')');
}

fn mat(out: &mut String, matrix: &Matrix) {
    let codebook = match matrix.codebook {
        Codebook::Quaternary => "QUATERNARY",
        Codebook::Ternary => "TERNARY",
    };
    let _ = write!(out, "mat({codebook}, {}", matrix.scale);
    for plane in [&matrix.sign, &matrix.extra] {
        out.push_str(", \"");
        for byte in plane {
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
            }
        }
        out.push('"');
    }
    out.push(')');
}

fn list(out: &mut String, data: &[u8], size: usize, mut element: impl FnMut(&mut String, &[u8])) {
    out.push('[');
    for (i, bytes) in data.chunks_exact(size).enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        element(out, bytes);
    }
    out.push(']');
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}

/// A float constant that parses back to these bits.
pub(super) fn float(out: &mut String, bits: u64) {
    let value = f64::from_bits(bits);
    let _ = if value.is_nan() && bits != CANONICAL_NAN {
        write!(out, "nan(0x{bits:016x})")
    } else {
        // `Debug` gives the shortest digits that round back, always with a point or an exponent.
        literal(out, value.is_nan(), value.is_infinite(), value.is_sign_negative(), format_args!("{value:?}"))
    };
}

fn float32(out: &mut String, bits: u32) {
    debug_assert!(!f32::from_bits(bits).is_nan() || bits == CANONICAL_NAN32, "a canonical constant");
    let value = f32::from_bits(bits);
    let _ = literal(
        out,
        value.is_nan(),
        value.is_infinite(),
        value.is_sign_negative(),
        format_args!("{value:?}"),
    );
}

fn literal(
    out: &mut String,
    nan: bool,
    infinite: bool,
    negative: bool,
    finite: std::fmt::Arguments<'_>,
) -> std::fmt::Result {
    match (nan, infinite, negative) {
        (true, ..) => out.write_str("NAN"),
        (_, true, true) => out.write_str("-INFINITY"),
        (_, true, false) => out.write_str("INFINITY"),
        _ => out.write_fmt(finite),
    }
}

fn bytes(out: &mut String, data: &[u8]) {
    out.push_str("b\"");
    for &byte in data {
        escaped(out, byte, '"');
    }
    out.push('"');
}

/// A byte inside `b".."` or `b'..'`.
pub(super) fn escaped(out: &mut String, byte: u8, quote: char) {
    match byte {
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        b'\\' => out.push_str("\\\\"),
        b' '..=b'~' => {
            if char::from(byte) == quote {
                out.push('\\');
            }
            out.push(char::from(byte));
        }
        _ => {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
}

/// A string literal of Rust.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '\0'..=' ' | '"' | '\\' | '\x7f' if c != ' ' => escaped(out, c as u8, '"'),
            _ => out.push(c),
        }
    }
    out.push('"');
}
