//! One sample of an Inspect log.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use verifiers::domain::{Form, Outcome, Problem, Status};

use super::super::error::Fault;
use super::super::record::{Judged, Said, Sample, described};
use super::super::sink::Sink;

#[derive(Deserialize)]
pub(super) struct Entry {
    id: Value,
    epoch: u32,
    input: Value,
    #[serde(default)]
    target: Value,
    output: Option<Output>,
    scores: Option<Map<String, Value>>,
    pub(super) metadata: Option<Map<String, Value>>,
    error: Option<Value>,
    invalidation: Option<Value>,
    limit: Option<Value>,
    #[serde(default)]
    attachments: HashMap<String, String>,
}

impl Entry {
    /// Adds texts that stand apart, numbered from `first`.
    pub(super) fn attach(&mut self, first: &str, texts: Vec<String>) {
        let first: usize = first.parse().unwrap_or(0);
        self.attachments.extend(texts.into_iter().enumerate().map(|(at, text)| ((first + at).to_string(), text)));
    }
}

#[derive(Deserialize)]
struct Output {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
    time: Option<f64>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Value,
}

#[derive(Deserialize)]
struct Usage {
    input_tokens: Option<u32>,
    output_tokens: Option<u32>,
    input_tokens_cache_read: Option<u32>,
    total_cost: Option<f64>,
}

#[derive(Deserialize)]
struct Score {
    value: Value,
    answer: Option<String>,
    explanation: Option<String>,
}

/// An id as a text.
pub(super) fn id_word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Stores one entry.
pub(super) fn pour(entry: Entry, sink: &mut Sink) -> Result<(), Fault> {
    let id = id_word(&entry.id).ok_or_else(|| Fault::new("the id is neither text nor number", ""))?;
    let resolve = |text: &str| {
        let attached = text.strip_prefix("attachment://").and_then(|key| entry.attachments.get(key));
        attached.map_or(text, String::as_str).to_owned()
    };
    let metadata = entry.metadata.unwrap_or_default();
    let group = ["level", "difficulty", "category", "subject"].iter().find_map(|name| metadata.get(*name));
    let group = group.and_then(id_word);
    let problem = sink.problem(&id, || Problem {
        answer: match &entry.target {
            Value::Array(list) => list.first().and_then(id_word),
            other => id_word(other).filter(|text| !text.is_empty()),
        },
        group,
        fields: metadata,
        ..described(words(&entry.input, &resolve))
    })?;
    let index = entry.epoch.checked_sub(1).ok_or_else(|| Fault::new("the epoch is 0", "epochs count from 1"))?;
    let mut sample = Sample { index: Some(index), form: Some(Form::Chat), ..Sample::default() };
    if let Some(output) = entry.output {
        fill(&mut sample, output, &resolve);
    }
    if let Some(error) = entry.error.filter(|e| !e.is_null()) {
        let message = error.get("message").and_then(Value::as_str).map(str::to_owned);
        sample.error = Some(message.unwrap_or_else(|| error.to_string()).chars().take(500).collect());
        sample.outcome = Some(Outcome::Failed);
    } else if let Some(limit) = entry.limit.as_ref().and_then(|l| l.get("type")).and_then(Value::as_str) {
        sample.finish_reason = Some(format!("{limit} limit"));
    }
    let failed = sample.outcome == Some(Outcome::Failed);
    sink.sample(problem, sample)?;
    if failed {
        return Ok(());
    }
    if entry.invalidation.is_some_and(|why| !why.is_null()) {
        sink.note("scores of invalidated samples were left out");
        return Ok(());
    }
    for (scorer, score) in entry.scores.into_iter().flatten() {
        let score: Score = serde_json::from_value(score)?;
        judge(sink, (problem, index), &scorer, score)?;
    }
    Ok(())
}

fn fill(sample: &mut Sample, output: Output, resolve: &dyn Fn(&str) -> String) {
    if let Some(choice) = output.choices.into_iter().next() {
        let (text, reasoning) = text_and_reasoning(&choice.message.content, resolve);
        sample.text = Some(text);
        sample.reasoning = reasoning;
        sample.outcome = match choice.stop_reason.as_deref() {
            Some("max_tokens" | "model_length") => Some(Outcome::Truncated),
            Some("content_filter") => Some(Outcome::Refused),
            _ => None,
        };
        sample.finish_reason = choice.stop_reason;
    } else {
        sample.text = Some(String::new());
    }
    if let Some(usage) = output.usage {
        sample.prompt_tokens = usage.input_tokens;
        sample.cached_tokens = usage.input_tokens_cache_read;
        sample.completion_tokens = usage.output_tokens;
        sample.cost_usd = usage.total_cost;
    }
    sample.latency_ms = output.time.map(|seconds| seconds * 1e3);
}

/// A text, or the parts of one.
fn text_and_reasoning(content: &Value, resolve: &dyn Fn(&str) -> String) -> (String, Option<String>) {
    let Value::Array(parts) = content else { return (words(content, resolve), None) };
    let of = |kind: &str| {
        let parts = parts.iter().filter(|part| part.get("type").and_then(Value::as_str) == Some(kind));
        parts.filter_map(|part| part.get(kind).and_then(Value::as_str)).map(resolve).collect::<Vec<_>>().join("\n")
    };
    (of("text"), Some(of("reasoning")))
}

/// What a user asked: a text, or the contents of messages.
fn words(input: &Value, resolve: &dyn Fn(&str) -> String) -> String {
    match input {
        Value::String(text) => resolve(text),
        Value::Array(messages) => {
            let contents = messages.iter().filter_map(|m| m.get("content"));
            contents.map(|content| text_and_reasoning(content, resolve).0).collect::<Vec<_>>().join("\n\n")
        }
        _ => String::new(),
    }
}

/// Names the verifiers of one score: a score of several values has one for each.
fn judge(sink: &mut Sink, place: (usize, u32), name: &str, score: Score) -> Result<(), Fault> {
    let Score { value, answer, explanation } = score;
    match value {
        Value::Object(values) => {
            for (key, value) in values {
                let part = Score { value, answer: answer.clone(), explanation: None };
                judge(sink, place, &format!("{name}.{key}"), part)?;
            }
            return Ok(());
        }
        Value::Array(values) => {
            for (key, value) in values.into_iter().enumerate() {
                let part = Score { value, answer: answer.clone(), explanation: None };
                judge(sink, place, &format!("{name}.{key}"), part)?;
            }
            return Ok(());
        }
        _ => {}
    }
    let verifier = sink.verifier(name, None)?;
    let said = said(&value);
    let odd = (said == Said::Status(Status::Unjudged)).then(|| format!("the score {value} is neither right nor wrong"));
    let short = explanation.and_then(|text| text.lines().next().map(|line| line.chars().take(200).collect::<String>()));
    let shown = if matches!(said, Said::Status(Status::Pass)) { None } else { odd.or(short) };
    sink.verdict(place.0, place.1, verifier, Judged::new(said).answer(answer).detail(shown))
}

/// Inspect's own reading of a value (`value_to_float`), but that "P" stays apart.
fn said(value: &Value) -> Said {
    match value {
        Value::Bool(passed) => Said::Number(f64::from(u8::from(*passed))),
        Value::Number(number) => Said::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(word) => match word.as_str() {
            "C" => Said::Status(Status::Pass),
            "I" | "N" => Said::Status(Status::Fail),
            "P" => Said::Partial(0.5),
            other => match other.to_lowercase().as_str() {
                "yes" | "true" => Said::Number(1.0),
                "no" | "false" => Said::Number(0.0),
                number => number.parse().map_or(Said::Status(Status::Unjudged), Said::Number),
            },
        },
        _ => Said::Status(Status::Unjudged),
    }
}
