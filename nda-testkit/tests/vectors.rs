//! The frozen vectors are complete and unchanged. `NDA_BLESS=1` adds missing ones; it never changes one that is there:
//! to mend a wrong vector, delete its files by hand and say why in the commit.

use nda_ast::{
    Arg, Codebook, Elem, Expr, FunctionBuilder, Limits, Op, ProgramBuilder, Res, Type, ValidProgram, load,
};
use nda_runtime::{Tier0, TrapCode};
use nda_testkit::generate::{Config, Entropy, generate};
use nda_testkit::vectors::{RunInput, directory, files, hash, run, write_run};
use std::collections::BTreeMap;
use std::sync::Once;

/// Every float function on edges and on values over its range: the bits of the pinned library and of the kernels.
fn functions() -> Vec<(String, Vec<u8>)> {
    let mut entropy = Entropy::new(64);
    let floats: Vec<f64> =
        (0..48).map(|i| if i < 24 { entropy.float() } else { entropy.tame_float() }).collect();
    let singles: Vec<f32> =
        (0..64).map(|i| if i < 24 { entropy.f32() } else { entropy.tame_f32() }).collect();
    let mut out = Vec::new();
    for op in Op::ALL.iter().copied() {
        let args = op.info().args;
        let mut program = ProgramBuilder::new();
        let f = match args {
            [Arg::Vec] | [Arg::Vec, Arg::SameVec] => {
                let x = Expr::constant(&program.vec(None, &singles).expect("a vec"));
                let turned = [
                    Expr::counted(Op::Slice, 63, [x.clone(), 1.into()]),
                    Expr::counted(Op::Slice, 1, [x.clone(), 0.into()]),
                ];
                let value = match args {
                    [_] => Expr::op(op, [x]),
                    _ => Expr::op(op, [x, Expr::op(Op::Concat, turned)]),
                };
                let mut f = FunctionBuilder::new(op.info().name, [value.ty()]);
                f.return_([value]);
                f
            }
            [Arg::Float] | [Arg::Float, Arg::Float] if op.info().res == Res::Float => {
                let buf = Type::Buf { elem: Elem::Float, cap: 48 };
                let x = Expr::constant(&program.buf_float(None, 48, &floats).expect("a buf"));
                let mut f = FunctionBuilder::new(op.info().name, [buf]);
                let x = f.let_("x", x);
                let y = f.let_("y", x);
                f.for_("i", 48, None, |f, i| {
                    let at = |i: Expr| Expr::op(Op::Index, [x.load(), i]);
                    let value = match args {
                        [_] => Expr::op(op, [at(i.load())]),
                        _ => Expr::op(op, [at(i.load()), at((i.load() + 7.into()) % 48.into())]),
                    };
                    f.store_elem(y, value, i);
                });
                f.return_([y.load()]);
                f
            }
            _ => continue,
        };
        let f = program.add(f).expect("builds");
        program.entry(&f);
        out.push((format!("function-{}", op.info().name), program.finish().expect("an entry")));
    }
    out
}

/// A program for each trap that generated programs rarely meet.
fn traps() -> Vec<(String, Vec<u8>)> {
    let nan = || Expr::float(f64::NAN);
    let floats = |x: Expr| Expr::op(Op::IntToFloat, [x]);
    let values = [
        ("divide-by-zero", Expr::from(7) / 0.into()),
        ("divide-by-zero-unsigned", Expr::op(Op::RemU, [7.into(), 0.into()])),
        ("integer-overflow", Expr::int(i64::MIN) / (-1).into()),
        ("integer-overflow-float", Expr::op(Op::FloatToUint, [floats((-1).into())])),
        ("invalid-conversion", Expr::op(Op::FloatToInt, [nan()])),
        ("index-out-of-bounds", Expr::op(Op::Index, [Expr::fill(Elem::Int, 3, 1.into()), 3.into()])),
        (
            "capacity-exceeded",
            Expr::op(Op::Len, [Expr::counted(Op::Recap, 1, [Expr::fill(Elem::U8, 2, 1.into())])]),
        ),
    ];
    let mut out = Vec::new();
    for (name, value) in values {
        let mut program = ProgramBuilder::new();
        let mut inner = FunctionBuilder::new(name, [Type::Int]);
        inner.return_([value]);
        let inner = program.add(inner).expect("builds");
        let mut f = FunctionBuilder::new("outer", []);
        f.print(1);
        f.for_("i", 3, Some(5), |f, _| f.print(Expr::call(&inner, [])));
        let f = program.add(f).expect("builds");
        program.entry(&f);
        out.push((format!("trap-{name}"), program.finish().expect("an entry")));
    }
    let mut program = ProgramBuilder::new();
    let weights = program.matrix_of(None, (1, 3), Codebook::Ternary, -3, &[1, 0, -1]).expect("a matrix");
    let vec = program.vec(None, &[1.0, f32::INFINITY, f32::NAN]).expect("a vec");
    let mut f = FunctionBuilder::new("gemv", []);
    f.print(Expr::op(Op::Gemv, [Expr::constant(&weights), Expr::constant(&vec)]));
    let f = program.add(f).expect("builds");
    program.entry(&f);
    out.push(("trap-non-finite".to_owned(), program.finish().expect("an entry")));
    out
}

/// Programs that are frozen: name and file.
fn programs() -> Vec<(String, Vec<u8>)> {
    let mut out = functions();
    out.extend(traps());
    out.extend(generated());
    out
}

fn generated() -> Vec<(String, Vec<u8>)> {
    (0..120)
        .map(|seed| {
            let mut entropy = Entropy::new(0x00f2_0e70_0000 + seed);
            let config = Config {
                nodes: 120,
                functions: 3,
                work: 2000,
                guarded: if seed % 3 == 0 { 70 } else { 98 },
                ..Config::default()
            };
            (format!("generated-{seed:03}"), generate(&mut entropy, &config).bytes)
        })
        .collect()
}

/// A few runs of a program: with fuel enough, cut short, and with a short log.
fn inputs(name: &str, valid: &ValidProgram, bytes: &[u8]) -> Vec<RunInput> {
    let seed = name.bytes().fold(7, |h: u64, b| h.wrapping_mul(31).wrapping_add(b.into()));
    let mut entropy = Entropy::new(seed);
    let mut out = Vec::new();
    for (entry, f) in valid.entries() {
        let args = entropy.arguments(f.function().params());
        let whole = RunInput { entry, args, fuel: 100_000, log_bytes: 1 << 16, host: entropy.below(1 << 20) };
        let outcome = run(&Tier0, bytes, &whole);
        let fuel = entropy.below(outcome.executed_nodes.max(1));
        let log_bytes = entropy.below(outcome.log_bytes.max(1));
        if outcome.executed_nodes > 10 {
            out.push(RunInput { fuel, ..whole.clone() });
        }
        if outcome.log_bytes > 0 {
            out.push(RunInput { log_bytes, ..whole.clone() });
        }
        out.push(whole);
    }
    out
}

/// Adds what is missing, once, where that was asked for.
fn bless() {
    static ONCE: Once = Once::new();
    if std::env::var_os("NDA_BLESS").is_some() {
        ONCE.call_once(add_missing);
    }
}

fn add_missing() {
    std::fs::create_dir_all(directory()).expect("the directory of vectors");
    let there = if directory().is_dir() { files() } else { BTreeMap::new() };
    for (name, bytes) in programs() {
        let file = format!("{name}.nda");
        if there.contains_key(&file) {
            continue;
        }
        let valid = load(bytes.clone(), &Limits::default()).expect("valid");
        let runs: Vec<String> = inputs(&name, &valid, &bytes)
            .iter()
            .map(|input| write_run(input, &run(&Tier0, &bytes, input)))
            .collect();
        std::fs::write(directory().join(file), &bytes).expect("a vector can be written");
        std::fs::write(directory().join(format!("{name}.txt")), runs.join("\n"))
            .expect("a vector can be written");
    }
    std::fs::write(directory().join("HASH"), hash(&files()) + "\n").expect("the hash can be written");
}

#[test]
fn vectors_are_complete_and_unchanged() {
    bless();
    let files = files();
    let frozen = std::fs::read_to_string(directory().join("HASH")).expect("nda-testkit/vectors/HASH");
    assert_eq!(hash(&files), frozen.trim(), "frozen vectors have changed");
    for (name, _) in programs() {
        assert!(files.contains_key(&format!("{name}.nda")), "{name} is missing: run `cargo xtask bless`");
    }
    let bytes: usize = files.values().map(Vec::len).sum();
    assert!(bytes < 2_000_000, "{bytes} bytes of vectors");
}

/// What is frozen reaches every trap that a program can have, and mostly returns.
#[test]
fn vectors_are_worth_freezing() {
    bless();
    let texts: Vec<String> = files()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".txt"))
        .map(|(_, text)| String::from_utf8(text).expect("text"))
        .collect();
    let all = texts.concat();
    let count = |what: &str| all.lines().filter(|line| line.starts_with(what)).count();
    let (returned, trapped) = (count("results:"), count("trap:"));
    println!("{} programs, {returned} runs return, {trapped} trap", texts.len());
    assert!(returned > 100 && trapped > 100, "{returned} return, {trapped} trap");
    for code in TrapCode::ALL.iter().filter(|code| !code.is_interruption()) {
        println!("{:>5} {code}", count(&format!("trap: {code}")));
        assert!(count(&format!("trap: {code}")) > 0, "no frozen run traps with {code}");
    }
}
