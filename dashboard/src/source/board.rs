//! A run counted: one row a problem, brought up to date problem by problem.

use std::sync::Arc;

use harness::analysis::{ProblemData, RunData};
use verifiers::domain::{Outcome, Role, Status};

use crate::snapshot::{Cell, ProblemRow, ProblemStatus, Progress, Spread, VerifierRow};

/// Who decides and who knows: places of verifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) selector: Option<usize>,
    pub(super) oracle: Option<usize>,
}

impl Pair {
    /// The first selector and the first oracle; a verifier that is alone, or an oracle without a selector, is both.
    pub(super) fn of(data: &RunData) -> Self {
        if data.verifiers.len() == 1 {
            return Self { selector: Some(0), oracle: Some(0) };
        }
        let oracle = data.first(Role::Oracle);
        let selector = data.first(Role::Selector).or(oracle).or((!data.verifiers.is_empty()).then_some(0));
        Self { selector, oracle }
    }
}

/// What one verifier said of one problem's samples.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    true_positive: u32,
    false_positive: u32,
    false_negative: u32,
    true_negative: u32,
    judged: u32,
    unjudged: u32,
    weak: u32,
}

/// Outcomes of one problem's samples.
#[derive(Debug, Clone, Copy, Default)]
struct Outcomes {
    truncated: u32,
    refused: u32,
    empty: u32,
    failed: u32,
    duplicates: u32,
}

/// The counts of a run.
#[derive(Debug, Clone)]
pub(super) struct Board {
    pair: Pair,
    /// Shared with the snapshots; copied when it changes while one of them is still shown.
    pub(super) rows: Arc<Vec<ProblemRow>>,
    tallies: Vec<Vec<Tally>>,
    outcomes: Vec<Outcomes>,
    done: Vec<bool>,
}

impl Board {
    /// Counts everything.
    pub(super) fn new(data: &RunData) -> Self {
        let pair = Pair::of(data);
        let mut board = Self {
            pair,
            rows: Arc::new(data.problems.iter().map(|p| empty_row(p, data.samples_wanted)).collect()),
            tallies: vec![vec![Tally::default(); data.verifiers.len()]; data.problems.len()],
            outcomes: vec![Outcomes::default(); data.problems.len()],
            done: vec![false; data.problems.len()],
        };
        board.update(data, &(0..data.problems.len()).collect::<Vec<_>>());
        board
    }

    /// Counts the problems at these places again.
    pub(super) fn update(&mut self, data: &RunData, changed: &[usize]) {
        if changed.is_empty() {
            return;
        }
        let rows = Arc::make_mut(&mut self.rows);
        for &place in changed {
            let problem = &data.problems[place];
            rows[place] = row(problem, self.pair, data.samples_wanted);
            self.tallies[place] = (0..data.verifiers.len()).map(|v| tally(problem, v, self.pair.oracle)).collect();
            self.outcomes[place] = outcomes(problem);
            self.done[place] = u32::try_from(problem.samples.len()).unwrap_or(u32::MAX) >= data.samples_wanted;
        }
    }

    /// What the store knows of how far the run is.
    pub(super) fn progress(&self, data: &RunData) -> Progress {
        let sum = |f: fn(&Outcomes) -> u32| self.outcomes.iter().map(|o| u64::from(f(o))).sum::<u64>();
        let over = |f: fn(&Tally) -> u32| self.tallies.iter().flatten().map(|t| u64::from(f(t))).sum::<u64>();
        let failed = sum(|o| o.failed);
        let samples = self.rows.iter().map(|r| u64::from(r.samples)).sum::<u64>();
        let problems = self.rows.len() as u64;
        let total = problems * u64::from(data.samples_wanted);
        Progress {
            problems_done: self.done.iter().filter(|d| **d).count() as u64,
            problems_total: problems,
            samples_done: samples - failed,
            samples_total: total,
            verdicts_done: over(|t| t.judged),
            verdicts_total: total * data.verifiers.len() as u64,
            truncated: sum(|o| o.truncated),
            refused: sum(|o| o.refused),
            empty: sum(|o| o.empty),
            failed,
            duplicates: sum(|o| o.duplicates),
            unjudged: over(|t| t.unjudged),
            ..Progress::default()
        }
    }

    /// How hard the problems are.
    pub(super) fn spread(&self) -> Spread {
        let mut spread = Spread::default();
        for share in self.rows.iter().filter_map(|r| r.pass_at_1) {
            *match share {
                s if s <= 0.0 => &mut spread.never,
                s if s < 0.5 => &mut spread.seldom,
                s if s < 1.0 => &mut spread.often,
                _ => &mut spread.always,
            } += 1;
        }
        spread
    }

    /// The verifiers against the oracle, without what needs more than counts.
    pub(super) fn verifiers(&self, data: &RunData) -> Vec<VerifierRow> {
        let oracle = self.pair.oracle;
        let rows = data.verifiers.iter().enumerate().map(|(v, info)| {
            let sum = |f: fn(&Tally) -> u32| self.tallies.iter().map(|t| u64::from(f(&t[v]))).sum::<u64>();
            let (tp, fp) = (sum(|t| t.true_positive), sum(|t| t.false_positive));
            let (fne, tn) = (sum(|t| t.false_negative), sum(|t| t.true_negative));
            let share = |a: u64, b: u64| (b > 0).then(|| a as f64 / b as f64);
            VerifierRow {
                name: info.name.clone(),
                kind: info.kind.clone(),
                role: info.role.as_str().to_owned(),
                oracle: oracle.filter(|o| *o != v).map(|o| data.verifiers[o].name.clone()),
                true_positive: tp,
                false_positive: fp,
                false_negative: fne,
                true_negative: tn,
                unjudged: sum(|t| t.unjudged),
                judged: sum(|t| t.judged),
                completeness: share(tp, tp + fne),
                soundness: share(tn, tn + fp),
                precision: share(tp, tp + fp),
                weak: sum(|t| t.weak),
                ..VerifierRow::default()
            }
        });
        rows.collect()
    }
}

fn empty_row(problem: &ProblemData, wanted: u32) -> ProblemRow {
    let cells: Vec<Cell> = vec![Cell::Pending; usize::try_from(wanted).unwrap_or(0)];
    ProblemRow {
        id: Arc::from(problem.id.0.as_str()),
        group: problem.group.clone(),
        status: ProblemStatus::Waiting,
        samples: 0,
        distinct: 0,
        accepted: 0,
        correct: 0,
        false_positive: 0,
        pass_at_1: None,
        cells: cells.into(),
    }
}

/// Whether a verifier accepts; `None`: it has not spoken, or could not. Refused and empty answers are wrong before any
/// verdict.
fn accepts(problem: &ProblemData, verifier: usize, sample: usize) -> Option<bool> {
    let outcome = problem.samples[sample].outcome;
    if outcome == Outcome::Failed {
        return None;
    }
    match problem.verdicts.get(verifier).and_then(|v| v.get(sample)).and_then(Option::as_ref) {
        Some(verdict) => verdict.accepted(),
        None => matches!(outcome, Outcome::Refused | Outcome::Empty).then_some(false),
    }
}

fn row(problem: &ProblemData, pair: Pair, wanted: u32) -> ProblemRow {
    let mut row = empty_row(problem, 0);
    let length = problem.samples.last().map_or(0, |s| s.index + 1).max(wanted);
    let mut cells = vec![Cell::Pending; usize::try_from(length).unwrap_or(0)];
    let mut judged = 0u32;
    for (place, sample) in problem.samples.iter().enumerate() {
        let says = |v: Option<usize>| v.and_then(|v| accepts(problem, v, place));
        let (accepted, right) = (says(pair.selector), says(pair.oracle));
        let cell = match (accepted, right) {
            _ if sample.outcome == Outcome::Failed => Cell::Missing,
            (Some(true), Some(true)) => Cell::TruePositive,
            (Some(true), Some(false)) => Cell::FalsePositive,
            (Some(false), Some(true)) => Cell::FalseNegative,
            (Some(false), Some(false)) => Cell::TrueNegative,
            (Some(true), None) => Cell::Accepted,
            (Some(false), None) => Cell::Rejected,
            (None, _) if missing(problem, pair, place) => Cell::Missing,
            (None, _) => Cell::Waiting,
        };
        if let Some(target) = usize::try_from(sample.index).ok().and_then(|i| cells.get_mut(i)) {
            *target = cell;
        }
        row.samples += 1;
        row.distinct += u32::from(sample.duplicate_of.is_none() && sample.outcome != Outcome::Failed);
        row.accepted += u32::from(accepted == Some(true));
        row.correct += u32::from(right == Some(true));
        row.false_positive += u32::from(cell == Cell::FalsePositive);
        judged += u32::from(right.is_some());
    }
    row.pass_at_1 = (judged > 0).then(|| f64::from(row.correct) / f64::from(judged));
    row.status = match () {
        () if row.samples == 0 => ProblemStatus::Waiting,
        () if row.samples < wanted => ProblemStatus::Sampling,
        () if cells.contains(&Cell::Waiting) => ProblemStatus::Judging,
        () if judged == 0 => ProblemStatus::Done,
        () if row.correct > 0 => ProblemStatus::Solved,
        () => ProblemStatus::Unsolved,
    };
    row.cells = cells.into();
    row
}

/// Whether a verdict is there that could not be had.
fn missing(problem: &ProblemData, pair: Pair, sample: usize) -> bool {
    let status = |v: usize| problem.verdicts.get(v)?.get(sample)?.as_ref()?.status;
    [pair.selector, pair.oracle].into_iter().flatten().any(|v| status(v) == Some(Status::Unjudged))
}

fn tally(problem: &ProblemData, verifier: usize, oracle: Option<usize>) -> Tally {
    let mut t = Tally::default();
    for place in 0..problem.samples.len() {
        if let Some(verdict) = problem.verdicts.get(verifier).and_then(|v| v.get(place)).and_then(Option::as_ref) {
            t.judged += 1;
            t.unjudged += u32::from(verdict.status == Some(Status::Unjudged));
            t.weak += u32::from(verdict.weak);
        }
        let right = oracle.filter(|o| *o != verifier).and_then(|o| accepts(problem, o, place));
        match (accepts(problem, verifier, place), right) {
            (Some(true), Some(true)) => t.true_positive += 1,
            (Some(true), Some(false)) => t.false_positive += 1,
            (Some(false), Some(true)) => t.false_negative += 1,
            (Some(false), Some(false)) => t.true_negative += 1,
            _ => {}
        }
    }
    t
}

fn outcomes(problem: &ProblemData) -> Outcomes {
    let mut counts = Outcomes::default();
    for sample in &problem.samples {
        match sample.outcome {
            Outcome::Truncated => counts.truncated += 1,
            Outcome::Refused => counts.refused += 1,
            Outcome::Empty => counts.empty += 1,
            Outcome::Failed => counts.failed += 1,
            Outcome::Ok => {}
        }
        counts.duplicates += u32::from(sample.duplicate_of.is_some());
    }
    counts
}

#[cfg(test)]
mod tests {
    use Cell::{FalseNegative, FalsePositive, Missing, Pending, TrueNegative, TruePositive, Waiting};
    use harness::analysis::{SampleData, VerdictData, VerifierInfo};
    use verifiers::domain::ProblemId;

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "a cell of the verdicts may be empty")]
    fn verdict(status: Status) -> Option<VerdictData> {
        Some(VerdictData { status: Some(status), score: None, steps: None, answer: None, weak: false })
    }

    fn data() -> RunData {
        let sample = |index, outcome| SampleData {
            index,
            outcome,
            duplicate_of: (index == 1).then_some(0),
            completion_tokens: None,
            cost_usd: None,
        };
        let info = |name: &str, role| VerifierInfo::new(name, "python-tests", role);
        let (pass, fail) = (verdict(Status::Pass), verdict(Status::Fail));
        RunData {
            name: "r".to_owned(),
            samples_wanted: 8,
            sampling: "fixed".to_owned(),
            imported: false,
            verifiers: vec![info("base", Role::Selector), info("plus", Role::Oracle)],
            problems: vec![ProblemData {
                id: ProblemId("a".to_owned()),
                group: None,
                samples: vec![
                    sample(0, Outcome::Ok),
                    sample(1, Outcome::Ok),
                    sample(2, Outcome::Truncated),
                    sample(3, Outcome::Failed),
                    sample(4, Outcome::Refused),
                    sample(6, Outcome::Ok),
                    sample(7, Outcome::Ok),
                ],
                verdicts: vec![
                    vec![pass.clone(), pass.clone(), fail.clone(), None, None, None, verdict(Status::Unjudged)],
                    vec![pass.clone(), fail.clone(), pass, None, None, None, fail],
                ],
            }],
        }
    }

    #[test]
    fn every_sample_has_its_cell() {
        let data = data();
        let board = Board::new(&data);
        let row = &board.rows[0];
        let expected = [TruePositive, FalsePositive, FalseNegative, Missing, TrueNegative, Pending, Waiting, Missing];
        assert_eq!(&*row.cells, expected);
        assert_eq!((row.samples, row.distinct, row.accepted, row.correct, row.false_positive), (7, 5, 2, 2, 1));
        assert_eq!(row.status, ProblemStatus::Sampling);
        assert_eq!(row.pass_at_1, Some(2.0 / 5.0), "failed and waiting samples are missing, not wrong");
        assert_eq!(board.spread(), Spread { seldom: 1, ..Spread::default() });
        let progress = board.progress(&data);
        assert_eq!((progress.samples_done, progress.samples_total, progress.failed), (6, 8, 1));
        assert_eq!((progress.truncated, progress.refused, progress.duplicates, progress.unjudged), (1, 1, 1, 1));
        assert_eq!((progress.verdicts_done, progress.verdicts_total), (8, 16));
    }

    #[test]
    fn verifiers_are_measured_against_the_oracle_only() {
        let data = data();
        let rows = Board::new(&data).verifiers(&data);
        let base = &rows[0];
        assert_eq!((base.true_positive, base.false_positive, base.false_negative, base.true_negative), (1, 1, 1, 1));
        assert_eq!(base.oracle.as_deref(), Some("plus"));
        assert_eq!((rows[1].oracle.as_deref(), rows[1].true_positive), (None, 0));
    }

    #[test]
    fn updating_is_counting_anew() {
        let mut data = data();
        let mut board = Board::new(&data);
        data.problems[0].verdicts[1][5] = verdict(Status::Pass);
        data.problems[0].verdicts[0][5] = verdict(Status::Pass);
        board.update(&data, &[0]);
        assert_eq!(board.rows, Board::new(&data).rows);
        assert_eq!(board.rows[0].cells[6], Cell::TruePositive);
    }

    #[test]
    fn one_verifier_plays_both_parts() {
        let mut data = data();
        data.verifiers.truncate(1);
        data.problems[0].verdicts.truncate(1);
        assert_eq!(Pair::of(&data), Pair { selector: Some(0), oracle: Some(0) });
        assert_eq!(Board::new(&data).rows[0].correct, 2);
    }
}
