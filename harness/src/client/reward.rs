//! Reward models over HTTP: one client, eleven protocols.
//!
//! Results come in any order and are put in place by their index; what is missing, or is no number, is an error of that sample alone.
//! A batch that the server refuses is tried again in halves, so that one bad sample does not cost the others their scores.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use minijinja::{Environment, context};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::Semaphore;
use verifiers::reward::{Pair, Protocol, RewardSettings, Scorer};

use super::http::http_client;
use super::secret::Secret;

mod wire;

/// Requests under way at once.
const CONCURRENCY: usize = 16;
/// Tries of a request that meets an overloaded or absent server.
const ATTEMPTS: u32 = 5;
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
        Ok(Self { client, url, settings: settings.clone(), secret, templates, permits: Semaphore::new(CONCURRENCY) })
    }

    /// One text for servers that take no pairs.
    fn text(&self, pair: &Pair) -> Result<String, String> {
        let fields = context! { prompt => pair.prompt.as_str(), completion => pair.completion.as_str() };
        self.templates.get_template("text").and_then(|t| t.render(fields)).map_err(|error| format!("template: {error}"))
    }

    async fn send(&self, body: &Value) -> Reply {
        let mut pause = Duration::from_millis(100);
        let mut why = String::new();
        for attempt in 1..=ATTEMPTS {
            if attempt > 1 {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            let mut request = self.client.post(self.url.clone()).timeout(self.settings.timeout).json(body);
            if let Some(key) = self.secret.reveal() {
                request = request.bearer_auth(key);
            }
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) => {
                    why = self.secret.redact(&format!("asking {}: {}", self.url, cause(&error)));
                    continue;
                }
            };
            let status = response.status();
            if let Some(seconds) =
                response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse::<u64>().ok())
            {
                pause = Duration::from_secs(seconds.min(60));
            }
            let text = match response.text().await {
                Ok(text) => text,
                Err(error) => {
                    why = format!("the answer broke off: {}", cause(&error));
                    continue;
                }
            };
            let said = || self.secret.redact(&text.chars().take(200).collect::<String>());
            if status.is_success() {
                return match wire::parse(&text) {
                    Some(value) => Reply::Body(value),
                    None => Reply::Refused(format!("the answer is no JSON: {}", said())),
                };
            }
            let message = format!("HTTP {}: {}", status.as_u16(), said());
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
    async fn request(&self, pairs: &[&Pair]) -> Vec<Scores> {
        let Ok(_permit) = self.permits.acquire().await else { return failed(pairs.len(), "closed") };
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
            match self.send(&body).await {
                Reply::Body(value) => {
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
        scores
    }

    fn tag(&self) -> &str {
        self.settings.steps.as_ref().map_or("", |steps| steps.tag.as_str())
    }

    /// Whole samples.
    async fn whole(&self, pairs: &[&Pair]) -> Vec<Scores> {
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
        for (places, found) in batches.iter().zip(join_all(requests).await) {
            for (&place, score) in places.iter().zip(found) {
                scores[place] = score;
            }
        }
        scores
    }

    /// Step by step by a model of whole answers: each step's score is that of the answer up to it.
    async fn by_prefixes(&self, pairs: &[Pair]) -> Vec<Scores> {
        let prefix = |pair: &Pair, upto: usize| Pair { completion: pair.steps[..=upto].join("\n\n"), ..pair.clone() };
        let prefixes: Vec<Pair> =
            pairs.iter().flat_map(|pair| (0..pair.steps.len()).map(|upto| prefix(pair, upto))).collect();
        let mut scores = self.whole(&prefixes.iter().collect::<Vec<_>>()).await.into_iter();
        let last = |scores: Scores| scores.and_then(|s| s.last().copied().ok_or_else(|| "no score".to_owned()));
        pairs.iter().map(|pair| scores.by_ref().take(pair.steps.len()).map(last).collect()).collect()
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
    async fn score(&self, pairs: &[Pair]) -> Vec<Scores> {
        let native = matches!(self.settings.protocol, Protocol::VllmPooling | Protocol::Plain);
        if self.settings.steps.is_some() && !native {
            return self.by_prefixes(pairs).await;
        }
        self.whole(&pairs.iter().collect::<Vec<_>>()).await
    }
}

#[cfg(test)]
mod tests;
