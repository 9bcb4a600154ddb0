//! Accuracy given a pass of the selector against pass@1, one point a run (Stroebl et al. 2024, arXiv:2411.17501, fig. 1a).

use super::build::Rows;
use crate::chart::{Axis, Chart, Line, Look, Point, Unit};

/// A run and selector as a point.
struct Place {
    run: String,
    selector: String,
    point: Point,
}

/// The chart, with a least-squares line and its 95 % interval where there are at least three points. `level`: the run whose
/// pass@1 is the horizontal line, else the one with the greatest.
pub(super) fn chart(verifiers: &Rows<'_>, passes: &Rows<'_>, level: Option<&str>) -> Chart {
    let mut places = places(verifiers, passes);
    places.sort_by(|a, b| a.point.x.total_cmp(&b.point.x));
    let several_selectors = places.iter().any(|p| p.selector != places[0].selector);
    let several_runs = passes.several();
    let fitted = fit(&places.iter().map(|p| (p.point.x, p.point.y)).collect::<Vec<_>>());
    let mut levels = levels(verifiers, passes);
    levels.sort_by(|a, b| a.1.total_cmp(&b.1));
    let line = levels.iter().find(|(run, _)| level == Some(run)).or(levels.last()).cloned();
    let named = |(colour, p): (usize, Place)| {
        let name = match (several_runs, several_selectors) {
            (true, false) => p.run,
            (false, _) => p.selector,
            (true, true) => format!("{}: {}", p.run, p.selector),
        };
        Line { name, colour, look: Look::Points, points: vec![p.point], ..Line::default() }
    };
    let mut lines: Vec<Line> = places.into_iter().enumerate().map(named).collect();
    let fit_words = if fitted.is_some() {
        " Grey: the least-squares line through the points with the 95 % interval of its mean."
    } else {
        ""
    };
    if let Some(points) = fitted {
        lines.insert(0, Line { colour: 6, points, ..Line::default() });
    }
    let words = line.as_ref().map(|(run, y)| {
        format!(
            " The horizontal line is pass@1 of {run} ({:.1} %): what lies below it cannot reach that run.",
            y * 100.0
        )
    });
    let shown = || lines.iter().flat_map(|l| l.points.iter());
    let x = around(shown().map(|p| p.x));
    let whole = |p: &Point| [p.y, p.low.unwrap_or(p.y), p.high.unwrap_or(p.y)];
    let y = around(shown().flat_map(whole).chain(line.as_ref().map(|l| l.1)));
    if let Some((run, y)) = &line {
        let (left, right) = x.unwrap_or((0.0, 1.0));
        let points = vec![Point::new(left, *y), Point::new(right, *y)];
        lines.push(Line { name: format!("pass@1 of {run}"), colour: 6, look: Look::Guide, points, ..Line::default() });
    }
    let axis = |label: &str, range| Axis { label: label.to_owned(), unit: Unit::Percent, range, ..Axis::default() };
    Chart {
        x: axis("pass@1 by the oracle", x),
        y: axis("P(right | accepted)", y),
        lines,
        caption: format!(
            "Accuracy given that the selector accepts, against pass@1 by the oracle, one point a run and selector: macro mean over the problems of which something was accepted. Whiskers are bounds, not intervals: problems of which nothing was accepted counted as all wrong and as all right.{}{fit_words}",
            words.unwrap_or_default()
        ),
        ..Chart::default()
    }
}

/// pass@1 of every run by its oracle, or by its only verifier.
fn levels(verifiers: &Rows<'_>, passes: &Rows<'_>) -> Vec<(String, f64)> {
    let mut found: Vec<(String, f64)> = Vec::new();
    for row in passes.iter().filter(|row| row.number("n") == Some(1.0)) {
        let run = row.text("run");
        let mut oracles = verifiers.iter().filter(|v| v.text("run") == run).map(|v| v.text("oracle"));
        let alone = || passes.iter().all(|p| p.text("run") != run || p.text("verifier") == row.text("verifier"));
        let fits = oracles.next().map_or_else(alone, |oracle| oracle == row.text("verifier"));
        found.extend(row.number("estimate").filter(|_| fits).map(|estimate| (run.to_owned(), estimate)));
    }
    found
}

fn places(verifiers: &Rows<'_>, passes: &Rows<'_>) -> Vec<Place> {
    let place = |row: super::build::Row<'_>| {
        let (run, oracle, selector) = (row.text("run"), row.text("oracle"), row.text("verifier"));
        let first = |p: &super::build::Row<'_>| {
            p.text("run") == run && p.text("verifier") == oracle && p.number("n") == Some(1.0)
        };
        let x = passes.iter().find(first).and_then(|p| p.number("estimate"))?;
        let point = Point::new(x, row.number("conditional_accuracy")?)
            .within(row.number("conditional_accuracy_worst"), row.number("conditional_accuracy_best"));
        (selector != oracle).then(|| Place { run: run.to_owned(), selector: selector.to_owned(), point })
    };
    verifiers.iter().filter_map(place).collect()
}

/// Values with room around them, to whole tenths.
fn around(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    (low <= high).then(|| (((low * 10.0 - 0.3).floor() / 10.0).max(0.0), ((high * 10.0 + 0.3).ceil() / 10.0).min(1.0)))
}

/// The least-squares line with the 95 % interval of its mean; `None` for fewer than three points or equal x.
fn fit(points: &[(f64, f64)]) -> Option<Vec<Point>> {
    /// Student's t, 97.5 %, for 1 to 10 degrees of freedom; the normal value beyond is close enough for a band.
    const T: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    if points.len() < 3 {
        return None;
    }
    let n = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let sxx: f64 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
    if sxx < 1e-12 {
        return None;
    }
    let slope = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / sxx;
    let at = |x: f64| my + slope * (x - mx);
    let residual = (points.iter().map(|p| (p.1 - at(p.0)).powi(2)).sum::<f64>() / (n - 2.0)).sqrt();
    let t = T.get(points.len() - 3).copied().unwrap_or(1.96 + 2.5 / (n - 2.0));
    let (low, high) = (points.first()?.0, points.last()?.0);
    let band = (0..=40).map(|i| low + (high - low) * f64::from(i) / 40.0).map(|x| {
        let half = t * residual * (1.0 / n + (x - mx).powi(2) / sxx).sqrt();
        Point::new(x, at(x)).within(Some((at(x) - half).max(0.0)), Some((at(x) + half).min(1.0)))
    });
    Some(band.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_fitted_with_its_interval() {
        // y = 0.1 + 0.5 x with residuals +e, -2e, +e around equally spaced x: the slope stays, the level stays
        let e = 0.01;
        let line = fit(&[(0.2, 0.2 + e), (0.4, 0.3 - 2.0 * e), (0.6, 0.4 + e)]).unwrap();
        let first = line[0];
        assert!((first.y - 0.2).abs() < 1e-12, "{first:?}");
        // residual variance 6e^2/1, leverage 1/3 + 1/2
        let half = 12.706 * (6.0f64).sqrt() * e * (1.0f64 / 3.0 + 0.5).sqrt();
        assert!((first.high.unwrap() - (first.y + half)).abs() < 1e-9);
        assert_eq!(fit(&[(0.1, 0.1), (0.2, 0.2)]), None);
        assert_eq!(fit(&[(0.1, 0.1), (0.1, 0.2), (0.1, 0.3)]), None);
    }
}
