//! Statements that change slots: what they leave behind, where they trap, and that aggregates are values.

use super::build::{constant, expect, expect_trap};
use crate::notation::parse;
use crate::subject::Subject;
use nda_ast::{Elem, Expr, FunctionBuilder, Op, ProgramBuilder, SlotRef, Type};
use nda_runtime::{Link, Tier, TrapKind};

/// A function that fills a slot with a value in the notation and then does `body`.
fn on_slot(value: &str, results: &[Type], body: impl FnOnce(&mut FunctionBuilder, SlotRef)) -> Subject {
    let mut program = ProgramBuilder::new();
    let init = constant(&mut program, &parse(value).expect("a value"));
    let mut f = FunctionBuilder::new("", results.iter().copied());
    let slot = f.let_("x", init);
    body(&mut f, slot);
    let f = program.add(f).unwrap_or_else(|e| panic!("{e}"));
    Subject::new(program, &f, &Link::new())
}

fn becomes(tier: &dyn Tier, before: &str, after: &str, change: impl FnOnce(&mut FunctionBuilder, SlotRef)) {
    let ty = parse(before).expect("a value").ty();
    let subject = on_slot(before, &[ty], |f, x| {
        change(f, x);
        f.return_([x.load()]);
    });
    let outcome = subject.run(tier, &[]);
    assert_eq!(crate::notation::write_all(super::build::returned(&outcome)), after, "from {before}");
}

/// Each statement that changes a slot.
///
/// # Panics
/// Where a slot holds something else than it must.
pub fn statements_change_slots(tier: &dyn Tier) {
    becomes(tier, "5", "6", |f, x| f.store(x, x.load() + 1.into()));
    becomes(tier, "f:7ff0000000000001", "f:7ff0000000000001", |f, x| f.store(x, x));
    becomes(tier, "true", "false", |f, x| f.store(x, !x.load()));
    becomes(tier, "u8/4[1 2 3]", "u8/4[1 1 3]", |f, x| f.store_elem(x, 257, 1));
    becomes(tier, "u8/4[1]", "u8/4[255]", |f, x| f.store_elem(x, -1, 0));
    becomes(tier, "int/2[1 2]", "int/2[1 MIN]", |f, x| f.store_elem(x, i64::MIN, 1));
    let odd = f64::from_bits(0x7ff0_0000_0000_0001);
    becomes(tier, "float/1[0.0]", "float/1[f:7ff0000000000001]", |f, x| f.store_elem(x, odd, 0));
    becomes(tier, "<1.0 2.0>", "<1.0 0.1>", |f, x| f.store_elem(x, 0.1, 1));
    becomes(tier, "<1.0>", "<nan>", |f, x| f.store_elem(x, odd, 0));
    becomes(tier, "u8/4[1]", "u8/4[1 2]", |f, x| f.push_elem(x, 258));
    becomes(tier, "int/1[]", "int/1[MAX]", |f, x| f.push_elem(x, i64::MAX));
    becomes(tier, "float/2[1.0]", "float/2[1.0 f:7ff0000000000001]", |f, x| f.push_elem(x, odd));
    becomes(tier, "int/4[1 2 3]", "int/4[1]", |f, x| f.truncate(x, 1));
    becomes(tier, "int/4[1 2 3]", "int/4[1 2 3]", |f, x| f.truncate(x, 3));
    // What is pushed after a truncation takes the place of what was there.
    becomes(tier, "u8/4[1 2 3]", "u8/4[9]", |f, x| {
        f.truncate(x, 0);
        f.push_elem(x, 9);
    });
    becomes(tier, "int/9[1]", "int/9[7 7 7 7 7 7 7 7 7]", |f, x| {
        f.store(x, Expr::fill(Elem::Int, 9, 7.into()))
    });
}

/// Each check of a statement: its operands, and that it stands at the statement's own node.
///
/// # Panics
/// Where there is another outcome.
pub fn statements_trap_where_they_stand(tier: &dyn Tier) {
    let bounds = |index, len| TrapKind::IndexOutOfBounds { index, len };
    // Nodes: 1 the constant, 2 the `let`, then the operands, then the statement.
    let trap = |value: &str, kind: TrapKind, node: u32, body: &dyn Fn(&mut FunctionBuilder, SlotRef)| {
        let subject = on_slot(value, &[], body);
        let outcome = subject.run(tier, &[]);
        let trap = super::build::trapped(&outcome);
        assert_eq!((trap.kind, trap.locations.len(), trap.locations[0].node), (kind, 1, node), "on {value}");
        assert_eq!(trap.locations[0].function, subject.hash());
    };
    trap("u8/4[1 2]", bounds(2, 2), 5, &|f, x| f.store_elem(x, 1, 2));
    trap("int/4[1 2]", bounds(-1, 2), 5, &|f, x| f.store_elem(x, 1, -1));
    trap("<1.0 2.0>", bounds(2, 2), 5, &|f, x| f.store_elem(x, 1.0, 2));
    trap("int/2[1 2]", TrapKind::CapacityExceeded { capacity: 2 }, 4, &|f, x| f.push_elem(x, 1));
    trap("int/4[1 2]", bounds(3, 2), 4, &|f, x| f.truncate(x, 3));
    trap("u8/4[1 2]", bounds(-1, 2), 4, &|f, x| f.truncate(x, -1));
    // The value comes first, then the index, then the check.
    trap("u8/4[1]", TrapKind::DivideByZero, 5, &|f, x| f.store_elem(x, Expr::from(1) / 0.into(), 9));
    trap("u8/4[1]", TrapKind::DivideByZero, 6, &|f, x| f.store_elem(x, 1, Expr::from(9) / 0.into()));

    let mut f = FunctionBuilder::new("", []);
    f.fail_(-7);
    expect_trap(tier, f, TrapKind::Failed { code: -7 }, 2);
    // Operands are evaluated left to right, before the node's own check.
    let mut f = FunctionBuilder::new("", [Type::Int]);
    let fails = |op| Expr::op(op, [Expr::float(f64::INFINITY)]);
    f.return_([fails(Op::FloatToInt) / (Expr::from(1) / 0.into())]);
    expect_trap(tier, f, TrapKind::IntegerOverflow { operand: f64::INFINITY.to_bits() }, 2);
}

/// An assignment copies, and a value is computed as if wholly before its slot changes.
///
/// # Panics
/// Where a change shows through another slot.
pub fn aggregates_are_values(tier: &dyn Tier) {
    let vec = Type::Vec { n: 3 };
    let splat = |x: f64| Expr::counted(Op::Splat, 3, [x.into()]);
    let mut f = FunctionBuilder::new("", [vec, vec]);
    let a = f.let_("a", splat(1.0));
    let b = f.let_("b", a);
    f.store_elem(a, 9.0, 0);
    f.return_([a.load(), b.load()]);
    expect(tier, f, "<9.0 1.0 1.0> <1.0 1.0 1.0>");

    // A slot on both sides: rotated, concatenated with itself, through elementwise and shifting nodes.
    let mut f = FunctionBuilder::new("", [vec]);
    let a = f.let_("a", splat(1.0));
    f.store_elem(a, 2.0, 1);
    f.store_elem(a, 3.0, 2);
    let tail = Expr::counted(Op::Slice, 2, [a.load(), 1.into()]);
    let head = Expr::counted(Op::Slice, 1, [a.load(), 0.into()]);
    f.store(a, Expr::op(Op::Concat, [tail, head]));
    f.store(a, a.load() + a.load());
    expect_return(tier, f, a, "<4.0 6.0 2.0>");

    let mut f = FunctionBuilder::new("", [Type::Buf { elem: Elem::Int, cap: 4 }]);
    let x = f.let_("x", Expr::fill(Elem::Int, 4, 1.into()));
    let y = f.let_("y", x);
    f.truncate(x, 1);
    f.store_elem(x, 5, 0);
    f.store(x, Expr::select(true.into(), x.load(), y.load()));
    f.push_elem(x, Expr::op(Op::Len, [y.load()]));
    f.push_elem(x, Expr::op(Op::Index, [x.load(), 1.into()]));
    expect_return(tier, f, x, "int/4[5 4 4]");

    // Swapped through a select, which copies nothing by itself.
    let mut f = FunctionBuilder::new("", [vec, vec]);
    let a = f.let_("a", splat(1.0));
    let b = f.let_("b", splat(2.0));
    let t = f.let_("t", Expr::select(true.into(), a.load(), b.load()));
    f.store(a, Expr::select(true.into(), b.load(), a.load()));
    f.store(b, t);
    f.return_([a.load(), b.load()]);
    expect(tier, f, "<2.0 2.0 2.0> <1.0 1.0 1.0>");
}

fn expect_return(tier: &dyn Tier, mut f: FunctionBuilder, slot: SlotRef, results: &str) {
    f.return_([slot.load()]);
    expect(tier, f, results);
}
