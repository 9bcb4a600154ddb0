//! Coverage with a prior: any budget, but driven by the prior beyond the data.

use super::special::{ln_rising, z_two_sided};
use super::{Interval, StatsError, at_most, finite, positive};

/// Posterior pass@k of one problem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior {
    /// Posterior mean of pass@k.
    pub mean: f64,
    /// Posterior standard deviation.
    pub sd: f64,
    /// Posterior mean of pass^k.
    pub pass_hat_mean: f64,
}

/// ln of prod_{j<k} (x + j) / (y + j) for y > x: the mean of q^k for q ~ Beta(x, y - x).
fn log_moment(x: f64, y: f64, k: u64) -> f64 {
    let gap = y - x;
    if k <= 10_000_000 {
        return (0..k).map(|j| (-gap / (y + j as f64)).ln_1p()).sum();
    }
    ln_rising(x, gap) - ln_rising(x + k as f64, gap)
}

/// Posterior of pass@k for c of n under a Beta(a, b) prior. Valid for any k, also k > n: then the prior speaks.
///
/// Source: the conjugate Beta-Binomial; Jeffreys a = b = 1/2, uniform a = b = 1.
///
/// # Errors
/// c above n, or a prior that is not positive.
pub fn pass_at_k(n: u64, c: u64, k: u64, a: f64, b: f64) -> Result<Posterior, StatsError> {
    at_most("correct samples", c, n)?;
    positive("a", a)?;
    positive("b", b)?;
    let (hit, miss, all) = (a + c as f64, b + (n - c) as f64, a + b + n as f64);
    let (first, second) = (log_moment(miss, all, k), log_moment(miss, all, 2 * k));
    // E[q^2k] - E[q^k]^2 = E[q^k]^2 (E[q^2k]/E[q^k]^2 - 1)
    let variance = (2.0 * first).exp() * (second - 2.0 * first).exp_m1();
    Ok(Posterior { mean: -first.exp_m1(), sd: variance.max(0.0).sqrt(), pass_hat_mean: log_moment(hit, all, k).exp() })
}

/// Bayes@N: posterior mean and standard deviation of the mean weight of a categorical outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BayesAtN {
    /// Posterior mean over problems.
    pub mu: f64,
    /// Posterior standard deviation: the uncertainty on these problems.
    pub sigma: f64,
}

impl BayesAtN {
    /// mu +- z sigma.
    #[must_use]
    pub fn interval(&self, confidence: f64) -> Interval {
        let half = z_two_sided(confidence) * self.sigma;
        Interval { low: self.mu - half, high: self.mu + half }
    }
}

/// Bayes@N under a uniform Dirichlet prior. Shapes: one row of categories per problem, categories below the number of weights.
///
/// Rows may differ in length: the formula is applied per problem with its own N. `None` without problems or weights.
/// Source: Hariri et al. 2025, arXiv:2510.04265, algorithm 1.
///
/// # Errors
/// A category without a weight, or a weight that is not finite.
pub fn bayes_at_n(outcomes: &[Vec<u64>], weights: &[f64]) -> Result<Option<BayesAtN>, StatsError> {
    finite("a weight", weights)?;
    let Some(&base) = weights.first() else { return Ok(None) };
    if outcomes.is_empty() {
        return Ok(None);
    }
    let problems = outcomes.len() as f64;
    let (mut mean, mut variance) = (0.0, 0.0);
    for row in outcomes {
        let mut alpha = vec![1.0; weights.len()];
        for &category in row {
            let place = usize::try_from(category).ok().and_then(|c| alpha.get_mut(c));
            *place.ok_or(StatsError::Domain { what: "a category", must: "below the number of weights" })? += 1.0;
        }
        let total: f64 = alpha.iter().sum();
        let moment =
            |power: i32| -> f64 { alpha.iter().zip(weights).map(|(a, w)| a / total * (w - base).powi(power)).sum() };
        mean += moment(1);
        variance += (moment(2) - moment(1).powi(2)) / (total + 1.0);
    }
    Ok(Some(BayesAtN { mu: base + mean / problems, sigma: variance.max(0.0).sqrt() / problems }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uniform_prior_gives_laplaces_rule() {
        let p = pass_at_k(10, 3, 1, 1.0, 1.0).unwrap();
        assert!((p.mean - 4.0 / 12.0).abs() < 1e-15 && (p.pass_hat_mean - p.mean).abs() < 1e-15);
        assert!((p.sd - (4.0 * 8.0 / (144.0 * 13.0f64)).sqrt()).abs() < 1e-14);
        // beyond the loop, the closed form: here 4 * 5 * ... / ((k + 9) ...)
        let (near, far) = (log_moment(8.0, 12.0, 10_000_000), log_moment(8.0, 12.0, 10_000_001));
        assert!((near - far - 4.0 / 10_000_012.0).abs() < 1e-9, "{near} {far}");
        assert!(bayes_at_n(&[vec![2]], &[0.0, 1.0]).is_err());
        assert_eq!(bayes_at_n(&[], &[0.0, 1.0]).unwrap(), None);
    }
}
