//! Bytes of an untrusted process as values (the form is described in the parent module).

use std::collections::HashSet;

use super::equal::Key;
use super::{DictKind, Exact, Int, IteratorEnd, Named, Value, ViewKind};

/// What a decoder accepts at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Bytes of the whole frame.
    pub bytes: usize,
    /// Levels of nesting.
    pub depth: usize,
    /// Values in the frame, each with those inside it: a byte of a frame may become many here.
    pub items: usize,
}

/// The most sets inside one another: each hashes all that is in it once more.
const SETS_MOST: usize = 16;

impl Default for Caps {
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 300, items: 4 << 20 }
    }
}

/// Bytes that are no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than allowed.
    #[error("value of {bytes} bytes, {cap} allowed")]
    TooLong {
        /// Its bytes.
        bytes: usize,
        /// The cap.
        cap: usize,
    },
    /// Nested deeper than allowed.
    #[error("value nested deeper than {cap}")]
    TooDeep {
        /// The cap.
        cap: usize,
    },
    /// More values than allowed.
    #[error("more than {cap} values")]
    TooMany {
        /// The cap.
        cap: usize,
    },
    /// The bytes end too early or go on too long.
    #[error("value cut or followed by other bytes at byte {at}")]
    Length {
        /// Where.
        at: usize,
    },
    /// Not in the form that is documented.
    #[error("malformed value: {what} at byte {at}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
        /// Where.
        at: usize,
    },
}

impl Value {
    /// Reads one value that came from an untrusted process.
    ///
    /// # Errors
    /// Whatever is not exactly one well-formed value within `caps`.
    pub fn decode(frame: &[u8], caps: Caps) -> Result<Self, DecodeError> {
        match frame.split_first() {
            Some((0, object)) => Self::decode_object(false, object, caps),
            Some((1, object)) => Self::decode_object(true, object, caps),
            _ => Err(DecodeError::Malformed { what: "first byte", at: 0 }),
        }
    }

    /// Reads what follows the first byte, which says whether there are tags.
    pub(crate) fn decode_object(tagged: bool, bytes: &[u8], caps: Caps) -> Result<Self, DecodeError> {
        if bytes.len() > caps.bytes {
            return Err(DecodeError::TooLong { bytes: bytes.len(), cap: caps.bytes });
        }
        let mut reader = Reader { bytes, at: 0, depth: caps.depth, items: caps.items, sets: 0, caps, tagged };
        reader.claim(1)?;
        let value = reader.value()?;
        if reader.at == bytes.len() { Ok(value) } else { Err(DecodeError::Length { at: reader.at }) }
    }
}

/// Code points from UTF-8 with surrogates encoded as any other, for bytes that are not UTF-8; `None` where they are neither.
fn surrogates(bytes: &[u8]) -> Option<Vec<u32>> {
    let mut points = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let good = match std::str::from_utf8(rest) {
            Ok(_) => rest.len(),
            Err(error) => error.valid_up_to(),
        };
        let (head, tail) = rest.split_at(good);
        points.extend(std::str::from_utf8(head).ok()?.chars().map(u32::from));
        rest = tail;
        if let [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf, tail @ ..] = rest {
            points.push(0xd000 | u32::from(second & 0x3f) << 6 | u32::from(third & 0x3f));
            rest = tail;
        } else if !rest.is_empty() {
            return None;
        }
    }
    points.shrink_to_fit();
    Some(points)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    /// Values that may still come, beside those that were announced.
    items: usize,
    /// Sets around the value that is read.
    sets: usize,
    caps: Caps,
    tagged: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(DecodeError::Length { at: self.bytes.len() })?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let taken = self.take(N)?;
        taken.try_into().ok().ok_or_else(|| self.malformed("length"))
    }

    fn malformed(&self, what: &'static str) -> DecodeError {
        DecodeError::Malformed { what, at: self.at }
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        let length = usize::try_from(u32::from_le_bytes(self.array()?)).unwrap_or(usize::MAX);
        // every item takes a byte at least: a forged length must not reserve memory
        if length > self.bytes.len() - self.at { Err(DecodeError::Length { at: self.bytes.len() }) } else { Ok(length) }
    }

    fn claim(&mut self, count: usize) -> Result<(), DecodeError> {
        self.items = self.items.checked_sub(count).ok_or(DecodeError::TooMany { cap: self.caps.items })?;
        Ok(())
    }

    fn items(&mut self) -> Result<Vec<Value>, DecodeError> {
        let length = self.length()?;
        // claimed before they are read: lists inside lists cannot reserve more, either
        self.claim(length)?;
        let mut items = Vec::with_capacity(length);
        for _ in 0..length {
            items.push(self.value()?);
        }
        Ok(items)
    }

    fn value(&mut self) -> Result<Value, DecodeError> {
        if self.depth == 0 {
            return Err(DecodeError::TooDeep { cap: self.caps.depth });
        }
        self.depth -= 1;
        let value = self.object()?;
        self.depth += 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, DecodeError> {
        Ok(match self.take(1)?[0] {
            b'N' => Value::None,
            b'T' => Value::Bool(true),
            b'F' => Value::Bool(false),
            b'.' => Value::Ellipsis,
            b'i' => Value::int(i64::from(i32::from_le_bytes(self.array()?))),
            b'l' => Value::Int(self.long()?),
            b'g' => Value::Float(f64::from_le_bytes(self.array()?)),
            b'y' => Value::Complex(f64::from_le_bytes(self.array()?), f64::from_le_bytes(self.array()?)),
            b'u' => self.text()?,
            b's' => {
                let length = self.length()?;
                Value::Bytes(self.take(length)?.to_vec())
            }
            b'[' => Value::List(self.items()?),
            b'(' => {
                // the bare sign: a tuple whose first item is Ellipsis writes that as a tag of its own
                let tag = self.tagged && self.bytes.get(self.at + 4) == Some(&b'.');
                let items = self.items()?;
                if tag { self.untag(items)? } else { Value::Tuple(items) }
            }
            b'<' => Value::Set(self.set()?),
            b'>' => Value::FrozenSet(self.set()?),
            b'{' => Value::Dict(DictKind::Plain, self.dict()?),
            _ => return Err(self.malformed("type")),
        })
    }

    fn set(&mut self) -> Result<Vec<Value>, DecodeError> {
        if self.sets == SETS_MOST {
            return Err(DecodeError::TooDeep { cap: SETS_MOST });
        }
        self.sets += 1;
        let items = self.items()?;
        self.sets -= 1;
        self.distinct(items.iter())?;
        Ok(items)
    }

    fn dict(&mut self) -> Result<Vec<(Value, Value)>, DecodeError> {
        let mut pairs = Vec::new();
        while self.bytes.get(self.at) != Some(&b'0') {
            self.claim(2)?;
            let key = self.value()?;
            pairs.push((key, self.value()?));
        }
        self.at += 1;
        pairs.shrink_to_fit();
        self.distinct(pairs.iter().map(|(key, _)| key))?;
        Ok(pairs)
    }

    fn distinct<'v>(&self, keys: impl Iterator<Item = &'v Value>) -> Result<(), DecodeError> {
        let mut seen = HashSet::new();
        for key in keys {
            if !key.is_hashable() {
                return Err(self.malformed("unhashable key"));
            }
            if !seen.insert(Key(key)) {
                return Err(self.malformed("equal keys"));
            }
        }
        Ok(())
    }

    fn text(&mut self) -> Result<Value, DecodeError> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::text(text)),
            Err(_) => surrogates(bytes).map(Value::Surrogates).ok_or_else(|| self.malformed("text")),
        }
    }

    fn long(&mut self) -> Result<Int, DecodeError> {
        let count = i32::from_le_bytes(self.array()?);
        let digits = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let bytes = self.take(digits.saturating_mul(2))?;
        let mut limbs = Vec::with_capacity(digits / 2 + 1);
        let (mut window, mut held) = (0_u64, 0);
        for pair in bytes.chunks_exact(2) {
            let digit = u16::from_le_bytes([pair[0], pair[1]]);
            if digit > 0x7fff {
                return Err(self.malformed("integer digit"));
            }
            window |= u64::from(digit) << held;
            held += 15;
            if held >= 32 {
                limbs.push(u32::try_from(window & 0xffff_ffff).unwrap_or(0));
                window >>= 32;
                held -= 32;
            }
        }
        limbs.push(u32::try_from(window & 0xffff_ffff).unwrap_or(0));
        Ok(Int::from_limbs(count < 0, limbs))
    }

    fn untag(&self, items: Vec<Value>) -> Result<Value, DecodeError> {
        let mut items = items.into_iter().skip(1);
        let Some(Value::Str(name)) = items.next() else { return Err(self.malformed("tag")) };
        let value = match (name.as_str(), items.next(), items.next(), items.next()) {
            ("ellipsis", None, None, None) => Value::Ellipsis,
            ("bytearray", Some(Value::Bytes(bytes)), None, None) => Value::ByteArray(bytes),
            ("range", Some(Value::Int(start)), Some(Value::Int(stop)), Some(Value::Int(step)))
                if step.to_i64() != Some(0) =>
            {
                Value::Range(Box::new([start, stop, step]))
            }
            ("deque", Some(Value::List(items)), Some(Value::None), None) => Value::Deque(items, None),
            ("deque", Some(Value::List(items)), Some(Value::Int(cap)), None) => {
                let cap = cap.to_i64().and_then(|cap| u64::try_from(cap).ok());
                Value::Deque(items, Some(cap.ok_or_else(|| self.malformed("maxlen"))?))
            }
            ("Counter", Some(Value::Dict(DictKind::Plain, pairs)), None, None) => Value::Dict(DictKind::Counter, pairs),
            ("OrderedDict", Some(Value::Dict(DictKind::Plain, pairs)), None, None) => {
                Value::Dict(DictKind::Ordered, pairs)
            }
            ("defaultdict", Some(Value::Dict(DictKind::Plain, pairs)), Some(Value::None), None) => {
                Value::Dict(DictKind::Default(None), pairs)
            }
            ("defaultdict", Some(Value::Dict(DictKind::Plain, pairs)), Some(Value::Str(factory)), None) => {
                Value::Dict(DictKind::Default(Some(factory)), pairs)
            }
            ("namedtuple", Some(Value::Str(name)), Some(Value::Tuple(fields)), Some(Value::Tuple(items)))
                if fields.len() == items.len() =>
            {
                let fields = fields.into_iter().map(|field| match field {
                    Value::Str(text) => Ok(text),
                    _ => Err(self.malformed("field name")),
                });
                Value::Named(Box::new(Named { name, fields: fields.collect::<Result<_, _>>()?, items }))
            }
            ("Fraction", Some(Value::Int(numerator)), Some(Value::Int(denominator)), None) => {
                let exact = Exact::fraction(numerator, denominator).ok_or_else(|| self.malformed("fraction"))?;
                Value::Exact(Box::new(exact))
            }
            ("Decimal", Some(Value::Str(text)), None, None) => {
                Value::Exact(Box::new(Exact::decimal(text).ok_or_else(|| self.malformed("decimal number"))?))
            }
            ("keys", Some(Value::List(items)), None, None) => {
                self.distinct(items.iter())?;
                Value::View(ViewKind::Keys, items)
            }
            ("values", Some(Value::List(items)), None, None) => Value::View(ViewKind::Values, items),
            ("items", Some(Value::List(items)), None, None) => {
                self.distinct(items.iter().filter(|item| item.is_hashable()))?;
                Value::View(ViewKind::Items, items)
            }
            ("iter", Some(Value::List(items)), Some(end), None) => Value::Iterator(items, Box::new(self.end(end)?)),
            ("opaque", Some(Value::Str(name)), None, None) => Value::Opaque(name),
            _ => return Err(self.malformed("tag")),
        };
        if items.next().is_some() { Err(self.malformed("tag")) } else { Ok(value) }
    }

    fn end(&self, end: Value) -> Result<IteratorEnd, DecodeError> {
        match end {
            Value::None => Ok(IteratorEnd::Done),
            Value::Str(word) if word == "more" => Ok(IteratorEnd::More),
            Value::Tuple(pair) => match <[Value; 2]>::try_from(pair) {
                Ok([Value::Str(class), Value::Str(message)]) => Ok(IteratorEnd::Raised(class, message)),
                Ok([Value::Str(class), Value::Surrogates(_)]) => Ok(IteratorEnd::Raised(class, String::new())),
                _ => Err(self.malformed("iterator's end")),
            },
            _ => Err(self.malformed("iterator's end")),
        }
    }
}
