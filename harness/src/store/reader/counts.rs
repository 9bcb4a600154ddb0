//! Counts for estimates: a whole run at once, and changes since a cursor.

use std::collections::HashMap;
use std::sync::Arc;

use verifiers::domain::{Outcome, ProblemId, Status};

use super::super::StoreError;
use super::super::row::RunRow;
use super::super::runs::corrupt;
use super::{Reader, packed};
use crate::analysis::{ChoiceData, Chosen, ProblemData, RunData, SampleData, VerifierInfo};

/// Rows that are worth a thread of their own.
const WORTH_A_THREAD: i64 = 50_000;

/// How far a reader has seen a run. Made by [`Reader::load`], moved by [`Reader::refresh`].
#[derive(Debug, Clone)]
pub struct Cursor {
    run_id: i64,
    sample_id: i64,
    verdict_id: i64,
    /// Row id of a problem to its place.
    places: HashMap<i64, usize>,
    /// Row id of a verifier to its place.
    verifiers: HashMap<i64, usize>,
    /// Per problem: text hash to the first index that has it.
    firsts: Vec<HashMap<i64, u32>>,
}

impl Reader {
    /// A run in memory, as far as it is stored now.
    pub async fn run_data(&self, run: &RunRow) -> Result<RunData, StoreError> {
        Ok(self.load(run).await?.0)
    }

    /// A run in memory and a cursor to keep it up to date.
    pub async fn load(&self, run: &RunRow) -> Result<(RunData, Cursor), StoreError> {
        let verifiers = self.verifiers(run.id).await?;
        let problems: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "SELECT p.id, p.name, p.group_name FROM run_problem r JOIN problem p ON p.id = r.problem_id
             WHERE r.run_id = ? ORDER BY p.ordinal",
        )
        .bind(run.id)
        .fetch_all(&self.pool)
        .await?;
        let (mut usage, mut remarks) = (self.verifier_usage(run.id).await?, self.remarks(run.id).await?);
        let mut choices: HashMap<i64, Vec<ChoiceData>> = HashMap::new();
        for row in self.choices(run.id).await? {
            let Some(problem) = problems.iter().position(|p| p.0 == row.problem_id) else { continue };
            let chosen = match (row.picked, row.written) {
                (Some(sample), _) => Chosen::Sample(sample),
                (None, Some(_)) => Chosen::Written(row.status.and_then(Status::accepted)),
                (None, None) => Chosen::Nothing,
            };
            let choice = ChoiceData { problem, size: row.size, chosen, completion_tokens: row.completion_tokens };
            choices.entry(row.verifier_id).or_default().push(choice);
        }
        let mut cursor = Cursor {
            run_id: run.id,
            sample_id: 0,
            verdict_id: 0,
            places: problems.iter().enumerate().map(|(i, p)| (p.0, i)).collect(),
            verifiers: verifiers.iter().enumerate().map(|(i, v)| (v.id, i)).collect(),
            firsts: vec![HashMap::new(); problems.len()],
        };
        let mut data = RunData {
            name: run.name.clone(),
            samples_wanted: run.samples,
            sampling: run.sampling.clone(),
            imported: run.is_imported(),
            verifiers: verifiers
                .iter()
                .map(|v| VerifierInfo {
                    choices: choices.remove(&v.id).unwrap_or_default(),
                    usage: usage.remove(&v.id),
                    remarks: remarks.remove(&v.id).unwrap_or_default(),
                    ..VerifierInfo::new(&v.name, &v.kind, v.role)
                })
                .collect(),
            problems: problems
                .into_iter()
                .map(|(_, name, group)| ProblemData {
                    id: ProblemId(name),
                    group: group.map(Arc::from),
                    samples: Vec::new(),
                    verdicts: vec![Vec::new(); verifiers.len()],
                })
                .collect(),
        };
        self.refresh(&mut data, &mut cursor).await?;
        Ok((data, cursor))
    }

    /// Adds what was stored since the cursor. Returns the places of the problems that changed.
    pub async fn refresh(&self, data: &mut RunData, cursor: &mut Cursor) -> Result<Vec<usize>, StoreError> {
        let mut changed = vec![false; data.problems.len()];
        // asked first: a sample is committed before its verdict, so every verdict up to here finds its sample
        let last_verdict: i64 =
            sqlx::query_scalar("SELECT ifnull(max(id), 0) FROM verdict").fetch_one(&self.pool).await?;
        self.read_samples(data, cursor, &mut changed).await?;
        self.read_verdicts(data, cursor, &mut changed, last_verdict).await?;
        Ok(changed.iter().enumerate().filter(|(_, c)| **c).map(|(i, _)| i).collect())
    }

    async fn read_samples(
        &self,
        data: &mut RunData,
        cursor: &mut Cursor,
        changed: &mut [bool],
    ) -> Result<(), StoreError> {
        let last: i64 = sqlx::query_scalar("SELECT ifnull(max(id), 0) FROM sample").fetch_one(&self.pool).await?;
        let mut ids = (cursor.sample_id, last);
        if cursor.sample_id == 0 {
            // skip what other runs stored before and after
            let (first, end): (Option<i64>, Option<i64>) =
                sqlx::query_as("SELECT min(id), max(id) FROM sample WHERE run_id = ? AND id <= ?")
                    .bind(cursor.run_id)
                    .bind(last)
                    .fetch_one(&self.pool)
                    .await?;
            ids = first.zip(end).map_or((last, last), |(first, end)| (first - 1, end));
        }
        let reading: Vec<_> = parts(ids.0, ids.1)
            .into_iter()
            .map(|(after, end)| {
                let (sender, chunks) = tokio::sync::mpsc::unbounded_channel();
                (tokio::spawn(packed::samples(self.pool.clone(), cursor.run_id, after, end, sender)), chunks)
            })
            .collect();
        // one part after the other, so that most samples are put behind those that are there
        for (task, mut chunks) in reading {
            while let Some(chunk) = chunks.recv().await {
                for stored in chunk {
                    let Some(&place) = cursor.places.get(&stored.problem) else { continue };
                    insert_sample(&mut data.problems[place], stored.sample, stored.hash, &mut cursor.firsts[place]);
                    changed[place] = true;
                }
            }
            task.await.map_err(|_join| corrupt("sample"))??;
        }
        cursor.sample_id = cursor.sample_id.max(last);
        Ok(())
    }

    async fn read_verdicts(
        &self,
        data: &mut RunData,
        cursor: &mut Cursor,
        changed: &mut [bool],
        last: i64,
    ) -> Result<(), StoreError> {
        let mut ids = (cursor.verdict_id, last);
        if cursor.verdict_id == 0 {
            let verifiers = serde_json::Value::from(cursor.verifiers.keys().copied().collect::<Vec<i64>>());
            let (first, end): (Option<i64>, Option<i64>) = sqlx::query_as(
                "SELECT min(id), max(id) FROM verdict
                 WHERE verifier_id IN (SELECT value FROM json_each(?)) AND id <= ?",
            )
            .bind(verifiers.to_string())
            .bind(last)
            .fetch_one(&self.pool)
            .await?;
            ids = first.zip(end).map_or((last, last), |(first, end)| (first - 1, end));
        }
        let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
        let tasks: Vec<_> = parts(ids.0, ids.1)
            .into_iter()
            .map(|(after, end)| tokio::spawn(packed::verdicts(self.pool.clone(), after, end, sender.clone())))
            .collect();
        drop(sender);
        while let Some(chunk) = receiver.recv().await {
            for stored in chunk {
                let (Some(&place), Some(&v)) =
                    (cursor.places.get(&stored.problem), cursor.verifiers.get(&stored.verifier))
                else {
                    continue;
                };
                let target = &mut data.problems[place];
                // a verdict on a sample that is being replaced has no place yet
                let Some(position) = position(&target.samples, stored.index) else { continue };
                let cells = &mut target.verdicts[v];
                if cells.len() < target.samples.len() {
                    cells.resize(target.samples.len(), None);
                }
                cells[position] = Some(stored.verdict);
                changed[place] = true;
            }
        }
        for task in tasks {
            task.await.map_err(|_join| corrupt("verdict"))??;
        }
        cursor.verdict_id = cursor.verdict_id.max(last);
        for problem in &mut data.problems {
            for cells in &mut problem.verdicts {
                cells.resize(problem.samples.len(), None);
            }
        }
        Ok(())
    }
}

/// Ids after `first` up to `last` in as many parts as are worth a thread each.
fn parts(first: i64, last: i64) -> Vec<(i64, i64)> {
    let rows = last - first;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count = (rows / WORTH_A_THREAD).clamp(1, i64::try_from(threads).unwrap_or(1));
    let edge = |part: i64| first + rows * part / count;
    (0..count).map(|part| (edge(part), edge(part + 1))).filter(|(after, end)| after < end).collect()
}

/// The place of an index, which mostly is the index itself.
fn position(samples: &[SampleData], index: u32) -> Option<usize> {
    let guess = usize::try_from(index).ok()?;
    if samples.get(guess).is_some_and(|s| s.index == index) {
        return Some(guess);
    }
    samples.binary_search_by_key(&index, |s| s.index).ok()
}

fn insert_sample(problem: &mut ProblemData, mut sample: SampleData, hash: i64, firsts: &mut HashMap<i64, u32>) {
    if sample.outcome != Outcome::Failed {
        let first = firsts.entry(hash).or_insert(sample.index);
        if *first < sample.index {
            sample.duplicate_of = Some(*first);
        } else if *first > sample.index {
            // an earlier index came later: it is the first now
            let old = std::mem::replace(first, sample.index);
            for other in &mut problem.samples {
                if other.index == old || other.duplicate_of == Some(old) {
                    other.duplicate_of = Some(sample.index);
                }
            }
        }
    }
    if problem.samples.last().is_none_or(|last| last.index < sample.index) {
        problem.samples.push(sample);
        return;
    }
    match problem.samples.binary_search_by_key(&sample.index, |s| s.index) {
        Ok(at) => problem.samples[at] = sample,
        Err(at) => {
            for cells in &mut problem.verdicts {
                if cells.len() > at {
                    cells.insert(at, None);
                }
            }
            problem.samples.insert(at, sample);
        }
    }
}

#[cfg(test)]
mod tests;
