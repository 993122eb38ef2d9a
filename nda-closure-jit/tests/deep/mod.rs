//! Programs as deep, and as long, as the limits allow.

use crate::common;
use nda_ast::{Expr, FunctionBuilder, FunctionRef, Op, ProgramBuilder, SlotRef, Type};
use nda_runtime::Loaded;

/// A way to nest.
pub struct Shape {
    pub name: &'static str,
    /// Levels that a step of depth takes.
    per_step: u32,
    /// Levels around and within.
    fixed: u32,
    make: fn(u32) -> Loaded,
}

impl Shape {
    /// The program of this depth; its parameter is an int, which is to be 1.
    pub fn program(&self, depth: u32) -> Loaded {
        (self.make)(depth)
    }

    /// The depth at which the limit on levels, 512, is reached.
    pub fn deepest(&self) -> u32 {
        (512 - self.fixed) / self.per_step
    }
}

const fn blocks(name: &'static str, make: fn(u32) -> Loaded) -> Shape {
    // The function, then the blocks, then `store`, `add`, `load`; of conditions too, in the innermost block.
    Shape { name, per_step: 1, fixed: 8, make }
}

const fn values(name: &'static str, make: fn(u32) -> Loaded) -> Shape {
    Shape { name, per_step: 1, fixed: 5, make }
}

const fn calls_of(name: &'static str, per_step: u32, make: fn(u32) -> Loaded) -> Shape {
    Shape { name, per_step, fixed: 4, make }
}

pub const SHAPES: &[Shape] = &[
    blocks("if", |d| nested(d, (0, 0), if_)),
    blocks("if, two statements around", |d| nested(d, (2, 2), if_)),
    blocks("if, six statements around", |d| nested(d, (6, 6), if_)),
    blocks("else", |d| nested(d, (3, 1), else_)),
    blocks("if of three tests in a row", |d| nested(d, (1, 1), if_row)),
    blocks("scope", |d| nested(d, (5, 5), |f, _, inner| f.scope(inner))),
    blocks("while", |d| nested(d, (0, 0), while_)),
    blocks("while, three statements around", |d| nested(d, (3, 3), while_)),
    blocks("while, six statements around", |d| nested(d, (6, 6), while_)),
    blocks("while of three tests in a row", |d| nested(d, (2, 2), while_row)),
    blocks("while that divides in its condition", |d| nested(d, (2, 2), while_divides)),
    blocks("while with a bound", |d| nested(d, (4, 4), while_bounded)),
    blocks("for", |d| nested(d, (0, 0), for_)),
    blocks("for, five statements around", |d| nested(d, (5, 5), for_)),
    blocks("for with a bound", |d| nested(d, (4, 0), for_bounded)),
    blocks("for of a computed count", |d| nested(d, (1, 1), for_computed)),
    blocks("all of them in turn", |d| nested(d, (3, 2), mixed)),
    blocks("all of them in turn, far words", |d| far(d, (1, 1), mixed)),
    blocks("while, far words", |d| far(d, (3, 3), while_)),
    blocks("if, twelve vector operations around", vectors),
    values("operators, left", |d| expression(d, |e| e + Expr::int(0))),
    values("operators, right", |d| expression(d, |e| Expr::int(0) + e)),
    values("operators of one operand", |d| expression(d, |e| -e)),
    values("divisions", |d| expression(d, |e| e / Expr::int(1))),
    values("select, in its first arm", |d| expression(d, |e| Expr::select(true.into(), e, Expr::int(0)))),
    values("select, in its second arm", |d| expression(d, |e| Expr::select(false.into(), Expr::int(0), e))),
    values("select, in its condition", |d| condition(d, |e| Expr::select(e, true.into(), false.into()))),
    values("tests in a row", |d| {
        condition(d, |e| Expr::select(e, true.into(), Expr::int(1).less(Expr::int(0))))
    }),
    values("not", |d| condition(d, |e| Expr::op(Op::NotBool, [e]))),
    calls_of("calls in expressions", 3, |d| calls(d, (0, 1), call_in_expression)),
    calls_of("calls in expressions, six statements around", 3, |d| calls(d, (6, 1), call_in_expression)),
    calls_of("calls as statements", 2, |d| calls(d, (0, 2), call_statement)),
    calls_of("calls as statements, six statements around", 2, |d| calls(d, (6, 2), call_statement)),
    calls_of("calls within loops", 3, |d| calls(d, (2, 2), call_in_loop)),
];

type Inner<'a> = &'a mut dyn FnMut(&mut FunctionBuilder);
type Nest = fn(&mut FunctionBuilder, SlotRef, Inner<'_>);

/// A function with a slot that holds its parameter.
fn function() -> (FunctionBuilder, SlotRef) {
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let x = f.param("x", Type::Int);
    let x = f.let_("", x.load());
    (f, x)
}

fn one(x: SlotRef) -> Expr {
    Expr::op(Op::GeS, [x.load(), Expr::int(1)])
}

fn if_(f: &mut FunctionBuilder, x: SlotRef, inner: Inner<'_>) {
    f.if_(one(x), inner, |_| {});
}

fn else_(f: &mut FunctionBuilder, x: SlotRef, inner: Inner<'_>) {
    f.if_(x.load().equals(Expr::int(0)), |f| f.store(x, 7), inner);
}

/// `a && b && c`.
fn row(x: SlotRef) -> Expr {
    let and = |a, b| Expr::select(a, b, false.into());
    and(and(one(x), Expr::int(0).less(x.load())), x.load().equals(x.load()))
}

fn if_row(f: &mut FunctionBuilder, x: SlotRef, inner: Inner<'_>) {
    f.if_(row(x), inner, |_| {});
}

fn once(f: &mut FunctionBuilder, condition: Expr, max: Option<u64>, inner: Inner<'_>) {
    f.while_(condition, max, |f| {
        inner(f);
        f.break_(0);
    });
}

fn while_(f: &mut FunctionBuilder, x: SlotRef, inner: Inner<'_>) {
    once(f, one(x), None, inner);
}

fn while_row(f: &mut FunctionBuilder, x: SlotRef, inner: Inner<'_>) {
    once(f, row(x), None, inner);
}

fn while_divides(f: &mut FunctionBuilder, x: SlotRef, inner: Inner<'_>) {
    once(f, (x.load() / x.load()).equals(Expr::int(1)), None, inner);
}

fn while_bounded(f: &mut FunctionBuilder, x: SlotRef, inner: Inner<'_>) {
    once(f, one(x), Some(1), inner);
}

fn for_(f: &mut FunctionBuilder, _: SlotRef, inner: Inner<'_>) {
    f.for_("i", 1, None, |f, _| inner(f));
}

fn for_bounded(f: &mut FunctionBuilder, _: SlotRef, inner: Inner<'_>) {
    f.for_("i", 1, Some(1), |f, _| inner(f));
}

fn for_computed(f: &mut FunctionBuilder, x: SlotRef, inner: Inner<'_>) {
    f.for_("i", x.load() / x.load(), None, |f, _| inner(f));
}

/// Takes another one at each level, by how many names there are.
fn mixed(f: &mut FunctionBuilder, x: SlotRef, inner: Inner<'_>) {
    let next = f.let_("", 0).id() as usize;
    let ways: [Nest; 7] = [if_, while_, for_, else_, while_bounded, for_bounded, if_row];
    ways[next % ways.len()](f, x, inner);
}

/// So many statements before and after each nested block.
type Around = (u32, u32);

fn statements(f: &mut FunctionBuilder, x: SlotRef, count: u32) {
    for _ in 0..count {
        f.store(x, x.load() * Expr::int(1));
    }
}

fn nest(f: &mut FunctionBuilder, x: SlotRef, depth: u32, around: Around, way: Nest) {
    statements(f, x, around.0);
    if depth > 0 {
        way(f, x, &mut |f| nest(f, x, depth - 1, around, way));
    }
    statements(f, x, around.1);
}

fn nested(depth: u32, around: Around, way: Nest) -> Loaded {
    let (mut f, x) = function();
    nest(&mut f, x, depth, around, way);
    f.return_([x.load()]);
    common::load_built(ProgramBuilder::new(), f)
}

/// The same with more slots than near words.
fn far(depth: u32, around: Around, way: Nest) -> Loaded {
    let (mut f, first) = function();
    for _ in 0..300 {
        f.let_("", 0);
    }
    let x = f.let_("far", first.load());
    nest(&mut f, x, depth, around, way);
    f.return_([x.load()]);
    common::load_built(ProgramBuilder::new(), f)
}

/// Statements that call kernels, before and after each nested block.
fn vectors(depth: u32) -> Loaded {
    fn sums(f: &mut FunctionBuilder, v: SlotRef) {
        for _ in 0..12 {
            f.store(v, v.load() + v.load());
        }
    }
    fn level(f: &mut FunctionBuilder, x: SlotRef, v: SlotRef, depth: u32) {
        sums(f, v);
        if depth > 0 {
            f.if_(one(x), |f| level(f, x, v, depth - 1), |_| {});
        }
        sums(f, v);
    }
    let (mut f, x) = function();
    let v = f.let_("v", Expr::counted(Op::Splat, 4, [Expr::float(0.0)]));
    level(&mut f, x, v, depth);
    f.return_([x.load()]);
    common::load_built(ProgramBuilder::new(), f)
}

fn expression(depth: u32, way: fn(Expr) -> Expr) -> Loaded {
    let (mut f, x) = function();
    let e = (0..depth).fold(x.load(), |e, _| way(e));
    f.return_([e]);
    common::load_built(ProgramBuilder::new(), f)
}

fn condition(depth: u32, way: fn(Expr) -> Expr) -> Loaded {
    let (mut f, x) = function();
    let e = (0..depth).fold(one(x), |e, _| way(e));
    f.if_(e, |f| f.store(x, 2), |_| {});
    f.return_([x.load()]);
    common::load_built(ProgramBuilder::new(), f)
}

type CallWay = fn(&mut FunctionBuilder, SlotRef, &FunctionRef);

fn call_in_expression(f: &mut FunctionBuilder, x: SlotRef, callee: &FunctionRef) {
    f.store(x, Expr::call(callee, [x.load()]));
}

fn call_statement(f: &mut FunctionBuilder, x: SlotRef, callee: &FunctionRef) {
    let r = f.call(callee, [x.load()], &[]);
    f.store(x, r[0].load());
}

fn call_in_loop(f: &mut FunctionBuilder, x: SlotRef, callee: &FunctionRef) {
    f.for_("i", 1, None, |f, _| call_statement(f, x, callee));
}

/// A chain of functions of so many results, each calling the next.
fn calls(depth: u32, (before, results): (u32, usize), way: CallWay) -> Loaded {
    let mut program = ProgramBuilder::new();
    let start = || {
        let mut f = FunctionBuilder::new("f", vec![Type::Int; results]);
        let x = f.param("x", Type::Int);
        let x = f.let_("", x.load());
        (f, x)
    };
    let (mut f, x) = start();
    f.return_(vec![x.load(); results]);
    for _ in 0..depth {
        let callee = common::add(&mut program, f);
        let (mut next, x) = start();
        statements(&mut next, x, before);
        way(&mut next, x, &callee);
        next.return_(vec![x.load(); results]);
        f = next;
    }
    common::load_built(program, f)
}

/// A statement, and how many of it a function may have.
pub type Statement = (fn(&mut FunctionBuilder, SlotRef), usize);

/// Nodes of a function, but for those around the statements.
const NODES: usize = (1 << 20) - 8;

/// What stands many times in a row. The index of a loop is a slot, of which there may be fewer than nodes.
pub const STATEMENTS: [Statement; 6] = [
    (|f, _| f.scope(|_| {}), NODES),
    (|f, x| f.store(x, 1), NODES / 2),
    (|f, x| f.store(x, x.load() + Expr::int(1)), NODES / 4),
    (|f, x| f.if_(x.load().less(Expr::int(0)), |f| f.store(x, 0), |_| {}), NODES / 6),
    (|f, _| f.while_(false, None, |_| {}), NODES / 2),
    (|f, _| f.for_("i", 1, None, |_, _| {}), 65_000),
];

/// A block of that statement and nothing else, as long as the limits allow.
pub fn long((statement, count): Statement) -> Loaded {
    let (mut f, x) = function();
    for _ in 0..count {
        statement(&mut f, x);
    }
    f.return_([x.load()]);
    common::load_built(ProgramBuilder::new(), f)
}
