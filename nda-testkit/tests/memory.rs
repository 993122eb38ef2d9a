//! Memory of decoding and validating stays under a stated multiple of the input, whatever the input is.
//!
//! An allocator counts; this file has one test, so that no other thread allocates meanwhile.

mod raw;

use nda_ast::{Bytes, FunctionBuilder, Import, Limits, ProgramBuilder, Type, decode, load};
use nda_testkit::generate::big_program;
use raw::{entry, file, function, leb};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of memory per byte of input while decoding, and beside them a constant: `decode` states both.
const DECODE: usize = 160;
/// The same for decoding and validating.
const LOAD: usize = 256;
const CONSTANT: usize = 64 << 10;

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grown(by: usize) {
    let now = NOW.fetch_add(by, Ordering::Relaxed) + by;
    PEAK.fetch_max(now, Ordering::Relaxed);
}

#[expect(unsafe_code, reason = "an allocator that counts is unsafe to implement")]
// SAFETY: every call goes to the system's allocator unchanged; the counters touch no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // While it moves, both are there.
        grown(new_size);
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Greatest bytes in use during `f`, beside those before it.
fn peak(f: impl FnOnce()) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    f();
    PEAK.load(Ordering::Relaxed) - before
}

/// Many small functions, each an entry point, told apart by the number that they declare.
fn many_functions(n: u32, results: usize) -> Vec<u8> {
    let import = Import { name: "h".into(), params: Vec::new(), results: vec![Type::Int; results], work: 0 };
    let mut program = ProgramBuilder::new();
    let target = program.import(import).expect("an import");
    for i in 0..n {
        let mut f = FunctionBuilder::new("", []);
        f.let_("", i64::from(i));
        if results > 0 {
            f.call(&target, [], &[]);
        }
        let f = program.add(f).expect("builds");
        program.entry(&f);
    }
    program.finish().expect("an entry")
}

/// Slots for four bytes each: calls of an import with 32 results.
fn many_slots(n: u32) -> Vec<u8> {
    let import = Import { name: "h".into(), params: Vec::new(), results: vec![Type::Int; 32], work: 0 };
    let mut program = ProgramBuilder::new();
    let target = program.import(import).expect("an import");
    let mut f = FunctionBuilder::new("", []);
    for _ in 0..n {
        f.call(&target, [], &[]);
    }
    let f = program.add(f).expect("builds");
    program.entry(&f);
    program.finish().expect("an entry")
}

fn names(n: u64) -> Vec<u8> {
    // One object with many slot names of one byte each: only slots that exist have names.
    let lets = [0x10, 0, 0x01].repeat(n as usize);
    let mut slots = leb(n);
    for i in 0..n {
        slots.extend(leb(i));
        slots.extend([1, b'a']);
    }
    let payload = [&[1, 0, 0][..], &slots].concat();
    let base = file(&[function(&[0, 0, 0], &[lets.as_slice(), &[0]].concat())], &[0]);
    [base.as_slice(), &[1], &leb(payload.len() as u64), &payload].concat()
}

fn cases() -> Vec<(&'static str, Vec<u8>)> {
    let body = |open: &[u8], n: usize, close: &[u8]| {
        file(&[function(&[0, 0, 0], &[&open.repeat(n)[..], &close.repeat(n), &[0]].concat())], &[0])
    };
    let constant = |bytes: &[u8]| file(&[(1, bytes.to_vec())], &[0]);
    vec![
        ("nothing", file(&[entry()], &[0])),
        ("open scopes", body(&[0x06], 500_000, &[])),
        ("open scopes, just grown", body(&[0x06], (1 << 19) + 2, &[])),
        ("nested scopes", body(&[0x06], 400_000, &[0])),
        ("empty scopes", body(&[0x06, 0], 500_000, &[])),
        ("empty ifs", body(&[0x12, 0, 0x07, 0, 0], 200_000, &[])),
        ("open whiles", body(&[0x12, 0, 0x09, 0], 300_000, &[])),
        ("waiting operands", body(&[0x12, 0], 500_000, &[])),
        ("unary operations", body(&[0x37], 1, &[])),
        ("breaks", body(&[0x0a, 0], 500_000, &[])),
        ("lets", body(&[0x10, 0, 0x01], 60_000, &[])),
        ("returns", body(&[0x0c], 1_000_000, &[])),
        ("returns in ifs", body(&[0x12, 0, 0x07, 0x0c, 0, 0x0c, 0], 140_000, &[])),
        ("chain of negations", {
            let body = [&[0x10, 0][..], &[0x37].repeat(1_000_000), &[0x01, 0]].concat();
            file(&[function(&[0, 0, 0], &body)], &[0])
        }),
        ("many functions", many_functions(60_000, 0)),
        ("many functions with many slots", many_functions(60_000, 32)),
        ("many slots", many_slots(2000)),
        ("very many slots", many_slots(20_000)),
        ("slot names", names(60_000)),
        ("a large program", big_program(1_000_000, 1)),
        ("large programs", big_program(1_000_000, 1000)),
        ("a large count of objects", [b"NDA\0\x01", leb(60_000).as_slice()].concat()),
        ("a large count of hashes", file(&[(0, leb(u32::MAX.into()))], &[0])),
        ("a large matrix", constant(&[8, 0xff, 0xff, 3, 0xff, 0xff, 3, 0, 0])),
        ("a large buffer", constant(&[6, 0x80, 0x80, 0x40, 0x80, 0x80, 0x40])),
        ("a long object", [b"NDA\0\x01\x01\0", leb(u64::MAX).as_slice()].concat()),
    ]
}

#[test]
fn memory_is_bounded_by_the_input() {
    let mut worst = (0.0, 0.0);
    for (name, bytes) in cases() {
        let len = bytes.len();
        let bytes = Bytes::from(bytes);
        let limits = Limits::default();
        let decoding = peak(|| drop(decode(bytes.clone(), &limits)));
        let loading = peak(|| drop(load(bytes.clone(), &limits)));
        let ratio = |n: usize| n as f64 / len as f64;
        println!(
            "{name}: {len} bytes, decode {:.1}, load {:.1} bytes a byte",
            ratio(decoding),
            ratio(loading)
        );
        assert!(decoding <= DECODE * len + CONSTANT, "{name}: decode of {len} bytes takes {decoding}");
        assert!(loading <= LOAD * len + CONSTANT, "{name}: load of {len} bytes takes {loading}");
        if len > 10_000 {
            worst = (ratio(decoding).max(worst.0), ratio(loading).max(worst.1));
        }
    }
    println!("worst: decode {:.1}, load {:.1}", worst.0, worst.1);
}
