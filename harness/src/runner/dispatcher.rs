//! The one owner of a session's state.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use verifiers::domain::{Role, Status};
use verifiers::model::{Halt, Request, Response};

use super::judges::{Judges, Waiting};
use super::oddities::Oddities;
use super::progress::{Phase, Rates};
use super::spent::{SAMPLES, Spent};
use super::{Ending, Progress, Session, Summary, whole};
use crate::plan::{Key, Plan, Sampling, sample_seed};
use crate::store::StoreError;
use crate::store::writer::{Committed, Write, Writer};

pub(super) mod arrivals;
mod telling;

/// How often progress is told and wishes are read.
const TICK: Duration = Duration::from_millis(250);
/// How long requests under way may take to end when the session is stopped.
const GRACE: Duration = Duration::from_secs(10);
/// How long it may take them to say that they were broken off.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Stored samples that wait for a verdict are read in pages of this size.
const PAGE: u32 = 1000;

/// What is watched of a problem.
#[derive(Debug, Clone, Default)]
struct ProblemState {
    stored: u32,
    judged: u32,
    accepted: u32,
    closed: bool,
    /// Samples asked for whose verdict is not in; watched where sampling depends on verdicts.
    undecided: u32,
}

pub(super) struct Dispatcher {
    session: Session,
    plan: Plan,
    requests: JoinSet<(Key, Response)>,
    judges: Judges,
    writes: mpsc::Sender<Write>,
    progress: Progress,
    rates: Rates,
    started: Instant,
    session_tokens: u64,
    session_verdicts: u64,
    spent: Spent,
    /// The budget that ended sampling; what is there is still judged.
    budget_reached: Option<&'static str>,
    states: Vec<ProblemState>,
    places: HashMap<i64, usize>,
    /// For each judge: the row id up to which stored samples were queued; `None`: all of them.
    backlog: Vec<Option<i64>>,
    backlog_end: i64,
    /// Samples that were sent to the writer and are not acknowledged.
    unacknowledged: usize,
    unacknowledged_verdicts: usize,
    deciding: Option<i64>,
    ending: Option<Ending>,
    oddities: Oddities,
    /// What held everything up when it was looked at last.
    trouble: Option<String>,
    /// Samples that were asked for and are not answered.
    asked: u64,
    /// Samples that were planned and then not asked for, because the session ends.
    dropped: u64,
}

impl Dispatcher {
    pub(super) async fn run(session: Session) -> Result<Summary, StoreError> {
        let (committed_sender, committed) = mpsc::unbounded_channel();
        let writer = Writer::start(&session.store, session.run.id, committed_sender).await?;
        let mut this = Self::new(session, writer.sender()).await?;
        let looped = this.main_loop(committed, &writer).await;
        this.requests.shutdown().await;
        this.judges.abort().await;
        let reached = this.budget_reached.filter(|_| this.plan.remaining() + this.dropped > 0);
        let budget = reached.map(|which| Ending::Budget(which.to_owned()));
        // what was sent is stored, whatever ended the loop; the writer's own failure explains a loop that broke
        let (mut progress, sender, run_progress, session, ending) = this.into_parts();
        drop(sender);
        writer.finish().await?;
        looped?;
        let mut ending = ending.or(budget).unwrap_or(Ending::Finished);
        if ending == Ending::Finished {
            let judged = whole::judge(&session).await?;
            progress.unjudged += judged.unjudged;
            ending = judged.ending;
        }
        for active in &session.verifiers {
            let remarks = active.verifier.remarks();
            if !remarks.is_empty() {
                session.store.set_remarks(active.id, &remarks).await?;
            }
            active.verifier.close().await;
        }
        progress.phase = Phase::Done;
        run_progress.send_replace(progress.clone());
        Ok(Summary { ending, progress })
    }

    fn into_parts(
        self,
    ) -> (Progress, mpsc::Sender<Write>, tokio::sync::watch::Sender<Progress>, Session, Option<Ending>) {
        let progress = self.session.progress.clone();
        (self.progress, self.writes, progress, self.session, self.ending)
    }

    async fn new(session: Session, writes: mpsc::Sender<Write>) -> Result<Self, StoreError> {
        let reader = session.store.reader();
        let (run_id, settings) = (session.run.id, &session.settings);
        // wishes for a session that is over
        session.store.take_controls(run_id).await?;
        let ids: Vec<i64> = session.problems.iter().map(|p| p.id).collect();
        let stored = session.store.stored_indices(run_id).await?;
        let step = session.model.as_ref().map_or(1, |m| m.preferred_n());
        let mut plan = Plan::new(settings.order, settings.samples, step, &ids, &stored);
        let places: HashMap<i64, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let mut states = vec![ProblemState::default(); ids.len()];
        for (id, indices) in &stored {
            if let Some(&place) = places.get(id) {
                states[place].stored = u32::try_from(indices.len()).unwrap_or(u32::MAX);
            }
        }
        let judges = Judges::new(&session.verifiers, settings.dedupe);
        let deciding = [Role::Selector, Role::Oracle]
            .into_iter()
            .find_map(|role| session.verifiers.iter().find(|v| v.role == role))
            .map(|v| v.id);
        if settings.sampling != Sampling::Fixed
            && let Some(id) = deciding
        {
            for (place, problem) in ids.iter().enumerate() {
                for (_, verdict) in reader.verdicts_of(id, *problem).await? {
                    states[place].judged += 1;
                    states[place].accepted += u32::from(verdict.status == Some(Status::Pass));
                }
                if settings.sampling.closes(states[place].judged, states[place].accepted).is_some() {
                    states[place].closed = true;
                    plan.close(place);
                }
            }
        }
        let (cost_usd, tokens, samples_done) = reader.usage(run_id).await?;
        let (judging_usd, judging_tokens) = reader.judging_usage(run_id).await?;
        let cost_usd = add(cost_usd, judging_usd);
        let tokens = tokens + judging_tokens;
        let samples_total = samples_done + if session.model.is_some() { plan.remaining() } else { 0 };
        let mut backlog = Vec::new();
        let mut waiting = 0;
        for (_, verifier_id) in judges.ids() {
            waiting += reader.count_unjudged(run_id, verifier_id).await?;
            backlog.push(Some(0));
        }
        let verdicts_total = samples_total * judges.len() as u64;
        let progress = Progress {
            samples_done,
            samples_total,
            verdicts_done: (samples_done * judges.len() as u64).saturating_sub(waiting),
            verdicts_total,
            problems_total: ids.len() as u64,
            tokens,
            cost_usd,
            budget_usd: settings.budget.usd,
            ..Progress::default()
        };
        Ok(Self {
            backlog_end: reader.last_sample_id(run_id).await?,
            plan,
            requests: JoinSet::new(),
            judges,
            writes,
            progress,
            rates: Rates::new(),
            started: Instant::now(),
            session_tokens: 0,
            session_verdicts: 0,
            spent: Spent::new(settings, cost_usd, tokens),
            budget_reached: None,
            oddities: Oddities::new(states.len()),
            trouble: None,
            asked: 0,
            dropped: 0,
            states,
            places,
            backlog,
            unacknowledged: 0,
            unacknowledged_verdicts: 0,
            deciding,
            ending: None,
            session,
        })
    }

    async fn main_loop(
        &mut self,
        mut committed: mpsc::UnboundedReceiver<Committed>,
        writer: &Writer,
    ) -> Result<(), StoreError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let cancel = self.session.cancel.clone();
        let mut stopping_since: Option<Instant> = None;
        loop {
            if writer.is_finished() {
                // its error is the one to tell
                return Ok(());
            }
            if self.ending.is_none() {
                self.read_backlog().await?;
                self.issue();
                // a judge that must be paid asks no more when the budget is used up
                if let Some(which) = self.spent_up().filter(|_| self.judges.would_spend()) {
                    self.end(Ending::Budget(which.to_owned()));
                    continue;
                }
                self.judges.start();
            }
            if self.is_over() {
                return self.tell().await;
            }
            tokio::select! {
                () = cancel.cancelled(), if self.ending.is_none() => self.end(Ending::Stopped),
                Some(done) = self.requests.join_next(), if !self.requests.is_empty() => {
                    if let Ok((key, response)) = done {
                        self.take_response(key, response).await;
                    }
                }
                Some(news) = committed.recv() => self.take_committed(news).await,
                verdicts = self.judges.next(), if self.ending.is_none() => self.store_verdicts(verdicts).await,
                _ = tick.tick() => self.tell().await?,
            }
            // requests that end a budget are paid for: they are waited for, unless the user stops that too
            if self.ending.is_some() && (!matches!(self.ending, Some(Ending::Budget(_))) || cancel.is_cancelled()) {
                let since = *stopping_since.get_or_insert_with(Instant::now);
                if since.elapsed() > GRACE {
                    self.halt(Halt::All);
                }
                if since.elapsed() > GRACE + LAST_WORDS {
                    self.requests.shutdown().await;
                }
            }
        }
    }

    fn is_over(&self) -> bool {
        let stored = self.unacknowledged == 0 && self.unacknowledged_verdicts == 0;
        if self.ending.is_some() {
            return self.requests.is_empty() && stored;
        }
        self.is_sampled() && stored && self.judges.is_idle() && self.backlog.iter().all(Option::is_none)
    }

    /// No sample is under way, and none will be asked for.
    fn is_sampled(&self) -> bool {
        let nothing_left = || self.budget_reached.is_some() || self.plan.remaining() == 0;
        self.session.model.is_none() || (self.requests.is_empty() && nothing_left())
    }

    fn end(&mut self, ending: Ending) {
        if self.ending.is_none() {
            tracing::info!(?ending, "the session ends");
            self.progress.phase = Phase::Stopping;
            self.ending = Some(ending);
            self.halt(Halt::Unsent);
        }
    }

    fn halt(&self, which: Halt) {
        if let Some(model) = &self.session.model {
            model.halt(which);
        }
    }

    /// Makes as many requests as are allowed now.
    fn issue(&mut self) {
        let Some(model) = self.session.model.clone() else { return };
        while self.budget_reached.is_none() && !self.progress.paused && self.requests.len() < self.ceiling() {
            let waiting = self.judges.pending() + self.unacknowledged;
            if waiting >= self.session.settings.backlog {
                return;
            }
            if let Some(which) = self.used_up() {
                tracing::info!(budget = which, "no more samples are drawn");
                self.budget_reached = Some(which);
                // samples count when they are asked for, money and tokens when they are spent
                if which != SAMPLES {
                    self.halt(Halt::Unsent);
                }
                return;
            }
            let key = if self.session.settings.sampling == Sampling::Fixed {
                self.plan.next_key()
            } else {
                self.plan.next_ready(|place| self.states[place].undecided == 0)
            };
            let Some(key) = key else { return };
            self.states[key.place].undecided += key.n;
            let problem = &self.session.problems[key.place];
            let Some(prompt) = problem.prompt.clone() else { continue };
            let request = Request {
                problem: problem.problem.id.clone(),
                first_index: key.first_index,
                n: key.n,
                seed: sample_seed(self.session.settings.seed, &problem.problem.id, key.first_index),
                prompt,
            };
            let model = Arc::clone(&model);
            self.asked += u64::from(key.n);
            self.requests.spawn(async move {
                let response = model.generate(&request).await;
                (key, response)
            });
        }
    }

    fn ceiling(&self) -> usize {
        self.session.settings.concurrency.max(1)
    }

    fn spent_up(&self) -> Option<&'static str> {
        self.spent.spent_up()
    }

    fn used_up(&self) -> Option<&'static str> {
        let drawn = self.progress.samples_done + self.asked + self.unacknowledged as u64;
        self.spent.used_up(drawn, self.started.elapsed())
    }

    /// Queues stored samples that have no verdict yet, a page at a time.
    async fn read_backlog(&mut self) -> Result<(), StoreError> {
        let judges: Vec<(usize, i64)> = self.judges.ids().collect();
        for (judge, verifier_id) in judges {
            let Some(after) = self.backlog[judge] else { continue };
            if self.judges.queued(judge) >= PAGE as usize {
                continue;
            }
            let reader = self.session.store.reader();
            let page = reader.unjudged(self.session.run.id, verifier_id, after, PAGE).await?;
            let full = page.len() == PAGE as usize;
            self.backlog[judge] = page.last().map(|row| row.0).filter(|id| full && *id < self.backlog_end);
            for (id, problem_id, sample_index, completion) in page {
                let Some(&place) = self.places.get(&problem_id) else { continue };
                if id > self.backlog_end {
                    continue;
                }
                let problem = Arc::clone(&self.session.problems[place].problem);
                let waiting = Waiting { problem_id, problem, sample_index, completion };
                if let Some(verdict) = self.judges.push(judge, waiting) {
                    self.store_verdicts(vec![verdict]).await;
                }
            }
        }
        Ok(())
    }
}

/// A sum in which what is unknown counts as nothing, unless all of it is.
fn add(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    if a.is_none() && b.is_none() { None } else { Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)) }
}
