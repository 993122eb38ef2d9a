//! Two decoders and validators, one of them written from `docs/spec.md` alone, agree on programs written by hand:
//! one for each rule, at each side of its edge.

mod second_support;

use nda_testkit::second::agree::{Verdict, agree};
use nda_testkit::second::{Body, Certificate, Function, Stage, check};
use second_support::{file, function, hex, import, over, section, u};

/// Both sides accept it; its last function.
#[track_caller]
fn accepted(bytes: &[u8]) -> Function {
    assert_eq!(agree(bytes), Ok(Verdict::Accepted));
    let checked = check(bytes).expect("accepted");
    let function = checked.objects.into_iter().rev().find_map(|o| match o.body {
        Body::Function(f) => Some(*f),
        _ => None,
    });
    function.expect("a program has a function")
}

/// Both sides refuse it at this stage.
#[track_caller]
fn refused(expected: Stage, bytes: &[u8]) {
    match agree(bytes) {
        Ok(Verdict::Refused { stage, .. }) => assert_eq!(stage, expected),
        other => panic!("{other:?} where {expected:?} is expected"),
    }
}

/// A program of one function: parameters, results and body as hex, counts included.
fn one(signature: &str, body: &str) -> Vec<u8> {
    file(&[function(&[], signature, &hex(body))], &[0])
}

/// With items put in place of `..` many times.
fn repeated(before: &str, times: usize, item: &str, after: &str) -> Vec<u8> {
    [hex(before), hex(item).repeat(times), hex(after)].concat()
}

#[test]
fn the_worked_example() {
    let bytes = second_support::worked_example();
    let sum = accepted(&bytes);
    assert_eq!(sum.blocks.iter().map(|b| (b.owner, b.cost)).collect::<Vec<_>>(), [(0, 7), (4, 5)]);
    let certificate =
        Certificate { levels: 5, nesting: 5, frame: 24, max: Some(5007), exact: false, reaches_host: false };
    assert_eq!(sum.certificate, certificate);
    let hash = "b77209a783eb85551b656c313d8d5041d9d66ab6fc74b31c30a7c2e866adecc5";
    assert_eq!(check(&bytes).expect("valid").objects[0].hash.to_vec(), hex(hash));
}

#[test]
fn the_smallest_function() {
    let f = accepted(&one("0000", "00"));
    let certificate =
        Certificate { levels: 1, nesting: 1, frame: 0, max: Some(1), exact: true, reaches_host: false };
    assert_eq!(f.certificate, certificate);
}

#[test]
fn results_and_flow() {
    refused(Stage::Validate, &one("000101", "00"));
    accepted(&one("000101", "1000 0c 00"));
    accepted(&one("000101", "1000 0f 00"));
    refused(Stage::Validate, &one("000101", "1200 0c 00"));
    refused(Stage::Decode, &one("000101", "0c 00"));
    refused(Stage::Decode, &one("0000", "1000 0c 00"));
    // A statement after one that leaves; a scope and an `if` that leave.
    refused(Stage::Validate, &one("0000", "0c 0c 00"));
    accepted(&one("000101", "06 1000 0c 00 00"));
    refused(Stage::Validate, &one("0000", "06 0c 00 0c 00"));
    accepted(&one("000101", "1200 07 1000 0c 00 1000 0f 00 00"));
    refused(Stage::Validate, &one("000101", "1200 07 1000 0c 00 00 00"));
    refused(Stage::Validate, &one("000101", "1201 0900 1000 0c 00 00"));
    // Depths of `break` and `continue`.
    accepted(&one("0000", "1201 0900 1005 0800 0a01 00 0b00 00 00"));
    refused(Stage::Validate, &one("0000", "1201 0900 0a01 00 00"));
    refused(Stage::Validate, &one("0000", "0a00 00"));
    refused(Stage::Validate, &one("0000", "06 0b00 00 00"));
}

#[test]
fn slots_and_their_visibility() {
    accepted(&one("0000", "1000 01 1600 01 00"));
    refused(Stage::Validate, &one("0000", "1600 01 00"));
    refused(Stage::Validate, &one("0000", "06 1000 01 00 1600 0e 00"));
    // A slot of an arm is gone in the other; its number is not used again.
    refused(Stage::Validate, &one("0000", "1200 07 1000 01 00 1600 0e 00 00"));
    assert_eq!(accepted(&one("0000", "06 1000 01 00 1201 01 1601 0e 00")).slots.len(), 2);
    // The index of a loop: read in its body, never written, gone after it.
    accepted(&one("0000", "1002 0800 1600 0e 00 00"));
    refused(Stage::Validate, &one("0000", "1002 0800 1005 0200 00 00"));
    refused(Stage::Validate, &one("0000", "1002 0800 00 1600 0e 00"));
    refused(Stage::Validate, &one("0000", "1600 0800 00 00"));
    // Parameters: `in` is read-only, `inout` is not.
    refused(Stage::Validate, &one("01 01 00", "1000 0200 00"));
    accepted(&one("01 84 04 00", "1000 0400 1000 0500 1001 1000 0300 00"));
    refused(Stage::Validate, &one("01 04 04 00", "1000 0400 00"));
    // Types of stores.
    refused(Stage::Validate, &one("01 84 04 00", "1200 0400 00"));
    refused(Stage::Validate, &one("01 87 04 00", "110000000000000000 0400 00"));
    accepted(&one("01 87 04 00", "110000000000000000 1000 0300 00"));
    refused(Stage::Validate, &one("01 87 04 00", "1000 1000 0300 00"));
    refused(Stage::Validate, &one("0000", "1000 01 1201 0200 00"));
    refused(Stage::Validate, &one("0000", "1000 01 1000 1000 0300 00"));
    refused(Stage::Validate, &one("0000", "1000 01 1000 0500 00"));
    refused(Stage::Validate, &one("01 87 04 00", "1000 0500 00"));
}

#[test]
fn signatures() {
    refused(Stage::Validate, &one("01 81 00", "00"));
    refused(Stage::Validate, &one("01 88 02 02 00", "00"));
    refused(Stage::Validate, &one("00 01 08 01 01", "1000 0f 00"));
    refused(Stage::Decode, &one("00 01 81", "1000 0f 00"));
    refused(Stage::Decode, &one("01 09 00", "00"));
    refused(Stage::Decode, &one("01 00 00", "00"));
    refused(Stage::Decode, &one("01 04 00 00", "00"));
    accepted(&one("01 04 808040 00", "00"));
    refused(Stage::Decode, &one("01 04 818040 00", "00"));
    accepted(&one("01 08 ffff03 01 00", "00"));
    refused(Stage::Decode, &one("01 08 808004 01 00", "00"));
    refused(Stage::Decode, &one("01 08 01 00 00", "00"));
    let params = |n: u64| [u(n), vec![1; usize::try_from(n).expect("small")], u(0)].concat();
    accepted(&file(&[function(&[], "", &[params(1000), vec![0]].concat())], &[0]));
    refused(Stage::Limit, &file(&[function(&[], "", &[params(1001), vec![0]].concat())], &[0]));
    let results =
        |n: u64| [u(0), u(n), vec![1; usize::try_from(n).expect("small")], hex("10000f00")].concat();
    accepted(&file(&[function(&[], "", &results(32))], &[0]));
    refused(Stage::Limit, &file(&[function(&[], "", &results(33))], &[0]));
}

#[test]
fn a_mat_stands_in_few_places() {
    let mat = "01 08 02 03";
    refused(Stage::Validate, &one(&format!("{mat} 00"), "1600 01 00"));
    refused(Stage::Validate, &one(&format!("{mat} 00"), "1600 0e 00"));
    refused(Stage::Validate, &one(&format!("{mat} 00"), "1200 1600 1600 17 1000 86 0e 00"));
    accepted(&one(&format!("{mat} 00"), "1600 1000 86 0e 00"));
    refused(Stage::Validate, &one(&format!("{mat} 00"), "1600 0200 00"));
    // gemv: 2x3 takes vec[3]; norm takes one row.
    accepted(&one("02 08 02 03 07 03 00", "1600 1601 7d 0e 00"));
    refused(Stage::Validate, &one("02 08 02 03 07 02 00", "1600 1601 7d 0e 00"));
    accepted(&one("02 08 01 03 07 03 00", "1600 1601 7e0000000000000000 0e 00"));
    refused(Stage::Validate, &one("02 08 02 03 07 03 00", "1600 1601 7e0000000000000000 0e 00"));
    refused(Stage::Validate, &one("02 08 01 03 07 02 00", "1600 1601 7e0000000000000000 0e 00"));
}

#[test]
fn shapes_at_their_edges() {
    accepted(&one("01 07 04 00", "1600 1000 8904 0e 00"));
    refused(Stage::Validate, &one("01 07 04 00", "1600 1000 8905 0e 00"));
    refused(Stage::Decode, &one("01 07 04 00", "1600 1000 8900 0e 00"));
    accepted(&one("02 07 ffff3f 07 01 00", "1600 1601 8a 80 0e 00"));
    refused(Stage::Validate, &one("02 07 808040 07 01 00", "1600 1601 8a 80 0e 00"));
    refused(Stage::Decode, &one("0000", "110000000000000000 8b818040 0e 00"));
    accepted(&one("0000", "1000 8e0003 01 1000 8e0104 01 110000000000000000 8e0205 01 00"));
    refused(Stage::Validate, &one("0000", "1000 8e0203 01 00"));
    refused(Stage::Decode, &one("0000", "1000 8e0303 01 00"));
    refused(Stage::Decode, &one("0000", "1000 8e0000 01 00"));
    accepted(&one("01 06 02 00", "1600 8c05 8d 8f03 01 00"));
    refused(Stage::Validate, &one("01 05 02 00", "1600 8c05 01 00"));
    refused(Stage::Validate, &one("02 07 02 07 03 00", "1600 1601 2b 01 00"));
    refused(Stage::Validate, &one("02 07 02 07 03 00", "1200 1600 1601 17 01 00"));
}

#[test]
fn numbers_and_immediates() {
    accepted(&one("0000", "10 8080808080808080807f 01 10 ffffffffffffffffff00 01 00"));
    refused(Stage::Decode, &one("0000", "10 ffffffffffffffffff01 01 00"));
    refused(Stage::Decode, &one("0000", "10 8000 01 00"));
    refused(Stage::Decode, &one("0000", "10 ff7f 01 00"));
    accepted(&one("0000", "10 ff00 01 00"));
    refused(Stage::Decode, &one("0000", "1202 01 00"));
    // K is below 2^63, so K + 1 is at most 2^63.
    accepted(&one("0000", "1002 08 80808080808080808001 00 00"));
    refused(Stage::Decode, &one("0000", "1002 08 81808080808080808001 00 00"));
    refused(Stage::Decode, &one("0000", "1002 08 8000 00 00"));
    // Slots and depths are below 2^32.
    refused(Stage::Validate, &one("0000", "16 ffffffff0f 01 00"));
    refused(Stage::Decode, &one("0000", "16 8080808010 01 00"));
    refused(Stage::Validate, &one("0000", "0a ffffffff0f 00"));
    refused(Stage::Decode, &one("0000", "0a 8080808010 00"));
    refused(Stage::Decode, &one("0000", "90 00"));
    // Operands left over or lacking.
    refused(Stage::Decode, &one("0000", "1000 00"));
    refused(Stage::Decode, &one("0000", "1000 1000 01 00"));
    refused(Stage::Decode, &one("0000", "1000 19 01 00"));
    refused(Stage::Decode, &one("0000", "1000 06 00 01 00"));
    refused(Stage::Decode, &one("0000", ""));
    refused(Stage::Decode, &one("0000", "00 00"));
}

#[test]
fn constants() {
    let program = |constant: &str, op: &str| {
        file(&[(1, vec![], hex(constant)), function(&[0], "0000", &hex(&format!("{op}00 01 00")))], &[1])
    };
    accepted(&program("04 03 02 0102", "13"));
    accepted(&program("06 01 01 010000000000f07f", "13"));
    refused(Stage::Decode, &program("04 03 04 01020304", "13"));
    refused(Stage::Decode, &program("04 03 02 01", "13"));
    refused(Stage::Decode, &program("04 03 02 010203", "13"));
    refused(Stage::Decode, &program("84 03 02 0102", "13"));
    refused(Stage::Decode, &program("01 00", "13"));
    refused(Stage::Validate, &program("04 03 02 0102", "14"));
    refused(Stage::Validate, &program("04 03 02 0102", "15"));
    accepted(&program("07 01 0000c07f", "14"));
    refused(Stage::Decode, &program("07 01 0100c07f", "14"));
    refused(Stage::Decode, &program("07 01 0000c0ff", "14"));
    refused(Stage::Decode, &program("07 01 0100807f", "14"));
    let matrix = |constant: &str| {
        let body = hex("1500 1000 86 01 00");
        file(&[(1, vec![], hex(constant)), function(&[0], "0000", &body)], &[1])
    };
    accepted(&matrix("08 02 03 00 82 0507 0003"));
    accepted(&matrix("08 01 08 01 7e ff 0f"));
    refused(Stage::Decode, &matrix("08 01 08 01 7f ff 0f"));
    refused(Stage::Decode, &matrix("08 01 08 01 81 ff 0f"));
    refused(Stage::Decode, &matrix("08 01 08 02 00 ff 0f"));
    refused(Stage::Decode, &matrix("08 01 08 01 00 0f ff"));
    accepted(&matrix("08 01 08 00 00 0f ff"));
    refused(Stage::Decode, &matrix("08 01 03 00 00 08 00"));
    refused(Stage::Decode, &matrix("08 01 03 00 00 00 08"));
    refused(Stage::Decode, &matrix("08 01 03 00 00 00"));
}

#[test]
fn imports_and_what_a_host_call_costs() {
    // f64, vec[16] and buf[u8,9] -> vec[3]: (8 * 1000 + 64 + 9 + 12) / 512 is 15.79.
    let host = import("clock", "03 02 07 10 04 09 01 07 03", 1000);
    let body = hex("110000000000000000 1600 1601 0d000301 1602 0e 00");
    let f = accepted(&file(&[host.clone(), function(&[0], "02 07 10 04 09 00", &body)], &[1]));
    assert_eq!(f.blocks[0].cost, 1 + 3 + (1 + 16) + 1 + (1 + 1));
    assert!(f.certificate.reaches_host);
    // An entry point is no import; `call` names none; names are identifiers.
    refused(Stage::Decode, &file(&[host.clone(), function(&[0], "02 07 10 04 09 00", &body)], &[1, 0]));
    let clock = import("clock", "00 01 01", 0);
    refused(Stage::Validate, &file(&[clock.clone(), function(&[0], "0000", &hex("180000 0e 00"))], &[1]));
    accepted(&file(&[clock.clone(), function(&[0], "0000", &hex("0d000001 00"))], &[1]));
    refused(Stage::Validate, &file(&[clock.clone(), function(&[0], "0000", &hex("0d000000 00"))], &[1]));
    refused(Stage::Validate, &file(&[clock, function(&[0], "0000", &hex("1000 0d000101 00"))], &[1]));
    let user = |host| file(&[host, function(&[0], "0000", &hex("0d000000 00"))], &[1]);
    for name in ["_", "a1", "Z_9", &"x".repeat(64)] {
        accepted(&user(import(name, "0000", 0)));
    }
    for name in ["", "1a", "a-b", "a b", "\u{e9}", "a\0", &"x".repeat(65)] {
        refused(Stage::Decode, &user(import(name, "0000", 0)));
    }
    refused(Stage::Decode, &user(import("m", "01 08 01 01 00", 0)));
    refused(Stage::Decode, &user(import("m", "00 01 08 01 01", 0)));
    refused(Stage::Decode, &user(import("m", "01 84 01 00", 0)));
    accepted(&user(import("m", "0000", u64::from(u32::MAX))));
    refused(Stage::Decode, &user(import("m", "0000", 1 << 32)));
    // Two imports of one name are two objects; the host's grant decides.
    let body = hex("0d000000 1000 0d010100 00");
    let two = [import("m", "0000", 0), import("m", "01 01 00", 0), function(&[0, 1], "0000", &body)];
    accepted(&file(&two, &[2]));
}

#[test]
fn calls_inout_and_aliases() {
    // f(inout buf[u8,4], int): a statement's callee.
    let f = function(&[], "02 84 04 01 00", &hex("1601 0400 00"));
    let caller = |body: &str| file(&[f.clone(), function(&[0], "01 84 04 00", &hex(body))], &[1]);
    accepted(&caller("1600 1000 0d000200 00"));
    accepted(&caller("1000 8e0004 01 1601 1600 87 0d000200 00"));
    refused(Stage::Validate, &caller("1600 1600 87 0d000200 00"));
    refused(Stage::Validate, &caller("1000 8e0004 1000 0d000200 00"));
    refused(Stage::Validate, &caller("1600 1000 180002 0e 00"));
    refused(Stage::Validate, &caller("1600 0d000100 00"));
    refused(Stage::Validate, &caller("1600 1000 0d000201 00"));
    refused(Stage::Limit, &caller("1600 1000 0d000221 00"));
    let reader = file(&[f.clone(), function(&[0], "01 04 04 00", &hex("1600 1000 0d000200 00"))], &[1]);
    refused(Stage::Validate, &reader);
    let g = function(&[], "02 84 04 84 04 00", &hex("00"));
    let twice = file(&[g.clone(), function(&[0], "01 84 04 00", &hex("1600 1600 0d000200 00"))], &[1]);
    refused(Stage::Validate, &twice);
    let both = file(&[g, function(&[0], "02 84 04 84 04 00", &hex("1600 1601 0d000200 00"))], &[1]);
    accepted(&both);
    // h() -> int: an expression's callee.
    let h = function(&[], "00 01 01", &hex("1007 0c 00"));
    let user = |body: &str| file(&[h.clone(), function(&[0], "0000", &hex(body))], &[1]);
    let c = accepted(&user("180000 0e 00")).certificate;
    assert_eq!((c.levels, c.nesting, c.max, c.exact), (1 + 2 + 3, 3, Some(3 + 3), true));
    refused(Stage::Validate, &user("0d000001 00"));
    refused(Stage::Validate, &user("1300 01 00"));
    // A select costs the greater of its arms' calls, and is not exact where they differ.
    let c = accepted(&user("1201 180000 1000 17 0e 00")).certificate;
    assert_eq!((c.max, c.exact), (Some(6 + 3), false));
    let c = accepted(&user("1201 180000 180000 17 0e 00")).certificate;
    assert_eq!((c.max, c.exact), (Some(6 + 3), true));
    // What reaches the host below it is for `call_stmt`, with one result too.
    let host = import("x", "0000", 0);
    let deep = function(&[0], "00 01 01", &hex("0d000000 1000 0c 00"));
    let with = |body: &str| file(&[host.clone(), deep.clone(), function(&[1], "0000", &hex(body))], &[2]);
    accepted(&with("0d000001 00"));
    refused(Stage::Validate, &with("180000 0e 00"));
}

#[test]
fn bounds_saturate_and_absorb() {
    let c = |body: &str| accepted(&one("01 01 00", body)).certificate;
    assert_eq!((c("1005 0800 00 00").max, c("1005 0800 00 00").exact), (Some(3 + 5), true));
    assert_eq!((c("1005 0804 00 00").max, c("1005 0804 00 00").exact), (Some(3 + 3), false));
    assert_eq!((c("1005 0806 00 00").max, c("1005 0806 00 00").exact), (Some(3 + 5), true));
    assert_eq!((c("107f 0801 00 00").max, c("107f 0801 00 00").exact), (Some(3), true));
    assert_eq!((c("1600 0806 00 00").max, c("1600 0806 00 00").exact), (Some(3 + 5), false));
    assert_eq!(c("1600 0800 00 00").max, None);
    assert_eq!(c("1000 0800 1600 0800 00 00 00").max, None);
    assert_eq!(c("1201 0900 00 00").max, None);
    assert_eq!(c("1201 0904 00 00").max, Some(2 + 3 + 4 * 2));
    let k = "80808080808080808001";
    let deep = format!("1600 08{k} 1600 08{k} 1600 08{k} 00 00 00 00");
    assert_eq!(c(&deep).max, Some(u128::MAX));
    // Tail position: a return in the last `if` is, one in a loop or before a statement is not.
    assert!(c("1201 07 0c 00 0c 00 00").exact);
    assert!(c("06 0c 00 00").exact);
    assert!(!c("1201 07 0c 00 1000 0e 00 00").exact);
    assert!(!c("1001 0800 0c 00 00").exact);
    assert!(!c("1201 07 0c 00 1000 0e 00 1000 0e 00").exact);
    assert!(!c("1201 07 06 0c 00 00 06 1000 0e 00 00 1000 0e 00").exact);
    assert!(!c("1001 0800 0a00 00 00").exact);
    assert!(!c("1201 07 00 1000 0e 00 00").exact);
    assert!(c("1201 07 00 00 00").exact);
}

#[test]
fn limits_at_their_edges() {
    let scopes = |n: usize| repeated("", n, "06", &"00".repeat(n + 1));
    let body = |bytes: Vec<u8>| file(&[function(&[], "0000", &bytes)], &[0]);
    assert_eq!(accepted(&body(scopes(511))).certificate.nesting, 512);
    refused(Stage::Limit, &body(scopes(512)));
    let negations = |n: usize| repeated("1000", n, "37", "0100");
    assert_eq!(accepted(&body(negations(509))).certificate.levels, 512);
    refused(Stage::Limit, &body(negations(510)));
    refused(Stage::Limit, &body(negations(511)));
    refused(Stage::Limit, &body(negations(600)));
    let lets = |n: usize| repeated("", n, "1000 01", "00");
    assert_eq!(accepted(&body(lets(1 << 16))).slots.len(), 1 << 16);
    refused(Stage::Limit, &body(lets((1 << 16) + 1)));
    let nodes = |n: usize| repeated("", n, "06 00", "00");
    assert_eq!(accepted(&body(nodes(1 << 20))).nodes.len(), 1 << 20);
    refused(Stage::Limit, &body(nodes((1 << 20) + 1)));
    // Frames: 16 vecs of 4 MiB each are the whole of 64 MiB.
    let vecs = |n: usize| repeated("", n, "07 808040", "00");
    let frame = |n: u64| file(&[function(&[], "", &[u(n), vecs(16), vec![0]].concat())], &[0]);
    assert_eq!(accepted(&frame(16)).certificate.frame, 1 << 26);
    let one_more = [u(17), vecs(16), vec![0]].concat();
    let mut with_int = one_more.clone();
    with_int.insert(1, 1);
    refused(Stage::Limit, &file(&[function(&[], "", &with_int)], &[0]));
    // Objects and bytes.
    refused(Stage::Limit, &[hex("4e44410001"), u((1 << 16) + 1)].concat());
    refused(Stage::Decode, &[hex("4e44410001"), u(1 << 16)].concat());
    refused(Stage::Limit, &vec![0; (1 << 26) + 1]);
    refused(Stage::Decode, &vec![0; 1 << 26]);
}

#[test]
fn levels_add_up_along_calls() {
    // Each function calls the one before it: function, `return` and `call` add three levels to the callee's.
    let chain = |n: usize| {
        let mut objects = vec![function(&[], "00 01 01", &hex("1000 0c 00"))];
        for i in 1..n {
            objects.push(function(&[i - 1], "00 01 01", &hex("180000 0c 00")));
        }
        file(&objects, &[n - 1])
    };
    assert_eq!(accepted(&chain(170)).certificate.levels, 510);
    refused(Stage::Limit, &chain(171));
}

#[test]
fn objects_and_tables() {
    let leaf = |n: u8| function(&[], "00 01 01", &[hex("10"), vec![n], hex("0c 00")].concat());
    let caller = |table: &[usize], body: &str| function(table, "0000", &hex(body));
    accepted(&file(&[leaf(1), leaf(2), caller(&[0, 1], "180000 0e 180100 0e 00")], &[2]));
    // Out of order by the walk, used before its turn, unused, repeated, unreachable, missing.
    refused(Stage::Decode, &file(&[leaf(2), leaf(1), caller(&[1, 0], "180000 0e 180100 0e 00")], &[2]));
    refused(Stage::Decode, &file(&[leaf(1), leaf(2), caller(&[0, 1], "180100 0e 180000 0e 00")], &[2]));
    refused(Stage::Decode, &file(&[leaf(1), leaf(2), caller(&[0, 1], "180000 0e 00")], &[2]));
    refused(Stage::Decode, &file(&[leaf(1), caller(&[0, 0], "180000 0e 180100 0e 00")], &[1]));
    refused(Stage::Decode, &file(&[leaf(1), leaf(1), caller(&[0], "180000 0e 00")], &[2]));
    refused(Stage::Decode, &file(&[leaf(1), leaf(2), caller(&[0], "180000 0e 00")], &[2]));
    refused(Stage::Decode, &file(&[caller(&[7], "180000 0e 00")], &[0]));
    refused(Stage::Decode, &file(&[leaf(1), caller(&[0], "180100 0e 00")], &[1]));
    // Entry points: none, twice, too large; more than one in the order of the walk.
    refused(Stage::Decode, &file(&[leaf(1)], &[]));
    refused(Stage::Decode, &file(&[leaf(1)], &[0, 0]));
    refused(Stage::Decode, &file(&[leaf(1)], &[1]));
    refused(Stage::Decode, &file(&[], &[]));
    refused(Stage::Decode, &file(&[], &[0]));
    accepted(&file(&[leaf(1), leaf(2)], &[0, 1]));
    refused(Stage::Decode, &file(&[leaf(1), leaf(2)], &[1, 0]));
    accepted(&file(&[leaf(1), caller(&[0], "180000 0e 00")], &[1, 0]));
    accepted(&file(&[leaf(1), caller(&[0], "180000 0e 00")], &[0, 1]));
    refused(Stage::Decode, &file(&[(3, vec![], vec![])], &[0]));
}

#[test]
fn names_and_spans() {
    let base =
        file(&[(1, vec![], hex("04 03 02 0102")), function(&[0], "01 01 00", &hex("1300 01 00"))], &[1]);
    let with = |sections: &[Vec<u8>]| [base.clone(), sections.concat()].concat();
    let names = |payload: &str| with(&[section(1, &hex(payload))]);
    accepted(&names("01 01 0166 02 00 0161 01 0162"));
    accepted(&names("02 00 0163 00 01 00 01 01 0162"));
    refused(Stage::Decode, &names("00"));
    refused(Stage::Decode, &names("01 01 00 00"));
    refused(Stage::Decode, &names("01 01 0166 01 00 00"));
    refused(Stage::Decode, &names("01 01 0166 01 02 0161"));
    refused(Stage::Decode, &names("01 02 0166 00"));
    refused(Stage::Decode, &names("02 01 0166 00 00 0163 00"));
    refused(Stage::Decode, &names("02 01 0166 00 01 0166 00"));
    refused(Stage::Decode, &names("01 01 0166 02 01 0161 00 0162"));
    refused(Stage::Decode, &names("01 01 0166 02 00 0161 00 0162"));
    refused(Stage::Decode, &names("01 01 01ff 00"));
    refused(Stage::Decode, &names("01 01 0166 00 00"));
    // A constant has no slots to name.
    refused(Stage::Decode, &names("01 00 0163 01 00 0161"));
    let long = |n: usize| [hex("01 01"), u(n as u64), vec![b'x'; n], vec![0]].concat();
    accepted(&with(&[section(1, &long(1000))]));
    refused(Stage::Decode, &with(&[section(1, &long(1001))]));

    let spans = |payload: &str| with(&[section(2, &hex(payload))]);
    accepted(&spans("01 01 0000 0501 7f02"));
    accepted(&spans("01 01 00 ffffffff0f 0501 7f02"));
    refused(Stage::Decode, &spans("01 01 01 ffffffff0f 0501 7f02"));
    refused(Stage::Decode, &spans("01 01 00 8080808010 0501 7f02"));
    refused(Stage::Decode, &spans("01 01 7f01 0501 7f02"));
    refused(Stage::Decode, &spans("01 01 0000 0501"));
    refused(Stage::Decode, &spans("01 01 0000 0501 7f02 0000"));
    refused(Stage::Decode, &spans("01 00 0000"));
    refused(Stage::Decode, &spans("00"));
    refused(Stage::Decode, &spans("01 01 0000 ffffffffffffffffff0000 ffffffffffffffffff0000"));
    refused(Stage::Decode, &spans("01 01 0500 8080808080808080807f00 0000"));

    let (a, b) = (section(1, &hex("01 01 0166 00")), section(2, &hex("01 01 0000 0501 7f02")));
    accepted(&with(&[a.clone(), b.clone()]));
    refused(Stage::Decode, &with(&[b.clone(), a.clone()]));
    refused(Stage::Decode, &with(&[a.clone(), a]));
    refused(Stage::Decode, &with(&[section(0, &[])]));
    refused(Stage::Decode, &with(&[section(3, &[])]));
    refused(Stage::Decode, &with(&[section(1, &[])]));
    refused(Stage::Decode, &with(&[b, vec![0]]));
}

#[test]
fn every_number_has_one_form() {
    // Each place of the worked example's numbers, written one byte longer.
    let bytes = second_support::worked_example();
    for place in [5, 7, 8, 9, 0xb, 0xe, 0x10, 0x13, 0x16, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x2b, 0x2c] {
        let mut long = bytes.clone();
        over(&mut long, place);
        refused(Stage::Decode, &long);
    }
}

#[test]
fn hostile_depth_needs_little_stack() {
    let hostile = || {
        for (before, item) in
            [("", "06"), ("1000", "37"), ("", "1201 0900"), ("", "1201 07"), ("1000 1000", "19 1000")]
        {
            let body = repeated(before, 300_000, item, "");
            assert!(agree(&file(&[function(&[], "0000", &body)], &[0])).is_ok());
        }
        // As deep as it may be: each walk of the second goes down to the bottom.
        let deep = [
            hex("1201 07").repeat(255),
            hex("1000"),
            hex("37").repeat(200),
            hex("01"),
            hex("00").repeat(511),
        ];
        accepted(&file(&[function(&[], "0000", &deep.concat())], &[0]));
        let calls = function(&[], "01 01 01 01", &hex("1600 0c 00"));
        let deep = [hex("1000"), hex("180001").repeat(500), hex("0e 00")].concat();
        accepted(&file(&[calls, function(&[0], "0000", &deep)], &[1]));
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(hostile).expect("a thread");
    thread.join().expect("no panic");
}
