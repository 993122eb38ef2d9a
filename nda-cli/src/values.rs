//! Values from the command line and from JSON, by the type that is asked for.

use crate::strict;
use nda_ast::{Elem, Param, Type};
use nda_sandbox::{Buf, BufData, Value};
use serde_json::Value as Json;

/// A value of type `ty` from a word of the command line.
pub fn from_text(text: &str, ty: Type) -> Result<Value, String> {
    match ty {
        Type::Int => int(text).map(Value::Int).ok_or_else(|| wrong(ty, text, "an integer of 64 bits")),
        Type::Float => float(text)
            .map(Value::Float)
            .ok_or_else(|| wrong(ty, text, "a number, NaN, inf, -inf, or bits:HEX")),
        Type::Bool => text.parse().map(Value::Bool).map_err(|_| wrong(ty, text, "true or false")),
        Type::Buf { elem: Elem::U8, cap } if !text.starts_with('[') => {
            let data = match text.strip_prefix("hex:") {
                Some(digits) => hex(digits).ok_or_else(|| wrong(ty, text, "pairs of hex digits"))?,
                None => text.as_bytes().to_vec(),
            };
            buf(data, cap)
        }
        Type::Vec { n } if is_plain_list(text) => {
            let list: Vec<f32> = floats(text, ty)?.into_iter().map(|x| x as f32).collect();
            vector(list, n)
        }
        Type::Buf { elem: Elem::Float, cap } if is_plain_list(text) => buf(floats(text, ty)?, cap),
        Type::Buf { .. } | Type::Vec { .. } => {
            let list = if text.trim_start().starts_with('[') { text.to_owned() } else { format!("[{text}]") };
            let json =
                strict::parse(list.as_bytes()).map_err(|e| format!("{ty} from `{}`: {e}", cut(text)))?;
            from_json(&json, ty)
        }
        Type::Mat { .. } => Err(format!("{ty}: give a matrix from a file, with --input")),
    }
}

/// A value of type `ty` from JSON: as `docs/json.md` writes values, or simply a number, string or array.
pub fn from_json(json: &Json, ty: Type) -> Result<Value, String> {
    let wrong = |expected: &str| wrong(ty, &json.to_string(), expected);
    match ty {
        Type::Int => json.as_i64().map(Value::Int).ok_or_else(|| wrong("an integer of 64 bits")),
        Type::Float => {
            json_float(json).map(Value::Float).ok_or_else(|| wrong("a number or {\"bits\": 16 hex digits}"))
        }
        Type::Bool => json.as_bool().map(Value::Bool).ok_or_else(|| wrong("true or false")),
        Type::Vec { n } => {
            let list = elements(json, json_f32).ok_or_else(|| wrong("an array of numbers"))?;
            vector(list, n)
        }
        Type::Buf { elem: Elem::U8, cap } => {
            buf(bytes(json).ok_or_else(|| wrong("a string or bytes 0..=255"))?, cap)
        }
        Type::Buf { elem: Elem::Int, cap } => {
            buf(elements(json, Json::as_i64).ok_or_else(|| wrong("an array of integers"))?, cap)
        }
        Type::Buf { elem: Elem::Float, cap } => {
            buf(elements(json, json_float).ok_or_else(|| wrong("an array of numbers"))?, cap)
        }
        Type::Mat { .. } => Err(format!("{ty}: give a matrix from a file, with --input")),
    }
}

/// Arguments from JSON: an array in order, or an object by parameter name. `name` gives the name of each parameter.
pub fn args_from_json<'a>(
    json: &Json,
    params: &[Param],
    name: impl Fn(usize) -> Option<&'a str>,
) -> Result<Vec<Value>, String> {
    let label = |i: usize| match name(i) {
        Some(name) => format!("argument `{name}`"),
        None => format!("argument {i}"),
    };
    let one = |i: usize, json: &Json| from_json(json, params[i].ty).map_err(|e| format!("{}: {e}", label(i)));
    match json {
        Json::Array(list) if list.len() == params.len() => {
            list.iter().enumerate().map(|(i, json)| one(i, json)).collect()
        }
        Json::Array(list) => Err(format!("{} arguments are needed, {} are given", params.len(), list.len())),
        Json::Object(map) => {
            let known = |key: &str| (0..params.len()).any(|i| name(i) == Some(key));
            if let Some(key) = map.keys().find(|key| !known(key)) {
                let names: Vec<&str> = (0..params.len()).filter_map(&name).collect();
                return Err(format!("no parameter `{}`; there are: {}", cut(key), names.join(", ")));
            }
            let find = |i: usize| {
                name(i).and_then(|key| map.get(key)).ok_or_else(|| format!("{} is missing", label(i)))
            };
            (0..params.len()).map(|i| one(i, find(i)?)).collect()
        }
        other => Err(format!("arguments are an array or an object, not {}", cut(&other.to_string()))),
    }
}

fn wrong(ty: Type, found: &str, expected: &str) -> String {
    format!("{ty}: expected {expected}, found `{}`", cut(found))
}

/// Enough of a text to recognise it.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}..", &text[..at]),
        None => text.to_owned(),
    }
}

fn buf(data: impl Into<BufData>, cap: u32) -> Result<Value, String> {
    Buf::new(data, cap).map(Value::Buf).map_err(|e| e.to_string())
}

fn vector(list: Vec<f32>, n: u32) -> Result<Value, String> {
    if list.len() == n as usize {
        return Ok(Value::Vec32(list));
    }
    Err(format!("{}: {n} elements are needed, {} are given", Type::Vec { n }, list.len()))
}

/// Whether a list of floats holds words alone, as the command line gives scalars, and neither strings nor objects of JSON.
fn is_plain_list(text: &str) -> bool {
    !text.contains(['"', '{'])
}

/// The floats of a list of words, in brackets or without.
fn floats(text: &str, ty: Type) -> Result<Vec<f64>, String> {
    let text = text.trim();
    let inner = text.strip_prefix('[').map_or(Some(text), |rest| rest.strip_suffix(']'));
    let inner = inner.ok_or_else(|| wrong(ty, text, "`]` at the end"))?.trim();
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let one = |word: &str| {
        float(word.trim()).ok_or_else(|| wrong(ty, word.trim(), "a number, NaN, inf, -inf, or bits:HEX"))
    };
    inner.split(',').map(one).collect()
}

fn int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    match digits.strip_prefix("0x") {
        // A hex literal is a pattern of 64 bits.
        Some(hex) if !hex.starts_with('+') => {
            let bits = u64::from_str_radix(hex, 16).ok()? as i64;
            Some(if negative { bits.wrapping_neg() } else { bits })
        }
        _ => text.parse().ok(),
    }
}

fn float(text: &str) -> Option<f64> {
    match text.strip_prefix("bits:") {
        Some(digits) => bits(digits).map(f64::from_bits),
        // `parse` reads NaN, inf and infinity in any case; digits that no float can hold are a mistake.
        None => {
            text.parse().ok().filter(|x: &f64| x.is_finite() || !text.contains(|c: char| c.is_ascii_digit()))
        }
    }
}

fn bits(digits: &str) -> Option<u64> {
    let sound = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if sound { u64::from_str_radix(digits, 16).ok() } else { None }
}

/// A float from a number, from `{"bits": ..}` with or without `"float"`, or from "NaN", "Infinity", "-Infinity".
fn json_float(json: &Json) -> Option<f64> {
    match json {
        Json::Number(_) => json.as_f64(),
        Json::String(text) => named_float(text),
        Json::Object(map) => match map.get("bits") {
            Some(digits) => bits(digits.as_str()?).map(f64::from_bits),
            None => map.get("float").filter(|inner| !inner.is_object()).and_then(json_float),
        },
        _ => None,
    }
}

fn named_float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// Rounded once, from the binary64 that JSON numbers are.
fn json_f32(json: &Json) -> Option<f32> {
    json_float(json).map(|x| x as f32)
}

/// The elements of an array, or of the `elements` of an object as `docs/json.md` writes buffers and vectors.
fn elements<T>(json: &Json, one: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    let list = match json {
        Json::Object(map) => map.get("elements")?,
        other => other,
    };
    list.as_array()?.iter().map(one).collect()
}

fn bytes(json: &Json) -> Option<Vec<u8>> {
    match json {
        Json::String(text) => Some(text.as_bytes().to_vec()),
        Json::Object(map) if map.contains_key("hex") => hex(map.get("hex")?.as_str()?),
        other => elements(other, |json| json.as_u64().and_then(|b| u8::try_from(b).ok())),
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) || digits.len() % 2 == 1 {
        return None;
    }
    digits
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const BYTES: Type = Type::Buf { elem: Elem::U8, cap: 4 };

    fn text(text: &str, ty: Type) -> String {
        from_text(text, ty).map_or_else(|e| e, |v| v.to_string())
    }

    #[test]
    fn words() {
        assert_eq!(text("-0x10", Type::Int), "-16");
        assert_eq!(text("0xffffffffffffffff", Type::Int), "-1");
        assert_eq!(text("-9223372036854775808", Type::Int), "-9223372036854775808");
        assert_eq!(text("1e3", Type::Float), "1000.0");
        assert_eq!(text("bits:7ff8000000000001", Type::Float), "nan(0x7ff8000000000001)");
        assert_eq!(text("abc", BYTES), "buf(b\"abc\")");
        assert_eq!(text("hex:00ff", BYTES), "buf(b\"\\x00\\xff\")");
        assert_eq!(text("1, 2", Type::Vec { n: 2 }), "vec32([1.0, 2.0])");
        assert_eq!(text("[1]", Type::Buf { elem: Elem::Int, cap: 2 }), "buf([1])");
        for (word, ty) in
            [("9223372036854775808", Type::Int), ("", Type::Int), ("0x+1", Type::Int), ("x", Type::Bool)]
        {
            assert!(from_text(word, ty).is_err(), "{word} as {ty}");
        }
        for (word, ty) in [("abcde", BYTES), ("hex:0", BYTES), ("hex:é", BYTES), ("1", Type::Vec { n: 2 })] {
            assert!(from_text(word, ty).is_err(), "{word} as {ty}");
        }
    }

    #[test]
    fn floats_that_are_no_numbers() {
        let (vec, buf) = (Type::Vec { n: 3 }, Type::Buf { elem: Elem::Float, cap: 4 });
        for (word, bits) in
            [("NaN", 0x7ff8 << 48), ("NAN", 0x7ff8 << 48), ("-INFINITY", 0xfff0 << 48), ("inf", 0x7ff0 << 48)]
        {
            let expected = f64::from_bits(bits);
            assert!(from_text(word, Type::Float).unwrap().same_bits(&Value::Float(expected)), "{word}");
            let list = Buf::new(vec![1.0, expected, -3.5], 4).unwrap();
            let got = from_text(&format!("[1,{word}, -3.5]"), buf).unwrap();
            assert!(got.same_bits(&Value::Buf(list)), "{word}: {got}");
            let got = from_text(&format!("1, {word} ,3e0"), vec).unwrap();
            assert!(got.same_bits(&Value::Vec32(vec![1.0, expected as f32, 3.0])), "{word}: {got}");
        }
        assert_eq!(text("[]", buf), "buf([])");
        assert_eq!(text("bits:7ff8000000000001", buf), "buf([nan(0x7ff8000000000001)])");
        assert_eq!(text("[1, {\"float\": 2}, \"NaN\"]", vec), text("1,2,NaN", vec));
        for word in ["[1", "1]", "[1,]", "[,1]", "[1 2]", "[[1]]", "1e400", "[null]"] {
            assert!(from_text(word, buf).is_err(), "{word}");
        }
        assert!(from_text("-1e400", Type::Float).is_err());
    }

    #[test]
    fn printed_values_read_back() {
        let values = [
            Value::Float(-0.0),
            Value::Float(f64::from_bits(0xfff8_0000_0000_0001)),
            Value::Int(i64::MIN),
            Value::Vec32(vec![0.1, f32::NAN, f32::NEG_INFINITY]),
            Value::Buf(Buf::new(vec![0_u8, 255], 4).unwrap()),
            Value::Buf(Buf::new(vec![0.1, f64::INFINITY], 4).unwrap()),
            Value::Buf(Buf::new(vec![-1_i64], 4).unwrap()),
        ];
        for value in values {
            let back = from_json(&crate::json::value(&value), value.ty()).unwrap();
            assert!(back.same_bits(&value), "{value} came back as {back}");
        }
    }

    #[test]
    fn arguments_by_place_and_name() {
        let params = [Param::new(Type::Int), Param::new(BYTES)];
        let name = |i: usize| ["n", "b"].get(i).copied();
        let show = |json: Json| match args_from_json(&json, &params, name) {
            Ok(values) => format!("{} {}", values[0], values[1]),
            Err(e) => e,
        };
        assert_eq!(show(json!([1, "x"])), "1 buf(b\"x\")");
        assert_eq!(show(json!({"b": [65], "n": 2})), "2 buf(b\"A\")");
        assert_eq!(show(json!([1])), "2 arguments are needed, 1 are given");
        assert_eq!(show(json!({"n": 1})), "argument `b` is missing");
        assert_eq!(show(json!({"n": 1, "b": "", "c": 0})), "no parameter `c`; there are: n, b");
        assert_eq!(show(json!([1.5, ""])), "argument `n`: i64: expected an integer of 64 bits, found `1.5`");
        assert_eq!(show(json!(7)), "arguments are an array or an object, not 7");
    }
}
