//! Tiles with AVX2: eight rows in a register, codes to values by `vpshufb`, products by `vpmaddubsw`.

use crate::matrix::{
    HALF_BYTES, NonFinite, PackedRef, Quantised, TILE_COLS, TILE_ROWS, Tile, Tiles, activation_bytes,
    checked_batch, checked_blocks, code_values, non_finite,
};
use std::arch::x86_64::*;
use std::ops::Range;

/// Tiles whose products may be added up in 16 bits: 8 tiles of 4 pairs, each pair at most 2 * 4 * 127 in magnitude,
/// are at most 32 512.
const TILES_PER_SUM: usize = 8;

/// [`Tiles`] of a matrix.
#[target_feature(enable = "avx2")]
pub fn pack(w: &PackedRef<'_>) -> Tiles {
    Tiles::new(w, |w, rows, tiles| pack_block(w, rows, tiles))
}

/// Bytes of a plane that are spread at once: 128 columns, 8 tiles.
const SPREAD: usize = 16;

/// Every bit of a half byte with a zero after it.
const SPREAD_BITS: [u8; 16] =
    [0x00, 0x01, 0x04, 0x05, 0x10, 0x11, 0x14, 0x15, 0x40, 0x41, 0x44, 0x45, 0x50, 0x51, 0x54, 0x55];

/// Fills the tiles of up to 16 rows, four rows at once.
#[target_feature(enable = "avx2")]
fn pack_block(w: &PackedRef<'_>, rows: Range<usize>, tiles: &mut [Tile]) {
    let count = rows.len();
    for lanes in (0..count).step_by(4) {
        // A row that there is not is read as the last one, and its lane made zero.
        let planes: [(&[u8], &[u8]); 4] =
            std::array::from_fn(|i| w.row_planes(rows.start + (lanes + i).min(count - 1)));
        let used: [i32; 4] = std::array::from_fn(|i| -i32::from(lanes + i < count));
        let used = _mm_setr_epi32(used[0], used[1], used[2], used[3]);
        for (at, tiles) in tiles.chunks_mut(SPREAD / 2).enumerate() {
            let spread = planes.map(|(sign, extra)| interleave(some(sign, at), some(extra, at)));
            let (first, last) = tiles.split_at_mut(tiles.len().min(4));
            for (tiles, half) in [(first, 0), (last, 1)] {
                let columns = transpose(spread.map(|halves| halves[half]));
                for (tile, column) in tiles.iter_mut().zip(columns) {
                    let lanes = &mut tile.0[lanes..lanes + 4];
                    // SAFETY: `lanes` are 16 bytes.
                    unsafe { _mm_storeu_si128(lanes.as_mut_ptr().cast(), _mm_and_si128(column, used)) };
                }
            }
        }
    }
}

/// The bytes of a plane from `16 * at` on, zeros after its end.
#[target_feature(enable = "avx2")]
fn some(plane: &[u8], at: usize) -> __m128i {
    let rest = &plane[SPREAD * at..];
    if let Some(bytes) = rest.first_chunk::<SPREAD>() {
        return load128(bytes);
    }
    let mut bytes = [0; SPREAD];
    bytes[..rest.len()].copy_from_slice(rest);
    load128(&bytes)
}

/// The codes of 128 columns: 4 tiles' worth each.
#[target_feature(enable = "avx2")]
fn interleave(sign: __m128i, extra: __m128i) -> [__m128i; 2] {
    let table = load128(&SPREAD_BITS);
    let low = _mm_set1_epi8(0x0f);
    let half = |s, e| {
        let extra = _mm_shuffle_epi8(table, e);
        _mm_or_si128(_mm_shuffle_epi8(table, s), _mm_add_epi8(extra, extra))
    };
    let lows = half(_mm_and_si128(sign, low), _mm_and_si128(extra, low));
    let high = |x| _mm_and_si128(_mm_srli_epi16::<4>(x), low);
    let highs = half(high(sign), high(extra));
    [_mm_unpacklo_epi8(lows, highs), _mm_unpackhi_epi8(lows, highs)]
}

/// Rows to columns, of 4 by 4 words.
#[target_feature(enable = "avx2")]
fn transpose(rows: [__m128i; 4]) -> [__m128i; 4] {
    let [a, b, c, d] = rows;
    let (ab, cd) = (_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d));
    [
        _mm_unpacklo_epi64(ab, cd),
        _mm_unpackhi_epi64(ab, cd),
        _mm_unpacklo_epi64(ab_high, cd_high),
        _mm_unpackhi_epi64(ab_high, cd_high),
    ]
}

/// Quantises activations into the order of tiles.
///
/// # Errors
/// [`NonFinite`].
#[target_feature(enable = "avx2")]
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
    let inv = _mm256_set1_ps(inv);
    let ones = _mm256_set1_epi8(1);
    let mut sums = _mm256_setzero_si256();
    let mut put = |x: &[f32; 32], q: &mut [i8; 32]| {
        let q32 = quantise32(x, inv);
        // Pairs of at most 254, then pairs of these.
        sums =
            _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(ones, q32), _mm256_set1_epi16(1)));
        // SAFETY: `q` is 32 bytes.
        unsafe { _mm256_storeu_si256(q.as_mut_ptr().cast(), q32) };
    };
    let ((whole, rest), (places, _)) = (x.as_chunks::<32>(), q.as_chunks_mut::<32>());
    let (places, last) = places.split_at_mut(whole.len());
    for (x, q) in whole.iter().zip(places) {
        put(x, q);
    }
    let mut filled = [0.0; 32];
    filled[..rest.len()].copy_from_slice(rest);
    for q in last {
        put(&filled, q);
        // What fills up to 64 columns after less than 32.
        filled = [0.0; 32];
    }
    Ok(Quantised { step: a / 127.0, sum: lanes(sums).iter().sum() })
}

/// The bits of the greatest magnitude: without their sign bit floats order as integers do, infinity and the NaNs on top.
#[target_feature(enable = "avx2")]
fn greatest_magnitude(x: &[f32]) -> u32 {
    let (whole, rest) = x.as_chunks::<32>();
    let mut greatest = [_mm256_setzero_si256(); 4];
    let magnitude = _mm256_set1_epi32(0x7fff_ffff);
    for x in whole {
        for (i, greatest) in greatest.iter_mut().enumerate() {
            // SAFETY: `x` are four times eight floats.
            let bits = unsafe { _mm256_loadu_si256(x.as_ptr().add(8 * i).cast()) };
            // Without a sign, so that signed order will do.
            *greatest = _mm256_max_epi32(*greatest, _mm256_and_si256(bits, magnitude));
        }
    }
    let [a, b, c, d] = greatest;
    let lanes = lanes(_mm256_max_epi32(_mm256_max_epi32(a, b), _mm256_max_epi32(c, d)));
    let rest = rest.iter().fold(0, |m: u32, x| m.max(x.to_bits() & 0x7fff_ffff));
    lanes.iter().fold(rest, |m, &x| m.max(x.cast_unsigned()))
}

/// 32 activations as integers, in the order of tiles.
#[target_feature(enable = "avx2")]
fn quantise32(x: &[f32; 32], inv: __m256) -> __m256i {
    let eight = |i: usize| {
        // SAFETY: `i` is below 4, and `x` 4 times 8 floats.
        let x = unsafe { _mm256_loadu_ps(x.as_ptr().add(8 * i)) };
        // Rounds to nearest, ties to even, as adding 1.5 * 2^23 does.
        _mm256_cvtps_epi32(_mm256_mul_ps(x, inv))
    };
    let (ab, cd) = (_mm256_packs_epi32(eight(0), eight(1)), _mm256_packs_epi32(eight(2), eight(3)));
    // Words of four neighbours, in the order 0 2 4 6 | 1 3 5 7.
    let words = _mm256_packs_epi16(ab, cd);
    let ordered = _mm256_permutevar8x32_epi32(words, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    let transposed = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm256_shuffle_epi8(ordered, _mm256_broadcastsi128_si256(transposed))
}

/// The lanes of a register.
#[target_feature(enable = "avx2")]
fn lanes(x: __m256i) -> [i32; 8] {
    let mut lanes = [0; 8];
    // SAFETY: `lanes` are 32 bytes.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), x) };
    lanes
}

/// Codes to values.
#[derive(Clone, Copy)]
struct Decoder {
    low: __m256i,
    high: __m256i,
}

impl Decoder {
    #[target_feature(enable = "avx2")]
    fn new(w: &Tiles) -> Self {
        let [low, high] = HALF_BYTES.of(w.codebook());
        let both = |table: &[u8; 16]| _mm256_broadcastsi128_si256(load128(table));
        Self { low: both(low), high: both(high) }
    }

    /// The values of the four codes of each byte of half a tile.
    #[target_feature(enable = "avx2")]
    fn decode(self, codes: __m256i) -> [__m256i; 4] {
        let mask = _mm256_set1_epi8(0x0f);
        let low = _mm256_and_si256(codes, mask);
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(codes), mask);
        [
            _mm256_shuffle_epi8(self.low, low),
            _mm256_shuffle_epi8(self.high, low),
            _mm256_shuffle_epi8(self.low, high),
            _mm256_shuffle_epi8(self.high, high),
        ]
    }
}

/// The rows of some blocks times one vector.
#[target_feature(enable = "avx2")]
pub fn gemv(w: &Tiles, rows: Range<usize>, q: &[i8], quantised: Quantised, y: &mut [f32]) {
    let blocks = checked_blocks(w, &rows, q, y.len());
    let (q, decoder) = (q.as_chunks::<TILE_COLS>().0, Decoder::new(w));
    let scale = Scale::new(w, quantised);
    for (block, y) in blocks.zip(y.chunks_mut(TILE_ROWS)) {
        scale.store(sums(w.block(block), q, decoder), y);
    }
}

/// The sums of half a tile's products, two to a row.
#[target_feature(enable = "avx2")]
fn products(values: [__m256i; 4], q: &[i8; TILE_COLS]) -> __m256i {
    let [a, b, c, d] = values;
    let (a, b) = (_mm256_maddubs_epi16(a, four(q, 0)), _mm256_maddubs_epi16(b, four(q, 1)));
    let (c, d) = (_mm256_maddubs_epi16(c, four(q, 2)), _mm256_maddubs_epi16(d, four(q, 3)));
    _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_add_epi16(c, d))
}

/// The sums of 16 rows.
#[target_feature(enable = "avx2")]
fn sums(tiles: &[Tile], q: &[[i8; TILE_COLS]], decoder: Decoder) -> [__m256i; 2] {
    let mut wide = [_mm256_setzero_si256(); 2];
    for (tiles, q) in tiles.chunks(TILES_PER_SUM).zip(q.chunks(TILES_PER_SUM)) {
        let mut narrow = [_mm256_setzero_si256(); 2];
        for (tile, q) in tiles.iter().zip(q) {
            for (half, narrow) in narrow.iter_mut().enumerate() {
                let values = decoder.decode(load_half(tile, half));
                *narrow = _mm256_add_epi16(*narrow, products(values, q));
            }
        }
        for (wide, narrow) in wide.iter_mut().zip(narrow) {
            *wide = _mm256_add_epi32(*wide, _mm256_madd_epi16(narrow, _mm256_set1_epi16(1)));
        }
    }
    wide
}

/// Inputs that share one decoding.
const INPUTS: usize = 8;

/// The rows of some blocks times several vectors.
#[target_feature(enable = "avx2")]
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
    let some =
        q.chunks(INPUTS * filled).zip(quantised.chunks(INPUTS)).zip(y.chunks_mut((INPUTS * distance).max(1)));
    for ((q, quantised), y) in some {
        // Where there are fewer inputs, the first one is computed again and not stored.
        let mut inputs = [q[..filled].as_chunks::<TILE_COLS>().0; INPUTS];
        for (input, q) in inputs.iter_mut().zip(q.chunks_exact(filled)) {
            *input = q.as_chunks().0;
        }
        for (at, block) in blocks.clone().enumerate() {
            let tiles = w.block(block);
            let (start, end) = (at * TILE_ROWS, count.min((at + 1) * TILE_ROWS));
            let halves = [sums_of_half(tiles, 0, inputs, decoder), sums_of_half(tiles, 1, inputs, decoder)];
            for (i, (quantised, y)) in quantised.iter().zip(y.chunks_mut(distance)).enumerate() {
                Scale::new(w, *quantised).store([halves[0][i], halves[1][i]], &mut y[start..end]);
            }
        }
    }
}

/// The sums of eight rows, for each input.
#[target_feature(enable = "avx2")]
fn sums_of_half(
    tiles: &[Tile],
    half: usize,
    inputs: [&[[i8; TILE_COLS]]; INPUTS],
    decoder: Decoder,
) -> [__m256i; INPUTS] {
    let mut activations = [&[][..]; INPUTS];
    for (activations, input) in activations.iter_mut().zip(inputs) {
        *activations = &input[..tiles.len()];
    }
    let mut wide = [_mm256_setzero_si256(); INPUTS];
    let mut start = 0;
    while start < tiles.len() {
        let end = tiles.len().min(start + TILES_PER_SUM);
        let mut narrow = [_mm256_setzero_si256(); INPUTS];
        for at in start..end {
            let values = decoder.decode(load_half(&tiles[at], half));
            for (narrow, q) in narrow.iter_mut().zip(activations) {
                *narrow = _mm256_add_epi16(*narrow, products(values, &q[at]));
            }
        }
        for (wide, narrow) in wide.iter_mut().zip(narrow) {
            *wide = _mm256_add_epi32(*wide, _mm256_madd_epi16(narrow, _mm256_set1_epi16(1)));
        }
        start = end;
    }
    wide
}

/// From sums of values to results.
#[derive(Clone, Copy)]
struct Scale {
    /// What the values of the codes have too much.
    offset: __m256i,
    factor: __m256,
}

impl Scale {
    #[target_feature(enable = "avx2")]
    fn new(w: &Tiles, quantised: Quantised) -> Self {
        let (_, offset) = code_values(w.codebook());
        Self {
            offset: _mm256_set1_epi32(offset * quantised.sum),
            factor: _mm256_set1_ps(quantised.step * w.factor()),
        }
    }

    #[target_feature(enable = "avx2")]
    fn store(self, sums: [__m256i; 2], y: &mut [f32]) {
        let mut results = [0.0; TILE_ROWS];
        for (half, sums) in sums.into_iter().enumerate() {
            let exact = _mm256_cvtepi32_ps(_mm256_sub_epi32(sums, self.offset));
            let result = _mm256_mul_ps(exact, self.factor);
            // SAFETY: `results` are two times eight floats.
            unsafe { _mm256_storeu_ps(results.as_mut_ptr().add(8 * half), result) };
        }
        match y.first_chunk_mut::<TILE_ROWS>() {
            Some(y) => *y = results,
            None => y.copy_from_slice(&results[..y.len()]),
        }
    }
}

/// The activations that meet the `k`-th codes, in every lane.
#[target_feature(enable = "avx2")]
fn four(q: &[i8; TILE_COLS], k: usize) -> __m256i {
    let four = &q[4 * k..4 * k + 4];
    // SAFETY: `four` are 4 bytes.
    _mm256_broadcastd_epi32(unsafe { _mm_loadu_si32(four.as_ptr().cast()) })
}

#[target_feature(enable = "avx2")]
fn load_half(tile: &Tile, half: usize) -> __m256i {
    let lanes = &tile.0[8 * half..8 * half + 8];
    // SAFETY: `lanes` are 32 bytes.
    unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn load128(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: they are 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
