//! Statements.

use super::Compiler;
use super::blocks::{NONE, Open};
use super::emit::{BLANK, Name};
use super::operand::{Operand, Source, is_float};
use crate::rec::{NEAR, Rec};
use crate::records::elements::{Row, push_fn, set_fn, truncate_fn};
use crate::records::flow;
use crate::records::operand::{Kind, Pair};
use nda_ast::{BlockKind, Elem, Node, NodeId, Op, SlotId, Type};

/// What elements of this type are.
pub(super) fn row(ty: Type) -> Row {
    match ty {
        Type::Buf { elem: Elem::U8, .. } => Row::Bytes,
        Type::Buf { elem: Elem::Int, .. } => Row::Ints,
        Type::Buf { elem: Elem::Float, .. } => Row::Floats,
        _ => Row::Lanes,
    }
}

/// Length of a vector or capacity of a buffer.
pub(super) fn length(ty: Type) -> u32 {
    match ty {
        Type::Vec { n } => n,
        Type::Buf { cap, .. } => cap,
        _ => 0,
    }
}

impl Compiler<'_> {
    pub(super) fn statement(&mut self, id: NodeId, node: &Node) {
        match node.op() {
            Op::Let => self.declare(node.slot()),
            Op::Store => self.change(node.slot()),
            Op::StoreElem => self.store_element(node.slot()),
            Op::Push => {
                let value = self.pop();
                let source = self.source(value);
                let a = self.near(Operand::Slot(self.slot(node.slot())));
                let ty = self.valid.slot(node.slot()).ty;
                let f = push_fn(row(ty), source.kind);
                let Source { word: b, imm, .. } = source;
                self.emit_other(Name::Push, Rec { f, a, b, imm, yes: length(ty), ..BLANK });
            }
            Op::Truncate => {
                let len = self.pop();
                let source = self.source(len);
                let a = self.near(Operand::Slot(self.slot(node.slot())));
                let Source { kind, word: b, imm } = source;
                self.emit_other(Name::Truncate, Rec { f: truncate_fn(kind), a, b, imm, ..BLANK });
            }
            Op::Scope => {
                let b = self.f.blocks()[node.block() as usize];
                self.begin_block(Open::plain(node.block(), BlockKind::Scope, b.end, NONE));
            }
            Op::If => return self.begin_if(id, node.block()),
            Op::Loop => return self.begin_loop(id, node),
            Op::While => return self.begin_while(id, node),
            Op::Break | Op::Continue => self.leave_loop(node),
            Op::Return => self.ret(node.operands()),
            Op::CallStmt => self.call_stmt(node),
            Op::Print => {
                let ty = self.type_of(id - 1);
                let value = self.pop();
                let a = self.near(value);
                let (c, yes) = flow::type_fields(ty);
                self.emit_other(Name::Print, Rec { f: flow::print, a, c, yes, ..BLANK });
            }
            Op::Fail => {
                let code = self.pop();
                let a = self.near(code);
                self.emit_other(Name::Fail, Rec { f: flow::fail, a, ..BLANK });
            }
            other => unreachable!("{other:?} is no statement"),
        }
        self.end_statement();
    }

    /// The type of an expression.
    pub(super) fn type_of(&self, id: NodeId) -> Type {
        // A statement is never an operand; the validator has seen to it.
        self.valid.type_of(id).unwrap_or(Type::Int)
    }

    fn declare(&mut self, slot: SlotId) {
        let ty = self.valid.slot(slot).ty;
        if ty.is_aggregate() {
            self.declare_aggregate(slot, ty);
        } else {
            let value = self.pop();
            let word = self.declare_slot();
            self.store(value, word);
        }
    }

    fn change(&mut self, slot: SlotId) {
        let ty = self.valid.slot(slot).ty;
        let (value, word) = (self.pop(), self.slot(slot));
        if ty.is_aggregate() {
            self.copy_over(value, word, ty);
        } else {
            self.store(value, word);
        }
    }

    /// Value, then index, then the check.
    fn store_element(&mut self, slot: SlotId) {
        let ty = self.valid.slot(slot).ty;
        let (index, value) = (self.pop(), self.pop());
        let (value, index) = self.sources(value, index);
        let a = self.near(Operand::Slot(self.slot(slot)));
        let f = set_fn(row(ty), Pair::of(value.kind, index.kind));
        let imm = if value.kind == Kind::C { value.imm } else { index.imm };
        self.emit_other(
            Name::SetElement,
            Rec { f, a, b: value.word, d: index.word, imm, yes: length(ty), ..BLANK },
        );
    }

    /// Two operands as a record takes them: one at most is a constant, and one in an accumulator, of whichever class.
    /// Where both would be, the first goes into a word.
    #[inline]
    pub(super) fn sources(&mut self, x: Operand, y: Operand) -> (Source, Source) {
        if x.is_const() && y.is_const() || x.is_acc() && y.is_acc() {
            let word = self.near(x);
            let y = self.source(y);
            return (Source::near(word), y);
        }
        let x = self.source(x);
        (x, self.source(y))
    }

    fn ret(&mut self, count: usize) {
        let results = self.f.results();
        if let ([ty], 1) = (results, count) {
            let value = self.pop();
            let to = self.map.result(0);
            if to < NEAR {
                let Source { kind, word: a, imm } = self.source(value);
                let f = flow::ret_value_fn(is_float(*ty), kind);
                self.emit_other(Name::ReturnValue, Rec { f, a, imm, d: to as u8, ..BLANK });
                return;
            }
            self.store(value, to);
        } else {
            // From the last: each is then the last operand.
            for i in (0..count as u32).rev() {
                let value = self.pop();
                self.store(value, self.map.result(i));
            }
        }
        self.emit_other(Name::Return, Rec { f: flow::ret, ..BLANK });
    }
}
