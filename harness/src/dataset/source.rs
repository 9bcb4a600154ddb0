//! Files as records: JSON lines, JSON, CSV; plain, gzip or zstd. Parquet has a file of its own.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use verifiers::value::{Dialect, DictKind, LiteralError, Value};

use super::record::Record;
use super::{DatasetError, Fault};

/// Compression and kind, by the file's name.
fn kind(path: &Path) -> (Option<&str>, String) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut parts = name.rsplit('.');
    let last = parts.next().unwrap_or_default();
    match last {
        "gz" | "zst" => (Some(last), parts.next().unwrap_or_default().to_lowercase()),
        _ => (None, last.to_lowercase()),
    }
}

/// Reads all records.
pub(super) fn read(path: &Path) -> Result<Vec<Record>, DatasetError> {
    let cannot = |source| DatasetError::Read { path: path.to_owned(), source };
    let at = |line: usize, fault: Fault| DatasetError::Record {
        path: path.to_owned(),
        line,
        problem: fault.problem,
        hint: fault.hint,
    };
    let (compression, kind) = kind(path);
    let file = File::open(path).map_err(cannot)?;
    if kind == "parquet" {
        if compression.is_some() {
            let problem = "a compressed Parquet file".to_owned();
            let hint = "unpack it: Parquet is compressed within".to_owned();
            return Err(DatasetError::Format { path: path.to_owned(), problem, hint });
        }
        return super::parquet::read(path, &at);
    }
    let reader: Box<dyn Read> = match compression {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some(_) => Box::new(zstd::Decoder::new(file).map_err(cannot)?),
        None => Box::new(file),
    };
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    match kind.as_str() {
        "csv" => table(reader, &at),
        "json" => {
            let mut text = String::new();
            reader.read_to_string(&mut text).map_err(cannot)?;
            document(&text, &at)
        }
        _ => {
            let mut records = Vec::new();
            let mut bytes = Vec::new();
            for line in 1.. {
                bytes.clear();
                if reader.read_until(b'\n', &mut bytes).map_err(cannot)? == 0 {
                    break;
                }
                let text = std::str::from_utf8(&bytes).map_err(|error| {
                    at(line, Fault::new(format!("not UTF-8 ({error})"), "the file must be JSON lines in UTF-8"))
                })?;
                let text = text.trim_start_matches('\u{feff}');
                if text.trim().is_empty() {
                    continue;
                }
                if line == 1 && matches!(text.trim(), "[" | "{") {
                    return Err(at(line, Fault::new("a JSON document, not JSON lines", "name the file .json")));
                }
                let value = Value::parse(text, Dialect::Json).map_err(|error| at(line, broken(text, &error)))?;
                records.push(object(line, value).map_err(|fault| at(line, fault))?);
            }
            Ok(records)
        }
    }
}

fn broken(text: &str, error: &LiteralError) -> Fault {
    let from = (0..=error.at.saturating_sub(20)).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let near: String = text[from..].chars().take(40).filter(|c| !c.is_control()).collect();
    let problem = format!("broken JSON: {} at column {} (near {near:?})", error.what, error.at + 1);
    Fault::new(problem, "each line must be one JSON object")
}

fn object(line: usize, value: Value) -> Result<Record, Fault> {
    match value {
        Value::Dict(_, pairs) => Ok(Record::new(line, pairs)),
        other => Err(Fault::new(
            format!("a JSON object is expected, not {}", other.short_repr(60)),
            "each record must be an object with named fields",
        )),
    }
}

/// An array of objects; an object that holds one array of objects; or objects by id.
fn document(text: &str, at: &dyn Fn(usize, Fault) -> DatasetError) -> Result<Vec<Record>, DatasetError> {
    let text = text.trim_start_matches('\u{feff}');
    let value = Value::parse(text, Dialect::Json).map_err(|error| {
        let line = text[..error.at.min(text.len())].matches('\n').count() + 1;
        at(
            line,
            Fault::new(
                format!("broken JSON: {} at byte {}", error.what, error.at),
                "the file must be one JSON document",
            ),
        )
    })?;
    let list = |items: Vec<Value>| {
        let numbered = items.into_iter().enumerate();
        numbered.map(|(i, item)| object(i + 1, item).map_err(|fault| at(i + 1, fault))).collect()
    };
    match value {
        Value::List(items) => list(items),
        Value::Dict(kind, mut pairs) => {
            let is_list = |value: &Value| matches!(value, Value::List(items) if !items.is_empty() && items.iter().all(|item| matches!(item, Value::Dict(..))));
            let mut lists = pairs.iter().enumerate().filter(|(_, (_, value))| is_list(value)).map(|(i, _)| i);
            if let (Some(only), None) = (lists.next(), lists.next())
                && let (_, Value::List(items)) = pairs.swap_remove(only)
            {
                return list(items);
            }
            if !pairs.is_empty() && pairs.iter().all(|(_, value)| matches!(value, Value::Dict(..))) {
                let by_id = pairs.into_iter().enumerate().map(|(i, (id, value))| {
                    let mut record = object(i + 1, value).map_err(|fault| at(i + 1, fault))?;
                    record.default_id(id);
                    Ok(record)
                });
                return by_id.collect();
            }
            object(1, Value::Dict(kind, pairs)).map(|record| vec![record]).map_err(|fault| at(1, fault))
        }
        _ => Err(at(1, Fault::new("no array of objects", "the file must be an array of objects"))),
    }
}

fn table(reader: impl Read, at: &dyn Fn(usize, Fault) -> DatasetError) -> Result<Vec<Record>, DatasetError> {
    let broken = |line: usize, error: &csv::Error| {
        at(line, Fault::new(format!("broken CSV: {error}"), "the first line must name the columns"))
    };
    let mut reader = csv::Reader::from_reader(reader);
    let names = reader.headers().map_err(|error| broken(1, &error))?.clone();
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| {
            let line = error.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
            broken(line, &error)
        })?;
        let line = row.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
        let pairs = names
            .iter()
            .zip(row.iter())
            .map(|(name, cell)| (Value::text(name.trim_start_matches('\u{feff}')), Value::text(cell)));
        let Value::Dict(_, pairs) = Value::Dict(DictKind::Plain, pairs.collect()) else { continue };
        records.push(Record::new(line, pairs));
    }
    Ok(records)
}
