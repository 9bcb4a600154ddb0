//! Right results of calls.

use super::wire::{Node, Writer};
use crate::value::{Caps, Comparison, DecodeError, Rule, Value};

/// The most values in a result that is right, or as long as a right one: a number or a text takes five bytes at least, so that all
/// frames have room for fewer that are not mostly `None`, `True` and `False`.
const ITEMS_MOST: usize = 8 << 20;

/// Reads a value of the data set's own from marshal data.
pub(super) fn decode(escaped: bool, data: &[u8]) -> Option<Value> {
    Value::decode_object(escaped, data, Caps { items: ITEMS_MOST, ..Caps::default() }).ok()
}

/// Reads what a candidate returned.
pub(super) fn decode_sent(escaped: bool, data: &[u8]) -> Option<Value> {
    Value::decode_object(escaped, data, Caps::default()).ok()
}

/// A right result.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expected {
    stored: Stored,
    /// The reference's own bytes are right for sure (a NaN is not even equal to itself).
    sure: bool,
    /// How this call is compared.
    pub(super) comparison: Comparison,
    /// Other results that the data set accepts.
    also: Vec<Value>,
}

/// Some references return megabytes for each call: of those only the hash stays.
#[derive(Debug, Clone, PartialEq)]
enum Stored {
    Value(Value),
    Bytes { escaped: bool, bytes: Vec<u8> },
    Hash { escaped: bool, hash: [u8; 32], length: u64 },
}

/// Of longer results only the hash stays.
const KEPT_MOST: usize = 64 << 10;

impl Expected {
    /// A result that the data set names, and others that it accepts.
    pub(super) fn known(value: Value, also: Vec<Value>) -> Self {
        Self { stored: Stored::Value(value), sure: false, comparison: Comparison::new(Rule::Plain, 0.0), also }
    }

    /// Whether this is one of the other results; where there are such, rows of a result may be tuples, as in APPS.
    pub(super) fn is_also(&self, got: &Value) -> bool {
        if self.also.is_empty() || got.has_opaque() {
            return false;
        }
        let rows = match got {
            Value::List(rows) => Value::List(rows.iter().cloned().map(as_list).collect()),
            other => other.clone(),
        };
        let first = self.value().is_some_and(|first| first.equals(&rows));
        first || self.also.iter().any(|value| value.equals(&rows))
    }

    /// What the reference returned for a call with these arguments. `comparison` is how results are compared, with what earlier
    /// ones made of it.
    ///
    /// # Errors
    /// What was returned, where it can't be compared with anything.
    pub(super) fn returned(
        escaped: bool,
        bytes: Vec<u8>,
        arguments: &[Value],
        comparison: &mut Comparison,
    ) -> Result<Self, String> {
        let before = *comparison;
        let value = decode(escaped, &bytes);
        // what is no plain data can still be the same bytes
        let sure = value.as_ref().is_none_or(|v| comparison.matches(arguments, v, v));
        if let Some(opaque) = value.filter(|v| !sure && v.has_opaque()) {
            return Err(format!("it returns {}, which cannot be compared", opaque.short_repr(80)));
        }
        let stored = if bytes.len() <= KEPT_MOST {
            Stored::Bytes { escaped, bytes }
        } else {
            Stored::Hash { escaped, hash: *blake3::hash(&bytes).as_bytes(), length: bytes.len() as u64 }
        };
        Ok(Self { stored, sure, comparison: before, also: Vec::new() })
    }

    /// Bytes that a program sends to say the same.
    pub(super) fn length(&self) -> usize {
        match &self.stored {
            Stored::Value(_) => 0,
            Stored::Bytes { bytes, .. } => bytes.len(),
            Stored::Hash { length, .. } => usize::try_from(*length).unwrap_or(usize::MAX),
        }
    }

    /// Reads what a candidate returned: as many values as anybody's, or more where the right result is as long.
    pub(super) fn read_sent(&self, escaped: bool, data: &[u8]) -> Result<Value, DecodeError> {
        let caps = Caps::default();
        let items = caps.items.max(self.length().min(ITEMS_MOST));
        Value::decode_object(escaped, data, Caps { items, ..caps })
    }

    /// Whether these are exactly the reference's bytes, and those are right.
    pub(super) fn is_same(&self, escaped: bool, data: &[u8]) -> bool {
        self.sure && self.is_from(escaped, data)
    }

    /// Whether these are exactly the reference's bytes.
    pub(super) fn is_from(&self, escaped: bool, data: &[u8]) -> bool {
        match &self.stored {
            Stored::Value(_) => false,
            Stored::Bytes { escaped: e, bytes } => *e == escaped && bytes == data,
            Stored::Hash { escaped: e, hash, length } => {
                *e == escaped && *length == data.len() as u64 && *hash == *blake3::hash(data).as_bytes()
            }
        }
    }

    /// Whether only the hash is here, so that the reference must be asked for the value.
    pub(super) fn is_hash(&self) -> bool {
        matches!(self.stored, Stored::Hash { .. })
    }

    /// The value, where it is here and plain data.
    pub(super) fn value(&self) -> Option<Value> {
        match &self.stored {
            Stored::Value(value) => Some(value.clone()),
            Stored::Bytes { escaped, bytes } => decode(*escaped, bytes),
            Stored::Hash { .. } => None,
        }
    }

    /// As it is kept from run to run.
    pub(super) fn write(&self, w: &mut Writer) {
        w.tuple(4);
        match &self.stored {
            Stored::Value(_) => w.bool(false).int(0).bytes(&[]),
            Stored::Bytes { escaped, bytes } => w.bool(*escaped).int(0).bytes(bytes),
            Stored::Hash { escaped, hash, length } => w.bool(*escaped).int(*length).bytes(hash),
        };
        let tolerance = self.comparison.tolerance().to_bits();
        w.tuple(3).bool(self.sure).int(tolerance >> 32).int(tolerance & u64::from(u32::MAX));
    }

    /// What [`Expected::write`] wrote of results that are compared like this.
    pub(super) fn read(node: Node, comparison: Comparison) -> Option<Self> {
        let items = node.items();
        let [escaped, length, bytes, more] = items.as_slice() else { return None };
        let Node::Items(more) = more else { return None };
        let [sure, high, low] = more.as_slice() else { return None };
        let word = |node: &Node| u64::try_from(node.int()?).ok();
        let (escaped, length) = (escaped.is_true(), word(length)?);
        let stored = match length {
            0 => Stored::Bytes { escaped, bytes: bytes.bytes().to_vec() },
            _ => Stored::Hash { escaped, hash: bytes.bytes().try_into().ok()?, length },
        };
        let tolerance = f64::from_bits(word(high)? << 32 | word(low)?);
        Some(Self { stored, sure: sure.is_true(), comparison: comparison.with_tolerance(tolerance), also: Vec::new() })
    }
}

/// A tuple as a list: JSON has no tuples.
pub(super) fn as_list(value: Value) -> Value {
    match value {
        Value::Tuple(items) => Value::List(items),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back_as_it_was() {
        let mut comparison = Comparison::new(Rule::Plain, 0.0);
        let text = |length: usize| {
            let encoded = Value::Str("x".repeat(length)).encode();
            (encoded[0] == 1, encoded[1..].to_vec())
        };
        let float = Value::Float(0.5).encode();
        for (escaped, bytes) in [text(5), text(KEPT_MOST * 2), (float[0] == 1, float[1..].to_vec()), text(7)] {
            let expected = Expected::returned(escaped, bytes.clone(), &[], &mut comparison).unwrap();
            assert!(expected.is_same(escaped, &bytes));
            assert_eq!(expected.is_hash(), bytes.len() > KEPT_MOST);
            let mut w = Writer::default();
            expected.write(&mut w);
            assert_eq!(Expected::read(Node::read(&w.0).unwrap(), comparison), Some(expected));
        }
        assert!(comparison.tolerance() > 0.0, "a float was expected");
    }
}
