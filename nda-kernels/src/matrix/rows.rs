//! Operations that read weights as f32: one row, and the RMS norm with a gain.

use super::packed::PackedRef;
use crate::reduce::dot;

/// The four weights of a matrix, by the bits sign and extra.
#[derive(Clone, Copy)]
struct Values {
    low: [f32; 2],
    high: [f32; 2],
}

impl Values {
    #[inline(always)]
    fn of(w: &PackedRef<'_>) -> Self {
        let value = |sign, extra| f32::from(w.codebook().small(sign, extra)) * w.factor();
        Self { low: [value(false, false), value(false, true)], high: [value(true, false), value(true, true)] }
    }

    /// Eight weights from a byte of each plane, by selects that become lanes.
    #[inline(always)]
    fn eight(self, sign: u8, extra: u8) -> [f32; 8] {
        let (sign, extra) = (u32::from(sign), u32::from(extra));
        let mut weights = [0.0; 8];
        for (j, weight) in weights.iter_mut().enumerate() {
            let extra = extra & (1 << j) != 0;
            let low = if extra { self.low[1] } else { self.low[0] };
            let high = if extra { self.high[1] } else { self.high[0] };
            *weight = if sign & (1 << j) != 0 { high } else { low };
        }
        weights
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
#[inline(always)]
pub fn row(w: &PackedRef<'_>, i: usize, y: &mut [f32]) {
    assert_eq!(w.cols(), y.len(), "row: as many results as columns");
    let (values, (sign, extra)) = (Values::of(w), w.row_planes(i));
    let (whole, rest) = y.as_chunks_mut::<8>();
    for ((y, &s), &e) in whole.iter_mut().zip(sign).zip(extra) {
        *y = values.eight(s, e);
    }
    if let ([.., s], [.., e]) = (sign, extra) {
        rest.copy_from_slice(&values.eight(*s, *e)[..rest.len()]);
    }
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
#[inline(always)]
pub fn norm(gain: &PackedRef<'_>, x: &[f32], eps: f64, y: &mut [f32]) {
    assert_eq!(gain.rows(), 1, "norm: the gain is one row");
    assert_eq!(gain.cols(), x.len(), "norm: a gain per element");
    assert_eq!(x.len(), y.len(), "norm: as many results as elements");
    let m = dot(x, x) / x.len() as f64;
    let r = (1.0 / (m + eps).sqrt()) as f32;
    let (values, (sign, extra)) = (Values::of(gain), gain.row_planes(0));
    let ((xs, x_rest), (ys, y_rest)) = (x.as_chunks::<8>(), y.as_chunks_mut::<8>());
    for (((y, x), &s), &e) in ys.iter_mut().zip(xs).zip(sign).zip(extra) {
        let gains = values.eight(s, e);
        for ((y, &x), g) in y.iter_mut().zip(x).zip(gains) {
            *y = (x * r) * g;
        }
    }
    if let ([.., s], [.., e]) = (sign, extra) {
        for ((y, &x), g) in y_rest.iter_mut().zip(x_rest).zip(values.eight(*s, *e)) {
            *y = (x * r) * g;
        }
    }
}
