//! Diagnostics for people: place, source line with carets, expected and found, fixes.

use crate::input::Source;
use nda_ast::Diagnostic;
use nda_sandbox::SourcePlace;
use std::fmt::Write;
use std::io::IsTerminal;

/// Longest source line that is shown, in characters; longer ones are machine-written.
const MAX_LINE: usize = 200;

/// Escape sequences, empty where standard error is no terminal or the user wants none.
#[derive(Clone, Copy, Default)]
struct Paint {
    red: &'static str,
    blue: &'static str,
    bold: &'static str,
    off: &'static str,
}

impl Paint {
    fn for_stderr() -> Paint {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        if plain || !std::io::stderr().is_terminal() {
            return Paint::default();
        }
        Paint { red: "\x1b[1;31m", blue: "\x1b[1;34m", bold: "\x1b[1m", off: "\x1b[0m" }
    }
}

/// All diagnostics of one program.
pub fn all(source: &Source, diagnostics: &[Diagnostic]) -> String {
    let paint = Paint::for_stderr();
    let mut out = String::new();
    for diagnostic in diagnostics {
        one(&mut out, source, diagnostic, paint);
        out.push('\n');
    }
    let count = diagnostics.len();
    let _ = writeln!(
        out,
        "{}: rejected, {count} error{}; `nda explain CODE` tells more",
        printable(&source.name),
        if count == 1 { "" } else { "s" }
    );
    out
}

fn one(out: &mut String, source: &Source, d: &Diagnostic, paint: Paint) {
    let Paint { red, blue, bold, off } = paint;
    let message = printable(&d.message);
    let _ = writeln!(out, "{red}error[{}]{off}{bold}: {message}{off}", d.code);
    let place = d.span.clone().map(|span| SourcePlace::new(source.shown().as_deref(), span));
    let margin = place.as_ref().map_or(1, |p| p.line.to_string().len());
    let pad = " ".repeat(margin);
    let name = printable(&source.name);
    match &place {
        Some(p) if p.line > 0 => {
            let _ = writeln!(out, "{pad}{blue}-->{off} {name}:{}:{}", p.line, p.column);
        }
        Some(p) => {
            let _ = writeln!(out, "{pad}{blue}-->{off} {name}, byte {}", p.span.start);
        }
        None => {
            let _ = writeln!(out, "{pad}{blue}-->{off} {name}");
        }
    }
    if let (Some(function), true) = (&d.function, place.as_ref().is_none_or(|p| p.line == 0)) {
        let node = d.node.map_or(String::new(), |n| format!(", node {n}"));
        let _ = writeln!(out, "{pad} {blue}={off} in {}{node}", printable(function));
    }
    if let Some(p) = place.filter(|p| p.line > 0 && p.text.chars().count() <= MAX_LINE) {
        let text = printable_line(&p.text);
        let _ = writeln!(out, "{pad} {blue}|{off}");
        let _ = writeln!(out, "{blue}{} |{off} {text}", p.line);
        let _ = writeln!(out, "{pad} {blue}|{off} {red}{}{off}", p.carets());
    }
    for (label, text) in [("expected", &d.expected), ("found", &d.found)] {
        if let Some(text) = text {
            let _ = writeln!(out, "{pad} {blue}={off} {label}: {}", printable(text));
        }
    }
    for fix in &d.fixes {
        let _ = writeln!(out, "{pad} {blue}={off} fix: {}", printable(&fix.message));
    }
}

/// Text from a program, with control characters escaped: names and messages may hold what a hostile file holds, and a
/// terminal obeys it.
pub fn printable(text: &str) -> String {
    text.chars().flat_map(escape).collect()
}

/// As [`printable`], but one character for one, tabs kept, so that carets stand where they should.
fn printable_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

fn escape(c: char) -> Vec<char> {
    if c.is_control() && c != '\n' { c.escape_default().collect() } else { vec![c] }
}
