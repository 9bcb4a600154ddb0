//! Samples and verdicts as files have them, before it is known what all files say.

use std::collections::BTreeMap;

use verifiers::domain::{Form, Outcome, Problem, ProblemId, Role, Status};

/// A sample as a file has it.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// Its index, where the file has one; else it is the next of its problem.
    pub(super) index: Option<u32>,
    /// What became of it; `None`: by its text.
    pub(super) outcome: Option<Outcome>,
    pub(super) finish_reason: Option<String>,
    pub(super) form: Option<Form>,
    /// `None`: the file does not have it.
    pub(super) text: Option<String>,
    pub(super) reasoning: Option<String>,
    pub(super) prompt_tokens: Option<u32>,
    pub(super) cached_tokens: Option<u32>,
    pub(super) completion_tokens: Option<u32>,
    pub(super) usage_apportioned: bool,
    pub(super) cost_usd: Option<f64>,
    pub(super) latency_ms: Option<f64>,
    pub(super) first_token_ms: Option<f64>,
    pub(super) logprob: Option<f64>,
    pub(super) token_logprobs: Option<String>,
    pub(super) seed: Option<u32>,
    pub(super) error: Option<String>,
}

/// What a verifier said, before all it said is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Said {
    /// A status.
    Status(Status),
    /// A number: of a verifier that only ever says 0 or 1 it is a status, else a score.
    Number(f64),
    /// Half right: wrong where only right or wrong counts; then all its verdicts get scores.
    Partial(f64),
    /// Both as they are.
    Both(Option<Status>, Option<f64>),
}

/// A verdict as a file has it.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) said: Said,
    pub(super) answer: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) steps: Vec<f64>,
    pub(super) duration_ms: Option<f64>,
}

impl Judged {
    pub(super) fn new(said: Said) -> Self {
        Self { said, answer: None, detail: None, steps: Vec::new(), duration_ms: None }
    }

    pub(super) fn passed(passed: bool) -> Self {
        Self::new(Said::Status(if passed { Status::Pass } else { Status::Fail }))
    }

    pub(super) fn answer(mut self, answer: Option<String>) -> Self {
        self.answer = answer.filter(|a| !a.is_empty());
        self
    }

    pub(super) fn detail(mut self, detail: Option<String>) -> Self {
        self.detail = detail.filter(|d| !d.is_empty());
        self
    }
}

/// A verifier that the files have.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) name: String,
    pub(super) role: Option<Role>,
    pub(super) threshold: Option<f64>,
    /// Said a number other than 0 and 1.
    pub(super) scores: bool,
    /// Said what is a status, unless it turns out to be a score.
    pub(super) decides: bool,
    pub(super) partial: bool,
}

impl Voice {
    /// What is stored of what was said.
    pub(super) fn hear(&mut self, said: Said) -> (Option<Status>, Option<f64>) {
        let heard = self.read(said);
        self.decides |= heard.0.is_some_and(|status| status != Status::Unjudged);
        heard
    }

    fn read(&mut self, said: Said) -> (Option<Status>, Option<f64>) {
        let passed = |passed| Some(if passed { Status::Pass } else { Status::Fail });
        match said {
            Said::Number(x) if !x.is_finite() => (Some(Status::Unjudged), None),
            Said::Number(x) | Said::Both(_, Some(x)) if self.threshold.is_some_and(|t| x >= t) => {
                (passed(true), Some(x))
            }
            Said::Number(x) | Said::Both(_, Some(x)) if self.threshold.is_some() => (passed(false), Some(x)),
            Said::Number(1.0) => (passed(true), None),
            Said::Number(0.0) => (passed(false), None),
            Said::Number(x) => {
                self.scores = true;
                (None, Some(x))
            }
            Said::Partial(x) => {
                self.partial = true;
                (passed(false), Some(x))
            }
            Said::Status(status) => (Some(status), None),
            Said::Both(status, score) => (status, score),
        }
    }
}

/// A problem of which only this is known.
pub(super) fn described(prompt: impl Into<String>) -> Problem {
    Problem {
        id: ProblemId(String::new()),
        prompt: prompt.into(),
        entry_point: None,
        reference: None,
        tests: BTreeMap::new(),
        answer: None,
        group: None,
        fields: serde_json::Map::new(),
    }
}
