//! Statements: one forward walk over the nodes of a function.

use super::MAX_INDENT;
use super::expr::{Piece, Place, prec, strength};
use super::names::{GlobalNames, SlotNames};
use crate::{
    BlockId, BlockKind, Body, Elem, Function, Node, NodeId, Op, Param, SlotId, Spelling, Type, ValidFunction,
    ValidProgram,
};
use std::collections::HashSet;
use std::fmt::Write;

/// A block under way.
struct Open {
    block: BlockId,
    kind: BlockKind,
    end: NodeId,
    /// Slots visible before it.
    visible: usize,
    /// The else of an `else if`: has no braces of its own.
    chained: bool,
}

pub(super) struct Printer<'a> {
    pub out: &'a mut String,
    pub f: &'a ValidFunction,
    pub names: SlotNames<'a>,
    pub globals: &'a GlobalNames,
    program: &'a ValidProgram,
    index: u32,
    /// Slots that some statement writes.
    written: Vec<bool>,
    /// Loops that an inner `break` or `continue` names.
    labelled: HashSet<NodeId>,
    open: Vec<Open>,
    loops: Vec<NodeId>,
    indent: usize,
}

impl<'a> Printer<'a> {
    pub fn new(
        out: &'a mut String,
        program: &'a ValidProgram,
        globals: &'a GlobalNames,
        index: u32,
        f: &'a ValidFunction,
    ) -> Printer<'a> {
        Printer {
            out,
            f,
            names: SlotNames::new(globals, f.function().slot_count()),
            globals,
            program,
            index,
            written: written(program, index, f.function()),
            labelled: labelled(f.function()),
            open: Vec::new(),
            loops: Vec::new(),
            indent: 0,
        }
    }

    /// Names a slot and gives its name.
    pub fn declare(&mut self, slot: SlotId) -> String {
        let name = self.program.program().names().slot(self.index, slot);
        self.names.declare(slot, name);
        self.names.of(slot).to_owned()
    }

    /// `name` or `mut name`, for a declaration.
    fn declare_let(&mut self, slot: SlotId) -> String {
        let name = self.declare(slot);
        if self.written[slot as usize] { format!("mut {name}") } else { name }
    }

    pub(super) fn object(&self, n: &Node) -> u32 {
        self.program.program().links(self.index)[n.table()]
    }

    pub(super) fn callee(&self, n: &Node) -> &str {
        self.globals.of(self.object(n)).unwrap_or("f")
    }

    /// Starts a line.
    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.indent.min(MAX_INDENT) {
            self.out.push_str("    ");
        }
    }

    /// The body after its opening brace, up to its closing one.
    pub fn statements(&mut self) {
        let f = self.f.function();
        self.open_block(0, false);
        let mut id = 1;
        loop {
            while self.open.last().is_some_and(|open| open.end == id) {
                if self.close_block() {
                    return;
                }
            }
            let op = f.node(id).op();
            id = if op.is_stmt() { self.statement(id, op) } else { id + 1 };
        }
    }

    fn open_block(&mut self, block: BlockId, chained: bool) {
        let b = self.f.function().blocks()[block as usize];
        self.open.push(Open { block, kind: b.kind, end: b.end, visible: self.names.open(), chained });
        self.indent += usize::from(!chained);
    }

    /// Closes the innermost block; true where that was the body, whose brace the caller writes.
    fn close_block(&mut self) -> bool {
        let Some(closed) = self.open.pop() else { return true };
        self.names.close(closed.visible);
        if closed.chained {
            return false;
        }
        self.indent -= 1;
        if !self.out.ends_with('{') {
            self.line();
        }
        match closed.kind {
            BlockKind::Body => return true,
            BlockKind::Loop | BlockKind::While => {
                self.loops.pop();
                self.out.push('}');
            }
            BlockKind::Then => {
                self.out.push('}');
                self.open_else(closed.block + 1);
            }
            _ => self.out.push('}'),
        }
        false
    }

    fn open_else(&mut self, block: BlockId) {
        let f = self.f.function();
        let b = f.blocks()[block as usize];
        // The first statement of the arm; an `If` that is all of it makes an `else if`.
        let first = (b.first..b.end).find(|&id| f.node(id).op().is_stmt());
        let chained = first.is_some_and(|id| {
            f.node(id).op() == Op::If && f.end_of(id) == b.end && self.as_assert(id).is_none()
        });
        match (b.is_empty(), chained) {
            (true, _) => return self.open_empty(block),
            (false, true) => self.out.push_str(" else "),
            (false, false) => self.out.push_str(" else {"),
        }
        self.open_block(block, chained);
    }

    /// An empty else-arm is not written, but ends like every block.
    fn open_empty(&mut self, block: BlockId) {
        self.open_block(block, true);
    }

    /// Writes statement `id`; gives the node to go on with.
    fn statement(&mut self, id: NodeId, op: Op) -> NodeId {
        let after_else = self.open.last().is_some_and(|open| open.chained);
        if !after_else {
            self.line();
        }
        let f = self.f.function();
        let n = *f.node(id);
        match op {
            Op::Scope => return self.scope(id, &n),
            Op::If => return self.if_(id, &n),
            Op::Loop | Op::While => return self.loop_(id, &n),
            Op::Let => {
                self.out.push_str("let ");
                // Named only after its value is written: the value cannot see it.
                let mut value = String::new();
                std::mem::swap(self.out, &mut value);
                self.expr(id - 1, Place::Value);
                std::mem::swap(self.out, &mut value);
                let name = self.declare_let(n.slot());
                // The one operation whose result rustc cannot type by itself: it has no sum of lengths.
                let ty = match (f.node(id - 1).op(), self.f.type_of(id - 1)) {
                    (Op::Concat, Some(ty)) => format!(": {ty}"),
                    _ => String::new(),
                };
                let _ = write!(self.out, "{name}{ty} = {value}");
            }
            Op::Store => self.store(id, &n),
            Op::StoreElem => self.store_elem(id, &n),
            Op::Push => {
                let _ = write!(self.out, "{}.push(", self.names.of(n.slot()));
                self.element_of(n.slot(), id - 1);
                self.out.push(')');
            }
            Op::Truncate => {
                let _ = write!(self.out, "{}.truncate(", self.names.of(n.slot()));
                self.expr(id - 1, Place::Value);
                self.out.push(')');
            }
            Op::Break => self.jump("break", n.depth()),
            Op::Continue => self.jump("continue", n.depth()),
            Op::Return => self.return_(id),
            Op::CallStmt => self.call_stmt(id, &n),
            Op::Print => self.one_argument("print(", id, Place::Argument),
            _ => self.one_argument("fail(", id, Place::Value),
        }
        self.out.push(';');
        id + 1
    }

    fn one_argument(&mut self, name: &str, id: NodeId, place: Place) {
        self.out.push_str(name);
        self.expr(id - 1, place);
        self.out.push(')');
    }

    /// `x += e` where the value is `x + e`.
    fn store(&mut self, id: NodeId, n: &Node) {
        let f = self.f.function();
        let slot = self.f.slot(n.slot());
        let name = self.names.of(n.slot());
        let value = f.node(id - 1);
        if let (Spelling::Infix(op), true) = (value.op().info().text, slot.ty.is_scalar()) {
            let right = id - 2;
            let left = f.node(f.operand_before(right));
            if strength(op) != prec::COMPARE && left.op() == Op::Load && left.slot() == n.slot() {
                let _ = write!(self.out, "{name} {op}= ");
                return self.expr(right, Place::Value);
            }
        }
        // A parameter that may be stored to is a `&mut`.
        let star = if (n.slot() as usize) < f.params().len() { "*" } else { "" };
        let _ = write!(self.out, "{star}{name} = ");
        self.expr(id - 1, Place::Value);
    }

    fn store_elem(&mut self, id: NodeId, n: &Node) {
        let value = self.f.function().operand_before(id - 1);
        let _ = write!(self.out, "{}[", self.names.of(n.slot()));
        self.expr(id - 1, Place::Value);
        self.out.push_str("] = ");
        self.element_of(n.slot(), value);
    }

    fn element_of(&mut self, slot: SlotId, value: NodeId) {
        let elem = match self.f.slot(slot).ty {
            Type::Buf { elem, .. } => elem,
            _ => Elem::Float,
        };
        let mut pieces = Vec::new();
        self.element(&mut pieces, value, elem);
        self.write(pieces);
    }

    fn jump(&mut self, word: &str, depth: u32) {
        self.out.push_str(word);
        if depth > 0 {
            let at = self.loops.len() - 1 - depth as usize;
            let _ = write!(self.out, " {}", label(at));
        }
    }

    fn return_(&mut self, id: NodeId) {
        let operands = self.f.function().operands(id);
        self.out.push_str("return");
        match operands.as_slice() {
            [] => {}
            [one] => {
                self.out.push(' ');
                self.expr(*one, Place::Value);
            }
            several => {
                for (i, operand) in several.iter().enumerate() {
                    self.out.push_str(if i == 0 { " (" } else { ", " });
                    self.expr(*operand, Place::Value);
                }
                self.out.push(')');
            }
        }
    }

    fn call_stmt(&mut self, id: NodeId, n: &Node) {
        let params: &[Param] = match self.program.program().objects()[self.object(n) as usize].body() {
            Body::Function(f) => f.params(),
            Body::Import(import) => &import.params,
            // The validator lets calls name only these.
            Body::Constant(_) => &[],
        };
        let mut pieces = vec![Piece::Text(self.callee(n).to_owned().into())];
        self.arguments(&mut pieces, id, params);
        let mut call = String::new();
        std::mem::swap(self.out, &mut call);
        self.write(pieces);
        std::mem::swap(self.out, &mut call);
        let results: Vec<String> =
            (0..n.results() as u32).map(|i| self.declare_let(n.first_result() + i)).collect();
        let _ = match results.as_slice() {
            [] => write!(self.out, "{call}"),
            [one] => write!(self.out, "let {one} = {call}"),
            several => write!(self.out, "let ({}) = {call}", several.join(", ")),
        };
    }

    fn scope(&mut self, id: NodeId, n: &Node) -> NodeId {
        if let Some(update) = self.as_update(n) {
            self.update(&update);
            return self.f.function().end_of(id);
        }
        self.out.push('{');
        self.open_block(n.block(), false);
        id + 1
    }

    fn if_(&mut self, id: NodeId, n: &Node) -> NodeId {
        if let Some(end) = self.as_assert(id) {
            self.one_argument("assert!(", id, Place::Value);
            self.out.push(';');
            return end;
        }
        self.out.push_str("if ");
        self.expr(id - 1, Place::Operand(prec::OR));
        self.out.push_str(" {");
        self.open_block(n.block(), false);
        id + 1
    }

    /// `if c {} else { fail(0); }` is `assert!(c);`: gives the node after it.
    fn as_assert(&self, id: NodeId) -> Option<NodeId> {
        let f = self.f.function();
        let block = f.node(id).block() as usize;
        let (then, other) = (f.blocks()[block], f.blocks()[block + 1]);
        let zero = other.end - other.first == 2
            && f.node(other.first).op() == Op::Int
            && f.node(other.first).int() == 0
            && f.node(other.first + 1).op() == Op::Fail;
        (then.is_empty() && zero).then_some(other.end)
    }

    fn loop_(&mut self, id: NodeId, n: &Node) -> NodeId {
        if let Some(max) = n.max() {
            let _ = write!(self.out, "#[max({max})]");
            self.line();
        }
        if self.labelled.contains(&id) {
            let _ = write!(self.out, "{}: ", label(self.loops.len()));
        }
        self.loops.push(id);
        let cond = self.f.function().node(id - 1);
        match n.op() {
            Op::Loop => {
                let mut count = String::new();
                std::mem::swap(self.out, &mut count);
                self.expr(id - 1, Place::Operand(prec::OR));
                std::mem::swap(self.out, &mut count);
                self.open_block(n.block(), false);
                let index = self.declare(n.index_slot());
                let _ = write!(self.out, "for {index} in 0..{count} {{");
            }
            _ if cond.op() == Op::Bool && cond.bool() => {
                self.out.push_str("loop {");
                self.open_block(n.block() + 1, false);
            }
            _ => {
                self.out.push_str("while ");
                self.expr(id - 1, Place::Operand(prec::OR));
                self.out.push_str(" {");
                self.open_block(n.block() + 1, false);
            }
        }
        id + 1
    }

    /// The scope that `a[i] op= v` stands for: two nameless lets and the store.
    fn as_update(&self, n: &Node) -> Option<Update> {
        let f = self.f.function();
        let b = f.blocks()[n.block() as usize];
        if b.end - b.first < 11 {
            return None;
        }
        let at = |back: u32| f.node(b.end - back);
        let store = at(1);
        let (index_let, infix, value, element) = (at(8), at(3), at(4), at(5));
        let value_let_id = index_let.start().checked_sub(1).filter(|&id| id > b.first)?;
        let value_let = f.node(value_let_id);
        let names = self.program.program().names();
        let nameless = |slot| names.slot(self.index, slot).is_none();
        let load = |n: &Node, slot: SlotId| n.op() == Op::Load && n.slot() == slot;
        let Spelling::Infix(op) = infix.op().info().text else { return None };
        let fits = store.op() == Op::StoreElem
            && index_let.op() == Op::Let
            && value_let.op() == Op::Let
            && value_let.start() == b.first
            && element.op() == Op::Index
            && strength(op) != prec::COMPARE
            && load(at(7), store.slot())
            && load(at(6), index_let.slot())
            && load(value, value_let.slot())
            && load(at(2), index_let.slot())
            && store.slot() < value_let.slot()
            && nameless(value_let.slot())
            && nameless(index_let.slot())
            && !matches!(self.f.slot(store.slot()).ty, Type::Buf { elem: Elem::U8, .. });
        fits.then_some(Update { slot: store.slot(), op, value: value_let_id - 1, index: b.end - 9 })
    }

    fn update(&mut self, update: &Update) {
        let _ = write!(self.out, "{}[", self.names.of(update.slot));
        self.expr(update.index, Place::Value);
        let _ = write!(self.out, "] {}= ", update.op);
        self.expr(update.value, Place::Value);
        self.out.push(';');
    }
}

/// `a[i] op= v`.
struct Update {
    slot: SlotId,
    op: &'static str,
    value: NodeId,
    index: NodeId,
}

/// The label of the loop with `depth` loops around it.
fn label(depth: usize) -> String {
    match u8::try_from(depth) {
        Ok(small @ 0..26) => format!("'{}", char::from(b'a' + small)),
        _ => format!("'l{depth}"),
    }
}

fn written(program: &ValidProgram, index: u32, f: &Function) -> Vec<bool> {
    let mut out = vec![false; f.slot_count()];
    let p = program.program();
    for (i, n) in f.nodes().iter().enumerate() {
        match n.op() {
            Op::Store | Op::StoreElem | Op::Push | Op::Truncate => out[n.slot() as usize] = true,
            Op::CallStmt => {
                let target = p.links(index)[n.table()];
                let Body::Function(callee) = p.objects()[target as usize].body() else { continue };
                if !callee.params().iter().any(|p| p.is_inout()) {
                    continue;
                }
                for (operand, param) in f.operands(i as NodeId + 1).into_iter().zip(callee.params()) {
                    if param.is_inout() {
                        out[f.node(operand).slot() as usize] = true;
                    }
                }
            }
            _ => {}
        }
    }
    out
}

fn labelled(f: &Function) -> HashSet<NodeId> {
    let mut out = HashSet::new();
    let mut loops: Vec<(NodeId, NodeId)> = Vec::new();
    for (i, n) in f.nodes().iter().enumerate() {
        let id = i as NodeId + 1;
        while loops.last().is_some_and(|(_, end)| *end <= id) {
            loops.pop();
        }
        match n.op() {
            Op::Loop | Op::While => loops.push((id, f.end_of(id))),
            Op::Break | Op::Continue if n.depth() > 0 => {
                out.insert(loops[loops.len() - 1 - n.depth() as usize].0);
            }
            _ => {}
        }
    }
    out
}
