//! A table that comes in pages.

use std::io::{self, Write};

use super::{Format, parquet, write};
use crate::table::Table;

/// Writes pages of one table as one file.
pub struct RowWriter<'a, W: Write> {
    format: Format,
    target: &'a mut W,
    pages: usize,
    rows: u64,
    parquet: parquet::Pages,
}

impl<'a, W: Write> RowWriter<'a, W> {
    /// Pages go to `target`.
    pub fn new(format: Format, target: &'a mut W) -> Self {
        Self { format, target, pages: 0, rows: 0, parquet: parquet::Pages::default() }
    }

    /// Adds a page.
    ///
    /// # Errors
    /// Whatever the target raises.
    pub fn write(&mut self, page: &Table) -> io::Result<()> {
        match self.format {
            Format::JsonLines => write(page, self.format, self.target)?,
            Format::Json => {
                let mut lines = Vec::new();
                write(page, Format::JsonLines, &mut lines)?;
                for (place, line) in lines.split_inclusive(|b| *b == b'\n').enumerate() {
                    self.target.write_all(if self.rows == 0 && place == 0 { b"[\n" } else { b",\n" })?;
                    self.target.write_all(line.trim_ascii_end())?;
                }
            }
            Format::Parquet => self.parquet.add(page, self.target)?,
            // their head and foot are parts of the whole: only the first page brings the head, and the end the foot
            Format::Csv | Format::Markdown | Format::Latex => {
                let mut text = Vec::new();
                write(page, self.format, &mut text)?;
                let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
                let (head, foot) = self.frame();
                let skip = if self.pages == 0 { 0 } else { head };
                for line in &lines[skip..lines.len() - foot] {
                    self.target.write_all(line)?;
                }
            }
        }
        self.pages += 1;
        self.rows += page.rows.len() as u64;
        Ok(())
    }

    /// Lines above and below the rows.
    fn frame(&self) -> (usize, usize) {
        match self.format {
            Format::Markdown => (2, 0),
            Format::Latex => (5, 2),
            _ => (1, 0),
        }
    }

    /// Ends the table; gives its number of rows.
    ///
    /// # Errors
    /// Whatever the target raises.
    pub fn finish(self) -> io::Result<u64> {
        match self.format {
            Format::Json => self.target.write_all(if self.rows == 0 { b"[]\n" } else { b"\n]\n" })?,
            Format::Latex if self.pages > 0 => self.target.write_all(b"\\bottomrule\n\\end{tabular}\n")?,
            Format::Parquet => self.parquet.finish(self.target)?,
            _ => {}
        }
        Ok(self.rows)
    }
}
