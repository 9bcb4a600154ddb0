//! Worker threads and the queue before them.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::cache::Cache;
use super::found::Found;
use super::outcomes::Batch;
use super::prepared::{calls_of, choose};
use super::worker::{Judged, Shared, Worker};
use crate::domain::Problem;

/// A verdict with the time that it took.
pub(super) type Timed = (Judged, Duration);

/// So many jobs of the queue are looked at for company.
const WINDOW: usize = 64;
/// The first in the queue is passed over so often at most.
const PATIENCE: u32 = 32;

/// One program of one sample, and the suite that judges it.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) problem: Arc<Problem>,
    pub(super) tests: Option<Arc<str>>,
    pub(super) sample: u32,
    pub(super) program: Arc<str>,
}

impl Order {
    /// The same program of the same sample, for another suite.
    fn is_company(&self, other: &Self) -> bool {
        self.sample == other.sample
            && Arc::ptr_eq(&self.problem, &other.problem)
            && self.tests != other.tests
            && self.program == other.program
    }

    fn calls(&self) -> usize {
        choose(&self.problem, self.tests.as_deref()).map_or(0, calls_of)
    }
}

struct Judge {
    order: Order,
    answer: oneshot::Sender<Timed>,
}

enum Job {
    Judge(Judge),
    Outcomes {
        program: String,
        batch: Arc<Batch>,
        answer: oneshot::Sender<Option<Vec<bool>>>,
    },
    /// Starts the processes of a worker that has nothing else to do yet.
    GetReady,
}

impl Job {
    fn is_company(&self, order: &Order) -> bool {
        matches!(self, Self::Judge(judge) if judge.order.is_company(order))
    }
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// What each worker judges; other suites of the same sample wait for that worker.
    running: Vec<Option<Order>>,
    passed_over: u32,
    /// Workers that shall start their processes.
    unready: Vec<usize>,
    closed: bool,
}

impl State {
    /// The job to take next: the one with the most company (other suites of the same sample), else the first. A problem that another
    /// worker is working out is left to it while there is anything else to do.
    fn choice(&mut self, cache: &Cache) -> Option<usize> {
        let free = |job: &Job| !self.running.iter().flatten().any(|order| job.is_company(order));
        let window = || self.jobs.iter().take(WINDOW);
        let company = |job: &Job| match job {
            Job::Judge(judge) => window().filter(|other| other.is_company(&judge.order)).count(),
            Job::Outcomes { .. } | Job::GetReady => 0,
        };
        let mut free: Vec<(usize, &Job)> =
            self.jobs.iter().enumerate().filter(|(_, job)| free(job)).take(WINDOW).collect();
        let at_work =
            |problem: &Arc<Problem>| self.running.iter().flatten().any(|order| Arc::ptr_eq(&order.problem, problem));
        let waits = |job: &Job| match job {
            Job::Judge(Judge { order, .. }) => at_work(&order.problem) && !cache.is_settled(&order.problem),
            Job::Outcomes { .. } | Job::GetReady => false,
        };
        let others: Vec<(usize, &Job)> = free.iter().copied().filter(|(_, job)| !waits(job)).collect();
        if !others.is_empty() {
            free = others;
        }
        let first = free.first()?.0;
        let best = free.iter().min_by_key(|(place, job)| (Reverse(company(job)), *place)).map_or(first, |(p, _)| *p);
        let chosen = if self.passed_over < PATIENCE { best } else { first };
        self.passed_over = if chosen == first { 0 } else { self.passed_over + 1 };
        Some(chosen)
    }

    fn take_all(&mut self, order: &Order) -> Vec<Judge> {
        let mut taken = Vec::new();
        for job in std::mem::take(&mut self.jobs) {
            match job {
                Job::Judge(judge) if judge.order.is_company(order) => taken.push(judge),
                other => self.jobs.push_back(other),
            }
        }
        taken
    }
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `false` when the queue is closed.
    fn push(&self, job: Job) -> bool {
        let mut state = self.lock();
        if !state.closed {
            state.jobs.push_back(job);
            self.changed.notify_one();
        }
        !state.closed
    }

    fn get_ready(&self, workers: usize) {
        self.lock().unready = (0..workers).collect();
        self.changed.notify_all();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// A job, if there is one.
    fn next(state: &mut State, worker: usize, cache: &Cache) -> Option<Job> {
        let job = state.choice(cache).and_then(|place| state.jobs.remove(place))?;
        if let Job::Judge(judge) = &job {
            state.running[worker] = Some(judge.order.clone());
        }
        Some(job)
    }

    /// Waits for a job, having called `idle` where there is none yet; `None` when the queue is closed and empty.
    fn take(&self, worker: usize, cache: &Cache, idle: impl FnOnce()) -> Option<Job> {
        let mut state = self.lock();
        if let Some(job) = Self::next(&mut state, worker, cache) {
            return Some(job);
        }
        drop(state);
        idle();
        let mut state = self.lock();
        loop {
            if let Some(job) = Self::next(&mut state, worker, cache) {
                return Some(job);
            }
            if state.closed && state.jobs.is_empty() {
                return None;
            }
            if let Some(place) = state.unready.iter().position(|unready| *unready == worker) {
                state.unready.swap_remove(place);
                return Some(Job::GetReady);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Adds other suites of the sample that this worker judges; with none left the sample is done.
    fn gather(&self, worker: usize, group: &mut Vec<Judge>) {
        let mut state = self.lock();
        let Some(order) = state.running[worker].clone() else { return };
        group.extend(state.take_all(&order));
        if group.is_empty() {
            state.running[worker] = None;
        }
    }
}

/// The threads; sandboxes belong to the thread that started them and die with it.
pub(super) struct Pool {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    pub(super) workers: usize,
    judged: Arc<AtomicU64>,
}

impl Pool {
    pub(super) fn start(shared: &Arc<Shared>, workers: usize) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::default());
        queue.lock().running = vec![None; workers];
        let judged = Arc::new(AtomicU64::new(0));
        let mut threads = Vec::with_capacity(workers);
        for number in 0..workers {
            let (queue, shared, judged) = (Arc::clone(&queue), Arc::clone(shared), Arc::clone(&judged));
            let thread = std::thread::Builder::new().name(format!("verify-{number}"));
            threads.push(thread.spawn(move || work(&queue, number, shared, &judged))?);
        }
        Ok(Self { queue, threads: Mutex::new(threads), workers, judged })
    }

    /// Has every worker start its processes before the first program comes.
    pub(super) fn get_ready(&self) {
        self.queue.get_ready(self.workers);
    }

    /// Judges one program; `None` when the pool is closed.
    pub(super) async fn judge(&self, order: Order) -> Option<Timed> {
        let (answer, verdict) = oneshot::channel();
        if !self.queue.push(Job::Judge(Judge { order, answer })) {
            return None;
        }
        verdict.await.ok()
    }

    /// Runs one program against many calls; `None` when the pool is closed or the machine failed.
    pub(super) async fn outcomes(&self, program: String, batch: Arc<Batch>) -> Option<Vec<bool>> {
        let (answer, outcomes) = oneshot::channel();
        if !self.queue.push(Job::Outcomes { program, batch, answer }) {
            return None;
        }
        outcomes.await.ok().flatten()
    }

    /// Ends the threads and everything they run.
    pub(super) async fn close(&self) {
        self.queue.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count()
        });
        if !matches!(joined.await, Ok(0)) {
            tracing::error!("a verifier's thread panicked");
        }
        tracing::debug!(judged = self.judged.load(Ordering::Relaxed), "the verifier's processes are ended");
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn work(queue: &Queue, number: usize, shared: Arc<Shared>, judged: &AtomicU64) {
    let mut worker = Worker::new(Arc::clone(&shared));
    while let Some(job) = queue.take(number, &shared.cache, || worker.tidy()) {
        // where nobody waits any more, the run was stopped
        match job {
            Job::Judge(judge) => {
                let (mut group, mut found) = (vec![judge], Vec::<Found>::new());
                loop {
                    queue.gather(number, &mut group);
                    if group.is_empty() {
                        break;
                    }
                    // what the longest suite finds often answers the others
                    group.sort_by_key(|judge| judge.order.calls());
                    let Some(Judge { order, answer }) = group.pop().filter(|judge| !judge.answer.is_closed()) else {
                        continue;
                    };
                    let verdict = worker.judge(&order, &mut found);
                    judged.fetch_add(1, Ordering::Relaxed);
                    // whoever asked may have gone meanwhile
                    let _ = answer.send(verdict);
                }
            }
            Job::Outcomes { program, batch, answer } if !answer.is_closed() => {
                let _ = answer.send(worker.outcomes(&program, &batch));
            }
            Job::Outcomes { .. } => {}
            Job::GetReady => worker.get_ready(),
        }
    }
}
