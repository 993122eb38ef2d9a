//! Whole programs: functions that call each other, imports, entry points.

use super::{Callee, Entropy, Gen, Pool, Var, World};
use nda_ast::{Elem, FunctionBuilder, Import, Param, ProgramBuilder, Type};

/// How large the programs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// About how many nodes the program has. Default 200.
    pub nodes: u32,
    /// Greatest number of functions. Default 4.
    pub functions: u32,
    /// Greatest nesting of statements. Default 4.
    pub depth: u32,
    /// Greatest number of imports; 0 makes programs that need no host. Default 2.
    pub imports: u32,
    /// About how long an entry point runs, in executed nodes. Default 4000.
    pub work: u64,
    /// Percentage of checks (divisors, indices, ..) that are guarded. Default 97.
    pub guarded: u32,
}

impl Default for Config {
    fn default() -> Config {
        Config { nodes: 200, functions: 4, depth: 4, imports: 2, work: 4000, guarded: 97 }
    }
}

impl Config {
    /// A configuration drawn from the stream: sizes from a few nodes to several hundred.
    pub fn drawn(entropy: &mut Entropy<'_>) -> Config {
        Config {
            nodes: entropy.pick(&[5, 20, 60, 200, 200, 500]),
            functions: entropy.range(1, 5) as u32,
            depth: entropy.range(1, 5) as u32,
            imports: entropy.below(3) as u32,
            work: entropy.pick(&[300, 3000, 10_000]),
            guarded: entropy.pick(&[60, 97, 99, 100, 100]) as u32,
        }
    }
}

/// A generated program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The program file.
    pub bytes: Vec<u8>,
    /// Its configuration.
    pub config: Config,
}

/// Makes a valid program.
///
/// # Panics
/// Where the generator has made something that the builder refuses: a defect of the generator.
#[must_use]
pub fn generate(entropy: &mut Entropy<'_>, config: &Config) -> Generated {
    let pool = pool(entropy);
    let mut world = World {
        entropy,
        program: ProgramBuilder::new(),
        pool,
        callees: Vec::new(),
        max_work: config.work,
        guarded: config.guarded.into(),
    };
    for i in 0..config.imports {
        world.import(i);
    }
    let functions = world.entropy.range(1, config.functions.max(1).into()) as u32;
    for i in 0..functions {
        let last = i + 1 == functions;
        world.function(i, last, config);
    }
    let bytes = world.program.finish().expect("the last function is an entry point");
    Generated { bytes, config: *config }
}

/// A few vector lengths and buffer types.
fn pool(entropy: &mut Entropy<'_>) -> Pool {
    const LENGTHS: &[u32] = &[1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 33, 64, 65, 130];
    const CAPACITIES: &[u32] = &[1, 2, 3, 4, 8, 9, 16, 40];
    let vecs: Vec<u32> = (0..3).map(|_| entropy.pick(LENGTHS)).collect();
    let mut bufs: Vec<(Elem, u32)> =
        (0..3).map(|_| (entropy.pick(&Elem::ALL), entropy.pick(CAPACITIES))).collect();
    // One that `to_buf` and `to_vec` have a use for.
    bufs.push((Elem::Float, vecs[0]));
    Pool { vecs, bufs }
}

impl World<'_, '_> {
    fn import(&mut self, i: u32) {
        let params = (0..self.entropy.below(4)).map(|_| Param::new(self.pool.any(self.entropy))).collect();
        let results = (0..self.entropy.below(4)).map(|_| self.pool.any(self.entropy)).collect();
        let work = self.entropy.pick(&[0, 1, 64, 100, 1000]);
        let import = Import { name: format!("host_{i}"), params, results, work };
        let target = self.program.import(import).expect("the generator makes valid imports");
        self.callees.push(Callee { target, work: 2 + u64::from(work) / 64, host: true });
    }

    fn function(&mut self, i: u32, last: bool, config: &Config) {
        // What expressions can call: one result, no `inout`, no host.
        let pure = !last && self.entropy.chance(60);
        let results = if pure { 1 } else { self.entropy.pick(&[0, 1, 1, 2, 3]) };
        let results: Vec<Type> = (0..results).map(|_| self.pool.any(self.entropy)).collect();
        let mut f = FunctionBuilder::new(format!("f{i}"), results.iter().copied());
        let entry = last || self.entropy.chance(25);
        let vars = self.params(&mut f, pure);
        let mut r#gen = Gen {
            world: self,
            vars,
            banned: Vec::new(),
            budget: i64::from(config.nodes / config.functions.max(1)).max(3),
            times: 1,
            work: 0,
            loops: 0,
            results,
            pure,
            host: false,
        };
        r#gen.fill(&mut f, config.depth);
        let (work, host) = (r#gen.work, r#gen.host);
        let target = self.program.add(f).expect("the generator makes well-typed functions");
        if entry {
            self.program.entry(&target);
        }
        self.callees.push(Callee { target, work, host });
    }

    fn params(&mut self, f: &mut FunctionBuilder, pure: bool) -> Vec<Var> {
        let mut vars = Vec::new();
        for i in 0..self.entropy.below(5) {
            let name = format!("p{i}");
            let writable = !pure && self.entropy.chance(30);
            let slot = if writable {
                f.inout(&name, self.pool.aggregate(self.entropy))
            } else if self.entropy.chance(12) {
                let (rows, cols) = (self.entropy.pick(&self.pool.vecs), self.entropy.pick(&self.pool.vecs));
                let rows = if self.entropy.chance(40) { 1 } else { rows };
                f.param(&name, Type::Mat { rows: rows as u16, cols: cols as u16 })
            } else {
                f.param(&name, self.pool.any(self.entropy))
            };
            vars.push(Var { slot, writable, tame: false });
        }
        vars
    }
}

impl Gen<'_, '_, '_> {
    /// The body: blocks while the budget lasts, and an end that leaves where there are results.
    fn fill(&mut self, f: &mut FunctionBuilder, depth: u32) {
        let mut leaves = false;
        while self.budget > 0 && !leaves && !self.world.entropy.is_exhausted() {
            leaves = self.run(f, depth);
        }
        if leaves {
            return;
        }
        if !self.results.is_empty() || self.chance(40) {
            self.return_(f);
        }
    }
}
