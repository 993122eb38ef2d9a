//! Calls: results, `inout`, chains of locations, and the host.

use super::build::{returned, trapped};
use crate::notation::write_all;
use crate::subject::Subject;
use nda_ast::{Elem, Expr, FunctionBuilder, Import, Param, ProgramBuilder, Type};
use nda_runtime::{HostError, Link, RunLimits, Tier, TrapKind, Value};

const BUF: Type = Type::Buf { elem: Elem::Int, cap: 4 };
const VEC: Type = Type::Vec { n: 2 };

/// Several results, aggregates among them, and `inout` through two calls.
///
/// # Panics
/// Where something else comes back.
pub fn results_and_inout_come_back(tier: &dyn Tier) {
    let mut program = ProgramBuilder::new();
    // push(b, x) -> (len before, b's first or x)
    let mut push = FunctionBuilder::new("push", [Type::Int, VEC]);
    let b = push.inout("b", BUF);
    let x = push.param("x", Type::Int);
    let before = push.let_("before", Expr::op(nda_ast::Op::Len, [b.load()]));
    push.push_elem(b, x);
    push.return_([
        before.load(),
        Expr::counted(nda_ast::Op::Splat, 2, [Expr::op(nda_ast::Op::IntToFloat, [x.load()])]),
    ]);
    let push = program.add(push).expect("builds");
    let mut twice = FunctionBuilder::new("twice", []);
    let b = twice.inout("b", BUF);
    let v = twice.inout("v", VEC);
    let first = twice.call(&push, [b.load(), 7.into()], &["n", "w"]);
    let second = twice.call(&push, [b.load(), first[0].load() + 8.into()], &["m", "u"]);
    twice.store(v, first[1].load() + second[1].load());
    let twice = program.add(twice).expect("builds");
    let mut f = FunctionBuilder::new("f", [BUF, VEC, BUF]);
    let own = f.inout("own", BUF);
    let local = f.let_("local", own);
    let v = f.let_("v", Expr::counted(nda_ast::Op::Splat, 2, [0.0.into()]));
    f.call(&twice, [local.load(), v.load()], &[]);
    let copy = f.let_("copy", local);
    f.call(&twice, [own.load(), v.load()], &[]);
    f.return_([local.load(), v.load(), copy.load()]);
    let f = program.add(f).expect("builds");
    let subject = Subject::new(program, &f, &Link::new());
    let arg = crate::notation::parse("int/4[1]").expect("a value");
    let outcome = subject.run(tier, &[arg]);
    assert_eq!(write_all(returned(&outcome)), "int/4[1 7 9] <16.0 16.0> int/4[1 7 9]");
    let inout = &outcome.result.as_ref().expect("returns").inout;
    assert_eq!(write_all(inout), "int/4[1 7 9]");
    // A callee that traps changes nothing that can be seen.
    let full = crate::notation::parse("int/4[1 2 3]").expect("a value");
    let outcome = subject.run(tier, &[full]);
    assert_eq!(trapped(&outcome).kind, TrapKind::CapacityExceeded { capacity: 4 });
}

/// A trap three calls down names each call's node, in expressions, in statements and in the middle of both.
///
/// # Panics
/// Where the chain differs.
pub fn traps_carry_the_chain_of_calls(tier: &dyn Tier) {
    let mut program = ProgramBuilder::new();
    let mut inner = FunctionBuilder::new("inner", [Type::Int]);
    let x = inner.param("x", Type::Int);
    inner.return_([Expr::from(1) / x.load()]); // 1 int, 2 load, 3 div_s
    let inner = program.add(inner).expect("builds");
    let mut middle = FunctionBuilder::new("middle", []);
    let x = middle.param("x", Type::Int);
    // 1 int, 2 load, 3 call, 4 add, 5 print
    middle.print(Expr::from(10) + Expr::call(&inner, [x.load()]));
    let middle = program.add(middle).expect("builds");
    let mut outer = FunctionBuilder::new("outer", []);
    // 1 int, 2 loop; 3 load, 4 int, 5 sub, 6 call_stmt
    let start = 2;
    outer.for_("i", 5, None, |f, i| drop(f.call(&middle, [Expr::from(start) - i.load()], &[])));
    let outer = program.add(outer).expect("builds");
    let hashes = [&outer, &middle, &inner].map(|f| program.hash(f));
    let subject = Subject::new(program, &outer, &Link::new());
    let outcome = subject.run(tier, &[]);
    let trap = trapped(&outcome);
    let chain: Vec<_> = trap.locations.iter().map(|at| (at.function, at.node)).collect();
    assert_eq!(
        (trap.kind, chain),
        (TrapKind::DivideByZero, vec![(hashes[0], 6), (hashes[1], 3), (hashes[2], 3)])
    );
    assert_eq!(write_all(&outcome.log), "10 11");
    // Out of fuel in a callee's body: the chain ends at the callee's number 0. The first call costs
    // outer 1 + 2, the loop's body 1 + 4, middle 1 + 5: then inner's body of 1 + 4 is not covered.
    for fuel in 14..19 {
        let limits = RunLimits { fuel, ..RunLimits::default() };
        let outcome = subject.run_within(tier, &[], &limits);
        let trap = trapped(&outcome);
        let chain: Vec<_> = trap.locations.iter().map(|at| (at.function, at.node)).collect();
        let expected = vec![(hashes[0], 6), (hashes[1], 3), (hashes[2], 0)];
        assert_eq!(
            (trap.kind, chain, outcome.executed_nodes),
            (TrapKind::OutOfFuel, expected, 14),
            "fuel {fuel}"
        );
    }
}

/// Host calls: arguments and results of every type, the transcript, failure codes, and their share of the limit.
///
/// # Panics
/// Where one is asked or recorded wrongly.
pub fn hosts_are_asked_and_recorded(tier: &dyn Tier) {
    let params = [Type::Int, Type::Float, Type::Bool, BUF, VEC];
    let results = [VEC, BUF, Type::Bool];
    let mut program = ProgramBuilder::new();
    let import = Import {
        name: "ask".into(),
        params: params.map(Param::new).to_vec(),
        results: results.to_vec(),
        work: 0,
    };
    let ask = program.import(import).expect("an import");
    let mut f = FunctionBuilder::new("f", results);
    let slots: Vec<Expr> = params.iter().map(|ty| f.param("", *ty).load()).collect();
    let out = f.call(&ask, slots, &["v", "b", "c"]);
    f.print(Expr::from(1));
    let out: Vec<Expr> = out.iter().map(|slot| slot.load()).collect();
    f.return_(out);
    let f = program.add(f).expect("builds");
    let mut link = Link::new();
    link.grant("ask", params, results, |args: &[Value]| match &args[0] {
        Value::Int(code) if *code < 0 => Err(HostError { code: *code }),
        _ => Ok(vec![args[4].clone(), args[3].clone(), args[2].clone()]),
    });
    let subject = Subject::new(program, &f, &link);
    let args = |first: &str| {
        let text = format!("{first} f:7ff0000000000001 true int/4[5 6] <1.0 nan>");
        crate::notation::parse_all(&text).expect("values")
    };
    let outcome = subject.run(tier, &args("3"));
    assert_eq!(write_all(returned(&outcome)), "<1.0 nan> int/4[5 6] true");
    let call = &outcome.transcript[0];
    assert_eq!(write_all(&call.args), "3 f:7ff0000000000001 true int/4[5 6] <1.0 nan>");
    let Some(Ok(reply)) = &call.reply else { panic!("{:?}", call.reply) };
    assert_eq!(write_all(reply), "<1.0 nan> int/4[5 6] true");
    // The call 8; arguments: five entries of 8, and 8 + 8 + 8 + 16 + 8; results: three of 8, and 8 + 16 + 8; the print
    // 16.
    let (asked, replied) = (8 + 5 * 8 + 48, 3 * 8 + 32);
    assert_eq!(outcome.log_bytes, asked + replied + 16);
    let within = |log_bytes| {
        let outcome = subject.run_within(tier, &args("3"), &RunLimits { log_bytes, ..RunLimits::default() });
        let kind = outcome.result.as_ref().map(|_| ()).map_err(|trap| (trap.kind, trap.locations[0].node));
        (kind, outcome.log_bytes, outcome.transcript.len(), outcome.log.len())
    };
    let limit = |node| Err((TrapKind::LogLimit, node));
    // Nodes: five loads, 6 call_stmt, 7 int, 8 print.
    assert_eq!(within(asked + replied + 16), (Ok(()), asked + replied + 16, 1, 1));
    assert_eq!(within(asked + replied + 15), (limit(8), asked + replied, 1, 0));
    assert_eq!(within(asked + replied - 1), (limit(6), asked, 1, 0));
    assert_eq!(within(asked - 1), (limit(6), 0, 0, 0));
    let outcome = subject.run(tier, &args("-9"));
    let trap = trapped(&outcome);
    assert_eq!((trap.kind, trap.locations[0].node), (TrapKind::Host { code: -9 }, 6));
    assert!(matches!(outcome.transcript[0].reply, Some(Err(-9))));
    assert_eq!(outcome.log_bytes, asked + 16);
}
