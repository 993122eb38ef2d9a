//! The state of a run of compiled code.

use super::{JitControlFlow, JitEntry, JitFunction, JitProgram};
use crate::fpenv::IeeeGuard;
use crate::host::ask;
use crate::unit::VectorUnit;
use crate::{Location, Record, RunError, Stop, Trap, TrapKind, Value};
use nda_ast::{NodeId, Type};
use std::cell::Cell;

/// Slices of other code that one of machine code is as long as.
const MACHINE_SLICES: u64 = 8;

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

impl At {
    /// The loop.
    fn ordinal(self) -> Option<u32> {
        match self {
            At::Loop(ordinal) => Some(ordinal),
            At::Call | At::Block => None,
        }
    }
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
    /// What has called the function under way; itself where nothing has.
    caller: u32,
    program: &'a JitProgram,
    functions: &'a [Option<JitFunction>],
    /// What the entries of all tables name: see [`crate::Loaded::all_targets`]; and where the table of the function under way begins.
    all_targets: &'a [u64],
    table: u32,
    /// Units of a slice.
    slice: u64,
    /// Whether the slice under way was granted to machine code.
    machine: bool,
    /// Whether machine code has found that what is left is less than it takes at a time.
    last: bool,
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
        let slice = program.slice();
        let first = if unit.watch.looks_at_once() { 0 } else { fuel.min(slice) };
        JitState {
            fuel: first as i64,
            frame: 0,
            base,
            words,
            object: entry,
            entry,
            caller: entry,
            program,
            functions: program.by_object(),
            all_targets: unit.program.all_targets(),
            table: function.table,
            unit,
            slice,
            machine: false,
            last: false,
            reserve: fuel - first,
            granted: first as i64,
            site: 0,
            stop: None,
            locations: Vec::new(),
            record,
            env,
        }
    }

    /// In the place of a site: the function under way has said where it trapped, by [`JitState::locate`].
    pub const LOCATED: u32 = u32::MAX;

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
        let caller = (self.object, self.table, self.caller);
        (self.caller, self.object, self.table) = (self.object, object, function.table);
        self.frame += words;
        self.base += aggregates;
        let flow = (function.code.entered())(self);
        self.frame -= words;
        self.base -= aggregates;
        (self.object, self.table, self.caller) = caller;
        flow
    }

    /// What the entries of the table of the function under way name, and then those of other functions.
    #[must_use]
    #[inline]
    pub fn targets(&self) -> &'a [u64] {
        self.all_targets.get(self.table as usize..).unwrap_or_default()
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
        if at != At::Block {
            self.unit.watch.check()?;
        }
        let total = self.reserve.saturating_add(fuel as u64);
        if total < cost {
            return Err(TrapKind::OutOfFuel);
        }
        self.count(fuel, at.ordinal());
        // Within a block only what it needs, so that the next loop head or call comes here and looks.
        let slice = if at == At::Block { cost } else { cost.max(self.slice) }.min(total);
        self.reserve = total - slice;
        self.granted = slice as i64;
        self.machine = false;
        self.fuel = (slice - cost) as i64;
        Ok(self.fuel)
    }

    /// The object of the function under way.
    #[must_use]
    #[inline]
    pub fn object(&self) -> u32 {
        self.object
    }

    /// Counts what has been spent of the slice under way.
    fn count(&self, fuel: i64, ordinal: Option<u32>) {
        let Some(Some(function)) = self.functions.get(self.object as usize) else { return };
        let units = (self.granted - fuel) as u64;
        function.code.count(ordinal, units);
        if let Some(tier_up) = self.program.tier_up() {
            tier_up.spent(self.unit.program, self.object, &function.code, ordinal, units);
        }
    }

    /// Counts what has been spent of the slice under way, which ends in machine code. Where that begins, its caller is counted for, who may
    /// be in other code: nobody else would find out how hot a function is whose callees have all the slices' ends.
    fn count_machine(&self, fuel: i64, at: At) {
        let units = (self.granted - fuel) as u64;
        let object = if at == At::Call { self.caller } else { self.object };
        let Some(function) = self.program.function(object) else { return };
        if at != At::Call || function.code.machine(JitEntry::Body).is_some() {
            function.code.count_machine(at.ordinal(), units);
            return;
        }
        function.code.count(None, units);
        if let Some(tier_up) = self.program.tier_up() {
            tier_up.spent(self.unit.program, object, &function.code, None, units);
        }
    }

    /// Looks at clock and flag where that may be, and grants machine code its next slice, of at least `need` units; nothing is
    /// charged. `None` where the run has less: it then has all that is left in [`JitState::fuel`], and no machine code is
    /// entered at the head of a loop any more.
    ///
    /// # Errors
    /// An interruption.
    #[cold]
    #[inline(never)]
    pub fn grant(&mut self, fuel: i64, need: u64, at: At) -> Result<Option<i64>, TrapKind> {
        self.fuel = fuel;
        let total = self.left();
        if total < need {
            (self.fuel, self.granted, self.reserve) = (total as i64, self.granted + (total as i64 - fuel), 0);
            self.last = true;
            return Ok(None);
        }
        if at != At::Block {
            self.unit.watch.check()?;
        }
        self.count_machine(fuel, at);
        // Machine code is faster, so that its slices are as long in time.
        let slice = if at == At::Block { need } else { need.max(self.slice * MACHINE_SLICES) }.min(total);
        self.reserve = total - slice;
        (self.granted, self.fuel) = (slice as i64, slice as i64);
        self.machine = true;
        Ok(Some(self.fuel))
    }

    /// Enters the machine code for the head of loop `ordinal` of the function under way, if there is some. It runs the function to
    /// its end.
    #[cold]
    #[inline(never)]
    pub fn enter_loop(&mut self, fuel: i64, ordinal: u32) -> Option<JitControlFlow> {
        if self.last {
            return None;
        }
        let machine = self.program.function(self.object)?.code.machine(JitEntry::Loop(ordinal))?;
        // That the function begins in other code again and again is worth knowing.
        self.count(fuel, Some(ordinal));
        (self.fuel, self.granted) = (fuel, fuel);
        Some(machine(self))
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
        self.locate_in(self.object, node);
    }

    /// The same of another function of the program, whose code is part of that of the function under way.
    pub fn locate_in(&mut self, object: u32, node: NodeId) {
        let Some(f) = self.unit.program.function(object) else { return };
        self.locations.push(Location { function: f.hash(), object, node });
    }

    /// Fuel of the run that is left.
    #[inline]
    pub(super) fn left(&self) -> u64 {
        self.reserve + self.fuel as u64
    }

    /// What was spent of the last slice, which no function has been counted for; and whether machine code had it.
    #[inline]
    pub(super) fn unclaimed(&self) -> (u64, bool) {
        ((self.granted - self.fuel) as u64, self.machine)
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
