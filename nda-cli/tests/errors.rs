//! Every code has an entry; every failing example gives its code, and every mended one runs without.

use nda_ast::ErrorCode;
use nda_cli::explain::{Entry, Example, described, document, entries};
use nda_sandbox::tensors::TensorLoader;
use nda_sandbox::{CancelFlag, Diagnostic, Engine, HostError, Limits, Program, TrapCode};
use std::path::PathBuf;
use std::process::{Command, Output};

fn engine() -> Engine {
    let root = |x: i64| if x < 0 { Err(HostError { code: 22 }) } else { Ok(x.isqrt()) };
    Engine::builder().import("root", root).build()
}

/// Loads an example; for the example of the host's trap with the host function that it speaks of.
fn load(example: &Example, granted: bool) -> Result<Program, Vec<Diagnostic>> {
    let engine = engine();
    let mut files = TensorLoader::in_memory();
    let loader = engine.loader().files(&mut files);
    let loader = if granted { loader.grant("root") } else { loader };
    let bytes = example.bytes().expect("hex digits come in pairs");
    let loaded = if example.is_hex { loader.load(bytes) } else { loader.load_text(&example.text) };
    loaded.map_err(|e| e.diagnostics())
}

/// Checks an example of another stage than linking: imports need no grant.
fn check(entry: &Entry, example: &Example) -> Vec<Diagnostic> {
    if entry.stage == "link" {
        return load(example, false).err().unwrap_or_default();
    }
    let (engine, bytes) = (engine(), example.bytes().expect("hex digits come in pairs"));
    let loader = engine.loader();
    let valid = if example.is_hex { loader.validate(bytes) } else { loader.validate_text(&example.text) };
    valid.err().map(|e| e.diagnostics()).unwrap_or_default()
}

/// Runs an example with the command.
fn run(example: &Example) -> Output {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{:x}.nda", hash(&example.text)));
    std::fs::write(&path, &example.text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nda"));
    command.arg("run").arg(&path).arg("--json").args(example.run().unwrap_or_default());
    command.output().unwrap()
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

fn examples(entry: &Entry) -> (&Example, &Example) {
    let missing = || panic!("{} has no examples", entry.code);
    (entry.failing.as_ref().unwrap_or_else(missing), entry.mended.as_ref().unwrap_or_else(missing))
}

#[test]
fn every_code_is_described_and_no_other() {
    let all = entries();
    for entry in &all {
        assert!(!entry.summary.is_empty() && !entry.explanation.is_empty(), "{} lacks words", entry.code);
    }
    let known: Vec<&str> = all.iter().map(|e| e.code.as_str()).collect();
    let described = described();
    assert_eq!(described.len(), known.len());
    assert!(described.iter().all(|code| known.contains(code)), "{described:?}");
}

#[test]
fn failing_examples_are_rejected_with_their_code() {
    let mut wrong = Vec::new();
    let by_command = ["link.unknown-function"];
    for entry in entries().iter().filter(|e| e.stage != "run" && !by_command.contains(&e.code.as_str())) {
        let (failing, mended) = examples(entry);
        let list = check(entry, failing);
        if list.len() != 1 || list[0].code.as_str() != entry.code {
            wrong.push(format!("{} is not what this gives, but {list:?}:\n{}", entry.code, failing.text));
        }
        let list = check(entry, mended);
        if !list.is_empty() {
            wrong.push(format!("mended example of {} fails: {list:?}\n{}", entry.code, mended.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_unknown_function_is_named() {
    let all = entries();
    let entry = all.iter().find(|e| e.code == "link.unknown-function").unwrap();
    let (failing, mended) = examples(entry);
    let program = load(failing, false).unwrap();
    let error = program.entry("medium").unwrap_err();
    assert_eq!(Diagnostic::from(&error).code, ErrorCode::UnknownFunction);
    let failed = run(failing);
    assert_eq!(
        (failed.status.code(), &json(&failed)["errors"][0]["code"]),
        (Some(2), &entry.code.as_str().into())
    );
    assert_eq!(run(mended).status.code(), Some(0));
}

#[test]
fn failing_examples_trap_with_their_code() {
    let mut wrong = Vec::new();
    // These two need more of the host than the command has.
    let by_host = ["Host", "Cancelled"];
    for entry in entries().iter().filter(|e| e.stage == "run" && !by_host.contains(&e.code.as_str())) {
        let (failing, mended) = examples(entry);
        let failed = run(failing);
        if failed.status.code() != Some(1) || json(&failed)["trap"]["code"] != entry.code.as_str() {
            wrong.push(format!("{} is not what this gives: {failed:?}", entry.code));
        }
        let well = run(mended);
        if well.status.code() != Some(0) {
            wrong.push(format!("mended example of {}: {well:?}", entry.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn host_and_cancel_trap_as_described() {
    let all = entries();
    let (failing, mended) = examples(all.iter().find(|e| e.code == "Host").unwrap());
    let call = |example| load(example, true).unwrap().func::<i64, i64>("f").unwrap().call(-4);
    assert_eq!(call(failing).unwrap_err().trap().map(|t| t.code()), Some(TrapCode::Host));
    assert_eq!(call(mended).unwrap(), 0);

    let source = "fn f() { loop { } }";
    let program = engine().load_text(source, &Limits::default()).unwrap();
    let flag = CancelFlag::new();
    flag.cancel();
    let f = program.func::<(), ()>("f").unwrap().with_cancel(&flag);
    assert_eq!(f.call(()).unwrap_err().trap().map(|t| t.code()), Some(TrapCode::Cancelled));
}

#[test]
fn the_document_is_generated_from_the_data() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
    let text = document();
    if std::env::var_os("NDA_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == text, "docs/errors.md is out of date: run the tests with NDA_BLESS=1");
}
