//! Operations that read weights as f32: one row, and the RMS norm with a gain.

use super::packed::PackedRef;
use crate::reduce::dot;

/// Calls `f` with each column of a row and its weight (the small integer times 2^scale, exact).
#[inline(always)]
fn for_each_weight(w: &PackedRef<'_>, row: usize, mut f: impl FnMut(usize, f32)) {
    let (sign, extra) = w.row_planes(row);
    let (codebook, factor) = (w.codebook(), w.factor());
    let weight: [f32; 4] =
        std::array::from_fn(|b| f32::from(codebook.small(b & 1 == 1, b & 2 == 2)) * factor);
    let cols = w.cols();
    for (byte, (&s, &e)) in sign.iter().zip(extra).enumerate() {
        let base = byte * 8;
        for j in 0..8.min(cols - base) {
            f(base + j, weight[usize::from((s >> j & 1) | (e >> j & 1) << 1)]);
        }
    }
}

/// Row `i` as f32: each weight is its small integer times 2^scale, exact. `y` has the length cols.
///
/// # Panics
/// If there is no such row or the length is wrong.
///
/// ```
/// use nda_kernels::{matrix, Codebook, PackedRef};
/// let w = PackedRef::new(1, 2, Codebook::Ternary, 1, &[0b11], &[0b01])?;
/// let mut y = [9.0; 2];
/// matrix::row(&w, 0, &mut y);
/// assert_eq!(y, [2.0, 0.0]);
/// # Ok::<(), nda_kernels::PackedError>(())
/// ```
pub fn row(w: &PackedRef<'_>, i: usize, y: &mut [f32]) {
    assert_eq!(w.cols(), y.len(), "row: as many results as columns");
    for_each_weight(w, i, |col, weight| y[col] = weight);
}

/// The RMS norm: `m = dot(x, x) / f64(n)`; `r = f32(1 / sqrt(m + eps))`, in f64 and rounded once;
/// `y_i = (x_i * r) * g_i` in f32. The gain is one row of n weights; x and y have the length n.
///
/// # Panics
/// If the gain has more than one row or a length is wrong.
///
/// ```
/// use nda_kernels::{matrix, Codebook, PackedRef};
/// let gain = PackedRef::new(1, 2, Codebook::Quaternary, 0, &[0b11], &[0b00])?; // +1 +1
/// let mut y = [0.0; 2];
/// matrix::norm(&gain, &[3.0, -3.0], 0.0, &mut y);
/// assert_eq!(y, [1.0, -1.0]);
/// # Ok::<(), nda_kernels::PackedError>(())
/// ```
pub fn norm(gain: &PackedRef<'_>, x: &[f32], eps: f64, y: &mut [f32]) {
    assert_eq!(gain.rows(), 1, "norm: the gain is one row");
    assert_eq!(gain.cols(), x.len(), "norm: a gain per element");
    assert_eq!(x.len(), y.len(), "norm: as many results as elements");
    let m = dot(x, x) / x.len() as f64;
    let r = (1.0 / (m + eps).sqrt()) as f32;
    for_each_weight(gain, 0, |i, g| y[i] = (x[i] * r) * g);
}
