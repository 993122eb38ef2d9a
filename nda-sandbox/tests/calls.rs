//! What a call costs besides its work, and what handles may be shared.
#![cfg(feature = "text")]

use nda_sandbox::{Engine, EngineStats, Func, Limits, Program, RunState, TypedFn, Value};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts allocations of each thread.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator; the counter is a plain thread-local without destructor.
#[expect(unsafe_code, reason = "the trait is unsafe")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of `body`.
fn allocations(mut body: impl FnMut()) -> u64 {
    let before = COUNT.get();
    body();
    COUNT.get() - before
}

fn program(source: &str) -> Program {
    Engine::new().load_text(source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"))
}

const SOURCE: &str = "
    pub fn scalar(a: i64, b: f64, c: bool) -> f64 { if c { return b; } return a as f64; }
    pub fn spin(n: i64) -> i64 { let mut x = 0; for i in 0..n { x += i; } return x; }
    pub fn ints(x: &Buf<i64, 40>) -> i64 { return x[0] + x.len(); }
    pub fn floats(x: &Buf<f64, 16>) -> f64 { return x[15]; }
    pub fn bytes(x: &Buf<u8, 100>, at: i64) -> i64 { return x[at] as i64; }
    pub fn vector(x: &Vec32<8>, gain: f64) -> Vec32<8> { return x * gain; }
    pub fn dot(x: &Vec32<8>, y: &Vec32<8>) -> f64 { return dot_of(x, y); }
    fn dot_of(x: &Vec32<8>, y: &Vec32<8>) -> f64 { return dot(x, y); }
";

/// Neither in closures nor in machine code. What is about to become machine code is put on a list, once.
#[test]
fn calls_allocate_nothing() {
    let load = |engine: &Engine| {
        // The name `dot` is the language's own: the entry point is called otherwise.
        let source = SOURCE.replace("pub fn dot(", "pub fn product(");
        engine.load_text(&source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"))
    };
    #[cfg(feature = "native")]
    for mode in [nda_sandbox::TierMode::Never, nda_sandbox::TierMode::Always] {
        let tiers = nda_sandbox::TierOptions { mode, ..nda_sandbox::TierOptions::default() };
        calls_of_allocate_nothing(&load(&Engine::builder().tiers(tiers).build()));
    }
    #[cfg(not(feature = "native"))]
    calls_of_allocate_nothing(&load(&Engine::new()));
}

fn calls_of_allocate_nothing(p: &Program) {
    let scalar = p.func::<(i64, f64, bool), f64>("scalar").unwrap();
    let spin = p.func::<i64, i64>("spin").unwrap();
    let ints = p.func::<&[i64], i64>("ints").unwrap();
    let floats = p.func::<&[f64], f64>("floats").unwrap();
    let bytes = p.func::<(&[u8], i64), i64>("bytes").unwrap();
    let vector = p.func::<([f32; 8], f64), [f32; 8]>("vector").unwrap();
    let product = p.func::<(&[f32], [f32; 8]), f64>("product").unwrap();
    let mut own = RunState::new();
    let mut all = || {
        assert_eq!(scalar.call((1, 2.5, true)).unwrap().to_bits(), 2.5_f64.to_bits());
        assert_eq!(spin.call(100_000).unwrap(), 4_999_950_000);
        assert_eq!(ints.call(&[7; 3]).unwrap(), 10);
        assert_eq!(floats.call(&[0.5; 16]).unwrap().to_bits(), 0.5_f64.to_bits());
        assert_eq!(bytes.call((b"abc", 1)).unwrap(), 98);
        assert_eq!(vector.call(([1.5; 8], 2.0)).unwrap(), [3.0; 8]);
        assert_eq!(product.call((&[1.0; 8], [2.0; 8])).unwrap().to_bits(), 16_f64.to_bits());
        assert_eq!(spin.run_in(&mut own, 3).unwrap().result, Ok(3));
        assert_eq!(spin.call_in(&mut own, 4).unwrap(), 6);
        assert_eq!(spin.run(5).unwrap().result, Ok(10));
    };
    all();
    assert_eq!(allocations(|| (0..10).for_each(|_| all())), 0);
}

#[test]
fn values_as_arguments_and_results() {
    let p = program(SOURCE.split("pub fn dot(").next().unwrap());
    let any = p.func::<(Value, Value), Value>("bytes").unwrap();
    let buf = |len| Value::Buf(nda_sandbox::Buf::new(vec![9_u8; len], 200).unwrap());
    assert_eq!(any.call((buf(3), Value::Int(2))).unwrap().to_string(), "9");
    let refused = any.call((buf(150), Value::Int(2))).unwrap_err().to_string();
    assert_eq!(refused, "argument 0: the parameter takes Buf<u8, 100>, given 150 elements");
    let refused = any.call((buf(1), Value::Bool(true))).unwrap_err().to_string();
    assert_eq!(refused, "argument 1: the parameter takes i64, given bool");
    let refused = any.call((Value::Vec32(vec![0.0]), Value::Int(0))).unwrap_err().to_string();
    assert_eq!(refused, "argument 0: the parameter takes Buf<u8, 100>, given 1 elements of f32");
}

#[test]
fn nans_of_vectors_come_back_canonical() {
    let p = program("fn same(x: &Vec32<2>) -> Vec32<2> { return x.clone(); }");
    let odd = [f32::from_bits(0xffc1_2345), 1.0];
    let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let expected = [0x7fc0_0000, 1.0_f32.to_bits()];
    assert_eq!(bits(&p.func::<[f32; 2], [f32; 2]>("same").unwrap().call(odd).unwrap()), expected);
    assert_eq!(bits(&p.func::<[f32; 2], Vec<f32>>("same").unwrap().call(odd).unwrap()), expected);
    let Value::Vec32(value) = p.func::<[f32; 2], Value>("same").unwrap().call(odd).unwrap() else { panic!() };
    assert_eq!(bits(&value), expected);
}

#[test]
fn handles_are_for_any_thread() {
    fn any_thread<T: Clone + Send + Sync + 'static>() {}
    any_thread::<Engine>();
    any_thread::<Program>();
    any_thread::<Func>();
    any_thread::<TypedFn<(&'static [u8], i64), Vec<f64>>>();
    any_thread::<EngineStats>();
}

#[test]
fn functions_are_compiled_once_per_engine() {
    let engine = Engine::new();
    let load = |entry: &str| {
        let shared = "fn shared(x: i64) -> i64 { return x * 3; }";
        let source =
            format!("{shared} pub fn {entry}(x: i64) -> i64 {{ return shared(x) + {}; }}", entry.len());
        engine.load_text(&source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"))
    };
    let programs: Vec<Program> = ["a", "bb", "ccc"].map(load).into();
    let stats = engine.stats();
    assert_eq!((stats.programs_loaded, stats.functions_compiled, stats.functions_shared), (3, 4, 2));
    assert_eq!(stats.functions_alive, 4);
    // `x * 3` returned is four nodes, and each of three callers five.
    assert!(stats.code_bytes > 0 && stats.nodes_compiled == 4 + 3 * 5, "{stats:?}");
    for (program, name) in programs.iter().zip(["a", "bb", "ccc"]) {
        assert_eq!(program.func::<i64, i64>(name).unwrap().call(5).unwrap(), 15 + name.len() as i64);
    }
    // Another engine has its own.
    assert_eq!(Engine::new().stats(), EngineStats::default());
    drop(programs);
    assert_eq!((engine.stats().functions_alive, engine.stats().code_bytes), (0, 0));
}
