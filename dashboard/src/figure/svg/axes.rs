//! The frame of a figure: grid, ticks and what they say.

use std::fmt::Write as _;

use super::{Drawing, FONT, LEADING, breadth, escape};
use crate::chart::{Scale, Unit, written};

impl Drawing<'_> {
    pub(super) fn frame(&self, out: &mut String) {
        let (faint, strong) = if self.style.themed { ("var(--rule)", "var(--dim)") } else { ("#e4e4e4", "#555555") };
        let (l, r, t, b) = (self.left, self.right, self.top, self.bottom);
        let ticks = self.window.y_ticks(if b - t > 160.0 { 6 } else { 5 });
        for (tick, words) in ticks.iter().zip(said(&ticks, self.chart.y.unit)) {
            let y = self.y(*tick);
            let _ = writeln!(out, "<path d=\"M{l:.2} {y:.2}H{r:.2}\" stroke=\"{faint}\" stroke-width=\".6\"/>");
            let _ = writeln!(
                out,
                "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"end\">{}</text>",
                l - 4.0,
                y + FONT * 0.35,
                words
            );
        }
        let _ = writeln!(out, "<path d=\"M{l:.2} {b:.2}H{r:.2}\" stroke=\"{strong}\" stroke-width=\".8\"/>");
        for minor in self.powers() {
            let _ =
                writeln!(out, "<path d=\"M{:.2} {b:.2}v1.8\" stroke=\"{strong}\" stroke-width=\".6\"/>", self.x(minor));
        }
        for (place, words) in self.ticks() {
            let x = self.x(place);
            let _ = writeln!(out, "<path d=\"M{x:.2} {b:.2}v3\" stroke=\"{strong}\" stroke-width=\".8\"/>");
            for (line, word) in words.lines().enumerate() {
                let (y, dim) = (b + 3.0 + FONT * 1.15 + line as f64 * LEADING, if line > 0 { strong } else { "" });
                let fill = if dim.is_empty() { String::new() } else { format!(" fill=\"{dim}\" font-size=\"7\"") };
                let _ = writeln!(
                    out,
                    "<text x=\"{x:.2}\" y=\"{y:.2}\" text-anchor=\"middle\"{fill}>{}</text>",
                    escape(word)
                );
            }
        }
        let _ = writeln!(
            out,
            "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(l, r),
            self.style.height - 4.0,
            escape(&self.chart.x.label)
        );
        let (x, y) = (FONT, f64::midpoint(t, b));
        let _ = writeln!(
            out,
            "<text x=\"{x:.2}\" y=\"{y:.2}\" text-anchor=\"middle\" transform=\"rotate(-90 {x:.2} {y:.2})\">{}</text>",
            escape(&self.chart.y.label)
        );
        if self.style.title {
            let _ = writeln!(out, "<text x=\"{l:.2}\" y=\"13\" font-size=\"10\">{}</text>", escape(&self.chart.title));
        }
    }

    /// Powers of two on a logarithmic axis: each has a short tick, whether or not there is room for its number.
    fn powers(&self) -> Vec<f64> {
        match self.window.x_scale {
            Scale::Log if self.chart.x.words.is_empty() => self.window.x_ticks(64),
            _ => Vec::new(),
        }
    }

    /// The words of the axis itself; where ranges do not fit, `9–16` is said as `9+`.
    fn bins(&self) -> Vec<(f64, String)> {
        let words = &self.chart.x.words;
        let half = |word: &str| breadth(word.lines().next().unwrap_or_default()) / 2.0;
        let fit = words.windows(2).all(|w| self.x(w[1].0) - self.x(w[0].0) > half(&w[0].1) + half(&w[1].1) + 1.0);
        if fit {
            return words.clone();
        }
        let short = |word: &str| match (word.split_once('–'), word.split_once('\n')) {
            (Some((from, _)), Some((_, rest))) => format!("{from}+\n{rest}"),
            (Some((from, _)), None) => format!("{from}+"),
            (None, _) => word.to_owned(),
        };
        words.iter().map(|(x, word)| (*x, short(word))).collect()
    }

    /// Ticks with words. A logarithmic axis has as many powers of two as fit, and the end of the data.
    fn ticks(&self) -> Vec<(f64, String)> {
        let chart = self.chart;
        if !chart.x.words.is_empty() {
            return self.bins();
        }
        let all = |places: Vec<f64>| places.into_iter().map(|x| (x, written(x, chart.x.unit))).collect();
        if self.window.x_scale == Scale::Linear {
            return all(self.window.x_ticks(crate::view::whole((self.right - self.left) / 34.0).max(2)));
        }
        let end = self.window.x.1;
        let room = breadth(&written(end, chart.x.unit)) + 6.0;
        let powers = self.powers();
        let apart = |list: &[f64]| list.windows(2).all(|w| self.x(w[1]) - self.x(w[0]) >= room);
        let mut places = (1..=powers.len().max(1))
            .map(|stride| powers.iter().copied().step_by(stride).collect::<Vec<_>>())
            .find(|list| apart(list))
            .unwrap_or_default();
        if end > self.window.x.0 {
            places.retain(|x| self.x(end) - self.x(*x) >= room);
            places.push(end);
        }
        all(places)
    }
}

/// Ticks as an axis writes them: all with as many decimals as one of them needs.
pub(super) fn said(ticks: &[f64], unit: Unit) -> Vec<String> {
    let whole = |scale: f64| ticks.iter().all(|t| (t * scale - (t * scale).round()).abs() < 1e-6);
    match unit {
        Unit::Plain if ticks.iter().all(|t| t.abs() < 100.0) => {
            let decimals = [1.0, 10.0, 100.0].iter().position(|scale| whole(*scale)).unwrap_or(3);
            ticks.iter().map(|t| format!("{t:.decimals$}").replace('-', "−")).collect()
        }
        _ => ticks.iter().map(|t| written(*t, unit)).collect(),
    }
}
