//! LaTeX: booktabs rules and siunitx columns, undefined is `{--}`. Needs `\usepackage{booktabs,siunitx}`.

use std::io::{self, Write};

use super::interval::{Shown, columns, like, numbers};
use super::{Exporter, Interval, display, numeric};
use crate::table::{Cell, Table};

/// A table environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Latex {
    /// How intervals are shown.
    pub interval: Interval,
}

impl Exporter for Latex {
    fn write(&self, table: &Table, target: &mut dyn Write) -> io::Result<()> {
        let shown = columns(table, self.interval);
        let specs: Vec<&str> = shown.iter().map(|column| self.spec(table, *column)).collect();
        let heads = shown.iter().zip(&specs).map(|(column, spec)| {
            let head = escape(&table.columns[column.value]);
            if spec.starts_with('S') { format!("{{{head}}}") } else { head }
        });
        writeln!(target, "% \\usepackage{{booktabs,siunitx}}")?;
        if self.interval == Interval::PlusMinus && shown.iter().any(|c| c.ends.is_some()) {
            writeln!(
                target,
                "% plus or minus half the width of the interval, which need not lie evenly around the estimate"
            )?;
        }
        writeln!(target, "\\begin{{tabular}}{{{}}}\n\\toprule", specs.concat())?;
        writeln!(target, "{} \\\\\n\\midrule", heads.collect::<Vec<_>>().join(" & "))?;
        for row in &table.rows {
            let cells: Vec<String> = shown.iter().map(|column| self.cell(row, *column)).collect();
            writeln!(target, "{} \\\\", cells.join(" & "))?;
        }
        writeln!(target, "\\bottomrule\n\\end{{tabular}}")
    }
}

impl Latex {
    fn spec(self, table: &Table, column: Shown) -> &'static str {
        match (column.ends, self.interval) {
            (Some(_), Interval::PlusMinus) => "S[separate-uncertainty=true]",
            (Some(_), _) => "l",
            (None, _) if numeric(table, column.value) => "S",
            (None, _) => "l",
        }
    }

    fn cell(self, row: &[Cell], column: Shown) -> String {
        let value = row.get(column.value).unwrap_or(&Cell::Empty);
        // a text column has no siunitx of its own
        let num = |word: String| format!("\\num{{{word}}}");
        let in_text = column.ends.is_some() && self.interval == Interval::Brackets;
        match column.ends.and_then(|ends| numbers(row, column.value, ends)) {
            Some((_, low, high)) if in_text => {
                format!("{} [{}, {}]", num(display(value)), num(like(value, low)), num(like(value, high)))
            }
            Some((x, low, high)) => format!("{} \\pm {}", like(value, x), like(value, (high - low) / 2.0)),
            None if in_text && matches!(value, Cell::Int(_) | Cell::Float(Some(_))) => num(display(value)),
            None => cell_text(value),
        }
    }
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Text(word) => escape(word),
        Cell::Float(None) | Cell::Empty => "{--}".to_owned(),
        _ => display(cell),
    }
}

fn escape(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            // at the beginning of a row a bracket would be an argument of the line break before it
            '[' => out.push_str("{[}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
