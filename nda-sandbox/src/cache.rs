//! Compiled code by the hash of its object, shared by the programs and threads of an engine.

use crate::EngineStats;
use crate::spans::Span;
use nda_ast::{Hash, ValidProgram};
use nda_runtime::{JitCode, JitProgram, Loaded};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Code that some program still uses, by the hash of its object.
#[derive(Default)]
pub(crate) struct CodeCache {
    inner: Mutex<Entries>,
}

/// Look-ups between two sweeps, at least.
const SMALL: usize = 64;

#[derive(Default)]
struct Entries {
    by_hash: HashMap<Hash, Weak<JitCode>, BuildHasherDefault<FirstBytes>>,
    /// Look-ups until the next sweep.
    until_sweep: usize,
    programs: u64,
    compiled: u64,
    shared: u64,
    nodes: u64,
}

/// Takes the first bytes of what is itself a uniform hash.
#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    // The length of what follows, always the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

impl CodeCache {
    /// The compiled functions of a program: those that are there already, the others compiled now.
    pub(crate) fn compile(&self, program: &Loaded) -> JitProgram {
        let span = Span::compile();
        let (mut compiled, mut shared, mut nodes) = (0, 0, 0);
        let jit = JitProgram::new(program, |object| {
            let (code, is_new) = self.code_of(program.program(), object);
            if is_new {
                compiled += 1;
                nodes += program.function(object).map_or(0, |f| f.function().node_count()) as u64;
            } else {
                shared += 1;
            }
            code
        });
        span.compiled(compiled, shared);
        let mut entries = self.lock();
        entries.compiled += compiled;
        entries.shared += shared;
        entries.programs += 1;
        entries.nodes += nodes;
        jit
    }

    /// The code of a function, and whether it was compiled for this.
    fn code_of(&self, program: &ValidProgram, object: u32) -> (Arc<JitCode>, bool) {
        let hash = program.program().objects()[object as usize].hash();
        if let Some(code) = self.lock().find(&hash) {
            return (code, false);
        }
        // Not under the lock. Where two threads compile the same function, the first to come back is kept by both.
        let code = Arc::new(nda_closure_jit::compile_function(program, object));
        let mut entries = self.lock();
        if let Some(other) = entries.by_hash.get(&hash).and_then(Weak::upgrade) {
            return (other, false);
        }
        entries.by_hash.insert(hash, Arc::downgrade(&code));
        (code, true)
    }

    pub(crate) fn stats(&self) -> EngineStats {
        let entries = self.lock();
        let alive: Vec<usize> = entries.alive().map(|code| code.bytes()).collect();
        EngineStats {
            programs_loaded: entries.programs,
            functions_compiled: entries.compiled,
            functions_shared: entries.shared,
            functions_alive: alive.len(),
            code_bytes: alive.iter().sum(),
            nodes_compiled: entries.nodes,
            ..EngineStats::default()
        }
    }

    /// Every change of the entries is complete before anything can panic, so that a poisoned lock guards sound ones.
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn find(&mut self, hash: &Hash) -> Option<Arc<JitCode>> {
        self.sweep();
        self.by_hash.get(hash)?.upgrade()
    }

    /// Forgets code that is gone, as often as makes that cost a constant per look-up: after as many look-ups as the last sweep
    /// has left entries. So there are never more than twice as many entries as there then was code, and a few.
    fn sweep(&mut self) {
        if let Some(left) = self.until_sweep.checked_sub(1) {
            self.until_sweep = left;
            return;
        }
        self.by_hash.retain(|_, code| code.strong_count() > 0);
        let left = self.by_hash.len().max(SMALL);
        self.until_sweep = left;
        if self.by_hash.capacity() > 4 * left {
            self.by_hash.shrink_to(2 * left);
        }
    }

    fn alive(&self) -> impl Iterator<Item = Arc<JitCode>> {
        self.by_hash.values().filter_map(Weak::upgrade)
    }
}

#[cfg(all(test, feature = "text"))]
mod tests {
    use crate::{Engine, Limits, Program};

    fn program(engine: &Engine, n: usize) -> Program {
        let source = format!("fn f(x: i64) -> i64 {{ return x + {n}; }}");
        engine.load_text(&source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn what_no_program_uses_is_forgotten() {
        let engine = Engine::new();
        let kept: Vec<Program> = (0..10).map(|n| program(&engine, n)).collect();
        for n in 0..2000 {
            drop(program(&engine, n));
        }
        let entries = engine.cache().lock();
        assert!(entries.by_hash.len() <= 2 * super::SMALL + kept.len(), "{}", entries.by_hash.len());
        assert_eq!(entries.alive().count(), kept.len());
    }

    #[test]
    fn many_programs_then_few() {
        let engine = Engine::new();
        let many: Vec<Program> = (0..1000).map(|n| program(&engine, n)).collect();
        assert_eq!(engine.cache().lock().alive().count(), 1000);
        drop(many);
        for n in 0..2100 {
            drop(program(&engine, n % 3));
        }
        assert!(engine.cache().lock().by_hash.capacity() <= 8 * super::SMALL);
    }
}
