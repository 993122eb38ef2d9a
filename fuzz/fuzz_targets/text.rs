//! Any text: errors that lie inside it, or a program whose canonical text gives the same program again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nda_ast::{Limits, text};

fuzz_target!(|data: &[u8]| {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let limits = Limits::default();
    match text::compile(source, &limits) {
        Ok(program) => {
            let printed = text::print(&program);
            let again = text::compile(&printed, &limits).unwrap_or_else(|e| panic!("{e}\n{printed}"));
            let hashes = |p: &nda_ast::ValidProgram| p.entries().map(|(_, f)| f.hash()).collect::<Vec<_>>();
            assert_eq!(hashes(&program), hashes(&again), "{printed}");
            assert_eq!(text::print(&again), printed, "the canonical text is no fixed point");
        }
        Err(error) => {
            assert!((1..=text::MAX_ERRORS).contains(&error.diagnostics.len()));
            for span in error.diagnostics.iter().filter_map(|d| d.span.as_ref()) {
                assert!(source.get(span.start as usize..span.end as usize).is_some(), "{span:?}: {error}");
            }
        }
    }
});
