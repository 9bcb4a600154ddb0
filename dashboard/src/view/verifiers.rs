//! Verifiers against the oracle: confusion, soundness and completeness, ROC and reliability.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::Pen;
use super::plot;
use crate::app::App;
use crate::snapshot::VerifierRow;
use crate::text::{clip, count, percent};

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let rows = &app.snapshot.verifiers;
    let mut pen = Pen::new(buffer, body, theme);
    if rows.is_empty() {
        pen.line(&[("no verifiers yet", theme.dim())]);
        return;
    }
    let ends: [(&str, u16); 5] = [("judged", 32), ("complete", 42), ("sound", 51), ("precise", 60), ("AUC", 67)];
    pen.put(0, 0, "verifier", theme.dim());
    for (title, end) in ends {
        pen.put_right(end, 0, title, theme.dim());
    }
    let shown = (body.height / 3).max(1);
    let first = u16::try_from(app.verifier).unwrap_or(0).saturating_sub(shown - 1);
    for (y, (place, v)) in (1..=shown).zip(rows.iter().enumerate().skip(usize::from(first))) {
        pen.put(0, y, &clip(&v.name, 14), theme.strong());
        pen.put(15, y, &clip(&v.role, 9), theme.dim());
        pen.put_right(32, y, &count(v.judged), theme.text());
        for (value, end) in [(v.completeness, 42), (v.soundness, 51), (v.precision, 60)] {
            pen.put_right(end, y, &percent(value), theme.text());
        }
        pen.put_right(67, y, &v.auc.map_or_else(|| "--".to_owned(), |a| format!("{a:.3}")), theme.text());
        pen.put(69, y, &v.kind, theme.dim());
        if place == app.verifier {
            pen.tint(y, theme.selected());
        }
    }
    let below = (shown + 2).min(u16::try_from(rows.len()).unwrap_or(0) + 2);
    let rest = Rect { y: body.y + below, height: body.height.saturating_sub(below), ..body };
    if let Some(v) = rows.get(app.verifier) {
        chosen(app, v, rest, buffer);
    }
}

fn chosen(app: &App, v: &VerifierRow, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let left = Rect { width: area.width.min(40), ..area };
    let mut pen = Pen::new(buffer, left, theme);
    let head = match &v.oracle {
        Some(oracle) => format!("{} against {oracle}", v.name),
        None => format!("{}: no oracle to measure it by", v.name),
    };
    pen.line(&[(&head, theme.accent().patch(theme.strong()))]);
    let row = pen.row();
    if v.oracle.is_some() {
        pen.put_right(24, row, "right", theme.dim());
        pen.put_right(36, row, "wrong", theme.dim());
        pen.put(0, row + 1, "accepted", theme.dim());
        pen.put_right(24, row + 1, &count(v.true_positive), theme.good());
        pen.put_right(
            36,
            row + 1,
            &count(v.false_positive),
            if v.false_positive > 0 { theme.bad() } else { theme.dim() },
        );
        pen.put(0, row + 2, "rejected", theme.dim());
        pen.put_right(
            24,
            row + 2,
            &count(v.false_negative),
            if v.false_negative > 0 { theme.warn() } else { theme.dim() },
        );
        pen.put_right(36, row + 2, &count(v.true_negative), theme.text());
        pen.skip(4);
    }
    let number = |value: Option<f64>| value.map_or_else(|| "--".to_owned(), |x| format!("{x:.3}"));
    let lines = [
        ("P(accepted | right)", percent(v.completeness), "completeness"),
        ("P(rejected | wrong)", percent(v.soundness), "soundness"),
        ("P(right | accepted)", percent(v.precision), "precision"),
        ("ECE, Brier", format!("{}, {}", number(v.ece), number(v.brier)), ""),
        ("unjudged, weak", format!("{}, {}", count(v.unjudged), count(v.weak)), ""),
    ];
    for (y, (name, value, _)) in (pen.row()..).zip(lines) {
        pen.put(0, y, name, theme.dim());
        pen.put_right(36, y, &value, theme.text());
    }
    let charts: Vec<_> = [&v.roc, &v.reliability].into_iter().flatten().collect();
    if area.width < 70 || charts.is_empty() {
        return;
    }
    let room = Rect { x: area.x + 40, width: area.width - 40, ..area };
    let columns = if room.width >= 90 { u16::try_from(charts.len()).unwrap_or(1) } else { 1 };
    let wide = room.width / columns;
    for (place, chart) in (0..columns).zip(charts) {
        let area = Rect { x: room.x + place * wide, width: wide, ..room };
        plot::draw(chart, plot::Options::default(), theme, area, buffer);
    }
}
