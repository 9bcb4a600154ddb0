//! Rows of one's own, JSON lines or CSV, and nbest's own tables `samples` and `verdicts`.
//!
//! A row is a sample with a column for each verifier, or (with a column `verifier`) a verdict. Columns are known by usual
//! names, or mapped.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use verifiers::domain::{Form, Outcome, Problem, Role, Status};

use super::error::{Fault, ImportError};
use super::record::{Judged, Said, Sample, described};
use super::sink::Sink;
use super::source::{Lines, Stream};

mod columns;

pub use columns::Columns;
use columns::{Field, Plan, Use};

/// One row, before it is poured.
#[derive(Default)]
struct Row {
    problem: Option<String>,
    prompt: Option<String>,
    answer: Option<String>,
    group: Option<String>,
    sample: Sample,
    /// Something of the sample beyond its index is there.
    described: bool,
    verifier: Option<String>,
    status: Option<Status>,
    score: Option<f64>,
    given_answer: Option<String>,
    detail: Option<String>,
    duration_ms: Option<f64>,
    role: Option<Role>,
    steps: Vec<f64>,
    verdicts: Vec<(String, Said)>,
}

pub(super) fn read_lines(lines: Lines, columns: &Columns, sink: &mut Sink) -> Result<(), ImportError> {
    let mut plan = Plan::new(columns);
    let mut first = true;
    lines.each(|record: serde_json::Map<String, Value>| {
        if std::mem::take(&mut first) {
            plan.see(record.keys().map(String::as_str));
        }
        let mut row = Row::default();
        for (name, value) in record {
            row.take(&mut plan, &name, value)?;
        }
        row.pour(&plan, sink)
    })?;
    plan.report(sink);
    Ok(())
}

pub(super) fn read_csv(path: &Path, stream: Stream, columns: &Columns, sink: &mut Sink) -> Result<(), ImportError> {
    let mut reader = csv::Reader::from_reader(stream);
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        Fault::new(format!("broken CSV: {error}"), "the first line must name the columns").at(path, line)
    };
    let names: Vec<String> = reader
        .headers()
        .map_err(broken)?
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    let mut plan = Plan::new(columns);
    plan.see(names.iter().map(String::as_str));
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(broken)? {
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row::default();
        let taken = names.iter().zip(record.iter()).try_for_each(|(name, cell)| {
            if cell.is_empty() && plan.field(name) != Some(Field::Text) {
                return Ok(());
            }
            row.take(&mut plan, name, Value::String(cell.to_owned()))
        });
        taken.and_then(|()| row.pour(&plan, sink)).map_err(|fault| fault.at(path, line))?;
    }
    plan.report(sink);
    Ok(())
}

impl Row {
    fn take(&mut self, plan: &mut Plan, name: &str, value: Value) -> Result<(), Fault> {
        if value.is_null() {
            return Ok(());
        }
        match plan.of(name, &value) {
            Use::Nothing => Ok(()),
            Use::Verdict(verifier) => {
                let said = said(name, &value)?;
                self.verdicts.push((verifier.clone(), said));
                Ok(())
            }
            Use::Score(verifier) => {
                let score = number(name, &value)?;
                self.verdicts.push((verifier.clone(), Said::Both(None, Some(score))));
                Ok(())
            }
            Use::Field(field) => self.set(*field, name, value),
        }
    }

    fn set(&mut self, field: Field, name: &str, value: Value) -> Result<(), Fault> {
        let s = &mut self.sample;
        self.described |= field.describes();
        match field {
            Field::Problem => self.problem = Some(word(name, value)?),
            Field::Sample => s.index = Some(count(name, &value)?),
            Field::Text => {
                let form = match name {
                    "completion" => Form::Continuation,
                    "solution" => Form::Solution,
                    _ => Form::Chat,
                };
                s.form = s.form.or(Some(form));
                s.text = Some(word(name, value)?);
            }
            Field::Form => {
                let text = word(name, value)?;
                s.form = Some(crate::store::row::parse_form(&text).ok_or_else(|| unknown(name, &text))?);
            }
            Field::Reasoning => s.reasoning = Some(word(name, value)?),
            Field::Outcome => {
                let text = word(name, value)?;
                s.outcome = Some(Outcome::parse(&text).ok_or_else(|| unknown(name, &text))?);
            }
            Field::FinishReason => s.finish_reason = Some(word(name, value)?),
            Field::PromptTokens => s.prompt_tokens = Some(count(name, &value)?),
            Field::CompletionTokens => s.completion_tokens = Some(count(name, &value)?),
            Field::Cost => s.cost_usd = Some(number(name, &value)?),
            Field::Latency => s.latency_ms = Some(number(name, &value)?),
            Field::FirstToken => s.first_token_ms = Some(number(name, &value)?),
            Field::Seed => s.seed = Some(count(name, &value)?),
            Field::Apportioned => s.usage_apportioned = matches!(&value, Value::Bool(true)) || value == "true",
            Field::Logprob => s.logprob = Some(number(name, &value)?),
            Field::TokenLogprobs => {
                s.token_logprobs = Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
            Field::Error => s.error = Some(word(name, value)?),
            Field::Prompt => self.prompt = Some(word(name, value)?),
            Field::Answer => self.answer = Some(word(name, value)?),
            Field::Group => self.group = Some(word(name, value)?),
            Field::Verifier => self.verifier = Some(word(name, value)?),
            Field::Status => match said(name, &value)? {
                Said::Status(status) => self.status = Some(status),
                Said::Number(x) => self.score = self.score.or(Some(x)),
                Said::Partial(_) | Said::Both(..) => {}
            },
            Field::Score => self.score = Some(number(name, &value)?),
            Field::Given => self.given_answer = Some(word(name, value)?),
            Field::Detail => self.detail = Some(word(name, value)?),
            Field::Duration => self.duration_ms = Some(number(name, &value)?),
            // columns of these names may as well be somebody's own
            Field::Role => self.role = value.as_str().and_then(crate::store::row::parse_role),
            Field::Steps => self.steps = steps(value).unwrap_or_default(),
        }
        Ok(())
    }

    fn pour(mut self, plan: &Plan, sink: &mut Sink) -> Result<(), Fault> {
        if self.verifier.is_some() {
            // beside a verdict, an answer is the sample's
            self.given_answer = self.given_answer.or(self.answer.take());
        }
        let id = self.problem.ok_or_else(|| {
            Fault::new(
                format!("no column tells the problem ({})", plan.seen()),
                "name the column with --map problem=COLUMN",
            )
        })?;
        let problem = sink.problem(&id, || Problem {
            answer: self.answer,
            group: self.group,
            ..described(self.prompt.unwrap_or_default())
        })?;
        let Some(verifier) = self.verifier else {
            let index = sink.sample(problem, self.sample)?;
            for (name, said) in self.verdicts {
                let verifier = sink.verifier(&name, None)?;
                sink.verdict(problem, index, verifier, Judged::new(said))?;
            }
            return Ok(());
        };
        let Some(index) = self.sample.index else {
            let hint = "name the column with --map sample=COLUMN";
            return Err(Fault::new("a verdict that does not say which sample it is about", hint));
        };
        if self.described || !sink.has(problem, index) {
            sink.sample(problem, self.sample).map_err(|fault| Fault {
                hint: "name the file with the texts before the file with the verdicts".to_owned(),
                ..fault
            })?;
        }
        let verifier = sink.verifier(&verifier, self.role)?;
        let said = match (self.status, self.score) {
            (None, Some(score)) => Said::Number(score),
            (status, score) => Said::Both(status, score),
        };
        if said == Said::Both(None, None) {
            return Ok(());
        }
        let judged = Judged { duration_ms: self.duration_ms, steps: self.steps, ..Judged::new(said) };
        sink.verdict(problem, index, verifier, judged.answer(self.given_answer).detail(self.detail))
    }
}

/// A list of numbers, or a text of one.
fn steps(value: Value) -> Option<Vec<f64>> {
    match value {
        Value::String(text) => serde_json::from_str(&text).ok(),
        list => serde_json::from_value(list).ok(),
    }
}

fn unknown(name: &str, word: &str) -> Fault {
    let short: String = word.chars().take(40).collect();
    Fault::new(format!("column {name:?}: {short:?} is no {name}"), "map another column, or none, with --map")
}

fn word(name: &str, value: Value) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Fault::new(
            format!("column {name:?} holds a list or an object, not a text"),
            "map another column with --map",
        )),
    }
}

fn number(name: &str, value: &Value) -> Result<f64, Fault> {
    let found = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        _ => None,
    };
    found.ok_or_else(|| {
        let short: String = value.to_string().chars().take(40).collect();
        Fault::new(format!("column {name:?}: {short} is no number"), "map another column, or none, with --map")
    })
}

fn count(name: &str, value: &Value) -> Result<u32, Fault> {
    let found = match value {
        Value::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    found.ok_or_else(|| {
        let short: String = value.to_string().chars().take(40).collect();
        Fault::new(format!("column {name:?}: {short} is no whole number from 0"), "map another column with --map")
    })
}

/// A verdict in one of the words that people use.
fn said(name: &str, value: &Value) -> Result<Said, Fault> {
    match value {
        Value::Bool(passed) => Ok(Said::Status(if *passed { Status::Pass } else { Status::Fail })),
        Value::Number(number) => Ok(Said::Number(number.as_f64().unwrap_or(f64::NAN))),
        Value::String(text) => match verdict(text) {
            Some(status) => Ok(Said::Status(status)),
            None => text.trim().parse().map(Said::Number).map_err(|_e| {
                let short: String = text.chars().take(40).collect();
                let hint = "pass, fail, error, timeout, limit, unjudged, true, false, 0, 1 or a number are";
                Fault::new(format!("column {name:?}: {short:?} is no verdict"), hint)
            }),
        },
        _ => Err(Fault::new(format!("column {name:?} holds a list or an object, not a verdict"), "map another column")),
    }
}

fn verdict(word: &str) -> Option<Status> {
    Some(match word.trim().to_lowercase().as_str() {
        "pass" | "passed" | "true" | "correct" | "right" | "yes" | "success" | "accepted" => Status::Pass,
        "fail" | "failed" | "false" | "incorrect" | "wrong" | "no" | "failure" | "rejected" => Status::Fail,
        "timed out" => Status::Timeout,
        other => Status::parse(other)?,
    })
}

/// Rows by their columns' usual names: whether anything tells the problem.
pub(super) fn tells_problem(names: &[String]) -> bool {
    let columns = Columns(BTreeMap::new());
    let plan = Plan::new(&columns);
    names.iter().any(|name| plan.field(name) == Some(Field::Problem))
}
