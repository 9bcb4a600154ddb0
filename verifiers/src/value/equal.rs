//! Python's `==` and the hash that goes with it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash, Hasher, RandomState};
use std::sync::LazyLock;

use super::exact::Real;
use super::{DictKind, Int, Value, ViewKind};

impl Value {
    /// Python's `==`: `1 == 1.0 == True`, a tuple is not a list, sets and dictionaries have no order, a NaN equals nothing
    /// (also inside containers: the two sides never share an object).
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        use Value as V;
        if let (Some(a), Some(b)) = (Number::of(self), Number::of(other)) {
            return a == b;
        }
        match (self, other) {
            (V::None, V::None) | (V::Ellipsis, V::Ellipsis) => true,
            (V::Str(a), V::Str(b)) => a == b,
            (V::Surrogates(a), V::Surrogates(b)) => a == b,
            (V::Bytes(a) | V::ByteArray(a), V::Bytes(b) | V::ByteArray(b)) => a == b,
            (V::List(a), V::List(b)) | (V::Deque(a, _), V::Deque(b, _)) => same_items(a, b),
            (V::Range(a), V::Range(b)) => same_range(a, b),
            // objects of their own to Python; here the same items in the same order
            (V::Iterator(a, end), V::Iterator(b, other)) => end == other && same_items(a, b),
            (V::Dict(kind_a, a), V::Dict(kind_b, b)) => match (kind_a, kind_b) {
                (DictKind::Counter, DictKind::Counter) => same_counts(a, b),
                (DictKind::Ordered, DictKind::Ordered) => {
                    a.len() == b.len() && a.iter().zip(b).all(|((ka, va), (kb, vb))| ka.equals(kb) && va.equals(vb))
                }
                _ => same_dict(a, b),
            },
            _ => match (self.as_tuple(), other.as_tuple(), self.as_set(), other.as_set()) {
                (Some(a), Some(b), ..) => same_items(a, b),
                (_, _, Some(a), Some(b)) => same_set(a, b),
                _ => false,
            },
        }
    }

    fn as_tuple(&self) -> Option<&[Self]> {
        match self {
            Self::Tuple(items) => Some(items),
            Self::Named(named) => Some(&named.items),
            _ => None,
        }
    }

    fn as_set(&self) -> Option<&[Self]> {
        match self {
            Self::Set(items) | Self::FrozenSet(items) | Self::View(ViewKind::Keys | ViewKind::Items, items) => {
                Some(items)
            }
            _ => None,
        }
    }

    /// Whether it may be a key or an item of a set.
    #[must_use]
    pub fn is_hashable(&self) -> bool {
        match self {
            Self::List(_)
            | Self::Set(_)
            | Self::Dict(..)
            | Self::ByteArray(_)
            | Self::Deque(..)
            | Self::View(..)
            | Self::Iterator(..) => false,
            Self::Tuple(items) | Self::FrozenSet(items) => items.iter().all(Self::is_hashable),
            Self::Named(named) => named.items.iter().all(Self::is_hashable),
            _ => true,
        }
    }
}

/// Numbers of all types on one scale.
#[derive(PartialEq)]
enum Number<'a> {
    Whole(std::borrow::Cow<'a, Int>),
    Fraction(f64),
    Complex(f64, f64),
    Beyond(&'a Real),
}

impl<'a> Number<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        use std::borrow::Cow;
        let real = |float: f64| match Int::from_f64(float) {
            Some(int) => Self::Whole(Cow::Owned(int)),
            None => Self::Fraction(float),
        };
        Some(match value {
            Value::Bool(b) => Self::Whole(Cow::Owned(Int::from(i64::from(*b)))),
            Value::Int(int) => Self::Whole(Cow::Borrowed(int)),
            Value::Float(float) => real(*float),
            Value::Complex(re, 0.0) => real(*re),
            Value::Complex(re, im) => Self::Complex(*re, *im),
            Value::Exact(exact) => match exact.number() {
                Real::Whole(int) => Self::Whole(Cow::Borrowed(int)),
                Real::Float(float) => Self::Fraction(*float),
                beyond => Self::Beyond(beyond),
            },
            _ => return None,
        })
    }
}

fn same_items(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.equals(y))
}

fn same_set(a: &[Value], b: &[Value]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let keys: HashSet<Key<'_>> = b.iter().map(Key).collect();
    a.iter().all(|item| keys.contains(&Key(item)))
}

fn same_dict(a: &[(Value, Value)], b: &[(Value, Value)]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let map: HashMap<Key<'_>, &Value> = b.iter().map(|(key, value)| (Key(key), value)).collect();
    a.iter().all(|(key, value)| map.get(&Key(key)).is_some_and(|other| value.equals(other)))
}

/// A missing count is zero.
fn same_counts(a: &[(Value, Value)], b: &[(Value, Value)]) -> bool {
    let zero = Value::int(0);
    let covers = |from: &[(Value, Value)], to: &[(Value, Value)]| {
        let map: HashMap<Key<'_>, &Value> = to.iter().map(|(key, value)| (Key(key), value)).collect();
        from.iter().all(|(key, value)| value.equals(map.get(&Key(key)).copied().unwrap_or(&zero)))
    };
    covers(a, b) && covers(b, a)
}

/// Ranges are equal as the sequences they stand for. Bounds beyond 64 bits compare as they are written.
fn same_range(a: &[Int; 3], b: &[Int; 3]) -> bool {
    match (sequence(a), sequence(b)) {
        (Some(m), Some(n)) => m == n,
        _ => a == b,
    }
}

/// What makes a range: its length, first item and step, as far as they matter; `None` beyond 64 bits.
fn sequence([start, stop, step]: &[Int; 3]) -> Option<[i128; 3]> {
    let (start, stop, step) = (i128::from(start.to_i64()?), i128::from(stop.to_i64()?), i128::from(step.to_i64()?));
    let span = if step > 0 { stop - start } else { start - stop };
    let length = if span <= 0 { 0 } else { (span - 1) / step.abs() + 1 };
    Some([length, if length > 0 { start } else { 0 }, if length > 1 { step } else { 0 }])
}

/// A value as a key: equal and hashed as Python does.
pub(super) struct Key<'a>(pub(super) &'a Value);

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(other.0)
    }
}

impl Eq for Key<'_> {}

/// Values that differ hash differently, whoever chose them: a dictionary of many that didn't would take for ever to read. What
/// equals nothing hashes by its place.
impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let place = std::ptr::from_ref(self.0).addr();
        if let Some(number) = Number::of(self.0) {
            match number {
                Number::Whole(int) => int.hash(state),
                Number::Fraction(float) if float.is_nan() => place.hash(state),
                Number::Complex(re, im) if re.is_nan() || im.is_nan() => place.hash(state),
                Number::Fraction(float) => float.to_bits().hash(state),
                Number::Beyond(Real::Ratio(numerator, denominator)) => (numerator, denominator).hash(state),
                Number::Beyond(Real::Far(negative, digits, power)) => (negative, digits, power).hash(state),
                Number::Beyond(_) => place.hash(state),
                Number::Complex(re, im) => ((re + 0.0).to_bits(), (im + 0.0).to_bits()).hash(state),
            }
            return;
        }
        match self.0 {
            Value::Str(text) => text.hash(state),
            Value::Surrogates(points) => points.hash(state),
            Value::Bytes(bytes) | Value::ByteArray(bytes) => bytes.hash(state),
            Value::Tuple(items) => ordered(items, state),
            Value::Named(named) => ordered(&named.items, state),
            Value::FrozenSet(items) => unordered(items).hash(state),
            Value::Range(range) => match sequence(range) {
                Some(same) => same.hash(state),
                None => range.iter().for_each(|int| int.hash(state)),
            },
            Value::None | Value::Ellipsis => std::mem::discriminant(self.0).hash(state),
            _ => place.hash(state),
        }
    }
}

fn ordered<H: Hasher>(items: &[Value], state: &mut H) {
    items.len().hash(state);
    items.iter().for_each(|item| Key(item).hash(state));
}

/// A hash that does not depend on the order.
fn unordered(items: &[Value]) -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    items.iter().map(|item| KEYS.hash_one(Key(item))).fold(0, u64::wrapping_add)
}

/// Drops all but the last of equal keys, at the place of the first, as a dictionary does.
pub(super) fn last_wins(pairs: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    let mut places = HashMap::new();
    let mut sources: Vec<(usize, usize)> = Vec::with_capacity(pairs.len());
    for (i, (key, _)) in pairs.iter().enumerate() {
        let place = *places.entry(Key(key)).or_insert(sources.len());
        if place == sources.len() {
            sources.push((i, i));
        } else {
            sources[place].1 = i;
        }
    }
    drop(places);
    if sources.len() == pairs.len() {
        return pairs;
    }
    sources.into_iter().map(|(key, value)| (pairs[key].0.clone(), pairs[value].1.clone())).collect()
}
