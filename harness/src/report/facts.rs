//! What happened to the samples, and the numbers that open a report.

use verifiers::domain::{Outcome, Role};

use super::{Headline, Unit};
use crate::analysis::RunData;
use crate::curve;
use crate::stats::Interval;
use crate::stats::bootstrap::{Matrix, percentile};
use crate::table::{Cell, Pair, Settings, Table, Tally, pairs, tally};
use verifiers::counted;

/// Counts over all samples of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Facts {
    /// Samples with a result, whatever it is.
    pub(super) had: u64,
    /// Samples whose request failed.
    pub(super) failed: u64,
    /// Samples that were asked for and never drawn.
    pub(super) undrawn: u64,
    /// Samples that were had and that the oracle (or the selector) did not judge.
    pub(super) unjudged: u64,
    /// Samples that repeat an earlier one of their problem.
    pub(super) duplicates: u64,
    /// Cut off by the length limit.
    pub(super) truncated: u64,
    /// Refused or empty.
    pub(super) silent: u64,
    /// Problems of several samples that are all the same.
    pub(super) identical_problems: usize,
    /// Problems with more than one sample.
    pub(super) several: usize,
    /// Verdicts whose tests shared an interpreter with the candidate.
    pub(super) weak: u64,
    /// Who is measured against whom.
    pub(super) pair: Option<Pair>,
    /// Counts per problem for that pair.
    pub(super) tallies: Vec<Tally>,
    /// The verifier that coverage is counted by.
    pub(super) judge: Option<usize>,
    /// (n, c) per problem by that verifier.
    pub(super) passes: Vec<(u64, u64)>,
    /// Samples per problem that failed or that it did not judge.
    pub(super) absent: Vec<u64>,
}

impl Facts {
    pub(super) fn of(run: &RunData) -> Self {
        let pair = pairs(run).ok().and_then(|list| list.first().copied());
        let judge = pair.map(|p| p.oracle).or_else(|| run.first(Role::Oracle)).or_else(|| run.first(Role::Selector));
        let judge = judge.or_else(|| (!run.verifiers.is_empty()).then_some(0));
        let alone = judge.map(|v| tally(run, Pair { selector: v, oracle: v })).unwrap_or_default();
        let tallies = pair.map(|p| tally(run, p)).unwrap_or_default();
        let mut facts = Self {
            pair,
            judge,
            passes: alone.iter().map(|t| (t.confusion.total(), t.confusion.true_positive)).collect(),
            absent: alone.iter().zip(&run.problems).map(|(t, p)| t.failed + t.unjudged + run.undrawn(p)).collect(),
            undrawn: run.problems.iter().map(|p| run.undrawn(p)).sum(),
            unjudged: if pair.is_some() { &tallies } else { &alone }.iter().map(|t| t.unjudged).sum(),
            tallies,
            ..Self::default()
        };
        for problem in &run.problems {
            let had: Vec<_> = problem.samples.iter().filter(|s| s.outcome != Outcome::Failed).collect();
            facts.failed += (problem.samples.len() - had.len()) as u64;
            facts.had += had.len() as u64;
            let copies = had.iter().filter(|s| s.duplicate_of.is_some()).count();
            facts.duplicates += copies as u64;
            facts.several += usize::from(had.len() > 1);
            facts.identical_problems += usize::from(had.len() > 1 && copies + 1 >= had.len());
            facts.truncated += had.iter().filter(|s| s.outcome == Outcome::Truncated).count() as u64;
            facts.silent +=
                had.iter().filter(|s| matches!(s.outcome, Outcome::Refused | Outcome::Empty)).count() as u64;
            facts.weak += problem.verdicts.iter().flatten().flatten().filter(|v| v.weak).count() as u64;
        }
        facts
    }

    /// The smallest n of any judged problem.
    pub(super) fn reach(&self) -> u64 {
        self.passes.iter().map(|(n, _)| *n).filter(|n| *n > 0).min().unwrap_or(0)
    }

    /// Share of wanted samples that are missing.
    pub(super) fn missing(&self) -> f64 {
        let all = self.had + self.failed + self.undrawn;
        if all == 0 { 0.0 } else { (self.failed + self.undrawn + self.unjudged) as f64 / all as f64 }
    }
}

fn headline(key: &str, label: String, value: Option<f64>, interval: Option<Interval>, unit: Unit) -> Headline {
    Headline { key: key.to_owned(), label, value, interval, unit, remark: String::new() }
}

pub(super) fn headlines(run: &RunData, facts: &Facts, tables: &[Table], settings: &Settings) -> Vec<Headline> {
    let mut list = Vec::new();
    let name = |v: usize| run.verifiers[v].name.as_str();
    if let Some(judge) = facts.judge {
        let rows = rows_where(tables, "pass-at-n", &[("verifier", name(judge))]);
        let ends = [rows.first(), rows.last().filter(|_| rows.len() > 1)];
        for (key, row) in ["pass_at_1", "coverage"].into_iter().zip(ends) {
            let Some(row) = row else { continue };
            let label = format!("pass@{} by {}", int(row, "n"), name(judge));
            list.push(headline(key, label, float(row, "estimate"), ends_of(row, "ci_low", "ci_high"), Unit::Share));
        }
    }
    if let Some(pair) = facts.pair.filter(|p| p.selector != p.oracle) {
        let (selector, oracle) = (name(pair.selector), name(pair.oracle));
        let rows = rows_where(tables, "resampling", &[("selector", selector)]);
        if let Some(row) = rows.last() {
            let k = int(row, "k");
            let label = format!("right, taking the first of {k} that {selector} accepts");
            let interval = ends_of(row, "correct_low", "correct_high");
            list.push(headline("first_pass", label, float(row, "correct"), interval, Unit::Share));
            let label = format!("wrong, doing so ({oracle} rejects what is submitted)");
            list.push(headline("first_pass_wrong", label, float(row, "false_positive"), None, Unit::Share));
        }
        let (rate, interval) = discovery(facts, settings);
        let label = format!("wrong among what {selector} accepts, P(wrong | accepted)");
        list.push(headline("false_discovery_rate", label, rate, interval, Unit::Share));
        if let Some(row) = rows.last() {
            let wrong = float(row, "conditional_accuracy").map(|c| 1.0 - c);
            let label = format!("wrong among what is submitted after up to {} draws", int(row, "k"));
            list.push(headline("false_discovery_rate_resampled", label, wrong, None, Unit::Share));
        }
        list.extend(stops(tables, selector));
    }
    list.extend(methods(tables));
    if run.sampling != "until-success" {
        list.extend(doubling(facts));
    }
    let share = |n: u64| (facts.had > 0).then(|| n as f64 / facts.had as f64);
    for (key, label, n) in [
        ("duplicates", "samples that repeat an earlier one of their problem", facts.duplicates),
        ("truncated", "samples cut off by the length limit", facts.truncated),
        ("silent", "refused or empty answers", facts.silent),
    ] {
        let mut h = headline(key, label.to_owned(), share(n), None, Unit::Share);
        h.remark = format!("{n} of {}", facts.had);
        list.push(h);
    }
    let missing = headline("missing", "samples missing".to_owned(), Some(facts.missing()), None, Unit::Share);
    let (failed, undrawn, unjudged) = (facts.failed, facts.undrawn, facts.unjudged);
    let (failed, undrawn) = (counted(failed, "request"), counted(undrawn, "sample"));
    let remark = format!("{failed} failed, {undrawn} not there, {unjudged} not judged");
    list.push(Headline { remark, ..missing });
    list
}

/// P(wrong | accepted) over all samples, with an interval from resampled problems.
fn discovery(facts: &Facts, settings: &Settings) -> (Option<f64>, Option<Interval>) {
    let rows: Vec<(u64, u64)> = facts
        .tallies
        .iter()
        .filter(|t| t.confusion.total() > 0)
        .map(|t| (t.confusion.false_positive, t.confusion.accepted()))
        .collect();
    let (wrong, accepted) = rows.iter().fold((0, 0), |s, r| (s.0 + r.0, s.1 + r.1));
    if accepted == 0 {
        return (None, None);
    }
    let interval = (rows.len() > 1 && settings.bootstrap > 0)
        .then(|| {
            let matrix = Matrix::grouped(&rows, 2, |(w, a)| vec![w as f64, a as f64]);
            percentile(matrix.resample(settings.plan()).map(|r| r[0] / r[1]), settings.confidence)
        })
        .flatten();
    (Some(wrong as f64 / accepted as f64), interval)
}

/// The K to stop at, one line a cost.
fn stops(tables: &[Table], selector: &str) -> Vec<Headline> {
    let mut list: Vec<Headline> = Vec::new();
    for row in rows_where(tables, "reward", &[("selector", selector)]) {
        let cost = float(&row, "cost").unwrap_or(0.0);
        let key = format!("stop_at_cost_{cost}");
        if list.last().is_some_and(|h| h.key == key) {
            continue;
        }
        let best = int(&row, "optimal_k");
        let label = format!("draws to stop at, if a wrong answer costs {cost}");
        let interval = ends_of(&row, "optimal_k_low", "optimal_k_high");
        let remark = match (best, row.get("censored")) {
            (0, _) => "better not to answer at all".to_owned(),
            (_, Some(Cell::Bool(true))) => "the most that was tried: the best may lie beyond".to_owned(),
            _ => String::new(),
        };
        list.push(Headline { remark, ..headline(&key, label, Some(best as f64), interval, Unit::Count) });
    }
    list
}

/// What the ways to choose get at the largest n, without those that need an oracle.
fn methods(tables: &[Table]) -> Vec<Headline> {
    let mut last: Vec<RowOf<'_>> = Vec::new();
    for row in rows_where(tables, "selection", &[]) {
        match last.last_mut() {
            Some(before) if before.get("method") == row.get("method") => *before = row,
            _ => last.push(row),
        }
    }
    let mut list = Vec::new();
    for row in last {
        let Some(Cell::Text(method)) = row.get("method") else { continue };
        if matches!(method.as_ref(), "oracle" | "random" | "shortest-correct") || method.starts_with("first-pass") {
            continue;
        }
        let label = format!("right, choosing by {method} of {}", int(&row, "n"));
        let interval = ends_of(&row, "ci_low", "ci_high");
        list.push(headline(&format!("selection_{method}"), label, float(&row, "estimate"), interval, Unit::Share));
    }
    list
}

/// The predicted gain of twice as many samples.
fn doubling(facts: &Facts) -> Option<Headline> {
    let gain = curve::doubling(&facts.passes, facts.reach());
    let (value, se) = gain?;
    let label = format!("predicted gain in coverage from {} more samples a problem", facts.reach());
    let remark = se.map_or(String::new(), |se| format!("standard error {:.1} points; Beta-Binomial", 100.0 * se));
    Some(Headline { remark, ..headline("doubling_gain", label, Some(value), None, Unit::Share) })
}

/// A row with the names of its columns.
#[derive(Clone, Copy)]
pub(super) struct RowOf<'a> {
    table: &'a Table,
    cells: &'a [Cell],
}

impl<'a> RowOf<'a> {
    pub(super) fn get(&self, column: &str) -> Option<&'a Cell> {
        self.table.column(column).and_then(|c| self.cells.get(c))
    }
}

pub(super) fn rows_where<'a>(tables: &'a [Table], name: &str, equal: &[(&str, &str)]) -> Vec<RowOf<'a>> {
    let Some(table) = tables.iter().find(|t| t.name == name) else { return Vec::new() };
    table
        .rows
        .iter()
        .map(|cells| RowOf { table, cells })
        .filter(|row| equal.iter().all(|(c, word)| matches!(row.get(c), Some(Cell::Text(w)) if w == word)))
        .collect()
}

pub(super) fn float(row: &RowOf<'_>, column: &str) -> Option<f64> {
    match row.get(column) {
        Some(Cell::Float(x)) => *x,
        Some(Cell::Int(n)) => Some(*n as f64),
        _ => None,
    }
}

fn int(row: &RowOf<'_>, column: &str) -> u64 {
    match row.get(column) {
        Some(Cell::Int(n)) => *n,
        _ => 0,
    }
}

fn ends_of(row: &RowOf<'_>, low: &str, high: &str) -> Option<Interval> {
    float(row, low).zip(float(row, high)).map(|(low, high)| Interval { low, high })
}
