//! Section 8: the certificate, each of its parts by a walk of its own.

use super::cost::View;
use super::types::{Expr, Stmt};
use super::{Block, BlockKind, Body, Certificate, Imm, Refusal, Stage, limit};

pub(crate) fn certificate(body: &[Stmt], view: &View<'_>, blocks: &[Block]) -> Result<Certificate, Refusal> {
    let nesting = 1 + deepest(body, view, false);
    within(u64::from(nesting), u64::from(limit::NESTING), "nesting")?;
    let levels = 1 + deepest(body, view, true);
    within(u64::from(levels), u64::from(limit::LEVELS), "levels")?;
    let frame = frame(body, view);
    within(frame, limit::FRAME_BYTES, "frame_bytes")?;
    let most = Most { view, blocks };
    let max = most.block(0, BlockKind::Function, body);
    let exact = most.exact(body, true, false);
    Ok(Certificate { levels, nesting, frame, max, exact, reaches_host: reaches_host(body, view) })
}

fn within(value: u64, most: u64, limit: &str) -> Result<(), Refusal> {
    if value <= most {
        return Ok(());
    }
    let reason = format!("the limit `{limit}` is {most}, a function needs {value}");
    Err(Refusal { offset: None, stage: Stage::Limit, reason })
}

/// The greatest levels of some statements, with or without callees.
fn deepest(statements: &[Stmt], view: &View<'_>, callees: bool) -> u32 {
    statements.iter().map(|s| levels(s, view, callees)).max().unwrap_or(0)
}

fn levels(s: &Stmt, view: &View<'_>, callees: bool) -> u32 {
    let blocks = s.blocks.iter().map(|b| deepest(b, view, callees)).max().unwrap_or(0);
    1 + blocks.max(operands(&s.args, view, callees)).max(below(s.imm, view, callees))
}

fn operands(args: &[Expr], view: &View<'_>, callees: bool) -> u32 {
    let one = |e: &Expr| 1 + operands(&e.args, view, callees).max(below(e.imm, view, callees));
    args.iter().map(one).max().unwrap_or(0)
}

fn below(imm: Imm, view: &View<'_>, callees: bool) -> u32 {
    match view.callee(imm) {
        Some(Body::Function(callee)) if callees => callee.certificate.levels,
        _ => 0,
    }
}

fn frame(body: &[Stmt], view: &View<'_>) -> u64 {
    let slots: u64 = view.slots.iter().map(|t| t.slot_bytes()).sum();
    slots + temporaries(body, view) + callee_frame(body, view)
}

/// The greatest sum, over statements, of the aggregates that its own operands compute.
fn temporaries(statements: &[Stmt], view: &View<'_>) -> u64 {
    let one = |s: &Stmt| {
        let blocks = s.blocks.iter().map(|b| temporaries(b, view)).max().unwrap_or(0);
        blocks.max(computed(&s.args, view))
    };
    statements.iter().map(one).max().unwrap_or(0)
}

fn computed(exprs: &[Expr], view: &View<'_>) -> u64 {
    let own = |e: &Expr| {
        let ty = view.ty(e);
        let kept = matches!(e.row.name, "load" | "buf_const" | "vec_const");
        if ty.is_aggregate() && !kept { ty.slot_bytes() } else { 0 }
    };
    exprs.iter().map(|e| own(e) + computed(&e.args, view)).sum()
}

/// Every function that is called, any number of times.
fn callees(body: &[Stmt], view: &View<'_>, visit: &mut dyn FnMut(&Body)) {
    for s in body {
        callees_of(&s.args, view, visit);
        view.callee(s.imm).into_iter().for_each(&mut *visit);
        for block in &s.blocks {
            callees(block, view, visit);
        }
    }
}

fn callees_of(exprs: &[Expr], view: &View<'_>, visit: &mut dyn FnMut(&Body)) {
    for e in exprs {
        callees_of(&e.args, view, visit);
        view.callee(e.imm).into_iter().for_each(&mut *visit);
    }
}

fn callee_frame(body: &[Stmt], view: &View<'_>) -> u64 {
    let mut greatest = 0;
    callees(body, view, &mut |callee| {
        if let Body::Function(f) = callee {
            greatest = greatest.max(f.certificate.frame);
        }
    });
    greatest
}

fn reaches_host(body: &[Stmt], view: &View<'_>) -> bool {
    let mut reaches = false;
    callees(body, view, &mut |callee| {
        reaches |= match callee {
            Body::Function(f) => f.certificate.reaches_host,
            Body::Import { .. } => true,
            Body::Constant(_) => false,
        };
    });
    reaches
}

/// A greatest cost, or none. `None` absorbs everything.
type Bound = Option<u128>;

fn add(a: Bound, b: Bound) -> Bound {
    Some(a?.saturating_add(b?))
}

fn times(n: Bound, b: Bound) -> Bound {
    Some(n?.saturating_mul(b?))
}

/// The greater: unbounded is above all.
fn greater(a: Bound, b: Bound) -> Bound {
    Some(a?.max(b?))
}

struct Most<'a> {
    view: &'a View<'a>,
    blocks: &'a [Block],
}

impl Most<'_> {
    fn cost(&self, owner: u32, kind: BlockKind) -> Bound {
        let place = self.blocks.binary_search_by_key(&(owner, kind), |b| (b.owner, b.kind));
        Some(u128::from(self.blocks[place.expect("every block has a cost")].cost))
    }

    fn block(&self, owner: u32, kind: BlockKind, statements: &[Stmt]) -> Bound {
        add(self.cost(owner, kind), self.statements(statements))
    }

    /// What the statements add to the cost of the block around.
    fn statements(&self, statements: &[Stmt]) -> Bound {
        statements.iter().try_fold(0, |sum, s| add(Some(sum), self.statement(s)))
    }

    fn arm(&self, s: &Stmt, which: usize) -> Bound {
        let kind = [BlockKind::Then, BlockKind::Else][which];
        let arm = &s.blocks[which];
        if arm.is_empty() { Some(0) } else { self.block(s.number, kind, arm) }
    }

    fn statement(&self, s: &Stmt) -> Bound {
        let calls = self.calls(&s.args);
        match s.row.name {
            "if" => add(calls, greater(self.arm(s, 0), self.arm(s, 1))),
            "scope" => self.statements(&s.blocks[0]),
            "loop" => {
                let body = self.block(s.number, BlockKind::Loop, &s.blocks[0]);
                add(calls, times(iterations(s), body))
            }
            "while" => {
                let k = bound(s).map(u128::from);
                let body = self.block(s.number, BlockKind::While, &s.blocks[0]);
                let condition = add(self.cost(s.number, BlockKind::Condition), calls);
                add(times(k, body), times(k.map(|k| k + 1), condition))
            }
            _ => add(calls, self.callee(s.imm)),
        }
    }

    fn callee(&self, imm: Imm) -> Bound {
        match self.view.callee(imm) {
            Some(Body::Function(f)) => f.certificate.max,
            _ => Some(0),
        }
    }

    /// The calls of some expressions.
    fn calls(&self, exprs: &[Expr]) -> Bound {
        exprs.iter().try_fold(0, |sum, e| add(Some(sum), self.calls_in(e)))
    }

    fn calls_in(&self, e: &Expr) -> Bound {
        match (e.row.name, &e.args[..]) {
            ("select", [condition, a, b]) => {
                add(self.calls_in(condition), greater(self.calls_in(a), self.calls_in(b)))
            }
            _ => add(self.calls(&e.args), self.callee(e.imm)),
        }
    }

    /// Whether statements fulfil the rules of *exact*. `tail`: nothing follows them; `looped`: a loop is around them.
    fn exact(&self, statements: &[Stmt], tail: bool, looped: bool) -> bool {
        statements.iter().enumerate().all(|(i, s)| {
            let tail = tail && i + 1 == statements.len();
            self.exact_statement(s, tail, looped) && s.args.iter().all(|e| self.exact_expr(e))
        })
    }

    fn exact_statement(&self, s: &Stmt, tail: bool, looped: bool) -> bool {
        match s.row.name {
            "while" | "break" | "continue" => false,
            "return" => tail && !looped,
            "scope" => self.exact(&s.blocks[0], tail, looped),
            "if" => self.arm(s, 0) == self.arm(s, 1) && s.blocks.iter().all(|b| self.exact(b, tail, looped)),
            "loop" => {
                let within = constant(s).is_some_and(|n| bound(s).is_none_or(|k| n <= u128::from(k)));
                within && self.exact(&s.blocks[0], tail, true)
            }
            _ => self.exact_callee(s.imm),
        }
    }

    fn exact_expr(&self, e: &Expr) -> bool {
        let equal = match (e.row.name, &e.args[..]) {
            ("select", [_, a, b]) => self.calls_in(a) == self.calls_in(b),
            _ => true,
        };
        equal && self.exact_callee(e.imm) && e.args.iter().all(|e| self.exact_expr(e))
    }

    fn exact_callee(&self, imm: Imm) -> bool {
        match self.view.callee(imm) {
            Some(Body::Function(f)) => f.certificate.exact,
            _ => true,
        }
    }
}

/// K of a loop.
fn bound(s: &Stmt) -> Option<u64> {
    if let Imm::Max(k) = s.imm { k } else { None }
}

/// The constant count of a `loop`, at least 0.
fn constant(s: &Stmt) -> Option<u128> {
    match s.args[0].imm {
        Imm::Int(n) => Some(u128::try_from(n).unwrap_or(0)),
        _ => None,
    }
}

/// The lesser of K and the constant count; none where the `loop` has neither.
fn iterations(s: &Stmt) -> Bound {
    match (constant(s), bound(s).map(u128::from)) {
        (Some(n), Some(k)) => Some(n.min(k)),
        (n, k) => n.or(k),
    }
}
