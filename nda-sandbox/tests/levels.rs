//! Kernels of every level of this processor behind the public API: the same outcomes, and interruptions in the midst of them.
#![cfg(feature = "text")]

use nda_sandbox::nda_ast::{Codebook, Matrix};
use nda_sandbox::{CancelFlag, Engine, Level, Limits, Mat, TrapCode, Value};
use std::time::Duration;

fn engines() -> impl Iterator<Item = Engine> {
    Level::supported().map(|level| Engine::builder().level(level).unwrap().build())
}

/// A matrix whose bits repeat after a prime number of bytes.
fn matrix(rows: u16, cols: u16) -> Mat {
    let len = usize::from(rows) * usize::from(cols).div_ceil(8);
    let plane = |seed: usize| (0..len).map(|i| ((i % 251) * 37 + seed) as u8).collect::<Vec<u8>>();
    assert_eq!(cols % 8, 0);
    let (sign, extra) = (plane(1), plane(2));
    Mat::new(Matrix {
        rows,
        cols,
        codebook: Codebook::Quaternary,
        scale: -5,
        sign: sign.into(),
        extra: extra.into(),
    })
    .unwrap()
}

#[test]
fn a_matrix_may_be_an_argument_and_passed_on() {
    let source = "fn times(w: &Mat<50, 104>, x: &Vec32<104>) -> Vec32<50> { return gemv(w, x); }
                  fn twice(w: &Mat<50, 104>, x: &Vec32<104>) -> Vec32<50> { return times(w, x) + times(w, x); }";
    let mat = matrix(50, 104);
    let x = Value::Vec32((0..104).map(|i| (i as f32 - 50.5) / 7.0).collect());
    let mut all = Vec::new();
    for engine in engines() {
        let program = engine.load_text(source, &Limits::default()).unwrap();
        let f = program.func_untyped("twice").unwrap();
        for _ in 0..2 {
            all.push(f.call(&[Value::Mat(mat.clone()), x.clone()]).unwrap());
        }
    }
    let Value::Vec32(y) = &all[0][0] else { panic!("{all:?}") };
    assert!(y.iter().any(|y| *y != 0.0));
    assert!(all.iter().all(|results| results[0].same_bits(&all[0][0])));
}

#[test]
fn what_is_not_finite_traps_with_its_index() {
    let source = "fn times(w: &Mat<50, 104>, x: &Vec32<104>) -> Vec32<50> { return gemv(w, x); }";
    let mut x = vec![1.0; 104];
    (x[77], x[99]) = (f32::NAN, f32::INFINITY);
    for engine in engines() {
        let program = engine.load_text(source, &Limits::default()).unwrap();
        let f = program.func_untyped("times").unwrap();
        let error = f.call(&[Value::Mat(matrix(50, 104)), Value::Vec32(x.clone())]).unwrap_err();
        let trap = error.trap().unwrap();
        assert_eq!(trap.code(), TrapCode::NonFinite);
        assert_eq!(trap.kind, nda_sandbox::TrapKind::NonFinite { index: 77 });
    }
}

#[test]
fn flag_and_deadline_strike_within_a_long_product() {
    let source = "fn times(w: &Mat<8192, 8192>, x: &Vec32<8192>) -> f64 { return sum(&gemv(w, x)); }";
    let mat = matrix(8192, 8192);
    let args = [Value::Mat(mat), Value::Vec32(vec![1.0; 8192])];
    for engine in engines() {
        let level = engine.level();
        let limits = Limits { deadline: Some(Duration::ZERO), ..Limits::default() };
        let program = engine.load_text(source, &limits).unwrap();
        let code = |e: nda_sandbox::CallError| e.trap().unwrap().code();
        let f = program.func_untyped("times").unwrap();
        assert_eq!(f.call(&args).map(drop).map_err(code), Err(TrapCode::Deadline), "{level}");
        let flag = CancelFlag::new();
        flag.cancel();
        let program = engine.load_text(source, &Limits::default()).unwrap();
        let f = program.func_untyped("times").unwrap().with_cancel(&flag);
        assert_eq!(f.call(&args).map(drop).map_err(code), Err(TrapCode::Cancelled), "{level}");
    }
}
