//! Verifiers that see all samples of a problem, or of the run, at once. They judge when sampling is over.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::mpsc;
use verifiers::domain::{Status, Verdict};
use verifiers::verifier::{Candidate, Scope};

use super::{ActiveVerifier, Session};
use crate::store::StoreError;
use crate::store::row::NewVerdict;
use crate::store::writer::{Write, Writer};

/// Judges what is not judged yet, each verifier after those it needs. Returns how many could not be judged.
pub(super) async fn judge(session: &Session) -> Result<u64, StoreError> {
    let mut left: Vec<&ActiveVerifier> = session
        .verifiers
        .iter()
        .filter(|a| !matches!(a.verifier.scope(), Scope::Sample { .. }) || !a.verifier.needs().is_empty())
        .collect();
    if left.is_empty() {
        return Ok(0);
    }
    let (committed, _acknowledged) = mpsc::unbounded_channel();
    let writer = Writer::start(&session.store, session.run.id, committed).await?;
    let sender = writer.sender();
    let mut unjudged = 0;
    while !left.is_empty() {
        let waiting: Vec<&str> = left.iter().map(|a| a.name.as_str()).collect();
        let ready = left.iter().position(|a| !a.verifier.needs().iter().any(|n| waiting.contains(&n.as_str())));
        // a circle of needs is refused with the config; here the first one goes without
        let active = left.remove(ready.unwrap_or(0));
        // what the verifiers before it said must be readable
        unjudged += judge_one(session, active, &sender).await?;
        wait_until_stored(&sender).await;
    }
    drop(sender);
    writer.finish().await?;
    Ok(unjudged)
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
) -> Result<u64, StoreError> {
    let reader = session.store.reader();
    let needed: Vec<i64> =
        session.verifiers.iter().filter(|v| active.verifier.needs().contains(&v.name)).map(|v| v.id).collect();
    let names: HashMap<i64, &str> = session.verifiers.iter().map(|v| (v.id, v.name.as_str())).collect();
    let whole_run = active.verifier.scope() == Scope::Run;
    let (mut batch, mut keys, mut complete, mut unjudged) = (Vec::new(), Vec::new(), true, 0);
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
        if !whole_run {
            if !complete {
                unjudged += judge_batch(active, &batch, &keys, sender).await;
            }
            batch.clear();
            keys.clear();
            complete = true;
        }
    }
    if whole_run && !complete {
        unjudged += judge_batch(active, &batch, &keys, sender).await;
    }
    Ok(unjudged)
}

async fn judge_batch(
    active: &ActiveVerifier,
    batch: &[Candidate],
    keys: &[(i64, u32)],
    sender: &mpsc::Sender<Write>,
) -> u64 {
    let verdicts = active.verifier.judge(batch).await;
    let mut unjudged = 0;
    for ((problem_id, sample_index), verdict) in keys.iter().zip(verdicts) {
        unjudged += u64::from(verdict.status == Some(Status::Unjudged));
        let row = NewVerdict { verifier_id: active.id, problem_id: *problem_id, sample_index: *sample_index, verdict };
        if sender.send(Write::Verdict(Box::new(row))).await.is_err() {
            break;
        }
    }
    unjudged
}
