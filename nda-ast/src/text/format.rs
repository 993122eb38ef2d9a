//! The formatter: one layout for every text, from its tokens, so that comments, names of constants and the spelling of
//! literals stay as their author wrote them, and the program stays the same to the bit.

use super::lex::{Lexer, Tok};
use crate::{Diagnostic, ErrorCode};
use std::ops::Range;

/// Levels of indentation that are written; deeper ones would make the size of the text quadratic.
const MAX_INDENT: usize = 32;

/// The text in the one layout: four spaces per block, one statement a line, spaces around operators. Line breaks that
/// the author put inside a statement stay. Formatting again changes nothing.
///
/// ```
/// let text = "pub fn f(x:i64)->i64{ // twice\nreturn x*2 ;}";
/// let formatted = "pub fn f(x: i64) -> i64 { // twice\n    return x * 2;\n}\n";
/// assert_eq!(nda_ast::text::format_source(text).unwrap(), formatted);
/// assert_eq!(nda_ast::text::format_source(formatted).unwrap(), formatted);
/// ```
///
/// # Errors
/// Where the text cannot be cut into tokens, or its brackets do not match. Everything else is left to the parser.
pub fn format_source(source: &str) -> Result<String, Box<Diagnostic>> {
    let pieces = cut(source)?;
    let braces = braces(source, &pieces)?;
    let mut layout = Layout {
        pieces: &pieces,
        braces: &braces,
        out: String::new(),
        open: Vec::new(),
        levels: 0,
        last_token: None,
    };
    for at in 0..pieces.len() {
        layout.piece(at);
    }
    let mut out = layout.out;
    if !out.is_empty() {
        out.push('\n');
    }
    Ok(out)
}

/// A token or a comment.
struct Piece<'s> {
    tok: Option<Tok>,
    text: &'s str,
    /// Line breaks between the piece before and this.
    lines: usize,
    role: Role,
}

impl Piece<'_> {
    /// Its place in the text that it was cut from.
    fn span(&self, source: &str) -> Range<usize> {
        let start = self.text.as_ptr() as usize - source.as_ptr() as usize;
        start..start + self.text.len()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    /// An operator before its operand.
    Prefix,
    /// `<` or `>` around types and lengths.
    OpenGeneric,
    CloseGeneric,
    /// `]` of an attribute.
    EndAttribute,
    /// A comment with nothing before it on its line.
    OwnLine,
    /// Any other comment.
    Trailing,
}

#[cold]
fn error(span: Range<usize>, message: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic {
        code: ErrorCode::Syntax,
        message: message.to_owned(),
        function: None,
        node: None,
        span: Some(span),
        expected: None,
        found: None,
        fixes: Vec::new(),
    })
}

/// Tokens and comments in order, each with its role.
fn cut(source: &str) -> Result<Vec<Piece<'_>>, Box<Diagnostic>> {
    let mut lexer = Lexer::new(source, true);
    let mut out: Vec<Piece<'_>> = Vec::new();
    let mut last_end = 0;
    let mut piece = |tok, span: Range<usize>, role| {
        let gap = source.get(last_end..span.start).unwrap_or("");
        last_end = span.end;
        Piece { tok, text: source.get(span).unwrap_or(""), lines: gap.matches('\n').count(), role }
    };
    let mut comments = 0;
    let mut roles = Roles::default();
    loop {
        let token = lexer.next();
        while let Some(comment) = lexer.comments.get(comments) {
            let role = if comment.own_line { Role::OwnLine } else { Role::Trailing };
            out.push(piece(None, comment.span.clone(), role));
            comments += 1;
        }
        let span = token.span.range();
        match token.tok {
            Tok::Eof => return Ok(out),
            Tok::Bad => return Err(error(span, "This is no token of the text form.")),
            tok => {
                let role = roles.of(tok, token.span.text(source));
                out.push(piece(Some(tok), span, role));
            }
        }
    }
}

/// What the tokens before say of the next.
#[derive(Default)]
struct Roles {
    before: Option<Tok>,
    /// Whether the token before ends an operand.
    operand: bool,
    /// Whether generics may open: after a type's name or `::`.
    generic: bool,
    in_generics: bool,
    attribute: bool,
}

impl Roles {
    fn of(&mut self, tok: Tok, text: &str) -> Role {
        use Tok::{Amp, AmpAmp, Bang, Gt, Ident, LBracket, Lt, Minus, Path, RBracket, Star};
        let role = match tok {
            Lt if self.generic => Role::OpenGeneric,
            Gt if self.in_generics => Role::CloseGeneric,
            Minus | Bang | Amp | AmpAmp | Star if !self.operand => Role::Prefix,
            RBracket if self.attribute => Role::EndAttribute,
            _ => Role::Plain,
        };
        match role {
            Role::OpenGeneric => self.in_generics = true,
            Role::CloseGeneric => self.in_generics = false,
            Role::EndAttribute => self.attribute = false,
            _ => {}
        }
        if tok == LBracket && self.before == Some(Tok::Hash) {
            self.attribute = true;
        }
        self.generic = tok == Path || tok == Ident && matches!(text, "Buf" | "Vec32" | "Mat");
        self.operand = role == Role::CloseGeneric || ends_operand(tok);
        self.before = Some(tok);
        role
    }
}

fn ends_operand(tok: Tok) -> bool {
    use Tok::{Byte, ByteStr, Char, False, Float, Ident, Int, RBracket, RParen, Str, True};
    matches!(tok, Ident | Int | Float | Byte | ByteStr | Str | Char | True | False | RParen | RBracket)
}

/// For each `{` and its `}`: whether the block stays on one line. Checks that all brackets match.
fn braces(source: &str, pieces: &[Piece<'_>]) -> Result<Vec<bool>, Box<Diagnostic>> {
    let mut inline = vec![false; pieces.len()];
    let mut open: Vec<(usize, Tok, bool)> = Vec::new();
    let mut body = false;
    for (at, piece) in pieces.iter().enumerate() {
        if piece.lines > 0 || piece.tok.is_none() {
            spoil(&mut open);
        }
        match piece.tok {
            Some(Tok::Fn | Tok::Extern) => body = true,
            Some(tok @ (Tok::LParen | Tok::LBracket)) => open.push((at, tok, true)),
            Some(Tok::LBrace) => {
                open.push((at, Tok::LBrace, !std::mem::replace(&mut body, false)));
            }
            Some(Tok::Semi) => {
                spoil(&mut open);
                body = false;
            }
            Some(close @ (Tok::RParen | Tok::RBracket | Tok::RBrace)) => {
                let wanted = match close {
                    Tok::RParen => Tok::LParen,
                    Tok::RBracket => Tok::LBracket,
                    _ => Tok::LBrace,
                };
                match open.pop() {
                    Some((first, tok, stays)) if tok == wanted => {
                        inline[first] = stays && first + 1 < at;
                        inline[at] = inline[first];
                    }
                    _ => {
                        return Err(error(
                            pieces[at].span(source),
                            &format!("`{}` closes no bracket.", piece.text),
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    match open.pop() {
        Some((at, ..)) => {
            Err(error(pieces[at].span(source), &format!("`{}` is not closed.", pieces[at].text)))
        }
        None => Ok(inline),
    }
}

/// What is open now holds more than one line can. Whatever is around a spoilt bracket is spoilt too, so that each is met
/// at most twice.
fn spoil(open: &mut [(usize, Tok, bool)]) {
    for (.., stays) in open.iter_mut().rev() {
        if !std::mem::replace(stays, false) {
            return;
        }
    }
}

/// A bracket not yet closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Block,
    /// `{ .. }` on one line.
    Inline,
    Round,
}

struct Layout<'a, 's> {
    pieces: &'a [Piece<'s>],
    braces: &'a [bool],
    out: String,
    open: Vec<Open>,
    /// Open brackets that indent.
    levels: usize,
    /// The last piece written that is no comment.
    last_token: Option<usize>,
}

impl Layout<'_, '_> {
    fn piece(&mut self, at: usize) {
        let piece = &self.pieces[at];
        let closes = matches!(piece.tok, Some(Tok::RParen | Tok::RBracket | Tok::RBrace));
        if closes && self.open.pop().is_some_and(|open| open != Open::Inline) {
            self.levels -= 1;
        }
        match self.gap(at) {
            Gap::None => {}
            Gap::Space => self.out.push(' '),
            Gap::Line { blank, more } => {
                self.out.push('\n');
                if blank {
                    self.out.push('\n');
                }
                let levels = self.levels + usize::from(more);
                for _ in 0..levels.min(MAX_INDENT) {
                    self.out.push_str("    ");
                }
            }
        }
        self.out.push_str(piece.text);
        match piece.tok {
            Some(Tok::LParen | Tok::LBracket) => self.open.push(Open::Round),
            Some(Tok::LBrace) if self.braces[at] => self.open.push(Open::Inline),
            Some(Tok::LBrace) => self.open.push(Open::Block),
            _ => {}
        }
        let opens = matches!(piece.tok, Some(Tok::LParen | Tok::LBracket | Tok::LBrace));
        self.levels += usize::from(opens && self.open.last() != Some(&Open::Inline));
        if piece.tok.is_some() {
            self.last_token = Some(at);
        }
    }

    /// What stands between the piece before `at` and it.
    fn gap(&self, at: usize) -> Gap {
        let Some(before) = at.checked_sub(1) else { return Gap::None };
        let (last, next) = (&self.pieces[before], &self.pieces[at]);
        let blank = next.lines > 1;
        match (last.role, next.role) {
            // A comment to the end of the line ends the line.
            _ if last.tok.is_none() && (last.text.starts_with("//") || last.role == Role::OwnLine) => {
                let closes = next.tok == Some(Tok::RBrace);
                return Gap::Line { blank: blank && !closes, more: self.continues(at) };
            }
            (_, Role::OwnLine) => {
                let opens = last.tok == Some(Tok::LBrace);
                return Gap::Line { blank: blank && !opens, more: self.continues(at) };
            }
            (_, Role::Trailing) => return Gap::Space,
            (Role::EndAttribute, _) => return Gap::Line { blank: false, more: false },
            _ => {}
        }
        if self.starts_statement(at) {
            let last_of_fn = last.tok == Some(Tok::RBrace) && self.open.is_empty();
            let inner = last.tok == Some(Tok::LBrace) || next.tok == Some(Tok::RBrace);
            return Gap::Line { blank: (blank || last_of_fn) && !inner, more: false };
        }
        let joined = matches!(next.tok, Some(Tok::LBrace | Tok::Semi | Tok::Comma | Tok::Else));
        if next.lines > 0 && !joined && last.tok != Some(Tok::Else) {
            return Gap::Line { blank: false, more: self.continues(at) };
        }
        if space(last, next) { Gap::Space } else { Gap::None }
    }

    /// Whether the token at `at` begins a line of its own by what stands around it.
    fn starts_statement(&self, at: usize) -> bool {
        let (before, next) = (self.last_token, &self.pieces[at]);
        let Some(before) = before else { return true };
        let last = self.pieces[before].tok;
        match (last, next.tok) {
            (Some(Tok::LBrace), Some(Tok::RBrace)) => false,
            (Some(Tok::LBrace), _) => !self.braces[before],
            (_, Some(Tok::RBrace)) => !self.braces[at],
            (Some(Tok::Semi), _) => self.open.last() != Some(&Open::Round),
            (Some(Tok::RBrace), Some(Tok::Else | Tok::Semi | Tok::RParen | Tok::RBracket | Tok::Comma)) => {
                false
            }
            (Some(Tok::RBrace), _) => !self.braces[before] && self.open.last() != Some(&Open::Round),
            _ => false,
        }
    }

    /// Whether a line that begins at `at` goes on with a statement outside of its brackets.
    fn continues(&self, at: usize) -> bool {
        if self.open.last() == Some(&Open::Round) {
            return false;
        }
        let closes = matches!(self.pieces[at].tok, Some(Tok::RBrace | Tok::RParen | Tok::RBracket));
        match self.last_token {
            _ if closes => false,
            None => false,
            Some(before) => {
                let ended = matches!(self.pieces[before].tok, Some(Tok::Semi | Tok::LBrace | Tok::RBrace));
                !ended && self.pieces[before].role != Role::EndAttribute
            }
        }
    }
}

enum Gap {
    None,
    Space,
    Line { blank: bool, more: bool },
}

/// Whether two tokens on one line have a space between them.
fn space(last: &Piece<'_>, next: &Piece<'_>) -> bool {
    use Tok::{Bang, Colon, Comma, Dot, Hash, Ident, LBracket, LParen, Path, RBracket, RParen, Range, Semi};
    let (Some(a), Some(b)) = (last.tok, next.tok) else { return true };
    if matches!(last.role, Role::Prefix | Role::OpenGeneric)
        || matches!(next.role, Role::OpenGeneric | Role::CloseGeneric)
    {
        return false;
    }
    if matches!(a, LParen | LBracket | Hash | Dot | Path | Range) || a == Bang {
        return false;
    }
    if matches!(b, RParen | RBracket | Comma | Semi | Colon | Dot | Path | Range | Tok::RangeIncl) {
        return false;
    }
    let callee = a == Ident || last.role == Role::CloseGeneric;
    match b {
        LParen => !(callee || a == RParen || a == RBracket),
        LBracket => !(callee || a == RParen || a == RBracket),
        Bang => a != Ident,
        Tok::RBrace if a == Tok::LBrace => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::format_source;

    /// Formats, and checks that formatting again changes nothing.
    fn formatted(source: &str) -> String {
        let out = format_source(source).expect("formats");
        assert_eq!(format_source(&out).expect("formats"), out);
        out
    }

    #[test]
    fn comments_keep_their_places() {
        let source = "// file\nconst N:i64=5; // five\n\n\n\n/* block\n text */\nfn f( ){\n// first\nif N<3{ // why\nprint( N ); }\n  // last\n}\n// end";
        let expected = "// file\nconst N: i64 = 5; // five\n\n/* block\n text */\nfn f() {\n    // first\n    if N < 3 { // why\n        print(N);\n    }\n    // last\n}\n// end\n";
        assert_eq!(formatted(source), expected);
    }

    #[test]
    fn spelling_and_broken_lines_stay() {
        let source = "fn f(b:&mut Buf<u8,4>)->bool{\n#[max( 3 )] 'a:for i in 0..-(5){b[i]=b'a';}\nlet x=if 0x_ff<1_0{-1}else{- 2};\nx==1&&\n!true||\ng(1,\n2)\n}";
        let expected = "fn f(b: &mut Buf<u8, 4>) -> bool {\n    #[max(3)]\n    'a: for i in 0..-(5) {\n        b[i] = b'a';\n    }\n    let x = if 0x_ff < 1_0 { -1 } else { -2 };\n    x == 1 &&\n        !true ||\n        g(1,\n        2)\n}\n";
        assert_eq!(formatted(source), expected);
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        for (source, start) in [("fn f( {", 6), ("fn f() }", 7), ("fn \u{e9}", 3), ("fn f() { \"", 9)] {
            let error = format_source(source).expect_err(source);
            assert_eq!(error.span.map(|s| s.start), Some(start), "{source}");
        }
    }

    #[test]
    fn deep_and_long_texts_take_linear_time() {
        let deep = "{\n".repeat(200_000) + &"}".repeat(200_000);
        assert!(format_source(&deep).is_ok());
        let comments = "// c\n".repeat(200_000);
        assert_eq!(formatted(&comments), comments);
    }
}
