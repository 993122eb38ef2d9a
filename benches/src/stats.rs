//! Medians and bootstrap intervals. Nothing here is random: the resampling starts from a fixed seed.

use std::collections::BTreeMap;

/// Resamples of a bootstrap interval.
const RESAMPLES: usize = 1000;

/// Median of some samples, with its interval and their spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The median.
    pub median: f64,
    /// Lower end of the 95 % bootstrap interval of the median.
    pub lo: f64,
    /// Upper end of the 95 % bootstrap interval of the median.
    pub hi: f64,
    /// Distance of the quartiles over the median: 0.02 is a quiet machine.
    pub spread: f64,
}

impl Summary {
    /// All of it `by` times; the spread is relative and stays.
    #[must_use]
    pub fn times(self, by: f64) -> Summary {
        Summary { median: self.median * by, lo: self.lo * by, hi: self.hi * by, spread: self.spread }
    }
}

/// The value at `part` (0 to 1) of sorted values, between neighbours by straight line.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = part * (sorted.len() - 1) as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    sorted[low] + (sorted[high] - sorted[low]) * (at - low as f64)
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut values = samples.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// The median.
///
/// ```
/// assert_eq!(nda_benches::stats::median(&[3.0, 1.0, 2.0, 10.0]), 2.5);
/// ```
///
/// # Panics
/// Without samples.
#[must_use]
pub fn median(samples: &[f64]) -> f64 {
    assert!(!samples.is_empty(), "a median needs samples");
    quantile(&sorted(samples), 0.5)
}

/// The geometric mean: the mean of ratios.
///
/// ```
/// assert!((nda_benches::stats::geomean(&[0.5, 2.0]) - 1.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn geomean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|x| x.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

/// What stands there most often; of several, the last by order.
#[must_use]
pub fn most_common<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name)
}

/// Median, interval and spread.
///
/// # Panics
/// Without samples.
#[must_use]
pub fn summary(samples: &[f64]) -> Summary {
    let middle = median(samples);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut resample = || -> f64 {
        let pick = || {
            // xorshift64: good enough to choose samples, and the same on every machine.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            samples[(state % samples.len() as u64) as usize]
        };
        median(&std::iter::repeat_with(pick).take(samples.len()).collect::<Vec<_>>())
    };
    let medians = sorted(&std::iter::repeat_with(&mut resample).take(RESAMPLES).collect::<Vec<_>>());
    let values = sorted(samples);
    Summary {
        median: middle,
        lo: quantile(&medians, 0.025),
        hi: quantile(&medians, 0.975),
        spread: (quantile(&values, 0.75) - quantile(&values, 0.25)) / middle,
    }
}

/// How often `base` goes into `other`, from the ratios within each round: what slows a whole round cancels out.
///
/// # Panics
/// Where the two have different numbers of rounds, or none.
#[must_use]
pub fn ratio(other: &[f64], base: &[f64]) -> Summary {
    assert_eq!(other.len(), base.len(), "ratios are taken within a round");
    summary(&other.iter().zip(base).map(|(a, b)| a / b).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_holds_the_median_and_shrinks_with_the_spread() {
        let wide = summary(&(1..=41).map(f64::from).collect::<Vec<_>>());
        assert_eq!(wide.median, 21.0);
        assert!(wide.lo < 21.0 && 21.0 < wide.hi && wide.hi - wide.lo < 30.0, "{wide:?}");
        assert!((wide.spread - 20.0 / 21.0).abs() < 1e-12);
        let same = summary(&[5.0; 9]);
        assert_eq!((same.lo, same.median, same.hi, same.spread), (5.0, 5.0, 5.0, 0.0));
    }

    #[test]
    fn a_ratio_is_taken_within_rounds() {
        // The machine slows tenfold on the way; the ratio does not.
        let base: Vec<f64> = (0..10).map(|i| if i < 5 { 1.0 } else { 10.0 }).collect();
        let other: Vec<f64> = base.iter().map(|x| 3.0 * x).collect();
        let r = ratio(&other, &base);
        assert!((r.median - 3.0).abs() < 1e-12 && (r.hi - r.lo) < 1e-12);
    }
}
