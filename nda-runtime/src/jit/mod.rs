//! What compiled tiers share: how a compiled function is called, the state of its run, and how control leaves it.
//!
//! | name | meaning |
//! | --- | --- |
//! | [`JitFn`] | a compiled function |
//! | [`JitState`] | the run: frames, fuel, memory, log, and why it stopped |
//! | [`JitControlFlow`] | where control goes on after a block or function |
//!
//! # Frames
//! A function has a frame of words (scalars, references to aggregates, loop counters, temporaries) and, in the arena, the
//! aggregates themselves. [`FrameMap`] says which word is whose. Frames of callees lie above those of callers.
//!
//! # Fuel
//! Fuel travels in a register, a slice at a time; the rest lies in the state. The end of a slice is the one cold path on which
//! clock and flag are looked at, the next slice is granted, and hotness is counted: what a function's loop has
//! spent is added to the counters of its object.
//!
//! # Tiers
//! A function may get machine code while other code of it runs. It is published once for each entry ([`JitEntry`]), without a lock where
//! it is looked for: at the function's next call, and where a slice ends at the head of one of its loops (on-stack replacement).

mod flow;
mod machine;
mod run;
mod state;

pub use flow::JitControlFlow;
pub use machine::{Homes, JitEntry, JitResume, TierUp};
pub use run::{Finished, run, run_values};
pub use state::{At, JitState};

use smallvec::SmallVec;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A compiled function. Its arguments are in its frame; it leaves its results there, and fuel and status in the state.
/// The lifetime is higher-ranked, so that a state borrows program, frames and link table without a reference count.
pub type JitFn = Arc<dyn for<'a> Fn(&mut JitState<'a>) -> JitControlFlow + Send + Sync>;

/// Where parameters and results of a function lie among the words of its frame. The caller needs no more than the
/// two counts to place arguments and find results.
///
/// Parameters come first, then results; all other words are the compiler's own. Where parameters and results alone would fill the
/// words that one byte can name, [`FrameMap::RESERVED`] words are left free below them, so that code always has some near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameMap {
    params: u32,
    results: u32,
}

impl FrameMap {
    /// Words left free below many parameters.
    pub const RESERVED: u32 = 40;

    /// For a function of this many parameters and results.
    #[must_use]
    #[inline]
    pub fn new(params: usize, results: usize) -> FrameMap {
        FrameMap { params: params as u32, results: results as u32 }
    }

    /// Word of the first parameter.
    #[must_use]
    #[inline]
    pub fn first(self) -> u32 {
        if self.params + self.results > 180 { FrameMap::RESERVED } else { 0 }
    }

    /// Word of parameter `i`: of a scalar its value, of an aggregate or matrix the reference to it.
    #[must_use]
    #[inline]
    pub fn param(self, i: u32) -> u32 {
        self.first() + i
    }

    /// Word of result `i`.
    #[must_use]
    #[inline]
    pub fn result(self, i: u32) -> u32 {
        self.first() + self.params + i
    }
}

/// The compiled code of one object: shared by all programs that reach it.
pub struct JitCode {
    /// The function.
    pub call: JitFn,
    /// Words of its frame.
    pub words: u32,
    /// Words of its aggregates in the arena, a multiple of [`crate::LINE`].
    pub aggregates: u32,
    /// The function outside of its loops.
    body: Part,
    /// Its loops, by ordinal in program order.
    loops: SmallVec<[Part; 1]>,
    bytes: usize,
}

/// A part of a function that is counted, and may get machine code, by itself.
#[derive(Default)]
struct Part {
    /// Units of fuel spent there, to the nearest slice.
    units: AtomicU64,
    /// The same in machine code.
    machine_units: AtomicU64,
    /// Whether someone is to compile it to machine code, or has.
    asked: AtomicBool,
    /// Machine code entered there.
    machine: OnceLock<JitFn>,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = if self.machine.get().is_some() { " machine" } else { "" };
        write!(f, "{}{machine}", self.units.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for JitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let JitCode { words, aggregates, body, loops, bytes, .. } = self;
        let mut out = f.debug_struct("JitCode");
        out.field("words", words).field("aggregates", aggregates).field("body", body).field("loops", loops);
        out.field("bytes", bytes);
        out.finish_non_exhaustive()
    }
}

impl JitCode {
    /// A function of so many words, with `loops` loops.
    #[must_use]
    pub fn new(call: JitFn, words: u32, aggregates: u32, loops: usize) -> JitCode {
        let loops = std::iter::repeat_with(Part::default).take(loops).collect();
        JitCode { call, words, aggregates, body: Part::default(), loops, bytes: 0 }
    }

    /// The same code, of which its maker knows that it takes so many bytes of memory.
    #[must_use]
    pub fn with_bytes(mut self, bytes: usize) -> JitCode {
        self.bytes = bytes;
        self
    }

    /// Bytes of memory that the code takes, as far as its maker has said.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds units spent: in loop `ordinal`, or outside of loops.
    pub fn count(&self, ordinal: Option<u32>, units: u64) {
        let part = ordinal.and_then(|i| self.loops.get(i as usize)).unwrap_or(&self.body);
        part.units.fetch_add(units, Ordering::Relaxed);
    }

    /// As [`JitCode::count`], of units spent in machine code.
    pub fn count_machine(&self, ordinal: Option<u32>, units: u64) {
        let part = ordinal.and_then(|i| self.loops.get(i as usize)).unwrap_or(&self.body);
        part.machine_units.fetch_add(units, Ordering::Relaxed);
    }

    fn part(&self, entry: JitEntry) -> Option<&Part> {
        match entry {
            JitEntry::Body => Some(&self.body),
            JitEntry::Loop(ordinal) => self.loops.get(ordinal as usize),
        }
    }

    /// The machine code that is entered there, if there is some.
    #[must_use]
    #[inline]
    pub fn machine(&self, entry: JitEntry) -> Option<&JitFn> {
        self.part(entry)?.machine.get()
    }

    /// Publishes machine code, for this and all later runs; tells whether it is the first for that entry, which stays.
    pub fn publish(&self, entry: JitEntry, machine: JitFn) -> bool {
        self.part(entry).is_some_and(|part| part.machine.set(machine).is_ok())
    }

    /// What is called: machine code from the beginning, if there is some, else the code of its maker.
    #[must_use]
    #[inline]
    pub fn entered(&self) -> &JitFn {
        self.body.machine.get().unwrap_or(&self.call)
    }

    /// Tells whether the caller is the first to ask for machine code there.
    pub fn ask(&self, entry: JitEntry) -> bool {
        self.part(entry).is_some_and(|part| !part.asked.swap(true, Ordering::Relaxed))
    }

    /// Units spent so far in one part, as [`JitCode::heat`] counts them; and in machine code.
    #[must_use]
    pub fn units(&self, entry: JitEntry) -> (u64, u64) {
        let load =
            |part: &Part| (part.units.load(Ordering::Relaxed), part.machine_units.load(Ordering::Relaxed));
        self.part(entry).map_or((0, 0), load)
    }

    /// How many loops the function has.
    #[must_use]
    pub fn loop_count(&self) -> u32 {
        self.loops.len() as u32
    }

    /// Units spent so far in the function outside of its loops, and in each loop. A slice of some thousand units counts
    /// for the loop in which it ended. What runs leave of their last slice adds up in their [`crate::RunState`], and once it
    /// comes to a slice, that counts for the entry point under way: short runs are sampled, in proportion to what they
    /// spend, and threads that share code write no shared memory in each of them.
    #[must_use]
    pub fn heat(&self) -> (u64, Vec<u64>) {
        let load = |part: &Part| part.units.load(Ordering::Relaxed);
        (load(&self.body), self.loops.iter().map(load).collect())
    }
}

/// A function of a program: its code and what the program adds to it.
#[derive(Clone, Debug)]
pub struct JitFunction {
    /// The code of its object.
    pub code: Arc<JitCode>,
    /// Words of its frame and of the deepest chain of callees.
    pub chain_words: u64,
    /// Words of aggregates, likewise.
    pub chain_aggregates: u64,
    /// Where its table begins among those of the program: see [`crate::Loaded::all_targets`].
    pub table: u32,
}

/// The compiled functions of a program, by object.
#[derive(Debug)]
pub struct JitProgram {
    functions: SmallVec<[Option<JitFunction>; 1]>,
    tier_up: Option<Arc<dyn TierUp>>,
    slice: u64,
}

impl JitProgram {
    /// Compiles the functions of a program, or finds them compiled, one after the other.
    #[must_use]
    pub fn new(program: &crate::Loaded, mut code_of: impl FnMut(u32) -> Arc<JitCode>) -> JitProgram {
        let count = program.object_count();
        let mut functions: SmallVec<[Option<JitFunction>; 1]> = SmallVec::with_capacity(count as usize);
        for object in 0..count {
            let function = program.function(object).map(|_| {
                let code = code_of(object);
                let (mut words, mut aggregates) = (0, 0);
                // What a function names comes before it.
                for &target in program.program().program().links(object) {
                    if let Some(callee) = &functions[target as usize] {
                        words = callee.chain_words.max(words);
                        aggregates = callee.chain_aggregates.max(aggregates);
                    }
                }
                let chain_words = words + u64::from(code.words);
                let chain_aggregates = aggregates + u64::from(code.aggregates);
                let table = program.program().program().link_range(object).start as u32;
                JitFunction { code, chain_words, chain_aggregates, table }
            });
            functions.push(function);
        }
        JitProgram { functions, tier_up: None, slice: crate::interrupt::UNITS_PER_LOOK }
    }

    /// The same program, whose functions may get machine code.
    #[must_use]
    pub fn with_tier_up(mut self, tier_up: Arc<dyn TierUp>) -> JitProgram {
        self.tier_up = Some(tier_up);
        self
    }

    /// The same program, whose code looks at clock and flag, and asks about machine code, each time that so many units of fuel are
    /// spent; at least 1.
    #[must_use]
    pub fn with_slice(mut self, units: u64) -> JitProgram {
        self.slice = units.max(1);
        self
    }

    /// Units of fuel of a slice.
    #[must_use]
    #[inline]
    pub fn slice(&self) -> u64 {
        self.slice
    }

    /// Who decides about machine code, if anyone does.
    #[must_use]
    #[inline]
    pub fn tier_up(&self) -> Option<&Arc<dyn TierUp>> {
        self.tier_up.as_ref()
    }

    /// The functions, each with its object, in the program's order.
    pub fn functions(&self) -> impl Iterator<Item = (u32, &JitFunction)> {
        self.functions.iter().zip(0..).filter_map(|(function, object)| Some((object, function.as_ref()?)))
    }

    /// All of them; `None` where an object is no function.
    #[inline]
    pub(crate) fn by_object(&self) -> &[Option<JitFunction>] {
        &self.functions
    }

    /// Function `object`, if that object is one.
    #[must_use]
    #[inline]
    pub fn function(&self, object: u32) -> Option<&JitFunction> {
        self.functions.get(object as usize)?.as_ref()
    }
}
