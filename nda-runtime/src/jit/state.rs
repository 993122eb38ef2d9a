//! The state of a run of compiled code.

use super::{JitControlFlow, JitFunction, JitProgram};
use crate::fpenv::IeeeGuard;
use crate::host::ask;
use crate::interrupt::UNITS_PER_LOOK;
use crate::unit::VectorUnit;
use crate::{Location, Record, RunError, Stop, Trap, TrapKind, Value};
use nda_ast::{NodeId, Type};
use std::cell::Cell;

/// Where fuel is charged: what may happen there besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// At the head of loop number so many of its function: clock and flag are looked at.
    Loop(u32),
    /// At the call of a function: likewise.
    Call,
    /// At a block of which no interruption may strike.
    Block,
}

/// The state of a run: what compiled code reaches besides its registers.
#[derive(Debug)]
pub struct JitState<'a> {
    /// Fuel left of the slice, where it is not in a register: when a function is entered or left.
    pub fuel: i64,
    /// First word of the frame of the function under way.
    pub frame: usize,
    /// First word of its aggregates in the arena.
    pub base: usize,
    /// Words of all frames.
    pub words: &'a [Cell<u64>],
    /// Aggregates and their operations.
    pub unit: VectorUnit<'a>,
    /// The function under way, and the entry point.
    object: u32,
    entry: u32,
    functions: &'a [Option<JitFunction>],
    /// What the entries of all tables name: see [`crate::Loaded::all_targets`]; and where the table of the function under way begins.
    all_targets: &'a [u64],
    table: u32,
    /// Fuel of the run not granted yet.
    reserve: u64,
    /// What was granted of the slice under way.
    granted: i64,
    /// Where in its code the function under way has trapped: a number of its own.
    pub site: u32,
    stop: Option<Stop>,
    /// From the trap outwards.
    locations: Vec<Location>,
    record: &'a mut Record,
    env: &'a IeeeGuard,
}

impl<'a> JitState<'a> {
    #[inline]
    pub(super) fn new(
        program: &'a JitProgram,
        (entry, function): (u32, &JitFunction),
        words: &'a [Cell<u64>],
        (unit, base): (VectorUnit<'a>, usize),
        fuel: u64,
        record: &'a mut Record,
        env: &'a IeeeGuard,
    ) -> JitState<'a> {
        let first = if unit.watch.looks_at_once() { 0 } else { fuel.min(UNITS_PER_LOOK) };
        JitState {
            fuel: first as i64,
            frame: 0,
            base,
            words,
            object: entry,
            entry,
            functions: program.functions(),
            all_targets: unit.program.all_targets(),
            table: function.table,
            unit,
            reserve: fuel - first,
            granted: first as i64,
            site: 0,
            stop: None,
            locations: Vec::new(),
            record,
            env,
        }
    }

    /// Calls function `object`, whose arguments are in place: its frame begins `words` above this one, its aggregates
    /// `aggregates` above this one's.
    ///
    /// # Panics
    /// Where the program has no such function.
    // In the record that calls, since both would save the same registers.
    #[inline(always)]
    pub fn call(&mut self, object: u32, words: usize, aggregates: usize) -> JitControlFlow {
        let Some(Some(function)) = self.functions.get(object as usize) else {
            unreachable!("an object that is called is a function")
        };
        let caller = (self.object, self.table);
        (self.object, self.table) = (object, function.table);
        self.frame += words;
        self.base += aggregates;
        let flow = (function.code.call)(self);
        self.frame -= words;
        self.base -= aggregates;
        (self.object, self.table) = caller;
        flow
    }

    /// What an entry of the table of the function under way names: see [`crate::Loaded::targets`].
    #[must_use]
    #[inline(always)]
    pub fn target(&self, entry: usize) -> Option<u64> {
        self.all_targets.get(self.table as usize + entry).copied()
    }

    /// Calls host function `host` with these words as arguments; gives the results to `place`, one after the other, and what
    /// is left of the slice.
    ///
    /// # Errors
    /// Where it traps, or breaks its signature: the state then holds the reason.
    ///
    /// # Panics
    /// Where the words are not there.
    pub fn call_host(
        &mut self,
        fuel: i64,
        host: u32,
        args: &[u64],
        mut place: impl FnMut(&mut VectorUnit<'a>, usize, &Value),
    ) -> Result<i64, JitControlFlow> {
        self.fuel = fuel;
        match ask(&mut self.unit, self.record, self.env, host, args) {
            Ok(results) => {
                for (i, result) in results.iter().enumerate() {
                    place(&mut self.unit, i, result);
                }
            }
            Err(stop) => return Err(self.stop(fuel, stop)),
        }
        // It may have taken any time: the next poll is to look.
        self.reserve += fuel as u64;
        self.granted -= fuel;
        Ok(0)
    }

    /// Prints a value, given as its word.
    ///
    /// # Errors
    /// `LogLimit`.
    pub fn print(&mut self, ty: Type, word: u64) -> Result<(), TrapKind> {
        let sources = self.unit.memory.sources();
        self.record.charge([sources.payload(ty, word)])?;
        self.record.push(sources.value(ty, word));
        Ok(())
    }

    /// Charges `cost` where the `fuel` left of the slice does not cover it: looks at clock and flag where that may be, and grants the
    /// next slice. Gives what is left of it.
    ///
    /// # Errors
    /// `OutOfFuel`, where the run has less; an interruption. Nothing is charged then.
    #[cold]
    #[inline(never)]
    pub fn refill(&mut self, fuel: i64, cost: u64, at: At) -> Result<i64, TrapKind> {
        self.fuel = fuel;
        let ordinal = match at {
            At::Loop(ordinal) => Some(ordinal),
            At::Call | At::Block => None,
        };
        if at != At::Block {
            self.unit.watch.check()?;
        }
        let total = self.reserve.saturating_add(fuel as u64);
        if total < cost {
            return Err(TrapKind::OutOfFuel);
        }
        if let Some(Some(function)) = self.functions.get(self.object as usize) {
            function.code.count(ordinal, (self.granted - fuel) as u64);
        }
        // Within a block only what it needs, so that the next loop head or call comes here and looks.
        let slice = if at == At::Block { cost } else { cost.max(UNITS_PER_LOOK) }.min(total);
        self.reserve = total - slice;
        self.granted = slice as i64;
        self.fuel = (slice - cost) as i64;
        Ok(self.fuel)
    }

    /// The object of the function under way.
    #[must_use]
    #[inline]
    pub fn object(&self) -> u32 {
        self.object
    }

    /// Whether the function under way is the entry point, which nothing has called.
    #[must_use]
    #[inline]
    pub fn is_entry(&self) -> bool {
        self.object == self.entry
    }

    /// Ends the run.
    #[cold]
    #[inline(never)]
    pub fn stop(&mut self, fuel: i64, stop: Stop) -> JitControlFlow {
        self.fuel = fuel;
        self.stop = Some(stop);
        JitControlFlow::TRAP
    }

    /// Ends the run with a trap at `site` of the function under way.
    #[cold]
    #[inline(never)]
    pub fn trap(&mut self, fuel: i64, site: u32, kind: TrapKind) -> JitControlFlow {
        self.site = site;
        self.stop(fuel, kind.into())
    }

    /// Adds the node of the function under way to the chain of a trap; from the trap outwards.
    pub fn locate(&mut self, node: NodeId) {
        let object = self.object;
        let Some(f) = self.unit.program.function(object) else { return };
        self.locations.push(Location { function: f.hash(), object, node });
    }

    /// Fuel of the run that is left.
    #[inline]
    pub(super) fn left(&self) -> u64 {
        self.reserve + self.fuel as u64
    }

    /// What was spent of the last slice, which no function has been counted for.
    #[inline]
    pub(super) fn unclaimed(&self) -> u64 {
        (self.granted - self.fuel) as u64
    }

    /// Why it stopped, where it has not returned.
    ///
    /// # Errors
    /// Where a host function broke its signature.
    ///
    /// # Panics
    /// Where it has no reason, which is a defect of the compiled code.
    #[cold]
    #[inline(never)]
    pub(super) fn take_trap(&mut self) -> Result<Trap, RunError> {
        let mut locations = std::mem::take(&mut self.locations);
        locations.reverse();
        match self.stop.take() {
            Some(Stop::Trap(kind)) => Ok(Trap { kind, locations }),
            Some(Stop::Host(error)) => Err(error),
            None => unreachable!("a run ends by a return or with a reason"),
        }
    }
}

/// For hosts that break their signature.
impl From<RunError> for Stop {
    fn from(error: RunError) -> Stop {
        Stop::Host(error)
    }
}
