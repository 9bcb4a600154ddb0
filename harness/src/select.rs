//! Choices among the samples of one problem: which one to submit. [`crate::stats`] gives what each choice gets on average.
//!
//! Every rule returns all samples tied for the choice, in their order; whoever submits one draws among them.

use std::collections::HashMap;
use std::hash::Hash;

use crate::stats::StatsError;

/// The first sample that the verifier accepts; `None` where it accepts none. Samples that it could not judge are passed over.
///
/// Source: Stroebl et al. 2024, arXiv:2411.17501.
#[must_use]
pub fn first_pass(accepted: &[Option<bool>]) -> Option<usize> {
    accepted.iter().position(|a| *a == Some(true))
}

/// The samples of highest score; empty without any. A sample without a score is passed over.
///
/// Source: Nakano et al. 2021, arXiv:2112.09332.
///
/// # Errors
/// A NaN score.
pub fn best_of_n(scores: &[Option<f64>]) -> Result<Vec<usize>, StatsError> {
    let mut top: Option<f64> = None;
    for score in scores.iter().flatten() {
        if score.is_nan() {
            return Err(StatsError::Domain { what: "a score", must: "a number, not NaN" });
        }
        top = Some(top.map_or(*score, |t| t.max(*score)));
    }
    Ok((0..scores.len()).filter(|&i| scores[i].zip(top).is_some_and(|(s, t)| s >= t)).collect())
}

/// The answers with most votes, in the order they were first given; empty where no sample has an answer.
///
/// Source: Wang et al. 2022, arXiv:2203.11171.
pub fn majority<A: Hash + Eq + Copy>(answers: &[Option<A>]) -> Vec<A> {
    let ones = vec![1.0; answers.len()];
    heaviest(answers, &ones)
}

/// The answers with the highest summed score (within 1e-9 of the scale), in the order they were first given.
///
/// Source: Li et al. 2022, arXiv:2206.02336.
///
/// # Errors
/// Arrays of different length, or a score that is negative or not finite.
pub fn weighted_vote<A: Hash + Eq + Copy>(answers: &[Option<A>], scores: &[f64]) -> Result<Vec<A>, StatsError> {
    crate::stats::same_length("answers and scores", answers.len(), scores.len())?;
    if scores.iter().any(|s| !s.is_finite() || *s < 0.0) {
        return Err(StatsError::Domain { what: "a score that is summed", must: "finite and not negative" });
    }
    Ok(heaviest(answers, scores))
}

fn heaviest<A: Hash + Eq + Copy>(answers: &[Option<A>], weights: &[f64]) -> Vec<A> {
    let mut places: HashMap<A, usize> = HashMap::new();
    let mut totals: Vec<(A, f64)> = Vec::new();
    for (answer, weight) in answers.iter().zip(weights) {
        let Some(answer) = *answer else { continue };
        let place = *places.entry(answer).or_insert_with(|| {
            totals.push((answer, 0.0));
            totals.len() - 1
        });
        totals[place].1 += weight;
    }
    let top = totals.iter().map(|t| t.1).fold(0.0, f64::max);
    totals.into_iter().filter(|t| t.1 >= top - 1e-9 * top).map(|t| t.0).collect()
}

/// The shortest of the correct samples, all that tie; empty without a correct one.
///
/// Source: Kimi k1.5, arXiv:2501.12599, section 2.3.3.
#[must_use]
pub fn shortest_correct(lengths: &[u64], correct: &[bool]) -> Vec<usize> {
    let right = || lengths.iter().zip(correct).enumerate().filter(|(_, (_, c))| **c);
    let least = right().map(|(_, (l, _))| *l).min();
    right().filter(|(_, (l, _))| Some(**l) == least).map(|(i, _)| i).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::best_of_n::Ranked;
    use crate::stats::majority::Votes;
    use crate::stats::resampling::{Counts, first_pass as first_pass_rate};
    use crate::stats::weighted::ScoredVotes;

    /// Every subset of `n` of size `k`.
    fn subsets(n: usize, k: usize) -> Vec<Vec<usize>> {
        (0u32..1 << n)
            .filter(|set| set.count_ones() as usize == k)
            .map(|set| (0..n).filter(|i| set >> i & 1 == 1).collect())
            .collect()
    }

    fn average(list: &[f64]) -> f64 {
        list.iter().sum::<f64>() / list.len() as f64
    }

    proptest! {
        #[test]
        fn estimates_are_the_mean_of_the_choices(
            data in prop::collection::vec((prop::option::of(0u8..4), 0u8..4, any::<bool>()), 1..9),
            k in 1usize..9,
        ) {
            let n = data.len();
            let k = k.min(n);
            let right = |a: u8| a == 1;
            let (mut best, mut vote, mut weighted) = (Vec::new(), Vec::new(), Vec::new());
            for set in subsets(n, k) {
                let scores: Vec<Option<f64>> = set.iter().map(|&i| Some(f64::from(data[i].1))).collect();
                let tied = best_of_n(&scores).unwrap();
                best.push(average(&tied.iter().map(|&j| f64::from(u8::from(data[set[j]].2))).collect::<Vec<_>>()));
                let answers: Vec<Option<u8>> = set.iter().map(|&i| data[i].0).collect();
                let share = |list: Vec<u8>| {
                    let hits = list.iter().filter(|a| right(**a)).count() as f64;
                    if list.is_empty() { 0.0 } else { hits / list.len() as f64 }
                };
                vote.push(share(majority(&answers)));
                let plain: Vec<f64> = scores.iter().flatten().copied().collect();
                weighted.push(share(weighted_vote(&answers, &plain).unwrap()));
            }
            let scores: Vec<f64> = data.iter().map(|d| f64::from(d.1)).collect();
            let labels: Vec<f64> = data.iter().map(|d| f64::from(u8::from(d.2))).collect();
            let answers: Vec<Option<u8>> = data.iter().map(|d| d.0).collect();
            let ranked = Ranked::new(&scores, &labels).unwrap().best_of(k as u64).unwrap();
            prop_assert!((ranked - average(&best)).abs() < 1e-12);
            let votes = Votes::count(&answers, right).majority(&[k as u64], 0, 0)[0].unwrap().value;
            prop_assert!((votes - average(&vote)).abs() < 1e-12);
            let sum = ScoredVotes::new(&answers, &scores, right).unwrap().best_of(k, 0, 0).unwrap().value;
            prop_assert!((sum - average(&weighted)).abs() < 1e-12);
        }

        #[test]
        fn first_pass_over_all_orders(n in 1usize..6, tp in 0usize..4, fp in 0usize..4, k in 1usize..6) {
            let tp = tp.min(n);
            let (fp, k) = (fp.min(n - tp), k.min(n));
            // samples: right and accepted, wrong and accepted, rejected
            let accepted: Vec<bool> = (0..n).map(|i| i < tp + fp).collect();
            let mut order: Vec<usize> = (0..n).collect();
            let (mut hits, mut all) = (0.0, 0.0);
            permute(&mut order, 0, &mut |order| {
                all += 1.0;
                let seen: Vec<Option<bool>> = order[..k].iter().map(|&i| Some(accepted[i])).collect();
                hits += f64::from(u8::from(first_pass(&seen).is_some_and(|j| order[j] < tp)));
            });
            let counts = Counts { n: n as u64, true_positive: tp as u64, false_positive: fp as u64 };
            let rate = first_pass_rate(counts, k as u64).unwrap().unwrap().correct;
            prop_assert!((rate - hits / all).abs() < 1e-12);
        }
    }

    fn permute(order: &mut Vec<usize>, at: usize, f: &mut impl FnMut(&[usize])) {
        if at == order.len() {
            return f(order);
        }
        for i in at..order.len() {
            order.swap(at, i);
            permute(order, at + 1, f);
            order.swap(at, i);
        }
    }

    #[test]
    fn nothing_to_choose() {
        assert_eq!(first_pass(&[None, Some(false)]), None);
        assert!(best_of_n(&[None]).unwrap().is_empty());
        assert!(best_of_n(&[Some(f64::NAN)]).is_err());
        assert!(majority::<u8>(&[None]).is_empty());
        assert!(weighted_vote(&[Some(1)], &[-1.0]).is_err());
        assert_eq!(shortest_correct(&[5, 3, 3, 1], &[true, true, true, false]), [1, 2]);
        assert_eq!(shortest_correct(&[5], &[false]), Vec::<usize>::new());
    }
}
