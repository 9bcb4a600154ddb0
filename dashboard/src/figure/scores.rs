//! ROC curves and reliability of verifiers that give scores.

use harness::analysis::{RunData, VerdictData};
use harness::stats::calibration::calibration_error;
use harness::stats::ranking::roc_curve;
use verifiers::domain::{Outcome, Role};

use super::build::diagonal;
use crate::chart::{Axis, Chart, Line, Look, Point, Unit};

/// Points of a curve beyond which the eye sees no more.
const MOST_POINTS: usize = 400;
const BINS: usize = 10;

/// One verifier's scores against the oracle.
#[derive(Debug, Clone)]
pub struct Scored {
    /// The verifier.
    pub verifier: String,
    /// Its ROC curve, all samples pooled.
    pub roc: Vec<Point>,
    /// Mean score of a bin and the share of right samples in it; empty where scores are no probabilities.
    pub reliability: Vec<Point>,
}

/// The verifiers of a run that give scores, against its oracle.
#[must_use]
pub fn scored(run: &RunData) -> Vec<Scored> {
    let Some(oracle) = run.first(Role::Oracle) else { return Vec::new() };
    let others = (0..run.verifiers.len()).filter(|v| *v != oracle);
    others.filter_map(|v| score(run, v, oracle)).collect()
}

fn score(run: &RunData, verifier: usize, oracle: usize) -> Option<Scored> {
    let (mut scores, mut labels) = (Vec::new(), Vec::new());
    for problem in &run.problems {
        for (place, sample) in problem.samples.iter().enumerate() {
            let said = |v: usize| problem.verdicts.get(v)?.get(place)?.as_ref();
            if sample.outcome != Outcome::Failed
                && let (Some(score), Some(right)) =
                    (said(verifier).and_then(|v| v.score), said(oracle).and_then(VerdictData::accepted))
                && score.is_finite()
            {
                scores.push(score);
                labels.push(right);
            }
        }
    }
    let curve = roc_curve(&scores, &labels).ok()?;
    let every = curve.len().div_ceil(MOST_POINTS).max(1);
    let last = curve.last().filter(|_| !(curve.len() - 1).is_multiple_of(every));
    let roc: Vec<Point> =
        curve.iter().step_by(every).chain(last).map(|p| Point::new(p.false_positive_rate, p.completeness)).collect();
    let probable = scores.iter().all(|s| (0.0..=1.0).contains(s));
    let bins = if probable { calibration_error(&scores, &labels, BINS).ok().flatten().map(|c| c.bins) } else { None };
    let reliability = bins.into_iter().flatten().map(|b| Point::new(b.predicted, b.observed)).collect();
    (roc.len() > 1).then(|| Scored { verifier: run.verifiers[verifier].name.clone(), roc, reliability })
}

fn unit(label: &str) -> Axis {
    Axis { label: label.to_owned(), unit: Unit::Percent, range: Some((0.0, 1.0)), ..Axis::default() }
}

/// The ROC curve of one verifier as a chart of its own.
#[must_use]
pub fn roc_chart(scored: &Scored) -> Chart {
    let line = Line { name: scored.verifier.clone(), colour: 0, points: scored.roc.clone(), ..Line::default() };
    Chart {
        name: "roc".to_owned(),
        title: "ROC".to_owned(),
        x: unit("P(above | wrong)"),
        y: unit("P(above | right)"),
        lines: vec![line, diagonal()],
        ..Chart::default()
    }
}

/// Scores against the share of right samples as a chart of its own; `None` where scores are no probabilities.
#[must_use]
pub fn reliability_chart(scored: &Scored) -> Option<Chart> {
    if scored.reliability.is_empty() {
        return None;
    }
    let line = Line { name: scored.verifier.clone(), colour: 0, points: scored.reliability.clone(), ..Line::default() };
    Some(Chart {
        name: "reliability".to_owned(),
        title: "Reliability".to_owned(),
        x: unit("score"),
        y: unit("right"),
        lines: vec![line, diagonal()],
        ..Chart::default()
    })
}

/// Adds the ROC curves of scores to the figure `verifiers`, and their reliability as a panel of its own.
pub(super) fn add(chart: &mut Chart, runs: &[&RunData]) {
    let (mut rocs, mut reliable) = (Vec::new(), Vec::new());
    let first = chart.lines.iter().filter(|l| l.look != Look::Guide).map(|l| l.colour + 1).max().unwrap_or(0);
    for run in runs {
        for scored in scored(run) {
            let name = if runs.len() > 1 { format!("{}: {}", run.name, scored.verifier) } else { scored.verifier };
            let colour = first + rocs.len();
            if !scored.reliability.is_empty() {
                let points = scored.reliability;
                reliable.push(Line { name: name.clone(), colour, points, ..Line::default() });
            }
            rocs.push(Line { name, colour, points: scored.roc, ..Line::default() });
        }
    }
    if !rocs.is_empty() {
        rocs.append(&mut chart.lines);
        chart.lines = rocs;
        if chart.lines.iter().all(|l| l.look != Look::Guide) {
            chart.lines.push(diagonal());
        }
        chart.caption.push_str(" Curves are the ROC of scores, by threshold.");
    }
    if !reliable.is_empty() {
        reliable.push(diagonal());
        chart.caption.push_str(
            " Second panel: the share of right samples against the mean score, in ten bins of equal width; a calibrated score lies on the diagonal.",
        );
        chart.second = Some(Box::new(Chart {
            name: "reliability".to_owned(),
            title: "Reliability".to_owned(),
            x: unit("mean score"),
            y: unit("right"),
            lines: reliable,
            ..Chart::default()
        }));
    }
}
