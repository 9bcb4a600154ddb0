//! Values from text: Python literals and JSON.

use super::{DictKind, Int, Value};

/// How deep text may nest.
const DEPTH: usize = 200;
/// The longest integer that is read; reading is quadratic.
const DIGITS: usize = 100_000;

/// Which language the text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Python literals as `ast.literal_eval` reads them, plus `inf`, `nan`, `set()`, `frozenset(...)` and `range(...)`.
    Python,
    /// JSON as Python's `json.loads` reads it: integers of any size, `NaN`, `Infinity`, the last of equal keys wins.
    Json,
}

/// Text that is no literal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no literal: {what} at byte {at}")]
pub struct LiteralError {
    /// What was expected or found.
    pub what: &'static str,
    /// Where in the text.
    pub at: usize,
}

impl Value {
    /// Reads one literal.
    ///
    /// # Errors
    /// Where the text is anything else, nests deeper than 200 levels, or holds an integer of more than 100,000 digits.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, LiteralError> {
        let mut parser = Parser { text, at: 0, depth: DEPTH, dialect };
        let value = parser.value()?;
        parser.space();
        if parser.at == text.len() { Ok(value) } else { Err(parser.error("more text")) }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    dialect: Dialect,
}

impl<'a> Parser<'a> {
    fn error(&self, what: &'static str) -> LiteralError {
        LiteralError { what, at: self.at }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r', '\x0c']).len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self) -> Result<Value, LiteralError> {
        if self.depth == 0 {
            return Err(self.error("nested too deep"));
        }
        self.depth -= 1;
        self.space();
        let python = self.dialect == Dialect::Python;
        let value = match self.rest().bytes().next().ok_or_else(|| self.error("nothing"))? {
            b'[' => {
                self.at += 1;
                Value::List(self.items("]")?.0)
            }
            b'(' if python => {
                self.at += 1;
                let (mut items, comma) = self.items(")")?;
                if items.len() == 1 && !comma { items.remove(0) } else { Value::Tuple(items) }
            }
            b'{' => self.braces()?,
            b'"' => self.string(false)?,
            b'\'' if python => self.string(false)?,
            b'b' if python && matches!(self.rest().as_bytes().get(1), Some(b'"' | b'\'')) => {
                self.at += 1;
                self.string(true)?
            }
            b'.' if python && self.eat("...") => Value::Ellipsis,
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number()?,
            _ => self.word()?,
        };
        self.depth += 1;
        Ok(value)
    }

    /// Items up to the closing token, and whether a comma ended them.
    fn items(&mut self, close: &str) -> Result<(Vec<Value>, bool), LiteralError> {
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            if self.eat(close) {
                let stray = comma && (items.is_empty() || self.dialect == Dialect::Json);
                return if stray { Err(self.error("stray comma")) } else { Ok((items, comma)) };
            }
            if !items.is_empty() && !comma {
                return Err(self.error("comma expected"));
            }
            items.push(self.value()?);
            comma = self.eat(",");
        }
    }

    fn braces(&mut self) -> Result<Value, LiteralError> {
        self.at += 1;
        if self.eat("}") {
            return Ok(Value::Dict(DictKind::Plain, Vec::new()));
        }
        let first = self.value()?;
        if !self.eat(":") {
            if self.dialect == Dialect::Json {
                return Err(self.error("colon expected"));
            }
            let mut items = vec![first];
            while self.eat(",") {
                if self.eat("}") {
                    return self.set(items).map(Value::Set);
                }
                items.push(self.value()?);
            }
            return if self.eat("}") { self.set(items).map(Value::Set) } else { Err(self.error("} expected")) };
        }
        let mut pairs = vec![(first, self.value()?)];
        loop {
            let comma = self.eat(",");
            if self.eat("}") {
                break;
            }
            if !comma {
                return Err(self.error("comma expected"));
            }
            let key = self.value()?;
            if !self.eat(":") {
                return Err(self.error("colon expected"));
            }
            pairs.push((key, self.value()?));
        }
        if pairs.iter().any(|(key, _)| !key.is_hashable()) {
            return Err(self.error("unhashable key"));
        }
        Ok(Value::Dict(DictKind::Plain, super::equal::last_wins(pairs)))
    }

    fn set(&self, items: Vec<Value>) -> Result<Vec<Value>, LiteralError> {
        if items.iter().any(|item| !item.is_hashable()) {
            return Err(self.error("unhashable item"));
        }
        Ok(super::equal::last_wins(items.into_iter().map(|item| (item, Value::None)).collect())
            .into_iter()
            .map(|pair| pair.0)
            .collect())
    }

    fn word(&mut self) -> Result<Value, LiteralError> {
        let length = self.rest().bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let word = &self.rest()[..length];
        let start = self.at;
        self.at += length;
        Ok(match (self.dialect, word) {
            (Dialect::Python, "None") | (Dialect::Json, "null") => Value::None,
            (Dialect::Python, "True") | (Dialect::Json, "true") => Value::Bool(true),
            (Dialect::Python, "False") | (Dialect::Json, "false") => Value::Bool(false),
            (Dialect::Python, "inf" | "Infinity") | (Dialect::Json, "Infinity") => Value::Float(f64::INFINITY),
            (Dialect::Python, "nan" | "NaN") | (Dialect::Json, "NaN") => Value::Float(f64::NAN),
            (Dialect::Python, "float" | "set" | "frozenset" | "range" | "bytearray") => {
                if !self.eat("(") {
                    return Err(self.error("( expected"));
                }
                let (arguments, _) = self.items(")")?;
                self.call(word, arguments)?
            }
            _ => {
                self.at = start;
                return Err(self.error("unknown word"));
            }
        })
    }

    fn call(&self, name: &str, mut arguments: Vec<Value>) -> Result<Value, LiteralError> {
        let wrong = || self.error("wrong arguments");
        let first = if arguments.is_empty() { None } else { Some(arguments.remove(0)) };
        match (name, first) {
            ("set", None) => Ok(Value::Set(Vec::new())),
            ("frozenset", None) => Ok(Value::FrozenSet(Vec::new())),
            ("set", Some(Value::List(items) | Value::Tuple(items) | Value::Set(items))) => {
                self.set(items).map(Value::Set)
            }
            ("frozenset", Some(Value::List(items) | Value::Tuple(items) | Value::Set(items))) => {
                self.set(items).map(Value::FrozenSet)
            }
            ("bytearray", Some(Value::Bytes(bytes))) => Ok(Value::ByteArray(bytes)),
            ("float", Some(Value::Str(word))) => word.trim().parse().map(Value::Float).ok().ok_or_else(wrong),
            ("range", Some(Value::Int(first))) => match arguments.as_slice() {
                [] => Ok(Value::Range(Box::new([Int::from(0_i64), first, Int::from(1_i64)]))),
                [Value::Int(stop)] => Ok(Value::Range(Box::new([first, stop.clone(), Int::from(1_i64)]))),
                [Value::Int(stop), Value::Int(step)] if step.to_i64() != Some(0) => {
                    Ok(Value::Range(Box::new([first, stop.clone(), step.clone()])))
                }
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        }
    }

    /// A number, or a sum of a real and an imaginary one.
    fn number(&mut self) -> Result<Value, LiteralError> {
        // `-0` in a complex number is a zero with a sign, as `complex` prints it
        let as_float = |value: &Value, text: &str| match value {
            Value::Float(float) => *float,
            Value::Int(int) => {
                let size = int.to_i64().map_or(f64::NAN, |small| small as f64).abs();
                if text.starts_with('-') { -size } else { size }
            }
            _ => f64::NAN,
        };
        let start = self.rest();
        let (first, imaginary) = self.term()?;
        if self.dialect == Dialect::Json {
            return Ok(first);
        }
        if imaginary {
            return Ok(Value::Complex(0.0, as_float(&first, start)));
        }
        let before = self.at;
        self.space();
        if self.rest().starts_with(['+', '-']) {
            let middle = self.rest();
            let (second, imaginary) = self.term()?;
            return if imaginary {
                Ok(Value::Complex(as_float(&first, start), as_float(&second, middle)))
            } else {
                Err(self.error("arithmetic"))
            };
        }
        self.at = before;
        Ok(first)
    }

    /// One signed number and whether a `j` follows.
    fn term(&mut self) -> Result<(Value, bool), LiteralError> {
        let bytes = self.rest().as_bytes();
        let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
        let negative = bytes.first() == Some(&b'-');
        let unsigned = &self.rest()[sign..];
        for (word, value) in [("Infinity", f64::INFINITY), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
            if unsigned.starts_with(word) {
                self.at += sign + word.len();
                return Ok((Value::Float(if negative { -value } else { value }), self.imaginary()));
            }
        }
        let mut length = 0;
        let mut float = false;
        let body = unsigned.as_bytes();
        while let Some(&byte) = body.get(length) {
            match byte {
                b'0'..=b'9' => {}
                b'_' if self.dialect == Dialect::Python => {}
                b'.' => float = true,
                b'e' | b'E' => {
                    float = true;
                    if matches!(body.get(length + 1), Some(b'+' | b'-')) {
                        length += 1;
                    }
                }
                _ => break,
            }
            length += 1;
        }
        if length == 0 || !float && length > DIGITS {
            return Err(self.error("number expected"));
        }
        let digits = format!("{}{}", if negative { "-" } else { "" }, unsigned[..length].replace('_', ""));
        let value = if float { digits.parse().ok().map(Value::Float) } else { Int::parse(&digits).map(Value::Int) };
        let value = value.ok_or_else(|| self.error("number expected"))?;
        self.at += sign + length;
        Ok((value, self.imaginary()))
    }

    fn imaginary(&mut self) -> bool {
        let found = self.dialect == Dialect::Python && self.rest().starts_with('j');
        self.at += usize::from(found);
        found
    }

    fn string(&mut self, bytes: bool) -> Result<Value, LiteralError> {
        let quote = self.rest().chars().next().ok_or_else(|| self.error("quote expected"))?;
        self.at += 1;
        let plain = self.rest().find([quote, '\\', '\n']).unwrap_or(0);
        if !bytes && self.rest()[plain..].starts_with(quote) {
            let text = &self.rest()[..plain];
            self.at += plain + 1;
            return Ok(Value::text(text));
        }
        let mut points: Vec<u32> = Vec::new();
        loop {
            let next = self.rest().chars().next().ok_or_else(|| self.error("unclosed string"))?;
            self.at += next.len_utf8();
            if next == quote {
                break;
            }
            if next == '\\' {
                self.escape(bytes, &mut points)?;
            } else if next == '\n' && self.dialect == Dialect::Python {
                return Err(self.error("unclosed string"));
            } else {
                points.push(u32::from(next));
            }
        }
        if bytes {
            let narrow = points.iter().map(|point| u8::try_from(*point));
            return narrow.collect::<Result<_, _>>().map(Value::Bytes).ok().ok_or_else(|| self.error("wide byte"));
        }
        let text: Option<String> = points.iter().map(|point| char::from_u32(*point)).collect();
        Ok(text.map_or(Value::Surrogates(points), Value::Str))
    }

    fn escape(&mut self, bytes: bool, points: &mut Vec<u32>) -> Result<(), LiteralError> {
        let kind = self.rest().chars().next().ok_or_else(|| self.error("unclosed string"))?;
        self.at += kind.len_utf8();
        let python = self.dialect == Dialect::Python;
        let point = match kind {
            'n' => 10,
            't' => 9,
            'r' => 13,
            'b' => 8,
            'f' => 12,
            '\\' | '"' => u32::from(kind),
            '/' if !python => 47,
            '\'' if python => 39,
            '\n' if python => return Ok(()),
            'a' if python => 7,
            'v' if python => 11,
            '0'..='7' if python => {
                let length = self.rest().bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let octal =
                    self.rest()[..length].bytes().fold(u32::from(kind) - 48, |acc, b| acc * 8 + u32::from(b - b'0'));
                self.at += length;
                octal
            }
            'x' if python => self.hex(2)?,
            'u' if !bytes => self.hex(4)?,
            'U' if python && !bytes => self.hex(8)?,
            _ if python => {
                points.push(92);
                u32::from(kind)
            }
            _ => return Err(self.error("unknown escape")),
        };
        // JSON writes characters beyond 16 bits as a pair of surrogates
        if !python
            && (0xdc00..0xe000).contains(&point)
            && let Some(high @ 0xd800..0xdc00) = points.last().copied()
        {
            points.pop();
            points.push(0x1_0000 + ((high - 0xd800) << 10) + (point - 0xdc00));
            return Ok(());
        }
        points.push(point);
        Ok(())
    }

    fn hex(&mut self, length: usize) -> Result<u32, LiteralError> {
        let digits = self.rest().get(..length).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let point = digits.and_then(|text| u32::from_str_radix(text, 16).ok()).filter(|point| *point < 0x11_0000);
        self.at += length;
        point.ok_or(LiteralError { what: "hexadecimal digits expected", at: self.at.min(self.text.len()) })
    }
}
