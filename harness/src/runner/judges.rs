//! Queues of samples that wait for a verifier, with verdicts shared between identical programs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use tokio::task::JoinSet;
use verifiers::domain::{Completion, Problem, Status, Verdict};
use verifiers::verifier::{Candidate, Scope, Verifier};

use crate::store::row::NewVerdict;

/// How many verdicts are kept to be shared.
const SHARED: usize = 100_000;

/// A verifier of the run and its row.
#[derive(Clone)]
pub struct ActiveVerifier {
    /// Its row.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: verifiers::domain::Role,
    /// What judges.
    pub verifier: Arc<dyn Verifier>,
}

impl std::fmt::Debug for ActiveVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActiveVerifier").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// One sample in a queue.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) problem_id: i64,
    pub(super) problem: Arc<Problem>,
    pub(super) sample_index: u32,
    pub(super) completion: Completion,
}

#[derive(Debug)]
struct Queued {
    waiting: Waiting,
    key: Option<[u8; 32]>,
}

/// What one call of a verifier gave.
#[derive(Debug)]
pub(super) struct Judged {
    judge: usize,
    batch: Vec<(i64, u32, Option<[u8; 32]>)>,
    verdicts: Vec<Verdict>,
}

struct Judge {
    active: ActiveVerifier,
    batch: usize,
    queue: VecDeque<Queued>,
    running: usize,
    /// Samples that wait for the verdict on an identical one.
    sharing: HashMap<[u8; 32], Vec<(i64, u32)>>,
    known: HashMap<[u8; 32], Verdict>,
    order: VecDeque<[u8; 32]>,
}

/// All verifiers that judge sample by sample.
pub(super) struct Judges {
    judges: Vec<Judge>,
    tasks: JoinSet<Judged>,
    dedupe: bool,
    pub(super) shared: u64,
}

impl Judges {
    pub(super) fn new(verifiers: &[ActiveVerifier], dedupe: bool) -> Self {
        let judges = verifiers
            .iter()
            .filter_map(|active| match active.verifier.scope() {
                Scope::Sample { batch } if active.verifier.needs().is_empty() => Some(Judge {
                    active: active.clone(),
                    batch: batch.max(1),
                    queue: VecDeque::new(),
                    running: 0,
                    sharing: HashMap::new(),
                    known: HashMap::new(),
                    order: VecDeque::new(),
                }),
                _ => None,
            })
            .collect();
        Self { judges, tasks: JoinSet::new(), dedupe, shared: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.judges.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        self.judges.iter().enumerate().map(|(place, judge)| (place, judge.active.id))
    }

    pub(super) fn queued(&self, judge: usize) -> usize {
        self.judges[judge].queue.len()
    }

    /// Verdicts still to come.
    pub(super) fn pending(&self) -> usize {
        self.judges.iter().map(|j| j.queue.len() + j.running).sum()
    }

    /// Queues a sample; returns the verdict at once where an identical program has one.
    pub(super) fn push(&mut self, judge: usize, waiting: Waiting) -> Option<NewVerdict> {
        let entry = &mut self.judges[judge];
        let candidate = candidate(&waiting);
        let key = if self.dedupe { entry.active.verifier.dedupe_key(&candidate) } else { None };
        if let Some(key) = key {
            if let Some(verdict) = entry.known.get(&key) {
                self.shared += 1;
                return Some(NewVerdict {
                    verifier_id: entry.active.id,
                    problem_id: waiting.problem_id,
                    sample_index: waiting.sample_index,
                    verdict: verdict.clone(),
                });
            }
            if let Some(others) = entry.sharing.get_mut(&key) {
                others.push((waiting.problem_id, waiting.sample_index));
                return None;
            }
            entry.sharing.insert(key, Vec::new());
        }
        entry.queue.push_back(Queued { waiting, key });
        None
    }

    /// Starts as many calls as the verifiers allow.
    pub(super) fn start(&mut self) {
        for (place, judge) in self.judges.iter_mut().enumerate() {
            while judge.running < judge.active.verifier.concurrency().max(1) && !judge.queue.is_empty() {
                let size = judge.batch.min(judge.queue.len());
                let (mut batch, mut candidates) = (Vec::with_capacity(size), Vec::with_capacity(size));
                for queued in judge.queue.drain(..size) {
                    candidates.push(candidate(&queued.waiting));
                    batch.push((queued.waiting.problem_id, queued.waiting.sample_index, queued.key));
                }
                let verifier = Arc::clone(&judge.active.verifier);
                judge.running += 1;
                self.tasks.spawn(async move {
                    let mut verdicts = verifier.judge(&candidates).await;
                    // a verifier that loses some has not judged them
                    verdicts.resize(candidates.len(), Verdict::unjudged("the verifier gave no verdict"));
                    Judged { judge: place, batch, verdicts }
                });
            }
        }
    }

    /// Waits for the next call to end; never ready when none is running.
    pub(super) async fn next(&mut self) -> Vec<NewVerdict> {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(judged)) => return self.finish(judged),
                // a panicking verifier leaves its samples without a verdict: the next session judges them again
                Some(Err(error)) => tracing::error!(error = %error, "a verifier failed"),
                None => std::future::pending().await,
            }
        }
    }

    /// Whether a verifier that must be paid has samples to judge.
    pub(super) fn would_spend(&self) -> bool {
        self.judges.iter().any(|judge| !judge.queue.is_empty() && judge.active.verifier.spends())
    }

    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.judges.iter().all(|j| j.queue.is_empty())
    }

    fn finish(&mut self, judged: Judged) -> Vec<NewVerdict> {
        let judge = &mut self.judges[judged.judge];
        judge.running -= 1;
        let verifier_id = judge.active.id;
        let mut verdicts = Vec::with_capacity(judged.batch.len());
        for ((problem_id, sample_index, key), verdict) in judged.batch.into_iter().zip(judged.verdicts) {
            if let Some(key) = key {
                // what was paid once is counted once
                let free = Verdict { spent: None, ..verdict.clone() };
                for (problem_id, sample_index) in judge.sharing.remove(&key).unwrap_or_default() {
                    self.shared += 1;
                    verdicts.push(NewVerdict { verifier_id, problem_id, sample_index, verdict: free.clone() });
                }
                // a machine fault is not worth sharing
                if verdict.status != Some(Status::Unjudged) {
                    judge.known.insert(key, free);
                    judge.order.push_back(key);
                    if judge.order.len() > SHARED
                        && let Some(old) = judge.order.pop_front()
                    {
                        judge.known.remove(&old);
                    }
                }
            }
            verdicts.push(NewVerdict { verifier_id, problem_id, sample_index, verdict });
        }
        verdicts
    }

    /// Forgets what waits and stops what runs.
    pub(super) async fn abort(&mut self) {
        for judge in &mut self.judges {
            judge.queue.clear();
        }
        self.tasks.shutdown().await;
    }
}

fn candidate(waiting: &Waiting) -> Candidate {
    Candidate {
        problem: Arc::clone(&waiting.problem),
        sample_index: waiting.sample_index,
        completion: waiting.completion.clone(),
        verdicts: BTreeMap::new(),
    }
}
