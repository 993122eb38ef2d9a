//! Which floats must be canonical where they are NaN.
//!
//! An engine gives any NaN from arithmetic, NDA the canonical one, and keeps the bits of others. Only `float_bits`, the
//! sign operand of `copysign` and host functions can tell one NaN from another, so only what flows there is made
//! canonical, and as late as is sound: a slot that holds nothing but results of arithmetic is *loose* and is made canonical where
//! it is read for its bits; one that may also hold a NaN whose bits count has each result made canonical that is put into it.

use nda_ast::{CANONICAL_NAN, Function, NodeId, Op, Type, ValidFunction, ValidProgram};

/// What is known of one function.
#[derive(Clone, Debug)]
pub(super) struct Bits {
    /// By slot: it may hold a NaN whose bits count. Such a slot is never made canonical when it is read.
    exact: Vec<bool>,
    /// By slot: the bits of NaNs in it can be seen.
    slots: Vec<bool>,
    /// By result.
    results: Vec<bool>,
    /// By node: it gives a NaN of any bits where the canonical one can be told from it.
    pub canonical: Vec<bool>,
}

/// Finds out by object. Visibility only grows, so that the rounds end.
pub(super) fn analyse(program: &ValidProgram, functions: &[u32]) -> Vec<Option<Bits>> {
    let mut all: Vec<Option<Bits>> = vec![None; program.program().objects().len()];
    for &object in functions {
        all[object as usize] = program.function(object).map(|f| Bits::new(f));
    }
    loop {
        let mut changed = false;
        // Callers first: what they see of results decides for their callees.
        for &object in functions.iter().rev() {
            let (Some(valid), Some(mut bits)) = (program.function(object), all[object as usize].take())
            else {
                continue;
            };
            let links = program.program().links(object);
            let mut pass = Pass {
                valid,
                f: valid.function(),
                links,
                program,
                bits: &mut bits,
                all: &mut all,
                changed: false,
            };
            pass.run();
            changed |= pass.changed;
            all[object as usize] = Some(bits);
        }
        if !changed {
            return all;
        }
    }
}

impl Bits {
    fn new(valid: &ValidFunction) -> Bits {
        let f = valid.function();
        let mut bits = Bits {
            exact: valid.slots().iter().map(|s| s.ty != Type::Float).collect(),
            slots: vec![false; valid.slots().len()],
            results: vec![false; f.results().len()],
            canonical: vec![false; f.node_count()],
        };
        bits.exact[..f.params().len()].fill(true);
        for node in f.nodes().iter().filter(|node| node.op() == Op::CallStmt) {
            let first = node.first_result() as usize;
            bits.exact[first..first + node.results()].fill(true);
        }
        // A slot becomes exact by what is put into it, maybe from another slot.
        loop {
            let mut changed = false;
            for (i, node) in f.nodes().iter().enumerate() {
                let puts = matches!(node.op(), Op::Let | Op::Store) && !bits.exact[node.slot() as usize];
                if puts && bits.is_exact(f, i as NodeId) {
                    bits.exact[node.slot() as usize] = true;
                    changed = true;
                }
            }
            if !changed {
                return bits;
            }
        }
    }

    /// Whether the value of a float expression may be a NaN whose bits count.
    fn is_exact(&self, f: &Function, id: NodeId) -> bool {
        let node = f.node(id);
        match node.op() {
            Op::Load => self.exact[node.slot() as usize],
            Op::Float => node.float().is_nan() && node.float().to_bits() != CANONICAL_NAN,
            Op::Select => f.operands(id)[1..].iter().any(|arm| self.is_exact(f, *arm)),
            Op::FloatFromBits | Op::Index | Op::Call | Op::NegFloat | Op::AbsFloat | Op::CopySign => true,
            _ => false,
        }
    }
}

struct Pass<'a> {
    valid: &'a ValidFunction,
    f: &'a Function,
    links: &'a [u32],
    program: &'a ValidProgram,
    bits: &'a mut Bits,
    all: &'a mut Vec<Option<Bits>>,
    changed: bool,
}

fn raise(flag: &mut bool, changed: &mut bool) {
    *changed |= !*flag;
    *flag = true;
}

impl Pass<'_> {
    /// Operands come after what takes them.
    fn run(&mut self) {
        // By node: the bits of its value can be seen.
        let mut seen = vec![false; self.f.node_count() + 1];
        for id in (1..=self.f.node_count() as NodeId).rev() {
            self.node(id, &mut seen);
        }
    }

    fn node(&mut self, id: NodeId, seen: &mut [bool]) {
        let node = *self.f.node(id);
        let own = seen[id as usize];
        let operands = self.f.operands(id);
        let mut see = |operand: usize, it: bool| seen[operands[operand] as usize] |= it;
        match node.op() {
            Op::Let | Op::Store | Op::StoreElem | Op::Push => {
                let slot = node.slot() as usize;
                // A loose slot is made canonical when it is read.
                see(0, self.bits.slots[slot] && self.bits.exact[slot]);
            }
            Op::FloatBits => see(0, true),
            Op::CopySign => {
                see(0, own);
                see(1, true);
            }
            Op::NegFloat | Op::AbsFloat | Op::Fill | Op::Recap | Op::Index => see(0, own),
            Op::Select => {
                see(1, own);
                see(2, own);
            }
            Op::Return => {
                for i in 0..operands.len() {
                    see(i, self.bits.results[i]);
                }
            }
            Op::Load if own => {
                let slot = node.slot() as usize;
                raise(&mut self.bits.slots[slot], &mut self.changed);
                self.bits.canonical[id as usize - 1] = !self.bits.exact[slot];
            }
            Op::Call | Op::CallStmt => self.call(id, own, seen),
            Op::Float => {}
            _ if own && self.valid.type_of(id) == Some(Type::Float) && node.op() != Op::FloatFromBits => {
                self.bits.canonical[id as usize - 1] = true;
            }
            _ => {}
        }
    }

    fn call(&mut self, id: NodeId, own: bool, seen: &mut [bool]) {
        let node = *self.f.node(id);
        let target = self.links[node.table()];
        let operands = self.f.operands(id);
        let Some(callee) = self.all[target as usize].as_mut() else {
            // The host sees every bit.
            operands.iter().for_each(|&operand| seen[operand as usize] = true);
            return;
        };
        if node.op() == Op::Call {
            if own {
                raise(&mut callee.results[0], &mut self.changed);
            }
        } else {
            for i in 0..node.results() {
                if self.bits.slots[node.first_result() as usize + i] {
                    raise(&mut callee.results[i], &mut self.changed);
                }
            }
        }
        let params = self.program.function(target).map_or(&[][..], |f| f.function().params());
        for (i, param) in params.iter().enumerate() {
            seen[operands[i] as usize] |= callee.slots[i];
            if param.is_inout() && self.bits.slots[self.f.node(operands[i]).slot() as usize] {
                raise(&mut callee.slots[i], &mut self.changed);
            }
        }
    }
}
