//! Values as bytes (the form is described in the parent module).

use super::{DictKind, Int, IteratorEnd, Value, ViewKind};

impl Value {
    /// Writes the value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0];
        self.encode_object(&mut out);
        out
    }

    fn encode_object(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.push(b'N'),
            Self::Bool(true) => out.push(b'T'),
            Self::Bool(false) => out.push(b'F'),
            Self::Int(int) => write_int(int, out),
            Self::Float(float) => {
                out.push(b'g');
                out.extend(float.to_le_bytes());
            }
            Self::Complex(re, im) => {
                out.push(b'y');
                out.extend(re.to_le_bytes());
                out.extend(im.to_le_bytes());
            }
            Self::Str(text) => write_text(text.as_bytes(), out),
            Self::Surrogates(points) => write_text(&wtf8(points), out),
            Self::Bytes(bytes) => write_bytes(bytes, out),
            Self::Tuple(items) => write_items(b'(', items, out),
            Self::List(items) => write_items(b'[', items, out),
            Self::Set(items) => write_items(b'<', items, out),
            Self::FrozenSet(items) => write_items(b'>', items, out),
            Self::Dict(DictKind::Plain, pairs) => write_dict(pairs, out),
            _ => {
                out[0] = 1;
                self.encode_tagged(out);
            }
        }
    }

    fn encode_tagged(&self, out: &mut Vec<u8>) {
        match self {
            Self::Exact(exact) => match exact.parts() {
                Ok((numerator, denominator)) => {
                    tag("Fraction", 2, out);
                    write_int(numerator, out);
                    write_int(denominator, out);
                }
                Err(text) => {
                    tag("Decimal", 1, out);
                    write_text(text.as_bytes(), out);
                }
            },
            Self::ByteArray(bytes) => {
                tag("bytearray", 1, out);
                write_bytes(bytes, out);
            }
            Self::Range(bounds) => {
                tag("range", 3, out);
                for bound in bounds.iter() {
                    write_int(bound, out);
                }
            }
            Self::Deque(items, cap) => {
                tag("deque", 2, out);
                write_items(b'[', items, out);
                match cap {
                    Some(cap) => write_int(&Int::from(*cap), out),
                    None => out.push(b'N'),
                }
            }
            Self::Dict(kind, pairs) => {
                let (name, rest) = match kind {
                    DictKind::Counter => ("Counter", 1),
                    DictKind::Default(_) => ("defaultdict", 2),
                    DictKind::Plain | DictKind::Ordered => ("OrderedDict", 1),
                };
                tag(name, rest, out);
                write_dict(pairs, out);
                match kind {
                    DictKind::Default(Some(factory)) => write_text(factory.as_bytes(), out),
                    DictKind::Default(None) => out.push(b'N'),
                    _ => {}
                }
            }
            Self::Named(named) => {
                tag("namedtuple", 3, out);
                write_text(named.name.as_bytes(), out);
                write_length(b'(', named.fields.len(), out);
                for field in &named.fields {
                    write_text(field.as_bytes(), out);
                }
                write_items(b'(', &named.items, out);
            }
            Self::View(kind, items) => {
                let name = match kind {
                    ViewKind::Keys => "keys",
                    ViewKind::Values => "values",
                    ViewKind::Items => "items",
                };
                tag(name, 1, out);
                write_items(b'[', items, out);
            }
            Self::Iterator(items, end) => {
                tag("iter", 2, out);
                write_items(b'[', items, out);
                match &**end {
                    IteratorEnd::Done => out.push(b'N'),
                    IteratorEnd::More => write_text(b"more", out),
                    IteratorEnd::Raised(class, message) => {
                        write_length(b'(', 2, out);
                        write_text(class.as_bytes(), out);
                        write_text(message.as_bytes(), out);
                    }
                }
            }
            Self::Opaque(name) => {
                tag("opaque", 1, out);
                write_text(name.as_bytes(), out);
            }
            _ => tag("ellipsis", 0, out),
        }
    }
}

fn tag(name: &str, rest: usize, out: &mut Vec<u8>) {
    write_length(b'(', rest + 2, out);
    out.push(b'.');
    write_text(name.as_bytes(), out);
}

fn write_length(kind: u8, length: usize, out: &mut Vec<u8>) {
    out.push(kind);
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn write_text(bytes: &[u8], out: &mut Vec<u8>) {
    write_length(b'u', bytes.len(), out);
    out.extend(bytes);
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_length(b's', bytes.len(), out);
    out.extend(bytes);
}

fn write_items(kind: u8, items: &[Value], out: &mut Vec<u8>) {
    write_length(kind, items.len(), out);
    for item in items {
        item.encode_object(out);
    }
}

fn write_dict(pairs: &[(Value, Value)], out: &mut Vec<u8>) {
    out.push(b'{');
    for (key, value) in pairs {
        key.encode_object(out);
        value.encode_object(out);
    }
    out.push(b'0');
}

fn write_int(int: &Int, out: &mut Vec<u8>) {
    if let Some(small) = int.to_i64().and_then(|value| i32::try_from(value).ok()) {
        out.push(b'i');
        out.extend(small.to_le_bytes());
        return;
    }
    let (negative, limbs) = int.limbs();
    let mut digits = Vec::with_capacity(limbs.len() * 32 / 15 + 1);
    let (mut window, mut held) = (0_u64, 0);
    for limb in limbs {
        window |= u64::from(limb) << held;
        held += 32;
        while held >= 15 {
            digits.push(u16::try_from(window & 0x7fff).unwrap_or(0));
            window >>= 15;
            held -= 15;
        }
    }
    digits.push(u16::try_from(window & 0x7fff).unwrap_or(0));
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    out.push(b'l');
    out.extend((if negative { -count } else { count }).to_le_bytes());
    for digit in digits {
        out.extend(digit.to_le_bytes());
    }
}

/// UTF-8 with surrogates encoded as any other code point (Python's `surrogatepass`).
fn wtf8(points: &[u32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * 3);
    for &point in points {
        if let Some(c) = char::from_u32(point) {
            out.extend(c.encode_utf8(&mut [0; 4]).bytes());
        } else {
            let six = |shift: u32| u8::try_from(point >> shift & 0x3f).unwrap_or(0) | 0x80;
            out.extend([0xe0 | u8::try_from(point >> 12 & 0x0f).unwrap_or(0), six(6), six(0)]);
        }
    }
    out
}
