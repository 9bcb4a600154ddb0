//! JSON: an array of objects, or one object a line; full precision, undefined is `null`.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::Exporter;
use crate::table::{Cell, Table};

/// One array of objects.
#[derive(Debug, Clone, Copy)]
pub struct Json;

/// One object a line.
#[derive(Debug, Clone, Copy)]
pub struct JsonLines;

impl Exporter for Json {
    fn write(&self, table: &Table, target: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *target, table)?;
        target.write_all(b"\n")
    }
}

impl Exporter for JsonLines {
    fn write(&self, table: &Table, target: &mut dyn Write) -> io::Result<()> {
        for row in &table.rows {
            serde_json::to_writer(&mut *target, &Object { table, row })?;
            target.write_all(b"\n")?;
        }
        Ok(())
    }
}

struct Object<'a> {
    table: &'a Table,
    row: &'a [Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.row.len()))?;
        for (column, cell) in self.table.columns.iter().zip(self.row) {
            map.serialize_entry(column, cell)?;
        }
        map.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(word) => serializer.serialize_str(word),
            Self::Int(n) => serializer.serialize_u64(*n),
            Self::Float(Some(x)) => serializer.serialize_f64(*x),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Float(None) | Self::Empty => serializer.serialize_none(),
        }
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.rows.len()))?;
        for row in &self.rows {
            list.serialize_element(&Object { table: self, row })?;
        }
        list.end()
    }
}
