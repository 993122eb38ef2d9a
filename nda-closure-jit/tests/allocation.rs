//! Nothing is allocated while a program runs: with memory and code made by a first run, a second one allocates as often
//! for thousands of iterations as for one.

mod common;

use nda_closure_jit::Tier1;
use nda_runtime::{Loaded, Run, RunLimits, RunState, Tier, Value};
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

/// Each entry point does the same thing `n` times over.
const PROGRAMS: &str = r#"
const M: Mat<4, 4> = mat(TERNARY, 0, "0f0d0b0f", "05090a0c");
const GAIN: Mat<1, 4> = mat(TERNARY, 0, "0f", "0e");

fn gcd(a: i64, b: i64) -> i64 {
    let mut x = a;
    let mut y = b;
    #[max(100)]
    while y != 0 {
        let rest = x % y;
        x = y;
        y = rest;
    }
    return x;
}

fn swap(b: &mut Buf<i64, 8>, i: i64, j: i64) {
    let t = b[i];
    b[i] = b[j];
    b[j] = t;
}

fn both(x: i64, y: f64) -> (f64, i64) {
    return (y * 0.5, x + 1);
}

fn layer(x: &Vec32<4>) -> Vec32<4> {
    return relu(&gemv(&M, x));
}

fn normal(x: &Vec32<4>, steps: &mut Buf<f64, 8>) -> (Vec32<4>, Buf<u8, 4>) {
    if steps.len() == 8 {
        steps.truncate(0);
    }
    steps.push(sum(x));
    let mut tag = Buf::<u8, 4>::new();
    tag.push(steps.len() as u8);
    return (norm(&GAIN, x, 1e-5), tag.clone());
}

pub fn scalars(n: i64) -> i64 {
    let mut total = 0;
    let mut x = 1.0;
    for i in 0..n {
        x = if x > 100.0 { x * 0.25 } else { x + sqrt(x) };
        if i % 3 == 0 && i > 4 || x < 2.0 {
            total += gcd(i + 12, 18);
        } else {
            total = total ^ (i << 3) - (x as i64);
        }
    }
    return total;
}

pub fn loops(n: i64) -> i64 {
    let mut total = 0;
    let mut left = n;
    'out: while left > 0 {
        left -= 1;
        #[max(9)]
        for j in 0..4 {
            if j == 2 { continue; }
            if left % 7 == 6 && j == 3 { continue 'out; }
            total += j;
        }
        loop {
            total += 1;
            break;
        }
    }
    return total;
}

pub fn calls(n: i64) -> f64 {
    let mut b = fill::<i64, 8>(3);
    let mut y = 1.0;
    for i in 0..n {
        swap(&mut b, i % 8, (i + 3) % 8);
        let (half, next) = both(i, y);
        b[i % 8] = next;
        y = half + b[0] as f64;
    }
    return y;
}

pub fn buffers(n: i64) -> Buf<i64, 8> {
    let mut b = Buf::<i64, 8>::new();
    for i in 0..n {
        if b.len() == 8 {
            b.truncate(i % 5);
        }
        b.push(i * i);
        let copy = b.clone();
        b[0] = copy[copy.len() - 1] + recap::<16>(&copy).len();
    }
    return b.clone();
}

pub fn vectors(n: i64) -> f64 {
    let mut h = splat::<4>(1.0);
    let mut steps = Buf::<f64, 8>::new();
    let mut score = 0.0;
    for i in 0..n {
        h = &layer(&h) * 0.25 + &softmax(&h) + &concat(&slice::<2>(&h, 0), &slice::<2>(&h, 2));
        let (next, tag) = normal(&h, &mut steps);
        h = abs(&min(&next, 1.0)) * &row(&M, i % 4);
        score += dot(&h, &next) + argmax(&h) as f64 + tag.len() as f64;
        h = to_vec::<4>(&to_buf(&h));
    }
    return score;
}

pub fn long(n: i64) -> i64 {
    let mut total = 0;
    for i in 0..n {
        FAR
    }
    return total;
}
"#;

/// So many names that most lie in far words.
fn far() -> String {
    let names = (0..300).map(|i| format!("let x{i} = i * {i} + total; total = x{i} ^ {i};"));
    names.collect::<Vec<_>>().join("\n")
}

fn go(program: &Loaded, entry: u32, state: &mut RunState, count: i64) {
    let limits = RunLimits { fuel: u64::MAX, ..RunLimits::default() };
    let run = Run { program, entry, args: &[Value::Int(count)], limits: &limits };
    let outcome = Tier1.run(run, state).expect("arguments that fit");
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
}

#[test]
fn iterations_allocate_nothing() {
    let program = common::load_text(&PROGRAMS.replace("FAR", &far()), &common::host());
    for name in ["scalars", "loops", "calls", "buffers", "vectors", "long"] {
        let entry = common::entry_named(&program, name);
        let mut state = RunState::new();
        let mut count = |n| allocations(|| go(&program, entry, &mut state, n));
        // Makes code and memory.
        count(2);
        let one = count(1);
        assert_eq!(count(20_000), one, "{name}");
        // The list of results, and the elements of an aggregate among them.
        let aggregate = usize::from(name == "buffers");
        assert_eq!(one, 1 + aggregate, "{name}");
    }
}

/// A run that ends early, wherever that is, allocates for its report and nothing else.
#[test]
fn only_the_report_of_a_trap_allocates() {
    let program = common::load_text(&PROGRAMS.replace("FAR", &far()), &common::host());
    let entry = common::entry_named(&program, "scalars");
    let mut state = RunState::new();
    go(&program, entry, &mut state, 3);
    let mut count = |fuel| {
        let limits = RunLimits { fuel, ..RunLimits::default() };
        let run = Run { program: &program, entry, args: &[Value::Int(i64::MAX)], limits: &limits };
        allocations(|| {
            let outcome = Tier1.run(run, &mut state).expect("arguments that fit");
            assert!(outcome.result.is_err());
        })
    };
    // The nodes of the records are found once.
    count(100_000);
    let few = count(1);
    assert!(few <= 2, "{few}");
    for fuel in [100, 10_000, 100_003, 1_000_000] {
        assert!(count(fuel) <= few + 2, "fuel {fuel}: {}", count(fuel));
    }
}

#[test]
fn a_state_large_enough_is_kept() {
    let program = common::load_text(&PROGRAMS.replace("FAR", &far()), &common::host());
    let entry = common::entry_named(&program, "vectors");
    let mut state = RunState::new();
    go(&program, entry, &mut state, 3);
    let bytes = state.bytes();
    go(&program, entry, &mut state, 3);
    assert_eq!(state.bytes(), bytes);
}
