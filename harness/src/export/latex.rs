//! LaTeX: booktabs rules and siunitx columns, undefined is `{--}`. Needs `\usepackage{booktabs,siunitx}`.

use std::io::{self, Write};

use super::{Exporter, display, numeric};
use crate::table::{Cell, Table};

/// A table environment.
#[derive(Debug, Clone, Copy)]
pub struct Latex;

impl Exporter for Latex {
    fn write(&self, table: &Table, target: &mut dyn Write) -> io::Result<()> {
        let numbers: Vec<bool> = (0..table.columns.len()).map(|c| numeric(table, c)).collect();
        let spec: String = numbers.iter().map(|n| if *n { 'S' } else { 'l' }).collect();
        writeln!(target, "% \\usepackage{{booktabs,siunitx}}")?;
        writeln!(target, "\\begin{{tabular}}{{{spec}}}\n\\toprule")?;
        let heads: Vec<String> = table.columns.iter().zip(&numbers).map(|(c, n)| braced(&escape(c), *n)).collect();
        writeln!(target, "{} \\\\\n\\midrule", heads.join(" & "))?;
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(cell_text).collect();
            writeln!(target, "{} \\\\", cells.join(" & "))?;
        }
        writeln!(target, "\\bottomrule\n\\end{{tabular}}")
    }
}

fn braced(word: &str, yes: bool) -> String {
    if yes { format!("{{{word}}}") } else { word.to_owned() }
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
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
