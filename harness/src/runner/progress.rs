//! What is told of a run in progress.

use serde::{Deserialize, Serialize};

/// Where a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Samples are drawn and judged.
    #[default]
    Sampling,
    /// All samples are in; verdicts are still coming.
    Judging,
    /// No new samples; what is under way is being stored.
    Stopping,
    /// Over.
    Done,
}

/// Live numbers of a run: for the progress line, the dashboard and (as JSON in table `live`) other processes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Where it is.
    pub phase: Phase,
    /// No new samples until resumed.
    pub paused: bool,
    /// Samples stored, earlier sessions too; failed ones not.
    pub samples_done: u64,
    /// Samples wanted, at most.
    pub samples_total: u64,
    /// Samples stored in this session.
    pub samples_new: u64,
    /// Verdicts stored, earlier sessions too.
    pub verdicts_done: u64,
    /// Verdicts wanted, at most.
    pub verdicts_total: u64,
    /// Problems that have all their samples.
    pub problems_done: u64,
    /// Problems of the run.
    pub problems_total: u64,
    /// Of this session: samples cut at the token limit.
    pub truncated: u64,
    /// Of this session: refusals and filtered answers.
    pub refused: u64,
    /// Of this session: samples without text.
    pub empty: u64,
    /// Of this session: requests that never succeeded.
    pub failed: u64,
    /// Of this session: verdicts that could not be had.
    pub unjudged: u64,
    /// Samples that the model does not have (replay with fewer lines than asked for).
    pub absent: u64,
    /// Verdicts shared with an identical program.
    pub shared: u64,
    /// Requests under way.
    pub in_flight: usize,
    /// How many may be under way.
    pub concurrency: usize,
    /// Answers with status 429.
    pub rate_limited: u64,
    /// Other failed attempts.
    pub errors: u64,
    /// Attempts beyond the first.
    pub retries: u64,
    /// Tokens read and written, earlier sessions too.
    pub tokens: u64,
    /// USD so far; `None`: unknown.
    pub cost_usd: Option<f64>,
    /// Of this session: samples whose cost is unknown although there are prices.
    #[serde(default)]
    pub cost_unknown: u64,
    /// What the whole run will cost at this rate.
    pub forecast_usd: Option<f64>,
    /// The limit, where there is one.
    pub budget_usd: Option<f64>,
    /// Per second, over the last seconds.
    pub samples_per_second: f64,
    /// Per second, over the last seconds.
    pub tokens_per_second: f64,
    /// Per second, over the last seconds.
    pub verdicts_per_second: f64,
    /// Seconds of this session so far.
    pub elapsed_s: f64,
    /// Seconds left at this rate.
    pub left_s: Option<f64>,
    /// The last thing worth saying.
    pub message: Option<String>,
}

/// Rates over a sliding window.
#[derive(Debug)]
pub(super) struct Rates {
    window: std::collections::VecDeque<(f64, u64, u64, u64)>,
}

impl Rates {
    const SECONDS: f64 = 5.0;

    pub(super) fn new() -> Self {
        Self { window: std::collections::VecDeque::new() }
    }

    /// Adds a reading of the totals of this session and sets the rates and the time left.
    pub(super) fn update(&mut self, progress: &mut Progress, session_tokens: u64, session_verdicts: u64) {
        let now = progress.elapsed_s;
        self.window.push_back((now, progress.samples_new, session_tokens, session_verdicts));
        while self.window.len() > 2 && self.window[1].0 < now - Self::SECONDS {
            self.window.pop_front();
        }
        let (then, samples, tokens, verdicts) = self.window[0];
        let span = now - then;
        if span <= 0.0 {
            return;
        }
        progress.samples_per_second = (progress.samples_new - samples) as f64 / span;
        progress.tokens_per_second = (session_tokens - tokens) as f64 / span;
        progress.verdicts_per_second = (session_verdicts - verdicts) as f64 / span;
        let left = |done: u64, total: u64, rate: f64| match total.saturating_sub(done) {
            0 => Some(0.0),
            n if rate > 0.0 => Some(n as f64 / rate),
            _ => None,
        };
        progress.left_s = left(progress.samples_done, progress.samples_total, progress.samples_per_second)
            .zip(left(progress.verdicts_done, progress.verdicts_total, progress.verdicts_per_second))
            .map(|(a, b)| a.max(b));
    }
}
