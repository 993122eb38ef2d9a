//! Literals of numbers and bytes.

use super::{Parsed, Parser, clip};
use crate::ErrorCode;
use crate::text::diag::Diag;
use crate::text::lex::{Span, Tok, unescape};

/// The value of a literal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Literal {
    /// Magnitude, not above 2^63; the sign is applied by the caller, who also checks the range.
    Int(u64),
    Float(f64),
}

/// Splits a suffix such as `i64` off a decimal literal.
fn split_suffix(text: &str) -> (&str, &str) {
    for suffix in
        ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64"]
    {
        if let Some(digits) = text.strip_suffix(suffix)
            && !digits.is_empty()
        {
            return (digits.trim_end_matches('_'), suffix);
        }
    }
    (text, "")
}

impl Parser<'_> {
    /// The integer token here as 64 bits, for counts and the bits of a NaN.
    pub(super) fn bits(&mut self, what: &str) -> Parsed<u64> {
        if !self.at(Tok::Int) {
            let diag = self.unexpected(what);
            return self.fail(diag);
        }
        match parse_int(self.text()) {
            Some(value) => {
                self.bump();
                Ok(value)
            }
            None => {
                let diag = self.bad_literal(self.span(), what);
                self.fail(diag)
            }
        }
    }

    #[cold]
    pub(super) fn bad_literal(&self, span: Span, expected: &str) -> Diag {
        let text = clip(span.text(self.source));
        Diag::new(ErrorCode::Literal, span, format!("`{text}` is not {expected}."))
            .expected(expected)
            .found(text)
    }

    /// An `Int` or `Float` token with its sign; a bad one is reported and gives 0.
    pub(super) fn signed_literal(&mut self, negative: bool, from: Span) -> Literal {
        let (tok, text) = (self.tok(), self.text());
        let token = self.bump();
        let span = from.to(token.span);
        let sign = if negative { "-" } else { "" };
        if tok == Tok::Int {
            if let Some(value) = parse_int(text) {
                if value <= i64::MAX as u64 || (negative && value == 1 << 63) {
                    return Literal::Int(if negative { value.wrapping_neg() } else { value });
                }
                let mut diag = self.bad_literal(span, "an i64, which goes from -2^63 to 2^63 - 1");
                // Bits are often written in hex: the same bits as a signed number.
                if !negative && text.starts_with("0x") {
                    let same = (value as i64).to_string();
                    diag = diag.fix(format!("write the same 64 bits as {same}"), span, same);
                }
                self.diags.push(diag);
                return Literal::Int(0);
            }
        } else if let Some(value) = parse_float(text) {
            return Literal::Float(if negative { -value } else { value });
        }
        self.diags.push(self.odd_literal(span, sign, text, tok));
        let float = tok == Tok::Float || split_suffix(text).1.starts_with('f');
        if float { Literal::Float(0.0) } else { Literal::Int(0) }
    }

    /// A literal that Rust may know and NDA does not.
    #[cold]
    fn odd_literal(&self, span: Span, sign: &str, text: &str, tok: Tok) -> Diag {
        let (digits, suffix) = split_suffix(text);
        let float = tok == Tok::Float || suffix.starts_with('f');
        let diag = self.bad_literal(span, if float { "an f64" } else { "an i64" });
        if suffix.is_empty() {
            return diag;
        }
        let plain = match digits.contains(['.', 'e', 'E']) {
            false if suffix.starts_with('f') => format!("{sign}{digits}.0"),
            _ => format!("{sign}{digits}"),
        };
        let mut diag = diag.fix(format!("write `{plain}`"), span, plain);
        diag.0.message =
            "A literal has no suffix: an integer is an i64, with a point it is an f64.".to_owned();
        diag
    }

    /// A byte literal token.
    pub(super) fn byte_literal(&mut self) -> u8 {
        let token = self.bump();
        match unescape(token.span.text(self.source)).as_deref() {
            Some(&[byte]) => byte,
            _ => {
                self.diags.push(self.bad_literal(token.span, "one byte such as b'a' or b'\\x80'"));
                0
            }
        }
    }
}

/// An integer literal without suffix.
fn parse_int(text: &str) -> Option<u64> {
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0o") => (&text[2..], 8),
        Some("0b") => (&text[2..], 2),
        _ => (text, 10),
    };
    let mut value = 0_u64;
    let mut any = false;
    for c in digits.chars().filter(|c| *c != '_') {
        value = value.checked_mul(radix.into())?.checked_add(c.to_digit(radix)?.into())?;
        any = true;
    }
    any.then_some(value)
}

/// A float literal without suffix; `None` also where it rounds to infinity.
fn parse_float(text: &str) -> Option<f64> {
    let plain;
    let text = if text.contains('_') {
        plain = text.replace('_', "");
        &plain
    } else {
        text
    };
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_and_floats() {
        assert_eq!(parse_int("1_000"), Some(1000));
        assert_eq!(parse_int("0xff_ff"), Some(65535));
        assert_eq!(parse_int("0xffffffffffffffff"), Some(u64::MAX));
        assert_eq!(parse_int("18446744073709551616"), None);
        assert_eq!(parse_int("0x"), None);
        assert_eq!(parse_int("5u8"), None);
        assert_eq!(parse_float("1_0.5e-3"), Some(0.0105));
        assert_eq!(parse_float("1e400"), None);
        assert_eq!(parse_float("1."), Some(1.0));
        assert_eq!(split_suffix("5_u8"), ("5", "u8"));
    }
}
