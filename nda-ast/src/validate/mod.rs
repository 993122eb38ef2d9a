//! [`Program`] to [`ValidProgram`]: types, shapes, slots, flow and limits, each function in one forward pass, and the
//! certificate on the way.

mod block;
mod call;
mod expr;
mod function;

use crate::{
    Body, Bound, Certificate, Constant, ErrorCode, Function, Hash, Import, LimitKind, Limits, NodeId, Param,
    Program, SlotId, Type, ValidateError,
};
use smallvec::SmallVec;
use std::cell::Cell;
use std::sync::Arc;

/// Where a slot comes from, and so who may write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// A read-only parameter.
    In,
    /// An `inout` parameter.
    Inout,
    /// A `Let`.
    Let,
    /// A loop's index: read-only.
    Index,
    /// A result of a `CallStmt`.
    Result,
}

impl SlotKind {
    /// Whether statements may change the slot.
    #[must_use]
    pub const fn is_writable(self) -> bool {
        matches!(self, SlotKind::Inout | SlotKind::Let | SlotKind::Result)
    }
}

/// A slot of a valid function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What it holds.
    pub ty: Type,
    /// Where it comes from.
    pub kind: SlotKind,
    /// One past the last node that may name it.
    pub(crate) until: NodeId,
}

/// A function that has passed, with all that the passing found out. Depends only on the function and what it names,
/// so it may be shared by every program that reaches it.
#[derive(Clone, Debug)]
pub struct ValidFunction {
    pub(crate) hash: Hash,
    pub(crate) function: Arc<Function>,
    pub(crate) types: Vec<Option<Type>>,
    pub(crate) slots: SmallVec<[Slot; 4]>,
    pub(crate) costs: SmallVec<[u64; 4]>,
    pub(crate) certificate: Certificate,
}

impl ValidFunction {
    /// Its hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The nodes and blocks.
    #[must_use]
    pub fn function(&self) -> &Function {
        &self.function
    }

    /// The type of expression `id`; `None` for a statement.
    ///
    /// # Panics
    /// Where `id` is 0 or above the number of nodes.
    #[must_use]
    #[inline]
    pub fn type_of(&self, id: NodeId) -> Option<Type> {
        self.types[id as usize - 1]
    }

    /// All slots, parameters first.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Slot `id`.
    ///
    /// # Panics
    /// Where there is no such slot.
    #[must_use]
    #[inline]
    pub fn slot(&self, id: SlotId) -> Slot {
        self.slots[id as usize]
    }

    /// The cost of block `id`, charged whole at its entry. 0 for a `Scope` (charged with the block around it) and for
    /// the empty arm of an `If` (no block).
    ///
    /// # Panics
    /// Where there is no such block.
    #[must_use]
    #[inline]
    pub fn block_cost(&self, id: crate::BlockId) -> u64 {
        self.costs[id as usize]
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

/// An object of a valid program.
#[derive(Clone, Debug)]
pub enum ValidObject {
    /// A function.
    Function(Arc<ValidFunction>),
    /// A constant.
    Constant(Constant),
    /// A function of the host.
    Import(Import),
}

/// A program that has passed. Only [`validate`] makes one; what it holds can fail at run time only by a trap.
#[derive(Clone, Debug)]
pub struct ValidProgram {
    program: Program,
    functions: Functions,
}

impl ValidProgram {
    /// The program as it was decoded.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Function `index`, if that object is one.
    #[must_use]
    pub fn function(&self, index: u32) -> Option<&Arc<ValidFunction>> {
        self.functions.get(index as usize)?.as_ref()
    }

    /// Object `index`.
    #[must_use]
    pub fn object(&self, index: u32) -> Option<ValidObject> {
        Some(match self.program.objects.get(index as usize)?.body() {
            Body::Function(_) => ValidObject::Function(self.function(index)?.clone()),
            Body::Constant(c) => ValidObject::Constant(c.clone()),
            Body::Import(i) => ValidObject::Import(i.clone()),
        })
    }

    /// The entry points with their functions, in the file's order.
    pub fn entries(&self) -> impl Iterator<Item = (u32, &Arc<ValidFunction>)> {
        self.program.entries.iter().filter_map(|&i| Some((i, self.function(i)?)))
    }
}

/// What a caller needs to know of a callee.
pub(crate) struct Callee<'a> {
    params: &'a [Param],
    results: &'a [Type],
    certificate: Option<&'a Certificate>,
    host_work: Option<u32>,
}

impl Callee<'_> {
    fn reaches_host(&self) -> bool {
        self.host_work.is_some() || self.certificate.is_some_and(|c| c.reaches_host)
    }

    /// Whether `Call` may name it; otherwise `CallStmt` must.
    fn is_expression(&self) -> bool {
        self.results.len() == 1 && !self.params.iter().any(|p| p.is_inout()) && !self.reaches_host()
    }

    fn levels(&self) -> u32 {
        self.certificate.map_or(0, |c| c.levels)
    }

    fn max(&self) -> Bound {
        self.certificate.map_or(Bound::ZERO, |c| c.max)
    }
}

/// The objects that the function under validation may name.
pub(crate) struct Context<'a> {
    program: &'a Program,
    functions: &'a [Option<Arc<ValidFunction>>],
    index: u32,
    limits: &'a Limits,
}

impl Context<'_> {
    /// The object behind entry `table` of the function's table.
    fn named(&self, table: usize) -> (u32, &Body) {
        let target = self.program.links(self.index)[table];
        (target, self.program.objects[target as usize].body())
    }

    fn callee(&self, table: usize) -> Option<Callee<'_>> {
        let (target, body) = self.named(table);
        match body {
            Body::Function(f) => Some(Callee {
                params: &f.params,
                results: &f.results,
                certificate: Some(&self.functions.get(target as usize)?.as_ref()?.certificate),
                host_work: None,
            }),
            Body::Import(i) => Some(Callee {
                params: &i.params,
                results: &i.results,
                certificate: None,
                host_work: Some(i.work),
            }),
            Body::Constant(_) => None,
        }
    }

    #[cold]
    fn error(&self, node: NodeId, code: ErrorCode) -> Box<ValidateError> {
        let hash = self.program.objects[self.index as usize].hash;
        Box::new(ValidateError { object: self.index, hash, node, code, expected: None, found: None })
    }

    #[cold]
    fn limit(&self, kind: LimitKind, max: impl ToString, found: impl ToString) -> Box<ValidateError> {
        let mut error = self.error(0, ErrorCode::Limit);
        error.expected = Some(format!("{kind} <= {}", max.to_string()));
        error.found = Some(found.to_string());
        error
    }
}

/// Validates a program. Linear in its nodes.
///
/// # Errors
/// The first broken rule, with the function and node.
#[inline]
pub fn validate(program: Program, limits: &Limits) -> Result<ValidProgram, ValidateError> {
    check(program, limits).map_err(|e| *e)
}

/// Results inside the validator: boxed errors keep the good path in registers.
type Checked<T> = Result<T, Box<ValidateError>>;

thread_local! {
    /// Small programs are validated by the million: their scratch lists are allocated once a thread.
    static SCRATCH: Cell<function::Scratch> = Cell::default();
}

/// The validated functions by object; most programs have one.
type Functions = SmallVec<[Option<Arc<ValidFunction>>; 2]>;

fn check(program: Program, limits: &Limits) -> Checked<ValidProgram> {
    let mut functions: Functions = SmallVec::with_capacity(program.objects.len());
    // Taken out while in use; a validation within a validation would find an empty one.
    let mut scratch = SCRATCH.take();
    for (index, object) in program.objects.iter().enumerate() {
        let valid = match &object.body {
            Body::Function(f) => {
                let cx = Context { program: &program, functions: &functions, index: index as u32, limits };
                Some(Arc::new(function::check(&cx, &mut scratch, object.hash, f)?))
            }
            _ => None,
        };
        functions.push(valid);
    }
    SCRATCH.set(scratch);
    check_max_cost(&program, &functions, limits)?;
    Ok(ValidProgram { program, functions })
}

fn check_max_cost(
    program: &Program,
    functions: &[Option<Arc<ValidFunction>>],
    limits: &Limits,
) -> Checked<()> {
    let Some(limit) = limits.max_cost else { return Ok(()) };
    for &index in &program.entries {
        let max = functions[index as usize].as_ref().map_or(Bound::Unbounded, |f| f.certificate.max);
        if max > Bound::AtMost(limit) {
            let cx = Context { program, functions, index, limits };
            return Err(cx.limit(LimitKind::MaxCost, limit, max));
        }
    }
    Ok(())
}
