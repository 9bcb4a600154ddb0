//! A model behind one or more HTTP endpoints: asks, retries, adapts, and keeps every attempt.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use verifiers::model::{Gauges, Halt, Model, ModelError, Request, Response};

use super::fault::Change;
use super::gate::Gate;
use super::pace::Pace;
use super::probe::{self, Findings};
use super::secret::Secret;
use super::wire::{self, Adapted, RESERVED, Wire};
use super::{Api, ClientError, ModelSpec};

mod ask;
mod reading;
mod send;

#[cfg(test)]
mod llama;
#[cfg(test)]
mod tests;

/// Where `api = "anthropic"` asks unless `base_url` says otherwise.
const ANTHROPIC: &str = "https://api.anthropic.com/v1";

/// A model served over HTTP.
#[derive(Debug)]
pub struct HttpModel {
    spec: ModelSpec,
    wire: Wire,
    http: reqwest::Client,
    endpoints: Vec<Endpoint>,
    headers: HeaderMap,
    secret: Secret,
    shape: RwLock<Arc<Shape>>,
    gate: Arc<Gate>,
    pace: Pace,
    counts: Counts,
    findings: OnceCell<Findings>,
    /// Cancelled when nothing is sent any more.
    unsent: CancellationToken,
    /// Cancelled when what was sent is not waited for any more.
    under_way: CancellationToken,
}

#[derive(Debug)]
struct Endpoint {
    url: reqwest::Url,
    /// Host and port, for records.
    name: String,
}

/// How requests are written now, after what servers refused.
#[derive(Debug)]
struct Shape {
    adapted: Adapted,
    fixed: Vec<u8>,
}

#[derive(Debug, Default)]
struct Counts {
    rate_limited: AtomicU64,
    errors: AtomicU64,
    retries: AtomicU64,
    answered: AtomicU64,
    /// Requests that will never succeed.
    refused: AtomicU64,
    jitter: AtomicU64,
}

impl HttpModel {
    /// Checks the spec and sets the client up; sends nothing.
    ///
    /// # Errors
    /// A missing or bad URL, a missing key, a header or field that can't be sent.
    pub fn new(spec: &ModelSpec, secrets: &dyn Fn(&str) -> Option<String>) -> Result<Self, ClientError> {
        let wire = Wire::of(spec.api);
        let mut spec = spec.clone();
        if spec.base_urls.is_empty() && spec.api == Api::Anthropic {
            spec.base_urls.push(ANTHROPIC.to_owned());
        }
        if spec.base_urls.is_empty() {
            return Err(ClientError::NoUrl);
        }
        let spec = &spec;
        if let Some(field) = RESERVED.into_iter().find(|field| spec.sampling.extra.contains_key(*field)) {
            return Err(ClientError::ReservedField { field });
        }
        let endpoints = spec.base_urls.iter().map(|base| endpoint(base, wire)).collect::<Result<Vec<_>, _>>()?;
        let secret = secret(spec, secrets)?;
        let headers = headers(spec, wire, &secret)?;
        let http = http_client(spec.limits.timeout)?;
        let adapted = Adapted::default();
        let fixed = wire::fixed_body(spec, wire, &adapted);
        let names: Vec<String> = endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
        let limits = &spec.limits;
        Ok(Self {
            wire,
            http,
            endpoints,
            headers,
            secret,
            shape: RwLock::new(Arc::new(Shape { adapted, fixed })),
            gate: Arc::new(Gate::new(&names, limits.concurrency, limits.down_after)),
            pace: Pace::new(limits.requests_per_minute, limits.tokens_per_minute, wire::most_tokens(spec, wire)),
            counts: Counts::default(),
            findings: OnceCell::new(),
            unsent: CancellationToken::new(),
            under_way: CancellationToken::new(),
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
            tracing::warn!(%change, said = message, "the server refuses a parameter; asking otherwise from now on");
            let fixed = wire::fixed_body(&self.spec, self.wire, &adapted);
            *shape = Arc::new(Shape { adapted, fixed });
        }
    }

    /// Most choices for one request.
    pub(super) fn n_limit(&self) -> u32 {
        if self.wire == Wire::Messages { 1 } else { self.shape().adapted.n_limit.unwrap_or(u32::MAX).max(1) }
    }

    /// What the endpoints say about themselves, asked once.
    pub(super) async fn findings(&self) -> &Findings {
        let ask = async {
            let base = &self.spec.base_urls[0];
            let findings = probe::ask(&self.http, base, &self.headers).await;
            if let Some(slots) = findings.slots {
                self.gate.cap(0, slots);
            }
            for (index, base) in self.spec.base_urls.iter().enumerate().skip(1) {
                if let Some(slots) = probe::ask(&self.http, base, &self.headers).await.slots {
                    self.gate.cap(index, slots);
                }
            }
            findings
        };
        self.findings.get_or_init(|| ask).await
    }
}

fn secret(spec: &ModelSpec, secrets: &dyn Fn(&str) -> Option<String>) -> Result<Secret, ClientError> {
    let Some(variable) = &spec.api_key_env else { return Ok(Secret::default()) };
    let key = secrets(variable).ok_or_else(|| ClientError::NoKey { variable: variable.clone() })?;
    Ok(Secret::new(Some(key)))
}

pub(super) fn http_client(timeout: Duration) -> Result<reqwest::Client, ClientError> {
    // a second call finds the provider installed, which is as good
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(timeout.min(Duration::from_secs(10)))
        // below the 5 s after which llama.cpp closes idle connections
        .pool_idle_timeout(Duration::from_secs(4))
        .redirect(reqwest::redirect::Policy::none())
        // every attempt is counted here, so none may happen below
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
        .user_agent(concat!("nbest/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(ClientError::Setup)
}

fn endpoint(base: &str, wire: Wire) -> Result<Endpoint, ClientError> {
    let text = format!("{}/{}", base.trim_end_matches('/'), wire.path());
    let url = reqwest::Url::parse(&text).ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| ClientError::BadUrl { url: base.to_owned() })?;
    let host = url.host_str().unwrap_or_default();
    let name = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Ok(Endpoint { url, name })
}

fn headers(spec: &ModelSpec, wire: Wire, secret: &Secret) -> Result<HeaderMap, ClientError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let key = |text: String| {
        let bad = || ClientError::BadKey { variable: spec.api_key_env.clone().unwrap_or_default() };
        let mut value = HeaderValue::from_str(&text).ok().ok_or_else(bad)?;
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
            let largest = self.n_limit();
            let mut round: FuturesUnordered<_> =
                chunks(&missing, largest).into_iter().map(|(offset, n)| self.ask(request, offset, n)).collect();
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
            if missing.len() == before && self.n_limit() >= largest {
                let message = "the server gave no choices".to_owned();
                response.error = Some(ModelError::Request { kind: "malformed".to_owned(), message });
                break;
            }
        }
        response.generations.sort_by_key(|generation| generation.offset);
        response
    }

    fn preferred_n(&self) -> u32 {
        let suits = self.findings.get().map_or(1, Findings::preferred_n);
        self.spec.n.unwrap_or(suits).clamp(1, self.n_limit())
    }

    async fn identity(&self) -> serde_json::Value {
        let findings = self.findings().await;
        serde_json::json!({
            "api": if self.spec.api == Api::Simulated { Api::OpenaiChat } else { self.spec.api },
            "base_urls": self.spec.base_urls,
            "model": self.spec.model,
            "server": findings.describe(),
            "adapted": self.shape().adapted.describe(),
        })
    }

    fn gauges(&self) -> Gauges {
        let (in_flight, concurrency) = self.gate.load();
        Gauges {
            in_flight,
            concurrency,
            rate_limited: self.counts.rate_limited.load(Ordering::Relaxed),
            errors: self.counts.errors.load(Ordering::Relaxed),
            retries: self.counts.retries.load(Ordering::Relaxed),
        }
    }

    fn trouble(&self) -> Option<String> {
        self.gate.trouble()
    }

    fn set_max_concurrency(&self, max: usize) {
        self.gate.set_max(max);
    }

    fn halt(&self, which: Halt) {
        self.unsent.cancel();
        if which == Halt::All {
            self.under_way.cancel();
        }
    }
}

/// Runs of neighbouring offsets, each at most `largest` long.
fn chunks(missing: &[u32], largest: u32) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &offset in missing {
        match runs.last_mut() {
            Some((start, n)) if *start + *n == offset && *n < largest => *n += 1,
            _ => runs.push((offset, 1)),
        }
    }
    runs
}
