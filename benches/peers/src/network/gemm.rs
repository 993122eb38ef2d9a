//! The crate `gemm` on f32 matrices, one thread.

use super::ReadyChain;
use nda_benches::engine::{Engine, Ready};
use nda_benches::network::{Chain, Dense};
use nda_benches::subject::Subject;

/// f32 weights, one thread: what candle's f32 products call, without candle.
pub struct Gemm;

impl Engine for Gemm {
    fn name(&self) -> &str {
        "gemm"
    }

    fn timed(&self) -> &str {
        "run: the chain of products of f32, vectors kept"
    }

    fn tolerance(&self) -> f32 {
        0.05
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let Chain { layers, input } = Chain::of(subject)?;
        let mut vectors: Vec<Vec<f32>> = layers.iter().map(|layer| vec![0.0; layer.rows]).collect();
        let run = move || {
            for (i, layer) in layers.iter().enumerate() {
                let (before, after) = vectors.split_at_mut(i);
                product(layer, before.last().unwrap_or(&input), &mut after[0]);
            }
            Ok(vectors.last().cloned().unwrap_or_default())
        };
        Ok(Box::new(ReadyChain(run)))
    }
}

/// `y = W x`.
///
/// # Panics
/// Where the lengths do not fit.
#[expect(unsafe_code, reason = "the crate has no safe interface; lengths are checked here")]
fn product(layer: &Dense, x: &[f32], y: &mut [f32]) {
    let (rows, cols) = (layer.rows, layer.cols);
    assert!(layer.weights.len() == rows * cols && x.len() == cols && y.len() == rows);
    let stride = cols as isize;
    // SAFETY: the three matrices are rows x 1, rows x cols and cols x 1 with these strides, and have just been found to be of
    // that many elements; `y` is borrowed alone.
    unsafe {
        gemm::gemm(
            rows,
            1,
            cols,
            y.as_mut_ptr(),
            rows as isize,
            1,
            false,
            layer.weights.as_ptr(),
            1,
            stride,
            x.as_ptr(),
            stride,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
