//! Verifiers that see all samples of a problem, or of the run, at once. They judge when sampling is over.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use verifiers::domain::{Status, Verdict};
use verifiers::model::Spent;
use verifiers::verifier::{Candidate, Scope, Verifier};

use super::{ActiveVerifier, Budget, Ending, Session};
use crate::store::StoreError;
use crate::store::row::NewVerdict;
use crate::store::writer::{Write, Writer};

mod fuse;

/// What came of it.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Verdicts that could not be had.
    pub(super) unjudged: u64,
    /// Finished, stopped by the user, or a budget that is used up.
    pub(super) ending: Ending,
}

/// Judges what is not judged yet, each verifier after those it needs.
pub(super) async fn judge(session: &Session) -> Result<Outcome, StoreError> {
    let mut left: Vec<&ActiveVerifier> = session
        .verifiers
        .iter()
        .filter(|a| !matches!(a.verifier.scope(), Scope::Sample { .. }) || !a.verifier.needs().is_empty())
        .collect();
    if left.is_empty() {
        return Ok(Outcome { unjudged: 0, ending: Ending::Finished });
    }
    let (committed, _acknowledged) = mpsc::unbounded_channel();
    let writer = Writer::start(&session.store, session.run.id, committed).await?;
    let sender = writer.sender();
    let mut spending = Spending::of(session).await?;
    let mut unjudged = 0;
    while !left.is_empty() && spending.ending == Ending::Finished {
        let waiting: Vec<&str> = left.iter().map(|a| a.name.as_str()).collect();
        let ready = left.iter().position(|a| !a.verifier.needs().iter().any(|n| waiting.contains(&n.as_str())));
        // a circle of needs is refused with the config; here the first one goes without
        let active = left.remove(ready.unwrap_or(0));
        // what the verifiers before it said must be readable
        unjudged += match active.verifier.fusion() {
            Some(_) => fuse::choose(session, active, &sender, &mut spending).await?,
            None => judge_one(session, active, &sender, &mut spending).await?,
        };
        wait_until_stored(&sender).await;
    }
    drop(sender);
    writer.finish().await?;
    Ok(Outcome { unjudged, ending: spending.ending })
}

/// What the run has spent, and whether it may go on.
struct Spending {
    budget: Budget,
    usd: Option<f64>,
    tokens: u64,
    ending: Ending,
}

impl Spending {
    async fn of(session: &Session) -> Result<Self, StoreError> {
        let reader = session.store.reader();
        let (usd, tokens, _) = reader.usage(session.run.id).await?;
        let (judging_usd, judging_tokens) = reader.judging_usage(session.run.id).await?;
        let mut all = Spent { cost_usd: usd, ..Spent::default() };
        all.add(Spent { cost_usd: judging_usd, ..Spent::default() });
        let budget = session.settings.budget;
        Ok(Self { budget, usd: all.cost_usd, tokens: tokens + judging_tokens, ending: Ending::Finished })
    }

    fn add(&mut self, spent: &Spent) {
        if let Some(cost) = spent.cost_usd {
            self.usd = Some(self.usd.unwrap_or(0.0) + cost);
        }
        self.tokens += spent.tokens();
    }

    /// Whether the next request may be made; notes why not.
    fn allows(&mut self, session: &Session, active: &ActiveVerifier) -> bool {
        if session.cancel.is_cancelled() {
            self.ending = Ending::Stopped;
        } else if let Some(which) = self.budget.spent_up(self.usd, self.tokens).filter(|_| active.verifier.spends()) {
            self.ending = Ending::Budget(which.to_owned());
        }
        self.ending == Ending::Finished
    }
}

/// The channel is empty and its whole capacity is back once everything sent was taken; a marker row then orders us
/// behind the transaction.
async fn wait_until_stored(sender: &mpsc::Sender<Write>) {
    while sender.capacity() < sender.max_capacity() && !sender.is_closed() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
}

async fn judge_one(
    session: &Session,
    active: &ActiveVerifier,
    sender: &mpsc::Sender<Write>,
    spending: &mut Spending,
) -> Result<u64, StoreError> {
    let reader = session.store.reader();
    let needed: Vec<i64> =
        session.verifiers.iter().filter(|v| active.verifier.needs().contains(&v.name)).map(|v| v.id).collect();
    let names: HashMap<i64, &str> = session.verifiers.iter().map(|v| (v.id, v.name.as_str())).collect();
    let whole_run = active.verifier.scope() == Scope::Run;
    let (mut batch, mut keys, mut complete, mut unjudged) = (Vec::new(), Vec::new(), true, 0);
    // several problems at once: the end of one leaves no worker idle
    let mut running = JoinSet::new();
    for problem in &session.problems {
        let mut said: HashMap<u32, BTreeMap<String, Verdict>> = HashMap::new();
        for id in &needed {
            for (index, verdict) in reader.verdicts_of(*id, problem.id).await? {
                said.entry(index).or_default().insert(names[id].to_owned(), verdict);
            }
        }
        let done: HashMap<u32, Verdict> = reader.verdicts_of(active.id, problem.id).await?.into_iter().collect();
        for (sample_index, completion) in reader.completions_of(session.run.id, problem.id).await? {
            complete &= done.get(&sample_index).is_some_and(|v| v.status != Some(Status::Unjudged));
            keys.push((problem.id, sample_index));
            batch.push(Candidate {
                problem: Arc::clone(&problem.problem),
                sample_index,
                completion,
                verdicts: said.remove(&sample_index).unwrap_or_default(),
            });
        }
        if whole_run {
            continue;
        }
        let (whole, its_keys) = (std::mem::take(&mut batch), std::mem::take(&mut keys));
        if std::mem::replace(&mut complete, true) {
            continue;
        }
        while running.len() >= active.verifier.concurrency().max(1) {
            unjudged += store(active, running.join_next().await, sender, spending).await;
        }
        if !spending.allows(session, active) {
            break;
        }
        running.spawn(judge_batch(Arc::clone(&active.verifier), whole, its_keys));
    }
    if whole_run && !complete && spending.allows(session, active) {
        running.spawn(judge_batch(Arc::clone(&active.verifier), batch, keys));
    }
    while !running.is_empty() {
        unjudged += store(active, running.join_next().await, sender, spending).await;
    }
    Ok(unjudged)
}

/// Samples by problem's row and index, with what was said of them.
type Judged = (Vec<(i64, u32)>, Vec<Verdict>);

async fn judge_batch(verifier: Arc<dyn Verifier>, batch: Vec<Candidate>, keys: Vec<(i64, u32)>) -> Judged {
    (keys, verifier.judge(&batch).await)
}

/// Sends verdicts to the store; returns how many could not be had.
async fn store(
    active: &ActiveVerifier,
    judged: Option<Result<Judged, JoinError>>,
    sender: &mpsc::Sender<Write>,
    spending: &mut Spending,
) -> u64 {
    let (keys, verdicts) = match judged {
        Some(Ok(judged)) => judged,
        Some(Err(error)) => {
            tracing::error!(error = %error, verifier = active.name, "a verifier failed");
            return 1;
        }
        None => return 0,
    };
    let mut unjudged = 0;
    for ((problem_id, sample_index), verdict) in keys.into_iter().zip(verdicts) {
        unjudged += u64::from(verdict.status == Some(Status::Unjudged));
        if let Some(spent) = &verdict.spent {
            spending.add(spent);
        }
        let row = NewVerdict { verifier_id: active.id, problem_id, sample_index, verdict };
        if sender.send(Write::Verdict(Box::new(row))).await.is_err() {
            break;
        }
    }
    unjudged
}
