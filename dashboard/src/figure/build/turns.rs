//! Curves that lie on each other: they are drawn by turns, and the caption names them.

use std::fmt::Write as _;

use crate::chart::{Axes, Chart, Line, Look, Window};

/// So near, in parts of the vertical axis, one line hides the other.
const HIDES: f64 = 0.004;

/// Gives a turn to each of the curves that would hide each other.
pub(super) fn share(chart: &mut Chart) {
    let Some(window) = Window::of(chart, Axes::default()) else { return };
    let near = HIDES * (window.y.1 - window.y.0);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, line) in chart.lines.iter().enumerate() {
        match groups.iter_mut().find(|group| alike(&chart.lines[group[0]], line, near)) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups.retain(|group| group.len() > 1);
    for group in &groups {
        for (turn, &place) in group.iter().enumerate() {
            chart.lines[place].turn = Some((turn, group.len()));
        }
    }
    let named = |group: &Vec<usize>| {
        let names: Vec<&str> = group.iter().map(|&place| chart.lines[place].name.as_str()).collect();
        names.join(" = ")
    };
    if !groups.is_empty() {
        let names = groups.iter().map(named).collect::<Vec<_>>().join("; ");
        let _ = write!(chart.caption, " Lines that lie on each other are drawn by turns: {names}.");
    }
}

/// Whether one hides the other as far as both go.
fn alike(a: &Line, b: &Line, near: f64) -> bool {
    let curves = a.look == Look::Curve && b.look == Look::Curve;
    let both = a.points.len().min(b.points.len());
    let same =
        |(p, q): (&crate::chart::Point, &crate::chart::Point)| (p.x - q.x).abs() < 1e-9 && (p.y - q.y).abs() <= near;
    curves && both > 1 && a.points.iter().zip(&b.points).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Point;

    fn line(name: &str, look: Look, ys: &[f64]) -> Line {
        let points = ys.iter().enumerate().map(|(x, y)| Point::new(x as f64, *y)).collect();
        Line { name: name.to_owned(), look, points, ..Line::default() }
    }

    #[test]
    fn hidden_lines_take_turns_and_are_named() {
        let curve = |name, ys: &[f64]| line(name, Look::Curve, ys);
        let lines = vec![
            curve("a", &[0.1, 0.5, 0.9]),
            curve("b", &[0.1, 0.4, 0.9]),
            curve("c", &[0.1, 0.501]),
            line("d", Look::Points, &[0.1, 0.5, 0.9]),
            curve("e", &[0.1, 0.5, 0.9]),
        ];
        let mut chart = Chart { lines, ..Chart::default() };
        share(&mut chart);
        let turns: Vec<_> = chart.lines.iter().map(|l| l.turn).collect();
        assert_eq!(turns, [Some((0, 3)), None, Some((1, 3)), None, Some((2, 3))]);
        assert!(chart.caption.ends_with("by turns: a = c = e."), "{}", chart.caption);
        let mut apart = Chart { lines: vec![chart.lines[1].clone(), curve("f", &[0.3, 0.4, 0.9])], ..Chart::default() };
        share(&mut apart);
        assert_eq!((apart.lines[1].turn, apart.caption.as_str()), (None, ""));
    }
}
