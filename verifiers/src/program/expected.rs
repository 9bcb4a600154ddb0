//! Right results of calls, and where they are kept.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::prepared::decode;
use crate::value::{Comparison, Rule, Value};

/// A right result.
pub(super) struct Expected {
    stored: Stored,
    /// The reference's own bytes are right for sure (a NaN is not even equal to itself).
    sure: bool,
    /// How this call is compared.
    pub(super) comparison: Comparison,
}

/// Some references return megabytes for each call: those wait in a file.
enum Stored {
    Value(Value),
    Bytes(bool, Vec<u8>),
    File { escaped: bool, digest: [u8; 32], file: Arc<File>, at: u64, length: usize },
}

/// Longer results go to the file.
const MEMORY_MOST: usize = 64 << 10;

impl Expected {
    /// A result that the data set names.
    pub(super) fn known(value: Value) -> Self {
        Self { stored: Stored::Value(value), sure: false, comparison: Comparison::new(Rule::Plain, 0.0) }
    }

    /// Takes the rule by which it is compared from here on, with what earlier results made of it.
    ///
    /// # Errors
    /// What was returned, where it can't be compared with anything.
    pub(super) fn settle(&mut self, comparison: &mut Comparison, arguments: &[Value]) -> Result<(), String> {
        self.comparison = *comparison;
        let value = self.value();
        // what is no plain data can still be the same bytes
        self.sure = value.as_ref().is_none_or(|v| comparison.matches(arguments, v, v));
        match value.filter(|v| !self.sure && v.has_opaque()) {
            Some(opaque) => Err(format!("it returns {}, which cannot be compared", opaque.short_repr(80))),
            None => Ok(()),
        }
    }

    /// Bytes that a program sends to say the same.
    pub(super) fn length(&self) -> usize {
        match &self.stored {
            Stored::Value(_) => 0,
            Stored::Bytes(_, bytes) => bytes.len(),
            Stored::File { length, .. } => *length,
        }
    }

    /// Whether these are exactly the reference's bytes, and those are right.
    pub(super) fn is_same(&self, escaped: bool, data: &[u8]) -> bool {
        self.sure
            && match &self.stored {
                Stored::Value(_) => false,
                Stored::Bytes(e, bytes) => *e == escaped && bytes == data,
                Stored::File { escaped: e, digest, length, .. } => {
                    *e == escaped && *length == data.len() && *digest == *blake3::hash(data).as_bytes()
                }
            }
    }

    /// The value; `None` where it is no plain data (or its file is gone).
    pub(super) fn value(&self) -> Option<Value> {
        match &self.stored {
            Stored::Value(value) => Some(value.clone()),
            Stored::Bytes(escaped, bytes) => decode(*escaped, bytes),
            Stored::File { escaped, file, at, length, .. } => {
                let mut bytes = vec![0; *length];
                file.read_exact_at(&mut bytes, *at).ok()?;
                decode(*escaped, &bytes)
            }
        }
    }
}

/// A file without a name for long results, made when the first one comes.
#[derive(Default)]
pub(super) struct Spill(Option<(Arc<File>, u64)>);

impl Spill {
    /// Keeps what the reference returned, until it is known how it is compared.
    pub(super) fn keep(&mut self, escaped: bool, data: Vec<u8>) -> Expected {
        Expected { stored: self.store(escaped, data), ..Expected::known(Value::None) }
    }

    fn store(&mut self, escaped: bool, data: Vec<u8>) -> Stored {
        if data.len() <= MEMORY_MOST {
            return Stored::Bytes(escaped, data);
        }
        let Some((file, end)) = self.open() else { return Stored::Bytes(escaped, data) };
        let at = *end;
        if file.write_all_at(&data, at).is_err() {
            return Stored::Bytes(escaped, data);
        }
        *end += data.len() as u64;
        let digest = *blake3::hash(&data).as_bytes();
        Stored::File { escaped, digest, file: Arc::clone(file), at, length: data.len() }
    }

    fn open(&mut self) -> Option<&mut (Arc<File>, u64)> {
        if self.0.is_none() {
            let path =
                std::env::temp_dir().join(format!("nbest-{}-{:?}", std::process::id(), std::thread::current().id()));
            let file = File::options().read(true).write(true).create_new(true).open(&path).ok()?;
            std::fs::remove_file(&path).ok()?;
            self.0 = Some((Arc::new(file), 0));
        }
        self.0.as_mut()
    }
}
