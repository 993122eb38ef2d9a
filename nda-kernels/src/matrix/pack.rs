//! From float weights to packed ones: exactly, or by the nearest power-of-two scale.

use std::fmt;

use super::packed::{Codebook, MAX_SCALE, MIN_SCALE, PackedRef};

/// An owned matrix of 2-bit weights, well formed by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    rows: u16,
    cols: u16,
    codebook: Codebook,
    scale: i8,
    sign: Vec<u8>,
    extra: Vec<u8>,
}

impl Packed {
    /// The matrix, borrowed for the kernels.
    #[must_use]
    pub fn as_packed(&self) -> PackedRef<'_> {
        PackedRef::from_parts((self.rows, self.cols), self.codebook, self.scale, &self.sign, &self.extra)
    }

    /// The planes `(sign, extra)`, given up.
    #[must_use]
    pub fn into_planes(self) -> (Vec<u8>, Vec<u8>) {
        (self.sign, self.extra)
    }

    /// Packs one small integer per weight, row-major. `small` gives only integers of the codebook.
    fn pack(shape: Shape, codebook: Codebook, scale: i8, small: impl Fn(usize) -> i8) -> Self {
        let len = PackedRef::plane_len(shape.rows, shape.cols);
        let (mut sign, mut extra) = (vec![0u8; len], vec![0u8; len]);
        let cols = usize::from(shape.cols);
        for row in 0..usize::from(shape.rows) {
            for col in 0..cols {
                let (s, e) = codebook.bits(small(row * cols + col)).unwrap_or((true, false));
                let byte = row * cols.div_ceil(8) + col / 8;
                sign[byte] |= u8::from(s) << (col % 8);
                extra[byte] |= u8::from(e) << (col % 8);
            }
        }
        Self { rows: shape.rows, cols: shape.cols, codebook, scale, sign, extra }
    }
}

/// Why float weights cannot be packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightError {
    /// Rows and columns must lie in 1 ..= 65535 and their product must be the number of weights.
    Shape {
        /// The rows asked for.
        rows: usize,
        /// The columns asked for.
        cols: usize,
        /// The number of weights given.
        found: usize,
    },
    /// A weight is a NaN or an infinity.
    NonFinite {
        /// The index of the first such weight, row-major.
        index: usize,
    },
}

impl fmt::Display for WeightError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape { rows, cols, found } => write!(
                f,
                "{found} weights for {rows} x {cols}: give rows * cols of them, rows and cols within 1..=65535"
            ),
            Self::NonFinite { index } => {
                write!(f, "weight {index} is a NaN or an infinity: replace it before quantising")
            }
        }
    }
}

impl std::error::Error for WeightError {}

#[derive(Clone, Copy)]
struct Shape {
    rows: u16,
    cols: u16,
}

impl Shape {
    fn of(rows: usize, cols: usize, found: usize) -> Result<Self, WeightError> {
        let shape = || {
            let (r, c) = (u16::try_from(rows).ok()?, u16::try_from(cols).ok()?);
            (r > 0 && c > 0 && rows.checked_mul(cols) == Some(found)).then_some(Self { rows: r, cols: c })
        };
        shape().ok_or(WeightError::Shape { rows, cols, found })
    }
}

/// How far packed weights are from the floats that they replace, all in units of the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantError {
    /// The greatest absolute difference.
    pub max_abs: f64,
    /// The root of the mean squared difference.
    pub rms: f64,
    /// The cosine of the angle between both, 1 for equal directions; 0 if either is all zeros (1 if both are).
    pub cosine: f64,
}

impl QuantError {
    fn between(values: &[f32], w: &PackedRef<'_>) -> Self {
        let (mut max_abs, mut square) = (0.0f64, 0.0f64);
        let (mut vv, mut ww, mut vw) = (0.0f64, 0.0f64, 0.0f64);
        let mut weights = vec![0.0f32; w.cols()];
        for (row, values) in values.chunks_exact(w.cols()).enumerate() {
            super::row(w, row, &mut weights);
            for (&v, &q) in values.iter().zip(&weights) {
                let (v, q) = (f64::from(v), f64::from(q));
                max_abs = max_abs.max((v - q).abs());
                square += (v - q) * (v - q);
                vv += v * v;
                ww += q * q;
                vw += v * q;
            }
        }
        let cosine =
            if vv > 0.0 && ww > 0.0 { vw / (vv.sqrt() * ww.sqrt()) } else { f64::from(u8::from(vv == ww)) };
        Self { max_abs, rms: (square / values.len() as f64).sqrt(), cosine }
    }
}

/// Packs weights that are exactly a codebook's integers times a power of two; `None` if they are not, or not
/// finite.
///
/// The choice is canonical. With a zero (of either sign) among them the codebook is ternary, otherwise
/// quaternary, which has no zero; all zeros take scale 0. Where two scales fit, which happens only for
/// quaternary weights of a single magnitude, the greater one is taken (so all ones are 1 * 2^0), unless it is
/// 127, above the greatest. The text form's `load` packs by the same rule.
///
/// # Errors
/// [`WeightError::Shape`].
///
/// ```
/// use nda_kernels::{matrix::pack_exact, Codebook};
/// let w = pack_exact(&[0.125, -0.0625, 0.0625], 1, 3)?.unwrap();
/// assert_eq!((w.as_packed().codebook(), w.as_packed().scale()), (Codebook::Quaternary, -4));
/// assert!(pack_exact(&[0.3], 1, 1)?.is_none());
/// # Ok::<(), nda_kernels::matrix::WeightError>(())
/// ```
pub fn pack_exact(values: &[f32], rows: usize, cols: usize) -> Result<Option<Packed>, WeightError> {
    let shape = Shape::of(rows, cols, values.len())?;
    let Some((codebook, scale)) = exact_fit(values) else { return Ok(None) };
    let unit = exp2(i32::from(scale));
    // The quotient is a small integer exactly, as `exact_fit` found.
    Ok(Some(Packed::pack(shape, codebook, scale, |i| (f64::from(values[i]) / unit) as i8)))
}

/// The codebook and scale of `pack_exact`.
fn exact_fit(values: &[f32]) -> Option<(Codebook, i8)> {
    let (mut zero, mut least, mut greatest) = (false, i32::MAX, i32::MIN);
    for v in values {
        let bits = v.to_bits() & 0x7fff_ffff;
        if bits == 0 {
            zero = true;
            continue;
        }
        // A normal power of two has no mantissa; weights below 2^-126 fit no scale.
        let exponent = (bits >> 23) as i32 - 127;
        if bits & 0x7f_ffff != 0 || !(-126..=127).contains(&exponent) {
            return None;
        }
        least = least.min(exponent);
        greatest = greatest.max(exponent);
    }
    let (codebook, scale) = match (zero, greatest.checked_sub(least)) {
        (true, None) => (Codebook::Ternary, 0),
        (true, Some(0)) => (Codebook::Ternary, least),
        (false, Some(0)) => (Codebook::Quaternary, least.min(i32::from(MAX_SCALE))),
        (false, Some(1)) => (Codebook::Quaternary, least),
        _ => return None,
    };
    i8::try_from(scale).ok().filter(|s| (MIN_SCALE..=MAX_SCALE).contains(s)).map(|s| (codebook, s))
}

/// Quantises float weights to a codebook: the scale that gives the least squared error (the smallest of
/// equals), and for each weight the nearest value, ties away from zero; quaternary codes take a zero of either
/// sign as positive. Weights that fit the codebook exactly are kept exactly.
///
/// # Errors
/// [`WeightError`].
///
/// ```
/// use nda_kernels::{matrix::quantise_weights, Codebook};
/// let (w, error) = quantise_weights(&[0.9, -1.1, 0.1, 1.0], 2, 2, Codebook::Ternary)?;
/// assert_eq!(w.as_packed().scale(), 0);
/// assert_eq!(w.as_packed().weight(0, 1), -1.0);
/// assert!(error.rms < 0.1 && error.cosine > 0.99);
/// # Ok::<(), nda_kernels::matrix::WeightError>(())
/// ```
pub fn quantise_weights(
    values: &[f32],
    rows: usize,
    cols: usize,
    codebook: Codebook,
) -> Result<(Packed, QuantError), WeightError> {
    let shape = Shape::of(rows, cols, values.len())?;
    if let Some(index) = values.iter().position(|v| !v.is_finite()) {
        return Err(WeightError::NonFinite { index });
    }
    let scale = best_scale(values, codebook);
    let unit = exp2(i32::from(scale));
    let packed = Packed::pack(shape, codebook, scale, |i| nearest(f64::from(values[i]) / unit, codebook));
    let error = QuantError::between(values, &packed.as_packed());
    Ok((packed, error))
}

/// The integer of the codebook that is nearest to `v`, ties away from zero.
fn nearest(v: f64, codebook: Codebook) -> i8 {
    let (split, low) = levels(codebook);
    let magnitude = if v.abs() >= split { low + 1 } else { low };
    if v < 0.0 { -magnitude } else { magnitude }
}

/// The magnitude from which the greater of a codebook's two magnitudes is nearest, and the lesser one.
fn levels(codebook: Codebook) -> (f64, i8) {
    match codebook {
        Codebook::Quaternary => (1.5, 1),
        Codebook::Ternary => (0.5, 0),
    }
}

/// 2^n for -1022 <= n <= 1023.
fn exp2(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// Number, sum and sum of squares of the magnitudes in a class.
#[derive(Clone, Copy, Default)]
struct Class {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Class {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// The squared error if all of the class become `level`.
    fn error(&self, level: f64) -> f64 {
        (self.squares - 2.0 * level * self.sum) + self.count * level * level
    }
}

/// The scale of least squared error, in one pass over the weights.
///
/// Every split between the two magnitudes, 1.5 * 2^s or 0.5 * 2^s, is a number whose bits below the first of
/// the mantissa are zero. So 512 classes by exponent and first mantissa bit never straddle a split, and the
/// error of each of the 253 scales follows from sums over classes. The same holds for subnormals down to 2^-127.
fn best_scale(values: &[f32], codebook: Codebook) -> i8 {
    let mut classes = [Class::default(); 512];
    for v in values {
        let m = f64::from(v.abs());
        let class = (v.to_bits() >> 22 & 0x1ff) as usize;
        classes[class].add(Class { count: 1.0, sum: m, squares: m * m });
    }
    let (split, low) = levels(codebook);
    let error = |scale: i8| {
        let unit = exp2(i32::from(scale));
        let edge = ((split * unit) as f32).to_bits() >> 22;
        let (mut below, mut above) = (Class::default(), Class::default());
        for (i, class) in classes.iter().enumerate() {
            if (i as u32) < edge { below.add(*class) } else { above.add(*class) }
        }
        below.error(f64::from(low) * unit) + above.error(f64::from(low + 1) * unit)
    };
    let mut best = (f64::INFINITY, MIN_SCALE);
    for scale in MIN_SCALE..=MAX_SCALE {
        let e = error(scale);
        if e < best.0 {
            best = (e, scale);
        }
    }
    best.1
}
