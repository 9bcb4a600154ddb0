//! A table that comes in pages.

use std::io::{self, Write};

use super::{Format, write};
use crate::table::Table;

/// Writes pages of one table as one file.
pub struct RowWriter<'a, W: Write> {
    format: Format,
    target: &'a mut W,
    pages: usize,
    rows: usize,
}

impl<'a, W: Write> RowWriter<'a, W> {
    /// Pages go to `target`.
    pub fn new(format: Format, target: &'a mut W) -> Self {
        Self { format, target, pages: 0, rows: 0 }
    }

    /// Adds a page.
    ///
    /// # Errors
    /// Whatever the target raises.
    pub fn write(&mut self, page: &Table) -> io::Result<()> {
        let first = self.pages == 0;
        self.pages += 1;
        match self.format {
            Format::JsonLines => write(page, self.format, self.target)?,
            Format::Json => {
                for row in &page.rows {
                    let one = Table {
                        rows: vec![row.clone()],
                        ..Table { columns: page.columns.clone(), ..Table::default() }
                    };
                    self.target.write_all(if self.rows == 0 { b"[\n" } else { b",\n" })?;
                    let mut line = Vec::new();
                    write(&one, Format::JsonLines, &mut line)?;
                    self.target.write_all(line.trim_ascii_end())?;
                    self.rows += 1;
                }
            }
            // their head is a part of the whole: a page after the first leaves it out
            Format::Csv | Format::Markdown | Format::Latex => {
                let mut text = Vec::new();
                write(page, self.format, &mut text)?;
                let skip = if first { 0 } else { self.head_lines() };
                let body = text.split_inclusive(|b| *b == b'\n').skip(skip);
                for line in body {
                    self.target.write_all(line)?;
                }
            }
        }
        Ok(())
    }

    fn head_lines(&self) -> usize {
        match self.format {
            Format::Markdown => 2,
            _ => 1,
        }
    }

    /// Ends the table.
    ///
    /// # Errors
    /// Whatever the target raises.
    pub fn finish(self) -> io::Result<()> {
        if self.format == Format::Json {
            self.target.write_all(if self.rows == 0 { b"[]\n" } else { b"\n]\n" })?;
        }
        Ok(())
    }
}
