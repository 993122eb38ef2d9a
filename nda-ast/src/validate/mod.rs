//! [`Program`] to [`ValidProgram`]: types, shapes, slots, flow and limits, each function in one forward pass, and the
//! certificate on the way.

mod block;
mod call;
mod expr;
mod function;

use crate::program::{Object, Parts};
use crate::scratch::{self, Lists};
use crate::{
    Body, Bound, Certificate, Constant, DecodeError, ErrorCode, Function, Hash, Import, LimitKind, Limits,
    NodeId, Param, Program, SlotId, Type, ValidateError,
};
use smallvec::SmallVec;
use std::sync::Arc;

pub(crate) use block::{Before, Open};
pub(crate) use function::{Checker, Declared};

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
}

/// A function that has passed, with all that the passing found out. Depends only on the function and what it names,
/// so it may be shared by every program that reaches it.
#[derive(Clone, Debug)]
pub struct ValidFunction {
    pub(crate) hash: Hash,
    pub(crate) function: Function,
    pub(crate) findings: Findings,
}

/// What the passing found out besides the types, which the nodes hold.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    slots: SmallVec<[Slot; 4]>,
    costs: SmallVec<[u64; 4]>,
    certificate: Certificate,
}

impl ValidFunction {
    /// Room for a function with this hash that is to be read and checked: it is neither yet.
    #[inline]
    pub(crate) fn new(hash: Hash) -> ValidFunction {
        let findings =
            Findings { slots: SmallVec::new(), costs: SmallVec::new(), certificate: Certificate::NONE };
        ValidFunction { hash, function: Function::new(), findings }
    }

    /// Its hash.
    #[must_use]
    #[inline]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The nodes and blocks.
    #[must_use]
    #[inline]
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
        self.function.node(id).ty().get()
    }

    /// All slots, parameters first.
    #[must_use]
    #[inline]
    pub fn slots(&self) -> &[Slot] {
        &self.findings.slots
    }

    /// Slot `id`.
    ///
    /// # Panics
    /// Where there is no such slot.
    #[must_use]
    #[inline]
    pub fn slot(&self, id: SlotId) -> Slot {
        self.findings.slots[id as usize]
    }

    /// The cost of block `id`, charged whole at its entry. 0 for a `Scope` (charged with the block around it) and for
    /// the empty arm of an `If` (no block).
    ///
    /// # Panics
    /// Where there is no such block.
    #[must_use]
    #[inline]
    pub fn block_cost(&self, id: crate::BlockId) -> u64 {
        self.findings.costs[id as usize]
    }

    /// The certificate.
    #[must_use]
    #[inline]
    pub fn certificate(&self) -> &Certificate {
        &self.findings.certificate
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
}

impl ValidProgram {
    /// All functions of `program` have been validated.
    pub(crate) fn new(program: Program) -> ValidProgram {
        ValidProgram { program }
    }

    /// The program as it was decoded.
    #[must_use]
    #[inline]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Function `index`, if that object is one.
    #[must_use]
    #[inline]
    pub fn function(&self, index: u32) -> Option<&Arc<ValidFunction>> {
        match self.program.objects().get(index as usize)?.body() {
            Body::Function(f) => Some(&f.0),
            _ => None,
        }
    }

    /// Object `index`.
    #[must_use]
    pub fn object(&self, index: u32) -> Option<ValidObject> {
        Some(match self.program.objects().get(index as usize)?.body() {
            Body::Function(f) => ValidObject::Function(f.0.clone()),
            Body::Constant(c) => ValidObject::Constant(c.clone()),
            Body::Import(i) => ValidObject::Import(i.clone()),
        })
    }

    /// The entry points with their functions, in the file's order.
    pub fn entries(&self) -> impl Iterator<Item = (u32, &Arc<ValidFunction>)> {
        self.program.entries().iter().filter_map(|&i| Some((i, self.function(i)?)))
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
    /// Those before it; the functions among them have been validated.
    pub objects: &'a [Object],
    /// Which of them its table names.
    pub links: &'a [u32],
    pub hash: Hash,
    pub limits: &'a Limits,
}

impl Context<'_> {
    /// The object behind entry `table` of the function's table.
    fn named(&self, table: usize) -> &Body {
        self.objects[self.links[table] as usize].body()
    }

    fn callee(&self, table: usize) -> Option<Callee<'_>> {
        match self.named(table) {
            Body::Function(f) => Some(Callee {
                params: f.params(),
                results: f.results(),
                certificate: Some(&f.0.findings.certificate),
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
        let object = self.objects.len() as u32;
        Box::new(ValidateError { object, hash: self.hash, node, code, expected: None, found: None })
    }

    #[cold]
    fn limit(&self, kind: LimitKind, max: impl ToString, found: impl ToString) -> Box<ValidateError> {
        let mut error = self.error(0, ErrorCode::Limit);
        error.expected = Some(format!("{kind} <= {}", max.to_string()));
        error.found = Some(found.to_string());
        error
    }
}

/// A program that [`load`](crate::load) reads once is no valid one, for a reason that the two stages find again.
pub(crate) struct Refused;

impl From<Box<DecodeError>> for Refused {
    #[cold]
    fn from(_: Box<DecodeError>) -> Refused {
        Refused
    }
}

impl From<Box<ValidateError>> for Refused {
    #[cold]
    fn from(_: Box<ValidateError>) -> Refused {
        Refused
    }
}

/// Validates a program. Linear in its nodes.
///
/// # Errors
/// The first broken rule, with the function and node.
#[inline]
pub fn validate(program: Program, limits: &Limits) -> Result<ValidProgram, ValidateError> {
    let mut program = program;
    match scratch::with(|lists| check(&mut program.0, limits, lists)) {
        Ok(()) => Ok(ValidProgram { program }),
        Err(e) => Err(*e),
    }
}

/// Results inside the validator: boxed errors keep the good path in registers.
type Checked<T> = Result<T, Box<ValidateError>>;

fn check(parts: &mut Parts, limits: &Limits, lists: &mut Lists) -> Checked<()> {
    for index in 0..parts.objects.len() {
        // What a function names lies before it.
        let (objects, rest) = parts.objects.split_at_mut(index);
        let links = &parts.links[rest[0].link_range()];
        if let Object { hash, body: Body::Function(f), .. } = &mut rest[0] {
            let cx = Context { objects, links, hash: *hash, limits };
            // Shared only where the program has been cloned meanwhile.
            let valid = Arc::make_mut(&mut f.0);
            function::check(&cx, valid, lists)?;
        }
    }
    check_max_cost(parts, limits)
}

pub(crate) fn check_max_cost(parts: &Parts, limits: &Limits) -> Checked<()> {
    let Some(limit) = limits.max_cost else { return Ok(()) };
    for &index in &parts.entries {
        let Object { hash, body: Body::Function(f), .. } = &parts.objects[index as usize] else { continue };
        let max = f.0.findings.certificate.max;
        if max > Bound::AtMost(limit) {
            let objects = &parts.objects[..index as usize];
            let cx = Context { objects, links: &[], hash: *hash, limits };
            return Err(cx.limit(LimitKind::MaxCost, limit, max));
        }
    }
    Ok(())
}
