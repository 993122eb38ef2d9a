//! The JSON forms; `docs/json.md` is their schema.

use crate::input::Source;
use nda_ast::{Bound, Certificate, Diagnostic};
use nda_sandbox::{BufData, CallError, Explanation, Outcome, Program, SourcePlace, Trap, Value};
use serde_json::{Value as Json, json};

/// Version of the schema: the value of `"schema"` in every answer of `check` and `run`.
pub const SCHEMA: u32 = 1;

/// A value. Ints and bools are JSON's own; floats carry their bits, which alone are exact.
pub fn value(value: &Value) -> Json {
    match value {
        Value::Int(x) => json!(x),
        Value::Bool(x) => json!(x),
        Value::Float(x) => json!({ "float": float(*x), "bits": bits(*x) }),
        Value::Vec32(list) => json!({
            "vec": list.len(),
            "elements": list.iter().map(|x| float(f64::from(*x))).collect::<Vec<_>>(),
            "bits": list.iter().map(|x| format!("{:08x}", x.to_bits())).collect::<Vec<_>>(),
        }),
        Value::Buf(buf) => match buf.data() {
            BufData::U8(data) => {
                let hex: String = data.iter().map(|b| format!("{b:02x}")).collect();
                let mut out = json!({ "buf": "u8", "cap": buf.cap(), "len": data.len(), "hex": hex });
                if let Ok(text) = std::str::from_utf8(data) {
                    out["text"] = json!(text);
                }
                out
            }
            BufData::Int(data) => {
                json!({ "buf": "i64", "cap": buf.cap(), "len": data.len(), "elements": data })
            }
            BufData::Float(data) => json!({
                "buf": "f64",
                "cap": buf.cap(),
                "len": data.len(),
                // The objects read back to the bit; numbers alone would lose a NaN's.
                "elements": data.iter().map(|x| json!({ "float": float(*x), "bits": bits(*x) })).collect::<Vec<_>>(),
            }),
        },
        Value::Mat(mat) => json!({ "mat": [mat.matrix().rows, mat.matrix().cols] }),
    }
}

/// The number, or a string where JSON has none.
fn float(x: f64) -> Json {
    match x {
        _ if x.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        _ => json!(x),
    }
}

fn bits(x: f64) -> String {
    format!("{:016x}", x.to_bits())
}

/// A place in the source, as `span`.
fn span(place: &SourcePlace) -> Json {
    let mut out = json!({ "start": place.span.start, "end": place.span.end });
    if place.line > 0 {
        out["line"] = json!(place.line);
        out["column"] = json!(place.column);
    }
    out
}

/// An error.
pub fn diagnostic(d: &Diagnostic, source: Option<&Source>) -> Json {
    let text = source.and_then(Source::shown);
    let text = text.as_deref();
    let place = d.span.clone().map(|range| span(&SourcePlace::new(text, range)));
    let fix = |fix: &nda_ast::Fix| {
        let place = SourcePlace::new(text, fix.span.clone());
        json!({ "message": fix.message, "span": span(&place), "replacement": fix.replacement })
    };
    json!({
        "code": d.code.as_str(),
        "stage": d.stage().name(),
        "message": d.message,
        "function": d.function,
        "node": d.node,
        "span": place,
        "expected": d.expected,
        "found": d.found,
        "fixes": d.fixes.iter().map(fix).collect::<Vec<_>>(),
    })
}

/// Wrong usage as a list of one error, in the same form.
pub fn usage_errors(message: &str) -> Json {
    json!([{
        "code": "cli.usage",
        "stage": "cli",
        "message": message,
        "function": null,
        "node": null,
        "span": null,
        "expected": null,
        "found": null,
        "fixes": [],
    }])
}

/// How a run went.
pub fn outcome(program: &Program, outcome: &Outcome) -> Json {
    let (values, trapped) = match &outcome.result {
        Ok(values) => (json!(values.iter().map(value).collect::<Vec<_>>()), Json::Null),
        Err(t) => (Json::Null, trap(program, t)),
    };
    json!({
        "schema": SCHEMA,
        "values": values,
        "trap": trapped,
        "executed_nodes": outcome.executed_nodes,
        "log": outcome.log.iter().map(value).collect::<Vec<_>>(),
        "errors": [],
    })
}

/// A run that could not begin, or that the host broke off.
pub fn failed_run(errors: Json) -> Json {
    json!({
        "schema": SCHEMA,
        "values": null,
        "trap": null,
        "executed_nodes": null,
        "log": [],
        "errors": errors,
    })
}

/// The errors of a call that has no outcome.
pub fn call_errors(error: &CallError) -> Json {
    usage_errors(&error.to_string())
}

fn trap(program: &Program, trap: &Trap) -> Json {
    let valid = program.valid().program();
    let place = |at: &nda_sandbox::Location| {
        let place = valid.spans().node(at.object, at.node).map(|s| SourcePlace::new(program.source(), s));
        json!({
            "function": valid.name(at.object),
            "hash": at.function.to_string(),
            "node": at.node,
            "span": place.as_ref().map(span),
        })
    };
    // Operands are within -2^63 .. 2^64, which JSON numbers of this writer hold exactly.
    let number = |n: i128| match i64::try_from(n) {
        Ok(n) => json!(n),
        Err(_) => json!(u64::try_from(n).unwrap_or(u64::MAX)),
    };
    let operands = trap.kind.operands().into_iter().map(|(name, n)| (name.to_owned(), number(n)));
    json!({
        "code": trap.code().as_str(),
        "locations": trap.locations.iter().map(place).collect::<Vec<_>>(),
        "operands": Json::Object(operands.collect()),
    })
}

/// What led to a trap.
pub fn explanation(e: &Explanation) -> Json {
    let frame = |f: &nda_sandbox::FrameAtTrap| {
        let loops = f.loops.iter().map(|l| {
            json!({ "node": l.node, "iterations": l.iterations, "index": l.index, "span": l.place.as_ref().map(span) })
        });
        let slots =
            f.slots.iter().map(|s| json!({ "slot": s.slot, "name": s.name, "value": value(&s.value) }));
        json!({
            "function": f.function,
            "hash": f.hash.to_string(),
            "node": f.node,
            "operation": f.operation,
            "span": f.place.as_ref().map(span),
            "loops": loops.collect::<Vec<_>>(),
            "slots": slots.collect::<Vec<_>>(),
            "omitted": f.omitted,
        })
    };
    json!({ "exact": e.exact, "frames": e.frames.iter().map(frame).collect::<Vec<_>>() })
}

/// What is known of a function before it runs.
pub fn certificate(c: &Certificate) -> Json {
    let max = match c.max {
        // Above 2^64 a number would lose digits in most readers.
        Bound::AtMost(n) => u64::try_from(n).map_or_else(|_| json!(n.to_string()), |n| json!(n)),
        Bound::Unbounded => Json::Null,
    };
    json!({
        "levels": c.levels,
        "nesting": c.nesting,
        "frame_bytes": c.frame,
        "own_frame_bytes": c.own_frame,
        "max": max,
        "exact": c.exact,
        "reaches_host": c.reaches_host,
    })
}
