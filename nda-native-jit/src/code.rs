//! Machine code in memory, its owner, and the one place where it is entered.

use crate::budget::CodeBudget;
use crate::context::{Context, status};
use memmap2::{Mmap, MmapMut};
use nda_runtime::jit::JitResume;
use nda_runtime::{JitControlFlow, JitFn, JitState};
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;

/// What functions are aligned to, as the CPU fetches code.
const ALIGN: usize = 64;

/// Smallest piece of memory that can be protected by itself.
const PAGE: usize = 4096;

/// A batch of machine code: written once, then executable and never writable again, unmapped when its last user drops.
#[derive(Debug)]
pub(crate) struct CodeMemory {
    map: Mmap,
    budget: Arc<CodeBudget>,
    bytes: usize,
}

/// Why a batch has no memory.
#[derive(Debug)]
pub(crate) enum NoMemory {
    /// It would pass the budget.
    Budget,
    /// The system refuses.
    System(io::Error),
}

impl CodeMemory {
    /// Maps functions; gives the memory and where each begins.
    pub(crate) fn map(
        functions: &[&[u8]],
        budget: &Arc<CodeBudget>,
    ) -> Result<(Arc<CodeMemory>, Vec<usize>), NoMemory> {
        let mut len = 0;
        let mut places = Vec::with_capacity(functions.len());
        for code in functions {
            places.push(len);
            len += code.len().next_multiple_of(ALIGN);
        }
        let bytes = len.max(1).next_multiple_of(PAGE);
        if !budget.take(bytes) {
            return Err(NoMemory::Budget);
        }
        let mapped = MmapMut::map_anon(bytes).and_then(|mut map| {
            for (code, at) in functions.iter().zip(&places) {
                map[*at..*at + code.len()].copy_from_slice(code);
            }
            map.make_exec()
        });
        match mapped {
            Ok(map) => Ok((Arc::new(CodeMemory { map, budget: budget.clone(), bytes }), places)),
            Err(error) => {
                budget.give(bytes);
                Err(NoMemory::System(error))
            }
        }
    }
}

impl Drop for CodeMemory {
    fn drop(&mut self) {
        self.budget.give(self.bytes);
    }
}

/// The type of machine code's functions.
type Entry = for<'c, 's, 'a> extern "C" fn(&'c mut Context<'s, 'a>) -> i64;

/// A function in machine code, with what it leaves to.
pub(crate) struct Native {
    memory: Arc<CodeMemory>,
    at: usize,
    /// Words of the frame, and of the aggregates, that it reaches.
    reach: (u32, u32),
    /// The same function in another tier, from its beginning,
    pub call: JitFn,
    /// and from the head of a loop.
    pub resume: JitResume,
}

impl Native {
    /// The code that begins at byte `at` of `memory`, which [`crate::compile`] has made.
    pub(crate) fn new(
        memory: Arc<CodeMemory>,
        at: usize,
        reach: (u32, u32),
        call: JitFn,
        resume: JitResume,
    ) -> Native {
        Native { memory, at, reach, call, resume }
    }

    /// Runs it.
    pub(crate) fn enter(&self, state: &mut JitState<'_>) -> JitControlFlow {
        let (words, aggregates) = (self.reach.0 as usize, self.reach.1 as usize);
        let fits = state.words.len().saturating_sub(state.frame) >= words
            && state.unit.memory.arena.len().saturating_sub(state.base) >= aggregates;
        assert!(fits, "machine code of another function, or for another frame");
        let mut cx = Context::new(state, self);
        let code = &self.memory.map[self.at..];
        // SAFETY: `code` is where a function begins that the emitter has compiled with the signature `Entry` for this CPU, as only
        // `link` makes a `Native`; it is executable, and lives as long as `self`. The function reaches memory through the context only: the
        // frame of `FrameMap` and `Homes`, which is there; aggregates at references and lengths that it has checked or the
        // validator has proved; and the fields of `offset`. The state is borrowed for the call, so that nothing else uses those.
        let status = unsafe {
            let entry = std::mem::transmute::<*const u8, Entry>(code.as_ptr());
            entry(&mut cx)
        };
        let (fuel, panic) = (cx.fuel, cx.panic.take());
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        match status {
            0 => {
                state.fuel = fuel;
                JitControlFlow::RETURN
            }
            // In another tier, which has left the fuel in the state.
            status::RETURNED => JitControlFlow::RETURN,
            _ => JitControlFlow::TRAP,
        }
    }
}
