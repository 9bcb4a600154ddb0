//! All runs of the store, and two of them compared.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::Pen;
use crate::app::App;
use crate::text::{clip, count, day};

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let mut pen = Pen::new(buffer, body, theme);
    let wide = body.width >= 100;
    let name = if wide { 32 } else { 22 };
    pen.put(2, 0, "run", theme.dim());
    pen.put(name + 2, 0, "state", theme.dim());
    pen.put_right(name + 24, 0, "samples", theme.dim());
    pen.put_right(name + 33, 0, "problems", theme.dim());
    pen.put(name + 36, 0, "started (UTC)", theme.dim());
    if wide {
        pen.put(name + 54, 0, "model", theme.dim());
        pen.put(name + 76, 0, "data set", theme.dim());
    }
    let comparison = &app.snapshot.comparison;
    let below = u16::try_from(comparison.len()).unwrap_or(0).min(body.height / 2);
    let list = body.height.saturating_sub(1 + below);
    for (row, &place) in (0..list).zip(app.run_rows.iter().skip(app.runs.offset)) {
        let Some(run) = app.snapshot.runs.get(place) else { continue };
        let y = row + 1;
        let open = run.id == app.snapshot.run.id;
        pen.put(0, y, if open { "▸" } else { " " }, theme.accent());
        pen.put(2, y, &clip(&run.name, usize::from(name - 1)), if open { theme.strong() } else { theme.text() });
        pen.put(name + 2, y, run.state.as_str(), theme.state(run.state));
        pen.put_right(name + 24, y, &count(run.samples), theme.text());
        pen.put_right(name + 33, y, &count(run.problems), theme.text());
        pen.put(name + 36, y, &day(run.started_at_ms), theme.dim());
        if wide {
            pen.put(name + 54, y, &clip(&run.model, 20), theme.dim());
            pen.put(name + 76, y, &run.dataset, theme.dim());
        }
        if app.runs.offset + usize::from(row) == app.runs.selected {
            pen.tint(y, theme.selected());
        }
    }
    if app.run_rows.is_empty() {
        pen.put(
            2,
            2,
            if app.snapshot.runs.is_empty() { "no runs yet" } else { "nothing fits the filter" },
            theme.dim(),
        );
    }
    for (y, line) in (body.height - below..).zip(comparison.iter().take(usize::from(below))) {
        pen.put(0, y, line, theme.text());
    }
}
