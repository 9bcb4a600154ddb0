//! Reward models over HTTP: one client, eleven protocols.
//!
//! Results come in any order and are put in place by their index; what is missing, or is no number, is an error of that sample alone.
//! A batch that the server refuses is tried again in halves, so that one bad sample does not cost the others their scores.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::future::join_all;
use minijinja::{Environment, context};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::Semaphore;
use verifiers::model::{Attempt, Spent};
use verifiers::reward::{Pair, Protocol, RewardSettings, Scored, Scorer};

use super::http::http_client;
use super::pace::{Pace, Size};
use super::retry::requested_pause;
use super::secret::Secret;

mod wire;

/// Tries of a request that meets an overloaded or absent server.
const ATTEMPTS: u32 = 5;
/// The longest pause that the server's word is taken for.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// The text of a sample for servers that take only one.
const TEMPLATE: &str = "{{ prompt }}\n\n{{ completion }}";

type Scores = Result<Vec<f64>, String>;

/// A served reward model.
pub(super) struct HttpScorer {
    client: reqwest::Client,
    url: reqwest::Url,
    settings: RewardSettings,
    secret: Secret,
    templates: Environment<'static>,
    permits: Semaphore,
    pace: Pace,
}

/// What became of a request.
enum Reply {
    Body(Value),
    /// This very request is at fault; smaller ones may do.
    Refused(String),
    /// No use to go on.
    Failed(String),
}

impl HttpScorer {
    pub(super) fn new(settings: &RewardSettings, secrets: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let text =
            format!("{}{}", settings.base_url.trim_end_matches('/'), wire::path(settings.protocol, &settings.base_url));
        let url =
            reqwest::Url::parse(&text).ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| format!("{:?} is no http address", settings.base_url))?;
        let key = match &settings.api_key_env {
            Some(variable) => Some(secrets(variable).ok_or_else(|| format!("the variable {variable} is not set"))?),
            None => None,
        };
        let mut templates = Environment::new();
        let template = settings.template.clone().unwrap_or_else(|| TEMPLATE.to_owned());
        templates.add_template_owned("text", template).map_err(|error| format!("template: {error}"))?;
        let client = http_client(settings.timeout).map_err(|error| error.to_string())?;
        let secret = Secret::new(key);
        let permits = Semaphore::new(settings.concurrency.max(1));
        let pace = Pace::new(settings.requests_per_minute, None, None);
        Ok(Self { client, url, settings: settings.clone(), secret, templates, permits, pace })
    }

    /// One text for servers that take no pairs.
    fn text(&self, pair: &Pair) -> Result<String, String> {
        let fields = context! { prompt => pair.prompt.as_str(), completion => pair.completion.as_str() };
        self.templates.get_template("text").and_then(|t| t.render(fields)).map_err(|error| format!("template: {error}"))
    }

    /// One request with its retries; every try is noted.
    async fn send(&self, body: &Value, attempts: &mut Vec<Attempt>) -> Reply {
        let mut pause = Duration::from_millis(100);
        let mut why = String::new();
        for attempt in 1..=ATTEMPTS {
            if attempt > 1 {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            let _sent = self.pace.turn(Size::default()).await;
            let started = Instant::now();
            let mut note = |http_status: Option<StatusCode>, result: &str, message: Option<&str>| {
                attempts.push(Attempt {
                    http_status: http_status.map(|s| s.as_u16()),
                    result: result.to_owned(),
                    message: message.map(str::to_owned),
                    latency: started.elapsed(),
                    retry_after: None,
                });
            };
            let mut request = self.client.post(self.url.clone()).timeout(self.settings.timeout).json(body);
            if let Some(key) = self.secret.reveal() {
                request = request.bearer_auth(key);
            }
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) => {
                    why = self.secret.redact(&format!("asking {}: {}", self.url, cause(&error)));
                    note(None, if error.is_timeout() { "timeout" } else { "connect" }, Some(&why));
                    continue;
                }
            };
            let status = response.status();
            if let Some(asked) = requested_pause(response.headers(), jiff::Timestamp::now()) {
                pause = asked.min(LONGEST_PAUSE);
            }
            let text = match response.text().await {
                Ok(text) => text,
                Err(error) => {
                    why = format!("the answer broke off: {}", cause(&error));
                    note(Some(status), "closed", Some(&why));
                    continue;
                }
            };
            let said = || self.secret.redact(&text.chars().take(200).collect::<String>());
            if status.is_success() {
                let body = verifiers::json::lenient(&text);
                note(Some(status), if body.is_some() { "ok" } else { "malformed" }, None);
                return match body {
                    Some(value) => Reply::Body(value),
                    None => Reply::Refused(format!("the answer is no JSON: {}", said())),
                };
            }
            let message = format!("HTTP {}: {}", status.as_u16(), said());
            note(Some(status), word(status), Some(&message));
            match status {
                StatusCode::TOO_MANY_REQUESTS
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::BAD_GATEWAY
                | StatusCode::GATEWAY_TIMEOUT => {
                    why = message;
                }
                StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::NOT_FOUND
                | StatusCode::METHOD_NOT_ALLOWED => {
                    return Reply::Failed(message);
                }
                _ => return Reply::Refused(message),
            }
        }
        Reply::Failed(format!("{why} (after {ATTEMPTS} tries)"))
    }

    /// Scores of pairs that one request may hold.
    async fn request(&self, pairs: &[&Pair]) -> Scored {
        let mut spent = Spent::default();
        let Ok(_permit) = self.permits.acquire().await else {
            return Scored { scores: failed(pairs.len(), "closed"), spent };
        };
        let mut waiting: Vec<Vec<usize>> = vec![(0..pairs.len()).collect()];
        let mut scores: Vec<Scores> = failed(pairs.len(), "the server gave no score");
        while let Some(part) = waiting.pop() {
            let members: Vec<&Pair> = part.iter().map(|&place| pairs[place]).collect();
            let body = match wire::body(
                self.settings.protocol,
                self.settings.model.as_deref(),
                &members,
                &|pair| self.text(pair),
                self.tag(),
            ) {
                Ok(body) => body,
                Err(why) => {
                    put(&mut scores, &part, &why);
                    continue;
                }
            };
            match self.send(&body, &mut spent.attempts).await {
                Reply::Body(value) => {
                    let usage = wire::usage(&value);
                    spent.add(Spent { prompt_tokens: usage, ..Spent::default() });
                    for (&place, found) in part.iter().zip(wire::scores(self.settings.protocol, &value, &members)) {
                        scores[place] = found;
                    }
                }
                Reply::Refused(_) if part.len() > 1 => {
                    let (left, right) = part.split_at(part.len() / 2);
                    waiting.extend([right.to_vec(), left.to_vec()]);
                }
                Reply::Refused(why) => part.iter().for_each(|&place| scores[place] = Err(why.clone())),
                Reply::Failed(why) => {
                    put(&mut scores, &part, &why);
                    for left in &waiting {
                        put(&mut scores, left, &why);
                    }
                    break;
                }
            }
        }
        Scored { scores, spent }
    }

    fn tag(&self) -> &str {
        self.settings.steps.as_ref().map_or("", |steps| steps.tag.as_str())
    }

    /// Whole samples.
    async fn whole(&self, pairs: &[&Pair]) -> Scored {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        if wire::one_query(self.settings.protocol) {
            let mut by_prompt: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (place, pair) in pairs.iter().enumerate() {
                by_prompt.entry(&pair.prompt).or_default().push(place);
            }
            groups.extend(by_prompt.into_values());
        } else {
            groups.push((0..pairs.len()).collect());
        }
        let batches: Vec<Vec<usize>> =
            groups.iter().flat_map(|group| group.chunks(self.settings.batch.max(1)).map(<[usize]>::to_vec)).collect();
        let requests = batches.iter().map(|places| async move {
            let members: Vec<&Pair> = places.iter().map(|&place| pairs[place]).collect();
            self.request(&members).await
        });
        let mut scores = failed(pairs.len(), "the server gave no score");
        let mut spent = Spent::default();
        for (places, found) in batches.iter().zip(join_all(requests).await) {
            for (&place, score) in places.iter().zip(found.scores) {
                scores[place] = score;
            }
            spent.add(found.spent);
        }
        Scored { scores, spent }
    }

    /// Step by step by a model of whole answers: each step's score is that of the answer up to it.
    async fn by_prefixes(&self, pairs: &[Pair]) -> Scored {
        let prefix = |pair: &Pair, upto: usize| Pair { completion: pair.steps[..=upto].join("\n\n"), ..pair.clone() };
        let prefixes: Vec<Pair> =
            pairs.iter().flat_map(|pair| (0..pair.steps.len()).map(|upto| prefix(pair, upto))).collect();
        let Scored { scores, spent } = self.whole(&prefixes.iter().collect::<Vec<_>>()).await;
        let mut scores = scores.into_iter();
        let last = |scores: Scores| scores.and_then(|s| s.last().copied().ok_or_else(|| "no score".to_owned()));
        let scores = pairs.iter().map(|pair| scores.by_ref().take(pair.steps.len()).map(last).collect()).collect();
        Scored { scores, spent }
    }
}

/// The word for a status that is no success.
fn word(status: StatusCode) -> &'static str {
    match status {
        StatusCode::TOO_MANY_REQUESTS => "rate-limited",
        StatusCode::SERVICE_UNAVAILABLE => "overloaded",
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "unauthorized",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "timeout",
        status if status.is_server_error() => "server-error",
        _ => "bad-request",
    }
}

/// One error for several samples.
fn put(scores: &mut [Scores], places: &[usize], why: &str) {
    for &place in places {
        scores[place] = Err(why.to_owned());
    }
}

fn failed(count: usize, why: &str) -> Vec<Scores> {
    vec![Err(why.to_owned()); count]
}

/// The innermost cause, which says more than "error sending request".
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[async_trait]
impl Scorer for HttpScorer {
    async fn score(&self, pairs: &[Pair]) -> Scored {
        let native = matches!(self.settings.protocol, Protocol::VllmPooling | Protocol::Plain);
        if self.settings.steps.is_some() && !native {
            return self.by_prefixes(pairs).await;
        }
        self.whole(&pairs.iter().collect::<Vec<_>>()).await
    }
}

#[cfg(test)]
mod tests;
