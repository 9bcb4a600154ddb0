//! Names, marks and the legend of a figure.

use std::fmt::Write as _;

use super::signs::{dashes, sign};
use super::{Drawing, FONT, LEADING, breadth, escape};
use crate::chart::{Chart, Line, Look};

impl Drawing<'_> {
    /// Marked points; the name of their line says what they are.
    pub(super) fn marks(&self, out: &mut String) {
        for mark in self.chart.marks.iter().filter(|m| self.window.across(m.x).is_finite()) {
            let (x, y, colour) = (self.x(mark.x), self.y(mark.y), self.colour(mark.colour));
            let rim = if self.style.themed { "var(--ground)" } else { "#ffffff" };
            let hint = escape(&mark.text);
            let _ = writeln!(
                out,
                "<circle class=\"p\" cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"2.6\" fill=\"{colour}\" stroke=\"{rim}\" stroke-width=\".7\"><title>{hint}</title></circle>"
            );
        }
    }

    /// Where the names of single points may stand, never over another name or point: left, right, top, bottom.
    pub(super) fn tag_places(&self) -> Vec<Option<[f64; 4]>> {
        let middles: Vec<(f64, f64)> =
            self.tagged().filter_map(|l| l.points.first()).map(|p| (self.x(p.x), self.y(p.y))).collect();
        let mut taken: Vec<[f64; 4]> = middles.iter().map(|(x, y)| [x - 3.0, x + 3.0, y - 3.0, y + 3.0]).collect();
        let mut places = Vec::new();
        for (line, (x, y)) in self.tagged().zip(middles) {
            let wide = breadth(&line.name);
            let left = -5.0 - wide;
            let free = |b: &[f64; 4]| {
                let inside = b[0] > self.left && b[1] < self.style.width && b[2] > 0.0 && b[3] < self.bottom;
                inside && taken.iter().all(|t| b[1] < t[0] || b[0] > t[1] || b[3] < t[2] || b[2] > t[3])
            };
            let place = [(5.0, 0.0), (left, 0.0), (5.0, -8.0), (5.0, 8.0), (left, -8.0), (left, 8.0)]
                .map(|(dx, dy)| [x + dx, x + dx + wide, y + dy - 4.5, y + dy + 4.5])
                .into_iter()
                .find(free);
            taken.extend(place);
            places.push(place);
        }
        places
    }

    fn tagged(&self) -> impl Iterator<Item = &Line> {
        self.chart.lines.iter().filter(|l| l.look == Look::Points && !l.name.is_empty() && !l.points.is_empty())
    }

    /// Names beside single points.
    pub(super) fn tags(&self, out: &mut String) {
        for (line, place) in self.tagged().zip(self.tag_places()) {
            let Some([left, _, top, bottom]) = place else { continue };
            let _ = writeln!(
                out,
                "<text x=\"{left:.2}\" y=\"{:.2}\" fill=\"{}\">{}</text>",
                f64::midpoint(top, bottom) + FONT * 0.35,
                self.colour(line.colour),
                escape(&line.name)
            );
        }
    }

    /// Names of level guides, above their left end.
    pub(super) fn guides(&self, out: &mut String) {
        for line in self.chart.lines.iter().filter(|l| l.look == Look::Guide && !l.name.is_empty()) {
            let Some(y) = line.points.first().map(|p| self.y(p.y)) else { continue };
            let _ = writeln!(
                out,
                "<text x=\"{:.2}\" y=\"{:.2}\" font-size=\"7\" fill=\"{}\">{}</text>",
                self.left + 3.0,
                y - 2.5,
                self.colour(line.colour),
                escape(&line.name)
            );
        }
    }

    pub(super) fn labels(&self, out: &mut String) {
        let mut ends: Vec<(f64, f64, &Line)> = self
            .chart
            .lines
            .iter()
            .filter(|l| !l.name.is_empty() && l.look != Look::Guide)
            .filter_map(|l| self.shown(l).next_back().map(|p| (self.y(p.y), self.x(p.x), l)))
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut last = f64::NEG_INFINITY;
        for end in &mut ends {
            end.0 = end.0.max(last + LEADING);
            last = end.0;
        }
        // pushed below the axis: move up again
        let mut limit = self.bottom + FONT * 0.3;
        for end in ends.iter_mut().rev() {
            end.0 = end.0.min(limit);
            limit = end.0 - LEADING;
        }
        for (y, _, line) in ends {
            let _ = writeln!(
                out,
                "<text x=\"{:.2}\" y=\"{:.2}\" fill=\"{}\">{}</text>",
                self.right + 5.0,
                y + FONT * 0.35,
                self.colour(line.colour),
                escape(&line.name)
            );
        }
    }

    pub(super) fn legend(&self, out: &mut String) {
        let start = if self.style.title { 26.0 } else { 10.0 };
        for (row, entries) in legend_rows(self.chart, self.style.width - 60.0).into_iter().enumerate() {
            let y = start + row as f64 * LEADING;
            for (x, line) in entries {
                let (x, colour) = (self.left + x, self.colour(line.colour));
                if line.look == Look::Points {
                    let _ = writeln!(out, "{}", sign(line.colour, x + 6.0, y - 2.8, &colour, ""));
                } else {
                    let dash = dashes(line);
                    let _ = writeln!(
                        out,
                        "<path d=\"M{x:.2} {:.2}h12\" stroke=\"{colour}\" stroke-width=\"1.4\" stroke-dasharray=\"{dash}\"/>",
                        y - 2.8
                    );
                }
                let _ = writeln!(out, "<text x=\"{:.2}\" y=\"{y:.2}\">{}</text>", x + 15.0, escape(&line.name));
            }
        }
    }
}

/// Entries of the legend, row by row: where each begins.
pub(super) fn legend_rows(chart: &Chart, width: f64) -> Vec<Vec<(f64, &Line)>> {
    let mut rows: Vec<Vec<(f64, &Line)>> = vec![Vec::new()];
    let mut at = 0.0;
    for line in chart.lines.iter().filter(|l| !l.name.is_empty() && l.look != Look::Guide) {
        let wide = breadth(&line.name) + 26.0;
        if at + wide > width && at > 0.0 {
            rows.push(Vec::new());
            at = 0.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((at, line));
        }
        at += wide;
    }
    rows
}
