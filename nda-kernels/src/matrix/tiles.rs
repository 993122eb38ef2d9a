//! Weights in the order in which kernels read them: rows in lanes.
//!
//! A tile is 16 rows by 16 columns, 64 bytes: lane `r`, 32 bits, holds row `r`; its bits `2c` and `2c + 1` are the sign and
//! the extra bit of column `c`. So a byte of a lane holds four neighbouring columns, and the `k`-th codes of a lane's four bytes are the
//! columns `k, k+4, k+8, k+12`: what one step of a dot product of bytes takes, once the 16 activations of a tile are
//! transposed likewise (as 4 by 4), which quantising does. No sum over a row ever crosses lanes.
//!
//! The tiles of 16 rows lie one after the other, then those of the next 16 rows. Rows and columns that only
//! fill up a tile have the code 0; such columns meet activations that are 0, such rows are not stored.

use std::fmt;
use std::ops::Range;

use super::gemv::{NonFinite, POLL_WORK, quantise};
use super::packed::{Codebook, PackedRef};

/// Rows of a tile: the lanes of 32 bits that 64 bytes have.
pub const TILE_ROWS: usize = 16;

/// Columns of a tile.
pub const TILE_COLS: usize = 16;

/// Quantised activations are filled up with zeros to a multiple of this many.
const FILLED: usize = 64;

/// 16 rows by 16 columns, as the module describes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Tile(pub(crate) [u32; TILE_ROWS]);

/// A matrix as tiles: a copy of its weights that takes about as many bytes as its planes.
#[derive(Clone, PartialEq)]
pub struct Tiles {
    rows: u16,
    cols: u16,
    codebook: Codebook,
    factor: f32,
    tiles: Vec<Tile>,
}

impl fmt::Debug for Tiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tiles({} x {}, {:?})", self.rows, self.cols, self.codebook)
    }
}

impl Tiles {
    /// A copy of the matrix. `pack` fills the tiles of the rows that it is told.
    pub(crate) fn new(w: &PackedRef<'_>, pack: impl Fn(&PackedRef<'_>, Range<usize>, &mut [Tile])) -> Self {
        let across = w.cols().div_ceil(TILE_COLS);
        let mut tiles = vec![Tile::default(); w.rows().div_ceil(TILE_ROWS) * across];
        for (block, tiles) in tiles.chunks_mut(across).enumerate() {
            let start = block * TILE_ROWS;
            pack(w, start..w.rows().min(start + TILE_ROWS), tiles);
        }
        let factor = w.factor();
        Self { rows: w.rows() as u16, cols: w.cols() as u16, codebook: w.codebook(), factor, tiles }
    }

    /// Bytes that the tiles of a matrix of this shape take.
    ///
    /// ```
    /// use nda_kernels::matrix::Tiles;
    /// assert_eq!(Tiles::bytes_for(128, 896), 128 * 896 / 4);
    /// assert_eq!(Tiles::bytes_for(1, 1), 64);
    /// ```
    #[must_use]
    pub const fn bytes_for(rows: usize, cols: usize) -> usize {
        rows.div_ceil(TILE_ROWS) * cols.div_ceil(TILE_COLS) * size_of::<Tile>()
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self.tiles.as_slice())
    }

    /// The number of rows.
    #[inline(always)]
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows as usize
    }

    /// The number of columns.
    #[inline(always)]
    #[must_use]
    pub const fn cols(&self) -> usize {
        self.cols as usize
    }

    /// The codebook.
    #[inline(always)]
    #[must_use]
    pub const fn codebook(&self) -> Codebook {
        self.codebook
    }

    /// 2^scale.
    #[inline(always)]
    #[must_use]
    pub const fn factor(&self) -> f32 {
        self.factor
    }

    /// The tiles of 16 rows.
    #[inline(always)]
    pub(crate) fn block(&self, block: usize) -> &[Tile] {
        let across = self.cols().div_ceil(TILE_COLS);
        &self.tiles[block * across..(block + 1) * across]
    }

    /// How many rows fit into [`POLL_WORK`] multiply-adds: a multiple of 32, which kernels take at once, and at least that.
    ///
    /// ```
    /// use nda_kernels::matrix::Tiles;
    /// assert_eq!(Tiles::rows_per_poll(65_535), 64);
    /// ```
    #[inline]
    #[must_use]
    pub const fn rows_per_poll(cols: usize) -> usize {
        let rows = POLL_WORK / if cols == 0 { 1 } else { cols };
        let rows = rows - rows % (2 * TILE_ROWS);
        if rows == 0 { 2 * TILE_ROWS } else { rows }
    }
}

/// Activations that are quantised for tiles: what is known of them besides the integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantised {
    /// The step `a/127` between two levels.
    pub step: f32,
    /// The sum of the integers.
    pub sum: i32,
}

/// Weights, rows, quantised activations and what is known of them, results.
pub type GemvFn = fn(&Tiles, Range<usize>, &[i8], Quantised, &mut [f32]);

/// The same for several inputs, the last operand the distance of their results.
pub type GemmFn = fn(&Tiles, Range<usize>, &[i8], &[Quantised], &mut [f32], usize);

/// Kernels on tiles.
///
/// The quantised activations of `cols` columns take [`activation_bytes`] bytes; the kernels take them only as
/// [`Tiled::quantise`] made them.
#[derive(Clone, Copy, Debug)]
pub struct Tiled {
    /// A copy of the matrix as tiles.
    pub pack: fn(&PackedRef<'_>) -> Tiles,
    /// As [`quantise`](super::quantise), in the order of tiles.
    ///
    /// # Panics
    /// If the second operand has not [`activation_bytes`] of the first one's length.
    pub quantise: fn(&[f32], &mut [i8]) -> Result<Quantised, NonFinite>,
    /// As [`gemv_rows`](super::gemv_rows). The range begins with a multiple of 16, and ends with one or with the last row.
    ///
    /// # Panics
    /// If the range is none of these, or a length is wrong.
    pub gemv_rows: GemvFn,
    /// The same for several inputs, whose activations lie one after the other. The results of each begin so many floats, the last
    /// operand, after those of the one before; what lies between is left alone.
    ///
    /// # Panics
    /// As of `gemv_rows`; if the distance is shorter than the range of rows.
    pub gemm_rows: GemmFn,
}

impl Tiled {
    /// The portable forms, which define the others and are the slowest: where there are no better ones,
    /// [`gemv_rows`](super::gemv_rows) without a copy is faster.
    ///
    /// ```
    /// use nda_kernels::matrix::{Tiled, activation_bytes};
    /// use nda_kernels::{Codebook, PackedRef};
    /// let w = PackedRef::new(1, 2, Codebook::Ternary, 1, &[0b11], &[0b01])?; // +1 0, times 2
    /// let (tiled, mut q, mut y) = (Tiled::portable(), vec![0; activation_bytes(2)], [0.0]);
    /// let tiles = (tiled.pack)(&w);
    /// let quantised = (tiled.quantise)(&[127.0, 5.0], &mut q)?;
    /// (tiled.gemv_rows)(&tiles, 0..1, &q, quantised, &mut y);
    /// assert_eq!(y, [254.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn portable() -> Self {
        Self { pack, quantise: quantise_tiles, gemv_rows, gemm_rows }
    }
}

/// Bytes that the quantised activations of this many columns take, zeros at their end included.
///
/// ```
/// assert_eq!(nda_kernels::matrix::activation_bytes(65), 128);
/// ```
#[inline(always)]
#[must_use]
pub const fn activation_bytes(cols: usize) -> usize {
    cols.next_multiple_of(FILLED)
}

/// The blocks of 16 rows that hold a range of rows, checked as [`Tiled`] says, with the lengths of what comes along.
#[inline(always)]
pub(crate) fn checked_blocks(w: &Tiles, rows: &Range<usize>, q: &[i8], results: usize) -> Range<usize> {
    checked_batch(w, rows, (q, 1), (results, results))
}

/// The same for several inputs.
#[inline(always)]
pub(crate) fn checked_batch(
    w: &Tiles,
    rows: &Range<usize>,
    (q, inputs): (&[i8], usize),
    (results, distance): (usize, usize),
) -> Range<usize> {
    assert_eq!(
        inputs * activation_bytes(w.cols()),
        q.len(),
        "gemv: as many activations as columns, filled up"
    );
    let need = inputs.checked_sub(1).map_or(0, |others| others * distance + rows.len());
    assert!(distance >= rows.len() && results >= need, "gemv: as many results as rows");
    let ends = rows.end.is_multiple_of(TILE_ROWS) || rows.end == w.rows();
    assert!(
        rows.start.is_multiple_of(TILE_ROWS) && ends && rows.end <= w.rows(),
        "gemv: rows {rows:?} are no blocks"
    );
    rows.start / TILE_ROWS..rows.end.div_ceil(TILE_ROWS)
}

/// What the codes of a codebook are, as numbers from 0 on, and what is to be taken from each to give the weight.
pub(crate) const fn code_values(codebook: Codebook) -> ([u8; 4], i32) {
    match codebook {
        // By sign and extra bit: 3S + E and S + E.
        Codebook::Quaternary => ([0, 3, 1, 4], 2),
        Codebook::Ternary => ([0, 1, 1, 2], 1),
    }
}

/// Tables that turn codes to values, for each codebook.
/// Every bit of 16 with a zero after it.
const fn spread(bits: u16) -> u32 {
    let x = bits as u32;
    let x = (x | x << 8) & 0x00ff_00ff;
    let x = (x | x << 4) & 0x0f0f_0f0f;
    let x = (x | x << 2) & 0x3333_3333;
    (x | x << 1) & 0x5555_5555
}

/// [`Tiles`] of a matrix: the form that defines the others.
pub(crate) fn pack(w: &PackedRef<'_>) -> Tiles {
    Tiles::new(w, pack_block)
}

/// Fills the tiles of up to 16 rows.
fn pack_block(w: &PackedRef<'_>, rows: Range<usize>, tiles: &mut [Tile]) {
    for (lane, row) in rows.enumerate() {
        let (sign, extra) = w.row_planes(row);
        let two =
            |plane: &[u8]| plane.get(1).map_or(u16::from(plane[0]), |&b| u16::from_le_bytes([plane[0], b]));
        for ((tile, sign), extra) in tiles.iter_mut().zip(sign.chunks(2)).zip(extra.chunks(2)) {
            tile.0[lane] = spread(two(sign)) | spread(two(extra)) << 1;
        }
    }
}

/// Quantises into the order of tiles: the form that defines the others.
///
/// # Errors
/// [`NonFinite`].
pub(crate) fn quantise_tiles(x: &[f32], q: &mut [i8]) -> Result<Quantised, NonFinite> {
    assert_eq!(activation_bytes(x.len()), q.len(), "quantise: as much room as activations, filled up");
    let (used, filled) = q.split_at_mut(x.len());
    let step = quantise(x, used)?;
    filled.fill(0);
    let mut sum = 0;
    for tile in q.as_chunks_mut::<TILE_COLS>().0 {
        let natural = *tile;
        for (i, q) in tile.iter_mut().enumerate() {
            *q = natural[i % 4 * 4 + i / 4];
            sum += i32::from(*q);
        }
    }
    Ok(Quantised { step, sum })
}

fn gemv_rows(w: &Tiles, rows: Range<usize>, q: &[i8], quantised: Quantised, y: &mut [f32]) {
    let (values, offset) = code_values(w.codebook());
    let factor = quantised.step * w.factor();
    for (block, y) in checked_blocks(w, &rows, q, y.len()).zip(y.chunks_mut(TILE_ROWS)) {
        for (lane, y) in y.iter_mut().enumerate() {
            let tiles = w.block(block).iter().zip(q.as_chunks::<TILE_COLS>().0);
            let sum: i32 = tiles.map(|(tile, q)| lane_sum(tile.0[lane], values, q)).sum();
            *y = (sum - offset * quantised.sum) as f32 * factor;
        }
    }
}

/// The products of one row in one tile.
fn lane_sum(codes: u32, values: [u8; 4], q: &[i8; TILE_COLS]) -> i32 {
    let product = |c: usize| {
        let value = values[(codes >> (2 * c) & 3) as usize];
        i32::from(value) * i32::from(q[c % 4 * 4 + c / 4])
    };
    (0..TILE_COLS).map(product).sum()
}

fn gemm_rows(
    w: &Tiles,
    rows: Range<usize>,
    q: &[i8],
    quantised: &[Quantised],
    y: &mut [f32],
    distance: usize,
) {
    checked_batch(w, &rows, (q, quantised.len()), (y.len(), distance));
    let (filled, count) = (activation_bytes(w.cols()), rows.len());
    for ((q, quantised), y) in q.chunks(filled).zip(quantised).zip(y.chunks_mut(distance.max(1))) {
        gemv_rows(w, rows.clone(), q, *quantised, &mut y[..count]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_holds_its_row_bit_by_bit() {
        let (sign, extra) = ([0b0101_0001, 0b10, 0, 0], [0b0000_0011, 0b10, 0xff, 0x01]);
        let w = PackedRef::new(2, 10, Codebook::Quaternary, 0, &sign, &extra).expect("well formed");
        let tiles = pack(&w);
        let mut want = [0; TILE_ROWS];
        for (row, lane) in want.iter_mut().enumerate().take(2) {
            for c in 0..10 {
                let (s, e) = w.row_planes(row);
                let bit = |plane: &[u8]| u32::from(plane[c / 8] >> (c % 8) & 1);
                *lane |= (bit(s) | bit(e) << 1) << (2 * c);
            }
        }
        assert_eq!(tiles.block(0), [Tile(want)]);
    }
}
