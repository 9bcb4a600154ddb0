//! What is written and read, as plain structs.

use serde::{Deserialize, Serialize};
use verifiers::domain::{Form, Outcome, Role, Verdict};
use verifiers::model::Attempt;

/// A sample that is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSample {
    /// The problem's row.
    pub problem_id: i64,
    /// Its place among the samples of the problem.
    pub sample_index: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// As the server said it.
    pub finish_reason: Option<String>,
    /// How to read the text.
    pub form: Form,
    /// The completion, without reasoning.
    pub text: String,
    /// Reasoning, kept apart.
    pub reasoning: Option<String>,
    /// Tokens read.
    pub prompt_tokens: Option<u32>,
    /// Of those, from the server's cache.
    pub cached_tokens: Option<u32>,
    /// Tokens written.
    pub completion_tokens: Option<u32>,
    /// The counts are a share of one total.
    pub usage_apportioned: bool,
    /// USD; `None`: unknown.
    pub cost_usd: Option<f64>,
    /// From sending to the last byte.
    pub latency_ms: Option<f64>,
    /// From sending to the first token.
    pub first_token_ms: Option<f64>,
    /// Sum of log-probabilities.
    pub logprob: Option<f64>,
    /// Tokens with their log-probabilities, as JSON: `[["token", -0.25], ...]`.
    pub token_logprobs: Option<String>,
    /// The seed that was sent.
    pub seed: Option<u32>,
    /// Which server answered.
    pub endpoint: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// The attempts of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAttempts {
    /// The problem's row.
    pub problem_id: i64,
    /// The request's first sample.
    pub first_index: u32,
    /// How many samples it asked for.
    pub n: u32,
    /// When it ended, unix milliseconds.
    pub at_ms: i64,
    /// Every try.
    pub attempts: Vec<Attempt>,
}

/// A verdict that is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVerdict {
    /// The verifier's row.
    pub verifier_id: i64,
    /// The problem's row.
    pub problem_id: i64,
    /// The sample.
    pub sample_index: u32,
    /// What was said of it.
    pub verdict: Verdict,
}

impl NewVerdict {
    /// No verdict, only what was used under this verifier.
    pub(crate) fn spent(verifier_id: i64, problem_id: i64, sample_index: u32, spent: verifiers::model::Spent) -> Self {
        let verdict = Verdict { spent: Some(Box::new(spent)), ..Verdict::unjudged("") };
        Self { verifier_id, problem_id, sample_index, verdict }
    }
}

/// A run as `nbest runs` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// Row id.
    pub id: i64,
    /// Id that no other database has.
    pub uuid: String,
    /// Unique name.
    pub name: String,
    /// Unix milliseconds.
    pub created_at_ms: i64,
    /// Unix milliseconds; `None` while it goes on.
    pub ended_at_ms: Option<i64>,
    /// `running`, `stopped`, `finished`, `failed`.
    pub state: String,
    /// Why it stopped or failed.
    pub state_reason: Option<String>,
    /// Hash of the problem set.
    pub set_hash: String,
    /// N per problem.
    pub samples: u32,
    /// The run's seed.
    pub seed: u64,
    /// `fixed`, `until-success`, `adaptive`.
    pub sampling: String,
    /// What must not change when the run goes on.
    pub model_key: String,
    /// The resolved experiment, JSON.
    pub config: String,
    /// What the endpoint said of itself, JSON.
    pub identity: Option<String>,
    /// The version of nbest that made it.
    pub version: String,
}

impl RunRow {
    /// What made it (a server, a file of completions, another tool), as JSON; null where nothing is known.
    #[must_use]
    pub fn maker(&self) -> serde_json::Value {
        self.identity.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Whether it came from a file of another tool.
    #[must_use]
    pub fn is_imported(&self) -> bool {
        self.maker()["server"] == "import"
    }
}

/// A verifier of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierRow {
    /// Row id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its role.
    pub role: Role,
    /// Engine, interpreter and model version.
    pub version: String,
    /// Settings, JSON.
    pub settings: String,
}

/// One sample with its texts, for the `samples` table and the sample view.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleRow {
    /// The problem's id in its data set.
    pub problem: String,
    /// The sample.
    pub sample: NewSample,
    /// First sample of the problem with the same text.
    pub duplicate_of: Option<u32>,
    /// The problem's group, where the data set has one.
    pub group: Option<String>,
}

/// One verdict with its words, for the `verdicts` table and the sample view.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictRow {
    /// The problem's id in its data set.
    pub problem: String,
    /// The sample.
    pub sample_index: u32,
    /// The verifier's name.
    pub verifier: String,
    /// Its role.
    pub role: Role,
    /// What it said.
    pub verdict: Verdict,
}

/// A line of the run's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Row id; grows.
    pub id: i64,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// `info`, `warn`, `error`.
    pub level: String,
    /// The message.
    pub message: String,
}

/// A wish of whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Draw no more samples until `Resume`.
    Pause,
    /// Go on.
    Resume,
    /// Stop cleanly.
    Stop,
    /// Set the ceiling of requests in flight.
    Concurrency(u32),
}

pub(crate) fn form_str(form: Form) -> &'static str {
    match form {
        Form::Continuation => "continuation",
        Form::Solution => "solution",
        Form::Chat => "chat",
    }
}

pub(crate) fn parse_form(word: &str) -> Option<Form> {
    [Form::Continuation, Form::Solution, Form::Chat].into_iter().find(|f| form_str(*f) == word)
}

pub(crate) fn parse_role(word: &str) -> Option<Role> {
    [Role::Selector, Role::Oracle, Role::Observer].into_iter().find(|r| r.as_str() == word)
}

/// Equal for equal texts of one problem; 64 bits of blake3 make a chance hit within a problem negligible.
#[must_use]
pub fn text_hash(text: &str) -> i64 {
    let hash = blake3::hash(text.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    i64::from_le_bytes(bytes)
}

/// The hash of a sample's text. A whole answer without a text is one whose text nobody has (an import of verdicts alone): no
/// two of those are called equal.
pub(crate) fn sample_hash(sample: &NewSample) -> i64 {
    if sample.outcome == Outcome::Ok && sample.text.is_empty() {
        return text_hash(&format!("unknown text {}", sample.sample_index));
    }
    text_hash(&sample.text)
}
