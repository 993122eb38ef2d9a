//! `docs/spec.md` says what the code does: its generated parts are up to date. `NDA_BLESS=1` rewrites them.

use nda_testkit::docs;
use std::path::PathBuf;

fn spec() -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/spec.md");
    let text = std::fs::read_to_string(&path).expect("docs/spec.md is there");
    (path, text)
}

fn check(name: &str, content: &str) {
    let (path, text) = spec();
    let new = docs::replace_section(&text, name, content).expect("the marks are there");
    if text != new && std::env::var_os("NDA_BLESS").is_some() {
        std::fs::write(path, new).expect("docs/spec.md can be written");
        return;
    }
    assert!(text == new, "section {name} of docs/spec.md is out of date: run `cargo xtask bless`");
}

#[test]
fn generated_parts_are_up_to_date() {
    // One test, since both rewrite the same file.
    check("OPERATIONS", &docs::operations());
    check("EXAMPLE", &docs::example());
}
