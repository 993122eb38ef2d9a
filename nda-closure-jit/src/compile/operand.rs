//! Operands that wait: where they are, and how they come into words.

use super::Compiler;
use super::emit::{BLANK, Name, Shape};
use crate::rec::{NEAR, Rec};
use crate::records::operand::{A, C, Kind, Pair, S};
use crate::records::scalar;
use nda_ast::{Function, NodeId, Op, Type};
use nda_runtime::jit::FrameMap;

/// The value of an expression that has been compiled. Eight bytes: they are moved about more than anything else here.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operand {
    /// In a word that is not the operand's own: a slot.
    Slot(u32),
    /// In a temporary word, by its number.
    Temp(u32),
    /// The constant of a node.
    Const(NodeId),
    /// A constant that no node has, by its number in `Compiler::made`.
    Made(u32),
    /// In an accumulator.
    Acc(Bank),
    /// In an accumulator and in a word: nothing waits there.
    Held,
    /// Not yet computed: the comparison in `Compiler::test`.
    Test,
}

impl Operand {
    #[inline]
    pub fn is_const(self) -> bool {
        matches!(self, Operand::Const(_) | Operand::Made(_))
    }

    #[inline]
    pub fn is_acc(self) -> bool {
        matches!(self, Operand::Acc(_))
    }

    #[inline]
    pub fn is_word(self) -> bool {
        matches!(self, Operand::Slot(_) | Operand::Temp(_))
    }
}

/// The accumulator of ints and bools, or of floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Bank {
    Ints,
    Floats,
}

impl Bank {
    #[inline]
    pub fn of(float: bool) -> Bank {
        if float { Bank::Floats } else { Bank::Ints }
    }

    #[inline]
    pub fn is_float(self) -> bool {
        self == Bank::Floats
    }
}

/// An operand in an accumulator.
#[derive(Clone, Copy, Debug)]
pub(super) struct InAcc {
    /// The record that has put it there.
    pub rec: u32,
    pub shape: Shape,
    /// Its place on the stack of operands.
    pub place: usize,
}

/// A comparison whose operands are ready.
#[derive(Clone, Copy)]
pub(super) struct Test {
    pub op: Op,
    pub pair: Pair,
    pub rec: Rec,
    /// The operation on two words, or a word and a constant, whose value is the left side, with its node; the right
    /// side is then `c`, a word or (`true`) a small constant.
    pub inner: Option<(Op, NodeId, bool)>,
}

/// An operand as a record takes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub kind: Kind,
    pub word: u8,
    pub imm: u64,
}

impl Source {
    #[inline]
    pub fn near(word: u8) -> Source {
        Source { kind: Kind::S, word, imm: 0 }
    }
}

/// The words of the frame: parameters and results, then everything else as temporaries. A slot is a temporary that lives
/// as long as its block, so that blocks one after the other share words, and few functions have far ones.
pub(super) struct Words {
    /// First of the words that far ones pass through.
    passing: u32,
    /// Word of the first temporary.
    first: u32,
    /// The next temporary.
    next: u32,
    /// One past the last that the statement has taken so far.
    peak: u32,
    /// Temporaries that outlive the statement: slots, and what loops keep.
    pub base: u32,
    /// The next word that a far one passes through.
    turn: u32,
    highest: u32,
}

/// Words that far words pass through; a record has at most three operands.
const PASSING: u32 = 6;

impl Words {
    pub fn new(f: &Function, map: FrameMap) -> Words {
        let end = map.result(f.results().len() as u32);
        // A node takes one temporary at most, a loop two, a call as many words as it has arguments and results, of which each
        // result is a slot besides.
        let large = end as usize + 2 * f.slot_count() + 2 * f.node_count() > NEAR as usize - 8;
        let (passing, first) = match (large, map.first()) {
            (false, _) => (NEAR, end),
            (true, 0) => (end, end + PASSING),
            // There is room below.
            (true, _) => (0, end),
        };
        Words { passing, first, next: 0, peak: 0, base: 0, turn: 0, highest: first }
    }

    /// Words of the frame.
    pub fn used(&self) -> u32 {
        self.highest
    }

    /// Word of temporary `temp`.
    pub fn temp(&self, temp: u32) -> u32 {
        self.first + temp
    }

    /// A new temporary.
    pub fn take(&mut self) -> u32 {
        let temp = self.next;
        self.next += 1;
        self.peak = self.peak.max(self.next);
        self.highest = self.highest.max(self.temp(temp) + 1);
        temp
    }

    /// A new temporary that the statement has not taken before.
    pub fn take_unused(&mut self) -> u32 {
        self.hold_all();
        self.take()
    }

    /// Gives a temporary back, where it is the last one taken.
    pub fn give(&mut self, temp: u32) {
        if temp + 1 == self.next {
            self.next = temp;
        }
    }

    /// Until the end of the statement no temporary is taken again that has been given back: a record yet to be written
    /// reads some.
    pub fn hold_all(&mut self) {
        self.next = self.next.max(self.peak);
    }

    /// At the end of a statement.
    pub fn reset(&mut self) {
        self.next = self.base;
        self.peak = self.base;
    }

    /// A new temporary that outlives the statement.
    pub fn keep(&mut self) -> u32 {
        let temp = self.base;
        self.base += 1;
        self.next = self.next.max(self.base);
        self.highest = self.highest.max(self.temp(self.base));
        self.temp(temp)
    }

    /// The first word above all that are in use: where a callee's frame begins.
    pub fn above(&mut self) -> u32 {
        let above = self.temp(self.next);
        self.highest = self.highest.max(above);
        above
    }

    /// Words up to `end` are used, though nothing is there to be found again.
    pub fn hold(&mut self, end: u32) {
        self.highest = self.highest.max(end);
    }

    /// A near word for a far one to pass through.
    pub fn pass(&mut self) -> u8 {
        assert!(self.passing < NEAR, "a function without far words was to pass through one");
        self.turn = (self.turn + 1) % PASSING;
        (self.passing + self.turn) as u8
    }
}

impl Compiler<'_> {
    /// Word of a slot.
    #[inline]
    pub(super) fn slot(&self, slot: u32) -> u32 {
        self.slots[slot as usize]
    }

    /// Gives the next slot its word; slots are declared in their order.
    #[inline]
    pub(super) fn declare_slot(&mut self) -> u32 {
        let word = self.words.keep();
        self.slots.push(word);
        word
    }

    #[inline]
    pub(super) fn push(&mut self, operand: Operand) {
        self.stack.push(operand);
    }

    /// A constant that no node has.
    pub(super) fn make(&mut self, bits: u64) -> Operand {
        self.made.push(bits);
        Operand::Made(self.made.len() as u32 - 1)
    }

    /// Pushes what the last record has put into an accumulator.
    #[inline]
    pub(super) fn push_acc(&mut self, rec: u32, shape: Shape, float: bool) {
        self.acc[usize::from(float)] = Some(InAcc { rec, shape, place: self.stack.len() });
        self.stack.push(Operand::Acc(Bank::of(float)));
    }

    /// Takes the last operand. Its temporary stays taken until [`Compiler::free`]: records are written in between.
    #[inline]
    pub(super) fn pop(&mut self) -> Operand {
        match self.stack.pop() {
            Some(operand) => operand,
            None => unreachable!("the validator has counted operands"),
        }
    }

    /// Gives back the temporary of an operand that has been read.
    #[inline]
    pub(super) fn free(&mut self, operand: Operand) {
        if let Operand::Temp(temp) = operand {
            self.words.give(temp);
        }
    }

    /// Brings the operand that waits in an accumulator into a temporary: the next record changes the accumulator. The record
    /// that has computed it stores it as well, into a word that no record since has used.
    pub(super) fn spill(&mut self, float: bool) {
        let Some(waiting) = self.acc[usize::from(float)].take() else { return };
        let is_last = waiting.rec + 1 == self.here();
        let temp = if is_last { self.words.take() } else { self.words.take_unused() };
        self.stack[waiting.place] = Operand::Temp(temp);
        self.store_by(waiting, float, self.words.temp(temp));
    }

    pub(super) fn spill_both(&mut self) {
        self.spill(false);
        self.spill(true);
    }

    /// Stores what waits in an accumulator into a word: by the record that has computed it, where no other record, which
    /// might use the word, has come between.
    #[inline]
    pub(super) fn store_acc(&mut self, waiting: InAcc, float: bool, word: u32) {
        if waiting.rec + 1 == self.here() {
            self.store_by(waiting, float, word);
        } else {
            self.put_acc(float, word);
            self.hold(float, word);
        }
    }

    /// Stores it by the record that has computed it, where that can; no record since uses the word.
    fn store_by(&mut self, waiting: InAcc, float: bool, word: u32) {
        match waiting.shape.storing() {
            Some((shape, f)) if word < NEAR => {
                let rec = &mut self.recs[waiting.rec as usize];
                (rec.f, rec.d) = (f, word as u8);
                self.reshaped(waiting.rec, shape);
                self.written(word as u8);
            }
            _ => self.put_acc(float, word),
        }
        self.hold(float, word);
    }

    /// An accumulator has the value of a word besides.
    fn hold(&mut self, float: bool, word: u32) {
        if word < NEAR {
            self.held[usize::from(float)] = Some(word as u8);
        }
    }

    /// Writes a record that stores an accumulator.
    fn put_acc(&mut self, float: bool, word: u32) {
        if word < NEAR
            && self.last == Some(Shape::PutWord)
            && let Some(first) = self.unput()
        {
            let f = if float { scalar::put_and_acc::<f64> } else { scalar::put_and_acc::<i64> };
            self.put_record(Shape::PutTwo, Rec { f, c: word as u8, ..first });
            return;
        }
        let f = if float { scalar::put::<f64, A> } else { scalar::put::<i64, A> };
        self.put_into(word, Rec { f, ..BLANK });
    }

    /// The accumulator that has the value of a word besides, if one does and no operand waits there.
    #[inline]
    pub(super) fn holds(&self, operand: Operand) -> Option<bool> {
        let word = self.word_of(operand)?;
        [false, true].into_iter().find(|&float| {
            let place = usize::from(float);
            self.acc[place].is_none() && self.held[place].is_some_and(|held| u32::from(held) == word)
        })
    }

    /// Writes a record that puts something into a word, near or far.
    fn put_into(&mut self, word: u32, rec: Rec) {
        if word < NEAR {
            self.put_record(Shape::Put, Rec { d: word as u8, ..rec });
        } else {
            let near = self.words.pass();
            self.put_record(Shape::Put, Rec { d: near, ..rec });
            self.emit_other(Name::Stow, Rec { f: scalar::stow, a: near, skip: word, ..BLANK });
        }
    }

    /// The bits of a constant.
    #[inline]
    pub(super) fn bits(&self, operand: Operand) -> Option<u64> {
        match operand {
            Operand::Const(node) => Some(self.nodes[node as usize - 1].bits()),
            Operand::Made(number) => Some(self.made[number as usize]),
            _ => None,
        }
    }

    /// Word of an operand that is in one.
    #[inline]
    pub(super) fn word_of(&self, operand: Operand) -> Option<u32> {
        match operand {
            Operand::Slot(word) => Some(word),
            Operand::Temp(temp) => Some(self.words.temp(temp)),
            _ => None,
        }
    }

    /// The operand, which has been popped, as a record takes it.
    #[inline]
    pub(super) fn source(&mut self, operand: Operand) -> Source {
        match operand {
            Operand::Const(_) | Operand::Made(_) => {
                Source { kind: Kind::C, word: 0, imm: self.bits(operand).unwrap_or(0) }
            }
            Operand::Acc(bank) => {
                self.acc[bank as usize] = None;
                Source { kind: Kind::A, word: 0, imm: 0 }
            }
            Operand::Held => Source { kind: Kind::A, word: 0, imm: 0 },
            Operand::Test => unreachable!("a test is branched on"),
            Operand::Slot(word) if word < NEAR => Source::near(word as u8),
            Operand::Slot(_) | Operand::Temp(_) => Source::near(self.near(operand)),
        }
    }

    /// A near word that holds the operand, which has been popped.
    pub(super) fn near(&mut self, operand: Operand) -> u8 {
        if let Some(word) = self.word_of(operand) {
            if word < NEAR {
                return word as u8;
            }
            let near = self.words.pass();
            self.emit_other(Name::Fetch, Rec { f: scalar::fetch, d: near, skip: word, ..BLANK });
            return near;
        }
        // Taken until the end of the statement, since other operands of the same record may need one, too.
        let temp = self.words.take();
        let word = match self.words.temp(temp) {
            word if word < NEAR => word,
            _ => {
                self.words.give(temp);
                self.words.pass().into()
            }
        };
        self.store(operand, word);
        word as u8
    }

    /// Stores an operand, which has been popped, into a word.
    #[inline]
    pub(super) fn store(&mut self, operand: Operand, word: u32) {
        match operand {
            Operand::Acc(bank) => {
                if let Some(waiting) = self.acc[bank as usize].take() {
                    self.store_acc(waiting, bank.is_float(), word);
                }
            }
            Operand::Const(_) | Operand::Made(_) => {
                let imm = self.bits(operand).unwrap_or(0);
                self.put_into(word, Rec { f: scalar::put::<i64, C>, imm, ..BLANK });
            }
            Operand::Test | Operand::Held => unreachable!("only made for the record that takes it"),
            Operand::Slot(_) | Operand::Temp(_) => self.copy_word(operand, word),
        }
    }

    fn copy_word(&mut self, operand: Operand, word: u32) {
        if self.word_of(operand) == Some(word) {
            return;
        }
        if let Some(float) = self.holds(operand)
            && word < NEAR
        {
            // Sooner there than in memory.
            self.put_acc(float, word);
            return;
        }
        let from = self.near(operand);
        if word >= NEAR {
            self.emit_other(Name::Stow, Rec { f: scalar::stow, a: from, skip: word, ..BLANK });
            return;
        }
        let to = word as u8;
        if self.last == Some(Shape::PutWord)
            && let Some(first) = self.unput()
        {
            let rec = Rec { f: scalar::put_two, b: from, c: to, ..first };
            self.put_record(Shape::PutTwo, rec);
            return;
        }
        let rec = Rec { f: scalar::put::<i64, S>, a: from, d: to, ..BLANK };
        self.put_record(Shape::PutWord, rec);
    }
}

/// Whether values of this type use the accumulator of floats.
pub(super) fn is_float(ty: Type) -> bool {
    matches!(ty, Type::Float)
}
