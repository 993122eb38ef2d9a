//! The programs of `examples/` with inputs of a size worth timing. Each is also compiled by rustc through the prelude:
//! the engine `rust`.

use crate::subject::Subject;
use crate::suite::from_text;
use nda_runtime::{Buf, BufData, Value};
use nda_sandbox::tensors::{TensorFile, TensorLoader};
use std::path::PathBuf;

/// The folder of the examples.
#[must_use]
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples"))
}

/// All of them.
///
/// # Errors
/// Where a file is missing or does not load.
pub fn subjects() -> Result<Vec<Subject>, String> {
    let scoring = cases("scoring.cases.json")?;
    Ok(vec![
        digits()?,
        subject("scoring", "scoring.nda", "score", scoring)?,
        subject("tokenizer", "tokenizer.nda", "tokenize", vec![vec![bytes(SOURCE.as_bytes(), 1024)?]])?,
        subject("path", "path.nda", "find", vec![path()?])?,
        subject("black_scholes", "black_scholes.nda", "grid", vec![black_scholes()])?,
        subject("life", "life.nda", "run", vec![life()?])?,
    ])
}

/// What the tokenizer takes apart: all kinds of tokens, and no error before its end.
const SOURCE: &str = "total = base * (1 + rate / 100) ^ years - fee_1 + bonus * 12.75; name = \"A longer string, with \
                      blanks\"; limit = 9007199254740993; ok = total > limit & name = \"x\"; rest = total - 0.125 * limit";

fn subject(name: &str, file: &str, entry: &str, inputs: Vec<Vec<Value>>) -> Result<Subject, String> {
    let path = folder().join(file);
    let mut files = TensorLoader::new(path.parent().unwrap_or(&path));
    from_text(name, &path, entry, inputs, &mut files)
}

/// The network of handwritten digits on its 500 test images.
///
/// # Errors
/// Where a file is missing or does not load.
pub fn digits() -> Result<Subject, String> {
    subject("digits", "digits/digits.nda", "logits", images()?)
}

fn images() -> Result<Vec<Vec<Value>>, String> {
    let path = folder().join("digits/test.safetensors");
    let file = std::fs::read(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let file = TensorFile::parse(file).map_err(|e| e.to_string())?;
    let images = file.tensor("images").and_then(|t| t.to_f32()).map_err(|e| e.to_string())?;
    Ok(images.chunks_exact(64).map(|image| vec![Value::Vec32(image.to_vec())]).collect())
}

/// The arguments of all cases of a file that end without a trap: scalars only.
fn cases(file: &str) -> Result<Vec<Vec<Value>>, String> {
    let path = folder().join(file);
    let text = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|e| format!("{file}: {e}"))?;
    let cases = json["cases"].as_array().ok_or_else(|| format!("{file}: no `cases`"))?;
    let ok = cases.iter().filter(|case| case["results"].is_array());
    ok.map(|case| case["args"].as_array().into_iter().flatten().map(scalar).collect()).collect()
}

fn scalar(json: &serde_json::Value) -> Result<Value, String> {
    let int = || json.as_i64().map(Value::Int);
    let float = || json.as_f64().map(Value::Float);
    int()
        .or_else(float)
        .or_else(|| json.as_bool().map(Value::Bool))
        .ok_or_else(|| format!("{json} is no scalar"))
}

fn bytes(data: &[u8], cap: u32) -> Result<Value, String> {
    Buf::new(BufData::U8(data.to_vec()), cap).map(Value::Buf).map_err(|e| e.to_string())
}

/// From corner to corner of a field of 32 by 32 with walls that leave a gap at alternate ends.
fn path() -> Result<Vec<Value>, String> {
    let cell = |i: usize| {
        let (x, y) = (i % 32, i / 32);
        let gap = if y % 8 == 3 { 31 } else { 0 };
        if y % 4 == 3 && x != gap {
            b'#'
        } else if (x * 7 + y * 5).is_multiple_of(11) {
            b'4'
        } else {
            b'.'
        }
    };
    let grid: Vec<u8> = (0..1024).map(cell).collect();
    Ok(vec![bytes(&grid, 1024)?, Value::Int(32), Value::Int(0), Value::Int(1023)])
}

fn black_scholes() -> Vec<Value> {
    vec![Value::Float(100.0), Value::Float(0.02), Value::Float(1.0), Value::Int(32), Value::Int(32)]
}

/// Ten generations of 64 by 64 cells, a third of them alive.
fn life() -> Result<Vec<Value>, String> {
    let cell = |i: usize| if (i * i / 7 + i / 3).is_multiple_of(3) { b'#' } else { b'.' };
    let world: Vec<u8> = (0..4096).map(cell).collect();
    Ok(vec![bytes(&world, 4096)?, Value::Int(64), Value::Int(10)])
}
