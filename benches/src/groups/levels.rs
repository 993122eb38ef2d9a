//! Levels: the networks at every level of kernels that the processor has: the kernels alone, through the public API, cold, and in batches.

use super::Context;
use crate::network::{BLOCK, block};
use crate::report::{Phase, Row};
use crate::rounds::{Contestant, measure};
use crate::stats::{ratio, summary};
use crate::subject::Subject;
use crate::{examples, table};
use nda_ast::{Body, Constant};
use nda_kernels::matrix::{Tiled, Tiles, activation_bytes};
use nda_kernels::{Kernels, Level};
use nda_runtime::{Value, packed};
use nda_sandbox::{Engine, Limits, TypedFn};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Inputs of a timed batch.
const BATCH: usize = 64;

type Function = TypedFn<&'static [f32], Vec<f32>>;

/// Measures and prints.
///
/// # Errors
/// Where a level gives other bits than the scalar one.
pub fn run(cx: &mut Context) -> Result<(), String> {
    println!(
        "Timed: `kernels`, quantisation and products alone; `call`, a call through a typed handle, results in a new vector; `batch`, a call\n\
         of {BATCH} inputs or as said, a share of each; `first`, the first call of a program just loaded; `cold`, from the bytes to\n\
         the first result: decode, validate, hash, copy the weights, compile, run. One input each."
    );
    for subject in [block()?, examples::digits()?] {
        if cx.wants(&subject.name) {
            levels(cx, &subject)?;
        }
    }
    Ok(())
}

/// One program at one level.
struct Loaded {
    level: Level,
    engine: Engine,
    function: Function,
}

fn load(subject: &Subject, level: Level) -> Result<Loaded, String> {
    let text = |e: &dyn std::fmt::Display| format!("{}: {e}", subject.name);
    let engine = Engine::builder().level(level).map_err(|e| text(&e))?.build();
    let function = start(&engine, subject)?;
    Ok(Loaded { level, engine, function })
}

fn start(engine: &Engine, subject: &Subject) -> Result<Function, String> {
    let program = engine.load(subject.bytes.clone(), &Limits::default()).map_err(|e| e.to_string())?;
    let name = program.entries().find(|entry| entry.object() == subject.entry).map(|e| e.name().to_owned());
    program.func(&name.ok_or("no entry point")?).map_err(|e| e.to_string())
}

fn vectors(subject: &Subject) -> Vec<&[f32]> {
    let all = subject.inputs.iter().filter_map(|args| match args.as_slice() {
        [Value::Vec32(x)] => Some(x.as_slice()),
        _ => None,
    });
    all.collect()
}

/// Measures one program.
fn levels(cx: &mut Context, subject: &Subject) -> Result<(), String> {
    let loaded = Level::supported().map(|level| load(subject, level)).collect::<Result<Vec<_>, _>>()?;
    let inputs: Vec<&[f32]> = vectors(subject).into_iter().cycle().take(BATCH).collect();
    agree(subject, &loaded, &inputs)?;
    let mut chains: Vec<(Level, Chain)> = Vec::new();
    for level in Level::supported() {
        let kernels = Kernels::of_level(level).map_err(|e| e.to_string())?;
        chains.extend(
            kernels
                .tiled
                .filter(|_| subject.name == BLOCK)
                .and_then(|tiled| Chain::new(subject, tiled))
                .map(|c| (level, c)),
        );
    }
    let mut contestants = Vec::new();
    for (level, chain) in &mut chains {
        contestants.push((*level, "kernels", Contestant::new(level.name(), || chain.run(inputs[0]))));
    }
    for one in &loaded {
        let (level, name) = (one.level, one.level.name());
        let f = &one.function;
        let mut next = (0..inputs.len()).cycle();
        let call = move || f.call(inputs_at(subject, next.next().unwrap_or(0)));
        contestants.push((level, "call", Contestant::new(name, call)));
        for (threads, repeat, what) in
            [(1, 1, "batch"), (1, 64, "batch of 4096"), (2, 64, "the same, 2 threads")]
        {
            let inputs: Vec<&[f32]> = inputs.iter().copied().cycle().take(repeat * BATCH).collect();
            let share = move |count| shares(f, &inputs, threads, count);
            contestants.push((level, what, Contestant::timing_itself(name, share)));
        }
        contestants.push((level, "first", Contestant::timing_itself(name, move |n| first(one, subject, n))));
        contestants.push((level, "cold", Contestant::new(name, move || cold(&one.engine, subject))));
    }
    let keys: Vec<(Level, &str)> = contestants.iter().map(|(level, what, _)| (*level, *what)).collect();
    let mut contestants: Vec<Contestant<'_>> = contestants.into_iter().map(|(.., c)| c).collect();
    let samples = measure(&mut contestants, cx.plan);
    drop(contestants);
    print(cx, subject, &keys, &samples);
    Ok(())
}

fn inputs_at(subject: &Subject, i: usize) -> &[f32] {
    match subject.inputs[i % subject.inputs.len()].as_slice() {
        [Value::Vec32(x)] => x,
        _ => &[],
    }
}

/// How long `count` inputs take as shares of batches.
fn shares(f: &Function, inputs: &[&[f32]], threads: usize, count: u32) -> Duration {
    let batches = count.div_ceil(inputs.len() as u32).max(1);
    let start = Instant::now();
    for _ in 0..batches {
        black_box(f.call_batch(inputs.iter().copied(), threads));
    }
    start.elapsed() * count / (batches * inputs.len() as u32)
}

/// How long the first calls of that many programs take, each loaded before.
fn first(one: &Loaded, subject: &Subject, count: u32) -> Duration {
    (0..count)
        .map(|_| {
            // Another engine: in the same one the program would be there already.
            let engine =
                Engine::builder().level(one.level).map(nda_sandbox::EngineBuilder::build).unwrap_or_default();
            let Ok(function) = start(&engine, subject) else { return Duration::MAX };
            let x = inputs_at(subject, 0);
            let start = Instant::now();
            black_box(function.call(x).is_ok());
            start.elapsed()
        })
        .sum()
}

fn cold(engine: &Engine, subject: &Subject) -> bool {
    // The program that is kept would share its code and weights: an engine that has none.
    let level = engine.level();
    let engine = Engine::builder().level(level).map(nda_sandbox::EngineBuilder::build).unwrap_or_default();
    start(&engine, subject).is_ok_and(|f| f.call(inputs_at(subject, 0)).is_ok())
}

/// Finds every level and every way to call it give the bits of the first level, one by one.
fn agree(subject: &Subject, loaded: &[Loaded], inputs: &[&[f32]]) -> Result<(), String> {
    let bits = |y: &Vec<f32>| y.iter().map(|y| y.to_bits()).collect::<Vec<u32>>();
    let Some(scalar) = loaded.first() else { return Ok(()) };
    let want =
        inputs.iter().map(|x| scalar.function.call(x).map(|y| bits(&y))).collect::<Result<Vec<_>, _>>();
    let want = want.map_err(|e| e.to_string())?;
    for one in loaded {
        for threads in [0, 1, 2] {
            let got = match threads {
                0 => inputs.iter().map(|x| one.function.call(x)).collect(),
                threads => one.function.call_batch(inputs.iter().copied(), threads),
            };
            let got = got.into_iter().map(|y| y.map(|y| bits(&y))).collect::<Result<Vec<_>, _>>();
            if got.as_ref() != Ok(&want) {
                return Err(format!("{} at level {}: other bits", subject.name, one.level));
            }
        }
    }
    Ok(())
}

fn print(cx: &mut Context, subject: &Subject, keys: &[(Level, &str)], samples: &[Vec<f64>]) {
    let head = ["program", "level", "what", "one input", "spread", "inputs a second", "time / call [95 %]"];
    let mut rows = table::table(&head, 3);
    for (i, (level, what)) in keys.iter().enumerate() {
        let call = keys.iter().position(|key| *key == (*level, "call")).unwrap_or(i);
        let (s, against) = (summary(&samples[i]), ratio(&samples[i], &samples[call]));
        rows.add_row([
            if i == 0 { subject.name.clone() } else { String::new() },
            level.name().to_owned(),
            (*what).to_owned(),
            table::time(s.median),
            table::spread(s.spread),
            table::count((1e9 / s.median) as u64),
            if i == call { "base".into() } else { table::ratio(&against) },
        ]);
        let phase = if *what == "cold" { Phase::Cold } else { Phase::Run };
        let name = format!("{level} {what}");
        let base = format!("{level} call");
        cx.rows.push(Row::new("levels", &subject.name, &name, phase, s, None).against(&base, &against));
    }
    println!("{rows}\n");
}

/// The block's products without an engine.
struct Chain {
    tiled: Tiled,
    layers: Vec<Tiles>,
    q: Vec<i8>,
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Chain {
    fn new(subject: &Subject, tiled: Tiled) -> Option<Chain> {
        let mut layers = Vec::new();
        for object in subject.program.program().objects() {
            let Body::Constant(Constant::Matrix(m)) = object.body() else { continue };
            layers.push((tiled.pack)(&packed(m).ok()?));
        }
        let widest = layers.iter().map(|w| activation_bytes(w.cols())).max()?;
        Some(Chain { tiled, layers, q: vec![0; widest], x: Vec::new(), y: Vec::new() })
    }

    fn run(&mut self, x: &[f32]) -> f32 {
        self.x.clear();
        self.x.extend_from_slice(x);
        for w in &self.layers {
            let q = &mut self.q[..activation_bytes(w.cols())];
            let Ok(quantised) = (self.tiled.quantise)(&self.x, q) else { return f32::NAN };
            self.y.resize(w.rows(), 0.0);
            (self.tiled.gemv_rows)(w, 0..w.rows(), q, quantised, &mut self.y);
            std::mem::swap(&mut self.x, &mut self.y);
        }
        self.x[0]
    }
}
