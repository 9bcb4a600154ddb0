//! Where to cut a score: chosen on one half of the problems, judged on the other.

use super::interval::wilson;
use super::ranking::{RocPoint, roc_curve};
use super::{StatsError, finite, probability};

/// What a threshold is chosen for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// The highest completeness + soundness - 1. Source: Youden 1950.
    Youden,
    /// The highest gain of accepted right samples minus the cost of accepted wrong ones, per sample.
    Reward {
        /// Cost of a wrong one, in units of the gain of a right one.
        cost: f64,
    },
    /// The lowest threshold from which on precision is at least `target` with this one-sided confidence (Wilson).
    Precision {
        /// P(right | accepted) to reach.
        target: f64,
        /// One-sided confidence.
        confidence: f64,
    },
}

/// A threshold and what it gets on the samples it was chosen on, which flatters it: judge it on other problems.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Accept scores of at least this.
    pub point: RocPoint,
    /// The value of the goal there: J, the reward per sample, or the lower bound of precision.
    pub value: f64,
}

/// Chooses a threshold among the distinct scores in one sorted pass. Shapes: one score and one label per sample.
///
/// `None` where a class is empty, or no threshold reaches the target. Ties go to the highest threshold, which accepts least.
///
/// # Errors
/// Arrays of different length, a NaN score, or a goal outside its range.
pub fn choose(scores: &[f64], labels: &[bool], goal: Goal) -> Result<Option<Threshold>, StatsError> {
    match goal {
        Goal::Youden => {}
        Goal::Reward { cost } => finite("cost", &[cost])?,
        Goal::Precision { target, confidence } => {
            probability("target", target)?;
            // two-sided 2c - 1 has one-sided c
            super::open_probability("conf", 2.0 * confidence - 1.0)?;
        }
    }
    let right = labels.iter().filter(|l| **l).count() as f64;
    let wrong = labels.len() as f64 - right;
    let mut best: Option<Threshold> = None;
    for point in roc_curve(scores, labels)? {
        let (tp, fp) = (point.completeness * right, point.false_positive_rate * wrong);
        let value = match goal {
            Goal::Youden => point.completeness - point.false_positive_rate,
            Goal::Reward { cost } => (tp - cost * fp) / (right + wrong),
            Goal::Precision { confidence, .. } => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of samples")]
                let (hits, all) = (tp.round() as u64, (tp + fp).round() as u64);
                wilson(hits, all, 2.0 * confidence - 1.0).map_or(0.0, |i| i.low)
            }
        };
        let better = match goal {
            // points come from the highest threshold down: the last that reaches the target is the lowest
            Goal::Precision { target, .. } => value >= target,
            _ => best.is_none_or(|b| value > b.value + 1e-12),
        };
        if better {
            best = Some(Threshold { point, value });
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_goal_cuts_where_it_should() {
        let scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
        let labels = [true, true, false, true, false, false];
        let at = |goal| choose(&scores, &labels, goal).unwrap().map(|t| t.point.threshold);
        assert_eq!(at(Goal::Youden), Some(0.8));
        assert_eq!(at(Goal::Reward { cost: 0.1 }), Some(0.6));
        assert_eq!(at(Goal::Reward { cost: 3.0 }), Some(0.8));
        assert_eq!(at(Goal::Precision { target: 0.3, confidence: 0.95 }), Some(0.6));
        assert_eq!(at(Goal::Precision { target: 0.9, confidence: 0.95 }), None);
        assert!(choose(&scores, &labels, Goal::Precision { target: 0.9, confidence: 0.5 }).is_err());
        assert_eq!(choose(&[1.0], &[true], Goal::Youden).unwrap(), None);
    }
}
