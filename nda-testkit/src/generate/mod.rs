//! A deterministic generator of valid programs, with arguments for their entry points and scripts for their hosts.
//!
//! It follows the one list of operations, so a new operation is generated as soon as it is in the list. Most programs
//! end without a trap: divisors, indices and lengths are mostly guarded, and sometimes not, on purpose.
//!
//! ```
//! use nda_testkit::generate::{Config, Entropy, generate};
//! let program = generate(&mut Entropy::new(1), &Config::default());
//! assert_eq!(program.bytes, generate(&mut Entropy::new(1), &Config::default()).bytes);
//! nda_ast::load(program.bytes, &nda_ast::Limits::default()).expect("every generated program is valid");
//! ```

mod call;
mod entropy;
mod expr;
mod inputs;
mod program;
mod sized;
mod stmt;
mod values;
mod vectors;

pub use entropy::Entropy;
pub use inputs::scripted_host;
pub use program::{Config, Generated, generate};
pub use sized::{big_program, small_programs};

use nda_ast::{Elem, FunctionRef, ProgramBuilder, SlotRef, Type};

/// The types that one program uses: few, so that values find users.
#[derive(Clone, Debug)]
struct Pool {
    vecs: Vec<u32>,
    bufs: Vec<(Elem, u32)>,
}

/// What the function under generation may call.
#[derive(Clone, Debug)]
struct Callee {
    target: FunctionRef,
    /// About how much a call costs: keeps programs short.
    work: u64,
    /// Whether a host call lies in it or below it.
    host: bool,
}

impl Callee {
    fn is_expression(&self) -> bool {
        self.target.results().len() == 1 && !self.host && !self.target.params().iter().any(|p| p.is_inout())
    }
}

/// What all functions of the program share.
struct World<'e, 'a> {
    entropy: &'e mut Entropy<'a>,
    program: ProgramBuilder,
    pool: Pool,
    callees: Vec<Callee>,
    /// Greatest estimated work of one function, callees included.
    max_work: u64,
    /// Percentage of checks that are guarded.
    guarded: u64,
}

/// A visible slot.
#[derive(Clone, Copy, Debug)]
struct Var {
    slot: SlotRef,
    writable: bool,
    /// A vector that holds finite values of moderate size only.
    tame: bool,
}

/// What one function under generation knows.
struct Gen<'w, 'e, 'a> {
    world: &'w mut World<'e, 'a>,
    vars: Vec<Var>,
    /// Slots that stand as `inout` arguments of the call under way.
    banned: Vec<u32>,
    /// Nodes that may still be made.
    budget: i64,
    /// How often the code under way runs, about.
    times: u64,
    /// Estimated cost so far.
    work: u64,
    loops: u32,
    results: Vec<Type>,
    /// Whether it must stay callable as an expression.
    pure: bool,
    /// Whether it calls the host, itself or below.
    host: bool,
}

impl Pool {
    /// Any type a slot may have.
    fn any(&self, entropy: &mut Entropy<'_>) -> Type {
        match entropy.below(8) {
            0 | 1 => Type::Int,
            2 | 3 => Type::Float,
            4 => Type::Bool,
            5 | 6 => Type::Vec { n: entropy.pick(&self.vecs) },
            _ => self.buf(entropy),
        }
    }

    fn buf(&self, entropy: &mut Entropy<'_>) -> Type {
        let (elem, cap) = entropy.pick(&self.bufs);
        Type::Buf { elem, cap }
    }

    fn aggregate(&self, entropy: &mut Entropy<'_>) -> Type {
        if entropy.chance(50) { self.buf(entropy) } else { Type::Vec { n: entropy.pick(&self.vecs) } }
    }
}
