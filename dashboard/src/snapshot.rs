//! What the view draws: a run at one moment, already counted and estimated. Plain structs, no source in sight.

mod problem;
mod sample;

use std::sync::Arc;
use std::time::Duration;

use crate::chart::Chart;

pub use problem::{Cell, ProblemRow, ProblemStatus, Spread};
pub use sample::{SampleDetail, SampleKey, VerdictDetail};

/// Everything on the screen that is not the state of the screen itself. Large parts are shared, so a clone is cheap.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The moment it was taken. Unit: ms since 1970.
    pub now_ms: i64,
    /// The run that is shown.
    pub run: RunInfo,
    /// How far it is.
    pub progress: Progress,
    /// What it did each second, oldest first.
    pub rates: Rates,
    /// What it says so far.
    pub summary: Summary,
    /// How hard its problems are.
    pub spread: Spread,
    /// The chart of the overview: coverage and what selection gets.
    pub overview: Arc<Chart>,
    /// The charts of the curves view.
    pub charts: Arc<Vec<Chart>>,
    /// One row a problem, in the order of the data set.
    pub problems: Arc<Vec<ProblemRow>>,
    /// The verifiers of the run.
    pub verifiers: Arc<Vec<VerifierRow>>,
    /// All runs of the store.
    pub runs: Arc<Vec<RunRow>>,
    /// The log, oldest first.
    pub events: Arc<Vec<EventRow>>,
    /// A comparison of two runs that was asked for, in lines.
    pub comparison: Arc<Vec<String>>,
}

/// What a run is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunInfo {
    /// Its id in the store.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The model that is sampled.
    pub model: String,
    /// The data set.
    pub dataset: String,
    /// Where it stands.
    pub state: RunState,
    /// Why it ended, where that needs words.
    pub reason: Option<String>,
    /// N, per problem.
    pub samples_wanted: u32,
    /// When it began. Unit: ms since 1970.
    pub started_at_ms: i64,
    /// When it ended. Unit: ms since 1970.
    pub ended_at_ms: Option<i64>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunState {
    /// Nothing is known yet.
    #[default]
    Empty,
    /// Sampling or judging.
    Running,
    /// The user holds it.
    Paused,
    /// Ended by the user; it can go on.
    Stopped,
    /// Everything is there.
    Finished,
    /// Ended by an error.
    Failed,
    /// Marked as running, but nobody writes any more.
    Lost,
}

impl RunState {
    /// The word shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "waiting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }

    /// Whether it can be controlled.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// Counts of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// Problems with all their samples.
    pub problems_done: u64,
    /// Problems of the run.
    pub problems_total: u64,
    /// Samples stored.
    pub samples_done: u64,
    /// Samples planned.
    pub samples_total: u64,
    /// Verdicts stored.
    pub verdicts_done: u64,
    /// Verdicts planned.
    pub verdicts_total: u64,
    /// Requests under way.
    pub in_flight: u32,
    /// How many requests may be under way now.
    pub concurrency: u32,
    /// The most that the experiment allows; 0: unknown.
    pub concurrency_max: u32,
    /// Answers with status 429.
    pub rate_limited: u64,
    /// Requests that failed in another way.
    pub errors: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Samples cut at the token limit.
    pub truncated: u64,
    /// Samples refused.
    pub refused: u64,
    /// Samples without text.
    pub empty: u64,
    /// Samples that could not be had.
    pub failed: u64,
    /// Samples whose text an earlier one of the problem has.
    pub duplicates: u64,
    /// Verdicts that could not be had.
    pub unjudged: u64,
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
    /// Cost so far. Unit: USD. `None`: unknown.
    pub cost_usd: Option<f64>,
    /// Cost at the end. Unit: USD.
    pub cost_forecast_usd: Option<f64>,
    /// The most it may cost. Unit: USD.
    pub budget_usd: Option<f64>,
    /// Time left.
    pub left: Option<Duration>,
}

/// Work per second, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rates {
    /// Samples a second.
    pub samples: Vec<f64>,
    /// Tokens written a second.
    pub tokens: Vec<f64>,
    /// Verdicts a second.
    pub verdicts: Vec<f64>,
}

/// A number with its interval. Unit: probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
}

/// What a run says so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// The N that the numbers are for: the smallest n of any counted problem.
    pub n: u32,
    /// Problems counted.
    pub problems: u32,
    /// The share of problems that have a right sample among n.
    pub coverage: Option<Estimate>,
    /// Who says what is right.
    pub oracle: Option<String>,
    /// Who says what is accepted.
    pub selector: Option<String>,
    /// What the first accepted sample gets.
    pub first_pass: Option<Estimate>,
    /// P(wrong | accepted).
    pub false_discovery: Option<f64>,
    /// The K to stop at.
    pub stop_at: Option<StopAt>,
    /// What twice the samples would add to the coverage: points and their standard error. Unit: probability.
    pub doubling: Option<(f64, f64)>,
}

/// The best number of draws at a cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StopAt {
    /// Cost of a wrong answer, in right ones.
    pub cost: f64,
    /// Draws.
    pub k: u32,
    /// Whether more draws than were sampled may be better still.
    pub censored: bool,
}

/// One verifier against the oracle.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifierRow {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its role.
    pub role: String,
    /// The oracle it is measured by; `None`: there is none.
    pub oracle: Option<String>,
    /// Accepted and right.
    pub true_positive: u64,
    /// Accepted and wrong.
    pub false_positive: u64,
    /// Rejected and right.
    pub false_negative: u64,
    /// Rejected and wrong.
    pub true_negative: u64,
    /// No verdict could be had.
    pub unjudged: u64,
    /// Verdicts stored.
    pub judged: u64,
    /// P(accepted | right).
    pub completeness: Option<f64>,
    /// P(rejected | wrong).
    pub soundness: Option<f64>,
    /// P(right | accepted).
    pub precision: Option<f64>,
    /// Area under the ROC curve of the score.
    pub auc: Option<f64>,
    /// Expected calibration error.
    pub ece: Option<f64>,
    /// Brier score.
    pub brier: Option<f64>,
    /// Tests and candidate shared an interpreter in this many verdicts.
    pub weak: u64,
    /// ROC curve of the score.
    pub roc: Option<Arc<Chart>>,
    /// Score against the share that is right.
    pub reliability: Option<Arc<Chart>>,
}

/// One run in the list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunRow {
    /// Its id in the store.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: RunState,
    /// The data set.
    pub dataset: String,
    /// The model.
    pub model: String,
    /// N, per problem.
    pub samples_wanted: u32,
    /// Problems of the run.
    pub problems: u64,
    /// Samples stored.
    pub samples: u64,
    /// When it began. Unit: ms since 1970.
    pub started_at_ms: i64,
}

/// How much an event matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    #[default]
    Info,
    /// Worth a look.
    Warn,
    /// Something was lost.
    Error,
}

impl Level {
    /// The word shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// When. Unit: ms since 1970.
    pub at_ms: i64,
    /// How much it matters.
    pub level: Level,
    /// What happened.
    pub message: String,
}
