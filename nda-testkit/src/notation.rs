//! A bit-exact notation for values, used by case files and frozen vectors.
//!
//! | value | written |
//! | --- | --- |
//! | int | `5`, `-3`, `MIN`, `MAX` |
//! | float | `1.5`, `-0.0`, `1e300`, `inf`, `-inf`, `nan` (the canonical one), `f:7ff0000000000001` (any bits) |
//! | bool | `true`, `false` |
//! | vec | `<1.0 -0.0 inf nan v:00000001>` |
//! | buf | `u8/4[1 255]`, `int/4[]`, `float/2[1.0 nan]`: type, capacity, elements |
//! | mat | `q-4{2 -1\|1 1}`: codebook `q` or `t`, scale, small integers by rows |
//!
//! ```
//! use nda_testkit::notation::{parse, write};
//! for text in ["-3", "f:7ff0000000000001", "<1.0 nan>", "u8/4[1 255]", "t0{1 0|-1 1}"] {
//!     assert_eq!(write(&parse(text)?), text);
//! }
//! # Ok::<(), nda_testkit::notation::NotationError>(())
//! ```

use nda_ast::{Bytes, CANONICAL_NAN, Codebook, Matrix};
use nda_runtime::{Buf, BufData, Mat, Value};
use std::fmt;

/// A text that is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotationError(String);

impl fmt::Display for NotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no value: `{}`", self.0)
    }
}

impl std::error::Error for NotationError {}

/// Cuts a line into values: at spaces outside brackets.
#[must_use]
pub fn split(line: &str) -> Vec<&str> {
    let (mut out, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (i, c) in line.char_indices() {
        match c {
            '<' | '[' | '{' => depth += 1,
            '>' | ']' | '}' => depth -= 1,
            ' ' if depth == 0 => {
                out.push(&line[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push(&line[start..]);
    out.retain(|s| !s.is_empty());
    out
}

/// Reads one value.
///
/// # Errors
/// Where the text is none.
pub fn parse(text: &str) -> Result<Value, NotationError> {
    read(text).ok_or_else(|| NotationError(text.to_owned()))
}

/// Reads the values of a line.
///
/// # Errors
/// Where one of them is none.
pub fn parse_all(line: &str) -> Result<Vec<Value>, NotationError> {
    split(line).into_iter().map(parse).collect()
}

fn read(text: &str) -> Option<Value> {
    if let Some(inner) = text.strip_prefix('<') {
        let items = inner.strip_suffix('>')?.split_whitespace();
        return Some(Value::Vec32(items.map(read_f32).collect::<Option<_>>()?));
    }
    if let Some((head, inner)) = text.split_once('[') {
        return buf(head, inner.strip_suffix(']')?);
    }
    if let Some((head, inner)) = text.split_once('{') {
        return mat(head, inner.strip_suffix('}')?);
    }
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ => read_int(text).map(Value::Int).or_else(|| read_float(text).map(Value::Float)),
    }
}

fn read_int(text: &str) -> Option<i64> {
    match text {
        "MIN" => Some(i64::MIN),
        "MAX" => Some(i64::MAX),
        _ => text.parse().ok(),
    }
}

fn read_float(text: &str) -> Option<f64> {
    if let Some(bits) = text.strip_prefix("f:") {
        return u64::from_str_radix(bits, 16).ok().map(f64::from_bits);
    }
    match text {
        "nan" => Some(f64::from_bits(CANONICAL_NAN)),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        // `parse` takes more words than the notation has.
        _ if text.contains(|c: char| c.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

fn read_f32(text: &str) -> Option<f32> {
    match text.strip_prefix("v:") {
        Some(bits) => u32::from_str_radix(bits, 16).ok().map(f32::from_bits),
        None => read_float(text).map(|x| x as f32),
    }
}

fn buf(head: &str, inner: &str) -> Option<Value> {
    let (elem, cap) = head.split_once('/')?;
    let items = inner.split_whitespace();
    let data = match elem {
        "u8" => BufData::U8(items.map(|s| s.parse().ok()).collect::<Option<_>>()?),
        "int" => BufData::Int(items.map(read_int).collect::<Option<_>>()?),
        "float" => BufData::Float(items.map(read_float).collect::<Option<_>>()?),
        _ => return None,
    };
    Buf::new(data, cap.parse().ok()?).ok().map(Value::Buf)
}

fn mat(head: &str, inner: &str) -> Option<Value> {
    let (codebook, scale) = match head.as_bytes().first()? {
        b'q' => (Codebook::Quaternary, &head[1..]),
        b't' => (Codebook::Ternary, &head[1..]),
        _ => return None,
    };
    let mut rows = Vec::new();
    for row in inner.split('|') {
        rows.push(row.split_whitespace().map(|s| s.parse::<i8>().ok()).collect::<Option<Vec<_>>>()?);
    }
    let cols = rows.first()?.len();
    let stride = cols.div_ceil(8);
    let mut planes = [vec![0_u8; stride * rows.len()], vec![0_u8; stride * rows.len()]];
    for (r, row) in rows.iter().enumerate() {
        if row.len() != cols {
            return None;
        }
        for (c, w) in row.iter().enumerate() {
            let (sign, extra) = code(codebook, *w)?;
            planes[0][r * stride + c / 8] |= sign << (c % 8);
            planes[1][r * stride + c / 8] |= extra << (c % 8);
        }
    }
    let [sign, extra] = planes.map(Bytes::from);
    let (rows, cols) = (u16::try_from(rows.len()).ok()?, u16::try_from(cols).ok()?);
    let matrix = Matrix { rows, cols, codebook, scale: scale.parse().ok()?, sign, extra };
    Mat::new(matrix).ok().map(Value::Mat)
}

/// Sign and extra bit of a small integer.
fn code(codebook: Codebook, w: i8) -> Option<(u8, u8)> {
    match (codebook, w) {
        (Codebook::Quaternary, 2) | (Codebook::Ternary, 1) => Some((1, 1)),
        (Codebook::Quaternary, 1) | (Codebook::Ternary, 0) => Some((1, 0)),
        (Codebook::Quaternary, -1) => Some((0, 1)),
        (Codebook::Quaternary, -2) | (Codebook::Ternary, -1) => Some((0, 0)),
        _ => None,
    }
}

/// Writes one value; [`parse`] gives the same bits back.
#[must_use]
pub fn write(value: &Value) -> String {
    match value {
        Value::Int(i64::MIN) => "MIN".into(),
        Value::Int(i64::MAX) => "MAX".into(),
        Value::Int(x) => x.to_string(),
        Value::Float(x) => float(*x),
        Value::Bool(x) => x.to_string(),
        Value::Vec32(data) => format!("<{}>", join(data, |x| f32(*x))),
        Value::Buf(b) => match b.data() {
            BufData::U8(data) => format!("u8/{}[{}]", b.cap(), join(data, u8::to_string)),
            BufData::Int(data) => format!("int/{}[{}]", b.cap(), join(data, |x| write(&Value::Int(*x)))),
            BufData::Float(data) => format!("float/{}[{}]", b.cap(), join(data, |x| float(*x))),
        },
        Value::Mat(m) => {
            let m = m.matrix();
            let letter = if m.codebook == Codebook::Ternary { 't' } else { 'q' };
            let unit = 2_f32.powi(i32::from(m.scale));
            let row =
                |r| (0..m.cols).map(|c| format!("{}", m.weight(r, c) / unit)).collect::<Vec<_>>().join(" ");
            let rows: Vec<String> = (0..m.rows).map(row).collect();
            format!("{letter}{}{{{}}}", m.scale, rows.join("|"))
        }
    }
}

/// Writes values with spaces between them.
#[must_use]
pub fn write_all(values: &[Value]) -> String {
    join(values, write)
}

fn join<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    items.iter().map(item).collect::<Vec<_>>().join(" ")
}

fn float(x: f64) -> String {
    match x.to_bits() {
        CANONICAL_NAN => "nan".into(),
        bits if x.is_nan() => format!("f:{bits:016x}"),
        _ => format!("{x:?}"),
    }
}

fn f32(x: f32) -> String {
    let text = format!("{x:?}");
    match read_f32(&text) {
        _ if x.is_nan() => "nan".into(),
        // The text of an f32 is read as f64 and rounded: where that is not the same, its bits are written.
        Some(y) if y.to_bits() == x.to_bits() => text,
        _ => format!("v:{:08x}", x.to_bits()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Entropy;

    #[test]
    fn what_is_written_reads_back() {
        let mut entropy = Entropy::new(5);
        for _ in 0..2000 {
            let values = [
                Value::Int(entropy.int()),
                Value::Float(entropy.float()),
                Value::Vec32(entropy.f32s(3, false)),
                Value::Buf(Buf::new(vec![entropy.int()], 2).expect("fits")),
            ];
            let back = parse_all(&write_all(&values)).expect("reads");
            assert!(nda_runtime::all_same_bits(&values, &back), "{}", write_all(&values));
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in
            ["", "x", "infinity", "<1", "u8/0[]", "u8/1[1 2]", "u8/4[256]", "q0{3}", "t0{1|1 1}", "int[1]"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
