//! Wrong texts: codes, spans, and what the fixes make of them.
#![cfg(feature = "text")]

use nda_ast::text::compile;
use nda_ast::{Diagnostic, Limits};

struct Case {
    codes: Vec<String>,
    text: String,
    fixed: Option<String>,
}

fn cases() -> Vec<Case> {
    let mut out: Vec<Case> = Vec::new();
    for line in include_str!("text/errors.txt").lines().filter(|l| !l.starts_with('#') || l.starts_with("#["))
    {
        if let Some(codes) = line.strip_prefix("== ") {
            let codes = codes.split(' ').map(str::to_owned).collect();
            out.push(Case { codes, text: String::new(), fixed: None });
            continue;
        }
        let case = out.last_mut().expect("a case");
        match &mut case.fixed {
            _ if line == "--" => case.fixed = Some(String::new()),
            Some(fixed) => *fixed = format!("{fixed}{line}\n"),
            None => case.text = format!("{}{line}\n", case.text),
        }
    }
    out
}

const BEFORE: &str = "pub fn main(n: i64, x: f64, b: &Buf<u8, 16>, v: &Vec32<4>) -> i64 {\n";
const AFTER: &str = "return 0;\n}\n";

fn whole(text: &str) -> String {
    if text.contains("fn ") && !text.starts_with("fn inner") {
        text.to_owned()
    } else {
        format!("{BEFORE}{text}{AFTER}")
    }
}

fn errors(text: &str) -> Vec<Diagnostic> {
    match compile(text, &Limits::default()) {
        Ok(_) => Vec::new(),
        Err(e) => e.diagnostics,
    }
}

/// Applies the first fix of each error, from the end, leaving out those that overlap.
fn apply(text: &str, errors: &[Diagnostic]) -> String {
    let mut fixes: Vec<_> = errors.iter().filter_map(|d| d.fixes.first()).collect();
    fixes.sort_by_key(|f| std::cmp::Reverse(f.span.start));
    let mut out = text.to_owned();
    let mut end = usize::MAX;
    for fix in fixes {
        if fix.span.end <= end {
            out.replace_range(fix.span.clone(), &fix.replacement);
            end = fix.span.start;
        }
    }
    out
}

#[test]
fn codes_and_fixes() {
    let mut failures = String::new();
    let mut actual = String::new();
    let cases = cases();
    assert!(cases.len() > 150);
    for case in &cases {
        let mut text = whole(&case.text);
        let first = errors(&text);
        let codes: Vec<&str> = first.iter().map(|d| d.code.as_str()).collect();
        actual += &format!("== {}\n{}", codes.join(" "), case.text);
        if codes != case.codes {
            failures += &format!("expected {:?}, found {first:#?}\n{text}\n", case.codes);
        }
        for d in &first {
            let span = d.span.clone().expect("a span");
            let fits = text.get(span).is_some() && d.fixes.iter().all(|f| text.get(f.span.clone()).is_some());
            assert!(fits, "{d:?}\n{text}");
            assert!(!d.message.is_empty());
        }
        let Some(fixed) = &case.fixed else {
            if first.iter().any(|d| !d.fixes.is_empty()) {
                failures += &format!("a fix where none is sure: {first:#?}\n{text}\n");
            }
            continue;
        };
        let mut left = first;
        for _ in 0..4 {
            if left.is_empty() || left.iter().all(|d| d.fixes.is_empty()) {
                break;
            }
            text = apply(&text, &left);
            left = errors(&text);
        }
        if !left.is_empty() {
            failures += &format!("after fixes: {left:#?}\n{text}\n");
        }
        let inner = text.strip_prefix(BEFORE).and_then(|t| t.strip_suffix(AFTER)).unwrap_or(&text);
        actual += &format!("--\n{inner}");
        if inner != fixed {
            failures += &format!("fixed text differs:\n{inner}instead of\n{fixed}\n");
        }
    }
    if std::env::var_os("BLESS").is_some() {
        let head: String =
            include_str!("text/errors.txt").lines().take(3).map(|l| format!("{l}\n")).collect();
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/text/errors.txt"), head + &actual)
            .unwrap();
    }
    assert!(failures.is_empty(), "{failures}");
}
