//! Weaver: `{"instruction", "samples", "extracted_answers", "answer_correct", "<RM>_scores", "<PRM>_step_scores",
//! "<judge>_verdicts"}` a line.
//!
//! Source: github.com/HazyResearch/scaling-verification; Saad-Falcon 2025, arXiv:2506.18203.

use serde::Deserialize;
use serde_json::{Map, Value};
use verifiers::domain::{Form, Problem, Role};
use verifiers::process::Aggregation;

use super::error::{Fault, ImportError};
use super::record::{Judged, Said, Sample, described};
use super::sink::Sink;
use super::source::Lines;
use verifiers::counted;

#[derive(Deserialize)]
struct Line {
    samples: Vec<String>,
    instruction: Option<String>,
    answer: Option<Value>,
    answer_correct: Option<Vec<Option<bool>>>,
    extracted_answers: Option<Vec<Value>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

pub(super) fn read(lines: Lines, sink: &mut Sink) -> Result<(), ImportError> {
    let mut number = 0_u64;
    lines.each(|line: Line| {
        number += 1;
        pour(line, number, sink)
    })
}

fn pour(line: Line, number: u64, sink: &mut Sink) -> Result<(), Fault> {
    let id = ["problem_id", "id", "task_id"].iter().find_map(|name| line.rest.get(*name)).and_then(word);
    let id = id.unwrap_or_else(|| format!("problem/{}", number - 1));
    let problem = sink.problem(&id, || Problem {
        answer: line.answer.as_ref().and_then(word),
        ..described(line.instruction.unwrap_or_default())
    })?;
    let count = line.samples.len();
    let fits = |name: &str, length: usize| {
        if length == count {
            return Ok(());
        }
        let problem = format!("{}, but {length} {name}", counted(count, "sample"));
        Err(Fault::new(problem, "both lists must have the same length"))
    };
    let mut indices = Vec::with_capacity(count);
    for text in line.samples {
        indices.push(sink.sample(problem, Sample { form: Some(Form::Chat), text: Some(text), ..Sample::default() })?);
    }
    if let Some(correct) = line.answer_correct {
        fits("answer_correct", correct.len())?;
        let answers = line.extracted_answers.unwrap_or_default();
        let verifier = sink.verifier("answer_correct", Some(Role::Oracle))?;
        for (place, (index, correct)) in indices.iter().zip(correct).enumerate() {
            let Some(correct) = correct else { continue };
            let answer = answers.get(place).and_then(word);
            sink.verdict(problem, *index, verifier, Judged::passed(correct).answer(answer))?;
        }
    }
    for (name, list) in &line.rest {
        let (Some(list), Some(verifier)) = (list.as_array(), voice(name)) else { continue };
        fits(name, list.len())?;
        let verifier = sink.verifier(verifier, Some(Role::Selector))?;
        for (index, value) in indices.iter().zip(list) {
            if let Some(judged) = judged(value) {
                sink.verdict(problem, *index, verifier, judged)?;
            }
        }
    }
    Ok(())
}

/// A verdict, a score, or the scores of the steps, of which the last one is the sample's.
fn judged(value: &Value) -> Option<Judged> {
    match value {
        Value::Bool(passed) => Some(Judged::new(Said::Number(f64::from(u8::from(*passed))))),
        Value::Number(number) => Some(Judged::new(Said::Number(number.as_f64().unwrap_or(f64::NAN)))),
        Value::Array(steps) => {
            let steps: Vec<f64> = steps.iter().map(Value::as_f64).collect::<Option<_>>()?;
            let last = Aggregation::Last.of(&steps)?;
            Some(Judged { steps, ..Judged::new(Said::Both(None, Some(last))) })
        }
        _ => None,
    }
}

/// The verifier that a field belongs to.
fn voice(field: &str) -> Option<&str> {
    field.strip_suffix("_scores").or_else(|| field.strip_suffix("_score")).or_else(|| field.strip_suffix("_verdicts"))
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
