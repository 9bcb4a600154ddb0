//! What goes over the wire: request bodies, and answers in one shape whatever the format.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use verifiers::model::{Message, Prompt};

use super::{Api, ModelSpec};

pub mod anthropic;
pub mod openai;

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// OpenAI's chat completions.
    Chat,
    /// OpenAI's completions.
    Completions,
    /// Anthropic's messages.
    Messages,
}

impl Wire {
    /// The format of an API; replay speaks none and is read as completions.
    #[must_use]
    pub fn of(api: Api) -> Self {
        match api {
            Api::OpenaiChat | Api::Simulated => Self::Chat,
            Api::OpenaiCompletions | Api::Replay => Self::Completions,
            Api::Anthropic => Self::Messages,
        }
    }

    /// The last segments of the URL.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Completions => "completions",
            Self::Messages => "messages",
        }
    }
}

/// What a server was found not to take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adapted {
    /// It wants `max_completion_tokens` instead of `max_tokens`.
    pub max_completion_tokens: bool,
    /// Fields that are not sent any more.
    pub dropped: BTreeSet<&'static str>,
    /// Most choices it gives for one request.
    pub n_limit: Option<u32>,
}

impl Adapted {
    /// For the run's record.
    #[must_use]
    pub fn describe(&self) -> Value {
        let mut found = Map::new();
        if self.max_completion_tokens {
            found.insert("max_tokens".to_owned(), json!("sent as max_completion_tokens"));
        }
        for name in &self.dropped {
            found.insert((*name).to_owned(), json!("refused by the server, not sent"));
        }
        if let Some(limit) = self.n_limit {
            found.insert("n".to_owned(), json!(format!("at most {limit} a request")));
        }
        Value::Object(found)
    }
}

/// Fields that every request sets itself.
pub const RESERVED: [&str; 7] = ["messages", "prompt", "n", "stream", "stream_options", "seed", "model"];

/// The part of the body that is the same for all requests, as JSON without its closing brace.
#[must_use]
pub fn fixed_body(spec: &ModelSpec, wire: Wire, adapted: &Adapted) -> Vec<u8> {
    let sampling = &spec.sampling;
    let mut body = Map::new();
    let mut put = |name: &'static str, value: Option<Value>| {
        if let Some(value) = value
            && !adapted.dropped.contains(name)
        {
            body.insert(name.to_owned(), value);
        }
    };
    put("model", Some(json!(spec.model)));
    put("temperature", sampling.temperature.map(|v| json!(v)));
    put("top_p", sampling.top_p.map(|v| json!(v)));
    put("top_k", sampling.top_k.map(|v| json!(v)));
    let stop = (!sampling.stop.is_empty()).then(|| json!(sampling.stop));
    if wire == Wire::Messages {
        put("max_tokens", Some(json!(sampling.max_tokens.unwrap_or(anthropic::DEFAULT_MAX_TOKENS))));
        put("stop_sequences", stop);
    } else {
        put("min_p", sampling.min_p.map(|v| json!(v)));
        let limit = if adapted.max_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        put(limit, sampling.max_tokens.map(|v| json!(v)));
        put("stop", stop);
        if sampling.logprobs {
            // chat: a switch; completions: how many alternatives, of which the chosen token is one
            put("logprobs", Some(if wire == Wire::Chat { json!(true) } else { json!(1) }));
            if wire == Wire::Chat {
                // 0 is taken for "none at all" by llama.cpp and llama-cpp-python
                put("top_logprobs", Some(json!(1)));
            }
        }
        if spec.stream {
            put("stream_options", Some(json!({"include_usage": true})));
        }
    }
    put("stream", spec.stream.then(|| json!(true)));
    for (name, value) in &sampling.extra {
        body.insert(name.clone(), value.clone());
    }
    let mut bytes = Value::Object(body).to_string().into_bytes();
    bytes.pop();
    bytes
}

/// The most tokens that a choice may have, where that is limited.
pub(super) fn most_tokens(spec: &ModelSpec, wire: Wire) -> Option<u32> {
    let extra =
        ["max_completion_tokens", "max_tokens"].iter().find_map(|name| spec.sampling.extra.get(*name)?.as_u64());
    let default = (wire == Wire::Messages).then_some(anthropic::DEFAULT_MAX_TOKENS);
    extra.and_then(|most| u32::try_from(most).ok()).or(spec.sampling.max_tokens).or(default)
}

/// The whole body of one request.
#[must_use]
pub fn body(fixed: &[u8], wire: Wire, system: Option<&str>, prompt: &Prompt, n: u32, seed: Option<u32>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(fixed.len() + 256 + prompt_length(prompt));
    bytes.extend_from_slice(fixed);
    let mut field = |name: &str, value: &dyn erased::Json| {
        bytes.extend_from_slice(b",\"");
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b"\":");
        value.write(&mut bytes);
    };
    match wire {
        Wire::Completions => field("prompt", &completion_prompt(system, prompt)),
        Wire::Chat => field("messages", &chat_messages(system, prompt)),
        Wire::Messages => {
            let (system, messages) = anthropic::split_system(chat_messages(system, prompt));
            if let Some(system) = system {
                field("system", &system);
            }
            field("messages", &messages);
        }
    }
    if wire != Wire::Messages {
        if n > 1 {
            field("n", &n);
        }
        if let Some(seed) = seed {
            field("seed", &seed);
        }
    }
    bytes.push(b'}');
    bytes
}

mod erased {
    /// What can be written as JSON into memory.
    pub(super) trait Json {
        /// Appends it.
        fn write(&self, to: &mut Vec<u8>);
    }

    impl<T: serde::Serialize> Json for T {
        fn write(&self, to: &mut Vec<u8>) {
            if serde_json::to_writer(&mut *to, self).is_err() {
                to.extend_from_slice(b"null");
            }
        }
    }
}

fn prompt_length(prompt: &Prompt) -> usize {
    match prompt {
        Prompt::Text(text) => text.len(),
        Prompt::Chat(messages) => messages.iter().map(|m| m.content.len() + 32).sum(),
    }
}

/// Characters of a prompt, for estimates of its tokens.
#[must_use]
pub fn prompt_bytes(prompt: &Prompt, system: Option<&str>) -> usize {
    prompt_length(prompt) + system.map_or(0, str::len)
}

fn chat_messages(system: Option<&str>, prompt: &Prompt) -> Vec<Message> {
    let message = |role: &str, content: &str| Message { role: role.to_owned(), content: content.to_owned() };
    let mut messages = match prompt {
        Prompt::Text(text) => vec![message("user", text)],
        Prompt::Chat(messages) => messages.clone(),
    };
    if let Some(system) = system
        && messages.first().is_none_or(|first| first.role != "system")
    {
        messages.insert(0, message("system", system));
    }
    messages
}

fn completion_prompt(system: Option<&str>, prompt: &Prompt) -> String {
    let text = match prompt {
        Prompt::Text(text) => text.clone(),
        Prompt::Chat(messages) => messages.iter().map(|m| m.content.as_str()).collect::<Vec<_>>().join("\n\n"),
    };
    match system {
        Some(system) => format!("{system}\n\n{text}"),
        None => text,
    }
}

/// An answer, whatever the format and whether it was streamed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// The choices, by index.
    pub choices: Vec<Choice>,
    /// Token counts of the whole answer.
    pub usage: Option<Usage>,
    /// The model as the server names it.
    pub model: Option<String>,
    /// What software answered, where the answer shows it.
    pub fingerprint: Option<String>,
    /// The answer has llama.cpp's `timings`: its usage counts one choice only.
    pub usage_of_one: bool,
}

/// One choice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    /// Its place.
    pub index: u32,
    /// The text, without reasoning.
    pub text: String,
    /// Reasoning, where the server keeps it apart.
    pub reasoning: Option<String>,
    /// As the server said it.
    pub finish_reason: Option<String>,
    /// The answer is a refusal.
    pub refused: bool,
    /// Sum of the tokens' log-probabilities.
    pub logprob: Option<f64>,
    /// The tokens, each with its log-probability.
    pub token_logprobs: Vec<(String, f64)>,
    /// Tokens counted by their log-probabilities.
    pub counted_tokens: Option<u32>,
    /// This choice's own usage, where a stream gave one for each.
    pub usage: Option<Usage>,
}

/// Token counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Read.
    pub prompt: Option<u32>,
    /// Of those, from the cache.
    pub cached: Option<u32>,
    /// Written.
    pub completion: Option<u32>,
}

/// Why an answer can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is not what the format says.
    #[error("{0}")]
    Malformed(String),
    /// It has status 200 and an error inside.
    #[error("an error inside an answer")]
    Inside {
        /// The status that the error names, or 500.
        status: u16,
    },
}

/// Reads an answer that came in one piece.
///
/// # Errors
/// It is cut, not JSON, or without choices.
pub fn parse(wire: Wire, body: &[u8]) -> Result<Reply, WireError> {
    match wire {
        Wire::Chat | Wire::Completions => openai::parse(body),
        Wire::Messages => anthropic::parse(body),
    }
}
