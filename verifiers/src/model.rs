//! The port to any language model. Implementations live in `harness::client`.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::{Form, Outcome};

/// What a model is asked: a raw prompt or a chat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// To be continued.
    Text(String),
    /// Messages in order, the last from the user.
    Chat(Vec<Message>),
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// Its text.
    pub content: String,
}

/// A request for `n` independent samples of one prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The problem's id, for logs and for models that look answers up (replay).
    pub problem: crate::domain::ProblemId,
    /// The index of the first sample; the others follow.
    pub first_index: u32,
    /// How many samples.
    pub n: u32,
    /// The seed of the first sample, in 0..2^31; sample i of the request uses `seed + i`.
    pub seed: u32,
    /// What is asked.
    pub prompt: Prompt,
}

/// One sample as the model gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// Its place in the request: 0..n.
    pub offset: u32,
    /// The text without reasoning.
    pub text: String,
    /// How to read the text.
    pub form: Form,
    /// Reasoning text, kept apart.
    pub reasoning: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// As the server said it.
    pub finish_reason: Option<String>,
    /// Tokens read; `None` where unknown. Of a request with n > 1, this sample's share.
    pub prompt_tokens: Option<u32>,
    /// Of those, tokens read from the server's cache.
    pub cached_tokens: Option<u32>,
    /// Tokens written, reasoning included.
    pub completion_tokens: Option<u32>,
    /// The counts are a share of one total over several samples.
    pub usage_apportioned: bool,
    /// Sum of the log-probabilities of the written tokens, where asked for.
    pub logprob: Option<f64>,
    /// From sending to the last byte.
    pub latency: Duration,
    /// From sending to the first token, when streamed.
    pub first_token: Option<Duration>,
    /// The seed that was sent for this sample, where one was.
    pub seed: Option<u32>,
    /// Which server answered.
    pub endpoint: Option<String>,
}

/// One try at a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// HTTP status, where one came.
    pub http_status: Option<u16>,
    /// `ok`, or a kind: `rate-limited`, `overloaded`, `server-error`, `refused-parameter`, `connect`, `closed`, `timeout`,
    /// `malformed`, `quota`, `unauthorized`, `not-found`, `bad-request`, `cancelled`.
    pub result: String,
    /// What the server said, shortened; never a key.
    pub message: Option<String>,
    /// How long it took.
    pub latency: Duration,
    /// The pause before the next attempt.
    pub retry_after: Option<Duration>,
}

/// What came of a request: the samples that arrived (maybe fewer than asked for) and every attempt.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Response {
    /// Samples, any order, at most n, distinct offsets.
    pub generations: Vec<Generation>,
    /// Every try, in order.
    pub attempts: Vec<Attempt>,
    /// Why the rest did not arrive.
    pub error: Option<ModelError>,
}

/// Why a request gave no sample in the end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// This request failed; others may succeed.
    #[error("{kind}: {message}")]
    Request {
        /// An [`Attempt::result`] word.
        kind: String,
        /// What the server said; never a key.
        message: String,
    },
    /// No request can succeed (bad key, quota used up, unknown model): the run stops, resumable.
    #[error("{message}")]
    Fatal {
        /// What to tell the user; never a key.
        message: String,
        /// The way out.
        hint: Option<String>,
    },
    /// There is no such sample and never will be (replay with fewer lines than asked for).
    #[error("no recorded sample {index}")]
    Absent {
        /// The first index that is not there.
        index: u32,
    },
    /// The run was stopped.
    #[error("cancelled")]
    Cancelled,
}

/// A language model: prompt to completions.
#[async_trait]
pub trait Model: Send + Sync {
    /// Asks once, with retries inside. Failures are data in the response, with what did arrive.
    async fn generate(&self, request: &Request) -> Response;

    /// How many samples one request should ask for (1 where the server has no `n`).
    fn preferred_n(&self) -> u32 {
        1
    }

    /// What answers: server software, model as it names itself, adapted parameters. Stored with the run.
    async fn identity(&self) -> serde_json::Value;

    /// Live numbers for the screen.
    fn gauges(&self) -> Gauges {
        Gauges::default()
    }

    /// Sets the ceiling of the concurrency while running (from the dashboard).
    fn set_max_concurrency(&self, max: usize) {
        let _ = max;
    }
}

/// Live numbers of a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Requests under way.
    pub in_flight: usize,
    /// How many may be under way now.
    pub concurrency: usize,
    /// Answers with status 429 so far.
    pub rate_limited: u64,
    /// Other failed attempts so far.
    pub errors: u64,
    /// Attempts beyond the first so far.
    pub retries: u64,
}
