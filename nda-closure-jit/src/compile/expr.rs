//! Expressions.

use super::Compiler;
use super::emit::{BLANK, Name, Shape};
use super::operand::{Operand, Source, Test, is_float};
use super::select::negated;
use super::stmt::row;
use crate::rec::{NEAR, Rec};
use crate::records::flow;
use crate::records::fused::{Words, three_fn};
use crate::records::operand::{Kind, Pair};
use crate::records::scalar::{OPS, Spread, binary_fn, fold_one, fold_two, spread};
use nda_ast::{Arg, Node, NodeId, Op, Res, SlotKind};

impl Compiler<'_> {
    /// An operand that needs no record.
    #[inline(always)]
    pub(super) fn leaf(&self, id: NodeId, node: &Node, class: Class) -> Option<Operand> {
        match class {
            Class::Load => Some(Operand::Slot(self.slot(node.slot()))),
            Class::Constant => Some(Operand::Const(id)),
            _ => None,
        }
    }

    #[inline(always)]
    pub(super) fn expression(&mut self, id: NodeId, node: &Node, class: Class) {
        if let Some(operand) = self.leaf(id, node, class) {
            self.push(operand);
        } else if let Class::Binary(op) = class {
            self.begin_node(id);
            let last = self.pop();
            self.binary(id, op, last);
        } else {
            self.other_expression(id, node, class);
        }
    }

    #[inline(never)]
    fn other_expression(&mut self, id: NodeId, node: &Node, class: Class) {
        self.begin_node(id);
        match (class, node.op()) {
            (Class::Unary, op) => self.unary(op),
            (Class::Vector, op) => self.vector(id, node, op),
            (_, Op::BufConst | Op::VecConst | Op::Matrix) => self.constant(node.table() as u32),
            (_, Op::Call) => self.call(id, node),
            (_, Op::NotBool) => self.not(id),
            (_, Op::Len) => self.length(id),
            (_, Op::Index) => self.index(id),
            (_, op) => {
                unreachable!("{op:?} at node {id}: statements have no value, and every select has its marks")
            }
        }
    }

    /// What an entry of the function's table names, in a temporary.
    fn constant(&mut self, table: u32) {
        let temp = self.words.take();
        let word = self.words.temp(temp);
        let near = self.near_dest(word);
        self.emit_other(Name::Constant, Rec { f: flow::constant, d: near, skip: table, ..BLANK });
        self.leave_near(near, word);
        self.push(Operand::Temp(temp));
    }

    /// An operation on two scalars, the second of which is `b`; the node has begun.
    #[inline(never)]
    pub(super) fn binary(&mut self, id: NodeId, op: Op, b: Operand) {
        let a = self.pop();
        if a.is_const() && b.is_const() && self.fold(op, a, b) {
            return;
        }
        let (mut op, mut x, mut y) = (op, a, b);
        let class = spread(op);
        if self.held != [None; 2] && class != Spread::Few && self.is_final(id) {
            (x, y) = self.take_held(x, y);
        }
        match class {
            Spread::Commutes | Spread::Turns(_) => {
                // The constant to the right, the accumulator to the left.
                let last = y.is_acc() || matches!(y, Operand::Held);
                if x.is_const() && !y.is_const() || last && !x.is_acc() {
                    (x, y) = (y, x);
                    if let Spread::Turns(other) = class {
                        op = other;
                    }
                }
            }
            Spread::Few => {
                x = self.no_constant(x);
                y = self.no_constant(y);
            }
            Spread::All => {}
        }
        if x.is_acc() || y.is_acc() {
            // Operands may have been turned round: which of the node's own is the operation?
            let inner = if b.is_acc() { id - 1 } else { self.f.operand_before(id - 1) };
            if self.fuse((id, inner), op, x, y) {
                if self.test.is_none() {
                    self.free(b);
                    self.free(a);
                }
                return;
            }
        }
        if matches!(op, Op::DivS | Op::RemS | Op::DivU | Op::RemU)
            && let Some(divisor) = self.bits(y)
            && self.divide(op, x, divisor)
        {
            self.free(a);
            return;
        }
        let (x, y) = match (x, y) {
            (Operand::Slot(x), Operand::Slot(y)) if x.max(y) < NEAR => {
                (Source::near(x as u8), Source::near(y as u8))
            }
            _ => self.sources(x, y),
        };
        let pair = Pair::of(x.kind, y.kind);
        let imm = if x.kind == Kind::C { x.imm } else { y.imm };
        let rec = Rec { a: x.word, b: y.word, imm, ..BLANK };
        let result = op.info().res;
        if result == Res::Bool && self.branches(id) {
            // Its temporaries stay taken: the record is yet to be written.
            self.words.hold_all();
            self.test = Some(Test { op, pair, rec, inner: None });
            self.push(Operand::Test);
            return;
        }
        let rec = Rec { f: binary_fn(op, pair, false), ..rec };
        self.put_value(Shape::Binary { op, pair, store: false }, rec, result == Res::Float);
        self.free(b);
        self.free(a);
    }

    /// Pushes the value of an operation on two constants, if it can be known.
    #[inline(never)]
    fn fold(&mut self, op: Op, a: Operand, b: Operand) -> bool {
        let (Some(a), Some(b)) = (self.bits(a), self.bits(b)) else { return false };
        self.push_folded(fold_two(op, a, b))
    }

    /// Pushes the value of an operation on a constant, if it can be known.
    fn fold_unary(&mut self, op: Op, operand: Operand) -> bool {
        self.push_folded(self.bits(operand).and_then(|bits| fold_one(op, bits)))
    }

    fn push_folded(&mut self, value: Option<u64>) -> bool {
        let Some(value) = value.map(|value| self.make(value)) else { return false };
        self.push(value);
        true
    }

    /// A quotient or remainder by a constant power of two, which needs no division and cannot trap.
    fn divide(&mut self, op: Op, x: Operand, divisor: u64) -> bool {
        let power = divisor.trailing_zeros();
        if !divisor.is_power_of_two() || !(1..=62).contains(&power) || x.is_const() {
            return false;
        }
        let Source { kind, word: a, .. } = self.source(x);
        let pair = if kind == Kind::A { Pair::AC } else { Pair::SC };
        let (shape, imm) = match op {
            Op::DivU => (Shape::Binary { op: Op::ShrU, pair, store: false }, power.into()),
            Op::RemU => (Shape::Binary { op: Op::AndInt, pair, store: false }, divisor - 1),
            _ => (Shape::ByPower { rem: op == Op::RemS, kind, store: false }, power.into()),
        };
        self.value(shape, Rec { a, imm, ..BLANK }, false);
        true
    }

    /// Whether the value of node `id` goes to a statement or branch: no other operation would take it into its record.
    fn is_final(&self, id: NodeId) -> bool {
        self.nodes.get(id as usize).is_some_and(|next| next.op().is_stmt())
    }

    /// Of two words, one is taken from the accumulator where it is there as well: sooner than from memory.
    fn take_held(&self, x: Operand, y: Operand) -> (Operand, Operand) {
        let free = |operand: Operand| operand.is_word() || operand.is_const();
        if x.is_word() && free(y) && self.holds(x).is_some() {
            (Operand::Held, y)
        } else if y.is_word() && free(x) && self.holds(y).is_some() {
            (x, Operand::Held)
        } else {
            (x, y)
        }
    }

    /// Takes the operation that has just left its value in the accumulator into the record of `op`, where there is such a
    /// record.
    fn fuse(&mut self, (id, inside): (NodeId, NodeId), op: Op, x: Operand, y: Operand) -> bool {
        let (float, last, other) = match (x, y) {
            (Operand::Acc(bank), other) => (bank.is_float(), false, other),
            (other, Operand::Acc(bank)) => (bank.is_float(), true, other),
            _ => return false,
        };
        let Some(waiting) = self.acc[usize::from(float)] else { return false };
        if waiting.rec + 1 != self.here() || self.last.is_none() {
            return false;
        }
        let (inner, pair, bits) = match waiting.shape {
            Shape::Binary { op, pair, store: false } => (op, pair, None),
            // The remainder by 2^k is 0 where the low k bits are.
            Shape::ByPower { rem: true, kind: Kind::S, store: false }
                if matches!(op, Op::EqInt | Op::NeInt) && self.bits(other) == Some(0) =>
            {
                let power = self.recs.last().map_or(0, |rec| rec.imm);
                (Op::AndInt, Pair::SC, Some((1 << power) - 1))
            }
            _ => return false,
        };
        let constant = match pair {
            Pair::SS => false,
            Pair::SC => true,
            _ => return false,
        };
        let small = |imm: u64| i8::try_from(imm as i64).ok();
        let (third, c, imm) = match other {
            Operand::Slot(_) | Operand::Temp(_) => match self.word_of(other) {
                Some(word) if word < NEAR => (Kind::S, word as u8, None),
                _ => return false,
            },
            _ => match self.bits(other) {
                Some(imm) => (Kind::C, small(imm).unwrap_or(0) as u8, Some(imm)),
                None => return false,
            },
        };
        if op.info().res == Res::Bool {
            if last || !self.branches(id) || imm.is_some_and(|imm| small(imm).is_none()) {
                return false;
            }
            let is_small = third == Kind::C;
            let shape = Shape::InnerTest { test: op, inner, constant, small: is_small, end: false };
            // The test may be turned round before it is written.
            let turned = negated(op).map(|op| Shape::InnerTest {
                test: op,
                inner,
                constant,
                small: is_small,
                end: false,
            });
            if shape.function().is_none() || turned.and_then(Shape::function).is_none() {
                return false;
            }
            let Some(rec) = self.unput() else { return false };
            self.acc[usize::from(float)] = None;
            let rec = Rec { c, imm: bits.unwrap_or(rec.imm), ..rec };
            self.words.hold_all();
            self.test = Some(Test { op, pair, rec, inner: Some((inner, inside, is_small)) });
            self.push(Operand::Test);
            return true;
        }
        let words = match (constant, third) {
            (false, Kind::S) => Words::Sss,
            (true, Kind::S) => Words::Scs,
            (false, Kind::C) => Words::Ssc,
            _ => return false,
        };
        let Some(f) = three_fn(op, last, inner, words, false) else { return false };
        let Some(rec) = self.unput() else { return false };
        self.acc[usize::from(float)] = None;
        let shape = Shape::Three { outer: op, last, inner, words, store: false };
        self.put_value(shape, Rec { f, c, imm: imm.unwrap_or(rec.imm), ..rec }, float);
        true
    }

    /// A constant goes into a word.
    pub(super) fn no_constant(&mut self, operand: Operand) -> Operand {
        if operand.is_const() { Operand::Slot(self.near(operand).into()) } else { operand }
    }

    fn unary(&mut self, op: Op) {
        let operand = self.pop();
        if self.fold_unary(op, operand) {
            return;
        }
        let x = self.no_constant(operand);
        let Source { kind, word: a, .. } = self.source(x);
        self.value(Shape::Unary { op, kind, store: false }, Rec { a, ..BLANK }, op.info().res == Res::Float);
        self.free(operand);
    }

    /// A comparison that waits is turned round.
    fn not(&mut self, id: NodeId) {
        if matches!(self.stack.last(), Some(Operand::Test)) {
            let Some(test) = self.test else { return };
            if let Some(op) = negated(test.op) {
                self.test = Some(Test { op, ..test });
                return;
            }
            // Floats in order: as a value.
            // (What is computed within a test is an int, whose comparison has a negation.)
            self.test = None;
            self.stack.pop();
            self.value(Shape::Binary { op: test.op, pair: test.pair, store: false }, test.rec, false);
        }
        let operand = self.pop();
        if self.fold_unary(Op::NotBool, operand) {
            return;
        }
        let source = self.source(operand);
        let pair = if source.kind == Kind::A { Pair::AC } else { Pair::SC };
        let rec = Rec { a: source.word, ..BLANK };
        if self.branches(id) {
            self.words.hold_all();
            self.test = Some(Test { op: Op::EqInt, pair, rec, inner: None });
            self.push(Operand::Test);
            return;
        }
        self.value(Shape::Unary { op: Op::NotBool, kind: source.kind, store: false }, rec, false);
        self.free(operand);
    }

    fn length(&mut self, id: NodeId) {
        let operand = self.pop();
        let ty = self.type_of(id - 1);
        if let nda_ast::Type::Vec { n } = ty {
            let length = self.make(n.into());
            self.push(length);
        } else {
            let a = self.near(operand);
            let local = self.is_local(id - 1);
            self.value(Shape::Len { local, store: false }, Rec { a, ..BLANK }, false);
        }
        self.free(operand);
    }

    fn index(&mut self, id: NodeId) {
        let (index, seq) = (self.pop(), self.pop());
        let of = self.f.operand_before(id - 1);
        let ty = self.type_of(of);
        let Source { kind, word: b, imm } = self.source(index);
        let a = self.near(seq);
        let local = self.is_local(of);
        let shape = Shape::Index { row: row(ty), kind, local, store: false };
        let rec = Rec { a, b, imm, yes: super::stmt::length(ty), ..BLANK };
        self.value(shape, rec, is_float(self.type_of(id)));
        self.free(index);
        self.free(seq);
    }

    /// Whether the aggregate that node `id` gives lies in the arena for certain: not an `in` parameter, which may be a
    /// constant of the caller, nor a constant.
    fn is_local(&self, id: NodeId) -> bool {
        let node = self.f.node(id);
        match node.op() {
            Op::Load => self.valid.slot(node.slot()).kind != SlotKind::In,
            Op::BufConst | Op::VecConst | Op::Select => false,
            _ => true,
        }
    }
}

/// What an operation of the list is to the compiler.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Class {
    Load,
    /// A scalar constant.
    Constant,
    /// On two scalars: bools are ints 0 and 1.
    Binary(Op),
    /// On one scalar.
    Unary,
    /// On vectors, matrices or buffers as wholes.
    Vector,
    Statement,
    /// Each in its own way.
    Other,
}

/// The class of an operation.
#[inline]
pub(super) fn class(op: Op) -> Class {
    CLASSES[op as usize]
}

const fn is_scalar(arg: Arg) -> bool {
    matches!(arg, Arg::Int | Arg::Float | Arg::Bool)
}

const fn class_of(op: Op) -> Class {
    let info = op.info();
    match op {
        _ if op.is_stmt() => Class::Statement,
        Op::Load => Class::Load,
        Op::Int | Op::Float | Op::Bool => Class::Constant,
        Op::BufConst
        | Op::VecConst
        | Op::Matrix
        | Op::Select
        | Op::Call
        | Op::NotBool
        | Op::Len
        | Op::Index => Class::Other,
        Op::AndBool => Class::Binary(Op::AndInt),
        Op::OrBool => Class::Binary(Op::OrInt),
        Op::XorBool => Class::Binary(Op::XorInt),
        Op::EqBool => Class::Binary(Op::EqInt),
        Op::NeBool => Class::Binary(Op::NeInt),
        _ => match info.args {
            [a, b] if is_scalar(*a) && is_scalar(*b) => Class::Binary(op),
            [a] if is_scalar(*a) && matches!(info.res, Res::Int | Res::Float | Res::Bool) => Class::Unary,
            _ => Class::Vector,
        },
    }
}

/// By the operation's byte.
static CLASSES: [Class; OPS] = {
    let mut out = [Class::Other; OPS];
    let mut i = 0;
    while i < Op::ALL.len() {
        out[Op::ALL[i] as usize] = class_of(Op::ALL[i]);
        i += 1;
    }
    out
};
