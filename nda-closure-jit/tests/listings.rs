//! Each program `listings/*.nda` with the records that it is compiled to in `listings/*.txt`, so that a change in compiled code is
//! seen in review. `NDA_BLESS=1` writes the lists. All entry points run in both tiers, at every fuel up to what they cost.

mod agree;
mod common;

use nda_runtime::Loaded;
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let files = std::fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path());
    let mut programs: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "nda")).collect();
    programs.sort();
    assert!(programs.len() >= 20, "{programs:?}");
    programs
}

/// The functions but for entry points, which only call them.
fn listing(program: &Loaded) -> String {
    let valid = program.program();
    let inner = valid.program();
    let mut out = String::new();
    for object in 0..inner.objects().len() as u32 {
        if valid.function(object).is_some() && !inner.entries().contains(&object) {
            let _ = writeln!(out, "fn {}", inner.name(object).unwrap_or("_"));
            let _ = writeln!(out, "{}", nda_closure_jit::list(valid, object));
        }
    }
    out
}

#[test]
fn code_is_as_reviewed() {
    for path in programs() {
        let name = path.file_stem().and_then(|n| n.to_str()).expect("a name");
        let program = common::load_text(&std::fs::read_to_string(&path).expect("a text"), &common::host());
        let (list, file) = (listing(&program), path.with_extension("txt"));
        if std::env::var_os("NDA_BLESS").is_some() {
            std::fs::write(&file, &list).expect("a list can be written");
        }
        let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(list == reviewed, "{name}: the records are now\n{list}\nwere\n{reviewed}");
    }
}

#[test]
fn tiers_agree_on_them() {
    for path in programs() {
        agree::at_every_fuel(&path.display().to_string(), &std::fs::read_to_string(&path).expect("a text"));
    }
}
