//! Anthropic's messages.

use serde::Deserialize;
use verifiers::model::Message;

use super::{Choice, Reply, Usage, WireError};

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
pub(super) struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    thinking: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
pub(super) struct BodyUsage {
    pub(super) input_tokens: Option<u32>,
    pub(super) output_tokens: Option<u32>,
    pub(super) cache_creation_input_tokens: Option<u32>,
    pub(super) cache_read_input_tokens: Option<u32>,
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
    let body: Body = serde_json::from_slice(body).map_err(|error| WireError::Malformed(error.to_string()))?;
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
