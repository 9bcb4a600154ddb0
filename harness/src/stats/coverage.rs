//! Coverage beyond the data: the Beta-Binomial fit, the power law, the naive plug-in's bias, and runs that stopped at success.
//!
//! Every number here is a prediction and must be shown as one.

use std::collections::BTreeMap;

use super::pass_at_k::pass_at_k;
use super::special::{Pmf, digamma_rise, ln_rising};
use super::{StatsError, at_most, same_length};

/// Predictions further than this many times the observed n are refused by default.
pub const REACH: u64 = 100;

/// Maximum-likelihood Beta distribution of the problems' success rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaBinomial {
    /// First shape: the exponent of the left tail, and of the power law that coverage follows.
    pub alpha: f64,
    /// Second shape.
    pub beta: f64,
    /// Log likelihood without the binomial coefficients. Unit: nats.
    pub log_likelihood: f64,
}

/// A fit, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fit {
    /// An interior maximum.
    Found(BetaBinomial),
    /// No interior maximum: nothing solved, everything solved, no spread beyond chance, or only all-or-nothing problems.
    Degenerate(&'static str),
}

impl Fit {
    /// The parameters, if any.
    #[must_use]
    pub fn parameters(&self) -> Option<BetaBinomial> {
        match self {
            Self::Found(fit) => Some(*fit),
            Self::Degenerate(_) => None,
        }
    }
}

impl BetaBinomial {
    /// pass@k of a new problem: 1 - B(a, b+k) / B(a, b). Any k.
    #[must_use]
    pub fn population_pass(&self, k: u64) -> f64 {
        -(log_fail(self.alpha, self.beta, k)).exp_m1()
    }

    /// pass@k of k fresh samples on a problem that had c of n. Any k.
    #[must_use]
    pub fn posterior_pass(&self, n: u64, c: u64, k: u64) -> f64 {
        -(log_fail(self.alpha + c as f64, self.beta + (n - c) as f64, k)).exp_m1()
    }

    /// Macro mean of [`BetaBinomial::posterior_pass`]. Shapes: (n, c) per problem.
    #[must_use]
    pub fn benchmark_pass(&self, problems: &[(u64, u64)], k: u64) -> Option<f64> {
        let sum: f64 = grouped(problems).iter().map(|(&(n, c), m)| m * self.posterior_pass(n, c, k)).sum();
        (!problems.is_empty()).then(|| sum / problems.len() as f64)
    }
}

/// ln of the chance that k draws all fail when the rate is Beta(a, b).
fn log_fail(a: f64, b: f64, k: u64) -> f64 {
    if k <= 64 {
        return (0..k).map(|j| (-a / (a + b + j as f64)).ln_1p()).sum();
    }
    // B(a, b+k) / B(a, b) = rising(b, k) / rising(a+b, k) = rising(b, a) / rising(b+k, a)
    ln_rising(b, a) - ln_rising(b + k as f64, a)
}

fn grouped(problems: &[(u64, u64)]) -> BTreeMap<(u64, u64), f64> {
    let mut sizes = BTreeMap::new();
    for &key in problems {
        *sizes.entry(key).or_insert(0.0) += 1.0;
    }
    sizes
}

/// Fits a Beta distribution to successes per problem. Shapes: (n, c) per problem; n = 0 is left out.
///
/// Source: the Beta-Binomial likelihood; for coverage see arXiv:2510.05197. Newton in (ln a, ln b) from the moments.
///
/// # Errors
/// c above n.
pub fn fit(problems: &[(u64, u64)]) -> Result<Fit, StatsError> {
    for &(n, c) in problems {
        at_most("correct samples", c, n)?;
    }
    let used: Vec<(u64, u64)> = problems.iter().copied().filter(|(n, _)| *n > 0).collect();
    if used.is_empty() {
        return Ok(Fit::Degenerate("no samples"));
    }
    if used.iter().all(|(_, c)| *c == 0) {
        return Ok(Fit::Degenerate("no sample is correct"));
    }
    if used.iter().all(|(n, c)| n == c) {
        return Ok(Fit::Degenerate("every sample is correct"));
    }
    if used.iter().all(|(n, _)| *n == 1) {
        return Ok(Fit::Degenerate("one sample a problem shows no spread"));
    }
    if used.iter().all(|(n, c)| *c == 0 || c == n) {
        return Ok(Fit::Degenerate("every problem is solved always or never"));
    }
    let groups: Vec<((f64, f64), f64)> =
        grouped(&used).into_iter().map(|((n, c), m)| ((n as f64, c as f64), m)).collect();
    let found = maximise(&groups, start(&groups));
    Ok(match found {
        Some(fit) if fit.alpha + fit.beta < 1e6 && fit.alpha + fit.beta > 1e-6 => Fit::Found(fit),
        _ => Fit::Degenerate("no spread between problems beyond chance"),
    })
}

fn start(groups: &[((f64, f64), f64)]) -> (f64, f64) {
    let total: f64 = groups.iter().map(|(_, m)| m).sum();
    let mean = groups.iter().map(|((n, c), m)| m * c / n).sum::<f64>() / total;
    let spread = groups.iter().map(|((n, c), m)| m * (c / n - mean).powi(2)).sum::<f64>() / total;
    let noise = mean * (1.0 - mean) * groups.iter().map(|((n, _), m)| m / n).sum::<f64>() / total;
    let between = (spread - noise).max(1e-3 * mean * (1.0 - mean));
    let size = (mean * (1.0 - mean) / between - 1.0).clamp(0.05, 200.0);
    ((mean * size).max(1e-3), ((1.0 - mean) * size).max(1e-3))
}

struct Local {
    value: f64,
    /// With respect to (ln a, ln b).
    gradient: [f64; 2],
    hessian: [f64; 3],
}

fn local(groups: &[((f64, f64), f64)], a: f64, b: f64, slopes: bool) -> Local {
    let (mut value, mut g, mut h) = (0.0, [0.0; 2], [0.0; 3]);
    for &((n, c), m) in groups {
        value += m * (ln_rising(a, c) + ln_rising(b, n - c) - ln_rising(a + b, n));
        if slopes {
            let (pa, pb, pt) = (digamma_rise(a, c), digamma_rise(b, n - c), digamma_rise(a + b, n));
            g = [g[0] + m * (pa.0 - pt.0), g[1] + m * (pb.0 - pt.0)];
            h = [h[0] + m * (pa.1 - pt.1), h[1] - m * pt.1, h[2] + m * (pb.1 - pt.1)];
        }
    }
    Local {
        value,
        gradient: [a * g[0], b * g[1]],
        hessian: [a * a * h[0] + a * g[0], a * b * h[1], b * b * h[2] + b * g[1]],
    }
}

fn maximise(groups: &[((f64, f64), f64)], (a, b): (f64, f64)) -> Option<BetaBinomial> {
    let (mut x, mut y) = (a.ln(), b.ln());
    let scale: f64 = groups.iter().map(|(_, m)| m).sum();
    for _ in 0..300 {
        let at = local(groups, x.exp(), y.exp(), true);
        let [gx, gy] = at.gradient;
        let done = gx.abs().max(gy.abs()) <= 1e-11 * scale;
        let [p, q, r] = at.hessian;
        let determinant = p * r - q * q;
        let (mut sx, mut sy) = if p < 0.0 && determinant > 0.0 {
            (-(r * gx - q * gy) / determinant, -(p * gy - q * gx) / determinant)
        } else if done {
            return None;
        } else {
            // uphill, where the surface is not concave
            let length = gx.hypot(gy);
            (0.5 * gx / length, 0.5 * gy / length)
        };
        let longest = sx.abs().max(sy.abs());
        if longest > 2.0 {
            (sx, sy) = (2.0 * sx / longest, 2.0 * sy / longest);
        }
        if done || longest < 1e-13 {
            return (longest < 1e-5).then(|| BetaBinomial { alpha: x.exp(), beta: y.exp(), log_likelihood: at.value });
        }
        let mut part = 1.0;
        loop {
            let (nx, ny) = (x + part * sx, y + part * sy);
            let value = local(groups, nx.exp(), ny.exp(), false).value;
            if value >= at.value - 1e-13 * at.value.abs() {
                (x, y) = (nx, ny);
                break;
            }
            part *= 0.5;
            if part < 1e-9 {
                // as high as rounding lets it climb
                let flat = gx.abs().max(gy.abs()) <= 1e-6 * scale;
                return flat.then(|| BetaBinomial { alpha: x.exp(), beta: y.exp(), log_likelihood: at.value });
            }
        }
        if x.max(y) > 20.0 || x.min(y) < -20.0 {
            return None;
        }
    }
    None
}

/// coverage(k) = exp(-a k^-b).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerLaw {
    /// -ln coverage(1).
    pub a: f64,
    /// The exponent.
    pub b: f64,
    /// Points that could not be used, as their coverage is 0 or 1.
    pub dropped: usize,
}

/// How a power law is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerLawMethod {
    /// A straight line through ln(-ln coverage) against ln k.
    LogLog,
    /// Least squares of -ln coverage, a profiled out.
    NegLog,
}

/// How many points have a coverage that no power law has, as it is 0 or 1.
#[must_use]
pub fn unusable(coverage: &[f64]) -> usize {
    coverage.iter().filter(|c| **c <= 0.0 || **c >= 1.0).count()
}

/// Fits the exponentiated power law. Shapes: one coverage per k. `None` below two usable points with distinct k.
///
/// Source: Brown et al. 2024, arXiv:2407.21787, section 3; Schaeffer et al. 2025, arXiv:2502.17578. The points of one curve share
/// samples, so its errors come from resampled problems, not from the fit.
///
/// # Errors
/// Arrays of different length, or coverage that is NaN.
pub fn power_law(ks: &[f64], coverage: &[f64], method: PowerLawMethod) -> Result<Option<PowerLaw>, StatsError> {
    same_length("ks and coverage", ks.len(), coverage.len())?;
    super::finite("coverage", coverage)?;
    for k in ks {
        super::positive("k", *k)?;
    }
    let points: Vec<(f64, f64)> =
        ks.iter().zip(coverage).filter(|(_, c)| **c > 0.0 && **c < 1.0).map(|(k, c)| (k.ln(), -c.ln())).collect();
    let dropped = unusable(coverage);
    if points.len() < 2 || points.iter().all(|(x, _)| (x - points[0].0).abs() < 1e-12) {
        return Ok(None);
    }
    let count = points.len() as f64;
    let (mx, my) = points.iter().fold((0.0, 0.0), |s, (x, y)| (s.0 + x / count, s.1 + y.ln() / count));
    let (sxx, sxy) =
        points.iter().fold((0.0, 0.0), |s, (x, y)| (s.0 + (x - mx).powi(2), s.1 + (x - mx) * (y.ln() - my)));
    let slope = sxy / sxx;
    let line = PowerLaw { a: (my - slope * mx).exp(), b: -slope, dropped };
    Ok(Some(match method {
        PowerLawMethod::LogLog => line,
        PowerLawMethod::NegLog => least_squares(&points, line),
    }))
}

fn least_squares(points: &[(f64, f64)], first: PowerLaw) -> PowerLaw {
    let scale = |b: f64| {
        let (mut top, mut bottom) = (0.0, 0.0);
        for (x, y) in points {
            let w = (-b * x).exp();
            top += y * w;
            bottom += w * w;
        }
        top / bottom
    };
    // the derivative of the profiled sum of squares, up to the factor 2
    let slope = |b: f64| {
        let a = scale(b);
        points.iter().map(|(x, y)| (y - a * (-b * x).exp()) * a * x * (-b * x).exp()).sum::<f64>()
    };
    let loss = |b: f64| {
        let a = scale(b);
        points.iter().map(|(x, y)| (y - a * (-b * x).exp()).powi(2)).sum::<f64>()
    };
    let width = first.b.abs().max(0.1);
    let steps = 400;
    let candidate = |i: i32| first.b + width * (f64::from(i) / f64::from(steps) * 4.0);
    let best = (-steps..=steps).min_by(|i, j| loss(candidate(*i)).total_cmp(&loss(candidate(*j)))).unwrap_or(0);
    let (low, high) = (candidate(best - 1), candidate(best + 1));
    let b =
        if slope(low) < 0.0 && slope(high) > 0.0 { super::special::bisect(low, high, slope) } else { candidate(best) };
    PowerLaw { a: scale(b), b, ..first }
}

/// The bias of the plug-in 1 - (1 - c/n)^k when c is Binomial(n, p): negative for k > 1. `None` for n = 0.
///
/// # Errors
/// p outside [0, 1].
pub fn naive_bias(n: u64, p: f64, k: u64) -> Result<Option<f64>, StatsError> {
    super::probability("p", p)?;
    if n == 0 {
        return Ok(None);
    }
    if p <= 0.0 || p >= 1.0 || k == 0 {
        return Ok(Some(0.0));
    }
    let power = k as f64;
    let truth = (power * (-p).ln_1p()).exp();
    let whole = n as f64;
    let plug: f64 = Pmf::binomial(n, p)
        .iter()
        .map(|(c, m)| match c {
            c if c == n => 0.0,
            c => m * (power * (-(c as f64) / whole).ln_1p()).exp(),
        })
        .sum();
    Ok(Some(truth - plug))
}

/// Estimates for one problem that was sampled until its r-th success.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UntilSuccess {
    /// (r-1)/(D-1); `None` for r < 2.
    pub unbiased_p: Option<f64>,
    /// r/D, biased up.
    pub mle_p: Option<f64>,
    /// Unbiased pass@k; the indicator k >= D for r = 1; `None` for r = 0.
    pub unbiased_pass_at_k: Option<f64>,
}

/// PassUntil: D draws were needed for r successes. Source: Hu et al. 2023, arXiv:2310.03262; negative binomial, minimum variance.
///
/// # Errors
/// More successes than draws.
pub fn pass_until(draws: u64, successes: u64, k: u64) -> Result<UntilSuccess, StatsError> {
    at_most("successes", successes, draws)?;
    let before = draws.saturating_sub(1);
    let unbiased = match successes.checked_sub(1) {
        None => None,
        Some(_) if k > before => Some(1.0),
        Some(earlier) => pass_at_k(before, earlier, k)?.map(|p| if before - k < earlier { 1.0 } else { p.pass }),
    };
    Ok(UntilSuccess {
        // stopped at the first draw with two successes cannot be: D >= r >= 2
        unbiased_p: (successes >= 2).then(|| (successes - 1) as f64 / before as f64),
        mle_p: (draws > 0).then(|| successes as f64 / draws as f64),
        unbiased_pass_at_k: unbiased,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degenerate_data_give_no_numbers() {
        let cases: [&[(u64, u64)]; 6] =
            [&[], &[(5, 0), (9, 0)], &[(4, 4)], &[(1, 1), (1, 0)], &[(6, 0), (6, 6)], &[(10, 5), (10, 5), (10, 5)]];
        for problems in cases {
            assert!(matches!(fit(problems).unwrap(), Fit::Degenerate(_)), "{problems:?}: {:?}", fit(problems));
        }
        assert!(fit(&[(1, 2)]).is_err());
    }

    #[test]
    fn a_known_beta_is_found_again() {
        // expected counts of Beta(0.5, 1.5) with n = 30, as a large sample
        let (a, b, n) = (0.5, 1.5, 30u64);
        let mut problems = Vec::new();
        for c in 0..=n {
            let (hit, miss) = (c as f64, (n - c) as f64);
            let log = ln_rising(a, hit) + ln_rising(b, miss) - ln_rising(a + b, n as f64) + ln_rising(1.0, n as f64)
                - ln_rising(1.0, hit)
                - ln_rising(1.0, miss);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
            let copies = (log.exp() * 200_000.0).round() as usize;
            problems.extend(std::iter::repeat_n((n, c), copies));
        }
        let found = fit(&problems).unwrap().parameters().unwrap();
        assert!((found.alpha - a).abs() < 1e-3 && (found.beta - b).abs() < 3e-3, "{found:?}");
        // coverage of the population keeps rising and both ways to evaluate it meet
        let direct =
            |k: u64| (0..k).map(|j| (-found.alpha / (found.alpha + found.beta + j as f64)).ln_1p()).sum::<f64>();
        for k in [65, 1000, 100_000] {
            assert!((found.population_pass(k) + direct(k).exp_m1()).abs() < 1e-10, "{k}");
        }
    }

    #[test]
    fn stopping_at_the_first_success_is_an_indicator() {
        let at = |k| pass_until(7, 1, k).unwrap();
        assert_eq!(
            (at(6).unbiased_pass_at_k, at(7).unbiased_pass_at_k, at(7).unbiased_p),
            (Some(0.0), Some(1.0), None)
        );
        assert_eq!(pass_until(9, 0, 3).unwrap().unbiased_pass_at_k, None);
        assert!(pass_until(2, 3, 1).is_err());
    }

    #[test]
    fn the_plug_in_is_biased_down() {
        assert!(naive_bias(10, 0.1, 1).unwrap().unwrap().abs() < 1e-14);
        assert!(naive_bias(10, 0.1, 5).unwrap().unwrap() < -0.05);
        assert_eq!(naive_bias(10, 1.0, 5).unwrap(), Some(0.0));
    }
}
