//! What a request asks for, in any of the formats.

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    pub(super) model: Option<String>,
    messages: Option<Vec<Message>>,
    prompt: Option<Text>,
    pub(super) n: Option<i64>,
    pub(super) seed: Option<i64>,
    pub(super) temperature: Option<f64>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    stop: Option<Text>,
    stop_sequences: Option<Vec<String>>,
    pub(super) stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    pub(super) logprobs: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Message {
    role: String,
    content: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Text {
    One(String),
    Many(Vec<Piece>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Piece {
    Plain(String),
    Part { text: String },
    Other(IgnoredAny),
}

impl Text {
    fn pieces(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::One(text) => (Some(text.as_str()), &[][..]),
            Self::Many(pieces) => (None, &pieces[..]),
        };
        one.into_iter().chain(many.iter().filter_map(|piece| match piece {
            Piece::Plain(text) | Piece::Part { text } => Some(text.as_str()),
            Piece::Other(_) => None,
        }))
    }
}

impl Asked {
    /// The text of the last user message, or the raw prompt.
    pub(super) fn prompt(&self) -> Option<String> {
        if let Some(messages) = &self.messages {
            let last = messages.iter().rev().find(|message| message.role == "user")?;
            return Some(last.content.iter().flat_map(Text::pieces).collect());
        }
        self.prompt.as_ref().map(|prompt| prompt.pieces().collect())
    }

    /// Tokens of everything that is read.
    pub(super) fn prompt_tokens(&self) -> u64 {
        let messages = self.messages.iter().flatten().filter_map(|message| message.content.as_ref());
        let pieces = messages.chain(&self.prompt).flat_map(Text::pieces);
        pieces.map(tokens).sum()
    }

    pub(super) fn max_tokens(&self) -> Option<usize> {
        usize::try_from(self.max_completion_tokens.or(self.max_tokens)?).ok()
    }

    pub(super) fn stops(&self) -> impl Iterator<Item = &str> {
        let lists = self.stop_sequences.iter().flatten().map(String::as_str);
        self.stop.iter().flat_map(Text::pieces).chain(lists).filter(|stop| !stop.is_empty())
    }

    pub(super) fn wants_usage(&self) -> bool {
        self.stream_options.as_ref().is_some_and(|options| options.include_usage == Some(true))
    }
}

/// Bytes that count as a token.
pub(super) const TOKEN_BYTES: usize = 4;

pub(super) fn tokens(text: &str) -> u64 {
    text.len().div_ceil(TOKEN_BYTES) as u64
}
