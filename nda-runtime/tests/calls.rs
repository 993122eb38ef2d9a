//! Calls, `inout`, aggregates as values, the log and the host.

mod common;

use common::*;
use nda_ast::{Codebook, Elem, Expr, FunctionBuilder, FunctionRef, Import, Limits, Op, Param, Type};
use nda_runtime::{
    CancelFlag, HostError, Link, Loaded, Mat, Run, RunError, RunLimits, RunState, Tier, Tier0, TrapKind,
    Value,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const BUF: Type = Type::Buf { elem: Elem::Int, cap: 4 };

/// `fn append(b: &mut Buf<i64, 4>, x: i64) -> i64`: the length before.
fn append(b: &mut Build) -> FunctionRef {
    let mut f = FunctionBuilder::new("append", [Type::Int]);
    let buf = f.inout("b", BUF);
    let x = f.param("x", Type::Int);
    let len = f.let_("len", Expr::op(Op::Len, [buf.load()]));
    f.push_elem(buf, x.load());
    f.return_([len.load()]);
    b.add(f)
}

/// `fn twice(b: &mut Buf<i64, 4>, x: i64)`: passes its own reference on.
fn twice(b: &mut Build, append: &FunctionRef) -> FunctionRef {
    let mut f = FunctionBuilder::new("twice", []);
    let buf = f.inout("b", BUF);
    let x = f.param("x", Type::Int);
    let first = f.call(append, [buf.load(), x.load()], &["first"]);
    f.call(append, [buf.load(), first[0].load()], &["second"]);
    b.add(f)
}

fn appending() -> Loaded {
    let mut b = Build::new();
    let one = append(&mut b);
    let two = twice(&mut b, &one);
    let mut f = FunctionBuilder::new("f", [BUF]);
    let given = f.inout("given", BUF);
    let own = f.let_("own", given.load());
    f.call(&two, [own.load(), Expr::int(7)], &[]);
    f.call(&one, [given.load(), Expr::int(9)], &["len"]);
    f.return_([own.load()]);
    b.load(f)
}

#[test]
fn inout_changes_the_callers_slot_and_copies_are_values() {
    let outcome = run(&appending(), &[ints(&[5], 4)]);
    let returned = outcome.result.unwrap();
    same(&returned.results[0], &ints(&[5, 7, 1], 4));
    same(&returned.inout[0], &ints(&[5, 9], 4));
}

#[test]
fn a_trap_carries_the_chain_of_calls() {
    let program = appending();
    let outcome = run(&program, &[ints(&[1, 2, 3], 4)]);
    let trap = trap(&outcome);
    assert_eq!(trap.kind, TrapKind::CapacityExceeded { capacity: 4 });
    let names: Vec<_> = trap.locations.iter().map(|at| program.program().program().name(at.object)).collect();
    assert_eq!(names, [Some("f"), Some("twice"), Some("append")]);
    // f: load, let; load, int, call_stmt. twice: load, load, call_stmt; load, load, call_stmt. append: ..
    assert_eq!(nodes(trap), [5, 6, 5]);
    let hash = program.function(trap.locations[1].object).unwrap().hash();
    assert_eq!(trap.locations[1].function, hash);
}

#[test]
fn a_value_is_computed_before_its_slot_changes() {
    let mut b = Build::new();
    let ty = Type::Vec { n: 3 };
    let mut shift = FunctionBuilder::new("shift", [ty]);
    let v = shift.param("v", ty);
    let tail = Expr::counted(Op::Slice, 2, [v.load(), Expr::int(1)]);
    let head = Expr::counted(Op::Slice, 1, [v.load(), Expr::int(0)]);
    shift.return_([Expr::op(Op::Concat, [tail, head])]);
    let shift = b.add(shift);
    // Gives its argument back: the reference, not a copy, reaches the caller's destination.
    let mut same_again = FunctionBuilder::new("same", [ty]);
    let v = same_again.param("v", ty);
    same_again.return_([v.load()]);
    let same_again = b.add(same_again);
    let mut f = FunctionBuilder::new("f", [ty, ty]);
    let given = f.param("v", ty);
    let v = f.let_("v", given.load());
    f.store(v, Expr::call(&shift, [v.load()]));
    f.store(v, Expr::call(&same_again, [Expr::call(&shift, [v.load()])]));
    f.store(v, Expr::select(Expr::bool(false), given.load(), v.load()));
    f.store(v, v.load());
    let w = f.let_("w", Expr::call(&same_again, [v.load()]));
    f.store_elem(v, 9.0, 0);
    f.return_([v.load(), w.load()]);
    let outcome = run(&b.load(f), &[Value::Vec32(vec![1.0, 2.0, 3.0])]);
    same(&results(&outcome)[0], &Value::Vec32(vec![9.0, 1.0, 2.0]));
    same(&results(&outcome)[1], &Value::Vec32(vec![3.0, 1.0, 2.0]));
}

#[test]
fn several_results_of_every_kind() {
    let mut b = Build::new();
    let types = [Type::Float, BUF, Type::Bool, Type::Vec { n: 1 }];
    let mut all = FunctionBuilder::new("all", types);
    let c = b.p.buf_int(None, 4, &[1, 2, 3]).unwrap();
    let splat = Expr::counted(Op::Splat, 1, [Expr::float(0.5)]);
    all.return_([Expr::float(-0.0), Expr::constant(&c), Expr::bool(true), splat]);
    let all = b.add(all);
    let mut f = FunctionBuilder::new("f", types);
    f.for_("i", 2, None, |f, i| {
        let r = f.call(&all, [], &["a", "b", "c", "d"]);
        f.truncate(r[1], i.load());
        f.if_(
            i.load().equals(Expr::int(1)),
            |f| f.return_(r.iter().map(|slot| slot.load()).collect::<Vec<_>>()),
            |_| {},
        );
    });
    f.fail_(0);
    let outcome = run(&b.load(f), &[]);
    let expected = [Value::Float(-0.0), ints(&[1], 4), Value::Bool(true), Value::Vec32(vec![0.5])];
    assert!(nda_runtime::all_same_bits(results(&outcome), &expected), "{outcome:?}");
}

#[test]
fn a_select_is_lazy_in_both_arms_and_nests() {
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let n = f.param("n", Type::Int);
    let fails = || Expr::int(1) / Expr::int(0);
    let is = |x: i64| n.load().equals(Expr::int(x));
    // The condition and the first arm are selects themselves.
    let condition = Expr::select(is(0), Expr::bool(true), is(1));
    let first = Expr::select(is(0), Expr::int(10), Expr::select(is(1), Expr::int(11), fails()));
    let second = Expr::select(is(2), Expr::int(12), fails());
    f.return_([Expr::select(condition, first, second) + Expr::int(100)]);
    let program = Build::new().load(f);
    for (n, expected) in [(0, 110), (1, 111), (2, 112)] {
        same(&result(&program, &[Value::Int(n)]), &Value::Int(expected));
    }
    assert_eq!(trap(&run(&program, &[Value::Int(3)])).kind, TrapKind::DivideByZero);
}

#[test]
fn the_log_keeps_types_and_its_limit() {
    let mut f = FunctionBuilder::new("f", []);
    let buf = f.let_("b", Expr::fill(Elem::U8, 3, Expr::int(65)));
    f.truncate(buf, 2);
    f.print(Expr::bool(true)); // 16
    f.print(buf.load()); // 8 + 2
    let negative_nan = Expr::float(-f64::NAN);
    f.print(-Expr::counted(Op::Splat, 3, [negative_nan.clone()])); // 8 + 12
    f.print(negative_nan); // 16
    let program = Build::new().load(f);
    let full = run_with(&program, &[], &log_bytes(62));
    assert!(full.result.is_ok());
    assert_eq!(full.log_bytes, 62);
    let expected =
        [Value::Bool(true), bytes(b"AA", 3), Value::Vec32(vec![f32::NAN; 3]), Value::Float(-f64::NAN)];
    assert!(nda_runtime::all_same_bits(&full.log, &expected), "{:?}", full.log);
    let Value::Vec32(lanes) = &full.log[2] else { panic!("a vec") };
    assert!(lanes.iter().all(|x| x.to_bits() == nda_ast::CANONICAL_NAN32), "canonical in the log");
    for (limit, entries, nth) in [(61, 3, 3), (45, 2, 2), (25, 1, 1), (15, 0, 0)] {
        let short = run_with(&program, &[], &log_bytes(limit));
        assert_eq!(trap(&short).kind, TrapKind::LogLimit, "{limit}");
        assert_eq!(short.log.len(), entries, "{limit}");
        assert_eq!(nodes(trap(&short)), [node_of(&program, Op::Print, nth)], "{limit}");
    }
}

/// `host ask(x: i64, v: Vec32<2>) -> (Vec32<2>, i64)`, called twice.
fn asking(link: &Link) -> Loaded {
    let mut b = Build::new();
    let params = vec![Param::new(Type::Int), Param::new(VEC2)];
    let import = Import { name: "ask".into(), params, results: vec![VEC2, Type::Int], work: 100 };
    let ask = b.p.import(import).unwrap();
    let mut f = FunctionBuilder::new("f", [VEC2, Type::Int]);
    let x = f.param("x", Type::Int);
    let first = f.call(&ask, [x.load(), Expr::counted(Op::Splat, 2, [Expr::float(f64::NAN)])], &["v", "n"]);
    let again = f.call(&ask, [first[1].load(), first[0].load()], &["v2", "n2"]);
    f.return_([again[0].load(), again[1].load()]);
    b.load_with(f, link, &Limits::default())
}

fn answering() -> Link {
    let mut link = Link::new();
    link.grant("ask", [Type::Int, VEC2], [VEC2, Type::Int], |args: &[Value]| {
        let [Value::Int(x), Value::Vec32(v)] = args else { panic!("the granted types") };
        if *x > 10 {
            return Err(HostError { code: *x });
        }
        Ok(vec![Value::Vec32(vec![v[1], 1.5]), Value::Int(x + 1)])
    });
    link
}

#[test]
fn the_transcript_is_charged_by_groups() {
    let program = asking(&answering());
    let (args_bytes, reply_bytes) = (8 + 16 + 16, 16 + 16);
    let outcome = run(&program, &[Value::Int(1)]);
    same(&results(&outcome)[0], &Value::Vec32(vec![1.5, 1.5]));
    same(&results(&outcome)[1], &Value::Int(3));
    assert_eq!(outcome.log_bytes, 2 * (args_bytes + reply_bytes));
    assert_eq!(outcome.transcript.len(), 2);
    same(&outcome.transcript[0].args[1], &Value::Vec32(vec![f32::NAN; 2]));
    same(&outcome.transcript[1].args[0], &Value::Int(2));
    // (limit, calls in the transcript, whether the last has a reply)
    for (limit, calls, replied) in
        [(143, 2, false), (112, 2, false), (111, 1, true), (71, 1, false), (39, 0, false)]
    {
        let short = run_with(&program, &[Value::Int(1)], &log_bytes(limit));
        assert_eq!(trap(&short).kind, TrapKind::LogLimit, "{limit}");
        assert_eq!(short.transcript.len(), calls, "{limit}");
        assert_eq!(short.transcript.last().is_some_and(|call| call.reply.is_some()), replied, "{limit}");
        let nth = if limit < 72 { 0 } else { 1 };
        assert_eq!(nodes(trap(&short)), [node_of(&program, Op::CallStmt, nth)], "{limit}");
    }
}

#[test]
fn a_host_failure_traps_with_its_code() {
    let program = asking(&answering());
    let outcome = run(&program, &[Value::Int(10)]);
    assert_eq!(trap(&outcome).kind, TrapKind::Host { code: 11 });
    assert_eq!(nodes(trap(&outcome)), [node_of(&program, Op::CallStmt, 1)]);
    assert!(matches!(outcome.transcript[1].reply, Some(Err(11))));
    assert_eq!(outcome.log_bytes, 40 + 32 + 40 + 16);
}

#[test]
fn a_host_that_breaks_its_signature_is_no_outcome() {
    let mut link = Link::new();
    let wrong = |_: &[Value]| Ok(vec![Value::Int(1), Value::Int(2)]);
    link.grant("ask", [Type::Int, VEC2], [VEC2, Type::Int], wrong);
    let program = asking(&link);
    let limits = RunLimits::default();
    let run = Run { program: &program, entry: entry(&program), args: &[Value::Int(1)], limits: &limits };
    let error = Tier0.run(run, &mut RunState::new()).unwrap_err();
    let expected = vec![VEC2, Type::Int];
    assert_eq!(
        error,
        RunError::HostResults { import: "ask".into(), expected, found: vec![Type::Int, Type::Int] }
    );
}

#[test]
fn a_host_panic_leaves_a_state_that_can_be_used() {
    let panicking = Arc::new(AtomicBool::new(true));
    let flag = panicking.clone();
    let mut link = Link::new();
    link.grant("ask", [Type::Int, VEC2], [VEC2, Type::Int], move |_: &[Value]| {
        if flag.load(Ordering::Relaxed) {
            std::panic::resume_unwind(Box::new("host"));
        }
        Ok(vec![Value::Vec32(vec![0.0; 2]), Value::Int(5)])
    });
    let program = asking(&link);
    let limits = RunLimits::default();
    let mut state = RunState::new();
    let run = Run { program: &program, entry: entry(&program), args: &[Value::Int(1)], limits: &limits };
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Tier0.run(run, &mut state)));
    assert!(caught.is_err());
    panicking.store(false, Ordering::Relaxed);
    same(&results(&Tier0.run(run, &mut state).unwrap())[1], &Value::Int(5));
}

#[test]
fn arguments_must_fit() {
    let program = appending();
    let limits = RunLimits::default();
    let go = |args: &[Value], entry: u32| {
        Tier0.run(Run { program: &program, entry, args, limits: &limits }, &mut RunState::new()).unwrap_err()
    };
    let at = entry(&program);
    assert_eq!(go(&[], at), RunError::ArgCount { expected: 1, found: 0 });
    let found = Type::Buf { elem: Elem::Int, cap: 5 };
    assert_eq!(go(&[ints(&[], 5)], at), RunError::ArgType { index: 0, expected: BUF, found });
    assert_eq!(go(&[], 99), RunError::NoFunction { object: 99 });
}

#[test]
fn interruptions_strike_at_loop_heads_and_calls() {
    let cancel = CancelFlag::new();
    cancel.cancel();
    let cancelled = RunLimits { cancel: Some(cancel), ..RunLimits::default() };
    let late = RunLimits { deadline: Some(Instant::now()), ..RunLimits::default() };
    let mut f = FunctionBuilder::new("f", []);
    f.while_(true, None, |_| {});
    let forever = Build::new().load(f);
    let outcome = run_with(&forever, &[], &cancelled);
    assert_eq!(trap(&outcome).kind, TrapKind::Cancelled);
    assert!(trap(&outcome).is_interruption());
    assert_eq!((nodes(trap(&outcome)), outcome.executed_nodes), (vec![2], 2));
    assert_eq!(trap(&run_with(&forever, &[], &late)).kind, TrapKind::Deadline);
    let mut f = FunctionBuilder::new("f", []);
    f.for_("i", i64::MAX, None, |_, _| {});
    assert_eq!(trap(&run_with(&Build::new().load(f), &[], &late)).kind, TrapKind::Deadline);
    let outcome = run_with(&appending(), &[ints(&[], 4)], &late);
    assert_eq!((trap(&outcome).kind, nodes(trap(&outcome))), (TrapKind::Deadline, vec![5]));
    // Nothing of the kind on the way: the run returns.
    assert!(run_with(&Build::new().load(returning(Expr::int(1))), &[], &late).result.is_ok());
}

#[test]
fn a_flag_raised_by_the_host_strikes_at_once() {
    let cancel = CancelFlag::new();
    let raise = cancel.clone();
    let mut link = Link::new();
    link.grant("ask", [Type::Int, VEC2], [VEC2, Type::Int], move |_: &[Value]| {
        raise.cancel();
        Ok(vec![Value::Vec32(vec![0.0; 2]), Value::Int(5)])
    });
    let program = asking(&link);
    let limits = RunLimits { cancel: Some(cancel), ..RunLimits::default() };
    let outcome = run_with(&program, &[Value::Int(1)], &limits);
    assert_eq!(trap(&outcome).kind, TrapKind::Cancelled);
    assert_eq!(outcome.transcript.len(), 1);
}

#[test]
fn a_long_kernel_is_interrupted() {
    let n = 1 << 20;
    let mut f = FunctionBuilder::new("f", [Type::Float]);
    f.return_([Expr::op(Op::Sum, [Expr::counted(Op::Splat, n, [Expr::float(1.0)])])]);
    let program = Build::new().load(f);
    same(&result(&program, &[]), &Value::Float(n.into()));
    let late = RunLimits { deadline: Some(Instant::now()), ..RunLimits::default() };
    let outcome = run_with(&program, &[], &late);
    assert_eq!((trap(&outcome).kind, nodes(trap(&outcome))), (TrapKind::Deadline, vec![2]));
}

#[test]
fn explain_shows_calls_slots_and_loops() {
    let mut b = Build::new();
    let mut inner = FunctionBuilder::new("inner", [Type::Int]);
    let v = inner.param("v", VEC2);
    let x = inner.param("x", Type::Int);
    inner.scope(|f| {
        f.let_("gone", 1);
    });
    let y = inner.let_("y", x.load() + Expr::int(1));
    inner.while_(y.load().less(Expr::int(100)), None, |f| {
        let z = f.let_("z", Expr::op(Op::Len, [v.load()]));
        f.store(y, y.load() + z.load());
        f.if_(
            y.load().greater(Expr::int(10)),
            |f| f.fail_(y.load()),
            |f| {
                f.let_("other", 2);
            },
        );
    });
    inner.return_([y.load()]);
    let inner = b.add(inner);
    let mut f = FunctionBuilder::new("f", []);
    let v = f.let_("v", Expr::counted(Op::Splat, 2, [Expr::float(0.5)]));
    f.for_("i", 10, None, |f, i| {
        let r = f.let_("r", Expr::call(&inner, [v.load(), i.load()]));
        f.print(r.load());
    });
    let program = b.load(f);
    let limits = RunLimits::default();
    let run = Run { program: &program, entry: entry(&program), args: &[], limits: &limits };
    let (outcome, calls) = Tier0.explain(run, &mut RunState::new()).unwrap();
    assert_eq!(trap(&outcome).kind, TrapKind::Failed { code: 11 });
    assert_eq!(calls.len(), 2);
    let shown: Vec<String> = calls
        .iter()
        .map(|call| {
            let names = program.program().program().names();
            let slots: Vec<String> = call
                .slots
                .iter()
                .map(|(slot, value)| format!("{}={value}", names.slot(call.object, *slot).unwrap()))
                .collect();
            let loops: Vec<u64> = call.loops.iter().map(|(_, done)| *done).collect();
            format!("{} {loops:?}", slots.join(" "))
        })
        .collect();
    assert_eq!(shown, ["v=vec32([0.5, 0.5]) i=0 [0]", "v=vec32([0.5, 0.5]) x=0 y=11 z=2 [4]"]);
    let at: Vec<_> = calls.iter().map(|call| call.node).collect();
    assert_eq!(at, nodes(trap(&outcome)));
}

#[test]
fn explain_counts_the_iterations_of_the_loop_that_was_stopped() {
    for (counted, costs) in [(true, [3, 1, 1]), (false, [2, 2, 1])] {
        let mut f = FunctionBuilder::new("f", []);
        match counted {
            true => f.for_("i", 5, Some(2), |_, _| {}),
            false => f.while_(true, Some(2), |_| {}),
        }
        let program = Build::new().load(f);
        let iteration = if counted { costs[1] } else { costs[1] + costs[2] };
        // Fuel ends in the second iteration (of a `while`: before its condition, or before its body); or the bound does.
        let before_body = costs[0] + iteration + if counted { 0 } else { costs[1] };
        for (limit, done) in [(costs[0] + iteration, 1), (before_body, 1), (100, 2)] {
            let limits = fuel(limit);
            let run = Run { program: &program, entry: entry(&program), args: &[], limits: &limits };
            let (outcome, calls) = Tier0.explain(run, &mut RunState::new()).unwrap();
            assert!(outcome.result.is_err());
            assert_eq!(calls[0].loops, [(2, done)], "counted {counted}, fuel {limit}");
        }
    }
}

#[test]
fn a_nan_of_a_vec_is_canonical_wherever_the_host_sees_it() {
    let mut link = Link::new();
    let seen = Arc::new(AtomicBool::new(false));
    let see = seen.clone();
    link.grant("ask", [VEC2], [VEC2], move |args: &[Value]| {
        let [Value::Vec32(v)] = args else { panic!("the granted types") };
        see.store(v.iter().all(|x| x.to_bits() == nda_ast::CANONICAL_NAN32), Ordering::Relaxed);
        Ok(vec![Value::Vec32(vec![-f32::NAN; 2])])
    });
    let mut b = Build::new();
    let params = vec![Param::new(VEC2)];
    let ask = b.p.import(Import { name: "ask".into(), params, results: vec![VEC2], work: 0 }).unwrap();
    let mut f = FunctionBuilder::new("f", [VEC2, Type::Float]);
    let v = f.inout("v", VEC2);
    let host = f.call(&ask, [v.load()], &[]);
    f.return_([host[0].load(), Expr::op(Op::Index, [v.load(), Expr::int(0)])]);
    let program = b.load_with(f, &link, &Limits::default());
    let returned = run(&program, &[Value::Vec32(vec![-f32::NAN; 2])]).result.unwrap();
    assert!(seen.load(Ordering::Relaxed));
    same(&returned.results[1], &Value::Float(f64::from_bits(nda_ast::CANONICAL_NAN)));
    for value in [&returned.results[0], &returned.inout[0]] {
        let Value::Vec32(v) = value else { panic!("a vec") };
        assert!(v.iter().all(|x| x.to_bits() == nda_ast::CANONICAL_NAN32));
    }
}

#[test]
fn explain_shows_what_is_nearest_to_the_trap_within_its_limit() {
    let mut b = Build::new();
    let big = Type::Buf { elem: Elem::Float, cap: 1 << 20 };
    let mut inner = FunctionBuilder::new("inner", []);
    inner.inout("big", big);
    inner.param("x", Type::Int);
    inner.fail_(0);
    let inner = b.add(inner);
    let mut f = FunctionBuilder::new("f", []);
    let x = f.let_("x", 3);
    let big = f.let_("big", Expr::fill(Elem::Float, 1 << 20, Expr::float(0.0)));
    let more = f.let_("more", big.load());
    f.truncate(more, 1 << 19);
    f.call(&inner, [big.load(), x.load()], &[]);
    let program = b.load(f);
    let limits = RunLimits::default();
    let run = Run { program: &program, entry: entry(&program), args: &[], limits: &limits };
    let (_, calls) = Tier0.explain(run, &mut RunState::new()).unwrap();
    let shown: Vec<Vec<u32>> =
        calls.iter().map(|c| c.slots.iter().map(|(slot, _)| *slot).collect()).collect();
    assert_eq!(shown, [vec![0, 2], vec![0, 1]], "8 MiB twice and overheads pass 16 MiB");
    assert_eq!((calls[0].omitted, calls[1].omitted), (1, 0));
}

#[test]
fn matrices_come_from_constants_arguments_and_callers() {
    let mut b = Build::new();
    let (mat, vec) = (Type::Mat { rows: 1, cols: 2 }, VEC2);
    let mut apply = FunctionBuilder::new("apply", [Type::Vec { n: 1 }]);
    let (m, x) = (apply.param("m", mat), apply.param("x", vec));
    apply.return_([Expr::op(Op::Gemv, [m.load(), x.load()])]);
    let apply = b.add(apply);
    let c = b.p.matrix_of(None, (1, 2), Codebook::Ternary, 1, &[1, -1]).unwrap();
    let mut f = FunctionBuilder::new("f", [vec]);
    let (x, m) = (f.param("x", vec), f.param("m", mat));
    let own = Expr::call(&apply, [Expr::constant(&c), x.load()]);
    f.return_([Expr::op(Op::Concat, [own, Expr::call(&apply, [m.load(), x.load()])])]);
    let program = b.load(f);
    let planes = |sign: &'static [u8], extra: &'static [u8]| nda_ast::Matrix {
        rows: 1,
        cols: 2,
        codebook: Codebook::Quaternary,
        scale: 0,
        sign: nda_ast::Bytes::from_static(sign),
        extra: nda_ast::Bytes::from_static(extra),
    };
    // Weights 2 and -2.
    let given = Mat::new(planes(&[0b01], &[0b01])).unwrap();
    let x = Value::Vec32(vec![127.0, 7.0]);
    same(&result(&program, &[x, Value::Mat(given)]), &Value::Vec32(vec![240.0, 240.0]));
}

#[test]
fn programs_are_shared_between_threads_and_need_their_imports() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&appending());
    let mut b = Build::new();
    let import = Import { name: "ask".into(), params: vec![], results: vec![], work: 0 };
    let ask = b.p.import(import).unwrap();
    let mut f = FunctionBuilder::new("f", []);
    f.call(&ask, [], &[]);
    let f = b.add(f);
    b.p.entry(&f);
    let program = Arc::new(nda_ast::load(b.p.finish().unwrap(), &Limits::default()).unwrap());
    let error = Loaded::new(program, &Link::new()).unwrap_err();
    assert_eq!(error.to_string(), "the program imports `ask`: grant `fn ask()`");
}

#[test]
fn a_state_serves_one_program_after_another() {
    let mut state = RunState::new();
    let limits = RunLimits::default();
    let small = Build::new().load(returning(Expr::int(1)));
    let large = appending();
    for _ in 0..3 {
        let run = Run { program: &large, entry: entry(&large), args: &[ints(&[5], 4)], limits: &limits };
        same(&results(&Tier0.run(run, &mut state).unwrap())[0], &ints(&[5, 7, 1], 4));
        let run = Run { program: &small, entry: entry(&small), args: &[], limits: &limits };
        same(&results(&Tier0.run(run, &mut state).unwrap())[0], &Value::Int(1));
    }
    assert!(state.bytes() >= 64);
}
