//! What the parts of the suite share: case files, functions around one operation, checks of outcomes.

use crate::subject::Subject;
use nda_ast::{Bytes, Constant, Elem, Expr, FunctionBuilder, Op, ProgramBuilder, SlotRef, Type};
use nda_runtime::{BufData, Location, Outcome, Tier, Trap, TrapKind, Value};

/// An operation with its immediates, as case files write it: `slice/2`, `fill/u8/3`, `norm/1e-5`.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The operation.
    pub op: Op,
    /// What follows its name.
    pub immediates: Vec<String>,
}

impl Operation {
    /// Reads one.
    ///
    /// # Panics
    /// Where there is no such operation.
    #[must_use]
    pub fn parse(text: &str) -> Operation {
        let mut parts = text.split('/');
        let name = parts.next().unwrap_or_default();
        let op = Op::ALL.iter().copied().find(|op| op.info().name == name);
        let op = op.unwrap_or_else(|| panic!("no operation `{name}`"));
        Operation { op, immediates: parts.map(str::to_owned).collect() }
    }

    /// The node on these operands.
    ///
    /// # Panics
    /// Where the immediates are missing, or there are more than two operands.
    #[must_use]
    pub fn apply(&self, args: Vec<Expr>) -> Expr {
        let count = || self.immediates.last().expect("a count").parse().expect("a number");
        let mut args = args.into_iter();
        match (self.op, args.next(), args.next()) {
            (Op::Fill, Some(a), _) => Expr::fill(elem(&self.immediates[0]), count(), a),
            (Op::Norm, Some(a), Some(b)) => Expr::norm(a, b, self.immediates[0].parse().expect("a float")),
            (op, Some(a), None) if !self.immediates.is_empty() => Expr::counted(op, count(), [a]),
            (op, Some(a), Some(b)) if !self.immediates.is_empty() => Expr::counted(op, count(), [a, b]),
            (op, Some(a), Some(b)) => Expr::op(op, [a, b]),
            (op, Some(a), None) => Expr::op(op, [a]),
            (op, None, _) => panic!("{op:?} without operands"),
        }
    }
}

/// An element type by its name in the notation.
///
/// # Panics
/// Where there is none of that name.
#[must_use]
pub fn elem(name: &str) -> Elem {
    match name {
        "u8" => Elem::U8,
        "int" => Elem::Int,
        "float" => Elem::Float,
        _ => panic!("no element type `{name}`"),
    }
}

/// A type by its name in case files: `int`, `vec/65`, `mat/3/64`, `u8/100`.
///
/// # Panics
/// Where there is none of that name.
#[must_use]
pub fn ty(text: &str) -> Type {
    let parts: Vec<&str> = text.split('/').collect();
    let number = |s: &str| s.parse().expect("a number");
    match parts.as_slice() {
        ["int"] => Type::Int,
        ["float"] => Type::Float,
        ["bool"] => Type::Bool,
        ["vec", n] => Type::Vec { n: number(n) },
        ["mat", r, c] => Type::Mat { rows: number(r) as u16, cols: number(c) as u16 },
        [name, cap] => Type::Buf { elem: elem(name), cap: number(cap) },
        _ => panic!("no type `{text}`"),
    }
}

/// The value as a constant: a scalar, or an object of the program.
///
/// # Panics
/// Where the value is no canonical constant, which none is that the language can have.
pub fn constant(program: &mut ProgramBuilder, value: &Value) -> Expr {
    let constant = match value {
        Value::Int(x) => return Expr::int(*x),
        Value::Float(x) => return Expr::float(*x),
        Value::Bool(x) => return Expr::bool(*x),
        Value::Mat(m) => Constant::Matrix(m.matrix().clone()),
        Value::Vec32(data) => {
            let object = program.vec(None, data).expect("a length within the limit");
            return Expr::constant(&object);
        }
        Value::Buf(b) => {
            let data: Vec<u8> = match b.data() {
                BufData::U8(data) => data.clone(),
                BufData::Int(data) => data.iter().flat_map(|x| x.to_le_bytes()).collect(),
                BufData::Float(data) => data.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect(),
            };
            Constant::Buf { elem: b.data().elem(), cap: b.cap(), data: Bytes::from(data) }
        }
    };
    Expr::constant(&program.constant(None, constant).expect("a canonical constant"))
}

/// Where the operands of an operation come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A constant node.
    Constant,
    /// A parameter.
    Param,
    /// A slot that a `let` fills with a constant.
    Slot,
}

/// Every mix of sources for these values; a `mat` never comes from a `let`.
#[must_use]
pub fn mixes(values: &[Value]) -> Vec<Vec<Source>> {
    let mut out = vec![Vec::new()];
    for value in values {
        let mut sources = vec![Source::Constant, Source::Param];
        if !matches!(value, Value::Mat(_)) {
            sources.push(Source::Slot);
        }
        out = out
            .iter()
            .flat_map(|mix: &Vec<Source>| {
                sources.iter().map(|s| mix.iter().copied().chain([*s]).collect()).collect::<Vec<_>>()
            })
            .collect();
    }
    out
}

/// A function under construction whose operands are there, in one mix; with the arguments to run it on.
pub struct Operands {
    /// Constants of the program.
    pub program: ProgramBuilder,
    /// The function, up to the operands.
    pub f: FunctionBuilder,
    /// One expression for each operand.
    pub exprs: Vec<Expr>,
    /// Arguments for the parameters.
    pub args: Vec<Value>,
}

/// Makes the operands of a function with these results.
#[must_use]
pub fn operands(results: &[Type], values: &[Value], mix: &[Source]) -> Operands {
    let mut program = ProgramBuilder::new();
    let mut f = FunctionBuilder::new("case", results.iter().copied());
    let mut args = Vec::new();
    let mut params: Vec<Option<SlotRef>> = Vec::new();
    // Parameters come before any statement.
    for (value, source) in values.iter().zip(mix) {
        params.push((*source == Source::Param).then(|| {
            args.push(value.clone());
            f.param("", value.ty())
        }));
    }
    let mut exprs = Vec::new();
    for ((value, source), param) in values.iter().zip(mix).zip(params) {
        exprs.push(match (source, param) {
            (_, Some(param)) => param.load(),
            (Source::Slot, _) => {
                let init = constant(&mut program, value);
                f.let_("", init).load()
            }
            _ => constant(&mut program, value),
        });
    }
    Operands { program, f, exprs, args }
}

impl Operands {
    /// The program, with the arguments to run it on.
    ///
    /// # Panics
    /// Where the function is not valid: a defect of the test.
    #[must_use]
    pub fn finish(mut self) -> (Subject, Vec<Value>) {
        let f = self.program.add(self.f).unwrap_or_else(|e| panic!("{e}"));
        (Subject::new(self.program, &f, &nda_runtime::Link::new()), self.args)
    }
}

/// The results of a run that must return.
///
/// # Panics
/// Where it traps.
#[must_use]
pub fn returned(outcome: &Outcome) -> &[Value] {
    match &outcome.result {
        Ok(returned) => &returned.results,
        Err(trap) => panic!("trapped: {trap}"),
    }
}

/// The trap of a run that must trap.
///
/// # Panics
/// Where it returns.
#[must_use]
pub fn trapped(outcome: &Outcome) -> &Trap {
    match &outcome.result {
        Ok(returned) => panic!("returned {:?}", returned.results),
        Err(trap) => trap,
    }
}

/// Runs a function of one entry point without arguments and expects these values, as text.
///
/// # Panics
/// Where it gives others.
pub fn expect(tier: &dyn Tier, f: FunctionBuilder, results: &str) {
    let outcome = Subject::of(f).run(tier, &[]);
    assert_eq!(crate::notation::write_all(returned(&outcome)), results, "in tier {}", tier.name());
}

/// Runs a function without arguments and expects a trap in its own node.
///
/// # Panics
/// Where there is another outcome.
pub fn expect_trap(tier: &dyn Tier, f: FunctionBuilder, kind: TrapKind, node: u32) {
    let subject = Subject::of(f);
    let outcome = subject.run(tier, &[]);
    let at = Location { function: subject.hash(), object: subject.entry, node };
    let expected = Trap { kind, locations: vec![at] };
    assert_eq!(*trapped(&outcome), expected, "in tier {}", tier.name());
}

/// The lines of a case file that are neither empty nor a comment, with their numbers.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(i, l)| (i + 1, l.trim()))
        .filter(|(_, l)| !l.is_empty() && !l.starts_with('#'))
}
