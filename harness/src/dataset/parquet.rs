//! Parquet files as records.

use std::fs::File;
use std::path::Path;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use verifiers::value::{DictKind, Int, Value};

use super::record::Record;
use super::{DatasetError, Fault};

/// Reads all records; rows are counted from 1.
pub(super) fn read(path: &Path, at: &dyn Fn(usize, Fault) -> DatasetError) -> Result<Vec<Record>, DatasetError> {
    let broken = |row: usize, error: ParquetError| {
        let hint = match &error {
            ParquetError::General(text) if text.contains("feature") || text.contains("Disabled") => {
                "pages may be plain or compressed with snappy, gzip or zstd: write it again with one of these"
            }
            _ => "the file may be cut off: fetch it again",
        };
        at(row, Fault::new(format!("can't read the Parquet file: {error}"), hint))
    };
    let file = File::open(path).map_err(|source| DatasetError::Read { path: path.to_owned(), source })?;
    let reader = SerializedFileReader::new(file).map_err(|error| broken(0, error))?;
    let rows = reader.get_row_iter(None).map_err(|error| broken(0, error))?;
    (1..)
        .zip(rows)
        .map(|(number, row)| {
            let row = row.map_err(|error| broken(number, error))?;
            Ok(Record::new(number, pairs(row)))
        })
        .collect()
}

fn pairs(row: Row) -> Vec<(Value, Value)> {
    row.into_columns().into_iter().map(|(name, field)| (Value::text(name), value(field))).collect()
}

fn value(field: Field) -> Value {
    let int = |n: i64| Value::Int(Int::from(n));
    match field {
        Field::Null => Value::None,
        Field::Bool(yes) => Value::Bool(yes),
        Field::Byte(n) => int(n.into()),
        Field::Short(n) => int(n.into()),
        Field::Int(n) => int(n.into()),
        Field::Long(n) => int(n),
        Field::UByte(n) => int(n.into()),
        Field::UShort(n) => int(n.into()),
        Field::UInt(n) => int(n.into()),
        Field::ULong(n) => Value::Int(Int::from(n)),
        Field::Float16(x) => Value::Float(x.into()),
        Field::Float(x) => Value::Float(x.into()),
        Field::Double(x) => Value::Float(x),
        Field::Str(text) => Value::Str(text),
        // text whose writer did not call it text
        Field::Bytes(bytes) => {
            String::from_utf8(bytes.data().to_vec()).map_or_else(|error| Value::Bytes(error.into_bytes()), Value::Str)
        }
        Field::Group(row) => Value::Dict(DictKind::Plain, pairs(row)),
        Field::ListInternal(list) => Value::List(list.elements().iter().cloned().map(value).collect()),
        Field::MapInternal(map) => {
            let entries = map.entries().iter().cloned().map(|(key, item)| (value(key), value(item)));
            Value::Dict(DictKind::Plain, entries.collect())
        }
        other @ (Field::Decimal(_)
        | Field::Date(_)
        | Field::TimeMillis(_)
        | Field::TimeMicros(_)
        | Field::TimestampMillis(_)
        | Field::TimestampMicros(_)) => Value::text(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
