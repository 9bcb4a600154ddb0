//! What was seen of a problem: counts of a number of samples fixed beforehand, or the place of the sample that ended sampling.
//!
//! Sampling that stops at a success makes n depend on the results: c/n is then biased up. The place of the first accepted sample is
//! what such a run estimates without bias: P(accepted within k) is the share of problems with a place of at most k.
//! Source: PassUntil, Hu et al. 2023, arXiv:2310.03262, at one success.

use verifiers::domain::Role;

use super::counts::{Judgement, Pair, Tally, judgement};
use crate::analysis::{ProblemData, RunData};
use crate::stats::resampling::{Counts, FirstPass, accept_at, first_pass, mean_curve};

/// The verifier whose acceptance ended the sampling of a problem, in a run that sampled so.
pub(crate) fn stopping(run: &RunData) -> Option<usize> {
    if run.sampling != "until-success" {
        return None;
    }
    run.first(Role::Selector).or_else(|| run.first(Role::Oracle))
}

/// What a table says of such a run.
pub(super) fn stopped_note(run: &RunData, verifier: usize) -> String {
    format!(
        "sampling stopped at the first sample that {} accepts: estimated from the place of that sample, not from c/n",
        run.verifiers[verifier].name
    )
}

/// What was seen of one problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Seen {
    /// A number of samples that did not depend on them.
    Fixed(Counts),
    /// Samples until one was accepted.
    Stopped {
        /// Its place, from 1; `None`: none was accepted.
        first: Option<u64>,
        /// Whether it is right.
        right: bool,
        /// Samples judged.
        n: u64,
    },
}

impl Seen {
    /// The problem in the eyes of a pair. `stop`: the verifier that ended sampling, if any.
    pub(crate) fn of(problem: &ProblemData, tally: &Tally, pair: Pair, stop: Option<usize>) -> Self {
        let Some(stop) = stop else { return Self::Fixed(tally.counts()) };
        let said = |v, s| judgement(problem, v, s);
        let mut judged = (0..problem.samples.len())
            .filter(|&s| [pair.selector, pair.oracle].iter().all(|&v| said(v, s) != Judgement::Missing));
        let accepted = |v: usize, s: usize| said(v, s) == Judgement::Accepted;
        if pair.selector == stop {
            let n = tally.confusion.total();
            let found = judged.enumerate().find(|(_, s)| accepted(pair.selector, *s));
            let right = found.is_some_and(|(_, s)| accepted(pair.oracle, s));
            return Self::Stopped { first: found.map(|(at, _)| at as u64 + 1), right, n };
        }
        // only the first sample was drawn whatever came of it
        let one = |yes: bool| u64::from(yes);
        Self::Fixed(judged.next().map_or(Counts::default(), |s| Counts {
            n: 1,
            true_positive: one(accepted(pair.selector, s) && accepted(pair.oracle, s)),
            false_positive: one(accepted(pair.selector, s) && !accepted(pair.oracle, s)),
        }))
    }

    /// First pass within `k` draws; `None` beyond what was drawn.
    pub(crate) fn first_pass(self, k: u64) -> Option<FirstPass> {
        match self {
            Self::Fixed(counts) => first_pass(counts, k).ok().flatten(),
            Self::Stopped { first: None, n, .. } if k > n => None,
            Self::Stopped { first, right, .. } => {
                let found = first.is_some_and(|at| at <= k);
                let share = |yes: bool| if yes { 1.0 } else { 0.0 };
                Some(FirstPass {
                    correct: share(found && right),
                    false_positive: share(found && !right),
                    abstain: share(!found),
                    expected_attempts: first.map_or(k, |at| at.min(k)) as f64,
                })
            }
        }
    }

    /// The chance that the first acceptance comes at attempts `low..=high`, and that it then is wrong.
    pub(super) fn accept(self, low: u64, high: u64) -> [f64; 2] {
        match self {
            Self::Fixed(counts) => {
                // a difference of the two tails, unless it is a single attempt
                let chance = if low == high {
                    accept_at(counts, low).ok().flatten().unwrap_or(0.0)
                } else {
                    let fail = |k| self.first_pass(k).map_or(0.0, |p| p.abstain);
                    (fail(low - 1) - fail(high)).max(0.0)
                };
                let wrong =
                    if counts.accepted() > 0 { counts.false_positive as f64 / counts.accepted() as f64 } else { 0.0 };
                [chance, chance * wrong]
            }
            Self::Stopped { first, right, .. } => {
                let here = first.is_some_and(|at| (low..=high).contains(&at));
                [f64::from(u8::from(here)), f64::from(u8::from(here && !right))]
            }
        }
    }
}

/// The largest budget that every problem has something to say of; `wanted`: N of the run.
pub(crate) fn reach(problems: &[Seen], wanted: u64) -> u64 {
    if problems.is_empty() {
        return 0;
    }
    let ends = problems.iter().filter_map(|p| match p {
        Seen::Fixed(counts) => Some(counts.n),
        Seen::Stopped { first: None, n, .. } => Some(*n),
        Seen::Stopped { .. } => None,
    });
    ends.min().unwrap_or(wanted)
}

/// Macro means for k from 0 to `reach`.
pub(super) fn means(problems: &[Seen], reach: u64) -> Vec<FirstPass> {
    let counts: Option<Vec<Counts>> =
        problems.iter().map(|p| if let Seen::Fixed(counts) = p { Some(*counts) } else { None }).collect();
    if let Some(counts) = counts {
        return mean_curve(&counts, reach);
    }
    let share = 1.0 / problems.len() as f64;
    (0..=reach)
        .map(|k| {
            let mut sum = FirstPass { correct: 0.0, false_positive: 0.0, abstain: 0.0, expected_attempts: 0.0 };
            for p in problems.iter().filter_map(|p| p.first_pass(k)) {
                sum.correct += share * p.correct;
                sum.false_positive += share * p.false_positive;
                sum.abstain += share * p.abstain;
                sum.expected_attempts += share * p.expected_attempts;
            }
            sum
        })
        .collect()
}
