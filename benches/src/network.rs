//! The programs of the group `network`, and their weights for engines that keep matrices in a form of their own.

use crate::examples;
use crate::subject::Subject;
use crate::suite::{file, from_text};
use nda_ast::text::{Loader, Tensor, TensorData};
use nda_ast::{Body, Constant};
use nda_runtime::{Value, packed};
use nda_testkit::generate::Entropy;

/// The reference block's name: its matrices one after the other, and nothing else.
pub const BLOCK: &str = "block";

/// The digits network on its test images, and the reference block of four matrices on one vector.
///
/// # Errors
/// Where a file is missing or does not load.
pub fn subjects() -> Result<Vec<Subject>, String> {
    Ok(vec![examples::digits()?, block()?])
}

/// The reference block: 128x896, 128x128, 128x128 and 896x128 on a vector of 896.
///
/// # Errors
/// Where its file is missing or does not load.
pub fn block() -> Result<Subject, String> {
    let mut entropy = Entropy::new(896);
    let x = (0..896).map(|_| entropy.range(0, 1 << 16) as f32 / 32768.0 - 1.0).collect();
    from_text(BLOCK, &file("network/block.nda"), BLOCK, vec![vec![Value::Vec32(x)]], &mut Generated)
}

/// Weights from the name of a tensor: `ROWSxCOLUMNS/SEED`.
struct Generated;

impl Loader for Generated {
    fn load(&mut self, _: &str, tensor: &str) -> Result<Tensor, String> {
        let numbers: Option<Vec<usize>> = tensor.split(['x', '/']).map(|n| n.parse().ok()).collect();
        let [rows, cols, seed] = numbers.as_deref().unwrap_or_default() else {
            return Err(format!("`{tensor}` is not ROWSxCOLUMNS/SEED"));
        };
        let mut entropy = Entropy::new(*seed as u64);
        // About the inverse of the square root of a row: values keep their size from layer to layer.
        let weights = (0..rows * cols).map(|_| entropy.pick(&[-2.0, -1.0, 1.0, 2.0]) / 16.0).collect();
        Ok(Tensor { shape: vec![*rows, *cols], data: TensorData::F32(weights) })
    }
}

/// A matrix with its weights as floats, row by row.
#[derive(Clone, Debug)]
pub struct Dense {
    /// Rows: length of its results.
    pub rows: usize,
    /// Columns: length of its operands.
    pub cols: usize,
    /// `rows * cols` weights.
    pub weights: Vec<f32>,
}

/// The matrices of a program, in the order in which its entry point first uses them.
///
/// # Errors
/// Never for a valid program.
pub fn matrices(subject: &Subject) -> Result<Vec<Dense>, String> {
    let mut all = Vec::new();
    for object in subject.program.program().objects() {
        let Body::Constant(Constant::Matrix(m)) = object.body() else { continue };
        let packed = packed(m).map_err(|e| e.to_string())?;
        let (rows, cols) = (usize::from(m.rows), usize::from(m.cols));
        let weights = (0..rows * cols).map(|i| packed.weight(i / cols, i % cols)).collect();
        all.push(Dense { rows, cols, weights });
    }
    Ok(all)
}

/// The reference block with its input, for engines that have only products.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Its matrices, in order.
    pub layers: Vec<Dense>,
    /// Its input.
    pub input: Vec<f32>,
}

impl Chain {
    /// The block of a subject.
    ///
    /// # Errors
    /// Where the subject is another program.
    pub fn of(subject: &Subject) -> Result<Chain, String> {
        match subject.inputs.first().map(Vec::as_slice) {
            Some([Value::Vec32(input)]) if subject.name == BLOCK => {
                Ok(Chain { layers: matrices(subject)?, input: input.clone() })
            }
            _ => Err("only the block of matrices: a chain of products".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::native::Rust;
    use crate::tier::TierEngine;
    use nda_kernels::{Kernels, Level};
    use nda_runtime::{Link, Loaded, Run, RunLimits, RunState, Tier, Tier0};
    use std::sync::Arc;

    #[test]
    fn networks_have_the_same_bits_at_every_level() {
        for subject in subjects().expect("load") {
            let all = |level| {
                let kernels = Kernels::of_level(level).expect("supported");
                let mut pack = |tiled: &nda_kernels::matrix::Tiled, _, w: &nda_kernels::PackedRef<'_>| {
                    Some(Arc::new((tiled.pack)(w)))
                };
                let loaded = Loaded::prepared(subject.program.clone(), &Link::new(), kernels, &mut pack);
                let (loaded, limits) = (loaded.expect("binds"), RunLimits::default());
                let mut state = RunState::new();
                let mut run = |args: &[Value]| {
                    let run = Run { program: &loaded, entry: subject.entry, args, limits: &limits };
                    Tier0.run(run, &mut state).expect("runs")
                };
                subject.inputs.iter().map(|args| run(args)).collect::<Vec<_>>()
            };
            let scalar = all(Level::Scalar);
            assert!(scalar.iter().all(|outcome| outcome.result.is_ok()), "{}", subject.name);
            for level in Level::supported() {
                for (i, (outcome, want)) in all(level).iter().zip(&scalar).enumerate() {
                    assert!(outcome.same_bits(want), "{} {level} input {i}", subject.name);
                }
            }
        }
    }

    #[test]
    fn the_block_in_rust_gives_the_bits_of_the_language() {
        let subject = block().expect("loads");
        let shapes: Vec<_> = matrices(&subject).expect("valid").iter().map(|m| (m.rows, m.cols)).collect();
        assert_eq!(shapes, [(128, 896), (128, 128), (128, 128), (896, 128)]);
        let answer =
            |engine: &dyn Engine| engine.load(&subject).and_then(|mut ready| ready.answer(0)).expect("runs");
        let tier = answer(&TierEngine::new(Tier0));
        assert_eq!(answer(&Rust).differs(&tier, 0.0), None);
        let Ok([Value::Vec32(y)]) = tier.result.as_deref() else { panic!("{tier:?}") };
        assert!(y.iter().any(|y| y.abs() > 0.1) && y.iter().all(|y| y.abs() < 100.0), "{y:?}");
    }
}
