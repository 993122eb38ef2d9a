//! Charges: every block whole at its entry, at every fuel limit, and the count that results.

mod common;

use common::*;
use nda_ast::{Expr, FunctionBuilder, Limits, NodeId, Op, Type};
use nda_runtime::{Loaded, TrapKind, Value};

/// Where the trap strikes if fuel does not cover a block, and the block's cost.
type Charge<'a> = (&'a [NodeId], u64);

/// Runs at every fuel up to more than enough. `charges` are the blocks of a full run in order: the locations of the
/// trap where fuel does not cover it, and its cost.
fn check(program: &Loaded, args: &[Value], charges: &[Charge<'_>], expected: &Value) {
    let total: u64 = charges.iter().map(|(_, cost)| cost).sum();
    for limit in 0..=total + 2 {
        let outcome = run_with(program, args, &fuel(limit));
        let mut left = limit;
        let failing = charges.iter().find(|(_, cost)| match left.checked_sub(*cost) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        });
        assert_eq!(outcome.executed_nodes, limit - left, "fuel {limit}");
        match failing {
            Some((at, _)) => {
                assert_eq!(trap(&outcome).kind, TrapKind::OutOfFuel, "fuel {limit}");
                assert_eq!(nodes(trap(&outcome)), *at, "fuel {limit}");
            }
            None => same(&results(&outcome)[0], expected),
        }
    }
}

#[test]
fn straight_line_is_one_block() {
    let program = Build::new().load(returning(Expr::int(1) + Expr::int(2)));
    check(&program, &[], &[(&[0], 5)], &Value::Int(3));
}

#[test]
fn arms_are_blocks_and_empty_ones_are_none() {
    for flag in [true, false] {
        let mut f = FunctionBuilder::new("f", [Type::Int]);
        let c = f.param("c", Type::Bool);
        let x = f.let_("x", 1); // nodes 1, 2
        f.if_(c, |f| f.store(x, 2), |_| {}); // 3, 4; 5, 6
        f.return_([x.load()]); // 7, 8
        let program = Build::new().load(f);
        let charges: &[Charge<'_>] = if flag { &[(&[0], 7), (&[4], 3)] } else { &[(&[0], 7)] };
        check(&program, &[Value::Bool(flag)], charges, &Value::Int(if flag { 2 } else { 1 }));
    }
}

#[test]
fn a_scope_is_charged_with_the_block_around() {
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let x = f.let_("x", 1); // 1, 2
    f.scope(|f| {
        // 3; 4, 5
        f.store(x, 2);
        f.scope(|f| f.if_(true, |_| {}, |f| f.store(x, 3))); // 6; 7, 8; 9, 10
    });
    f.return_([x.load()]); // 11, 12
    check(&Build::new().load(f), &[], &[(&[0], 11)], &Value::Int(2));
}

#[test]
fn loops_charge_each_iteration() {
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let sum = f.let_("sum", 0); // 1, 2
    f.for_("i", 3, None, |f, i| f.store(sum, sum.load() + i.load())); // 3, 4; 5 to 8
    f.for_("j", 2, None, |_, _| {}); // 9, 10
    f.return_([sum.load()]); // 11, 12
    let body: Charge<'_> = (&[4], 5);
    let empty: Charge<'_> = (&[10], 1);
    check(&Build::new().load(f), &[], &[(&[0], 9), body, body, body, empty, empty], &Value::Int(3));
}

#[test]
fn conditions_are_charged_before_each_evaluation() {
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let n = f.let_("n", 0); // 1, 2
    f.while_(n.load().less(Expr::int(2)), None, |f| f.store(n, n.load() + Expr::int(1))); // 3 to 5, 6; 7 to 10
    f.return_([n.load()]); // 11, 12
    let (cond, body): (Charge<'_>, Charge<'_>) = ((&[6], 4), (&[6], 5));
    check(&Build::new().load(f), &[], &[(&[0], 6), cond, body, cond, body, cond], &Value::Int(2));
}

#[test]
fn callees_charge_themselves_and_end_the_chain() {
    let mut b = Build::new();
    let mut inner = FunctionBuilder::new("inner", [Type::Int]);
    let x = inner.param("x", Type::Int);
    inner.if_(x.load().less(Expr::int(0)), |f| f.return_([-x.load()]), |f| f.return_([x.load()])); // 1 to 4; ..
    let inner = b.add(inner);
    let mut outer = FunctionBuilder::new("outer", [Type::Int]);
    let y = outer.param("y", Type::Int);
    outer.return_([Expr::call(&inner, [y.load()]) + Expr::call(&inner, [Expr::int(2)])]); // 1, 2; 3, 4; 5, 6
    let outer = b.add(outer);
    let program = b.load(returning(Expr::call(&outer, [Expr::int(-5)]))); // 1, 2; 3
    let charges: &[Charge<'_>] =
        &[(&[0], 4), (&[2, 0], 7), (&[2, 2, 0], 5), (&[2, 2, 4], 4), (&[2, 4, 0], 5), (&[2, 4, 4], 3)];
    check(&program, &[], charges, &Value::Int(7));
}

#[test]
fn both_arms_of_a_select_are_charged_whichever_is_taken() {
    for flag in [true, false] {
        let program = Build::new().load(returning(Expr::select(
            Expr::bool(flag),
            Expr::int(1) + Expr::int(2),
            9.into(),
        )));
        check(&program, &[], &[(&[0], 8)], &Value::Int(if flag { 3 } else { 9 }));
    }
}

#[test]
fn a_trap_in_a_block_does_not_change_its_charge() {
    let div = Expr::int(1) / Expr::int(0);
    let program = Build::new().load(returning(div + Expr::int(1)));
    let outcome = run(&program, &[]);
    assert_eq!((trap(&outcome).kind, outcome.executed_nodes), (TrapKind::DivideByZero, 7));
    assert_eq!(nodes(trap(&outcome)), [3]);
    let outcome = run_with(&program, &[], &fuel(6));
    assert_eq!((trap(&outcome).kind, outcome.executed_nodes), (TrapKind::OutOfFuel, 0));
}

#[test]
fn a_loop_limit_strikes_before_the_body_is_charged() {
    let build = |counted: bool| {
        let mut f = FunctionBuilder::new("f", []);
        match counted {
            true => f.for_("i", 3, Some(2), |_, _| {}),
            false => f.while_(true, Some(2), |_| {}),
        }
        Build::new().load(f)
    };
    for (counted, total) in [(true, 3 + 2), (false, 2 + 2 * (2 + 1) + 2)] {
        let program = build(counted);
        let at = if counted { Op::Loop } else { Op::While };
        for limit in [total, 1000] {
            let outcome = run_with(&program, &[], &fuel(limit));
            assert_eq!(trap(&outcome).kind, TrapKind::LoopLimit { max: 2 }, "{at:?} with {limit}");
            assert_eq!(outcome.executed_nodes, total);
            assert_eq!(nodes(trap(&outcome)), [node_of(&program, at, 0)]);
        }
    }
}

#[test]
fn an_exact_certificate_is_the_count() {
    let mut f = FunctionBuilder::new("f", [Type::Float]);
    let v = f.let_("v", Expr::counted(Op::Splat, 1000, [Expr::float(0.5)]));
    f.for_("i", 7, None, |f, _| f.store(v, Expr::op(Op::ExpVec, [v.load() - v.load()])));
    f.return_([Expr::op(Op::Sum, [v.load()])]);
    let program = Build::new().load(f);
    let certificate = *program.function(entry(&program)).unwrap().certificate();
    let outcome = run(&program, &[]);
    assert!(certificate.exact);
    assert_eq!(certificate.max.get(), Some(outcome.executed_nodes.into()));
    same(&results(&outcome)[0], &Value::Float(1000.0));
}

#[test]
fn fuel_may_be_all_of_u64() {
    let program = Build::new().load_with(returning(Expr::int(1)), &Default::default(), &Limits::default());
    let outcome = run_with(&program, &[], &fuel(u64::MAX));
    assert_eq!(outcome.executed_nodes, 3);
}
