//! Draws the state of the screen. No I/O and no statistics here: everything was computed before.

mod curves;
mod events;
mod help;
pub mod layout;
mod overview;
mod pen;
pub mod plot;
mod problems;
mod runs;
mod samples;
mod verifiers;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::{App, View};
use crate::keys;
use crate::snapshot::{Level, RunState};
use crate::text::{clip, duration, span, to_ascii, width};
use crate::theme::{Depth, Signs};
use pen::Pen;
pub(crate) use pen::floor as whole;
pub(crate) use problems::title_at;

/// Draws everything.
pub fn draw(app: &App, frame: &mut Frame) {
    let size = frame.area();
    paint(app, size, frame.buffer_mut());
}

/// Draws everything into a buffer.
pub fn paint(app: &App, size: Rect, buffer: &mut Buffer) {
    if size.width < 30 || size.height < 8 {
        let mut pen = Pen::new(buffer, size, app.theme);
        pen.line(&[("too small: 30 x 8 at least", app.theme.dim())]);
        return;
    }
    let areas = layout::areas((size.width, size.height));
    header(app, areas.header, buffer);
    tabs(app, areas.tabs, buffer);
    match app.view {
        View::Overview => overview::draw(app, areas.body, buffer),
        View::Curves => curves::draw(app, areas.body, buffer),
        View::Problems => problems::draw(app, areas.body, buffer),
        View::Samples => samples::draw(app, areas.body, buffer),
        View::Verifiers => verifiers::draw(app, areas.body, buffer),
        View::Runs => runs::draw(app, areas.body, buffer),
        View::Events => events::draw(app, areas.body, buffer),
    }
    footer(app, areas.footer, buffer);
    if let Some(scroll) = app.help {
        help::draw(app, scroll, size, buffer);
    }
    if app.asks_to_stop {
        help::question(app, "Stop the run? What is under way is finished first.  y / n", size, buffer);
    }
    finish(app, buffer);
}

/// Last, what a terminal cannot show is replaced: no colour at all, or no Unicode.
fn finish(app: &App, buffer: &mut Buffer) {
    let ascii = app.theme.signs == Signs::Ascii;
    let plain = app.theme.depth == Depth::None;
    if !ascii && !plain {
        return;
    }
    for cell in &mut buffer.content {
        if ascii && !cell.symbol().is_ascii() {
            let wide = width(cell.symbol());
            let sign = to_ascii(cell.symbol());
            cell.set_symbol(if wide > 1 { "??" } else { sign.get(..1).unwrap_or(" ") });
        }
        if plain {
            let style = Style::new().fg(ratatui::style::Color::Reset).bg(ratatui::style::Color::Reset);
            cell.set_style(style);
        }
    }
}

fn header(app: &App, area: Rect, buffer: &mut Buffer) {
    let run = &app.snapshot.run;
    let theme = app.theme;
    let end = run.ended_at_ms.unwrap_or(app.now_ms);
    let time = if run.state == RunState::Empty { String::new() } else { duration(span(run.started_at_ms, end)) };
    let right = format!("{} {}  {time} ", if theme.signs == Signs::Unicode { "●" } else { "*" }, run.state.as_str());
    let room = usize::from(area.width).saturating_sub(width(&right) + 2);
    let mut pen = Pen::new(buffer, area, theme);
    let name = if run.name.is_empty() { "nbest" } else { &run.name };
    let name = clip(name, room);
    let mut parts = vec![(" ".to_owned(), theme.text()), (name.to_string(), theme.strong())];
    let mut used = 1 + width(&name);
    for more in [&run.model, &run.dataset] {
        if !more.is_empty() && used + 8 < room {
            let shown = clip(more, room - used - 3).into_owned();
            used += 3 + width(&shown);
            parts.push((" · ".to_owned(), theme.rule()));
            parts.push((shown, theme.dim()));
        }
    }
    pen.spans(&parts);
    let at = area.width.saturating_sub(u16::try_from(width(&right)).unwrap_or(0));
    pen.put(at, 0, &right, theme.state(run.state));
}

fn tabs(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let mut pen = Pen::new(buffer, area, theme);
    for (view, from, label) in layout::tabs(area.width) {
        if view == app.view {
            pen.put(from, 0, &label, theme.selected().patch(theme.accent()).add_modifier(Modifier::BOLD));
        } else {
            pen.put(from, 0, &label, theme.dim());
        }
    }
}

fn footer(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let mut pen = Pen::new(buffer, area, theme);
    if let Some(typed) = &app.typing {
        pen.line(&[
            (" /", theme.accent()),
            (typed, theme.strong()),
            ("▏", theme.accent()),
            ("  enter keeps, esc clears", theme.dim()),
        ]);
        return;
    }
    if let Some((level, text)) = &app.notice {
        let style = if *level == Level::Info { theme.accent() } else { theme.level(*level) };
        pen.line(&[(" ", theme.text()), (text, style)]);
        return;
    }
    let live = app.snapshot.run.state.is_live();
    let mut parts: Vec<(String, Style)> = Vec::new();
    let mut used = 1;
    let control = |b: &keys::Binding| matches!(b.action, keys::Action::Pause | keys::Action::Stop);
    let hints = keys::KEYS.iter().filter(|b| !b.hint.is_empty() && keys::applies(b, app.view) && (live || !control(b)));
    let (last, first): (Vec<_>, Vec<_>) =
        hints.partition(|b| matches!(b.action, keys::Action::Help | keys::Action::Quit));
    let kept: usize = last.iter().map(|b| width(b.label) + width(b.hint) + 3).sum();
    for binding in &first {
        let key = binding.label.split(' ').next().unwrap_or("");
        let wide = width(key) + width(binding.hint) + 3;
        if used + wide + kept <= usize::from(area.width) {
            used += wide;
            parts.push((format!(" {key}"), theme.accent()));
            parts.push((format!(" {} ", binding.hint), theme.dim()));
        }
    }
    for binding in &last {
        parts.push((format!(" {}", binding.label), theme.accent()));
        parts.push((format!(" {} ", binding.hint), theme.dim()));
    }
    pen.spans(&parts);
}

#[cfg(test)]
mod tests;
