//! Writing records.

use super::Compiler;
use super::resume::Heads;
use crate::rec::{Rec, RecFn, Site};
use crate::records::elements::{Row, index_fn, len_fn};
use crate::records::fused::{Words, count_test_fn, inner_test_fn, three_fn};
use crate::records::operand::{Kind, Pair};
use crate::records::scalar::{binary_fn, by_power_fn, unary_fn};
use crate::records::{calls::call_fn, flow};
use nda_ast::Op;

/// What people and traps want to know of records, and nothing else needs.
#[derive(Default)]
pub(super) struct Notes {
    pub sites: Vec<Site>,
    pub shapes: Vec<String>,
    /// What going on from the head of a loop needs, if that is asked for.
    pub heads: Option<Heads>,
}

/// Names of records of which the compiler asks no more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Name {
    Bound,
    Call,
    CallHost,
    Charge,
    Constant,
    ContinueLoop,
    CopyNew,
    CopyOver,
    Done,
    Fail,
    Fetch,
    Jump,
    Leave,
    LeaveLoop,
    Loop,
    LoopEnd,
    Part,
    Place,
    Print,
    Push,
    Return,
    ReturnValue,
    Sequence,
    SetElement,
    Stow,
    TakeAggregate,
    Truncate,
    While,
}

/// What a record is, as far as the compiler asks later. A few bytes: operands that wait carry it along.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Binary {
        op: Op,
        pair: Pair,
        store: bool,
    },
    Unary {
        op: Op,
        kind: Kind,
        store: bool,
    },
    Index {
        row: Row,
        kind: Kind,
        local: bool,
        store: bool,
    },
    Len {
        local: bool,
        store: bool,
    },
    Call {
        float: bool,
        store: bool,
    },
    /// A word copied to another; two of them; a constant or accumulator.
    PutWord,
    PutTwo,
    Put,
    /// A quotient or remainder by a power of two.
    ByPower {
        rem: bool,
        kind: Kind,
        store: bool,
    },
    /// Everything else, by its name.
    Other(Name),
    /// An operation on vectors or buffers.
    Vector(Op),
    /// A test.
    Test {
        op: Op,
        pair: Pair,
        end: bool,
    },
    /// An operation on three operands.
    Three {
        outer: Op,
        last: bool,
        inner: Op,
        words: Words,
        store: bool,
    },
    /// A test of a computed int.
    InnerTest {
        test: Op,
        inner: Op,
        constant: bool,
        small: bool,
        end: bool,
    },
    /// An increment and a test.
    CountTest {
        test: Op,
        constant: bool,
        small: bool,
    },
}

impl Shape {
    /// The function, where the shape alone decides it.
    #[inline]
    pub fn function(self) -> Option<RecFn> {
        Some(match self {
            Shape::Binary { op, pair, store } => binary_fn(op, pair, store),
            Shape::Unary { op, kind, store } => unary_fn(op, kind, store),
            Shape::Index { row, kind, local, store } => index_fn(row, kind, local, store),
            Shape::Len { local, store } => len_fn(local, store),
            Shape::ByPower { rem, kind, store } => by_power_fn(rem, kind, store),
            Shape::Call { float, store } => call_fn(float, store),
            Shape::Three { outer, last, inner, words, store } => {
                return three_fn(outer, last, inner, words, store);
            }
            Shape::InnerTest { test, inner, constant, small, end } => {
                return inner_test_fn(test, inner, constant, small, end);
            }
            Shape::CountTest { test, constant, small } => return count_test_fn(test, constant, small),
            _ => return None,
        })
    }

    /// For people.
    fn name(self) -> String {
        match self {
            Shape::Other(name) => format!("{name:?}"),
            shape => format!("{shape:?}"),
        }
    }

    /// The shape that stores its value as well, and its function; `None` where there is none.
    #[inline]
    pub fn storing(self) -> Option<(Shape, RecFn)> {
        let store = true;
        Some(match self {
            Shape::Binary { op, pair, store: false } => {
                (Shape::Binary { op, pair, store }, binary_fn(op, pair, store))
            }
            Shape::Three { outer, last, inner, words, store: false } => {
                let shape = Shape::Three { outer, last, inner, words, store };
                (shape, three_fn(outer, last, inner, words, store)?)
            }
            Shape::Unary { op, kind, store: false } => {
                (Shape::Unary { op, kind, store }, unary_fn(op, kind, store))
            }
            Shape::Index { row, kind, local, store: false } => {
                (Shape::Index { row, kind, local, store }, index_fn(row, kind, local, store))
            }
            Shape::Len { local, store: false } => (Shape::Len { local, store }, len_fn(local, store)),
            Shape::ByPower { rem, kind, store: false } => {
                (Shape::ByPower { rem, kind, store }, by_power_fn(rem, kind, store))
            }
            Shape::Call { float, store: false } => (Shape::Call { float, store }, call_fn(float, store)),
            _ => return None,
        })
    }
}

/// A record to be filled in.
pub(super) const BLANK: Rec = Rec { f: flow::done, imm: 0, a: 0, b: 0, c: 0, d: 0, skip: 0, yes: 0, no: 0 };

impl Compiler<'_> {
    /// Where the next record goes.
    #[inline]
    pub(super) fn here(&self) -> u32 {
        self.recs.len() as u32
    }

    /// Writes a record whose shape has a function.
    #[inline]
    pub(super) fn emit(&mut self, shape: Shape, rec: Rec) -> u32 {
        let Some(f) = shape.function() else { unreachable!("{shape:?} alone has no function") };
        self.put_record(shape, Rec { f, ..rec })
    }

    /// Writes any other record.
    #[inline]
    pub(super) fn emit_other(&mut self, name: Name, rec: Rec) -> u32 {
        self.put_record(Shape::Other(name), rec)
    }

    #[inline]
    pub(super) fn put_record(&mut self, shape: Shape, rec: Rec) -> u32 {
        self.forget(shape, &rec);
        self.append(shape, rec)
    }

    /// Writes a record whose shape has a function and which leaves its value in an accumulator, and pushes that.
    pub(super) fn value(&mut self, shape: Shape, rec: Rec, float: bool) {
        let Some(f) = shape.function() else { unreachable!("{shape:?} alone has no function") };
        self.put_value(shape, Rec { f, ..rec }, float);
    }

    /// The same where the function has been chosen.
    #[inline(always)]
    pub(super) fn put_value(&mut self, shape: Shape, rec: Rec, float: bool) {
        let class = usize::from(float);
        if self.acc[class].is_some() {
            self.spill(float);
        }
        // Where the record stores it, too, is noted by who asks for that.
        self.held[class] = None;
        let at = self.append(shape, rec);
        self.push_acc(at, shape, float);
    }

    #[inline]
    fn append(&mut self, shape: Shape, rec: Rec) -> u32 {
        let here = self.here();
        self.recs.push(rec);
        self.last = Some(shape);
        if self.notes.is_some() {
            self.note(shape);
        }
        here
    }

    #[cold]
    #[inline(never)]
    fn note(&mut self, shape: Shape) {
        let last = self.here() - 1;
        let Some(notes) = &mut self.notes else { return };
        notes.sites.push(Site { check: self.node, owner: self.owner });
        notes.shapes.push(shape.name());
        if let Some(heads) = &mut notes.heads {
            heads.noted(shape, last);
        }
    }

    /// After a record: which words the accumulators no longer have the value of.
    #[inline]
    fn forget(&mut self, shape: Shape, rec: &Rec) {
        match shape {
            Shape::PutWord | Shape::Put => self.written(rec.d),
            Shape::PutTwo => {
                self.written(rec.d);
                self.written(rec.c);
            }
            Shape::Test { .. } | Shape::InnerTest { .. } | Shape::Other(Name::SetElement | Name::Push) => {}
            // Not known by its value; what leaves one in an accumulator goes through `value`.
            _ => self.held = [None; 2],
        }
    }

    pub(super) fn written(&mut self, word: u8) {
        for held in &mut self.held {
            if *held == Some(word) {
                *held = None;
            }
        }
    }

    /// Record `at` has become another.
    #[inline]
    pub(super) fn reshaped(&mut self, at: u32, shape: Shape) {
        if at + 1 == self.here() {
            self.last = Some(shape);
        }
        if let Some(notes) = &mut self.notes {
            notes.shapes[at as usize] = shape.name();
        }
    }

    /// Takes the last record back.
    pub(super) fn unput(&mut self) -> Option<Rec> {
        self.last = None;
        if let Some(notes) = &mut self.notes {
            notes.sites.pop();
            notes.shapes.pop();
        }
        self.recs.pop()
    }

    /// The next record is one that another passes control to: nothing before it may be fused with what follows.
    pub(super) fn label(&mut self) -> u32 {
        self.last = None;
        self.held = [None; 2];
        self.here()
    }

    /// Lets record `at` pass control to the next record.
    pub(super) fn patch(&mut self, at: u32) {
        let here = self.label();
        self.recs[at as usize].skip = here - at - 1;
    }
}
