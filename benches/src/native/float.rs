//! The reference block without 2-bit kernels: in f32 as one writes it down, and by a table of products of bytes.

use crate::engine::{Answer, Engine, Ready};
use crate::network::{Chain, Dense};
use crate::subject::Subject;
use nda_runtime::Value;
use std::hint::black_box;

/// Plain f32: a sum over each row, in order, which no compiler may reorder.
pub struct Float;

impl Engine for Float {
    fn name(&self) -> &str {
        "rust-f32"
    }

    fn timed(&self) -> &str {
        "run: f32 weights, a sum over each row in order; vectors kept"
    }

    fn tolerance(&self) -> f32 {
        0.05
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let Chain { layers, input } = Chain::of(subject)?;
        let product = |layer: &Dense, x: &[f32], y: &mut Vec<f32>| {
            y.extend(
                layer
                    .weights
                    .chunks_exact(layer.cols)
                    .map(|row| row.iter().zip(x).fold(0.0_f32, |sum, (w, x)| sum + w * x)),
            );
        };
        Ok(Box::new(Layers { layers, input, vectors: [Vec::new(), Vec::new()], product }))
    }
}

/// Weights and activations of 2 bits, four to a byte; a table has the sum of the four products of any two bytes. What it answers
/// is far from the f32 network (a cosine of 0.74), and is not held to it.
pub struct Lookup;

impl Engine for Lookup {
    fn name(&self) -> &str {
        "lookup-2bit"
    }

    fn timed(&self) -> &str {
        "run: activations rounded to 2 bits too, a table of 65536 sums, row by row; vectors kept"
    }

    fn tolerance(&self) -> f32 {
        f32::INFINITY
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let Chain { layers, input } = Chain::of(subject)?;
        let mut layers: Vec<Bytes> = layers.iter().map(Bytes::of).collect();
        let table = sums();
        let (mut codes, mut x) = (Vec::new(), Vec::new());
        let run = move || {
            x.clear();
            x.extend_from_slice(&input);
            for layer in &mut layers {
                let scale = pack(&x, &mut codes) * layer.scale;
                x.clear();
                x.extend(layer.rows.chunks_exact(codes.len()).map(|row| {
                    let products =
                        row.iter().zip(&codes).map(|(w, q)| table[usize::from(*w)][usize::from(*q)]);
                    products.map(i32::from).sum::<i32>() as f32 * scale
                }));
            }
            x.clone()
        };
        Ok(Box::new(Closure(run)))
    }
}

/// What two bits stand for.
const VALUES: [i16; 4] = [-2, -1, 1, 2];

/// Rows of bytes, four weights each.
struct Bytes {
    rows: Vec<u8>,
    scale: f32,
}

impl Bytes {
    fn of(dense: &Dense) -> Bytes {
        let mut rows = Vec::new();
        let mut codes = Vec::new();
        let mut scale = 0.0;
        for row in dense.weights.chunks_exact(dense.cols) {
            scale = pack(row, &mut codes);
            rows.extend_from_slice(&codes);
        }
        Bytes { rows, scale }
    }
}

/// Rounds to 2 bits, four to a byte: sign, and whether above half of the greatest magnitude. Gives what 1 stands for.
fn pack(x: &[f32], codes: &mut Vec<u8>) -> f32 {
    let greatest = x.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
    codes.clear();
    codes.extend(x.chunks(4).map(|four| {
        four.iter().enumerate().fold(0, |byte, (i, x)| {
            let large = x.abs() > greatest / 2.0;
            let code = match (*x < 0.0, large) {
                (true, true) => 0,
                (true, false) => 1,
                (false, false) => 2,
                (false, true) => 3,
            };
            byte | code << (2 * i)
        })
    }));
    greatest / 2.0
}

/// The sum of the four products of any two bytes.
fn sums() -> Vec<[i16; 256]> {
    let sum = |a: usize, b: usize| (0..4).map(|i| VALUES[a >> (2 * i) & 3] * VALUES[b >> (2 * i) & 3]).sum();
    (0..256).map(|a| std::array::from_fn(|b| sum(a, b))).collect()
}

struct Layers<P> {
    layers: Vec<Dense>,
    input: Vec<f32>,
    vectors: [Vec<f32>; 2],
    product: P,
}

impl<P: Fn(&Dense, &[f32], &mut Vec<f32>)> Layers<P> {
    fn run(&mut self) -> &[f32] {
        let [x, y] = &mut self.vectors;
        x.clear();
        x.extend_from_slice(&self.input);
        for layer in &self.layers {
            y.clear();
            (self.product)(layer, x, y);
            std::mem::swap(x, y);
        }
        x
    }
}

impl<P: Fn(&Dense, &[f32], &mut Vec<f32>)> Ready for Layers<P> {
    fn answer(&mut self, _: usize) -> Result<Answer, String> {
        let result = Ok(vec![Value::Vec32(self.run().to_vec())]);
        Ok(Answer { result, log: Vec::new(), executed_nodes: None })
    }

    fn run_all(&mut self) {
        black_box(self.run());
    }
}

struct Closure<F>(F);

impl<F: FnMut() -> Vec<f32>> Ready for Closure<F> {
    fn answer(&mut self, _: usize) -> Result<Answer, String> {
        let result = Ok(vec![Value::Vec32((self.0)())]);
        Ok(Answer { result, log: Vec::new(), executed_nodes: None })
    }

    fn run_all(&mut self) {
        black_box((self.0)());
    }
}
