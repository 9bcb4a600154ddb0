//! Values as Python prints them.

use std::fmt::Write as _;

use super::{DictKind, Int, IteratorEnd, Value, ViewKind};

/// Writes `repr` until a limit is reached.
pub(super) struct Writer {
    out: String,
    limit: usize,
}

impl Writer {
    pub(super) fn new(limit: usize) -> Self {
        Self { out: String::new(), limit }
    }

    pub(super) fn finish(mut self) -> String {
        if self.out.len() > self.limit {
            let end = (0..=self.limit).rev().find(|i| self.out.is_char_boundary(*i)).unwrap_or(0);
            self.out.truncate(end);
            self.out.push_str("...");
        }
        self.out
    }

    fn full(&self) -> bool {
        self.out.len() > self.limit
    }

    fn items(&mut self, open: &str, items: &[Value], close: &str) {
        self.out.push_str(open);
        for (i, item) in items.iter().enumerate() {
            if self.full() {
                return;
            }
            if i > 0 {
                self.out.push_str(", ");
            }
            self.value(item);
        }
        self.out.push_str(close);
    }

    fn pairs(&mut self, pairs: &[(Value, Value)]) {
        self.out.push('{');
        for (i, (key, value)) in pairs.iter().enumerate() {
            if self.full() {
                return;
            }
            if i > 0 {
                self.out.push_str(", ");
            }
            self.value(key);
            self.out.push_str(": ");
            self.value(value);
        }
        self.out.push('}');
    }

    pub(super) fn value(&mut self, value: &Value) {
        if self.full() {
            return;
        }
        match value {
            Value::None => self.out.push_str("None"),
            Value::Ellipsis => self.out.push_str("..."),
            Value::Bool(true) => self.out.push_str("True"),
            Value::Bool(false) => self.out.push_str("False"),
            Value::Int(int) => self.int(int),
            Value::Float(float) => self.out.push_str(&float_repr(*float)),
            Value::Complex(re, im) if *re == 0.0 && re.is_sign_positive() => {
                let _ = write!(self.out, "{}j", trim(&float_repr(*im)));
            }
            Value::Complex(re, im) => {
                let sign = if im.is_sign_negative() || im.is_nan() { "" } else { "+" };
                let _ = write!(self.out, "({}{sign}{}j)", trim(&float_repr(*re)), trim(&float_repr(*im)));
            }
            Value::Exact(exact) => {
                let _ = match exact.parts() {
                    Ok((numerator, denominator)) => write!(self.out, "Fraction({numerator}, {denominator})"),
                    Err(text) => write!(self.out, "Decimal('{text}')"),
                };
            }
            Value::Str(text) => self.text(text.chars().map(u32::from)),
            Value::Surrogates(points) => self.text(points.iter().copied()),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::ByteArray(bytes) => {
                self.out.push_str("bytearray(");
                self.bytes(bytes);
                self.out.push(')');
            }
            Value::Tuple(items) if items.len() == 1 => self.items("(", items, ",)"),
            Value::Tuple(items) => self.items("(", items, ")"),
            Value::Named(named) => self.items(&format!("{}(", named.name), &named.items, ")"),
            Value::List(items) => self.items("[", items, "]"),
            Value::Set(items) if items.is_empty() => self.out.push_str("set()"),
            Value::Set(items) => self.items("{", items, "}"),
            Value::FrozenSet(items) => self.items("frozenset([", items, "])"),
            Value::Dict(DictKind::Plain, pairs) => self.pairs(pairs),
            Value::Dict(_, pairs) => {
                self.out.push_str(value.type_name());
                self.out.push('(');
                self.pairs(pairs);
                self.out.push(')');
            }
            Value::Range(bounds) => {
                let _ = write!(self.out, "range({}, {}, {})", bounds[0], bounds[1], bounds[2]);
            }
            Value::Deque(items, _) => self.items("deque([", items, "])"),
            Value::View(ViewKind::Keys | ViewKind::Values | ViewKind::Items, items) => {
                self.items(&format!("{}([", value.type_name()), items, "])");
            }
            Value::Iterator(items, end) => {
                self.items("<iterator of [", items, "");
                self.out.push_str(match **end {
                    IteratorEnd::Done => "]>",
                    IteratorEnd::More => ", and more]>",
                    IteratorEnd::Raised(..) => ", then an exception]>",
                });
            }
            Value::Opaque(name) => {
                let _ = write!(self.out, "<{name} object>");
            }
        }
    }

    fn int(&mut self, int: &Int) {
        // printing is quadratic: nobody reads more
        if self.limit < usize::MAX && int.rough_bits() > 4096 {
            let _ = write!(self.out, "<int of about {} bits>", int.rough_bits());
        } else {
            let _ = write!(self.out, "{int}");
        }
    }

    fn text(&mut self, points: impl Iterator<Item = u32> + Clone) {
        let quote = if points.clone().any(|p| p == 39) && !points.clone().any(|p| p == 34) { '"' } else { '\'' };
        self.out.push(quote);
        for point in points {
            if self.full() {
                return;
            }
            match (point, char::from_u32(point)) {
                (9, _) => self.out.push_str("\\t"),
                (10, _) => self.out.push_str("\\n"),
                (13, _) => self.out.push_str("\\r"),
                (92, _) => self.out.push_str("\\\\"),
                (_, Some(c)) if c == quote => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                (0..32 | 127..=160 | 173, _) => {
                    let _ = write!(self.out, "\\x{point:02x}");
                }
                // invisible or moving the cursor: marks, separators, private use, no characters
                (
                    0x200b..=0x200f
                    | 0x2028..=0x202f
                    | 0x2060..=0x206f
                    | 0xe000..=0xf8ff
                    | 0xfeff
                    | 0xfff0..=0xffff
                    | 0xd800..=0xdfff,
                    _,
                ) => {
                    let _ = write!(self.out, "\\u{point:04x}");
                }
                (_, Some(c)) => self.out.push(c),
                (_, None) => {
                    let _ = write!(self.out, "\\U{point:08x}");
                }
            }
        }
        self.out.push(quote);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.out.push_str("b'");
        for &byte in bytes {
            if self.full() {
                return;
            }
            match byte {
                b'\'' | b'\\' => {
                    self.out.push('\\');
                    self.out.push(char::from(byte));
                }
                32..=126 => self.out.push(char::from(byte)),
                _ => {
                    let _ = write!(self.out, "\\x{byte:02x}");
                }
            }
        }
        self.out.push('\'');
    }
}

fn trim(float: &str) -> &str {
    float.strip_suffix(".0").unwrap_or(float)
}

/// The shortest text that reads back as the same float, in Python's notation.
fn float_repr(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = float.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    let text = format!("{float}");
    if text.contains('.') { text } else { format!("{text}.0") }
}
