//! Tables as text or Parquet, one file per format. Undefined is kept apart from 0: empty in CSV, `null` in JSON, `--` elsewhere.

use std::io::{self, Write};
use std::str::FromStr;

use crate::table::{Cell, Table};

mod bundle;
mod csv;
mod interval;
mod json;
mod latex;
mod markdown;
mod pages;
mod parquet;

pub use self::csv::Csv;
pub use self::parquet::Parquet;
pub use bundle::{BundleError, Manifest, bundle};
pub use interval::{Interval, UnknownInterval};
pub use json::{Json, JsonLines};
pub use latex::Latex;
pub use markdown::Markdown;
pub use pages::RowWriter;

/// A way to write a table.
pub trait Exporter {
    /// Writes the whole table.
    ///
    /// # Errors
    /// Whatever the target raises.
    fn write(&self, table: &Table, target: &mut dyn Write) -> io::Result<()>;
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, with a header.
    Csv,
    /// One array of objects.
    Json,
    /// One object a line.
    JsonLines,
    /// A pipe table.
    Markdown,
    /// A booktabs table with siunitx columns.
    Latex,
    /// Typed columns, compressed.
    Parquet,
}

impl Format {
    /// The ending of its files.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Markdown => "md",
            Self::Latex => "tex",
            Self::Parquet => "parquet",
        }
    }
}

/// A format that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("no format `{name}`; formats: csv, json, jsonl, markdown, latex, parquet")]
pub struct UnknownFormat {
    /// The word given.
    pub name: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        match word {
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            "jsonl" => Ok(Self::JsonLines),
            "markdown" | "md" => Ok(Self::Markdown),
            "latex" | "tex" => Ok(Self::Latex),
            "parquet" => Ok(Self::Parquet),
            _ => Err(UnknownFormat { name: word.to_owned() }),
        }
    }
}

/// Writes a table in a format.
///
/// # Errors
/// Whatever the target raises.
pub fn write(table: &Table, format: Format, target: &mut impl Write) -> io::Result<()> {
    write_with(table, format, Interval::default(), target)
}

/// The same, with another way to show intervals; only LaTeX and Markdown have a choice.
///
/// # Errors
/// Whatever the target raises.
pub fn write_with(table: &Table, format: Format, interval: Interval, target: &mut impl Write) -> io::Result<()> {
    let exporter: &dyn Exporter = match format {
        Format::Csv => &Csv,
        Format::Json => &Json,
        Format::JsonLines => &JsonLines,
        Format::Markdown => &Markdown { interval },
        Format::Latex => &Latex { interval },
        Format::Parquet => &Parquet,
    };
    exporter.write(table, target)
}

/// A cell for people: three or four digits, `--` where undefined.
#[must_use]
pub fn display(cell: &Cell) -> String {
    match cell {
        Cell::Text(word) => word.to_string(),
        Cell::Int(n) => n.to_string(),
        Cell::Float(Some(x)) => short(*x),
        Cell::Bool(yes) => yes.to_string(),
        Cell::Float(None) | Cell::Empty => "--".to_owned(),
    }
}

/// Four decimals below 10, fewer above; tiny numbers keep their exponent.
fn short(x: f64) -> String {
    let size = x.abs();
    if size > 0.0 && size < 0.0001 {
        return format!("{x:.1e}");
    }
    match size {
        s if s < 10.0 => format!("{x:.4}"),
        s if s < 1000.0 => format!("{x:.2}"),
        _ => format!("{x:.0}"),
    }
}

fn is_number(cell: &Cell) -> bool {
    matches!(cell, Cell::Int(_) | Cell::Float(_) | Cell::Empty)
}

/// Whether a column holds numbers only, and so is aligned to the right.
fn numeric(table: &Table, column: usize) -> bool {
    !table.rows.is_empty() && table.rows.iter().all(|row| row.get(column).is_none_or(is_number))
}

#[cfg(test)]
mod tests;
