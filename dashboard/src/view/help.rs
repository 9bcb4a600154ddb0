//! The help, made from the table of keys, and questions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::pen::Pen;
use crate::app::App;
use crate::keys;
use crate::text::width;

fn window(app: &App, title: &str, area: Rect, buffer: &mut Buffer) -> Rect {
    Clear.render(area, buffer);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(app.theme.rule())
        .title_style(app.theme.strong())
        .title(title.to_owned());
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

pub(super) fn draw(app: &App, scroll: u16, size: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let shown: Vec<_> = keys::KEYS.iter().collect();
    let rows = u16::try_from(shown.len()).unwrap_or(u16::MAX);
    let wide = size.width.min(70);
    let high = size.height.saturating_sub(2).min(rows + 2);
    let area = Rect { x: (size.width - wide) / 2, y: (size.height - high) / 2, width: wide, height: high };
    let inner = window(app, " keys  ↑↓ scroll, esc closes ", area, buffer);
    let mut pen = Pen::new(buffer, inner, theme);
    for binding in shown.iter().skip(usize::from(scroll)).take(usize::from(inner.height)) {
        let here = keys::applies(binding, app.view);
        let style = if here { theme.text() } else { theme.dim() };
        let views = binding.views.iter().map(|v| v.title().to_lowercase()).collect::<Vec<_>>().join(", ");
        let row = pen.row();
        pen.put(1, row, binding.label, if here { theme.accent() } else { theme.dim() });
        pen.put(12, row, binding.help, style);
        if !views.is_empty() && usize::from(inner.width) > 13 + width(binding.help) + width(&views) {
            pen.put_right(inner.width - 1, row, &views, theme.dim());
        }
        pen.skip(1);
    }
}

pub(super) fn question(app: &App, text: &str, size: Rect, buffer: &mut Buffer) {
    let wide = (u16::try_from(width(text)).unwrap_or(u16::MAX).saturating_add(6)).min(size.width);
    let area = Rect {
        x: (size.width - wide) / 2,
        y: size.height.saturating_sub(3) / 2,
        width: wide,
        height: 3.min(size.height),
    };
    let inner = window(app, "", area, buffer);
    let style: Style = app.theme.strong();
    Pen::new(buffer, inner, app.theme).put(2, 0, text, style);
}
