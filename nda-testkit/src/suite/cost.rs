//! The cost table, against `cases/costs.txt` and, for what has no operands of its own, the programs here.

use super::build::{Operation, lines, ty};
use crate::subject::Subject;
use nda_ast::{Arg, Elem, Expr, FunctionBuilder, Import, Op, Param, ProgramBuilder, Type};
use nda_runtime::{Link, Tier, Value};
use std::collections::BTreeSet;

const CASES: &str = include_str!("../../cases/costs.txt");

/// Costs of operations and statements are those worked out by hand, and none is left out.
///
/// # Panics
/// Where a cost differs or an operation has no case.
pub fn costs_are_those_of_the_table(tier: &dyn Tier) {
    let mut seen = BTreeSet::new();
    for (line, text) in lines(CASES) {
        let (left, weight) = text.split_once(" = ").unwrap_or_else(|| panic!("costs.txt:{line}: no ` = `"));
        let (names, types) = left.split_once(" : ").unwrap_or((left, ""));
        for name in names.split_whitespace() {
            let operation = Operation::parse(name);
            seen.insert(operation.op);
            let types: Vec<Type> = types.split_whitespace().map(ty).collect();
            let weight = weight.trim().parse().expect("a number");
            assert_eq!(measured(tier, &operation, types), weight, "costs.txt:{line}: {name}");
        }
    }
    for (op, expected, subject, args) in statements() {
        seen.insert(op);
        let outcome = subject.run(tier, &args);
        assert_eq!(outcome.executed_nodes, expected, "{}", op.info().name);
    }
    let missing: Vec<&str> =
        Op::ALL.iter().filter(|op| !seen.contains(op)).map(|op| op.info().name).collect();
    assert!(missing.is_empty(), "no cost case for {missing:?}");
}

/// The weight of the operation on parameters of these types, as `executed_nodes` shows it.
fn measured(tier: &dyn Tier, operation: &Operation, mut types: Vec<Type>) -> u64 {
    if types.is_empty() {
        types = operation.op.info().args.iter().map(scalar).collect();
    }
    let mut entropy = crate::generate::Entropy::new(1);
    let mut f = FunctionBuilder::new("", [Type::Int]);
    let params: Vec<Expr> = types.iter().map(|ty| f.param("", *ty).load()).collect();
    let operands = params.len() as u64;
    let value = operation.apply(params);
    // What stands around the node: the block 1, a `load` for each operand, one node to make the value small, `return`.
    let (value, around) = match value.ty() {
        Type::Int => (value, 2 + operands),
        Type::Float => (Expr::op(Op::FloatToIntSat, [value]), 3 + operands),
        Type::Bool => (Expr::op(Op::BoolToInt, [value]), 3 + operands),
        _ => (Expr::op(Op::Len, [value]), 3 + operands),
    };
    f.return_([value]);
    // Arguments on which nothing traps; a trap would not change the count either.
    let args: Vec<Value> = types
        .iter()
        .map(|ty| match ty {
            Type::Int => Value::Int(0),
            Type::Float => Value::Float(1.0),
            Type::Vec { n } => Value::Vec32(vec![1.0; *n as usize]),
            other => entropy.value(*other),
        })
        .collect();
    Subject::of(f).run(tier, &args).executed_nodes - around
}

fn scalar(arg: &Arg) -> Type {
    match arg {
        Arg::Int => Type::Int,
        Arg::Float => Type::Float,
        Arg::Bool => Type::Bool,
        other => panic!("{other:?} needs its type in costs.txt"),
    }
}

type Case = (Op, u64, Subject, Vec<Value>);

/// A `let` whose slot nothing reads.
fn declare(f: &mut FunctionBuilder, init: impl Into<Expr>) {
    f.let_("", init);
}

/// Statements and leaves: a program each, with its count worked out by hand.
fn statements() -> Vec<Case> {
    let buf = |cap| Type::Buf { elem: Elem::Int, cap };
    let vec = |n| Type::Vec { n };
    let full = |n: usize| Value::Vec32(vec![1.0; n]);
    let empty = |cap| Value::Buf(nda_runtime::Buf::new(Vec::<i64>::new(), cap).expect("a buffer"));
    let mut out: Vec<Case> = Vec::new();
    let mut case = |op, cost, args: &[Value], build: &dyn Fn(&mut FunctionBuilder)| {
        let mut f = FunctionBuilder::new("", []);
        build(&mut f);
        out.push((op, cost, Subject::of(f), args.to_vec()));
    };
    // block 1, int 1, let 1.
    case(Op::Int, 3, &[], &|f| declare(f, 5));
    case(Op::Float, 3, &[], &|f| declare(f, 5.0));
    case(Op::Bool, 3, &[], &|f| declare(f, true));
    // A vec of 130: 520 bytes, 65 eighths, 2 more.
    case(Op::Let, 1 + 1 + 3, &[full(130)], &|f| {
        let x = f.param("", vec(130));
        f.let_("", x);
    });
    case(Op::Load, 1 + 1 + 2, &[full(128)], &|f| {
        let x = f.param("", vec(128));
        f.let_("", x);
    });
    // A buf of 100 ints: 800 bytes, 100 eighths, 2 more, for the `let` (2 nodes) and the `store` (2 nodes).
    case(Op::Store, 1 + (1 + 3) + (1 + 3), &[empty(100)], &|f| {
        let x = f.param("", buf(100));
        let y = f.let_("", x);
        f.store(y, x);
    });
    case(Op::StoreElem, 1 + (1 + 2) + 3, &[full(2)], &|f| {
        let x = f.param("", vec(2));
        let y = f.let_("", x);
        f.store_elem(y, 1.0, 0);
    });
    case(Op::Push, 1 + (1 + 2) + 2, &[empty(2)], &|f| {
        let x = f.param("", buf(2));
        let y = f.let_("", x);
        f.push_elem(y, 1);
    });
    case(Op::Truncate, 1 + (1 + 2) + 2, &[empty(2)], &|f| {
        let x = f.param("", buf(2));
        let y = f.let_("", x);
        f.truncate(y, 0);
    });
    // A scope's statements are charged with the block around it.
    case(Op::Scope, 1 + 1 + 2, &[], &|f| f.scope(|f| declare(f, 1)));
    // block, bool, if; the arm: 1, int, let. The other arm is empty.
    case(Op::If, 1 + 2 + 3, &[], &|f| f.if_(true, |f| declare(f, 1), |_| {}));
    case(Op::If, 1 + 2, &[], &|f| f.if_(false, |f| declare(f, 1), |_| {}));
    // block, int, loop; four times a body of 1 + 2.
    case(Op::Loop, 1 + 2 + 4 * 3, &[], &|f| f.for_("", 4, None, declare));
    case(Op::Loop, 1 + 2 + 4, &[], &|f| f.for_("", 4, None, |_, _| {}));
    case(Op::Loop, 1 + 2, &[], &|f| f.for_("", -1, None, |_, _| {}));
    // block, let (2), while; the condition 1 + 3 four times, the body 1 + 4 three times.
    case(Op::While, 1 + 2 + 1 + 4 * 4 + 3 * 5, &[], &|f| {
        let i = f.let_("", 0);
        f.while_(i.load().less(3.into()), None, |f| f.store(i, i.load() + 1.into()));
    });
    case(Op::Break, 1 + 2 + 2, &[], &|f| f.for_("", 9, None, |f, _| f.break_(0)));
    case(Op::Continue, 1 + 2 + 9 * 2, &[], &|f| f.for_("", 9, None, |f, _| f.continue_(0)));
    case(Op::Print, 1 + 1 + 3, &[empty(128)], &|f| {
        let x = f.param("", buf(128));
        f.print(x);
    });
    case(Op::Print, 1 + 1 + 1, &[], &|f| f.print(1));
    case(Op::Fail, 1 + 2, &[], &|f| f.fail_(1));
    // Both arms are charged, whichever is evaluated: block, bool, int, int, select, let.
    case(Op::Select, 1 + 5, &[], &|f| declare(f, Expr::select(true.into(), 1.into(), 2.into())));
    out.extend(returns_and_calls());
    out
}

fn returns_and_calls() -> Vec<Case> {
    let mut out: Vec<Case> = Vec::new();
    // Two vecs of 65: 520 bytes together, summed before rounding up: 2 more.
    let mut f = FunctionBuilder::new("", [Type::Vec { n: 65 }, Type::Vec { n: 65 }]);
    let x = f.param("", Type::Vec { n: 65 });
    f.return_([x.load(), x.load()]);
    let args = vec![Value::Vec32(vec![0.0; 65])];
    out.push((Op::Return, 1 + 2 + 3, Subject::of(f), args));

    // The callee charges itself: block, int, return.
    let mut program = ProgramBuilder::new();
    let mut callee = FunctionBuilder::new("", [Type::Int]);
    callee.return_([1.into()]);
    let callee = program.add(callee).expect("builds");
    let mut f = FunctionBuilder::new("", [Type::Int]);
    f.return_([Expr::call(&callee, [])]);
    let f = program.add(f).expect("builds");
    out.push((Op::Call, 3 + 3, Subject::new(program, &f, &Link::new()), Vec::new()));

    // A host call: declared work 100 and 512 bytes of a vec both ways (2 * 64): 228 / 64 is 4 more.
    let mut program = ProgramBuilder::new();
    let vec = Type::Vec { n: 128 };
    let import = Import {
        name: "host".into(),
        params: vec![Param::new(vec)],
        results: vec![vec, Type::Int],
        work: 100,
    };
    let host = program.import(import).expect("an import");
    let mut f = FunctionBuilder::new("", []);
    let x = f.param("", vec);
    f.call(&host, [x.load()], &[]);
    let f = program.add(f).expect("builds");
    let mut link = Link::new();
    link.grant("host", [vec], [vec, Type::Int], |args: &[Value]| Ok(vec![args[0].clone(), Value::Int(1)]));
    let args = vec![Value::Vec32(vec![0.0; 128])];
    out.push((Op::CallStmt, 1 + 1 + 5, Subject::new(program, &f, &link), args));

    out.extend(constants());
    out
}

/// Constant objects weigh 1.
fn constants() -> Vec<Case> {
    let text = |op, value: &str, around: u64| {
        let value = crate::notation::parse(value).expect("a value");
        let mut program = ProgramBuilder::new();
        let mut f = FunctionBuilder::new("", [Type::Int]);
        let constant = super::build::constant(&mut program, &value);
        let value = match op {
            Op::Matrix => Expr::op(Op::Row, [constant, 0.into()]),
            _ => constant,
        };
        f.return_([Expr::op(Op::Len, [value])]);
        let f = program.add(f).expect("builds");
        let subject = Subject::new(program, &f, &Link::new());
        (op, 1 + 1 + around, subject, Vec::new())
    };
    // len and return; for the matrix also int and a `row` of 3 elements.
    vec![
        text(Op::BufConst, "int/1000[1]", 2),
        text(Op::VecConst, "<1.0>", 2),
        text(Op::Matrix, "t0{1 0 1}", 2 + 1 + 2),
    ]
}
