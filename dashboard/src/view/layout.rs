//! Where everything is; the same for drawing and for the mouse.

use ratatui::layout::Rect;

use crate::app::View;
use crate::text::width;

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// The run's name and state.
    pub header: Rect,
    /// The tabs.
    pub tabs: Rect,
    /// The view.
    pub body: Rect,
    /// Keys, search, notices.
    pub footer: Rect,
}

/// The parts of a screen with this many columns and rows.
#[must_use]
pub fn areas((columns, rows): (u16, u16)) -> Areas {
    let line = |y| Rect { x: 0, y, width: columns, height: 1.min(rows) };
    let gap = u16::from(rows >= 26);
    let top = 2 + gap;
    Areas {
        header: line(0),
        tabs: line(1),
        body: Rect { x: 1, y: top, width: columns.saturating_sub(2), height: rows.saturating_sub(top + 1) },
        footer: line(rows.saturating_sub(1)),
    }
}

/// Each tab: its view, its first column and its words; without titles where the screen is narrow.
#[must_use]
pub fn tabs(columns: u16) -> Vec<(View, u16, String)> {
    let full = columns >= 78;
    let mut at = 0;
    let mut all = Vec::new();
    for (number, view) in (1..).zip(View::ALL) {
        let title = if full { view.title() } else { &view.title()[..4] };
        let label = if full { format!(" {number} {title} ") } else { format!(" {number}{title}") };
        let wide = u16::try_from(width(&label)).unwrap_or(0);
        all.push((view, at, label));
        at += wide;
    }
    all
}

/// The tab at a column.
#[must_use]
pub fn tab_at(columns: u16, x: u16) -> Option<View> {
    tabs(columns)
        .into_iter()
        .find(|(_, from, label)| (*from..*from + u16::try_from(width(label)).unwrap_or(0)).contains(&x))
        .map(|t| t.0)
}

/// Rows above the list of a view.
#[must_use]
pub fn head(view: View) -> usize {
    match view {
        View::Problems => 2,
        View::Samples => 3,
        View::Runs | View::Verifiers => 1,
        _ => 0,
    }
}

/// The first sample in the strip of the samples view, which keeps the open one in sight.
#[must_use]
pub fn strip_start(open: usize, samples: usize, columns: u16) -> usize {
    let columns = usize::from(columns);
    open.saturating_sub(columns / 2).min(samples.saturating_sub(columns))
}

/// Rows of the list of a view.
#[must_use]
pub fn rows(view: View, size: (u16, u16)) -> usize {
    let body = usize::from(areas(size).body.height);
    let below = usize::from(matches!(view, View::Problems)) * 2;
    body.saturating_sub(head(view) + below)
}

/// Left column of the overview, where the screen is wide enough for two.
#[must_use]
pub fn overview(body: Rect) -> (Rect, Rect) {
    if body.width >= 100 {
        let left = if body.width >= 180 { 62 } else { 48 };
        let side = Rect { width: left, ..body };
        (side, Rect { x: body.x + left + 3, width: body.width - left - 3, ..body })
    } else {
        let top = if body.width < 72 { 11 } else { 8 };
        let top = top.min(body.height / 2 + 2).min(body.height);
        (Rect { height: top, ..body }, Rect { y: body.y + top, height: body.height - top, ..body })
    }
}

/// The part of the overview above the columns: the answer in words.
#[must_use]
pub fn answer(body: Rect) -> (Rect, Rect) {
    let rows = if body.width >= 118 { 3 } else { 4 }.min(body.height);
    (Rect { height: rows, ..body }, Rect { y: body.y + rows, height: body.height - rows, ..body })
}

/// The list of figures in the curves view and the chart beside it.
#[must_use]
pub fn curves(body: Rect) -> (Rect, Rect) {
    if body.width >= 100 {
        let side = Rect { width: 24, ..body };
        (side, Rect { x: body.x + 26, width: body.width - 26, ..body })
    } else {
        let rows = 1.min(body.height);
        (Rect { height: rows, ..body }, Rect { y: body.y + rows, height: body.height - rows, ..body })
    }
}

/// The rectangle of the curves themselves, inside of the axes.
#[must_use]
pub fn chart(view: View, body: Rect) -> Rect {
    match view {
        View::Overview => super::plot::inside(overview(answer(body).1).1),
        _ => super::plot::inside(curves(body).1),
    }
}
