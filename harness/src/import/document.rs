//! One JSON document, read in passing: the elements of one member are handed on as they come, so that a file of
//! gigabytes never stands in memory.

use std::cell::RefCell;
use std::fmt;
use std::io::{BufReader, Read};
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::error::{Fault, ImportError};

/// A piece of a document.
pub(super) enum Part<T> {
    /// A member of the document beside the one that is streamed.
    Member(String, Value),
    /// An element: its key, or its number from 1 in an array.
    Element(String, T),
}

type Take<'a, T> = dyn FnMut(Part<T>) -> Result<(), Fault> + 'a;

struct State<'a, T> {
    take: &'a mut Take<'a, T>,
    /// What stopped the reading, and where.
    stopped: Option<(String, Fault)>,
}

impl<T> State<'_, T> {
    fn hand<E: serde::de::Error>(&mut self, place: &str, part: Part<T>) -> Result<(), E> {
        (self.take)(part).map_err(|fault| {
            self.stopped = Some((place.to_owned(), fault));
            E::custom("stopped")
        })
    }
}

/// Reads a document. With a `member` it is an object, whose member of that name holds the elements and whose members
/// in `keep` are handed on; without, it is an array of elements.
pub(super) fn read<T: DeserializeOwned>(
    path: &Path,
    stream: impl Read,
    member: Option<&str>,
    keep: &[&str],
    take: &mut Take<'_, T>,
) -> Result<(), ImportError> {
    let state = RefCell::new(State { take, stopped: None });
    let mut deserializer =
        serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, Numbers::new(stream)));
    let result = match member {
        Some(member) => deserializer.deserialize_map(Document { state: &state, member, keep }),
        None => Elements { state: &state }.deserialize(&mut deserializer),
    };
    let result = result.and_then(|()| deserializer.end());
    match (result, state.into_inner().stopped) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some((place, fault))) => Err(fault.at(path, place)),
        (Err(error), None) => {
            let place = format!("{}:{}", error.line(), error.column());
            let text = error.to_string();
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned();
            let hint = if error.is_data() {
                "the format may be another: name it with --format"
            } else {
                "the file may be cut off or damaged; nothing was imported"
            };
            Err(Fault::new(text, hint).at(path, place))
        }
    }
}

/// A document whose NaN, Infinity and -Infinity, which Python writes and JSON does not know, are null.
struct Numbers<R> {
    inner: R,
    place: Place,
    /// A minus sign that may belong to -Infinity.
    minus: bool,
    ready: Vec<u8>,
    given: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Text,
    Escaped,
    /// In a word that was replaced.
    Word,
}

impl<R: Read> Numbers<R> {
    fn new(inner: R) -> Self {
        Self { inner, place: Place::Outside, minus: false, ready: Vec::new(), given: 0 }
    }

    fn take(&mut self, byte: u8) {
        if self.place == Place::Word && byte.is_ascii_alphabetic() {
            return;
        }
        if std::mem::take(&mut self.minus) && byte != b'I' {
            self.ready.push(b'-');
        }
        self.place = match (self.place, byte) {
            (Place::Text, b'\\') => Place::Escaped,
            (Place::Text, b'"') => Place::Outside,
            (Place::Text | Place::Escaped, _) => Place::Text,
            (_, b'"') => Place::Text,
            (_, b'-') => {
                self.minus = true;
                self.place = Place::Outside;
                return;
            }
            (_, b'N' | b'I') => {
                self.ready.extend_from_slice(b"null");
                self.place = Place::Word;
                return;
            }
            _ => Place::Outside,
        };
        self.ready.push(byte);
    }
}

impl<R: Read> Read for Numbers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.ready.len() {
            self.ready.clear();
            self.given = 0;
            let mut part = [0; 1 << 14];
            let count = self.inner.read(&mut part)?;
            if count == 0 {
                return Ok(0);
            }
            part[..count].iter().for_each(|byte| self.take(*byte));
        }
        let count = buffer.len().min(self.ready.len() - self.given);
        buffer[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

struct Document<'s, 'a, T> {
    state: &'s RefCell<State<'a, T>>,
    member: &'s str,
    keep: &'s [&'s str],
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Document<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the member {:?}", self.member)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == self.member {
                found = true;
                map.next_value_seed(Elements { state: self.state })?;
            } else if self.keep.contains(&key.as_str()) {
                let value = map.next_value()?;
                let place = key.clone();
                self.state.borrow_mut().hand(&place, Part::Member(key, value))?;
            } else {
                map.next_value::<serde::de::IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(A::Error::custom(format!("no member {:?}", self.member))) }
    }
}

struct Elements<'s, 'a, T> {
    state: &'s RefCell<State<'a, T>>,
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Elements<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Elements<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or an object of named elements")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut number = 0_u64;
        while let Some(element) = list.next_element_seed(Whole(PhantomData))? {
            number += 1;
            let place = format!("element {number}");
            self.state.borrow_mut().hand(&place, Part::Element(number.to_string(), element))?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let element = map.next_value_seed(Whole(PhantomData))?;
            let place = key.clone();
            self.state.borrow_mut().hand(&place, Part::Element(key, element))?;
        }
        Ok(())
    }
}

struct Whole<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Whole<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, member: Option<&str>) -> Result<Vec<String>, String> {
        let mut list = Vec::new();
        let mut take = |part: Part<Value>| {
            list.push(match part {
                Part::Member(name, value) => format!("{name}={value}"),
                Part::Element(key, value) if value == 13 => return Err(Fault::new(format!("bad {key}"), "")),
                Part::Element(key, value) => format!("{key}:{value}"),
            });
            Ok(())
        };
        let result = read(Path::new("f.json"), text.as_bytes(), member, &["a"], &mut take);
        result.map(|()| list).map_err(|e| e.to_string())
    }

    #[test]
    fn elements_come_one_by_one() {
        let text = r#"{"a":1,"b":{"deep":[1,2]},"eval":{"x":[1],"y":2}}"#;
        assert_eq!(parts(text, Some("eval")).unwrap(), ["a=1", "x:[1]", "y:2"]);
        assert_eq!(parts("[5, 6]", None).unwrap(), ["1:5", "2:6"]);
        assert_eq!(parts(r#"{"samples":null}"#, Some("samples")).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_is_placed() {
        assert_eq!(parts(r#"{"eval":{"x":13}}"#, Some("eval")).unwrap_err(), "f.json:x: bad x");
        assert_eq!(parts("[1, 13]", None).unwrap_err(), "f.json:element 2: bad 2");
        assert!(
            parts("{\"eval\":{\"x\":[1,\n2", Some("eval")).unwrap_err().starts_with("f.json:2:1: EOF while parsing")
        );
        assert!(parts(r#"{"a":1}"#, Some("eval")).unwrap_err().contains("no member \"eval\""));
        assert!(parts("[1] 2", None).unwrap_err().contains("trailing"));
    }
}

#[cfg(test)]
mod numbers {
    use super::*;

    #[test]
    fn what_is_no_number_is_null_outside_of_texts() {
        let text = r#"{"a": [NaN, -Infinity,Infinity, -1.5, "NaN \" -Infinity \\"], "I": -2}"#;
        for step in 1..9 {
            let mut read = String::new();
            let pieces = text
                .as_bytes()
                .chunks(step)
                .fold(Box::new(std::io::empty()) as Box<dyn Read>, |all, piece| Box::new(all.chain(piece)));
            Numbers::new(pieces).read_to_string(&mut read).unwrap();
            assert_eq!(read, r#"{"a": [null, null,null, -1.5, "NaN \" -Infinity \\"], "I": -2}"#);
        }
    }
}
