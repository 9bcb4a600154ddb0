//! Final answers as text: where they stand, and when two of them are the same answer.
//!
//! Nothing that a model writes is evaluated as a program: expressions are parsed into a bounded tree; numbers are exact fractions,
//! everything else is compared by its values at fixed points, items by items. Equal answers share a key, so votes can group them.

use std::time::Instant;

use async_trait::async_trait;
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::domain::{Status, Verdict};
use crate::verifier::{Candidate, Scope, Verifier};

pub(crate) mod extract;
mod normal;
mod number;
mod parse;
mod value;

use value::Value;

/// Changes with what is extracted or equal.
const VERSION: &str = "answer-2";

/// The settings of `kind = "answer"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerSettings {
    /// `auto`, `boxed`, `hashes`, `last-number`, `choice`, `json:FIELD` or `regex:PATTERN`.
    pub extract: String,
    /// When two answers are the same.
    pub equality: Equality,
    /// Relative tolerance where a decimal number is compared; absolute for numbers between 0.001 and 1.
    pub tolerance: f64,
    /// Whether the package `math-verify` is asked where answers differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Second>,
}

/// A second judge of answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// A Python that has the package; `None`: `python3`.
    pub interpreter: Option<std::path::PathBuf>,
}

impl Default for AnswerSettings {
    fn default() -> Self {
        Self { extract: "auto".to_owned(), equality: Equality::Math, tolerance: 1e-6, second: None }
    }
}

/// When two answers are the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Equality {
    /// Character by character, without the white space around.
    Exact,
    /// Words and signs, without case, spacing, LaTeX fonts and a final stop.
    Text,
    /// Numbers, with the tolerance; what is no number is compared as text.
    Numeric,
    /// Mathematics: fractions, roots, powers, percent, units, tuples, sets, intervals, matrices, equations, letters.
    Math,
}

/// Settings that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The word is none of the list.
    #[error("unknown extraction {0:?}; known: auto, boxed, hashes, last-number, choice, json:FIELD, regex:PATTERN")]
    Extraction(String),
    /// The pattern does not compile.
    #[error("the pattern of `extract` does not compile")]
    Pattern(#[source] Box<regex::Error>),
    /// Tolerances are numbers from 0 on.
    #[error("tolerance {0} is not a number from 0 on")]
    Tolerance(f64),
}

#[derive(Debug, Clone)]
enum Extract {
    Auto,
    Boxed,
    Hashes,
    LastNumber,
    Choice,
    Json(String),
    Pattern(Regex),
}

/// An answer, read once, to be compared often.
#[derive(Debug, Clone)]
pub struct Answer {
    text: String,
    squeezed: String,
    value: Option<Value>,
    /// A second reading: `1,22` as a decimal number.
    other: Option<Value>,
    equality: Equality,
}

impl Answer {
    /// Reads an answer's text, without anything around it.
    #[must_use]
    pub fn read(text: &str, equality: Equality) -> Self {
        let text = text.trim().to_owned();
        let squeezed = match equality {
            Equality::Exact => String::new(),
            _ if text.len() > normal::MAX_LEN => text.to_lowercase(),
            _ => normal::squeeze(&text),
        };
        let read = matches!(equality, Equality::Math | Equality::Numeric) && text.len() <= normal::MAX_LEN;
        let value = if read { value_of(&text) } else { None };
        let other = if read { decimal_comma(&text).and_then(|text| value_of(&text)) } else { None };
        Self { text, squeezed, value, other, equality }
    }

    /// Whether both are the same answer.
    #[must_use]
    pub fn same(&self, other: &Self, tolerance: f64) -> bool {
        if self.equality == Equality::Exact {
            return self.text == other.text;
        }
        if self.squeezed == other.squeezed && !self.squeezed.is_empty() {
            return true;
        }
        let pairs = [(&self.value, &other.value), (&self.other, &other.value), (&self.value, &other.other)];
        pairs.into_iter().any(|(a, b)| match (a, b) {
            (Some(a), Some(b)) => a.same(b, tolerance),
            _ => false,
        })
    }

    /// A name that equal answers share: for votes.
    #[must_use]
    pub fn key(&self) -> String {
        match (&self.value, self.equality) {
            (_, Equality::Exact) => self.text.clone(),
            (Some(value), _) => value.key(),
            (None, _) => self.squeezed.clone(),
        }
    }

    /// Whether it could be read as mathematics.
    #[must_use]
    pub fn is_mathematics(&self) -> bool {
        self.value.as_ref().is_some_and(|value| !matches!(value, Value::Text(_)))
    }
}

fn value_of(text: &str) -> Option<Value> {
    let normal = normal::normalise(text);
    parse::parse(&normal).map(|node| value::evaluate(&node, text))
}

/// `1,22` and `0,111` with a point.
fn decimal_comma(text: &str) -> Option<String> {
    let number = text.trim_matches(['$', ' ', '-']);
    let (whole, fraction) = number.split_once(',')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(fraction)).then(|| text.replace(',', "."))
}

/// Judges final answers against the problem's right answer.
#[derive(Debug, Clone)]
pub struct AnswerVerifier {
    extract: Extract,
    equality: Equality,
    tolerance: f64,
}

impl AnswerVerifier {
    /// Checks the settings.
    ///
    /// # Errors
    /// Where a setting is unknown or a pattern does not compile.
    pub fn new(settings: &AnswerSettings) -> Result<Self, AnswerError> {
        let extract = match settings.extract.as_str() {
            "auto" => Extract::Auto,
            "boxed" => Extract::Boxed,
            "hashes" => Extract::Hashes,
            "last-number" => Extract::LastNumber,
            "choice" => Extract::Choice,
            other => match other.split_once(':') {
                Some(("json", field)) if !field.is_empty() => Extract::Json(field.to_owned()),
                Some(("regex", pattern)) => {
                    Extract::Pattern(Regex::new(pattern).map_err(|error| AnswerError::Pattern(Box::new(error)))?)
                }
                _ => return Err(AnswerError::Extraction(other.to_owned())),
            },
        };
        if !(settings.tolerance >= 0.0 && settings.tolerance.is_finite()) {
            return Err(AnswerError::Tolerance(settings.tolerance));
        }
        Ok(Self { extract, equality: settings.equality, tolerance: settings.tolerance })
    }

    /// The final answer in a text; `None` where there is none.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Answer> {
        let read = |text: String| Answer::read(&text, self.equality);
        let one = match &self.extract {
            Extract::Auto => extract::automatic(text),
            Extract::Boxed => extract::boxes(text),
            Extract::Hashes => extract::hashes(text),
            Extract::LastNumber => extract::last_number(text),
            Extract::Choice => extract::choice(text),
            Extract::Json(field) => extract::json_field(text, field),
            Extract::Pattern(pattern) => extract::by_pattern(text, pattern),
        };
        one.filter(|answer| !answer.trim().is_empty()).map(read)
    }

    /// The right answer of a data set: bare, or at the end of a worked solution.
    #[must_use]
    pub fn right_answer(&self, text: &str) -> Answer {
        let marked = if text.contains("\\boxed") { extract::boxes(text) } else { extract::hashes(text) };
        Answer::read(marked.as_deref().unwrap_or(text), self.equality)
    }

    /// The tolerance of the settings.
    #[must_use]
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// The texts that are compared: the right answer's and the final answer's.
    #[cfg(target_os = "linux")]
    pub(crate) fn texts(&self, candidate: &Candidate) -> Option<(String, String)> {
        let right = self.right_answer(candidate.problem.answer.as_ref()?);
        Some((right.text, self.find(&candidate.completion.text)?.text))
    }

    /// What the right answer votes for.
    #[cfg(target_os = "linux")]
    pub(crate) fn right_key(&self, candidate: &Candidate) -> Option<String> {
        Some(shorten(&self.right_answer(candidate.problem.answer.as_ref()?).key()))
    }

    fn judge_one(&self, candidate: &Candidate) -> Verdict {
        let started = Instant::now();
        let Some(right) = &candidate.problem.answer else {
            return Verdict::unjudged("the problem has no answer to compare with");
        };
        let mut verdict = match self.find(&candidate.completion.text) {
            None => Verdict::new(Status::Error).with_detail("no final answer found"),
            Some(answer) => {
                let right = self.right_answer(right);
                let same = right.same(&answer, self.tolerance);
                // what equals the right answer by tolerance votes for it
                let key = if same { right.key() } else { answer.key() };
                let mut verdict = if same {
                    Verdict::new(Status::Pass)
                } else {
                    Verdict::new(Status::Fail).with_detail(format!(
                        "expected {}, got {}",
                        shorten(&right.text),
                        shorten(&answer.text)
                    ))
                };
                verdict.answer = Some(shorten(&key));
                verdict
            }
        };
        verdict.duration = started.elapsed();
        verdict
    }
}

fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 200 { line } else { line.chars().take(197).chain("...".chars()).collect() }
}

#[async_trait]
impl Verifier for AnswerVerifier {
    fn version(&self) -> String {
        VERSION.to_owned()
    }

    fn scope(&self) -> Scope {
        Scope::Sample { batch: 64 }
    }

    fn concurrency(&self) -> usize {
        2
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        batch.iter().map(|candidate| self.judge_one(candidate)).collect()
    }
}

#[cfg(test)]
mod tests;
