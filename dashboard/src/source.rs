//! Follows a run in the store and sends snapshots of it. It counts what changed, estimates off the drawing thread, and
//! spends no more than a small share of the time on either.

mod board;
mod detail;
mod estimates;
mod run;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::analysis::RunData;
use harness::runner::Progress as Live;
use harness::store::reader::Cursor;
use harness::store::row::RunRow;
use harness::store::{Reader, StoreError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::message::Message;
use crate::snapshot::{EventRow, Level, Rates, SampleKey, Snapshot};
use board::Board;
use estimates::Estimates;

/// What the screen asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// A sample with its texts.
    Sample(SampleKey),
    /// Another run.
    Open(i64),
    /// Another run's curves over this one's, or no longer.
    Overlay(i64),
}

/// Time between looks at a run that goes on.
const LIVE: Duration = Duration::from_millis(250);
/// Time between looks at a run that is over.
const STILL: Duration = Duration::from_secs(2);
/// A run of the store that has not said anything for so long may be dead.
const STALE_MS: i64 = 5_000;
/// Estimates of a live run take at most one part in this many of the time of one core: a run that uses every core must not
/// notice them.
const SHARE: u32 = 40;
/// Reading and counting what changed: one part in this many.
const COUNTING_SHARE: u32 = 30;
const MOST_EVENTS: usize = 20_000;

/// Sends snapshots until the receiver is gone or the requests end.
///
/// # Errors
/// The store cannot be read.
pub async fn follow(
    reader: Reader,
    run: RunRow,
    mut requests: mpsc::Receiver<Request>,
    messages: mpsc::Sender<Message>,
) -> Result<(), StoreError> {
    let mut follower = Follower::new(reader, run, messages);
    follower.first().await?;
    loop {
        let pause = if follower.snapshot.run.state.is_live() { LIVE } else { STILL };
        tokio::select! {
            request = requests.recv() => match request {
                None => return Ok(()),
                Some(request) => follower.answer(request).await?,
            },
            () = tokio::time::sleep(pause.min(follower.job_due())) => {
                follower.look().await?;
            }
        }
        if !follower.send().await {
            return Ok(());
        }
    }
}

/// Data and cursor of a run, wherever they are now.
type Loaded = (RunData, Cursor);

struct Follower {
    reader: Reader,
    run: RunRow,
    messages: mpsc::Sender<Message>,
    /// Away while estimates are being made.
    loaded: Option<Loaded>,
    job: Option<JoinHandle<(Option<Loaded>, Estimates)>>,
    job_after: Instant,
    count_after: Instant,
    job_began: Instant,
    changed: bool,
    board: Option<Board>,
    overlays: HashMap<i64, Arc<RunData>>,
    live: Option<Live>,
    rates: Rates,
    rated_at_ms: i64,
    last_event: i64,
    runs_at: Option<Instant>,
    snapshot: Snapshot,
    dirty: bool,
}

impl Follower {
    fn new(reader: Reader, run: RunRow, messages: mpsc::Sender<Message>) -> Self {
        Self {
            reader,
            run,
            messages,
            loaded: None,
            job: None,
            job_after: Instant::now(),
            count_after: Instant::now(),
            job_began: Instant::now(),
            changed: true,
            board: None,
            overlays: HashMap::new(),
            live: None,
            rates: Rates::default(),
            rated_at_ms: 0,
            last_event: 0,
            runs_at: None,
            snapshot: Snapshot::default(),
            dirty: true,
        }
    }

    /// What is quick to read is shown before the samples are.
    async fn first(&mut self) -> Result<(), StoreError> {
        self.header().await?;
        self.send().await;
        let (data, cursor) = self.reader.load(&self.run).await?;
        self.board = Some(Board::new(&data));
        self.loaded = Some((data, cursor));
        self.counted();
        self.look().await?;
        self.send().await;
        Ok(())
    }

    /// How soon a job that runs may be done: it is looked after often.
    fn job_due(&self) -> Duration {
        if self.job.is_some() { Duration::from_millis(30) } else { STILL }
    }

    /// Reads what changed.
    async fn look(&mut self) -> Result<(), StoreError> {
        self.header().await?;
        self.finish_job().await;
        let live = self.snapshot.run.state.is_live();
        let began = Instant::now();
        if let (Some((data, cursor)), Some(board)) = (&mut self.loaded, &mut self.board)
            && (began >= self.count_after || !live)
        {
            let changed = self.reader.refresh(data, cursor).await?;
            if !changed.is_empty() {
                board.update(data, &changed);
                self.changed = true;
                self.counted();
            }
            self.count_after = Instant::now() + began.elapsed() * COUNTING_SHARE;
        }
        // the last estimates of a run are made at once
        let due = Instant::now() >= self.job_after || !live;
        if self.changed && self.job.is_none() && due {
            self.start_job();
        }
        Ok(())
    }

    /// The run's row, the numbers its process left, the log, the list of runs.
    async fn header(&mut self) -> Result<(), StoreError> {
        let now_ms = now_ms();
        if let Some(live) = self.reader.live(self.run.id).await? {
            let (at_ms, _, body) = live;
            let parsed: Option<Live> = serde_json::from_str(&body).ok();
            let stale = now_ms - at_ms > STALE_MS;
            self.dirty |= parsed != self.live;
            if let (Some(live), false) = (&parsed, stale)
                && now_ms - self.rated_at_ms >= 1000
            {
                self.rated_at_ms = now_ms;
                run::push(&mut self.rates, live);
            }
            self.live = parsed;
        }
        let due = self.runs_at.is_none_or(|at| at.elapsed() >= STILL);
        if due {
            self.runs_at = Some(Instant::now());
            let runs = self.reader.runs().await?;
            if let Some(row) = runs.iter().find(|r| r.id == self.run.id) {
                self.dirty |= *row != self.run;
                self.run = row.clone();
            }
            let held = harness::store::WriteLock::is_held(self.reader.path());
            let mut rows = Vec::with_capacity(runs.len());
            for row in runs.iter().rev() {
                let live =
                    if row.id == self.run.id { self.live.clone() } else { run::live(&self.reader, row.id).await? };
                rows.push(run::row(row, live.as_ref(), held));
            }
            if *self.snapshot.runs != rows {
                self.snapshot.runs = Arc::new(rows);
                self.dirty = true;
            }
            let info = run::info(&self.run, self.live.as_ref(), held);
            self.dirty |= info != self.snapshot.run;
            self.snapshot.run = info;
        } else if let Some(live) = &self.live {
            run::pause(&mut self.snapshot.run, live);
        }
        let events = self.reader.events_since(self.run.id, self.last_event).await?;
        if let Some(last) = events.last() {
            self.last_event = last.id;
            let log = Arc::make_mut(&mut self.snapshot.events);
            log.extend(events.into_iter().map(event));
            let surplus = log.len().saturating_sub(MOST_EVENTS);
            log.drain(..surplus);
            self.dirty = true;
        }
        self.snapshot.now_ms = now_ms;
        run::merge(&mut self.snapshot.progress, self.live.as_ref(), &self.run);
        self.snapshot.rates = self.rates.clone();
        Ok(())
    }

    /// Puts counts into the snapshot.
    fn counted(&mut self) {
        let (Some((data, _)), Some(board)) = (&self.loaded, &self.board) else { return };
        self.snapshot.progress = board.progress(data);
        run::merge(&mut self.snapshot.progress, self.live.as_ref(), &self.run);
        self.snapshot.problems = Arc::clone(&board.rows);
        self.snapshot.spread = board.spread();
        let mut verifiers = board.verifiers(data);
        for row in &mut verifiers {
            if let Some(old) = self.snapshot.verifiers.iter().find(|v| v.name == row.name) {
                estimates::keep(row, old);
            }
        }
        self.snapshot.verifiers = Arc::new(verifiers);
        self.dirty = true;
    }

    fn start_job(&mut self) {
        let Some(loaded) = self.loaded.take() else { return };
        self.changed = false;
        self.job_began = Instant::now();
        let others: Vec<Arc<RunData>> = self.overlays.values().cloned().collect();
        let settings = run::settings(&self.run);
        self.job = Some(tokio::task::spawn_blocking(move || {
            let estimates = estimates::make(&loaded.0, &others, &settings);
            (Some(loaded), estimates)
        }));
    }

    async fn finish_job(&mut self) {
        if !self.job.as_ref().is_some_and(JoinHandle::is_finished) {
            return;
        }
        let Some(job) = self.job.take() else { return };
        self.job_after = Instant::now() + (self.job_began.elapsed() * SHARE).max(Duration::from_secs(1));
        match job.await {
            Ok((loaded, estimates)) => {
                self.loaded = loaded;
                estimates.apply(&mut self.snapshot);
                self.dirty = true;
            }
            Err(error) => {
                // the data went with the job: read it again
                tracing::error!(run.id = self.run.id, %error, "estimates failed");
                self.loaded = self.reader.load(&self.run).await.ok();
                self.job_after += Duration::from_mins(1);
            }
        }
    }

    async fn answer(&mut self, request: Request) -> Result<(), StoreError> {
        match request {
            Request::Sample(key) => {
                let Some(name) = self.snapshot.problems.get(key.problem).map(|p| Arc::clone(&p.id)) else {
                    return Ok(());
                };
                if let Some(stored) = self.reader.sample(self.run.id, &name, key.index).await? {
                    let prompt = self.reader.problem(self.run.id, &name).await?.map(|p| p.prompt).unwrap_or_default();
                    let detail = detail::detail(key, prompt, stored);
                    // a closed channel is noticed by the next snapshot
                    let _ = self.messages.send(Message::Sample(Arc::new(detail))).await;
                }
            }
            Request::Open(id) => {
                if let Some(run) = self.reader.runs().await?.into_iter().find(|r| r.id == id) {
                    let overlays = std::mem::take(&mut self.overlays);
                    *self = Self::new(self.reader.clone(), run, self.messages.clone());
                    self.overlays = overlays;
                    self.overlays.remove(&id);
                    self.first().await?;
                }
            }
            Request::Overlay(id) if id == self.run.id => {
                let text = "this run is the open one; choose another to compare it with".to_owned();
                let _ = self.messages.send(Message::Notice(Level::Info, text)).await;
            }
            Request::Overlay(id) => {
                let text = if self.overlays.remove(&id).is_some() {
                    "compared no longer".to_owned()
                } else if let Some(run) = self.reader.runs().await?.into_iter().find(|r| r.id == id) {
                    let data = self.reader.run_data(&run).await?;
                    self.overlays.insert(id, Arc::new(data));
                    format!("{} is drawn over the curves (2) and compared below", run.name)
                } else {
                    return Ok(());
                };
                self.changed = true;
                self.job_after = Instant::now();
                let _ = self.messages.send(Message::Notice(Level::Info, text)).await;
                self.look().await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self) -> bool {
        if !std::mem::take(&mut self.dirty) {
            return !self.messages.is_closed();
        }
        self.messages.send(Message::Snapshot(Arc::new(self.snapshot.clone()))).await.is_ok()
    }
}

/// One row a problem, as the screen shows it.
pub(crate) fn rows_of(data: &RunData) -> Arc<Vec<crate::snapshot::ProblemRow>> {
    Board::new(data).rows
}

pub(crate) use detail::detail as detail_of;

fn event(row: harness::store::row::EventRow) -> EventRow {
    let level = match row.level.as_str() {
        "error" => Level::Error,
        "warn" => Level::Warn,
        _ => Level::Info,
    };
    EventRow { at_ms: row.at_ms, level, message: row.message }
}

/// Unix time. Unit: ms.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
