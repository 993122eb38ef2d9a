//! The machine that code is compiled for: this one.

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};

/// Compiles for this machine.
pub struct Host {
    pub(crate) isa: OwnedTargetIsa,
    /// Whether the CPU rounds floats by an instruction.
    pub(crate) rounds: bool,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("triple", &self.isa.triple().to_string()).finish_non_exhaustive()
    }
}

impl Host {
    /// This machine; `None` where its architecture is not one that code has been tested on.
    #[must_use]
    pub fn new() -> Option<Host> {
        Host::with("speed")
    }

    fn with(level: &str) -> Option<Host> {
        let mut flags = settings::builder();
        let verifier = if cfg!(debug_assertions) { "true" } else { "false" };
        for (name, value) in [
            ("opt_level", level),
            ("enable_verifier", verifier),
            ("regalloc_checker", "false"),
            ("unwind_info", "false"),
            ("enable_probestack", "false"),
            ("is_pic", "false"),
        ] {
            flags.set(name, value).ok()?;
        }
        let isa = cranelift_native::builder().ok()?.finish(settings::Flags::new(flags)).ok()?;
        let has =
            |name: &str| isa.isa_flags().iter().any(|flag| flag.name == name && flag.as_bool() == Some(true));
        let rounds = has("has_sse41");
        Some(Host { isa, rounds })
    }
}
