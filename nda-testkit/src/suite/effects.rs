//! The log, its limit, and where NaNs keep their bits.

use super::build::{returned, trapped};
use crate::notation::{parse_all, write_all};
use crate::subject::Subject;
use nda_ast::{Expr, FunctionBuilder, Op, Type};
use nda_runtime::{RunLimits, Tier, TrapKind, Value};

/// A function that prints each of its parameters.
fn printer(args: &[Value]) -> Subject {
    let mut f = FunctionBuilder::new("", []);
    let slots: Vec<_> = args.iter().map(|arg| f.param("", arg.ty())).collect();
    for slot in slots {
        f.print(slot);
    }
    Subject::of(f)
}

/// Every type of value, as it is at that moment.
///
/// # Panics
/// Where the log holds something else.
pub fn log_holds_what_was_printed(tier: &dyn Tier) {
    let text = "5 f:7ff0000000000001 true <1.0 nan> u8/4[1 2] int/4[] float/2[f:fff0000000000001]";
    let args = parse_all(text).expect("values");
    let outcome = printer(&args).run(tier, &args);
    assert_eq!(write_all(&outcome.log), text);
    assert_eq!(outcome.log_bytes, 7 * 8 + 8 + 8 + 8 + 8 + 2 + 8);
    let mut f = FunctionBuilder::new("", []);
    let v = f.let_("v", Expr::counted(Op::Splat, 2, [1.0.into()]));
    f.print(v);
    f.store_elem(v, 2.0, 0);
    f.print(v);
    assert_eq!(write_all(&Subject::of(f).run(tier, &[]).log), "<1.0 1.0> <2.0 1.0>");
}

/// An entry that would pass the limit is not written and traps at the `print`.
///
/// # Panics
/// Where the limit strikes elsewhere.
pub fn log_limit_strikes_before_writing(tier: &dyn Tier) {
    let args = parse_all("5 u8/9[1 2 3] 7").expect("values");
    let subject = printer(&args);
    // 16, then 8 + 3, then 16. Nodes: load 1, print 2, load 3, print 4, load 5, print 6.
    for (limit, written, used, node) in [
        (43, 3, 43, None),
        (42, 2, 27, Some(6)),
        (27, 2, 27, Some(6)),
        (26, 1, 16, Some(4)),
        (15, 0, 0, Some(2)),
        (0, 0, 0, Some(2)),
    ] {
        let outcome =
            subject.run_within(tier, &args, &RunLimits { log_bytes: limit, ..RunLimits::default() });
        assert_eq!((outcome.log.len(), outcome.log_bytes), (written, used), "limit {limit}");
        match node {
            None => assert_eq!(returned(&outcome).len(), 0),
            Some(node) => {
                let trap = trapped(&outcome);
                assert_eq!((trap.kind, trap.locations[0].node), (TrapKind::LogLimit, node), "limit {limit}");
            }
        }
        // The block was charged whole.
        assert_eq!(outcome.executed_nodes, subject.run(tier, &args).executed_nodes);
    }
}

/// Bits of a NaN travel through slots, choice, calls, buffers and reinterpretation untouched.
///
/// # Panics
/// Where they change.
pub fn kept_nans_keep_their_bits(tier: &dyn Tier) {
    let nan = f64::from_bits(0xfff0_0000_dead_0001);
    let mut program = nda_ast::ProgramBuilder::new();
    let mut same = FunctionBuilder::new("same", [Type::Float]);
    let x = same.param("x", Type::Float);
    same.return_([x.load()]);
    let same = program.add(same).expect("builds");
    let mut f = FunctionBuilder::new("f", [Type::Float; 6]);
    let x = f.param("x", Type::Float);
    let y = f.let_("y", nan);
    f.store(y, Expr::select(true.into(), x.load(), y.load()));
    let buf = f.let_("b", Expr::fill(nda_ast::Elem::Float, 2, y.load()));
    f.store_elem(buf, y, 1);
    let recapped = Expr::counted(Op::Recap, 4, [buf.load()]);
    let bits = Expr::op(Op::FloatFromBits, [Expr::op(Op::FloatBits, [y.load()])]);
    f.return_([
        y.load(),
        Expr::call(&same, [y.load()]),
        Expr::op(Op::Index, [recapped, 1.into()]),
        bits,
        -(-y.load()),
        nan.into(),
    ]);
    let f = program.add(f).expect("builds");
    let subject = Subject::new(program, &f, &nda_runtime::Link::new());
    let outcome = subject.run(tier, &[Value::Float(nan)]);
    assert_eq!(write_all(returned(&outcome)), ["f:fff00000dead0001"; 6].join(" "));
}
