//! Answers in the wire formats, in one piece or as a stream.

use serde_json::{Value, json};

use super::bank::{Question, Style};
use super::request::{Asked, TOKEN_BYTES, tokens};
use super::{Options, fault::Faults};

/// The wire formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Chat,
    Completions,
    Messages,
}

/// One choice before it is written.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    text: String,
    /// Cut at the token limit.
    cut: bool,
}

/// What is said to prompts that the bank knows nothing of.
const UNKNOWN: &str = "I know nothing about that.";

/// The choices of one request: choice i is fixed by prompt, temperature and seed + i.
pub(super) fn choices(
    options: &Options,
    format: Format,
    asked: &Asked,
    prompt: &str,
    seed: u64,
    n: u32,
) -> Vec<Choice> {
    let style = if format == Format::Completions { Style::Continuation } else { Style::Chat };
    let temperature = asked.temperature.unwrap_or(1.0);
    let say = |i: u32| {
        let seed = seed.wrapping_add(u64::from(i));
        let question = Question { prompt, style, temperature, seed };
        let text = options.bank.answer(&question).unwrap_or_else(|| UNKNOWN.to_owned());
        finish(text, asked, &options.faults, seed)
    };
    (0..n).map(say).collect()
}

fn finish(mut text: String, asked: &Asked, faults: &Faults, seed: u64) -> Choice {
    if let Some(stop) = asked.stops().filter_map(|stop| text.find(stop)).min() {
        text.truncate(stop);
    }
    let (half, empty) = faults.spoil(seed);
    if empty {
        return Choice { text: String::new(), cut: false };
    }
    let mut most = asked.max_tokens().map_or(usize::MAX, |limit| limit.saturating_mul(TOKEN_BYTES));
    if half {
        most = most.min(text.len() / 2);
    }
    let cut = most < text.len();
    if cut {
        text.truncate((0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
    }
    Choice { text, cut }
}

impl Format {
    fn finish_reason(self, choice: &Choice) -> &'static str {
        match (self, choice.cut) {
            (Self::Messages, false) => "end_turn",
            (Self::Messages, true) => "max_tokens",
            (_, false) => "stop",
            (_, true) => "length",
        }
    }

    /// The whole answer. Written by hand: this is the path that benchmarks of clients lean on.
    pub(super) fn whole(self, options: &Options, asked: &Asked, number: u64, choices: &[Choice]) -> Vec<u8> {
        let mut body = Vec::with_capacity(256 + choices.iter().map(|c| c.text.len() * 5 / 4 + 96).sum::<usize>());
        let model = asked.model.as_deref().unwrap_or(&options.model);
        let (read, written) = counts(options, asked, choices);
        if self == Self::Messages {
            let choice = &choices[0];
            let answer = json!({
                "id": format!("msg_{number}"), "type": "message", "role": "assistant", "model": model,
                "content": [{"type": "text", "text": choice.text}], "stop_reason": self.finish_reason(choice), "stop_sequence": null,
                "usage": {"input_tokens": read, "output_tokens": written},
            });
            return answer.to_string().into_bytes();
        }
        let (id, object) =
            if self == Self::Chat { ("chatcmpl", "chat.completion") } else { ("cmpl", "text_completion") };
        let head = format!("{{\"id\":\"{id}-{number}\",\"object\":\"{object}\",\"created\":0,\"model\":");
        body.extend_from_slice(head.as_bytes());
        string(&mut body, model);
        body.extend_from_slice(b",\"system_fingerprint\":\"nbest-simulate\",\"choices\":[");
        for place in 0..choices.len() {
            let index = if options.quirks.reversed { choices.len() - 1 - place } else { place };
            let choice = &choices[index];
            if place > 0 {
                body.push(b',');
            }
            body.extend_from_slice(format!("{{\"index\":{index},").as_bytes());
            if self == Self::Chat {
                body.extend_from_slice(b"\"message\":{\"role\":\"assistant\",\"content\":");
                string(&mut body, &choice.text);
                body.extend_from_slice(b",\"refusal\":null}");
            } else {
                body.extend_from_slice(b"\"text\":");
                string(&mut body, &choice.text);
            }
            body.extend_from_slice(b",\"logprobs\":");
            body.extend_from_slice(self.logprobs(asked, choice).to_string().as_bytes());
            body.extend_from_slice(format!(",\"finish_reason\":\"{}\"}}", self.finish_reason(choice)).as_bytes());
        }
        let usage = format!(
            "],\"usage\":{{\"prompt_tokens\":{read},\"completion_tokens\":{written},\"total_tokens\":{}}}}}",
            read + written
        );
        body.extend_from_slice(usage.as_bytes());
        body
    }

    /// Log-probabilities that a real model might have given: shorter tokens are likelier.
    fn logprobs(self, asked: &Asked, choice: &Choice) -> Value {
        let wanted = asked.logprobs.as_ref().is_some_and(|value| !matches!(value, Value::Null | Value::Bool(false)));
        if !wanted || choice.text.is_empty() {
            return Value::Null;
        }
        let pieces = pieces(&choice.text, TOKEN_BYTES);
        let logprob = |piece: &str| -0.05 * piece.bytes().map(f64::from).sum::<f64>() / 256.0 - 0.01;
        if self == Self::Chat {
            let tokens = pieces.map(|piece| json!({"token": piece, "logprob": logprob(piece), "bytes": piece.as_bytes(), "top_logprobs": []}));
            return json!({"content": tokens.collect::<Vec<_>>()});
        }
        let pieces: Vec<&str> = pieces.collect();
        json!({"tokens": pieces, "token_logprobs": pieces.iter().map(|p| logprob(p)).collect::<Vec<_>>(), "top_logprobs": null})
    }

    /// The answer as server-sent events: one piece of each choice after another.
    pub(super) fn events(self, options: &Options, asked: &Asked, number: u64, choices: &[Choice]) -> Vec<Vec<u8>> {
        let model = asked.model.as_deref().unwrap_or(&options.model);
        let (read, written) = counts(options, asked, choices);
        if self == Self::Messages {
            return self.message_events(model, number, read, written, &choices[0]);
        }
        let (id, object) =
            if self == Self::Chat { ("chatcmpl", "chat.completion.chunk") } else { ("cmpl", "text_completion") };
        let event = |choices: Value, usage: Option<Value>| {
            let mut chunk = json!({"id": format!("{id}-{number}"), "object": object, "created": 0, "model": model, "choices": choices});
            if let Some(usage) = usage {
                chunk["usage"] = usage;
            }
            format!("data: {chunk}\n\n").into_bytes()
        };
        let piece = |index: usize, text: Value, finish: Value| {
            if self == Self::Chat {
                json!([{"index": index, "delta": if text.is_null() { json!({}) } else { json!({"content": text}) }, "finish_reason": finish}])
            } else {
                json!([{"index": index, "text": if text.is_null() { json!("") } else { text }, "finish_reason": finish}])
            }
        };
        let mut events = Vec::new();
        if self == Self::Chat {
            for index in 0..choices.len() {
                events.push(event(
                    json!([{"index": index, "delta": {"role": "assistant", "content": null}, "finish_reason": null}]),
                    None,
                ));
            }
        }
        let mut parts: Vec<_> = choices.iter().map(|choice| pieces(&choice.text, 4 * TOKEN_BYTES)).collect();
        let mut open = true;
        while open {
            open = false;
            for (index, part) in parts.iter_mut().enumerate() {
                if let Some(text) = part.next() {
                    events.push(event(piece(index, json!(text), Value::Null), None));
                    open = true;
                }
            }
        }
        for (index, choice) in choices.iter().enumerate() {
            events.push(event(piece(index, Value::Null, json!(self.finish_reason(choice))), None));
        }
        if asked.wants_usage() {
            let usage = json!({"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written});
            events.push(event(json!([]), Some(usage)));
        }
        events.push(b"data: [DONE]\n\n".to_vec());
        events
    }

    fn message_events(self, model: &str, number: u64, read: u64, written: u64, choice: &Choice) -> Vec<Vec<u8>> {
        let event = |value: Value| {
            let kind = value["type"].as_str().unwrap_or_default().to_owned();
            format!("event: {kind}\ndata: {value}\n\n").into_bytes()
        };
        let mut events = vec![
            event(json!({"type": "message_start", "message": {
                "id": format!("msg_{number}"), "type": "message", "role": "assistant", "model": model, "content": [],
                "stop_reason": null, "usage": {"input_tokens": read, "output_tokens": 1},
            }})),
            event(json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})),
            event(json!({"type": "ping"})),
        ];
        for text in pieces(&choice.text, 4 * TOKEN_BYTES) {
            events.push(event(
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
            ));
        }
        events.push(event(json!({"type": "content_block_stop", "index": 0})));
        events.push(event(json!({"type": "message_delta",
            "delta": {"stop_reason": self.finish_reason(choice), "stop_sequence": null}, "usage": {"output_tokens": written}})));
        events.push(event(json!({"type": "message_stop"})));
        events
    }
}

/// Tokens read and written.
fn counts(options: &Options, asked: &Asked, choices: &[Choice]) -> (u64, u64) {
    let counted = if options.quirks.usage_of_one { &choices[..1] } else { choices };
    (asked.prompt_tokens(), counted.iter().map(|choice| tokens(&choice.text)).sum())
}

fn string(to: &mut Vec<u8>, text: &str) {
    if serde_json::to_writer(&mut *to, text).is_err() {
        to.extend_from_slice(b"null");
    }
}

/// A text in pieces of about `size` bytes, whole characters each.
fn pieces(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let cut = (size.min(rest.len())..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(cut);
        rest = tail;
        Some(piece)
    })
}
