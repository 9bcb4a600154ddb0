//! Only some samples carry an oracle label, chosen at random.

use super::confusion::Confusion;
use super::{StatsError, at_most, finite, mean, same_length, variance};

/// A mean from few labels and many predictions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PredictionPowered {
    /// Mean prediction plus the labelled correction.
    pub estimate: Option<f64>,
    /// Its standard error.
    pub se: Option<f64>,
    /// The mean of the labels alone.
    pub classical: Option<f64>,
    /// Its standard error.
    pub classical_se: Option<f64>,
    /// The weight of the predictions that makes the variance least.
    pub lambda: Option<f64>,
    /// The estimate at that weight (PPI++).
    pub tuned: Option<f64>,
    /// Its standard error.
    pub tuned_se: Option<f64>,
}

/// Prediction-powered inference for a mean. Shapes: labels and predictions of the labelled set, predictions of the (disjoint)
/// unlabelled set.
///
/// Standard errors are `None` below two samples a set; without unlabelled samples only the classical estimate stands.
/// Source: Angelopoulos et al. 2023, arXiv:2301.09633; PPI++: arXiv:2311.01453, lambda = Cov(y,f) / ((1 + n/N) Var(f)).
///
/// # Errors
/// Labelled arrays of different length, or a value that is not finite.
pub fn prediction_powered(y: &[f64], f: &[f64], unlabelled: &[f64]) -> Result<PredictionPowered, StatsError> {
    same_length("labels and predictions", y.len(), f.len())?;
    for values in [y, f, unlabelled] {
        finite("a value", values)?;
    }
    let (n, m) = (y.len() as f64, unlabelled.len() as f64);
    let classical = mean(y);
    let classical_se = variance(y).map(|v| (v / n).sqrt());
    let at = |lambda: f64| {
        let rest: Vec<f64> = y.iter().zip(f).map(|(y, f)| y - lambda * f).collect();
        let value = mean(unlabelled).zip(mean(&rest)).map(|(u, r)| lambda * u + r);
        let se = variance(unlabelled).zip(variance(&rest)).map(|(u, r)| (lambda * lambda * u / m + r / n).sqrt());
        (value, se)
    };
    let (estimate, se) = at(1.0);
    let all: Vec<f64> = f.iter().chain(unlabelled).copied().collect();
    let lambda = variance(&all)
        .filter(|_| y.len() > 1 && m > 0.0)
        .zip(covariance(y, f))
        .map(|(v, c)| if v > 0.0 { c / ((1.0 + n / m) * v) } else { 0.0 });
    let (tuned, tuned_se) = lambda.map_or((None, None), at);
    Ok(PredictionPowered { estimate, se, classical, classical_se, lambda, tuned, tuned_se })
}

fn covariance(a: &[f64], b: &[f64]) -> Option<f64> {
    let (ma, mb) = (mean(a)?, mean(b)?);
    (a.len() > 1).then(|| a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum::<f64>() / (a.len() - 1) as f64)
}

/// A prevalence corrected for the errors of the verifier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prevalence {
    /// (pass rate + soundness - 1) / J; may lie outside [0, 1].
    pub raw: f64,
    /// The same within [0, 1].
    pub clipped: f64,
    /// Its standard error.
    pub se: f64,
}

/// The share of correct samples behind a pass rate, from the verifier's rates on a labelled set of the same distribution.
///
/// `None` without samples, without either class, or where J = completeness + soundness - 1 is not above 0.
/// Source: Rogan and Gladen 1978.
///
/// # Errors
/// More passes than samples.
pub fn rogan_gladen(passes: u64, samples: u64, labelled: Confusion) -> Result<Option<Prevalence>, StatsError> {
    at_most("passes", passes, samples)?;
    let (Some(tpr), Some(tnr)) = (labelled.completeness(), labelled.soundness()) else { return Ok(None) };
    let j = tpr + tnr - 1.0;
    if samples == 0 || j <= 1e-12 {
        return Ok(None);
    }
    let n = samples as f64;
    let p = passes as f64 / n;
    let raw = (p + tnr - 1.0) / j;
    let variance = p * (1.0 - p) / n
        + raw * raw * tpr * (1.0 - tpr) / labelled.correct() as f64
        + (1.0 - raw).powi(2) * tnr * (1.0 - tnr) / labelled.wrong() as f64;
    Ok(Some(Prevalence { raw, clipped: raw.clamp(0.0, 1.0), se: variance.sqrt() / j }))
}

/// A mean over `total` samples of which only some are labelled, each with its own known chance to be: (estimate, standard error).
///
/// Shapes: one value and one inclusion probability per labelled sample. `None` for no samples. Labels of accepted samples alone
/// say nothing of rejected ones: every sample needs a chance above 0.
/// Source: Horvitz and Thompson 1952; the variance for independent inclusion.
///
/// # Errors
/// Arrays of different length, more labels than samples, a value that is not finite, or a probability outside (0, 1].
pub fn horvitz_thompson(values: &[f64], inclusion: &[f64], total: u64) -> Result<Option<(f64, f64)>, StatsError> {
    same_length("values and inclusion", values.len(), inclusion.len())?;
    finite("a value", values)?;
    at_most("labels", values.len() as u64, total)?;
    if inclusion.iter().any(|p| !(*p > 0.0 && *p <= 1.0)) {
        return Err(StatsError::Domain { what: "an inclusion probability", must: "above 0 and at most 1" });
    }
    if total == 0 {
        return Ok(None);
    }
    let both = || values.iter().zip(inclusion);
    let sum: f64 = both().map(|(x, p)| x / p).sum();
    let variance: f64 = both().map(|(x, p)| x * x * (1.0 - p) / (p * p)).sum();
    Ok(Some((sum / total as f64, variance.sqrt() / total as f64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_no_better_than_chance_says_nothing() {
        let chance = Confusion { true_positive: 5, false_negative: 5, true_negative: 5, false_positive: 5 };
        assert_eq!(rogan_gladen(3, 10, chance).unwrap(), None);
        assert!(rogan_gladen(11, 10, chance).is_err());
    }

    #[test]
    fn perfect_predictions_use_every_sample() {
        let y = [1.0, 0.0, 1.0, 0.0];
        let got = prediction_powered(&y, &y, &[1.0, 1.0, 0.0, 0.0, 1.0, 0.0]).unwrap();
        assert_eq!(got.estimate, Some(0.5));
        assert!(got.tuned_se.unwrap() < got.classical_se.unwrap());
        let alone = prediction_powered(&y, &y, &[]).unwrap();
        assert_eq!((alone.estimate, alone.lambda, alone.classical), (None, None, Some(0.5)));
    }
}
