//! Weighted best of N: the answer whose samples have the highest summed score, ties shared evenly.

use std::collections::HashMap;
use std::hash::Hash;

use super::bootstrap::{below, stream};
use super::majority::Chance;
use super::{StatsError, not_nan, same_length};

/// Subsets that are enumerated before simulation takes over.
const EXACT_LIMIT: f64 = 1e6;

/// The scored answers of one problem.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoredVotes {
    /// Per sample: its answer (place in `correct`) and score; `None` casts no vote.
    samples: Vec<Option<(usize, f64)>>,
    /// Whether each distinct answer is correct.
    correct: Vec<bool>,
}

/// Summed scores of answers, which only grow.
#[derive(Debug, Default)]
struct Sums {
    /// Below zero: nobody voted for it.
    totals: Vec<f64>,
    top: f64,
}

impl Sums {
    fn clear(&mut self, answers: usize) {
        self.totals.clear();
        self.totals.resize(answers, -1.0);
        self.top = -1.0;
    }

    fn add(&mut self, answer: usize, score: f64) {
        let total = self.totals[answer].max(0.0) + score;
        self.totals[answer] = total;
        self.top = self.top.max(total);
    }
}

impl ScoredVotes {
    /// One answer and one score per sample. A sample without an answer uses a draw and casts no vote.
    ///
    /// # Errors
    /// Arrays of different length, a NaN score, or a negative one (then frequency would count against an answer).
    pub fn new<A: Hash + Eq + Copy>(
        answers: &[Option<A>],
        scores: &[f64],
        correct: impl Fn(A) -> bool,
    ) -> Result<Self, StatsError> {
        same_length("answers and scores", answers.len(), scores.len())?;
        not_nan("a score", scores)?;
        if scores.iter().any(|s| *s < 0.0 || s.is_infinite()) {
            return Err(StatsError::Domain { what: "a score that is summed", must: "finite and not negative" });
        }
        let mut places: HashMap<A, usize> = HashMap::new();
        let mut votes = Self::default();
        for (answer, score) in answers.iter().zip(scores) {
            let sample = answer.map(|a| {
                let place = *places.entry(a).or_insert_with(|| {
                    votes.correct.push(correct(a));
                    votes.correct.len() - 1
                });
                (place, *score)
            });
            votes.samples.push(sample);
        }
        Ok(votes)
    }

    /// The share of correct among the answers tied at the top; `drawn` lists samples.
    fn share(&self, drawn: &[usize], sums: &mut Sums) -> f64 {
        sums.clear(self.correct.len());
        for &i in drawn {
            if let Some((answer, score)) = self.samples[i] {
                sums.add(answer, score);
            }
        }
        self.top_share(sums)
    }

    fn top_share(&self, sums: &Sums) -> f64 {
        if sums.top < 0.0 {
            return 0.0;
        }
        let least = sums.top - 1e-9 * sums.top;
        let (mut tied, mut right) = (0_u32, 0_u32);
        for (total, correct) in sums.totals.iter().zip(&self.correct) {
            let ties = *total >= least;
            tied += u32::from(ties);
            right += u32::from(ties && *correct);
        }
        f64::from(right) / f64::from(tied)
    }

    /// P(the answer taken is correct) for N draws without replacement. `None` for N = 0 or N > n.
    ///
    /// Exact over all subsets up to a million of them, else `replicates` seeded subsets with their standard error.
    /// Source: Li et al. 2022, arXiv:2206.02336; Snell et al. 2024, arXiv:2408.03314, section 5.1.
    #[must_use]
    pub fn best_of(&self, draws: usize, replicates: u32, seed: u64) -> Option<Chance> {
        let n = self.samples.len();
        if draws == 0 || draws > n {
            return None;
        }
        let subsets = (0..draws.min(n - draws)).fold(1.0, |c, j| c * (n - j) as f64 / (j + 1) as f64);
        if subsets <= EXACT_LIMIT {
            return Some(Chance { value: self.enumerate(draws), monte_carlo_se: None });
        }
        self.curve(&[draws], replicates, seed)[0]
    }

    fn enumerate(&self, draws: usize) -> f64 {
        let n = self.samples.len();
        let mut set: Vec<usize> = (0..draws).collect();
        let (mut sum, mut count, mut sums) = (0.0, 0.0, Sums::default());
        loop {
            sum += self.share(&set, &mut sums);
            count += 1.0;
            let Some(i) = (0..draws).rev().find(|&i| set[i] < n - draws + i) else { return sum / count };
            set[i] += 1;
            for j in i + 1..draws {
                set[j] = set[j - 1] + 1;
            }
        }
    }

    /// The same at several N from one set of simulated orders. Shapes: one entry per N; `None` for N = 0 or N > n.
    #[must_use]
    pub fn curve(&self, draws: &[usize], replicates: u32, seed: u64) -> Vec<Option<Chance>> {
        let n = self.samples.len();
        let mut order: Vec<usize> = (0..n).collect();
        let deepest = draws.iter().copied().filter(|d| *d <= n).max().unwrap_or(0);
        let mut wanted = vec![false; n + 1];
        for &d in draws.iter().filter(|d| **d <= n) {
            wanted[d] = true;
        }
        let mut sums = vec![(0.0, 0.0); n + 1];
        let mut votes = Sums::default();
        for replicate in 0..replicates {
            let mut rng = stream(seed, u64::from(replicate));
            votes.clear(self.correct.len());
            for depth in 0..deepest {
                let pick = depth + below(&mut rng, n - depth);
                order.swap(depth, pick);
                if let Some((answer, score)) = self.samples[order[depth]] {
                    votes.add(answer, score);
                }
                if wanted[depth + 1] {
                    let share = self.top_share(&votes);
                    sums[depth + 1].0 += share;
                    sums[depth + 1].1 += share * share;
                }
            }
        }
        let r = f64::from(replicates.max(1));
        draws
            .iter()
            .map(|&d| {
                if d == 0 || d > n {
                    return None;
                }
                let value = sums[d].0 / r;
                let variance = (sums[d].1 / r - value * value).max(0.0) * r / (r - 1.0).max(1.0);
                Some(Chance { value, monte_carlo_se: Some((variance / r).sqrt()) })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulation_agrees_with_enumeration() {
        let answers = [Some('a'), Some('a'), Some('b'), Some('b'), Some('c'), None, Some('c')];
        let scores = [0.2, 0.3, 0.9, 0.1, 0.5, 0.99, 0.0];
        let votes = ScoredVotes::new(&answers, &scores, |a| a == 'c').unwrap();
        for draws in 1..=7 {
            let exact = votes.best_of(draws, 0, 0).unwrap();
            let simulated = votes.curve(&[draws], 4000, 1)[0].unwrap();
            let error = 4.5 * simulated.monte_carlo_se.unwrap() + 1e-9;
            assert!((exact.value - simulated.value).abs() <= error, "{draws}: {exact:?} {simulated:?}");
        }
        assert_eq!((votes.best_of(0, 1, 1), votes.best_of(8, 1, 1)), (None, None));
    }

    #[test]
    fn what_cannot_be_summed_is_refused() {
        assert!(ScoredVotes::new(&[Some(1)], &[-0.1], |_| true).is_err());
        assert!(ScoredVotes::new(&[Some(1)], &[f64::NAN], |_| true).is_err());
        let silent = ScoredVotes::new(&[None::<u8>, None], &[0.1, 0.2], |_| true).unwrap();
        assert_eq!(silent.best_of(2, 0, 0).unwrap().value.to_bits(), 0);
        // answers without weight still tie
        let zero = ScoredVotes::new(&[Some(1), Some(2)], &[0.0, 0.0], |a| a == 1).unwrap();
        assert!((zero.best_of(2, 0, 0).unwrap().value - 0.5).abs() < 1e-15);
    }
}
