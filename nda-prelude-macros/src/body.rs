//! Function bodies and constants' values: the spots where the text form is not Rust, token by token.

use crate::items::Names;
use crate::tokens::{as_group, group, is_ident, is_integer, is_punct, rust, string};
use proc_macro::{Delimiter, Literal, TokenStream, TokenTree};
use std::collections::HashSet;
use std::path::Path;

/// What a name inside a body may mean.
pub(crate) struct Scope<'a> {
    pub names: &'a Names,
    /// `&mut` parameters.
    pub inout: HashSet<String>,
    /// Where files of `load` lie.
    pub dir: &'a Path,
}

/// The operators of `op=`, and the methods of `nda_prelude::Update` for them.
const OPERATORS: [(&str, &str); 10] = [
    ("+", "add"),
    ("-", "sub"),
    ("*", "mul"),
    ("/", "div"),
    ("%", "rem"),
    ("&", "bitand"),
    ("|", "bitor"),
    ("^", "bitxor"),
    ("<<", "shl"),
    (">>", "shr"),
];

/// Rewrites a run of tokens; `call` tells that they are the arguments of a function of the user.
pub(crate) fn rewrite(stream: TokenStream, scope: &Scope<'_>, call: bool) -> TokenStream {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut walk = Walk { tokens: &tokens, scope, call, out: TokenStream::new() };
    let mut at = 0;
    while at < tokens.len() {
        at = walk.step(at);
    }
    walk.out
}

struct Walk<'a> {
    tokens: &'a [TokenTree],
    scope: &'a Scope<'a>,
    call: bool,
    out: TokenStream,
}

impl Walk<'_> {
    /// Handles the token at `at`; gives the place to go on.
    fn step(&mut self, at: usize) -> usize {
        if let Some(next) = self.element_store(at) {
            return next;
        }
        match &self.tokens[at] {
            TokenTree::Punct(p) if p.as_char() == '#' => return at + 2,
            TokenTree::Punct(p) if p.as_char() == '<' && self.opens_generics(at) => {
                return self.generics(at);
            }
            TokenTree::Literal(literal) => self.literal(literal),
            TokenTree::Ident(_) => return self.ident(at),
            TokenTree::Group(g) => {
                let inner = rewrite(g.stream(), self.scope, self.is_user_call(at));
                if g.delimiter() == Delimiter::Bracket && self.is_postfix(at) {
                    self.out.extend(rust(".at"));
                    self.push(group(Delimiter::Parenthesis, inner));
                } else {
                    self.push(group(g.delimiter(), inner));
                }
            }
            other => self.push(other.clone()),
        }
        at + 1
    }

    fn push(&mut self, token: TokenTree) {
        self.out.extend([token]);
    }

    fn before(&self, at: usize) -> Option<&TokenTree> {
        at.checked_sub(1).map(|i| &self.tokens[i])
    }

    /// `<` after a type of the prelude or after `::`.
    fn opens_generics(&self, at: usize) -> bool {
        let before = self.before(at);
        let ty = ["Buf", "Vec32", "Mat"].iter().any(|ty| is_ident(before, ty));
        ty || is_punct(before, ':') && at >= 2 && is_punct(self.tokens.get(at - 2), ':')
    }

    /// Copies `<..>`, in which numbers are lengths. `recap` has a second parameter, which rustc finds.
    fn generics(&mut self, at: usize) -> usize {
        let mut end = at;
        while end < self.tokens.len() && !is_punct(self.tokens.get(end), '>') {
            self.push(self.tokens[end].clone());
            end += 1;
        }
        if at >= 3 && is_ident(self.tokens.get(at - 3), "recap") {
            self.out.extend(rust(", _"));
        }
        self.out.extend(rust(">"));
        end + 1
    }

    fn literal(&mut self, literal: &Literal) {
        let text = literal.to_string();
        let mut token = TokenTree::Literal(literal.clone());
        if is_integer(&text)
            && let Ok(typed) = format!("{text}i64").parse::<Literal>()
        {
            token = TokenTree::Literal(typed);
        }
        self.push(token);
    }

    fn ident(&mut self, at: usize) -> usize {
        let token = &self.tokens[at];
        let name = token.to_string();
        let next = self.tokens.get(at + 1);
        let label = is_punct(self.before(at), '\'');
        if name == "assert" && is_punct(next, '!') {
            self.out.extend(rust("::nda_prelude::check"));
            return at + 2;
        }
        if name == "load"
            && let Some(arguments) = as_group(next, Delimiter::Parenthesis)
        {
            self.load(arguments.stream());
            return at + 2;
        }
        if self.scope.names.statics.contains(&name) && !label {
            self.wrapped("*", token);
        } else if self.scope.inout.contains(&name) && !label && self.is_bare(at) {
            self.wrapped("&*", token);
        } else {
            self.push(token.clone());
        }
        at + 1
    }

    /// `(*NAME)`.
    fn wrapped(&mut self, prefix: &str, name: &TokenTree) {
        let mut inner = rust(prefix);
        inner.extend([name.clone()]);
        self.push(group(Delimiter::Parenthesis, inner));
    }

    /// Whether a `&mut` parameter stands alone as an operand, which rustc would take for a move.
    fn is_bare(&self, at: usize) -> bool {
        let next = self.tokens.get(at + 1);
        let postfix = is_punct(next, '.') || as_group(next, Delimiter::Bracket).is_some();
        let before = self.before(at);
        let borrowed =
            is_punct(before, '&') || is_ident(before, "mut") || is_punct(before, '*') && self.starts(at - 1);
        let alone = (at == 0 || is_punct(before, ',')) && (next.is_none() || is_punct(next, ','));
        !(postfix || borrowed || self.call && alone)
    }

    /// Whether a statement begins at `at`.
    fn starts(&self, at: usize) -> bool {
        match self.before(at) {
            None => true,
            before => is_punct(before, ';') || as_group(before, Delimiter::Brace).is_some(),
        }
    }

    fn is_user_call(&self, at: usize) -> bool {
        match (&self.tokens[at], self.before(at)) {
            (TokenTree::Group(g), Some(TokenTree::Ident(name))) => {
                g.delimiter() == Delimiter::Parenthesis
                    && self.scope.names.functions.contains(&name.to_string())
            }
            _ => false,
        }
    }

    /// Whether the brackets at `at` index what stands before them.
    fn is_postfix(&self, at: usize) -> bool {
        match self.before(at) {
            Some(TokenTree::Ident(word)) => {
                !matches!(word.to_string().as_str(), "return" | "in" | "if" | "while")
            }
            Some(TokenTree::Group(g)) => g.delimiter() != Delimiter::Brace,
            _ => false,
        }
    }

    /// `a[i] = v;` and `a[i] op= v;`: `v` first, then `i`, once.
    fn element_store(&mut self, at: usize) -> Option<usize> {
        let target @ TokenTree::Ident(_) = &self.tokens[at] else { return None };
        let index = as_group(self.tokens.get(at + 1), Delimiter::Bracket)?;
        if !self.starts(at) {
            return None;
        }
        let equals = (at + 2..self.tokens.len().min(at + 5)).find(|&i| is_punct(self.tokens.get(i), '='))?;
        let op: TokenStream = self.tokens[at + 2..equals].iter().cloned().collect();
        let op = op.to_string().replace(' ', "");
        // Not `==`, `<=` and the like, with which an expression in braces may begin.
        let update = match OPERATORS.iter().find(|(spelling, _)| *spelling == op) {
            Some((_, name)) => Some(name),
            None if op.is_empty() && !is_punct(self.tokens.get(equals + 1), '=') => None,
            None => return None,
        };
        let rest = &self.tokens[equals + 1..];
        let end = rest.iter().position(|t| is_punct(Some(t), ';')).unwrap_or(rest.len());
        let value = rewrite(rest[..end].iter().cloned().collect(), self.scope, false);
        let index = rewrite(index.stream(), self.scope, false);
        let mut block = rust("let value =");
        block.extend(value);
        block.extend(rust("; let index ="));
        block.extend(index);
        block.extend(rust(";"));
        if let Some(name) = update {
            let mut operands = TokenStream::from(target.clone());
            operands.extend(rust(".at(index), value"));
            block.extend(rust(&format!("let value = ::nda_prelude::Update::{name}")));
            block.extend([group(Delimiter::Parenthesis, operands)]);
            block.extend(rust(";"));
        }
        block.extend([target.clone()]);
        block.extend(rust(".set(index, value);"));
        self.push(group(Delimiter::Brace, block));
        Some(equals + 1 + end + 1)
    }

    fn load(&mut self, arguments: TokenStream) {
        let literals: Vec<String> = arguments.into_iter().filter_map(|t| string(&t.to_string())).collect();
        match literals.as_slice() {
            [file, tensor] => {
                let path = self.scope.dir.join(file).display().to_string();
                self.out.extend(rust(&format!(
                    "::nda_prelude::load(::core::include_bytes!({path:?}), {file:?}, {tensor:?})"
                )));
            }
            _ => {
                self.out.extend(rust("::core::compile_error!(\"write load(\\\"file\\\", \\\"tensor\\\")\")"))
            }
        }
    }
}
