//! Items: functions, constants, imports, `use site::`.

use crate::body::{Scope, rewrite};
use crate::tokens::{as_group, group, is_ident, is_punct, rust, string};
use proc_macro::{Delimiter, TokenStream, TokenTree};
use std::collections::HashSet;
use std::path::Path;

/// The text is checked by NDA's own parser; what rustc would warn of in it is no concern of its user.
const QUIET: &str = "#[allow(warnings, missing_docs, arithmetic_overflow, overflowing_literals, \
                     unconditional_panic, clippy::all, clippy::pedantic, clippy::restriction, \
                     reason = \"checked by NDA\")]";

/// Names that need care inside bodies.
#[derive(Default)]
pub(crate) struct Names {
    /// Constants that become statics.
    pub statics: HashSet<String>,
    /// Functions of the file, imports, and functions of a site.
    pub functions: HashSet<String>,
}

/// Splits a file into items, then writes each as Rust.
pub(crate) fn expand(stream: TokenStream, dir: &Path) -> Result<TokenStream, String> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let items = split(&tokens)?;
    let mut names = Names::default();
    for item in &items {
        collect(item, &mut names);
    }
    let mut out = rust(
        "#[allow(unused_imports, reason = \"a file need not use all of it\")] use ::nda_prelude::prelude::*;",
    );
    for item in &items {
        out.extend(expand_item(item, &names, dir)?);
    }
    Ok(out)
}

/// Items end with `;` or a block. Attributes (comments for documentation) are dropped.
fn split(tokens: &[TokenTree]) -> Result<Vec<&[TokenTree]>, String> {
    let mut items = Vec::new();
    let mut first = 0;
    let mut at = 0;
    while at < tokens.len() {
        if at == first && is_punct(tokens.get(at), '#') {
            let inner = usize::from(is_punct(tokens.get(at + 1), '!'));
            at += 2 + inner;
            first = at;
            continue;
        }
        let token = &tokens[at];
        at += 1;
        if is_punct(Some(token), ';') || as_group(Some(token), Delimiter::Brace).is_some() {
            items.push(&tokens[first..at]);
            first = at;
        }
    }
    if first < tokens.len() { Err("the last item does not end".to_owned()) } else { Ok(items) }
}

fn collect(item: &[TokenTree], names: &mut Names) {
    let item = without_pub(item);
    match item {
        [TokenTree::Ident(word), TokenTree::Ident(name), ..] if word.to_string() == "fn" => {
            names.functions.insert(name.to_string());
        }
        [TokenTree::Ident(word), TokenTree::Ident(name), _, TokenTree::Ident(ty), ..]
            if word.to_string() == "const" && is_aggregate(&ty.to_string()) =>
        {
            names.statics.insert(name.to_string());
        }
        [TokenTree::Ident(word), .., TokenTree::Ident(name), _] if word.to_string() == "use" => {
            names.functions.insert(name.to_string());
        }
        [TokenTree::Ident(word), _, TokenTree::Group(block)] if word.to_string() == "extern" => {
            names.functions.extend(imports(block.stream()).into_iter().map(|(_, name)| name));
        }
        _ => {}
    }
}

fn without_pub(item: &[TokenTree]) -> &[TokenTree] {
    if is_ident(item.first(), "pub") { &item[1..] } else { item }
}

fn is_aggregate(ty: &str) -> bool {
    matches!(ty, "Buf" | "Vec32" | "Mat")
}

/// Pairs of the host's name and the name in the text.
fn imports(block: TokenStream) -> Vec<(String, String)> {
    let tokens: Vec<TokenTree> = block.into_iter().collect();
    let mut out = Vec::new();
    let mut host = None;
    for (i, token) in tokens.iter().enumerate() {
        if let Some(attribute) = as_group(Some(token), Delimiter::Bracket) {
            let inner: Vec<TokenTree> = attribute.stream().into_iter().collect();
            if is_ident(inner.first(), "host") {
                let argument = as_group(inner.get(1), Delimiter::Parenthesis);
                host = argument.and_then(|g| string(&g.stream().to_string()));
            }
        }
        if let (true, Some(TokenTree::Ident(name))) = (is_ident(Some(token), "fn"), tokens.get(i + 1)) {
            let name = name.to_string();
            out.push((host.take().unwrap_or_else(|| name.clone()), name));
        }
    }
    out
}

fn expand_item(item: &[TokenTree], names: &Names, dir: &Path) -> Result<TokenStream, String> {
    let rest = without_pub(item);
    let word = rest.first().map(ToString::to_string).unwrap_or_default();
    match (word.as_str(), rest) {
        ("fn", [_, TokenTree::Ident(_), TokenTree::Group(params), .., TokenTree::Group(body)]) => {
            let mut out = rust(QUIET);
            out.extend(item[..item.len() - 1].iter().cloned());
            let scope = Scope { names, inout: inout_names(params.stream()), dir };
            out.extend([group(Delimiter::Brace, rewrite(body.stream(), &scope, false))]);
            Ok(out)
        }
        ("const", [_, TokenTree::Ident(name), ..]) => constant(&name.to_string(), rest, names, dir),
        ("extern", [_, _, TokenTree::Group(block)]) => {
            Ok(imports(block.stream()).iter().map(|(host, name)| import("host", host, name)).collect())
        }
        ("use", [_, _, _, _, TokenTree::Ident(name), _]) => {
            let name = name.to_string();
            Ok(import("site", &name, &name))
        }
        _ => Err(format!("`{word}` begins no item of the text form")),
    }
}

/// Plain tokens without hygiene: the module is the user's.
fn import(module: &str, from: &str, name: &str) -> TokenStream {
    let source = if from == name {
        format!("use self::{module}::{name};")
    } else {
        format!("use self::{module}::{from} as {name};")
    };
    source.parse().unwrap_or_default()
}

fn inout_names(params: TokenStream) -> HashSet<String> {
    let tokens: Vec<TokenTree> = params.into_iter().collect();
    let mut out = HashSet::new();
    for (i, token) in tokens.iter().enumerate() {
        let TokenTree::Ident(name) = token else { continue };
        if is_punct(tokens.get(i + 1), ':')
            && is_punct(tokens.get(i + 2), '&')
            && is_ident(tokens.get(i + 3), "mut")
        {
            out.insert(name.to_string());
        }
    }
    out
}

/// `const NAME: T = init;`
fn constant(name: &str, item: &[TokenTree], names: &Names, dir: &Path) -> Result<TokenStream, String> {
    let equals = item.iter().position(|t| is_punct(Some(t), '='));
    let Some(equals) = equals.filter(|&e| e > 3) else {
        return Err(format!("`const {name}`: write `const {name}: TYPE = VALUE;`"));
    };
    let ty: TokenStream = item[3..equals].iter().cloned().collect();
    let init: TokenStream = item[equals + 1..item.len() - 1].iter().cloned().collect();
    let scope = Scope { names, inout: HashSet::new(), dir };
    let init = rewrite(init, &scope, false);
    let mut out = rust(QUIET);
    if !names.statics.contains(name) {
        out.extend(item[..equals + 1].iter().cloned());
        out.extend(init);
        out.extend(rust(";"));
        return Ok(out);
    }
    out.extend(rust("static"));
    out.extend([item[1].clone()]);
    out.extend(rust(": ::std::sync::LazyLock<"));
    out.extend(ty);
    out.extend(rust("> = ::std::sync::LazyLock::new"));
    let mut closure = rust("||");
    closure.extend(init);
    out.extend([group(Delimiter::Parenthesis, closure)]);
    out.extend(rust(";"));
    Ok(out)
}
