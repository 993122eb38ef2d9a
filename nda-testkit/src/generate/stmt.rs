//! Statements: blocks, loops that end, and changes of slots.

use super::expr::len;
use super::{Gen, Var};
use nda_ast::{Expr, FunctionBuilder, Op, SlotRef, Type};
use std::cell::RefCell;

/// Names that a printer must cope with: plain ones, words of the language, no identifiers at all, and none.
const NAMES: &[&str] =
    &["a", "b", "x", "y", "sum", "i", "total", "x1", "fn", "let", "i64", "_", "é", "a b", "min", "s3", ""];

/// Statement kinds with their weights. `Return`, `Break`, `Continue` and `Fail` end a block, so they are drawn apart.
const KINDS: &[Op] = &[
    Op::Let,
    Op::Let,
    Op::Let,
    Op::Let,
    Op::Store,
    Op::Store,
    Op::Store,
    Op::StoreElem,
    Op::StoreElem,
    Op::Push,
    Op::Push,
    Op::Truncate,
    Op::Scope,
    Op::If,
    Op::If,
    Op::Loop,
    Op::Loop,
    Op::While,
    Op::CallStmt,
    Op::CallStmt,
    Op::Print,
];

impl<'w, 'e, 'a> Gen<'w, 'e, 'a> {
    pub(super) fn name(&mut self) -> &'static str {
        self.world.entropy.pick(NAMES)
    }

    pub(super) fn names(&mut self, n: usize) -> Vec<&'static str> {
        (0..n).map(|_| self.name()).collect()
    }

    /// A few statements, whose slots stay visible; true where the last one leaves.
    pub(super) fn run(&mut self, f: &mut FunctionBuilder, depth: u32) -> bool {
        let mut leaves = false;
        let most = if depth > 2 { 7 } else { 4 };
        for _ in 0..self.world.entropy.range(1, most) {
            if self.budget <= 0 {
                break;
            }
            leaves = self.statement(f, depth);
            if leaves {
                break;
            }
        }
        leaves
    }

    /// One statement; true where it leaves the block.
    fn statement(&mut self, f: &mut FunctionBuilder, depth: u32) -> bool {
        self.book(0);
        let done = match self.world.entropy.pick(KINDS) {
            Op::Store => self.store(f),
            Op::StoreElem => self.store_elem(f),
            Op::Push => self.push(f),
            Op::Truncate => self.truncate(f),
            Op::CallStmt => self.call_stmt(f, 2),
            Op::Print => self.print(f),
            Op::Scope if depth > 0 => return self.scope(f, depth),
            Op::If if depth > 0 => return self.if_(f, depth),
            Op::Loop if depth > 0 && self.loops < 4 => self.loop_(f, depth),
            Op::While if depth > 0 && self.loops < 4 => self.while_(f, depth),
            _ => false,
        };
        if !done {
            self.let_(f);
        }
        false
    }

    fn let_(&mut self, f: &mut FunctionBuilder) {
        let ty = self.world.pool.any(self.world.entropy);
        let tame = matches!(ty, Type::Vec { .. }) && self.chance(60);
        let init = match ty {
            Type::Vec { n } if tame => self.tame(n, 3),
            _ => self.expr(ty, 4),
        };
        let name = self.name();
        let slot = f.let_(name, init);
        self.vars.push(Var { slot, writable: true, tame });
    }

    fn writable(&mut self, wanted: impl Fn(Type) -> bool) -> Option<Var> {
        let found: Vec<Var> =
            self.vars.iter().copied().filter(|v| v.writable && wanted(v.slot.ty())).collect();
        (!found.is_empty()).then(|| self.world.entropy.pick(&found))
    }

    fn store(&mut self, f: &mut FunctionBuilder) -> bool {
        let Some(var) = self.writable(|_| true) else { return false };
        let value = match var.slot.ty() {
            Type::Vec { n } if var.tame => self.tame(n, 3),
            ty => self.expr(ty, 4),
        };
        f.store(var.slot, value);
        true
    }

    fn store_elem(&mut self, f: &mut FunctionBuilder) -> bool {
        let Some(var) = self.writable(Type::is_aggregate) else { return false };
        match var.slot.ty() {
            Type::Vec { n } => {
                let value = if var.tame {
                    Expr::float(self.world.entropy.tame_float())
                } else {
                    self.expr(Type::Float, 3)
                };
                let at = self.index_below(n.into(), 2);
                f.store_elem(var.slot, value, at);
            }
            Type::Buf { elem, .. } => {
                let value = self.expr(elem.scalar(), 3);
                let any = self.expr(Type::Int, 2);
                if self.guarded() {
                    let at = Expr::op(Op::RemU, [any, len(var)]);
                    f.if_(len(var).greater(0.into()), |f| f.store_elem(var.slot, value, at), |_| {});
                } else {
                    f.store_elem(var.slot, value, any);
                }
            }
            _ => {}
        }
        true
    }

    fn push(&mut self, f: &mut FunctionBuilder) -> bool {
        let Some(var) = self.writable(|ty| matches!(ty, Type::Buf { .. })) else { return false };
        let Type::Buf { elem, cap } = var.slot.ty() else { return false };
        let value = self.expr(elem.scalar(), 3);
        if self.guarded() {
            f.if_(len(var).less(i64::from(cap).into()), |f| f.push_elem(var.slot, value), |_| {});
        } else {
            f.push_elem(var.slot, value);
        }
        true
    }

    fn truncate(&mut self, f: &mut FunctionBuilder) -> bool {
        let Some(var) = self.writable(|ty| matches!(ty, Type::Buf { .. })) else { return false };
        let any = self.expr(Type::Int, 2);
        let to = if self.guarded() { Expr::op(Op::RemU, [any, len(var) + 1.into()]) } else { any };
        f.truncate(var.slot, to);
        true
    }

    fn print(&mut self, f: &mut FunctionBuilder) -> bool {
        let ty = self.world.pool.any(self.world.entropy);
        let value = self.expr(ty, 2);
        f.print(value);
        true
    }

    fn scope(&mut self, f: &mut FunctionBuilder, depth: u32) -> bool {
        let cell = RefCell::new((self, false));
        f.scope(|f| {
            let (this, leaves) = &mut *cell.borrow_mut();
            *leaves = this.arm(f, depth - 1);
        });
        cell.into_inner().1
    }

    fn if_(&mut self, f: &mut FunctionBuilder, depth: u32) -> bool {
        let cond = self.expr(Type::Bool, 3);
        let other = self.chance(50);
        let cell = RefCell::new((self, [false; 2]));
        f.if_(
            cond,
            |f| {
                let (this, leaves) = &mut *cell.borrow_mut();
                leaves[0] = this.arm(f, depth - 1);
            },
            |f| {
                let (this, leaves) = &mut *cell.borrow_mut();
                leaves[1] = other && this.arm(f, depth - 1);
            },
        );
        cell.into_inner().1 == [true; 2]
    }

    /// A block that may end by leaving; true where it does.
    fn arm(&mut self, f: &mut FunctionBuilder, depth: u32) -> bool {
        let visible = self.vars.len();
        let leaves = self.run(f, depth) || self.leave(f);
        self.vars.truncate(visible);
        leaves
    }

    /// Sometimes a statement that leaves.
    fn leave(&mut self, f: &mut FunctionBuilder) -> bool {
        let in_loop = self.loops > 0;
        match self.below(100) {
            70..=79 if in_loop => f.break_(self.depth()),
            80..=89 if in_loop => f.continue_(self.depth()),
            90..=96 => self.return_(f),
            97 => {
                let code = self.expr(Type::Int, 1);
                f.fail_(code);
            }
            _ => return false,
        }
        true
    }

    /// Mostly the innermost loop.
    fn depth(&mut self) -> u32 {
        if self.chance(60) { 0 } else { self.below(self.loops.into()) as u32 }
    }

    pub(super) fn return_(&mut self, f: &mut FunctionBuilder) {
        let types = self.results.clone();
        let values: Vec<Expr> = types.into_iter().map(|ty| self.expr(ty, 3)).collect();
        f.return_(values);
    }

    /// Iterations that the loop under way may make without the program growing too long.
    fn iterations(&mut self) -> u64 {
        let room = self.world.max_work.saturating_sub(self.work) / (40 * self.times);
        self.world.entropy.below(room.clamp(1, 7))
    }

    fn loop_(&mut self, f: &mut FunctionBuilder, depth: u32) -> bool {
        let n = self.iterations();
        let count = match self.below(20) {
            0..=9 => Expr::int(n as i64),
            10..=16 => Expr::op(Op::RemU, [self.expr(Type::Int, 2), Expr::int(n as i64 + 1)]),
            17 | 18 => Expr::op(Op::MinInt, [self.expr(Type::Int, 2), Expr::int(n as i64)]),
            _ => self.expr(Type::Int, 2),
        };
        let max = match self.below(20) {
            0..=11 => None,
            12..=18 => Some(n + self.below(5)),
            _ => Some(self.below(4)),
        };
        let name = self.name();
        let cell = RefCell::new(self);
        f.for_(name, count, max, |f, index| {
            let this = &mut *cell.borrow_mut();
            this.body(f, depth, n, Some(index));
        });
        true
    }

    /// The body of a loop that runs about `n` times.
    fn body(&mut self, f: &mut FunctionBuilder, depth: u32, n: u64, index: Option<SlotRef>) {
        let (times, visible) = (self.times, self.vars.len());
        self.times = self.times.saturating_mul(n.max(1));
        self.loops += 1;
        self.vars.extend(index.map(|slot| Var { slot, writable: false, tame: false }));
        if !self.chance(4) {
            self.arm(f, depth - 1);
        }
        self.vars.truncate(visible);
        self.loops -= 1;
        self.times = times;
    }

    fn while_(&mut self, f: &mut FunctionBuilder, depth: u32) -> bool {
        let n = self.iterations();
        if self.chance(12) {
            return self.bounded_while(f, depth, n);
        }
        // A counter that only its own loop changes, so that the loop ends.
        let counter = f.let_("count", 0);
        let mut cond = counter.load().less(Expr::int(n as i64));
        if self.chance(40) {
            cond = Expr::select(cond, self.expr(Type::Bool, 2), false.into());
        }
        let max = self.chance(40).then(|| n + self.below(3));
        self.vars.push(Var { slot: counter, writable: false, tame: false });
        let cell = RefCell::new(self);
        f.while_(cond, max, |f| {
            let this = &mut *cell.borrow_mut();
            f.store(counter, counter.load() + 1.into());
            this.body(f, depth, n, None);
        });
        true
    }

    /// A loop with any condition and a bound, that a `break` mostly ends in time.
    fn bounded_while(&mut self, f: &mut FunctionBuilder, depth: u32, n: u64) -> bool {
        let cond = self.expr(Type::Bool, 3);
        let cell = RefCell::new(self);
        f.while_(cond, Some(n), |f| {
            let this = &mut *cell.borrow_mut();
            this.body(f, depth, n, None);
        });
        true
    }
}
