//! Choices among samples: the groups that have none yet are shown to the model; what it writes is judged by the oracle.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use verifiers::domain::{Role, Status};
use verifiers::fusion::{Choice, Group};
use verifiers::verifier::Candidate;

use super::Spending;
use crate::runner::{ActiveVerifier, RunProblem, Session};
use crate::store::StoreError;
use crate::store::choice::ChoiceRow;
use crate::store::row::NewVerdict;
use crate::store::writer::Write;

/// Asks about the groups of all problems. Returns how many have no choice, or one that could not be judged.
pub(super) async fn choose(
    session: &Session,
    active: &ActiveVerifier,
    sender: &mpsc::Sender<Write>,
    spending: &mut Spending,
) -> Result<u64, StoreError> {
    let mut known: HashMap<(i64, u32, u32), ChoiceRow> = HashMap::new();
    for row in session.store.reader().choices(session.run.id).await? {
        if row.verifier_id == active.id {
            known.insert((row.problem_id, row.size, row.number), row);
        }
    }
    let mut missing = 0;
    for problem in &session.problems {
        missing += problem_groups(session, active, problem, &known, sender, spending).await?;
        if spending.ending != crate::runner::Ending::Finished {
            break;
        }
    }
    Ok(missing)
}

async fn problem_groups(
    session: &Session,
    active: &ActiveVerifier,
    problem: &RunProblem,
    known: &HashMap<(i64, u32, u32), ChoiceRow>,
    sender: &mpsc::Sender<Write>,
    spending: &mut Spending,
) -> Result<u64, StoreError> {
    let samples: HashMap<u32, Candidate> = session
        .store
        .reader()
        .completions_of(session.run.id, problem.id)
        .await?
        .into_iter()
        .map(|(sample_index, completion)| {
            let verdicts = std::collections::BTreeMap::new();
            (sample_index, Candidate { problem: Arc::clone(&problem.problem), sample_index, completion, verdicts })
        })
        .collect();
    let mut indices: Vec<u32> = samples.keys().copied().collect();
    indices.sort_unstable();
    let groups = active.verifier.fusion().map_or_else(Vec::new, |f| f.groups(&problem.problem, &indices));
    let (mut missing, mut running) = (0, JoinSet::new());
    for group in groups {
        let old = known.get(&(problem.id, group.size, group.number)).filter(|row| row.members == group.members);
        match old {
            Some(row) if row.picked.is_some() => {}
            Some(row) if row.written.is_some() => missing += judge_written(session, problem, row.clone()).await?,
            _ => {
                while running.len() >= active.verifier.concurrency() {
                    missing += take(&mut running, session, active, problem, sender, spending).await?;
                }
                if !spending.allows(session, active) {
                    break;
                }
                let members = group.members.iter().filter_map(|index| samples.get(index).cloned()).collect();
                running.spawn(ask(active.clone(), group, members));
            }
        }
    }
    while !running.is_empty() {
        missing += take(&mut running, session, active, problem, sender, spending).await?;
    }
    Ok(missing)
}

async fn ask(active: ActiveVerifier, group: Group, members: Vec<Candidate>) -> (Group, Choice) {
    let choice = match active.verifier.fusion() {
        Some(fusion) => fusion.choose(&group, &members).await,
        None => Choice::default(),
    };
    (group, choice)
}

/// Waits for one answer and stores it with what it used.
async fn take(
    running: &mut JoinSet<(Group, Choice)>,
    session: &Session,
    active: &ActiveVerifier,
    problem: &RunProblem,
    sender: &mpsc::Sender<Write>,
    spending: &mut Spending,
) -> Result<u64, StoreError> {
    let Some(Ok((group, choice))) = running.join_next().await else { return Ok(1) };
    spending.add(&choice.spent);
    let completion_tokens = choice.spent.completion_tokens.and_then(|n| u32::try_from(n).ok());
    let spent = NewVerdict::spent(active.id, problem.id, group.members.first().copied().unwrap_or(0), choice.spent);
    if sender.send(Write::Spent(Box::new(spent))).await.is_err() {
        tracing::debug!("the writer has ended");
    }
    let row = ChoiceRow {
        verifier_id: active.id,
        problem_id: problem.id,
        size: group.size,
        number: group.number,
        members: group.members,
        picked: choice.picked,
        written: choice.written,
        status: None,
        detail: choice.detail,
        completion_tokens,
    };
    if row.written.is_some() {
        return judge_written(session, problem, row).await;
    }
    let missing = u64::from(row.picked.is_none());
    session.store.put_choice(&row).await?;
    Ok(missing)
}

/// Has the oracle judge what was written, where it is there and has not yet.
async fn judge_written(session: &Session, problem: &RunProblem, mut row: ChoiceRow) -> Result<u64, StoreError> {
    let judged = |row: &ChoiceRow| row.status.is_some_and(|status| status != Status::Unjudged);
    let oracle = session.verifiers.iter().find(|v| v.role == Role::Oracle);
    if !judged(&row)
        && let (Some(oracle), Some(completion)) = (oracle, row.written.clone())
    {
        let candidate = Candidate {
            problem: Arc::clone(&problem.problem),
            sample_index: row.members.first().copied().unwrap_or(0),
            completion,
            verdicts: std::collections::BTreeMap::new(),
        };
        let verdict = oracle.verifier.judge(&[candidate]).await.into_iter().next();
        row.status = verdict.as_ref().and_then(|v| v.status);
        row.detail = verdict.and_then(|v| v.detail);
    }
    session.store.put_choice(&row).await?;
    Ok(u64::from(!judged(&row)))
}
