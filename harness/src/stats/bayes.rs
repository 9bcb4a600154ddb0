//! Coverage with a prior: any budget, but driven by the prior beyond the data.

use super::special::{ln_rising_ratio, z_two_sided};
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

/// ln of prod_{j<k} (x + j) / (x + gap + j): the mean of q^k for q ~ Beta(x, gap).
fn log_moment(x: f64, gap: f64, k: u64) -> f64 {
    if k > 10_000_000 {
        return ln_rising_ratio(x, gap, k as f64);
    }
    let term = |j: u64| {
        let (low, high) = (x + j as f64, x + gap + j as f64);
        if low < gap { low.ln() - high.ln() } else { (-gap / high).ln_1p() }
    };
    (0..k).map(term).sum()
}

/// ln of E[q^2k] / E[q^k]^2 for q ~ Beta(x, gap): a sum of positive terms.
fn log_spread(x: f64, gap: f64, k: u64) -> f64 {
    if k > 10_000_000 {
        return ln_rising_ratio(x, gap, 2.0 * k as f64) - 2.0 * ln_rising_ratio(x, gap, k as f64);
    }
    let draws = k as f64;
    (0..k).map(|j| x + j as f64).map(|low| (draws * gap / (low * (low + gap + draws))).ln_1p()).sum()
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
    let (hit, miss) = (a + c as f64, b + (n - c) as f64);
    let (first, spread) = (log_moment(miss, hit, k), log_spread(miss, hit, k));
    // sqrt(E[q^2k] - E[q^k]^2), without squaring what is small
    let sd = if spread > 40.0 { (first + 0.5 * spread).exp() } else { first.exp() * spread.max(0.0).exp_m1().sqrt() };
    Ok(Posterior { mean: -first.exp_m1(), sd, pass_hat_mean: log_moment(hit, miss, k).exp() })
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
        let (near, far) = (log_moment(8.0, 4.0, 10_000_000), log_moment(8.0, 4.0, 10_000_001));
        assert!((near - far - 4.0 / 10_000_012.0).abs() < 1e-9, "{near} {far}");
        let close = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-9, "{got} {want}");
        let rare = pass_at_k(1_000_000_000, 1, 1, 0.5, 0.5).unwrap();
        close(rare.pass_hat_mean, 1.499_999_998_5e-9);
        close(rare.sd, 1.224_744_868_69e-9);
        close(pass_at_k(1_000_000, 0, 1, 0.01, 1.0).unwrap().sd, 9.999_984_850_0e-8);
        let far = pass_at_k(10_000, 5_000, 1_000, 0.5, 0.5).unwrap().sd;
        assert!(far > 2.0e-265 && far < 2.1e-265, "{far}");
        assert!(bayes_at_n(&[vec![2]], &[0.0, 1.0]).is_err());
        assert_eq!(bayes_at_n(&[], &[0.0, 1.0]).unwrap(), None);
    }
}
