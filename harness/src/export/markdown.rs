//! Markdown: a pipe table, numbers to the right, undefined is `--`.

use std::io::{self, Write};

use super::interval::{Shown, columns, like, numbers};
use super::{Exporter, Interval, display, numeric};
use crate::table::{Cell, Table};

/// A pipe table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Markdown {
    /// How intervals are shown.
    pub interval: Interval,
}

impl Exporter for Markdown {
    fn write(&self, table: &Table, target: &mut dyn Write) -> io::Result<()> {
        let shown = columns(table, self.interval);
        let heads: Vec<&str> = shown.iter().map(|c| table.columns[c.value].as_ref()).collect();
        writeln!(target, "| {} |", heads.join(" | "))?;
        let rule: Vec<&str> = shown.iter().map(|c| if numeric(table, c.value) { "---:" } else { "---" }).collect();
        writeln!(target, "| {} |", rule.join(" | "))?;
        for row in &table.rows {
            let cells: Vec<String> = shown.iter().map(|c| self.cell(row, *c)).collect();
            writeln!(target, "| {} |", cells.join(" | "))?;
        }
        Ok(())
    }
}

impl Markdown {
    fn cell(self, row: &[Cell], column: Shown) -> String {
        let value = row.get(column.value).unwrap_or(&Cell::Empty);
        match (column.ends.and_then(|ends| numbers(row, column.value, ends)), self.interval) {
            (Some((x, low, high)), Interval::PlusMinus) => {
                format!("{} ± {}", like(value, x), like(value, (high - low) / 2.0))
            }
            (Some((_, low, high)), _) => format!("{} [{}, {}]", display(value), like(value, low), like(value, high)),
            (None, _) => escape(&display(value)),
        }
    }
}

/// A word as it stands between two pipes: no line ends, and nothing that steers a terminal or turns the line around.
fn escape(word: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    word.replace('\\', "\\\\").replace('|', "\\|").replace(steers, " ")
}
