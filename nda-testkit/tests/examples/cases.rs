//! Files of cases (`examples/*.cases.json`, described in `examples/README.md`): reading, and comparing with what a run gave.

use nda_prelude::{Buf, Value, Vec32};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// Every example: its name, and its path in `examples/` without the extension.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("black_scholes", "black_scholes"),
    ("digits", "digits/digits"),
    ("host", "host"),
    ("life", "life"),
    ("path", "path"),
    ("scoring", "scoring"),
    ("tokenizer", "tokenizer"),
];

/// The directory of the examples.
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// The cases of an example, and the relative difference that its floats may have.
pub fn cases(path: &str) -> (Vec<Case>, f64) {
    let text = std::fs::read_to_string(examples().join(format!("{path}.cases.json"))).expect("cases");
    let file: Json = serde_json::from_str(&text).expect("JSON");
    let cases = file["cases"].as_array().expect("cases").iter().map(|case| Case(case.clone())).collect();
    (cases, file["tolerance"].as_f64().unwrap_or(0.0))
}

/// What a run gave, without static types: results, then final `inout` values; or a trap's code and operands.
#[derive(Debug)]
pub struct Ran {
    pub result: Result<Vec<Value>, (String, Vec<i128>)>,
    pub log: Vec<Value>,
}

impl Ran {
    /// Whether both have the same bits, any NaN taken for any. A trap's operand that either cannot know is not compared.
    pub fn same(&self, other: &Ran) -> bool {
        let all = |a: &[Value], b: &[Value]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b));
        let result = match (&self.result, &other.result) {
            (Ok(a), Ok(b)) => all(a, b),
            (Err(a), Err(b)) => a == b,
            _ => false,
        };
        result && all(&self.log, &other.log)
    }
}

pub struct Case(Json);

impl Case {
    /// The entry point.
    pub fn function(&self) -> &str {
        self.0["fn"].as_str().expect("fn")
    }

    /// Whether rustc's code can tell: it has no `LoopLimit`.
    pub fn for_rustc(&self) -> bool {
        self.0["rustc"].as_bool().unwrap_or(true)
    }

    pub fn args(&self) -> &[Json] {
        self.0["args"].as_array().expect("args")
    }

    /// Argument `i` as the type that it is used as.
    pub fn arg<T: FromJson>(&self, i: usize) -> T {
        T::from_json(&self.args()[i])
    }

    /// Asserts that a run gave what the case says.
    pub fn check(&self, ran: &Ran, tolerance: f64, what: &str) {
        let label = format!("{what}, {} of {:?}", self.function(), self.args());
        match (&ran.result, self.0.get("trap")) {
            (Ok(values), None) => self.check_list("results", values, tolerance, &label),
            (Err((code, operands)), Some(trap)) => {
                assert_eq!(trap["code"], code.as_str(), "{label}");
                let expected: Vec<i128> = trap["operands"]
                    .as_array()
                    .expect("operands")
                    .iter()
                    .map(|n| i128::from(n.as_i64().expect("int")))
                    .collect();
                assert_eq!(operands, &expected, "{label}");
            }
            (found, expected) => panic!("{label}: {found:?}, but the case says {expected:?}"),
        }
        if self.0.get("log").is_some() {
            self.check_list("log", &ran.log, tolerance, &label);
        } else {
            assert!(ran.log.is_empty(), "{label}: a log that the case does not have");
        }
    }

    fn check_list(&self, key: &str, found: &[Value], tolerance: f64, label: &str) {
        let expected = self.0[key].as_array().unwrap_or_else(|| panic!("{label}: {key}"));
        assert_eq!(found.len(), expected.len(), "{label}: {key}");
        for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!(agrees(found, expected, tolerance), "{label}: {key} {i} is {found:?}, not {expected}");
        }
    }
}

fn agrees(found: &Value, expected: &Json, tolerance: f64) -> bool {
    let float = |found: f64, expected: &Json| {
        let expected = f64::from_json(expected);
        found.to_bits() == expected.to_bits()
            || found.is_nan() && expected.is_nan()
            || (found - expected).abs() <= tolerance * expected.abs()
    };
    match found {
        Value::Int(x) => expected.as_i64() == Some(*x),
        Value::Bool(x) => expected.as_bool() == Some(*x),
        Value::Float(x) => float(*x, expected),
        Value::Bytes(x) => bytes(expected) == *x,
        Value::Ints(x) => list(expected, |n| n.as_i64().expect("int")) == *x,
        Value::Floats(x) => {
            let expected = expected.as_array().expect("list");
            x.len() == expected.len() && x.iter().zip(expected).all(|(x, e)| float(*x, e))
        }
        Value::Vec(x) => {
            let expected = expected.as_array().expect("list");
            x.len() == expected.len() && x.iter().zip(expected).all(|(x, e)| float((*x).into(), e))
        }
    }
}

fn list<T>(json: &Json, element: impl Fn(&Json) -> T) -> Vec<T> {
    json.as_array().expect("list").iter().map(element).collect()
}

/// Bytes are a string, or a list of numbers.
pub fn bytes(json: &Json) -> Vec<u8> {
    match json {
        Json::String(text) => text.as_bytes().to_vec(),
        other => list(other, |n| u8::try_from(n.as_i64().expect("int")).expect("byte")),
    }
}

/// What an argument can be.
pub trait FromJson {
    fn from_json(json: &Json) -> Self;
}

impl FromJson for i64 {
    fn from_json(json: &Json) -> i64 {
        json.as_i64().expect("int")
    }
}

impl FromJson for bool {
    fn from_json(json: &Json) -> bool {
        json.as_bool().expect("bool")
    }
}

impl FromJson for f64 {
    fn from_json(json: &Json) -> f64 {
        match json.as_str() {
            None => json.as_f64().expect("float"),
            Some("NaN") => f64::NAN,
            Some("Infinity") => f64::INFINITY,
            Some("-Infinity") => f64::NEG_INFINITY,
            Some(other) => panic!("no float: {other}"),
        }
    }
}

impl<const N: usize> FromJson for Buf<u8, N> {
    fn from_json(json: &Json) -> Self {
        Buf::try_from(bytes(json).as_slice()).expect("capacity")
    }
}

impl<const N: usize> FromJson for Buf<f64, N> {
    fn from_json(json: &Json) -> Self {
        Buf::try_from(list(json, f64::from_json).as_slice()).expect("capacity")
    }
}

impl<const N: usize> FromJson for Vec32<N> {
    fn from_json(json: &Json) -> Self {
        Vec32::try_from(list(json, |x| f64::from_json(x) as f32).as_slice()).expect("length")
    }
}
