//! Names, marks and the legend of a figure.

use std::fmt::Write as _;

use super::{Drawing, FONT, LEADING, breadth, dashes, escape, sign};
use crate::chart::{Chart, Line, Look};

impl Drawing<'_> {
    pub(super) fn marks(&self, out: &mut String) {
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for mark in self.chart.marks.iter().filter(|m| self.window.across(m.x).is_finite()) {
            let (x, y, colour) = (self.x(mark.x), self.y(mark.y), self.colour(mark.colour));
            let _ = writeln!(
                out,
                "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"2.6\" fill=\"{colour}\" stroke=\"#fff\" stroke-width=\".7\"/>"
            );
            if self.direct {
                // the name of the line says it
                continue;
            }
            let wide = breadth(&mark.text);
            let (anchor, at) = if x + wide + 6.0 > self.right { ("end", x - 4.0) } else { ("start", x + 4.0) };
            let mut level = y - 3.5;
            while taken.iter().any(|t| (t.0 - at).abs() < wide && (t.1 - level).abs() < LEADING) {
                level -= LEADING;
            }
            taken.push((at, level));
            let _ = writeln!(
                out,
                "<text x=\"{at:.2}\" y=\"{level:.2}\" text-anchor=\"{anchor}\" font-size=\"7\" fill=\"{colour}\">{}</text>",
                escape(&mark.text)
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
        let named = self.chart.lines.iter().filter(|l| !l.name.is_empty() && l.look != Look::Guide).count();
        if named < 2 {
            return;
        }
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
