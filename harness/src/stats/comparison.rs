//! Two runs on the same problems: paired differences, tests, corrections for many, and what could have been seen at all.

use rand_chacha::rand_core::Rng;

use super::bootstrap::stream;
use super::special::{Pmf, normal_quantile, t_two_sided, z_two_sided};
use super::{Interval, StatsError, finite, mean, open_probability, positive, probability, same_length, standard_error};

/// A mean difference over problems.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Paired {
    /// Mean of a - b.
    pub difference: Option<f64>,
    /// Its standard error; `None` below two problems.
    pub se: Option<f64>,
    /// Normal interval.
    pub normal: Option<Interval>,
    /// Interval by Student's t with M - 1 degrees of freedom.
    pub student: Option<Interval>,
}

/// The paired difference. Shapes: one value per problem in both, in the same order. Source: Miller 2024, arXiv:2411.00640.
///
/// # Errors
/// Arrays of different length, a value that is not finite, or a confidence outside (0, 1).
pub fn paired_difference(a: &[f64], b: &[f64], confidence: f64) -> Result<Paired, StatsError> {
    same_length("a and b", a.len(), b.len())?;
    finite("a value", a)?;
    finite("a value", b)?;
    open_probability("confidence", confidence)?;
    let d: Vec<f64> = a.iter().zip(b).map(|(x, y)| x - y).collect();
    let (difference, se) = (mean(&d), standard_error(&d));
    let around =
        |quantile: f64| difference.zip(se).map(|(m, se)| Interval { low: m - quantile * se, high: m + quantile * se });
    Ok(Paired {
        difference,
        se,
        normal: around(z_two_sided(confidence)),
        student: se.and_then(|_| around(t_two_sided(confidence, (d.len() - 1) as f64))),
    })
}

/// Two-sided sign-flip test that the mean difference is 0. Shapes: one difference per problem. `None` without problems.
///
/// Exact over all 2^M signs for M <= 20, else `flips` seeded random signs with p = (1 + hits) / (1 + flips).
/// Source: Fisher 1935; Phipson and Smyth 2010 for the added 1.
///
/// # Errors
/// A difference that is not finite.
pub fn sign_flip_test(d: &[f64], flips: u32, seed: u64) -> Result<Option<f64>, StatsError> {
    finite("a difference", d)?;
    if d.is_empty() {
        return Ok(None);
    }
    let scale: f64 = d.iter().map(|x| x.abs()).sum();
    if scale <= 0.0 {
        return Ok(Some(1.0));
    }
    let least = d.iter().sum::<f64>().abs() - 1e-9 * scale;
    if d.len() <= 20 {
        // every signed sum is one of the left half plus one of the right
        let (left, right) = d.split_at(d.len() / 2);
        let (left, right) = (signed_sums(left), signed_sums(right));
        let hits: usize = left.iter().map(|l| right.iter().filter(|r| (l + **r).abs() >= least).count()).sum();
        return Ok(Some(hits as f64 / (left.len() * right.len()) as f64));
    }
    let mut hits = 0u32;
    for flip in 0..flips {
        let mut rng = stream(seed, u64::from(flip));
        let mut sum = 0.0;
        for part in d.chunks(64) {
            let mut bits = rng.next_u64();
            for x in part {
                sum += if bits & 1 == 1 { *x } else { -x };
                bits >>= 1;
            }
        }
        hits += u32::from(sum.abs() >= least);
    }
    Ok(Some((1.0 + f64::from(hits)) / (1.0 + f64::from(flips))))
}

fn signed_sums(d: &[f64]) -> Vec<f64> {
    d.iter().fold(vec![0.0], |sums, x| sums.iter().flat_map(|s| [s + x, s - x]).collect())
}

/// McNemar's exact and mid-p values, two-sided, from the discordant counts. Source: McNemar 1947; Fagerland et al. 2013 (mid-p).
#[must_use]
pub fn mcnemar(b: u64, c: u64) -> (f64, f64) {
    if b == c {
        return (1.0, 1.0);
    }
    let least = b.min(c);
    let law = Pmf::binomial(b + c, 0.5);
    let twice = 2.0 * law.lower(least);
    (twice.min(1.0), (twice - law.at(least)).min(1.0))
}

/// Holm's step-down adjusted p values, in the order given. Source: Holm 1979.
///
/// # Errors
/// A p value outside [0, 1].
pub fn holm(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    let order = ascending(p)?;
    let (mut adjusted, mut highest) = (vec![0.0; p.len()], 0.0f64);
    for (rank, &i) in order.iter().enumerate() {
        highest = highest.max((p[i] * (p.len() - rank) as f64).min(1.0));
        adjusted[i] = highest;
    }
    Ok(adjusted)
}

/// Benjamini-Hochberg adjusted p values, in the order given. Source: Benjamini and Hochberg 1995.
///
/// # Errors
/// A p value outside [0, 1].
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    let order = ascending(p)?;
    let (mut adjusted, mut lowest) = (vec![0.0; p.len()], 1.0f64);
    for (rank, &i) in order.iter().enumerate().rev() {
        lowest = lowest.min(p[i] * p.len() as f64 / (rank + 1) as f64);
        adjusted[i] = lowest;
    }
    Ok(adjusted)
}

fn ascending(p: &[f64]) -> Result<Vec<usize>, StatsError> {
    p.iter().try_for_each(|x| probability("a p value", *x))?;
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    Ok(order)
}

/// What a comparison has to work with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    /// Standard deviation of the true problem means of A.
    pub sd_a: f64,
    /// The same of B.
    pub sd_b: f64,
    /// Their correlation over problems.
    pub correlation: f64,
    /// Mean variance within problems, A.
    pub within_a: f64,
    /// Mean variance within problems, B.
    pub within_b: f64,
    /// Samples per problem, A.
    pub samples_a: f64,
    /// Samples per problem, B.
    pub samples_b: f64,
    /// Problems in both.
    pub problems: f64,
}

/// The smallest true difference that a two-sided test at `alpha` finds with probability `power`.
///
/// Source: Miller 2024, arXiv:2411.00640, eq. 9.
///
/// # Errors
/// A level outside (0, 1), no problems or samples, or a variance below 0.
pub fn minimum_detectable_effect(design: &Design, alpha: f64, power: f64) -> Result<f64, StatsError> {
    for (what, x) in [("k_a", design.samples_a), ("k_b", design.samples_b), ("n_problems", design.problems)] {
        positive(what, x)?;
    }
    if !(-1.0..=1.0).contains(&design.correlation) {
        return Err(StatsError::Domain { what: "corr", must: "between -1 and 1" });
    }
    for (what, x) in [
        ("sd_x_a", design.sd_a),
        ("sd_x_b", design.sd_b),
        ("within_var_a", design.within_a),
        ("within_var_b", design.within_b),
    ] {
        if !(x >= 0.0 && x.is_finite()) {
            return Err(StatsError::Domain { what, must: "a number, not negative" });
        }
    }
    // sd_a^2 + sd_b^2 - 2 rho sd_a sd_b, which rounding must not make negative
    let between = (design.sd_a - design.sd_b).powi(2) + 2.0 * (1.0 - design.correlation) * design.sd_a * design.sd_b;
    let variance = between + design.within_a / design.samples_a + design.within_b / design.samples_b;
    detectable((variance / design.problems).sqrt(), alpha, power)
}

/// The same from the standard error of the difference.
///
/// # Errors
/// A level outside (0, 1), or a standard error that is not a number.
pub fn detectable(se: f64, alpha: f64, power: f64) -> Result<f64, StatsError> {
    open_probability("alpha", alpha)?;
    open_probability("power", power)?;
    if !se.is_finite() {
        return Err(StatsError::Domain { what: "the variance", must: "a number, not negative" });
    }
    Ok((normal_quantile(1.0 - 0.5 * alpha) + normal_quantile(power)) * se)
}

/// No study has more; a float would no longer hold each count.
const MOST_PROBLEMS: f64 = 1e15;

/// The number of problems that finds a difference `delta` when paired differences have variance `variance`.
///
/// # Errors
/// A level outside (0, 1), delta = 0 or too small, or a variance below 0.
pub fn sample_size(delta: f64, variance: f64, alpha: f64, power: f64) -> Result<u64, StatsError> {
    positive("delta", delta.abs())?;
    if !(variance >= 0.0 && variance.is_finite()) {
        return Err(StatsError::Domain { what: "var_diff", must: "a number, not negative" });
    }
    let z = detectable(1.0, alpha, power)?;
    // in this order nothing overflows or vanishes that the result holds
    let problems = (z / delta * variance.sqrt()).powi(2).ceil();
    if problems > MOST_PROBLEMS {
        return Err(StatsError::Domain { what: "delta", must: "large enough for fewer than 10^15 problems" });
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, not negative")]
    Ok(problems as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sign_flips_equal_enumeration(d in prop::collection::vec(-5i32..6, 1..11)) {
            let d: Vec<f64> = d.into_iter().map(|x| f64::from(x) / 10.0).collect();
            let observed = d.iter().sum::<f64>().abs();
            let mut hits = 0u32;
            for signs in 0u32..1 << d.len() {
                let sum: f64 = (0..d.len()).map(|i| if signs >> i & 1 == 1 { d[i] } else { -d[i] }).sum();
                hits += u32::from(sum.abs() >= observed - 1e-9);
            }
            let p = sign_flip_test(&d, 0, 0).unwrap().unwrap();
            prop_assert!((p - f64::from(hits) / f64::from(1u32 << d.len())).abs() < 1e-15);
        }

        #[test]
        fn adjusted_values_keep_their_order(p in prop::collection::vec(0.0f64..1.0, 1..20)) {
            let (h, b) = (holm(&p).unwrap(), benjamini_hochberg(&p).unwrap());
            for i in 0..p.len() {
                prop_assert!(p[i] <= b[i] + 1e-15 && b[i] <= h[i] + 1e-15 && h[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || (h[i] <= h[j] && b[i] <= b[j]));
                }
            }
        }
    }

    #[test]
    fn random_flips_come_near_the_exact_value() {
        let d: Vec<f64> = (0..24).map(|i| f64::from(i % 5) - 1.6).collect();
        let p = sign_flip_test(&d, 5000, 3).unwrap().unwrap();
        assert_eq!(sign_flip_test(&d, 5000, 3).unwrap(), Some(p));
        let z = mean(&d).unwrap() / standard_error(&d).unwrap();
        let normal = 2.0 * super::super::special::normal_cdf(-z.abs());
        assert!((p - normal).abs() < 0.06, "{p} {normal}");
        assert_eq!(sign_flip_test(&[0.0; 30], 10, 0).unwrap(), Some(1.0));
        assert_eq!(sign_flip_test(&[], 10, 0).unwrap(), None);
        assert_eq!(mcnemar(0, 0), (1.0, 1.0));
    }

    #[test]
    fn one_problem_has_no_error() {
        let one = paired_difference(&[0.5], &[0.2], 0.95).unwrap();
        assert!((one.difference.unwrap() - 0.3).abs() < 1e-15 && one.se.is_none() && one.student.is_none());
        assert!(paired_difference(&[0.5], &[], 0.95).is_err());
    }
}
