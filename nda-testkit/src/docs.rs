//! Parts of `docs/` that are generated, so that they cannot drift from the code.

use nda_ast::{Arg, Effects, Expr, FunctionBuilder, Imm, Op, ProgramBuilder, Res, Spelling, Type, Work};
use std::fmt::Write;

/// Replaces what stands between `<!-- BEGIN name -->` and `<!-- END name -->` by `content`.
///
/// # Errors
/// Where the marks are missing.
pub fn replace_section(text: &str, name: &str, content: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- BEGIN {name} -->"), format!("<!-- END {name} -->"));
    let from = text.find(&begin).ok_or_else(|| format!("no mark {begin}"))? + begin.len();
    let to = text.find(&end).ok_or_else(|| format!("no mark {end}"))?;
    Ok(format!("{}\n{}\n{}", &text[..from], content.trim_end(), &text[to..]))
}

/// The table of section 4: one row for each row of the list.
#[must_use]
pub fn operations() -> String {
    let mut out = String::from(
        "| byte | operation | operands | result | immediates | work | text | traps, effects |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for op in Op::ALL {
        let info = op.info();
        let args = match op {
            Op::Return => "results".to_owned(),
            Op::Call | Op::CallStmt => "arguments".to_owned(),
            _ => info.args.iter().map(|arg| arg_name(*arg)).collect::<Vec<_>>().join(" "),
        };
        let imm = if info.imm == Imm::None { String::new() } else { format!("{:?}", info.imm) };
        let work = if info.work == Work::None { "-".to_owned() } else { format!("`{:?}`", info.work) };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {:02x} | `{}` | {args} | {} | {imm} | {work} | {} | {} |",
            *op as u8,
            info.name,
            res_name(info.res),
            spelling(info.text),
            effects(info.effects),
        );
    }
    out
}

fn arg_name(arg: Arg) -> &'static str {
    match arg {
        Arg::Int => "int",
        Arg::Float => "float",
        Arg::Bool => "bool",
        Arg::Vec => "Vec",
        Arg::SameVec => "SameVec",
        Arg::Buf => "Buf",
        Arg::BufFloat => "BufFloat",
        Arg::Seq => "Seq",
        Arg::Mat => "Mat",
        Arg::Value => "Value",
        Arg::Same => "Same",
    }
}

fn res_name(res: Res) -> &'static str {
    match res {
        Res::None => "",
        Res::Int => "int",
        Res::Float => "float",
        Res::Bool => "bool",
        Res::First => "as first operand",
        Res::Rule => "rule",
    }
}

fn spelling(text: Spelling) -> String {
    match text {
        // A bar would end the table's cell.
        Spelling::Infix(s) => format!("`a {} b`", s.replace('|', "\\|")),
        Spelling::Prefix(s) => format!("`{s}a`"),
        Spelling::Function(s) => format!("`{s}(..)`"),
        Spelling::Cast(s) => format!("`a as {s}`"),
        Spelling::Form => String::new(),
    }
}

fn effects(effects: Effects) -> String {
    let all = [
        (Effects::TRAP, "trap"),
        (Effects::WRITE, "write"),
        (Effects::LOG, "log"),
        (Effects::CALL, "call"),
        (Effects::FLOW, "flow"),
    ];
    all.iter().filter(|(e, _)| effects.has(*e)).map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

/// The bytes of the worked example: `sum` of 0..n.
///
/// # Panics
/// Never: the example is valid.
#[must_use]
pub fn example_bytes() -> Vec<u8> {
    let mut f = FunctionBuilder::new("sum", [Type::Int]);
    let n = f.param("n", Type::Int);
    let sum = f.let_("sum", 0);
    f.for_("i", n, Some(1000), |f, i| f.store(sum, sum.load() + i.load()));
    f.return_([Expr::load(sum)]);
    let mut program = ProgramBuilder::new();
    let entry = program.add(f).expect("the example is valid");
    program.entry(&entry);
    program.finish().expect("it has an entry point")
}

/// The worked example of section 7: its text and its bytes, item by item, with the hash and the cost.
///
/// # Panics
/// Never: the example is valid.
#[must_use]
pub fn example() -> String {
    let bytes = example_bytes();
    let valid = nda_ast::load(bytes.clone(), &nda_ast::Limits::default()).expect("the example is valid");
    let f = valid.function(0).expect("object 0 is the function");
    let c = f.certificate();
    let rows: &[(usize, &str)] = &[
        (5, "magic, version"),
        (1, "one object"),
        (2, "a function of 25 bytes"),
        (1, "its table of hashes: empty"),
        (2, "one parameter: int"),
        (2, "one result: int"),
        (2, "node 1: int 0"),
        (1, "node 2: let, declares slot 1 (`sum`)"),
        (2, "node 3: load slot 0 (`n`)"),
        (3, "node 4: loop with K = 1000 (K + 1 = 1001), declares slot 2 (`i`)"),
        (2, "node 5: load slot 1"),
        (2, "node 6: load slot 2"),
        (1, "node 7: add_int"),
        (2, "node 8: store slot 1"),
        (1, "end of the loop's body"),
        (2, "node 9: load slot 1"),
        (1, "node 10: return"),
        (1, "end of the function's body"),
        (2, "one entry point: object 0"),
        (2, "section 1, names, and its length"),
        (2, "one object: 0"),
        (4, "its name `sum`"),
        (1, "three named slots"),
        (3, "slot 0 `n`"),
        (5, "slot 1 `sum`"),
        (3, "slot 2 `i`"),
    ];
    let mut out = String::from(
        "```text\npub fn sum(n: i64) -> i64 {\n    let mut sum = 0;\n    #[max(1000)]\n    for i in 0..n {\n        \
         sum = sum + i;\n    }\n    return sum;\n}\n\n",
    );
    let mut at = 0;
    for (len, what) in rows {
        let hex: Vec<String> = bytes[at..at + len].iter().map(|b| format!("{b:02x}")).collect();
        let _ = writeln!(out, "{at:04x}  {:<15} {what}", hex.join(" "));
        at += len;
    }
    assert_eq!(at, bytes.len(), "the rows cover the bytes");
    let _ = writeln!(out, "```\n");
    let _ = writeln!(
        out,
        "The function's hash covers offsets 8 to {:#x}: `{}`.\nIts body costs {} (1 + nodes 1, 2, 3, 4, 9, 10), the loop's \
         body {} (1 + nodes 5 to 8); levels {}, frame {} bytes, max {}, exact {}.",
        8 + valid.program().object_bytes(0).len() - 1,
        f.hash(),
        f.block_cost(0),
        f.block_cost(1),
        c.levels,
        c.frame,
        c.max,
        c.exact,
    );
    out
}
