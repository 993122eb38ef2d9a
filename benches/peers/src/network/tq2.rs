//! 2-bit weights in blocks as llama.cpp's TQ2_0 has them, written afresh: 256 weights in 64 bytes, row by row, with a scale for each
//! block; a byte holds four weights that lie 32 apart. Activations in blocks of 256 as its Q8_K: int8, a scale, no zero point.
//!
//! Its weights are 0, 1 and 2 less one. Here all four codes are used: a value is `VALUES` of its code, so that the block's weights fit, by the
//! shuffle that any such format needs.

use super::ReadyChain;
use nda_benches::engine::{Engine, Ready};
use nda_benches::network::{Chain, Dense};
use nda_benches::subject::Subject;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Weights and activations of a block.
const BLOCK: usize = 256;

/// What a code stands for, 2 more.
const VALUES: [u8; 4] = [0, 1, 3, 4];

/// The format with AVX2, one thread.
pub struct Tq2;

struct Weights {
    codes: [u8; BLOCK / 4],
    scale: f32,
}

struct Activations {
    q: [i8; BLOCK],
    sum: i32,
    scale: f32,
}

struct Layer {
    rows: usize,
    /// Blocks of a row.
    across: usize,
    blocks: Vec<Weights>,
}

impl Engine for Tq2 {
    fn name(&self) -> &str {
        "tq2-blocks"
    }

    fn timed(&self) -> &str {
        "run: activations to int8 by blocks, products row by row with AVX2; vectors kept"
    }

    fn tolerance(&self) -> f32 {
        0.05
    }

    fn load<'a>(&'a self, subject: &'a Subject) -> Result<Box<dyn Ready + 'a>, String> {
        let Chain { layers, input } = Chain::of(subject)?;
        if !has_avx2() {
            return Err("no AVX2".into());
        }
        let layers: Vec<Layer> = layers.iter().map(Layer::new).collect();
        let (mut x, mut activations) = (Vec::new(), Vec::new());
        let run = move || {
            x.clear();
            x.extend_from_slice(&input);
            for layer in &layers {
                activations.clear();
                activations.extend(x.chunks(BLOCK).map(quantise));
                x.clear();
                x.extend((0..layer.rows).map(|row| layer.row(row, &activations)));
            }
            Ok(x.clone())
        };
        Ok(Box::new(ReadyChain(run)))
    }
}

impl Layer {
    fn new(dense: &Dense) -> Layer {
        let across = dense.cols.div_ceil(BLOCK);
        let rows = dense.weights.chunks_exact(dense.cols);
        let blocks = rows.flat_map(|row| row.chunks(BLOCK).map(Weights::new)).collect();
        Layer { rows: dense.rows, across, blocks }
    }

    fn row(&self, row: usize, activations: &[Activations]) -> f32 {
        let blocks = &self.blocks[row * self.across..(row + 1) * self.across];
        let products = blocks
            .iter()
            .zip(activations)
            .map(|(w, x)| (dot(&w.codes, &x.q) - 2 * x.sum) as f32 * (w.scale * x.scale));
        products.sum()
    }
}

impl Weights {
    fn new(weights: &[f32]) -> Weights {
        // All magnitudes are the scale or twice it.
        let scale = weights.iter().fold(f32::INFINITY, |least, w| least.min(w.abs()));
        let mut codes = [0; BLOCK / 4];
        for (i, w) in weights.iter().enumerate() {
            let value = (w / scale) as i32 + 2;
            let code = VALUES.iter().position(|v| i32::from(*v) == value).unwrap_or(0) as u8;
            codes[i / 128 * 32 + i % 32] |= code << (2 * (i % 128 / 32));
        }
        Weights { codes, scale }
    }
}

fn quantise(x: &[f32]) -> Activations {
    let greatest = x.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
    let inverse = if greatest > 0.0 { 127.0 / greatest } else { 0.0 };
    let mut q = [0; BLOCK];
    for (q, x) in q.iter_mut().zip(x) {
        *q = (x * inverse).round_ties_even() as i8;
    }
    Activations { q, sum: q.iter().map(|q| i32::from(*q)).sum(), scale: greatest / 127.0 }
}

fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn dot(_: &[u8; BLOCK / 4], _: &[i8; BLOCK]) -> i32 {
    unreachable!("no layer was made without AVX2")
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "AVX2 has no safe interface")]
fn dot(codes: &[u8; BLOCK / 4], q: &[i8; BLOCK]) -> i32 {
    // SAFETY: layers are made only where there is AVX2.
    unsafe { dot_avx2(codes, q) }
}

/// The sum of values times activations.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "loads and stores of registers")]
#[target_feature(enable = "avx2")]
fn dot_avx2(codes: &[u8; BLOCK / 4], q: &[i8; BLOCK]) -> i32 {
    let [a, b, c, d] = VALUES.map(|v| v as i8);
    let table = _mm256_broadcastsi128_si256(_mm_setr_epi8(a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d));
    let mask = _mm256_set1_epi8(3);
    let mut sums = _mm256_setzero_si256();
    for (half, q) in codes.chunks_exact(32).zip(q.chunks_exact(128)) {
        // SAFETY: `half` is 32 bytes.
        let packed = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        let shifted = [
            packed,
            _mm256_srli_epi16::<2>(packed),
            _mm256_srli_epi16::<4>(packed),
            _mm256_srli_epi16::<6>(packed),
        ];
        let mut pairs = _mm256_setzero_si256();
        for (codes, q) in shifted.into_iter().zip(q.chunks_exact(32)) {
            let values = _mm256_shuffle_epi8(table, _mm256_and_si256(codes, mask));
            // SAFETY: `q` is 32 bytes.
            let q = unsafe { _mm256_loadu_si256(q.as_ptr().cast()) };
            // Four pairs of at most 2 * 4 * 127 fit 16 bits.
            pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(values, q));
        }
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    let mut lanes = [0; 8];
    // SAFETY: `lanes` are 32 bytes.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), sums) };
    lanes.iter().sum()
}
