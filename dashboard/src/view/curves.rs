//! Every curve, one at a time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::Pen;
use super::{layout, plot};
use crate::app::App;
use crate::chart::Scale;
use crate::text::wrap;

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let charts = &app.snapshot.charts;
    let (side, mut area) = layout::curves(body);
    let mut pen = Pen::new(buffer, side, theme);
    if charts.is_empty() {
        pen.line(&[("no curves yet: they need judged samples", theme.dim())]);
        return;
    }
    let chosen = app.figure.min(charts.len() - 1);
    if side.height > 1 {
        for (row, (place, chart)) in (0u16..).zip(charts.iter().enumerate()) {
            let style = if place == chosen { theme.accent() } else { theme.dim() };
            pen.put(0, row, &format!(" {}", chart.name), style);
            if place == chosen {
                pen.tint(row, theme.selected());
            }
        }
        let scale = match app.axes.x_scale.unwrap_or(charts[chosen].x.scale) {
            Scale::Log => "x: log",
            Scale::Linear => "x: linear",
        };
        let below = u16::try_from(charts.len()).unwrap_or(0) + 1;
        pen.put(1, below, scale, theme.dim());
        pen.put(1, below + 1, if app.axes.zoom { "y: zoomed" } else { "y: whole" }, theme.dim());
        pen.put(1, below + 3, "↑↓ figure", theme.dim());
        pen.put(1, below + 4, "←→ crosshair", theme.dim());
    } else {
        let names: Vec<_> = charts
            .iter()
            .enumerate()
            .map(|(i, c)| (format!("{} ", c.name), if i == chosen { theme.accent() } else { theme.dim() }))
            .collect();
        let used: usize = names.iter().take(chosen + 1).map(|n| n.0.len()).sum();
        let skip = if used > usize::from(side.width) { chosen } else { 0 };
        pen.spans(&names[skip..]);
    }
    let chart = &charts[chosen];
    let caption = wrap(&chart.caption, usize::from(area.width));
    let rows = u16::try_from(caption.len()).unwrap_or(0);
    if !chart.caption.is_empty() && area.height > rows + 12 {
        let below = Rect { y: area.bottom() - rows, height: rows, ..area };
        let mut pen = Pen::new(buffer, below, theme);
        for line in &caption {
            pen.line(&[(line, theme.dim())]);
        }
        area.height -= rows;
    }
    plot::draw(chart, plot::Options { axes: app.axes, crosshair: app.crosshair }, theme, area, buffer);
}
