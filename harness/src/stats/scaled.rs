//! Success rates that stay below a ceiling: the scaled Beta and Kumaraswamy laws on (0, scale).

use super::special::{Pmf, integrate_unit, ln_rising};
use super::{StatsError, at_most, positive};

fn check(alpha: f64, beta: f64, scale: f64) -> Result<(), StatsError> {
    positive("alpha", alpha)?;
    positive("beta", beta)?;
    if scale > 0.0 && scale <= 1.0 {
        return Ok(());
    }
    Err(StatsError::Domain { what: "scale", must: "above 0 and at most 1" })
}

/// E over J ~ Binomial(m, scale) of rising(top, J) / rising(bottom, J): the Gauss hypergeometric function
/// 2F1(-m, bottom - top; bottom; scale) after Pfaff's transformation, all of whose terms are positive.
fn binomial_mean(m: u64, scale: f64, mut value: impl FnMut(f64) -> f64) -> f64 {
    if scale >= 1.0 {
        return value(m as f64);
    }
    if m == 0 {
        return value(0.0);
    }
    Pmf::binomial(m, scale).iter().map(|(j, p)| p * value(j as f64)).sum()
}

/// ln of the probability of x successes in n when the rate is `scale` times a Beta(alpha, beta).
///
/// Source: Schaeffer et al. 2025, arXiv:2502.17578, appendix; the integral as a positive finite sum.
///
/// # Errors
/// x above n, a shape that is not positive, or a scale outside (0, 1].
pub fn beta_binomial_log_pmf(x: u64, n: u64, alpha: f64, beta: f64, scale: f64) -> Result<f64, StatsError> {
    at_most("successes", x, n)?;
    check(alpha, beta, scale)?;
    let (hits, misses) = (x as f64, n - x);
    let ways = ln_rising(misses as f64 + 1.0, hits) - ln_rising(1.0, hits);
    let mean = binomial_mean(misses, scale, |j| (ln_rising(beta, j) - ln_rising(alpha + beta + hits, j)).exp());
    Ok(ways + hits * scale.ln() + ln_rising(alpha, hits) - ln_rising(alpha + beta, hits) + mean.ln())
}

/// pass@k when the rate is `scale` times a Beta(alpha, beta): 1 - 2F1(-k, alpha; alpha+beta; scale). Any k.
///
/// # Errors
/// A shape that is not positive, or a scale outside (0, 1].
pub fn beta_pass_at_k(alpha: f64, beta: f64, scale: f64, k: u64) -> Result<f64, StatsError> {
    check(alpha, beta, scale)?;
    Ok(binomial_mean(k, scale, |j| -(ln_rising(beta, j) - ln_rising(alpha + beta, j)).exp_m1()))
}

/// pass@k when the rate is `scale` times a Kumaraswamy(alpha, beta), by quadrature. Any k.
///
/// Source: Kumaraswamy 1980; Schaeffer et al. 2025, arXiv:2502.17578.
///
/// # Errors
/// A shape that is not positive, or a scale outside (0, 1].
pub fn kumaraswamy_pass_at_k(alpha: f64, beta: f64, scale: f64, k: u64) -> Result<f64, StatsError> {
    check(alpha, beta, scale)?;
    Ok(integrate_unit(|v, w| {
        // 1 - v^(1/beta), from whichever of v and 1 - v is exact
        let log_v = if v < 0.5 { v.ln() } else { (-w).ln_1p() };
        let base = -(log_v / beta).exp_m1();
        let p = scale * base.powf(1.0 / alpha);
        -(k as f64 * (-p).ln_1p()).exp_m1()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_is_the_plain_beta() {
        let fit = super::super::coverage::BetaBinomial { alpha: 0.4, beta: 2.0, log_likelihood: 0.0 };
        for k in [1, 7, 300] {
            let got = beta_pass_at_k(0.4, 2.0, 1.0, k).unwrap();
            assert!((got - fit.population_pass(k)).abs() < 1e-12);
            // beta = 1 makes both laws the same power law
            let (a, b) = (beta_pass_at_k(0.7, 1.0, 0.6, k).unwrap(), kumaraswamy_pass_at_k(0.7, 1.0, 0.6, k).unwrap());
            assert!((a - b).abs() < 1e-10, "{a} {b}");
        }
    }

    #[test]
    fn probabilities_sum_to_one() {
        for (n, scale) in [(20, 0.3), (200, 0.9), (50, 1.0)] {
            let sum: f64 = (0..=n).map(|x| beta_binomial_log_pmf(x, n, 0.35, 3.5, scale).unwrap().exp()).sum();
            assert!((sum - 1.0).abs() < 1e-11, "{sum}");
        }
        assert!(beta_pass_at_k(0.4, 2.0, 1.1, 3).is_err());
    }
}
