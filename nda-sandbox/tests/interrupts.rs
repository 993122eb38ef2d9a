//! Deadline and cancel strike in every kind of loop and inside long kernels.
#![cfg(feature = "text")]

use nda_ast::{Bytes, Codebook, Matrix};
use nda_sandbox::{CallError, CancelFlag, Engine, Limits, Mat, RunState, TrapCode, nda_ast};
use std::time::Duration;

/// Entry points that run, as good as, for ever; each with another kind of loop. The body of one costs more than 2^30.
const LOOPS: &str = r#"
    extern "host" { fn ask(x: i64) -> i64; #[work(4294967295)] fn dear(x: i64) -> i64; }
    fn more(x: i64) -> i64 { return x + 1; }
    fn spin(n: i64) -> i64 { let mut x = 0; for i in 0..n { x ^= i; } return x; }
    pub fn plain_loop() { loop { } }
    pub fn busy_loop() -> i64 { let mut x = 1; loop { x = x * 3 + 1; if x == 0 { break; } } return x; }
    pub fn while_loop() -> i64 { let mut x = 1; while x != 0 { x = x * 5 + 2; if x == 0 { x = 1; } } return x; }
    pub fn for_loop() -> i64 { let mut x = 0; for i in 0..9000000000000000000 { x ^= i; } return x; }
    pub fn bounded_for() -> i64 {
        let mut x = 0;
        #[max(4000000000)]
        for i in 0..4000000000 { x += i * i; }
        return x;
    }
    pub fn bounded_while() -> i64 {
        let mut x = 1;
        #[max(4000000000)]
        while x != 0 { x = x * 5 + 2; if x == 0 { x = 1; } }
        return x;
    }
    pub fn nested() -> i64 {
        let mut x = 0;
        'out: loop {
            for i in 0..1000 {
                let mut j = 0;
                while j < 10 { j += 1; if j == 7 { continue 'out; } }
                x += i;
            }
        }
        return x;
    }
    pub fn loop_of_calls() -> i64 { let mut x = 0; loop { x = more(x); if x < 0 { break; } } return x; }
    pub fn loop_of_loops() -> i64 { let mut x = 0; loop { x ^= spin(50); if x < 0 { break; } } return x; }
    pub fn loop_of_host_calls() -> i64 { let mut x = 0; loop { let y = ask(x); x = y; if x < 0 { break; } } return x; }
    pub fn loop_of_dear_bodies() -> i64 {
        let mut x = 0;
        for i in 0..9000000000000000000 {
            let x0 = x;
            let x1 = dear(x0);
            let x2 = dear(x1);
            let x3 = dear(x2);
            let x4 = dear(x3);
            let x5 = dear(x4);
            let x6 = dear(x5);
            let x7 = dear(x6);
            let x8 = dear(x7);
            let x9 = dear(x8);
            let x10 = dear(x9);
            let x11 = dear(x10);
            let x12 = dear(x11);
            let x13 = dear(x12);
            let x14 = dear(x13);
            let x15 = dear(x14);
            let x16 = dear(x15);
            let x17 = dear(x16);
            x = x17;
        }
        return x;
    }
    pub fn loop_of_vectors() -> f64 {
        let mut v = splat::<1000000>(1.0);
        loop { v = relu(&v) * 1.0; if sum(&v) < 0.0 { break; } }
        return v[0];
    }
    const W: Mat<2, 3> = mat(QUATERNARY, 0, "0507", "0102");
    pub fn loop_of_gemv() -> f64 {
        let x = splat::<3>(1.0);
        loop { let y = gemv(&W, &x); if y[0] > 1000.0 { break; } }
        return x[0];
    }
    pub fn loop_of_copies() -> i64 {
        let mut a = fill::<i64, 100000>(3);
        loop { let b = a.clone(); if b[0] == 4 { break; } }
        return a[0];
    }
"#;

const NAMES: [&str; 14] = [
    "plain_loop",
    "busy_loop",
    "while_loop",
    "for_loop",
    "bounded_for",
    "bounded_while",
    "nested",
    "loop_of_calls",
    "loop_of_loops",
    "loop_of_host_calls",
    "loop_of_dear_bodies",
    "loop_of_vectors",
    "loop_of_copies",
    "loop_of_gemv",
];

/// Only clock or flag can end a run.
fn endless(deadline: Option<Duration>) -> Limits {
    Limits { fuel: 1 << 62, log_bytes: u64::MAX, deadline, ..Limits::default() }
}

fn code<R: std::fmt::Debug>(result: Result<R, CallError>) -> TrapCode {
    match result.unwrap_err() {
        CallError::Trap(trap) => trap.code(),
        other => panic!("{other}"),
    }
}

fn program() -> nda_sandbox::Program {
    let engine =
        Engine::builder().import("ask", |x: i64| x).import_with_work("dear", u32::MAX, |x: i64| x).build();
    engine.loader().grant_all().load_text(LOOPS).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_deadline_strikes_in_every_kind_of_loop() {
    let p = program();
    let mut state = RunState::new();
    for deadline in [Duration::ZERO, Duration::from_millis(2)] {
        for name in NAMES {
            let f = p.func_untyped(name).unwrap().with_limits(&endless(Some(deadline)));
            let outcome = f.run_in(&mut state, &[]).unwrap();
            let trap = outcome.result.unwrap_err();
            assert_eq!((trap.code(), name), (TrapCode::Deadline, name));
            assert!(!trap.locations.is_empty(), "{name}");
        }
    }
}

#[test]
fn a_flag_strikes_in_every_kind_of_loop() {
    let p = program();
    for name in NAMES {
        let flag = CancelFlag::new();
        let f = p.func_untyped(name).unwrap().with_limits(&endless(None)).with_cancel(&flag);
        let runner = std::thread::spawn(move || f.call(&[]));
        flag.cancel();
        assert_eq!((code(runner.join().unwrap()), name), (TrapCode::Cancelled, name));
    }
}

#[test]
fn a_flag_that_is_up_strikes_at_the_first_loop_or_call() {
    let p = program();
    let flag = CancelFlag::new();
    flag.cancel();
    let engine = Engine::new();
    let source = "fn one(x: i64) -> i64 { return x; }
        pub fn calls() -> i64 { return one(1); }
        pub fn short() -> i64 { let mut x = 0; for i in 0..3 { x += i; } return x; }
        fn print_one() { print(1); }
        pub fn nothing() { print_one(); }";
    let short = engine.load_text(source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    for name in ["calls", "short"] {
        let f = short.func::<(), i64>(name).unwrap().with_cancel(&flag);
        assert_eq!((code(f.call(())), name), (TrapCode::Cancelled, name));
    }
    // A caller whose frame has no words: the callee's begins where its own does.
    let nothing = short.func::<(), ()>("nothing").unwrap().with_cancel(&flag);
    assert_eq!(code(nothing.call(())), TrapCode::Cancelled);
    for name in NAMES {
        let f = p.func_untyped(name).unwrap().with_limits(&endless(None)).with_cancel(&flag);
        assert_eq!((code(f.call(&[])), name), (TrapCode::Cancelled, name));
    }
}

/// One `gemv` of 65535 rows takes long enough that clock and flag are looked at while it runs.
#[test]
fn a_single_gemv_is_interrupted() {
    let (rows, cols) = (65_535_u16, 4096_u16);
    let plane = Bytes::from(vec![0x5a; usize::from(rows) * Matrix::row_bytes(cols)]);
    let matrix =
        Matrix { rows, cols, codebook: Codebook::Quaternary, scale: 0, sign: plane.clone(), extra: plane };
    let matrix = Mat::new(matrix).unwrap();
    let source = "fn f(w: &Mat<65535, 4096>, x: &Vec32<4096>) -> f64 { return gemv(w, x)[0]; }";
    let p = Engine::new().load_text(source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    let f = p.func::<(Mat, &[f32]), f64>("f").unwrap();
    let x = vec![1.0_f32; cols.into()];
    let late = f.clone().with_limits(&endless(Some(Duration::ZERO)));
    assert_eq!(code(late.call((&matrix, &x))), TrapCode::Deadline);
    let flag = CancelFlag::new();
    flag.cancel();
    assert_eq!(code(f.with_cancel(&flag).call((&matrix, &x))), TrapCode::Cancelled);
}
