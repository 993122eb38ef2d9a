//! Programs of a wanted size, for measuring decoder, validator and compilers.

use super::Entropy;
use nda_ast::{Expr, FunctionBuilder, ProgramBuilder, Type};

/// A program of about `nodes` nodes in `functions` functions of equal size, the last of which calls the others. Mixed
/// scalar code as a compiler would emit it: slots, arithmetic, comparisons, loops, branches.
///
/// # Panics
/// Where `functions` is 0.
#[must_use]
pub fn big_program(nodes: u32, functions: u32) -> Vec<u8> {
    let mut program = ProgramBuilder::new();
    let mut callees = Vec::new();
    for i in 0..functions {
        let mut f = FunctionBuilder::new(format!("f{i}"), [Type::Int]);
        let n = f.param("n", Type::Int);
        let acc = f.let_("acc", i64::from(i));
        let mut made = 2;
        if i + 1 == functions {
            for callee in &callees {
                f.store(acc, acc.load() + Expr::call(callee, [n.load()]));
                made += 5;
            }
        }
        let mut k = 0;
        while made + 32 < nodes / functions {
            f.for_("i", n, Some(16), |f, j| {
                f.store(acc, acc.load() * Expr::int(k) + j.load());
                let odd = (acc.load() & Expr::int(1)).equals(Expr::int(1));
                f.if_(odd, |f| f.store(acc, acc.load() ^ n.load()), |f| f.store(acc, acc.load() - j.load()));
                f.store(acc, Expr::op(nda_ast::Op::MaxInt, [acc.load(), Expr::int(k)]));
                f.store(acc, acc.load() ^ (acc.load() >> Expr::int(7)));
            });
            made += 32;
            k += 1;
        }
        f.return_([acc.load()]);
        callees.push(program.add(f).expect("well-typed"));
    }
    program.entry(callees.last().expect("at least one function"));
    program.finish().expect("there is an entry point")
}

/// `n` different programs of 20 nodes: one function of scalar code with a loop.
///
/// # Panics
/// Never: what it builds is well-typed.
#[must_use]
pub fn small_programs(n: u32) -> Vec<Vec<u8>> {
    let mut entropy = Entropy::new(20);
    let operations = [nda_ast::Op::AddInt, nda_ast::Op::SubInt, nda_ast::Op::MulInt, nda_ast::Op::XorInt];
    let small = |i: u32| {
        let mut f = FunctionBuilder::new("", [Type::Int]);
        let x = f.param("", Type::Int);
        // Node numbers as in the bytes: the index of the program makes each one different.
        let acc = f.let_("", Expr::int(i.into())); // 2
        f.for_("", Expr::int(3), None, |f, j| {
            // 2, and the body 6 + 4
            let op = entropy.pick(&operations);
            f.store(acc, Expr::op(op, [acc.load(), j.load()]) + x.load());
            f.store(acc, acc.load() ^ Expr::int(entropy.int()));
        });
        f.let_("", Expr::op(entropy.pick(&operations), [acc.load(), x.load()])); // 4
        f.return_([acc.load()]); // 2
        let mut program = ProgramBuilder::new();
        let f = program.add(f).expect("well-typed");
        program.entry(&f);
        program.finish().expect("there is an entry point")
    };
    (0..n).map(small).collect()
}
