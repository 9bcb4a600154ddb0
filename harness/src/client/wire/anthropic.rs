//! Anthropic's messages.

use serde::Deserialize;
use verifiers::model::Message;

use super::{Choice, Reply, Usage, WireError};
use crate::client::mend::{count, parse_paid};
use crate::client::stream::StreamError;

/// `max_tokens` is required there; this is sent where the experiment names none.
pub const DEFAULT_MAX_TOKENS: u32 = 4096;

/// System messages are a field of their own there.
pub(super) fn split_system(messages: Vec<Message>) -> (Option<String>, Vec<Message>) {
    let (system, rest): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| message.role == "system");
    let system: Vec<String> = system.into_iter().map(|message| message.content).collect();
    ((!system.is_empty()).then(|| system.join("\n\n")), rest)
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    kind: Option<String>,
    content: Option<Vec<Block>>,
    stop_reason: Option<String>,
    usage: Option<BodyUsage>,
    model: Option<String>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    thinking: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
struct BodyUsage {
    #[serde(default, deserialize_with = "count")]
    input_tokens: Option<u32>,
    #[serde(default, deserialize_with = "count")]
    output_tokens: Option<u32>,
    #[serde(default, deserialize_with = "count")]
    cache_creation_input_tokens: Option<u32>,
    #[serde(default, deserialize_with = "count")]
    cache_read_input_tokens: Option<u32>,
}

impl From<BodyUsage> for Usage {
    /// `input_tokens` leaves out what the cache read or wrote; ours does not.
    fn from(usage: BodyUsage) -> Self {
        let cached = usage.cache_read_input_tokens;
        let prompt = usage.input_tokens.map(|input| {
            input.saturating_add(cached.unwrap_or(0)).saturating_add(usage.cache_creation_input_tokens.unwrap_or(0))
        });
        Self { prompt, cached, completion: usage.output_tokens }
    }
}

/// Reads a whole answer.
pub(super) fn parse(body: &[u8]) -> Result<Reply, WireError> {
    let body: Body = parse_paid(body).map_err(|error| WireError::Malformed(error.to_string()))?;
    if body.kind.as_deref() == Some("error") {
        return Err(WireError::Inside { status: 500 });
    }
    let blocks = body.content.ok_or_else(|| WireError::Malformed("an answer without content".to_owned()))?;
    let mut choice = Choice { finish_reason: body.stop_reason, ..Choice::default() };
    for block in blocks {
        match block.kind.as_str() {
            "text" => choice.text.push_str(block.text.as_deref().unwrap_or_default()),
            "thinking" => {
                choice.reasoning.get_or_insert_default().push_str(block.thinking.as_deref().unwrap_or_default());
            }
            _ => {}
        }
    }
    Ok(Reply {
        choices: vec![choice],
        usage: body.usage.map(Usage::from),
        model: body.model,
        fingerprint: None,
        usage_of_one: false,
    })
}

/// Events of a stream, put together.
#[derive(Debug, Default)]
pub struct Stream {
    choice: Choice,
    started: bool,
    usage: BodyUsage,
    model: Option<String>,
    /// `message_stop` came.
    pub(crate) done: bool,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    message: Option<Started>,
    content_block: Option<Block>,
    delta: Option<Delta>,
    usage: Option<BodyUsage>,
}

#[derive(Deserialize)]
struct Started {
    model: Option<String>,
    usage: Option<BodyUsage>,
}

#[derive(Deserialize)]
struct Delta {
    text: Option<String>,
    thinking: Option<String>,
    stop_reason: Option<String>,
}

impl BodyUsage {
    fn update(&mut self, later: Self) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
        self.cache_creation_input_tokens = later.cache_creation_input_tokens.or(self.cache_creation_input_tokens);
        self.cache_read_input_tokens = later.cache_read_input_tokens.or(self.cache_read_input_tokens);
    }
}

impl Stream {
    /// Takes an event; says whether it brought text.
    pub(crate) fn event(&mut self, data: &[u8]) -> Result<bool, StreamError> {
        let malformed = |error: serde_json::Error| WireError::Malformed(format!("in the stream: {error}"));
        let event: Event = serde_json::from_slice(data).map_err(malformed)?;
        if event.kind == "error" {
            return Err(StreamError::Reported(data.to_vec()));
        }
        self.done |= event.kind == "message_stop";
        if let Some(started) = event.message {
            self.started = true;
            self.model = started.model;
            self.usage.update(started.usage.unwrap_or_default());
        }
        self.usage.update(event.usage.unwrap_or_default());
        let mut wrote = false;
        let mut add = |text: Option<String>, thinking: Option<String>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                self.choice.text.push_str(&text);
                wrote = true;
            }
            if let Some(thinking) = thinking.filter(|thinking| !thinking.is_empty()) {
                self.choice.reasoning.get_or_insert_default().push_str(&thinking);
                wrote = true;
            }
        };
        if let Some(block) = event.content_block.filter(|block| matches!(block.kind.as_str(), "text" | "thinking")) {
            add(block.text, block.thinking);
        }
        if let Some(delta) = event.delta {
            add(delta.text, delta.thinking);
            self.choice.finish_reason = delta.stop_reason.or(self.choice.finish_reason.take());
        }
        Ok(wrote)
    }

    pub(crate) fn partial(&self) -> String {
        self.choice.text.clone()
    }

    pub(crate) fn finish(self) -> Option<Reply> {
        if !self.started || !(self.done || self.choice.finish_reason.is_some()) {
            return None;
        }
        let usage = Some(Usage::from(self.usage));
        Some(Reply { choices: vec![self.choice], usage, model: self.model, fingerprint: None, usage_of_one: false })
    }
}
