//! Inputs of a request, by name.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::stats::StatsError;
use crate::stats::resampling::Counts;

/// The inputs of one call.
pub(super) struct Args<'a>(pub(super) &'a Map<String, Value>);

type Result<T> = std::result::Result<T, StatsError>;

fn wrong(name: &str, must: &'static str) -> StatsError {
    StatsError::Input { name: name.to_owned(), must }
}

fn to_number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "inf" | "+inf" | "infinity" => Some(f64::INFINITY),
            "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
            "nan" => Some(f64::NAN),
            _ => None,
        },
        other => other.as_f64(),
    }
}

/// The largest count: every one below it is exact as a float, and loops over the root of it end in a moment.
const LARGEST: u64 = 1_000_000_000_000;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a whole number in range")]
fn to_whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let x = value.as_f64()?;
        ((0.0..=9e15).contains(&x) && x.fract().abs() <= 0.0).then_some(x as u64)
    })
}

fn to_count(value: &Value) -> Option<u64> {
    to_whole(value).filter(|n| *n <= LARGEST)
}

fn to_label(value: &Value) -> Option<bool> {
    match to_number(value) {
        Some(x) if x.abs() <= 0.0 => Some(false),
        Some(x) if (x - 1.0).abs() <= 0.0 => Some(true),
        _ => None,
    }
}

/// An answer or label as a word: strings as they are, everything else as JSON.
pub(super) fn to_word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl<'a> Args<'a> {
    pub(super) fn given(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }

    pub(super) fn value(&self, name: &str) -> Result<&'a Value> {
        self.given(name).ok_or_else(|| wrong(name, "given"))
    }

    pub(super) fn array(&self, name: &str) -> Result<&'a [Value]> {
        self.value(name)?.as_array().map(Vec::as_slice).ok_or_else(|| wrong(name, "an array"))
    }

    fn list<T>(&self, name: &str, must: &'static str, f: impl Fn(&'a Value) -> Option<T>) -> Result<Vec<T>> {
        self.array(name)?.iter().map(|v| f(v).ok_or_else(|| wrong(name, must))).collect()
    }

    pub(super) fn number(&self, name: &str) -> Result<f64> {
        to_number(self.value(name)?).ok_or_else(|| wrong(name, "a number"))
    }

    pub(super) fn number_or(&self, name: &str, default: f64) -> Result<f64> {
        if self.given(name).is_some() { self.number(name) } else { Ok(default) }
    }

    pub(super) fn finite_or(&self, name: &str, default: f64) -> Result<f64> {
        let number = self.number_or(name, default)?;
        if number.is_finite() { Ok(number) } else { Err(wrong(name, "a finite number")) }
    }

    pub(super) fn count(&self, name: &str) -> Result<u64> {
        to_count(self.value(name)?).ok_or_else(|| wrong(name, "a whole number from 0 to 10^12"))
    }

    /// A count that memory or time goes with: of resamples, of places in a reply.
    pub(super) fn limited(&self, name: &str, default: Option<u64>) -> Result<u64> {
        let count = match default {
            Some(default) => self.count_or(name, default)?,
            None => self.count(name)?,
        };
        if count <= 10_000_000 { Ok(count) } else { Err(wrong(name, "at most 10^7")) }
    }

    pub(super) fn seed(&self) -> Result<u64> {
        let Some(value) = self.given("seed") else { return Ok(0) };
        to_whole(value).ok_or_else(|| wrong("seed", "a whole number, not negative"))
    }

    pub(super) fn count_or(&self, name: &str, default: u64) -> Result<u64> {
        if self.given(name).is_some() { self.count(name) } else { Ok(default) }
    }

    pub(super) fn size(&self, name: &str) -> Result<usize> {
        usize::try_from(self.count(name)?).ok().ok_or_else(|| wrong(name, "a smaller number"))
    }

    pub(super) fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        self.list(name, "an array of numbers", to_number)
    }

    pub(super) fn counts(&self, name: &str) -> Result<Vec<u64>> {
        self.list(name, "an array of whole numbers from 0 to 10^12", to_count)
    }

    pub(super) fn labels(&self, name: &str) -> Result<Vec<bool>> {
        self.list(name, "an array of 0 and 1", to_label)
    }

    pub(super) fn words(&self, name: &str) -> Result<Vec<String>> {
        self.list(name, "an array", |v| Some(to_word(v)))
    }

    pub(super) fn answers(&self, name: &str) -> Result<Vec<Option<String>>> {
        self.list(name, "an array", |v| Some((!v.is_null()).then(|| to_word(v))))
    }

    pub(super) fn votes(&self, name: &str) -> Result<Vec<Option<bool>>> {
        self.list(name, "an array of 0, 1 and null", |v| if v.is_null() { Some(None) } else { to_label(v).map(Some) })
    }

    /// One answer or an array of them.
    pub(super) fn answer_set(&self, name: &str) -> Result<BTreeSet<String>> {
        Ok(match self.value(name)? {
            Value::Array(list) => list.iter().map(to_word).collect(),
            one => BTreeSet::from([to_word(one)]),
        })
    }

    /// `[n, n_tp, n_fp]` per problem.
    pub(super) fn problems(&self, name: &str) -> Result<Vec<Counts>> {
        self.list(name, "an array of [n, n_tp, n_fp]", |v| match v.as_array()?.as_slice() {
            [n, tp, fp] => {
                Some(Counts { n: to_count(n)?, true_positive: to_count(tp)?, false_positive: to_count(fp)? })
            }
            _ => None,
        })
    }

    /// Scores and labels per problem.
    pub(super) fn scored_problems(&self, name: &str) -> Result<Vec<(Vec<f64>, Vec<bool>)>> {
        self.objects(name)?.into_iter().map(|p| Ok((p.numbers("scores")?, p.labels("labels")?))).collect()
    }

    pub(super) fn objects(&self, name: &str) -> Result<Vec<Args<'a>>> {
        self.list(name, "an array of objects", |v| v.as_object().map(Args))
    }

    /// An array of arrays.
    pub(super) fn rows<T>(&self, name: &str, must: &'static str, f: fn(&Value) -> Option<T>) -> Result<Vec<Vec<T>>> {
        self.list(name, must, |row| row.as_array()?.iter().map(f).collect())
    }

    pub(super) fn count_rows(&self, name: &str) -> Result<Vec<Vec<u64>>> {
        self.rows(name, "an array of arrays of whole numbers", to_count)
    }

    pub(super) fn number_rows(&self, name: &str) -> Result<Vec<Vec<f64>>> {
        self.rows(name, "an array of arrays of numbers", to_number)
    }

    pub(super) fn label_rows(&self, name: &str) -> Result<Vec<Vec<bool>>> {
        self.rows(name, "an array of arrays of 0 and 1", to_label)
    }

    pub(super) fn answer_rows(&self, name: &str) -> Result<Vec<Vec<Option<String>>>> {
        self.rows(name, "an array of arrays", |v| Some((!v.is_null()).then(|| to_word(v))))
    }
}
