//! A summary of a run that is cheap enough to be computed again at every refresh of a screen.

use std::collections::HashMap;

use crate::stats::bootstrap::Plan;
use crate::stats::confusion::Confusion;
use crate::stats::coverage;
use crate::stats::resampling::{Counts, Worth, conditional, highest, mean_curve};

use super::{Curve, coverage as coverage_curve};

/// What a summary needs of one problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ProblemCounts {
    /// Judged samples.
    pub n: u64,
    /// Correct by the oracle.
    pub correct: u64,
    /// Accepted and correct.
    pub true_positive: u64,
    /// Accepted and wrong.
    pub false_positive: u64,
}

/// The numbers a reader wants while a run is going.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// pass@n by the oracle, with intervals.
    pub curve: Curve,
    /// The last point of the curve: coverage at the smallest n of any problem.
    pub coverage: Option<f64>,
    /// Right answers when the first accepted sample is submitted, within as many draws.
    pub first_pass_accuracy: Option<f64>,
    /// Right among submitted, within as many draws.
    pub conditional_accuracy: Option<f64>,
    /// P(wrong | accepted), all samples together.
    pub false_discovery_rate: Option<f64>,
    /// The number of draws with the highest reward at cost 2.
    pub optimal_draws: Option<u64>,
    /// It is the largest number seen, so that it may lie beyond.
    pub optimal_censored: bool,
    /// Predicted coverage gained by twice as many samples (Beta-Binomial), with its standard error over problems; `None` where
    /// the fit is degenerate.
    pub doubling_gain: Option<(f64, Option<f64>)>,
}

/// Summarises a run. Milliseconds for thousands of problems: identical problems are computed once, and `plan` should ask for a
/// few hundred resamples.
#[must_use]
pub fn summarize(problems: &[ProblemCounts], plan: Plan) -> Summary {
    let pairs: Vec<(u64, u64)> = problems.iter().map(|p| (p.n, p.correct.min(p.n))).collect();
    let curve = coverage_curve(&pairs, plan);
    let reach = curve.points.len() as u64;
    let counts: Vec<Counts> = problems
        .iter()
        .filter(|p| p.n > 0)
        .map(|p| Counts { n: p.n, true_positive: p.true_positive, false_positive: p.false_positive })
        .collect();
    let means = if counts.is_empty() { Vec::new() } else { mean_curve(&counts, reach) };
    let worth = Worth { false_positive_cost: 2.0, ..Worth::default() };
    let rewards: Vec<Option<f64>> = means.iter().map(|p| Some(worth.of(p))).collect();
    let optimal = (!means.is_empty()).then(|| highest(&rewards).0 as u64);
    let mut pooled = Confusion::default();
    for c in &counts {
        pooled.true_positive += c.true_positive;
        pooled.false_positive += c.false_positive;
    }
    Summary {
        coverage: curve.points.last().map(|p| p.estimate),
        first_pass_accuracy: means.last().map(|p| p.correct),
        conditional_accuracy: means.last().and_then(conditional),
        false_discovery_rate: pooled.false_discovery_rate(),
        optimal_draws: optimal,
        optimal_censored: optimal.is_some_and(|k| k > 0 && k == reach),
        doubling_gain: doubling(&pairs, reach),
        curve,
    }
}

/// Mean posterior gain from `reach` to twice as many samples on these problems.
pub(crate) fn doubling(pairs: &[(u64, u64)], reach: u64) -> Option<(f64, Option<f64>)> {
    let used: Vec<(u64, u64)> = pairs.iter().copied().filter(|(n, _)| *n > 0).collect();
    let fit = coverage::fit(&used).ok()?.parameters()?;
    let mut seen: HashMap<(u64, u64), f64> = HashMap::new();
    let gains: Vec<f64> = used
        .iter()
        .map(|&(n, c)| {
            *seen.entry((n, c)).or_insert_with(|| {
                if c > 0 {
                    // solved already: nothing to gain
                    return 0.0;
                }
                // unsolved after n: the chance that `reach` more solve it
                fit.posterior_pass(n, c, reach)
            })
        })
        .collect();
    Some((crate::stats::mean(&gains)?, crate::stats::standard_error(&gains)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan { replicates: 200, seed: 1, confidence: 0.95 }
    }

    #[test]
    fn nothing_yet_is_undefined() {
        assert_eq!(summarize(&[], plan()), Summary::default());
        let empty = summarize(&[ProblemCounts::default()], plan());
        assert_eq!((empty.coverage, empty.optimal_draws, empty.curve.left_out), (None, None, 1));
    }

    #[test]
    fn a_summary_of_mixed_problems() {
        let problems: Vec<ProblemCounts> = (0..40)
            .map(|i| ProblemCounts { n: 10, correct: i % 7, true_positive: i % 7 / 2, false_positive: i % 3 })
            .collect();
        let s = summarize(&problems, plan());
        assert_eq!(s.curve.points.len(), 10);
        let unsolved = problems.iter().filter(|p| p.correct == 0).count() as f64 / 40.0;
        assert!((s.coverage.unwrap() - (1.0 - unsolved)).abs() < 1e-12);
        let (gain, se) = s.doubling_gain.unwrap();
        assert!(gain > 0.0 && gain < unsolved && se.unwrap() > 0.0);
        assert!(s.first_pass_accuracy.unwrap() <= s.coverage.unwrap() + 1e-12);
        assert!(s.optimal_draws.is_some());
    }
}
