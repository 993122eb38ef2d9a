//! Batches against one call after the other: what goes through together, and what must not.
#![cfg(feature = "text")]

use nda_sandbox::nda_ast::text::{Loader, Tensor, TensorData};
use nda_sandbox::{CallError, CancelFlag, Engine, Func, Level, Limits, Program, TrapCode, Value};

/// Weights from the name of a tensor: `ROWSxCOLUMNS/SEED`, all of a codebook.
struct Generated;

impl Loader for Generated {
    fn load(&mut self, _: &str, tensor: &str) -> Result<Tensor, String> {
        let numbers: Vec<usize> = tensor.split(['x', '/']).filter_map(|n| n.parse().ok()).collect();
        let [rows, cols, seed] = numbers[..] else { return Err("ROWSxCOLUMNS/SEED".to_owned()) };
        let weight = |i: usize| [-2.0, -1.0, 1.0, 2.0][(i * i / 7 + i * (seed + 3)) % 4] / 16.0;
        Ok(Tensor { shape: vec![rows, cols], data: TensorData::F32((0..rows * cols).map(weight).collect()) })
    }
}

const SOURCE: &str = r#"
    const A: Mat<50, 30> = load("any", "50x30/1");
    const B: Mat<7, 50> = load("any", "7x50/2");
    const GAIN: Mat<1, 50> = load("any", "1x50/3");

    fn hidden(x: &Vec32<30>, bias: &Vec32<50>) -> Vec32<50> {
        let mut h = gemv(&A, x) + bias;
        h = norm(&GAIN, &h, 1e-5);
        h = relu(&h) * 0.5 - 0.125;
        return max(&h, &(-tanh(&h)));
    }
    fn all(x: &Vec32<30>, bias: &Vec32<50>) -> (Vec32<7>, f64, i64, Vec32<30>) {
        let h = hidden(x, bias);
        let y = softmax(&gemv(&B, &h));
        let n = argmax(&y);
        return (y.clone(), dot(&h, &h), n, x.clone());
    }
    fn branches(x: &Vec32<30>) -> Vec32<50> {
        let y = gemv(&A, x);
        if x[0] > 0.0 { return y.clone(); }
        return &y * 2.0;
    }
    fn prints(x: &Vec32<30>) -> Vec32<50> {
        let y = gemv(&A, x);
        print(&y);
        return y.clone();
    }
"#;

fn program(engine: &Engine, limits: &Limits) -> Program {
    let loaded = engine.loader().limits(limits).files(&mut Generated).load_text(SOURCE);
    loaded.unwrap_or_else(|e| panic!("{e}"))
}

fn func(program: &Program, name: &str) -> Func {
    program.func_untyped(name).unwrap_or_else(|e| panic!("{e}"))
}

/// Inputs of every size; some are not finite.
fn inputs(count: usize, params: usize) -> Vec<Vec<Value>> {
    let vector = |i: usize, n: usize| {
        let scale = [1.0, 1e-20, 3e9, 1e-44][i % 4];
        let mut x: Vec<f32> =
            (0..n).map(|j| ((i * 31 + j * 17) % 200) as f32 * scale - 100.0 * scale).collect();
        if i % 9 == 8 {
            x[i % n] = if i.is_multiple_of(2) { f32::NAN } else { f32::INFINITY };
        }
        Value::Vec32(x)
    };
    let args = |i| [vector(i, 30), vector(i + 1, 50)].into_iter().take(params).collect();
    (0..count).map(args).collect()
}

fn same(a: &Result<Vec<Value>, CallError>, b: &Result<Vec<Value>, CallError>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_bits(b)),
        (Err(a), Err(b)) => a == b,
        _ => false,
    }
}

#[test]
fn together_or_one_by_one_gives_the_same() {
    for level in Level::supported() {
        let engine = Engine::builder().level(level).unwrap_or_else(|e| panic!("{e}")).build();
        let program = program(&engine, &Limits::default());
        for (name, params) in [("hidden", 2), ("all", 2), ("branches", 1), ("prints", 1)] {
            let f = func(&program, name);
            for count in [0, 1, 2, 7, 63, 64, 65, 200] {
                let inputs = inputs(count, params);
                let want: Vec<_> = inputs.iter().map(|args| f.call(args)).collect();
                let traps = want.iter().filter(|result| result.is_err()).count();
                assert!(count < 9 || (traps > 0 && traps < count));
                for threads in [1, 3] {
                    let got = f.call_batch(&inputs, threads);
                    assert_eq!(got.len(), count);
                    for (i, (got, want)) in got.iter().zip(&want).enumerate() {
                        assert!(same(got, want), "{level} {name} {count} {threads} {i}: {got:?} {want:?}");
                    }
                }
                for (got, args) in f.run_batch(&inputs).into_iter().zip(&inputs) {
                    let (got, want) = (
                        got.unwrap_or_else(|e| panic!("{e}")),
                        f.run(args).unwrap_or_else(|e| panic!("{e}")),
                    );
                    assert_eq!(got.executed_nodes, want.executed_nodes, "{name}");
                    assert_eq!((got.log_bytes, got.log.len()), (want.log_bytes, want.log.len()), "{name}");
                    assert!(same(
                        &got.result.map_err(CallError::from),
                        &want.result.map_err(CallError::from)
                    ));
                }
            }
        }
    }
}

#[test]
fn typed_calls_go_together_too() {
    let program = program(&Engine::new(), &Limits::default());
    let f = program.func::<(&[f32], &[f32]), (Vec<f32>, f64, i64, Vec<f32>)>("all");
    let f = f.unwrap_or_else(|e| panic!("{e}"));
    let rows: Vec<Vec<f32>> =
        (0..100).map(|i| (0..50).map(|j| (i * j) as f32 / 100.0 - 3.0).collect()).collect();
    let args: Vec<(&[f32], &[f32])> = rows.iter().map(|row| (&row[..30], &row[..])).collect();
    let got = f.call_batch(args.iter().copied(), 2);
    for (got, args) in got.iter().zip(&args) {
        assert_eq!(*got, f.call(*args));
    }
}

#[test]
fn what_does_not_fit_is_that_inputs_error() {
    let program = program(&Engine::new(), &Limits::default());
    let f = func(&program, "hidden");
    let mut inputs = inputs(8, 2);
    inputs[3].pop();
    inputs[5][0] = Value::Vec32(vec![1.0; 29]);
    inputs[6][1] = Value::Int(1);
    for (i, result) in f.call_batch(&inputs, 1).iter().enumerate() {
        assert_eq!(matches!(result, Err(CallError::Args(_))), [3, 5, 6].contains(&i), "{i}: {result:?}");
    }
}

#[test]
fn fuel_and_flag_end_each_call() {
    let engine = Engine::new();
    let cost = {
        let program = program(&engine, &Limits::default());
        func(&program, "hidden").run(&inputs(1, 2)[0]).unwrap_or_else(|e| panic!("{e}")).executed_nodes
    };
    for (fuel, runs) in [(cost, true), (cost - 1, false)] {
        let program = program(&engine, &Limits { fuel, ..Limits::default() });
        for result in func(&program, "hidden").call_batch(inputs(8, 2), 1) {
            let code = result.err().and_then(|e| e.trap().map(nda_sandbox::Trap::code));
            assert_eq!(code, if runs { None } else { Some(TrapCode::OutOfFuel) });
        }
    }
    // A flag that is up ends only what looks at it: as much work as one of these calls does is less than that.
    let flag = CancelFlag::new();
    flag.cancel();
    let program = program(&engine, &Limits::default());
    let f = func(&program, "hidden").with_cancel(&flag);
    let (alone, batch) = (f.call(&inputs(1, 2)[0]), f.call_batch(inputs(1000, 2), 1));
    assert!(same(&batch[0], &alone));
}
