//! The reference block in plain Rust: weights unpacked to bytes, activations quantised as `docs/spec.md` says, loops that
//! LLVM may vectorise.

use crate::network::{BLOCK, Dense, matrices};
use crate::subject::Subject;
use nda_runtime::Value;

/// A matrix of weights of one byte each over a common scale.
struct Layer {
    cols: usize,
    weights: Vec<i8>,
    scale: f32,
}

impl Layer {
    fn new(dense: &Dense) -> Layer {
        // The codebook's numbers are 1 and 2: the least weight is 1 times the scale.
        let scale = dense.weights.iter().fold(f32::INFINITY, |least, w| least.min(w.abs()));
        let weights = dense.weights.iter().map(|w| (w / scale) as i8).collect();
        Layer { cols: dense.cols, weights, scale }
    }

    fn gemv(&self, x: &[f32]) -> Vec<f32> {
        let greatest = x.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
        let inverse = 127.0 / greatest;
        let quantised: Vec<i8> = x.iter().map(|x| (x * inverse).round_ties_even() as i8).collect();
        let scale = greatest / 127.0 * self.scale;
        let dot = |row: &[i8]| -> i32 {
            row.iter().zip(&quantised).map(|(w, q)| i32::from(*w) * i32::from(*q)).sum()
        };
        self.weights.chunks_exact(self.cols).map(|row| dot(row) as f32 * scale).collect()
    }
}

/// The block with its input, ready to run.
pub struct Block {
    layers: Vec<Layer>,
    input: Vec<f32>,
}

impl Block {
    /// The subject's block; none where the subject is another program.
    pub fn of(subject: &Subject) -> Option<Block> {
        if subject.name != BLOCK {
            return None;
        }
        let [Value::Vec32(input)] = subject.inputs.first()?.as_slice() else { return None };
        let layers = matrices(subject).ok()?.iter().map(Layer::new).collect();
        Some(Block { layers, input: input.clone() })
    }

    pub fn run(&self) -> Vec<f32> {
        self.layers.iter().fold(self.input.clone(), |x, layer| layer.gemv(&x))
    }
}
