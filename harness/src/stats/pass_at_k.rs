//! Coverage: pass@k, pass^k, G-pass@k, and the macro mean with its standard errors.
//!
//! A problem has n usable samples of which c are correct; k is a budget. All are U-statistics: the exact average over every
//! choice of k of the n samples, so they need k <= n and are `None` beyond. k = 0 gives no pass.

use super::special::{Pmf, z_two_sided};
use super::{Interval, StatsError, at_most, mean, same_length, standard_error, variance};

pub(crate) mod lanes;

/// Both tails at one budget, each to full relative accuracy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PassFail {
    /// The chance that at least one of k drawn samples is correct.
    pub pass: f64,
    /// The chance that none is.
    pub fail: f64,
}

/// pass@k and its complement for one problem. Unit: probability. `None` for k > n.
///
/// Source: Chen et al. 2021, arXiv:2107.03374, eq. 1, as an additive recurrence over the shorter of k and c.
///
/// # Errors
/// c above n.
pub fn pass_at_k(n: u64, c: u64, k: u64) -> Result<Option<PassFail>, StatsError> {
    at_most("correct samples", c, n)?;
    if k > n {
        return Ok(None);
    }
    // C(n-c, k) / C(n, k) is symmetric in c and k
    let (steps, other) = (c.min(k), c.max(k) as f64);
    let (mut pass, mut fail, whole) = (0.0, 1.0, n as f64);
    for j in 0..steps {
        let left = whole - j as f64;
        pass = (pass + fail * other / left).min(1.0);
        fail *= (left - other).max(0.0) / left;
        // what no double holds is nothing, and nothing changes any more
        if fail < f64::MIN_POSITIVE {
            (pass, fail) = (1.0, 0.0);
            break;
        }
    }
    if n - c < k && c > 0 {
        (pass, fail) = (1.0, 0.0);
    }
    Ok(Some(PassFail { pass, fail }))
}

/// pass@k for every k from 1 to `k_max` (at most n). O(k_max), both tails at full relative accuracy.
///
/// Shapes: one entry per k, the first for k = 1. Source: Chen et al. 2021, arXiv:2107.03374, eq. 1.
#[must_use]
pub fn curve(n: u64, c: u64, k_max: u64) -> Vec<PassFail> {
    let (mut pass, mut fail) = (0.0, 1.0);
    let (whole, correct) = (n as f64, c.min(n) as f64);
    (1..=k_max.min(n))
        .map(|k| {
            let left = whole - (k - 1) as f64;
            // rounding must not lift it above 1
            pass = (pass + fail * correct / left).min(1.0);
            fail *= (left - correct).max(0.0) / left;
            if n - c.min(n) < k && c > 0 {
                (pass, fail) = (1.0, 0.0);
            }
            PassFail { pass, fail }
        })
        .collect()
}

/// pass@k at chosen budgets. Shapes: one entry per k of `ks`; `None` where k > n.
///
/// # Errors
/// c above n.
pub fn at_budgets(n: u64, c: u64, ks: &[u64]) -> Result<Vec<Option<PassFail>>, StatsError> {
    let k_max = ks.iter().copied().filter(|k| *k <= n).max().unwrap_or(0);
    let single = ks.iter().fold(0u64, |sum, k| sum.saturating_add(c.min(*k)));
    if single <= k_max || k_max > 10_000_000 {
        return ks.iter().map(|k| pass_at_k(n, c, *k)).collect();
    }
    at_most("correct samples", c, n)?;
    let all = curve(n, c, k_max);
    Ok(ks
        .iter()
        .map(|k| match usize::try_from(*k) {
            Ok(0) => Some(PassFail { pass: 0.0, fail: 1.0 }),
            Ok(k) => all.get(k - 1).copied(),
            Err(_) => None,
        })
        .collect())
}

/// The mean place of the first correct sample in a random order of the n: (n+1)/(c+1). `None` for c = 0.
#[must_use]
pub fn expected_first_success(n: u64, c: u64) -> Option<f64> {
    (c > 0).then(|| (n as f64 + 1.0) / (c as f64 + 1.0))
}

/// pass^k: all k drawn samples are correct. Unit: probability. `None` for k > n.
///
/// Source: Yao et al. 2024 (tau-bench), arXiv:2406.12045.
///
/// # Errors
/// c above n.
pub fn pass_hat_k(n: u64, c: u64, k: u64) -> Result<Option<f64>, StatsError> {
    at_most("correct samples", c, n)?;
    if k > n {
        return Ok(None);
    }
    if k > c {
        return Ok(Some(0.0));
    }
    // C(c, k) / C(n, k) is symmetric in k and the wrong ones
    let wrong = n - c;
    let (steps, other) = (wrong.min(k), wrong.max(k) as f64);
    let whole = n as f64;
    let mut pass = 1.0;
    for j in 0..steps {
        pass *= (whole - other - j as f64) / (whole - j as f64);
        if pass < f64::MIN_POSITIVE {
            return Ok(Some(0.0));
        }
    }
    Ok(Some(pass))
}

/// G-pass@k: at least a share `tau` of k drawn samples is correct; tau -> 0 is pass@k, tau = 1 is pass^k. `None` for k > n.
///
/// Source: Liu et al. 2024, arXiv:2412.13147, eq. 4. The least count is max(1, ceil(tau k - 1e-9)), as tau k is not exact.
///
/// # Errors
/// c above n, k = 0, or tau outside [0, 1].
pub fn g_pass_at_k(n: u64, c: u64, k: u64, tau: f64) -> Result<Option<f64>, StatsError> {
    at_most("correct samples", c, n)?;
    super::probability("tau", tau)?;
    if k > n || k == 0 {
        return Ok(None);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and k")]
    let least = ((tau * k as f64 - 1e-9).ceil().max(1.0) as u64).min(k);
    if least == 1 {
        return Ok(pass_at_k(n, c, k)?.map(|p| p.pass));
    }
    if least == k {
        return pass_hat_k(n, c, k);
    }
    Ok(Some(Pmf::hypergeometric(n, c, k).upper(least)))
}

/// mG-pass@k in its two readings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanGPass {
    /// (2/k) times the sum of G-pass at i/k, i from ceil(k/2)+1 to k: what papers print.
    pub paper_sum: f64,
    /// Twice the integral of G-pass over tau from 1/2 to 1; differs for odd k.
    pub integral: f64,
}

/// mG-pass@k. `None` for k > n or k = 0. Source: Liu et al. 2024, arXiv:2412.13147, eq. 6.
///
/// # Errors
/// c above n.
pub fn mg_pass_at_k(n: u64, c: u64, k: u64) -> Result<Option<MeanGPass>, StatsError> {
    at_most("correct samples", c, n)?;
    if k > n || k == 0 {
        return Ok(None);
    }
    let law = Pmf::hypergeometric(n, c, k);
    let half = k.div_ceil(2);
    // the sum over i of P(X >= i) is the sum over x of P(X = x) (x - half)
    let sum: f64 = law.iter().filter(|(x, _)| *x > half).map(|(x, p)| p * (x - half) as f64).sum();
    let paper_sum = 2.0 / k as f64 * sum;
    let integral = if k.is_multiple_of(2) { paper_sum } else { paper_sum + law.upper(half) / k as f64 };
    Ok(Some(MeanGPass { paper_sum, integral }))
}

/// The unbiased variance of one problem's pass@k estimate, given the problem: fail_k^2 - fail_2k. `None` for 2k > n.
///
/// Source: the U-statistic identity; at k = 1 it is p(1-p)/(n-1).
///
/// # Errors
/// c above n.
pub fn within_variance(n: u64, c: u64, k: u64) -> Result<Option<f64>, StatsError> {
    let Some(PassFail { fail, .. }) = pass_at_k(n, c, k)? else { return Ok(None) };
    if 2 * k > n {
        return Ok(None);
    }
    if fail * fail < f64::MIN_POSITIVE {
        return Ok(Some(0.0));
    }
    if 2 * k > n - c {
        return Ok(Some(fail * fail));
    }
    // fail_2k / fail_k^2 as a product over the shorter of k and c: no cancellation where the two are close
    let mut log_ratio = 0.0;
    if c < k {
        for j in 0..c {
            log_ratio += (-(k as f64 / (n - k - j) as f64).powi(2)).ln_1p();
        }
    } else {
        for j in 0..k {
            log_ratio += (-(k as f64) * c as f64 / ((n - k - j) as f64 * (n - c - j) as f64)).ln_1p();
        }
    }
    Ok(Some(-fail * fail * log_ratio.exp_m1()))
}

/// The macro mean over problems at one budget, with both standard errors.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Macro {
    /// Mean over problems, each of weight 1.
    pub mean: Option<f64>,
    /// Population standard error: problems are a sample from a wider set. It contains the noise within problems.
    pub se: Option<f64>,
    /// mean +- z se, not clipped.
    pub ci: Option<Interval>,
    /// Mean of the variances within problems.
    pub mean_within_variance: Option<f64>,
    /// Sample variance minus the mean variance within problems; may be slightly negative.
    pub variance_between: Option<f64>,
    /// Standard error if the same problems were run again.
    pub se_fixed_benchmark: Option<f64>,
}

/// pass@k averaged over problems. Shapes: `n` and `c` hold one count per problem.
///
/// Problems without samples are left out; all is `None` where k is beyond some other problem's n (dropping it would change the
/// population along the curve). Source: Miller 2024, arXiv:2411.00640, sections 2 and 3.
///
/// # Errors
/// Arrays of different length, or c above n.
pub fn macro_mean(n: &[u64], c: &[u64], k: u64, confidence: f64) -> Result<Macro, StatsError> {
    same_length("n and c", n.len(), c.len())?;
    super::open_probability("confidence", confidence)?;
    let mut values = Vec::with_capacity(n.len());
    let mut within = Some(Vec::with_capacity(n.len()));
    let mut beyond = false;
    for (&n, &c) in n.iter().zip(c) {
        let value = pass_at_k(n, c, k)?;
        if n == 0 {
            continue;
        }
        match value {
            Some(p) => values.push(p.pass),
            None => beyond = true,
        }
        match (within_variance(n, c, k)?, &mut within) {
            (Some(w), Some(list)) => list.push(w),
            _ => within = None,
        }
    }
    if beyond {
        return Ok(Macro::default());
    }
    let centre = mean(&values);
    let se = standard_error(&values);
    let mean_within_variance = within.as_deref().and_then(mean);
    let z = z_two_sided(confidence);
    Ok(Macro {
        mean: centre,
        se,
        ci: centre.zip(se).map(|(m, se)| Interval { low: m - z * se, high: m + z * se }),
        mean_within_variance,
        variance_between: variance(&values).zip(mean_within_variance).map(|(s, w)| s - w),
        se_fixed_benchmark: mean_within_variance.map(|w| (w / values.len() as f64).sqrt()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn enumerate(n: u32, c: u32, k: u32, good: impl Fn(u32) -> bool) -> f64 {
        let (mut hits, mut all) = (0u32, 0u32);
        for set in 0u32..1 << n {
            if set.count_ones() == k {
                all += 1;
                hits += u32::from(good((set & ((1 << c) - 1)).count_ones()));
            }
        }
        f64::from(hits) / f64::from(all)
    }

    #[test]
    fn golden_numbers() {
        let p = pass_at_k(200, 3, 100).unwrap().unwrap();
        assert!((p.pass - (1.0 - 100.0 * 99.0 * 98.0 / (200.0 * 199.0 * 198.0))).abs() < 1e-15);
        assert_eq!(pass_at_k(20, 5, 25).unwrap(), None);
        assert_eq!(pass_at_k(20, 0, 20).unwrap().unwrap().pass.to_bits(), 0);
        assert_eq!(pass_at_k(20, 1, 20).unwrap().unwrap().fail.to_bits(), 0);
        assert!(pass_at_k(3, 4, 1).is_err());
        // 0.28 * 25 is just above 7 in binary
        let (seven, eight) = (g_pass_at_k(60, 30, 25, 0.28).unwrap(), g_pass_at_k(60, 30, 25, 0.32).unwrap());
        assert_eq!(seven, g_pass_at_k(60, 30, 25, 7.0 / 25.0).unwrap());
        assert!(seven > eight);
    }

    proptest! {
        #[test]
        fn equals_enumeration(n in 1u32..11, c in 0u32..11, k in 1u32..11, least in 1u32..11) {
            let (c, k) = (c.min(n), k.min(n));
            let least = least.min(k);
            let (n64, c64, k64) = (u64::from(n), u64::from(c), u64::from(k));
            let p = pass_at_k(n64, c64, k64).unwrap().unwrap();
            prop_assert!((p.pass - enumerate(n, c, k, |x| x > 0)).abs() < 1e-13);
            prop_assert!((p.pass + p.fail - 1.0).abs() < 1e-13);
            prop_assert!((pass_hat_k(n64, c64, k64).unwrap().unwrap() - enumerate(n, c, k, |x| x == k)).abs() < 1e-13);
            let g = g_pass_at_k(n64, c64, k64, f64::from(least) / f64::from(k)).unwrap().unwrap();
            prop_assert!((g - enumerate(n, c, k, |x| x >= least)).abs() < 1e-13);
            let m = mg_pass_at_k(n64, c64, k64).unwrap().unwrap();
            let sum: f64 = (k.div_ceil(2) + 1..=k).map(|i| enumerate(n, c, k, |x| x >= i)).sum();
            prop_assert!((m.paper_sum - 2.0 / f64::from(k) * sum).abs() < 1e-13);
        }

        #[test]
        fn curve_is_monotone_and_sums(n in 1u64..400, c in 0u64..400) {
            let c = c.min(n);
            let all = curve(n, c, n);
            prop_assert!(all.windows(2).all(|w| w[0].pass <= w[1].pass + 1e-15));
            let sum: f64 = all.iter().map(|p| p.fail).sum();
            prop_assert!((sum - (n - c) as f64 / (c as f64 + 1.0)).abs() < 1e-9);
            for k in [1, n.div_ceil(3), n] {
                let one = pass_at_k(n, c, k).unwrap().unwrap();
                let at = all[usize::try_from(k).unwrap() - 1];
                prop_assert!((one.pass - at.pass).abs() < 1e-12 && (one.fail - at.fail).abs() < 1e-12);
            }
        }

        #[test]
        fn within_variance_is_the_difference(n in 2u64..60, c in 0u64..60, k in 1u64..30) {
            let (c, k) = (c.min(n), k.min(n / 2));
            let fail = |k| pass_at_k(n, c, k).unwrap().unwrap().fail;
            let w = within_variance(n, c, k).unwrap().unwrap();
            prop_assert!(w >= 0.0);
            prop_assert!((w - (fail(k) * fail(k) - fail(2 * k))).abs() < 1e-13);
        }
    }
}
