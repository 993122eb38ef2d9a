//! From a function to the steps that many inputs go through together.

use crate::Loaded;
use crate::frame::{LINE, type_words};
use nda_ast::{Node, Op, Type, ValidFunction};
use nda_kernels::canon::f64_to_f32;

/// Greatest number of steps: what is longer gains little, and is run one by one.
const MAX_STEPS: usize = 4096;

/// Greatest depth of calls that is followed.
const MAX_DEPTH: usize = 16;

/// A vector of each input, or a scalar: where the first input's lies, in words, and how many words each takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Register {
    /// Words of the inputs before, per input.
    pub start: usize,
    pub words: usize,
    /// Elements of a vector.
    pub n: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A constant, by its reference.
    Constant {
        reference: u64,
        out: Register,
    },
    /// By the object of the matrix.
    Gemv {
        matrix: u32,
        x: Register,
        out: Register,
    },
    Norm {
        gain: u32,
        x: Register,
        eps: f64,
        out: Register,
    },
    Unary {
        op: Op,
        x: Register,
        out: Register,
    },
    Binary {
        op: Op,
        a: Register,
        b: Register,
        out: Register,
    },
    WithFloat {
        op: Op,
        a: Register,
        x: f32,
        out: Register,
    },
    Reduce {
        op: Op,
        a: Register,
        b: Register,
        out: Register,
    },
}

/// A function as steps.
#[derive(Debug)]
pub struct BatchPlan {
    pub(super) params: Vec<Register>,
    pub(super) steps: Vec<Step>,
    pub(super) results: Vec<(Register, Type)>,
    /// Words that one input takes.
    pub(super) words: usize,
    cost: u64,
}

/// What an operand is.
#[derive(Clone, Copy)]
enum Operand {
    Register(Register, Type),
    Matrix(u32),
    Float(f64),
}

struct Planner<'a> {
    program: &'a Loaded,
    steps: Vec<Step>,
    words: usize,
}

impl BatchPlan {
    /// The plan of a function; `None` where its way depends on its input, or where it gains nothing.
    #[must_use]
    pub fn new(program: &Loaded, entry: u32) -> Option<BatchPlan> {
        let f = program.function(entry)?;
        let certificate = f.certificate();
        let cost = u64::try_from(certificate.max.get()?).ok()?;
        (certificate.exact && !certificate.reaches_host).then_some(())?;
        let mut planner = Planner { program, steps: Vec::new(), words: 0 };
        let mut params = Vec::new();
        let mut args = Vec::new();
        for param in f.function().params() {
            let (Type::Vec { .. }, false) = (param.ty, param.is_inout()) else { return None };
            let register = planner.register(param.ty);
            params.push(register);
            args.push(Operand::Register(register, param.ty));
        }
        let results = planner.function((entry, f), args, 0)?;
        let results = results.into_iter().map(|result| match result {
            Operand::Register(register, ty) => Some((register, ty)),
            Operand::Matrix(_) | Operand::Float(_) => None,
        });
        let results = results.collect::<Option<_>>()?;
        // Without a product, inputs share nothing.
        planner.steps.iter().any(|step| matches!(step, Step::Gemv { .. })).then_some(())?;
        Some(BatchPlan { params, steps: planner.steps, results, words: planner.words, cost })
    }

    /// What a run of each input costs: its `executed_nodes`.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.cost
    }
}

impl Planner<'_> {
    fn register(&mut self, ty: Type) -> Register {
        let words = if ty.is_aggregate() { type_words(ty) as usize } else { 1 };
        let n = if let Type::Vec { n } = ty { n as usize } else { 0 };
        // Vectors begin on lines, with scalars between them too.
        let start = if ty.is_aggregate() { self.words.next_multiple_of(LINE) } else { self.words };
        self.words = start + words;
        Register { start, words, n }
    }

    /// The results of a function on these arguments. Recursion is bounded by `MAX_DEPTH`.
    fn function(
        &mut self,
        (object, valid): (u32, &ValidFunction),
        mut slots: Vec<Operand>,
        depth: usize,
    ) -> Option<Vec<Operand>> {
        let f = valid.function();
        if f.blocks().len() != 1 || depth > MAX_DEPTH {
            return None;
        }
        let mut stack = Vec::new();
        for (node, id) in f.nodes().iter().zip(1..) {
            let ty = || valid.type_of(id);
            let value = match node.op() {
                Op::Load => *slots.get(node.slot() as usize)?,
                Op::Let => {
                    slots.push(stack.pop()?);
                    continue;
                }
                // Registers are written once: a slot comes to name another.
                Op::Store => {
                    *slots.get_mut(node.slot() as usize)? = stack.pop()?;
                    continue;
                }
                Op::Return => return Some(stack),
                Op::Float => Operand::Float(node.float()),
                Op::Matrix => Operand::Matrix(u32::try_from(self.target(object, node)?).ok()?),
                Op::VecConst => {
                    let ty = ty()?;
                    let out = self.register(ty);
                    let reference = self.target(object, node)?;
                    self.steps.push(Step::Constant { reference, out });
                    Operand::Register(out, ty)
                }
                Op::Call => {
                    let callee = u32::try_from(self.target(object, node)?).ok()?;
                    let valid = self.program.function(callee)?;
                    let args = stack.split_off(stack.len().checked_sub(node.operands())?);
                    let results = self.function((callee, valid), args, depth + 1)?;
                    *results.first()?
                }
                op => {
                    let operands = stack.split_off(stack.len().checked_sub(node.operands())?);
                    self.operation(node, op, &operands, ty()?)?
                }
            };
            stack.push(value);
            if self.steps.len() > MAX_STEPS {
                return None;
            }
        }
        // A function without results need not return.
        Some(Vec::new())
    }

    fn target(&self, object: u32, node: &Node) -> Option<u64> {
        self.program.targets(object).get(node.table()).copied()
    }

    fn operation(&mut self, node: &Node, op: Op, operands: &[Operand], ty: Type) -> Option<Operand> {
        use Operand::{Float, Matrix, Register as Of};
        let out = self.register(ty);
        let step = match (op, operands) {
            (Op::Gemv, &[Matrix(matrix), Of(x, _)]) => {
                self.program.tiles(matrix)?;
                Step::Gemv { matrix, x, out }
            }
            (Op::Norm, &[Matrix(gain), Of(x, _)]) => Step::Norm { gain, x, eps: node.float(), out },
            (
                Op::NegVec
                | Op::AbsVec
                | Op::SqrtVec
                | Op::ReluVec
                | Op::ExpVec
                | Op::TanhVec
                | Op::SigmoidVec
                | Op::SiluVec
                | Op::GeluVec
                | Op::Softmax,
                &[Of(x, _)],
            ) => Step::Unary { op, x, out },
            (
                Op::AddVec | Op::SubVec | Op::MulVec | Op::MinVec | Op::MaxVec | Op::DivVec,
                &[Of(a, _), Of(b, _)],
            ) => Step::Binary { op, a, b, out },
            (
                Op::AddVecFloat
                | Op::SubVecFloat
                | Op::MulVecFloat
                | Op::MinVecFloat
                | Op::MaxVecFloat
                | Op::DivVecFloat,
                &[Of(a, _), Float(x)],
            ) => Step::WithFloat { op, a, x: f64_to_f32(x), out },
            (Op::Dot, &[Of(a, _), Of(b, _)]) => Step::Reduce { op, a, b, out },
            (Op::Sum | Op::Mean | Op::MaxOf | Op::MinOf | Op::ArgMax | Op::ArgMin, &[Of(a, _)]) => {
                Step::Reduce { op, a, b: a, out }
            }
            _ => return None,
        };
        self.steps.push(step);
        Some(Of(out, ty))
    }
}
