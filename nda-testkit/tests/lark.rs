//! `docs/nda.lark` against the parser: both accept the examples and generated programs, and on damaged texts the grammar
//! refuses nothing that compiles, and accepts nothing that the parser calls a syntax error.

use nda_ast::text::{NoLoader, compile_with, print};
use nda_ast::{ErrorCode, Limits, load};
use nda_testkit::generate::{Config, Entropy, generate};
use nda_testkit::lark::Grammar;

fn grammar() -> Grammar {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/nda.lark");
    Grammar::read(&std::fs::read_to_string(path).expect("docs/nda.lark"))
}

/// Small programs: Earley charts of long texts are slow.
fn text(seed: u64) -> Option<String> {
    let mut entropy = Entropy::new(seed);
    let bytes = generate(&mut entropy, &Config::drawn(&mut Entropy::new(seed + 1))).bytes;
    let text = print(&load(bytes, &Limits::default()).expect("valid"));
    (text.len() < 3000).then_some(text)
}

#[test]
fn accepts_the_examples() {
    let grammar = grammar();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
    for name in ["black_scholes", "digits/digits", "host", "life", "path", "scoring", "tokenizer"] {
        let text = std::fs::read_to_string(format!("{root}/{name}.nda")).expect("an example");
        assert!(grammar.accepts(&text), "{name}");
    }
}

#[test]
fn accepts_generated_programs_and_agrees_on_damaged_ones() {
    let grammar = grammar();
    let (mut whole, mut compiled, mut refused) = (0, 0, 0);
    for seed in 0..400 {
        let Some(text) = text(seed) else { continue };
        assert!(grammar.accepts(&text), "seed {seed}\n{text}");
        whole += 1;
        let mut entropy = Entropy::new(seed);
        for _ in 0..6 {
            let damaged = damage(&text, &mut entropy);
            if has_bare_point(&damaged) {
                continue;
            }
            let accepted = grammar.accepts(&damaged);
            let errors = match compile_with(&damaged, &mut NoLoader, false, &Limits::default()) {
                Ok(_) => Vec::new(),
                Err(e) => e.diagnostics,
            };
            if errors.is_empty() {
                compiled += 1;
                assert!(accepted, "seed {seed}: the grammar refuses what compiles\n{damaged}");
            }
            let syntax = errors.iter().find(|e| e.code == ErrorCode::Syntax);
            if let Some(error) = syntax {
                refused += 1;
                assert!(
                    !accepted,
                    "seed {seed}: the grammar accepts what the parser does not: {error:?}\n{damaged}"
                );
            }
        }
    }
    println!("{whole} texts; damaged: {compiled} still compile, {refused} have syntax errors");
    assert!(whole >= 50 && compiled >= 20 && refused >= 100, "{whole} {compiled} {refused}");
}

/// `1.`, which the parser takes and the grammar leaves out.
fn has_bare_point(text: &str) -> bool {
    let after_digit =
        |w: &&[u8]| w[0].is_ascii_digit() && w[1] == b'.' && !w[2].is_ascii_digit() && w[2] != b'.';
    text.as_bytes().windows(3).any(|w| after_digit(&w))
}

/// Takes out, doubles or swaps tokens (as cut at spaces and punctuation).
fn damage(text: &str, entropy: &mut Entropy) -> String {
    let mut tokens: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (token, tail) = rest.split_at(if word > 0 { word } else { c.len_utf8() });
        tokens.push(token);
        rest = tail;
    }
    let at = entropy.below(tokens.len() as u64) as usize;
    match entropy.below(3) {
        0 => {
            tokens.remove(at);
        }
        1 => tokens.insert(at, tokens[at]),
        _ => {
            let other = entropy.below(tokens.len() as u64) as usize;
            tokens.swap(at, other);
        }
    }
    tokens.concat()
}
