//! CSV: full precision, undefined is empty.

use std::io::{self, Write};

use super::Exporter;
use crate::table::{Cell, Table};

/// RFC 4180 with a header line.
#[derive(Debug, Clone, Copy)]
pub struct Csv;

impl Exporter for Csv {
    fn write(&self, table: &Table, target: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(target);
        writer.write_record(table.columns.iter().map(AsRef::as_ref)).map_err(plain)?;
        for row in &table.rows {
            writer.write_record(row.iter().map(text)).map_err(plain)?;
        }
        writer.flush()
    }
}

/// The target's own error, where it is one: whoever closed a pipe is told nothing.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(word) => word.to_string(),
        Cell::Int(n) => n.to_string(),
        Cell::Float(Some(x)) => x.to_string(),
        Cell::Bool(yes) => yes.to_string(),
        Cell::Float(None) | Cell::Empty => String::new(),
    }
}
