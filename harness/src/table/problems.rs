//! `problems`: one row a problem, in the order of the data set.

use super::counts::{Judgement, judgement, pairs, passes, tally};
use super::seen::stopping;
use super::{Cell, Table};
use crate::analysis::RunData;
use verifiers::domain::{Outcome, Role};

pub(super) fn build(run: &RunData) -> Table {
    let columns = [
        "run",
        "problem",
        "samples",
        "distinct",
        "accepted",
        "correct",
        "true_positive",
        "false_positive",
        "pass_at_1",
        "conditional_accuracy",
        "group",
        "failed",
        "unjudged",
        "truncated",
    ];
    let mut table = Table::new("problems", &columns);
    let pair = match pairs(run) {
        Ok(list) => list.first().copied(),
        Err(reason) => {
            table.note(reason);
            None
        }
    };
    // accepted and correct are each counted over every sample that the one verifier judged
    let alone = |v: Option<usize>| v.map(|v| passes(run, v));
    let selector = alone(pair.map(|p| p.selector).or_else(|| run.first(Role::Selector)));
    let oracle_place = pair.map(|p| p.oracle).or_else(|| run.first(Role::Oracle));
    let oracle = alone(oracle_place);
    let both = pair.map(|p| tally(run, p));
    let fixed = stopping(run).is_none();
    if !fixed {
        table.note("sampling stopped at a success: c/n is biased up, so that pass_at_1 is left empty");
    }
    for (i, problem) in run.problems.iter().enumerate() {
        let had: Vec<_> = problem.samples.iter().filter(|s| s.outcome != Outcome::Failed).collect();
        let distinct = had.iter().filter(|s| s.duplicate_of.is_none()).count();
        let truncated = had.iter().filter(|s| s.outcome == Outcome::Truncated).count();
        let count = |list: &Option<Vec<(u64, u64)>>| list.as_ref().map_or(Cell::Empty, |l| l[i].1.into());
        let tally = both.as_ref().map(|b| b[i]);
        let unjudged = match (tally, oracle_place.or_else(|| run.first(Role::Selector))) {
            (Some(t), _) => t.unjudged.into(),
            (None, Some(v)) => Cell::count(missing(problem, v, problem.samples.len() - had.len())),
            (None, None) => Cell::Empty,
        };
        table.rows.push(vec![
            Cell::text(&run.name),
            Cell::text(&problem.id.0),
            Cell::count(had.len()),
            Cell::count(distinct),
            count(&selector),
            count(&oracle),
            tally.map_or(Cell::Empty, |t| t.confusion.true_positive.into()),
            tally.map_or(Cell::Empty, |t| t.confusion.false_positive.into()),
            oracle.as_ref().and_then(|o| (o[i].0 > 0 && fixed).then(|| o[i].1 as f64 / o[i].0 as f64)).into(),
            tally.and_then(|t| t.counts().precision()).into(),
            problem.group.as_ref().map_or(Cell::Empty, |g| Cell::text(g)),
            Cell::count(problem.samples.len() - had.len()),
            unjudged,
            Cell::count(truncated),
        ]);
    }
    table
}

fn missing(problem: &crate::analysis::ProblemData, verifier: usize, failed: usize) -> usize {
    let all = (0..problem.samples.len()).filter(|&s| judgement(problem, verifier, s) == Judgement::Missing).count();
    all - failed
}
