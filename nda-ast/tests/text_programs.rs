//! Whole programs through the parser: every form of statement and expression, and the canonical printer's fixed point.
#![cfg(feature = "text")]

use nda_ast::text::{CompileError, compile, print};
use nda_ast::{Limits, ValidProgram};

fn compiled(source: &str) -> ValidProgram {
    compile(source, &Limits::default()).unwrap_or_else(|e| panic!("{e}\n{source}"))
}

/// Text -> program -> text -> program: the same objects, and the text is a fixed point.
fn fixed_point(source: &str) -> String {
    let program = compiled(source);
    let text = print(&program);
    let again = compiled(&text);
    let hashes = |p: &ValidProgram| p.program().objects().iter().map(|o| o.hash()).collect::<Vec<_>>();
    assert_eq!(hashes(&program), hashes(&again), "{text}");
    assert_eq!(program.program().entries(), again.program().entries(), "{text}");
    assert_eq!(print(&again), text);
    text
}

const EVERYTHING: &str = r#"
// A comment. /* another */
use_nothing!();
"#;

#[test]
fn every_form() {
    let text = fixed_point(include_str!("text/every_form.nda"));
    assert!(text.contains("pub fn statements("));
}

#[test]
fn errors_are_reported() {
    let error: CompileError = compile(EVERYTHING, &Limits::default()).unwrap_err();
    assert!(!error.diagnostics.is_empty());
}
