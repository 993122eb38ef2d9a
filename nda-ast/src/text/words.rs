//! Words that the text form gives a meaning: what a name must not be.

use crate::{Op, Spelling};

/// Words of Rust that can be no name: its strict and reserved keywords of every edition.
pub const KEYWORDS: &[&str] = &[
    "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "Self",
    "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Prelude functions that are forms of their own: a count or type in a turbofish, a constant's value, a statement.
pub const FORMS: &[&str] = &[
    "buf", "fail", "fill", "load", "mat", "nan", "norm", "print", "recap", "slice", "splat", "to_vec",
    "vec32",
];

/// Names of the prelude that are no functions.
pub const CONSTANTS: &[&str] = &["INFINITY", "NAN", "QUATERNARY", "TERNARY"];

/// Whether `text` is an identifier of the text form: `[A-Za-z_][A-Za-z0-9_]*` and no keyword.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !KEYWORDS.contains(&text)
}

/// Whether the prelude has a function or constant of this name.
#[must_use]
pub fn is_prelude(name: &str) -> bool {
    FORMS.contains(&name)
        || CONSTANTS.contains(&name)
        || Op::ALL.iter().any(|op| matches!(op.info().text, Spelling::Function(text) if text == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(is_identifier("_x1"));
        for bad in ["", "_", "1x", "fn", "é", "a-b"] {
            assert!(!is_identifier(bad), "{bad}");
        }
        for name in ["min", "gemv", "norm", "NAN"] {
            assert!(is_prelude(name), "{name}");
        }
        assert!(!is_prelude("") && !is_prelude("minimum"));
    }
}
