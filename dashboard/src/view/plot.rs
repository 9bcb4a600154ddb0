//! A chart in a terminal: Braille lines on tinted bands, direct labels, a crosshair; signs where there is no Braille.

mod canvas;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::{Pen, cells};
use crate::chart::{Axes, Chart, Line, Look, Point, Window, written};
use crate::text::{clip, width};
use crate::theme::{Depth, Signs, Theme};
use canvas::Canvas;

const LEFT: u16 = 8;
const BOTTOM: u16 = 2;
const TOP: u16 = 1;

/// What the reader chose.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Scales and zoom.
    pub axes: Axes,
    /// The crosshair's place, as a share of the x axis.
    pub crosshair: Option<f64>,
}

/// Columns for the labels at the right.
fn right(area: Rect) -> u16 {
    match area.width {
        0..=59 => 2,
        60..=99 => 20,
        _ => 28,
    }
}

/// The rectangle of the curves, inside of axes and labels.
#[must_use]
pub fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x + LEFT,
        y: area.y + TOP,
        width: area.width.saturating_sub(LEFT + right(area)),
        height: area.height.saturating_sub(TOP + BOTTOM),
    }
}

/// Draws a chart.
pub fn draw(chart: &Chart, options: Options, theme: Theme, area: Rect, buffer: &mut Buffer) {
    let plot = inside(area);
    let mut pen = Pen::new(buffer, area, theme);
    pen.line(&[(&clip(&chart.title, usize::from(area.width)), theme.strong())]);
    let window = Window::of(chart, options.axes);
    let (Some(window), true) = (window, plot.width >= 8 && plot.height >= 3) else {
        if area.height > 2 {
            pen.put(2, area.height / 2, "nothing to draw yet", theme.dim());
        }
        return;
    };
    axes(chart, &window, theme, area, plot, buffer);
    bands(chart, &window, theme, plot, buffer);
    let crosshair = options.crosshair.map(|share| window.value_across(share));
    let plain = theme.depth == Depth::None || theme.signs == Signs::Ascii;
    if plain {
        for (index, line) in chart.lines.iter().enumerate() {
            signs(line, index, &window, theme, plot, buffer);
        }
    } else {
        for line in &chart.lines {
            let mut canvas = Canvas::new(plot);
            strokes(line, &window, &mut canvas);
            canvas.paint(theme.series(line.colour), buffer);
        }
    }
    for mark in &chart.marks {
        let (x, y) = (window.across(mark.x), window.up(mark.y));
        if (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y) {
            let (column, row) = place(plot, x, y);
            let sign = if theme.signs == Signs::Unicode { "◉" } else { "@" };
            buffer.set_string(column, row, sign, theme.series(mark.colour).patch(theme.strong()));
            let room = usize::from((plot.right() - column).saturating_sub(2));
            if width(&mark.text) <= room {
                buffer.set_string(column + 2, row, &mark.text, theme.series(mark.colour));
            }
        }
    }
    if let Some(x) = crosshair {
        cross(x, &window, theme, plot, buffer);
    }
    labels(chart, &window, crosshair, plain, theme, area, plot, buffer);
}

fn place(plot: Rect, x: f64, y: f64) -> (u16, u16) {
    let column = plot.x + cells(x.clamp(0.0, 1.0) * f64::from(plot.width - 1) + 0.5);
    let row = plot.y + plot.height - 1 - cells(y.clamp(0.0, 1.0) * f64::from(plot.height - 1) + 0.5);
    (column, row)
}

fn axes(chart: &Chart, window: &Window, theme: Theme, area: Rect, plot: Rect, buffer: &mut Buffer) {
    let unicode = theme.signs == Signs::Unicode;
    for tick in window.y_ticks(usize::from(plot.height / 3).clamp(2, 6)) {
        let (_, row) = place(plot, 0.0, window.up(tick));
        let mut pen = Pen::new(buffer, Rect { x: area.x, y: row, width: plot.right() - area.x, height: 1 }, theme);
        pen.put_right(LEFT - 1, 0, &written(tick, chart.y.unit), theme.dim());
        let grid = if unicode { "┄" } else { "." };
        for column in 0..plot.width {
            pen.put_sign(LEFT + column, 0, grid, theme.rule());
        }
    }
    let below = plot.bottom();
    let line = if unicode { "─" } else { "-" };
    let mut pen = Pen::new(buffer, Rect { y: below, height: 1, ..plot }, theme);
    for column in 0..plot.width {
        pen.put_sign(column, 0, line, theme.rule());
    }
    let mut free = 0;
    for tick in window.x_ticks(usize::from(plot.width / 6).max(2)) {
        let (column, _) = place(plot, window.across(tick), 0.0);
        let text = written(tick, chart.x.unit);
        let wide = u16::try_from(width(&text)).unwrap_or(0);
        let from = column.saturating_sub(wide / 2);
        buffer.set_string(column, below, if unicode { "┴" } else { "+" }, theme.rule());
        if from >= free && from + wide <= area.right() {
            Pen::new(buffer, Rect { x: from, y: below + 1, width: wide, height: 1 }, theme).put(
                0,
                0,
                &text,
                theme.dim(),
            );
            free = from + wide + 1;
        }
    }
    let name = &chart.x.label;
    let wide = u16::try_from(width(name)).unwrap_or(0);
    if free + wide < area.right() {
        let from = plot.right().max(free).min(area.right() - wide);
        buffer.set_string(from + u16::from(from + wide < area.right()), below + 1, name, theme.dim());
    }
}

/// A point of a band: across, and both ends of its interval up.
type Stretch = (f64, f64, f64);

/// The height of a band at a share of the axis, linear between its points; none beyond the data. `next` is the first point
/// that is not left of it.
fn band_at(points: &[Stretch], next: usize, share: f64) -> Option<(f64, f64)> {
    let (b, a) = (points.get(next)?, &points[next.saturating_sub(1)]);
    if share < a.0 - 0.02 {
        return None;
    }
    let t = if b.0 - a.0 > 1e-12 { ((share - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { 0.0 };
    Some((a.1 + t * (b.1 - a.1), a.2 + t * (b.2 - a.2)))
}

fn bands(chart: &Chart, window: &Window, theme: Theme, plot: Rect, buffer: &mut Buffer) {
    for (index, line) in chart.lines.iter().enumerate().rev() {
        if !matches!(line.look, Look::Curve | Look::Predicted) || (theme.band(0).is_none() && index > 0) {
            continue;
        }
        let stretch = |p: &Point| Some((window.across(p.x), window.up(p.low?), window.up(p.high?)));
        let points: Vec<Stretch> = line.points.iter().filter_map(stretch).filter(|p| p.0.is_finite()).collect();
        let mut next = 0;
        for column in 0..plot.width {
            let share = f64::from(column) / f64::from(plot.width.max(2) - 1);
            while points.get(next).is_some_and(|p| p.0 < share - 1e-9) {
                next += 1;
            }
            let Some((low, high)) = band_at(&points, next, share) else { continue };
            let height = f64::from(plot.height);
            let (top, bottom) = ((1.0 - high.clamp(0.0, 1.0)) * height, (1.0 - low.clamp(0.0, 1.0)) * height);
            for row in cells(top)..plot.height.min(cells(bottom) + 1) {
                let from = f64::from(row);
                if let Some(cell) = buffer.cell_mut((plot.x + column, plot.y + row)) {
                    shade(cell, theme, line.colour, top - from, bottom - from);
                }
            }
        }
    }
}

/// Fills a cell from `top` to `bottom`, both counted in cells from its upper edge; as finely as the signs allow.
fn shade(cell: &mut Cell, theme: Theme, series: usize, top: f64, bottom: f64) {
    const EIGHTHS: [&str; 8] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"];
    let covered = bottom.min(1.0) - top.max(0.0);
    let Some(colour) = theme.band(series) else {
        if covered >= 0.5 {
            cell.set_symbol(if theme.signs == Signs::Unicode { "░" } else { ":" }).set_style(theme.rule());
        }
        return;
    };
    let free = matches!(cell.symbol(), " " | "┄") && theme.signs == Signs::Unicode;
    if covered > 0.95 || (!free && covered >= 0.5) {
        // what another band or the grid drew here is below this band
        cell.set_bg(colour).set_symbol(" ");
    } else if free && bottom >= 1.0 {
        cell.set_symbol(EIGHTHS[usize::from(cells(covered * 8.0)).min(7)]).set_fg(colour);
    } else if free && top <= 0.0 && covered >= 0.25 {
        if covered > 0.75 {
            cell.set_bg(colour).set_symbol(" ");
        } else {
            cell.set_symbol("▀").set_fg(colour);
        }
    }
}

fn strokes(line: &Line, window: &Window, canvas: &mut Canvas) {
    let points = line.points.iter().filter(|p| p.y.is_finite()).map(|p| (window.across(p.x), window.up(p.y), p));
    let points: Vec<_> = points.filter(|p| p.0.is_finite()).collect();
    match line.look {
        Look::Points => {
            for (x, y, point) in &points {
                canvas.dot(*x, *y);
                if let (Some(low), Some(high)) = (point.low, point.high) {
                    canvas.line((*x, window.up(low)), (*x, window.up(high)), 1);
                }
            }
        }
        look => {
            let every = match look {
                Look::Predicted => 3,
                Look::Guide => 4,
                _ => 1,
            };
            if let [only] = points.as_slice() {
                canvas.dot(only.0, only.1);
            }
            for pair in points.windows(2) {
                canvas.line((pair[0].0, pair[0].1), (pair[1].0, pair[1].1), every);
            }
        }
    }
}

const PLAIN: [&str; 6] = ["*", "+", "o", "x", "%", "&"];

/// A line by one sign a column, told apart by the sign.
fn signs(line: &Line, index: usize, window: &Window, theme: Theme, plot: Rect, buffer: &mut Buffer) {
    let sign = if line.look == Look::Guide { "." } else { PLAIN[index % PLAIN.len()] };
    let points: Vec<(f64, f64)> = line
        .points
        .iter()
        .map(|p| (window.across(p.x), window.up(p.y)))
        .filter(|p| p.0.is_finite() && (-0.01..=1.01).contains(&p.1))
        .collect();
    let mut set = |x: f64, y: f64| {
        if (-1e-9..=1.0 + 1e-9).contains(&x) {
            let (column, row) = place(plot, x, y);
            buffer.set_string(column, row, sign, theme.text());
        }
    };
    for &(x, y) in &points {
        set(x, y);
    }
    if line.look != Look::Points {
        for pair in points.windows(2) {
            let steps = cells((pair[1].0 - pair[0].0).abs() * f64::from(plot.width));
            let every = if line.look == Look::Predicted { 2 } else { 1 };
            for step in (1..steps).step_by(every) {
                let t = f64::from(step) / f64::from(steps);
                set(pair[0].0 + t * (pair[1].0 - pair[0].0), pair[0].1 + t * (pair[1].1 - pair[0].1));
            }
        }
    }
}

fn cross(x: f64, window: &Window, theme: Theme, plot: Rect, buffer: &mut Buffer) {
    let share = window.across(x);
    if !(0.0..=1.0).contains(&share) {
        return;
    }
    let (column, _) = place(plot, share, 0.0);
    for row in plot.top()..plot.bottom() {
        if let Some(cell) = buffer.cell_mut((column, row))
            && matches!(cell.symbol(), " " | "┄" | "." | "░" | ":")
        {
            cell.set_symbol(if theme.signs == Signs::Unicode { "│" } else { "|" }).set_style(theme.dim());
        }
    }
}

/// The name and the last value of each line beside its end, or the values at the crosshair.
#[expect(clippy::too_many_arguments, reason = "the parts of one drawing")]
fn labels(
    chart: &Chart,
    window: &Window,
    crosshair: Option<f64>,
    plain: bool,
    theme: Theme,
    area: Rect,
    plot: Rect,
    buffer: &mut Buffer,
) {
    let mut wanted: Vec<(f64, String, Style)> = Vec::new();
    for (index, line) in chart.lines.iter().enumerate().filter(|(_, l)| l.look != Look::Guide && !l.name.is_empty()) {
        let shown = match crosshair {
            Some(x) if line.look == Look::Points => line.points.iter().rfind(|p| p.x <= x + 1e-9).copied(),
            Some(x) => line.at(x),
            None => line.points.last().copied(),
        };
        let sign = if plain { format!("{} ", PLAIN[index % PLAIN.len()]) } else { String::new() };
        let value = shown.map_or_else(|| "--".to_owned(), |p| written(p.y, chart.y.unit));
        let up = line.points.last().map_or(0.0, |p| window.up(p.y));
        wanted.push((up, format!("{sign}{value} {}", line.name), theme.series(line.colour)));
    }
    let columns = area.right() - plot.right();
    if columns < 10 {
        let text = wanted.iter().map(|w| w.1.clone()).collect::<Vec<_>>().join("  ");
        if chart.title.is_empty() {
            buffer.set_stringn(area.x, area.y, text, usize::from(area.width), theme.dim());
        }
        return;
    }
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut rows: Vec<u16> = Vec::new();
    for (up, ..) in &wanted {
        let (_, row) = place(plot, 1.0, *up);
        rows.push(row.max(rows.last().map_or(plot.top(), |r| r + 1)));
    }
    // pushed down beyond the axis: move up again
    let mut limit = plot.bottom();
    for row in rows.iter_mut().rev() {
        *row = (*row).min(limit.saturating_sub(1));
        limit = *row;
    }
    for ((_, text, style), row) in wanted.iter().zip(rows) {
        if row >= plot.top() {
            let shown = clip(text, usize::from(columns - 1));
            buffer.set_stringn(plot.right() + 1, row, shown, usize::from(columns - 1), *style);
        }
    }
    if let Some(x) = crosshair {
        let nearest = chart
            .lines
            .iter()
            .flat_map(|l| l.points.iter().map(|p| p.x))
            .filter(|p| *p <= x + 1e-9)
            .max_by(f64::total_cmp);
        let text = format!("{} = {}", chart.x.label, written(nearest.unwrap_or(x), chart.x.unit));
        let from = area.right().saturating_sub(u16::try_from(width(&text)).unwrap_or(0) + 1);
        buffer.set_string(from, area.y, text, theme.accent());
    }
}
