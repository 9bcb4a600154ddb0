//! MBPP+ inputs as they were before JSON: tuples, sets and complex numbers, restored problem by problem.
//!
//! JSON has lists only; which problems take something else is part of the data set, and is written down in EvalPlus
//! (Liu et al. 2023, arXiv:2305.01210).

use verifiers::value::{DictKind, Value};

/// What became of the arguments of a problem.
#[derive(Clone, Copy)]
enum Shape {
    /// Every argument is a tuple.
    Tuples,
    /// Every argument is a list of tuples.
    ListsOfTuples,
    /// The first argument is a list of tuples, the second is as it is.
    ListOfTuplesFirst,
    /// The first argument is a tuple.
    TupleFirst,
    /// The second argument is a tuple.
    TupleSecond,
    /// Every argument is a tuple of tuples.
    TuplesOfTuples,
    /// The first argument is a tuple whose lists are tuples.
    MixedTuple,
    /// All lists are tuples, the arguments themselves too.
    Everything,
    /// The first argument is a list of sets, or of empty dictionaries.
    ListOfSets,
    /// The first argument is a dictionary of tuples.
    DictOfTuples,
    /// A float and a complex number.
    FloatAndComplex,
    /// A complex number.
    Complex,
}

fn shape(number: u32) -> Option<Shape> {
    Some(match number {
        2 | 116 | 132 | 143 | 222 | 261 | 273 | 394 | 399 | 421 | 424 | 429 | 470 | 560 | 579 | 596 | 616 | 630
        | 726 | 740 | 744 | 809 => Shape::Tuples,
        63 | 64 | 70 | 94 | 120 | 237 | 272 | 299 | 400 | 409 | 417 | 438 | 473 | 614 | 780 => Shape::ListsOfTuples,
        75 | 413 | 444 | 753 => Shape::ListOfTuplesFirst,
        250 | 307 | 405 | 446 | 617 | 720 | 763 | 808 => Shape::TupleFirst,
        106 | 750 => Shape::TupleSecond,
        259 | 401 | 445 => Shape::TuplesOfTuples,
        278 => Shape::MixedTuple,
        580 | 615 | 791 => Shape::Everything,
        115 => Shape::ListOfSets,
        722 => Shape::DictOfTuples,
        124 => Shape::FloatAndComplex,
        252 => Shape::Complex,
        _ => return None,
    })
}

/// The arguments of one call as the problem's function takes them. Only MBPP's problems (`Mbpp/2`) are changed.
pub(super) fn restore(problem_id: &str, arguments: Vec<Value>) -> Vec<Value> {
    let number = problem_id.strip_prefix("Mbpp/").and_then(|number| number.parse().ok());
    match number.and_then(shape) {
        Some(shape) => apply(shape, arguments),
        None => arguments,
    }
}

fn apply(shape: Shape, arguments: Vec<Value>) -> Vec<Value> {
    let each = |change: fn(Value) -> Value| arguments.clone().into_iter().map(change).collect();
    let at = |place: usize, change: fn(Value) -> Value| {
        arguments
            .clone()
            .into_iter()
            .enumerate()
            .map(|(i, value)| if i == place { change(value) } else { value })
            .collect()
    };
    match shape {
        Shape::Tuples => each(tuple),
        Shape::ListsOfTuples => each(|list| inside(list, tuple)),
        Shape::TuplesOfTuples => each(|list| tuple(inside(list, tuple))),
        Shape::Everything => each(deep),
        Shape::ListOfTuplesFirst => at(0, |list| inside(list, tuple)),
        Shape::TupleFirst => at(0, tuple),
        Shape::TupleSecond => at(1, tuple),
        Shape::MixedTuple => at(0, |list| tuple(inside(list, tuple))),
        Shape::ListOfSets => at(0, |list| inside(list, set)),
        Shape::DictOfTuples => at(0, |dict| match dict {
            Value::Dict(kind, pairs) => Value::Dict(kind, pairs.into_iter().map(|(k, v)| (k, tuple(v))).collect()),
            other => other,
        }),
        Shape::FloatAndComplex => arguments
            .into_iter()
            .enumerate()
            .map(|(i, value)| if i == 0 { float(value) } else { complex(value) })
            .collect(),
        Shape::Complex => at(0, complex),
    }
}

fn tuple(value: Value) -> Value {
    match value {
        Value::List(items) => Value::Tuple(items),
        Value::Str(text) => Value::Tuple(text.chars().map(|c| Value::text(c.to_string())).collect()),
        other => other,
    }
}

fn inside(value: Value, change: fn(Value) -> Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(change).collect()),
        other => other,
    }
}

fn deep(value: Value) -> Value {
    match value {
        Value::List(items) => Value::Tuple(items.into_iter().map(deep).collect()),
        other => other,
    }
}

fn set(value: Value) -> Value {
    match value {
        Value::List(items) if !items.is_empty() => {
            let mut distinct: Vec<Value> = Vec::with_capacity(items.len());
            for item in items {
                if !distinct.iter().any(|other| other.equals(&item)) {
                    distinct.push(item);
                }
            }
            Value::Set(distinct)
        }
        _ => Value::Dict(DictKind::Plain, Vec::new()),
    }
}

fn float(value: Value) -> Value {
    match &value {
        Value::Str(text) => text.trim().parse().map_or(value, Value::Float),
        Value::Int(int) => int.to_string().parse().map_or(value, Value::Float),
        _ => value,
    }
}

/// As Python's `complex(...)` of text or of a number: the sign of a zero is kept.
fn complex(value: Value) -> Value {
    let text = match &value {
        Value::Str(text) => text.trim().trim_start_matches('(').trim_end_matches(')').to_owned(),
        Value::Int(_) | Value::Float(_) => value.literal(),
        _ => return value,
    };
    let Some(imaginary) = text.strip_suffix('j') else {
        return text.parse().map_or(value, |real| Value::Complex(real, 0.0));
    };
    let bytes = imaginary.as_bytes();
    let split =
        (1..bytes.len()).rev().find(|&i| matches!(bytes[i], b'+' | b'-') && !matches!(bytes[i - 1], b'e' | b'E'));
    let (real, imaginary) = imaginary.split_at(split.unwrap_or(0));
    let real = if real.is_empty() { Ok(0.0) } else { real.parse() };
    let unit = |text: &str| match text {
        "" | "+" => Ok(1.0),
        "-" => Ok(-1.0),
        other => other.parse(),
    };
    match (real, unit(imaginary)) {
        (Ok(real), Ok(imaginary)) => Value::Complex(real, imaginary),
        _ => value,
    }
}
