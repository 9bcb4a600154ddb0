//! What a run says: tables, and from them charts and the summary. Made off the drawing thread.

use std::sync::Arc;

use harness::analysis::RunData;
use harness::curve::{ProblemCounts, summarize};
use harness::stats::bootstrap::Plan;
use harness::table::{Pair, Settings, Table, build};

use crate::chart::{Chart, Line, Look, Point, Scale, Unit};
use crate::figure::{Figure, chart_with, rows as numbers, scores};
use crate::snapshot::{Estimate, Snapshot, StopAt, Summary, VerifierRow};

/// The figures of the curves view.
const SHOWN: [Figure; 7] = [
    Figure::PassAtN,
    Figure::Resampling,
    Figure::Reward,
    Figure::FalsePositives,
    Figure::Selection,
    Figure::Difficulty,
    Figure::Verifiers,
];

/// Everything that takes more than counting.
#[derive(Debug, Default)]
pub(super) struct Estimates {
    pub(super) summary: Summary,
    overview: Chart,
    charts: Vec<Chart>,
    verifiers: Vec<VerifierRow>,
    comparison: Vec<String>,
}

/// Makes the tables of a run and of those that are drawn over it.
pub(super) fn make(run: &RunData, others: &[Arc<RunData>], settings: &Settings) -> Estimates {
    let own = tables(run, settings);
    let summary = summary(run, &own);
    let overview = overview(&own, &summary);
    let mut all = own;
    for other in others {
        all.extend(tables(other, settings));
    }
    let runs: Vec<&RunData> = std::iter::once(run).chain(others.iter().map(|o| &**o)).collect();
    let charts =
        SHOWN.into_iter().map(|figure| chart_with(figure, &all, &runs)).filter(|c| !c.lines.is_empty()).collect();
    let comparison = others.iter().flat_map(|other| compare(run, other, settings)).collect();
    Estimates { summary, overview, charts, verifiers: verifiers(run, &all), comparison }
}

impl Estimates {
    /// Puts them into a snapshot.
    pub(super) fn apply(self, snapshot: &mut Snapshot) {
        snapshot.summary = self.summary;
        snapshot.overview = Arc::new(self.overview);
        snapshot.charts = Arc::new(self.charts);
        snapshot.comparison = Arc::new(self.comparison);
        for row in Arc::make_mut(&mut snapshot.verifiers) {
            if let Some(new) = self.verifiers.iter().find(|v| v.name == row.name) {
                keep(row, new);
            }
        }
    }
}

/// Takes over what counting alone does not give.
pub(super) fn keep(row: &mut VerifierRow, from: &VerifierRow) {
    (row.auc, row.ece, row.brier) = (from.auc, from.ece, from.brier);
    (row.roc, row.reliability) = (from.roc.clone(), from.reliability.clone());
}

fn tables(run: &RunData, settings: &Settings) -> Vec<Table> {
    let build = |name: &str| match build(name, run, settings) {
        Ok(table) => Some(table),
        Err(error) => {
            tracing::warn!(table = name, %error, "no table for the dashboard");
            None
        }
    };
    harness::table::NAMES.into_iter().filter_map(build).collect()
}

fn summary(run: &RunData, tables: &[Table]) -> Summary {
    let first = numbers(tables, "resampling").next();
    let selector = first.map(|r| r.text("selector").to_owned());
    let oracle = first.map(|r| r.text("oracle").to_owned()).or_else(|| {
        let v = run.first(verifiers::domain::Role::Oracle).or((run.verifiers.len() == 1).then_some(0))?;
        Some(run.verifiers[v].name.clone())
    });
    let mine = |name: &str| {
        let selector = selector.clone();
        numbers(tables, name).filter(move |r| selector.as_deref() == Some(r.text("selector")))
    };
    let passes = numbers(tables, "pass-at-n").filter(|r| oracle.as_deref() == Some(r.text("verifier"))).last();
    let estimate = |value, low, high| Estimate { value, low, high };
    let last = mine("resampling").last();
    let alone = selector == oracle;
    let wrong = numbers(tables, "verifiers")
        .find(|r| selector.as_deref() == Some(r.text("verifier")))
        .and_then(|r| r.number("false_discovery_rate"));
    let costs: Vec<f64> = mine("reward").filter_map(|r| r.number("cost")).collect();
    let cost = costs.iter().copied().find(|c| (*c - 2.0).abs() < 1e-9).or(costs.iter().copied().max_by(f64::total_cmp));
    let stop = cost.and_then(|cost| mine("reward").find(|r| r.number("cost") == Some(cost)).map(|r| (cost, r)));
    let whole = |value: f64| format!("{value:.0}").parse::<u32>().ok();
    Summary {
        n: passes.and_then(|r| r.number("n")).and_then(whole).unwrap_or(0),
        problems: passes.and_then(|r| r.number("problems")).and_then(whole).unwrap_or(0),
        coverage: passes.and_then(|r| Some(estimate(r.number("estimate")?, r.number("ci_low"), r.number("ci_high")))),
        first_pass: last
            .filter(|_| !alone)
            .and_then(|r| Some(estimate(r.number("correct")?, r.number("correct_low"), r.number("correct_high")))),
        false_discovery: wrong.filter(|_| !alone),
        stop_at: stop.filter(|_| !alone).and_then(|(cost, r)| {
            Some(StopAt { cost, k: r.number("optimal_k").and_then(whole)?, censored: r.flag("censored") })
        }),
        doubling: doubling(run),
        oracle,
        selector,
    }
}

/// What twice the samples are predicted to add.
fn doubling(run: &RunData) -> Option<(f64, f64)> {
    let oracle = run.first(verifiers::domain::Role::Oracle).or((run.verifiers.len() == 1).then_some(0))?;
    let counts = |t: &harness::table::Tally| ProblemCounts {
        n: t.confusion.total(),
        correct: t.confusion.true_positive,
        ..ProblemCounts::default()
    };
    let alone = Pair { selector: oracle, oracle };
    let problems: Vec<ProblemCounts> = harness::table::tally(run, alone).iter().map(counts).collect();
    // the gain is counted from each problem's own n, the curve ends at the smallest: they must be about the same
    let sizes = || problems.iter().map(|p| p.n).filter(|n| *n > 0);
    if sizes().max()? * 2 > sizes().min()? * 3 {
        return None;
    }
    let plan = Plan { replicates: 0, seed: 0, confidence: 0.95 };
    let (gain, error) = summarize(&problems, plan).doubling_gain?;
    Some((gain, error?))
}

/// Coverage and what selection gets, and where they are predicted to go.
fn overview(tables: &[Table], summary: &Summary) -> Chart {
    let mut lines = Vec::new();
    let coverage = numbers(tables, "pass-at-n")
        .filter(|r| summary.oracle.as_deref() == Some(r.text("verifier")))
        .filter_map(|r| r.point("n", "estimate", "ci_low", "ci_high"));
    let coverage: Vec<Point> = coverage.collect();
    if let (Some(last), Some((gain, error))) = (coverage.last().copied(), summary.doubling) {
        let (y, error) = ((last.y + gain).min(1.0), 1.96 * error);
        let beyond = Point::new(last.x * 2.0, y).within(Some((y - error).max(0.0)), Some((y + error).min(1.0)));
        let from = last.within(Some(last.y), Some(last.y));
        lines.push(Line {
            name: "predicted".to_owned(),
            colour: 0,
            look: Look::Predicted,
            points: vec![from, beyond],
            ..Line::default()
        });
    }
    if !coverage.is_empty() {
        lines.insert(0, Line { name: "coverage".to_owned(), colour: 0, points: coverage, ..Line::default() });
    }
    let first = numbers(tables, "resampling")
        .filter(|r| summary.selector.as_deref() == Some(r.text("selector")) && summary.selector != summary.oracle)
        .filter_map(|r| r.point("k", "correct", "correct_low", "correct_high"));
    let first: Vec<Point> = first.collect();
    if !first.is_empty() {
        lines.push(Line { name: "first-pass".to_owned(), colour: 1, points: first, ..Line::default() });
    }
    let mut chart = Chart { title: "Right answers by samples per problem".to_owned(), lines, ..Chart::default() };
    "pass-at-n".clone_into(&mut chart.name);
    "N".clone_into(&mut chart.x.label);
    (chart.x.scale, chart.y.unit) = (Scale::Log, Unit::Percent);
    chart
}

fn verifiers(run: &RunData, tables: &[Table]) -> Vec<VerifierRow> {
    let scored = scores::scored(run);
    numbers(tables, "verifiers")
        .filter(|r| r.text("run") == run.name)
        .map(|r| VerifierRow {
            name: r.text("verifier").to_owned(),
            roc: scored.iter().find(|s| s.verifier == r.text("verifier")).map(|s| Arc::new(scores::roc_chart(s))),
            reliability: scored
                .iter()
                .find(|s| s.verifier == r.text("verifier"))
                .and_then(scores::reliability_chart)
                .map(Arc::new),
            auc: r.number("auc"),
            ece: r.number("ece"),
            brier: r.number("brier"),
            ..VerifierRow::default()
        })
        .collect()
}

/// Two runs in lines: what follows, then each number of both and the paired difference.
fn compare(run: &RunData, other: &RunData, settings: &Settings) -> Vec<String> {
    let compared = match harness::compare::compare(run, other, settings) {
        Ok(compared) => compared,
        Err(error) => return vec![error.to_string()],
    };
    let number = |x: Option<f64>| x.map_or_else(|| "--".to_owned(), |x| format!("{x:.3}"));
    let short = |name: &str| crate::text::clip(name, 8).into_owned();
    let interval = format!("{:.0} % interval", settings.confidence * 100.0);
    let mut lines = vec![
        compared.sentence.clone(),
        format!(
            "{:<25}{:>9}{:>9}{:>9}  {:<17}{:>6}",
            "paired by problem",
            short(&run.name),
            short(&other.name),
            "diff.",
            interval,
            "p"
        ),
    ];
    for row in &compared.rows {
        let interval = row.interval.map_or_else(|| "--".to_owned(), |i| format!("{:+.3} to {:+.3}", i.low, i.high));
        let difference = row.difference.map_or_else(|| "--".to_owned(), |d| format!("{d:+.3}"));
        let (a, b, p) = (number(row.a), number(row.b), number(row.p));
        let measure = crate::text::clip(&row.measure, 25);
        lines.push(format!("{measure:<25}{a:>9}{b:>9}{difference:>9}  {interval:<17}{p:>6}"));
    }
    lines.extend(compared.notes.iter().map(|note| format!("note: {note}")));
    lines
}
