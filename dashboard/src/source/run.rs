//! A run's row and the numbers its process left, for the screen.

use std::time::Duration;

use harness::runner::{Phase, Progress as Live};
use harness::store::row::RunRow as Stored;
use harness::store::{Reader, StoreError};
use serde_json::Value;

use crate::snapshot::{Progress, Rates, RunInfo, RunRow, RunState};

/// Values kept for a sparkline.
const HISTORY: usize = 240;

/// What the process of a run left.
pub(super) async fn live(reader: &Reader, run_id: i64) -> Result<Option<Live>, StoreError> {
    Ok(reader.live(run_id).await?.and_then(|(_, _, body)| serde_json::from_str(&body).ok()))
}

fn state(run: &Stored, live: Option<&Live>, held: bool) -> RunState {
    match run.state.as_str() {
        "running" if !held => RunState::Lost,
        "running" if live.is_some_and(|l| l.paused) => RunState::Paused,
        "running" => RunState::Running,
        "stopped" => RunState::Stopped,
        "finished" => RunState::Finished,
        "failed" => RunState::Failed,
        _ => RunState::Empty,
    }
}

fn config(run: &Stored) -> Value {
    serde_json::from_str(&run.config).unwrap_or_default()
}

fn word(config: &Value, pointers: &[&str]) -> String {
    let found = pointers.iter().find_map(|p| config.pointer(p).and_then(Value::as_str).filter(|s| !s.is_empty()));
    found.unwrap_or_default().to_owned()
}

fn model(config: &Value) -> String {
    word(config, &["/model/model", "/model/path", "/model/api"])
}

/// The file's name without its folders.
fn dataset(config: &Value) -> String {
    let path = word(config, &["/dataset/path"]);
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

/// The header of a run.
pub(super) fn info(run: &Stored, live: Option<&Live>, held: bool) -> RunInfo {
    let config = config(run);
    RunInfo {
        id: run.id,
        name: run.name.clone(),
        model: model(&config),
        dataset: dataset(&config),
        state: state(run, live, held),
        reason: run.state_reason.clone(),
        samples_wanted: run.samples,
        started_at_ms: run.created_at_ms,
        ended_at_ms: run.ended_at_ms,
    }
}

/// Pause is known sooner than the rest.
pub(super) fn pause(info: &mut RunInfo, live: &Live) {
    if info.state.is_live() {
        info.state = if live.paused { RunState::Paused } else { RunState::Running };
    }
}

/// A row of the list of runs.
pub(super) fn row(run: &Stored, live: Option<&Live>, held: bool) -> RunRow {
    let config = config(run);
    RunRow {
        id: run.id,
        name: run.name.clone(),
        state: state(run, live, held),
        dataset: dataset(&config),
        model: model(&config),
        samples_wanted: run.samples,
        problems: live.map_or(0, |l| l.problems_total),
        samples: live.map_or(0, |l| l.samples_done),
        started_at_ms: run.created_at_ms,
    }
}

/// How the run wants its estimates; fewer resamples than a table has, since they are made again and again.
pub(super) fn settings(run: &Stored) -> harness::table::Settings {
    let config = config(run);
    let mut settings = harness::table::Settings { bootstrap: 1_000, ..harness::table::Settings::default() };
    if let Some(confidence) = config.pointer("/analysis/confidence").and_then(Value::as_f64) {
        settings.confidence = confidence;
    }
    if let Some(costs) = config.pointer("/analysis/costs").and_then(Value::as_array) {
        settings.costs = costs.iter().filter_map(Value::as_f64).collect();
    }
    if let Some(seed) = config.pointer("/analysis/seed").and_then(Value::as_u64) {
        settings.seed = seed;
    }
    settings
}

/// Adds a second to the sparklines.
pub(super) fn push(rates: &mut Rates, live: &Live) {
    let now = [live.samples_per_second, live.tokens_per_second, live.verdicts_per_second];
    for (values, value) in [&mut rates.samples, &mut rates.tokens, &mut rates.verdicts].into_iter().zip(now) {
        values.push(if live.phase == Phase::Done { 0.0 } else { value });
        let surplus = values.len().saturating_sub(HISTORY);
        values.drain(..surplus);
    }
}

/// Puts what only the process knows beside what the store knows.
pub(super) fn merge(progress: &mut Progress, live: Option<&Live>, run: &Stored) {
    let Some(live) = live else { return };
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    if progress.problems_total == 0 {
        // the samples are not read yet
        progress.problems_total = live.problems_total;
        progress.problems_done = live.problems_done;
        progress.samples_done = live.samples_done;
        progress.verdicts_done = live.verdicts_done;
        progress.truncated = live.truncated;
        progress.failed = live.failed;
    }
    if live.samples_total > 0 {
        progress.samples_total = live.samples_total.max(progress.samples_done);
    }
    if live.verdicts_total > 0 {
        progress.verdicts_total = live.verdicts_total.max(progress.verdicts_done);
    }
    let running = run.state == "running";
    progress.in_flight = if running { narrow(live.in_flight) } else { 0 };
    progress.concurrency = narrow(live.concurrency);
    let limit = config(run).pointer("/model/limits/concurrency").and_then(Value::as_u64);
    progress.concurrency_max = limit.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    progress.rate_limited = live.rate_limited;
    progress.errors = live.errors;
    progress.retries = live.retries;
    progress.completion_tokens = live.tokens;
    progress.cost_usd = live.cost_usd;
    progress.cost_forecast_usd = live.forecast_usd.filter(|_| running);
    progress.budget_usd = live.budget_usd;
    progress.left = live.left_s.filter(|_| running).and_then(|s| Duration::try_from_secs_f64(s.max(0.0)).ok());
}
