//! What every error and trap code means, with a failing and a mended example: the data behind `nda explain` and
//! `docs/errors.md`.
//!
//! The data are the files beside this one, in a small form of Markdown. A code begins with `## CODE`; then come
//! paragraphs; `### fails` and `### mended` each hold one fenced block: `nda` for a text (lines after `// run` say how:
//! see [`Example::run`]), or `hex` for bytes, with comments from `#` to the end of a line.

use nda_ast::ErrorCode;
use nda_sandbox::TrapCode;
use std::fmt::Write;

const FILES: [&str; 5] = [
    include_str!("explain/decode.md"),
    include_str!("explain/validate.md"),
    include_str!("explain/text.md"),
    include_str!("explain/link.md"),
    include_str!("explain/trap.md"),
];

/// What there is to say of one code.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The code: `type.mismatch`, `DivideByZero`.
    pub code: String,
    /// The stage that gives it: `decode`, `validate`, `text`, `link`, or `run` for a trap.
    pub stage: &'static str,
    /// One sentence.
    pub summary: String,
    /// The paragraphs.
    pub explanation: String,
    /// An example that gives the code.
    pub failing: Option<Example>,
    /// The same without the fault.
    pub mended: Option<Example>,
}

/// A program that fails or has been mended.
#[derive(Clone, Debug)]
pub struct Example {
    /// Whether it is bytes in hex rather than the text form.
    pub is_hex: bool,
    /// The text, or the hex with its comments.
    pub text: String,
}

impl Example {
    /// The program: the text, or the bytes that the hex stands for; `None` where a digit is missing or is none.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        if !self.is_hex {
            return Some(self.text.clone().into_bytes());
        }
        let code = self.text.lines().map(|line| line.split('#').next().unwrap_or(""));
        let digits: Vec<u8> = code.flat_map(str::bytes).filter(|b| !b.is_ascii_whitespace()).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        if digits.len() % 2 == 1 { None } else { digits.chunks_exact(2).map(byte).collect() }
    }

    /// The options of `nda run` from a first line such as `// run: --arg 1 --arg 0`, for traps and linking.
    #[must_use]
    pub fn run(&self) -> Option<Vec<String>> {
        let line = self.text.lines().next()?.strip_prefix("// run:")?;
        Some(line.split_whitespace().map(str::to_owned).collect())
    }
}

/// Every code, in the order of the lists in `nda-ast` and the runtime. Codes that have no entry in the data get
/// their summary alone; a test forbids that.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let data: Vec<(&str, &str)> = FILES.iter().flat_map(|file| sections(file)).collect();
    let errors = ErrorCode::ALL.iter().map(|c| (c.as_str(), c.stage().name(), c.summary().to_owned()));
    let traps = TrapCode::ALL.iter().map(|c| (c.as_str(), "run", String::new()));
    errors.chain(traps).map(|(code, stage, summary)| entry(code, stage, summary, &data)).collect()
}

/// Codes that the data describe, in the order of the files: for the test that none is misspelt.
#[must_use]
pub fn described() -> Vec<&'static str> {
    FILES.iter().flat_map(|file| sections(file)).map(|(code, _)| code).collect()
}

/// The sections of a file: code and what stands under it.
fn sections(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let body = file.strip_prefix("## ").map(|rest| ("", rest)).or_else(|| file.split_once("\n## "));
    let body = body.map_or("", |(_, rest)| rest);
    body.split("\n## ").filter_map(|section| section.split_once('\n')).map(|(code, rest)| (code.trim(), rest))
}

fn entry(code: &str, stage: &'static str, summary: String, data: &[(&str, &str)]) -> Entry {
    let text = data.iter().find(|(c, _)| *c == code).map_or("", |(_, text)| text);
    let prose = text.split("### ").next().unwrap_or("").trim();
    // A trap's summary is its first paragraph; an error's comes from the list of codes.
    let (summary, explanation) = match summary.is_empty() {
        true => match prose.split_once("\n\n") {
            Some((first, rest)) => (first.replace('\n', " "), rest.trim().to_owned()),
            None => (prose.replace('\n', " "), String::new()),
        },
        false => (summary, prose.to_owned()),
    };
    let example = |heading: &str| text.split("### ").find_map(|part| fenced(part.strip_prefix(heading)?));
    Entry {
        code: code.to_owned(),
        stage,
        summary,
        explanation,
        failing: example("fails"),
        mended: example("mended"),
    }
}

/// The fenced block in `text`.
fn fenced(text: &str) -> Option<Example> {
    let (_, rest) = text.split_once("```")?;
    let (language, rest) = rest.split_once('\n')?;
    let (body, _) = rest.split_once("```")?;
    Some(Example { is_hex: language.trim() == "hex", text: body.to_owned() })
}

impl Entry {
    /// As `nda explain` prints it.
    #[must_use]
    pub fn for_people(&self) -> String {
        let kind = if self.stage == "run" { "trap" } else { "error" };
        let mut out = format!("{} ({kind}, {})\n\n{}\n", self.code, self.stage, self.summary);
        if !self.explanation.is_empty() {
            let _ = write!(out, "\n{}\n", self.explanation);
        }
        for (label, example) in [("Fails:", &self.failing), ("Mended:", &self.mended)] {
            if let Some(example) = example {
                let _ = write!(out, "\n{label}\n");
                example.text.lines().for_each(|line| {
                    let _ = writeln!(out, "{}", format!("    {line}").trim_end());
                });
            }
        }
        out
    }

    fn markdown(&self, out: &mut String) {
        let _ = write!(out, "\n### `{}`\n\n{}\n", self.code, self.summary);
        if !self.explanation.is_empty() {
            let _ = write!(out, "\n{}\n", self.explanation);
        }
        for (label, example) in [("Fails", &self.failing), ("Mended", &self.mended)] {
            if let Some(example) = example {
                let language = if example.is_hex { "text" } else { "rust" };
                let _ = write!(out, "\n{label}:\n\n```{language}\n{}```\n", example.text);
            }
        }
    }
}

/// `docs/errors.md`.
#[must_use]
pub fn document() -> String {
    let all = entries();
    let mut out = String::from(HEAD);
    let stages = [
        ("decode", "Reading bytes", "Byte offsets in the error count from the start of the file."),
        (
            "validate",
            "Checking",
            "The error names function and node, and the span where the program has spans.",
        ),
        (
            "text",
            "Reading text",
            "Up to 20 are reported at once, each with its span and, where one is known, a fix.",
        ),
        ("link", "Finding what is outside", "Entry points, host functions, sites, files."),
        (
            "run",
            "Traps",
            "A trap ends a run. It carries operands, and the chain of calls from the entry point.",
        ),
    ];
    for (stage, title, note) in stages {
        let _ = write!(out, "\n## {title}: `{stage}`\n\n{note}\n");
        all.iter().filter(|e| e.stage == stage).for_each(|e| e.markdown(&mut out));
    }
    out
}

const HEAD: &str = "\
# Errors and traps

Every code that this project gives, with an example that gives it and the same example mended. `nda explain CODE` prints
the same. The examples are run by a test. Codes are stable: `docs/compatibility.md`.

An example whose first line is `// run: ..` is given to `nda run` with those options; bytes are in hex, with comments
from `#` on.
";
