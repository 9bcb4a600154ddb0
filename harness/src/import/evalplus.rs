//! EvalPlus results: `{"date", "hash", "eval": {"HumanEval/0": [{"solution", "base_status", "plus_status"}]}, "pass_at_k"}`; and
//! its folders of samples: `HumanEval_0/0.py`.
//!
//! Base tests become the selector, base and plus tests the oracle: EvalPlus counts a sample as right where both pass.
//! Source: github.com/evalplus/evalplus, `evalplus/evaluate.py`, `evalplus/data/utils.py`.

use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use verifiers::domain::{Form, Role, Status};

use super::document::{self, Part};
use super::error::{Fault, ImportError};
use super::record::{Judged, Said, Sample, described};
use super::sink::Sink;
use super::source::Stream;

#[derive(Deserialize)]
struct Entry {
    solution: Option<String>,
    base_status: Option<String>,
    plus_status: Option<String>,
    #[serde(default)]
    base_fail_tests: Option<Vec<Value>>,
    #[serde(default)]
    plus_fail_tests: Option<Vec<Value>>,
}

pub(super) fn read(path: &Path, stream: Stream, sink: &mut Sink) -> Result<(), ImportError> {
    let keep = ["date", "hash", "pass_at_k"];
    document::read(path, stream, Some("eval"), &keep, &mut |part: Part<Vec<Entry>>| match part {
        Part::Member(name, value) => {
            sink.reported.insert(name, value);
            Ok(())
        }
        Part::Element(task, results) => {
            let problem = sink.problem(&task, || described(""))?;
            results.into_iter().try_for_each(|result| one(sink, problem, result))
        }
    })
}

/// A whole program: its folder names the problem, its own name counts the samples.
pub(super) fn read_program(path: &Path, mut stream: Stream, sink: &mut Sink) -> Result<(), ImportError> {
    let mut text = String::new();
    stream.read_to_string(&mut text).map_err(ImportError::read(path))?;
    let full = std::path::absolute(path).map_err(ImportError::read(path))?;
    let folder = full.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let index = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
    let form = Some(Form::Solution);
    let stored = sink
        .problem(&folder.replace('_', "/"), || described(""))
        .and_then(|problem| sink.sample(problem, Sample { form, index, text: Some(text), ..Sample::default() }));
    stored.map(|_| ()).map_err(|fault| fault.at(path, "program"))
}

fn one(sink: &mut Sink, problem: usize, result: Entry) -> Result<(), Fault> {
    let form = Some(Form::Solution);
    let index = sink.sample(problem, Sample { form, text: result.solution, ..Sample::default() })?;
    let base = status("base_status", result.base_status.as_deref())?;
    let plus = status("plus_status", result.plus_status.as_deref())?;
    if let Some(base) = base {
        let role = if plus.is_some() { Role::Selector } else { Role::Oracle };
        let verifier = sink.verifier("base", Some(role))?;
        let detail = first(result.base_fail_tests.as_deref());
        sink.verdict(problem, index, verifier, Judged::new(Said::Status(base)).detail(detail.clone()))?;
        if let Some(plus) = plus {
            let verifier = sink.verifier("plus", Some(Role::Oracle))?;
            let (both, detail) = match base {
                Status::Pass => (plus, first(result.plus_fail_tests.as_deref())),
                failed => (failed, detail.or_else(|| Some("fails the base tests".to_owned()))),
            };
            sink.verdict(problem, index, verifier, Judged::new(Said::Status(both)).detail(detail))?;
        }
    }
    Ok(())
}

fn status(field: &str, word: Option<&str>) -> Result<Option<Status>, Fault> {
    Ok(Some(match word {
        None => return Ok(None),
        Some("pass" | "success") => Status::Pass,
        Some("fail" | "failed") => Status::Fail,
        Some("timeout") => Status::Timeout,
        Some(other) => {
            let hint = "EvalPlus writes \"pass\", \"fail\" or \"timeout\"";
            return Err(Fault::new(format!("unknown {field} {other:?}"), hint));
        }
    }))
}

/// The first failing input, short.
fn first(tests: Option<&[Value]>) -> Option<String> {
    let text = tests?.first()?.to_string();
    Some(format!("fails on {}", text.chars().take(120).collect::<String>()))
}
