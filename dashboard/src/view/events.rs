//! The log.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::Pen;
use crate::app::App;
use crate::text::{clip, clock};

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let mut pen = Pen::new(buffer, body, theme);
    if app.event_rows.is_empty() {
        pen.line(&[("no events", theme.dim())]);
        return;
    }
    for (y, &place) in (0..body.height).zip(app.event_rows.iter().skip(app.events.offset)) {
        let Some(event) = app.snapshot.events.get(place) else { continue };
        pen.put(0, y, &clock(event.at_ms), theme.dim());
        pen.put(10, y, event.level.as_str(), theme.level(event.level));
        pen.put(17, y, &clip(&event.message, usize::from(body.width.saturating_sub(17))), theme.text());
        if app.events.offset + usize::from(y) == app.events.selected {
            pen.tint(y, theme.selected());
        }
    }
}
