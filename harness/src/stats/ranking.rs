//! How well a score ranks correct above wrong.

use super::{StatsError, mean, not_nan, same_length, variance};

/// Area under the ROC curve with DeLong's standard error.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Auc {
    /// P(score of a correct > score of a wrong) + P(tie)/2; `None` where a class is empty.
    pub auc: Option<f64>,
    /// DeLong's standard error; `None` where a class has fewer than two. It takes samples for independent: samples of one
    /// problem are not, so prefer a bootstrap over problems.
    pub delong_se: Option<f64>,
}

/// Mid-ranks (1-based, ties share their mean) in the order given.
fn mid_ranks(scores: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    // + 0.0 makes -0.0 tie 0.0 under the total order
    order.sort_by(|a, b| (scores[*a] + 0.0).total_cmp(&(scores[*b] + 0.0)));
    let mut ranks = vec![0.0; scores.len()];
    let mut before = 0;
    for tie in order.chunk_by(|a, b| scores[*a] >= scores[*b]) {
        let rank = before as f64 + 0.5 * (tie.len() as f64 + 1.0);
        for &i in tie {
            ranks[i] = rank;
        }
        before += tie.len();
    }
    ranks
}

/// ROC AUC. Shapes: one score and one label per sample. O(n log n).
///
/// Source: DeLong, DeLong and Clarke-Pearson 1988, by mid-ranks as in Sun and Xu 2014.
///
/// # Errors
/// Arrays of different length, or a NaN score.
pub fn roc_auc(scores: &[f64], labels: &[bool]) -> Result<Auc, StatsError> {
    same_length("scores and labels", scores.len(), labels.len())?;
    not_nan("a score", scores)?;
    let of = |class: bool| -> Vec<usize> { (0..labels.len()).filter(|&i| labels[i] == class).collect() };
    let (right, wrong) = (of(true), of(false));
    if right.is_empty() || wrong.is_empty() {
        return Ok(Auc::default());
    }
    let all = mid_ranks(scores);
    // the share of the other class below each sample, ties half
    let placement = |own: &[usize], others: usize| -> Vec<f64> {
        let within = mid_ranks(&own.iter().map(|&i| scores[i]).collect::<Vec<_>>());
        own.iter().zip(within).map(|(&i, r)| (all[i] - r) / others as f64).collect()
    };
    let (v10, v01) = (placement(&right, wrong.len()), placement(&wrong, right.len()));
    let (m, n) = (right.len() as f64, wrong.len() as f64);
    let delong_se = variance(&v10).zip(variance(&v01)).map(|(a, b)| (a / m + b / n).sqrt());
    Ok(Auc { auc: mean(&v10), delong_se })
}

/// Average precision: the sum of (recall step) x precision over distinct thresholds from the top, ties together.
///
/// Shapes: one score and one label per sample. `None` without a correct sample.
///
/// # Errors
/// Arrays of different length, or a NaN score.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Result<Option<f64>, StatsError> {
    same_length("scores and labels", scores.len(), labels.len())?;
    not_nan("a score", scores)?;
    let total = labels.iter().filter(|l| **l).count();
    if total == 0 {
        return Ok(None);
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| (scores[*b] + 0.0).total_cmp(&(scores[*a] + 0.0)));
    let (mut seen, mut hits, mut sum) = (0usize, 0usize, 0.0);
    for tie in order.chunk_by(|a, b| scores[*a] <= scores[*b]) {
        let new = tie.iter().filter(|&&i| labels[i]).count();
        seen += tie.len();
        hits += new;
        sum += new as f64 / total as f64 * hits as f64 / seen as f64;
    }
    Ok(Some(sum))
}

/// Mean AUC within problems that have both classes: what selection among the samples of a problem depends on.
///
/// Shapes: one (scores, labels) pair per problem. Returns the mean and the number of mixed problems; `None` without any.
///
/// # Errors
/// Arrays of different length, or a NaN score.
pub fn within_problem_auc(problems: &[(Vec<f64>, Vec<bool>)]) -> Result<Option<(f64, usize)>, StatsError> {
    let mut values = Vec::new();
    for (scores, labels) in problems {
        values.extend(roc_auc(scores, labels)?.auc);
    }
    Ok(mean(&values).map(|m| (m, values.len())))
}

/// A point of the ROC curve: accept every score of at least `threshold`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocPoint {
    /// The lowest accepted score.
    pub threshold: f64,
    /// P(accept | wrong).
    pub false_positive_rate: f64,
    /// P(accept | correct).
    pub completeness: f64,
    /// P(correct | accept).
    pub precision: f64,
}

/// The ROC curve, one point per distinct score from the highest down; empty where a class is empty.
///
/// # Errors
/// Arrays of different length, or a NaN score.
pub fn roc_curve(scores: &[f64], labels: &[bool]) -> Result<Vec<RocPoint>, StatsError> {
    same_length("scores and labels", scores.len(), labels.len())?;
    not_nan("a score", scores)?;
    let right = labels.iter().filter(|l| **l).count();
    let wrong = labels.len() - right;
    if right == 0 || wrong == 0 {
        return Ok(Vec::new());
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| (scores[*b] + 0.0).total_cmp(&(scores[*a] + 0.0)));
    let (mut tp, mut fp) = (0usize, 0usize);
    Ok(order
        .chunk_by(|a, b| scores[*a] <= scores[*b])
        .map(|tie| {
            let hits = tie.iter().filter(|&&i| labels[i]).count();
            tp += hits;
            fp += tie.len() - hits;
            RocPoint {
                threshold: scores[tie[0]],
                false_positive_rate: fp as f64 / wrong as f64,
                completeness: tp as f64 / right as f64,
                precision: tp as f64 / (tp + fp) as f64,
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn auc_is_the_share_of_ordered_pairs(data in prop::collection::vec((0u8..6, any::<bool>()), 2..40)) {
            let scores: Vec<f64> = data.iter().map(|(s, _)| f64::from(*s)).collect();
            let labels: Vec<bool> = data.iter().map(|(_, l)| *l).collect();
            let (mut pairs, mut won) = (0.0, 0.0);
            for (a, la) in &data {
                for (b, lb) in &data {
                    if *la && !*lb {
                        pairs += 1.0;
                        won += 0.5 * f64::from(i8::from(a > b) + i8::from(a >= b));
                    }
                }
            }
            match roc_auc(&scores, &labels).unwrap().auc {
                None => prop_assert!(pairs < 0.5),
                Some(auc) => {
                    prop_assert!((auc - won / pairs).abs() < 1e-12);
                    // the trapezoids under the ROC points are the same number
                    let (mut area, mut last) = (0.0, (0.0, 0.0));
                    for p in roc_curve(&scores, &labels).unwrap() {
                        area += (p.false_positive_rate - last.0) * (p.completeness + last.1) / 2.0;
                        last = (p.false_positive_rate, p.completeness);
                    }
                    prop_assert!((auc - area).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn a_nan_score_is_an_error_and_signed_zeros_tie() {
        assert!(roc_auc(&[f64::NAN, 1.0], &[true, false]).is_err());
        assert_eq!(roc_auc(&[-0.0, 0.0], &[true, false]).unwrap().auc, Some(0.5));
        assert_eq!(average_precision(&[1.0], &[false]).unwrap(), None);
    }
}
