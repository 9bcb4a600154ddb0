//! One request until it is answered or hope is gone.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use verifiers::model::{Attempt, Generation, ModelError, Request, Response};

use super::HttpModel;
use super::send::{Answer, Failure};
use crate::client::fault::{Change, Remedy};
use crate::client::gate::{Down, Health, Permit};
use crate::client::pace::{Booking, Size, Used};
use crate::client::{retry, wire};
use verifiers::counted;

/// Changes of parameters that one request may go through.
const ADAPTATIONS: u32 = 12;
/// Requests refused for good, with none answered, after which a run is not gone on with.
const HOPELESS: u64 = 16;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How far a request has come.
struct Progress {
    /// When it was sent first.
    started: Option<Instant>,
    tries: u32,
    adaptations: u32,
    /// The endpoint that failed last.
    avoid: Option<usize>,
}

impl HttpModel {
    /// Asks for `n` samples from `offset` on. Every attempt is in the response.
    pub(super) async fn ask(&self, request: &Request, offset: u32, n: u32) -> Response {
        let mut response = Response::default();
        let mut progress = Progress { started: None, tries: 0, adaptations: 0, avoid: None };
        let prompt_bytes = wire::prompt_bytes(&request.prompt, self.spec.system.as_deref());
        let size = Size { prompt_bytes, choices: n };
        loop {
            let (permit, booking) = match self.unsent.run_until_cancelled(self.admit(size, progress.avoid)).await {
                Some(Ok(Some(admitted))) => admitted,
                Some(Ok(None)) => return response,
                Some(Err(down)) => {
                    response.error = Some(self.down(&down));
                    return response;
                }
                None => {
                    response.error = Some(ModelError::Cancelled);
                    return response;
                }
            };
            let sent_at = Instant::now();
            progress.started.get_or_insert(sent_at);
            let outcome = self.under_way.run_until_cancelled(self.attempt(request, offset, n, permit.endpoint)).await;
            let latency = sent_at.elapsed();
            let failure = match outcome {
                Some(Ok(answer)) => {
                    booking.settle(used(&answer.generations, prompt_bytes));
                    self.accept(&permit, &mut response, answer, n, latency);
                    return response;
                }
                Some(Err(failure)) => failure,
                None => {
                    response.attempts.push(cancelled(latency));
                    response.error = Some(ModelError::Cancelled);
                    return response;
                }
            };
            // what broke off in the middle may have been paid for
            match failure.kind {
                "timeout" | "closed" | "malformed" => drop(booking),
                _ => booking.cancel(),
            }
            self.note_failure(&permit, &failure, request);
            progress.avoid = Some(permit.endpoint);
            drop(permit);
            let mut attempt = Attempt {
                http_status: failure.status,
                result: failure.kind.to_owned(),
                message: Some(failure.message.clone()),
                latency,
                retry_after: None,
            };
            match self.next(&mut progress, &failure) {
                Next::Again(pause) => {
                    attempt.retry_after = Some(pause);
                    response.attempts.push(attempt);
                    self.counts.retries.fetch_add(1, Ordering::Relaxed);
                    if !pause.is_zero() {
                        self.unsent.run_until_cancelled(tokio::time::sleep(pause)).await;
                    }
                    continue;
                }
                Next::Resize => {}
                Next::Refused => response.generations = self.refusals(request, offset, n, latency),
                Next::Fail(error) => response.error = Some(error),
            }
            response.attempts.push(attempt);
            return response;
        }
    }

    /// Waits until a request may be sent: in line, for room in the minute's budgets, and for a place at an endpoint. `None`: it
    /// was found meanwhile that it asks for too many choices, so the caller asks again for fewer.
    async fn admit(&self, size: Size, avoid: Option<usize>) -> Result<Option<(Permit, Booking<'_>)>, Down> {
        let _first = self.pace.stand_in_line().await;
        loop {
            self.pace.room(size).await;
            let permit = self.gate.acquire(avoid).await?;
            if size.choices > self.n_limit() {
                return Ok(None);
            }
            // an answer that came meanwhile may have used more than was expected
            if let Some(booking) = self.pace.book(size) {
                return Ok(Some((permit, booking)));
            }
        }
    }

    fn accept(&self, permit: &Permit, response: &mut Response, answer: Answer, n: u32, latency: Duration) {
        self.counts.answered.fetch_add(1, Ordering::Relaxed);
        let written: u32 = answer.generations.iter().filter_map(|g| g.completion_tokens).fold(0, u32::saturating_add);
        let tokens = written / n.max(1);
        self.gate.note(permit, &Health::Good { latency, tokens });
        if let Some(pause) = answer.spent {
            self.gate.pause(permit, pause);
        }
        let given = u32::try_from(answer.generations.len()).unwrap_or(u32::MAX);
        if given == 1 && n > 1 {
            self.adapt(Change::LimitN(1), "asked for several choices, got one");
        }
        response.generations = answer.generations;
        response.attempts.push(Attempt {
            http_status: Some(200),
            result: "ok".to_owned(),
            message: (given < n).then(|| format!("{given} of {}", counted(n, "choice"))),
            latency,
            retry_after: None,
        });
    }

    fn note_failure(&self, permit: &Permit, failure: &Failure, request: &Request) {
        let counter = if failure.kind == "rate-limited" { &self.counts.rate_limited } else { &self.counts.errors };
        counter.fetch_add(1, Ordering::Relaxed);
        let endpoint = &self.endpoints[permit.endpoint].name;
        let health = match failure.kind {
            "rate-limited" => Health::RateLimited(failure.pause),
            "overloaded" => Health::Overloaded(failure.pause),
            "connect" => Health::Unreachable(failure.message.clone()),
            "server-error" | "closed" | "timeout" => Health::Failing(failure.message.clone()),
            _ => Health::Neutral,
        };
        if failure.kind == "timeout" {
            tracing::warn!(endpoint, problem.id = %request.problem, sample.index = request.first_index, "{}", failure.message);
        } else {
            tracing::debug!(endpoint, problem.id = %request.problem, kind = failure.kind, "{}", failure.message);
        }
        self.gate.note(permit, &health);
    }

    /// What to do after a failure.
    fn next(&self, progress: &mut Progress, failure: &Failure) -> Next {
        let error = || ModelError::Request { kind: failure.kind.to_owned(), message: failure.message.clone() };
        match &failure.remedy {
            Remedy::Adapt(change) if progress.adaptations < ADAPTATIONS => {
                progress.adaptations += 1;
                self.adapt(*change, &failure.message);
                if matches!(change, Change::LimitN(_)) { Next::Resize } else { Next::Again(Duration::ZERO) }
            }
            Remedy::Stop { hint } => {
                let message = format!("{}: {}", failure.kind, failure.message);
                Next::Fail(ModelError::Fatal { message, hint: Some(hint.clone()) })
            }
            Remedy::GiveUp | Remedy::Adapt(_) => {
                let refused = self.counts.refused.fetch_add(1, Ordering::Relaxed) + 1;
                if refused >= HOPELESS && self.counts.answered.load(Ordering::Relaxed) == 0 {
                    let message = format!("the first {refused} requests were all refused: {}", failure.message);
                    let hint =
                        "nothing in the experiment seems to please this server; `nbest doctor` asks it about more";
                    return Next::Fail(ModelError::Fatal { message, hint: Some(hint.to_owned()) });
                }
                Next::Fail(error())
            }
            Remedy::Refused => Next::Refused,
            Remedy::Retry => {
                progress.tries += 1;
                let most = self.spec.limits.attempts.min(failure.most_tries());
                let pause = failure.pause.unwrap_or_else(|| self.pause(progress.tries, failure.kind));
                let spent = progress.started.map_or(Duration::ZERO, |started| started.elapsed());
                let in_time = spent + pause < self.spec.limits.total_time;
                if progress.tries < most && in_time { Next::Again(pause) } else { Next::Fail(error()) }
            }
        }
    }

    /// The pause where the server asked for none. Its jitter decides no result, so any spread will do.
    fn pause(&self, tries: u32, kind: &str) -> Duration {
        // a kept connection that died under the first try says nothing about the server
        if tries == 1 && kind == "closed" {
            return Duration::ZERO;
        }
        let draw = self.counts.jitter.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let jitter = (draw >> 11) as f64 / (1_u64 << 53) as f64;
        retry::backoff(tries, FIRST_PAUSE, LONGEST_PAUSE, jitter)
    }

    fn down(&self, down: &Down) -> ModelError {
        let names: Vec<&str> = self.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        ModelError::Fatal {
            message: format!("{} is down for {} s: {}", names.join(", "), down.seconds, down.message),
            hint: Some("start the server or correct `base_url`, then run the same command to go on".to_owned()),
        }
    }
}

/// Tokens of an answer; where the server does not count them, about four bytes each.
fn used(generations: &[Generation], prompt_bytes: usize) -> Used {
    let read: u32 = generations.iter().filter_map(|g| g.prompt_tokens).fold(0, u32::saturating_add);
    let counted = |g: &Generation| {
        let bytes = g.text.len() + g.reasoning.as_ref().map_or(0, String::len);
        g.completion_tokens.map_or(bytes as f64 / 4.0, f64::from)
    };
    let read = if read > 0 { f64::from(read) } else { prompt_bytes as f64 / 4.0 };
    Used { read, written: generations.iter().map(counted).sum(), choices: generations.len() }
}

/// An attempt that was broken off because the run ends.
fn cancelled(latency: Duration) -> Attempt {
    Attempt { http_status: None, result: "cancelled".to_owned(), message: None, latency, retry_after: None }
}

enum Next {
    /// Ask again after a pause.
    Again(Duration),
    /// The caller asks again with a smaller n.
    Resize,
    /// The model declined.
    Refused,
    Fail(ModelError),
}
