//! From the tables of runs to charts. Nothing is computed here that a table does not say.

use std::fmt::Write as _;

use harness::analysis::RunData;
use harness::table::{Cell, Table};

use super::Figure;
use crate::chart::{Axis, Chart, Line, Look, Point, Scale, Unit};

mod curves;
mod points;
mod turns;

pub(super) use points::diagonal;

/// Lines that one figure can hold and still be read.
const MOST_LINES: usize = 12;

/// The tables that a figure is made of.
#[must_use]
pub fn needs(figure: Figure) -> &'static [&'static str] {
    match figure {
        Figure::PassAtN => &["pass-at-n"],
        Figure::Resampling => &["resampling"],
        Figure::Reward => &["reward"],
        Figure::FalsePositives => &["false-positives"],
        Figure::ConditionalAccuracy => &["verifiers", "pass-at-n"],
        Figure::Difficulty => &["problems"],
        Figure::Verifiers => &["verifiers"],
        Figure::Selection => &["selection"],
    }
}

/// A figure of one or more runs: `tables` holds those that [`needs`] names, of every run.
#[must_use]
pub fn chart(figure: Figure, tables: &[Table]) -> Chart {
    chart_with(figure, tables, &[])
}

/// The same with what only the runs themselves hold: the scores behind ROC and reliability.
#[must_use]
pub fn chart_with(figure: Figure, tables: &[Table], runs: &[&RunData]) -> Chart {
    chart_at(figure, tables, runs, None)
}

/// The same with the run whose pass@1 is the horizontal line of [`Figure::ConditionalAccuracy`].
#[must_use]
pub fn chart_at(figure: Figure, tables: &[Table], runs: &[&RunData], level: Option<&str>) -> Chart {
    let rows = |name: &str| Rows::of(tables, name);
    let mut chart = match figure {
        Figure::PassAtN => curves::pass_at_n(&rows("pass-at-n")),
        Figure::Resampling => curves::resampling(&rows("resampling")),
        Figure::Reward => curves::reward(&rows("reward")),
        Figure::FalsePositives => points::false_positives(&rows("false-positives")),
        Figure::ConditionalAccuracy => super::conditional::chart(&rows("verifiers"), &rows("pass-at-n"), level),
        Figure::Difficulty => points::difficulty(&rows("problems")),
        Figure::Verifiers => points::verifiers(&rows("verifiers")),
        Figure::Selection => curves::selection(&rows("selection")),
    };
    if figure == Figure::Verifiers {
        super::scores::add(&mut chart, runs);
    }
    turns::share(&mut chart);
    figure.name().clone_into(&mut chart.name);
    figure.title().clone_into(&mut chart.title);
    if chart.lines.iter().filter(|l| l.look != Look::Guide).count() == MOST_LINES {
        let _ = write!(chart.caption, " At most {MOST_LINES} lines are drawn.");
    }
    let shown: Vec<&Table> =
        needs(figure).iter().flat_map(|name| tables.iter().filter(move |t| t.name == *name)).collect();
    let runs: std::collections::BTreeSet<&str> = shown.iter().filter_map(|table| run_of(table)).collect();
    for (table, note) in shown.iter().flat_map(|table| table.notes.iter().map(move |note| (table, note))) {
        let said = match run_of(table) {
            Some(run) if runs.len() > 1 && !note.contains(run) => format!("{run}: {note}"),
            _ => capital(note),
        };
        if !chart.caption.contains(&said) {
            let _ = write!(chart.caption, " {said}.");
        }
    }
    chart
}

/// The run that a table is of, where it has a row.
fn run_of(table: &Table) -> Option<&str> {
    let cells = table.rows.first()?;
    Some(Row { table, cells }.text("run"))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|c| c.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// Rows of the same table of several runs, by column names.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    parts: Vec<&'a Table>,
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    table: &'a Table,
    cells: &'a [Cell],
}

impl<'a> Rows<'a> {
    fn of(tables: &'a [Table], name: &str) -> Self {
        Self { parts: tables.iter().filter(|t| t.name == name).collect() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'a>> + '_ {
        self.parts.iter().flat_map(|table| table.rows.iter().map(|cells| Row { table, cells }))
    }

    /// Whether several runs are in one figure: then names say which.
    pub(super) fn several(&self) -> bool {
        let mut runs = self.iter().map(|r| r.text("run"));
        let first = runs.next();
        runs.any(|r| Some(r) != first)
    }
}

impl<'a> Row<'a> {
    fn cell(self, column: &str) -> Option<&'a Cell> {
        self.cells.get(self.table.column(column)?)
    }

    pub(crate) fn text(self, column: &str) -> &'a str {
        match self.cell(column) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }

    /// Whether a yes-or-no column says yes.
    pub(crate) fn flag(self, column: &str) -> bool {
        matches!(self.cell(column), Some(Cell::Bool(true)))
    }

    pub(crate) fn number(self, column: &str) -> Option<f64> {
        match self.cell(column)? {
            Cell::Int(n) => Some(*n as f64),
            Cell::Float(value) => *value,
            _ => None,
        }
    }

    pub(crate) fn point(self, x: &str, y: &str, low: &str, high: &str) -> Option<Point> {
        Some(Point::new(self.number(x)?, self.number(y)?).within(self.number(low), self.number(high)))
    }
}

/// The rows of a table, of every run that has it.
pub(crate) fn rows<'a>(tables: &'a [Table], name: &str) -> impl Iterator<Item = Row<'a>> + use<'a> {
    let name = name.to_owned();
    tables
        .iter()
        .filter(move |t| t.name == name)
        .flat_map(|table| table.rows.iter().map(move |cells| Row { table, cells }))
}

/// Lines by name, in the order in which the names come.
#[derive(Default)]
struct Lines {
    lines: Vec<(String, String, Line)>,
}

impl Lines {
    /// `run` is empty where there is only one; else colours tell runs apart, and dashes what is shown of each.
    fn add(&mut self, run: &str, what: &str, look: Look, point: Option<Point>) {
        let place = self.lines.iter().position(|(r, w, _)| r == run && w == what).unwrap_or_else(|| {
            let name = match (run, what) {
                ("", what) => what.to_owned(),
                (run, "") => run.to_owned(),
                (run, what) => format!("{run}: {what}"),
            };
            self.lines.push((run.to_owned(), what.to_owned(), Line { name, look, ..Line::default() }));
            self.lines.len() - 1
        });
        self.lines[place].2.points.extend(point);
    }

    fn done(mut self) -> Vec<Line> {
        self.lines.retain(|(_, _, line)| !line.points.is_empty());
        let (mut runs, mut whats): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        let place = |list: &mut Vec<String>, word: String| {
            list.iter().position(|w| *w == word).unwrap_or_else(|| {
                list.push(word);
                list.len() - 1
            })
        };
        let lines = self.lines.into_iter().map(|(run, what, mut line)| {
            let what = place(&mut whats, what);
            (line.colour, line.dash) = if run.is_empty() { (what, 0) } else { (place(&mut runs, run), what) };
            line
        });
        lines.take(MOST_LINES).collect()
    }
}

fn axis(label: &str, scale: Scale, unit: Unit) -> Axis {
    Axis { label: label.to_owned(), scale, unit, ..Axis::default() }
}

/// The run's name, where several are in one figure.
fn named(several: bool, row: Row<'_>) -> &str {
    if several { row.text("run") } else { "" }
}
