//! A generated program with the input to run it on, and what it must agree on between tiers.

use crate::generate::{Config, Entropy, generate, scripted_host};
use crate::notation::write_all;
use crate::subject::Subject;
use nda_runtime::{Loaded, Outcome, RunLimits, Tier, Value};
use std::fmt;
use std::sync::Arc;

/// A program, one of its entry points, arguments, and a host that answers by a script.
#[derive(Debug)]
pub struct Case {
    /// The program.
    pub subject: Subject,
    /// Arguments.
    pub args: Vec<Value>,
    /// Where it comes from, for messages.
    pub name: String,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, arguments {}", self.name, write_all(&self.args))
    }
}

impl Case {
    /// The case of a seed: even seeds give programs of the default size, odd ones of drawn sizes.
    #[must_use]
    pub fn generated(seed: u64) -> Case {
        let mut entropy = Entropy::new(seed);
        let config = if seed.is_multiple_of(2) { Config::default() } else { Config::drawn(&mut entropy) };
        Case::drawn(&mut entropy, &config, format!("seed {seed}"))
    }

    /// The case of a fuzzer's bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Case {
        let mut entropy = Entropy::from_bytes(bytes);
        let config = Config::drawn(&mut entropy);
        Case::drawn(&mut entropy, &config, "fuzzer's bytes".into())
    }

    /// A case from any stream of choices.
    ///
    /// # Panics
    /// Where the generator made an invalid program.
    #[must_use]
    pub fn drawn(entropy: &mut Entropy<'_>, config: &Config, name: String) -> Case {
        let bytes = generate(entropy, config).bytes;
        let limits = nda_ast::Limits::default();
        let valid = nda_ast::load(bytes, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
        let entry = entropy.pick(valid.program().entries());
        let args = entropy.arguments(valid.function(entry).map_or(&[], |f| f.function().params()));
        let link = scripted_host(&valid, entropy.bits());
        let loaded = Loaded::new(Arc::new(valid), &link).unwrap_or_else(|e| panic!("{name}: {e}"));
        Case { subject: Subject { loaded, entry }, args, name }
    }

    /// Runs it with this much fuel.
    #[must_use]
    pub fn run(&self, tier: &dyn Tier, fuel: u64) -> Outcome {
        self.subject.run_within(tier, &self.args, &RunLimits { fuel, ..RunLimits::default() })
    }
}
