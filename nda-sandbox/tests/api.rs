//! What an embedder relies on.
#![cfg(feature = "text")]

use nda_sandbox::{
    Buffer, CallError, CancelFlag, Engine, Func, FuncError, HostError, Import, Limits, LoadError, Program,
    RunState, TrapCode, TypedFn, Value,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn program(source: &str) -> Program {
    Engine::new().load_text(source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn trap_code<T: std::fmt::Debug>(result: Result<T, CallError>) -> TrapCode {
    match result {
        Err(CallError::Trap(trap)) => trap.code(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn handles_may_go_anywhere() {
    fn anywhere<T: Clone + Send + Sync + 'static>() {}
    anywhere::<Engine>();
    anywhere::<Program>();
    anywhere::<Func>();
    anywhere::<TypedFn<(i64, &[u8]), Vec<f32>>>();
    anywhere::<CancelFlag>();
}

#[test]
fn rust_types_cross_in_both_directions() {
    let source = "
        fn scalars(a: i64, b: f64, c: bool) -> (bool, f64, i64) { return (c, b, a); }
        fn bufs(a: &Buf<u8, 4>, b: &Buf<i64, 4>, c: &Buf<f64, 4>) -> (Buf<u8, 4>, Buf<i64, 4>, Buf<f64, 4>) {
            return (a.clone(), b.clone(), c.clone());
        }
        fn vecs(a: &Vec32<2>, b: &Vec32<2>) -> Vec32<2> { return a + b; }
        fn nothing() { }
        fn fill_up(b: &mut Buf<i64, 3>, v: &mut Vec32<1>) {
            while b.len() < 3 { b.push(7); }
            v[0] = 2.5;
        }";
    let p = program(source);
    let scalars = p.func::<(i64, f64, bool), (bool, f64, i64)>("scalars").unwrap();
    assert_eq!(scalars.call((-1, 0.5, true)).unwrap(), (true, 0.5, -1));
    let bufs = p.func::<(&[u8], &[i64], &[f64]), (Vec<u8>, Vec<i64>, Vec<f64>)>("bufs").unwrap();
    let text = String::from("ab");
    let got = bufs.call((text.as_bytes(), &[1, -1], &[f64::INFINITY])).unwrap();
    assert_eq!(got, (b"ab".to_vec(), vec![1, -1], vec![f64::INFINITY]));
    let vecs = p.func::<([f32; 2], &[f32]), [f32; 2]>("vecs").unwrap();
    assert_eq!(vecs.call(([1.0, 2.0], &[0.5, 0.5])).unwrap(), [1.5, 2.5]);
    p.func::<(), ()>("nothing").unwrap().call(()).unwrap();
    let fill_up = p.func::<(&[i64], &[f32]), (Vec<i64>, Vec<f32>)>("fill_up").unwrap();
    assert_eq!(fill_up.call((&[1], &[0.0])).unwrap(), (vec![1, 7, 7], vec![2.5]));
    let untyped = p.func_untyped("scalars").unwrap();
    let values = untyped.call(&[Value::Int(1), Value::Float(2.0), Value::Bool(false)]).unwrap();
    assert_eq!(values[2].to_string(), "1");
}

#[test]
fn what_does_not_fit_is_said() {
    let p = program("fn f(b: &Buf<u8, 2>, v: &Vec32<2>) -> i64 { return b.len(); }");
    let wrong = p.func::<(&[u8], i64), i64>("f").unwrap_err();
    let text = wrong.to_string();
    assert!(
        text.contains("fn f(b: &Buf<u8, 2>, v: &Vec32<2>) -> i64")
            && text.contains("(Buf<u8, _>, i64) -> i64"),
        "{text}"
    );
    assert!(p.func::<(&[u8], [f32; 3]), i64>("f").is_err());
    assert!(p.func::<(&[u8], &[f32]), f64>("f").is_err());
    assert!(p.func::<&[u8], i64>("f").is_err());
    assert!(matches!(p.func_untyped("g"), Err(FuncError::Unknown { known, .. }) if known == ["f"]));
    let f = p.func::<(&[u8], &[f32]), i64>("f").unwrap();
    let message = |result: Result<i64, CallError>| result.unwrap_err().to_string();
    assert_eq!(
        message(f.call((b"abc", &[0.0; 2]))),
        "argument 0: the parameter takes Buf<u8, 2>, given 3 elements"
    );
    assert_eq!(
        message(f.call((b"ab", &[0.0; 3]))),
        "argument 1: the parameter takes Vec32<2>, given 3 elements"
    );
    let untyped = p.func_untyped("f").unwrap();
    assert!(matches!(untyped.call(&[]), Err(CallError::Args(_))));
    assert!(matches!(untyped.call(&[Value::Int(1), Value::Int(2)]), Err(CallError::Args(_))));
}

#[test]
fn every_limit_of_a_run_holds() {
    let p =
        program("fn spin(n: i64) -> i64 { let mut x = 0; for i in 0..n { x += i; print(x); } return x; }");
    let spin = p.func::<i64, i64>("spin").unwrap();
    let with = |change: fn(&mut Limits)| {
        let mut limits = *p.limits();
        change(&mut limits);
        spin.clone().with_limits(&limits)
    };
    assert_eq!(trap_code(with(|l| l.fuel = 100).call(1000)), TrapCode::OutOfFuel);
    assert_eq!(trap_code(with(|l| l.log_bytes = 100).call(1000)), TrapCode::LogLimit);
    assert_eq!(trap_code(with(|l| l.deadline = Some(Duration::ZERO)).call(1000)), TrapCode::Deadline);
    assert_eq!(with(|l| l.deadline = Some(Duration::MAX)).call(3).unwrap(), 3);
    let flag = CancelFlag::new();
    let watched = spin.clone().with_cancel(&flag);
    assert_eq!(watched.call(3).unwrap(), 3);
    flag.cancel();
    assert_eq!(trap_code(watched.call(3)), TrapCode::Cancelled);
    let outcome = with(|l| l.fuel = 100).run(1000).unwrap();
    assert!(outcome.executed_nodes <= 100 && outcome.log.len() as u64 * 16 == outcome.log_bytes);
}

#[test]
fn cancel_from_another_thread_ends_an_endless_loop() {
    let p = program("fn forever() { loop { } }");
    let flag = CancelFlag::new();
    let limits = Limits { fuel: u64::MAX, deadline: None, ..Limits::default() };
    let forever = p.func::<(), ()>("forever").unwrap().with_limits(&limits).with_cancel(&flag);
    let runner = std::thread::spawn(move || trap_code(forever.call(())));
    flag.cancel();
    assert_eq!(runner.join().unwrap(), TrapCode::Cancelled);
}

const ASKS: &str = r#"
    extern "host" { fn ask(x: i64) -> i64; }
    fn f(x: i64) -> i64 { let y = ask(x); let z = ask(y); return 100 / z; }
"#;

#[test]
fn only_granted_functions_link() {
    let engine = Engine::builder().import("ask", |x: i64| x + 1).import("other", |x: f64| x).build();
    for loader in [engine.loader(), engine.loader().grant("other"), engine.loader().grant("nothing")] {
        let errors = loader.load_text(ASKS).unwrap_err().diagnostics();
        assert_eq!(errors[0].code.as_str(), "link.unknown-import");
        assert_eq!(errors[0].expected.as_deref(), Some("fn ask(i64) -> i64"));
    }
    assert!(engine.loader().grant_all().load_text(ASKS).is_ok());
    let program = engine.loader().grant("ask").load_text(ASKS).unwrap();
    assert_eq!(program.func::<i64, i64>("f").unwrap().call(8).unwrap(), 10);
    let wide = Engine::builder().import("ask", |x: f64| x as i64).build();
    let errors = wide.loader().grant("ask").load_text(ASKS).unwrap_err().diagnostics();
    assert_eq!(errors[0].found.as_deref(), Some("fn ask(f64) -> i64"));
    let priced = Engine::builder().import_with_work("ask", 640, |x: i64| x).build();
    let refused = priced.loader().grant("ask").load_text(ASKS).unwrap_err();
    assert_eq!(refused, LoadError::Work { import: "ask".to_owned(), expected: 640, found: 0 });
    assert_eq!(refused.diagnostics()[0].expected.as_deref(), Some("#[work(640)]"));
    let agreed = ASKS.replace("fn ask", "#[work(640)] fn ask");
    let program = priced.loader().grant("ask").load_text(&agreed).unwrap();
    let cheap = engine.loader().grant("ask").load_text(ASKS).unwrap();
    let cost = |p: &Program| p.func::<i64, i64>("f").unwrap().run(1).unwrap().executed_nodes;
    assert_eq!(cost(&program) - cost(&cheap), 20, "640 units are 10 nodes, twice");
}

#[test]
fn host_functions_have_rust_types_or_any() {
    let import = |name: &str| Import {
        name: name.to_owned(),
        params: vec![],
        results: vec![nda_sandbox::Type::Vec { n: 2 }],
        work: 0,
    };
    let engine = Engine::builder()
        .import("reverse", |b: Buffer<u8, 8>| {
            Buffer::<u8, 8>::new(b.iter().rev().copied().collect()).unwrap_or_default()
        })
        .import("both", |v: [f32; 2], b: bool| (if b { v[0] } else { v[1] }.into(), !b) as (f64, bool))
        .import("quiet", || {})
        .import("fails", || -> Result<i64, HostError> { Err(HostError { code: -3 }) })
        .import_untyped(import("pair"), |_: &[Value]| Ok(vec![Value::Vec32(vec![1.0, 2.0])]))
        .build();
    let source = r#"
        extern "host" {
            fn reverse(b: &Buf<u8, 8>) -> Buf<u8, 8>;
            fn both(v: &Vec32<2>, b: bool) -> (f64, bool);
            fn quiet();
            fn fails() -> i64;
            fn pair() -> Vec32<2>;
        }
        fn f(b: &Buf<u8, 8>) -> (Buf<u8, 8>, f64, bool) {
            let r = reverse(b);
            let v = pair();
            let (x, y) = both(&v, true);
            quiet();
            return (r.clone(), x, y);
        }
        fn g() -> i64 { let x = fails(); return x; }"#;
    let p = engine.loader().grant_all().load_text(source).unwrap_or_else(|e| panic!("{e}"));
    let f = p.func::<&[u8], (Vec<u8>, f64, bool)>("f").unwrap();
    assert_eq!(f.call(b"abc").unwrap(), (b"cba".to_vec(), 1.0, false));
    assert_eq!(f.run(b"abc").unwrap().transcript.len(), 4);
    let failed = p.func::<(), i64>("g").unwrap().call(()).unwrap_err();
    assert_eq!(failed.trap().map(|t| t.kind.to_string()).as_deref(), Some("Host { code: -3 }"));
}

#[test]
fn a_host_panic_is_contained() {
    let engine = Engine::builder()
        .import("ask", |x: i64| if x == 13 { std::panic::panic_any("unlucky") } else { x })
        .build();
    let p = engine.loader().grant("ask").load_text(ASKS).unwrap();
    let f = p.func::<i64, i64>("f").unwrap();
    let mut state = RunState::new();
    for _ in 0..3 {
        match f.run_in(&mut state, 13) {
            Err(CallError::Internal(e)) => assert_eq!(e.message, "panicked: unlucky"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(f.call(13), Err(CallError::Internal(_))));
        assert_eq!(f.run_in(&mut state, 10).unwrap().result.unwrap(), 10);
        assert_eq!(f.call(10).unwrap(), 10);
    }
}

#[test]
fn a_host_function_that_breaks_its_signature_is_the_hosts_fault() {
    let import = Import {
        name: "ask".to_owned(),
        params: vec![nda_ast::Param::new(nda_sandbox::Type::Int)],
        results: vec![nda_sandbox::Type::Int],
        work: 0,
    };
    let engine = Engine::builder().import_untyped(import, |_: &[Value]| Ok(vec![Value::Bool(true)])).build();
    let p = engine.loader().grant("ask").load_text(ASKS).unwrap();
    assert!(matches!(p.func::<i64, i64>("f").unwrap().call(1), Err(CallError::Internal(_))));
}

#[test]
fn a_host_function_may_run_a_program_itself() {
    let inner = program("fn double(x: i64) -> i64 { return 2 * x; }").func::<i64, i64>("double").unwrap();
    let engine = Engine::builder().import("ask", move |x: i64| inner.call(x).unwrap_or(0)).build();
    let p = engine.loader().grant("ask").load_text(ASKS).unwrap();
    assert_eq!(p.func::<i64, i64>("f").unwrap().call(5).unwrap(), 5);
}

#[test]
fn explaining_calls_no_host_function_again() {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = asked.clone();
    let ask = move |x: i64| {
        counter.fetch_add(1, Ordering::Relaxed);
        x - 1
    };
    let engine = Engine::builder().import("ask", ask).build();
    let p = engine.loader().grant("ask").load_text(ASKS).unwrap();
    let f = p.func_untyped("f").unwrap();
    let outcome = f.run(&[Value::Int(2)]).unwrap();
    let e = f.explain(&[Value::Int(2)], &outcome).unwrap().unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert!(e.exact);
    let slot = |name: &str| e.frames[0].slot(name).map(ToString::to_string);
    assert_eq!((slot("x"), slot("y"), slot("z")), (Some("2".into()), Some("1".into()), Some("0".into())));
    assert!(f.explain(&[Value::Int(5)], &f.run(&[Value::Int(5)]).unwrap()).unwrap().is_none());
}

#[test]
fn explanations_of_full_logs_and_interruptions() {
    let source = "fn f(n: i64) -> i64 {
        let mut done = 0;
        for i in 0..n {
            print(i);
            done = i;
        }
        return done;
    }";
    let p = program(source);
    let explain = |limits: Limits| {
        let f = p.func_untyped("f").unwrap().with_limits(&limits);
        let outcome = f.run(&[Value::Int(1000)]).unwrap();
        f.explain(&[Value::Int(1000)], &outcome).unwrap().unwrap()
    };
    let full = explain(Limits { log_bytes: 160, ..Limits::default() });
    assert_eq!((full.exact, full.frames[0].loops[0].iterations), (true, 10));
    let late = explain(Limits { deadline: Some(Duration::ZERO), ..Limits::default() });
    assert_eq!(late.trap.code(), TrapCode::Deadline);
    assert_eq!(late.frames[0].function, "f");
    let text = full.to_string();
    assert!(
        text.contains("line 4, column") && text.contains("loop: i = 10") && text.contains("done = 9"),
        "{text}"
    );
}

#[test]
fn call_paths_are_explained_frame_by_frame() {
    let source = "
        fn pick(b: &Buf<i64, 4>, at: i64) -> i64 { return b[at]; }
        pub fn f(b: &Buf<i64, 4>) -> i64 {
            let mut total = 0;
            for i in 0..4 { total += pick(b, i); }
            return total;
        }";
    let p = program(source);
    let f = p.func_untyped("f").unwrap();
    let args = [Value::Buf(nda_sandbox::Buf::new(vec![5_i64, 6], 4).unwrap())];
    let e = f.explain(&args, &f.run(&args).unwrap()).unwrap().unwrap();
    let names: Vec<&str> = e.frames.iter().map(|frame| frame.function.as_str()).collect();
    assert_eq!(names, ["f", "pick"]);
    assert_eq!(e.frames[0].slot("total").map(ToString::to_string).as_deref(), Some("11"));
    assert_eq!(e.frames[1].slot("at").map(ToString::to_string).as_deref(), Some("2"));
    assert_eq!(e.frames[0].loops[0].index.as_deref(), Some("i"));
    assert_eq!(e.frames[1].place.as_ref().map(|p| p.text.contains("return b[at]")), Some(true));
}

#[test]
fn threads_share_a_program() {
    let p = program("fn f(n: i64) -> i64 { let mut x = 0; for i in 0..n { x += i; } return x; }");
    let f = p.func::<i64, i64>("f").unwrap();
    let threads: Vec<_> = (0..4)
        .map(|t| {
            let f = f.clone();
            std::thread::spawn(move || (0..100).all(|n| f.call(n + t).unwrap() == (n + t) * (n + t - 1) / 2))
        })
        .collect();
    assert!(threads.into_iter().all(|t| t.join().unwrap()));
}

#[test]
fn bytes_and_text_come_back() {
    let p = program("fn f(x: i64) -> i64 { return x + 1; }");
    let again = Engine::new().load(p.bytes().to_vec(), &Limits::default()).unwrap();
    assert_eq!(again.to_text(), p.to_text());
    assert_eq!(again.func::<i64, i64>("f").unwrap().call(1).unwrap(), 2);
    assert!(again.source().is_none());
    let entry = p.entry("f").unwrap();
    assert_eq!((entry.signature().as_str(), entry.certificate().exact), ("fn f(x: i64) -> i64", true));
    let limits =
        Limits { program: nda_ast::Limits { max_cost: Some(1), ..Default::default() }, ..Limits::default() };
    let refused = Engine::new().load(p.bytes().to_vec(), &limits).unwrap_err();
    assert_eq!(refused.diagnostics()[0].code.as_str(), "limit.exceeded");
}

#[test]
fn a_reply_too_large_to_be_kept_is_explained() {
    let engine = Engine::builder().import("big", |_: i64| [1.5_f32; 64]).build();
    let source = r#"
        extern "host" { fn big(x: i64) -> Vec32<64>; }
        fn f(n: i64) -> f64 {
            let mut total = 0.0;
            for i in 0..n {
                let v = big(i);
                total += sum(&v);
            }
            return total;
        }"#;
    let p = engine.loader().grant("big").load_text(source).unwrap_or_else(|e| panic!("{e}"));
    // Two calls of 8 + 16 + 264 bytes fit, and the arguments of the third, but not its reply.
    let limits = Limits { log_bytes: 2 * 288 + 30, ..Limits::default() };
    let f = p.func_untyped("f").unwrap().with_limits(&limits);
    let outcome = f.run(&[Value::Int(9)]).unwrap();
    assert_eq!((outcome.transcript.len(), outcome.log_bytes), (3, 600));
    assert!(outcome.transcript[2].reply.is_none());
    let e = f.explain(&[Value::Int(9)], &outcome).unwrap().unwrap();
    assert_eq!((e.exact, e.trap.code(), e.frames[0].loops[0].iterations), (true, TrapCode::LogLimit, 2));
    assert_eq!(e.frames[0].slot("total").map(ToString::to_string).as_deref(), Some("192.0"));
}

#[test]
fn an_interruption_is_explained_where_it_struck() {
    let flag = CancelFlag::new();
    let raise = flag.clone();
    let ask = move |x: i64| {
        if x == 5 {
            raise.cancel();
        }
        x
    };
    let engine = Engine::builder().import("ask", ask).build();
    let source = r#"
        extern "host" { fn ask(x: i64) -> i64; }
        fn f() -> i64 {
            let mut total = 0;
            for i in 0..1000 {
                let x = ask(i);
                total += x;
            }
            return total;
        }"#;
    let p = engine.loader().grant("ask").load_text(source).unwrap_or_else(|e| panic!("{e}"));
    let f = p.func_untyped("f").unwrap().with_cancel(&flag);
    let outcome = f.run(&[]).unwrap();
    let e = f.explain(&[], &outcome).unwrap().unwrap();
    // The flag is looked at after the host's function returns: at the next loop head.
    assert_eq!((e.trap.code(), e.frames[0].loops[0].iterations), (TrapCode::Cancelled, 6));
    assert_eq!(e.frames[0].slot("total").map(ToString::to_string).as_deref(), Some("15"));
}
