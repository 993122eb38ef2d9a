//! Tiles with AVX-512: a tile in a register, products by `vpdpbusd`, codes to values by `vpshufb` or, with VBMI, `vpermb`.

use crate::matrix::{
    NonFinite, Quantised, TILE_ROWS, Tile, Tiles, activation_bytes, code_values, non_finite,
};
use std::arch::x86_64::*;

/// Quantises activations into the order of tiles.
///
/// # Errors
/// [`NonFinite`].
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
pub fn quantise(x: &[f32], q: &mut [i8]) -> Result<Quantised, NonFinite> {
    assert_eq!(activation_bytes(x.len()), q.len(), "quantise: as much room as activations, filled up");
    let a = f32::from_bits(greatest_magnitude(x));
    if !a.is_finite() {
        return Err(non_finite(x));
    }
    let inv = 127.0 / a;
    if inv.is_infinite() {
        q.fill(0);
        return Ok(Quantised { step: 0.0, sum: 0 });
    }
    let inv = _mm512_set1_ps(inv);
    let mut sums = _mm512_setzero_si512();
    let (whole, rest) = x.as_chunks::<64>();
    let (places, last) = q.as_chunks_mut::<64>().0.split_at_mut(whole.len());
    for (x, q) in whole.iter().zip(places) {
        // SAFETY: `x` are four times 16 floats.
        let q64 = quantise64(|i| unsafe { _mm512_loadu_ps(x.as_ptr().add(16 * i)) }, inv);
        sums = _mm512_dpbusd_epi32(sums, _mm512_set1_epi8(1), q64);
        // SAFETY: `q` is 64 bytes.
        unsafe { _mm512_storeu_si512(q.as_mut_ptr().cast(), q64) };
    }
    for q in last {
        let q64 = quantise64(|i| load_some(rest.get(16 * i..).unwrap_or_default()), inv);
        sums = _mm512_dpbusd_epi32(sums, _mm512_set1_epi8(1), q64);
        // SAFETY: `q` is 64 bytes.
        unsafe { _mm512_storeu_si512(q.as_mut_ptr().cast(), q64) };
    }
    Ok(Quantised { step: a / 127.0, sum: _mm512_reduce_add_epi32(sums) })
}

/// The first 16 floats, or as many as there are and zeros.
#[target_feature(enable = "avx512f")]
fn load_some(x: &[f32]) -> __m512 {
    let mask = if x.len() < 16 { (1 << x.len()) - 1 } else { u16::MAX };
    // SAFETY: the mask has a bit only for what lies within `x`.
    unsafe { _mm512_maskz_loadu_ps(mask, x.as_ptr()) }
}

/// The bits of the greatest magnitude: without their sign bit floats order as integers do, infinity and the NaNs on top.
#[target_feature(enable = "avx512f")]
fn greatest_magnitude(x: &[f32]) -> u32 {
    let mut greatest = [_mm512_setzero_si512(); 4];
    let magnitude = _mm512_set1_epi32(0x7fff_ffff);
    let (whole, rest) = x.as_chunks::<64>();
    for x in whole {
        for (i, greatest) in greatest.iter_mut().enumerate() {
            // SAFETY: `x` are four times 16 floats.
            let bits = unsafe { _mm512_loadu_si512(x.as_ptr().add(16 * i).cast()) };
            *greatest = _mm512_max_epu32(*greatest, _mm512_and_si512(bits, magnitude));
        }
    }
    for (greatest, rest) in greatest.iter_mut().zip(rest.chunks(16)) {
        let bits = _mm512_castps_si512(load_some(rest));
        *greatest = _mm512_max_epu32(*greatest, _mm512_and_si512(bits, magnitude));
    }
    let [a, b, c, d] = greatest;
    _mm512_reduce_max_epu32(_mm512_max_epu32(_mm512_max_epu32(a, b), _mm512_max_epu32(c, d)))
}

/// 64 activations, given 16 by 16, as integers in the order of tiles.
#[target_feature(enable = "avx512f,avx512bw")]
fn quantise64(x: impl Fn(usize) -> __m512, inv: __m512) -> __m512i {
    // Rounds to nearest, ties to even, as adding 1.5 * 2^23 does.
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| _mm512_cvtps_epi32(_mm512_mul_ps(x(i), inv)));
    // Words of four neighbours; a quarter holds one word of each of the four tiles.
    let words = _mm512_packs_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
    let by_tile = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let transposed = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_shuffle_epi8(_mm512_permutexvar_epi32(by_tile, words), _mm512_broadcast_i32x4(transposed))
}

/// From sums of values to results.
#[derive(Clone, Copy)]
struct Scale {
    /// What the values of the codes have too much.
    offset: __m512i,
    factor: __m512,
}

impl Scale {
    #[target_feature(enable = "avx512f")]
    fn new(w: &Tiles, quantised: Quantised) -> Self {
        let (_, offset) = code_values(w.codebook());
        Self {
            offset: _mm512_set1_epi32(offset * quantised.sum),
            factor: _mm512_set1_ps(quantised.step * w.factor()),
        }
    }

    /// Up to 16 results.
    #[target_feature(enable = "avx512f")]
    fn store(self, sums: __m512i, y: &mut [f32]) {
        let exact = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums, self.offset));
        let mask = if y.len() < TILE_ROWS { (1 << y.len()) - 1 } else { u16::MAX };
        // SAFETY: the mask has a bit only for what lies within `y`.
        unsafe { _mm512_mask_storeu_ps(y.as_mut_ptr(), mask, _mm512_mul_ps(exact, self.factor)) };
    }
}

#[target_feature(enable = "avx512f")]
fn load(tile: &Tile) -> __m512i {
    // SAFETY: a tile is 64 bytes, aligned.
    unsafe { _mm512_load_si512(tile.0.as_ptr().cast()) }
}

/// The products, for one way to decode: a module with the functions `gemv` and `gemm`.
macro_rules! products {
    ($features:literal) => {
        use super::super::{is_far, prefetch};
        use super::{Scale, load};
        use crate::matrix::{
            Quantised, TILE_COLS, TILE_ROWS, Tile, Tiles, activation_bytes, checked_batch, checked_blocks,
        };
        use std::arch::x86_64::*;
        use std::ops::Range;

        /// Blocks of 16 rows that are summed at once: two give the processor eight independent sums.
        const BLOCKS: usize = 2;

        /// The rows of some blocks times one vector.
        #[target_feature(enable = $features)]
        pub fn gemv(w: &Tiles, rows: Range<usize>, q: &[i8], quantised: Quantised, y: &mut [f32]) {
            let mut blocks = checked_blocks(w, &rows, q, y.len());
            let (q, decoder) = (q.as_chunks::<TILE_COLS>().0, Decoder::new(w));
            let scale = Scale::new(w, quantised);
            let mut y = y.chunks_mut(TILE_ROWS);
            let far = is_far(w);
            while blocks.len() >= BLOCKS {
                let tiles = [w.block(blocks.start), w.block(blocks.start + 1)];
                let sums = if far {
                    sums::<BLOCKS, true>(tiles, q, decoder)
                } else {
                    sums::<BLOCKS, false>(tiles, q, decoder)
                };
                for (sums, y) in sums.into_iter().zip(&mut y) {
                    scale.store(sums, y);
                }
                blocks.start += BLOCKS;
            }
            for (block, y) in blocks.zip(y) {
                let [sums] = sums::<1, false>([w.block(block)], q, decoder);
                scale.store(sums, y);
            }
        }

        /// The sums of some blocks of 16 rows.
        #[target_feature(enable = $features)]
        fn sums<const N: usize, const FAR: bool>(
            blocks: [&[Tile]; N],
            q: &[[i8; TILE_COLS]],
            decoder: Decoder,
        ) -> [__m512i; N] {
            let q = &q[..blocks[0].len()];
            let mut tiles = [&[][..]; N];
            for (tiles, block) in tiles.iter_mut().zip(blocks) {
                *tiles = &block[..q.len()];
            }
            let mut sums = [[_mm512_setzero_si512(); 4]; N];
            for (at, q) in q.iter().enumerate() {
                let q = [four(q, 0), four(q, 1), four(q, 2), four(q, 3)];
                for (sums, tiles) in sums.iter_mut().zip(tiles) {
                    if FAR {
                        prefetch(tiles, at);
                    }
                    let values = decoder.decode(load(&tiles[at]));
                    for k in 0..4 {
                        sums[k] = _mm512_dpbusd_epi32(sums[k], values[k], q[k]);
                    }
                }
            }
            let mut total = [_mm512_setzero_si512(); N];
            for (total, [a, b, c, d]) in total.iter_mut().zip(sums) {
                *total = _mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d));
            }
            total
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
                let scales = quantised.iter().map(|quantised| Scale::new(w, *quantised));
                let mut put = |at: usize, sums: [__m512i; INPUTS]| {
                    let (start, end) = (at * TILE_ROWS, count.min((at + 1) * TILE_ROWS));
                    for ((scale, y), sums) in scales.clone().zip(y.chunks_mut(distance)).zip(sums) {
                        scale.store(sums, &mut y[start..end]);
                    }
                };
                let (mut at, mut blocks) = (0, blocks.clone());
                while blocks.len() >= BLOCKS {
                    let tiles = [w.block(blocks.start), w.block(blocks.start + 1)];
                    for sums in sums_of_inputs::<BLOCKS>(tiles, inputs, decoder) {
                        put(at, sums);
                        at += 1;
                    }
                    blocks.start += BLOCKS;
                }
                for block in blocks {
                    let [sums] = sums_of_inputs([w.block(block)], inputs, decoder);
                    put(at, sums);
                    at += 1;
                }
            }
        }

        /// The sums of some blocks of 16 rows, for each input.
        #[target_feature(enable = $features)]
        fn sums_of_inputs<const N: usize>(
            blocks: [&[Tile]; N],
            inputs: [&[[i8; TILE_COLS]]; INPUTS],
            decoder: Decoder,
        ) -> [[__m512i; INPUTS]; N] {
            let across = blocks[0].len();
            let (mut tiles, mut activations) = ([&[][..]; N], [&[][..]; INPUTS]);
            for (tiles, block) in tiles.iter_mut().zip(blocks) {
                *tiles = &block[..across];
            }
            for (activations, input) in activations.iter_mut().zip(inputs) {
                *activations = &input[..across];
            }
            let mut sums = [[_mm512_setzero_si512(); INPUTS]; N];
            for at in 0..across {
                let mut values = [[_mm512_setzero_si512(); 4]; N];
                for (values, tiles) in values.iter_mut().zip(tiles) {
                    *values = decoder.decode(load(&tiles[at]));
                }
                add::<N, 0>(&mut sums, values, activations, at);
                add::<N, 1>(&mut sums, values, activations, at);
                add::<N, 2>(&mut sums, values, activations, at);
                add::<N, 3>(&mut sums, values, activations, at);
            }
            sums
        }

        /// Adds the products of the `K`-th codes: apart for each, so that no loop is left and all sums are in registers.
        #[inline]
        #[target_feature(enable = $features)]
        fn add<const N: usize, const K: usize>(
            sums: &mut [[__m512i; INPUTS]; N],
            values: [[__m512i; 4]; N],
            activations: [&[[i8; TILE_COLS]]; INPUTS],
            at: usize,
        ) {
            for (i, q) in activations.into_iter().enumerate() {
                let q = four(&q[at], K);
                for (sums, values) in sums.iter_mut().zip(values) {
                    sums[i] = _mm512_dpbusd_epi32(sums[i], values[K], q);
                }
            }
        }

        /// The activations that meet the `k`-th codes, in every lane.
        #[target_feature(enable = $features)]
        fn four(q: &[i8; TILE_COLS], k: usize) -> __m512i {
            let four = &q[4 * k..4 * k + 4];
            // SAFETY: `four` are 4 bytes.
            _mm512_broadcastd_epi32(unsafe { _mm_loadu_si32(four.as_ptr().cast()) })
        }
    };
}

/// Without VBMI.
pub mod vnni {
    products!("avx2,avx512f,avx512bw,avx512vnni");
    use crate::matrix::HALF_BYTES;

    /// Codes to values, half a byte at once.
    #[derive(Clone, Copy)]
    struct Decoder {
        low: __m512i,
        high: __m512i,
    }

    impl Decoder {
        #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
        fn new(w: &Tiles) -> Self {
            let [low, high] = HALF_BYTES.of(w.codebook());
            // SAFETY: a table is 16 bytes.
            let all = |t: &[u8; 16]| unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(t.as_ptr().cast())) };
            Self { low: all(low), high: all(high) }
        }

        #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
        fn decode(self, codes: __m512i) -> [__m512i; 4] {
            let mask = _mm512_set1_epi8(0x0f);
            let low = _mm512_and_si512(codes, mask);
            let high = _mm512_and_si512(_mm512_srli_epi16::<4>(codes), mask);
            [
                _mm512_shuffle_epi8(self.low, low),
                _mm512_shuffle_epi8(self.high, low),
                _mm512_shuffle_epi8(self.low, high),
                _mm512_shuffle_epi8(self.high, high),
            ]
        }
    }
}

/// With VBMI.
pub mod vbmi {
    products!("avx2,avx512f,avx512bw,avx512vnni,avx512vbmi");
    use crate::matrix::SIX_BITS;

    /// Codes to values: `vpermb` heeds six bits of a byte, so that three of four codes need neither shift nor mask.
    #[derive(Clone, Copy)]
    struct Decoder([__m512i; 3]);

    impl Decoder {
        #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni,avx512vbmi")]
        fn new(w: &Tiles) -> Self {
            let [first, second, third] = SIX_BITS.of(w.codebook());
            // SAFETY: a table is 64 bytes.
            let load = |t: &[u8; 64]| unsafe { _mm512_loadu_si512(t.as_ptr().cast()) };
            Self([load(first), load(second), load(third)])
        }

        #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni,avx512vbmi")]
        fn decode(self, codes: __m512i) -> [__m512i; 4] {
            let Self([first, second, third]) = self;
            [
                _mm512_permutexvar_epi8(codes, first),
                _mm512_permutexvar_epi8(codes, second),
                _mm512_permutexvar_epi8(codes, third),
                _mm512_permutexvar_epi8(_mm512_srli_epi16::<2>(codes), third),
            ]
        }
    }
}
