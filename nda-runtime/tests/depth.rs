//! The deepest programs that the limits allow load, run, explain and drop on a thread of 2 MiB.

mod common;

use common::*;
use nda_ast::{Expr, FunctionBuilder, FunctionRef, Limits, Op, SlotRef, Type};
use nda_runtime::{Link, Run, RunLimits, RunState, Tier0, TrapKind, Value};

const LEVELS: u32 = 512;

/// Runs `f` as the only thing on a small stack.
fn on_small_stack(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(f).expect("a thread").join().expect("no panic");
}

/// Runs a program that is exactly as deep as the default limits allow.
fn run_deepest(make: impl Fn(u32) -> (Build, FunctionBuilder), depth: u32, args: &[Value], expected: i64) {
    let (b, f) = make(depth);
    let program = b.load_with(f, &Link::new(), &Limits::default());
    let levels = program.function(entry(&program)).unwrap().certificate().levels;
    assert_eq!(levels, LEVELS);
    same(&result(&program, args), &Value::Int(expected));
}

fn blocks(kind: u32) -> impl Fn(u32) -> (Build, FunctionBuilder) {
    fn nest(f: &mut FunctionBuilder, kind: u32, depth: u32, x: SlotRef) {
        if depth == 0 {
            f.store(x, x.load() + Expr::int(1));
            return;
        }
        let inner = |f: &mut FunctionBuilder| nest(f, kind, depth - 1, x);
        match (kind, depth % 4) {
            (0, _) | (4, 0) => f.scope(inner),
            (1, _) | (4, 1) => f.if_(x.load().equals(Expr::int(0)), |_| {}, inner),
            (2, _) | (4, 2) => f.for_("i", 1, None, |f, _| inner(f)),
            _ => {
                f.while_(true, Some(1), |f| {
                    inner(f);
                    f.break_(0);
                });
            }
        }
    }
    move |depth| {
        let mut f = FunctionBuilder::new("f", [Type::Int]);
        let x = f.let_("x", 5);
        nest(&mut f, kind, depth, x);
        f.return_([x.load()]);
        (Build::new(), f)
    }
}

#[test]
fn nested_blocks() {
    on_small_stack(|| {
        for kind in 0..5 {
            // The function, then the blocks, then `store`, `add`, `load`.
            run_deepest(blocks(kind), LEVELS - 4, &[], 6);
        }
    });
}

#[test]
fn nested_expressions() {
    on_small_stack(|| {
        let unary = |depth: u32| {
            let mut e = Expr::int(3);
            for _ in 0..depth {
                e = -e;
            }
            (Build::new(), returning(e))
        };
        // The function, `return`, then the operators, then `int`.
        run_deepest(unary, LEVELS - 3, &[], -3);
        let right = |depth: u32| {
            let mut e = Expr::int(0);
            for _ in 0..depth {
                e = Expr::int(1) + e;
            }
            (Build::new(), returning(e))
        };
        run_deepest(right, LEVELS - 3, &[], i64::from(LEVELS - 3));
        for arm in 0..3 {
            let select = move |depth: u32| {
                let mut e = if arm == 0 { Expr::bool(true) } else { Expr::int(7) };
                for _ in 0..depth {
                    e = match arm {
                        0 => Expr::select(e, Expr::bool(true), Expr::bool(false)),
                        1 => Expr::select(Expr::bool(true), e, Expr::int(0)),
                        _ => Expr::select(Expr::bool(false), Expr::int(0), e),
                    };
                }
                if arm == 0 {
                    e = Expr::op(Op::BoolToInt, [e]);
                }
                (Build::new(), returning(e))
            };
            run_deepest(select, LEVELS - 3 - u32::from(arm == 0), &[], if arm == 0 { 1 } else { 7 });
        }
    });
}

/// A chain of functions, each calling the next: 2 levels for each link with `CallStmt`, 3 with `Call`.
fn chain(statement: bool, depth: u32) -> (Build, FunctionBuilder) {
    let mut b = Build::new();
    let results = || if statement { vec![Type::Int, Type::Int] } else { vec![Type::Int] };
    let make = |callee: Option<&FunctionRef>| {
        let mut f = FunctionBuilder::new("f", results());
        let x = f.param("x", Type::Int);
        match callee {
            None => {
                f.if_(x.load().equals(Expr::int(-1)), |f| f.fail_(1), |_| {});
                f.return_(results().iter().map(|_| x.load()));
            }
            Some(callee) if statement => {
                let r = f.call(callee, [x.load()], &[]);
                f.return_([r[0].load() + Expr::int(1), x.load()]);
            }
            Some(callee) => f.return_([Expr::call(callee, [x.load()])]),
        }
        f
    };
    let mut f = make(None);
    for _ in 0..depth {
        let callee = b.add(f);
        f = make(Some(&callee));
    }
    (b, f)
}

#[test]
fn chains_of_calls() {
    on_small_stack(|| {
        // The last function has levels function, if, equals, load: 4.
        for (statement, per_link) in [(true, 2), (false, 3)] {
            let depth = (LEVELS - 4) / per_link;
            let (b, f) = chain(statement, depth);
            let program = b.load_with(f, &Link::new(), &Limits::default());
            let levels = program.function(entry(&program)).unwrap().certificate().levels;
            assert!(levels > LEVELS - per_link && levels <= LEVELS, "{levels}");
            let outcome = run(&program, &[Value::Int(2)]);
            same(&results(&outcome)[0], &Value::Int(2 + if statement { i64::from(depth) } else { 0 }));
            let limits = RunLimits::default();
            let args = [Value::Int(-1)];
            let run = Run { program: &program, entry: entry(&program), args: &args, limits: &limits };
            let (outcome, calls) = Tier0.explain(run, &mut RunState::new()).expect("arguments that fit");
            assert_eq!(trap(&outcome).kind, TrapKind::Failed { code: 1 });
            assert_eq!(trap(&outcome).locations.len(), depth as usize + 1);
            assert_eq!(calls.len(), depth as usize + 1);
        }
    });
}

#[test]
fn a_million_nodes_in_one_block() {
    on_small_stack(|| {
        let mut f = FunctionBuilder::new("f", [Type::Int]);
        let x = f.let_("x", 0);
        for _ in 0..(1 << 18) - 1 {
            f.store(x, x.load() + Expr::int(1));
        }
        f.return_([x.load()]);
        let program = Build::new().load(f);
        same(&result(&program, &[]), &Value::Int((1 << 18) - 1));
    });
}
