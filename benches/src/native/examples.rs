//! The files of `examples/`, compiled by rustc through the prelude.

use nda_prelude::{Buf, Run, Vec32, run};
use nda_runtime::{BufData, Value};
use std::hint::black_box;
use std::rc::Rc;

mod digits {
    nda_prelude::nda_file!("../../../examples/digits/digits.nda");
}
mod scoring {
    nda_prelude::nda_file!("../../../examples/scoring.nda");
}
mod tokenizer {
    nda_prelude::nda_file!("../../../examples/tokenizer.nda");
}
mod path {
    nda_prelude::nda_file!("../../../examples/path.nda");
}
mod black_scholes {
    nda_prelude::nda_file!("../../../examples/black_scholes.nda");
}
mod life {
    nda_prelude::nda_file!("../../../examples/life.nda");
}

/// One input, ready to be called: once for its answer, and often for its time.
pub struct Call {
    pub answer: Box<dyn Fn() -> Run<Vec<Value>>>,
    pub time: Box<dyn Fn()>,
}

impl Call {
    fn new<R: 'static>(
        call: impl Fn() -> R + 'static,
        values: fn(R) -> Vec<nda_prelude::Value>,
    ) -> Option<Call> {
        let call = Rc::new(call);
        let again = call.clone();
        let answer = move || run(|| values(call()).iter().map(value).collect());
        Some(Call { answer: Box::new(answer), time: Box::new(move || drop(black_box(again()))) })
    }
}

pub type Prepare = fn(&[Value]) -> Option<Call>;

pub fn program(name: &str) -> Option<Prepare> {
    let all: [(&str, Prepare); 6] = [
        ("digits", digits_call),
        ("scoring", scoring_call),
        ("tokenizer", tokenizer_call),
        ("path", path_call),
        ("black_scholes", black_scholes_call),
        ("life", life_call),
    ];
    all.iter().find(|(known, _)| *known == name).map(|(_, prepare)| *prepare)
}

fn digits_call(args: &[Value]) -> Option<Call> {
    let [Value::Vec32(x)] = args else { return None };
    let x = Vec32::<64>::try_from(x.as_slice()).ok()?;
    Call::new(move || digits::logits(black_box(&x)), |y| vec![y.into()])
}

fn tokenizer_call(args: &[Value]) -> Option<Call> {
    let [text] = args else { return None };
    let text: Buf<u8, 1024> = buf(text)?;
    Call::new(
        move || tokenizer::tokenize(black_box(&text)),
        |(kinds, starts, code, at)| vec![kinds.into(), starts.into(), code.into(), at.into()],
    )
}

fn path_call(args: &[Value]) -> Option<Call> {
    let [grid, width, from, to] = args else { return None };
    let (grid, width, from, to): (Buf<u8, 1024>, _, _, _) = (buf(grid)?, int(width)?, int(from)?, int(to)?);
    Call::new(
        move || path::find(black_box(&grid), black_box(width), from, to),
        |(cost, way)| vec![cost.into(), way.into()],
    )
}

fn black_scholes_call(args: &[Value]) -> Option<Call> {
    let [strike, rate, years, spots, vols] = args else { return None };
    let (strike, rate, years) = (float(strike)?, float(rate)?, float(years)?);
    let (spots, vols) = (int(spots)?, int(vols)?);
    Call::new(
        move || black_scholes::grid(black_box(strike), rate, years, black_box(spots), vols),
        |prices| vec![prices.into()],
    )
}

fn life_call(args: &[Value]) -> Option<Call> {
    let [world, width, generations] = args else { return None };
    let (world, width, generations): (Buf<u8, 4096>, _, _) = (buf(world)?, int(width)?, int(generations)?);
    Call::new(
        move || {
            let mut world = world.clone();
            let alive = life::run(&mut world, black_box(width), generations);
            (alive, world)
        },
        |(alive, world)| vec![alive.into(), world.into()],
    )
}

fn scoring_call(args: &[Value]) -> Option<Call> {
    // Fifty parameters: their kinds are those of the arguments, looked at once here.
    let fits =
        args.len() == 50 && args.iter().all(|v| int(v).is_some() || float(v).is_some() || truth(v).is_some());
    let mut ints = [0_i64; 50];
    let mut floats = [0.0_f64; 50];
    let mut truths = [false; 50];
    for (i, value) in args.iter().enumerate().take(50) {
        ints[i] = int(value).unwrap_or_default();
        floats[i] = float(value).unwrap_or_default();
        truths[i] = truth(value).unwrap_or_default();
    }
    let call = move || {
        let (n, x, b) = black_box((&ints, &floats, &truths));
        scoring::score(
            n[0], n[1], n[2], n[3], x[4], x[5], x[6], x[7], x[8], n[9], n[10], n[11], n[12], x[13], x[14],
            n[15], n[16], n[17], n[18], n[19], n[20], n[21], n[22], n[23], n[24], n[25], n[26], n[27], n[28],
            n[29], n[30], n[31], b[32], n[33], n[34], n[35], x[36], n[37], x[38], x[39], x[40], x[41], b[42],
            b[43], b[44], b[45], b[46], b[47], b[48], b[49],
        )
    };
    if !fits {
        return None;
    }
    Call::new(call, |(points, decision, reasons)| vec![points.into(), decision.into(), reasons.into()])
}

fn int(value: &Value) -> Option<i64> {
    if let Value::Int(x) = value { Some(*x) } else { None }
}

fn float(value: &Value) -> Option<f64> {
    if let Value::Float(x) = value { Some(*x) } else { None }
}

fn truth(value: &Value) -> Option<bool> {
    if let Value::Bool(x) = value { Some(*x) } else { None }
}

fn buf<const N: usize>(value: &Value) -> Option<Buf<u8, N>> {
    let Value::Buf(b) = value else { return None };
    Buf::try_from(b.as_bytes()?).ok()
}

/// What the prelude gives, as the runtime has it. Capacities are not known any more; comparing looks at the elements.
pub fn value(value: &nda_prelude::Value) -> Value {
    use nda_prelude::Value as Native;
    let data = match value {
        Native::Int(x) => return Value::Int(*x),
        Native::Float(x) => return Value::Float(*x),
        Native::Bool(x) => return Value::Bool(*x),
        Native::Vec(x) => return Value::Vec32(x.clone()),
        Native::Bytes(x) => BufData::U8(x.clone()),
        Native::Ints(x) => BufData::Int(x.clone()),
        Native::Floats(x) => BufData::Float(x.clone()),
    };
    let cap = data.len().max(1) as u32;
    nda_runtime::Buf::new(data, cap).map_or(Value::Bool(false), Value::Buf)
}
