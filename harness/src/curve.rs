//! Curves against a budget: estimate, interval and standard error at every k.

use std::collections::HashMap;

use crate::stats::Interval;
use crate::stats::bootstrap::{Matrix, Plan};
use crate::stats::pass_at_k::{self, lanes::sums};

pub mod summary;

pub(crate) use summary::doubling;
pub use summary::{ProblemCounts, Summary, summarize};

/// One budget of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Samples per problem.
    pub budget: u64,
    /// Macro mean over problems. Unit: probability.
    pub estimate: f64,
    /// Bootstrap interval over problems; `None` for one problem.
    pub interval: Option<Interval>,
    /// Population standard error; `None` for one problem.
    pub se: Option<f64>,
}

/// A curve over budgets 1, 2, ....
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// One point per budget.
    pub points: Vec<Point>,
    /// Problems behind every point.
    pub problems: usize,
    /// Usable samples behind the curve.
    pub samples: u64,
    /// Problems without a usable sample: left out of every mean.
    pub left_out: usize,
    /// Whether problems differ in their number of samples; the curve then ends at the smallest.
    pub unequal: bool,
}

/// Up to 64 distinct budgets from 1 to `k_max`, evenly spaced in the logarithm; all of them up to 128.
#[must_use]
pub fn grid(k_max: u64) -> Vec<u64> {
    if k_max <= 128 {
        return (1..=k_max).collect();
    }
    let step = (k_max as f64).ln() / 63.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and k_max")]
    let mut knots: Vec<u64> = (0..64).map(|i| ((step * f64::from(i)).exp().round() as u64).clamp(1, k_max)).collect();
    knots.dedup();
    knots
}

/// Intervals at every budget from those at the knots: the distances to the estimate are linear in ln k between knots.
#[must_use]
pub fn spread(knots: &[u64], at_knots: &[Option<Interval>], estimates: &[f64]) -> Vec<Option<Interval>> {
    let index = |k: u64| usize::try_from(k).map_or(usize::MAX, |k| k - 1);
    let offset = |j: usize| {
        let (i, e) = (at_knots[j]?, estimates[index(knots[j])]);
        Some((i.low - e, i.high - e))
    };
    let mut right = 0;
    (1u64..)
        .zip(estimates)
        .map(|(k, &estimate)| {
            while right + 1 < knots.len() && knots[right] < k {
                right += 1;
            }
            if knots[right] == k {
                return at_knots[right];
            }
            let left = right.checked_sub(1)?;
            let (a, b) = (offset(left)?, offset(right)?);
            let (from, to) = ((knots[left] as f64).ln(), (knots[right] as f64).ln());
            let share = ((k as f64).ln() - from) / (to - from);
            let mix = |x: f64, y: f64| x + share * (y - x);
            Some(Interval { low: estimate + mix(a.0, b.0), high: estimate + mix(a.1, b.1) })
        })
        .collect()
}

/// pass@k for k from 1 to the smallest n. Shapes: one (n, c) per problem; those with n = 0 are left out and counted.
#[must_use]
pub fn coverage(counts: &[(u64, u64)], plan: Plan) -> Curve {
    let used: Vec<(u64, u64)> = counts.iter().copied().filter(|(n, _)| *n > 0).collect();
    let k_max = used.iter().map(|(n, _)| *n).min().unwrap_or(0);
    let (estimates, errors) = moments(&used, k_max);
    let knots = grid(k_max);
    let matrix = Matrix::grouped(&used, knots.len(), |(n, c)| {
        pass_at_k::at_budgets(n, c, &knots)
            .map(|all| all.into_iter().map(|p| p.map_or(f64::NAN, |p| p.pass)).collect())
            .unwrap_or_default()
    });
    let intervals = if used.len() > 1 && plan.replicates > 0 {
        let replicates = matrix.resample(plan);
        (0..knots.len()).map(|j| replicates.interval(j, plan.confidence)).collect()
    } else {
        vec![None; knots.len()]
    };
    let points = (1u64..)
        .zip(&estimates)
        .zip(spread(&knots, &intervals, &estimates))
        .zip(errors)
        .map(|(((budget, &estimate), interval), se)| Point { budget, estimate, interval, se })
        .collect();
    Curve {
        points,
        problems: used.len(),
        samples: used.iter().map(|(n, _)| n).sum(),
        left_out: counts.len() - used.len(),
        unequal: used.iter().any(|(n, _)| *n != k_max),
    }
}

/// Means and standard errors at every k, each distinct (n, c) computed once.
fn moments(used: &[(u64, u64)], k_max: u64) -> (Vec<f64>, Vec<Option<f64>>) {
    let mut sizes: HashMap<(u64, u64), f64> = HashMap::new();
    for &key in used {
        *sizes.entry(key).or_default() += 1.0;
    }
    let mut groups: Vec<_> = sizes.into_iter().collect();
    groups.sort_unstable_by_key(|(key, _)| *key);
    let groups: Vec<(u64, u64, f64)> = groups.into_iter().map(|((n, c), size)| (n, c, size)).collect();
    let total = used.len() as f64;
    let length = usize::try_from(k_max).unwrap_or(usize::MAX);
    let means: Vec<f64> = sums(&groups, length, |_, x| x).into_iter().map(|s| s / total).collect();
    let squares = sums(&groups, length, |k, x| (x - means[k]).powi(2));
    let errors = squares.into_iter().map(|s| (used.len() > 1).then(|| (s / (total - 1.0) / total).sqrt())).collect();
    (means, errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_ends_at_the_smallest_n_and_counts_what_it_leaves_out() {
        let plan = Plan { replicates: 200, seed: 1, confidence: 0.95 };
        let curve = coverage(&[(4, 1), (6, 3), (0, 0), (4, 0)], plan);
        assert_eq!((curve.points.len(), curve.problems, curve.left_out, curve.unequal), (4, 3, 1, true));
        assert_eq!(curve.samples, 14);
        let first = &curve.points[0];
        assert!((first.estimate - (0.25 + 0.5 + 0.0) / 3.0).abs() < 1e-15);
        let interval = first.interval.unwrap();
        assert!(interval.low <= first.estimate && first.estimate <= interval.high);
        assert_eq!(coverage(&[], plan), Curve::default());
        assert_eq!(coverage(&[(2, 1)], plan).points[0].interval, None);
    }

    #[test]
    fn knots_cover_the_range_and_intervals_pass_through_them() {
        let knots = grid(1000);
        assert!(knots.len() <= 64 && knots[0] == 1 && knots[knots.len() - 1] == 1000);
        let estimates: Vec<f64> = (1..=1000).map(|k| 1.0 - 1.0 / f64::from(k)).collect();
        let at: Vec<_> = knots.iter().map(|k| Some(Interval { low: 0.0, high: *k as f64 })).collect();
        let all = spread(&knots, &at, &estimates);
        for k in &knots {
            assert_eq!(all[usize::try_from(*k).unwrap() - 1].unwrap().high.to_bits(), (*k as f64).to_bits());
        }
        assert!(all.iter().all(Option::is_some));
    }
}
