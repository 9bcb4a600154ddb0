//! What is learned from labels, on a split: problems are in two halves by a hash of their ids, and each half is judged by what the
//! other one taught.

use serde::{Deserialize, Serialize};

use crate::verifier::Candidate;

/// What a threshold is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// The most samples judged as the labels say.
    Accuracy,
    /// The harmonic mean of precision and completeness.
    F1,
    /// P(accepted | right) - P(accepted | wrong).
    Youden,
    /// The most samples accepted of which at least this share is right.
    Precision(f64),
}

impl Goal {
    /// Reads `accuracy`, `f1`, `youden` or `precision:SHARE`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "accuracy" => Some(Self::Accuracy),
            "f1" => Some(Self::F1),
            "youden" => Some(Self::Youden),
            other => {
                let share = other.strip_prefix("precision:")?.parse().ok()?;
                (share > 0.0 && share <= 1.0).then_some(Self::Precision(share))
            }
        }
    }

    /// What a threshold is worth that accepts `right` and `wrong` of so many.
    fn worth(self, right: f64, wrong: f64, all_right: f64, all_wrong: f64) -> f64 {
        let accepted = right + wrong;
        match self {
            Self::Accuracy => right + (all_wrong - wrong),
            Self::F1 => 2.0 * right / (accepted + all_right),
            Self::Youden => right / all_right - wrong / all_wrong,
            Self::Precision(share) => {
                if accepted > 0.0 && right >= share * accepted {
                    accepted
                } else {
                    -1.0
                }
            }
        }
    }

    /// The threshold (accepted from it on) that serves the goal best on these scores, in the middle of its gap. `None` without
    /// scores of both labels; infinite where it is best to accept nothing.
    #[must_use]
    pub fn choose(self, scored: &[(f64, bool)]) -> Option<f64> {
        let all_right = scored.iter().filter(|(_, label)| *label).count() as f64;
        let all_wrong = scored.len() as f64 - all_right;
        if all_right < 1.0 || all_wrong < 1.0 {
            return None;
        }
        let mut sorted = scored.to_vec();
        sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let mut best = (self.worth(0.0, 0.0, all_right, all_wrong), f64::INFINITY);
        let (mut right, mut wrong) = (0.0, 0.0);
        for (at, (score, label)) in sorted.iter().enumerate() {
            if *label {
                right += 1.0;
            } else {
                wrong += 1.0;
            }
            let next = sorted.get(at + 1).map(|(next, _)| *next);
            if next.is_some_and(|next| next >= *score) {
                continue;
            }
            let worth = self.worth(right, wrong, all_right, all_wrong);
            if worth > best.0 {
                best = (worth, next.map_or(*score, |next| f64::midpoint(*score, next)));
            }
        }
        Some(best.1)
    }
}

/// The half that a sample's problem is in.
pub(super) fn half(candidate: &Candidate) -> bool {
    blake3::hash(candidate.problem.id.0.as_bytes()).as_bytes()[0] & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_serve_their_goal() {
        let scored = [(0.9, true), (0.8, true), (0.7, false), (0.6, true), (0.2, false), (0.1, false)];
        let close = |goal: Goal, at: f64| (goal.choose(&scored).unwrap() - at).abs() < 1e-12;
        assert!(close(Goal::Accuracy, 0.75));
        assert!(close(Goal::F1, 0.4));
        assert!(close(Goal::Precision(0.75), 0.4));
        assert!(close(Goal::Precision(1.0), 0.75));
        let youden = Goal::Youden.choose(&[(0.9, true), (0.6, true), (0.2, false), (0.1, false)]);
        assert!((youden.unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(Goal::Precision(0.9).choose(&[(0.5, true), (0.5, false)]), Some(f64::INFINITY));
        assert_eq!(Goal::F1.choose(&[(0.5, true)]), None);
        assert_eq!(Goal::parse("precision:0.9"), Some(Goal::Precision(0.9)));
        assert_eq!((Goal::parse("precision:2"), Goal::parse("best")), (None, None));
    }
}
