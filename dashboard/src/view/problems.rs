//! One row a problem, with a strip of its samples.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use crate::app::App;
use crate::app::problems::Column;
use crate::snapshot::{Cell, ProblemRow};
use crate::text::{clip, width};
use crate::theme::Theme;

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let rows = &app.snapshot.problems;
    let state = &app.problems;
    let mut pen = Pen::new(buffer, body, theme);
    let order = if state.reversed { "down" } else { "up" };
    let filter = if state.filter.is_empty() { String::new() } else { format!("   filter: {}", state.filter) };
    let head = format!(
        "{} of {} problems   sorted by {} ({order}){filter}",
        state.order.len(),
        rows.len(),
        state.column.title()
    );
    pen.line(&[(&head, theme.dim())]);
    let name = name_width(rows, body.width);
    let columns: [(&str, u16, Column); 5] = [
        ("pass@1", name + 9, Column::PassAt1),
        ("right", name + 16, Column::Right),
        ("acc.", name + 22, Column::Accepted),
        ("fp", name + 27, Column::FalsePositive),
        ("n", name + 33, Column::Samples),
    ];
    let strip = name + 35;
    pen.put(0, 1, "problem", theme.dim());
    for (title, end, column) in columns {
        pen.put_right(end, 1, title, if column == state.column { theme.accent() } else { theme.dim() });
    }
    pen.put(strip, 1, "samples", theme.dim());
    let list = body.height.saturating_sub(4);
    for (row, &place) in (0..list).zip(state.order.iter().skip(state.list.offset)) {
        let Some(problem) = rows.get(place) else { continue };
        let y = row + 2;
        pen.put(0, y, &clip(&problem.id, usize::from(name)), theme.text());
        let pass = problem.pass_at_1.map_or_else(|| "--".to_owned(), |v| format!("{v:.3}"));
        pen.put_right(name + 9, y, &pass, if problem.correct > 0 { theme.good() } else { theme.dim() });
        pen.put_right(name + 16, y, &problem.correct.to_string(), theme.text());
        pen.put_right(name + 22, y, &problem.accepted.to_string(), theme.text());
        let wrong = if problem.false_positive > 0 { theme.bad() } else { theme.dim() };
        pen.put_right(name + 27, y, &problem.false_positive.to_string(), wrong);
        pen.put_right(name + 33, y, &problem.samples.to_string(), theme.dim());
        for (x, (sign, style)) in (strip..).zip(self::strip(problem, body.width.saturating_sub(strip), theme)) {
            pen.put(x, y, sign, style);
        }
        if state.list.offset + usize::from(row) == state.list.selected {
            pen.tint(y, theme.selected());
        }
    }
    if state.order.is_empty() {
        pen.put(2, 3, if rows.is_empty() { "no problems yet" } else { "nothing fits the filter" }, theme.dim());
    }
    legend(rows, body, body.height.saturating_sub(1), buffer, theme);
}

/// Columns for the ids: as many as the longest of the first needs, where the strip still has its room.
fn name_width(rows: &[ProblemRow], columns: u16) -> u16 {
    let widest = rows.iter().take(200).map(|r| width(&r.id)).max().unwrap_or(0);
    let strip = rows.first().map_or(0, |r| r.cells.len()).clamp(10, 64);
    let room = usize::from(columns).saturating_sub(37 + strip);
    u16::try_from(widest.min(room.clamp(16, 40)).max(9)).unwrap_or(16)
}

/// The samples of a problem in some columns: one a column by index where they fit, else their shares, each kind that
/// is there at least one column.
pub(super) fn strip(problem: &ProblemRow, columns: u16, theme: Theme) -> Vec<(&'static str, Style)> {
    let columns = usize::from(columns);
    if problem.cells.len() <= columns {
        return problem.cells.iter().map(|c| theme.cell(*c)).collect();
    }
    let counts = Cell::ALL.map(|kind| problem.cells.iter().filter(|c| **c == kind).count());
    let mut widths = counts.map(|n| if n == 0 { 0 } else { (n * columns / problem.cells.len()).max(1) });
    let total = |w: &[usize; 9]| w.iter().sum::<usize>();
    while total(&widths) != columns && columns >= 9 {
        let largest = (0..9).max_by_key(|&i| (widths[i], counts[i])).unwrap_or(0);
        if total(&widths) > columns { widths[largest] -= 1 } else { widths[largest] += 1 }
    }
    let kinds = Cell::ALL.into_iter().zip(widths);
    kinds.flat_map(|(kind, n)| std::iter::repeat_n(theme.cell(kind), n)).take(columns).collect()
}

/// What the signs mean, as many as fit.
pub(super) fn legend(rows: &[ProblemRow], body: Rect, y: u16, buffer: &mut Buffer, theme: Theme) {
    let mut pen = Pen::new(buffer, body, theme);
    let oracle = rows.iter().any(|r| {
        r.cells
            .iter()
            .any(|c| matches!(c, Cell::TruePositive | Cell::TrueNegative | Cell::FalsePositive | Cell::FalseNegative))
    });
    let mut x = 0;
    for kind in Cell::ALL {
        let judged = matches!(kind, Cell::Accepted | Cell::Rejected);
        if kind == Cell::Pending || (judged && oracle) {
            continue;
        }
        let (sign, style) = theme.cell(kind);
        let wide = u16::try_from(width(kind.label())).unwrap_or(0) + 4;
        if x + wide <= body.width + 2 {
            pen.put(x, y, sign, style);
            pen.put(x + 2, y, kind.label(), theme.dim());
            x += wide;
        }
    }
}
