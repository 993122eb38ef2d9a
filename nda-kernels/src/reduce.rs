//! Reductions of a vector, in one fixed order, and `softmax`.
//!
//! Sums run in eight lanes of `f64` starting at +0: lane j takes elements j, j+8, ... in order; then
//! `((l0+l4)+(l2+l6)) + ((l1+l5)+(l3+l7))`. That is the natural order of one AVX-512, two AVX2 or four NEON
//! registers, so that every width gives the same bits. Results are `f64` with NaN canonical.

use crate::canon::canon64;
use crate::math32::exp32;

/// The eight lanes added up, in the module's order.
#[inline(always)]
fn fold_lanes(l: [f64; 8]) -> f64 {
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

/// The sum of the elements; +0 for none.
///
/// ```
/// assert_eq!(nda_kernels::reduce::sum(&[1.0, 2.0, 3.5]), 6.5);
/// ```
#[must_use]
#[inline(always)]
pub fn sum(x: &[f32]) -> f64 {
    let mut lanes = [0.0f64; 8];
    let (whole, rest) = x.as_chunks::<8>();
    for x in whole {
        for (lane, &x) in lanes.iter_mut().zip(x) {
            *lane += f64::from(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += f64::from(x);
    }
    canon64(fold_lanes(lanes))
}

/// The sum of the products of equal-numbered elements, each product exact in `f64`.
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// assert_eq!(nda_kernels::reduce::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
#[must_use]
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len(), "dot: operands of different length");
    let mut lanes = [0.0f64; 8];
    let ((whole_a, rest_a), (whole_b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in whole_a.iter().zip(whole_b) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f64::from(a) * f64::from(b);
        }
    }
    for ((lane, &a), &b) in lanes.iter_mut().zip(rest_a).zip(rest_b) {
        *lane += f64::from(a) * f64::from(b);
    }
    canon64(fold_lanes(lanes))
}

/// `sum(x) / f64(n)`; NaN for no elements.
///
/// ```
/// assert_eq!(nda_kernels::reduce::mean(&[1.0, 2.0]), 1.5);
/// ```
#[must_use]
#[inline(always)]
pub fn mean(x: &[f32]) -> f64 {
    canon64(sum(x) / x.len() as f64)
}

/// A number's bits as an integer that orders as the number does, -0 below +0.
#[inline(always)]
fn key(x: f32) -> i32 {
    let b = x.to_bits() as i32;
    b ^ ((b >> 31) & i32::MAX)
}

/// The number of which `key` made this integer. The extreme integers, which start [`max`] and [`min`] and
/// belong to no number, give a NaN.
#[inline(always)]
fn unkey(k: i32) -> f64 {
    canon64(f64::from(f32::from_bits((k ^ ((k >> 31) & i32::MAX)) as u32)))
}

/// The extreme of all keys, those of NaNs and of nothing being `none`. In lanes: the order of an extreme is free.
#[inline(always)]
fn extreme(x: &[f32], none: i32, of: impl Fn(i32, i32) -> i32) -> i32 {
    let mut lanes = [none; 64];
    let (whole, rest) = x.as_chunks::<64>();
    for x in whole {
        for (lane, &v) in lanes.iter_mut().zip(x) {
            *lane = of(*lane, if v.is_nan() { none } else { key(v) });
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        *lane = of(*lane, if v.is_nan() { none } else { key(v) });
    }
    lanes.into_iter().fold(none, of)
}

/// The greatest element: NaN is passed over, -0 is below +0, NaN if there is nothing else.
///
/// ```
/// assert_eq!(nda_kernels::reduce::max(&[1.0, f32::NAN, 3.0]), 3.0);
/// ```
#[must_use]
#[inline(always)]
pub fn max(x: &[f32]) -> f64 {
    unkey(extreme(x, i32::MIN, i32::max))
}

/// The least element: NaN is passed over, -0 is below +0, NaN if there is nothing else.
///
/// ```
/// assert_eq!(nda_kernels::reduce::min(&[0.0, -0.0]).to_bits(), (-0.0f64).to_bits());
/// ```
#[must_use]
#[inline(always)]
pub fn min(x: &[f32]) -> f64 {
    unkey(extreme(x, i32::MAX, i32::min))
}

/// Elements among which a search looks at once.
const SEARCH: usize = 64;

/// The index of the first element equal to `m`, or 0.
#[inline(always)]
fn first(x: &[f32], m: f64) -> usize {
    // Exact: it is an element, or NaN.
    let m = m as f32;
    for (i, some) in x.chunks(SEARCH).enumerate() {
        if some.iter().fold(false, |found, &v| found | (v == m)) {
            return i * SEARCH + some.iter().position(|&v| v == m).unwrap_or(0);
        }
    }
    0
}

/// The index of the greatest element, the first of equals (-0 equals +0); NaN never wins; 0 if all are NaN.
///
/// ```
/// assert_eq!(nda_kernels::reduce::argmax(&[1.0, 3.0, f32::NAN, 3.0]), 1);
/// ```
#[must_use]
#[inline(always)]
pub fn argmax(x: &[f32]) -> usize {
    first(x, max(x))
}

/// The index of the least element, the first of equals (-0 equals +0); NaN never wins; 0 if all are NaN.
///
/// ```
/// assert_eq!(nda_kernels::reduce::argmin(&[0.0, -0.0]), 0);
/// ```
#[must_use]
#[inline(always)]
pub fn argmin(x: &[f32]) -> usize {
    first(x, min(x))
}

/// `y_i = f32(f64(e_i) / s)` with `e_i = exp32(x_i - m)`, m = [`max`] of x as f32, s the lane [`sum`] of e.
///
/// The formula decides the rest: a NaN or +infinity anywhere, or -infinity everywhere, makes every element
/// NaN; a -infinity among numbers gives +0. `x` and `y` have the same length.
///
/// # Panics
/// If the lengths differ.
///
/// ```
/// let mut y = [0.0; 2];
/// nda_kernels::reduce::softmax(&mut y, &[1.0, 1.0]);
/// assert_eq!(y, [0.5, 0.5]);
/// ```
#[inline(always)]
pub fn softmax(y: &mut [f32], x: &[f32]) {
    y.copy_from_slice(x);
    softmax_in_place(y);
}

/// [`softmax`] of `y`, in place.
///
/// ```
/// let mut y = [3.0];
/// nda_kernels::reduce::softmax_in_place(&mut y);
/// assert_eq!(y, [1.0]);
/// ```
#[inline(always)]
pub fn softmax_in_place(y: &mut [f32]) {
    // Exact: the maximum is an element.
    let m = max(y) as f32;
    for v in &mut *y {
        *v = exp32(*v - m);
    }
    let s = sum(y);
    for v in y {
        *v = (f64::from(*v) / s) as f32;
    }
}
