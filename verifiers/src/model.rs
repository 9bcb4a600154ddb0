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
    /// Tokens of the whole prompt, where `prompt_tokens` is a share of them.
    pub whole_prompt_tokens: Option<u32>,
    /// Of `prompt_tokens`, those read from the server's cache.
    pub cached_tokens: Option<u32>,
    /// Tokens written, reasoning included.
    pub completion_tokens: Option<u32>,
    /// The counts are a share of one total over several samples.
    pub usage_apportioned: bool,
    /// Sum of the log-probabilities of the written tokens, where asked for.
    pub logprob: Option<f64>,
    /// The tokens with their log-probabilities, as JSON: `[["token", -0.25], ...]`.
    pub token_logprobs: Option<String>,
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

/// Prices of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// USD per million tokens read.
    pub input_per_mtok: f64,
    /// USD per million tokens written.
    pub output_per_mtok: f64,
    /// USD per million tokens read from the server's cache; absent: as input.
    pub cached_input_per_mtok: Option<f64>,
}

impl Price {
    /// The cost of one sample, USD; `None` where a count is unknown.
    #[must_use]
    pub fn cost(&self, input: Option<u32>, cached: Option<u32>, output: Option<u32>) -> Option<f64> {
        let (input, output) = (f64::from(input?), f64::from(output?));
        let cached = f64::from(cached.unwrap_or(0)).min(input);
        let cached_price = self.cached_input_per_mtok.unwrap_or(self.input_per_mtok);
        let total = (input - cached) * self.input_per_mtok + cached * cached_price + output * self.output_per_mtok;
        Some(total / 1e6)
    }
}

/// A model that a verifier asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// The wire format of its endpoint, as in `[model]`.
    pub api: String,
    /// Where it is.
    pub base_url: String,
    /// Its name.
    pub model: String,
    /// The name of the variable that holds the key.
    pub api_key_env: Option<String>,
    /// Of its answers.
    pub temperature: Option<f64>,
    /// The longest answer.
    pub max_tokens: Option<u32>,
    /// A JSON schema that the endpoint is asked to keep to.
    pub schema: Option<serde_json::Value>,
    /// Requests under way at once.
    pub concurrency: usize,
    /// The most requests a minute.
    pub requests_per_minute: Option<f64>,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            api: "openai-chat".to_owned(),
            base_url: String::new(),
            model: String::new(),
            api_key_env: None,
            temperature: None,
            max_tokens: None,
            schema: None,
            concurrency: 8,
            requests_per_minute: None,
        }
    }
}

/// What asking for a verdict used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    /// Tokens read; `None`: unknown.
    pub prompt_tokens: Option<u64>,
    /// Tokens written; `None`: unknown.
    pub completion_tokens: Option<u64>,
    /// USD; `None`: unknown.
    pub cost_usd: Option<f64>,
    /// Every try at a request, in order.
    pub attempts: Vec<Attempt>,
}

impl Spent {
    /// Adds one answer of a model.
    pub fn add_generation(&mut self, generation: &Generation, price: Option<Price>) {
        add(&mut self.prompt_tokens, generation.prompt_tokens.map(u64::from));
        add(&mut self.completion_tokens, generation.completion_tokens.map(u64::from));
        let (read, cached, written) =
            (generation.prompt_tokens, generation.cached_tokens, generation.completion_tokens);
        if let Some(cost) = price.and_then(|price| price.cost(read, cached, written)) {
            self.cost_usd = Some(self.cost_usd.unwrap_or(0.0) + cost);
        }
    }

    /// Adds a response of a model: its answers and its tries.
    pub fn add_response(&mut self, response: &Response, price: Option<Price>) {
        response.generations.iter().for_each(|generation| self.add_generation(generation, price));
        self.attempts.extend(response.attempts.iter().cloned());
    }

    /// Adds what something else used.
    pub fn add(&mut self, other: Self) {
        add(&mut self.prompt_tokens, other.prompt_tokens);
        add(&mut self.completion_tokens, other.completion_tokens);
        if let Some(cost) = other.cost_usd {
            self.cost_usd = Some(self.cost_usd.unwrap_or(0.0) + cost);
        }
        self.attempts.extend(other.attempts);
    }

    /// Tokens read and written, as far as they are known.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.prompt_tokens.unwrap_or(0) + self.completion_tokens.unwrap_or(0)
    }

    /// Whether nothing was asked.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.attempts.is_empty() && self.cost_usd.is_none() && self.tokens() == 0
    }
}

fn add(sum: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0) + more);
    }
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

    /// What holds everything up at present, where something does: an endpoint that is down, a long pause that a server asked for.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Sets the ceiling of the concurrency while running (from the dashboard).
    fn set_max_concurrency(&self, max: usize) {
        let _ = max;
    }

    /// Sends no more, for good. Requests that end by it give [`ModelError::Cancelled`] and the tries they made. A model that
    /// answers at once has nothing to do here.
    fn halt(&self, which: Halt) {
        let _ = which;
    }
}

/// Which requests [`Model::halt`] ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// Those that are not sent, or would be sent again.
    Unsent,
    /// Those under way, too.
    All,
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
