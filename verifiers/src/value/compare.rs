//! When a result counts as the expected one: Python's equality, with the tolerance and the exceptions of EvalPlus.
//!
//! Source: Liu et al. 2023, arXiv:2305.01210, and the behaviour of its tool, version 0.3.1.

use std::collections::HashSet;

use super::equal::Key;
use super::{Int, Value};

/// The relative tolerance wherever an absolute one is in force.
const RELATIVE: f64 = 1e-7;
/// The absolute tolerance for floats where the data set gives none.
const FLOAT: f64 = 1e-6;

/// Problems with several right results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// No exception.
    Plain,
    /// Python's equality, without any tolerance.
    Equal,
    /// Any result is right (MBPP 164, whose reference is doubtful).
    Anything,
    /// Zero is right too (MBPP 295).
    OrZero,
    /// The height of the pyramid may be meant otherwise (MBPP 581).
    SurfaceArea,
    /// Digits of numbers of unequal length may be aligned (MBPP 558).
    DigitDistance,
    /// Order and repetition do not count.
    AsSets,
    /// Only whether the result is None counts.
    NotNone,
    /// The result is a root of the polynomial in the argument (HumanEval 32).
    Root,
}

impl Rule {
    /// The rule for a problem of EvalPlus's sets, by its id and the function's name.
    #[must_use]
    pub fn of(problem_id: &str, entry_point: &str) -> Self {
        match (problem_id.split('/').next(), entry_point) {
            (Some("HumanEval"), "find_zero") => Self::Root,
            (Some("Mbpp"), "are_equivalent") => Self::Anything,
            (Some("Mbpp"), "sum_div") => Self::OrZero,
            (Some("Mbpp"), "surface_Area") => Self::SurfaceArea,
            (Some("Mbpp"), "digit_distance_nums") => Self::DigitDistance,
            (
                Some("Mbpp"),
                "similar_elements"
                | "find_char_long"
                | "common_in_nested_lists"
                | "extract_singly"
                | "larg_nnum"
                | "intersection_array"
                | "find_dissimilar"
                | "Diff",
            ) => Self::AsSets,
            (Some("Mbpp"), "check_str" | "text_match_three" | "text_starta_endb") => Self::NotNone,
            _ => Self::Plain,
        }
    }
}

/// Compares the results of one sample, in the order of the calls: once a float was expected, the tolerance for floats stays in
/// force for the later calls, as in EvalPlus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    rule: Rule,
    atol: f64,
}

impl Comparison {
    /// For one sample of a problem with this rule and absolute tolerance.
    #[must_use]
    pub fn new(rule: Rule, atol: f64) -> Self {
        Self { rule, atol }
    }

    /// The absolute tolerance that is in force.
    pub(crate) fn tolerance(&self) -> f64 {
        self.atol
    }

    /// The same rule with another absolute tolerance in force.
    pub(crate) fn with_tolerance(self, atol: f64) -> Self {
        Self { atol, ..self }
    }

    /// Whether `got` is right for a call with `arguments` whose reference result is `expected`.
    #[must_use]
    pub fn matches(&mut self, arguments: &[Value], expected: &Value, got: &Value) -> bool {
        // that there is an object can be seen without looking into it
        if got.has_opaque() && self.rule != Rule::NotNone {
            return false;
        }
        let exact = match self.rule {
            Rule::Root => return is_root(arguments, got, self.atol),
            Rule::AsSets => same_as_sets(expected, got),
            Rule::NotNone => {
                let present = !matches!(expected, Value::None);
                match got {
                    Value::Bool(b) => *b == present,
                    _ => present == !matches!(got, Value::None),
                }
            }
            Rule::Anything => true,
            Rule::Equal => return expected.equals(got),
            _ => expected.equals(got) || self.exception(arguments, got),
        };
        if self.atol == 0.0 && is_floats(expected) {
            self.atol = FLOAT;
        }
        exact || self.atol != 0.0 && is_close(expected, got, self.atol)
    }

    fn exception(&self, arguments: &[Value], got: &Value) -> bool {
        match self.rule {
            Rule::OrZero => got.equals(&Value::int(0)),
            Rule::SurfaceArea => match (arguments, real(got)) {
                ([base, height], Some(got)) => match (real(base), real(height)) {
                    (Some(base), Some(height)) => {
                        let slant = (base / 2.0).hypot(height);
                        let area = (base * base + 2.0 * base * slant).round_ties_even();
                        (got - area).abs() <= self.atol
                    }
                    _ => false,
                },
                _ => false,
            },
            Rule::DigitDistance => match arguments {
                [Value::Int(a), Value::Int(b)] => aligned_distance(a, b).is_some_and(|d| got.equals(&Value::int(d))),
                _ => false,
            },
            _ => false,
        }
    }
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        Value::Int(int) => int.to_i64().map(|small| small as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

/// A float, or a list or tuple of floats only.
fn is_floats(value: &Value) -> bool {
    match value {
        Value::Float(_) => true,
        Value::List(items) | Value::Tuple(items) => {
            !items.is_empty() && items.iter().all(|item| matches!(item, Value::Float(_)))
        }
        _ => false,
    }
}

/// The same type, the same shape, and numbers within `atol + 1e-7 * |expected|` of each other.
fn is_close(expected: &Value, got: &Value, atol: f64) -> bool {
    expected.type_name() == got.type_name() && all_close(expected, got, atol)
}

fn all_close(expected: &Value, got: &Value, atol: f64) -> bool {
    match (expected, got) {
        (Value::List(a) | Value::Tuple(a), Value::List(b) | Value::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(x, y)| all_close(x, y, atol))
        }
        (Value::Complex(..), _) | (_, Value::Complex(..)) => match (parts(expected), parts(got)) {
            (Some((ar, ai)), Some((br, bi))) => (ar - br).hypot(ai - bi) <= atol + RELATIVE * ar.hypot(ai),
            _ => false,
        },
        _ => match (real(expected), real(got)) {
            (Some(a), Some(b)) if a.is_finite() && b.is_finite() => (b - a).abs() <= atol + RELATIVE * a.abs(),
            (Some(a), Some(b)) => a.total_cmp(&b).is_eq() && a.is_infinite(),
            _ => false,
        },
    }
}

fn parts(value: &Value) -> Option<(f64, f64)> {
    match value {
        Value::Complex(re, im) => Some((*re, *im)),
        _ => real(value).map(|re| (re, 0.0)),
    }
}

/// Both as Python's `set(...)` of them.
fn same_as_sets(expected: &Value, got: &Value) -> bool {
    let (mut letters, mut others) = (Vec::new(), Vec::new());
    match (keys(expected, &mut letters), keys(got, &mut others)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// The items of a value as a set; those of a text are put in `letters`.
fn keys<'a>(value: &'a Value, letters: &'a mut Vec<Value>) -> Option<HashSet<Key<'a>>> {
    let key = |item: &'a Value| item.is_hashable().then_some(Key(item));
    match value {
        Value::List(items)
        | Value::Tuple(items)
        | Value::Set(items)
        | Value::FrozenSet(items)
        | Value::Deque(items, _)
        | Value::View(_, items)
        | Value::Iterator(items, _) => items.iter().map(key).collect(),
        Value::Dict(_, pairs) => pairs.iter().map(|(item, _)| key(item)).collect(),
        Value::Str(text) => {
            // quick for a text of megabytes, too
            let mut seen = vec![false; char::MAX as usize + 1];
            letters.extend(text.chars().filter(|&c| !std::mem::replace(&mut seen[c as usize], true)).map(Value::text));
            letters.iter().map(key).collect()
        }
        _ => None,
    }
}

fn is_root(arguments: &[Value], got: &Value, atol: f64) -> bool {
    let ([Value::List(coefficients)], Some(x)) = (arguments, real(got)) else { return false };
    let mut power = 1.0;
    let mut sum = 0.0;
    for (i, coefficient) in coefficients.iter().enumerate() {
        let Some(coefficient) = real(coefficient) else { return false };
        power = i32::try_from(i).map_or(power * x, |i| x.powi(i));
        sum += coefficient * power;
    }
    sum.abs() <= atol
}

fn aligned_distance(a: &Int, b: &Int) -> Option<i64> {
    let (a, b) = (a.to_string(), b.to_string());
    let width = a.len().max(b.len());
    let digit = |text: &str, place: usize| -> Option<i64> {
        let padded = place.checked_sub(width - text.len());
        padded.map_or(Some(0), |i| text.as_bytes().get(i).filter(|c| c.is_ascii_digit()).map(|c| i64::from(c - b'0')))
    };
    (0..width).map(|place| Some((digit(&a, place)? - digit(&b, place)?).abs())).sum()
}
