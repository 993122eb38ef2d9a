//! Calls: who may be called from here, and arguments that do not alias.

use super::{Gen, Var};
use nda_ast::{Expr, FunctionBuilder, Param, Type};

impl Gen<'_, '_, '_> {
    /// Indices of the callees that fit what is left of the work.
    fn affordable(&self, wanted: impl Fn(&super::Callee) -> bool) -> Vec<usize> {
        let room = self.world.max_work.saturating_sub(self.work);
        let fits = |c: &super::Callee| wanted(c) && c.work.saturating_mul(self.times) <= room;
        (0..self.world.callees.len()).filter(|&i| fits(&self.world.callees[i])).collect()
    }

    /// A call that gives a value of type `ty`, or something else of that type.
    pub(super) fn call_expr(&mut self, ty: Type, depth: u32) -> Expr {
        let found = self.affordable(|c| c.is_expression() && c.target.results() == [ty]);
        if found.is_empty() {
            return self.expr(ty, depth);
        }
        self.call_one(&found, depth)
    }

    /// Now and then a call, where one gives a value of type `ty`: among a hundred operations it would be rare.
    pub(super) fn maybe_call(&mut self, ty: Type, depth: u32) -> Option<Expr> {
        if self.world.callees.is_empty() || !self.chance(10) {
            return None;
        }
        let found = self.affordable(|c| c.is_expression() && c.target.results() == [ty]);
        (!found.is_empty()).then(|| self.call_one(&found, depth))
    }

    fn call_one(&mut self, found: &[usize], depth: u32) -> Expr {
        let at = self.world.entropy.pick(found);
        let callee = self.world.callees[at].clone();
        self.work = self.work.saturating_add(self.times.saturating_mul(callee.work));
        let args: Vec<Expr> = callee.target.params().iter().map(|p| self.argument(*p, depth)).collect();
        Expr::call(&callee.target, args)
    }

    /// An argument for an `in` parameter.
    fn argument(&mut self, param: Param, depth: u32) -> Expr {
        match (param.ty, self.readable(param.ty)) {
            (Type::Mat { .. }, Some(var)) if self.chance(50) => var.slot.load(),
            (Type::Mat { .. }, _) => self.constant(param.ty),
            _ => self.expr(param.ty, depth),
        }
    }

    /// A call as a statement; false where nothing can be called that way.
    pub(super) fn call_stmt(&mut self, f: &mut FunctionBuilder, depth: u32) -> bool {
        let pure = self.pure;
        let found = self.affordable(|c| !(c.is_expression() || pure && c.host));
        if found.is_empty() {
            return false;
        }
        let at = self.world.entropy.pick(&found);
        let callee = self.world.callees[at].clone();
        self.work = self.work.saturating_add(self.times.saturating_mul(callee.work));
        self.host |= callee.host;
        let slots = self.inout_slots(f, callee.target.params(), depth);
        // No argument may mention a slot that another passes as `inout`.
        self.banned = slots.iter().flatten().map(|v| v.slot.id()).collect();
        let mut args = Vec::new();
        for (param, slot) in callee.target.params().iter().zip(&slots) {
            args.push(match slot {
                Some(var) => var.slot.load(),
                None => self.argument(*param, depth),
            });
        }
        self.banned.clear();
        for var in &mut self.vars {
            // What the callee leaves in it is not known to be finite.
            var.tame &= !slots.iter().flatten().any(|s| s.slot == var.slot);
        }
        let names = self.names(callee.target.results().len());
        for slot in f.call(&callee.target, args, &names) {
            self.vars.push(Var { slot, writable: true, tame: false });
        }
        true
    }

    /// For each `inout` parameter a slot of its own; declares those that are missing.
    fn inout_slots(&mut self, f: &mut FunctionBuilder, params: &[Param], depth: u32) -> Vec<Option<Var>> {
        let mut taken: Vec<u32> = Vec::new();
        let mut out = Vec::new();
        for param in params {
            if !param.is_inout() {
                out.push(None);
                continue;
            }
            let free = |v: &&Var| v.writable && v.slot.ty() == param.ty && !taken.contains(&v.slot.id());
            let found: Vec<Var> = self.vars.iter().filter(free).copied().collect();
            let var = if found.is_empty() {
                let init = self.expr(param.ty, depth.min(1));
                let var = Var { slot: f.let_(self.name(), init), writable: true, tame: false };
                self.vars.push(var);
                var
            } else {
                self.world.entropy.pick(&found)
            };
            taken.push(var.slot.id());
            out.push(Some(var));
        }
        out
    }
}
