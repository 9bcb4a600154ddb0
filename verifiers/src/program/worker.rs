//! One worker: its servers, and a sample from start to verdict.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant};

use super::cache::{Cache, Slot};
use super::child::{Line, Process, Stop};
use super::found::Found;
use super::pool::{Order, Timed};
use super::prepared::{Plan, Predicted, Prepared, TestsPlan};
use super::references::References;
use super::servers::{self, Driver, End, Fault, ForkServer, Setup};
use super::wire::Writer;
use crate::domain::Status;

/// A fork server is replaced after this many samples, a driver after this many runs.
const SERVED_MOST: u32 = 2000;
/// So many times the memory limit is there where the reference solution runs out of it.
const ROOM: u64 = 4;
/// The reference solution's time limit for all its calls.
pub(super) const REFERENCE_LIMIT: Duration = Duration::from_mins(1);
/// How often a broken machine is tried again.
const TRIES: u32 = 3;

pub(super) const SIGSYS: i64 = 31;
const SIGXCPU: i64 = 24;

/// What all workers share.
pub(super) struct Shared {
    pub(super) setup: Setup,
    pub(super) cache: Cache,
    /// Where what reference solutions show is kept.
    pub(super) references: Option<References>,
    pub(super) keys: AtomicU64,
    /// Held for reading by whoever judges, for writing by whoever must be alone.
    pub(super) gate: RwLock<()>,
}

impl Shared {
    /// What reference solutions show is kept in the folder `cache`, where there is one.
    pub(super) fn new(setup: Setup, cache: Option<&Path>) -> Self {
        let references = cache.and_then(|cache| References::open(cache, &setup));
        Self { setup, cache: Cache::default(), references, keys: AtomicU64::new(1), gate: RwLock::new(()) }
    }
}

/// What came of one sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) status: Status,
    pub(super) detail: String,
    pub(super) weak: bool,
    pub(super) flaky: bool,
}

impl Judged {
    pub(super) fn new(status: Status, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), weak: false, flaky: false }
    }

    fn is_out_of_threads(&self) -> bool {
        self.status == Status::Limit && self.detail.contains("can't start new thread")
    }
}

/// Where a candidate runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A child of the fork server: it may only compute.
    Forked,
    /// A sandbox of its own.
    Alone,
    /// The same with [`ROOM`] times the memory: the reference solution needs more than the limit.
    Roomy,
}

/// Whether calls are sent ahead of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ahead {
    Predicted,
    Nothing,
}

/// One way through a sample.
pub(super) enum Attempt {
    Judged(Judged),
    /// It tried what a computing child may not.
    NeedsMore,
    /// The tests called otherwise than predicted.
    Diverged,
    /// Out of time; whether it may have been the machine's fault.
    Late(Blame, Judged),
}

/// Why a sample was late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// It computed or slept all its time.
    Program,
    /// It had to wait for a processor and did not get its time.
    Machine,
}

/// What a talk with a candidate came to.
pub(super) enum Talk {
    Judged(Judged),
    Diverged,
}

/// Why a talk broke off.
pub(super) enum Broken {
    Stop(Stop),
    Fault(Fault),
}

impl From<Stop> for Broken {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Owns the processes of one thread.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    server: Option<ForkServer>,
    pub(super) driver: Option<Driver>,
    /// Calls that the last candidate got right, or at least answered where tests judge.
    pub(super) right: usize,
    /// The calls that it was sent ahead of tests.
    pub(super) ahead: Option<Arc<Predicted>>,
    /// Time that it took.
    spent: Duration,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, server: None, driver: None, right: 0, ahead: None, spent: Duration::ZERO }
    }

    /// Judges one program. A machine fault is `unjudged`. What other runs of the same program found is made use of.
    pub(super) fn judge(&mut self, order: &Order, found: &mut Vec<Found>) -> Timed {
        let begin = Instant::now();
        let shared = Arc::clone(&self.shared);
        let slot = shared.cache.slot(&order.problem, order.tests.as_ref());
        let turn = shared.gate.read().unwrap_or_else(PoisonError::into_inner);
        if !found.is_empty() {
            match self.prepared(&slot) {
                Ok(Ok(prepared)) => {
                    if let Some(known) = found.iter().find_map(|f| f.tells(&prepared)) {
                        return known;
                    }
                }
                Ok(Err(_)) => {}
                Err(_) => self.restart(),
            }
        }
        let first = self.judge_once(&slot, &order.program);
        drop(turn);
        let judged = match first {
            // near its limit on a busy machine: once more, alone
            Attempt::Late(Blame::Machine, judged) => {
                let _turn = shared.gate.write().unwrap_or_else(PoisonError::into_inner);
                match self.judge_once(&slot, &order.program) {
                    Attempt::Judged(again) if again.status != Status::Unjudged => Judged { flaky: true, ..again },
                    _ => judged,
                }
            }
            Attempt::Judged(judged) | Attempt::Late(_, judged) => judged,
            Attempt::NeedsMore | Attempt::Diverged => {
                Judged::new(Status::Unjudged, "the program could not be followed")
            }
        };
        let duration = begin.elapsed();
        if let Some(prepared) = slot.ready() {
            let judged = prepared.plan.doubted(judged);
            let (right, ahead, spent) = (self.right, self.ahead.take(), self.spent);
            found.push(Found { prepared, right, ahead, spent, judged: judged.clone(), duration });
            return (judged, duration);
        }
        (judged, duration)
    }

    /// Throws the processes away; the next sample starts new ones.
    pub(super) fn restart(&mut self) {
        self.server = None;
        self.driver = None;
    }

    fn judge_once(&mut self, slot: &Slot, program: &str) -> Attempt {
        let (mut place, mut ahead, mut tries, mut drivers) = (Place::Forked, Ahead::Predicted, 0, 0);
        loop {
            let attempt = match self.prepared(slot) {
                Ok(Ok(prepared)) => {
                    if prepared.roomy {
                        place = Place::Roomy;
                    }
                    self.attempt(&prepared, program, place, ahead)
                }
                Ok(Err(problem)) => return Attempt::Judged(Judged::new(Status::Unjudged, problem)),
                Err(fault) => Err(fault),
            };
            match attempt {
                Ok(Attempt::NeedsMore) if place == Place::Forked => place = Place::Alone,
                // threads of those before it may not be gone yet
                Ok(Attempt::Judged(judged)) if place == Place::Forked && judged.is_out_of_threads() => {
                    place = Place::Alone;
                }
                Ok(Attempt::Diverged) if ahead == Ahead::Predicted => ahead = Ahead::Nothing,
                Ok(attempt) => return attempt,
                Err(fault) => {
                    self.server = None;
                    self.driver = None;
                    tries += 1;
                    drivers += u32::from(matches!(fault, Fault::Driver));
                    tracing::warn!(error = %fault, tries, "the verifier's own processes failed");
                    // a server that this program might have brought down is not in play when it runs alone
                    if tries == TRIES - 1 {
                        place = Place::Alone;
                    }
                    if drivers >= TRIES {
                        return Attempt::Judged(Judged::new(
                            Status::Error,
                            "its results bring the tests down each time",
                        ));
                    }
                    if tries >= TRIES {
                        let source = std::error::Error::source(&fault).map(|s| format!(": {s}")).unwrap_or_default();
                        return Attempt::Judged(Judged::new(Status::Unjudged, format!("{fault}{source}")));
                    }
                }
            }
        }
    }

    pub(super) fn open(&mut self, place: Place, limit: Duration) -> Result<Line, Fault> {
        match place {
            Place::Forked => {}
            Place::Alone => return servers::alone(&self.shared.setup, limit),
            Place::Roomy => {
                let mut roomy = self.shared.setup.clone();
                roomy.limits.memory_bytes *= ROOM;
                return servers::alone(&roomy, limit);
            }
        }
        let server = match &mut self.server {
            Some(server) => server,
            none => none.insert(ForkServer::start(&self.shared.setup)?),
        };
        server.fork(limit)
    }

    /// Starts the server that nearly every sample needs. What fails here fails again, and is told, when there is a sample.
    pub(super) fn get_ready(&mut self) {
        if self.server.is_none() {
            self.server = ForkServer::start(&self.shared.setup).ok();
        }
    }

    /// Gives a candidate its job, and has the next child forked while it runs.
    pub(super) fn begin(&mut self, line: &mut Line, job: &[u8]) -> Result<(), Broken> {
        line.send(job)?;
        match (&line.process, &mut self.server) {
            (Process::Forked { .. }, Some(server)) if server.served < SERVED_MOST => Ok(server.order()?),
            _ => Ok(()),
        }
    }

    pub(super) fn close(&mut self, place: Place, line: Line) -> Result<End, Fault> {
        match (place, &mut self.server) {
            (Place::Forked, Some(server)) => server.end(line),
            _ => Ok(servers::end_alone(line)),
        }
    }

    /// Ends a candidate whose end tells nothing any more.
    pub(super) fn let_go(&mut self, line: Line) {
        match (&line.process, &mut self.server) {
            (Process::Forked { .. }, Some(server)) => server.let_go(line),
            (Process::Alone(..), _) => drop(servers::end_alone(line)),
            _ => line.process.kill(),
        }
    }

    /// Leaves nothing of the last candidates behind, where there is nothing else to do.
    pub(super) fn tidy(&mut self) {
        if self.server.as_mut().is_some_and(|server| server.tidy().is_err()) {
            self.server = None;
        }
    }

    fn attempt(&mut self, prepared: &Prepared, program: &str, place: Place, ahead: Ahead) -> Result<Attempt, Fault> {
        if self.server.as_ref().is_some_and(|s| s.served >= SERVED_MOST) {
            self.server = None;
        }
        let mut line = self.open(place, prepared.limit)?;
        (self.right, self.ahead) = (0, None);
        let talk = match &prepared.plan {
            Plan::Calls(plan) => self.compare_calls(plan, program, &mut line),
            Plan::Tests(TestsPlan { asserted: Some(plan), .. }) if ahead == Ahead::Predicted => {
                self.compare_calls(plan, program, &mut line)
            }
            Plan::Tests(plan) => self.run_tests(prepared.key, plan, program, ahead, &mut line),
        };
        self.conclude(talk, place, line)
    }

    /// Ends the candidate and reads how it ended, where the talk did not say.
    pub(super) fn conclude(&mut self, talk: Result<Talk, Broken>, place: Place, line: Line) -> Result<Attempt, Fault> {
        let limit = line.limit();
        self.spent = line.spent();
        let starved = line.scheduled.waited > limit / 20 && line.scheduled.ran < limit * 9 / 10;
        let blame = if starved { Blame::Machine } else { Blame::Program };
        let stop = match talk {
            Ok(talk) => {
                self.let_go(line);
                return Ok(match talk {
                    Talk::Judged(judged) => Attempt::Judged(judged),
                    Talk::Diverged => Attempt::Diverged,
                });
            }
            Err(Broken::Fault(fault)) => return Err(fault),
            Err(Broken::Stop(stop)) => stop,
        };
        let end = self.close(place, line)?;
        let late = || {
            let detail = format!("out of time: more than {} s", limit.as_secs_f64());
            Attempt::Late(blame, Judged::new(Status::Timeout, detail))
        };
        Ok(match stop {
            Stop::Timeout => late(),
            Stop::Flood => Attempt::Judged(Judged::new(Status::Limit, "its results are too large")),
            Stop::Memory => Attempt::Judged(Judged::new(Status::Limit, "its processes use too much memory")),
            Stop::Closed => match (end.exit, end.signal) {
                (_, Some(SIGSYS)) if place == Place::Forked => Attempt::NeedsMore,
                (_, Some(SIGXCPU)) => late(),
                (_, Some(signal)) => Attempt::Judged(Judged::new(
                    Status::Error,
                    format!("killed by signal {signal} before its tests were over"),
                )),
                (Some(code), _) => Attempt::Judged(Judged::new(
                    Status::Error,
                    format!("left with status {code} before its tests were over"),
                )),
                _ => Attempt::Judged(Judged::new(Status::Error, "gone before its tests were over")),
            },
        })
    }

    /// The problem, made ready by whoever comes first.
    fn prepared(&mut self, slot: &Slot) -> Result<Result<Arc<Prepared>, String>, Fault> {
        let mut once = match slot.once.try_lock() {
            Ok(once) => once,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                // another worker is at it: time to have the own processes ready
                self.get_ready();
                slot.once.lock().unwrap_or_else(PoisonError::into_inner)
            }
        };
        if let Some(done) = &*once {
            return Ok(done.clone());
        }
        let done = self.prepare(slot)?.map(Arc::new);
        Ok(once.insert(done).clone())
    }
}

/// The order that starts a candidate: it makes the calls until one fails.
pub(super) fn job(program: &str, calls: &[u8], changes: bool, output: u64) -> Vec<u8> {
    let mut w = Writer::default();
    w.tuple(5).text(program).raw(calls).bool(changes).bool(false).int(output);
    w.frame(b'J')
}

/// The order that has a candidate make all calls, each with processor time of its own; a careful one tells each result at once.
pub(super) fn every_call(program: &str, calls: &[u8], each: Duration, careful: bool, output: u64) -> Vec<u8> {
    let mut w = Writer::default();
    w.tuple(5).text(program).raw(calls).bool(false);
    w.tuple(2).int(u64::try_from(each.as_millis()).unwrap_or(u64::MAX).max(1)).bool(careful);
    w.int(output);
    w.frame(b'J')
}
