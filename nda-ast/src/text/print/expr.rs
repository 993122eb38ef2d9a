//! Expressions: a stack of pieces still to be written, so that depth costs no machine stack.

use super::body::Printer;
use super::constants;
use crate::{Elem, Node, NodeId, Op, Param, Spelling, Type};
use std::borrow::Cow;

/// Binding strength, as in Rust.
pub(super) mod prec {
    pub const LOWEST: u8 = 0;
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const COMPARE: u8 = 3;
    pub const CAST: u8 = 10;
    pub const UNARY: u8 = 11;
    pub const POSTFIX: u8 = 12;
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// As a whole value: an aggregate of a slot is copied.
    Value,
    /// As an operand that must bind at least so strongly; aggregates by reference.
    Operand(u8),
    /// As an argument; aggregates by reference.
    Argument,
    /// As an `inout` argument.
    Inout,
    /// Before `[..]` or `.len()`.
    Receiver,
}

#[derive(Debug)]
pub(super) enum Piece {
    /// `guard`: a `<` follows, before which a cast must be in parentheses (Rust would read a generic type).
    Node {
        id: NodeId,
        place: Place,
        guard: bool,
    },
    Text(Cow<'static, str>),
}

fn node(id: NodeId, place: Place) -> Piece {
    Piece::Node { id, place, guard: false }
}

fn text(s: &'static str) -> Piece {
    Piece::Text(Cow::Borrowed(s))
}

/// Strength of an infix operator.
pub(super) fn strength(op: &str) -> u8 {
    match op {
        "*" | "/" | "%" => 9,
        "+" | "-" => 8,
        "<<" | ">>" => 7,
        "&" => 6,
        "^" => 5,
        "|" => 4,
        _ => prec::COMPARE,
    }
}

impl Printer<'_> {
    /// Writes expression `id`.
    pub(super) fn expr(&mut self, id: NodeId, place: Place) {
        let mut todo = vec![node(id, place)];
        while let Some(piece) = todo.pop() {
            match piece {
                Piece::Text(text) => self.out.push_str(&text),
                Piece::Node { id, place, guard } => {
                    let first = todo.len();
                    self.pieces(&mut todo, id, place, guard);
                    todo[first..].reverse();
                }
            }
        }
    }

    /// The pieces of one node, in order.
    fn pieces(&mut self, out: &mut Vec<Piece>, id: NodeId, place: Place, guard: bool) {
        let n = *self.f.function().node(id);
        match n.op() {
            Op::Load => return out.push(self.load(n.slot(), place)),
            Op::BufConst | Op::VecConst | Op::Matrix => return out.push(self.constant(id, &n, place)),
            _ => {}
        }
        let aggregate = self.f.type_of(id).is_some_and(Type::is_aggregate);
        let min = match place {
            Place::Value => prec::LOWEST,
            Place::Argument if !aggregate => prec::LOWEST,
            Place::Argument => {
                out.push(text("&"));
                prec::UNARY
            }
            Place::Operand(min) => min,
            Place::Receiver | Place::Inout => prec::POSTFIX,
        };
        let own = self.own_strength(id, &n);
        if own < min || guard && own == prec::CAST {
            out.push(text("("));
            self.bare(out, id, &n, false);
            out.push(text(")"));
        } else {
            self.bare(out, id, &n, guard);
        }
    }

    fn own_strength(&self, id: NodeId, n: &Node) -> u8 {
        match n.op().info().text {
            Spelling::Infix(op) => strength(op),
            Spelling::Prefix(_) => prec::UNARY,
            Spelling::Cast(_) => prec::CAST,
            Spelling::Function(_) => prec::POSTFIX,
            Spelling::Form => match n.op() {
                Op::Select => match self.short_circuit(id) {
                    Some((_, _, strength)) => strength,
                    None => prec::LOWEST,
                },
                Op::Index if self.is_byte(id) => prec::CAST,
                Op::Int | Op::Float => prec::UNARY,
                _ => prec::POSTFIX,
            },
        }
    }

    fn bare(&mut self, out: &mut Vec<Piece>, id: NodeId, n: &Node, guard: bool) {
        match n.op().info().text {
            Spelling::Infix(op) => self.infix(out, id, op, guard),
            Spelling::Prefix(op) => self.prefix(out, id, op),
            Spelling::Cast(ty) => {
                out.push(node(id - 1, Place::Operand(prec::CAST)));
                out.push(text(" as "));
                out.push(text(ty));
            }
            Spelling::Function(name) => {
                out.push(text(name));
                self.arguments(out, id, &[]);
            }
            Spelling::Form => self.form(out, id, n),
        }
    }

    fn infix(&self, out: &mut Vec<Piece>, id: NodeId, op: &'static str, guard: bool) {
        let right = id - 1;
        let left = self.f.function().operand_before(right);
        let own = strength(op);
        // Comparisons do not chain.
        let left_min = if own == prec::COMPARE { own + 1 } else { own };
        let generic = matches!(op, "<" | "<<");
        out.push(Piece::Node { id: left, place: Place::Operand(left_min), guard: generic });
        out.push(Piece::Text(format!(" {op} ").into()));
        out.push(Piece::Node { id: right, place: Place::Operand(own + 1), guard });
    }

    fn prefix(&self, out: &mut Vec<Piece>, id: NodeId, op: &'static str) {
        let operand = self.f.function().node(id - 1);
        // A minus before a literal would belong to it, and `--x` reads as a decrement.
        let minus = operand.op().info().text == Spelling::Prefix("-");
        let wrap = op == "-" && (minus || matches!(operand.op(), Op::Int | Op::Float));
        out.push(text(op));
        if wrap {
            out.push(text("("));
            out.push(node(id - 1, Place::Operand(prec::LOWEST)));
            out.push(text(")"));
        } else {
            out.push(node(id - 1, Place::Operand(prec::UNARY)));
        }
    }

    fn form(&mut self, out: &mut Vec<Piece>, id: NodeId, n: &Node) {
        let f = self.f.function();
        match n.op() {
            Op::Int => out.push(Piece::Text(n.int().to_string().into())),
            Op::Float => out.push(Piece::Text(float(n.float()).into())),
            Op::Bool => out.push(text(if n.bool() { "true" } else { "false" })),
            Op::Select => self.select(out, id),
            Op::Call => {
                out.push(Piece::Text(self.callee(n).to_owned().into()));
                self.arguments(out, id, &[]);
            }
            Op::Norm => {
                let (gain, x) = (f.operand_before(id - 1), id - 1);
                out.extend([
                    text("norm("),
                    node(gain, Place::Argument),
                    text(", "),
                    node(x, Place::Argument),
                ]);
                out.push(Piece::Text(format!(", {})", float(n.float())).into()));
            }
            Op::Len => out.extend([node(id - 1, Place::Receiver), text(".len()")]),
            Op::Index => {
                let receiver = f.operand_before(id - 1);
                out.extend([
                    node(receiver, Place::Receiver),
                    text("["),
                    node(id - 1, Place::Value),
                    text("]"),
                ]);
                if self.is_byte(id) {
                    out.push(text(" as i64"));
                }
            }
            Op::Fill => {
                let elem = self.fill_elem(id);
                out.push(Piece::Text(format!("fill::<{elem}, {}>(", n.count()).into()));
                self.element(out, id - 1, elem);
                out.push(text(")"));
            }
            op => {
                out.push(Piece::Text(format!("{}::<{}>", op.info().name, n.count()).into()));
                self.arguments(out, id, &[]);
            }
        }
    }

    /// A value on its way into an element: bytes are cast.
    pub(super) fn element(&self, out: &mut Vec<Piece>, id: NodeId, elem: Elem) {
        let n = self.f.function().node(id);
        if elem != Elem::U8 {
            return out.push(node(id, Place::Value));
        }
        match u8::try_from(n.int()) {
            Ok(byte @ (b'\t' | b'\n' | b'\r' | b' '..=b'~')) if n.op() == Op::Int => {
                let mut literal = String::from("b'");
                constants::escaped(&mut literal, byte, '\'');
                literal.push('\'');
                out.push(Piece::Text(literal.into()));
            }
            _ => out.extend([node(id, Place::Operand(prec::CAST)), text(" as u8")]),
        }
    }

    /// `a && b`, `a || b`: the operands and the strength of the operator.
    fn short_circuit(&self, id: NodeId) -> Option<(NodeId, NodeId, u8)> {
        let f = self.f.function();
        let no = id - 1;
        let yes = f.operand_before(no);
        let cond = f.operand_before(yes);
        let constant = |id: NodeId| (f.node(id).op() == Op::Bool).then(|| f.node(id).bool());
        if constant(no) == Some(false) {
            Some((cond, yes, prec::AND))
        } else if constant(yes) == Some(true) {
            Some((cond, no, prec::OR))
        } else {
            None
        }
    }

    fn select(&mut self, out: &mut Vec<Piece>, id: NodeId) {
        if let Some((left, right, own)) = self.short_circuit(id) {
            let op = if own == prec::AND { " && " } else { " || " };
            out.push(node(left, Place::Operand(own)));
            out.push(text(op));
            out.push(node(right, Place::Operand(own + 1)));
            return;
        }
        let f = self.f.function();
        let no = id - 1;
        let yes = f.operand_before(no);
        let cond = f.operand_before(yes);
        out.extend([text("if "), node(cond, Place::Operand(prec::OR)), text(" { "), node(yes, Place::Value)]);
        let chained = f.node(no).op() == Op::Select && self.short_circuit(no).is_none();
        if chained {
            out.extend([text(" } else "), node(no, Place::Value)]);
        } else {
            out.extend([text(" } else { "), node(no, Place::Value), text(" }")]);
        }
    }

    /// `(a, b)`: all operands; `params` tells which are `inout`.
    pub(super) fn arguments(&self, out: &mut Vec<Piece>, id: NodeId, params: &[Param]) {
        out.push(text("("));
        for (i, operand) in self.f.function().operands(id).into_iter().enumerate() {
            if i > 0 {
                out.push(text(", "));
            }
            let inout = params.get(i).is_some_and(|p| p.is_inout());
            out.push(node(operand, if inout { Place::Inout } else { Place::Argument }));
        }
        out.push(text(")"));
    }

    /// Writes pieces made by the caller.
    pub(super) fn write(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.out.push_str(&text),
                Piece::Node { id, place, .. } => self.expr(id, place),
            }
        }
    }

    fn load(&self, slot: u32, place: Place) -> Piece {
        let name = self.names.of(slot);
        let scalar = self.f.slot(slot).ty.is_scalar();
        let reference = (slot as usize) < self.f.function().params().len();
        let prefix = match place {
            _ if scalar => "",
            Place::Value => return Piece::Text(format!("{name}.clone()").into()),
            Place::Operand(_) | Place::Argument if !reference => "&",
            Place::Inout if !reference => "&mut ",
            _ => "",
        };
        Piece::Text(format!("{prefix}{name}").into())
    }

    fn constant(&self, id: NodeId, n: &Node, place: Place) -> Piece {
        let object = self.object(n);
        let (name, is_new) = match (self.globals.of(object), self.f.type_of(id)) {
            (Some(name), _) => (name.to_owned(), false),
            (None, Some(Type::Buf { elem, cap })) => (format!("Buf::<{elem}, {cap}>::new()"), true),
            // Only empty buffers go without a name.
            (None, _) => (String::new(), false),
        };
        Piece::Text(
            match place {
                Place::Value if is_new => name,
                Place::Value => format!("{name}.clone()"),
                Place::Operand(_) | Place::Argument => format!("&{name}"),
                Place::Receiver | Place::Inout => name,
            }
            .into(),
        )
    }

    /// Whether this `Index` reads a byte.
    fn is_byte(&self, id: NodeId) -> bool {
        let receiver = self.f.function().operand_before(id - 1);
        matches!(self.f.type_of(receiver), Some(Type::Buf { elem: Elem::U8, .. }))
    }

    fn fill_elem(&self, id: NodeId) -> Elem {
        match self.f.type_of(id) {
            Some(Type::Buf { elem, .. }) => elem,
            // A `Fill` is a buffer.
            _ => Elem::Int,
        }
    }
}

fn float(value: f64) -> String {
    let mut out = String::new();
    constants::float(&mut out, value.to_bits());
    out
}
