//! OpenAI's chat completions and completions, as the servers that copy them write them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Choice, Reply, Usage, WireError};
use crate::client::mend::{count, parse_paid};
use crate::client::stream::{StreamError, reports_error};

#[derive(Deserialize)]
struct Body {
    choices: Option<Vec<BodyChoice>>,
    usage: Option<BodyUsage>,
    model: Option<String>,
    system_fingerprint: Option<String>,
    timings: Option<IgnoredAny>,
    error: Option<BodyError>,
}

#[derive(Deserialize)]
struct BodyError {
    code: Option<serde_json::Value>,
}

impl BodyError {
    /// The status that it stands for.
    fn status(&self, otherwise: u16) -> u16 {
        let code = self.code.as_ref().and_then(serde_json::Value::as_u64).and_then(|code| u16::try_from(code).ok());
        code.filter(|code| (400..600).contains(code)).unwrap_or(otherwise)
    }
}

#[derive(Deserialize)]
struct BodyChoice {
    index: Option<u32>,
    message: Option<BodyMessage>,
    delta: Option<BodyMessage>,
    text: Option<String>,
    finish_reason: Option<String>,
    logprobs: Option<Logprobs>,
    error: Option<BodyError>,
}

#[derive(Default, Deserialize)]
struct BodyMessage {
    content: Option<Content>,
    reasoning_content: Option<String>,
    reasoning: Option<Lenient>,
    refusal: Option<String>,
}

/// Text, or a list of parts of which the text parts count.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
    thinking: Option<serde_json::Value>,
}

/// A string, or something else that is passed over.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient {
    Text(String),
    Other(IgnoredAny),
}

#[derive(Clone, Copy, Deserialize)]
struct BodyUsage {
    #[serde(default, deserialize_with = "count")]
    prompt_tokens: Option<u32>,
    #[serde(default, deserialize_with = "count")]
    completion_tokens: Option<u32>,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Clone, Copy, Deserialize)]
struct PromptDetails {
    #[serde(default, deserialize_with = "count")]
    cached_tokens: Option<u32>,
}

impl From<BodyUsage> for Usage {
    fn from(usage: BodyUsage) -> Self {
        Self {
            prompt: usage.prompt_tokens,
            cached: usage.prompt_tokens_details.and_then(|details| details.cached_tokens),
            completion: usage.completion_tokens,
        }
    }
}

/// Both shapes: chat's `content` list, and completions' parallel lists.
#[derive(Deserialize)]
struct Logprobs {
    content: Option<Vec<TokenLogprob>>,
    tokens: Option<Vec<String>>,
    token_logprobs: Option<Vec<Option<f64>>>,
}

#[derive(Deserialize)]
struct TokenLogprob {
    #[serde(default)]
    token: String,
    logprob: f64,
}

impl Logprobs {
    /// The tokens, each with its value. The first one of a completion may have none.
    fn read(self) -> Vec<(String, f64)> {
        match (self.content, self.token_logprobs) {
            (Some(tokens), _) => tokens.into_iter().map(|token| (token.token, token.logprob)).collect(),
            (None, Some(values)) => {
                let names = self.tokens.unwrap_or_default().into_iter().chain(std::iter::repeat(String::new()));
                names.zip(values).filter_map(|(name, value)| Some((name, value?))).collect()
            }
            (None, None) => Vec::new(),
        }
    }
}

impl BodyMessage {
    /// Text, reasoning, and whether it is a refusal.
    fn read(self) -> (String, Option<String>, bool) {
        let mut text = String::new();
        let mut reasoning = match (self.reasoning_content, self.reasoning) {
            (Some(said), _) | (None, Some(Lenient::Text(said))) => Some(said),
            (None, Some(Lenient::Other(_)) | None) => None,
        }
        .filter(|said| !said.is_empty());
        match self.content {
            Some(Content::Text(content)) => text = content,
            Some(Content::Parts(parts)) => {
                for part in parts {
                    if let Some(thinking) = part.thinking {
                        let said = thinking.as_str().map_or_else(|| thinking_text(&thinking), str::to_owned);
                        reasoning.get_or_insert_default().push_str(&said);
                    } else if part.kind.as_deref().is_none_or(|kind| kind.ends_with("text")) {
                        text.push_str(part.text.as_deref().unwrap_or_default());
                    }
                }
            }
            None => {}
        }
        let refused = self.refusal.as_deref().is_some_and(|refusal| !refusal.is_empty());
        if refused && text.is_empty() {
            text = self.refusal.unwrap_or_default();
        }
        (text, reasoning, refused)
    }
}

fn thinking_text(value: &serde_json::Value) -> String {
    let parts = value.as_array().map_or(&[][..], Vec::as_slice);
    parts.iter().filter_map(|part| part.get("text")?.as_str()).collect()
}

impl BodyChoice {
    /// The status of a choice that failed.
    fn failure(&self) -> Option<u16> {
        let ended = self.finish_reason.as_deref() == Some("error");
        self.error.as_ref().map(|error| error.status(502)).or_else(|| ended.then_some(502))
    }

    fn read(self, place: usize) -> Choice {
        let token_logprobs = self.logprobs.map(Logprobs::read).unwrap_or_default();
        let counted = u32::try_from(token_logprobs.len()).ok().filter(|count| *count > 0);
        let (text, reasoning, refused) =
            self.message.or(self.delta).map_or_else(|| (self.text.unwrap_or_default(), None, false), BodyMessage::read);
        Choice {
            index: self.index.unwrap_or_else(|| u32::try_from(place).unwrap_or(u32::MAX)),
            text,
            reasoning,
            finish_reason: self.finish_reason,
            refused,
            logprob: counted.map(|_| token_logprobs.iter().map(|(_, value)| value).sum()),
            counted_tokens: counted,
            token_logprobs,
            usage: None,
        }
    }
}

/// Reads a whole answer.
pub(super) fn parse(body: &[u8]) -> Result<Reply, WireError> {
    let body: Body = parse_paid(body).map_err(|error| WireError::Malformed(error.to_string()))?;
    if let Some(error) = body.error
        && body.choices.as_ref().is_none_or(Vec::is_empty)
    {
        return Err(WireError::Inside { status: error.status(500) });
    }
    let choices = body.choices.filter(|choices| !choices.is_empty());
    let mut choices = choices.ok_or_else(|| WireError::Malformed("an answer without choices".to_owned()))?;
    // a gateway that lost its model says so in the choice: that is no answer
    if let Some(status) = choices.iter().find_map(BodyChoice::failure) {
        choices.retain(|choice| choice.failure().is_none());
        if choices.is_empty() {
            return Err(WireError::Inside { status });
        }
    }
    let mut choices: Vec<Choice> = choices.into_iter().enumerate().map(|(place, choice)| choice.read(place)).collect();
    choices.sort_by_key(|choice| choice.index);
    Ok(Reply {
        choices,
        usage: body.usage.map(Usage::from),
        model: body.model,
        fingerprint: body.system_fingerprint,
        usage_of_one: body.timings.is_some(),
    })
}

/// Chunks of a stream, put together.
#[derive(Debug, Default)]
pub struct Stream {
    choices: BTreeMap<u32, Choice>,
    usage: Option<Usage>,
    /// The choice that finished last and has no usage of its own yet.
    finished: Option<u32>,
    usages: usize,
    model: Option<String>,
    fingerprint: Option<String>,
    /// The end marker came.
    pub(crate) done: bool,
}

impl Stream {
    /// Takes an event; says whether it brought text.
    pub(crate) fn event(&mut self, data: &[u8]) -> Result<bool, StreamError> {
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.done = true;
            return Ok(false);
        }
        if data.is_empty() {
            return Ok(false);
        }
        let malformed = |error: serde_json::Error| WireError::Malformed(format!("in the stream: {error}"));
        let chunk: Body = match parse_paid(data) {
            Ok(chunk) => chunk,
            Err(error) => {
                let value: serde_json::Value = serde_json::from_slice(data).map_err(malformed)?;
                let reported = reports_error(&value);
                return Err(if reported { StreamError::Reported(data.to_vec()) } else { malformed(error).into() });
            }
        };
        if chunk.choices.is_none() {
            let value: serde_json::Value = serde_json::from_slice(data).map_err(malformed)?;
            if reports_error(&value) {
                return Err(StreamError::Reported(data.to_vec()));
            }
        }
        self.model = chunk.model.or(self.model.take());
        self.fingerprint = chunk.system_fingerprint.or(self.fingerprint.take());
        let mut wrote = false;
        if chunk.choices.iter().flatten().any(|choice| choice.failure().is_some()) {
            return Err(StreamError::Reported(data.to_vec()));
        }
        for (place, piece) in chunk.choices.into_iter().flatten().enumerate() {
            wrote |= self.add(piece.read(place));
        }
        if let Some(usage) = chunk.usage.map(Usage::from) {
            self.usage = Some(usage);
            if let Some(choice) = self.finished.take().and_then(|index| self.choices.get_mut(&index)) {
                choice.usage = Some(usage);
                self.usages += 1;
            }
        }
        Ok(wrote)
    }

    fn add(&mut self, piece: Choice) -> bool {
        let index = piece.index;
        let choice = self.choices.entry(index).or_insert_with(|| Choice { index, ..Choice::default() });
        let wrote = !piece.text.is_empty() || piece.reasoning.is_some();
        choice.text.push_str(&piece.text);
        if let Some(reasoning) = piece.reasoning {
            choice.reasoning.get_or_insert_default().push_str(&reasoning);
        }
        if let Some(logprob) = piece.logprob {
            choice.logprob = Some(choice.logprob.unwrap_or(0.0) + logprob);
            choice.counted_tokens = Some(choice.counted_tokens.unwrap_or(0) + piece.counted_tokens.unwrap_or(0));
            choice.token_logprobs.extend(piece.token_logprobs);
        }
        choice.refused |= piece.refused;
        if piece.finish_reason.is_some() {
            choice.finish_reason = piece.finish_reason;
            self.finished = Some(index);
        }
        wrote
    }

    pub(crate) fn partial(&self) -> String {
        self.choices.values().map(|choice| choice.text.as_str()).collect()
    }

    pub(crate) fn finish(self) -> Option<Reply> {
        let finished = self.choices.values().all(|choice| choice.finish_reason.is_some());
        if self.choices.is_empty() || !(self.done || finished) {
            return None;
        }
        let each = self.usages == self.choices.len() && self.usages > 1;
        let mut choices: Vec<Choice> = self.choices.into_values().collect();
        if !each {
            for choice in &mut choices {
                choice.usage = None;
            }
        }
        Some(Reply {
            choices,
            usage: self.usage,
            model: self.model,
            fingerprint: self.fingerprint,
            usage_of_one: false,
        })
    }
}
