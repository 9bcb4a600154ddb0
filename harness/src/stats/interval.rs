//! Intervals and standard errors that need no resampling: one proportion, clustered problems, quantiles.

use std::collections::HashMap;
use std::hash::Hash;

use super::special::{beta_quantile, z_two_sided};
use super::{Interval, StatsError, at_most, finite, mean, open_probability, same_length};

/// Three intervals for one proportion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProportionIntervals {
    /// Wilson 1927: the default.
    pub wilson: Interval,
    /// Clopper and Pearson 1934: where a guarantee is needed.
    pub clopper_pearson: Interval,
    /// Beta(c + 1/2, n - c + 1/2) quantiles; 0 at c = 0 and 1 at c = n.
    pub jeffreys: Interval,
}

/// Intervals for c of n. `None` for n = 0. Source: Brown, Cai and DasGupta 2001.
///
/// # Errors
/// c above n, or a confidence outside (0, 1).
pub fn proportion(c: u64, n: u64, confidence: f64) -> Result<Option<ProportionIntervals>, StatsError> {
    at_most("successes", c, n)?;
    open_probability("confidence", confidence)?;
    if n == 0 {
        return Ok(None);
    }
    let tail = 0.5 * (1.0 - confidence);
    let (hits, misses) = (c as f64, (n - c) as f64);
    let ends = |low: &dyn Fn() -> f64, high: &dyn Fn() -> f64| Interval {
        low: if c == 0 { 0.0 } else { low() },
        high: if c == n { 1.0 } else { high() },
    };
    Ok(Some(ProportionIntervals {
        wilson: wilson(c, n, confidence).unwrap_or(Interval { low: 0.0, high: 1.0 }),
        // the complement's quantile keeps the upper ends accurate near 1
        clopper_pearson: ends(&|| beta_quantile(hits, misses + 1.0, tail), &|| {
            1.0 - beta_quantile(misses, hits + 1.0, tail)
        }),
        jeffreys: ends(&|| beta_quantile(hits + 0.5, misses + 0.5, tail), &|| {
            1.0 - beta_quantile(misses + 0.5, hits + 0.5, tail)
        }),
    }))
}

/// Wilson's interval for c of n. `None` for n = 0.
#[must_use]
pub fn wilson(c: u64, n: u64, confidence: f64) -> Option<Interval> {
    if n == 0 {
        return None;
    }
    let (z, whole) = (z_two_sided(confidence), n as f64);
    let p = c as f64 / whole;
    let denominator = 1.0 + z * z / whole;
    let centre = (p + z * z / (2.0 * whole)) / denominator;
    let half = z / denominator * (p * (1.0 - p) / whole + z * z / (4.0 * whole * whole)).sqrt();
    Some(Interval {
        low: if c == 0 { 0.0 } else { (centre - half).max(0.0) },
        high: if c >= n { 1.0 } else { (centre + half).min(1.0) },
    })
}

/// The type-7 quantile (linear between order statistics); `None` of nothing. NaN must not occur.
#[must_use]
pub fn quantile(mut values: Vec<f64>, p: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let place = p.clamp(0.0, 1.0) * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and last")]
    let below = (place.floor() as usize).min(last);
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let share = place - below as f64;
    if share <= 0.0 || below == last {
        return Some(low);
    }
    let high = above.iter().copied().fold(f64::INFINITY, f64::min);
    Some(low + share * (high - low))
}

/// Standard errors of a mean whose values fall into clusters.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ClusteredErrors {
    /// As if independent.
    pub iid: Option<f64>,
    /// sqrt(sum of squared cluster totals) / M. `None` for one cluster, where the formula gives 0.
    pub liang_zeger: Option<f64>,
    /// The iid variance plus the covariance within clusters. `None` for one cluster.
    pub miller: Option<f64>,
    /// Number of clusters; below about 20 none of these can be trusted.
    pub clusters: usize,
}

/// Clustered standard errors. Shapes: one value and one cluster label per problem.
///
/// Source: Liang and Zeger 1986; Miller 2024, arXiv:2411.00640, section 2.2.
///
/// # Errors
/// Arrays of different length, or a value that is not finite.
pub fn clustered<L: Hash + Eq>(values: &[f64], labels: &[L]) -> Result<ClusteredErrors, StatsError> {
    same_length("values and clusters", values.len(), labels.len())?;
    finite("values", values)?;
    let Some(centre) = mean(values) else { return Ok(ClusteredErrors::default()) };
    let mut places: HashMap<&L, usize> = HashMap::new();
    let mut totals: Vec<f64> = Vec::new();
    let mut squares = 0.0;
    for (x, label) in values.iter().zip(labels) {
        let next = totals.len();
        let place = *places.entry(label).or_insert(next);
        if place == next {
            totals.push(0.0);
        }
        totals[place] += x - centre;
        squares += (x - centre).powi(2);
    }
    let between: f64 = totals.iter().map(|t| t * t).sum();
    let count = values.len() as f64;
    let variance = (values.len() > 1).then(|| squares / (count - 1.0) / count);
    let several = totals.len() > 1;
    Ok(ClusteredErrors {
        iid: variance.map(f64::sqrt),
        liang_zeger: several.then(|| between.sqrt() / count),
        miller: variance.filter(|_| several).map(|v| (v + (between - squares) / (count * count)).max(0.0).sqrt()),
        clusters: totals.len(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_are_of_type_seven() {
        assert_eq!(quantile(vec![4.0, 1.0, 3.0, 2.0], 0.4), Some(2.2));
        assert_eq!(quantile(vec![5.0], 0.9), Some(5.0));
        assert_eq!(quantile(Vec::new(), 0.5), None);
    }

    #[test]
    fn a_single_cluster_is_not_estimable() {
        let got = clustered(&[0.1, 0.4], &["a", "a"]).unwrap();
        assert_eq!((got.liang_zeger, got.miller, got.clusters), (None, None, 1));
        assert!(got.iid.is_some());
    }

    proptest! {
        #[test]
        fn clusters_of_one_are_independent(values in prop::collection::vec(0.0f64..1.0, 2..30)) {
            let labels: Vec<usize> = (0..values.len()).collect();
            let got = clustered(&values, &labels).unwrap();
            prop_assert!((got.miller.unwrap() - got.iid.unwrap()).abs() < 1e-12);
        }

        #[test]
        fn intervals_hold_the_estimate(n in 1u64..5000, c in 0u64..5000) {
            let c = c.min(n);
            let p = c as f64 / n as f64;
            let got = proportion(c, n, 0.95).unwrap().unwrap();
            for i in [got.wilson, got.clopper_pearson, got.jeffreys] {
                prop_assert!(0.0 <= i.low && i.low <= p && p <= i.high && i.high <= 1.0);
            }
            prop_assert!(got.clopper_pearson.low <= got.jeffreys.low + 1e-12);
        }
    }
}
