//! OpenAI batch output: `{"custom_id", "response": {"status_code", "body"}, "error"}` a line.
//!
//! `custom_id` is a problem, or a problem and the index of its first sample behind `#` or `-s` (`HumanEval/3#8`, `p1-s0`). Where a
//! line has several choices, what stands behind `-s` numbers requests: samples are counted in the order in which they come.
//! Source: platform.openai.com/docs/guides/batch.

use serde::Deserialize;
use verifiers::domain::{Form, Outcome};

use super::error::ImportError;
use super::record::{Sample, described};
use super::sink::Sink;
use super::source::Lines;

#[derive(Deserialize)]
struct Line {
    custom_id: String,
    response: Option<Response>,
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Response {
    status_code: Option<u16>,
    #[serde(default)]
    body: serde_json::Value,
}

#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    message: Option<Message>,
    /// Of the completions API.
    text: Option<String>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
    reasoning_content: Option<String>,
    reasoning: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
}

pub(super) fn read(lines: Lines, sink: &mut Sink) -> Result<(), ImportError> {
    lines.each(|line: Line| {
        let (id, first) = split(&line.custom_id);
        let problem = sink.problem(id, || described(""))?;
        let failed = |error: String| Sample {
            index: first,
            outcome: Some(Outcome::Failed),
            error: Some(error),
            ..Sample::default()
        };
        let response = match (line.error.filter(|e| !e.is_null()), line.response) {
            (Some(error), _) => return sink.sample(problem, failed(message(&error))).map(drop),
            (None, None) => return sink.sample(problem, failed("no response".to_owned())).map(drop),
            (None, Some(response)) => response,
        };
        if let Some(status) = response.status_code.filter(|status| *status >= 400) {
            let error = response.body.get("error").map(message).unwrap_or_default();
            return sink.sample(problem, failed(format!("HTTP {status}: {error}"))).map(drop);
        }
        let mut body: Body = serde_json::from_value(response.body)?;
        sink.model = sink.model.take().or(body.model.take());
        body.choices.sort_by_key(|choice| choice.index);
        let count = u32::try_from(body.choices.len()).unwrap_or(u32::MAX);
        let first = first.filter(|_| count == 1 || line.custom_id.contains('#'));
        for choice in body.choices {
            let mut sample = sample(choice, body.usage.as_ref(), count);
            sample.index = first.map(|first| first.saturating_add(sample.index.unwrap_or(0)));
            sink.sample(problem, sample)?;
        }
        Ok(())
    })
}

/// One choice; its index is its place among the choices.
fn sample(choice: Choice, usage: Option<&Usage>, count: u32) -> Sample {
    let refusal = choice.message.as_ref().and_then(|m| m.refusal.clone());
    let reason = choice.finish_reason.as_deref();
    let (text, reasoning) = match choice.message {
        Some(message) => (message.content, message.reasoning_content.or(message.reasoning)),
        None => (choice.text, None),
    };
    let outcome = match reason {
        Some("length") => Some(Outcome::Truncated),
        _ if refusal.is_some() || reason == Some("content_filter") => Some(Outcome::Refused),
        _ => None,
    };
    Sample {
        index: Some(choice.index),
        outcome,
        finish_reason: choice.finish_reason,
        form: Some(Form::Chat),
        text: Some(text.or(refusal).unwrap_or_default()),
        reasoning,
        prompt_tokens: usage.and_then(|u| u.prompt_tokens),
        // one total for all choices
        completion_tokens: usage.and_then(|u| u.completion_tokens).map(|tokens| tokens / count.max(1)),
        usage_apportioned: count > 1,
        ..Sample::default()
    }
}

fn message(error: &serde_json::Value) -> String {
    let text = error.get("message").and_then(serde_json::Value::as_str).map(str::to_owned);
    text.unwrap_or_else(|| error.to_string())
}

/// Problem and first index.
fn split(id: &str) -> (&str, Option<u32>) {
    let at = |mark: &str| {
        let (problem, index) = id.rsplit_once(mark)?;
        let digits = !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit());
        index.parse().ok().filter(|_| digits && !problem.is_empty()).map(|index| (problem, Some(index)))
    };
    at("#").or_else(|| at("-s")).unwrap_or((id, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_stands_behind_the_problem() {
        assert_eq!(split("HumanEval/3#8"), ("HumanEval/3", Some(8)));
        assert_eq!(split("p1-s0"), ("p1", Some(0)));
        assert_eq!(split("HumanEval/3"), ("HumanEval/3", None));
        assert_eq!(split("a-sb"), ("a-sb", None));
        assert_eq!(split("#4"), ("#4", None));
    }
}
