//! The fix for an `if` that gives a value and has statements in its arms: the same as a statement, with the value
//! stored or returned in each arm.

use super::Parser;
use crate::text::lex::{Lexer, Span, Tok};

impl Parser<'_> {
    /// Adds the fix to the last error, which is that of an arm. `whole` is the statement with its `;`, `value` its
    /// `if`; the arms' values get `prefix` before them, the `if` gets `before`.
    #[cold]
    pub(super) fn fix_arms(
        &mut self,
        whole: Span,
        value: Span,
        before: impl Fn(&str) -> String,
        prefix: &str,
    ) {
        let Some((text, some_value)) = spread(value.text(self.source), prefix) else { return };
        let text = before(some_value) + &text;
        if let Some(diag) = self.diags.list.last_mut() {
            diag.fixes.push(crate::Fix {
                message: "make it a statement that stores in each arm".to_owned(),
                span: whole.range(),
                replacement: text,
            });
        }
    }
}

/// The text of an `if` with `prefix` before the value of each arm and `;` after it, and one of the values.
fn spread<'t>(text: &'t str, prefix: &str) -> Option<(String, &'t str)> {
    let mut lexer = Lexer::new(text, false);
    let mut out = String::with_capacity(2 * text.len());
    let (mut copied, mut depth) = (0, 0_u32);
    let (mut start, mut block_end) = (None::<Span>, false);
    let (mut last, mut value) = (Span::default(), "");
    loop {
        let token = lexer.next();
        match token.tok {
            Tok::Eof => break,
            Tok::RBrace if depth == 1 => {
                let tail = Span::new(start?.start, last.end);
                let words = tail.text(text);
                let statement = ["let ", "for ", "while ", "loop ", "return ", "break", "continue"];
                if statement.iter().any(|word| words.starts_with(word)) {
                    return None;
                }
                out.push_str(&text[copied as usize..tail.start as usize]);
                out.push_str(prefix);
                out.push_str(words);
                out.push(';');
                copied = tail.end;
                depth = 0;
                value = words;
                start = None;
                continue;
            }
            Tok::LBrace | Tok::LParen | Tok::LBracket => {
                depth += 1;
                if depth == 1 && token.tok == Tok::LBrace {
                    (start, block_end) = (None, false);
                    continue;
                }
            }
            Tok::RBrace | Tok::RParen | Tok::RBracket => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth >= 1 && token.tok != Tok::Semi {
            // What follows a block is another statement, unless it belongs to its `if`.
            let next = block_end && !matches!(token.tok, Tok::Else | Tok::Dot | Tok::RBrace);
            if start.is_none() || next && depth == 1 {
                start = Some(token.span);
            }
        }
        block_end = token.tok == Tok::RBrace && depth == 1;
        if token.tok == Tok::Semi && depth == 1 {
            start = None;
        }
        last = token.span;
    }
    out.push_str(&text[copied as usize..]);
    (depth == 0 && !value.is_empty()).then_some((out, value))
}

/// A value of the type that this one seems to have, by its looks.
pub(super) fn zero_like(value: &str) -> &'static str {
    let mut lexer = Lexer::new(value, false);
    let (mut float, mut bool) = (false, false);
    loop {
        match lexer.next().tok {
            Tok::Eof => break,
            Tok::Float => float = true,
            Tok::True
            | Tok::False
            | Tok::EqEq
            | Tok::Ne
            | Tok::Lt
            | Tok::Le
            | Tok::Gt
            | Tok::Ge
            | Tok::Bang => {
                bool = true;
            }
            _ => {}
        }
    }
    match (bool, float) {
        (true, _) => "false",
        (_, true) => "0.0",
        _ => "0",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms() {
        let cases = [
            ("if c { let t = 1; t } else { 0 }", "if c { let t = 1; x = t; } else { x = 0; }"),
            ("if (c) { f(); } else { 0 }", ""),
            (
                "if c { for i in 0..2 { f(i); } g(1)[2] } else if d { 2 } else { if e { 3 } else { 4 } }",
                "if c { for i in 0..2 { f(i); } x = g(1)[2]; } else if d { x = 2; } else { x = if e { 3 } else { 4 }; }",
            ),
            ("if c { return 1; } else { 2 }", ""),
            ("if c { 1", ""),
        ];
        for (text, expected) in cases {
            let found = spread(text, "x = ").map(|(text, _)| text).unwrap_or_default();
            assert_eq!(found, expected);
        }
    }
}
