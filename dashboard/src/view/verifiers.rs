//! Verifiers against the oracle: confusion, soundness and completeness, ROC and reliability.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::Pen;
use super::plot;
use crate::app::App;
use crate::chart::Chart;
use crate::snapshot::VerifierRow;
use crate::text::{clip, count, percent, width, wrap};

/// Columns of the numbers of the chosen verifier.
const NUMBERS: u16 = 40;

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let rows = &app.snapshot.verifiers;
    let mut pen = Pen::new(buffer, body, theme);
    if rows.is_empty() {
        pen.line(&[("no verifiers yet: they appear with the run's first verdicts", theme.dim())]);
        return;
    }
    let widest = rows.iter().map(|v| width(&v.name)).max().unwrap_or(0);
    let name = u16::try_from(widest.clamp(14, usize::from(body.width).saturating_sub(64).max(14))).unwrap_or(14);
    let ends =
        [("judged", 17), ("complete", 27), ("sound", 36), ("precise", 45), ("AUC", 52)].map(|(t, at)| (t, name + at));
    let kind = name + 54;
    pen.put(0, 0, "verifier", theme.dim());
    pen.put(name + 1, 0, "role", theme.dim());
    for (title, end) in ends {
        pen.put_right(end, 0, title, theme.dim());
    }
    if kind + 4 <= body.width {
        pen.put(kind, 0, "kind", theme.dim());
    }
    let shown = list_rows(body);
    let first = u16::try_from(app.verifier).unwrap_or(0).saturating_sub(shown - 1);
    for (y, (place, v)) in (1..=shown).zip(rows.iter().enumerate().skip(usize::from(first))) {
        pen.put(0, y, &clip(&v.name, usize::from(name)), theme.strong());
        pen.put(name + 1, y, &clip(&v.role, 8), theme.dim());
        pen.put_right(ends[0].1, y, &count(v.judged), theme.text());
        for (value, (_, end)) in [v.completeness, v.soundness, v.precision].into_iter().zip(&ends[1..]) {
            pen.put_right(*end, y, &percent(value), theme.text());
        }
        pen.put_right(ends[4].1, y, &number(v.auc), theme.text());
        pen.put(kind, y, &clip(&v.kind, usize::from(body.width.saturating_sub(kind))), theme.dim());
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

/// Rows of the list, so that the chosen verifier has its room below.
fn list_rows(body: Rect) -> u16 {
    (body.height / 3).max(1)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "--".to_owned(), |x| format!("{x:.3}"))
}

fn chosen(app: &App, v: &VerifierRow, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let left = Rect { width: area.width.min(NUMBERS - 2), ..area };
    let mut pen = Pen::new(buffer, left, theme);
    let head = match &v.oracle {
        Some(oracle) => format!("{} against {oracle}", v.name),
        None => format!("{}: no oracle to measure it by", v.name),
    };
    for line in wrap(&head, usize::from(left.width)) {
        pen.line(&[(&line, theme.accent().patch(theme.strong()))]);
    }
    let row = pen.row();
    if v.oracle.is_some() {
        let alarm = |n: u64, style| if n > 0 { style } else { theme.dim() };
        pen.put_right(24, row, "right", theme.dim());
        pen.put_right(36, row, "wrong", theme.dim());
        pen.put(0, row + 1, "accepted", theme.dim());
        pen.put_right(24, row + 1, &count(v.true_positive), theme.good());
        pen.put_right(36, row + 1, &count(v.false_positive), alarm(v.false_positive, theme.bad()));
        pen.put(0, row + 2, "rejected", theme.dim());
        pen.put_right(24, row + 2, &count(v.false_negative), alarm(v.false_negative, theme.warn()));
        pen.put_right(36, row + 2, &count(v.true_negative), theme.text());
        pen.skip(4);
        for (name, value) in [
            ("completeness P(acc. | right)", percent(v.completeness)),
            ("soundness P(rej. | wrong)", percent(v.soundness)),
            ("precision P(right | acc.)", percent(v.precision)),
            ("AUC", number(v.auc)),
            ("calibration error (ECE)", number(v.ece)),
            ("Brier score", number(v.brier)),
        ] {
            line(&mut pen, name, &value);
        }
    }
    line(&mut pen, "judged", &count(v.judged));
    line(&mut pen, "unjudged", &count(v.unjudged));
    line(&mut pen, "weak sandbox", &count(v.weak));
    let charts: Vec<&Chart> = [&v.roc, &v.reliability].into_iter().flatten().map(|c| &**c).collect();
    if area.width >= 70 && !charts.is_empty() {
        let room = Rect { x: area.x + NUMBERS, width: area.width - NUMBERS, ..area };
        self::charts(app, &charts, room, buffer);
    }
}

fn line(pen: &mut Pen, name: &str, value: &str) {
    let (row, theme) = (pen.row(), pen.theme());
    pen.put(0, row, name, theme.dim());
    pen.put_right(36, row, value, theme.text());
    pen.skip(1);
}

/// Beside each other, below each other, or one at a time: as the room is.
fn charts(app: &App, charts: &[&Chart], room: Rect, buffer: &mut Buffer) {
    let n = u16::try_from(charts.len()).unwrap_or(1);
    let each = |place: u16| {
        if room.width >= 60 * n {
            Some(Rect { x: room.x + place * (room.width / n), width: room.width / n, ..room })
        } else if room.height >= 13 * n {
            Some(Rect { y: room.y + place * (room.height / n), height: room.height / n, ..room })
        } else {
            None
        }
    };
    if n == 1 || each(0).is_some() {
        for (place, chart) in (0..).zip(charts) {
            plot::draw(chart, plot::Options::default(), app.theme, each(place).unwrap_or(room), buffer);
        }
        return;
    }
    let chosen = app.verifier_chart % charts.len();
    let mut pen = Pen::new(buffer, room, app.theme);
    let other = format!("←→ {}", charts[(chosen + 1) % charts.len()].name);
    pen.put_right(room.width, 0, &other, app.theme.dim());
    let below = Rect { y: room.y + 1, height: room.height.saturating_sub(1), ..room };
    plot::draw(charts[chosen], plot::Options::default(), app.theme, below, buffer);
}
