//! The crate `faer` on f32 matrices, one thread.

use super::ReadyChain;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use nda_benches::engine::{Engine, Ready};
use nda_benches::network::Chain;
use nda_benches::subject::Subject;

/// f32 weights, row by row as the transpose of a matrix by columns.
pub struct Faer;

impl Engine for Faer {
    fn name(&self) -> &str {
        "faer"
    }

    fn timed(&self) -> &str {
        "run: the chain of products of f32, vectors kept"
    }

    fn tolerance(&self) -> f32 {
        0.05
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let Chain { layers, input } = Chain::of(subject)?;
        let transposed =
            |l: &nda_benches::network::Dense| Mat::from_fn(l.cols, l.rows, |j, i| l.weights[i * l.cols + j]);
        let weights: Vec<Mat<f32>> = layers.iter().map(transposed).collect();
        let mut vectors = vec![Mat::from_fn(input.len(), 1, |i, _| input[i])];
        vectors.extend(layers.iter().map(|layer| Mat::zeros(layer.rows, 1)));
        let run = move || {
            for (i, weights) in weights.iter().enumerate() {
                let (before, after) = vectors.split_at_mut(i + 1);
                matmul(&mut after[0], Accum::Replace, weights.transpose(), &before[i], 1.0, Par::Seq);
            }
            let last = vectors.last().map(|y| (0..y.nrows()).map(|i| y[(i, 0)]).collect());
            Ok(last.unwrap_or_default())
        };
        Ok(Box::new(ReadyChain(run)))
    }
}
