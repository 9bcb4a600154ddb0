//! Frames between the engine and its Python processes: CPython's `marshal` format, version 2, written, checked and read here.
//!
//! A frame is a u32 length, one byte of kind, and the payload. What a candidate wrote is passed on to a driver only after
//! [`check`] has found nothing in it but well-formed builtin data.

/// Writes marshal data.
#[derive(Debug, Default, Clone)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    fn length(&mut self, kind: u8, count: usize) -> &mut Self {
        self.0.push(kind);
        self.0.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        self
    }

    /// Begins a tuple: `count` values follow.
    pub(super) fn tuple(&mut self, count: usize) -> &mut Self {
        self.length(b'(', count)
    }

    /// Begins a list.
    pub(super) fn list(&mut self, count: usize) -> &mut Self {
        self.length(b'[', count)
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.length(b'u', text.len()).raw(text.as_bytes())
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.length(b's', bytes.len()).raw(bytes)
    }

    pub(super) fn bool(&mut self, value: bool) -> &mut Self {
        self.0.push(if value { b'T' } else { b'F' });
        self
    }

    pub(super) fn int(&mut self, value: u64) -> &mut Self {
        if let Ok(small) = i32::try_from(value) {
            self.0.push(b'i');
            return self.raw(&small.to_le_bytes());
        }
        // digits of 15 bits
        let digits: Vec<u16> =
            (0..5).map(|i| u16::try_from(value >> (15 * i) & 0x7fff).unwrap_or(0)).take(Self::digits(value)).collect();
        self.length(b'l', digits.len());
        for digit in digits {
            self.raw(&digit.to_le_bytes());
        }
        self
    }

    fn digits(value: u64) -> usize {
        (64 - value.leading_zeros()).div_ceil(15) as usize
    }

    /// Values that are written already.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn strings<'a>(&mut self, items: impl ExactSizeIterator<Item = &'a str>) -> &mut Self {
        self.list(items.len());
        for item in items {
            self.text(item);
        }
        self
    }

    /// The frame with this payload.
    pub(super) fn frame(&self, kind: u8) -> Vec<u8> {
        let mut frame = Vec::with_capacity(self.0.len() + 5);
        frame.extend(u32::try_from(self.0.len()).unwrap_or(u32::MAX).to_le_bytes());
        frame.push(kind);
        frame.extend_from_slice(&self.0);
        frame
    }
}

/// A value that was read; what this side never looks into is left out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `None`, an ellipsis, a float, a dictionary: not looked into.
    Other,
    Bool(bool),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    /// A tuple, list or set.
    Items(Vec<Node>),
}

impl Node {
    /// Reads a value; `None` where it is not well-formed.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { bytes, at: 0 };
        let node = reader.node(DEPTH_MOST)?;
        (reader.at == bytes.len()).then_some(node)
    }

    pub(super) fn items(self) -> Vec<Node> {
        match self {
            Self::Items(items) => items,
            _ => Vec::new(),
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        *self == Self::Bool(true)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => &[],
        }
    }
}

/// The deepest nesting that is passed on.
const DEPTH_MOST: usize = 1000;
/// The most digits of 15 bits in an integer: 4 million bits.
const DIGITS_MOST: usize = 1 << 18;

/// Whether these bytes are one well-formed value of builtin types, not too deep, and nothing else.
pub(super) fn check(bytes: &[u8]) -> bool {
    let mut reader = Reader { bytes, at: 0 };
    reader.skip(DEPTH_MOST).is_some() && reader.at == bytes.len()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn kind(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    fn word(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.word()?).ok()?;
        // each item takes a byte at least, so a forged count reserves nothing
        (count <= self.bytes.len() - self.at).then_some(count)
    }

    fn long(&mut self) -> Option<(bool, &'a [u8])> {
        let signed = i32::from_le_bytes(self.take(4)?.try_into().ok()?);
        let count = usize::try_from(signed.unsigned_abs()).ok()?;
        let digits = self.take(count.checked_mul(2)?)?;
        let digit = |pair: &[u8]| u16::from_le_bytes([pair[0], pair[1]]);
        let sound = count <= DIGITS_MOST
            && digits.chunks_exact(2).all(|p| digit(p) <= 0x7fff)
            && digits.chunks_exact(2).last().is_none_or(|p| digit(p) != 0);
        sound.then_some((signed < 0, digits))
    }

    fn skip(&mut self, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match self.kind()? {
            b'N' | b'T' | b'F' | b'.' => {}
            b'i' => drop(self.take(4)?),
            b'g' => drop(self.take(8)?),
            b'y' => drop(self.take(16)?),
            b'l' => drop(self.long()?),
            b's' | b'u' => {
                let count = self.count()?;
                self.take(count)?;
            }
            b'(' | b'[' | b'<' | b'>' => {
                for _ in 0..self.count()? {
                    self.skip(depth)?;
                }
            }
            b'{' => {
                while *self.bytes.get(self.at)? != b'0' {
                    self.skip(depth)?;
                    self.skip(depth)?;
                }
                self.at += 1;
            }
            _ => return None,
        }
        Some(())
    }

    fn node(&mut self, depth: usize) -> Option<Node> {
        Some(match *self.bytes.get(self.at)? {
            b'T' | b'F' => Node::Bool(self.kind()? == b'T'),
            b'i' => {
                self.at += 1;
                Node::Int(i32::from_le_bytes(self.take(4)?.try_into().ok()?).into())
            }
            b'l' => {
                self.at += 1;
                let (negative, digits) = self.long()?;
                let mut value = 0_i64;
                for pair in digits.chunks_exact(2).rev() {
                    let digit = i64::from(u16::from_le_bytes([pair[0], pair[1]]));
                    value = value.checked_mul(1 << 15)?.checked_add(digit)?;
                }
                Node::Int(if negative { -value } else { value })
            }
            b's' => {
                self.at += 1;
                let count = self.count()?;
                Node::Bytes(self.take(count)?.to_vec())
            }
            b'u' => {
                self.at += 1;
                let count = self.count()?;
                Node::Text(String::from_utf8_lossy(self.take(count)?).into_owned())
            }
            b'(' | b'[' | b'<' | b'>' => {
                self.at += 1;
                let depth = depth.checked_sub(1)?;
                Node::Items((0..self.count()?).map(|_| self.node(depth)).collect::<Option<_>>()?)
            }
            _ => {
                self.skip(depth)?;
                Node::Other
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_well_formed_and_read_back() {
        let mut w = Writer::default();
        w.tuple(6).text("é").bytes(b"\x00").bool(true).int(7).int(1 << 40).list(1).int(u64::MAX);
        assert!(check(&w.0));
        let items = Node::read(&w.0[..w.0.len() - 20]).map(Node::items);
        assert_eq!(items, None, "cut");
        let mut w = Writer::default();
        w.tuple(5).text("é").bytes(b"\x00").bool(true).int(7).int(1 << 40);
        let items = Node::read(&w.0).unwrap().items();
        assert_eq!(items[0].text(), "é");
        assert_eq!(items[1].bytes(), b"\x00");
        assert!(items[2].is_true());
        assert_eq!((items[3].int(), items[4].int()), (Some(7), Some(1 << 40)));
    }

    #[test]
    fn code_references_and_forged_lengths_are_refused() {
        for bad in [
            &b"c\x00\x00\x00\x00"[..],
            b"r\x00\x00\x00\x00",
            b"R\x00\x00\x00\x00",
            b"[\xff\xff\xff\xff",
            b"",
            b"NN",
            b"{N0",
        ] {
            assert!(!check(bad), "{bad:?}");
        }
        assert!(!check(b"l\x01\x00\x00\x00\xff\xff"), "a digit of 16 bits");
        assert!(!check(b"l\x01\x00\x00\x00\x00\x00"), "a leading zero");
        let deep = [b"(\x01\x00\x00\x00".repeat(2000), b"N".to_vec()].concat();
        assert!(!check(&deep));
        let huge = [&b"l"[..], &(1_000_000_i32).to_le_bytes(), &b"\x01\x00".repeat(1_000_000)].concat();
        assert!(!check(&huge));
    }
}
