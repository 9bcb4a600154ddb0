//! Resample until the verifier accepts: what is submitted, how often it is right, and when to stop.
//!
//! Source: Stroebl et al. 2024, arXiv:2411.17501; the closed forms average over every order of the samples that were drawn.

use super::pass_at_k::{curve, pass_at_k};
use super::{StatsError, at_most, finite, probability};

mod mean;

pub use mean::mean_curve;

/// What happens within K draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstPass {
    /// A correct answer is submitted (joint probability).
    pub correct: f64,
    /// A wrong answer is submitted (joint probability; not a conditional rate).
    pub false_positive: f64,
    /// Nothing is accepted.
    pub abstain: f64,
    /// E[min(first accepted, K)].
    pub expected_attempts: f64,
}

/// The counts of one problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Counts {
    /// Usable samples.
    pub n: u64,
    /// Accepted and correct.
    pub true_positive: u64,
    /// Accepted and wrong.
    pub false_positive: u64,
}

impl Counts {
    /// Accepted samples.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.true_positive + self.false_positive
    }

    /// P(correct | accepted) of this problem; `None` where nothing was accepted.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        (self.accepted() > 0).then(|| self.true_positive as f64 / self.accepted() as f64)
    }

    pub(crate) fn check(&self) -> Result<(), StatsError> {
        at_most("accepted samples", self.accepted(), self.n)
    }
}

/// A budget that may be without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// At most so many draws.
    Draws(u64),
    /// Until something is accepted.
    Unlimited,
}

/// First pass within a budget when the rates are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClosedForm {
    /// A correct answer is submitted (joint probability).
    pub correct: f64,
    /// A wrong answer is submitted (joint probability).
    pub false_positive: f64,
    /// Nothing is accepted.
    pub abstain: f64,
    /// Expected draws; `None` where they never end.
    pub expected_attempts: Option<f64>,
    /// P(correct | submitted), the same at every budget; `None` where nothing is ever accepted.
    pub conditional_accuracy: Option<f64>,
}

/// First pass within a budget when P(correct) and the verifier's rates are known.
///
/// Source: Stroebl et al. 2024, arXiv:2411.17501, section 3.
///
/// # Errors
/// A rate outside [0, 1].
pub fn closed_form(
    r: f64,
    completeness: f64,
    false_positive_rate: f64,
    budget: Budget,
) -> Result<ClosedForm, StatsError> {
    probability("r", r)?;
    probability("tpr", completeness)?;
    probability("fpr", false_positive_rate)?;
    let (tp, fp) = (r * completeness, (1.0 - r) * false_positive_rate);
    let accept = tp + fp;
    let conditional_accuracy = (accept > 0.0).then(|| tp / accept);
    let nothing = |expected_attempts| ClosedForm {
        correct: 0.0,
        false_positive: 0.0,
        abstain: 1.0,
        expected_attempts,
        conditional_accuracy,
    };
    let (attempts, abstain) = match budget {
        Budget::Draws(draws) if accept <= 0.0 || draws == 0 => return Ok(nothing(Some(draws as f64))),
        Budget::Unlimited if accept <= 0.0 => return Ok(nothing(None)),
        Budget::Unlimited => (1.0 / accept, 0.0),
        Budget::Draws(draws) => {
            // of the two ways to the chance of a rejection, the one that loses no digits
            let reject = r * (1.0 - completeness) + (1.0 - r) * (1.0 - false_positive_rate);
            let log_reject = draws as f64 * if accept < 0.5 { (-accept).ln_1p() } else { reject.ln() };
            (-log_reject.exp_m1() / accept, log_reject.exp())
        }
    };
    Ok(ClosedForm {
        correct: tp * attempts,
        false_positive: fp * attempts,
        abstain,
        expected_attempts: Some(attempts),
        conditional_accuracy,
    })
}

/// First pass within `k` draws, exactly averaged over the orders of the samples. `None` for k > n.
///
/// Source: the U-statistic of arXiv:2411.17501's process; expected attempts = ((n+1) - (n+1-K) f_K) / (P+1).
///
/// # Errors
/// More accepted than samples.
pub fn first_pass(counts: Counts, k: u64) -> Result<Option<FirstPass>, StatsError> {
    counts.check()?;
    Ok(pass_at_k(counts.n, counts.accepted(), k)?.map(|p| from_tails(counts, k, p.pass, p.fail)))
}

fn from_tails(counts: Counts, k: u64, pass: f64, fail: f64) -> FirstPass {
    let accepted = counts.accepted() as f64;
    let share = |x: u64| if accepted > 0.0 { x as f64 / accepted * pass } else { 0.0 };
    let (drawn, left) = (k as f64, (counts.n + 1 - k) as f64);
    FirstPass {
        correct: share(counts.true_positive),
        false_positive: share(counts.false_positive),
        abstain: fail,
        // ((n+1) - (n+1-k) f_k) / (P+1) without its difference of near equals
        expected_attempts: (drawn + left * pass) / (accepted + 1.0),
    }
}

/// First pass for every k from 0 to `k_max` (at most n). Shapes: one entry per k, the first for k = 0. O(k_max).
#[must_use]
pub fn first_pass_curve(counts: Counts, k_max: u64) -> Vec<FirstPass> {
    let nothing = FirstPass { correct: 0.0, false_positive: 0.0, abstain: 1.0, expected_attempts: 0.0 };
    let tails = curve(counts.n, counts.accepted(), k_max);
    std::iter::once(nothing).chain((1u64..).zip(tails).map(|(k, p)| from_tails(counts, k, p.pass, p.fail))).collect()
}

/// What an answer is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// Gain of a right answer.
    pub benefit: f64,
    /// Loss of a wrong one.
    pub false_positive_cost: f64,
    /// Loss per draw.
    pub sample_cost: f64,
    /// Value of saying nothing.
    pub abstain: f64,
}

impl Default for Worth {
    fn default() -> Self {
        Self { benefit: 1.0, false_positive_cost: 1.0, sample_cost: 0.0, abstain: 0.0 }
    }
}

impl Worth {
    /// The utility of a first-pass outcome.
    #[must_use]
    pub fn of(&self, p: &FirstPass) -> f64 {
        self.benefit * p.correct - self.false_positive_cost * p.false_positive - self.sample_cost * p.expected_attempts
            + self.abstain * p.abstain
    }
}

/// Macro means over problems for K = 0, 1, ..., and the K of highest utility.
#[derive(Debug, Clone, PartialEq)]
pub struct UtilityCurve {
    /// Means for K = 0..; `None` beyond some problem's n.
    pub points: Vec<Option<FirstPass>>,
    /// Utility for K = 0...
    pub utility: Vec<Option<f64>>,
    /// mean correct / (mean correct + mean false positive): it falls with K as easy problems leave first.
    pub conditional_accuracy: Vec<Option<f64>>,
    /// The smallest K whose utility is the highest, within 1e-12; `None` without problems.
    pub best: Option<usize>,
    /// Its utility.
    pub best_utility: Option<f64>,
}

/// Utility against K over problems. Problems without samples are left out.
///
/// Source: Stroebl et al. 2024, arXiv:2411.17501, section 5; all K are scanned as the curve may have several maxima.
///
/// # Errors
/// More accepted than samples in some problem, or a cost that is not finite.
pub fn utility_curve(problems: &[Counts], worth: Worth, k_max: u64) -> Result<UtilityCurve, StatsError> {
    problems.iter().try_for_each(Counts::check)?;
    finite("a cost", &[worth.benefit, worth.false_positive_cost, worth.sample_cost, worth.abstain])?;
    let used: Vec<Counts> = problems.iter().copied().filter(|p| p.n > 0).collect();
    let reach = used.iter().map(|p| p.n).min().unwrap_or(0).min(k_max);
    let means = mean_curve(&used, reach);
    let length = usize::try_from(k_max).unwrap_or(usize::MAX - 1) + 1;
    let mut points: Vec<Option<FirstPass>> =
        if used.is_empty() { Vec::new() } else { means.into_iter().map(Some).collect() };
    points.resize(length, None);
    let mut utility: Vec<Option<f64>> = points.iter().map(|p| p.as_ref().map(|p| worth.of(p))).collect();
    if let Some(first) = utility.first_mut().filter(|u| u.is_none()) {
        *first = Some(worth.abstain);
    }
    let (best, best_utility) = (!used.is_empty()).then(|| highest(&utility)).unzip();
    let conditional_accuracy = points.iter().map(|p| p.as_ref().and_then(conditional)).collect();
    Ok(UtilityCurve { points, utility, conditional_accuracy, best, best_utility })
}

/// mean correct / (mean correct + mean false positive); `None` where nothing is submitted.
#[must_use]
pub fn conditional(p: &FirstPass) -> Option<f64> {
    let submitted = p.correct + p.false_positive;
    (submitted > 0.0).then(|| p.correct / submitted)
}

/// The smallest place whose value is the highest within 1e-12, and that value.
#[must_use]
pub fn highest(values: &[Option<f64>]) -> (usize, f64) {
    let top = values.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let place = values.iter().position(|v| v.is_some_and(|v| v >= top - 1e-12)).unwrap_or(0);
    (place, values.get(place).copied().flatten().unwrap_or(top))
}

/// The limit K -> infinity: per problem its precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Macro mean of per-problem precision, 0 where nothing is ever accepted.
    pub correct: Option<f64>,
    /// Macro mean of the share of wrong among accepted.
    pub false_positive: Option<f64>,
    /// Share of problems of which nothing is accepted.
    pub abstain: Option<f64>,
    /// All accepted samples together: not the limit, shown to compare.
    pub pooled_precision: Option<f64>,
}

/// What resampling without end would get. Plug-in, biased where few are accepted.
///
/// # Errors
/// More accepted than samples in some problem.
pub fn limit(problems: &[Counts]) -> Result<Limit, StatsError> {
    problems.iter().try_for_each(Counts::check)?;
    let used: Vec<&Counts> = problems.iter().filter(|p| p.n > 0).collect();
    let share = |f: &dyn Fn(&Counts) -> f64| {
        (!used.is_empty()).then(|| used.iter().map(|p| f(p)).sum::<f64>() / used.len() as f64)
    };
    let accepted: u64 = used.iter().map(|p| p.accepted()).sum();
    let right: u64 = used.iter().map(|p| p.true_positive).sum();
    Ok(Limit {
        correct: share(&|p| p.precision().unwrap_or(0.0)),
        false_positive: share(&|p| p.precision().map_or(0.0, |_| p.false_positive as f64 / p.accepted() as f64)),
        abstain: share(&|p| if p.accepted() == 0 { 1.0 } else { 0.0 }),
        pooled_precision: (accepted > 0).then(|| right as f64 / accepted as f64),
    })
}

/// What is accepted exactly at one attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attempt {
    /// Accepted at this attempt and correct, macro mean.
    pub correct: f64,
    /// Accepted at this attempt and wrong, macro mean.
    pub incorrect: f64,
}

impl Attempt {
    /// Ratio of the means; `None` where nothing is accepted at this attempt.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        let all = self.correct + self.incorrect;
        (all > 0.0).then(|| self.correct / all)
    }
}

/// The chance that `counts` first accept at exactly attempt `k`: f_{k-1} - f_k = f_{k-1} P / (n-k+1). `None` for k > n or 0.
///
/// # Errors
/// More accepted than samples.
pub fn accept_at(counts: Counts, k: u64) -> Result<Option<f64>, StatsError> {
    counts.check()?;
    if k == 0 || k > counts.n {
        return Ok(None);
    }
    let before = pass_at_k(counts.n, counts.accepted(), k - 1)?;
    Ok(before.map(|p| p.fail * counts.accepted() as f64 / (counts.n - k + 1) as f64))
}

/// Acceptance by attempt, macro means. Shapes: one entry per k of `ks`; `None` beyond some problem's n.
///
/// # Errors
/// More accepted than samples in some problem.
pub fn attempt_profile(problems: &[Counts], ks: &[u64]) -> Result<Vec<Option<Attempt>>, StatsError> {
    problems.iter().try_for_each(Counts::check)?;
    let used: Vec<Counts> = problems.iter().copied().filter(|p| p.n > 0).collect();
    ks.iter()
        .map(|&k| {
            let mut sum = Attempt { correct: 0.0, incorrect: 0.0 };
            for &p in &used {
                let Some(chance) = accept_at(p, k)? else { return Ok(None) };
                if p.accepted() > 0 {
                    let each = chance / p.accepted() as f64 / used.len() as f64;
                    sum.correct += p.true_positive as f64 * each;
                    sum.incorrect += p.false_positive as f64 * each;
                }
            }
            Ok((!used.is_empty()).then_some(sum))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every order of the samples, one by one.
    fn brute(n: usize, tp: usize, fp: usize, k: usize) -> (f64, f64, f64) {
        fn walk(left: &mut [usize; 3], k: usize, drawn: usize) -> (f64, f64, f64) {
            if drawn == k {
                return (0.0, 0.0, drawn as f64);
            }
            let all = (left[0] + left[1] + left[2]) as f64;
            let mut sum = (left[0] as f64 / all, left[1] as f64 / all, (left[0] + left[1]) as f64 / all);
            sum.2 *= (drawn + 1) as f64;
            if left[2] > 0 {
                let chance = left[2] as f64 / all;
                left[2] -= 1;
                let rest = walk(left, k, drawn + 1);
                left[2] += 1;
                sum = (sum.0 + chance * rest.0, sum.1 + chance * rest.1, sum.2 + chance * rest.2);
            }
            sum
        }
        walk(&mut [tp, fp, n - tp - fp], k, 0)
    }

    proptest! {
        #[test]
        fn equals_the_walk(n in 1usize..15, tp in 0usize..8, fp in 0usize..8, k in 1usize..15) {
            let tp = tp.min(n);
            let (fp, k) = (fp.min(n - tp), k.min(n));
            let counts = Counts { n: n as u64, true_positive: tp as u64, false_positive: fp as u64 };
            let got = first_pass(counts, k as u64).unwrap().unwrap();
            let want = brute(n, tp, fp, k);
            prop_assert!((got.correct - want.0).abs() < 1e-12);
            prop_assert!((got.false_positive - want.1).abs() < 1e-12);
            prop_assert!((got.expected_attempts - want.2).abs() < 1e-12);
            prop_assert!((got.correct + got.false_positive + got.abstain - 1.0).abs() < 1e-12);
            let sum: f64 = (1..=k as u64).map(|k| accept_at(counts, k).unwrap().unwrap()).sum();
            prop_assert!((sum - (1.0 - got.abstain)).abs() < 1e-12);
        }
    }

    #[test]
    fn without_samples_nothing_is_said_of_the_best_budget() {
        for problems in [&[][..], &[Counts::default()]] {
            let curve = utility_curve(problems, Worth { abstain: 0.25, ..Worth::default() }, 2).unwrap();
            assert_eq!((curve.best, curve.best_utility), (None, None));
            // to draw nothing is worth what saying nothing is worth, whatever the problems
            assert_eq!(curve.utility, [Some(0.25), None, None]);
        }
        let one = Counts { n: 2, true_positive: 0, false_positive: 2 };
        assert_eq!(utility_curve(&[one], Worth::default(), 2).unwrap().best, Some(0));
    }

    #[test]
    fn one_problem_keeps_its_conditional_accuracy_at_every_budget() {
        for k in [1, 10, 1000] {
            let p = closed_form(0.3, 1.0, 0.25, Budget::Draws(k)).unwrap();
            let share = p.correct / (p.correct + p.false_positive);
            assert!((share - p.conditional_accuracy.unwrap()).abs() < 1e-12);
        }
        let sure = closed_form(1.0, 1.0, 0.0, Budget::Draws(3)).unwrap();
        assert_eq!((sure.expected_attempts, sure.conditional_accuracy), (Some(1.0), Some(1.0)));
        assert_eq!(closed_form(0.4, 0.0, 0.0, Budget::Unlimited).unwrap().expected_attempts, None);
    }
}
