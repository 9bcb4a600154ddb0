//! Majority of N: the answer with most votes among N samples drawn without replacement, ties shared evenly.
//!
//! A sample without an answer uses a draw and casts no vote; N draws without any answer are wrong.

use std::collections::HashMap;
use std::hash::Hash;

use super::bootstrap::{below, stream};
use super::special::gauss_legendre;

/// Votes per distinct answer of one problem.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Votes {
    /// (samples that give the answer, whether it is correct), one per distinct answer.
    pub answers: Vec<(u64, bool)>,
    /// Samples without an answer.
    pub without: u64,
}

/// A probability, with its Monte Carlo error where it was not computed exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// The probability that the answer taken is correct.
    pub value: f64,
    /// Standard error of the simulation; `None`: exact.
    pub monte_carlo_se: Option<f64>,
}

/// Multiplications that an exact computation may cost before simulation takes over.
pub const EXACT_LIMIT: f64 = 3e9;

/// Up to so many samples one tilt serves every N: 2^-n is well within the range of a double.
const SMALL: u64 = 500;

impl Votes {
    /// Counts answers; `correct` says whether an answer is right.
    pub fn count<A: Hash + Eq + Copy>(answers: &[Option<A>], correct: impl Fn(A) -> bool) -> Self {
        let mut places: HashMap<A, usize> = HashMap::new();
        let mut votes = Self::default();
        for answer in answers {
            let Some(answer) = *answer else {
                votes.without += 1;
                continue;
            };
            let place = *places.entry(answer).or_insert_with(|| {
                votes.answers.push((0, correct(answer)));
                votes.answers.len() - 1
            });
            votes.answers[place].0 += 1;
        }
        votes
    }

    /// The number of samples.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.without + self.answers.iter().map(|(count, _)| count).sum::<u64>()
    }

    /// P(the majority of N is correct) for each N; `None` for N = 0 or N > n.
    ///
    /// Exact by generating functions (the tie share 1/(t+1) is the integral of z^t, which a Gauss-Legendre rule takes without
    /// error) unless that costs too much; then `replicates` seeded random orders, with their standard error.
    /// Source: Wang et al. 2022, arXiv:2203.11171, as a U-statistic.
    #[must_use]
    pub fn majority(&self, draws: &[u64], replicates: u32, seed: u64) -> Vec<Option<Chance>> {
        self.majority_within(EXACT_LIMIT, draws, replicates, seed)
    }

    /// [`Votes::majority`] that computes exactly what takes at most `limit` multiplications, and simulates the rest.
    #[must_use]
    pub fn majority_within(&self, limit: f64, draws: &[u64], replicates: u32, seed: u64) -> Vec<Option<Chance>> {
        let n = self.samples();
        let mut wanted: Vec<u64> = draws.iter().copied().filter(|d| (1..=n).contains(d)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found: HashMap<u64, Chance> = HashMap::new();
        let mut left = limit;
        let mut too_dear = Vec::new();
        for range in ranges(&wanted, n) {
            let (Some(first), Some(last)) = (range.first(), range.last()) else { continue };
            let cost = self.exact_cost(*last);
            if cost > left {
                too_dear.extend_from_slice(range);
                continue;
            }
            left -= cost;
            let tilt =
                if n <= SMALL { 0.5 } else { ((first + last) as f64 / 2.0 / n as f64).min(1.0 - 0.5 / n as f64) };
            let values = self.exact(tilt, place(*last));
            found.extend(range.iter().map(|&d| (d, Chance { value: values[place(d)], monte_carlo_se: None })));
        }
        found.extend(too_dear.iter().copied().zip(self.simulate(&too_dear, replicates, seed)));
        draws.iter().map(|d| found.get(d).copied()).collect()
    }

    /// Multiplications of an exact computation up to `top` draws, about.
    fn exact_cost(&self, top: u64) -> f64 {
        let mut counts: Vec<u64> = self.answers.iter().map(|(c, _)| *c).collect();
        counts.sort_unstable();
        let mut cost = 0.0;
        for (count, _) in self.answers.iter().filter(|(_, right)| *right) {
            for v in 1..=(*count).min(top) {
                let rivals = (counts.len() - counts.partition_point(|c| *c < v)) as f64;
                cost += (v + 1) as f64 * rivals * (top - v + 1) as f64 * (rivals / 2.0 + 1.0);
                if cost > 10.0 * EXACT_LIMIT {
                    return cost;
                }
            }
        }
        cost
    }

    /// P(majority correct) at every N from 0 to `reach`, by the tilt p: each sample is drawn with chance p and the result is
    /// divided by the chance of N draws, so that every number stays within the range of a double.
    fn exact(&self, p: f64, reach: usize) -> Vec<f64> {
        let whole = binomial_terms(self.samples(), p, reach);
        let mut value = vec![0.0; reach + 1];
        for (mine, &(count, right)) in self.answers.iter().enumerate() {
            if !right {
                continue;
            }
            let own = binomial_terms(count, p, reach);
            for v in 1..=place(count).min(reach) {
                let mut silent = self.without;
                let mut rivals = Vec::new();
                for (i, &(c, _)) in self.answers.iter().enumerate() {
                    if i == mine {
                    } else if place(c) < v {
                        silent += c;
                    } else {
                        rivals.push(binomial_terms(c, p, v));
                    }
                }
                let free = binomial_terms(silent, p, reach - v);
                // degree rivals.len() in z: this many nodes are exact
                for (z, weight) in gauss_legendre(rivals.len() / 2 + 1) {
                    let mut product = free.clone();
                    for terms in &rivals {
                        let mut factor = terms.clone();
                        factor[v] *= z;
                        product = multiply(&product, &factor, reach - v + 1);
                    }
                    for (j, x) in product.iter().enumerate() {
                        value[v + j] += weight * own[v] * x;
                    }
                }
            }
        }
        for (x, w) in value.iter_mut().zip(&whole) {
            *x = if *w > 0.0 { (*x / w).min(1.0) } else { 0.0 };
        }
        value
    }

    fn simulate(&self, draws: &[u64], replicates: u32, seed: u64) -> Vec<Chance> {
        if draws.is_empty() {
            return Vec::new();
        }
        let mut deck: Vec<Option<usize>> = Vec::new();
        for (i, (count, _)) in self.answers.iter().enumerate() {
            deck.extend(std::iter::repeat_n(Some(i), place(*count)));
        }
        deck.extend(std::iter::repeat_n(None, place(self.without)));
        let deepest = draws.iter().copied().max().map_or(0, place);
        let mut sums = vec![(0.0, 0.0); deepest + 1];
        for replicate in 0..replicates {
            let mut rng = stream(seed, u64::from(replicate));
            let mut seen = vec![0u64; self.answers.len()];
            let (mut most, mut tied, mut right) = (0, 0u64, 0u64);
            for depth in 0..deepest {
                let pick = depth + below(&mut rng, deck.len() - depth);
                deck.swap(depth, pick);
                if let Some(answer) = deck[depth] {
                    seen[answer] += 1;
                    let correct = u64::from(self.answers[answer].1);
                    if seen[answer] > most {
                        (most, tied, right) = (seen[answer], 1, correct);
                    } else if seen[answer] == most {
                        (tied, right) = (tied + 1, right + correct);
                    }
                }
                let share = if tied > 0 { right as f64 / tied as f64 } else { 0.0 };
                sums[depth + 1].0 += share;
                sums[depth + 1].1 += share * share;
            }
        }
        let r = f64::from(replicates.max(1));
        draws
            .iter()
            .map(|&d| {
                let (sum, squares) = sums[place(d)];
                let value = sum / r;
                let variance = (squares / r - value * value).max(0.0) * r / (r - 1.0).max(1.0);
                Chance { value, monte_carlo_se: Some((variance / r).sqrt()) }
            })
            .collect()
    }
}

fn place(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX - 1)
}

/// Budgets that one tilt serves, each as one slice of `wanted` (which ascends).
fn ranges(wanted: &[u64], n: u64) -> Vec<&[u64]> {
    let mut list = Vec::new();
    let mut rest = wanted;
    while let Some(&first) = rest.first() {
        let near = |d: u64| n <= SMALL || ((d - first) as f64).powi(2) <= 400.0 * first as f64;
        let (range, after) = rest.split_at(rest.partition_point(|d| near(*d)));
        list.push(range);
        rest = after;
    }
    list
}

/// C(n, j) p^j (1-p)^(n-j) for every j up to `top`.
fn binomial_terms(n: u64, p: f64, top: usize) -> Vec<f64> {
    let mut terms = vec![0.0; place(n).min(top) + 1];
    if n == 0 {
        terms[0] = 1.0;
        return terms;
    }
    for (j, mass) in super::special::Pmf::binomial(n, p).iter() {
        if let Some(term) = terms.get_mut(place(j)) {
            *term = mass;
        }
    }
    terms
}

/// The product of two polynomials, its first `limit` coefficients.
fn multiply(a: &[f64], b: &[f64], limit: usize) -> Vec<f64> {
    let mut out = vec![0.0; (a.len() + b.len() - 1).min(limit)];
    for (i, x) in b.iter().enumerate().take(out.len()) {
        for (o, y) in out[i..].iter_mut().zip(a) {
            *o += x * y;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn brute(answers: &[Option<u8>], correct: &[u8], draws: u32) -> f64 {
        let n = u32::try_from(answers.len()).unwrap();
        let (mut sum, mut count) = (0.0, 0.0);
        for set in 0u32..1 << n {
            if set.count_ones() != draws {
                continue;
            }
            let mut seen: HashMap<u8, u32> = HashMap::new();
            for (i, a) in answers.iter().enumerate() {
                if let (1, Some(a)) = (set >> i & 1, a) {
                    *seen.entry(*a).or_default() += 1;
                }
            }
            count += 1.0;
            if let Some(top) = seen.values().max().copied() {
                let tied: Vec<u8> = seen.iter().filter(|(_, v)| **v == top).map(|(a, _)| *a).collect();
                sum += tied.iter().filter(|a| correct.contains(a)).count() as f64 / tied.len() as f64;
            }
        }
        sum / count
    }

    proptest! {
        #[test]
        fn equals_enumeration(answers in prop::collection::vec(prop::option::of(0u8..5), 1..11)) {
            let correct = [1u8, 3];
            let votes = Votes::count(&answers, |a| correct.contains(&a));
            let all: Vec<u64> = (0..=answers.len() as u64 + 1).collect();
            let got = votes.majority(&all, 10, 0);
            prop_assert!(got[0].is_none() && got[all.len() - 1].is_none());
            for draws in 1..=u32::try_from(answers.len()).unwrap() {
                let exact = got[draws as usize].unwrap().value;
                let want = brute(&answers, &correct, draws);
                prop_assert!((exact - want).abs() < 1e-12, "{draws}: {exact} {want}");
                let one = votes.exact(f64::from(draws) / (f64::from(draws) + 3.0), draws as usize);
                prop_assert!((one[draws as usize] - want).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn simulation_agrees_within_its_own_error() {
        let votes = Votes { answers: vec![(9, false), (7, true), (5, false), (3, true)], without: 2 };
        let draws = [1, 3, 5, 8, 13, 26];
        let exact = votes.majority(&draws, 0, 0);
        for (e, s) in exact.iter().zip(votes.simulate(&draws, 4000, 5)) {
            let (e, se) = (e.unwrap(), s.monte_carlo_se.unwrap());
            assert!(e.monte_carlo_se.is_none());
            assert!((e.value - s.value).abs() <= 4.5 * se + 1e-9, "{} {}", e.value, s.value);
        }
    }

    /// The same sum over votes and ties in whole numbers, as far as a double holds them.
    fn by_votes(counts: &[u64], right: usize, draws: u64) -> f64 {
        let ways = |n: u64, k: u64| (0..k).map(|j| (n - j) as f64 / (j + 1) as f64).product::<f64>();
        let mut sum = 0.0;
        for v in 1..=counts[right].min(draws) {
            // (tied, drawn) -> ways
            let mut states = HashMap::from([((0u64, v), ways(counts[right], v))]);
            for (_, &c) in counts.iter().enumerate().filter(|(i, _)| *i != right) {
                let mut next = HashMap::new();
                for ((tied, drawn), w) in states {
                    for j in 0..=c.min(v).min(draws - drawn) {
                        *next.entry((tied + u64::from(j == v), drawn + j)).or_insert(0.0) += w * ways(c, j);
                    }
                }
                states = next;
            }
            sum += states.iter().filter(|((_, d), _)| *d == draws).map(|((t, _), w)| w / (t + 1) as f64).sum::<f64>();
        }
        sum / ways(counts.iter().sum(), draws)
    }

    #[test]
    fn few_draws_from_many_samples_are_exact() {
        let counts = [4000, 3500, 2500];
        let votes = Votes { answers: vec![(4000, false), (3500, true), (2500, false)], without: 0 };
        let draws = [1, 2, 3, 7, 16, 40];
        for (d, got) in draws.iter().zip(votes.majority(&draws, 0, 0)) {
            let (got, want) = (got.unwrap(), by_votes(&counts, 1, *d));
            assert!(got.monte_carlo_se.is_none() && (got.value - want).abs() < 1e-11, "{d}: {got:?} {want}");
        }
        assert_eq!(ranges(&[1, 2, 21, 22, 40, 600], 10_000), [&[1, 2, 21][..], &[22, 40], &[600]]);
        // what is dear is simulated beside what is not
        let mixed = votes.majority_within(1e5, &[3, 5000], 50, 1);
        assert!(mixed[0].unwrap().monte_carlo_se.is_none() && mixed[1].unwrap().monte_carlo_se.is_some());
    }

    #[test]
    fn large_counts_stay_finite() {
        let votes = Votes { answers: vec![(400, true), (350, false)], without: 50 };
        let got = votes.majority(&[1, 101, 800], 0, 0);
        assert!((got[0].unwrap().value - 0.5).abs() < 1e-10);
        assert!(got[1].unwrap().value > 0.5 && got[1].unwrap().value < 1.0);
        assert!((got[2].unwrap().value - 1.0).abs() < 1e-9);
    }
}
