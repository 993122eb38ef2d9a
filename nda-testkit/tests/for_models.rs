//! `docs/for-models.md`: short enough, every example runs and gives what the page says of it, every function is named.

use nda_ast::text::compile;
use nda_ast::{Limits, Op, Spelling, Type};
use nda_runtime::{Buf, Link, Loaded, Run, RunLimits, RunState, Tier, Tier0, Value};
use std::sync::Arc;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/for-models.md");
    std::fs::read_to_string(path).expect("docs/for-models.md")
}

fn examples() -> Vec<String> {
    let page = page();
    let blocks = page.split("```nda\n").skip(1);
    blocks.map(|b| b.split("```").next().expect("an end").to_owned()).collect()
}

/// Results, then `inout` values, then the log, as text.
fn run(source: &str, function: &str, args: &[Value]) -> Vec<String> {
    let program = compile(source, &Limits::default()).unwrap_or_else(|e| panic!("{e}\n{source}"));
    let entry = program.program().entry(function).expect("the entry point");
    let mut link = Link::new();
    link.grant("now", [], [Type::Int], |_: &[Value]| Ok(vec![Value::Int(1234)]));
    let loaded = Loaded::new(Arc::new(program), &link).expect("granted");
    let run = Run { program: &loaded, entry, args, limits: &RunLimits::default() };
    let outcome = Tier0.run(run, &mut RunState::new()).expect("the arguments fit");
    let returned = outcome.result.unwrap_or_else(|trap| panic!("{trap:?}"));
    returned.results.iter().chain(&returned.inout).chain(&outcome.log).map(ToString::to_string).collect()
}

#[test]
fn every_example_runs() {
    let examples = examples();
    assert_eq!(examples.len(), 3);
    let text = Value::Buf(Buf::new(b"3.14 x 2".to_vec(), 64).expect("fits"));
    let out = run(&examples[0], "main", &[Value::Int(95), text]);
    assert_eq!(out, ["50", "buf([3, 4, -1])", "buf(b\"c\")"]);

    let four = Value::Buf(Buf::new(vec![7_i64; 4], 4).expect("fits"));
    assert_eq!(run(&examples[1], "run", &[four]), ["4", "buf([123, 0, 0, 0])"]);

    let out = run(&examples[2], "layer", &[Value::Vec32(vec![1.0, 0.0, -1.0])]);
    assert_eq!(out.len(), 2);
    // Row 0 is [2, -2, 1] and row 1 [1, 2, 1]: 1 and 0, so the first is the greater.
    assert_eq!(out[1], "0");
}

/// No tokeniser is at hand; both counts err on the high side for English and Rust: four characters to a token, and one
/// token for each word of up to six letters (two for a longer one), each number and each mark, spaces free.
#[test]
fn the_page_is_short() {
    let page = page();
    let by_size = page.chars().count().div_ceil(4);
    let mut by_words = 0;
    let mut letters = 0;
    for c in page.chars().chain([' ']) {
        if c.is_alphanumeric() {
            letters += 1;
            continue;
        }
        by_words += usize::from(letters > 0) + usize::from(letters > 6);
        letters = 0;
        by_words += usize::from(!c.is_whitespace() && c != '`');
    }
    println!("{by_size} tokens at 4 characters, {by_words} by words and marks");
    assert!(by_size <= 2000, "{by_size}");
    assert!(by_words <= 2000, "{by_words}");
}

#[test]
fn every_prelude_function_is_named() {
    let page = page();
    let words: Vec<&str> = page.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let functions = Op::ALL.iter().filter_map(|op| match op.info().text {
        Spelling::Function(name) => Some(name),
        _ => None,
    });
    for name in functions.chain([
        "norm", "slice", "splat", "to_vec", "fill", "recap", "print", "fail", "buf", "vec32", "mat", "load",
    ]) {
        assert!(words.contains(&name), "{name} is not on the page");
    }
}
