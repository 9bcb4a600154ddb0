//! Resampling when problems are believed to be of a few types: when to stop, before any sample is drawn.

use super::resampling::highest;
use super::{StatsError, finite, probability};

/// How far from 1 rounding may bring the sum of weights: 0.33 + 0.33 + 0.33 is 0.99, less than half a digit more.
const ROUNDING: f64 = 0.01 + 1e-9;

/// One type of problem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kind {
    /// Its prior probability.
    pub weight: f64,
    /// P(correct).
    pub r: f64,
    /// P(accept | correct).
    pub completeness: f64,
    /// P(accept | wrong).
    pub false_positive_rate: f64,
}

impl Kind {
    fn accept(&self) -> f64 {
        self.r * self.completeness + (1.0 - self.r) * self.false_positive_rate
    }

    fn reject(&self) -> f64 {
        self.r * (1.0 - self.completeness) + (1.0 - self.r) * (1.0 - self.false_positive_rate)
    }
}

/// Utility against K, and where to stop.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureUtility {
    /// Expected utility at K = 0, 1, ....
    pub utility: Vec<f64>,
    /// Belief over types after 0, 1, ... rejections; `None` once that cannot happen.
    pub posterior: Vec<Option<Vec<f64>>>,
    /// The smallest K of highest utility, within 1e-12.
    pub best: usize,
    /// Its utility.
    pub best_utility: f64,
    /// The limit K -> infinity; `None` where draws cost something and nothing is ever accepted.
    pub limit: Option<f64>,
}

/// Expected utility of resampling under a belief over types.
///
/// Attempt k is reached with probability sum_t w_t beta_t^(k-1), weighted by the prior: the posterior after k - 1 rejections
/// already holds that evidence, and weighting by it again distorts the utility, even its sign.
/// Source: Stroebl et al. 2024, arXiv:2411.17501, section 5 (whose notebook weights by the posterior).
///
/// Weights that sum to 1 within 0.01, as those written with two or three digits do, are divided by their sum.
///
/// # Errors
/// A rate outside [0, 1], weights that are negative or whose sum is further from 1, or a cost that is not finite.
pub fn mixture_utility(
    kinds: &[Kind],
    benefit: f64,
    false_positive_cost: f64,
    sample_cost: f64,
    k_max: u64,
) -> Result<MixtureUtility, StatsError> {
    finite("a value", &[benefit, false_positive_cost, sample_cost])?;
    for t in kinds {
        probability("weight", t.weight)?;
        probability("r", t.r)?;
        probability("tpr", t.completeness)?;
        probability("fpr", t.false_positive_rate)?;
    }
    let total: f64 = kinds.iter().map(|t| t.weight).sum();
    if (total - 1.0).abs() > ROUNDING {
        return Err(StatsError::Domain { what: "the sum of weights", must: "1, within 0.01" });
    }
    let kinds: Vec<Kind> = kinds.iter().map(|t| Kind { weight: t.weight / total, ..*t }).collect();
    let gain = |t: &Kind| {
        benefit * t.r * t.completeness - false_positive_cost * (1.0 - t.r) * t.false_positive_rate - sample_cost
    };
    let length = usize::try_from(k_max).unwrap_or(usize::MAX - 1) + 1;
    let mut utility = Vec::with_capacity(length);
    let mut posterior = Vec::with_capacity(length);
    // what is left of each type after so many rejections, rescaled so that it never underflows as a whole
    let mut belief: Vec<f64> = kinds.iter().map(|t| t.weight).collect();
    for k in 0..length {
        let value = kinds
            .iter()
            .map(|t| {
                let a = t.accept();
                let log_reject = if a < 0.5 { (-a).ln_1p() } else { t.reject().ln() };
                let attempts = if a > 0.0 { -(k as f64 * log_reject).exp_m1() / a } else { k as f64 };
                t.weight * gain(t) * if k == 0 { 0.0 } else { attempts }
            })
            .sum();
        utility.push(value);
        let total: f64 = belief.iter().sum();
        if total > 0.0 {
            for b in &mut belief {
                *b /= total;
            }
            posterior.push(Some(belief.clone()));
        } else {
            posterior.push(None);
        }
        for (b, t) in belief.iter_mut().zip(&kinds) {
            *b *= t.reject();
        }
    }
    let mut limit = Some(0.0);
    for t in kinds.iter().filter(|t| t.weight > 0.0) {
        let a = t.accept();
        if a > 0.0 {
            limit = limit.map(|l| l + t.weight * gain(t) / a);
        } else if gain(t).abs() > 0.0 {
            limit = None;
        }
    }
    let (best, best_utility) = highest(&utility.iter().copied().map(Some).collect::<Vec<_>>());
    Ok(MixtureUtility { utility, posterior, best, best_utility, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two types of arXiv:2411.17501: soundness 0.75, completeness 1.
    fn paper() -> Vec<Kind> {
        [(0.58, 0.87), (0.42, 0.13)]
            .map(|(weight, r)| Kind { weight, r, completeness: 1.0, false_positive_rate: 0.25 })
            .to_vec()
    }

    #[test]
    fn the_papers_optimal_budgets() {
        let best = |cost| mixture_utility(&paper(), 1.0, cost, 0.0, 15).unwrap();
        assert_eq!([best(0.7).best, best(1.0).best, best(2.0).best], [3, 2, 1]);
        // the published notebook prints -0.078 here: it weights survival by the posterior
        assert!((best(2.0).utility[15] - 0.149).abs() < 5e-4);
        let last = best(2.0).posterior[15].clone().unwrap();
        assert!((last.iter().sum::<f64>() - 1.0).abs() < 1e-12 && last[1] > 0.999);
    }

    #[test]
    fn rounded_weights_count_as_their_shares() {
        let of = |weights: [f64; 3]| {
            let rates = [0.9, 0.5, 0.1];
            let kind = |(weight, r)| Kind { weight, r, completeness: 1.0, false_positive_rate: 0.25 };
            mixture_utility(&weights.into_iter().zip(rates).map(kind).collect::<Vec<_>>(), 1.0, 1.0, 0.0, 9)
        };
        let exact = of([1.0 / 3.0; 3]).unwrap();
        for part in [0.333, 0.33] {
            let rounded = of([part; 3]).unwrap();
            assert!(exact.utility.iter().zip(&rounded.utility).all(|(a, b)| (a - b).abs() < 1e-15));
            assert_eq!((exact.best, exact.posterior[0].as_ref().map(Vec::len)), (rounded.best, Some(3)));
        }
        for wrong in [[0.3; 3], [0.34, 0.34, 0.34], [0.0; 3]] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_type_that_is_never_accepted_costs_for_ever() {
        let mut kinds = paper();
        kinds[1].completeness = 0.0;
        kinds[1].false_positive_rate = 0.0;
        assert!(mixture_utility(&kinds, 1.0, 1.0, 0.0, 5).unwrap().limit.is_some());
        assert_eq!(mixture_utility(&kinds, 1.0, 1.0, 0.1, 5).unwrap().limit, None);
        kinds[1].weight = 0.5;
        assert!(mixture_utility(&kinds, 1.0, 1.0, 0.1, 5).is_err());
    }
}
