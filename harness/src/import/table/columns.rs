//! What a column is for.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::super::sink::Sink;
use super::verdict;

/// Our names of fields to the file's columns, as `--map` gives them: `problem`, `sample`, `text`, ..., `verdict:NAME`,
/// `score:NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(pub BTreeMap<String, String>);

impl Columns {
    /// Adds `OURS=COLUMN`.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (ours, column) = text.split_once('=').ok_or("write OURS=COLUMN, for example problem=task")?;
        let verifier = ours.strip_prefix("verdict:").or_else(|| ours.strip_prefix("score:"));
        if verifier.is_none_or(str::is_empty) && Field::of(ours).is_none() {
            let known: Vec<&str> = FIELDS.iter().map(|(_, names)| names[0]).collect();
            return Err(format!("{ours:?} is none of {}, verdict:NAME, score:NAME", known.join(", ")));
        }
        self.0.insert(ours.to_owned(), column.to_owned());
        Ok(())
    }
}

/// What a column can tell of a sample, its problem or a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Problem,
    Sample,
    Text,
    Form,
    Reasoning,
    Outcome,
    FinishReason,
    PromptTokens,
    CompletionTokens,
    Cost,
    Latency,
    FirstToken,
    Seed,
    Apportioned,
    Error,
    Prompt,
    Answer,
    Group,
    Verifier,
    Status,
    Score,
    Given,
    Detail,
    Duration,
    Logprob,
    TokenLogprobs,
    Role,
    Steps,
}

/// Fields and the names that they go by; the first is ours.
const FIELDS: [(Field, &[&str]); 28] = [
    (Field::Problem, &["problem", "problem_id", "task_id", "question_id", "unique_id", "id", "task"]),
    (Field::Sample, &["sample", "sample_index", "sample_id", "index", "epoch", "attempt", "trial"]),
    (Field::Text, &["text", "completion", "solution", "response", "output", "generation"]),
    (Field::Form, &["form"]),
    (Field::Reasoning, &["reasoning", "reasoning_content"]),
    (Field::Outcome, &["outcome"]),
    (Field::FinishReason, &["finish_reason", "stop_reason"]),
    (Field::PromptTokens, &["prompt_tokens", "input_tokens"]),
    (Field::CompletionTokens, &["completion_tokens", "output_tokens"]),
    (Field::Cost, &["cost_usd"]),
    (Field::Latency, &["latency_ms"]),
    (Field::FirstToken, &["first_token_ms"]),
    (Field::Seed, &["seed"]),
    (Field::Apportioned, &["usage_apportioned"]),
    (Field::Error, &["error"]),
    (Field::Prompt, &["prompt", "question", "instruction", "input"]),
    (Field::Answer, &["answer", "target", "gold", "gt_answer"]),
    (Field::Group, &["group", "level", "difficulty", "category", "subject"]),
    (Field::Verifier, &["verifier", "scorer", "metric"]),
    (Field::Status, &["status", "verdict"]),
    (Field::Score, &["score", "value"]),
    (Field::Given, &["given_answer", "extracted_answer"]),
    (Field::Detail, &["detail"]),
    (Field::Duration, &["duration_ms"]),
    (Field::Logprob, &["logprob"]),
    (Field::TokenLogprobs, &["token_logprobs"]),
    (Field::Role, &["role"]),
    (Field::Steps, &["steps"]),
];

impl Field {
    fn of(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(_, names)| names.contains(&name)).map(|(field, _)| *field)
    }

    /// Tells something of the sample itself.
    pub(super) fn describes(self) -> bool {
        matches!(self, Self::Text | Self::Outcome | Self::CompletionTokens | Self::FinishReason)
    }

    /// Belongs to a verdict; without a column that names the verifier, such a column is a verifier itself.
    fn judges(self) -> bool {
        matches!(self, Self::Status | Self::Score)
    }
}

/// What is done with a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Use {
    Field(Field),
    Verdict(String),
    Score(String),
    Nothing,
}

/// What is done with each column; decided when its first value is seen.
pub(super) struct Plan<'a> {
    mapped: HashMap<&'a str, Use>,
    /// Fields that are mapped, so that no other column is taken for them.
    taken: Vec<Field>,
    verifiers_mapped: bool,
    long: bool,
    uses: HashMap<String, Use>,
}

/// Columns of nbest's own tables that say nothing new, and those of the table of verdicts alone.
const OWN: [&str; 2] = ["run", "duplicate_of"];
const OF_VERDICTS: [&str; 3] = ["sandbox", "weak", "flaky"];

impl<'a> Plan<'a> {
    pub(super) fn new(columns: &'a Columns) -> Self {
        let (mut mapped, mut taken, mut verifiers_mapped) = (HashMap::new(), Vec::new(), false);
        for (ours, column) in &columns.0 {
            let verifier = ours.strip_prefix("verdict:").map(|name| Use::Verdict(name.to_owned()));
            let verifier = verifier.or_else(|| ours.strip_prefix("score:").map(|name| Use::Score(name.to_owned())));
            verifiers_mapped |= verifier.is_some();
            let field = Field::of(ours);
            taken.extend(field);
            mapped.insert(column.as_str(), verifier.or(field.map(Use::Field)).unwrap_or(Use::Nothing));
        }
        Self { mapped, taken, verifiers_mapped, long: false, uses: HashMap::new() }
    }

    /// Learns from all columns of a first row whether each row is a verdict.
    pub(super) fn see<'n>(&mut self, mut names: impl Iterator<Item = &'n str>) {
        self.long |= names.any(|name| self.field(name) == Some(Field::Verifier));
    }

    fn is_own(&self, name: &str) -> bool {
        OWN.contains(&name) || self.long && OF_VERDICTS.contains(&name)
    }

    /// The field that a column's name stands for.
    pub(super) fn field(&self, name: &str) -> Option<Field> {
        match self.mapped.get(name) {
            Some(Use::Field(field)) => Some(*field),
            Some(_) => None,
            None => Field::of(name).filter(|field| !self.taken.contains(field)),
        }
    }

    /// What is done with a column, of which this is a value.
    pub(super) fn of(&mut self, name: &str, value: &Value) -> &Use {
        if !self.uses.contains_key(name) {
            let chosen = self.choose(name, value);
            self.uses.insert(name.to_owned(), chosen);
        }
        // just put there, where it was not
        self.uses.get(name).unwrap_or(&Use::Nothing)
    }

    fn choose(&mut self, name: &str, value: &Value) -> Use {
        if let Some(mapped) = self.mapped.get(name) {
            return mapped.clone();
        }
        if self.is_own(name) {
            return Use::Nothing;
        }
        if let Some(field) = self.field(name) {
            self.long |= field == Field::Verifier;
            // problem ids, texts and the like come once: the best-known name wins
            let once = matches!(field, Field::Problem | Field::Sample | Field::Text | Field::Group);
            let before = self.uses.values().any(|used| *used == Use::Field(field));
            if field.judges() && !self.long {
                return self.guess(name, value);
            }
            return if once && before { Use::Nothing } else { Use::Field(field) };
        }
        self.guess(name, value)
    }

    /// A column of nobody's: a verifier, if it looks like one.
    fn guess(&self, name: &str, value: &Value) -> Use {
        if self.verifiers_mapped || self.long {
            return Use::Nothing;
        }
        let speaks = match value {
            Value::Bool(_) => true,
            Value::String(text) => verdict(text).is_some() || (sounds(name) && text.trim().parse::<f64>().is_ok()),
            Value::Number(_) => sounds(name),
            _ => false,
        };
        if speaks { Use::Verdict(name.to_owned()) } else { Use::Nothing }
    }

    /// The columns seen so far.
    pub(super) fn seen(&self) -> String {
        let mut names: Vec<&str> = self.uses.keys().map(String::as_str).collect();
        names.sort_unstable();
        format!("columns: {}", names.join(", "))
    }

    /// Says which columns were of no use.
    pub(super) fn report(&self, sink: &mut Sink) {
        let mut left: Vec<&str> = self
            .uses
            .iter()
            .filter(|(name, used)| **used == Use::Nothing && !self.is_own(name))
            .map(|(name, _)| name.as_str())
            .collect();
        left.sort_unstable();
        if !left.is_empty() {
            let how = "--map verdict:NAME=COLUMN or score:NAME=COLUMN makes a verifier of one";
            sink.note(format!("columns left out: {} ({how})", left.join(", ")));
        }
    }
}

/// Whether a column of numbers sounds like a verifier's.
fn sounds(name: &str) -> bool {
    let name = name.to_lowercase();
    ["score", "reward", "correct", "pass", "verdict", "judge", "right", "valid"].iter().any(|word| name.contains(word))
}
