//! A model as a judge: it reads a rubric, and its answer is read as a score.
//!
//! Single answers are graded, or pairs compared ([`Mode`]).
//!
//! Source: Zheng 2023, "Judging LLM-as-a-judge", arXiv:2306.05685 (single answer grading).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::extract;
use crate::domain::{Outcome, Problem, Status, Verdict};
use crate::model::{Ask, Model, Price, Prompt, Request, Spent};
use crate::verifier::{Candidate, Scope, Verifier};

/// Changes when the same answers could give another score.
const VERSION: &str = "judge-1";

mod pairwise;

use crate::counted;
use pairwise::Bias;

/// What the judge is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// One answer, which it grades.
    #[default]
    Single,
    /// Two answers to the same problem, of which it names the better one.
    Pairwise {
        /// How many others each answer is compared with, about.
        opponents: usize,
    },
}

/// The settings of `kind = "judge"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeSettings {
    /// Which model is asked, and how.
    pub ask: Ask,
    /// What it is shown.
    #[serde(default)]
    pub mode: Mode,
    /// A minijinja template of `prompt`, `answer` (the right one, where known), `fields`, and `completion` or, for pairs, `first` and
    /// `second`.
    pub rubric: String,
    /// `json:FIELD`, `regex:PATTERN`, `grade` (A to F, yes or no, correct or incorrect) or `number` (the last one).
    pub output: String,
    /// The score's lowest and highest value on the judge's own scale; scores become 0 to 1.
    pub scale: (f64, f64),
    /// How often each sample is judged.
    pub votes: u32,
    /// From this score on a sample passes; without it there is a score and no status.
    pub threshold: Option<f64>,
    /// Of the judge's tokens, where known.
    pub price: Option<Price>,
}

/// How the judge's answer is read.
#[derive(Debug, Clone)]
enum Output {
    Json(String),
    Pattern(Regex),
    Grade,
    Number,
}

/// Makes a prompt about a problem from a template and what else it may show.
pub type Render = Arc<dyn Fn(&Problem, Map<String, Value>) -> Result<Prompt, String> + Send + Sync>;

/// Judges by asking a model.
pub struct JudgeVerifier {
    settings: JudgeSettings,
    output: Output,
    model: Arc<dyn Model>,
    render: Render,
    bias: Mutex<Bias>,
}

impl JudgeVerifier {
    /// Checks the settings.
    ///
    /// # Errors
    /// Where `output` is unknown, the scale is empty or there are no votes.
    pub fn new(settings: JudgeSettings, model: Arc<dyn Model>, render: Render) -> Result<Self, String> {
        let output = match (settings.output.as_str(), settings.output.split_once(':')) {
            ("grade", _) => Output::Grade,
            ("number", _) => Output::Number,
            (_, Some(("json", field))) if !field.is_empty() => Output::Json(field.to_owned()),
            (_, Some(("regex", pattern))) => Output::Pattern(Regex::new(pattern).map_err(|error| error.to_string())?),
            (other, _) => {
                return Err(format!("unknown output {other:?}; known: json:FIELD, regex:PATTERN, grade, number"));
            }
        };
        let (low, high) = settings.scale;
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(format!("the scale from {low} to {high} is empty"));
        }
        if settings.votes == 0 {
            return Err("a judge needs at least one vote".to_owned());
        }
        Ok(Self { settings, output, model, render, bias: Mutex::default() })
    }

    /// The score in an answer, from 0 to 1; `None` where there is none on the scale.
    fn read(&self, text: &str) -> Option<f64> {
        let found = match &self.output {
            Output::Grade => return grade(text),
            Output::Json(field) => extract::json_field(text, field)?,
            Output::Pattern(pattern) => extract::by_pattern(text, pattern)?,
            Output::Number => extract::last_number(text)?,
        };
        let word = found.trim().trim_matches('"');
        let Ok(value) = word.parse::<f64>() else { return grade(word) };
        let (low, high) = self.settings.scale;
        (low..=high).contains(&value).then(|| (value - low) / (high - low))
    }

    async fn verdict(&self, candidate: &Candidate) -> Verdict {
        let started = Instant::now();
        let prompt = match (self.render)(&candidate.problem, fields(candidate)) {
            Ok(prompt) => prompt,
            Err(why) => return Verdict::unjudged(format!("the rubric could not be filled in: {why}")),
        };
        let (mut votes, mut spent) = (Vec::new(), Spent::default());
        let mut trouble = None;
        let wanted = self.settings.votes;
        let each = self.model.preferred_n().clamp(1, wanted);
        let mut asked = 0;
        while asked < wanted {
            let n = each.min(wanted - asked);
            let seed = seed(candidate, asked);
            let request =
                Request { problem: candidate.problem.id.clone(), first_index: asked, n, seed, prompt: prompt.clone() };
            let response = self.model.generate(&request).await;
            spent.add_response(&response, self.settings.price);
            for generation in &response.generations {
                match (generation.outcome, self.read(&generation.text)) {
                    (Outcome::Ok, Some(score)) => votes.push(score),
                    (Outcome::Ok, None) => {
                        trouble = Some("the judge's answer has no score that can be read".to_owned());
                    }
                    (outcome, _) => trouble = Some(format!("the judge's answer is {}", outcome.as_str())),
                }
            }
            if let Some(error) = response.error {
                trouble = Some(format!("the judge could not be asked: {error}"));
                break;
            }
            asked += n;
        }
        let mut verdict = if votes.is_empty() {
            Verdict::unjudged(trouble.unwrap_or_else(|| "the judge said nothing".to_owned()))
        } else {
            let score = votes.iter().sum::<f64>() / votes.len() as f64;
            let status = self.settings.threshold.map(|from| if score >= from { Status::Pass } else { Status::Fail });
            let detail = format!("read {} of {}", votes.len(), counted(wanted, "vote"));
            Verdict { status, score: Some(score), steps: votes, ..Verdict::new(Status::Pass).with_detail(detail) }
        };
        verdict.duration = started.elapsed();
        verdict.spent = Some(Box::new(spent));
        verdict
    }
}

/// What a rubric for one answer may show.
fn fields(candidate: &Candidate) -> Map<String, Value> {
    Map::from_iter([("completion".to_owned(), candidate.completion.text.as_str().into())])
}

/// A seed of the problem, the sample and the vote, below 2^31.
fn seed(candidate: &Candidate, vote: u32) -> u32 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(candidate.problem.id.0.as_bytes());
    hasher.update(&candidate.sample_index.to_le_bytes()).update(&vote.to_le_bytes());
    let bytes = hasher.finalize();
    let [a, b, c, d, ..] = *bytes.as_bytes();
    (u32::from_le_bytes([a, b, c, d]) >> 1) & 0x7fff_0000 | (vote & 0xffff)
}

/// The last grade that is named, as a share of the best.
fn grade(text: &str) -> Option<f64> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '+' || c == '-')).rev().find_map(|word| {
        let grade = match word.trim_matches('-') {
            "A" | "A+" => 1.0,
            "B" => 0.75,
            "C" => 0.5,
            "D" => 0.25,
            "F" | "E" => 0.0,
            other => match other.to_ascii_lowercase().as_str() {
                "yes" | "correct" | "pass" | "passed" | "true" | "right" | "valid" => 1.0,
                "no" | "incorrect" | "fail" | "failed" | "false" | "wrong" | "invalid" => 0.0,
                _ => return None,
            },
        };
        Some(grade)
    })
}

#[async_trait]
impl Verifier for JudgeVerifier {
    fn version(&self) -> String {
        match self.settings.mode {
            Mode::Single => format!("{VERSION} {}", self.settings.ask.model),
            Mode::Pairwise { .. } => format!("{VERSION} pairwise {}", self.settings.ask.model),
        }
    }

    fn scope(&self) -> Scope {
        match self.settings.mode {
            Mode::Single => Scope::Sample { batch: 1 },
            Mode::Pairwise { .. } => Scope::Problem,
        }
    }

    fn remarks(&self) -> Vec<String> {
        self.bias.lock().unwrap_or_else(PoisonError::into_inner).remarks()
    }

    fn concurrency(&self) -> usize {
        self.settings.ask.concurrency.max(1)
    }

    fn spends(&self) -> bool {
        true
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        if let Mode::Pairwise { opponents } = self.settings.mode {
            return self.compare(&batch.iter().collect::<Vec<_>>(), opponents).await;
        }
        let mut verdicts = Vec::with_capacity(batch.len());
        for candidate in batch {
            verdicts.push(self.verdict(candidate).await);
        }
        verdicts
    }
}

#[cfg(test)]
mod tests;
