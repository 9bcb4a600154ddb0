//! Models over HTTP and from files, behind [`verifiers::model::Model`].
//!
//! [`ModelSpec`] is the resolved `[model]` table of an experiment; [`connect`] makes a model of it. Each wire format has its own file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use verifiers::model::Model;

pub mod doctor;
pub mod download;
pub mod fault;
mod gate;
pub mod http;
pub(crate) mod mend;
mod pace;
pub mod probe;
pub mod replay;
pub mod retry;
mod reward;
pub mod secret;
pub mod services;
pub mod stream;
mod window;
pub mod wire;

/// Which wire format a model speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    /// `POST {base}/chat/completions`.
    OpenaiChat,
    /// `POST {base}/completions`.
    OpenaiCompletions,
    /// `POST {base}/messages`.
    Anthropic,
    /// The simulated endpoint: `openai-chat` against a server that nbest started itself.
    Simulated,
    /// Completions that someone else sampled, from a file.
    Replay,
}

impl Api {
    /// The word of the experiment file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiCompletions => "openai-completions",
            Self::Anthropic => "anthropic",
            Self::Simulated => "simulated",
            Self::Replay => "replay",
        }
    }

    /// Whether a prompt is sent as messages.
    #[must_use]
    pub fn is_chat(self) -> bool {
        matches!(self, Self::OpenaiChat | Self::Anthropic | Self::Simulated)
    }
}

/// What shapes the text that a model writes. `None`: the server's own default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sampling {
    /// Temperature.
    pub temperature: Option<f64>,
    /// Nucleus mass.
    pub top_p: Option<f64>,
    /// Only the k likeliest tokens (no field of OpenAI's own).
    pub top_k: Option<u32>,
    /// Least probability relative to the likeliest token (no field of OpenAI's own).
    pub min_p: Option<f64>,
    /// Most tokens to write.
    pub max_tokens: Option<u32>,
    /// Strings that end the text.
    pub stop: Vec<String>,
    /// Ask for log-probabilities of the written tokens.
    pub logprobs: bool,
    /// Further fields of the request, sent as they are; they win over the others.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// How hard an endpoint is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Most requests under way, over all endpoints.
    pub concurrency: usize,
    /// Most requests a minute, over all endpoints.
    pub requests_per_minute: Option<f64>,
    /// Most tokens (read and written) a minute, over all endpoints.
    pub tokens_per_minute: Option<f64>,
    /// Longest wait for one answer, queueing on the server included; when streaming, also for the next piece of it.
    pub timeout: Duration,
    /// Most attempts at one request.
    pub attempts: u32,
    /// Longest time spent on one request, with all attempts and pauses.
    pub total_time: Duration,
    /// How long an endpoint may be unreachable before the run stops.
    pub down_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 64,
            requests_per_minute: None,
            tokens_per_minute: None,
            timeout: Duration::from_mins(10),
            attempts: 8,
            total_time: Duration::from_hours(1),
            down_after: Duration::from_secs(30),
        }
    }
}

/// A model as an experiment asks for it, resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// The wire format.
    pub api: Api,
    /// Where it is served, without the last path segment, for example `http://127.0.0.1:8000/v1`; several are balanced by load.
    #[serde(default)]
    pub base_urls: Vec<String>,
    /// The model's name.
    #[serde(default)]
    pub model: String,
    /// The variable that holds the key; `None`: no key is sent.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// A system prompt, put before prompts that have none.
    #[serde(default)]
    pub system: Option<String>,
    /// What shapes the text.
    #[serde(default)]
    pub sampling: Sampling,
    /// Ask for a stream: gives the time to the first token and saves partial text.
    #[serde(default)]
    pub stream: bool,
    /// Samples a request; `None`: what suits the server.
    #[serde(default)]
    pub n: Option<u32>,
    /// Whether seeds are sent.
    #[serde(default = "yes")]
    pub send_seed: bool,
    /// Headers to add.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How hard the endpoint is used.
    #[serde(default)]
    pub limits: Limits,
    /// The file of `replay`.
    #[serde(default)]
    pub path: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

impl ModelSpec {
    /// A model with defaults for everything else.
    #[must_use]
    pub fn new(api: Api, base_url: &str, model: &str) -> Self {
        Self {
            api,
            base_urls: vec![base_url.to_owned()],
            model: model.to_owned(),
            api_key_env: None,
            system: None,
            sampling: Sampling::default(),
            stream: false,
            n: None,
            send_seed: true,
            headers: BTreeMap::new(),
            limits: Limits::default(),
            path: None,
        }
    }

    /// Completions from a file.
    #[must_use]
    pub fn replay(path: impl Into<PathBuf>) -> Self {
        let mut spec = Self::new(Api::Replay, "", "");
        spec.base_urls.clear();
        spec.path = Some(path.into());
        spec
    }
}

/// Why no model could be made of a [`ModelSpec`].
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No URL where one is needed.
    #[error("model: `base_url` is missing")]
    NoUrl,
    /// A URL that is none.
    #[error("model: `{url}` is not a URL that can be asked")]
    BadUrl {
        /// As written.
        url: String,
    },
    /// A field of `extra` that nbest sets itself.
    #[error("model: `extra.{field}` is set by nbest itself")]
    ReservedField {
        /// Its name.
        field: &'static str,
    },
    /// A header that can't be sent.
    #[error("model: header `{name}` can't be sent")]
    BadHeader {
        /// Its name.
        name: String,
    },
    /// The variable that should hold the key is not set.
    #[error("model: the variable {variable} named by `api_key_env` is not set")]
    NoKey {
        /// Its name.
        variable: String,
    },
    /// The key has bytes that no header can carry.
    #[error("model: the key in {variable} has characters that can't be sent")]
    BadKey {
        /// The variable's name.
        variable: String,
    },
    /// `replay` without a file.
    #[error("model: `path` is missing; api = \"replay\" reads its completions from a file")]
    NoPath,
    /// The file of recorded completions can't be used.
    #[error(transparent)]
    Replay(#[from] replay::ReplayError),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be set up")]
    Setup(#[source] reqwest::Error),
}

/// Makes a model. `secrets` looks a variable up (see [`environment`]); nothing is sent yet.
///
/// # Errors
/// What can be known to be wrong before the first request: a missing URL, key or file, a broken file.
pub fn connect(spec: &ModelSpec, secrets: &dyn Fn(&str) -> Option<String>) -> Result<Arc<dyn Model>, ClientError> {
    match spec.api {
        Api::Replay => {
            let path = spec.path.as_deref().ok_or(ClientError::NoPath)?;
            Ok(Arc::new(replay::Replay::open(path)?))
        }
        _ => Ok(Arc::new(http::HttpModel::new(spec, secrets)?)),
    }
}

/// Looks a secret up in the process's environment; an empty variable counts as not set.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
