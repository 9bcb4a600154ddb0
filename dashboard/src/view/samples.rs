//! One sample: where it is among its problem's, what the verifiers said, its text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::pen::Pen;
use crate::app::App;
use crate::app::document::Tone;
use crate::text::{clip, width};
use crate::theme::Theme;

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let mut pen = Pen::new(buffer, body, theme);
    let Some(problem) = app.snapshot.problems.get(app.samples.problem) else {
        pen.line(&[("no samples yet: they appear as they are stored", theme.dim())]);
        return;
    };
    let Some(cell) = problem.cells.get(app.samples.index).copied() else {
        pen.line(&[(&problem.id, theme.strong()), ("  no samples yet", theme.dim())]);
        return;
    };
    let place = format!("  sample {} of {}  ", app.samples.index, problem.cells.len());
    let (sign, style) = theme.cell(cell);
    let name = clip(&problem.id, usize::from(body.width) / 2);
    pen.line(&[(&name, theme.strong()), (&place, theme.dim()), (sign, style), (" ", style), (cell.label(), style)]);
    let used = width(&name) + width(&place) + width(cell.label()) + 2;
    if usize::from(body.width) > used + 34 {
        pen.put(u16::try_from(used).unwrap_or(0) + 3, 0, "←→ sample  [] problem", theme.rule());
    }
    strip(app, &problem.cells, body, &mut pen);
    if app.samples.detail.is_none() {
        let word = if cell == crate::snapshot::Cell::Pending { "not sampled yet" } else { "reading ..." };
        pen.put(0, 3, word, theme.dim());
        return;
    }
    let lines = &app.samples.document.lines;
    let needle = app.samples.needle.to_lowercase();
    for (row, line) in (3..body.height).zip(lines.iter().skip(app.samples.scroll)) {
        let mut x = 0;
        for (tone, text) in &line.0 {
            pen.put(x, row, text, self::tone(*tone, theme));
            x += u16::try_from(width(text)).unwrap_or(u16::MAX);
        }
        if !needle.is_empty() && line.text().to_lowercase().contains(&needle) {
            pen.tint(row, theme.selected());
        }
    }
    let shown = usize::from(body.height.saturating_sub(3));
    if lines.len() > shown {
        let share = (app.samples.scroll + shown).min(lines.len()) * 100 / lines.len();
        pen.put_right(body.width, 0, &format!("{share} %"), theme.dim());
    }
}

fn strip(app: &App, cells: &[crate::snapshot::Cell], body: Rect, pen: &mut Pen) {
    let from = super::layout::strip_start(app.samples.index, cells.len(), body.width);
    for (x, (index, cell)) in (0u16..body.width).zip(cells.iter().enumerate().skip(from)) {
        let (sign, style) = app.theme.cell(*cell);
        let style = if index == app.samples.index { style.add_modifier(Modifier::REVERSED) } else { style };
        pen.put_sign(x, 1, sign, style);
    }
}

fn tone(tone: Tone, theme: Theme) -> Style {
    match tone {
        Tone::Plain => theme.text(),
        Tone::Heading => theme.accent().patch(theme.strong()),
        Tone::Dim => theme.dim(),
        Tone::Good => theme.good(),
        Tone::Bad => theme.bad(),
        Tone::Warn => theme.warn(),
        Tone::Code(token) => theme.code(token),
    }
}
