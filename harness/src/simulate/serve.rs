//! One request to a simulated endpoint.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, Either, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::Shared;
use super::fault::Fate;
use super::reply::{self, Format};
use super::request::Asked;

type Frames = StreamBody<Pin<Box<dyn Stream<Item = io::Result<Frame<Bytes>>> + Send>>>;
type Body = Either<Full<Bytes>, Frames>;

/// The longest request that is read.
const LONGEST_REQUEST: usize = 64 << 20;

/// Answers, or breaks the connection by an error.
pub(super) async fn respond(shared: &Shared, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let path = request.uri().path().trim_end_matches('/');
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let format = match (request.method(), path) {
        (&Method::POST, "/chat/completions") => Format::Chat,
        (&Method::POST, "/completions") => Format::Completions,
        (&Method::POST, "/messages") => Format::Messages,
        (&Method::GET, "/models") => return Ok(models(shared, request.headers())),
        (&Method::GET, "/stats") => return Ok(answer(StatusCode::OK, &stats(shared))),
        (&Method::GET, "/health" | "") => return Ok(answer(StatusCode::OK, &json!({"status": "ok"}))),
        _ => return Ok(error(StatusCode::NOT_FOUND, "not_found_error", &format!("no such route: {path}"), None)),
    };
    if let Some(refusal) = check_key(shared, request.headers()) {
        return Ok(refusal);
    }
    let body = Limited::new(request.into_body(), LONGEST_REQUEST).collect().await;
    let body = body.map_err(io::Error::other)?.to_bytes();
    let number = shared.counts.requests.fetch_add(1, Ordering::Relaxed);
    let (fate, latency) = shared.options.faults.draw(number);
    let streaming = matches!(fate, Fate::Answer | Fate::Truncated);
    if !streaming {
        pause(latency).await;
    }
    match fate {
        Fate::RateLimited => Ok(rate_limited(shared)),
        Fate::ServerError => Ok(error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "a simulated failure", None)),
        Fate::Overloaded => Ok(overloaded()),
        Fate::Dropped => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
        Fate::Answer | Fate::Truncated => Ok(generate(shared, format, &body, number, fate, latency).await),
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

async fn generate(
    shared: &Shared,
    format: Format,
    body: &[u8],
    number: u64,
    fate: Fate,
    latency: Duration,
) -> Response<Body> {
    let bad = |message: &str, param| error(StatusCode::BAD_REQUEST, "invalid_request_error", message, param);
    let asked: Asked = match serde_json::from_slice(body) {
        Ok(asked) => asked,
        Err(wrong) => return bad(&wrong.to_string(), None),
    };
    let Some(prompt) = asked.prompt() else { return bad("neither `messages` nor `prompt`", None) };
    let options = &shared.options;
    if !options.quirks.refused.is_empty() {
        let fields: serde_json::Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        if let Some(name) = options.quirks.refused.iter().find(|name| fields.contains_key(*name)) {
            return bad(&refusal(name), Some(name));
        }
    }
    let n = match asked.n {
        None => 1,
        Some(_) if format == Format::Messages => return bad("n: Extra inputs are not permitted", None),
        Some(_) if options.quirks.n_ignored => 1,
        Some(n) => {
            let most = i64::from(options.quirks.n_limit.unwrap_or(1024));
            if !(1..=most).contains(&n) {
                let message = format!("Field 'n': Value must be between 1 <= value <= {most}, but got {n}");
                return bad(&message, Some("n"));
            }
            u32::try_from(n).unwrap_or(1)
        }
    };
    let seed = match asked.seed {
        _ if options.quirks.seed_ignored => 0,
        Some(seed) => seed.cast_unsigned(),
        None => (number ^ options.faults.seed).wrapping_mul(0x9E37_79B9_7F4A_7C15),
    };
    let choices = reply::choices(options, format, &asked, &prompt, seed, n);
    shared.counts.choices.fetch_add(u64::from(n), Ordering::Relaxed);
    if asked.stream == Some(true) {
        let events = format.events(options, &asked, number, &choices);
        return streamed(events, fate == Fate::Truncated, latency);
    }
    pause(latency).await;
    let whole = Bytes::from(format.whole(options, &asked, number, &choices));
    if fate == Fate::Truncated {
        return cut(&whole);
    }
    let mut response = Response::new(Either::Left(Full::new(whole)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// OpenAI's words for a field that a model does not take.
fn refusal(name: &str) -> String {
    match name {
        "max_tokens" => {
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
                .to_owned()
        }
        name => format!("Unsupported parameter: '{name}' is not supported with this model."),
    }
}

/// Half of an answer, then a broken connection.
fn cut(whole: &Bytes) -> Response<Body> {
    let half = whole.slice(..whole.len() / 2);
    let broken = stream::once(break_off());
    let frames = stream::iter([Ok(Frame::data(half))]).chain(broken);
    let mut response = Response::new(Either::Right(StreamBody::new(frames.boxed())));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An error, after what was written before it had time to leave.
async fn break_off() -> io::Result<Frame<Bytes>> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    Err(io::Error::from(io::ErrorKind::ConnectionReset))
}

/// The events, a third of the latency before the first and the rest before the last.
fn streamed(mut events: Vec<Vec<u8>>, truncated: bool, latency: Duration) -> Response<Body> {
    if truncated {
        events.truncate(events.len() / 2);
    }
    let last = events.len().saturating_sub(1);
    let pieces = stream::iter(events.into_iter().enumerate()).then(move |(place, event)| async move {
        if place == 0 {
            pause(latency / 3).await;
        } else if place == last {
            pause(latency.saturating_sub(latency / 3)).await;
        }
        Ok(Frame::data(Bytes::from(event)))
    });
    let broken = stream::iter(truncated.then_some(())).then(|()| break_off());
    let frames = pieces.chain(broken);
    let mut response = Response::new(Either::Right(StreamBody::new(frames.boxed())));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

fn answer(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(value.to_string()))));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn error(status: StatusCode, kind: &str, message: &str, param: Option<&str>) -> Response<Body> {
    let code = param.map(|_| "unsupported_parameter");
    answer(status, &json!({"error": {"message": message, "type": kind, "param": param, "code": code}}))
}

fn rate_limited(shared: &Shared) -> Response<Body> {
    let milliseconds = u64::try_from(shared.options.faults.retry_after.as_millis()).unwrap_or(u64::MAX);
    let mut response = error(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "simulated: too many requests", None);
    let headers = response.headers_mut();
    // whole seconds in the standard header, as its grammar has it; the exact time in OpenAI's
    headers.insert(header::RETRY_AFTER, HeaderValue::from(milliseconds.div_ceil(1000)));
    headers.insert("retry-after-ms", HeaderValue::from(milliseconds));
    response
}

fn overloaded() -> Response<Body> {
    let status = StatusCode::from_u16(529).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    answer(status, &json!({"type": "error", "error": {"type": "overloaded_error", "message": "simulated: overloaded"}}))
}

fn check_key(shared: &Shared, headers: &HeaderMap) -> Option<Response<Body>> {
    let key = shared.options.quirks.api_key.as_deref()?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let given = text("x-api-key").or_else(|| text("authorization")?.strip_prefix("Bearer "));
    if given == Some(key) {
        return None;
    }
    let message = format!("Incorrect API key provided: {}", given.unwrap_or("none"));
    Some(error(StatusCode::UNAUTHORIZED, "authentication_error", &message, None))
}

/// What was asked and given so far, for whoever compares it with what a client has.
fn stats(shared: &Shared) -> Value {
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
    json!({"requests": read(&shared.counts.requests), "choices": read(&shared.counts.choices)})
}

fn models(shared: &Shared, headers: &HeaderMap) -> Response<Body> {
    if let Some(refusal) = check_key(shared, headers) {
        return refusal;
    }
    let model = json!({"id": shared.options.model, "object": "model", "created": 0, "owned_by": "nbest"});
    answer(StatusCode::OK, &json!({"object": "list", "data": [model]}))
}
