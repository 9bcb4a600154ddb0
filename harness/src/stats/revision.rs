//! Answers that are revised over turns: what one rollout gets with and without an oracle.

use std::hash::Hash;

use super::majority::Votes;
use super::{StatsError, same_length};

/// Means over problems at t turns of one rollout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Revision {
    /// Any of the t turns is correct: coverage, it needs an oracle.
    pub any: f64,
    /// The majority over the t turns is correct; ties shared, turns without an answer do not vote.
    pub majority: f64,
    /// The last turn is correct: what can be deployed.
    pub last: f64,
}

/// RISE's m1@t and p1@t, and the last turn. Shapes: one row of turns and one correct answer per problem.
///
/// `None` without problems, for t = 0, or where some row has fewer than t turns. Source: Qu et al. 2024, arXiv:2407.18219.
///
/// # Errors
/// Arrays of different length.
pub fn revision_metrics<A: Hash + Eq + Copy>(
    answers: &[Vec<Option<A>>],
    correct: &[A],
    turns: usize,
) -> Result<Option<Revision>, StatsError> {
    same_length("answers and correct", answers.len(), correct.len())?;
    if answers.is_empty() || turns == 0 || answers.iter().any(|row| row.len() < turns) {
        return Ok(None);
    }
    let count = answers.len() as f64;
    let mut sum = Revision { any: 0.0, majority: 0.0, last: 0.0 };
    for (row, &truth) in answers.iter().zip(correct) {
        let row = &row[..turns];
        let votes = Votes::count(row, |a| a == truth);
        let top = votes.answers.iter().map(|(v, _)| *v).max().unwrap_or(0);
        let tied: Vec<bool> = votes.answers.iter().filter(|(v, _)| *v == top).map(|(_, right)| *right).collect();
        if tied.contains(&true) {
            sum.majority += 1.0 / tied.len() as f64 / count;
        }
        if row.contains(&Some(truth)) {
            sum.any += 1.0 / count;
        }
        if row[turns - 1] == Some(truth) {
            sum.last += 1.0 / count;
        }
    }
    Ok(Some(sum))
}

/// How one turn changes the next: P(wrong -> right) and P(right -> wrong), pooled over rollouts; `None` without such turns.
///
/// Shapes: one row of correctness per rollout. Source: Kumar et al. 2024 (SCoRe), arXiv:2409.12917, section 3.
#[must_use]
pub fn transitions(rollouts: &[Vec<bool>]) -> (Option<f64>, Option<f64>) {
    let share = |from: bool| {
        let steps: Vec<bool> =
            rollouts.iter().flat_map(|r| r.windows(2)).filter(|w| w[0] == from).map(|w| w[1] != from).collect();
        (!steps.is_empty()).then(|| steps.iter().filter(|s| **s).count() as f64 / steps.len() as f64)
    };
    (share(false), share(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_shared_and_silence_is_wrong() {
        let answers = vec![vec![Some('a'), Some('b')], vec![None, None], vec![None, Some('c')]];
        let got = revision_metrics(&answers, &['b', 'x', 'c'], 2).unwrap().unwrap();
        assert!((got.majority - 0.5).abs() < 1e-15 && (got.any - 2.0 / 3.0).abs() < 1e-15);
        assert!((got.last - got.any).abs() < 1e-15);
        assert_eq!(revision_metrics(&answers, &['b', 'x', 'c'], 3).unwrap(), None);
        assert_eq!(transitions(&[vec![false, true, true, false]]), (Some(1.0), Some(0.5)));
        assert_eq!(transitions(&[]), (None, None));
    }
}
