//! Functions under construction: statements, scopes, slots by name.

use super::expr::Expr;
use super::program::{BuildError, FunctionRef};
use crate::{ErrorCode, Mode, Node, Op, Param, SlotId, Type};
use std::ops::Range;

/// A slot of the function under construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotRef {
    pub(crate) slot: SlotId,
    pub(crate) ty: Type,
}

impl SlotRef {
    /// Its type.
    #[must_use]
    pub fn ty(self) -> Type {
        self.ty
    }

    /// Its number.
    #[must_use]
    pub fn id(self) -> SlotId {
        self.slot
    }

    /// Its value.
    #[must_use]
    pub fn load(self) -> Expr {
        Expr::load(self)
    }
}

/// A node or a block end, as it goes into the bytes.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Node(Node),
    End,
}

/// Builds one function. Errors are kept until [`ProgramBuilder::add`](crate::ProgramBuilder::add).
///
/// ```
/// use nda_ast::{Expr, FunctionBuilder, Limits, ProgramBuilder, Type, load};
/// let mut f = FunctionBuilder::new("sum", [Type::Int]);
/// let n = f.param("n", Type::Int);
/// let sum = f.let_("sum", 0);
/// f.for_("i", n, None, |f, i| f.store(sum, sum.load() + i.load()));
/// f.return_([sum.load()]);
/// let mut program = ProgramBuilder::new();
/// let sum = program.add(f)?;
/// program.entry(&sum);
/// let valid = load(program.finish()?, &Limits::default()).unwrap();
/// assert_eq!(valid.program().entry("sum"), Some(0));
/// # Ok::<(), nda_ast::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FunctionBuilder {
    pub(crate) name: String,
    pub(crate) params: Vec<Param>,
    pub(crate) results: Vec<Type>,
    pub(crate) items: Vec<Item>,
    pub(crate) spans: Vec<Range<u32>>,
    pub(crate) own_span: Range<u32>,
    pub(crate) slots: Vec<Option<String>>,
    pub(crate) error: Option<BuildError>,
    scope: Vec<(String, SlotRef)>,
}

impl FunctionBuilder {
    /// A function with a name (for people; no hash covers it) and result types.
    #[must_use]
    pub fn new(name: impl Into<String>, results: impl IntoIterator<Item = Type>) -> FunctionBuilder {
        FunctionBuilder {
            name: name.into(),
            params: Vec::new(),
            results: results.into_iter().collect(),
            items: Vec::new(),
            spans: Vec::new(),
            own_span: 0..0,
            slots: Vec::new(),
            error: None,
            scope: Vec::new(),
        }
    }

    /// Adds a read-only parameter. All parameters come before the first statement.
    pub fn param(&mut self, name: &str, ty: Type) -> SlotRef {
        self.add_param(name, Param { ty, mode: Mode::In })
    }

    /// Adds an `inout` parameter of type `buf` or `vec`.
    pub fn inout(&mut self, name: &str, ty: Type) -> SlotRef {
        self.add_param(name, Param { ty, mode: Mode::Inout })
    }

    pub(crate) fn add_param(&mut self, name: &str, param: Param) -> SlotRef {
        if !self.items.is_empty() {
            self.fail(BuildError::new(ErrorCode::BadSignature, "parameters come before statements"));
        }
        self.params.push(param);
        self.declare(Some(name), param.ty)
    }

    /// The innermost visible slot of this name.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<SlotRef> {
        self.scope.iter().rev().find(|(n, _)| n == name).map(|(_, slot)| *slot)
    }

    /// Declares a slot.
    pub fn let_(&mut self, name: &str, init: impl Into<Expr>) -> SlotRef {
        let ty = self.operand(init.into());
        self.push(Op::Let, 0, 0, 1);
        self.declare(Some(name), ty)
    }

    /// Changes a slot.
    pub fn store(&mut self, slot: SlotRef, value: impl Into<Expr>) {
        self.operand(value.into());
        self.push(Op::Store, 0, slot.slot, 1);
    }

    /// Changes one element of a `buf` or `vec` slot.
    pub fn store_elem(&mut self, slot: SlotRef, value: impl Into<Expr>, index: impl Into<Expr>) {
        self.operand(value.into());
        self.operand(index.into());
        self.push(Op::StoreElem, 0, slot.slot, 2);
    }

    /// Appends to a `buf` slot.
    pub fn push_elem(&mut self, slot: SlotRef, value: impl Into<Expr>) {
        self.operand(value.into());
        self.push(Op::Push, 0, slot.slot, 1);
    }

    /// Shortens a `buf` slot.
    pub fn truncate(&mut self, slot: SlotRef, len: impl Into<Expr>) {
        self.operand(len.into());
        self.push(Op::Truncate, 0, slot.slot, 1);
    }

    /// Statements with a scope of their own.
    pub fn scope(&mut self, body: impl FnOnce(&mut FunctionBuilder)) {
        self.push(Op::Scope, 0, 0, 0);
        self.block(body);
    }

    /// Two arms; an arm that adds nothing is no block.
    pub fn if_(
        &mut self,
        cond: impl Into<Expr>,
        then: impl FnOnce(&mut FunctionBuilder),
        other: impl FnOnce(&mut FunctionBuilder),
    ) {
        self.operand(cond.into());
        self.push(Op::If, 0, 0, 1);
        self.block(then);
        self.block(other);
    }

    /// Counts an index from 0 to `count` - 1; traps `LoopLimit` after `max` iterations.
    pub fn for_(
        &mut self,
        index: &str,
        count: impl Into<Expr>,
        max: Option<u64>,
        body: impl FnOnce(&mut FunctionBuilder, SlotRef),
    ) {
        self.operand(count.into());
        self.push_max(Op::Loop, max);
        let slot = self.declare(Some(index), Type::Int);
        self.block(|f| body(f, slot));
        self.scope.retain(|(_, s)| *s != slot);
    }

    /// Repeats while `cond` holds; traps `LoopLimit` after `max` iterations.
    pub fn while_(
        &mut self,
        cond: impl Into<Expr>,
        max: Option<u64>,
        body: impl FnOnce(&mut FunctionBuilder),
    ) {
        self.operand(cond.into());
        self.push_max(Op::While, max);
        self.block(body);
    }

    /// Leaves the loop `depth` loops out.
    pub fn break_(&mut self, depth: u32) {
        self.push(Op::Break, 0, depth, 0);
    }

    /// Goes on with the next iteration of the loop `depth` loops out.
    pub fn continue_(&mut self, depth: u32) {
        self.push(Op::Continue, 0, depth, 0);
    }

    /// Leaves the function with its results.
    pub fn return_(&mut self, values: impl IntoIterator<Item = Expr>) {
        let mut n = 0;
        for value in values {
            self.operand(value);
            n += 1;
        }
        if usize::from(n) != self.results.len() {
            let message = format!("{} results expected, {n} returned", self.results.len());
            self.fail(BuildError::new(ErrorCode::CallArity, message));
        }
        self.push(Op::Return, 0, 0, n);
    }

    /// Calls what an expression may not: gives a new slot per result.
    pub fn call(
        &mut self,
        callee: &FunctionRef,
        args: impl IntoIterator<Item = Expr>,
        names: &[&str],
    ) -> Vec<SlotRef> {
        let mut n = 0;
        for arg in args {
            self.operand(arg);
            n += 1;
        }
        self.push(Op::CallStmt, callee.results.len() as u64, callee.index, n);
        let name = |i: usize| names.get(i).copied();
        callee.results.iter().enumerate().map(|(i, ty)| self.declare(name(i), *ty)).collect()
    }

    /// Appends a value to the log.
    pub fn print(&mut self, value: impl Into<Expr>) {
        self.operand(value.into());
        self.push(Op::Print, 0, 0, 1);
    }

    /// Traps with a code.
    pub fn fail_(&mut self, code: impl Into<Expr>) {
        self.operand(code.into());
        self.push(Op::Fail, 0, 0, 1);
    }

    fn operand(&mut self, expr: Expr) -> Type {
        if let Some(error) = expr.error {
            self.fail(error);
        }
        for node in expr.nodes {
            self.raw(node, 0..0);
        }
        expr.ty
    }

    fn push(&mut self, op: Op, imm: u64, a: u32, n: u16) {
        self.raw(Node::new(op, imm, a, n), 0..0);
    }

    fn push_max(&mut self, op: Op, max: Option<u64>) {
        // K + 1, with 0 for none; a bound of 2^64 - 1 cannot be written and is refused by the decoder.
        self.push(op, max.map_or(0, |k| k.saturating_add(1)), 0, 1);
    }

    fn block(&mut self, body: impl FnOnce(&mut FunctionBuilder)) {
        let visible = self.scope.len();
        body(self);
        self.scope.truncate(visible);
        self.end();
    }

    /// Appends a node with its place in the text. Objects are named by their index in the program builder.
    pub(crate) fn raw(&mut self, node: Node, span: Range<u32>) {
        self.items.push(Item::Node(node));
        self.spans.push(span);
    }

    /// Ends a block.
    pub(crate) fn end(&mut self) {
        self.items.push(Item::End);
    }

    /// Takes the next slot number.
    pub(crate) fn declare(&mut self, name: Option<&str>, ty: Type) -> SlotRef {
        let slot = SlotRef { slot: self.slots.len() as u32, ty };
        self.slots.push(name.map(str::to_owned));
        if let Some(name) = name {
            self.scope.push((name.to_owned(), slot));
        }
        slot
    }

    pub(crate) fn fail(&mut self, error: BuildError) {
        self.error.get_or_insert(error);
    }
}
