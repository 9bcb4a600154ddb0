//! Success rates that stay below a ceiling: the scaled Beta and Kumaraswamy laws on (0, scale).

use super::special::{Pmf, integrate_unit, ln_binomial, ln_rising, ln_rising_ratio};
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
    let front = ways + hits * scale.ln() + ln_rising_ratio(alpha, beta, hits);
    Ok(front + log_binomial_mean(misses, scale, beta, alpha + hits))
}

/// ln of the mean over J ~ Binomial(m, scale) of rising(beta, J) / rising(beta + gap, J), in logarithms throughout: where the
/// second factor falls steeply, the sum lives in a tail of the first that no double holds.
fn log_binomial_mean(m: u64, scale: f64, beta: f64, gap: f64) -> f64 {
    let whole = m as f64;
    if scale >= 1.0 || m == 0 {
        return ln_rising_ratio(beta, gap, whole);
    }
    let (odds, bottom) = (scale / (1.0 - scale), beta + gap);
    let log_term = |j: f64| ln_binomial(whole, j, scale) + ln_rising_ratio(beta, gap, j);
    // term(j + 1) / term(j)
    let ratio = |j: f64| (whole - j) / (j + 1.0) * odds * (beta + j) / (bottom + j);
    // where that is 1: the larger root is the mode, below the smaller one the terms may rise again towards 0
    let (a, b, c) = (1.0 + odds, bottom + 1.0 - odds * (whole - beta), bottom - odds * whole * beta);
    let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
    let mode = ((-b + root) / (2.0 * a)).ceil().clamp(0.0, whole);
    let sum_from = |start: f64, end: f64, step: f64| {
        let (mut term, mut sum, mut j) = (1.0, 0.0, start);
        while (end - j) * step > 0.0 {
            term *= if step > 0.0 { ratio(j) } else { 1.0 / ratio(j - 1.0) };
            sum += term;
            j += step;
            if term < 1e-18 * (1.0 + sum) && term < 1e-18 {
                break;
            }
        }
        sum
    };
    let valley = ((-b - root) / (2.0 * a)).floor().clamp(0.0, mode);
    let around = 1.0 + sum_from(mode, whole, 1.0) + sum_from(mode, valley, -1.0);
    let at_mode = log_term(mode);
    if valley < 1.0 {
        return at_mode + around.ln();
    }
    let low = 1.0 + sum_from(0.0, valley - 1.0, 1.0);
    at_mode + (around + low * (log_term(0.0) - at_mode).exp()).ln()
}

/// pass@k when the rate is `scale` times a Beta(alpha, beta): 1 - 2F1(-k, alpha; alpha+beta; scale). Any k.
///
/// # Errors
/// A shape that is not positive, or a scale outside (0, 1].
pub fn beta_pass_at_k(alpha: f64, beta: f64, scale: f64, k: u64) -> Result<f64, StatsError> {
    check(alpha, beta, scale)?;
    Ok(binomial_mean(k, scale, |j| -ln_rising_ratio(beta, alpha, j).exp_m1()))
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

    #[test]
    fn tails_that_no_double_holds_are_held_in_logarithms() {
        // by an arbitrary-precision library
        for (x, n, alpha, beta, scale, want) in [
            (9_000, 10_000, 2.0, 2.0, 0.95, -10.364_584_077_235),
            (5_000, 10_000, 0.3, 3.0, 0.3, -900.582_960_215_607),
            (1_000, 100_000, 0.3, 3.0, 0.3, -8.797_889_766_750_64),
            (100_000, 1_000_000, 0.3, 3.0, 1.0, -13.216_270_133_334_3),
            (0, 1_000_000_000, 0.3, 3.0, 0.3, -5.561_836_514_646_35),
            (1, 1_000_000_000, 0.3, 3.0, 0.3, -6.765_809_325_638_96),
        ] {
            let got = beta_binomial_log_pmf(x, n, alpha, beta, scale).unwrap();
            assert!((got - want).abs() < 1e-9 * want.abs(), "{x} of {n}: {got} {want}");
        }
        for (alpha, beta, want) in [
            (0.1, 5.0, 0.853_483_355_994_962),
            (0.01, 0.01, 0.595_825_280_422_092),
            (0.01, 0.001, 0.926_524_401_475_681),
        ] {
            let got = beta_pass_at_k(alpha, beta, 1.0, 1_000_000_000).unwrap();
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
    }
}
