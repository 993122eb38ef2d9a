//! Control flow: loops, their limits, leaving them, and lazy choice.

use super::build::{expect, expect_trap};
use nda_ast::{Expr, FunctionBuilder, Type};
use nda_runtime::{Tier, TrapKind};

fn int() -> FunctionBuilder {
    FunctionBuilder::new("", [Type::Int])
}

/// Counted and conditional loops, `break` and `continue` at every depth.
///
/// # Panics
/// Where a loop gives something else.
pub fn loops_run_and_leave(tier: &dyn Tier) {
    for (count, sum) in [(5, "10"), (1, "0"), (0, "0"), (-3, "0"), (i64::MIN, "0")] {
        let mut f = int();
        let s = f.let_("s", 0);
        f.for_("i", count, None, |f, i| f.store(s, s.load() + i.load()));
        f.return_([s.load()]);
        expect(tier, f, sum);
    }
    // The count is evaluated once.
    let mut f = int();
    let n = f.let_("n", 3);
    f.for_("i", n, None, |f, _| f.store(n, n.load() + 1.into()));
    f.return_([n.load()]);
    expect(tier, f, "6");
    // Three loops, left and continued at each depth.
    for depth in 0..3 {
        for breaks in [true, false] {
            let mut f = int();
            let s = f.let_("s", 0);
            f.for_("a", 2, None, |f, _| {
                f.store(s, s.load() + 1000.into());
                f.for_("b", 2, None, |f, _| {
                    f.store(s, s.load() + 10.into());
                    f.for_("c", 3, None, |f, c| {
                        let stop = c.load().equals(1.into());
                        let leave = |f: &mut FunctionBuilder| {
                            if breaks { f.break_(depth) } else { f.continue_(depth) }
                        };
                        f.if_(stop, leave, |_| {});
                        f.store(s, s.load() + 1000.into() - Expr::from(500) * c.load());
                    });
                });
            });
            f.return_([s.load()]);
            expect(tier, f, &leaving(depth, breaks).to_string());
        }
    }
    // `return` and `fail` leave every loop.
    let mut f = int();
    f.for_("i", 9, None, |f, i| {
        f.while_(true, None, |f| {
            f.if_(i.load().equals(2.into()), |f| f.return_([i.load()]), |f| f.break_(0))
        });
    });
    f.return_([(-1).into()]);
    expect(tier, f, "2");
}

/// The three loops of the test above in Rust: the judge here is rustc.
fn leaving(depth: u32, breaks: bool) -> i64 {
    let mut s = 0_i64;
    'a: for _ in 0..2 {
        s += 1000;
        'b: for _ in 0..2 {
            s += 10;
            'c: for c in 0..3 {
                if c == 1 {
                    match (depth, breaks) {
                        (0, true) => break 'c,
                        (0, false) => continue 'c,
                        (1, true) => break 'b,
                        (1, false) => continue 'b,
                        (_, true) => break 'a,
                        (_, false) => continue 'a,
                    }
                }
                s += 1000 - 500 * c;
            }
        }
    }
    s
}

/// `LoopLimit` strikes where iteration K+1 would begin, at the loop's node, with K as its operand.
///
/// # Panics
/// Where it strikes elsewhere, or the count is another.
pub fn loop_limits_strike_before_the_body(tier: &dyn Tier) {
    for (count, max, holds) in
        [(3, 3, true), (2, 3, true), (4, 3, false), (1, 0, false), (0, 0, true), (-1, 0, true)]
    {
        let build = || {
            let mut f = int();
            let s = f.let_("s", 0);
            f.for_("i", count, Some(max), |f, _| f.store(s, s.load() + 1.into()));
            f.return_([s.load()]);
            f
        };
        // Nodes: 1 int, 2 let, 3 count, 4 loop. Cost: 1 + 6 of the body of the function, 5 of each iteration.
        let iterations = count.clamp(0, max as i64);
        if holds {
            expect(tier, build(), &count.max(0).to_string());
        } else {
            expect_trap(tier, build(), TrapKind::LoopLimit { max }, 4);
        }
        let executed = crate::subject::Subject::of(build()).run(tier, &[]).executed_nodes;
        assert_eq!(executed, 7 + 5 * iterations as u64, "count {count}, max {max}");
    }
    for (n, max, holds) in [(3, 3, true), (4, 3, false), (0, 0, true), (1, 0, false)] {
        let build = || {
            let mut f = int();
            let s = f.let_("s", 0);
            let cond = s.load().less(n.into());
            f.while_(cond, Some(max), |f| f.store(s, s.load() + 1.into()));
            f.return_([s.load()]);
            f
        };
        // Nodes: 1 int, 2 let, 3 load, 4 int, 5 lt_s, 6 while.
        if holds {
            expect(tier, build(), &n.to_string());
        } else {
            expect_trap(tier, build(), TrapKind::LoopLimit { max }, 6);
        }
        // The condition that was true for iteration K+1 has been charged.
        let executed = crate::subject::Subject::of(build()).run(tier, &[]).executed_nodes;
        let (conditions, bodies) = (max.min(n as u64) + 1, max.min(n as u64));
        assert_eq!(executed, 1 + 2 + 1 + 2 + 4 * conditions + 5 * bodies, "while: {n}, max {max}");
    }
}

/// Only the chosen arm of a `select` is evaluated: the other one's traps do not strike, its calls do not run.
///
/// # Panics
/// Where the other arm shows.
pub fn selects_are_lazy(tier: &dyn Tier) {
    let trap = || Expr::from(1) / 0.into();
    let mut f = int();
    f.return_([Expr::select(true.into(), 5.into(), trap())]);
    expect(tier, f, "5");
    let mut f = int();
    f.return_([Expr::select(false.into(), trap(), 6.into())]);
    expect(tier, f, "6");
    let mut f = int();
    f.return_([Expr::select(true.into(), trap(), 6.into())]);
    // Nodes: 1 bool, 2 int, 3 int, 4 div_s.
    expect_trap(tier, f, TrapKind::DivideByZero, 4);
    // A callee in the arm that is not chosen costs nothing.
    let mut program = nda_ast::ProgramBuilder::new();
    let mut costly = int();
    costly.for_("i", 1000, None, |_, _| {});
    costly.return_([1.into()]);
    let costly = program.add(costly).expect("builds");
    let mut f = int();
    let x = f.param("x", Type::Bool);
    f.return_([Expr::select(x.load(), Expr::call(&costly, []), 2.into())]);
    let f = program.add(f).expect("builds");
    let subject = crate::subject::Subject::new(program, &f, &nda_runtime::Link::new());
    let cost = |x: bool| subject.run(tier, &[x.into()]).executed_nodes;
    assert_eq!(cost(false), 1 + 5);
    assert_eq!(cost(true), 1 + 5 + (1 + 4 + 1000));
}

/// A `while` condition may trap, call and cost on each evaluation.
///
/// # Panics
/// Where it does something else.
pub fn while_conditions_are_charged_each_time(tier: &dyn Tier) {
    let mut f = int();
    let s = f.let_("s", 3);
    // 12 / s traps when s is 0. Nodes: 1 int, 2 let, 3 int, 4 load, 5 div_s.
    f.while_((Expr::from(12) / s.load()).greater(0.into()), None, |f| f.store(s, s.load() - 1.into()));
    f.return_([s.load()]);
    let outcome = crate::subject::Subject::of(f).run(tier, &[]);
    let trap = super::build::trapped(&outcome);
    assert_eq!((trap.kind, trap.locations[0].node), (TrapKind::DivideByZero, 5));
    // The function 1 + 2 + 1 + 2, four conditions of 1 + 5, three bodies of 1 + 4.
    assert_eq!(outcome.executed_nodes, 6 + 4 * 6 + 3 * 5);
}
