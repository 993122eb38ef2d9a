//! The machine: registers of a run and the loop over steps.

use super::calls::Activation;
use super::step::{Code, Place, Step};
use crate::fpenv::IeeeGuard;
use crate::memory::bytes_mut;
use crate::unit::VectorUnit;
use crate::{Loaded, Record, Returned, Stop, TrapKind, scalar};
use bytemuck::cast_slice_mut;
use nda_ast::Node;

pub(super) type Checked<T = ()> = Result<T, TrapKind>;

pub(super) struct Machine<'a> {
    pub program: &'a Loaded,
    pub codes: &'a [Option<Code>],
    /// Code of the function under way, and its object.
    pub code: &'a Code,
    pub function: u32,
    /// The step after the one under way.
    pub pc: usize,
    /// First word of the frame.
    pub base: usize,
    pub stack: &'a mut [u64],
    pub sp: usize,
    pub unit: VectorUnit<'a>,
    /// Callers, outermost first.
    pub calls: &'a mut Vec<Activation>,
    /// Fuel left.
    pub fuel: u64,
    pub record: Record,
    pub env: &'a IeeeGuard,
}

impl Machine<'_> {
    #[inline(always)]
    pub fn push(&mut self, word: u64) {
        self.stack[self.sp] = word;
        self.sp += 1;
    }

    #[inline(always)]
    pub fn pop(&mut self) -> u64 {
        self.sp -= 1;
        self.stack[self.sp]
    }

    #[inline(always)]
    pub fn pop_int(&mut self) -> i64 {
        self.pop() as i64
    }

    #[inline(always)]
    pub fn pop_float(&mut self) -> f64 {
        f64::from_bits(self.pop())
    }

    /// A word of the frame.
    #[inline(always)]
    pub fn word(&mut self, word: u32) -> &mut u64 {
        &mut self.unit.memory.arena[self.base + word as usize]
    }

    /// First word of an aggregate that is written.
    #[inline]
    fn at(&self, place: Place) -> usize {
        let at = self.base + place.word();
        if place.is_indirect() { self.unit.memory.arena[at] as usize } else { at }
    }

    /// The node of the step under way.
    pub fn node(&self) -> &Node {
        let id = self.code.nodes[self.pc - 1];
        // Every function on the way is bound, and no step that asks belongs to node 0.
        match self.program.function(self.function) {
            Some(f) => f.function().node(id),
            None => unreachable!("object {} is no function", self.function),
        }
    }

    /// Runs to the return of the entry point.
    pub fn execute(&mut self) -> Result<Returned, Stop> {
        loop {
            let step = self.code.steps[self.pc];
            self.pc += 1;
            match step {
                Step::Word(word) => self.push(word),
                Step::Slot(word) => {
                    let value = *self.word(word);
                    self.push(value);
                }
                Step::Local(word) => self.push((self.base + word as usize) as u64),
                Step::Charge(cost) => match self.fuel.checked_sub(cost) {
                    Some(left) => self.fuel = left,
                    None => return Err(TrapKind::OutOfFuel.into()),
                },
                Step::Scalar(op) => self.scalar(op)?,
                Step::Jump(to) => self.pc = to as usize,
                Step::Unless(to) => {
                    if self.pop() == 0 {
                        self.pc = to as usize;
                    }
                }
                Step::Poll => self.unit.watch.poll(self.fuel)?,
                Step::LoopEnter { counter, index, exit, bounded } => {
                    self.enter_loop(counter, index, exit, bounded)?;
                }
                Step::LoopNext { counter, index, head, bounded } => {
                    self.next_iteration(counter, index, head, bounded)?;
                }
                Step::WhileEnter(counter) => *self.word(counter) = 0,
                Step::WhileTest { counter, exit, bounded } => self.test(counter, exit, bounded)?,
                Step::SetWord(word) => *self.word(word) = self.pop(),
                Step::SetAggregate { ty, to } => {
                    let (from, to) = (self.pop(), self.at(to));
                    self.unit.copy(ty, from, to)?;
                }
                Step::SetByte(to) => {
                    let (index, value, at) = (self.pop_int(), self.pop(), self.at(to));
                    let len = self.unit.memory.arena[at];
                    let index = scalar::index(index, len)?;
                    bytes_mut(&mut self.unit.memory.arena[at..], len as usize)[index] = value as u8;
                }
                Step::SetElement(to) => {
                    let (index, value, at) = (self.pop_int(), self.pop(), self.at(to));
                    let index = scalar::index(index, self.unit.memory.arena[at])?;
                    self.unit.memory.arena[at + 1 + index] = value;
                }
                Step::SetLane { to, n } => {
                    let (index, value, at) = (self.pop_int(), self.pop_float(), self.at(to));
                    let index = scalar::index(index, n.into())?;
                    let lanes: &mut [f32] = cast_slice_mut(&mut self.unit.memory.arena[at..]);
                    lanes[index] = nda_kernels::canon::f64_to_f32(value);
                }
                Step::PushByte { to, cap } => self.push_byte(to, cap)?,
                Step::PushElement { to, cap } => self.push_element(to, cap)?,
                Step::Truncate(to) => {
                    let (len, at) = (self.pop_int(), self.at(to));
                    let old = self.unit.memory.arena[at];
                    self.unit.memory.arena[at] = scalar::range_start(len, 0, old)? as u64;
                }
                Step::Print(ty) => {
                    let word = self.pop();
                    self.record.charge([self.payload(ty, word)])?;
                    let value = self.value(ty, word);
                    self.record.push(value);
                }
                Step::Fail => {
                    let code = self.pop_int();
                    return Err(TrapKind::Failed { code }.into());
                }
                Step::Return => {
                    if let Some(returned) = self.leave_function()? {
                        return Ok(returned);
                    }
                }
                Step::Call { callee, args, .. } | Step::CallStmt { callee, args } => {
                    self.unit.watch.poll(self.fuel)?;
                    self.enter_function(callee, args.into());
                }
                Step::CallHost { import, args } => self.call_host(import, args.into())?,
                other => self.aggregate(other)?,
            }
        }
    }

    #[inline]
    fn enter_loop(&mut self, counter: u32, index: u32, exit: u32, bounded: bool) -> Checked {
        let count = self.pop_int();
        if count <= 0 {
            self.pc = exit as usize;
            return Ok(());
        }
        *self.word(counter) = count as u64;
        *self.word(index) = 0;
        if bounded { self.check_bound(0) } else { Ok(()) }
    }

    #[inline]
    fn next_iteration(&mut self, counter: u32, index: u32, head: u32, bounded: bool) -> Checked {
        let count = *self.word(counter);
        let next = *self.word(index) + 1;
        if next == count {
            return Ok(());
        }
        *self.word(index) = next;
        if bounded {
            // Before the jump: a trap's location is that of the step under way.
            self.check_bound(next)?;
        }
        self.pc = head as usize;
        Ok(())
    }

    #[inline]
    fn test(&mut self, counter: u32, exit: u32, bounded: bool) -> Checked {
        if self.pop() == 0 {
            self.pc = exit as usize;
            return Ok(());
        }
        let done = *self.word(counter);
        if bounded {
            self.check_bound(done)?;
        }
        *self.word(counter) = done + 1;
        Ok(())
    }

    fn check_bound(&self, done: u64) -> Checked {
        match self.node().max() {
            Some(max) if done >= max => Err(TrapKind::LoopLimit { max }),
            _ => Ok(()),
        }
    }

    #[inline]
    fn push_byte(&mut self, to: Place, cap: u32) -> Checked {
        let (value, at) = (self.pop(), self.at(to));
        let len = self.unit.memory.arena[at];
        if len >= cap.into() {
            return Err(TrapKind::CapacityExceeded { capacity: cap.into() });
        }
        bytes_mut(&mut self.unit.memory.arena[at..], len as usize + 1)[len as usize] = value as u8;
        Ok(())
    }

    #[inline]
    fn push_element(&mut self, to: Place, cap: u32) -> Checked {
        let (value, at) = (self.pop(), self.at(to));
        let len = self.unit.memory.arena[at];
        if len >= cap.into() {
            return Err(TrapKind::CapacityExceeded { capacity: cap.into() });
        }
        self.unit.memory.arena[at] = len + 1;
        self.unit.memory.arena[at + 1 + len as usize] = value;
        Ok(())
    }
}
