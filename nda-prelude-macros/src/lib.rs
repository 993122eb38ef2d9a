//! The macro behind `nda_prelude::nda_file!`. Use it through that crate, which holds what the expansion names.
//!
//! The text form is Rust but for a few spots, and those are mended on the level of tokens, without parsing:
//!
//! | text | Rust |
//! | --- | --- |
//! | `#[max(K)]`, `#[work(n)]`, `#[host("n")]` | dropped (an import keeps its host's name) |
//! | `5` | `5i64`: an integer that nothing else fixes would be an `i32` |
//! | `a[i]` | `a.at(i)`: reading an element of a vector rounds nothing, and traps carry the index |
//! | `a[i] = v;` `a[i] += v;` | `{ let value = v; let index = i; a.set(index, ..) }` |
//! | `const W: Mat<..> = ..;` | a `static` made at first use, named `(*W)` where it is used |
//! | `load("f", "t")` | the file's bytes, included |
//! | `extern "host" { fn now() -> i64; }` | `use self::host::now;` |
//! | `use site::f;` | `use self::site::f;` |
//! | `assert!(c)` | a check that traps as `fail(0)` does |
//! | a bare `&mut` parameter as an operand | `(&*p)` |
#![forbid(unsafe_code)]

mod body;
mod items;
mod tokens;

use proc_macro::{Span, TokenStream, TokenTree};
use std::path::{Path, PathBuf};

/// `nda_file!("x.nda")`: the functions of a file in the text form, as Rust functions of the module around. The path is
/// relative to the file that the macro stands in.
#[proc_macro]
pub fn nda_file(input: TokenStream) -> TokenStream {
    match expand_file(input) {
        Ok(out) => out,
        Err(message) => tokens::compile_error(&message),
    }
}

/// `nda! { .. }`: as `nda_file!`, with the text in place. Paths of `load` are relative to the Rust file.
#[proc_macro]
pub fn nda(input: TokenStream) -> TokenStream {
    match items::expand(input, &directory()) {
        Ok(out) => out,
        Err(message) => tokens::compile_error(&message),
    }
}

fn expand_file(input: TokenStream) -> Result<TokenStream, String> {
    let mut input = input.into_iter();
    let name = match (input.next(), input.next()) {
        (Some(TokenTree::Literal(name)), None) => tokens::string(&name.to_string()),
        _ => None,
    };
    let name = name.ok_or("nda_file! takes one string literal: the path of a file in the text form")?;
    let path = directory().join(name);
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let stream: TokenStream = text.parse().map_err(|e| format!("{}: {e}", path.display()))?;
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut out = items::expand(stream, dir).map_err(|e| format!("{}: {e}", path.display()))?;
    out.extend(tokens::rebuild_with(&path));
    Ok(out)
}

/// The directory of the source file that invokes the macro; the package's where the compiler does not tell.
fn directory() -> PathBuf {
    let file = Span::call_site().local_file().and_then(|file| std::path::absolute(file).ok());
    let dir = file.filter(|file| file.is_file()).and_then(|file| Some(file.parent()?.to_owned()));
    dir.unwrap_or_else(|| PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()))
}
