//! One record of a file: fields by name, whatever their case.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use verifiers::value::Value;

use super::Fault;

/// Names under which sets keep what is asked.
pub(super) const PROMPT: &[&str] = &["prompt", "question", "problem", "instruction", "question_content", "text"];
/// Names of ids.
pub(super) const ID: &[&str] = &["id", "task_id", "question_id", "unique_id", "problem_id", "name"];
/// Names of groups.
pub(super) const GROUP: &[&str] = &["group", "level", "difficulty", "subject", "category", "source"];
/// Fields that hold tests, answers or solutions: not for prompts.
const HEAVY: &[&str] = &[
    "prompt",
    "canonical_solution",
    "test",
    "base_input",
    "plus_input",
    "contract",
    "assertion",
    "test_list",
    "challenge_test_list",
    "code",
    "solution",
    "solutions",
    "answer",
    "input_output",
    "public_test_cases",
    "private_test_cases",
    "test_cases",
    "reference",
    "public_tests",
    "private_tests",
    "generated_tests",
];

/// One record.
#[derive(Debug)]
pub(super) struct Record {
    /// Where it stands: the line, or the number of the element.
    pub(super) line: usize,
    fields: Vec<(String, Value)>,
}

impl Record {
    pub(super) fn new(line: usize, pairs: Vec<(Value, Value)>) -> Self {
        let named = pairs.into_iter().filter_map(|(key, value)| match key {
            Value::Str(name) => Some((name, value)),
            _ => None,
        });
        Self { line, fields: named.collect() }
    }

    /// Gives fields our names: ours to the file's.
    pub(super) fn rename(&mut self, names: &BTreeMap<String, String>) {
        for (ours, theirs) in names {
            let ours = if ours == "question" { "prompt" } else { ours };
            if let Some((_, value)) = self.fields.iter().find(|(name, _)| name == theirs) {
                let value = value.clone();
                self.fields.retain(|(name, _)| name != ours);
                self.fields.insert(0, (ours.to_owned(), value));
            }
        }
    }

    pub(super) fn default_id(&mut self, id: Value) {
        if self.get(ID).is_none() {
            self.fields.push(("id".to_owned(), id));
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// The first of these fields that is there and not null; exact names before names in another case.
    pub(super) fn get(&self, names: &[&str]) -> Option<&Value> {
        let find = |same: fn(&str, &str) -> bool| {
            names.iter().find_map(|wanted| {
                self.fields
                    .iter()
                    .find(|(name, value)| same(name, wanted) && !matches!(value, Value::None))
                    .map(|(_, v)| v)
            })
        };
        find(|a, b| a == b).or_else(|| find(str::eq_ignore_ascii_case))
    }

    /// Text, or a number or truth value as text.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        match self.get(names)? {
            Value::Str(text) => Some(text.clone()),
            Value::Int(int) => Some(int.to_string()),
            value @ (Value::Float(_) | Value::Bool(_)) => Some(value.literal()),
            _ => None,
        }
    }

    /// The same, of a field that must be there.
    pub(super) fn need(&self, names: &[&str]) -> Result<String, Fault> {
        self.text(names).ok_or_else(|| self.missing(names))
    }

    /// Text as it stands: a number would be a mistake.
    pub(super) fn need_str(&self, names: &[&str]) -> Result<String, Fault> {
        match self.get(names) {
            Some(Value::Str(text)) => Ok(text.clone()),
            Some(other) => Err(Fault::new(
                format!("field {:?} must be text, not {}", names[0], other.short_repr(40)),
                "check dataset.format and dataset.fields",
            )),
            None => Err(self.missing(names)),
        }
    }

    pub(super) fn need_list(&self, name: &str) -> Result<&[Value], Fault> {
        match self.get(&[name]) {
            Some(Value::List(items)) => Ok(items),
            // MBPP+ writes no inputs as an empty object
            Some(Value::Dict(_, pairs)) if pairs.is_empty() => Ok(&[]),
            Some(other) => Err(Fault::new(
                format!("field {name:?} must be a list, not {}", other.short_repr(40)),
                "check dataset.format",
            )),
            None => Err(self.missing(&[name])),
        }
    }

    pub(super) fn missing(&self, names: &[&str]) -> Fault {
        let there: Vec<_> = self.names().take(12).collect();
        let first = names.first().copied().unwrap_or_default();
        Fault::new(
            format!("no field {first:?}"),
            format!("the record has {}; map a name with dataset.fields, or check dataset.format", there.join(", ")),
        )
    }

    /// Texts of a list; a single text is a list of one.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Fault> {
        match self.get(&[name]) {
            None => Ok(Vec::new()),
            Some(Value::Str(text)) if text.is_empty() => Ok(Vec::new()),
            Some(Value::Str(text)) => Ok(vec![text.clone()]),
            Some(Value::List(items)) => items
                .iter()
                .map(|item| match item {
                    Value::Str(text) => Ok(text.clone()),
                    other => Err(Fault::new(
                        format!("field {name:?} must be a list of texts, not {}", other.short_repr(40)),
                        "check dataset.format",
                    )),
                })
                .collect(),
            Some(other) => Err(Fault::new(
                format!("field {name:?} must be a list of texts, not {}", other.short_repr(40)),
                "check dataset.format",
            )),
        }
    }

    /// The light fields, for prompt templates, ordered by name.
    pub(super) fn rest(&self) -> serde_json::Map<String, Json> {
        let light = self.fields.iter().filter(|(name, _)| !HEAVY.contains(&name.as_str()));
        let sorted: BTreeMap<&String, Json> = light.map(|(name, value)| (name, to_json(value))).collect();
        // MBPP's templates show the tests
        let shown =
            self.fields.iter().filter(|(name, _)| name == "test_list").map(|(name, value)| (name, to_json(value)));
        sorted.into_iter().chain(shown).map(|(name, value)| (name.clone(), value)).collect()
    }
}

/// Values that came from JSON as JSON; keys ordered. What JSON has no number for becomes text.
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(int) => int.to_i64().map_or_else(
            || {
                int.to_string()
                    .parse::<u64>()
                    .map_or_else(|_: std::num::ParseIntError| Json::String(int.to_string()), Json::from)
            },
            Json::from,
        ),
        Value::Float(float) => {
            serde_json::Number::from_f64(*float).map_or_else(|| Json::String(value.literal()), Json::Number)
        }
        Value::Str(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Dict(_, pairs) => {
            let sorted: BTreeMap<String, Json> = pairs
                .iter()
                .map(|(key, value)| {
                    let name = if let Value::Str(text) = key { text.clone() } else { key.literal() };
                    (name, to_json(value))
                })
                .collect();
            Json::Object(sorted.into_iter().collect())
        }
        other => Json::String(other.literal()),
    }
}
