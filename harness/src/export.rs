//! Tables as text, one file per format. Undefined is kept apart from 0: empty in CSV, `null` in JSON, `--` elsewhere.

use std::io::{self, Write};
use std::str::FromStr;

use crate::table::{Cell, Table};

mod csv;
mod json;
mod latex;
mod markdown;
mod pages;

pub use self::csv::Csv;
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

/// The text formats.
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
}

/// A format that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("no format `{name}`; formats: csv, json, jsonl, markdown, latex")]
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
            _ => Err(UnknownFormat { name: word.to_owned() }),
        }
    }
}

/// Writes a table in a format.
///
/// # Errors
/// Whatever the target raises.
pub fn write(table: &Table, format: Format, target: &mut impl Write) -> io::Result<()> {
    let exporter: &dyn Exporter = match format {
        Format::Csv => &Csv,
        Format::Json => &Json,
        Format::JsonLines => &JsonLines,
        Format::Markdown => &Markdown,
        Format::Latex => &Latex,
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
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            name: "pass-at-n".into(),
            columns: ["run", "n", "estimate", "censored"].into_iter().map(Into::into).collect(),
            rows: vec![
                vec![Cell::Text("a, \"b\" |_%".into()), Cell::Int(3), Cell::Float(Some(0.1)), Cell::Bool(true)],
                vec![Cell::Text("c".into()), Cell::Int(4), Cell::Float(None), Cell::Empty],
            ],
            notes: vec!["one note".to_owned()],
        }
    }

    fn text(format: &str) -> String {
        let mut out = Vec::new();
        write(&table(), format.parse().unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn undefined_is_not_zero_in_any_format() {
        assert_eq!(text("csv"), "run,n,estimate,censored\n\"a, \"\"b\"\" |_%\",3,0.1,true\nc,4,,\n");
        assert_eq!(
            text("jsonl"),
            "{\"run\":\"a, \\\"b\\\" |_%\",\"n\":3,\"estimate\":0.1,\"censored\":true}\n\
             {\"run\":\"c\",\"n\":4,\"estimate\":null,\"censored\":null}\n"
        );
        let parsed: serde_json::Value = serde_json::from_str(&text("json")).unwrap();
        assert_eq!((parsed[1]["estimate"].is_null(), parsed[0]["n"].as_u64()), (true, Some(3)));
        assert!(text("markdown").contains("| c | 4 | -- | -- |"), "{}", text("markdown"));
        assert!(text("markdown").contains("a, \"b\" \\|_%"));
        assert!(text("latex").contains("a, \"b\" |\\_\\%"), "{}", text("latex"));
        assert!(text("latex").contains("c & 4 & {--} & {--} \\\\"));
        assert!("xlsx".parse::<Format>().is_err());
    }

    #[test]
    fn an_empty_table_is_still_one() {
        let empty = Table { rows: Vec::new(), ..table() };
        let mut out = Vec::new();
        write(&empty, Format::Json, &mut out).unwrap();
        assert_eq!(serde_json::from_slice::<Vec<u8>>(&out).unwrap(), Vec::<u8>::new());
        out.clear();
        write(&empty, Format::Csv, &mut out).unwrap();
        assert_eq!(out, b"run,n,estimate,censored\n");
    }
}
