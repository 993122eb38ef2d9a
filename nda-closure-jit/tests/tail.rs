//! With optimisation, records in a row take no machine stack: each ends by a jump to the next. The compiler does not promise that,
//! so it is measured: a host function sees the same address of its own frame wherever a function calls it between
//! statements of all kinds.
#![cfg(not(debug_assertions))]

mod common;

use nda_ast::Type;
use nda_closure_jit::Tier1;
use nda_runtime::{Link, Value};
use std::sync::{Arc, Mutex};

/// What stands between calls of the host, all at one level of nesting; every variable is there.
const STATEMENTS: &str = "
    i = i + 1;
    i = (i * 3 - j) ^ (i << 2) & 0xffff;
    j = i / 7 + i % 5 + min(i, j) - abs(j);
    i = j;
    t = i; i = j; j = t;
    x = x * 0.5 + sqrt(x);
    x = (i as f64 + x) / (x - 100000.0);
    y = copysign(exp(-abs(x)), y) - floor(x);
    i = (x * 2.0) as i64 + nearest(y) as i64 + (x < y) as i64;
    if i > j { i = i - 1; }
    if i > j { i = i - 1; } else { j = j - 1; }
    if i % 3 == 0 && j < 9 || x > y { i = i + 1; }
    i = if j == 0 { 5 } else { i / j };
    c = i < j && x < y;
    if !c { j += 1; }
    i = add(i, j) + add(j, 2);
    x = half(half(x));
    b[j & 3] = i;
    b[1] = b[0] + b[j & 3] * b.len();
    b[2] += j;
    b.truncate(3);
    b.push(i);
    s.truncate(0);
    s.push(i as u8);
    s[0] = 7 as u8;
    f[1] = x + f[0];
    b = TABLE.clone();
    b = recap::<4>(&TABLE);
    v = &v * 0.5 + &splat::<4>(x);
    v = relu(&gemv(&M, &v));
    v = softmax(&max(&v, &concat(&slice::<2>(&v, 0), &slice::<2>(&v, 2))));
    x = dot(&v, &v) + sum(&v) + v[1];
    v = norm(&GAIN, &v, 1e-5);
    f = to_buf(&v);
    v = to_vec::<4>(&f);
    change(&mut b, i);
    for k in 0..3 { i += k; }
    for k in 0..i & 3 { if k == 1 { continue; } j += k; }
    while j > 3 { j = j / 2; }
    loop { break; }
    { i = i + 2; }
    print(i);
    assert!(i != 123456789);
    far0 = far299 + 1;
    far299 = far0 * far298 - i;
";

const PROGRAM: &str = r#"
const M: Mat<4, 4> = mat(TERNARY, 0, "0f0d0b0f", "05090a0c");
const GAIN: Mat<1, 4> = mat(TERNARY, 0, "0f", "0e");
const TABLE: Buf<i64, 4> = buf([3, 1, 2, 5]);

extern "host" {
    fn probe(place: i64) -> i64;
}

fn add(a: i64, b: i64) -> i64 { return a + b; }
fn half(x: f64) -> f64 { return x * 0.5; }
fn change(b: &mut Buf<i64, 4>, x: i64) { b[0] = x; }

pub fn straight() {
    VARIABLES
    STATEMENTS
}

pub fn in_a_loop() {
    VARIABLES
    for round in 0..3 {
        STATEMENTS
    }
}
"#;

const VARIABLES: &str = "
    let mut i = 9;
    let mut j = 4;
    let mut t = 0;
    let mut x = 2.5;
    let mut y = 0.5;
    let mut c = false;
    let mut b = TABLE.clone();
    let mut s = Buf::<u8, 4>::new();
    let mut f = fill::<f64, 4>(1.0);
    let mut v = splat::<4>(0.25);
";

fn program(far: usize) -> String {
    let names = (0..far).map(|n| format!("let mut far{n} = {n};\n"));
    let variables = VARIABLES.to_owned() + &names.collect::<String>();
    let statements = STATEMENTS.lines().map(str::trim).filter(|line| !line.is_empty());
    let statements = statements.filter(|line| far > 0 || !line.contains("far"));
    let all = statements.enumerate().map(|(i, line)| format!("{line}\nlet at{i} = probe({i});\n"));
    PROGRAM.replace("VARIABLES", &variables).replace("STATEMENTS", &all.collect::<String>())
}

#[test]
fn records_in_a_row_take_no_stack() {
    // Without and with far words.
    for far in [0, 300] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut link = Link::new();
        let told = seen.clone();
        link.grant("probe", [Type::Int], [Type::Int], move |args: &[Value]| {
            let local = 0_u8;
            let address = std::ptr::from_ref(std::hint::black_box(&local)).addr();
            told.lock().expect("one thread").push((args[0].to_string(), address));
            Ok(vec![Value::Int(0)])
        });
        let program = common::load_text(&program(far), &link);
        for name in ["straight", "in_a_loop"] {
            seen.lock().expect("one thread").clear();
            let entry = common::entry_named(&program, name);
            let outcome = common::run(&Tier1, &program, entry, &[], 1_000_000);
            outcome.result.unwrap_or_else(|trap| panic!("{trap}"));
            let seen = seen.lock().expect("one thread");
            assert!(seen.len() > 40, "{}", seen.len());
            let (_, first) = seen[0];
            let other: Vec<_> = seen.iter().filter(|(_, address)| *address != first).collect();
            assert!(other.is_empty(), "{name}, {far} far words: {first:x}, but after statement {other:x?}");
        }
    }
}
