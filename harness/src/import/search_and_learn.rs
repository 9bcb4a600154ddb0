//! search-and-learn: `{"problem", "completions": [text], "scores": [[one per step]], "completion_tokens", "answer"}` a line.
//!
//! The step scores become one verifier for each way of making them one score; the first of them keeps the steps.
//! Source: github.com/huggingface/search-and-learn, `sal/search/best_of_n.py`; Beeching 2024.

use serde::Deserialize;
use verifiers::domain::{Form, Problem, Role};
use verifiers::process::Aggregation;

use super::error::{Fault, ImportError};
use super::human_eval::Id;
use super::record::{Judged, Said, Sample, described};
use super::sink::Sink;
use super::source::Lines;
use verifiers::counted;

#[derive(Deserialize)]
struct Line {
    completions: Vec<String>,
    scores: Option<Vec<Steps>>,
    completion_tokens: Option<Tokens>,
    problem: Option<String>,
    prompt: Option<String>,
    answer: Option<String>,
    subject: Option<String>,
    level: Option<serde_json::Value>,
    #[serde(alias = "id")]
    unique_id: Option<Id>,
}

/// Tokens of each completion, or of the only one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tokens {
    Each(Vec<u32>),
    One(u32),
}

/// The scores of one completion.
#[derive(Deserialize)]
#[serde(untagged)]
enum Steps {
    Each(Vec<f64>),
    One(f64),
}

pub(super) fn read(lines: Lines, sink: &mut Sink) -> Result<(), ImportError> {
    let mut number = 0_u64;
    lines.each(|line: Line| {
        number += 1;
        let count = line.completions.len();
        let scores = line.scores.unwrap_or_default();
        let tokens = match line.completion_tokens {
            None => Vec::new(),
            Some(Tokens::Each(tokens)) => tokens,
            Some(Tokens::One(tokens)) => vec![tokens],
        };
        for (name, length) in [("scores", scores.len()), ("completion_tokens", tokens.len())] {
            if length != 0 && length != count {
                let problem = format!("{}, but {length} {name}", counted(count, "completion"));
                return Err(Fault::new(problem, "both lists must have the same length"));
            }
        }
        let id = line.unique_id.map_or_else(|| format!("problem/{}", number - 1), Id::into_text);
        let group = line.level.map(|l| l.as_str().map_or_else(|| l.to_string(), str::to_owned)).or(line.subject);
        let problem = sink.problem(&id, || Problem {
            answer: line.answer,
            group,
            ..described(line.problem.or(line.prompt).unwrap_or_default())
        })?;
        let mut scores = scores.into_iter();
        for (place, text) in line.completions.into_iter().enumerate() {
            let sample = Sample {
                form: Some(Form::Chat),
                text: Some(text),
                completion_tokens: tokens.get(place).copied(),
                ..Sample::default()
            };
            let index = sink.sample(problem, sample)?;
            match scores.next() {
                Some(Steps::Each(steps)) => process(sink, problem, index, &steps)?,
                Some(Steps::One(score)) => {
                    let verifier = sink.verifier("score", Some(Role::Selector))?;
                    sink.verdict(problem, index, verifier, Judged::new(Said::Both(None, Some(score))))?;
                }
                None => {}
            }
        }
        Ok(())
    })
}

/// Every aggregation of the steps' scores as a verifier of its own.
pub(super) fn process(sink: &mut Sink, problem: usize, index: u32, steps: &[f64]) -> Result<(), Fault> {
    for (place, aggregation) in Aggregation::ALL.into_iter().enumerate() {
        let Some(score) = aggregation.of(steps).filter(|s| s.is_finite()) else { continue };
        let verifier = sink.verifier(&format!("prm-{}", aggregation.as_str()), Some(Role::Selector))?;
        let mut judged = Judged::new(Said::Both(None, Some(score)));
        if place == 0 {
            judged.steps = steps.to_vec();
        }
        sink.verdict(problem, index, verifier, judged)?;
    }
    Ok(())
}
