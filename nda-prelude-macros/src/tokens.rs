//! Small helpers on tokens.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use std::path::Path;

/// Tokens of Rust source that this crate wrote itself. Its names are hygienic.
pub(crate) fn rust(source: &str) -> TokenStream {
    let stream: TokenStream = match source.parse() {
        Ok(stream) => stream,
        Err(e) => return compile_error(&format!("nda-prelude-macros wrote no Rust: {e}: {source}")),
    };
    hygienic(stream)
}

fn hygienic(stream: TokenStream) -> TokenStream {
    stream
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = TokenTree::Group(Group::new(group.delimiter(), hygienic(group.stream())));
            }
            token.set_span(Span::mixed_site());
            token
        })
        .collect()
}

/// `compile_error!("message");`
pub(crate) fn compile_error(message: &str) -> TokenStream {
    let argument = TokenTree::Literal(Literal::string(message));
    [
        TokenTree::Ident(Ident::new("compile_error", Span::call_site())),
        TokenTree::Punct(Punct::new('!', Spacing::Alone)),
        group(Delimiter::Parenthesis, argument.into()),
        TokenTree::Punct(Punct::new(';', Spacing::Alone)),
    ]
    .into_iter()
    .collect()
}

/// Makes the compiler look at `file` again when it changes.
pub(crate) fn rebuild_with(file: &Path) -> TokenStream {
    rust(&format!("const _: &[u8] = ::core::include_bytes!({:?});", file.display().to_string()))
}

pub(crate) fn group(delimiter: Delimiter, stream: TokenStream) -> TokenTree {
    TokenTree::Group(Group::new(delimiter, stream))
}

pub(crate) fn is_punct(token: Option<&TokenTree>, c: char) -> bool {
    matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == c)
}

pub(crate) fn is_ident(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(i)) if i.to_string() == word)
}

pub(crate) fn as_group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(g)) if g.delimiter() == delimiter => Some(g),
        _ => None,
    }
}

/// The value of a plain string literal as it stands in the source; escapes are those of `"` and `\`.
pub(crate) fn string(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                c @ ('"' | '\\') => out.push(c),
                _ => return None,
            },
            c => out.push(c),
        }
    }
    Some(out)
}

/// Whether a literal is an integer without a type.
pub(crate) fn is_integer(literal: &str) -> bool {
    let (digits, radix) = match literal.get(..2) {
        Some("0x") => (&literal[2..], 16),
        Some("0b") => (&literal[2..], 2),
        Some("0o") => (&literal[2..], 8),
        _ => (literal, 10),
    };
    digits.starts_with(|c: char| c.is_digit(radix)) && digits.chars().all(|c| c == '_' || c.is_digit(radix))
}

#[cfg(test)]
mod tests {
    #[test]
    fn integers_are_told_from_other_literals() {
        for yes in ["0", "1_000", "0xff", "0b1_0"] {
            assert!(super::is_integer(yes), "{yes}");
        }
        for no in ["1.0", "1e5", "5i64", "\"0\"", "b'0'", "0x"] {
            assert!(!super::is_integer(no), "{no}");
        }
    }

    #[test]
    fn strings_are_unescaped() {
        assert_eq!(super::string(r#""a\\b""#), Some(r"a\b".to_owned()));
        assert_eq!(super::string("b\"a\""), None);
    }
}
