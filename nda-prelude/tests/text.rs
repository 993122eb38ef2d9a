//! The text form under rustc: each spot where the macro mends it, and traps with their operands.

use nda_prelude::{Buf, Trap, Value, Vec32, nda, run};

/// The host's side of the imports below.
mod host {
    use nda_prelude::Buf;

    pub fn now(after: i64) -> i64 {
        after + 1
    }

    pub fn loop_(b: &Buf<u8, 4>) -> (i64, f64) {
        if b.is_empty() {
            nda_prelude::host_error(9);
        }
        (b.len(), 0.5)
    }
}

/// A site's side.
mod site {
    pub fn twice(x: i64) -> i64 {
        2 * x
    }
}

nda! {
    use site::twice;

    extern "host" {
        #[work(7)]
        fn now(after: i64) -> i64;
        #[host("loop_")]
        fn measure(b: &Buf<u8, 4>) -> (i64, f64);
    }

    const STEP: i64 = 3;
    const TABLE: Buf<i64, 4> = buf([10, 20, -30]);
    const WORD: Buf<u8, 8> = buf(b"abc");
    const ROW: Vec32<2> = vec32([1.5, -2.0]);
    const ONE: Mat<1, 2> = mat(TERNARY, 0, "03", "03");

    fn bump(v: &mut Vec32<2>, by: &Vec32<2>) {
        v[0] += 0.1;
        *v = v + by;
        v[1] = sum(v) + sum(&(v * 2.0));
    }

    fn twice_bump(v: &mut Vec32<2>, w: &mut Vec32<2>) {
        bump(v, w);
        bump(v, &ROW);
        print(v);
    }

    pub fn vectors() -> Vec32<2> {
        let mut v = ROW.clone();
        let mut w = splat::<2>(0.1);
        twice_bump(&mut v, &mut w);
        let c: Vec32<4> = concat(&v, &ROW);
        let norms = norm(&ONE, slice::<2>(&c, 1), 1e-5);
        return -&norms * 2.0 + &v - min(&w, 0.05);
    }

    pub fn elements(n: i64) -> i64 {
        let mut b = Buf::<u8, 4>::new();
        #[max(4)]
        'outer: for i in 0..n {
            b.push((i + 300) as u8);
            while true {
                if b[i] as i64 == 46 { break 'outer; } else { break; }
            }
        }
        let mut a = TABLE.clone();
        let at = 1;
        a[at] -= STEP * a[at - 1];
        a[0] = if a[1] <= a[2] { a[1] } else { b[0] as i64 };
        b[0] = b'A';
        b[b.len() - 1] += 255 as u8;
        print(&b);
        return a[0] * 100 + b[0] as i64 + 0xffffffffff + WORD.len();
    }

    pub fn hosts(b: &Buf<u8, 4>) -> i64 {
        let t = now(3000000000);
        let (n, x) = measure(b);
        return (x * 4.0) as i64 + t + twice(n);
    }

    pub fn fails(which: i64) -> i64 {
        if which == 0 { return 1 / (which + 0); }
        if which == 1 { return TABLE[3]; }
        if which == 2 { return to_int(NAN); }
        if which == 3 { return recap::<2>(&TABLE).len(); }
        if which == 4 { assert!(which == 5); }
        if which == 5 { return slice::<2>(&ROW, 1).len(); }
        if which == 6 { return argmax(gemv(&ONE, splat::<2>(INFINITY))); }
        if which == 7 { return to_uint(-1.0); }
        if which == 8 { return to_vec::<1>(&fill::<f64, 2>(0.0)).len(); }
        fail(which);
    }
}

#[test]
fn vectors_have_the_bits_of_the_kernels() {
    // By hand: binary32 for vectors, binary64 for sums and for what is read of an element.
    fn bump(v: [f32; 2], by: [f32; 2]) -> [f32; 2] {
        let v = [(f64::from(v[0]) + 0.1) as f32 + by[0], v[1] + by[1]];
        let sum = |v: [f32; 2]| f64::from(v[0]) + f64::from(v[1]);
        [v[0], (sum(v) + sum([v[0] * 2.0, v[1] * 2.0])) as f32]
    }
    let v = bump(bump([1.5, -2.0], [0.1, 0.1]), [1.5, -2.0]);
    let m = (f64::from(v[1]).powi(2) + 1.5 * 1.5) / 2.0;
    let r = (1.0 / (m + 1e-5).sqrt()) as f32;
    let least = 0.05_f32.min(0.1);
    let expected = [-(v[1] * r) * 2.0 + v[0] - least, -(1.5 * r) * 2.0 + v[1] - least];
    let out = run(vectors);
    assert_eq!(out.result, Ok(Vec32::from(expected)));
    assert_eq!(out.log, [Value::Vec(v.to_vec())]);
}

#[test]
fn elements_are_stored_value_first() {
    let out = run(|| elements(9));
    assert_eq!(out.result, Ok(44 * 100 + 65 + 0xff_ffff_ffff + 3));
    assert_eq!(out.log, [Value::Bytes(vec![65, 45, 45])]);
}

#[test]
fn hosts_and_sites_are_modules() {
    let b = Buf::try_from(&b"ab"[..]).unwrap();
    assert_eq!(run(|| hosts(&b)).result, Ok(2 + 3_000_000_001 + 4));
    assert_eq!(run(|| hosts(&Buf::new())).result, Err(Trap::Host(9)));
}

#[test]
fn traps_carry_their_operands() {
    let expected = [
        Trap::DivideByZero,
        Trap::IndexOutOfBounds { index: 3, len: 3 },
        Trap::InvalidConversion,
        Trap::CapacityExceeded { capacity: 2 },
        Trap::Failed(0),
        Trap::IndexOutOfBounds { index: 1, len: 2 },
        Trap::NonFinite { index: 0 },
        Trap::IntegerOverflow,
        Trap::IndexOutOfBounds { index: 1, len: 2 },
        Trap::Failed(9),
    ];
    for (which, trap) in expected.into_iter().enumerate() {
        assert_eq!(run(|| fails(which as i64)).result, Err(trap), "{which}");
    }
}

#[test]
#[should_panic(expected = "CapacityExceeded: the buffer holds at most 1 elements")]
fn outside_a_run_a_trap_is_a_panic_that_says_why() {
    let mut b = Buf::<i64, 1>::new();
    b.push(1);
    b.push(2);
}
