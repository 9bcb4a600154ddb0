//! What the methods get of one problem.

use verifiers::process::Aggregation;

use super::{CHEAP, Got, Method, ORDERS, score};
use crate::analysis::ProblemData;
use crate::stats::best_of_n::Ranked;
use crate::stats::majority::{Chance, Votes};
use crate::stats::resampling::{Counts, first_pass};
use crate::stats::weighted::ScoredVotes;
use crate::stats::{StatsError, pass_at_k, shortest};
use crate::table::counts::{Judgement, judgement};

/// One problem with the samples that a method can use.
pub(super) struct Context<'a> {
    pub(super) problem: &'a ProblemData,
    pub(super) oracle: usize,
    pub(super) samples: &'a [usize],
    pub(super) seed: u64,
}

impl Context<'_> {
    fn correct(&self, sample: usize) -> bool {
        judgement(self.problem, self.oracle, sample) == Judgement::Accepted
    }

    fn tokens(&self, among: impl Fn(usize) -> bool) -> Option<f64> {
        let list: Option<Vec<f64>> = self
            .samples
            .iter()
            .filter(|s| among(**s))
            .map(|&s| self.problem.samples[s].completion_tokens.map(f64::from))
            .collect();
        crate::stats::mean(&list?)
    }

    /// What it gets at each budget.
    pub(super) fn get(&self, method: Method, budgets: &[u64]) -> Result<Vec<Got>, StatsError> {
        let n = self.samples.len() as u64;
        let right: Vec<bool> = self.samples.iter().map(|&s| self.correct(s)).collect();
        let c = right.iter().filter(|r| **r).count() as u64;
        let mean = self.tokens(|_| true);
        let spent = |draws: f64| mean.map(|m| m * draws);
        let all = |value: f64, k: u64| Got { value, tokens: spent(k as f64), ..Got::default() };
        match method {
            Method::Random => {
                let value = c as f64 / n as f64;
                Ok(budgets.iter().map(|_| Got { value, tokens: mean, error: 0.0, answer: mean }).collect())
            }
            Method::Oracle => {
                let answer = self.tokens(|s| self.correct(s));
                let curve = pass_at_k::at_budgets(n, c, budgets)?;
                Ok(budgets
                    .iter()
                    .zip(curve)
                    .map(|(&k, p)| Got { answer, ..all(p.map_or(0.0, |p| p.pass), k) })
                    .collect())
            }
            Method::ShortestCorrect => {
                let lengths: Option<Vec<f64>> =
                    self.samples.iter().map(|&s| self.problem.samples[s].completion_tokens.map(f64::from)).collect();
                let zeros = vec![0.0; right.len()];
                let sorted = shortest::SortedLengths::new(lengths.as_ref().unwrap_or(&zeros), &right)?;
                let curve = pass_at_k::at_budgets(n, c, budgets)?;
                Ok(budgets
                    .iter()
                    .zip(curve)
                    .map(|(&k, p)| {
                        let kept = sorted.shortest_of(k).and_then(|g| g.expected_length);
                        Got { answer: kept.filter(|_| lengths.is_some()), ..all(p.map_or(0.0, |p| p.pass), k) }
                    })
                    .collect())
            }
            Method::FirstPass(v) => {
                let accepted = |s: usize| judgement(self.problem, v, s) == Judgement::Accepted;
                let taken = self.samples.iter().zip(&right).filter(|(s, _)| accepted(**s));
                let (tp, fp) = taken.fold((0, 0), |(t, f), (_, r)| if *r { (t + 1, f) } else { (t, f + 1) });
                let counts = Counts { n, true_positive: tp, false_positive: fp };
                let answer = self.tokens(accepted);
                let rejected = self.tokens(|s| !accepted(s));
                // the rejected ones that were drawn, and the accepted one that ended it
                let drawn = |attempts: f64, acceptance: f64| {
                    let part =
                        |count: f64, tokens: Option<f64>| if count > 0.0 { Some(count * tokens?) } else { Some(0.0) };
                    Some(part(acceptance, answer)? + part((attempts - acceptance).max(0.0), rejected)?)
                };
                budgets
                    .iter()
                    .map(|&k| {
                        let p = first_pass(counts, k)?;
                        Ok(Got {
                            value: p.map_or(0.0, |p| p.correct),
                            tokens: p.and_then(|p| drawn(p.expected_attempts, 1.0 - p.abstain)),
                            error: 0.0,
                            answer,
                        })
                    })
                    .collect()
            }
            Method::BestOfN(v, way) => {
                let scores = self.scores(v, way);
                let gold: Vec<f64> = right.iter().map(|r| f64::from(u8::from(*r))).collect();
                let ranked = Ranked::new(&scores, &gold)?;
                let lengths: Option<Vec<f64>> =
                    self.samples.iter().map(|&s| self.problem.samples[s].completion_tokens.map(f64::from)).collect();
                let by_length = lengths.map(|l| Ranked::new(&scores, &l)).transpose()?;
                Ok(budgets
                    .iter()
                    .map(|&k| Got {
                        answer: by_length.as_ref().and_then(|r| r.best_of(k)),
                        ..all(ranked.best_of(k).unwrap_or(0.0), k)
                    })
                    .collect())
            }
            Method::Majority(v) => {
                let votes = self.votes(&self.answers(v), &right);
                Ok(self.chances(votes.majority_within(CHEAP, budgets, ORDERS, self.seed), budgets, mean))
            }
            Method::Weighted(v, way) => {
                let answers = self.answers_of_any(v);
                let labels = labels(&answers, &right);
                let votes = ScoredVotes::new(&answers, &self.scores(v, way), |a| labels.contains(a))?;
                let places: Vec<usize> = budgets.iter().map(|k| usize::try_from(*k).unwrap_or(usize::MAX)).collect();
                Ok(self.chances(votes.curve(&places, ORDERS, self.seed), budgets, mean))
            }
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn chances(&self, list: Vec<Option<Chance>>, budgets: &[u64], mean: Option<f64>) -> Vec<Got> {
        list.into_iter()
            .zip(budgets)
            .map(|(chance, &k)| Got {
                value: chance.map_or(0.0, |c| c.value),
                error: chance.and_then(|c| c.monte_carlo_se).unwrap_or(0.0),
                tokens: mean.map(|m| m * k as f64),
                answer: None,
            })
            .collect()
    }

    fn scores(&self, verifier: usize, way: Option<Aggregation>) -> Vec<f64> {
        let of = |s: usize| self.problem.verdicts[verifier][s].as_ref().and_then(|d| score(d, way));
        self.samples.iter().map(|&s| of(s).unwrap_or(f64::NAN)).collect()
    }

    fn answers(&self, verifier: usize) -> Vec<Option<&str>> {
        let answer = |s: usize| self.problem.verdicts.get(verifier)?.get(s)?.as_ref()?.answer.as_deref();
        self.samples.iter().map(|&s| answer(s)).collect()
    }

    /// The scorer's own answers, or those of the first verifier that extracts any.
    fn answers_of_any(&self, verifier: usize) -> Vec<Option<&str>> {
        std::iter::once(verifier)
            .chain(0..self.problem.verdicts.len())
            .map(|v| self.answers(v))
            .find(|list| list.iter().any(Option::is_some))
            .unwrap_or_else(|| vec![None; self.samples.len()])
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn votes(&self, answers: &[Option<&str>], right: &[bool]) -> Votes {
        let labels = labels(answers, right);
        Votes::count(answers, |a| labels.contains(a))
    }
}

/// Answers that the oracle calls right: most of the samples that give them are.
fn labels<'a>(answers: &[Option<&'a str>], right: &[bool]) -> std::collections::HashSet<&'a str> {
    let mut balance: std::collections::HashMap<&str, i64> = std::collections::HashMap::new();
    for (answer, right) in answers.iter().zip(right) {
        if let Some(answer) = answer {
            *balance.entry(answer).or_default() += if *right { 1 } else { -1 };
        }
    }
    balance.into_iter().filter(|(_, b)| *b > 0).map(|(a, _)| a).collect()
}
