//! A report as text, Markdown or JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Headline, Report, Unit};
use crate::export::{self, Format, display};
use crate::table::{Cell, Table};
use verifiers::counted;

/// Rows of `problems` that a report for people shows; the export has all.
const MANY: usize = 40;

fn number(h: &Headline, x: f64) -> String {
    match h.unit {
        Unit::Share => format!("{:.1}", 100.0 * x),
        Unit::Count => format!("{x:.0}"),
    }
}

fn value(h: &Headline) -> String {
    let Some(x) = h.value else { return "--".to_owned() };
    let mut shown = number(h, x);
    if h.unit == Unit::Share {
        shown.push_str(" %");
    }
    if let Some(i) = h.interval {
        let _ = write!(shown, " ({} to {})", number(h, i.low), number(h, i.high));
    }
    shown
}

/// Label, key and one value per report, in the order of the first report that has it.
fn side_by_side(reports: &[Report]) -> Vec<(String, Vec<Option<&Headline>>)> {
    let mut keys: Vec<&str> = Vec::new();
    for h in reports.iter().flat_map(|r| &r.headlines) {
        if !keys.contains(&h.key.as_str()) {
            keys.push(&h.key);
        }
    }
    keys.into_iter()
        .map(|key| {
            let found: Vec<Option<&Headline>> =
                reports.iter().map(|r| r.headlines.iter().find(|h| h.key == key)).collect();
            let mut labels: Vec<&str> = found.iter().flatten().map(|h| h.label.as_str()).collect();
            labels.dedup();
            (labels.join(" / "), found)
        })
        .collect()
}

/// A table thinned for reading: powers of two and the end of each curve.
#[must_use]
pub fn thin(table: &Table) -> Table {
    let axis = ["n", "k"].into_iter().find_map(|name| table.column(name));
    let series = |row: &[Cell]| row[..axis.unwrap_or(0)].to_vec();
    let mut kept: Vec<Vec<Cell>> = Vec::new();
    for (i, row) in table.rows.iter().enumerate() {
        let keep = match axis.map(|at| &row[at]) {
            Some(Cell::Int(n)) => {
                *n == 0 || n.is_power_of_two() || table.rows.get(i + 1).is_none_or(|next| series(next) != series(row))
            }
            _ => table.name != "problems" || i < MANY,
        };
        if keep {
            kept.push(row.clone());
        }
    }
    let mut notes = table.notes.clone();
    let mut columns = table.columns.clone();
    // twenty columns are as many as a reader can bear
    if let Some(at) = table.column("completeness_low").filter(|_| table.name == "verifiers") {
        columns.truncate(at);
        kept.iter_mut().for_each(|row| row.truncate(at));
        notes.push("`nbest export RUN verifiers` has the intervals of the rates".to_owned());
    }
    if kept.len() < table.rows.len() {
        notes.push(format!("{} of {}; `nbest export` has all", kept.len(), counted(table.rows.len(), "row")));
    }
    Table { name: table.name.clone(), columns, rows: kept, notes }
}

fn plain(out: &mut String, table: &Table) {
    let mut lines: Vec<Vec<String>> = vec![table.columns.iter().map(|c| c.replace('_', " ")).collect()];
    lines.extend(table.rows.iter().map(|r| r.iter().map(display).collect()));
    let widths: Vec<usize> =
        (0..table.columns.len()).map(|c| lines.iter().map(|l| l[c].chars().count()).max().unwrap_or(0)).collect();
    let numeric: Vec<bool> =
        (0..table.columns.len()).map(|c| table.rows.iter().all(|r| !matches!(r[c], Cell::Text(_)))).collect();
    for line in lines {
        let mut text = String::new();
        for ((word, width), right) in line.iter().zip(&widths).zip(&numeric) {
            let pad = " ".repeat(width - word.chars().count());
            let _ = if *right { write!(text, "{pad}{word}  ") } else { write!(text, "{word}{pad}  ") };
        }
        let _ = writeln!(out, "  {}", text.trim_end());
    }
}

fn remark(h: &Headline) -> String {
    if h.remark.is_empty() { String::new() } else { format!("  [{}]", h.remark) }
}

/// Plain text for a terminal; several reports open side by side.
#[must_use]
pub fn text(reports: &[Report]) -> String {
    let mut out = String::new();
    let names: Vec<&str> = reports.iter().map(|r| r.run.as_str()).collect();
    let confidence = reports.first().map_or(0.95, |r| r.confidence);
    let _ = writeln!(out, "{}  ({:.0} % intervals over problems)\n", names.join(" | "), 100.0 * confidence);
    let rows = side_by_side(reports);
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    for (label, found) in &rows {
        let values: Vec<String> =
            found.iter().map(|h| h.map_or_else(|| "--".to_owned(), |h| format!("{}{}", value(h), remark(h)))).collect();
        let pad = " ".repeat(width - label.chars().count());
        let _ = writeln!(out, "  {label}{pad}  {}", values.join("  |  "));
    }
    for report in reports {
        let of = if reports.len() > 1 { format!("{}: ", report.run) } else { String::new() };
        if let Some(e) = &report.extrapolation {
            let _ = writeln!(out, "\n  {of}{}", e.line());
        }
        if !report.warnings.is_empty() {
            let _ = writeln!(out, "\n{of}do not trust blindly");
            for w in &report.warnings {
                let _ = writeln!(out, "  ! {w}");
            }
        }
        for table in report.groups.iter().chain(&report.tables) {
            let thinned = thin(table);
            let _ = writeln!(out, "\n{of}{}", table.name);
            plain(&mut out, &thinned);
            for note in &thinned.notes {
                let _ = writeln!(out, "  note: {note}");
            }
        }
    }
    out
}

/// Markdown with the same content.
#[must_use]
pub fn markdown(reports: &[Report]) -> String {
    let mut out = String::new();
    let names: Vec<&str> = reports.iter().map(|r| r.run.as_str()).collect();
    let confidence = reports.first().map_or(0.95, |r| r.confidence);
    let _ = writeln!(out, "# {}\n\nIntervals: {:.0} %, over problems.\n", names.join(", "), 100.0 * confidence);
    let _ = writeln!(out, "| | {} |\n|---{}|", names.join(" | "), "|---:".repeat(names.len()));
    for (label, found) in side_by_side(reports) {
        let values: Vec<String> =
            found.iter().map(|h| h.map_or_else(|| "--".to_owned(), |h| format!("{}{}", value(h), remark(h)))).collect();
        let _ = writeln!(
            out,
            "| {} | {} |",
            label.replace('|', "\\|"),
            values.join(" | ").replace("P(wrong |", "P(wrong \\|")
        );
    }
    for report in reports {
        let of = if reports.len() > 1 { format!("{}: ", report.run) } else { String::new() };
        if let Some(e) = &report.extrapolation {
            let _ = writeln!(out, "\n{of}{}", e.line());
        }
        if !report.warnings.is_empty() {
            let _ = writeln!(out, "\n## {of}Do not trust blindly\n");
            for w in &report.warnings {
                let _ = writeln!(out, "- {w}");
            }
        }
        for table in report.groups.iter().chain(&report.tables) {
            let thinned = thin(table);
            let mut bytes = Vec::new();
            // writing to memory cannot fail
            let _ = export::write(&thinned, Format::Markdown, &mut bytes);
            let _ = writeln!(out, "\n## {of}{}\n\n{}", table.name, String::from_utf8_lossy(&bytes).trim_end());
            for note in &thinned.notes {
                let _ = writeln!(out, "\nNote: {note}.");
            }
        }
    }
    out
}

/// JSON: one object a run, every row of every table.
#[must_use]
pub fn json(reports: &[Report]) -> Value {
    let interval = |i: Option<crate::stats::Interval>| i.map(|i| json!([i.low, i.high]));
    let one = |r: &Report| {
        let headlines: Vec<Value> = r
            .headlines
            .iter()
            .map(|h| {
                json!({
                    "key": h.key,
                    "label": h.label,
                    "value": h.value,
                    "interval": interval(h.interval),
                    "remark": h.remark,
                })
            })
            .collect();
        let tables: serde_json::Map<String, Value> = r
            .groups
            .iter()
            .chain(&r.tables)
            .map(|t| (t.name.to_string(), json!({ "rows": t, "notes": t.notes })))
            .collect();
        json!({
            "run": r.run,
            "confidence": r.confidence,
            "headlines": headlines,
            "warnings": r.warnings,
            "extrapolation": r.extrapolation.as_ref().map(|e| json!({
                "prediction": true,
                "verifier": e.verifier,
                "samples": e.samples,
                "observed": e.observed,
                "coverage": e.coverage,
                "interval": interval(e.interval),
                "refused": e.refused,
            })),
            "tables": tables,
        })
    };
    Value::Array(reports.iter().map(one).collect())
}
