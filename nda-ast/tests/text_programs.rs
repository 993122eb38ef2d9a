//! Right texts through the parser: every form of statement and expression, precedence, names, layout, spans, loading,
//! and the canonical printer's fixed point.
#![cfg(feature = "text")]

use nda_ast::text::{Loader, Tensor, TensorData, compile, compile_with, print};
use nda_ast::{ErrorCode, Hash, Limits, Op, ValidProgram};

fn compiled(source: &str) -> ValidProgram {
    compile(source, &Limits::default()).unwrap_or_else(|e| panic!("{e}\n{source}"))
}

fn hashes(program: &ValidProgram) -> Vec<Hash> {
    program.program().objects().iter().map(|o| o.hash()).collect()
}

/// The operations of a program's only entry point.
fn ops(program: &ValidProgram) -> Vec<&'static str> {
    let (_, f) = program.entries().next().expect("an entry point");
    f.function().nodes().iter().map(|n| n.op().info().name).collect()
}

/// Text -> program -> text -> program: the same objects, and the text is a fixed point.
fn fixed_point(source: &str) -> String {
    let program = compiled(source);
    let text = print(&program);
    let again = compiled(&text);
    assert_eq!(hashes(&program), hashes(&again), "{text}");
    assert_eq!(program.program().entries(), again.program().entries(), "{text}");
    assert_eq!(print(&again), text);
    text
}

#[test]
fn every_form() {
    let source = include_str!("text/every_form.nda");
    let text = fixed_point(source);
    assert!(text.contains("pub fn statements("));
    // Each operation of the list has a way to be written.
    let program = compiled(source);
    let mut seen = std::collections::HashSet::new();
    for i in 0..program.program().objects().len() as u32 {
        if let Some(f) = program.function(i) {
            seen.extend(f.function().nodes().iter().map(|n| n.op()));
        }
    }
    let missing: Vec<_> = Op::ALL.iter().filter(|op| !seen.contains(op)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// One expression or statement, and the nodes that it becomes.
#[test]
fn forms_and_their_nodes() {
    let cases = [
        ("let y = -5;", "int let"),
        ("let y = -(5);", "int neg_int let"),
        ("let y = - 5.0;", "float let"),
        ("let y = -n;", "load neg_int let"),
        ("let y = -INFINITY;", "float let"),
        ("let y = c && d;", "load load bool select let"),
        ("let y = c || d;", "load bool load select let"),
        ("let y = c & d;", "load load and_bool let"),
        ("let y = if c { n } else { 2 };", "load load int select let"),
        ("let y = if c { 1 } else if d { 2 } else { 3 };", "load int load int int select select let"),
        ("let y = x as i64;", "load float_to_int_sat_s let"),
        ("let y = n as f64;", "load int_to_float_s let"),
        ("let y = n as i64;", "load let"),
        ("let y = c as i64;", "load bool_to_int let"),
        ("let y = b[n] as i64;", "load load index let"),
        ("let y = b[0] as f64;", "load int index int_to_float_s let"),
        ("let y = b'a' as i64;", "int let"),
        ("let y = b.len();", "load len let"),
        ("let y = v.clone();", "load let"),
        ("let y = &*v + v;", "load load add_vec let"),
        ("let y = norm(g, v, 1e-5);", "load load norm let"),
        ("let y = Buf::<u8, 4>::new();", "buf_const let"),
        ("let mut y = n; y = 1; y += 2;", "load let int store load int add_int store"),
        ("let mut y = b.clone(); y[n] = b[0];", "load let load int index load store_elem"),
        ("let mut y = b.clone(); y.push(n as u8);", "load let load push"),
        ("let mut y = b.clone(); y.truncate(1);", "load let int truncate"),
        (
            "let mut y = splat::<2>(x); y[n] += x;",
            "load splat let scope load let load let load load index load add_float load store_elem",
        ),
        ("assert!(c);", "load if int fail"),
        ("loop { break; }", "bool while break"),
        ("while c { continue; }", "load while continue"),
        ("for i in 0..n { print(i); }", "load loop load print"),
        ("'a: loop { loop { break 'a; } }", "bool while bool while break"),
        ("{ print(n); }", "scope load print"),
        ("if c { print(n); }", "load if load print"),
        ("let _ = n;", "load let"),
        ("fail(3);", "int fail"),
        ("return;", "return"),
    ];
    for (text, expected) in cases {
        let source = format!(
            "pub fn f(n: i64, x: f64, c: bool, d: bool, b: &Buf<u8, 4>, v: &Vec32<2>, g: &Mat<1, 2>) {{ {text} }}"
        );
        let program = compiled(&source);
        assert_eq!(ops(&program).join(" "), expected, "{text}");
        fixed_point(&source);
    }
}

/// Binding strength by the reference of Rust, greatest first.
const LEVELS: [&[&str]; 8] = [
    &["*", "/", "%"],
    &["+", "-"],
    &["<<", ">>"],
    &["&"],
    &["^"],
    &["|"],
    &["==", "!=", "<", ">", "<=", ">="],
    &["&&", "||"],
];

#[test]
fn precedence_is_that_of_rust() {
    let level = |op: &str| LEVELS.iter().position(|l| l.contains(&op)).unwrap();
    // `||` lies below `&&`.
    let strength = |op: &str| if op == "||" { 8 } else { level(op) };
    let all: Vec<&str> = LEVELS.iter().flat_map(|l| l.iter().copied()).collect();
    let same = |a: &str, b: &str, params: &str, result: &str| {
        let with = |e: &str| format!("pub fn f({params}) -> {result} {{ return {e}; }}");
        assert_eq!(hashes(&compiled(&with(a))), hashes(&compiled(&with(b))), "{a} and {b}");
    };
    let mut compared = 0;
    for first in &all {
        for second in &all {
            let (bool_first, bool_second) = (level(first) > 5, level(second) > 5);
            if bool_first != bool_second || level(first) == 6 || level(second) == 6 {
                continue;
            }
            let plain = format!("a {first} b {second} c");
            let grouped = if strength(first) <= strength(second) {
                format!("(a {first} b) {second} c")
            } else {
                format!("a {first} (b {second} c)")
            };
            let (params, result) = if bool_first {
                ("a: bool, b: bool, c: bool", "bool")
            } else {
                ("a: i64, b: i64, c: i64", "i64")
            };
            same(&plain, &grouped, params, result);
            compared += 1;
        }
    }
    assert_eq!(compared, 100 + 4);
    let ints = "a: i64, b: i64, c: i64";
    for op in &all[..10] {
        for compare in LEVELS[6] {
            same(&format!("a {op} b {compare} c"), &format!("(a {op} b) {compare} c"), ints, "bool");
            same(&format!("a {compare} b {op} c"), &format!("a {compare} (b {op} c)"), ints, "bool");
        }
    }
    same("a < b && b == c || !(a > b)", "((a < b) && (b == c)) || (!(a > b))", ints, "bool");
    same("-a * b", "(-a) * b", ints, "i64");
    same("!a & b", "(!a) & b", ints, "i64");
    same("-a as f64", "(-a) as f64", ints, "f64");
    same("a * b as f64 as i64", "a * ((b as f64) as i64)", ints, "i64");
    same("!a.clone()", "!(a.clone())", ints, "i64");
    same("if a < b { a } else { b } + c", "(if a < b { a } else { b }) + c", ints, "i64");
}

#[test]
fn names_and_layout_change_no_hash() {
    let one = "const K: Buf<i64, 2> = buf([1, 2]);\npub fn f(a: i64) -> i64 { let mut b = a; b += K[0]; return g(b); }\nfn g(x: i64) -> i64 { return x * 2; }";
    let other = "/* text */ fn other(\n  y: i64,\n) -> i64 { y\n*2 } const LIST: Buf<i64, 2> = buf([0x1, 2,]); // more\npub fn main_(first: i64) -> i64 { let mut c: i64 = first; c = (c + LIST[0]); other(c) }";
    assert_eq!(hashes(&compiled(one)), hashes(&compiled(other)));
    assert_ne!(hashes(&compiled(one)), hashes(&compiled(&one.replace("* 2", "* 3"))));
}

#[test]
fn a_tuple_at_the_end_is_its_return() {
    let body = |end: &str| format!("pub fn f(a: i64, b: i64) -> (i64, i64) {{ print(a); {end} }}");
    let written = hashes(&compiled(&body("return (a / b, a % b);")));
    for end in ["(a / b, a % b)", "((a / b), a % b,)"] {
        assert_eq!(hashes(&compiled(&body(end))), written, "{end}");
        fixed_point(&body(end));
    }
    let found = |text: &str| {
        compile(text, &Limits::default()).unwrap_err().diagnostics.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    for end in [
        "(a, b); return (a, b);",
        "(a, b) + 1",
        "{ (a, b) } return (a, b);",
        "let c = (a, b); return (a, b);",
    ] {
        assert_eq!(found(&body(end)), [ErrorCode::Unsupported], "{end}");
    }
    assert_eq!(found(&body("(a, b, a)")), [ErrorCode::CallArity]);
    assert_eq!(found("pub fn f() { (1, 2) }"), [ErrorCode::CallArity]);
}

#[test]
fn entry_points_keep_their_order() {
    let source = "pub fn b() -> i64 { return a(); }\npub fn a() -> i64 { return 1; }\nfn c() {}";
    let program = compiled(source);
    let names: Vec<_> =
        program.entries().map(|(i, _)| program.program().name(i).unwrap().to_owned()).collect();
    assert_eq!(names, ["b", "a"]);
    fixed_point(source);
    // Without `pub` all functions are.
    assert_eq!(compiled("fn x() { return; } fn y() { fail(1); }").program().entries().len(), 2);
}

#[test]
fn an_entry_point_keeps_its_name_beside_an_equal_function() {
    let source = "fn sq(x: i64) -> i64 { x * x }\npub fn f(x: i64) -> i64 { x * x }\npub fn g(y: i64) -> i64 { sq(y) + 1 }";
    let program = compiled(source);
    assert!(program.program().entry("f").is_some() && program.program().entry("g").is_some());
}

#[test]
fn nodes_have_their_spans() {
    let source = "pub fn f(alpha: i64) -> i64 {\n    let beta = alpha * (2 + alpha);\n    return beta;\n}";
    let program = compiled(source);
    let p = program.program();
    let entry = p.entries()[0];
    let text = |node| &source[p.spans().node(entry, node).unwrap()];
    let found: Vec<&str> = (0..=8).map(text).collect();
    let multiplied = "alpha * (2 + alpha)";
    assert_eq!(
        found,
        [
            "f",
            "alpha",
            "2",
            "alpha",
            "(2 + alpha)",
            multiplied,
            &format!("let beta = {multiplied}"),
            "beta",
            "return beta"
        ]
    );
    assert_eq!(p.names().slot(entry, 1), Some("beta"));
    let mut none = nda_ast::text::NoLoader;
    let bare = compile_with(source, &mut none, false, &Limits::default()).unwrap();
    assert!(bare.program().spans().is_empty());
    assert_eq!(hashes(&bare), hashes(&program));
}

/// Functions that no entry point reaches are checked too.
#[test]
fn unreachable_functions_are_checked() {
    let source = "pub fn f() {}\nfn g(n: i64) -> i64 { n }\nfn h() -> i64 { return true; }";
    let error = compile(source, &Limits::default()).unwrap_err();
    assert_eq!(error.diagnostics[0].function.as_deref(), Some("h"));
    let alias = "pub fn f() {}\nfn g(b: &mut Buf<u8, 4>, n: i64) {}\nfn h() { let mut b = Buf::<u8, 4>::new(); g(&mut b, b.len()); }";
    let error = compile(alias, &Limits::default()).unwrap_err();
    let first = &error.diagnostics[0];
    assert_eq!((first.code, first.function.as_deref()), (ErrorCode::InoutAliased, Some("h")));
    assert_eq!(&alias[first.span.clone().unwrap()], "b");
    assert_eq!(first.found.as_deref(), Some("`b` again"));
}

/// What is found is said in types, not in the text that the span shows anyway.
#[test]
fn a_whole_value_is_found_by_its_type() {
    let found = |params: &str, body: &str| {
        let text = format!("pub fn f({params}) -> Buf<u8, 4> {{ {body} }}");
        let error = compile(&text, &Limits::default()).unwrap_err();
        assert_eq!(error.diagnostics[0].code, ErrorCode::TypeMismatch);
        error.diagnostics[0].found.clone().unwrap()
    };
    assert_eq!(found("", "let out = Buf::<u8, 4>::new(); return out;"), "Buf<u8, 4> in its slot");
    assert_eq!(found("", "let out = Buf::<u8, 4>::new(); return &out;"), "&Buf<u8, 4>");
    assert_eq!(found("out: &Buf<u8, 4>", "return out;"), "&Buf<u8, 4>");
    assert_eq!(found("out: &mut Buf<u8, 4>", "return out;"), "&mut Buf<u8, 4>");
}

struct OneFile;

impl Loader for OneFile {
    fn load(&mut self, file: &str, tensor: &str) -> Result<Tensor, String> {
        match (file, tensor) {
            ("net.safetensors", "w") => {
                Ok(Tensor { shape: vec![2, 3], data: TensorData::F32(vec![0.5, -1.0, 1.0, -0.5, 0.5, 0.5]) })
            }
            ("net.safetensors", "b") => Ok(Tensor { shape: vec![2], data: TensorData::F32(vec![0.1, -0.0]) }),
            ("net.safetensors", "odd") => {
                Ok(Tensor { shape: vec![1, 2], data: TensorData::F32(vec![0.3, 1.0]) })
            }
            _ => Err(format!("There is no tensor `{tensor}` in `{file}`.")),
        }
    }
}

#[test]
fn loaded_constants_are_those_written_out() {
    let text = |w: &str, b: &str| {
        format!(
            "const W: Mat<2, 3> = {w};\nconst B: Vec32<2> = {b};\npub fn f(x: &Vec32<3>) -> Vec32<2> {{ return gemv(&W, x) + &B; }}"
        )
    };
    let limits = Limits::default();
    let loaded = text("load(\"net.safetensors\", \"w\")", "load(\"net.safetensors\", \"b\")");
    let loaded = compile_with(&loaded, &mut OneFile, true, &limits).unwrap();
    let written = compiled(&text("mat(QUATERNARY, -1, \"0506\", \"0401\")", "vec32([0.1, -0.0])"));
    assert_eq!(print(&loaded), print(&written));
    assert_eq!(hashes(&loaded), hashes(&written));
    for (name, part) in [("odd", "shape [2, 3]"), ("none", "no tensor `none`")] {
        let wrong = text(&format!("load(\"net.safetensors\", \"{name}\")"), "vec32([0.0, 0.0])");
        let error = compile_with(&wrong, &mut OneFile, true, &limits).unwrap_err();
        let first = &error.diagnostics[0];
        assert_eq!(first.code, ErrorCode::LoadFile);
        let said = format!("{} {:?}", first.message, first.expected);
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn twenty_errors_at_most() {
    let lines: String = (0..100).map(|i| format!("print(unknown_{i});\n")).collect();
    let error = compile(&format!("pub fn f() {{\n{lines}}}"), &Limits::default()).unwrap_err();
    assert_eq!(error.diagnostics.len(), nda_ast::text::MAX_ERRORS);
    let starts: Vec<_> = error.diagnostics.iter().map(|d| d.span.clone().unwrap().start).collect();
    assert!(starts.is_sorted());
}

/// One mistake in each of several statements and functions is one error each.
#[test]
fn errors_do_not_hide_others() {
    let source = "pub fn f(n: i64) -> i64 {\n let a = undefined(n) + 1;\n let b = 2.5 + n;\n let = 3;\n n + ;\n return b + true;\n}\nfn g( {}\npub fn h() -> f64 { return 1; }";
    let error = compile(source, &Limits::default()).unwrap_err();
    let found: Vec<(&str, &str)> =
        error.diagnostics.iter().map(|d| (d.code.as_str(), &source[d.span.clone().unwrap()])).collect();
    assert_eq!(
        found,
        [
            ("text.unknown-name", "undefined"),
            ("text.missing-cast", "n"),
            ("text.syntax", "="),
            ("text.syntax", ";"),
            ("text.syntax", "{"),
            ("text.missing-cast", "1"),
        ]
    );
}
