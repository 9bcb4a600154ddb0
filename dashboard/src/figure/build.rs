//! From the tables of runs to charts. Nothing is computed here that a table does not say.

use std::fmt::Write as _;

use harness::analysis::RunData;
use harness::table::{Cell, Table};

use super::Figure;
use crate::chart::{Axis, Chart, Line, Look, Mark, Point, Scale, Unit};

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
    let rows = |name: &str| Rows::of(tables, name);
    let mut chart = match figure {
        Figure::PassAtN => pass_at_n(&rows("pass-at-n")),
        Figure::Resampling => resampling(&rows("resampling")),
        Figure::Reward => reward(&rows("reward")),
        Figure::FalsePositives => false_positives(&rows("false-positives")),
        Figure::ConditionalAccuracy => super::conditional::chart(&rows("verifiers"), &rows("pass-at-n")),
        Figure::Difficulty => difficulty(&rows("problems")),
        Figure::Verifiers => verifiers(&rows("verifiers")),
        Figure::Selection => selection(&rows("selection")),
    };
    if figure == Figure::Verifiers {
        super::scores::add(&mut chart, runs);
    }
    figure.name().clone_into(&mut chart.name);
    figure.title().clone_into(&mut chart.title);
    if chart.lines.iter().filter(|l| l.look != Look::Guide).count() == MOST_LINES {
        let _ = write!(chart.caption, " At most {MOST_LINES} lines are drawn.");
    }
    for note in
        needs(figure).iter().flat_map(|name| tables.iter().filter(move |t| t.name == *name)).flat_map(|t| &t.notes)
    {
        if !chart.caption.contains(note.as_str()) {
            let _ = write!(chart.caption, " {}.", capital(note));
        }
    }
    chart
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
    fn several(&self) -> bool {
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
    Axis { label: label.to_owned(), scale, unit, range: None }
}

/// The run's name, where several are in one figure.
fn named(several: bool, row: Row<'_>) -> &str {
    if several { row.text("run") } else { "" }
}

fn pass_at_n(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut lines = Lines::default();
    let mut problems = None;
    for row in rows.iter() {
        lines.add(
            named(several, row),
            row.text("verifier"),
            Look::Curve,
            row.point("n", "estimate", "ci_low", "ci_high"),
        );
        problems = problems.or(row.number("problems"));
    }
    let lines = lines.done();
    let most = lines.iter().filter_map(|l| l.points.last()).map(|p| p.x).fold(0.0, f64::max);
    let over = problems.filter(|_| !several).map(|p| format!(" over {p:.0} problems")).unwrap_or_default();
    Chart {
        x: axis("N", Scale::Log, Unit::Plain),
        y: axis("pass@N", Scale::Linear, Unit::Percent),
        lines,
        caption: format!(
            "pass@N by each verifier: macro mean{over} of the unbiased estimator 1 - C(n-c, N)/C(n, N), N from 1 to {most:.0}; bands are percentile bootstrap intervals over problems."
        ),
        ..Chart::default()
    }
}

fn resampling(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut lines = Lines::default();
    for row in rows.iter() {
        let (run, selector) = (named(several, row), row.text("selector"));
        let mut add = |column: &str, word: &str, band: bool| {
            let point = if band {
                row.point("k", column, "correct_low", "correct_high")
            } else {
                row.number("k").zip(row.number(column)).map(|(x, y)| Point::new(x, y))
            };
            lines.add(run, word, Look::Curve, point);
        };
        add("coverage", "coverage", false);
        add("correct", &format!("right, {selector}"), true);
        add("false_positive", &format!("wrong, {selector}"), false);
    }
    Chart {
        x: axis("K", Scale::Log, Unit::Plain),
        y: axis("problems", Scale::Linear, Unit::Percent),
        lines: lines.done(),
        caption: "Drawing up to K samples and submitting the first that the selector accepts: the share of problems where a right one is among the K (coverage), where the submitted one is right, and where it is wrong; closed-form means over all orders of the samples. The band is a percentile bootstrap interval over problems.".to_owned(),
        ..Chart::default()
    }
}

fn reward(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    // several runs at one cost; one run at every cost
    let costs = || rows.iter().filter_map(|r| r.number("cost"));
    let two = costs().find(|c| (c - 2.0).abs() < 1e-9).or_else(|| costs().max_by(f64::total_cmp)).filter(|_| several);
    let mut lines = Lines::default();
    let mut best: Vec<(String, String, f64, bool)> = Vec::new();
    for row in rows.iter() {
        let cost = row.number("cost").unwrap_or(0.0);
        if two.is_some_and(|two| (two - cost).abs() > 1e-9) {
            continue;
        }
        let optimum = row.number("optimal_k").map(|k| (k, row.flag("censored")));
        let words = match optimum {
            Some((k, true)) => format!("cost {cost}, K = {k:.0} or more"),
            Some((k, false)) => format!("cost {cost}, K = {k:.0}"),
            None => format!("cost {cost}"),
        };
        let run = named(several, row);
        if let Some((k, censored)) = optimum
            && !best.iter().any(|b| b.0 == run && b.1 == words)
        {
            best.push((run.to_owned(), words.clone(), k, censored));
        }
        lines.add(run, &words, Look::Curve, row.point("k", "reward", "ci_low", "ci_high"));
    }
    let mut lines = lines.done();
    if several {
        // the optimum is part of the name, so every line would have dashes of its own
        for line in &mut lines {
            line.dash = 0;
        }
    }
    let marks = best.into_iter().filter_map(|(run, words, k, censored)| {
        let line = lines.iter().find(|l| l.name.ends_with(&words) && l.name.starts_with(&run))?;
        let y = line.points.iter().find(|p| (p.x - k).abs() < 0.5)?.y;
        let text = format!("K = {k:.0}{}", if censored { " or more" } else { "" });
        Some(Mark { x: k, y, text, colour: line.colour })
    });
    let marks = marks.collect();
    let single = two.map(|cost| format!(" Cost {cost} for every run.")).unwrap_or_default();
    Chart {
        x: axis("K", Scale::Log, Unit::Plain),
        y: axis("reward", Scale::Linear, Unit::Plain),
        lines,
        marks,
        caption: format!(
            "Mean reward per problem of submitting the first accepted of K samples: 1 for a right answer, minus the cost for a wrong one, 0 for none. The point marks the best K of each cost; \"or more\" where the best is the last K that was sampled.{single} Bands are percentile bootstrap intervals over problems."
        ),
        ..Chart::default()
    }
}

fn false_positives(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut lines = Lines::default();
    let mut effective: Vec<String> = Vec::new();
    for row in rows.iter() {
        let (Some(low), Some(high)) = (row.number("attempt_low"), row.number("attempt_high")) else { continue };
        let middle = (low.max(0.5) * high.max(0.5)).sqrt();
        let point =
            row.number("rate").map(|y| Point::new(middle, y).within(row.number("ci_low"), row.number("ci_high")));
        lines.add(named(several, row), row.text("selector"), Look::Points, point);
        if let (false, Some(n)) = (several, row.number("effective_problems")) {
            effective.push(format!("{n:.0}"));
        }
    }
    let counts =
        if effective.is_empty() { String::new() } else { format!(" Effective problems: {}.", effective.join(", ")) };
    Chart {
        x: axis("attempt", Scale::Log, Unit::Plain),
        y: axis("P(wrong | first accepted here)", Scale::Linear, Unit::Percent),
        lines: lines.done(),
        caption: format!(
            "How often the first accepted answer is wrong, by the attempt that gave it, in powers of two; whiskers are intervals over problems.{counts}"
        ),
        ..Chart::default()
    }
}

fn difficulty(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut runs = Vec::<(String, Vec<_>)>::new();
    for row in rows.iter() {
        let Some(pass) = row.number("pass_at_1") else { continue };
        let run = row.text("run").to_owned();
        let place = runs.iter().position(|r| r.0 == run).unwrap_or_else(|| {
            runs.push((run, Vec::new()));
            runs.len() - 1
        });
        runs[place].1.push((pass, row.number("conditional_accuracy")));
    }
    let mut lines = Vec::new();
    for (run, mut problems) in runs {
        problems.sort_by(|a, b| a.0.total_cmp(&b.0));
        let last = (problems.len().max(2) - 1) as f64;
        let at = |i: usize| i as f64 / last;
        let pass: Vec<Point> = problems.iter().enumerate().map(|(i, p)| Point::new(at(i), p.0)).collect();
        let given: Vec<Point> =
            problems.iter().enumerate().filter_map(|(i, p)| p.1.map(|y| Point::new(at(i), y))).collect();
        let colour = lines.len();
        let name = if several { run } else { "pass@1".to_owned() };
        lines.push(Line { name, colour, look: Look::Curve, points: pass, ..Line::default() });
        if !several && !given.is_empty() {
            let name = "right given accepted".to_owned();
            lines.push(Line { name, colour: colour + 1, look: Look::Points, points: given, ..Line::default() });
        }
    }
    Chart {
        x: axis("problems, hardest first", Scale::Linear, Unit::Percent),
        y: axis("share of samples", Scale::Linear, Unit::Percent),
        lines,
        caption: "Each problem's share of right samples, hardest first; points are the share of right ones among the accepted, where any was accepted.".to_owned(),
        ..Chart::default()
    }
}

/// One point a verifier in the ROC plane, for verifiers that say yes or no.
fn verifiers(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut lines = Lines::default();
    for row in rows.iter().filter(|r| r.text("verifier") != r.text("oracle")) {
        let point = row.number("false_positive_rate").zip(row.number("completeness")).map(|(x, y)| Point::new(x, y));
        lines.add(named(several, row), row.text("verifier"), Look::Points, point);
    }
    let mut lines = lines.done();
    if !lines.is_empty() {
        lines.push(diagonal());
    }
    Chart {
        x: Axis { range: Some((0.0, 1.0)), ..axis("P(accepted | wrong)", Scale::Linear, Unit::Percent) },
        y: Axis { range: Some((0.0, 1.0)), ..axis("P(accepted | right)", Scale::Linear, Unit::Percent) },
        lines,
        caption: "Each verifier against the oracle: completeness over the false positive rate, all samples pooled. A verifier that guesses lies on the diagonal.".to_owned(),
        ..Chart::default()
    }
}

pub(super) fn diagonal() -> Line {
    let points = vec![Point::new(0.0, 0.0), Point::new(1.0, 1.0)];
    Line { colour: 6, look: Look::Guide, points, ..Line::default() }
}

fn selection(rows: &Rows<'_>) -> Chart {
    let several = rows.several();
    let mut lines = Lines::default();
    for row in rows.iter() {
        lines.add(
            named(several, row),
            row.text("method"),
            Look::Curve,
            row.point("n", "estimate", "ci_low", "ci_high"),
        );
    }
    Chart {
        x: axis("N", Scale::Log, Unit::Plain),
        y: axis("right", Scale::Linear, Unit::Percent),
        lines: lines.done(),
        caption: "The share of problems whose chosen sample is right, by how the choice among N samples is made; `oracle` is the ceiling, `random` the floor. Bands are percentile bootstrap intervals over problems.".to_owned(),
        ..Chart::default()
    }
}
