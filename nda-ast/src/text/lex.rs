//! Tokens of the text form, one at a time, with comments set aside for the formatter.

use std::ops::Range;

/// A byte range of the text. Texts are shorter than 2^32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    pub fn to(self, end: Span) -> Span {
        Span { start: self.start, end: end.end }
    }

    /// The empty range at the end.
    pub fn after(self) -> Span {
        Span { start: self.end, end: self.end }
    }

    /// The empty range at the start.
    pub fn before(self) -> Span {
        Span { start: self.start, end: self.start }
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn text(self, source: &str) -> &str {
        source.get(self.range()).unwrap_or("")
    }
}

macro_rules! tokens {
    (words $($word:ident $text:literal)+ ; puncts $($punct:ident $symbol:literal)+ ; others $($other:ident $what:literal)+) => {
        /// What a token is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Tok { $($word,)+ $($punct,)+ $($other,)+ }

        impl Tok {
            /// For "expected" in errors.
            pub fn describe(self) -> &'static str {
                match self {
                    $(Tok::$word => concat!("`", $text, "`"),)+
                    $(Tok::$punct => concat!("`", $symbol, "`"),)+
                    $(Tok::$other => $what,)+
                }
            }

            fn of_word(text: &str) -> Tok {
                match text {
                    $($text => Tok::$word,)+
                    _ if super::words::KEYWORDS.contains(&text) => Tok::Reserved,
                    _ => Tok::Ident,
                }
            }
        }
    };
}

tokens! {
    words
        As "as" Break "break" Const "const" Continue "continue" Else "else" Extern "extern" False "false" Fn "fn"
        For "for" If "if" In "in" Let "let" Loop "loop" Match "match" Mut "mut" Pub "pub" Return "return" True "true"
        Use "use" While "while" Under "_";
    puncts
        LParen "(" RParen ")" LBrace "{" RBrace "}" LBracket "[" RBracket "]" Comma "," Semi ";" Colon ":" Path "::"
        Dot "." Range ".." RangeIncl "..=" Arrow "->" FatArrow "=>" Assign "=" Hash "#" Bang "!" Question "?" At "@"
        Plus "+" Minus "-" Star "*" Slash "/" Percent "%" Amp "&" AmpAmp "&&" Pipe "|" PipePipe "||" Caret "^"
        Shl "<<" Shr ">>" EqEq "==" Ne "!=" Lt "<" Le "<=" Gt ">" Ge ">="
        PlusEq "+=" MinusEq "-=" StarEq "*=" SlashEq "/=" PercentEq "%=" AmpEq "&=" PipeEq "|=" CaretEq "^="
        ShlEq "<<=" ShrEq ">>=";
    others
        Ident "a name" Reserved "a reserved word" Int "an integer" Float "a float" Byte "a byte literal"
        ByteStr "a byte string" Str "a string" Char "a character" Label "a label" Bad "an unknown character"
        Eof "the end of the text"
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub tok: Tok,
    pub span: Span,
}

/// A comment of the text: `// ..` without its line end, or `/* .. */`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Byte range in the text.
    pub span: Range<usize>,
    /// Whether nothing but white space stands before it on its line.
    pub own_line: bool,
}

pub(crate) struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    pos: usize,
    /// Where the current line starts to hold something else than white space and comments.
    line_has_code: bool,
    keep_comments: bool,
    pub comments: Vec<Comment>,
}

fn is_word_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_'
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

impl<'s> Lexer<'s> {
    pub fn new(source: &'s str, keep_comments: bool) -> Lexer<'s> {
        Lexer {
            source,
            bytes: source.as_bytes(),
            pos: 0,
            line_has_code: false,
            keep_comments,
            comments: Vec::new(),
        }
    }

    fn at(&self, offset: usize) -> u8 {
        self.bytes.get(self.pos + offset).copied().unwrap_or(0)
    }

    /// The next token; at the end of the text `Eof` for ever.
    pub fn next(&mut self) -> Token {
        if let Some(bad) = self.skip_space() {
            return bad;
        }
        let start = self.pos;
        self.line_has_code = true;
        let tok = if start == self.bytes.len() { Tok::Eof } else { self.token() };
        Token { tok, span: Span::new(start as u32, self.pos as u32) }
    }

    /// White space and comments; a comment that does not end is a bad token.
    fn skip_space(&mut self) -> Option<Token> {
        loop {
            match (self.at(0), self.at(1)) {
                (b'\n', _) => {
                    self.line_has_code = false;
                    self.pos += 1;
                }
                (b' ' | b'\t' | b'\r', _) => self.pos += 1,
                (b'/', b'/') => {
                    let start = self.pos;
                    let rest = &self.bytes[start..];
                    self.pos += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                    self.comment(start);
                }
                (b'/', b'*') => {
                    let start = self.pos;
                    if !self.block_comment() {
                        return Some(Token { tok: Tok::Bad, span: Span::new(start as u32, self.pos as u32) });
                    }
                    self.comment(start);
                }
                _ => return None,
            }
        }
    }

    fn comment(&mut self, start: usize) {
        if self.keep_comments {
            let text = self.source[start..self.pos].trim_end();
            self.comments.push(Comment { span: start..start + text.len(), own_line: !self.line_has_code });
        }
    }

    /// Skips a comment that may hold others, as in Rust; whether it ends.
    fn block_comment(&mut self) -> bool {
        let mut depth = 0;
        while self.pos < self.bytes.len() {
            match (self.at(0), self.at(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.pos += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.pos += 2;
                    if depth == 0 {
                        return true;
                    }
                }
                _ => self.pos += 1,
            }
        }
        false
    }

    fn token(&mut self) -> Tok {
        let first = self.at(0);
        match (first, self.at(1)) {
            (b'b', b'"') => {
                self.pos += 1;
                return self.string(Tok::ByteStr);
            }
            (b'b', b'\'') => {
                self.pos += 1;
                return self.quoted(Tok::Byte);
            }
            (b'"', _) => return self.string(Tok::Str),
            (b'\'', _) => return self.quote(),
            (b'0'..=b'9', _) => return self.number(),
            _ => {}
        }
        if is_word_start(first) {
            let start = self.pos;
            while is_word(self.at(0)) {
                self.pos += 1;
            }
            return Tok::of_word(&self.source[start..self.pos]);
        }
        self.punct()
    }

    /// A string with escapes, from its opening quote.
    fn string(&mut self, tok: Tok) -> Tok {
        self.pos += 1;
        while self.pos < self.bytes.len() {
            match self.at(0) {
                b'"' => {
                    self.pos += 1;
                    return tok;
                }
                b'\\' => self.pos = (self.pos + 2).min(self.bytes.len()),
                _ => self.pos += 1,
            }
        }
        Tok::Bad
    }

    /// `'a` or `'a'`.
    fn quote(&mut self) -> Tok {
        let label = is_word_start(self.at(1)) && self.at(2) != b'\'';
        if !label {
            return self.quoted(Tok::Char);
        }
        self.pos += 1;
        while is_word(self.at(0)) {
            self.pos += 1;
        }
        Tok::Label
    }

    /// A character or byte in single quotes, on one line.
    fn quoted(&mut self, tok: Tok) -> Tok {
        self.pos += 1;
        loop {
            match self.at(0) {
                b'\'' => {
                    self.pos += 1;
                    return tok;
                }
                b'\n' | b'\r' => return Tok::Bad,
                _ if self.pos >= self.bytes.len() => return Tok::Bad,
                // An escaped line end is no escape.
                b'\\' if !matches!(self.at(1), b'\n' | b'\r') => {
                    self.pos = (self.pos + 2).min(self.bytes.len())
                }
                _ => self.pos += 1,
            }
        }
    }

    fn number(&mut self) -> Tok {
        if self.at(0) == b'0' && matches!(self.at(1), b'x' | b'o' | b'b') {
            self.pos += 2;
            while is_word(self.at(0)) {
                self.pos += 1;
            }
            return Tok::Int;
        }
        let mut tok = Tok::Int;
        self.digits();
        // `1..n` is a range and `1.max(2)` a method; `1.` alone is a float.
        if self.at(0) == b'.' && self.at(1) != b'.' && !is_word_start(self.at(1)) {
            tok = Tok::Float;
            self.pos += 1;
            self.digits();
        }
        let sign = usize::from(matches!(self.at(1), b'+' | b'-'));
        if matches!(self.at(0), b'e' | b'E') && self.at(1 + sign).is_ascii_digit() {
            tok = Tok::Float;
            self.pos += 1 + sign;
            self.digits();
        }
        // A suffix such as `u8` belongs to the token; the parser refuses it.
        while is_word(self.at(0)) {
            self.pos += 1;
        }
        tok
    }

    fn digits(&mut self) {
        while self.at(0).is_ascii_digit() || self.at(0) == b'_' {
            self.pos += 1;
        }
    }

    fn punct(&mut self) -> Tok {
        let (tok, len) = match (self.at(0), self.at(1), self.at(2)) {
            (b'<', b'<', b'=') => (Tok::ShlEq, 3),
            (b'>', b'>', b'=') => (Tok::ShrEq, 3),
            (b'.', b'.', b'=') => (Tok::RangeIncl, 3),
            (b'<', b'<', _) => (Tok::Shl, 2),
            (b'>', b'>', _) => (Tok::Shr, 2),
            (b'.', b'.', _) => (Tok::Range, 2),
            (b':', b':', _) => (Tok::Path, 2),
            (b'-', b'>', _) => (Tok::Arrow, 2),
            (b'=', b'>', _) => (Tok::FatArrow, 2),
            (b'=', b'=', _) => (Tok::EqEq, 2),
            (b'!', b'=', _) => (Tok::Ne, 2),
            (b'<', b'=', _) => (Tok::Le, 2),
            (b'>', b'=', _) => (Tok::Ge, 2),
            (b'&', b'&', _) => (Tok::AmpAmp, 2),
            (b'|', b'|', _) => (Tok::PipePipe, 2),
            (b'+', b'=', _) => (Tok::PlusEq, 2),
            (b'-', b'=', _) => (Tok::MinusEq, 2),
            (b'*', b'=', _) => (Tok::StarEq, 2),
            (b'/', b'=', _) => (Tok::SlashEq, 2),
            (b'%', b'=', _) => (Tok::PercentEq, 2),
            (b'&', b'=', _) => (Tok::AmpEq, 2),
            (b'|', b'=', _) => (Tok::PipeEq, 2),
            (b'^', b'=', _) => (Tok::CaretEq, 2),
            (b'(', ..) => (Tok::LParen, 1),
            (b')', ..) => (Tok::RParen, 1),
            (b'{', ..) => (Tok::LBrace, 1),
            (b'}', ..) => (Tok::RBrace, 1),
            (b'[', ..) => (Tok::LBracket, 1),
            (b']', ..) => (Tok::RBracket, 1),
            (b',', ..) => (Tok::Comma, 1),
            (b';', ..) => (Tok::Semi, 1),
            (b':', ..) => (Tok::Colon, 1),
            (b'.', ..) => (Tok::Dot, 1),
            (b'=', ..) => (Tok::Assign, 1),
            (b'#', ..) => (Tok::Hash, 1),
            (b'!', ..) => (Tok::Bang, 1),
            (b'?', ..) => (Tok::Question, 1),
            (b'@', ..) => (Tok::At, 1),
            (b'+', ..) => (Tok::Plus, 1),
            (b'-', ..) => (Tok::Minus, 1),
            (b'*', ..) => (Tok::Star, 1),
            (b'/', ..) => (Tok::Slash, 1),
            (b'%', ..) => (Tok::Percent, 1),
            (b'&', ..) => (Tok::Amp, 1),
            (b'|', ..) => (Tok::Pipe, 1),
            (b'^', ..) => (Tok::Caret, 1),
            (b'<', ..) => (Tok::Lt, 1),
            (b'>', ..) => (Tok::Gt, 1),
            _ => (Tok::Bad, self.source[self.pos..].chars().next().map_or(1, char::len_utf8)),
        };
        self.pos += len;
        tok
    }
}

/// All comments of a text, in order.
///
/// ```
/// let comments = nda_ast::text::comments("// a\nfn f() {} // b");
/// assert!(comments[0].own_line && !comments[1].own_line);
/// assert_eq!(comments[1].span, 15..19);
/// ```
#[must_use]
pub fn comments(source: &str) -> Vec<Comment> {
    let mut lexer = Lexer::new(source, true);
    while lexer.next().tok != Tok::Eof {}
    lexer.comments
}

/// The text between the quotes of a string, byte string, character or byte literal, escapes undone. `None` for an
/// escape that is none.
pub(crate) fn unescape(literal: &str) -> Option<Vec<u8>> {
    let open = literal.find(['"', '\''])?;
    let inner = literal.get(open + 1..literal.len().checked_sub(1)?)?.as_bytes();
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let (&escape, tail) = rest.split_first()?;
        rest = tail;
        out.push(match escape {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'0' => 0,
            b'\\' | b'"' | b'\'' => escape,
            b'x' => {
                let (digits, tail) = rest.split_at_checked(2)?;
                rest = tail;
                let text =
                    std::str::from_utf8(digits).ok().filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()))?;
                u8::from_str_radix(text, 16).ok()?
            }
            _ => return None,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<Tok> {
        let mut lexer = Lexer::new(source, false);
        let mut out = Vec::new();
        loop {
            match lexer.next().tok {
                Tok::Eof => return out,
                tok => out.push(tok),
            }
        }
    }

    #[test]
    fn numbers_ranges_and_labels() {
        assert_eq!(kinds("0..n 1. 1.5e-3 1e5 0xfe 1.max"), {
            use Tok::{Dot, Float, Ident, Int, Range};
            vec![Int, Range, Ident, Float, Float, Float, Int, Int, Dot, Ident]
        });
        assert_eq!(kinds("'a: 'a' b'a' b\"x\\\"\" b'\\''"), {
            use Tok::{Byte, ByteStr, Char, Colon, Label};
            vec![Label, Colon, Char, Byte, ByteStr, Byte]
        });
    }

    #[test]
    fn what_does_not_end_is_bad() {
        for text in ["\"abc", "b\"abc\\", "/* /* */", "b'a", "é", "'\\"] {
            assert_eq!(kinds(text).first(), Some(&Tok::Bad), "{text}");
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape("b\"a\\x41\\n\\\\\"").as_deref(), Some(&b"aA\n\\"[..]));
        assert_eq!(unescape("\"\\q\""), None);
        assert_eq!(unescape("\"\\x+1\""), None);
    }
}
