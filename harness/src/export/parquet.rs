//! Parquet: one typed column a column, undefined is null. Text is UTF-8, counts are 64 bit, pages are compressed with zstd.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::Exporter;
use crate::rows;
use crate::table::{Cell, Table};

/// Rows of a row group, at most, and text that it may hold.
const GROUP_ROWS: usize = 1 << 16;
const GROUP_BYTES: usize = 32 << 20;

/// Columns that hold words, where no row says so.
const WORDS: [&str; 21] = [
    "run",
    "problem",
    "verifier",
    "selector",
    "oracle",
    "method",
    "group",
    "groups",
    "outcome",
    "finish_reason",
    "completion",
    "reasoning",
    "error",
    "status",
    "detail",
    "sandbox",
    "form",
    "answer",
    "token_logprobs",
    "role",
    "steps",
];
/// Columns that hold counts, where no row says so.
const COUNTS: [&str; 6] =
    ["sample_index", "prompt_tokens", "completion_tokens", "seed", "duplicate_of", "effective_problems"];
/// Columns of `samples` and `verdicts` that hold yes or no.
const FLAGS: [&str; 3] = ["usage_apportioned", "weak", "flaky"];

/// One Parquet file.
#[derive(Debug, Clone, Copy)]
pub struct Parquet;

impl Exporter for Parquet {
    fn write(&self, table: &Table, target: &mut dyn Write) -> io::Result<()> {
        let mut pages = Pages::default();
        pages.add(table, target)?;
        pages.finish(target)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Int,
    Float,
    Bool,
}

/// What a column holds: a file's columns must not depend on which rows it happens to have, so pages go by name alone.
fn kind(table: &Table, column: usize) -> Kind {
    let name = table.columns[column].as_ref();
    let paged = [rows::SAMPLES, rows::VERDICTS].contains(&table.name.as_ref());
    let seen = table.rows.iter().filter(|_| !paged).find_map(|row| match row.get(column)? {
        Cell::Text(_) => Some(Kind::Text),
        Cell::Int(_) => Some(Kind::Int),
        Cell::Float(_) => Some(Kind::Float),
        Cell::Bool(_) => Some(Kind::Bool),
        Cell::Empty => None,
    });
    seen.unwrap_or_else(|| match name {
        name if WORDS.contains(&name) => Kind::Text,
        name if COUNTS.contains(&name) => Kind::Int,
        name if paged && FLAGS.contains(&name) => Kind::Bool,
        _ => Kind::Float,
    })
}

/// A file that comes in pages of one table.
#[derive(Default)]
pub(super) struct Pages {
    open: Option<(SerializedFileWriter<Vec<u8>>, Vec<Kind>)>,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    bytes: usize,
}

impl Pages {
    pub(super) fn add(&mut self, page: &Table, target: &mut dyn Write) -> io::Result<()> {
        if self.open.is_none() {
            let kinds: Vec<Kind> = (0..page.columns.len()).map(|c| kind(page, c)).collect();
            self.columns = page.columns.iter().map(ToString::to_string).collect();
            let compression = Compression::ZSTD(ZstdLevel::default());
            let properties = WriterProperties::builder()
                .set_compression(compression)
                .set_created_by(format!("nbest {}", env!("CARGO_PKG_VERSION")))
                .build();
            let schema = schema(page, &kinds).map_err(of)?;
            let writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).map_err(of)?;
            self.open = Some((writer, kinds));
        }
        for row in &page.rows {
            self.bytes += row.iter().map(|c| if let Cell::Text(text) = c { text.len() } else { 8 }).sum::<usize>();
            self.rows.push(row.clone());
            if self.rows.len() >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
                self.group(target)?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, target: &mut dyn Write) -> io::Result<()> {
        if !self.rows.is_empty() {
            self.group(target)?;
        }
        let Some((mut writer, _)) = self.open else { return Ok(()) };
        writer.finish().map_err(of)?;
        target.write_all(writer.inner())
    }

    /// Writes what is held as one row group, and hands the bytes on.
    fn group(&mut self, target: &mut dyn Write) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let Some((writer, kinds)) = &mut self.open else { return Ok(()) };
        let mut group = writer.next_row_group().map_err(of)?;
        for (place, kind) in kinds.iter().enumerate() {
            let cells = rows.iter().map(|row| row.get(place).unwrap_or(&Cell::Empty));
            let wrong = match kind {
                Kind::Text => column::<ByteArrayType>(&mut group, cells, |c| match c {
                    Cell::Text(text) => Some(ByteArray::from(text.as_bytes().to_vec())),
                    _ => None,
                }),
                Kind::Int => column::<Int64Type>(&mut group, cells, |c| match c {
                    Cell::Int(n) => i64::try_from(*n).ok(),
                    _ => None,
                }),
                Kind::Float => column::<DoubleType>(&mut group, cells, |c| match c {
                    Cell::Float(x) => *x,
                    Cell::Int(n) => Some(*n as f64),
                    _ => None,
                }),
                Kind::Bool => column::<BoolType>(&mut group, cells, |c| match c {
                    Cell::Bool(yes) => Some(*yes),
                    _ => None,
                }),
            };
            if let Some(cell) = wrong.map_err(of)? {
                let problem = format!("column {} holds {kind:?}, but a row has {cell:?}", self.columns[place]);
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
        }
        group.close().map_err(of)?;
        // the writer counts for itself where it is: what it has written may leave
        target.write_all(&std::mem::take(writer.inner_mut()))
    }
}

/// Writes a column; gives a cell that is not of its kind, if there is one.
fn column<'a, T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    cells: impl Iterator<Item = &'a Cell>,
    value: impl Fn(&Cell) -> Option<T::T>,
) -> Result<Option<&'a Cell>, ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        let found = value(cell);
        if found.is_none() && !matches!(cell, Cell::Empty | Cell::Float(None)) {
            return Ok(Some(cell));
        }
        levels.push(i16::from(found.is_some()));
        values.extend(found);
    }
    let mut writer = group.next_column()?.ok_or_else(|| ParquetError::General("a column too many".to_owned()))?;
    writer.typed::<T>().write_batch(&values, Some(&levels), None)?;
    writer.close()?;
    Ok(None)
}

fn schema(table: &Table, kinds: &[Kind]) -> Result<TypePtr, ParquetError> {
    let fields = table.columns.iter().zip(kinds).map(|(name, kind)| {
        let physical = match kind {
            Kind::Text => Physical::BYTE_ARRAY,
            Kind::Int => Physical::INT64,
            Kind::Float => Physical::DOUBLE,
            Kind::Bool => Physical::BOOLEAN,
        };
        let mut field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        if *kind == Kind::Text {
            field = field.with_logical_type(Some(LogicalType::String)).with_converted_type(ConvertedType::UTF8);
        }
        field.build().map(Arc::new)
    });
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

fn of(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => io::Error::other(source),
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::*;

    fn read(bytes: Vec<u8>) -> Vec<Vec<(String, Field)>> {
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()).collect()
    }

    fn page(name: &'static str, columns: &[&'static str], rows: Vec<Vec<Cell>>) -> Table {
        let columns = columns.iter().map(|c| (*c).into()).collect();
        Table { name: name.into(), columns, rows, notes: Vec::new() }
    }

    #[test]
    fn values_come_back_typed_and_undefined_is_null() {
        let rows = vec![
            vec![Cell::Text("ä".into()), Cell::Int(3), Cell::Float(Some(0.1)), Cell::Bool(true)],
            vec![Cell::Text("".into()), Cell::Empty, Cell::Float(None), Cell::Empty],
        ];
        let mut out = Vec::new();
        Parquet.write(&page("reward", &["run", "k", "reward", "censored"], rows), &mut out).unwrap();
        let read = read(out);
        let values = |row: usize| read[row].iter().map(|(_, field)| field.clone()).collect::<Vec<_>>();
        assert_eq!(values(0), [Field::Str("ä".to_owned()), Field::Long(3), Field::Double(0.1), Field::Bool(true)]);
        assert_eq!(values(1), [Field::Str(String::new()), Field::Null, Field::Null, Field::Null]);
        assert_eq!(
            read[0].iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["run", "k", "reward", "censored"]
        );
    }

    #[test]
    fn pages_of_any_size_are_one_file_whose_columns_do_not_depend_on_the_first() {
        let columns = ["run", "sample_index", "duplicate_of", "completion", "error"];
        let row = |i: u64, duplicate: Cell, error: Cell| {
            vec![Cell::Text("r".into()), Cell::Int(i), duplicate, Cell::Text("x".repeat(100_000).into()), error]
        };
        let (mut pages, mut out) = (Pages::default(), Vec::new());
        for i in 0..900 {
            let late = i > 600;
            let duplicate = if late { Cell::Int(i - 1) } else { Cell::Empty };
            let error = if late { Cell::Text("late".into()) } else { Cell::Empty };
            pages.add(&page("samples", &columns, vec![row(i, duplicate, error)]), &mut out).unwrap();
        }
        assert!(!out.is_empty(), "groups leave before the end");
        pages.finish(&mut out).unwrap();
        let read = read(out);
        assert_eq!(read.len(), 900);
        assert_eq!((&read[0][2].1, &read[899][2].1), (&Field::Null, &Field::Long(898)));
        assert_eq!((&read[0][4].1, &read[899][4].1), (&Field::Null, &Field::Str("late".to_owned())));
    }

    #[test]
    fn a_cell_of_another_kind_is_an_error_and_no_rows_are_a_file() {
        let wrong = page("samples", &["run", "sample_index"], vec![vec![Cell::Int(1), Cell::Int(2)]]);
        let error = Parquet.write(&wrong, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("column run holds Text"), "{error}");
        let mut out = Vec::new();
        Parquet.write(&page("reward", &["run", "k"], Vec::new()), &mut out).unwrap();
        assert!(read(out).is_empty());
    }
}
