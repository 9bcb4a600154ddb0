//! Answers that come as server-sent events.

use std::time::Duration;

use serde_json::Value;

use super::wire::{Reply, Wire, WireError, anthropic, openai};

/// The longest line of a stream.
const LONGEST_LINE: usize = 16 << 20;

/// Takes bytes as they come and gives the data of whole events.
#[derive(Debug, Default)]
pub struct Events {
    buffer: Vec<u8>,
    /// Bytes of the buffer that are known to hold no end of line.
    scanned: usize,
    data: Vec<u8>,
    has_data: bool,
    /// The event that is coming is named `error`.
    is_error: bool,
    after_return: bool,
}

impl Events {
    /// Adds bytes; calls `take` with the data of every event that became whole, and whether it is named an error.
    ///
    /// # Errors
    /// A line without end.
    pub fn push<E: From<WireError>>(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(&[u8], bool) -> Result<(), E>,
    ) -> Result<(), E> {
        self.buffer.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(step) = self.buffer[self.scanned..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let end = self.scanned + step;
            let returned = self.buffer[end] == b'\r';
            let rest_of_return = self.buffer[end] == b'\n' && self.after_return && end == start;
            self.after_return = returned;
            self.scanned = end + 1;
            if rest_of_return {
                start = end + 1;
                continue;
            }
            let line = start..end;
            start = end + 1;
            if line.is_empty() {
                let is_error = std::mem::take(&mut self.is_error);
                if std::mem::take(&mut self.has_data) {
                    let data = std::mem::take(&mut self.data);
                    take(&data, is_error)?;
                }
                continue;
            }
            let line = &self.buffer[line];
            if let Some(name) = line.strip_prefix(b"event:") {
                self.is_error = name.trim_ascii() == b"error";
            } else if let Some(data) = line.strip_prefix(b"data:") {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
            }
        }
        if start > 0 {
            self.after_return &= start == self.buffer.len();
            self.buffer.drain(..start);
        }
        self.scanned = self.buffer.len();
        if self.buffer.len() + self.data.len() > LONGEST_LINE {
            return Err(WireError::Malformed("a line of the stream is too long".to_owned()).into());
        }
        Ok(())
    }
}

/// An answer being put together from its events.
#[derive(Debug)]
pub struct Assembly {
    events: Events,
    state: State,
    /// Time to the first piece of text or reasoning.
    pub first_token: Option<Duration>,
    /// Events that came; comments, which some servers send while they queue, are none.
    pub seen: u64,
}

#[derive(Debug)]
enum State {
    Openai(openai::Stream),
    Anthropic(anthropic::Stream),
}

/// An error event in a stream, as its raw data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamError {
    /// What came is not what the format says.
    Wire(WireError),
    /// The server reports an error in mid-stream.
    Reported(Vec<u8>),
}

impl From<WireError> for StreamError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl Assembly {
    /// Nothing yet.
    #[must_use]
    pub fn new(wire: Wire) -> Self {
        let state = match wire {
            Wire::Chat | Wire::Completions => State::Openai(openai::Stream::default()),
            Wire::Messages => State::Anthropic(anthropic::Stream::default()),
        };
        Self { events: Events::default(), state, first_token: None, seen: 0 }
    }

    /// Adds bytes that came at `elapsed` after sending.
    ///
    /// # Errors
    /// Events that are no JSON, errors that the server reports.
    pub fn push(&mut self, bytes: &[u8], elapsed: Duration) -> Result<(), StreamError> {
        let state = &mut self.state;
        let (first, seen) = (&mut self.first_token, &mut self.seen);
        self.events.push(bytes, |data, is_error| {
            *seen += 1;
            if is_error {
                return Err(StreamError::Reported(data.to_vec()));
            }
            let wrote = match state {
                State::Openai(stream) => stream.event(data)?,
                State::Anthropic(stream) => stream.event(data)?,
            };
            if wrote && first.is_none() {
                *first = Some(elapsed);
            }
            Ok(())
        })
    }

    /// The end marker came: nothing needs to be waited for.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match &self.state {
            State::Openai(stream) => stream.done,
            State::Anthropic(stream) => stream.done,
        }
    }

    /// The text so far, over all choices.
    #[must_use]
    pub fn partial(&self) -> String {
        match &self.state {
            State::Openai(stream) => stream.partial(),
            State::Anthropic(stream) => stream.partial(),
        }
    }

    /// The answer, if it is whole: an end marker, or every choice with its finish reason.
    #[must_use]
    pub fn finish(self) -> Option<Reply> {
        match self.state {
            State::Openai(stream) => stream.finish(),
            State::Anthropic(stream) => stream.finish(),
        }
    }
}

/// Whether an event's data reports an error.
pub(super) fn reports_error(value: &Value) -> bool {
    value.get("error").is_some_and(|error| !error.is_null())
        || value.get("object").and_then(Value::as_str) == Some("error")
        || value.get("type").and_then(Value::as_str) == Some("error")
}

#[cfg(test)]
mod tests;
