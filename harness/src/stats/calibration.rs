//! Whether a score means what it says as a probability, and how to make it.

use super::{StatsError, finite, not_nan, positive, probability, same_length};

/// One bin of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Samples in the bin.
    pub count: u64,
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share of correct samples.
    pub observed: f64,
}

/// Calibration error over equal-width bins.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationError {
    /// Mean of |predicted - observed|, weighted by count.
    pub expected: f64,
    /// The largest over bins.
    pub maximum: f64,
    /// The filled bins, from low to high probability.
    pub bins: Vec<Bin>,
}

fn check(probabilities: &[f64], labels: &[bool]) -> Result<(), StatsError> {
    same_length("probabilities and labels", probabilities.len(), labels.len())?;
    probabilities.iter().try_for_each(|p| probability("a probability", *p))
}

/// ECE and MCE over `bins` bins (lo, hi]; probability 0 falls in the first. Biased up for few samples. `None` without samples.
///
/// Source: Guo et al. 2017, arXiv:1706.04599, eq. 3.
///
/// # Errors
/// Arrays of different length, a probability outside [0, 1], or no bins.
pub fn calibration_error(
    probabilities: &[f64],
    labels: &[bool],
    bins: usize,
) -> Result<Option<CalibrationError>, StatsError> {
    check(probabilities, labels)?;
    positive("bins", bins as f64)?;
    if probabilities.is_empty() {
        return Ok(None);
    }
    let mut sums = vec![(0u64, 0.0, 0u64); bins];
    for (p, label) in probabilities.iter().zip(labels) {
        // edges such as 0.7 x 10 are not exact in binary
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and bins")]
        let place = ((p * bins as f64 - 1e-12).ceil().max(1.0) as usize - 1).min(bins - 1);
        let (count, predicted, hits) = &mut sums[place];
        *count += 1;
        *predicted += p;
        *hits += u64::from(*label);
    }
    let bins: Vec<Bin> = sums
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, predicted, hits)| Bin {
            count,
            predicted: predicted / count as f64,
            observed: hits as f64 / count as f64,
        })
        .collect();
    let gap = |b: &Bin| (b.predicted - b.observed).abs();
    Ok(Some(CalibrationError {
        expected: bins.iter().map(|b| b.count as f64 / labels.len() as f64 * gap(b)).sum(),
        maximum: bins.iter().map(gap).fold(0.0, f64::max),
        bins,
    }))
}

/// The Brier score and its decomposition over distinct probabilities: score = reliability - resolution + uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brier {
    /// Mean squared difference of probability and label.
    pub score: f64,
    /// How far predicted probabilities are from observed shares.
    pub reliability: f64,
    /// How far observed shares are from the base rate.
    pub resolution: f64,
    /// Variance of the label.
    pub uncertainty: f64,
}

/// The Brier score. `None` without samples. Source: Brier 1950; Murphy 1973.
///
/// # Errors
/// Arrays of different length, or a probability outside [0, 1].
pub fn brier(probabilities: &[f64], labels: &[bool]) -> Result<Option<Brier>, StatsError> {
    check(probabilities, labels)?;
    if probabilities.is_empty() {
        return Ok(None);
    }
    let total = labels.len() as f64;
    let base = labels.iter().filter(|l| **l).count() as f64 / total;
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|a, b| (probabilities[*a] + 0.0).total_cmp(&(probabilities[*b] + 0.0)));
    let (mut score, mut reliability, mut resolution) = (0.0, 0.0, 0.0);
    for same in order.chunk_by(|a, b| probabilities[*a] >= probabilities[*b]) {
        let (p, size) = (probabilities[same[0]], same.len() as f64);
        let observed = same.iter().filter(|&&i| labels[i]).count() as f64 / size;
        score += size * (observed * (1.0 - p).powi(2) + (1.0 - observed) * p * p);
        reliability += size * (p - observed).powi(2);
        resolution += size * (observed - base).powi(2);
    }
    Ok(Some(Brier {
        score: score / total,
        reliability: reliability / total,
        resolution: resolution / total,
        uncertainty: base * (1.0 - base),
    }))
}

/// 1 / (1 + e^-x).
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// ln(1 + e^x).
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// A fitted temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Temperature {
    /// Logits are divided by it.
    pub temperature: f64,
    /// Mean negative log likelihood at temperature 1. Unit: nats.
    pub nll_before: f64,
    /// The same at the fitted temperature.
    pub nll_after: f64,
    /// The optimum lay outside [0.01, 100]: labels are separable, or logits point the wrong way.
    pub capped: bool,
}

/// Temperature scaling: the root of sum l (sigmoid(l/T) - y), convex in 1/T, kept within [0.01, 100]. `None` without samples.
///
/// Source: Guo et al. 2017, arXiv:1706.04599, section 4.2.
///
/// # Errors
/// Arrays of different length, or a logit that is not finite.
pub fn temperature_scaling(logits: &[f64], labels: &[bool]) -> Result<Option<Temperature>, StatsError> {
    same_length("logits and labels", logits.len(), labels.len())?;
    finite("a logit", logits)?;
    if logits.is_empty() {
        return Ok(None);
    }
    let both = || logits.iter().zip(labels);
    let slope = |u: f64| both().map(|(l, y)| l * (sigmoid(l * u) - f64::from(u8::from(*y)))).sum::<f64>();
    let nll =
        |u: f64| both().map(|(l, y)| softplus(if *y { -l * u } else { l * u })).sum::<f64>() / logits.len() as f64;
    let (low, high) = (0.01, 100.0);
    let flat = logits.iter().all(|l| l.abs() <= 0.0);
    let (inverse, capped) = if flat {
        (1.0, false)
    } else if slope(low) >= 0.0 {
        (low, true)
    } else if slope(high) <= 0.0 {
        (high, true)
    } else {
        (super::special::bisect(low, high, slope), false)
    };
    Ok(Some(Temperature { temperature: 1.0 / inverse, nll_before: nll(1.0), nll_after: nll(inverse), capped }))
}

/// Platt scaling: p = sigmoid(a s + b). `None` without samples; a = 0 where all scores are equal.
///
/// Source: Platt 1999, with the smoothed targets (n+ + 1)/(n+ + 2) and 1/(n- + 2); Newton with step halving as in Lin et al. 2007.
///
/// # Errors
/// Arrays of different length, or a score that is not finite.
pub fn platt_scaling(scores: &[f64], labels: &[bool]) -> Result<Option<(f64, f64)>, StatsError> {
    same_length("scores and labels", scores.len(), labels.len())?;
    finite("a score", scores)?;
    if scores.is_empty() {
        return Ok(None);
    }
    let right = labels.iter().filter(|l| **l).count() as f64;
    let wrong = labels.len() as f64 - right;
    let (high, low) = ((right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0));
    let targets: Vec<f64> = labels.iter().map(|l| if *l { high } else { low }).collect();
    // centred and scaled scores keep the Hessian well conditioned
    let total = scores.len() as f64;
    let centre = scores.iter().sum::<f64>() / total;
    let scale = (scores.iter().map(|s| (s - centre).powi(2)).sum::<f64>() / total).sqrt();
    let share = targets.iter().sum::<f64>() / total;
    let prior = (share / (1.0 - share)).ln();
    if scale <= 1e-12 * centre.abs() || scale <= f64::MIN_POSITIVE {
        return Ok(Some((0.0, prior)));
    }
    let x: Vec<f64> = scores.iter().map(|s| (s - centre) / scale).collect();
    let loss = |a: f64, b: f64| x.iter().zip(&targets).map(|(x, t)| softplus(a * x + b) - t * (a * x + b)).sum::<f64>();
    let (mut a, mut b) = (0.0, prior);
    let mut best = loss(a, b);
    for _ in 0..200 {
        let (mut g, mut h) = ([0.0; 2], [0.0; 3]);
        for (x, t) in x.iter().zip(&targets) {
            let p = sigmoid(a * x + b);
            let w = p * (1.0 - p);
            g = [g[0] + (p - t) * x, g[1] + p - t];
            h = [h[0] + w * x * x, h[1] + w * x, h[2] + w];
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        if determinant <= f64::MIN_POSITIVE {
            break;
        }
        let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
        let mut part = 1.0;
        let mut moved = false;
        while part > 1e-10 {
            let value = loss(a - part * step[0], b - part * step[1]);
            if value <= best + 1e-15 * best.abs() {
                a -= part * step[0];
                b -= part * step[1];
                best = value;
                moved = true;
                break;
            }
            part *= 0.5;
        }
        if !moved || step[0].abs().max(step[1].abs()) < 1e-13 {
            break;
        }
    }
    Ok(Some((a / scale, b - a * centre / scale)))
}

/// Isotonic regression of labels on scores, equal scores pooled first. Shapes: one fitted probability per sample, in its order.
///
/// Source: Zadrozny and Elkan 2002; pool adjacent violators. O(n log n).
///
/// # Errors
/// Arrays of different length, or a NaN score.
pub fn isotonic(scores: &[f64], labels: &[f64]) -> Result<Vec<f64>, StatsError> {
    same_length("scores and labels", scores.len(), labels.len())?;
    not_nan("a score", scores)?;
    finite("a label", labels)?;
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| (scores[*a] + 0.0).total_cmp(&(scores[*b] + 0.0)));
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for tie in order.chunk_by(|a, b| scores[*a] >= scores[*b]) {
        let mut block = (tie.iter().map(|&i| labels[i]).sum::<f64>(), tie.len());
        while let Some(&(sum, count)) = blocks.last()
            && sum * block.1 as f64 >= block.0 * count as f64
        {
            blocks.pop();
            block = (block.0 + sum, block.1 + count);
        }
        blocks.push(block);
    }
    let mut fitted = vec![0.0; scores.len()];
    let mut places = order.into_iter();
    for (sum, count) in blocks {
        for i in places.by_ref().take(count) {
            fitted[i] = sum / count as f64;
        }
    }
    Ok(fitted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn separable_labels_cap_the_temperature() {
        let t = temperature_scaling(&[2.0, -1.0], &[true, false]).unwrap().unwrap();
        assert!(t.capped && (t.temperature - 0.01).abs() < 1e-15);
        let t = temperature_scaling(&[2.0, -1.0], &[false, true]).unwrap().unwrap();
        assert!(t.capped && (t.temperature - 100.0).abs() < 1e-12);
        assert_eq!(temperature_scaling(&[], &[]).unwrap(), None);
        assert!(calibration_error(&[1.2], &[true], 10).is_err());
    }

    proptest! {
        #[test]
        fn brier_decomposes(data in prop::collection::vec((0u8..=10, any::<bool>()), 1..40)) {
            let p: Vec<f64> = data.iter().map(|(p, _)| f64::from(*p) / 10.0).collect();
            let y: Vec<bool> = data.iter().map(|(_, y)| *y).collect();
            let b = brier(&p, &y).unwrap().unwrap();
            let direct = data.iter().zip(&p).map(|((_, y), p)| (p - f64::from(u8::from(*y))).powi(2)).sum::<f64>();
            prop_assert!((b.score - direct / data.len() as f64).abs() < 1e-12);
            prop_assert!((b.score - (b.reliability - b.resolution + b.uncertainty)).abs() < 1e-12);
        }

        #[test]
        fn isotonic_rises_and_keeps_the_mean(data in prop::collection::vec((0u8..9, any::<bool>()), 1..40)) {
            let s: Vec<f64> = data.iter().map(|(s, _)| f64::from(*s)).collect();
            let y: Vec<f64> = data.iter().map(|(_, y)| f64::from(u8::from(*y))).collect();
            let f = isotonic(&s, &y).unwrap();
            prop_assert!((f.iter().sum::<f64>() - y.iter().sum::<f64>()).abs() < 1e-9);
            for i in 0..s.len() {
                for j in 0..s.len() {
                    prop_assert!(s[i] >= s[j] || f[i] <= f[j] + 1e-12);
                }
            }
        }

        #[test]
        fn platt_leaves_no_slope(data in prop::collection::vec((-30i8..30, any::<bool>()), 3..40)) {
            let s: Vec<f64> = data.iter().map(|(s, _)| f64::from(*s)).collect();
            let y: Vec<bool> = data.iter().map(|(_, y)| *y).collect();
            prop_assume!(s.iter().any(|x| (*x - s[0]).abs() > 0.5));
            let (a, b) = platt_scaling(&s, &y).unwrap().unwrap();
            let right = y.iter().filter(|y| **y).count() as f64;
            let wrong = y.len() as f64 - right;
            let slope: f64 = s.iter().zip(&y).map(|(s, y)| {
                sigmoid(a * s + b) - if *y { (right + 1.0) / (right + 2.0) } else { 1.0 / (wrong + 2.0) }
            }).sum();
            prop_assert!(slope.abs() < 1e-8, "{slope}");
        }
    }
}
