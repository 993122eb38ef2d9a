//! The records of a function, for people.

use crate::compile::Compiled;
use nda_ast::ValidProgram;
use std::fmt::Write;

/// The records of a function as text: a line for each, with its number, what it is, its fields, and the nodes that it traps at.
///
/// # Panics
/// Where the program has no function `object`.
#[must_use]
pub fn list(program: &ValidProgram, object: u32) -> String {
    let Some(valid) = program.function(object) else { panic!("object {object} is no function") };
    let compiled = Compiled::with_sites(valid, &crate::imports_of(program, object));
    let mut out = String::new();
    let (words, aggregates) = (compiled.words, 8 * compiled.aggregates);
    let _ = writeln!(out, "{} records, frame of {words} words and {aggregates} bytes", compiled.recs.len());
    for (i, (rec, (shape, site))) in
        compiled.recs.iter().zip(compiled.shapes.iter().zip(&compiled.sites)).enumerate()
    {
        let _ = write!(out, "{i:5}  {shape:40}");
        let _ = write!(out, " a={} b={} c={} d={}", rec.a, rec.b, rec.c, rec.d);
        for (name, value) in
            [("imm", rec.imm), ("skip", rec.skip.into()), ("yes", rec.yes.into()), ("no", rec.no.into())]
        {
            if value != 0 {
                let _ = write!(out, " {name}={value}");
            }
        }
        let _ = writeln!(out, "  ; node {} of {}", site.check, site.owner);
    }
    out
}
