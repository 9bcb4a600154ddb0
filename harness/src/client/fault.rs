//! What a failed attempt means: whether to try again, to ask otherwise, or to stop.

use std::fmt;

use serde_json::Value;

use super::wire::{Adapted, Wire};

/// What to do about an answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Try again later.
    Retry,
    /// Ask again at once without what was refused.
    Adapt(Change),
    /// This request will never succeed.
    GiveUp,
    /// The model declined before writing anything.
    Refused,
    /// No request will succeed.
    Stop {
        /// The way out.
        hint: String,
    },
}

/// How to ask otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `max_completion_tokens` instead of `max_tokens`.
    MaxCompletionTokens,
    /// `max_tokens` instead of `max_completion_tokens`.
    MaxTokens,
    /// Leave a field out.
    Drop(&'static str),
    /// At most so many choices a request.
    LimitN(u32),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxCompletionTokens => f.write_str("max_completion_tokens instead of max_tokens"),
            Self::MaxTokens => f.write_str("max_tokens instead of max_completion_tokens"),
            Self::Drop(name) => write!(f, "without {name}"),
            Self::LimitN(limit) => write!(f, "n at most {limit}"),
        }
    }
}

impl Change {
    /// Writes the change down; `false`: it was made before.
    pub fn apply(self, adapted: &mut Adapted) -> bool {
        match self {
            Self::MaxCompletionTokens => !std::mem::replace(&mut adapted.max_completion_tokens, true),
            Self::MaxTokens => std::mem::replace(&mut adapted.max_completion_tokens, false),
            Self::Drop(name) => adapted.dropped.insert(name),
            Self::LimitN(limit) => {
                let before = adapted.n_limit.unwrap_or(u32::MAX);
                adapted.n_limit = Some(limit.min(before));
                limit < before
            }
        }
    }
}

/// An error as a server wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// An [`verifiers::model::Attempt::result`] word.
    pub kind: &'static str,
    /// What it said, shortened.
    pub message: String,
    /// What to do.
    pub remedy: Remedy,
}

/// What a request carried, as far as a server may refuse it.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The format.
    pub wire: Wire,
    /// Choices asked for.
    pub n: u32,
    /// The body.
    pub body: &'a [u8],
}

/// The longest message that is kept.
const MESSAGE_LENGTH: usize = 400;

/// Reads an error answer.
#[must_use]
pub fn read(status: u16, body: &[u8], sent: Sent<'_>) -> Fault {
    let text = String::from_utf8_lossy(body);
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let message = json.as_ref().and_then(message_of).unwrap_or_else(|| plain(&text));
    let words = json.as_ref().map_or_else(String::new, |json| codes(json).join(" "));
    let lower = format!("{words} {text}").to_lowercase();
    let has = |needles: &[&str]| needles.iter().any(|needle| lower.contains(needle));
    let message = if message.is_empty() { format!("status {status}") } else { shorten(&message, MESSAGE_LENGTH) };
    let fault = |kind, remedy| Fault { kind, message: message.clone(), remedy };
    let stop = |hint: &str| Remedy::Stop { hint: hint.to_owned() };

    let quota =
        has(&["insufficient_quota", "exceeded your current quota", "credit balance is too low", "billing_error"]);
    let said = ["insufficient_quota", "billing_error"].iter().any(|code| words.contains(code));
    if status == 402 || said || (quota && (400..500).contains(&status)) {
        return fault("quota", stop("the account's quota is used up; add credit, then run the same command to go on"));
    }
    // some say of a parameter that one is not allowed to use it
    if let (403, Some(change)) = (status, refused_parameter(&lower, json.as_ref(), sent)) {
        return fault("refused-parameter", Remedy::Adapt(change));
    }
    match status {
        401 | 403 => {
            fault("unauthorized", stop("check the variable that `api_key_env` names, and what the key may use"))
        }
        429 if has(&["overloaded"]) => fault("overloaded", Remedy::Retry),
        429 => fault("rate-limited", Remedy::Retry),
        503 | 529 => fault("overloaded", Remedy::Retry),
        408 | 504 | 524 => fault("timeout", Remedy::Retry),
        409 | 425 => fault("server-error", Remedy::Retry),
        400 | 404 | 422 | 500 | 501 => {
            if has(&["content_filter", "responsibleaipolicyviolation", "content_policy_violation"]) {
                return fault("refused", Remedy::Refused);
            }
            if let Some(change) = refused_parameter(&lower, json.as_ref(), sent) {
                return fault("refused-parameter", Remedy::Adapt(change));
            }
            // LiteLLM answers an unknown model with 400
            let unknown = has(&["model_not_found", "invalid model name"]);
            match status {
                500 => fault("server-error", Remedy::Retry),
                status if status == 404 || unknown => fault(
                    "not-found",
                    stop(
                        "check `base_url` (it usually ends in /v1) and `model`; `nbest doctor` lists what the server offers",
                    ),
                ),
                _ => fault("bad-request", Remedy::GiveUp),
            }
        }
        status if status >= 500 => fault("server-error", Remedy::Retry),
        status if (300..400).contains(&status) => {
            fault("not-found", stop("the server redirects; write the address it points to as `base_url`"))
        }
        _ => fault("bad-request", Remedy::GiveUp),
    }
}

/// OpenAI and Anthropic nest it, vLLM once did not, others have a string, FastAPI a `detail`.
fn message_of(json: &Value) -> Option<String> {
    let error = json.get("error");
    let inner = error.and_then(|error| error.get("message")).or_else(|| json.get("message"));
    if let Some(text) = inner.and_then(Value::as_str).or_else(|| error.and_then(Value::as_str)) {
        return Some(text.to_owned());
    }
    let detail = json.get("detail").or(error).or(inner)?;
    Some(detail.as_str().map_or_else(|| detail.to_string(), str::to_owned))
}

/// The machine-readable words of an error.
fn codes(json: &Value) -> Vec<String> {
    let error = json.get("error").unwrap_or(json);
    let field = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    ["type", "code", "param"].into_iter().filter_map(field).collect()
}

/// An error page without its markup.
fn plain(text: &str) -> String {
    let mut inside = false;
    let shown: String = text
        .chars()
        .filter(|c| {
            let mark = *c == '<' || (inside && *c != '>');
            let close = inside && *c == '>';
            inside = mark;
            !mark && !close
        })
        .take(MESSAGE_LENGTH * 4)
        .collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first `most` bytes, cut between characters.
#[must_use]
pub fn shorten(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let cut = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}...", &text[..cut])
}

/// Fields that can be left out without changing what is asked for beyond repair.
const OPTIONAL: [&str; 9] =
    ["temperature", "top_p", "top_k", "min_p", "seed", "top_logprobs", "logprobs", "stream_options", "stop"];

const REFUSALS: [&str; 18] = [
    "unsupported",
    "not support",
    "unknown",
    "unrecognized",
    "unexpected",
    "extra_forbidden",
    "extra inputs",
    "extra fields",
    "not permitted",
    "not allowed",
    "deprecated",
    "only the default",
    "not available",
    "not implemented",
    "not compatible",
    "no such field",
    "cannot both",
    "invalid argument name",
];

fn refused_parameter(lower: &str, json: Option<&Value>, sent: Sent<'_>) -> Option<Change> {
    if sent.n > 1
        && (mentions(lower, "n") || lower.contains("one completion choice") || lower.contains("multiple completions"))
    {
        return Some(Change::LimitN(limit_in(lower, sent.n)));
    }
    if !REFUSALS.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let body = String::from_utf8_lossy(sent.body);
    let carried = |name: &str| body.contains(&format!("\"{name}\":"));
    if carried("max_tokens") && lower.contains("max_completion_tokens") {
        return Some(Change::MaxCompletionTokens);
    }
    if carried("max_completion_tokens") && lower.contains("max_completion_tokens") {
        return Some(Change::MaxTokens);
    }
    let named = json.and_then(|json| json.get("error").unwrap_or(json).get("param")).and_then(Value::as_str);
    if let Some(name) = OPTIONAL.into_iter().find(|name| named == Some(name) && carried(name)) {
        return Some(Change::Drop(name));
    }
    let optional = OPTIONAL.into_iter().find(|name| carried(name) && mentions(lower, name)).map(Change::Drop);
    optional.or_else(|| (carried("max_tokens") && mentions(lower, "max_tokens")).then_some(Change::MaxCompletionTokens))
}

/// Whether a field's name stands in the text by itself; a name of one letter must be quoted or be a `param`.
fn mentions(lower: &str, name: &str) -> bool {
    if name.len() == 1 {
        let quoted = |open: char, close: char| lower.contains(&format!("{open}{name}{close}"));
        return quoted('\'', '\'')
            || quoted('`', '`')
            || lower.contains(&format!("\"{name}\""))
            || lower.contains(&format!("\\\"{name}\\\""))
            || speaks_of(lower, name);
    }
    lower.match_indices(name).any(|(at, _)| {
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !lower[..at].ends_with(part) && !lower[at + name.len()..].starts_with(part)
    })
}

/// Whether a name of one letter is what a sentence is about: "n must be 1", "n > 1 is not supported".
fn speaks_of(lower: &str, name: &str) -> bool {
    const VERBS: [&str; 9] = ["must", "should", "has to", "cannot", "can't", "is not", "greater", ">", "="];
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '\'';
    lower.match_indices(name).any(|(at, _)| {
        let after = &lower[at + name.len()..];
        !lower[..at].ends_with(part)
            && VERBS.iter().any(|verb| after.trim_start_matches(' ').starts_with(verb))
            && !after.starts_with(part)
    })
}

/// The largest n that the message allows ("1 <= value <= 4"), below what was asked; 1 where it names none.
fn limit_in(lower: &str, asked: u32) -> u32 {
    let after = ["<= value <= ", "less than or equal to ", "at most ", "maximum of ", "<= "];
    let named = after.iter().find_map(|mark| {
        let tail = &lower[lower.find(mark)? + mark.len()..];
        tail.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
    });
    named.filter(|limit| (1..asked).contains(limit)).unwrap_or(1)
}

#[cfg(test)]
mod tests;
