//! The deepest programs that the limits allow, on a small stack.

use super::build::{returned, trapped};
use crate::subject::Subject;
use nda_ast::{Expr, FunctionBuilder, Limits, ProgramBuilder, Type};
use nda_runtime::{Link, Tier, TrapKind, Value};

/// Runs on a thread of 2 MiB.
fn on_small_stack(f: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().stack_size(2 << 20).spawn_scoped(scope, f).expect("a thread");
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

fn scopes(f: &mut FunctionBuilder, depth: u32, innermost: &dyn Fn(&mut FunctionBuilder)) {
    match (depth, depth % 4) {
        (0, _) => innermost(f),
        (_, 0) => f.scope(|f| scopes(f, depth - 1, innermost)),
        (_, 1) => f.if_(true, |f| scopes(f, depth - 1, innermost), |_| {}),
        (_, 2) => f.for_("i", 1, None, |f, _| scopes(f, depth - 1, innermost)),
        _ => f.while_(true, None, |f| {
            scopes(f, depth - 1, innermost);
            f.break_(0);
        }),
    }
}

fn chain(depth: u32) -> Expr {
    let mut e = Expr::int(0);
    for i in 0..depth {
        e = if i % 2 == 0 { e + Expr::int(1) } else { Expr::select(true.into(), e, Expr::int(9)) };
    }
    e
}

/// Blocks, expressions and calls nested as deep as the limit on levels allows: loaded, run and dropped.
///
/// # Panics
/// Where one does not run or gives something else.
pub fn deepest_nesting_runs_on_a_small_stack(tier: &dyn Tier) {
    on_small_stack(|| {
        let most = Limits::default().levels;
        let mut f = FunctionBuilder::new("", []);
        // The function itself is a level, and in the innermost block `fail` and its operand are two.
        scopes(&mut f, most - 3, &|f| f.fail_(7));
        let subject = Subject::of(f);
        assert_eq!(levels(&subject), most);
        assert_eq!(trapped(&subject.run(tier, &[])).kind, TrapKind::Failed { code: 7 });

        let mut f = FunctionBuilder::new("", [Type::Int]);
        // The function, `return`, the constant within.
        f.return_([chain(most - 3)]);
        let subject = Subject::of(f);
        assert_eq!(levels(&subject), most);
        let ones = i64::from((most - 3).div_ceil(2));
        assert!(returned(&subject.run(tier, &[]))[0].same_bits(&Value::Int(ones)));

        // Each function of a chain of calls takes three levels: itself, `return`, the call.
        let mut program = ProgramBuilder::new();
        let mut f = FunctionBuilder::new("", [Type::Int]);
        let x = f.param("", Type::Int);
        f.return_([x.load()]);
        let mut last = program.add(f).expect("builds");
        let calls = most / 3 - 1;
        for _ in 0..calls {
            let mut f = FunctionBuilder::new("", [Type::Int]);
            let x = f.param("", Type::Int);
            f.return_([Expr::call(&last, [x.load()])]);
            last = program.add(f).expect("builds");
        }
        let subject = Subject::new(program, &last, &Link::new());
        assert!(levels(&subject) > most - 3);
        let outcome = subject.run(tier, &[Value::Int(42)]);
        assert!(returned(&outcome)[0].same_bits(&Value::Int(42)));
    });
}

fn levels(subject: &Subject) -> u32 {
    subject.loaded.program().function(subject.entry).expect("a function").certificate().levels
}

/// As many statements in one block as the limit on nodes allows.
///
/// # Panics
/// Where it does not run.
pub fn a_million_statements_run_on_a_small_stack(tier: &dyn Tier) {
    on_small_stack(|| {
        let n = 262_000;
        let mut f = FunctionBuilder::new("", [Type::Int]);
        let x = f.let_("x", 0);
        for _ in 0..n {
            f.store(x, x.load() + Expr::int(1));
        }
        f.return_([x.load()]);
        let outcome = Subject::of(f).run(tier, &[]);
        assert!(returned(&outcome)[0].same_bits(&Value::Int(n)));
        assert_eq!(outcome.executed_nodes, 1 + 2 + 4 * n as u64 + 2);
        // Statements of one node, as many as there may be.
        let n = (1 << 20) - 1;
        let mut f = FunctionBuilder::new("", []);
        for _ in 0..n {
            f.scope(|_| {});
        }
        let outcome = Subject::of(f).run(tier, &[]);
        assert_eq!(outcome.executed_nodes, 1 + n);
    });
}
