//! candle on the CPU: quantised matrices in two of its formats, and f32.

use super::ReadyChain;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};
use nda_benches::engine::{Engine, Ready};
use nda_benches::network::{Chain, Dense};
use nda_benches::subject::Subject;

/// One row for each format.
#[must_use]
pub fn engines() -> Vec<Box<dyn Engine>> {
    vec![
        Box::new(Candle { name: "candle-q2k", format: Some(GgmlDType::Q2K), tolerance: 0.5 }),
        Box::new(Candle { name: "candle-q4", format: Some(GgmlDType::Q4_0), tolerance: 0.25 }),
        Box::new(Candle { name: "candle-f32", format: None, tolerance: 0.05 }),
    ]
}

/// candle with weights in one format. What is quantised to a format of candle's own is rounded again; the tolerance says how
/// far its answers may lie from the block's.
struct Candle {
    name: &'static str,
    format: Option<GgmlDType>,
    tolerance: f32,
}

impl Engine for Candle {
    fn name(&self) -> &str {
        self.name
    }

    fn timed(&self) -> &str {
        "run: a tensor from the vector, the chain of products, the vector out of the last tensor; on candle's own threads"
    }

    fn tolerance(&self) -> f32 {
        self.tolerance
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> std::result::Result<Box<dyn Ready + 'a>, String> {
        let Chain { layers, input } = Chain::of(subject)?;
        let chain = layers.iter().map(|layer| Layer::new(layer, self.format)).collect::<Result<Vec<_>>>();
        let chain = chain.map_err(|e| e.to_string())?;
        Ok(Box::new(ReadyChain(move || run(&chain, &input).map_err(|e| e.to_string()))))
    }
}

enum Weights {
    Quantised(QMatMul),
    /// Columns by rows, as a vector from the left takes them.
    Float(Tensor),
}

struct Layer {
    weights: Weights,
    rows: usize,
    /// Columns with the zeros that the format's blocks need.
    cols: usize,
}

impl Layer {
    fn new(dense: &Dense, format: Option<GgmlDType>) -> Result<Layer> {
        let (rows, cpu) = (dense.rows, Device::Cpu);
        let Some(format) = format else {
            let weights = Tensor::from_slice(&dense.weights, (rows, dense.cols), &cpu)?.t()?;
            return Ok(Layer { weights: Weights::Float(weights), rows, cols: dense.cols });
        };
        let cols = dense.cols.next_multiple_of(format.block_size());
        let mut padded = Vec::with_capacity(rows * cols);
        for row in dense.weights.chunks_exact(dense.cols) {
            padded.extend_from_slice(row);
            padded.resize(padded.len().next_multiple_of(cols), 0.0);
        }
        let weights = QTensor::quantize(&Tensor::from_vec(padded, (rows, cols), &cpu)?, format)?;
        Ok(Layer { weights: Weights::Quantised(QMatMul::from_qtensor(weights)?), rows, cols })
    }
}

fn run(chain: &[Layer], input: &[f32]) -> Result<Vec<f32>> {
    let mut x = Tensor::from_slice(input, (1, input.len()), &Device::Cpu)?;
    for layer in chain {
        let len = x.dim(1)?;
        if len < layer.cols {
            x = x.pad_with_zeros(1, 0, layer.cols - len)?;
        }
        x = match &layer.weights {
            Weights::Quantised(weights) => weights.forward(&x)?,
            Weights::Float(weights) => x.matmul(weights)?,
        };
        debug_assert_eq!(x.dim(1)?, layer.rows);
    }
    x.flatten_all()?.to_vec1()
}
