//! One row a problem, with a strip of its samples.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use crate::app::App;
use crate::app::problems::Column;
use crate::snapshot::{Cell, ProblemRow, ProblemStatus};
use crate::text::{clip, width};
use crate::theme::Theme;
use verifiers::counted;

/// Where the columns of the table are.
struct Columns {
    name: u16,
    /// Title, column after its last letter, and what it sorts by.
    numbers: [(&'static str, u16, Column); 5],
    status: u16,
    strip: u16,
}

fn columns(rows: &[ProblemRow], wide: u16) -> Columns {
    let name = name_width(rows, wide);
    Columns {
        name,
        numbers: [
            ("pass@1", name + 8, Column::PassAt1),
            ("right", name + 15, Column::Right),
            ("acc.", name + 21, Column::Accepted),
            ("fp", name + 26, Column::FalsePositive),
            ("n", name + 32, Column::Samples),
        ],
        status: name + 34,
        strip: name + 44,
    }
}

/// What the title at a column of the table sorts by.
pub(crate) fn title_at(rows: &[ProblemRow], wide: u16, x: u16) -> Column {
    let columns = columns(rows, wide);
    let number = columns.numbers.iter().find(|(_, end, _)| x > columns.name && x < *end).map(|c| c.2);
    number.unwrap_or(if (columns.status..columns.strip).contains(&x) { Column::Status } else { Column::Order })
}

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let rows = &app.snapshot.problems;
    let state = &app.problems;
    let mut pen = Pen::new(buffer, body, theme);
    if rows.is_empty() {
        let waits = match app.snapshot.progress.samples_done {
            0 => "no problems yet: they appear when the run begins",
            _ => "reading the stored samples ...",
        };
        pen.line(&[(waits, theme.dim())]);
        return;
    }
    // false positives are sorted from the most to the least
    let down = state.reversed != (state.column == Column::FalsePositive);
    let order = if down { "↓" } else { "↑" };
    let count = match state.order.len() {
        n if n == rows.len() => counted(n, "problem"),
        n => format!("{n} of {}", counted(rows.len(), "problem")),
    };
    pen.line(&[
        (&count, theme.dim()),
        ("   sorted by ", theme.dim()),
        (state.column.title(), theme.accent()),
        (" ", theme.dim()),
        (order, theme.accent()),
    ]);
    if !state.filter.is_empty() {
        let at = width(&count) + width(state.column.title()) + 20;
        let filter = format!("filter {}  esc clears", state.filter);
        pen.put(u16::try_from(at).unwrap_or(0), 0, &filter, theme.warn());
    }
    let columns = columns(rows, body.width);
    let title = |column| if column == state.column { theme.accent() } else { theme.dim() };
    pen.put(0, 1, "problem", title(Column::Order));
    for (name, end, column) in columns.numbers {
        pen.put_right(end, 1, name, title(column));
    }
    pen.put(columns.status, 1, "status", title(Column::Status));
    pen.put(columns.strip, 1, "samples", theme.dim());
    let list = body.height.saturating_sub(4);
    for (row, &place) in (0..list).zip(state.order.iter().skip(state.list.offset)) {
        if let Some(problem) = rows.get(place) {
            self::row(&mut pen, row + 2, problem, &columns, body.width);
            if state.list.offset + usize::from(row) == state.list.selected {
                pen.tint(row + 2, theme.selected());
            }
        }
    }
    if state.order.is_empty() {
        pen.put(
            2,
            3,
            "nothing fits the filter; it knows ids, groups, fp, solved, unsolved, waiting, sampling, judging",
            theme.dim(),
        );
    }
    legend(rows, body, body.height.saturating_sub(1), buffer, theme);
}

fn row(pen: &mut Pen, y: u16, problem: &ProblemRow, columns: &Columns, wide: u16) {
    let theme = pen.theme();
    let name = columns.name;
    match &problem.group {
        Some(group) if usize::from(name) > width(&problem.id) + 3 => {
            pen.put(0, y, &problem.id, theme.text());
            let from = width(&problem.id) + 2;
            pen.put(u16::try_from(from).unwrap_or(0), y, &clip(group, usize::from(name) - from), theme.dim());
        }
        _ => pen.put(0, y, &clip(&problem.id, usize::from(name)), theme.text()),
    }
    let pass = problem.pass_at_1.map_or_else(|| "--".to_owned(), |v| format!("{v:.3}"));
    let wrong = if problem.false_positive > 0 { theme.bad() } else { theme.dim() };
    let values = [
        (pass, if problem.correct > 0 { theme.good() } else { theme.dim() }),
        (problem.correct.to_string(), theme.text()),
        (problem.accepted.to_string(), theme.text()),
        (problem.false_positive.to_string(), wrong),
        (problem.samples.to_string(), theme.dim()),
    ];
    for ((value, style), (_, end, _)) in values.iter().zip(columns.numbers) {
        pen.put_right(end, y, value, *style);
    }
    let status = match problem.status {
        ProblemStatus::Solved => theme.good(),
        ProblemStatus::Unsolved => theme.bad(),
        ProblemStatus::Sampling | ProblemStatus::Judging => theme.accent(),
        ProblemStatus::Waiting | ProblemStatus::Done => theme.dim(),
    };
    pen.put(columns.status, y, problem.status.as_str(), status);
    for (x, (sign, style)) in (columns.strip..).zip(strip(problem, wide.saturating_sub(columns.strip), theme)) {
        pen.put_sign(x, y, sign, style);
    }
}

/// Columns for the ids: as many as the longest of the first needs, where the strip still has its room.
fn name_width(rows: &[ProblemRow], columns: u16) -> u16 {
    let group = |r: &ProblemRow| r.group.as_ref().map_or(0, |g| width(g) + 2);
    let widest = rows.iter().take(200).map(|r| width(&r.id) + group(r)).max().unwrap_or(0);
    let strip = rows.first().map_or(0, |r| r.cells.len()).clamp(10, 64);
    let room = |strip: usize| usize::from(columns).saturating_sub(46 + strip);
    // a strip that is cut in half still shows its shares; half a name says nothing
    let room = room(strip).max(room(24).min(28));
    u16::try_from(widest.min(room.clamp(14, 40)).max(9)).unwrap_or(14)
}

/// The samples of a problem in some columns: one a column by index where they fit, else their shares, each kind that
/// is there at least one column.
pub(super) fn strip(problem: &ProblemRow, columns: u16, theme: Theme) -> Vec<(&'static str, Style)> {
    let columns = usize::from(columns);
    if problem.cells.len() <= columns {
        return problem.cells.iter().map(|c| theme.cell(*c)).collect();
    }
    let mut counts = [0usize; Cell::ALL.len()];
    for cell in problem.cells.iter() {
        counts[*cell as usize] += 1;
    }
    let mut widths = counts.map(|n| if n == 0 { 0 } else { (n * columns / problem.cells.len()).max(1) });
    let total = |w: &[usize; 9]| w.iter().sum::<usize>();
    while total(&widths) != columns && columns >= 9 {
        let largest = (0..9).max_by_key(|&i| (widths[i], counts[i])).unwrap_or(0);
        if total(&widths) > columns { widths[largest] -= 1 } else { widths[largest] += 1 }
    }
    let kinds = Cell::ALL.into_iter().zip(widths);
    kinds.flat_map(|(kind, n)| std::iter::repeat_n(theme.cell(kind), n)).take(columns).collect()
}

/// What the signs mean; in shorter words where there is little room.
pub(super) fn legend(rows: &[ProblemRow], body: Rect, y: u16, buffer: &mut Buffer, theme: Theme) {
    let mut pen = Pen::new(buffer, body, theme);
    let oracle = rows.iter().any(|r| r.pass_at_1.is_some());
    let known = |c: &&Cell| match c {
        Cell::Pending => false,
        Cell::Accepted | Cell::Rejected => !oracle,
        Cell::Waiting | Cell::Missing => true,
        _ => oracle,
    };
    let all: Vec<Cell> = Cell::ALL.iter().filter(known).copied().collect();
    let long: usize = all.iter().map(|c| width(c.label()) + 4).sum();
    let fits = long <= usize::from(body.width) + 2;
    let mut x = 0;
    for kind in all {
        let (sign, style) = theme.cell(kind);
        let label = if fits { kind.label() } else { kind.short() };
        pen.put(x, y, sign, style);
        pen.put(x + 2, y, label, theme.dim());
        x += u16::try_from(width(label)).unwrap_or(0) + if fits { 4 } else { 3 };
    }
}
