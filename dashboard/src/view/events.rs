//! The log.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::Pen;
use crate::app::App;
use crate::snapshot::Level;
use crate::text::{clip, clock, width, wrap};

/// Columns before the message.
const BEFORE: u16 = 17;

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let mut pen = Pen::new(buffer, body, theme);
    if app.event_rows.is_empty() {
        let why = match (app.snapshot.events.is_empty(), app.level) {
            (true, _) => "no events yet",
            (_, Level::Info) => "nothing fits the search",
            _ => "nothing of this level; v shows the others",
        };
        pen.line(&[(why, theme.dim())]);
        return;
    }
    let room = usize::from(body.width.saturating_sub(BEFORE));
    let chosen = app.event_rows.get(app.events.selected).and_then(|&i| app.snapshot.events.get(i));
    // the whole of what the row cuts off
    let whole = chosen.filter(|e| width(&e.message) > room).map(|e| wrap(&e.message, usize::from(body.width)));
    let whole = whole.unwrap_or_default();
    let below = u16::try_from(whole.len()).unwrap_or(u16::MAX).min(body.height / 2);
    let list = body.height - below - u16::from(below > 0);
    let first = app.events.offset.max((app.events.selected + 1).saturating_sub(usize::from(list)));
    for (y, &place) in (0..list).zip(app.event_rows.iter().skip(first)) {
        let Some(event) = app.snapshot.events.get(place) else { continue };
        pen.put(0, y, &clock(event.at_ms), theme.dim());
        pen.put(10, y, event.level.as_str(), theme.level(event.level));
        pen.put(BEFORE, y, &clip(&event.message, room), theme.text());
        if first + usize::from(y) == app.events.selected {
            pen.tint(y, theme.selected());
        }
    }
    for (y, line) in (body.height - below..).zip(&whole) {
        pen.put(0, y, line, theme.text());
    }
}
