//! Figures of curves: pass@N, the first accepted of K, reward, selection.

use verifiers::counted;

use super::{Lines, Rows, axis, named};
use crate::chart::{Chart, Look, Mark, Point, Scale, Unit};

pub(super) fn pass_at_n(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut lines = Lines::default();
    let mut problems = None;
    for row in rows.iter() {
        lines.add(
            named(several, row),
            row.text("verifier"),
            Look::Curve,
            row.point("n", "estimate", "ci_low", "ci_high"),
        );
        problems = problems.or(row.number("problems"));
    }
    let lines = lines.done();
    let most = lines.iter().filter_map(|l| l.points.last()).map(|p| p.x).fold(0.0, f64::max);
    let over = problems.filter(|_| !several).map(|p| format!(" over {}", counted(p, "problem"))).unwrap_or_default();
    Chart {
        x: axis("N", Scale::Log, Unit::Plain),
        y: axis("pass@N", Scale::Linear, Unit::Percent),
        lines,
        caption: format!(
            "pass@N by each verifier: macro mean{over} of the unbiased estimator 1 - C(n-c, N)/C(n, N), N from 1 to {most:.0}; bands are percentile bootstrap intervals over problems."
        ),
        ..Chart::default()
    }
}

pub(super) fn resampling(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut lines = Lines::default();
    for row in rows.iter() {
        let (run, selector) = (named(several, row), row.text("selector"));
        let mut add = |column: &str, word: &str, band: bool| {
            let point = if band {
                row.point("k", column, "correct_low", "correct_high")
            } else {
                row.number("k").zip(row.number(column)).map(|(x, y)| Point::new(x, y))
            };
            lines.add(run, word, Look::Curve, point);
        };
        add("coverage", "coverage", false);
        add("correct", &format!("right, {selector}"), true);
        add("false_positive", &format!("wrong, {selector}"), false);
    }
    Chart {
        x: axis("K", Scale::Log, Unit::Plain),
        y: axis("problems", Scale::Linear, Unit::Percent),
        lines: lines.done(),
        caption: "Drawing up to K samples and submitting the first that the selector accepts: the share of problems where a right one is among the K (coverage), where the submitted one is right, and where it is wrong; closed-form means over all orders of the samples. The band is a percentile bootstrap interval over problems.".to_owned(),
        ..Chart::default()
    }
}

pub(super) fn reward(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    // several runs at one cost; one run at every cost
    let costs = || rows.iter().filter_map(|r| r.number("cost"));
    let two = costs().find(|c| (c - 2.0).abs() < 1e-9).or_else(|| costs().max_by(f64::total_cmp)).filter(|_| several);
    let mut lines = Lines::default();
    let mut best: Vec<(String, String, f64, bool)> = Vec::new();
    for row in rows.iter() {
        let cost = row.number("cost").unwrap_or(0.0);
        if two.is_some_and(|two| (two - cost).abs() > 1e-9) {
            continue;
        }
        let optimum = row.number("optimal_k").map(|k| (k, row.flag("censored")));
        let words = match optimum {
            Some((k, true)) => format!("cost {cost}: K ≥ {k:.0}"),
            Some((k, false)) => format!("cost {cost}: K = {k:.0}"),
            None => format!("cost {cost}"),
        };
        let run = named(several, row);
        if let Some((k, censored)) = optimum
            && !best.iter().any(|b| b.0 == run && b.1 == words)
        {
            best.push((run.to_owned(), words.clone(), k, censored));
        }
        lines.add(run, &words, Look::Curve, row.point("k", "reward", "ci_low", "ci_high"));
    }
    let mut lines = lines.done();
    if several {
        // the optimum is part of the name, so every line would have dashes of its own
        for line in &mut lines {
            line.dash = 0;
        }
    }
    let marks = best.into_iter().filter_map(|(run, words, k, censored)| {
        let name = if run.is_empty() { words } else { format!("{run}: {words}") };
        let line = lines.iter().find(|l| l.name == name)?;
        let y = line.points.iter().find(|p| (p.x - k).abs() < 0.5)?.y;
        let text = format!("K {} {k:.0}", if censored { "≥" } else { "=" });
        Some(Mark { x: k, y, text, colour: line.colour })
    });
    let marks = marks.collect();
    let single = two.map(|cost| format!(" Cost {cost} for every run.")).unwrap_or_default();
    Chart {
        x: axis("K", Scale::Log, Unit::Plain),
        y: axis("reward", Scale::Linear, Unit::Plain),
        lines,
        marks,
        caption: format!(
            "Mean reward per problem of submitting the first accepted of K samples: 1 for a right answer, minus the cost for a wrong one, 0 for none. The point marks the best K of each cost; ≥ where that is the last K that was sampled, so that more might be better.{single} Bands are percentile bootstrap intervals over problems."
        ),
        ..Chart::default()
    }
}

pub(super) fn selection(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut lines = Lines::default();
    for row in rows.iter() {
        lines.add(
            named(several, row),
            row.text("method"),
            Look::Curve,
            row.point("n", "estimate", "ci_low", "ci_high"),
        );
    }
    Chart {
        x: axis("N", Scale::Log, Unit::Plain),
        y: axis("right", Scale::Linear, Unit::Percent),
        lines: lines.done(),
        caption: "The share of problems whose chosen sample is right, by how the choice among N samples is made; `oracle` is the ceiling, `random` the floor. Bands are percentile bootstrap intervals over problems.".to_owned(),
        ..Chart::default()
    }
}
