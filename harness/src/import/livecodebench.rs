//! LiveCodeBench: an array of `{"question_id", "output_list", "code_list"}`, judged with `graded_list` (`_eval_all.json`).
//!
//! Source: github.com/LiveCodeBench/LiveCodeBench, `lcb_runner/runner/main.py`.

use std::path::Path;

use serde::Deserialize;
use verifiers::domain::{Form, Problem, Role};

use super::document::{self, Part};
use super::error::{Fault, ImportError};
use super::human_eval::Id;
use super::record::{Judged, Sample, described};
use super::sink::Sink;
use super::source::{Lines, Stream};
use verifiers::counted;

#[derive(Deserialize)]
struct Row {
    question_id: Id,
    #[serde(default)]
    output_list: Vec<String>,
    #[serde(default)]
    code_list: Vec<String>,
    graded_list: Option<Vec<bool>>,
    metadata: Option<Vec<serde_json::Value>>,
    question_content: Option<String>,
    difficulty: Option<String>,
}

pub(super) fn read(path: &Path, stream: Stream, sink: &mut Sink) -> Result<(), ImportError> {
    document::read(path, stream, None, &[], &mut |part| match part {
        Part::Element(_, row) => pour(row, sink),
        Part::Member(..) => Ok(()),
    })
}

pub(super) fn read_lines(lines: Lines, sink: &mut Sink) -> Result<(), ImportError> {
    lines.each(|row| pour(row, sink))
}

fn pour(row: Row, sink: &mut Sink) -> Result<(), Fault> {
    // what was judged is the code that was taken out of the answers
    let (form, texts) = if row.code_list.iter().any(|code| !code.trim().is_empty()) || row.output_list.is_empty() {
        (Form::Solution, row.code_list)
    } else {
        (Form::Chat, row.output_list)
    };
    if let Some(graded) = &row.graded_list
        && graded.len() != texts.len()
    {
        let problem = format!("{}, but {}", counted(texts.len(), "program"), counted(graded.len(), "verdict"));
        return Err(Fault::new(problem, "`code_list` and `graded_list` must have the same length"));
    }
    let id = row.question_id.into_text();
    let problem =
        sink.problem(&id, || Problem { group: row.difficulty, ..described(row.question_content.unwrap_or_default()) })?;
    let mut details = row.metadata.into_iter().flatten();
    let mut graded = row.graded_list.into_iter().flatten();
    for text in texts {
        let index = sink.sample(problem, Sample { form: Some(form), text: Some(text), ..Sample::default() })?;
        let detail = details.next();
        if let Some(passed) = graded.next() {
            let verifier = sink.verifier("tests", Some(Role::Oracle))?;
            let detail = if passed { None } else { detail.and_then(|d| message(&d)) };
            sink.verdict(problem, index, verifier, Judged::passed(passed).detail(detail))?;
        }
    }
    Ok(())
}

/// `{"error_message": "Wrong Answer", ...}`, as an object or as the text of one.
fn message(metadata: &serde_json::Value) -> Option<String> {
    let parsed = metadata.as_str().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let object = parsed.as_ref().unwrap_or(metadata);
    let text = object.get("error_message").or_else(|| object.get("error"))?;
    Some(text.as_str().map_or_else(|| text.to_string(), str::to_owned).chars().take(200).collect())
}
