//! lm-evaluation-harness: `samples_<task>_<time>.jsonl`, one line for each document and filter.
//!
//! A document's responses become samples, and every metric of every filter a verifier. A metric is about the one response
//! that the filter left: with several responses its verdict is laid on the first that contains what is left.
//! Source: github.com/EleutherAI/lm-evaluation-harness, `lm_eval/loggers/evaluation_tracker.py`.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use verifiers::domain::{Form, Problem};

use super::error::{Fault, ImportError};
use super::record::{Judged, Said, Sample, described};
use super::sink::Sink;
use super::source::Lines;

#[derive(Deserialize)]
struct Line {
    doc_id: u64,
    #[serde(default)]
    doc: Map<String, Value>,
    target: Option<Value>,
    #[serde(default)]
    arguments: Value,
    resps: Vec<Value>,
    #[serde(default)]
    filtered_resps: Vec<Value>,
    filter: Option<String>,
    #[serde(default)]
    metrics: Vec<String>,
    #[serde(flatten)]
    values: Map<String, Value>,
}

/// Names under which data sets keep ids.
const IDS: [&str; 6] = ["task_id", "id", "question_id", "unique_id", "problem_id", "name"];

/// Reads one file; with `prefix`, problems are told apart by their task.
pub(super) fn read(path: &Path, lines: Lines, prefix: bool, sink: &mut Sink) -> Result<(), ImportError> {
    let task = task(path);
    let mut filters: Vec<Option<String>> = Vec::new();
    lines.each(|line: Line| {
        if !filters.contains(&line.filter) {
            filters.push(line.filter.clone());
        }
        pour(line, if prefix { Some(&task) } else { None }, sink)
    })?;
    sink.reported
        .entry("tasks")
        .or_insert_with(|| Value::Array(Vec::new()))
        .as_array_mut()
        .into_iter()
        .for_each(|tasks| tasks.push(serde_json::json!({"task": task, "filters": filters})));
    Ok(())
}

/// `samples_gsm8k_2026-01-01T00-00-00.000000.jsonl` is about gsm8k.
pub(super) fn task(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.split(".jsonl").next().unwrap_or_default();
    let name = name.strip_prefix("samples_").unwrap_or(name);
    let date = name.rfind("_20").filter(|at| name[at + 1..].contains('T'));
    name[..date.unwrap_or(name.len())].to_owned()
}

fn pour(line: Line, task: Option<&String>, sink: &mut Sink) -> Result<(), Fault> {
    let own = IDS.iter().find_map(|name| line.doc.get(*name)).and_then(word);
    let id = own.unwrap_or_else(|| line.doc_id.to_string());
    let id = task.map_or_else(|| id.clone(), |task| format!("{task}/{id}"));
    let asked = line.arguments.pointer("/gen_args_0/arg_0").map(prompt).unwrap_or_default();
    let problem = sink.problem(&id, || Problem {
        answer: line.target.as_ref().and_then(word),
        fields: line.doc.clone(),
        group: ["level", "difficulty", "subject", "category"].iter().find_map(|n| line.doc.get(*n)).and_then(word),
        ..described(asked)
    })?;
    let responses = responses(&line.resps);
    let count = responses.as_ref().map_or(1, Vec::len);
    let left = line.filtered_resps.first();
    let about = match (&responses, left.and_then(Value::as_str)) {
        (Some(list), Some(left)) => list.iter().position(|text| text.contains(left)).unwrap_or(0),
        _ => 0,
    };
    // the lines of further filters hold the same responses again
    for place in 0..u32::try_from(count).unwrap_or(u32::MAX) {
        if !sink.has(problem, place) {
            let text = responses.as_ref().and_then(|list| list.get(place as usize)).map(|text| (*text).to_owned());
            let form = Some(Form::Chat);
            sink.sample(problem, Sample { index: Some(place), form, text, ..Sample::default() })?;
        }
    }
    for metric in &line.metrics {
        let Some(value) = line.values.get(metric) else { continue };
        let name = match line.filter.as_deref() {
            None | Some("none") => metric.clone(),
            Some(filter) => format!("{metric}:{filter}"),
        };
        let answer = left.and_then(word);
        match value {
            Value::Array(list) if list.len() == count && list.iter().all(|v| number(v).is_some()) => {
                let verifier = sink.verifier(&name, None)?;
                for (place, value) in list.iter().enumerate() {
                    let judged = Judged::new(Said::Number(number(value).unwrap_or(f64::NAN)));
                    sink.verdict(problem, index(place), verifier, judged)?;
                }
            }
            other => match number(other) {
                Some(x) => {
                    let verifier = sink.verifier(&name, None)?;
                    sink.verdict(problem, index(about), verifier, Judged::new(Said::Number(x)).answer(answer))?;
                }
                None => sink.note(format!("the metric {name:?} is no number for each document and was left out")),
            },
        }
    }
    if count > 1 {
        sink.note(
            "each filter left one response of several: its metrics judge that one, and the others have no verdict",
        );
    }
    Ok(())
}

/// What was asked: a text, or messages as JSON in a text.
fn prompt(argument: &Value) -> String {
    let text = match argument {
        Value::String(text) => text,
        Value::Array(list) => match list.first() {
            Some(Value::String(text)) => text,
            _ => return argument.to_string(),
        },
        other => return other.to_string(),
    };
    let Ok(messages) = serde_json::from_str::<Vec<Map<String, Value>>>(text) else { return text.clone() };
    let contents: Vec<&str> = messages.iter().filter_map(|m| m.get("content").and_then(Value::as_str)).collect();
    if contents.is_empty() { text.clone() } else { contents.join("\n\n") }
}

/// The responses of a document that a model wrote; `None` for log-likelihoods.
fn responses(resps: &[Value]) -> Option<Vec<&str>> {
    let [Value::Array(list)] = resps else { return None };
    list.iter().map(Value::as_str).collect()
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_bool().map(|b| f64::from(u8::from(b))))
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_texts_or_messages() {
        let of = |argument: Value| prompt(&argument);
        assert_eq!(of(serde_json::json!("a [b]")), "a [b]");
        assert_eq!(of(serde_json::json!(["[{\"role\": \"user\", \"content\": \"q\"}]"])), "q");
        assert_eq!(of(serde_json::json!(["[1]"])), "[1]");
    }

    #[test]
    fn the_task_is_in_the_name() {
        let of = |name: &str| task(Path::new(name));
        assert_eq!(of("out/samples_gsm8k_cot_2026-11-25T22-39-25.873300.jsonl"), "gsm8k_cot");
        assert_eq!(of("samples_mmlu_2023.jsonl.gz"), "mmlu_2023");
        assert_eq!(of("mine.jsonl"), "mine");
    }
}
