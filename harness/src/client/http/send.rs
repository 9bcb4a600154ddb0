//! One attempt: write the request, read the answer.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use tokio::time::{Instant, timeout, timeout_at};
use verifiers::model::{Generation, Request};

use super::{HttpModel, reading};
use crate::client::fault::{self, Remedy, Sent, shorten};
use crate::client::retry;
use crate::client::stream::{Assembly, StreamError};
use crate::client::wire::{self, Reply, Wire, WireError};
use verifiers::counted;

/// The longest answer that is read.
const LONGEST_ANSWER: usize = 256 << 20;
/// Partial text that a broken stream leaves in its attempt.
const PARTIAL_LENGTH: usize = 4000;

/// Samples, and a pause where the answer says that a budget is spent.
pub(super) struct Answer {
    pub(super) generations: Vec<Generation>,
    pub(super) spent: Option<Duration>,
}

/// An attempt that gave no sample.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: Option<u16>,
    pub(super) kind: &'static str,
    pub(super) message: String,
    pub(super) pause: Option<Duration>,
    pub(super) remedy: Remedy,
}

impl Failure {
    fn retry(status: Option<u16>, kind: &'static str, message: String) -> Self {
        Self { status, kind, message, pause: None, remedy: Remedy::Retry }
    }

    /// Servers that answer bad requests with 500 will do so for ever, and a stalled request costs its whole timeout.
    pub(super) fn most_tries(&self) -> u32 {
        match (self.kind, self.status) {
            (_, Some(500)) | ("malformed", _) => 5,
            ("timeout", None) => 3,
            _ => u32::MAX,
        }
    }
}

/// What the answer has to be judged by.
struct Context<'a> {
    sent: Sent<'a>,
    sent_at: Instant,
    status: u16,
    headers: HeaderMap,
}

impl HttpModel {
    pub(super) async fn attempt(
        &self,
        request: &Request,
        offset: u32,
        n: u32,
        endpoint: usize,
    ) -> Result<Answer, Failure> {
        let shape = self.shape();
        let send_seed = self.spec.send_seed && self.wire != Wire::Messages && !shape.adapted.dropped.contains("seed");
        let seed = send_seed.then(|| request.seed.wrapping_add(offset) & 0x7fff_ffff);
        let body = wire::body(&shape.fixed, self.wire, self.spec.system.as_deref(), &request.prompt, n, seed);
        let body = bytes::Bytes::from(body);
        let endpoint = &self.endpoints[endpoint];
        let sent_at = Instant::now();
        let sending = self.http.post(endpoint.url.clone()).headers(self.headers.clone()).body(body.clone()).send();
        let patience = self.spec.limits.timeout;
        let answer = match timeout(patience, sending).await {
            Ok(answered) => answered.map_err(|error| self.transport_failure(None, &error))?,
            Err(_elapsed) => return Err(stalled(patience, None)),
        };
        let context = Context {
            sent: Sent { wire: self.wire, n, body: &body },
            sent_at,
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
        };
        let kind = context.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let streamed = context.status == 200 && kind.starts_with("text/event-stream");
        let (reply, first_token) = if streamed {
            self.read_stream(answer, &context).await?
        } else {
            (self.read_whole(answer, &context).await?, None)
        };
        let asked = reading::Asked {
            wire: self.wire,
            offset,
            n,
            seed,
            latency: sent_at.elapsed(),
            first_token,
            endpoint: (self.endpoints.len() > 1).then(|| endpoint.name.clone()),
            max_tokens: self.spec.sampling.max_tokens,
        };
        let spent = retry::spent_budget_reset(&context.headers, Timestamp::now);
        let mut generations = reading::generations(reply, &asked);
        for generation in &mut generations {
            generation.text = self.secret.hide(std::mem::take(&mut generation.text));
            for more in [&mut generation.reasoning, &mut generation.token_logprobs] {
                *more = more.take().map(|text| self.secret.hide(text));
            }
        }
        Ok(Answer { generations, spent })
    }

    async fn read_whole(&self, mut answer: reqwest::Response, context: &Context<'_>) -> Result<Reply, Failure> {
        let patience = self.spec.limits.timeout;
        let deadline = context.sent_at + patience;
        let mut bytes = Vec::with_capacity(expected_length(&answer));
        loop {
            match timeout_at(deadline, answer.chunk()).await {
                Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(self.transport_failure(Some(context.status), &error)),
                Err(_elapsed) => return Err(stalled(patience, None)),
            }
            if bytes.len() > LONGEST_ANSWER {
                let message = "the answer is longer than 256 MiB".to_owned();
                return Err(Failure::retry(Some(context.status), "malformed", message));
            }
        }
        if context.status != 200 {
            return Err(self.refusal(context.status, &bytes, context));
        }
        wire::parse(self.wire, &bytes).map_err(|error| self.unreadable(error, &bytes, context))
    }

    async fn read_stream(
        &self,
        mut answer: reqwest::Response,
        context: &Context<'_>,
    ) -> Result<(Reply, Option<Duration>), Failure> {
        let patience = self.spec.limits.timeout;
        let deadline = context.sent_at + self.spec.limits.total_time;
        let mut assembly = Assembly::new(self.wire);
        let (mut seen, mut heard) = (0, Instant::now());
        let broken = loop {
            if assembly.seen > seen {
                (seen, heard) = (assembly.seen, Instant::now());
            }
            let wait = timeout_at(deadline.min(heard + patience), answer.chunk());
            match wait.await {
                Ok(Ok(Some(chunk))) => match assembly.push(&chunk, context.sent_at.elapsed()) {
                    Ok(()) if assembly.is_done() => break None,
                    Ok(()) => {}
                    Err(StreamError::Reported(data)) => {
                        break Some(self.refusal(status_inside(&data), &data, context));
                    }
                    Err(StreamError::Wire(error)) => break Some(self.unreadable(error, &[], context)),
                },
                Ok(Ok(None)) => break None,
                Ok(Err(error)) => break Some(self.transport_failure(Some(context.status), &error)),
                Err(_elapsed) => break Some(stalled(patience, Some(context.status))),
            }
        };
        let first_token = assembly.first_token;
        let partial = assembly.partial();
        if broken.is_none()
            && let Some(reply) = assembly.finish()
        {
            return Ok((reply, first_token));
        }
        let mut failure = broken.unwrap_or_else(|| {
            Failure::retry(Some(context.status), "closed", "the stream ended without its end mark".to_owned())
        });
        if !partial.is_empty() {
            let said = shorten(&self.secret.hide(partial.clone()), PARTIAL_LENGTH);
            failure.message = format!("{}; {} had come: {said}", failure.message, counted(partial.len(), "byte"));
        }
        Err(failure)
    }

    fn unreadable(&self, error: WireError, bytes: &[u8], context: &Context<'_>) -> Failure {
        match error {
            WireError::Malformed(message) => {
                Failure::retry(Some(context.status), "malformed", self.secret.redact(&message))
            }
            WireError::Inside { status } => self.refusal(status, bytes, context),
        }
    }

    fn refusal(&self, status: u16, body: &[u8], context: &Context<'_>) -> Failure {
        let fault = fault::read(status, body, context.sent);
        Failure {
            status: Some(context.status),
            kind: fault.kind,
            message: self.secret.redact(&fault.message),
            pause: retry::requested_pause(&context.headers, Timestamp::now()),
            remedy: fault.remedy,
        }
    }

    fn transport_failure(&self, status: Option<u16>, error: &reqwest::Error) -> Failure {
        let (kind, message) = reading::transport_error(error);
        Failure::retry(status, kind, self.secret.redact(&message))
    }

    /// The samples of a request that a filter refused as a whole.
    pub(super) fn refusals(&self, request: &Request, offset: u32, n: u32, latency: Duration) -> Vec<Generation> {
        let seed = (self.spec.send_seed && self.wire != Wire::Messages).then_some(request.seed);
        (offset..offset + n).map(|offset| reading::refused(self.wire, offset, seed, latency)).collect()
    }
}

fn expected_length(answer: &reqwest::Response) -> usize {
    let named = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    named.min(1 << 20)
}

fn stalled(patience: Duration, status: Option<u16>) -> Failure {
    let message = format!("nothing came for {} s (`timeout` of [model.limits])", patience.as_secs_f64());
    Failure::retry(status, "timeout", message)
}

/// The status that an error event stands for.
fn status_inside(data: &[u8]) -> u16 {
    let value: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
    let error = value.get("error").unwrap_or(&value);
    let code = error.get("code").or(value.get("code")).and_then(serde_json::Value::as_u64);
    match (error.get("type").and_then(serde_json::Value::as_str), code) {
        (Some("overloaded_error"), _) => 529,
        (Some("rate_limit_error"), _) => 429,
        (_, Some(code)) => u16::try_from(code).ok().filter(|code| (400..600).contains(code)).unwrap_or(500),
        _ => 500,
    }
}
