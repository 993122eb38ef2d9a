//! Text to [`Ast`]. Hand-written, with explicit stacks: nothing recurses, whatever the text holds.

mod arms;
mod call;
mod constant;
mod count;
mod expr;
mod expr_errors;
mod item;
mod number;
mod stmt;
mod stmt_errors;
mod types;

use super::diag::{Diag, Diags};
use super::lex::{Lexer, Span, Tok, Token};
use super::syntax::{Ast, Sym};
use crate::{ErrorCode, Limits};

/// The parser has reported an error and stands somewhere inside the statement or item; its caller finds the end.
#[derive(Debug)]
pub(super) struct Skip;

pub(super) type Parsed<T> = Result<T, Skip>;

/// Tokens that may be looked at.
const AHEAD: usize = 3;

pub(super) struct Parser<'s> {
    pub source: &'s str,
    lexer: Lexer<'s>,
    tokens: [Token; AHEAD],
    /// The token before the current one.
    before: Span,
    pub ast: Ast<'s>,
    pub diags: Diags,
    limits: Limits,
    /// Braces of an expression that were open where it was given up.
    open_braces: u32,
    /// Whether the last error is that of an arm with statements.
    arm_error: bool,
    work: expr::Workspace,
}

pub(super) fn parse<'s>(source: &'s str, limits: &Limits) -> (Ast<'s>, Diags) {
    let mut lexer = Lexer::new(source, false);
    let tokens = [lexer.next(), lexer.next(), lexer.next()];
    let mut parser = Parser {
        source,
        lexer,
        tokens,
        before: Span::default(),
        ast: Ast::default(),
        diags: Diags::default(),
        limits: *limits,
        open_braces: 0,
        arm_error: false,
        work: expr::Workspace::default(),
    };
    parser.items();
    (parser.ast, parser.diags)
}

impl<'s> Parser<'s> {
    fn tok(&self) -> Tok {
        self.tokens[0].tok
    }

    fn span(&self) -> Span {
        self.tokens[0].span
    }

    fn text(&self) -> &'s str {
        self.source.get(self.span().range()).unwrap_or("")
    }

    fn ahead(&self, n: usize) -> Token {
        self.tokens[n]
    }

    fn bump(&mut self) -> Token {
        let token = self.tokens[0];
        self.before = token.span;
        self.tokens = [self.tokens[1], self.tokens[2], self.lexer.next()];
        token
    }

    fn at(&self, tok: Tok) -> bool {
        self.tok() == tok
    }

    fn eat(&mut self, tok: Tok) -> bool {
        let there = self.at(tok);
        if there {
            self.bump();
        }
        there
    }

    /// What the current token is, for errors.
    fn found(&self) -> String {
        match self.tok() {
            Tok::Eof => Tok::Eof.describe().to_owned(),
            Tok::Bad if self.text().starts_with("/*") => "a comment without end".to_owned(),
            Tok::Bad if self.text().len() > 4 => "a literal without end".to_owned(),
            _ => format!("`{}`", clip(self.text())),
        }
    }

    /// "Expected this, found that", at the current token.
    #[cold]
    fn unexpected(&self, expected: &str) -> Diag {
        let found = self.found();
        Diag::new(ErrorCode::Syntax, self.span(), format!("Expected {expected}, found {found}."))
            .expected(expected)
            .found(found)
    }

    #[cold]
    fn fail<T>(&mut self, diag: Diag) -> Parsed<T> {
        self.diags.push(diag);
        Err(Skip)
    }

    fn expect(&mut self, tok: Tok) -> Parsed<Token> {
        if self.at(tok) {
            return Ok(self.bump());
        }
        let mut diag = self.unexpected(tok.describe());
        // What closes or separates can be put where the text before ends.
        if matches!(tok, Tok::RParen | Tok::RBracket | Tok::LParen | Tok::Colon | Tok::Gt | Tok::Comma) {
            let text = tok.describe().trim_matches('`');
            diag = diag.fix(format!("add `{text}`"), self.before.after(), text);
        }
        self.fail(diag)
    }

    /// A `;`. Where it is only left out, the error is reported and parsing goes on as if it were there.
    fn semi(&mut self) -> Parsed<()> {
        if self.eat(Tok::Semi) {
            return Ok(());
        }
        let diag = self.unexpected("`;`").fix("add `;`", self.before.after(), ";");
        let gap = Span::new(self.before.end, self.span().start).text(self.source);
        let left_out = gap.contains('\n') || self.starts_statement() || self.at(Tok::RBrace);
        self.diags.push(diag);
        if left_out { Ok(()) } else { Err(Skip) }
    }

    fn starts_statement(&self) -> bool {
        use Tok::{Break, Const, Continue, Extern, Fn, For, Let, Loop, Pub, Return, While};
        matches!(self.tok(), Let | For | While | Loop | Return | Break | Continue | Fn | Pub | Const | Extern)
    }

    /// A name: not a keyword.
    fn name(&mut self, what: &str) -> Parsed<(Sym, Span)> {
        if self.at(Tok::Ident) {
            let sym = self.ast.symbol(self.text());
            return Ok((sym, self.bump().span));
        }
        let mut diag = self.unexpected(what);
        if self.at(Tok::Reserved) || self.text().bytes().all(|b| b.is_ascii_lowercase()) && !self.at(Tok::Eof)
        {
            let text = self.text();
            diag.0.message = format!("`{text}` is a word of the language and can be no name.");
            diag =
                diag.fix("choose another name", self.span(), format!("{}_2", text.trim_start_matches('_')));
        }
        self.fail(diag)
    }

    /// Skips to the end of a statement that cannot be read: past its `;`, or before the `{` or `}` that ends it.
    /// Whether it stopped before a `{`.
    fn sync(&mut self) -> bool {
        let mut braces = std::mem::take(&mut self.open_braces);
        // Given up inside the arm of a value, a `{` is that of another arm.
        let in_arm = braces > 0;
        let start = self.span();
        loop {
            match self.tok() {
                Tok::Eof => return false,
                Tok::Semi if braces == 0 => {
                    self.bump();
                    return false;
                }
                Tok::LBrace if braces == 0 && !in_arm => return true,
                Tok::LBrace => braces += 1,
                Tok::RBrace if braces == 0 => return false,
                Tok::RBrace => braces -= 1,
                _ if braces == 0 && self.starts_statement() && self.span() != start => return false,
                _ => {}
            }
            self.bump();
        }
    }

    /// Skips what the bracket here opens.
    fn skip_brackets(&mut self) {
        let mut open = 0_u32;
        loop {
            match self.tok() {
                Tok::LParen | Tok::LBrace | Tok::LBracket => open += 1,
                Tok::RParen | Tok::RBrace | Tok::RBracket => open = open.saturating_sub(1),
                Tok::Eof => return,
                _ => {}
            }
            self.bump();
            if open == 0 {
                return;
            }
        }
    }

    /// Skips to the next `{` of this statement and what it opens.
    fn skip_block(&mut self) {
        while !matches!(self.tok(), Tok::LBrace | Tok::RBrace | Tok::Semi | Tok::Eof) {
            self.bump();
        }
        if self.at(Tok::LBrace) {
            self.skip_brackets();
        }
    }

    /// Skips `<..>`.
    fn skip_generics(&mut self) {
        let mut open = 0_i64;
        loop {
            match self.tok() {
                Tok::Lt => open += 1,
                Tok::Gt => open -= 1,
                Tok::Shr => open -= 2,
                Tok::Eof | Tok::Semi | Tok::LBrace | Tok::RBrace => return,
                _ => {}
            }
            self.bump();
            if open <= 0 {
                return;
            }
        }
    }

    /// Whether the parser stands at the end of the text or has reported all that it may.
    fn done(&self) -> bool {
        self.at(Tok::Eof) || self.diags.full()
    }

    /// Reports a limit and reads no further: what follows could only be misread.
    #[cold]
    fn abandon<T>(&mut self, diag: Diag) -> Parsed<T> {
        self.diags.push(diag);
        self.diags.abandoned = true;
        let end = self.source.len() as u32;
        self.tokens = [Token { tok: Tok::Eof, span: Span::new(end, end) }; AHEAD];
        self.lexer = Lexer::new("", false);
        Err(Skip)
    }
}

/// At most 32 characters of text.
pub(super) fn clip(text: &str) -> String {
    match text.char_indices().nth(32) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}
