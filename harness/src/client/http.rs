//! A model behind an HTTP endpoint: asks, retries, adapts, and keeps every attempt.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::sync::Semaphore;
use verifiers::model::{Attempt, Gauges, Generation, Model, ModelError, Request, Response};

use super::fault::{self, Change, Remedy, Sent};
use super::secret::Secret;
use super::wire::{self, Adapted, Wire, WireError};
use super::{ClientError, ModelSpec, retry};

mod reading;

/// A model served over HTTP.
#[derive(Debug)]
pub struct HttpModel {
    spec: ModelSpec,
    wire: Wire,
    http: reqwest::Client,
    urls: Vec<reqwest::Url>,
    headers: HeaderMap,
    secret: Secret,
    shape: RwLock<Arc<Shape>>,
    permits: Semaphore,
    counts: Counts,
}

/// How requests are written now, after what servers refused.
#[derive(Debug)]
struct Shape {
    adapted: Adapted,
    fixed: Vec<u8>,
}

#[derive(Debug, Default)]
struct Counts {
    in_flight: AtomicUsize,
    rate_limited: AtomicU64,
    errors: AtomicU64,
    retries: AtomicU64,
    jitter: AtomicU64,
}

/// The result of one attempt that gave no sample.
#[derive(Debug)]
struct Failure {
    status: Option<u16>,
    kind: &'static str,
    message: String,
    pause: Option<Duration>,
    remedy: Remedy,
}

impl Failure {
    fn transport(kind: &'static str, message: String) -> Self {
        Self { status: None, kind, message, pause: None, remedy: Remedy::Retry }
    }
}

impl HttpModel {
    /// Checks the spec and sets the client up; sends nothing.
    ///
    /// # Errors
    /// A missing or bad URL, a missing key, a header that can't be sent.
    pub fn new(spec: &ModelSpec, secrets: &dyn Fn(&str) -> Option<String>) -> Result<Self, ClientError> {
        let wire = Wire::of(spec.api);
        if spec.base_urls.is_empty() {
            return Err(ClientError::NoUrl);
        }
        let urls = spec.base_urls.iter().map(|base| endpoint_url(base, wire)).collect::<Result<Vec<_>, _>>()?;
        let key = match &spec.api_key_env {
            None => None,
            Some(variable) => Some(secrets(variable).ok_or_else(|| ClientError::NoKey { variable: variable.clone() })?),
        };
        let secret = Secret::new(key);
        let headers = headers(spec, wire, &secret)?;
        // a second call finds the provider installed, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            // below the 5 s after which llama.cpp closes idle connections
            .pool_idle_timeout(Duration::from_secs(4))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("nbest/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ClientError::Setup)?;
        let adapted = Adapted::default();
        let fixed = wire::fixed_body(spec, wire, &adapted);
        Ok(Self {
            wire,
            http,
            urls,
            headers,
            secret,
            shape: RwLock::new(Arc::new(Shape { adapted, fixed })),
            permits: Semaphore::new(spec.limits.concurrency.max(1)),
            counts: Counts::default(),
            spec: spec.clone(),
        })
    }

    fn shape(&self) -> Arc<Shape> {
        Arc::clone(&self.shape.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn adapt(&self, change: Change, message: &str) {
        let mut shape = self.shape.write().unwrap_or_else(PoisonError::into_inner);
        let mut adapted = shape.adapted.clone();
        if change.apply(&mut adapted) {
            tracing::warn!(?change, said = message, "the server refuses a parameter; asking without it from now on");
            let fixed = wire::fixed_body(&self.spec, self.wire, &adapted);
            *shape = Arc::new(Shape { adapted, fixed });
        }
    }

    /// Asks for `n` samples from `offset` on until they came or hope is gone.
    async fn ask(&self, request: &Request, offset: u32, n: u32) -> Response {
        let started = Instant::now();
        let mut response = Response::default();
        let mut tries = 0;
        let mut adaptations = 0;
        loop {
            let Ok(permit) = self.permits.acquire().await else {
                response.error = Some(ModelError::Cancelled);
                return response;
            };
            let sent_at = Instant::now();
            self.counts.in_flight.fetch_add(1, Ordering::Relaxed);
            let outcome = self.attempt(request, offset, n).await;
            self.counts.in_flight.fetch_sub(1, Ordering::Relaxed);
            drop(permit);
            let latency = sent_at.elapsed();
            let failure = match outcome {
                Ok(generations) => {
                    response.generations = generations;
                    response.attempts.push(ok_attempt(latency));
                    return response;
                }
                Err(failure) => failure,
            };
            let counter = if failure.status == Some(429) { &self.counts.rate_limited } else { &self.counts.errors };
            counter.fetch_add(1, Ordering::Relaxed);
            let mut attempt = Attempt {
                http_status: failure.status,
                result: failure.kind.to_owned(),
                message: Some(failure.message.clone()),
                latency,
                retry_after: None,
            };
            let error = || ModelError::Request { kind: failure.kind.to_owned(), message: failure.message.clone() };
            match failure.remedy {
                Remedy::Adapt(change) if adaptations < 12 => {
                    adaptations += 1;
                    self.adapt(change, &failure.message);
                    response.attempts.push(attempt);
                    if matches!(change, Change::LimitN(_)) {
                        return response;
                    }
                    continue;
                }
                Remedy::Stop { hint } => {
                    let message = format!("{}: {}", failure.kind, failure.message);
                    response.error = Some(ModelError::Fatal { message, hint: Some(hint) });
                }
                Remedy::GiveUp | Remedy::Adapt(_) => response.error = Some(error()),
                Remedy::Refused => response.generations = self.refusals(request, offset, n, latency),
                Remedy::Retry => {
                    tries += 1;
                    let pause = failure.pause.unwrap_or_else(|| self.pause(tries));
                    let time_left = started.elapsed() + pause < self.spec.limits.total_time;
                    if tries < self.spec.limits.attempts && time_left {
                        attempt.retry_after = Some(pause);
                        response.attempts.push(attempt);
                        self.counts.retries.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(pause).await;
                        continue;
                    }
                    response.error = Some(error());
                }
            }
            response.attempts.push(attempt);
            return response;
        }
    }

    /// The pause where the server asked for none. Its jitter decides no result, so any spread will do.
    fn pause(&self, tries: u32) -> Duration {
        let draw = self.counts.jitter.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let jitter = (draw >> 11) as f64 / (1_u64 << 53) as f64;
        retry::backoff(tries, Duration::from_millis(500), Duration::from_secs(30), jitter)
    }

    async fn attempt(&self, request: &Request, offset: u32, n: u32) -> Result<Vec<Generation>, Failure> {
        let shape = self.shape();
        let send_seed = self.spec.send_seed && self.wire != Wire::Messages && !shape.adapted.dropped.contains("seed");
        let seed = send_seed.then(|| (request.seed.wrapping_add(offset)) & 0x7fff_ffff);
        let body = wire::body(&shape.fixed, self.wire, self.spec.system.as_deref(), &request.prompt, n, seed);
        let url = self.urls[0].clone();
        let sent_at = Instant::now();
        let sending = self.http.post(url.clone()).headers(self.headers.clone()).body(body.clone());
        let answered = sending.timeout(self.spec.limits.timeout).send().await;
        let answer = answered.map_err(|error| self.transport_failure(&error))?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let bytes = answer.bytes().await.map_err(|error| self.transport_failure(&error))?;
        let sent = Sent { wire: self.wire, n, body: &body };
        if status != 200 {
            return Err(self.refusal(status, &headers, &bytes, sent));
        }
        let reply = wire::parse(self.wire, &bytes).map_err(|error| match error {
            WireError::Malformed(message) => Failure {
                status: Some(200),
                kind: "malformed",
                message: self.secret.redact(&message),
                pause: None,
                remedy: Remedy::Retry,
            },
            WireError::Inside { status } => self.refusal(status, &headers, &bytes, sent),
        })?;
        let asked = reading::Asked {
            wire: self.wire,
            offset,
            n,
            seed,
            latency: sent_at.elapsed(),
            first_token: None,
            endpoint: url.host_str().map(|host| match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            }),
            max_tokens: self.spec.sampling.max_tokens,
        };
        Ok(reading::generations(reply, &asked))
    }

    fn refusals(&self, request: &Request, offset: u32, n: u32, latency: Duration) -> Vec<Generation> {
        let seed = (self.spec.send_seed && self.wire != Wire::Messages).then_some(request.seed);
        (offset..offset + n).map(|offset| reading::refused(self.wire, offset, seed, latency)).collect()
    }

    fn refusal(&self, status: u16, headers: &HeaderMap, body: &[u8], sent: Sent<'_>) -> Failure {
        let fault = fault::read(status, body, sent);
        Failure {
            status: Some(status),
            kind: fault.kind,
            message: self.secret.redact(&fault.message),
            pause: retry::requested_pause(headers, Timestamp::now()),
            remedy: fault.remedy,
        }
    }

    fn transport_failure(&self, error: &reqwest::Error) -> Failure {
        let (kind, message) = reading::transport_error(error, self.spec.limits.timeout);
        Failure::transport(kind, self.secret.redact(&message))
    }
}

fn ok_attempt(latency: Duration) -> Attempt {
    Attempt { http_status: Some(200), result: "ok".to_owned(), message: None, latency, retry_after: None }
}

fn endpoint_url(base: &str, wire: Wire) -> Result<reqwest::Url, ClientError> {
    let bad = || ClientError::BadUrl { url: base.to_owned() };
    let text = format!("{}/{}", base.trim_end_matches('/'), wire.path());
    let url = reqwest::Url::parse(&text).ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(bad)
}

fn headers(spec: &ModelSpec, wire: Wire, secret: &Secret) -> Result<HeaderMap, ClientError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let key = |text: String| {
        let mut value = HeaderValue::from_str(&text)
            .ok()
            .ok_or_else(|| ClientError::BadKey { variable: spec.api_key_env.clone().unwrap_or_default() })?;
        value.set_sensitive(true);
        Ok::<_, ClientError>(value)
    };
    if wire == Wire::Messages {
        headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        if let Some(secret) = secret.reveal() {
            headers.insert("x-api-key", key(secret.to_owned())?);
        }
    } else if let Some(secret) = secret.reveal() {
        headers.insert(reqwest::header::AUTHORIZATION, key(format!("Bearer {secret}"))?);
    }
    for (name, value) in &spec.headers {
        let bad = || ClientError::BadHeader { name: name.clone() };
        let header = HeaderName::from_bytes(name.as_bytes()).ok().ok_or_else(bad)?;
        headers.insert(header, HeaderValue::from_str(value).ok().ok_or_else(bad)?);
    }
    Ok(headers)
}

#[async_trait]
impl Model for HttpModel {
    async fn generate(&self, request: &Request) -> Response {
        let mut response = Response::default();
        let mut missing: Vec<u32> = (0..request.n).collect();
        // each round either brings samples or lowers the n that is asked for, so this ends
        while !missing.is_empty() {
            let largest = self.shape().adapted.n_limit.unwrap_or(u32::MAX).max(1);
            let mut round: FuturesUnordered<_> =
                chunks(&missing, largest).map(|(offset, n)| self.ask(request, offset, n)).collect();
            let before = missing.len();
            while let Some(part) = round.next().await {
                missing.retain(|offset| part.generations.iter().all(|generation| generation.offset != *offset));
                response.generations.extend(part.generations);
                response.attempts.extend(part.attempts);
                response.error = response.error.or(part.error);
            }
            drop(round);
            if response.error.is_some() {
                break;
            }
            let limit = self.shape().adapted.n_limit.unwrap_or(u32::MAX).max(1);
            if missing.len() == before && limit >= largest {
                let message = "the server gave no choices".to_owned();
                response.error = Some(ModelError::Request { kind: "malformed".to_owned(), message });
                break;
            }
        }
        response.generations.sort_by_key(|generation| generation.offset);
        response
    }

    fn preferred_n(&self) -> u32 {
        let wanted = if self.wire == Wire::Messages { 1 } else { self.spec.n.unwrap_or(1).max(1) };
        wanted.min(self.shape().adapted.n_limit.unwrap_or(u32::MAX))
    }

    async fn identity(&self) -> serde_json::Value {
        serde_json::json!({
            "api": self.spec.api,
            "base_urls": self.spec.base_urls,
            "model": self.spec.model,
            "adapted": self.shape().adapted.describe(),
        })
    }

    fn gauges(&self) -> Gauges {
        Gauges {
            in_flight: self.counts.in_flight.load(Ordering::Relaxed),
            concurrency: self.spec.limits.concurrency,
            rate_limited: self.counts.rate_limited.load(Ordering::Relaxed),
            errors: self.counts.errors.load(Ordering::Relaxed),
            retries: self.counts.retries.load(Ordering::Relaxed),
        }
    }
}

/// Runs of neighbouring offsets, each at most `largest` long.
fn chunks(missing: &[u32], largest: u32) -> impl Iterator<Item = (u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &offset in missing {
        match runs.last_mut() {
            Some((start, n)) if *start + *n == offset && *n < largest => *n += 1,
            _ => runs.push((offset, 1)),
        }
    }
    runs.into_iter()
}
