//! The canonical printer on programs from the builder, whose odd shapes the text form would not write by itself.

use nda_ast::text::print;
use nda_ast::{
    Codebook, Elem, Expr, FunctionBuilder, Import, Limits, Op, Param, ProgramBuilder, Type, ValidProgram,
    load,
};

const BYTES: Type = Type::Buf { elem: Elem::U8, cap: 4 };
const VEC: Type = Type::Vec { n: 2 };

fn valid(program: &ProgramBuilder) -> ValidProgram {
    load(program.finish().expect("builds"), &Limits::default()).expect("valid")
}

/// The text of a program of one function.
fn text_of(f: FunctionBuilder) -> String {
    let mut program = ProgramBuilder::new();
    let f = program.add(f).expect("builds");
    program.entry(&f);
    print(&valid(&program))
}

/// The text of one int expression over `x: i64` and `y: f64`.
fn int_expr(make: impl FnOnce(Expr, Expr) -> Expr) -> String {
    let mut f = FunctionBuilder::new("f", [Type::Int]);
    let (x, y) = (f.param("x", Type::Int), f.param("y", Type::Float));
    f.return_([make(x.load(), y.load())]);
    let text = text_of(f);
    let body = text.strip_prefix("pub fn f(x: i64, y: f64) -> i64 {\n    return ").expect("head");
    body.strip_suffix(";\n}\n").expect("tail").to_owned()
}

fn to_int(e: Expr) -> Expr {
    Expr::op(Op::BoolToInt, [e])
}

#[test]
fn parentheses_are_the_fewest_that_keep_the_tree() {
    let i = Expr::int;
    assert_eq!(int_expr(|x, _| (x.clone() + i(1)) * (x - (i(2) - i(3)))), "(x + 1) * (x - (2 - 3))");
    assert_eq!(int_expr(|x, _| x.clone() - i(2) - i(-3) + -x), "x - 2 - -3 + -x");
    assert_eq!(int_expr(|x, _| -(-x)), "-(-x)");
    assert_eq!(int_expr(|_, _| -i(5)), "-(5)");
    assert_eq!(int_expr(|_, _| i(i64::MIN)), "-9223372036854775808");
    assert_eq!(int_expr(|x, _| !(x.clone() & i(1) | x << i(2))), "!(x & 1 | x << 2)");
    assert_eq!(int_expr(|_, y| Expr::op(Op::FloatToIntSat, [-y])), "-y as i64");
    assert_eq!(int_expr(|_, y| -Expr::op(Op::FloatToIntSat, [y])), "-(y as i64)");
}

#[test]
fn a_cast_before_a_less_sign_is_wrapped() {
    let cast = |y: Expr| Expr::op(Op::FloatToIntSat, [y]);
    assert_eq!(int_expr(|x, y| to_int(cast(y).less(x))), "((y as i64) < x) as i64");
    assert_eq!(int_expr(|x, y| to_int((x.clone() + cast(y)).less(x))), "(x + (y as i64) < x) as i64");
    assert_eq!(int_expr(|x, y| cast(y) << x), "(y as i64) << x");
    assert_eq!(int_expr(|x, y| to_int(cast(y).at_most(x))), "(y as i64 <= x) as i64");
    assert_eq!(int_expr(|x, y| to_int(x.less(cast(y)))), "(x < y as i64) as i64");
}

#[test]
fn comparisons_do_not_chain() {
    let text = int_expr(|x, _| to_int(x.clone().less(Expr::int(1)).equals(x.less(Expr::int(2)))));
    assert_eq!(text, "((x < 1) == (x < 2)) as i64");
}

#[test]
fn choices() {
    let lt = |x: &Expr, n: i64| x.clone().less(Expr::int(n));
    let b = Expr::bool;
    assert_eq!(
        int_expr(|x, _| to_int(Expr::select(
            lt(&x, 1),
            Expr::select(lt(&x, 2), lt(&x, 3), b(false)),
            b(false)
        ))),
        "(x < 1 && (x < 2 && x < 3)) as i64"
    );
    assert_eq!(
        int_expr(|x, _| to_int(Expr::select(
            Expr::select(lt(&x, 1), lt(&x, 2), b(false)),
            b(true),
            lt(&x, 3)
        ))),
        "(x < 1 && x < 2 || x < 3) as i64"
    );
    let pick = |c: Expr, a: i64, d: Expr| Expr::select(c, Expr::int(a), d);
    assert_eq!(
        int_expr(|x, _| pick(lt(&x, 1), 1, pick(lt(&x, 2), 2, Expr::int(3)))),
        "if x < 1 { 1 } else if x < 2 { 2 } else { 3 }"
    );
    assert_eq!(int_expr(|x, _| pick(lt(&x, 1), 1, Expr::int(2)) + x), "(if x < 1 { 1 } else { 2 }) + x");
}

#[test]
fn floats_keep_their_bits() {
    let bits = |f: f64| int_expr(|_, _| Expr::op(Op::FloatBits, [Expr::float(f)]));
    assert_eq!(bits(-0.0), "float_bits(-0.0)");
    assert_eq!(bits(1.0), "float_bits(1.0)");
    assert_eq!(bits(1e300), "float_bits(1e300)");
    assert_eq!(bits(f64::NEG_INFINITY), "float_bits(-INFINITY)");
    assert_eq!(bits(f64::from_bits(nda_ast::CANONICAL_NAN)), "float_bits(NAN)");
    assert_eq!(bits(f64::from_bits(0xfff8_0000_0000_0001)), "float_bits(nan(0xfff8000000000001))");
    assert_eq!(
        int_expr(|_, _| Expr::op(Op::FloatBits, [-Expr::float(f64::INFINITY)])),
        "float_bits(-(INFINITY))"
    );
}

#[test]
fn statements() {
    let mut program = ProgramBuilder::new();
    let now = Import {
        name: "fn".to_owned(),
        params: vec![Param::new(BYTES)],
        results: vec![Type::Int, VEC],
        work: 9,
    };
    let now = program.import(now).expect("import");
    let w = program.matrix_of(Some("weights"), (2, 2), Codebook::Ternary, -4, &[1, 0, -1, 1]).expect("mat");
    let empty = program.buf_u8(None, 4, &[]).expect("buf");
    let word = program.buf_u8(Some("W O"), 4, b"a\"\\\0").expect("buf");

    let mut g = FunctionBuilder::new("let", []);
    let b = g.inout("b", BYTES);
    g.param("b", BYTES);
    g.push_elem(b, 'a' as i64);
    g.push_elem(b, 300);
    g.store(b, Expr::constant(&empty));
    g.if_(true, |_| (), |g| g.fail_(0));
    g.if_(true, |_| (), |g| g.if_(false, |g| g.fail_(1), |g| g.fail_(2)));
    let g = program.add(g).expect("g");

    let mut f = FunctionBuilder::new("f", [BYTES, VEC]);
    let x = f.param("x", VEC);
    let own = f.let_("own", Expr::constant(&word));
    f.call(&g, [own.load(), Expr::constant(&empty)], &[]);
    let results = f.call(&now, [own.load()], &["n", "n"]);
    f.for_("i", results[0], Some(7), |f, i| {
        f.while_(true, None, |f| {
            f.store_elem(own, i.load() + Expr::int(1), i.load() * Expr::int(2));
            f.break_(1);
        });
        f.if_(i.load().less(Expr::int(3)), |f| f.continue_(0), |_| ());
    });
    f.scope(|f| {
        let v = f.let_("", 1.5);
        let i = f.let_("", 0);
        let old = Expr::op(Op::Index, [results[1].load(), i.load()]);
        f.store_elem(results[1], old * v.load(), i.load());
    });
    let y = f
        .let_("y", Expr::op(Op::Gemv, [Expr::constant(&w), x.load() + results[1].load() * Expr::float(2.0)]));
    f.print(y.load());
    f.print(Expr::op(Op::Index, [-y.load(), Expr::int(0)]));
    f.truncate(own, Expr::op(Op::Len, [own.load()]) - Expr::int(1));
    f.return_([own.load(), Expr::select(true.into(), y.load(), Expr::op(Op::ReluVec, [-x.load()]))]);
    let f = program.add(f).expect("f");
    program.entry(&f);
    program.entry(&g);

    let expected = r#"extern "host" {
    #[work(9)]
    #[host("fn")]
    fn fn_2(a0: &Buf<u8, 4>) -> (i64, Vec32<2>);
}

const W_O: Buf<u8, 4> = buf(b"a\"\\\x00");
const weights: Mat<2, 2> = mat(TERNARY, -4, "0302", "0102");

pub fn f(x: &Vec32<2>) -> (Buf<u8, 4>, Vec32<2>) {
    let mut own = W_O.clone();
    let_2(&mut own, &Buf::<u8, 4>::new());
    let (n, mut n_2) = fn_2(&own);
    #[max(7)]
    'a: for i in 0..n {
        loop {
            own[i * 2] = (i + 1) as u8;
            break 'a;
        }
        if i < 3 {
            continue;
        }
    }
    n_2[0] *= 1.5;
    let y = gemv(&weights, &(x + &n_2 * 2.0));
    print(&y);
    print((-&y)[0]);
    own.truncate(own.len() - 1);
    return (own.clone(), if true { y.clone() } else { relu(&-x) });
}

pub fn let_2(b: &mut Buf<u8, 4>, b_2: &Buf<u8, 4>) {
    b.push(b'a');
    b.push(300 as u8);
    *b = Buf::<u8, 4>::new();
    assert!(true);
    if true {} else if false {
        fail(1);
    } else {
        fail(2);
    }
}
"#;
    assert_eq!(print(&valid(&program)), expected);
}

#[test]
fn deep_programs_print_on_a_small_stack() {
    let run = || {
        let mut f = FunctionBuilder::new("f", [Type::Int]);
        let x = f.param("x", Type::Int);
        let deep = (0..500).fold(x.load(), |e, _| Expr::int(1) - e);
        fn nest(f: &mut FunctionBuilder, depth: u32) {
            if depth > 0 {
                f.if_(true, |f| f.scope(|f| nest(f, depth - 1)), |_| ());
            }
        }
        nest(&mut f, 250);
        f.return_([deep]);
        assert!(text_of(f).contains("1 - (1 - "));
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("thread");
    thread.join().expect("prints");
}
