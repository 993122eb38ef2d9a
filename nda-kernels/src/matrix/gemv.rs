//! Matrix times vector, activations quantised to int8.
//!
//! `a = max|x_i|`; `inv = 127/a`; `q_i = round_ties_even(x_i * inv)`; `acc_r = sum w*q`, exact in i32;
//! `y_r = f32(acc_r) * ((a/127) * 2^scale)`: every operation in f32, rounded once. The two halves are separate
//! calls, [`quantise`] once and [`gemv_rows`] for any range of rows, so that a caller who must be able to
//! interrupt loops over ranges of [`rows_per_poll`] rows; a range costs nothing more than its rows.

use std::fmt;
use std::ops::Range;

use super::packed::{Codebook, PackedRef};
use crate::math32::ROUND;

/// Multiply-adds between two looks at the interruption flag, at most (one row more never reaches twice this).
pub const POLL_WORK: usize = 1 << 22;

/// An activation is a NaN or an infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonFinite {
    /// The index of the first such element.
    pub index: usize,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "element {} is a NaN or an infinity, which cannot be quantised", self.index)
    }
}

impl std::error::Error for NonFinite {}

/// How many rows of this many columns fit into [`POLL_WORK`] multiply-adds; at least 1.
///
/// ```
/// assert_eq!(nda_kernels::matrix::rows_per_poll(4096), 1024);
/// ```
#[inline]
#[must_use]
pub const fn rows_per_poll(cols: usize) -> usize {
    if cols == 0 || cols > POLL_WORK { 1 } else { POLL_WORK / cols }
}

/// The first element that is not finite, of those in which there is one.
#[cold]
#[inline(never)]
pub(crate) fn non_finite(x: &[f32]) -> NonFinite {
    NonFinite { index: x.iter().position(|v| !v.is_finite()).unwrap_or(0) }
}

/// Quantises the activations `x` to `q` and returns the step `a/127` between two levels.
///
/// When `a` is 0, or so small that `127/a` overflows, `q` is all zeros and the step is +0, so that
/// [`gemv_rows`] gives +0 in every row. Otherwise every `q_i` lies in -127 ..= 127.
///
/// # Errors
/// [`NonFinite`] names the first NaN or infinity; `q` is then unspecified.
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// use nda_kernels::matrix::quantise;
/// let mut q = [0i8; 3];
/// assert_eq!(quantise(&[127.0, -63.5, 0.5], &mut q), Ok(1.0));
/// assert_eq!(q, [127, -64, 0]); // ties to even
/// ```
#[inline(always)]
pub fn quantise(x: &[f32], q: &mut [i8]) -> Result<f32, NonFinite> {
    assert_eq!(x.len(), q.len(), "quantise: operands of different length");
    // Without their sign bit, floats order as integers do, with infinity and the NaNs on top.
    let top = x.iter().fold(0u32, |m, v| m.max(v.to_bits() & 0x7fff_ffff));
    let a = f32::from_bits(top);
    if !a.is_finite() {
        return Err(non_finite(x));
    }
    // 127/0 is infinite, too.
    let inv = 127.0 / a;
    if inv.is_infinite() {
        q.fill(0);
        return Ok(0.0);
    }
    for (q, &v) in q.iter_mut().zip(x) {
        // |v * inv| is at most 127 and one rounding, so that the sum's low byte is the rounded integer.
        *q = (v * inv + ROUND).to_bits() as i8;
    }
    Ok(a / 127.0)
}

/// A row of eight small integers per byte.
type Decode = [[i16; 8]; 256];

/// `factor * bit + offset` for each bit of each byte.
const fn decode_table(factor: i16, offset: i16) -> Decode {
    let mut table = [[0; 8]; 256];
    let mut i = 0;
    while i < 256 * 8 {
        table[i / 8][i % 8] = factor * (((i / 8) >> (i % 8)) & 1) as i16 + offset;
        i += 1;
    }
    table
}

// A weight is the sum of its entries in the sign table of its codebook and in the extra table.
static QUATERNARY_SIGN: Decode = decode_table(3, -2);
static TERNARY_SIGN: Decode = decode_table(1, -1);
static EXTRA: Decode = decode_table(1, 0);

/// Bytes whose products may be added up in an i16 lane: 127 * 2 * 128 < 2^15.
const BLOCK: usize = 127;

/// The sums of weight times activation over at most [`BLOCK`] bytes of a row, one sum per bit of a byte. The
/// loop has eight lanes without a carry between them, which compilers turn into vector instructions.
#[inline(always)]
fn block_sums(signs: &Decode, sign: &[u8], extra: &[u8], q: &[[i8; 8]]) -> [i16; 8] {
    let mut acc = [0i16; 8];
    for ((&s, &e), q) in sign.iter().zip(extra).zip(q) {
        let (ws, we) = (&signs[usize::from(s)], &EXTRA[usize::from(e)]);
        for (j, acc) in acc.iter_mut().enumerate() {
            *acc += (ws[j] + we[j]) * i16::from(q[j]);
        }
    }
    acc
}

/// The sum over one row of weight times activation.
#[inline(always)]
fn row_sum(signs: &Decode, sign: &[u8], extra: &[u8], q: &[i8]) -> i32 {
    let (whole, rest) = q.as_chunks::<8>();
    let mut sum = 0i32;
    for ((sign, extra), q) in sign.chunks(BLOCK).zip(extra.chunks(BLOCK)).zip(whole.chunks(BLOCK)) {
        sum += block_sums(signs, sign, extra, q).iter().map(|&lane| i32::from(lane)).sum::<i32>();
    }
    if let ([.., s], [.., e]) = (sign, extra) {
        let (ws, we) = (&signs[usize::from(*s)], &EXTRA[usize::from(*e)]);
        // Padding bits meet no activation.
        for (j, &q) in rest.iter().enumerate() {
            sum += i32::from(ws[j] + we[j]) * i32::from(q);
        }
    }
    sum
}

/// `y[i]` of row `rows.start + i`, from the quantised activations `q` (length cols) and their `step`, both of
/// [`quantise`]. `y` has the length of `rows`.
///
/// The result may overflow to infinity, and is NaN where a sum of 0 meets an infinite factor
/// `step * 2^scale`: the formula is all there is.
///
/// # Panics
/// If the range leaves the matrix or a length is wrong.
///
/// ```
/// use nda_kernels::matrix::{gemv_rows, quantise, rows_per_poll};
/// use nda_kernels::{Codebook, PackedRef};
/// let w = PackedRef::new(2, 2, Codebook::Quaternary, 0, &[0b01, 0b11], &[0b01, 0b00])?;
/// let (x, mut q, mut y) = ([127.0, 10.0], [0; 2], [0.0; 2]);
/// let step = quantise(&x, &mut q)?;
/// for start in (0..w.rows()).step_by(rows_per_poll(w.cols())) {
///     let end = w.rows().min(start + rows_per_poll(w.cols()));
///     gemv_rows(&w, start..end, &q, step, &mut y[start..end]);
///     // Here the caller may look at its clock and flag.
/// }
/// assert_eq!(y, [2.0 * 127.0 - 2.0 * 10.0, 127.0 + 10.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline(always)]
pub fn gemv_rows(w: &PackedRef<'_>, rows: Range<usize>, q: &[i8], step: f32, y: &mut [f32]) {
    assert_eq!(w.cols(), q.len(), "gemv: as many activations as columns");
    assert_eq!(rows.len(), y.len(), "gemv: as many results as rows");
    let factor = step * w.factor();
    let signs = match w.codebook() {
        Codebook::Quaternary => &QUATERNARY_SIGN,
        Codebook::Ternary => &TERNARY_SIGN,
    };
    for (row, y) in rows.zip(y) {
        let (sign, extra) = w.row_planes(row);
        // |sum| <= 65535 * 2 * 128 < 2^24: exact as f32.
        *y = row_sum(signs, sign, extra, q) as f32 * factor;
    }
}

/// [`quantise`] and [`gemv_rows`] over the whole matrix, uninterrupted. `x` and the scratch `q` have the
/// length cols, `y` the length rows.
///
/// # Errors
/// [`NonFinite`] names the first NaN or infinity in `x`; `y` is then untouched.
///
/// # Panics
/// If a length is wrong.
///
/// ```
/// use nda_kernels::{matrix, Codebook, PackedRef};
/// let w = PackedRef::new(1, 2, Codebook::Ternary, 1, &[0b11], &[0b01])?; // +1 0, times 2
/// let (mut q, mut y) = ([0; 2], [0.0]);
/// matrix::gemv(&w, &[127.0, 5.0], &mut q, &mut y)?;
/// assert_eq!(y, [254.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn gemv(w: &PackedRef<'_>, x: &[f32], q: &mut [i8], y: &mut [f32]) -> Result<(), NonFinite> {
    let step = quantise(x, q)?;
    gemv_rows(w, 0..w.rows(), q, step, y);
    Ok(())
}
