//! Every operation has a run case and, where the list says that it may trap, a trap case.

mod common;

use common::*;
use nda_ast::{Codebook, Effects, Elem, Expr, FunctionBuilder, FunctionRef, Import, Op, Param, Type};
use nda_kernels::{math32, math64};
use nda_runtime::{HostError, Link, Loaded, RunLimits, TrapKind, Value};

enum Expect {
    Value(Value),
    Trap(TrapKind),
}

struct Case {
    op: Op,
    program: Loaded,
    limits: RunLimits,
    expect: Expect,
}

fn case(op: Op, program: Loaded, expect: Expect) -> Case {
    Case { op, program, limits: RunLimits::default(), expect }
}

/// An expression with its value.
fn value(op: Op, expr: Expr, value: impl Into<Value>) -> Case {
    case(op, Build::new().load(returning(expr)), Expect::Value(value.into()))
}

fn trapping(op: Op, expr: Expr, kind: TrapKind) -> Case {
    case(op, Build::new().load(returning(expr)), Expect::Trap(kind))
}

/// A body that ends by returning an int, or traps.
fn body(op: Op, expect: Expect, body: impl FnOnce(&mut FunctionBuilder)) -> Case {
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    body(&mut f);
    case(op, Build::new().load(f), expect)
}

fn int(x: i64) -> Expect {
    Expect::Value(Value::Int(x))
}

fn i(x: i64) -> Expr {
    Expr::int(x)
}

fn fl(x: f64) -> Expr {
    Expr::float(x)
}

/// A vector of two elements without constants: splats beside each other.
fn v(a: f64, b: f64) -> Expr {
    let splat = |x| Expr::counted(Op::Splat, 1, [fl(x)]);
    Expr::op(Op::Concat, [splat(a), splat(b)])
}

fn vec2(a: f32, b: f32) -> Value {
    Value::Vec32(vec![a, b])
}

const ODD_NAN: u64 = 0xfff8_0000_0000_0001;

fn ints_and_bits(out: &mut Vec<Case>) {
    let two: [(Op, i64, i64, i64); 19] = [
        (Op::AddInt, i64::MAX, 1, i64::MIN),
        (Op::SubInt, i64::MIN, 1, i64::MAX),
        (Op::MulInt, i64::MAX, 2, -2),
        (Op::MinInt, -3, 2, -3),
        (Op::MaxInt, -3, 2, 2),
        (Op::DivS, -7, 2, -3),
        (Op::DivU, -1, 2, i64::MAX),
        (Op::RemS, i64::MIN, -1, 0),
        (Op::RemS, -7, 2, -1),
        (Op::RemU, -1, 10, 5),
        (Op::AndInt, 12, 10, 8),
        (Op::OrInt, 12, 10, 14),
        (Op::XorInt, 12, 10, 6),
        (Op::Shl, 1, 67, 8),
        (Op::ShrS, -16, 66, -4),
        (Op::ShrU, -1, 63, 1),
        (Op::Rotl, i64::MIN, 1, 1),
        (Op::Rotr, 1, 1, i64::MIN),
        (Op::MinInt, 2, -3, -3),
    ];
    out.extend(two.map(|(op, a, b, r)| value(op, Expr::op(op, [i(a), i(b)]), r)));
    let one: [(Op, i64, i64); 6] = [
        (Op::NegInt, i64::MIN, i64::MIN),
        (Op::AbsInt, -5, 5),
        (Op::NotInt, 0, -1),
        (Op::Clz, 1, 63),
        (Op::Ctz, 8, 3),
        (Op::Popcnt, -1, 64),
    ];
    out.extend(one.map(|(op, a, r)| value(op, Expr::op(op, [i(a)]), r)));
    for op in [Op::DivS, Op::DivU, Op::RemS, Op::RemU] {
        out.push(trapping(op, Expr::op(op, [i(1), i(0)]), TrapKind::DivideByZero));
    }
    let overflow = TrapKind::IntegerOverflow { operand: i64::MIN as u64 };
    out.push(trapping(Op::DivS, Expr::op(Op::DivS, [i(i64::MIN), i(-1)]), overflow));
    let compares = [
        (Op::EqInt, [false, true, false]),
        (Op::NeInt, [true, false, true]),
        (Op::LtS, [true, false, false]),
        (Op::LeS, [true, true, false]),
        (Op::GtS, [false, false, true]),
        (Op::GeS, [false, true, true]),
        (Op::LtU, [false, false, true]),
        (Op::LeU, [false, true, true]),
        (Op::GtU, [true, false, false]),
        (Op::GeU, [true, true, false]),
    ];
    for (op, expected) in compares {
        for ((a, b), r) in [(-1, 1), (1, 1), (1, -1)].into_iter().zip(expected) {
            out.push(value(op, Expr::op(op, [i(a), i(b)]), r));
        }
    }
    let tables = [
        (Op::AndBool, [false, false, false, true]),
        (Op::OrBool, [false, true, true, true]),
        (Op::XorBool, [false, true, true, false]),
        (Op::EqBool, [true, false, false, true]),
        (Op::NeBool, [false, true, true, false]),
    ];
    for (op, expected) in tables {
        for (n, r) in expected.into_iter().enumerate() {
            out.push(value(op, Expr::op(op, [Expr::bool(n & 2 != 0), Expr::bool(n & 1 != 0)]), r));
        }
    }
    out.push(value(Op::NotBool, Expr::op(Op::NotBool, [Expr::bool(false)]), true));
}

fn floats_and_casts(out: &mut Vec<Case>) {
    let canonical = f64::from_bits(nda_ast::CANONICAL_NAN);
    let odd = f64::from_bits(ODD_NAN);
    let two: [(Op, f64, f64, f64); 13] = [
        (Op::AddFloat, 0.1, 0.2, 0.1 + 0.2),
        (Op::SubFloat, f64::INFINITY, f64::INFINITY, canonical),
        (Op::MulFloat, 0.1, 0.2, 0.1 * 0.2),
        (Op::DivFloat, 1.0, -0.0, f64::NEG_INFINITY),
        (Op::DivFloat, odd, 1.0, canonical),
        (Op::MinFloat, 0.0, -0.0, -0.0),
        (Op::MaxFloat, -0.0, 0.0, 0.0),
        (Op::MinFloat, 1.0, odd, canonical),
        (Op::MaxFloat, odd, 1.0, canonical),
        (Op::CopySign, odd, 1.0, f64::from_bits(ODD_NAN & (u64::MAX >> 1))),
        (Op::Pow, 2.0, 0.5, math64::pow(2.0, 0.5)),
        (Op::Atan2, 1.0, -2.0, math64::atan2(1.0, -2.0)),
        (Op::AddFloat, odd, 1.0, canonical),
    ];
    out.extend(two.map(|(op, a, b, r)| value(op, Expr::op(op, [fl(a), fl(b)]), r)));
    let one: [(Op, f64, f64); 19] = [
        (Op::NegFloat, odd, f64::from_bits(ODD_NAN & (u64::MAX >> 1))),
        (Op::AbsFloat, odd, f64::from_bits(ODD_NAN & (u64::MAX >> 1))),
        (Op::AbsFloat, -0.0, 0.0),
        (Op::Sqrt, 2.0, std::f64::consts::SQRT_2),
        (Op::Sqrt, -1.0, canonical),
        (Op::Floor, -1.5, -2.0),
        (Op::Ceil, -1.5, -1.0),
        (Op::Trunc, -1.5, -1.0),
        (Op::Nearest, 2.5, 2.0),
        (Op::Nearest, odd, canonical),
        (Op::Exp, 1.5, math64::exp(1.5)),
        (Op::ExpM1, 1.5, math64::exp_m1(1.5)),
        (Op::Ln, 1.5, math64::ln(1.5)),
        (Op::Ln1p, 1.5, math64::ln_1p(1.5)),
        (Op::Sin, 1.5, math64::sin(1.5)),
        (Op::Cos, 1.5, math64::cos(1.5)),
        (Op::Tanh, 1.5, math64::tanh(1.5)),
        (Op::Sigmoid, 1.5, math64::sigmoid(1.5)),
        (Op::Ln, -1.0, canonical),
    ];
    out.extend(one.map(|(op, a, r)| value(op, Expr::op(op, [fl(a)]), r)));
    let compares = [
        (Op::EqFloat, [false, true, false, false]),
        (Op::NeFloat, [true, false, true, true]),
        (Op::LtFloat, [true, false, false, false]),
        (Op::LeFloat, [true, true, false, false]),
        (Op::GtFloat, [false, false, true, false]),
        (Op::GeFloat, [false, true, true, false]),
    ];
    for (op, expected) in compares {
        for ((a, b), r) in [(1.0, 2.0), (0.0, -0.0), (2.0, 1.0), (odd, odd)].into_iter().zip(expected) {
            out.push(value(op, Expr::op(op, [fl(a), fl(b)]), r));
        }
    }
    out.push(value(Op::IntToFloat, Expr::op(Op::IntToFloat, [i(-1)]), -1.0));
    out.push(value(Op::UintToFloat, Expr::op(Op::UintToFloat, [i(-1)]), 18_446_744_073_709_551_616.0));
    let to_int: [(Op, f64, i64); 8] = [
        (Op::FloatToInt, -1.9, -1),
        (Op::FloatToUint, 1e19, 10_000_000_000_000_000_000_u64 as i64),
        (Op::FloatToIntSat, 1e300, i64::MAX),
        (Op::FloatToIntSat, odd, 0),
        (Op::FloatToUintSat, 1e300, -1),
        (Op::FloatToUintSat, -5.0, 0),
        (Op::FloatBits, odd, ODD_NAN as i64),
        (Op::FloatToInt, i64::MIN as f64, i64::MIN),
    ];
    out.extend(to_int.map(|(op, a, r)| value(op, Expr::op(op, [fl(a)]), r)));
    for op in [Op::FloatToInt, Op::FloatToUint] {
        let big = TrapKind::IntegerOverflow { operand: 1e300_f64.to_bits() };
        out.push(trapping(op, Expr::op(op, [fl(1e300)]), big));
        out.push(trapping(op, Expr::op(op, [fl(odd)]), TrapKind::InvalidConversion { bits: ODD_NAN }));
    }
    out.push(value(Op::BoolToInt, Expr::op(Op::BoolToInt, [Expr::bool(true)]), 1));
    out.push(value(Op::FloatFromBits, Expr::op(Op::FloatFromBits, [i(ODD_NAN as i64)]), odd));
}

fn vectors(out: &mut Vec<Case>) {
    let (a, b) = (0.1_f32, 3.0_f32);
    let two: [(Op, Op, f32, f32); 6] = [
        (Op::AddVec, Op::AddVecFloat, a + b, b + b),
        (Op::SubVec, Op::SubVecFloat, a - b, 0.0),
        (Op::MulVec, Op::MulVecFloat, a * b, b * b),
        (Op::DivVec, Op::DivVecFloat, a / b, 1.0),
        (Op::MinVec, Op::MinVecFloat, a, b),
        (Op::MaxVec, Op::MaxVecFloat, b, b),
    ];
    for (vec, float, first, second) in two {
        let expected = vec2(first, second);
        out.push(value(vec, Expr::op(vec, [v(0.1, 3.0), v(3.0, 3.0)]), expected.clone()));
        out.push(value(float, Expr::op(float, [v(0.1, 3.0), fl(3.0)]), expected));
    }
    // The float is rounded to f32 before the operation, not after.
    let tenth = Expr::op(Op::MulVecFloat, [v(3.0, 1.0), fl(0.1)]);
    out.push(value(Op::MulVecFloat, tenth, vec2(3.0 * 0.1_f32, 0.1)));
    type Lane = fn(f32) -> f32;
    let one: [(Op, Lane); 9] = [
        (Op::NegVec, |x| -x),
        (Op::AbsVec, f32::abs),
        (Op::SqrtVec, f32::sqrt),
        (Op::ReluVec, |x| x.max(0.0)),
        (Op::ExpVec, math32::exp32),
        (Op::TanhVec, math32::tanh32),
        (Op::SigmoidVec, math32::sigmoid32),
        (Op::SiluVec, math32::silu32),
        (Op::GeluVec, math32::gelu32),
    ];
    out.extend(one.map(|(op, f)| value(op, Expr::op(op, [v(-1.5, 0.75)]), vec2(f(-1.5), f(0.75)))));
    out.push(value(Op::Softmax, Expr::op(Op::Softmax, [v(7.0, 7.0)]), vec2(0.5, 0.5)));
    let reduce: [(Op, f64); 4] = [(Op::Sum, 1.5), (Op::Mean, 0.75), (Op::MaxOf, 3.5), (Op::MinOf, -2.0)];
    out.extend(reduce.map(|(op, r)| value(op, Expr::op(op, [v(-2.0, 3.5)]), r)));
    out.push(value(Op::Dot, Expr::op(Op::Dot, [v(-2.0, 3.5), v(4.0, 2.0)]), -1.0));
    out.push(value(Op::ArgMax, Expr::op(Op::ArgMax, [v(-2.0, 3.5)]), 1));
    out.push(value(Op::ArgMin, Expr::op(Op::ArgMin, [v(-2.0, 3.5)]), 0));
    out.push(value(Op::Splat, Expr::counted(Op::Splat, 3, [fl(0.1)]), vec![0.1_f32; 3]));
    out.push(value(Op::Concat, v(1.0, f64::NAN), vec2(1.0, f32::NAN)));
    let slice = |start| Expr::counted(Op::Slice, 1, [v(1.0, 2.0), i(start)]);
    out.push(value(Op::Slice, slice(1), vec![2.0_f32]));
    for start in [2, -1] {
        out.push(trapping(Op::Slice, slice(start), TrapKind::IndexOutOfBounds { index: start, len: 2 }));
    }
}

fn matrices(out: &mut Vec<Case>) {
    let with = |op: Op, f: &dyn Fn(Expr) -> Expr, rows: u16, expect: Expect| {
        let mut b = Build::new();
        let weights = [2, -1, 1, 1];
        let m = b.p.matrix_of(None, (rows, 2), Codebook::Quaternary, 1, &weights[..2 * rows as usize]);
        let expr = f(Expr::constant(&m.unwrap()));
        case(op, b.load(returning(expr)), expect)
    };
    // Activations 127 and 1 quantise to themselves; weights are doubled by the scale.
    let gemv = |m: Expr| Expr::op(Op::Gemv, [m, v(127.0, 1.0)]);
    out.push(with(Op::Gemv, &gemv, 2, Expect::Value(vec2(506.0, 256.0))));
    let bad = |m: Expr| Expr::op(Op::Gemv, [m, v(1.0, f64::INFINITY)]);
    out.push(with(Op::Gemv, &bad, 2, Expect::Trap(TrapKind::NonFinite { index: 1 })));
    let zero = |m: Expr| Expr::op(Op::Gemv, [m, v(0.0, -0.0)]);
    out.push(with(Op::Gemv, &zero, 2, Expect::Value(vec2(0.0, 0.0))));
    // m = (9 + 9) / 2, plus 7 is 16: r = 1/4.
    let norm = |m: Expr| Expr::norm(m, v(3.0, -3.0), 7.0);
    out.push(with(Op::Norm, &norm, 1, Expect::Value(vec2(3.0, 1.5))));
    out.push(with(Op::Row, &|m| Expr::op(Op::Row, [m, i(1)]), 2, Expect::Value(vec2(2.0, 2.0))));
    out.push(with(Op::Matrix, &|m| Expr::op(Op::Row, [m, i(0)]), 2, Expect::Value(vec2(4.0, -2.0))));
    let beyond = Expect::Trap(TrapKind::IndexOutOfBounds { index: 2, len: 2 });
    out.push(with(Op::Row, &|m| Expr::op(Op::Row, [m, i(2)]), 2, beyond));
}

fn sequences(out: &mut Vec<Case>) {
    let fill = |x: i64| Expr::fill(Elem::U8, 3, i(x));
    out.push(value(Op::Fill, fill(0x1ff), bytes(&[255; 3], 3)));
    out.push(value(Op::Fill, Expr::fill(Elem::Float, 2, fl(0.5)), floats(&[0.5; 2], 2)));
    out.push(value(Op::Fill, Expr::fill(Elem::Int, 2, i(-1)), ints(&[-1; 2], 2)));
    out.push(value(Op::Len, Expr::op(Op::Len, [fill(1)]), 3));
    out.push(value(Op::Len, Expr::op(Op::Len, [v(1.0, 1.0)]), 2));
    let index = |seq: Expr, at: i64| Expr::op(Op::Index, [seq, i(at)]);
    out.push(value(Op::Index, index(fill(-1), 2), 255));
    out.push(value(Op::Index, index(Expr::fill(Elem::Int, 2, i(-1)), 1), -1));
    out.push(value(Op::Index, index(Expr::fill(Elem::Float, 2, fl(f64::from_bits(ODD_NAN))), 1), {
        f64::from_bits(ODD_NAN)
    }));
    out.push(value(Op::Index, index(v(1.0, f64::from_bits(ODD_NAN)), 1), {
        f64::from_bits(nda_ast::CANONICAL_NAN)
    }));
    for (seq, len) in [(fill(1), 3), (Expr::fill(Elem::Int, 2, i(1)), 2)] {
        for at in [len, -1] {
            let kind = TrapKind::IndexOutOfBounds { index: at, len: len as u64 };
            out.push(trapping(Op::Index, index(seq.clone(), at), kind));
        }
    }
    let beyond = TrapKind::IndexOutOfBounds { index: 2, len: 2 };
    out.push(trapping(Op::Index, index(v(1.0, 1.0), 2), beyond));
    let to_vec = |n| Expr::counted(Op::ToVec, n, [Expr::fill(Elem::Float, 2, fl(0.1))]);
    out.push(value(Op::ToVec, to_vec(2), vec2(0.1, 0.1)));
    for n in [1, 3] {
        let kind = TrapKind::IndexOutOfBounds { index: n.into(), len: 2 };
        out.push(trapping(Op::ToVec, to_vec(n), kind));
    }
    out.push(value(Op::ToBuf, Expr::op(Op::ToBuf, [v(0.1, 2.0)]), floats(&[f64::from(0.1_f32), 2.0], 2)));
    let recap = |cap| Expr::counted(Op::Recap, cap, [fill(7)]);
    out.push(value(Op::Recap, recap(9), bytes(&[7; 3], 9)));
    out.push(value(Op::Recap, Expr::counted(Op::Recap, 2, [Expr::fill(Elem::Int, 1, i(4))]), ints(&[4], 2)));
    out.push(trapping(Op::Recap, recap(2), TrapKind::CapacityExceeded { capacity: 2 }));
}

fn leaves(out: &mut Vec<Case>) {
    out.push(value(Op::Int, i(-5), -5));
    out.push(value(Op::Float, fl(f64::from_bits(ODD_NAN)), f64::from_bits(ODD_NAN)));
    out.push(value(Op::Bool, Expr::bool(true), true));
    let mut b = Build::new();
    let c = b.p.buf_int(None, 4, &[1, -2]).unwrap();
    out.push(case(Op::BufConst, b.load(returning(Expr::constant(&c))), Expect::Value(ints(&[1, -2], 4))));
    let mut b = Build::new();
    let c = b.p.vec(None, &[0.1, f32::NAN, -0.0]).unwrap();
    let expected = Value::Vec32(vec![0.1, f32::NAN, -0.0]);
    out.push(case(Op::VecConst, b.load(returning(Expr::constant(&c))), Expect::Value(expected)));
    out.push(body(Op::Load, int(4), |f| {
        let x = f.let_("x", 4);
        f.return_([x.load()]);
    }));
    let lazy = Expr::op(Op::DivS, [i(1), i(0)]);
    out.push(value(Op::Select, Expr::select(Expr::bool(true), i(1), lazy.clone()), 1));
    out.push(value(Op::Select, Expr::select(Expr::bool(false), lazy, i(2)), 2));
    for (divisor, expect) in [(2, int(5)), (0, Expect::Trap(TrapKind::DivideByZero))] {
        let mut b = Build::new();
        let callee = divide(&mut b);
        out.push(case(Op::Call, b.load(returning(Expr::call(&callee, [i(10), i(divisor)]))), expect));
    }
}

fn divide(b: &mut Build) -> FunctionRef {
    let mut f = FunctionBuilder::new("divide", [Type::Int]);
    let (x, y) = (f.param("x", Type::Int), f.param("y", Type::Int));
    f.return_([x.load() / y.load()]);
    b.add(f)
}

fn writes(out: &mut Vec<Case>) {
    out.push(body(Op::Let, int(1), |f| {
        let x = f.let_("x", 1);
        f.return_([x.load()]);
    }));
    out.push(body(Op::Store, int(2), |f| {
        let x = f.let_("x", 1);
        f.store(x, x.load() + i(1));
        f.return_([x.load()]);
    }));
    let kinds = [(Elem::U8, 255), (Elem::Int, -1)];
    for (elem, stored) in kinds {
        for at in [1, 2] {
            let expect = match at {
                1 => int(stored),
                _ => Expect::Trap(TrapKind::IndexOutOfBounds { index: 2, len: 2 }),
            };
            out.push(body(Op::StoreElem, expect, |f| {
                let b = f.let_("b", Expr::fill(elem, 2, i(0)));
                f.store_elem(b, -1, at);
                f.return_([Expr::op(Op::Index, [b.load(), i(1)])]);
            }));
        }
        out.push(body(Op::Push, int(stored), |f| {
            let b = f.let_("b", Expr::counted(Op::Recap, 2, [Expr::fill(elem, 1, i(0))]));
            f.push_elem(b, -1);
            f.return_([Expr::op(Op::Index, [b.load(), i(1)])]);
        }));
        out.push(body(Op::Push, Expect::Trap(TrapKind::CapacityExceeded { capacity: 2 }), |f| {
            let b = f.let_("b", Expr::fill(elem, 2, i(0)));
            f.push_elem(b, 1);
            f.return_([i(0)]);
        }));
    }
    for (at, expect) in [(0, int(1)), (-1, Expect::Trap(TrapKind::IndexOutOfBounds { index: -1, len: 2 }))] {
        out.push(body(Op::StoreElem, expect, |f| {
            let b = f.let_("b", v(0.0, 0.0));
            f.store_elem(b, 0.1, at);
            let first = Expr::op(Op::Index, [b.load(), i(0)]);
            f.return_([Expr::op(Op::BoolToInt, [first.equals(fl(f64::from(0.1_f32)))])]);
        }));
    }
    for (len, expect) in [
        (1, int(1)),
        (2, int(2)),
        (3, Expect::Trap(TrapKind::IndexOutOfBounds { index: 3, len: 2 })),
        (-1, Expect::Trap(TrapKind::IndexOutOfBounds { index: -1, len: 2 })),
    ] {
        out.push(body(Op::Truncate, expect, |f| {
            let b = f.let_("b", Expr::fill(Elem::Int, 2, i(0)));
            f.truncate(b, len);
            f.return_([Expr::op(Op::Len, [b.load()])]);
        }));
    }
}

fn flow(out: &mut Vec<Case>) {
    out.push(body(Op::Scope, int(3), |f| {
        let x = f.let_("x", 1);
        f.scope(|f| {
            let y = f.let_("y", 2);
            f.store(x, x.load() + y.load());
        });
        f.return_([x.load()]);
    }));
    for (cond, r) in [(true, 1), (false, 2)] {
        out.push(body(Op::If, int(r), |f| {
            f.if_(cond, |f| f.return_([i(1)]), |f| f.return_([i(2)]));
        }));
        let mut out_of_fuel = body(Op::If, Expect::Trap(TrapKind::OutOfFuel), |f| {
            f.if_(cond, |f| f.return_([i(1)]), |f| f.return_([i(2)]));
        });
        out_of_fuel.limits.fuel = 3;
        out.push(out_of_fuel);
    }
    let sum = |count: i64, max: Option<u64>| {
        move |f: &mut FunctionBuilder| {
            let sum = f.let_("sum", 0);
            f.for_("i", count, max, |f, i| f.store(sum, sum.load() + i.load()));
            f.return_([sum.load()]);
        }
    };
    for (count, max, expect) in [
        (5, None, int(10)),
        (5, Some(5), int(10)),
        (0, Some(0), int(0)),
        (-3, None, int(0)),
        (5, Some(4), Expect::Trap(TrapKind::LoopLimit { max: 4 })),
        (1, Some(0), Expect::Trap(TrapKind::LoopLimit { max: 0 })),
    ] {
        out.push(body(Op::Loop, expect, sum(count, max)));
    }
    for (max, expect) in [
        (None, int(3)),
        (Some(3), int(3)),
        (Some(2), Expect::Trap(TrapKind::LoopLimit { max: 2 })),
        (Some(0), Expect::Trap(TrapKind::LoopLimit { max: 0 })),
    ] {
        out.push(body(Op::While, expect, |f| {
            let n = f.let_("n", 0);
            f.while_(n.load().less(i(3)), max, |f| f.store(n, n.load() + i(1)));
            f.return_([n.load()]);
        }));
    }
    // Of 10 x 10 iterations: the inner loop skips odd numbers and ends at 6, the outer one ends at 4.
    out.push(body(Op::Break, int(4 * (2 + 4)), |f| nested(f, false)));
    out.push(body(Op::Continue, int(5 * (2 + 4)), |f| nested(f, true)));
    out.push(body(Op::Return, int(9), |f| f.return_([i(9)])));
    out.push(body(Op::Fail, Expect::Trap(TrapKind::Failed { code: -7 }), |f| f.fail_(-7)));
    // `Fail` gives no value: its run case is that it is not reached.
    out.push(body(Op::Fail, int(1), |f| {
        f.if_(false, |f| f.fail_(0), |_| {});
        f.return_([i(1)]);
    }));
}

fn nested(f: &mut FunctionBuilder, continue_outer: bool) {
    let sum = f.let_("sum", 0);
    f.for_("a", if continue_outer { 5 } else { 10 }, None, |f, a| {
        if !continue_outer {
            f.if_(a.load().equals(i(4)), |f| f.break_(0), |_| {});
        }
        let b = f.let_("b", 0);
        f.while_(true, None, |f| {
            f.store(b, b.load() + i(1));
            f.if_((b.load() & i(1)).equals(i(1)), |f| f.continue_(0), |_| {});
            let leave = |f: &mut FunctionBuilder| if continue_outer { f.continue_(1) } else { f.break_(0) };
            f.if_(b.load().equals(i(6)), leave, |_| {});
            f.store(sum, sum.load() + b.load());
        });
    });
    f.return_([sum.load()]);
}

fn calls_and_log(out: &mut Vec<Case>) {
    let two_results = |b: &mut Build| {
        let mut f = FunctionBuilder::new("both", [Type::Int, Type::Int]);
        let x = f.param("x", Type::Int);
        f.return_([i(100) / x.load(), i(100) % x.load()]);
        b.add(f)
    };
    let mut b = Build::new();
    let callee = two_results(&mut b);
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let both = f.call(&callee, [i(7)], &["q", "r"]);
    f.return_([both[0].load() * i(1000) + both[1].load()]);
    out.push(case(Op::CallStmt, b.load(f), int(14_002)));
    out.push(host_case(Ok(vec![Value::Int(42)]), int(42)));
    out.push(host_case(Err(HostError { code: -3 }), Expect::Trap(TrapKind::Host { code: -3 })));
    let print = |f: &mut FunctionBuilder| {
        f.print(1);
        f.return_([i(0)]);
    };
    let mut full = body(Op::Print, Expect::Trap(TrapKind::LogLimit), print);
    full.limits.log_bytes = 15;
    out.push(full);
    let mut fits = body(Op::Print, int(0), print);
    fits.limits.log_bytes = 16;
    out.push(fits);
}

fn host_case(reply: Result<Vec<Value>, HostError>, expect: Expect) -> Case {
    let mut b = Build::new();
    let params = vec![Param::new(Type::Int)];
    let import =
        b.p.import(Import { name: "ask".into(), params, results: vec![Type::Int], work: 0 }).unwrap();
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let answer = f.call(&import, [i(1)], &["answer"]);
    f.return_([answer[0].load()]);
    let mut link = Link::new();
    link.grant("ask", [Type::Int], [Type::Int], move |args: &[Value]| {
        assert!(args[0].same_bits(&Value::Int(1)));
        reply.clone()
    });
    case(Op::CallStmt, b.load_with(f, &link, &Default::default()), expect)
}

fn cases() -> Vec<Case> {
    let mut out = Vec::new();
    ints_and_bits(&mut out);
    floats_and_casts(&mut out);
    vectors(&mut out);
    matrices(&mut out);
    sequences(&mut out);
    leaves(&mut out);
    writes(&mut out);
    flow(&mut out);
    calls_and_log(&mut out);
    out
}

/// Operations of the trap's locations, from the entry point inwards.
fn trap_ops(program: &Loaded, trap: &nda_runtime::Trap) -> Vec<Op> {
    let op = |at: &nda_runtime::Location| {
        Some(program.function(at.object)?.function().nodes().get(at.node as usize - 1)?.op())
    };
    trap.locations.iter().filter_map(op).collect()
}

#[test]
fn every_case_holds() {
    for (n, case) in cases().iter().enumerate() {
        let outcome = run_with(&case.program, &[], &case.limits);
        match (&case.expect, &outcome.result) {
            (Expect::Value(expected), Ok(returned)) => {
                let found = &returned.results[0];
                assert!(found.same_bits(expected), "case {n}, {:?}: {found}, not {expected}", case.op);
            }
            (Expect::Trap(expected), Err(trap)) => {
                assert_eq!(trap.kind, *expected, "case {n}, {:?}", case.op);
                let ops = trap_ops(&case.program, trap);
                assert!(ops.contains(&case.op), "case {n}, {:?}: trapped at {ops:?}", case.op);
            }
            (_, found) => panic!("case {n}, {:?}: {found:?}", case.op),
        }
    }
}

#[test]
fn every_operation_has_its_cases() {
    let cases = cases();
    for &op in Op::ALL {
        let of = |trap: bool| {
            cases.iter().any(|c| {
                let f = c.program.function(entry(&c.program)).unwrap().function();
                let uses = f.nodes().iter().any(|node| node.op() == op);
                c.op == op && uses && matches!(c.expect, Expect::Trap(_)) == trap
            })
        };
        assert!(of(false), "{op:?} has no run case");
        assert_eq!(of(true), op.info().effects.has(Effects::TRAP), "{op:?}: trap cases and effects");
    }
}
