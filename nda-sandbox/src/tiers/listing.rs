//! Machine code for people.

use nda_ast::{Body, Hash, ValidProgram};
use nda_closure_jit::continuation;
use nda_native_jit::{Host, Refusal, Source, compile};
use nda_runtime::jit::JitEntry;

/// What one function is compiled to.
#[derive(Clone, Debug)]
pub struct MachineListing {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its hash.
    pub hash: Hash,
    /// Cranelift's code before it is optimised, and the machine code; or why there is none. Both are text for people and may change.
    pub code: Result<(String, String), String>,
}

/// What each function of a program, callees first, is compiled to where it is entered at its beginning.
#[must_use]
pub fn machine_listings(program: &ValidProgram) -> Vec<MachineListing> {
    let host = Host::new();
    let inner = program.program();
    let all = 0..inner.objects().len() as u32;
    let one = |object| {
        let valid = program.function(object)?;
        let code = code(program, object, host.as_ref()).map_err(|refusal| refusal.to_string());
        Some(MachineListing { name: inner.name(object).map(str::to_owned), hash: valid.hash(), code })
    };
    all.filter_map(one).collect()
}

fn code(program: &ValidProgram, object: u32, host: Option<&Host>) -> Result<(String, String), Refusal> {
    let (host, inner) = (host.ok_or(Refusal::Host)?, program.program());
    let Some(valid) = program.function(object) else { return Err(Refusal::Layout) };
    let is_import = |target: u32| matches!(inner.objects()[target as usize].body(), Body::Import(_));
    let links = inner.links(object).iter().zip(0..);
    let imports: Vec<u32> = links.filter(|(target, _)| is_import(**target)).map(|(_, entry)| entry).collect();
    let homes = continuation(program, object).homes;
    let callees: Vec<_> =
        inner.links(object).iter().map(|target| program.function(*target).cloned()).collect();
    let source = Source { valid, imports: &imports, callees: &callees, homes: &homes, entry: JitEntry::Body };
    let compiled = compile(host, &source, true)?;
    Ok(compiled.texts().map(|texts| (texts.clif.clone(), texts.asm.clone())).unwrap_or_default())
}
