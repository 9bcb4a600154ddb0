//! Who judges whom, and the counts of each problem that follow.

use verifiers::domain::{Outcome, Role};

use crate::analysis::{ProblemData, RunData};
use crate::stats::confusion::Confusion;
use crate::stats::resampling::Counts;
use verifiers::counted;

/// A selector measured against an oracle: places in [`RunData::verifiers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Decides what is accepted.
    pub selector: usize,
    /// Ground truth.
    pub oracle: usize,
}

/// The selectors of the run that accept or reject, in order of name, each with the oracle.
///
/// A run with a single verifier uses it for both. Empty, with the reason, where there is no oracle or no selector.
///
/// # Errors
/// One sentence on what the run lacks.
pub fn pairs(run: &RunData) -> Result<Vec<Pair>, &'static str> {
    if run.verifiers.len() == 1 {
        return Ok(vec![Pair { selector: 0, oracle: 0 }]);
    }
    let Some(oracle) = run.first(Role::Oracle) else {
        return Err("no verifier has the role oracle: what is accepted cannot be called right or wrong");
    };
    let mut selectors: Vec<usize> =
        (0..run.verifiers.len()).filter(|&v| run.verifiers[v].role == Role::Selector && decides(run, v)).collect();
    selectors.sort_by(|a, b| run.verifiers[*a].name.cmp(&run.verifiers[*b].name));
    if selectors.is_empty() {
        return Err("no verifier with the role selector accepts or rejects");
    }
    Ok(selectors.into_iter().map(|selector| Pair { selector, oracle }).collect())
}

/// Whether a verifier gave a status anywhere; before its first verdict it is taken to.
pub(super) fn decides(run: &RunData, verifier: usize) -> bool {
    let mut any = false;
    for verdict in run.problems.iter().filter_map(|p| p.verdicts.get(verifier)).flatten().flatten() {
        if verdict.status.is_some() {
            return true;
        }
        any = true;
    }
    !any
}

/// One sample in the eyes of one verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    Accepted,
    Rejected,
    /// Failed, not judged yet, or the verifier could not run.
    Missing,
}

/// What `verifier` says of a sample; refused and empty answers are wrong even before a verdict.
pub(super) fn judgement(problem: &ProblemData, verifier: usize, sample: usize) -> Judgement {
    let outcome = problem.samples[sample].outcome;
    if outcome == Outcome::Failed {
        return Judgement::Missing;
    }
    match problem.verdicts.get(verifier).and_then(|v| v.get(sample)).and_then(Option::as_ref) {
        Some(verdict) => match verdict.accepted() {
            Some(true) => Judgement::Accepted,
            Some(false) => Judgement::Rejected,
            None => Judgement::Missing,
        },
        None if matches!(outcome, Outcome::Refused | Outcome::Empty) => Judgement::Rejected,
        None => Judgement::Missing,
    }
}

/// The counts of one problem for one pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Samples that both have judged.
    pub confusion: Confusion,
    /// Samples that were had, but not judged by both.
    pub unjudged: u64,
    /// Samples whose request failed.
    pub failed: u64,
}

impl Tally {
    /// The counts that first-pass estimates need.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            n: self.confusion.total(),
            true_positive: self.confusion.true_positive,
            false_positive: self.confusion.false_positive,
        }
    }
}

/// Counts per problem, in the order of the run.
#[must_use]
pub fn tally(run: &RunData, pair: Pair) -> Vec<Tally> {
    run.problems.iter().map(|p| tally_problem(p, pair)).collect()
}

fn tally_problem(problem: &ProblemData, pair: Pair) -> Tally {
    let mut t = Tally::default();
    for s in 0..problem.samples.len() {
        if problem.samples[s].outcome == Outcome::Failed {
            t.failed += 1;
            continue;
        }
        let place = match (judgement(problem, pair.selector, s), judgement(problem, pair.oracle, s)) {
            (Judgement::Missing, _) | (_, Judgement::Missing) => &mut t.unjudged,
            (Judgement::Accepted, Judgement::Accepted) => &mut t.confusion.true_positive,
            (Judgement::Accepted, Judgement::Rejected) => &mut t.confusion.false_positive,
            (Judgement::Rejected, Judgement::Accepted) => &mut t.confusion.false_negative,
            (Judgement::Rejected, Judgement::Rejected) => &mut t.confusion.true_negative,
        };
        *place += 1;
    }
    t
}

/// (n, c) per problem by one verifier alone.
pub(super) fn passes(run: &RunData, verifier: usize) -> Vec<(u64, u64)> {
    tally(run, Pair { selector: verifier, oracle: verifier })
        .iter()
        .map(|t| (t.confusion.total(), t.confusion.true_positive))
        .collect()
}

/// Notes on what a table leaves out, for counts (n) per problem.
pub(super) fn notes(table: &mut super::Table, n: &[u64]) {
    let empty = n.iter().filter(|n| **n == 0).count();
    if empty > 0 {
        table.note(format!("left out without a judged sample: {empty} of {}", counted(n.len(), "problem")));
    }
    let used = || n.iter().filter(|n| **n > 0);
    if let (Some(low), Some(high)) = (used().min(), used().max())
        && low < high
    {
        table.note(format!("problems have {low} to {high} judged samples; the table ends at {low}"));
    }
}
