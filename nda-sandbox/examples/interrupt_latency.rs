//! How late a deadline strikes, and how long after `cancel` a run ends, in each kind of loop and in a large `gemv`: median, 99th percentile,
//! greatest. `cargo run --release -p nda-sandbox --example interrupt_latency -- [RUNS]`

use nda_sandbox::nda_ast::{Bytes, Codebook, Matrix};
use nda_sandbox::{CallError, CancelFlag, Engine, Limits, Mat, TrapCode, Value};
use std::thread;
use std::time::{Duration, Instant};

const PROGRAM: &str = "
fn next(x: i64) -> i64 { return x * 3 + 1; }
pub fn whiles(n: i64) -> i64 { let mut x = n; while x != 0 { x = x * 2 + 1; } return x; }
pub fn counted(n: i64) -> i64 { let mut x = n; for i in 0..9000000000000000000 { x = x ^ i; } return x; }
pub fn nested(n: i64) -> i64 {
    let mut x = n;
    for i in 0..9000000000000000000 { for j in 0..3 { x = x ^ (i + j); } }
    return x;
}
pub fn calls(n: i64) -> i64 { let mut x = n; while x != 0 { x = next(x) | 1; } return x; }
pub fn buffers(n: i64) -> i64 {
    let mut b = fill::<i64, 4096>(n);
    let mut i = 0;
    while i >= 0 { b[i & 4095] = b[(i + 1) & 4095] + i; i = (i + 1) & 65535; }
    return b[0];
}
pub fn vectors(n: i64) -> f64 {
    let mut v = splat::<1048576>(n as f64);
    while n != 0 { v = softmax(&(&v + 1.0)); }
    return sum(&v);
}
pub fn matrix(w: &Mat<65535, 4096>, x: &Vec32<4096>) -> f64 { return sum(&gemv(w, x)); }
";

/// Rows and columns of the matrix, whose planes take 64 MiB together.
const SHAPE: (u16, u16) = (65535, 4096);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runs = std::env::args().nth(1).map_or(Ok(100), |arg| arg.parse::<usize>())?;
    let limits = Limits { fuel: u64::MAX, deadline: Some(Duration::from_millis(5)), ..Limits::default() };
    let program = Engine::new().load_text(PROGRAM, &limits)?;
    let plane = Bytes::from(vec![0xa5; usize::from(SHAPE.0) * usize::from(SHAPE.1) / 8]);
    let matrix = Matrix {
        rows: SHAPE.0,
        cols: SHAPE.1,
        codebook: Codebook::Quaternary,
        scale: 0,
        sign: plane.clone(),
        extra: plane,
    };
    let matrix = vec![Value::Mat(Mat::new(matrix)?), Value::Vec32(vec![0.5; SHAPE.1.into()])];
    println!("{:10} {:>34} {:>34}", "", "after a deadline of 5 ms", "after cancel");
    for name in ["whiles", "counted", "nested", "calls", "buffers", "vectors", "matrix"] {
        let args = if name == "matrix" { matrix.clone() } else { vec![Value::Int(1)] };
        let func = program.func_untyped(name)?;
        let mut late: Vec<Duration> = Vec::new();
        for _ in 0..runs {
            let start = Instant::now();
            expect(func.call(&args), TrapCode::Deadline);
            late.push(start.elapsed().saturating_sub(Duration::from_millis(5)));
        }
        let mut after = Vec::new();
        for _ in 0..runs {
            let flag = CancelFlag::new();
            let func = func.clone().with_cancel(&flag).with_limits(&Limits { deadline: None, ..limits });
            let ended = thread::scope(|scope| {
                let run = scope.spawn(|| {
                    expect(func.call(&args), TrapCode::Cancelled);
                    Instant::now()
                });
                thread::sleep(Duration::from_millis(2));
                let raised = Instant::now();
                flag.cancel();
                run.join().expect("no panic").saturating_duration_since(raised)
            });
            after.push(ended);
        }
        println!("{name:10} {:>34} {:>34}", summary(&mut late), summary(&mut after));
    }
    Ok(())
}

/// A large `gemv` may end before the flag is raised; nothing else does.
fn expect(result: Result<Vec<Value>, CallError>, code: TrapCode) {
    match result {
        Err(CallError::Trap(trap)) => assert_eq!(trap.code(), code),
        Err(other) => panic!("{other}"),
        Ok(_) => {}
    }
}

fn summary(samples: &mut [Duration]) -> String {
    samples.sort_unstable();
    let at = |part: usize| samples[(samples.len() - 1) * part / 100].as_secs_f64() * 1e3;
    format!("{:.2} ms, {:.2} ms, {:.2} ms", at(50), at(99), at(100))
}
