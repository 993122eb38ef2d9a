//! Expressions.

use super::Compiler;
use super::emit::{BLANK, Name, Shape};
use super::operand::{Operand, Source, Test, is_float};
use super::select::negated;
use super::stmt::row;
use crate::rec::{NEAR, Rec};
use crate::records::flow;
use crate::records::fused::Words;
use crate::records::operand::{Kind, Pair};
use crate::records::scalar::{Spread, spread};
use nda_ast::{Arg, Node, NodeId, Op, Res, SlotKind};

impl Compiler<'_> {
    /// An operand that needs no record.
    #[inline(always)]
    pub(super) fn leaf(&self, node: &Node) -> Option<Operand> {
        Some(match node.op() {
            Op::Load => Operand::Slot(self.slot(node.slot())),
            Op::Int => Operand::Const(node.int() as u64),
            Op::Float => Operand::Const(node.float().to_bits()),
            Op::Bool => Operand::Const(node.bool().into()),
            _ => return None,
        })
    }

    pub(super) fn expression(&mut self, id: NodeId, node: &Node) {
        if let Some(operand) = self.leaf(node) {
            self.push(operand);
            return;
        }
        match node.op() {
            Op::BufConst | Op::VecConst | Op::Matrix => self.constant(node.table() as u32),
            Op::Select => unreachable!("every select has its marks"),
            Op::Call => self.call(id, node),
            Op::NotBool => self.not(id),
            Op::AndBool => self.binary(id, Op::AndInt),
            Op::OrBool => self.binary(id, Op::OrInt),
            Op::XorBool => self.binary(id, Op::XorInt),
            Op::EqBool => self.binary(id, Op::EqInt),
            Op::NeBool => self.binary(id, Op::NeInt),
            Op::Len => self.length(id),
            Op::Index => self.index(id),
            op => match CLASSES[op as usize] {
                Class::Binary => self.binary(id, op),
                Class::Unary => self.unary(op),
                Class::Vector => self.vector(id, node, op),
            },
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

    fn binary(&mut self, id: NodeId, op: Op) {
        let (b, a) = (self.pop(), self.pop());
        let (mut op, mut x, mut y) = (op, a, b);
        let class = spread(op);
        if class != Spread::Few && self.is_final(id) {
            (x, y) = self.take_held(x, y);
        }
        match class {
            Spread::Commutes | Spread::Turns(_) => {
                // The constant to the right, the accumulator to the left.
                let turn = match (&x, &y) {
                    (Operand::Const(_), Operand::Const(_)) => false,
                    (Operand::Const(_), _) => true,
                    (_, Operand::Acc { .. } | Operand::Held) => !matches!(x, Operand::Acc { .. }),
                    _ => false,
                };
                if turn {
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
        // Operands may have been turned round: which of the node's own is the operation?
        let inner = if matches!(b, Operand::Acc { .. }) { id - 1 } else { self.f.operand_before(id - 1) };
        if self.fuse((id, inner), op, x, y) {
            if self.test.is_none() {
                self.free(b);
                self.free(a);
            }
            return;
        }
        if let (Op::DivS | Op::RemS | Op::DivU | Op::RemU, Operand::Const(divisor)) = (op, y)
            && self.divide(op, x, divisor)
        {
            self.free(a);
            return;
        }
        let (x, y) = self.sources(x, y);
        let pair = Pair::of(x.kind, y.kind);
        let imm = if x.kind == Kind::C { x.imm } else { y.imm };
        let rec = Rec { a: x.word, b: y.word, imm, ..BLANK };
        if op.info().res == Res::Bool && self.branches(id) {
            // Its temporaries stay taken: the record is yet to be written.
            self.words.hold_all();
            self.test = Some(Test { op, pair, rec, inner: None });
            self.push(Operand::Test);
            return;
        }
        self.value(Shape::Binary { op, pair, store: false }, rec, op.info().res == Res::Float);
        self.free(b);
        self.free(a);
    }

    /// A quotient or remainder by a constant power of two, which needs no division and cannot trap.
    fn divide(&mut self, op: Op, x: Operand, divisor: u64) -> bool {
        let power = divisor.trailing_zeros();
        if !divisor.is_power_of_two() || !(1..=62).contains(&power) || matches!(x, Operand::Const(_)) {
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
        (id as usize) < self.f.node_count() && self.f.node(id + 1).op().is_stmt()
    }

    /// Of two words, one is taken from the accumulator where it is there as well: sooner than from memory.
    fn take_held(&self, x: Operand, y: Operand) -> (Operand, Operand) {
        let word = |operand: &Operand| matches!(operand, Operand::Slot(_) | Operand::Temp(_));
        let free = |operand: &Operand| word(operand) || matches!(operand, Operand::Const(_));
        if word(&x) && free(&y) && self.holds(x).is_some() {
            (Operand::Held, y)
        } else if word(&y) && free(&x) && self.holds(y).is_some() {
            (x, Operand::Held)
        } else {
            (x, y)
        }
    }

    /// Takes the operation that has just left its value in the accumulator into the record of `op`, where there is such a
    /// record.
    fn fuse(&mut self, (id, inside): (NodeId, NodeId), op: Op, x: Operand, y: Operand) -> bool {
        let (float, last, other) = match (x, y) {
            (Operand::Acc { float }, other) => (float, false, other),
            (other, Operand::Acc { float }) => (float, true, other),
            _ => return false,
        };
        let Some(waiting) = self.acc[usize::from(float)] else { return false };
        if waiting.rec + 1 != self.here() || self.last != Some(waiting.shape) {
            return false;
        }
        let (inner, pair, bits) = match waiting.shape {
            Shape::Binary { op, pair, store: false } => (op, pair, None),
            // The remainder by 2^k is 0 where the low k bits are.
            Shape::ByPower { rem: true, kind: Kind::S, store: false }
                if matches!(op, Op::EqInt | Op::NeInt) && matches!(other, Operand::Const(0)) =>
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
            Operand::Const(imm) => (Kind::C, small(imm).unwrap_or(0) as u8, Some(imm)),
            _ => return false,
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
        let shape = Shape::Three { outer: op, last, inner, words, store: false };
        if shape.function().is_none() {
            return false;
        }
        let Some(rec) = self.unput() else { return false };
        self.acc[usize::from(float)] = None;
        self.value(shape, Rec { c, imm: imm.unwrap_or(rec.imm), ..rec }, float);
        true
    }

    /// A constant goes into a word.
    fn no_constant(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Const(_) => Operand::Slot(self.near(operand).into()),
            other => other,
        }
    }

    /// Writes a record that leaves its value in an accumulator, and pushes it.
    pub(super) fn value(&mut self, shape: Shape, rec: Rec, float: bool) {
        self.spill(float);
        let at = self.emit(shape, rec);
        self.push_acc(at, shape, float);
    }

    fn unary(&mut self, op: Op) {
        let operand = self.pop();
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
        let x = self.no_constant(operand);
        let source = self.source(x);
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
            self.push(Operand::Const(n.into()));
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

/// What an operation of the list works on.
#[derive(Clone, Copy)]
enum Class {
    Binary,
    Unary,
    Vector,
}

const fn is_scalar(arg: Arg) -> bool {
    matches!(arg, Arg::Int | Arg::Float | Arg::Bool)
}

const fn class(op: Op) -> Class {
    let info = op.info();
    match info.args {
        [a, b] if is_scalar(*a) && is_scalar(*b) => Class::Binary,
        [a] if is_scalar(*a) && matches!(info.res, Res::Int | Res::Float | Res::Bool) => Class::Unary,
        _ => Class::Vector,
    }
}

/// By the operation's byte.
const CLASSES: [Class; Op::ALL.len() + 1] = {
    let mut out = [Class::Vector; Op::ALL.len() + 1];
    let mut i = 0;
    while i < Op::ALL.len() {
        out[i + 1] = class(Op::ALL[i]);
        i += 1;
    }
    out
};
