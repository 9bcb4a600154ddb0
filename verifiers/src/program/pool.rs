//! Worker threads and the queue before them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::outcomes::Batch;
use super::worker::{Judged, Shared, Worker};
use crate::domain::Problem;

/// A verdict with the time that it took.
pub(super) type Timed = (Judged, Duration);

enum Job {
    Judge { problem: Arc<Problem>, program: String, answer: oneshot::Sender<Timed> },
    Outcomes { program: String, batch: Arc<Batch>, answer: oneshot::Sender<Option<Vec<bool>>> },
}

/// The threads; sandboxes belong to the thread that started them and die with it.
pub(super) struct Pool {
    queue: Mutex<Option<Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    pub(super) workers: usize,
    judged: Arc<AtomicU64>,
}

impl Pool {
    pub(super) fn start(shared: &Arc<Shared>, workers: usize) -> std::io::Result<Self> {
        let (sender, receiver) = channel::<Job>();
        let receiver = Arc::new(Mutex::new(receiver));
        let judged = Arc::new(AtomicU64::new(0));
        let mut threads = Vec::with_capacity(workers);
        for number in 0..workers {
            let (receiver, shared, judged) = (Arc::clone(&receiver), Arc::clone(shared), Arc::clone(&judged));
            let thread = std::thread::Builder::new().name(format!("verify-{number}"));
            threads.push(thread.spawn(move || work(&receiver, shared, &judged))?);
        }
        Ok(Self { queue: Mutex::new(Some(sender)), threads: Mutex::new(threads), workers, judged })
    }

    /// Judges one program; `None` when the pool is closed.
    pub(super) async fn judge(&self, problem: Arc<Problem>, program: String) -> Option<Timed> {
        let (answer, verdict) = oneshot::channel();
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        queue.send(Job::Judge { problem, program, answer }).ok()?;
        drop(queue);
        verdict.await.ok()
    }

    /// Runs one program against many calls; `None` when the pool is closed or the machine failed.
    pub(super) async fn outcomes(&self, program: String, batch: Arc<Batch>) -> Option<Vec<bool>> {
        let (answer, outcomes) = oneshot::channel();
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        queue.send(Job::Outcomes { program, batch, answer }).ok()?;
        drop(queue);
        outcomes.await.ok().flatten()
    }

    /// Ends the threads and everything they run.
    pub(super) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
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

fn work(queue: &Mutex<Receiver<Job>>, shared: Arc<Shared>, judged: &AtomicU64) {
    let mut worker = Worker::new(shared);
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // where nobody waits any more, the run was stopped
        match job {
            Job::Judge { problem, program, answer } if !answer.is_closed() => {
                let begin = Instant::now();
                let verdict = worker.judge(&problem, &program);
                judged.fetch_add(1, Ordering::Relaxed);
                // whoever asked may have gone meanwhile
                let _ = answer.send((verdict, begin.elapsed()));
            }
            Job::Outcomes { program, batch, answer } if !answer.is_closed() => {
                let _ = answer.send(worker.outcomes(&program, &batch));
            }
            Job::Judge { .. } | Job::Outcomes { .. } => {}
        }
    }
}
