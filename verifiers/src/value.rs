//! Plain Python values outside Python: what crosses between a candidate, the tests and the comparison.
//!
//! A [`Value`] keeps Python's types apart exactly (a tuple is not a list, `True` is not `1` when printed, the key `"1"` is
//! not the key `1`) and compares as Python does (`1 == 1.0 == True`, sets and dictionaries without order).
//!
//! # Wire form
//! One byte, then one object in CPython's `marshal` format, **version 2** (no references, no interning): the interpreter
//! writes and reads it in C, it keeps exact types, integers of any size and lone surrogates, and the decoder on this side is
//! a page long. Nothing on the trusted side ever loads bytes that a candidate wrote: [`Value::decode`] checks and caps
//! them (bytes, depth, types, hashable and distinct keys), and only what [`Value::encode`] writes afterwards is given to a driver.
//!
//! First byte `0`: plain, the object stands for itself. First byte `1`: tuples that begin with `Ellipsis` and a string are tags:
//!
//! | tag | the rest of the tuple |
//! | --- | --- |
//! | `"ellipsis"` | nothing |
//! | `"bytearray"` | bytes |
//! | `"range"` | start, stop, step |
//! | `"deque"` | list, maxlen or None |
//! | `"Counter"`, `"OrderedDict"` | dict |
//! | `"defaultdict"` | dict, the factory's name (`"int"`, `"list"`, ...) or None |
//! | `"namedtuple"` | name, tuple of field names, tuple of values |
//! | `"Fraction"` | numerator, denominator |
//! | `"Decimal"` | what `str` gives |
//! | `"keys"`, `"values"`, `"items"` | list (dictionary views) |
//! | `"iter"` | list of items, then None (at its end), `"more"` (cut), or (class, message) of what was raised |
//! | `"opaque"` | the type's name: a value that is no plain data |
//!
//! `program/python/values.py` is the Python side.

mod compare;
mod decode;
mod equal;
mod exact;
mod int;
mod literal;
mod repr;
mod wire;

#[cfg(test)]
mod tests;

pub use compare::{Comparison, Rule};
pub use decode::{Caps, DecodeError};
pub use exact::Exact;
pub use int::Int;
pub use literal::{Dialect, LiteralError};

/// A plain Python value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`
    None,
    /// `...`
    Ellipsis,
    /// `True`, `False`
    Bool(bool),
    /// An integer of any size.
    Int(Int),
    /// A float, with `inf` and `nan`.
    Float(f64),
    /// Real and imaginary part.
    Complex(f64, f64),
    /// A `Fraction` or `Decimal`.
    Exact(Box<Exact>),
    /// Text that is Unicode.
    Str(String),
    /// Text with lone surrogates, as code points; at least one of them is a surrogate.
    Surrogates(Vec<u32>),
    /// `bytes`
    Bytes(Vec<u8>),
    /// `bytearray`
    ByteArray(Vec<u8>),
    /// `tuple`
    Tuple(Vec<Value>),
    /// A named tuple: equal to a tuple of its values.
    Named(Box<Named>),
    /// `list`
    List(Vec<Value>),
    /// `set`: distinct hashable items in no order.
    Set(Vec<Value>),
    /// `frozenset`
    FrozenSet(Vec<Value>),
    /// A dictionary of some kind, in insertion order: distinct hashable keys.
    Dict(DictKind, Vec<(Value, Value)>),
    /// Start, stop, step.
    Range(Box<[Int; 3]>),
    /// `collections.deque` and its `maxlen`.
    Deque(Vec<Value>, Option<u64>),
    /// A view of a dictionary.
    View(ViewKind, Vec<Value>),
    /// A generator or another iterator, run to its end or to a cap.
    Iterator(Vec<Value>, Box<IteratorEnd>),
    /// Not plain data: the type's name. Equal to nothing.
    Opaque(String),
}

/// A named tuple.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The class.
    pub name: String,
    /// Its fields, as many as items.
    pub fields: Vec<String>,
    /// Their values.
    pub items: Vec<Value>,
}

/// The dictionaries of the standard library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DictKind {
    /// `dict`
    Plain,
    /// `collections.Counter`
    Counter,
    /// `collections.OrderedDict`
    Ordered,
    /// `collections.defaultdict` and the name of its factory, where that is a builtin type.
    Default(Option<String>),
}

/// A view of a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewKind {
    /// `dict.keys()`: compares as a set.
    Keys,
    /// `dict.values()`: equal to nothing.
    Values,
    /// `dict.items()`: compares as a set.
    Items,
}

/// How an iterator ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IteratorEnd {
    /// Exhausted.
    Done,
    /// There was more than the cap.
    More,
    /// It raised: class and message.
    Raised(String, String),
}

impl Value {
    /// The name of its Python type.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::None => "NoneType",
            Self::Ellipsis => "ellipsis",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Complex(..) => "complex",
            Self::Exact(exact) => exact.type_name(),
            Self::Str(_) | Self::Surrogates(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::ByteArray(_) => "bytearray",
            Self::Tuple(_) => "tuple",
            Self::Named(named) => &named.name,
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::FrozenSet(_) => "frozenset",
            Self::Dict(DictKind::Plain, _) => "dict",
            Self::Dict(DictKind::Counter, _) => "Counter",
            Self::Dict(DictKind::Ordered, _) => "OrderedDict",
            Self::Dict(DictKind::Default(_), _) => "defaultdict",
            Self::Range(_) => "range",
            Self::Deque(..) => "deque",
            Self::View(ViewKind::Keys, _) => "dict_keys",
            Self::View(ViewKind::Values, _) => "dict_values",
            Self::View(ViewKind::Items, _) => "dict_items",
            Self::Iterator(..) => "generator",
            Self::Opaque(name) => name,
        }
    }

    /// An integer that fits.
    #[must_use]
    pub fn int(value: i64) -> Self {
        Self::Int(Int::from(value))
    }

    /// Text.
    #[must_use]
    pub fn text(value: impl Into<String>) -> Self {
        Self::Str(value.into())
    }

    /// What `repr` prints, cut in the middle of nowhere with `...` at about `limit` characters.
    #[must_use]
    pub fn short_repr(&self, limit: usize) -> String {
        let mut out = repr::Writer::new(limit);
        out.value(self);
        out.finish()
    }

    /// The Python expression for this value, whole; readable by [`Value::parse`] for all that has a literal form.
    #[must_use]
    pub fn literal(&self) -> String {
        let mut out = repr::Writer::new(usize::MAX);
        out.value(self);
        out.finish()
    }

    /// From JSON that was parsed already. Numbers that are not integers of 64 bits are floats.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::None,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => match (n.as_i64(), n.as_u64()) {
                (Some(i), _) => Self::int(i),
                (None, Some(u)) => Self::Int(Int::from(u)),
                (None, None) => Self::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(s) => Self::Str(s.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            Json::Object(map) => Self::Dict(
                DictKind::Plain,
                map.iter().map(|(k, v)| (Self::Str(k.clone()), Self::from_json(v))).collect(),
            ),
        }
    }

    /// Whether something in it is no plain data.
    #[must_use]
    pub fn has_opaque(&self) -> bool {
        match self {
            Self::Opaque(_) => true,
            Self::Dict(_, pairs) => pairs.iter().any(|(k, v)| k.has_opaque() || v.has_opaque()),
            Self::Named(named) => named.items.iter().any(Self::has_opaque),
            Self::Tuple(items)
            | Self::List(items)
            | Self::Set(items)
            | Self::FrozenSet(items)
            | Self::Deque(items, _)
            | Self::View(_, items)
            | Self::Iterator(items, _) => items.iter().any(Self::has_opaque),
            _ => false,
        }
    }
}
