//! Nanoseconds per executed node of the reference interpreter, on three loops:
//! `cargo run --release -p nda-runtime --example tier0_speed`.

use nda_ast::{Elem, Expr, FunctionBuilder, Limits, Op, ProgramBuilder, Type, load};
use nda_runtime::{Link, Loaded, Run, RunLimits, RunState, Tier, Tier0, Value};
use std::sync::Arc;
use std::time::Instant;

fn int(x: i64) -> Expr {
    Expr::int(x)
}

fn function(body: impl FnOnce(&mut FunctionBuilder, Expr)) -> FunctionBuilder {
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let count = f.param("count", Type::Int);
    body(&mut f, count.load());
    f
}

fn xorshift() -> FunctionBuilder {
    function(|f, count| {
        let x = f.let_("x", 88_172_645_463_325_252);
        f.for_("i", count, None, |f, _| {
            f.store(x, x.load() ^ (x.load() << int(13)));
            f.store(x, x.load() ^ Expr::op(Op::ShrU, [x.load(), int(7)]));
            f.store(x, x.load() ^ (x.load() << int(17)));
        });
        f.return_([x.load()]);
    })
}

fn newton() -> FunctionBuilder {
    function(|f, count| {
        let x = f.let_("x", 1.0);
        f.for_("i", count, None, |f, _| {
            f.store(x, (x.load() + Expr::float(2.0) / x.load()) * Expr::float(0.5));
        });
        f.return_([Expr::op(Op::FloatBits, [x.load()])]);
    })
}

fn sieve() -> FunctionBuilder {
    function(|f, count| {
        let n = 4096;
        let marks = f.let_("marks", Expr::fill(Elem::U8, n, int(1)));
        let primes = f.let_("primes", 0);
        f.for_("round", count, None, |f, _| {
            f.for_("i", i64::from(n), None, |f, i| f.store_elem(marks, 1, i));
            let p = f.let_("p", 2);
            f.while_(p.load().less(int(64)), None, |f| {
                let q = f.let_("q", p.load() * p.load());
                f.while_(q.load().less(int(n.into())), None, |f| {
                    f.store_elem(marks, 0, q);
                    f.store(q, q.load() + p.load());
                });
                f.store(p, p.load() + int(1));
            });
            f.store(primes, primes.load() + Expr::op(Op::Index, [marks.load(), int(4093)]));
        });
        f.return_([primes.load()]);
    })
}

fn loaded(f: FunctionBuilder) -> Result<Loaded, Box<dyn std::error::Error>> {
    let mut p = ProgramBuilder::new();
    let f = p.add(f)?;
    p.entry(&f);
    Ok(Loaded::new(Arc::new(load(p.finish()?, &Limits::default())?), &Link::new())?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let limits = RunLimits { fuel: u64::MAX, ..RunLimits::default() };
    let mut state = RunState::new();
    for (name, f, count) in
        [("xorshift", xorshift(), 500_000), ("newton", newton(), 500_000), ("sieve", sieve(), 100)]
    {
        let program = loaded(f)?;
        let entry = program.program().program().entries()[0];
        let mut best = f64::INFINITY;
        for _ in 0..7 {
            let args = [Value::Int(count)];
            let run = Run { program: &program, entry, args: &args, limits: &limits };
            let start = Instant::now();
            let outcome = Tier0.run(run, &mut state)?;
            let nanos = start.elapsed().as_nanos() as f64;
            best = best.min(nanos / outcome.executed_nodes as f64);
            outcome.result?;
        }
        println!("{name:10} {best:5.2} ns a node");
    }
    let program = loaded(xorshift())?;
    let entry = program.program().program().entries()[0];
    let run = Run { program: &program, entry, args: &[Value::Int(0)], limits: &limits };
    let start = Instant::now();
    for _ in 0..100_000 {
        Tier0.run(run, &mut state)?.result?;
    }
    println!("{:10} {:5} ns a run", "entry", start.elapsed().as_nanos() / 100_000);
    Ok(())
}
