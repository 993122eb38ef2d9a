//! Each program `listings/*.nda` with the code that its functions are given to Cranelift as, in `listings/*.clif`, so that a change in
//! emitted code is seen in review: it does not depend on the CPU. `NDA_BLESS=1` writes them.

use nda_ast::{Limits, ValidProgram};
use nda_native_jit::{Host, Source, compile};
use nda_runtime::jit::JitEntry;
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let files = std::fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path());
    let mut programs: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "nda")).collect();
    programs.sort();
    assert!(programs.len() >= 9, "{programs:?}");
    programs
}

/// The code of all functions, entered at their beginnings, and at their first loops.
fn listing(program: &ValidProgram, host: &Host) -> String {
    let mut out = String::new();
    let inner = program.program();
    for object in 0..inner.objects().len() as u32 {
        let Some(valid) = program.function(object) else { continue };
        let homes = nda_closure_jit::continuation(program, object).homes;
        let links = inner.links(object);
        let callees: Vec<_> = links.iter().map(|target| program.function(*target).cloned()).collect();
        let first = (!homes.counters.is_empty()).then_some(JitEntry::Loop(0));
        for entry in [JitEntry::Body].into_iter().chain(first) {
            let source = Source { valid, imports: &[], callees: &callees, homes: &homes, entry };
            let compiled = compile(host, &source, true).unwrap_or_else(|e| panic!("{e}"));
            let _ = writeln!(out, "; fn {}, {entry:?}", inner.name(object).unwrap_or("_"));
            out += &compiled.texts().expect("texts were asked for").clif;
            out.push('\n');
        }
    }
    out
}

#[test]
fn code_is_as_reviewed() {
    let host = Host::new().expect("a host that code is made for");
    for path in programs() {
        let name = path.file_stem().and_then(|n| n.to_str()).expect("a name");
        let text = std::fs::read_to_string(&path).expect("a text");
        let program =
            nda_ast::text::compile(&text, &Limits::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (list, file) = (listing(&program, &host), path.with_extension("clif"));
        if std::env::var_os("NDA_BLESS").is_some() {
            std::fs::write(&file, &list).expect("a list can be written");
        }
        let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(list == reviewed, "{name}: the code is now\n{list}\nwas\n{reviewed}");
    }
}
