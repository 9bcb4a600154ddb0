//! Markdown: a pipe table, numbers to the right, undefined is `--`.

use std::io::{self, Write};

use super::{Exporter, display, numeric};
use crate::table::Table;

/// A pipe table.
#[derive(Debug, Clone, Copy)]
pub struct Markdown;

impl Exporter for Markdown {
    fn write(&self, table: &Table, target: &mut dyn Write) -> io::Result<()> {
        writeln!(target, "| {} |", table.columns.join(" | "))?;
        let rule: Vec<&str> =
            (0..table.columns.len()).map(|c| if numeric(table, c) { "---:" } else { "---" }).collect();
        writeln!(target, "| {} |", rule.join(" | "))?;
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|c| escape(&display(c))).collect();
            writeln!(target, "| {} |", cells.join(" | "))?;
        }
        Ok(())
    }
}

fn escape(word: &str) -> String {
    word.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ")
}
