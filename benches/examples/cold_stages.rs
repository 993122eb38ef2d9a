//! Where the time of a cold program goes: 1000 different programs of 20 nodes in rotation, each through the first stages only.
//! The difference of two lines is what a stage costs. For a profiler, name one stage and a number of rounds:
//! `cargo run --release -p nda-benches --example cold_stages -- [STAGE [ROUNDS]]`

use nda_ast::{Bytes, Limits, load};
use nda_closure_jit::{Tier1, compile_program};
use nda_runtime::{Link, Loaded, Run, RunLimits, RunState, Tier, Value};
use nda_sandbox::Engine;
use nda_testkit::generate::small_programs;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

type Stage = (&'static str, Box<dyn FnMut(&Bytes)>);

fn main() {
    let (mut args, programs) = (std::env::args().skip(1), small_programs(1000));
    let (only, rounds) = (args.next(), args.next().and_then(|n| n.parse().ok()).unwrap_or(200_u32));
    let programs: Vec<Bytes> = programs.into_iter().map(Bytes::from).collect();
    for (name, mut run) in stages() {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let mut samples: Vec<f64> = (0..rounds)
            .map(|_| {
                let start = Instant::now();
                programs.iter().for_each(&mut run);
                start.elapsed().as_nanos() as f64 / programs.len() as f64
            })
            .collect();
        samples.sort_by(f64::total_cmp);
        println!("{name:<8} {:7.1} ns a program (least {:.1})", samples[samples.len() / 2], samples[0]);
    }
}

/// Each does all that those before it do.
fn stages() -> Vec<Stage> {
    let valid = |bytes: &Bytes| load(bytes.clone(), &Limits::default()).expect("valid");
    let bound = move |bytes: &Bytes| Loaded::new(Arc::new(valid(bytes)), &Link::new()).expect("no imports");
    let (limits, mut state) = (RunLimits::default(), RunState::new());
    let run = move |bytes: &Bytes| {
        let program = bound(bytes);
        let entry = program.program().program().entries()[0];
        let run = Run { program: &program, entry, args: &[Value::Int(7)], limits: &limits };
        black_box(Tier1.run(run, &mut state).is_ok());
    };
    let engine = Engine::new();
    let sandbox = move |bytes: &Bytes| {
        let program = engine.load(bytes.clone(), &nda_sandbox::Limits::default()).expect("valid");
        let function = program.func_untyped("").expect("its entry point has no name");
        black_box(function.run(&[Value::Int(7)]).is_ok());
    };
    vec![
        ("load", Box::new(move |bytes| _ = black_box(valid(bytes)))),
        ("bind", Box::new(move |bytes| _ = black_box(bound(bytes)))),
        ("compile", Box::new(move |bytes| _ = black_box(compile_program(&bound(bytes))))),
        ("run", Box::new(run)),
        ("sandbox", Box::new(sandbox)),
    ]
}
