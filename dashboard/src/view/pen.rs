//! Writing into a part of the screen, line after line, never outside of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::{sanitise, width};
use crate::theme::{Signs, Theme};

/// Writes lines from the top of an area.
pub(super) struct Pen<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    theme: Theme,
    row: u16,
}

impl<'a> Pen<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, area: Rect, theme: Theme) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, theme, row: 0 }
    }

    /// Text at a place of the area. Control characters never reach the buffer.
    pub(super) fn put(&mut self, x: u16, y: u16, text: &str, style: Style) {
        if x < self.area.width && y < self.area.height {
            let room = usize::from(self.area.width - x);
            self.buffer.set_stringn(self.area.x + x, self.area.y + y, sanitise(text), room, style);
        }
    }

    /// One sign of one column that is known to be harmless.
    pub(super) fn put_sign(&mut self, x: u16, y: u16, sign: &'static str, style: Style) {
        if x < self.area.width
            && y < self.area.height
            && let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + y))
        {
            cell.set_symbol(sign).set_style(style);
        }
    }

    /// Text that ends at a column.
    pub(super) fn put_right(&mut self, end: u16, y: u16, text: &str, style: Style) {
        let wide = u16::try_from(width(text)).unwrap_or(u16::MAX);
        self.put(end.saturating_sub(wide), y, text, style);
    }

    /// The next line, in pieces.
    pub(super) fn line(&mut self, parts: &[(&str, Style)]) {
        let mut x = 0;
        for (text, style) in parts {
            self.put(x, self.row, text, *style);
            x = x.saturating_add(u16::try_from(width(text)).unwrap_or(u16::MAX));
        }
        self.row += 1;
    }

    /// The next line, in pieces that own their text.
    pub(super) fn spans(&mut self, parts: &[(String, Style)]) {
        let borrowed: Vec<_> = parts.iter().map(|(text, style)| (text.as_str(), *style)).collect();
        self.line(&borrowed);
    }

    /// Leaves lines free.
    pub(super) fn skip(&mut self, rows: u16) {
        self.row += rows;
    }

    pub(super) fn theme(&self) -> Theme {
        self.theme
    }

    pub(super) fn row(&self) -> u16 {
        self.row
    }

    /// The style of a whole row of the area.
    pub(super) fn tint(&mut self, y: u16, style: Style) {
        if y < self.area.height {
            self.buffer.set_style(Rect { y: self.area.y + y, height: 1, ..self.area }, style);
        }
    }

    /// A bar that is filled to a share, to half a column where the signs allow it.
    pub(super) fn bar(&mut self, x: u16, y: u16, columns: u16, share: f64, style: Style) {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        // the least that is there can be seen
        let halves = floor(share * f64::from(columns) * 2.0).max(usize::from(share > 0.0));
        let unicode = self.theme.signs == Signs::Unicode;
        let (done, half, open) = if unicode { ("━", "╸", "─") } else { ("#", "#", "-") };
        for column in 0..columns {
            let (sign, style) = match halves.saturating_sub(2 * usize::from(column)) {
                0 => (open, self.theme.rule()),
                1 => (half, style),
                _ => (done, style),
            };
            self.put_sign(x + column, y, sign, style);
        }
    }

    /// The last values as a row of little bars.
    pub(super) fn spark(&mut self, x: u16, y: u16, columns: u16, values: &[f64], style: Style) {
        const UNICODE: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
        const ASCII: [&str; 8] = ["_", "_", ".", ".", "-", "-", "^", "^"];
        let signs = if self.theme.signs == Signs::Unicode { UNICODE } else { ASCII };
        let shown = &values[values.len().saturating_sub(usize::from(columns))..];
        let top = shown.iter().copied().fold(0.0, f64::max);
        let start = columns - u16::try_from(shown.len()).unwrap_or(columns);
        for column in 0..start {
            self.put_sign(x + column, y, signs[0], self.theme.rule());
        }
        for (column, value) in (start..).zip(shown) {
            let sign = if top > 0.0 { signs[floor(value / top * 7.999).min(7)] } else { signs[0] };
            self.put_sign(x + column, y, sign, if *value > 0.0 { style } else { self.theme.rule() });
        }
    }
}

/// The whole part of a share of the screen.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a screen can have")]
pub(crate) fn floor(value: f64) -> usize {
    if value.is_finite() { value.clamp(0.0, 1e9) as usize } else { 0 }
}

/// A place on the screen.
pub(super) fn cells(value: f64) -> u16 {
    u16::try_from(floor(value)).unwrap_or(u16::MAX)
}
