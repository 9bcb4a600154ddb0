//! Figures of points: false positives by attempt, problems by difficulty, verifiers.

use super::{Lines, Rows, axis, named};
use crate::chart::{Axis, Chart, Line, Look, Point, Scale, Unit};

pub(super) fn false_positives(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let selectors = rows.iter().any(|r| rows.iter().any(|other| other.text("selector") != r.text("selector")));
    let mut lines = Lines::default();
    let mut words: Vec<(f64, String)> = Vec::new();
    for row in rows.iter() {
        let (Some(low), Some(high)) = (row.number("attempt_low"), row.number("attempt_high")) else { continue };
        let middle = (low.max(0.5) * high.max(0.5)).sqrt();
        let point =
            row.number("rate").map(|y| Point::new(middle, y).within(row.number("ci_low"), row.number("ci_high")));
        let drawn = point.is_some();
        lines.add(named(several, row), row.text("selector"), Look::Points, point);
        if drawn && !words.iter().any(|(x, _)| (x - middle).abs() < 1e-9) {
            let bin = if high > low { format!("{low:.0}–{high:.0}") } else { format!("{low:.0}") };
            // with one line only, there is one number to each bin
            let count = row.number("effective_problems").filter(|_| !several && !selectors);
            words.push((middle, count.map_or(bin.clone(), |n| format!("{bin}\n{n:.0}"))));
        }
    }
    let counted = words.iter().any(|(_, word)| word.contains('\n'));
    let label = if counted { "attempt, and effective problems" } else { "attempt" };
    Chart {
        x: Axis { words, ..axis(label, Scale::Log, Unit::Plain) },
        y: axis("P(wrong | first accepted here)", Scale::Linear, Unit::Percent),
        lines: lines.done(),
        caption: "How often the first accepted answer is wrong, by the attempt that gave it, in powers of two; means over problems, weighted by how likely each problem has its first acceptance there; whiskers are percentile bootstrap intervals over problems. The effective number of problems is that of equally weighted ones that would give the same variance.".to_owned(),
        ..Chart::default()
    }
}

pub(super) fn difficulty(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut runs = Vec::<(String, Vec<_>)>::new();
    for row in rows.iter() {
        let Some(pass) = row.number("pass_at_1") else { continue };
        let run = row.text("run").to_owned();
        let place = runs.iter().position(|r| r.0 == run).unwrap_or_else(|| {
            runs.push((run, Vec::new()));
            runs.len() - 1
        });
        runs[place].1.push((pass, row.number("conditional_accuracy")));
    }
    let mut lines = Vec::new();
    for (run, mut problems) in runs {
        problems.sort_by(|a, b| a.0.total_cmp(&b.0));
        let last = (problems.len().max(2) - 1) as f64;
        let at = |i: usize| i as f64 / last;
        let pass: Vec<Point> = problems.iter().enumerate().map(|(i, p)| Point::new(at(i), p.0)).collect();
        let given: Vec<Point> =
            problems.iter().enumerate().filter_map(|(i, p)| p.1.map(|y| Point::new(at(i), y))).collect();
        let colour = lines.len();
        let name = if several { run } else { "pass@1".to_owned() };
        lines.push(Line { name, colour, look: Look::Curve, points: pass, ..Line::default() });
        if !several && !given.is_empty() {
            let name = "right given accepted".to_owned();
            lines.push(Line { name, colour: colour + 1, look: Look::Points, points: given, ..Line::default() });
        }
    }
    Chart {
        x: axis("problems, hardest first", Scale::Linear, Unit::Percent),
        y: axis("share of samples", Scale::Linear, Unit::Percent),
        lines,
        caption: "Each problem's share of right samples, hardest first; points are the share of right ones among the accepted, where any was accepted.".to_owned(),
        ..Chart::default()
    }
}

/// One point a verifier in the ROC plane, for verifiers that say yes or no.
pub(super) fn verifiers(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut lines = Lines::default();
    for row in rows.iter().filter(|r| r.text("verifier") != r.text("oracle")) {
        let point = row.number("false_positive_rate").zip(row.number("completeness")).map(|(x, y)| Point::new(x, y));
        lines.add(named(several, row), row.text("verifier"), Look::Points, point);
    }
    let mut lines = lines.done();
    if !lines.is_empty() {
        lines.push(diagonal());
    }
    Chart {
        x: Axis { range: Some((0.0, 1.0)), ..axis("P(accepted | wrong)", Scale::Linear, Unit::Percent) },
        y: Axis { range: Some((0.0, 1.0)), ..axis("P(accepted | right)", Scale::Linear, Unit::Percent) },
        lines,
        caption: "Each verifier against the oracle: completeness over the false positive rate, all samples pooled. A verifier that guesses lies on the diagonal.".to_owned(),
        ..Chart::default()
    }
}

pub(in crate::figure) fn diagonal() -> Line {
    let points = vec![Point::new(0.0, 0.0), Point::new(1.0, 1.0)];
    Line { colour: 6, look: Look::Guide, points, ..Line::default() }
}
