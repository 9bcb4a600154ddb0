//! Several weak verifiers without labels: their rates from third moments, and votes as one posterior.

use super::{StatsError, open_probability, probability, same_length};

/// Rates of three verifiers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Triplet {
    /// P(correct).
    pub class_balance: f64,
    /// P(accept | correct), not clipped.
    pub completeness: [f64; 3],
    /// P(accept | wrong), not clipped.
    pub false_positive_rate: [f64; 3],
}

/// Rates of three conditionally independent verifiers from how often each pattern of votes occurs.
///
/// Shapes: `counts[p]`, bit 2 of p is the first verifier's vote, bit 0 the third's. `class_balance`: P(correct) if it is known,
/// which is less noisy than third moments. `None` without samples or where the model is violated (a covariance product that is
/// not positive). Most of the verifiers are taken to be better than chance.
/// Source: the moment method of Fu et al. 2020, arXiv:2002.11955, as in Weaver, arXiv:2506.18203.
///
/// # Errors
/// A count that is negative or not finite, or a class balance outside (0, 1).
pub fn triplet_moments(counts: [f64; 8], class_balance: Option<f64>) -> Result<Option<Triplet>, StatsError> {
    super::finite("a count", &counts)?;
    if counts.iter().any(|c| *c < 0.0) {
        return Err(StatsError::Domain { what: "a count", must: "not negative" });
    }
    if let Some(pi) = class_balance {
        open_probability("class_balance", pi)?;
    }
    let total: f64 = counts.iter().sum();
    if total <= 0.0 {
        return Ok(None);
    }
    let vote = |pattern: usize, verifier: usize| f64::from(u8::from(pattern >> (2 - verifier) & 1 == 1));
    let expect = |f: &dyn Fn(usize) -> f64| (0..8).map(|p| counts[p] / total * f(p)).sum::<f64>();
    let m: [f64; 3] = std::array::from_fn(|i| expect(&|p| vote(p, i)));
    let covariance = |i: usize, j: usize| expect(&|p| (vote(p, i) - m[i]) * (vote(p, j) - m[j]));
    let (c12, c13, c23) = (covariance(0, 1), covariance(0, 2), covariance(1, 2));
    let third = expect(&|p| (0..3).map(|i| vote(p, i) - m[i]).product());
    if c12 * c13 * c23 <= 1e-24 {
        return Ok(None);
    }
    // two of three covariances may be negative: then the verifier in both stands against the majority
    let signs = match (c12 > 0.0, c13 > 0.0, c23 > 0.0) {
        (true, true, true) => [1.0, 1.0, 1.0],
        (false, false, true) => [-1.0, 1.0, 1.0],
        (false, true, false) => [1.0, -1.0, 1.0],
        _ => [1.0, 1.0, -1.0],
    };
    let pi = class_balance.unwrap_or_else(|| {
        let g = signs.iter().product::<f64>() * third / (c12 * c13 * c23).sqrt();
        0.5 * (1.0 - g / (4.0 + g * g).sqrt())
    });
    let spread = pi * (1.0 - pi);
    if spread <= 0.0 {
        return Ok(None);
    }
    let squares = [c12 * c13 / c23, c12 * c23 / c13, c13 * c23 / c12];
    let j: [f64; 3] = std::array::from_fn(|i| signs[i] * (squares[i] / spread).sqrt());
    Ok(Some(Triplet {
        class_balance: pi,
        completeness: std::array::from_fn(|i| m[i] + (1.0 - pi) * j[i]),
        false_positive_rate: std::array::from_fn(|i| m[i] - pi * j[i]),
    }))
}

/// Log-odds that a sample is correct, from the votes of conditionally independent verifiers; a missing vote adds nothing.
///
/// Shapes: one vote, completeness and false positive rate per verifier. May be infinite where a rate is 0 or 1. Dependent
/// verifiers make it over-confident: calibrate before reading it as a probability.
/// Source: naive Bayes; the use of log-odds as score, arXiv:2506.18203.
///
/// # Errors
/// Arrays of different length, a rate outside [0, 1], a class balance outside (0, 1), or votes that contradict certain rates.
pub fn naive_bayes_log_odds(
    votes: &[Option<bool>],
    class_balance: f64,
    completeness: &[f64],
    false_positive_rate: &[f64],
) -> Result<f64, StatsError> {
    same_length("votes and tpr", votes.len(), completeness.len())?;
    same_length("votes and fpr", votes.len(), false_positive_rate.len())?;
    open_probability("class_balance", class_balance)?;
    let mut odds = (class_balance / (1.0 - class_balance)).ln();
    for ((vote, &t), &f) in votes.iter().zip(completeness).zip(false_positive_rate) {
        probability("a rate", t)?;
        probability("a rate", f)?;
        odds += match vote {
            // equal rates tell nothing, also where both are 0 or 1
            _ if (t - f).abs() <= 0.0 => 0.0,
            Some(true) => (t / f).ln(),
            Some(false) => ((1.0 - t) / (1.0 - f)).ln(),
            None => 0.0,
        };
    }
    if odds.is_nan() {
        return Err(StatsError::Domain { what: "the rates", must: "consistent with the votes" });
    }
    Ok(odds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pattern probabilities of a known model.
    fn population(pi: f64, t: [f64; 3], f: [f64; 3]) -> [f64; 8] {
        std::array::from_fn(|p| {
            let chance = |rates: [f64; 3]| -> f64 {
                (0..3).map(|i| if p >> (2 - i) & 1 == 1 { rates[i] } else { 1.0 - rates[i] }).product()
            };
            1e4 * (pi * chance(t) + (1.0 - pi) * chance(f))
        })
    }

    #[test]
    fn a_known_model_is_recovered_even_with_one_verifier_against_the_others() {
        for t in [[0.9, 0.8, 0.7], [0.2, 0.8, 0.7], [0.9, 0.1, 0.7], [0.9, 0.8, 0.05]] {
            let f = [0.4, 0.3, 0.2];
            for known in [None, Some(0.3)] {
                let got = triplet_moments(population(0.3, t, f), known).unwrap().unwrap();
                assert!((got.class_balance - 0.3).abs() < 1e-9, "{got:?}");
                for i in 0..3 {
                    assert!((got.completeness[i] - t[i]).abs() < 1e-9, "{got:?}");
                    assert!((got.false_positive_rate[i] - f[i]).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn chance_verifiers_violate_the_model() {
        assert_eq!(triplet_moments([1.0; 8], None).unwrap(), None);
        assert_eq!(triplet_moments([0.0; 8], None).unwrap(), None);
        assert!(triplet_moments([-1.0; 8], None).is_err());
        let odds = naive_bayes_log_odds(&[Some(true), None], 0.5, &[0.9, 0.8], &[0.1, 0.3]).unwrap();
        assert!((odds - 9f64.ln()).abs() < 1e-15);
    }
}
