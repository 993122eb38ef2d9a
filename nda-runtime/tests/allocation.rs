//! Nothing is allocated while a program runs: with memory and code made by a first run, a second one allocates as often
//! for a million iterations as for one.

mod common;

use common::*;
use nda_ast::{Codebook, Elem, Expr, FunctionBuilder, Op, Type};
use nda_runtime::{Run, RunLimits, RunState, Tier, Tier0, Value};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches a thread-local that needs no
// allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller's promises are those that `System` asks for.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the caller's promises are those that `System` asks for.
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(f: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    f();
    COUNT.with(Cell::get) - before
}

/// Scalars, buffers, vectors, a matrix, calls with `inout` and aggregate results, `count` times over.
fn busy() -> nda_runtime::Loaded {
    let mut b = Build::new();
    let vec = Type::Vec { n: 4 };
    let buf = Type::Buf { elem: Elem::Int, cap: 8 };
    let m = b.p.matrix_of(None, (4, 4), Codebook::Ternary, 0, &[1; 16]).unwrap();
    let mut layer = FunctionBuilder::new("layer", [vec]);
    let x = layer.param("x", vec);
    layer.return_([Expr::op(Op::ReluVec, [Expr::op(Op::Gemv, [Expr::constant(&m), x.load()])])]);
    let layer = b.add(layer);
    let mut step = FunctionBuilder::new("step", [Type::Int, vec]);
    let (h, q) = (step.inout("h", vec), step.inout("q", buf));
    step.store(h, Expr::call(&layer, [h.load()]) * Expr::float(0.25));
    step.if_(
        Expr::op(Op::Len, [q.load()]).equals(Expr::int(8)),
        |f| f.truncate(q, 0),
        |f| f.push_elem(q, Expr::op(Op::ArgMax, [h.load()])),
    );
    step.return_([Expr::op(Op::Len, [q.load()]), Expr::op(Op::Softmax, [h.load()])]);
    let step = b.add(step);
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let count = f.param("count", Type::Int);
    let h = f.let_("h", Expr::counted(Op::Splat, 4, [Expr::float(1.0)]));
    let q = f.let_("q", Expr::counted(Op::Recap, 8, [Expr::fill(Elem::Int, 1, Expr::int(0))]));
    let total = f.let_("total", 0);
    f.for_("i", count, None, |f, _| {
        let r = f.call(&step, [h.load(), q.load()], &["len", "p"]);
        let n = f.let_("n", 0);
        f.while_(n.load().less(r[0].load()), None, |f| f.store(n, n.load() + Expr::int(1)));
        f.store(total, total.load() + n.load());
    });
    f.return_([total.load()]);
    b.load(f)
}

#[test]
fn iterations_allocate_nothing() {
    let program = busy();
    let limits = RunLimits { fuel: u64::MAX, ..RunLimits::default() };
    let mut state = RunState::new();
    let mut go = |count: i64| {
        let args = [Value::Int(count)];
        let run = Run { program: &program, entry: entry(&program), args: &args, limits: &limits };
        let outcome = Tier0.run(run, &mut state).expect("arguments that fit");
        assert!(outcome.result.is_ok());
    };
    let first = allocations(|| go(1));
    let one = allocations(|| go(1));
    let many = allocations(|| go(20_000));
    assert!(first > one, "the first run makes code and memory: {first}, {one}");
    assert_eq!(one, many);
    // The list of results; lists without entries take no memory.
    assert_eq!(one, 1);
}

#[test]
fn a_state_large_enough_is_kept() {
    let program = busy();
    let limits = RunLimits::default();
    let mut state = RunState::new();
    let args = [Value::Int(3)];
    let run = Run { program: &program, entry: entry(&program), args: &args, limits: &limits };
    Tier0.run(run, &mut state).expect("arguments that fit");
    let bytes = state.bytes();
    Tier0.run(run, &mut state).expect("arguments that fit");
    assert_eq!(state.bytes(), bytes);
}
