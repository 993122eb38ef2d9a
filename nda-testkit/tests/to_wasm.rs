//! The modules of `to_wasm` are valid WebAssembly. What they do is judged in `benches/peers`, where engines are.

use nda_ast::{Elem, Expr, FunctionBuilder, Limits, Op, ProgramBuilder, Type, ValidProgram};
use nda_runtime::{Buf, Value};
use nda_testkit::case::Case;
use nda_testkit::generate::{Config, Entropy, small_programs};
use nda_testkit::to_wasm::{Import, ImportKind, Module, Unsupported, Word, translate};
use std::path::Path;
use wasmparser::{Validator, WasmFeatures};

/// No more of WebAssembly than every engine has.
fn check(module: &Module, name: &str) {
    let features = WasmFeatures::WASM1
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::MULTI_VALUE;
    if let Err(error) = Validator::new_with_features(features).validate_all(&module.bytes) {
        panic!("{name}: {error}");
    }
}

fn compile(source: &str) -> ValidProgram {
    nda_ast::text::compile(source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn translated(source: &str) -> Module {
    let program = compile(source);
    let module = translate(&program, program.program().entries()[0]).unwrap_or_else(|e| panic!("{e}"));
    check(&module, source);
    module
}

#[test]
fn generated_programs_give_valid_modules() {
    let mut translated = 0;
    for seed in 0..30_000 {
        let mut entropy = Entropy::new(seed);
        let config = Config { imports: 1, ..Config::drawn(&mut entropy) };
        let case = Case::drawn(&mut entropy, &config, format!("seed {seed}"));
        match translate(case.subject.loaded.program(), case.subject.entry) {
            Ok(module) => {
                check(&module, &case.name);
                translated += 1;
            }
            Err(Unsupported::Type { ty, .. }) => assert!(!ty.is_scalar(), "{case}: {ty}"),
            Err(other) => panic!("{case}: {other}"),
        }
    }
    assert!(translated > 2000, "only {translated} programs without vec and mat");
}

#[test]
fn small_programs_give_small_modules() {
    for (i, bytes) in small_programs(1000).into_iter().enumerate() {
        let program = nda_ast::load(bytes, &Limits::default()).expect("valid");
        let module = translate(&program, program.program().entries()[0]).expect("scalars only");
        check(&module, &format!("small program {i}"));
        assert!(module.memory == 0 && module.imports.is_empty() && module.bytes.len() < 200);
    }
}

#[test]
fn examples_give_valid_modules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the examples") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let Ok(source) = std::fs::read_to_string(&path) else { continue };
        if path.extension().is_none_or(|e| e != "nda") || source.contains("load(") {
            continue;
        }
        let program = compile(&source);
        for &entry in program.program().entries() {
            if let Ok(module) = translate(&program, entry) {
                check(&module, &name);
                names.push(name.clone());
            }
        }
    }
    for wanted in ["black_scholes", "life", "path", "tokenizer"] {
        assert!(names.iter().any(|name| name == wanted), "{wanted} is not among {names:?}");
    }
}

#[test]
fn vectors_are_refused_by_node_and_type() {
    let program = compile("pub fn f() -> f64 { return dot(&splat::<3>(1.0), &splat::<3>(2.0)); }");
    let refused = translate(&program, 0).unwrap_err();
    assert!(
        matches!(refused, Unsupported::Type { object: 0, node: 1.., ty: Type::Vec { n: 3 } }),
        "{refused}"
    );
    let program = compile("pub fn f(w: &Mat<2, 3>) -> i64 { return 1; }");
    let refused = translate(&program, 0).unwrap_err();
    assert!(matches!(refused, Unsupported::Type { object: 0, node: 0, .. }), "{refused}");
    assert_eq!(translate(&program, 7).unwrap_err(), Unsupported::Entry { object: 7 });
}

#[test]
fn imports_are_those_in_use() {
    let module = translated(
        "extern \"host\" { #[work(1)] fn ask(b: &Buf<u8, 4>, x: f64) -> (i64, Buf<u8, 9>); }
        pub fn f(x: f64) -> i64 {
            let mut b = Buf::<u8, 4>::new();
            b.push(7 as u8);
            let (n, answer) = ask(&b, sin(x));
            print(&answer);
            print(n);
            print(pow(x, sin(x)));
            return n;
        }",
    );
    let kinds: Vec<ImportKind> = module.imports.iter().map(|import| import.kind).collect();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    assert!(matches!(kinds[0], ImportKind::Host(_)));
    for kind in [
        ImportKind::Math(Op::Sin),
        ImportKind::Math(Op::Pow),
        ImportKind::PrintBuf,
        ImportKind::Print(Type::Int),
        ImportKind::Print(Type::Float),
    ] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
    // Address and float in; the address for the buffer; one int out.
    assert_eq!((module.imports[0].params.len(), module.imports[0].results.len()), (3, 1));
    assert_eq!(Import::math(Op::Pow, &[2.0, 3.0]), 8.0);
}

#[test]
fn buffers_go_in_and_out_by_address() {
    let module = translated(
        "pub fn f(a: &Buf<i64, 3>, x: f64, b: &mut Buf<u8, 5>) -> (Buf<f64, 2>, bool) {
            b.push(a[0] as u8);
            let mut out = Buf::<f64, 2>::new();
            out.push(x);
            return (out.clone(), true);
        }",
    );
    let buf = |data: nda_runtime::BufData, cap| Value::Buf(Buf::new(data, cap).expect("within"));
    let args = [buf(vec![-1_i64, 2].into(), 3), Value::Float(0.5), buf(b"ab".to_vec().into(), 5)];
    let mut memory = vec![0xaa; module.memory as usize];
    module.write(&args, &mut memory);
    let words = module.words(&args);
    let [Word::I32(a), Word::F64(_), Word::I32(b), Word::I32(out)] = words[..] else { panic!("{words:?}") };
    let apart = [a, b, out];
    assert!(apart.iter().all(|x| *x > 0 && x % 8 == 0), "{apart:?}");
    assert!(module.inout(&memory)[0].same_bits(&args[2]));
    // As if the function had written its result.
    memory[out as usize..][..16].copy_from_slice(&[[1, 0, 0, 0, 0, 0, 0, 0], 0.5_f64.to_le_bytes()].concat());
    let results = module.results(&[Word::I32(1)], &memory);
    assert!(nda_runtime::all_same_bits(&results, &[buf(vec![0.5].into(), 2), Value::Bool(true)]));
}

#[test]
fn frames_of_functions_that_are_never_active_together_share_memory() {
    let mut program = ProgramBuilder::new();
    let mut callees = Vec::new();
    for i in 0..3 {
        let mut f = FunctionBuilder::new("", [Type::Int]);
        let b = f.let_("", Expr::fill(Elem::Int, 1 << 20, Expr::int(i)));
        f.return_([Expr::op(Op::Len, [b.load()])]);
        callees.push(program.add(f).expect("well-typed"));
    }
    let mut f = FunctionBuilder::new("", [Type::Int]);
    let sum = callees.iter().map(|callee| Expr::call(callee, [])).reduce(|a, b| a + b).expect("three");
    f.return_([sum]);
    let f = program.add(f).expect("well-typed");
    program.entry(&f);
    let program = nda_ast::load(program.finish().expect("an entry"), &Limits::default()).expect("valid");
    let module = translate(&program, program.program().entries()[0]).expect("buffers");
    check(&module, "three callees");
    assert!(module.memory < 9 << 20, "{} bytes", module.memory);
}

#[test]
fn nans_are_made_canonical_where_they_can_be_seen_only() {
    let constants = |source: &str| {
        let bytes = translated(source).bytes;
        let nan = nda_ast::CANONICAL_NAN.to_le_bytes();
        bytes.windows(8).filter(|window| *window == nan).count()
    };
    let sums = "let mut s = 0.0; for i in 0..9 { s = s + x; s = s * x; }";
    assert_eq!(constants(&format!("pub fn f(x: f64) -> f64 {{ {sums} return s; }}")), 0);
    // The sum is canonical once read, whatever happened before.
    assert_eq!(constants(&format!("pub fn f(x: f64) -> i64 {{ {sums} return float_bits(s); }}")), 1);
    // A slot that may also hold a NaN of the caller's is not to be touched when it is read.
    let mixed = sums.replace("0.0", "x");
    assert_eq!(constants(&format!("pub fn f(x: f64) -> i64 {{ {mixed} return float_bits(s); }}")), 2);
    assert_eq!(constants("pub fn f(x: f64) -> i64 { return float_bits(-x); }"), 0);
    assert_eq!(
        constants(
            "fn g(x: f64) -> f64 { return x / x; } pub fn f(x: f64) -> i64 { return float_bits(g(x)); }"
        ),
        1
    );
}
