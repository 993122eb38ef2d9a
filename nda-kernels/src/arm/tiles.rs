//! Tiles with Advanced SIMD: four rows in a register, codes to values by `tbl`.

use crate::matrix::{HALF_BYTES, Quantised, TILE_ROWS, Tile, Tiles, code_values};
use std::arch::aarch64::*;

/// Codes to values.
#[derive(Clone, Copy)]
struct Decoder {
    low: uint8x16_t,
    high: uint8x16_t,
}

impl Decoder {
    #[target_feature(enable = "neon")]
    fn new(w: &Tiles) -> Self {
        let [low, high] = HALF_BYTES.of(w.codebook());
        // SAFETY: a table is 16 bytes.
        let load = |table: &[u8; 16]| unsafe { vld1q_u8(table.as_ptr()) };
        Self { low: load(low), high: load(high) }
    }

    /// The values of the four codes of each byte of four rows, 0 to 4.
    #[target_feature(enable = "neon")]
    fn decode(self, codes: uint8x16_t) -> [int8x16_t; 4] {
        let low = vandq_u8(codes, vdupq_n_u8(0x0f));
        let high = vshrq_n_u8::<4>(codes);
        let value = |table, index| vreinterpretq_s8_u8(vqtbl1q_u8(table, index));
        [value(self.low, low), value(self.high, low), value(self.low, high), value(self.high, high)]
    }
}

/// Rows of a tile that a register holds, as bytes.
#[target_feature(enable = "neon")]
fn load(tile: &Tile, quarter: usize) -> uint8x16_t {
    let lanes = &tile.0[4 * quarter..4 * quarter + 4];
    // SAFETY: `lanes` are 16 bytes.
    vreinterpretq_u8_u32(unsafe { vld1q_u32(lanes.as_ptr()) })
}

/// Results of up to 16 rows from the sums of their values.
#[target_feature(enable = "neon")]
fn store(w: &Tiles, quantised: Quantised, sums: [int32x4_t; 4], y: &mut [f32]) {
    let (_, offset) = code_values(w.codebook());
    let offset = vdupq_n_s32(offset * quantised.sum);
    let factor = vdupq_n_f32(quantised.step * w.factor());
    let mut results = [0.0; TILE_ROWS];
    for (sums, results) in sums.into_iter().zip(results.as_chunks_mut::<4>().0) {
        let result = vmulq_f32(vcvtq_f32_s32(vsubq_s32(sums, offset)), factor);
        // SAFETY: `results` are four floats.
        unsafe { vst1q_f32(results.as_mut_ptr(), result) };
    }
    y.copy_from_slice(&results[..y.len()]);
}

/// The products, for one way to multiply: functions `gemv` and `gemm`, from a type `Sum` of four rows' sums.
macro_rules! products {
    ($features:literal) => {
        use super::{Decoder, load, store};
        use crate::matrix::{
            Quantised, TILE_COLS, TILE_ROWS, Tile, Tiles, activation_bytes, checked_batch, checked_blocks,
        };
        use std::arch::aarch64::*;
        use std::ops::Range;

        /// The rows of some blocks times one vector.
        #[target_feature(enable = $features)]
        pub fn gemv(w: &Tiles, rows: Range<usize>, q: &[i8], quantised: Quantised, y: &mut [f32]) {
            let blocks = checked_blocks(w, &rows, q, y.len());
            let (q, decoder) = (q.as_chunks::<TILE_COLS>().0, Decoder::new(w));
            for (block, y) in blocks.zip(y.chunks_mut(TILE_ROWS)) {
                let mut sums = [Sum::new(); 4];
                for (tile, q) in w.block(block).iter().zip(q) {
                    let q = activations(q);
                    for (quarter, sum) in sums.iter_mut().enumerate() {
                        sum.add(decoder.decode(load(tile, quarter)), q);
                    }
                }
                let [a, b, c, d] = sums;
                store(w, quantised, [a.total(), b.total(), c.total(), d.total()], y);
            }
        }

        /// Inputs that share one decoding.
        const INPUTS: usize = 8;

        /// The rows of some blocks times several vectors.
        #[target_feature(enable = $features)]
        pub fn gemm(
            w: &Tiles,
            rows: Range<usize>,
            q: &[i8],
            quantised: &[Quantised],
            y: &mut [f32],
            distance: usize,
        ) {
            let blocks = checked_batch(w, &rows, (q, quantised.len()), (y.len(), distance));
            let decoder = Decoder::new(w);
            let (filled, count) = (activation_bytes(w.cols()), rows.len());
            let some = q
                .chunks(INPUTS * filled)
                .zip(quantised.chunks(INPUTS))
                .zip(y.chunks_mut((INPUTS * distance).max(1)));
            for ((q, quantised), y) in some {
                // Where there are fewer inputs, the first one is computed again and not stored.
                let mut inputs = [q[..filled].as_chunks::<TILE_COLS>().0; INPUTS];
                for (input, q) in inputs.iter_mut().zip(q.chunks_exact(filled)) {
                    *input = q.as_chunks().0;
                }
                for (at, block) in blocks.clone().enumerate() {
                    let (start, end) = (at * TILE_ROWS, count.min((at + 1) * TILE_ROWS));
                    let mut sums = [[vdupq_n_s32(0); 4]; INPUTS];
                    for quarter in 0..4 {
                        let four = four_rows(w.block(block), quarter, inputs, decoder);
                        for (sums, four) in sums.iter_mut().zip(four) {
                            sums[quarter] = four;
                        }
                    }
                    for ((quantised, y), sums) in quantised.iter().zip(y.chunks_mut(distance)).zip(sums) {
                        store(w, *quantised, sums, &mut y[start..end]);
                    }
                }
            }
        }

        /// The sums of four rows, for each input.
        #[target_feature(enable = $features)]
        fn four_rows(
            tiles: &[Tile],
            quarter: usize,
            inputs: [&[[i8; TILE_COLS]]; INPUTS],
            decoder: Decoder,
        ) -> [int32x4_t; INPUTS] {
            let mut sums = [Sum::new(); INPUTS];
            for (at, tile) in tiles.iter().enumerate() {
                let values = decoder.decode(load(tile, quarter));
                for (sum, q) in sums.iter_mut().zip(inputs) {
                    sum.add(values, activations(&q[at]));
                }
            }
            let mut totals = [vdupq_n_s32(0); INPUTS];
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total = sum.total();
            }
            totals
        }

        #[target_feature(enable = "neon")]
        fn activations(q: &[i8; TILE_COLS]) -> int8x16_t {
            // SAFETY: they are 16 bytes.
            unsafe { vld1q_s8(q.as_ptr()) }
        }
    };
}

/// By products of bytes to 16 bits.
pub mod plain {
    products!("neon");

    /// The sums of four rows, two parts of each.
    #[derive(Clone, Copy)]
    struct Sum {
        first: int32x4_t,
        last: int32x4_t,
    }

    impl Sum {
        #[target_feature(enable = "neon")]
        fn new() -> Self {
            Self { first: vdupq_n_s32(0), last: vdupq_n_s32(0) }
        }

        /// Four products are at most 4 * 4 * 127 in magnitude, which 16 bits hold.
        #[target_feature(enable = "neon")]
        fn add(&mut self, values: [int8x16_t; 4], q: int8x16_t) {
            let words = vreinterpretq_s32_s8(q);
            let q = [
                vreinterpretq_s8_s32(vdupq_laneq_s32::<0>(words)),
                vreinterpretq_s8_s32(vdupq_laneq_s32::<1>(words)),
                vreinterpretq_s8_s32(vdupq_laneq_s32::<2>(words)),
                vreinterpretq_s8_s32(vdupq_laneq_s32::<3>(words)),
            ];
            let mut first = vmull_s8(vget_low_s8(values[0]), vget_low_s8(q[0]));
            let mut last = vmull_high_s8(values[0], q[0]);
            for k in 1..4 {
                first = vmlal_s8(first, vget_low_s8(values[k]), vget_low_s8(q[k]));
                last = vmlal_high_s8(last, values[k], q[k]);
            }
            self.first = vpadalq_s16(self.first, first);
            self.last = vpadalq_s16(self.last, last);
        }

        #[target_feature(enable = "neon")]
        fn total(self) -> int32x4_t {
            vpaddq_s32(self.first, self.last)
        }
    }
}

/// By the dot product of bytes.
pub mod dotprod {
    products!("neon,dotprod");
    use std::arch::asm;

    /// The sums of four rows.
    #[derive(Clone, Copy)]
    struct Sum(int32x4_t);

    impl Sum {
        #[target_feature(enable = "neon,dotprod")]
        fn new() -> Self {
            Self(vdupq_n_s32(0))
        }

        /// Written in assembly because its intrinsic is not stable.
        #[target_feature(enable = "neon,dotprod")]
        fn add(&mut self, values: [int8x16_t; 4], q: int8x16_t) {
            let [a, b, c, d] = values;
            // SAFETY: the instructions only read and write these registers, and this function enables `dotprod`.
            unsafe {
                asm!(
                    "sdot {sum:v}.4s, {a:v}.16b, {q:v}.4b[0]",
                    "sdot {sum:v}.4s, {b:v}.16b, {q:v}.4b[1]",
                    "sdot {sum:v}.4s, {c:v}.16b, {q:v}.4b[2]",
                    "sdot {sum:v}.4s, {d:v}.16b, {q:v}.4b[3]",
                    sum = inout(vreg) self.0,
                    a = in(vreg) a,
                    b = in(vreg) b,
                    c = in(vreg) c,
                    d = in(vreg) d,
                    q = in(vreg) q,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
        }

        #[target_feature(enable = "neon")]
        fn total(self) -> int32x4_t {
            self.0
        }
    }
}
