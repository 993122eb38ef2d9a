//! The programs of `benches/programs`: their text, their inputs, and smaller inputs for tests.

use crate::subject::Subject;
use nda_ast::text::{Loader, NoLoader};
use nda_runtime::Value;
use nda_sandbox::Engine;
use std::path::{Path, PathBuf};

/// A program from two ints to one, in the text form, and in Rust under the same name in `nda-bench-native`.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// Name of file and function.
    pub name: &'static str,
    /// The arguments of a timed run: 0.1 to 5 ms in tier 0.
    pub args: [i64; 2],
    /// Arguments for a run in tests.
    pub small: [i64; 2],
}

const fn kernel(name: &'static str, args: [i64; 2], small: [i64; 2]) -> Kernel {
    Kernel { name, args, small }
}

/// Programs that a compiler keeps in registers.
pub const SCALAR: &[Kernel] = &[
    kernel("sum_loop", [50_000, 1], [100, 1]),
    kernel("collatz", [250, 1_000], [20, 5]),
    kernel("xorshift64", [10_000, 88_172_645_463_325_252], [100, 88_172_645_463_325_252]),
    kernel("mandelbrot", [24, 64], [6, 10]),
    kernel("nbody3", [1_000, 1], [5, 2]),
    kernel("gcd_sum", [50, 7], [9, 7]),
    kernel("fib_iter", [300, 90], [5, 20]),
    kernel("newton_sqrt", [2_000, 8], [10, 4]),
    kernel("prime_count", [1_500, 2_000], [50, 0]),
];

/// Programs that work on buffers.
pub const MEMORY: &[Kernel] = &[
    kernel("sieve", [16_384, 3], [100, 3]),
    kernel("insertion_sort", [192, 42], [20, 42]),
    kernel("binary_search", [1_000, 7], [20, 7]),
    kernel("byte_histogram", [8, 11], [2, 11]),
    kernel("tokenizer", [16, 5], [3, 5]),
    kernel("prefix_sum", [8, 13], [2, 13]),
    kernel("matmul_scalar", [24, 17], [4, 17]),
    kernel("hash_table", [3_000, 19], [50, 19]),
    kernel("heap_push", [2_000, 23], [30, 23]),
];

/// A file of `benches/programs`.
#[must_use]
pub fn file(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/programs")).join(path)
}

/// A program from a file in the text form, its entry point and the inputs of a timed run; `files` has the tensors that it
/// loads.
///
/// # Errors
/// Where the file is missing, or is no valid program with that entry point.
pub fn from_text(
    name: &str,
    path: &Path,
    entry: &str,
    inputs: Vec<Vec<Value>>,
    files: &mut dyn Loader,
) -> Result<Subject, String> {
    let source = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    from_source(name, &source, entry, inputs, files)
}

/// As [`from_text`], from the text itself.
///
/// # Errors
/// Where it is no valid program with that entry point.
pub fn from_source(
    name: &str,
    source: &str,
    entry: &str,
    inputs: Vec<Vec<Value>>,
    files: &mut dyn Loader,
) -> Result<Subject, String> {
    let engine = Engine::new();
    let valid = engine.loader().files(files).validate_text(source).map_err(|e| format!("{name}: {e}"))?;
    Subject::new(name, valid.program().bytes().to_vec(), entry, inputs)
}

impl Kernel {
    /// The program with the given arguments, from its file in the folder of the group.
    ///
    /// # Errors
    /// As [`from_text`].
    pub fn subject(&self, group: &str, args: [i64; 2]) -> Result<Subject, String> {
        let inputs = vec![args.map(Value::Int).to_vec()];
        let path = file(&format!("{group}/{}.nda", self.name));
        from_text(self.name, &path, "run", inputs, &mut NoLoader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::native::Rust;
    use crate::tier::TierEngine;
    use crate::treewalk::TreeWalk;
    use nda_closure_jit::Tier1;
    use nda_runtime::Tier0;

    #[test]
    fn every_engine_gives_the_same() {
        let engines: [Box<dyn Engine>; 4] = [
            Box::new(TierEngine::new(Tier0)),
            Box::new(TierEngine::new(Tier1)),
            Box::new(Rust),
            Box::new(TreeWalk),
        ];
        for (group, kernels) in [("scalar", SCALAR), ("memory", MEMORY)] {
            for kernel in kernels {
                let subject = kernel.subject(group, kernel.small).expect(kernel.name);
                assert_eq!(subject.uses_memory(), group == "memory", "{}", kernel.name);
                let answers = engines.each_ref().map(|engine| {
                    let mut ready = engine.load(&subject).expect(kernel.name);
                    ready.answer(0).expect(kernel.name)
                });
                assert!(answers[0].result.is_ok(), "{}: {:?}", kernel.name, answers[0]);
                for other in &answers[1..] {
                    assert_eq!(other.differs(&answers[0], 0.0), None, "{}", kernel.name);
                }
            }
        }
    }
}
