//! All runs of the store, and two of them compared.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::Pen;
use crate::app::App;
use crate::text::{clip, count, day, width, wrap};

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let runs = &app.snapshot.runs;
    let mut pen = Pen::new(buffer, body, theme);
    if app.run_rows.is_empty() {
        let why = if runs.is_empty() { "no runs yet: `nbest demo` makes one" } else { "nothing fits the filter" };
        pen.line(&[(why, theme.dim())]);
        return;
    }
    let wide = body.width >= 100;
    let widest = runs.iter().map(|r| width(&r.name)).max().unwrap_or(0);
    let name = u16::try_from(widest.clamp(14, if wide { 34 } else { 20 })).unwrap_or(20);
    let state = name + 4;
    let [samples, problems, n] = [state + 19, state + 28, state + 34];
    let started = n + 2;
    let model = started + 18;
    let dataset =
        model + u16::try_from(runs.iter().map(|r| width(&r.model)).max().unwrap_or(0).clamp(5, 30)).unwrap_or(30) + 2;
    pen.put(2, 0, "run", theme.dim());
    pen.put(state, 0, "state", theme.dim());
    pen.put_right(samples, 0, "samples", theme.dim());
    pen.put_right(problems, 0, "problems", theme.dim());
    pen.put_right(n, 0, "N", theme.dim());
    pen.put(started, 0, "started (UTC)", theme.dim());
    if wide {
        pen.put(model, 0, "model", theme.dim());
        pen.put(dataset, 0, "data set", theme.dim());
    }
    let comparison: Vec<String> = compared(app, usize::from(body.width));
    let below = u16::try_from(comparison.len()).unwrap_or(0).min(body.height * 2 / 3);
    let list = body.height.saturating_sub(1 + below);
    let first = app.runs.offset.max((app.runs.selected + 1).saturating_sub(usize::from(list)));
    for (row, &place) in (0..list).zip(app.run_rows.iter().skip(first)) {
        let Some(run) = runs.get(place) else { continue };
        let y = row + 1;
        let open = run.id == app.snapshot.run.id;
        pen.put(0, y, if open { "▸" } else { " " }, theme.accent());
        pen.put(2, y, &clip(&run.name, usize::from(name)), if open { theme.strong() } else { theme.text() });
        pen.put(state, y, run.state.as_str(), theme.state(run.state));
        pen.put_right(samples, y, &count(run.samples), theme.text());
        pen.put_right(problems, y, &count(run.problems), theme.text());
        pen.put_right(n, y, &run.samples_wanted.to_string(), theme.text());
        pen.put(started, y, &day(run.started_at_ms), theme.dim());
        if wide {
            pen.put(model, y, &clip(&run.model, usize::from(dataset - model - 2)), theme.dim());
            pen.put(dataset, y, &clip(&run.dataset, usize::from(body.width.saturating_sub(dataset))), theme.dim());
        }
        if first + usize::from(row) == app.runs.selected {
            pen.tint(y, theme.selected());
        }
    }
    for (y, line) in (body.height - below..).zip(comparison.iter().take(usize::from(below))) {
        let style = if y == body.height - below + 1 { theme.strong() } else { theme.text() };
        pen.put(0, y, line, style);
    }
}

/// The comparison that was asked for, or how to ask for one.
fn compared(app: &App, columns: usize) -> Vec<String> {
    let lines = &app.snapshot.comparison;
    if lines.is_empty() {
        let hint = "o on another run compares it with the open one (▸): paired differences here, both in the curves";
        return if app.snapshot.runs.len() > 1 { wrap(hint, columns) } else { Vec::new() };
    }
    // the lines of a table stay as they are
    let fit = |line: &String| if width(line) <= columns { vec![line.clone()] } else { wrap(line, columns) };
    std::iter::once(String::new()).chain(lines.iter().flat_map(fit)).collect()
}
