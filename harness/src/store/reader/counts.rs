//! Counts for estimates: packed reading and changes since a cursor.

use std::collections::HashMap;
use std::sync::Arc;

use verifiers::domain::{Outcome, ProblemId, Status};

use super::super::StoreError;
use super::super::row::RunRow;
use super::super::runs::corrupt;
use super::Reader;
use crate::analysis::{ChoiceData, Chosen, ProblemData, RunData, SampleData, VerdictData, VerifierInfo};

/// Rows packed into one.
const CHUNK: i64 = 8192;
/// Between fields and between rows of a pack: no text of ours has these.
const FIELD: char = '\u{1f}';
const ROW: char = '\u{1e}';

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
        if cursor.sample_id == 0 {
            // skip the ids of other runs
            let first: Option<i64> = sqlx::query_scalar("SELECT min(id) FROM sample WHERE run_id = ?")
                .bind(cursor.run_id)
                .fetch_one(&self.pool)
                .await?;
            cursor.sample_id = first.map_or(last, |id| id - 1);
        }
        while cursor.sample_id < last {
            let end = (cursor.sample_id + CHUNK).min(last);
            let pack: Option<String> = sqlx::query_scalar(
                "SELECT group_concat(problem_id || char(31) || sample_index || char(31) || outcome || char(31) ||
                        ifnull(completion_tokens, '') || char(31) || ifnull(cost_usd, '') || char(31) || text_hash, char(30))
                 FROM sample WHERE id > ? AND id <= ? AND run_id = ?",
            )
            .bind(cursor.sample_id)
            .bind(end)
            .bind(cursor.run_id)
            .fetch_one(&self.pool)
            .await?;
            for row in pack.iter().flat_map(|p| p.split(ROW)) {
                let bad = || corrupt("sample");
                let mut fields = row.split(FIELD);
                let mut next = || fields.next().ok_or_else(bad);
                let problem: i64 = parse(next()?, "sample")?;
                let index: u32 = parse(next()?, "sample")?;
                let outcome = Outcome::parse(next()?).ok_or_else(bad)?;
                let completion_tokens = optional(next()?, "sample")?;
                let cost_usd = optional(next()?, "sample")?;
                let hash: i64 = parse(next()?, "sample")?;
                let Some(&place) = cursor.places.get(&problem) else { continue };
                let sample = SampleData { index, outcome, duplicate_of: None, completion_tokens, cost_usd };
                insert_sample(&mut data.problems[place], sample, hash, &mut cursor.firsts[place]);
                changed[place] = true;
            }
            cursor.sample_id = end;
        }
        Ok(())
    }

    async fn read_verdicts(
        &self,
        data: &mut RunData,
        cursor: &mut Cursor,
        changed: &mut [bool],
        last: i64,
    ) -> Result<(), StoreError> {
        let ids = serde_json::Value::from(cursor.verifiers.keys().copied().collect::<Vec<i64>>()).to_string();
        if cursor.verdict_id == 0 {
            let first: Option<i64> =
                sqlx::query_scalar("SELECT min(id) FROM verdict WHERE verifier_id IN (SELECT value FROM json_each(?))")
                    .bind(&ids)
                    .fetch_one(&self.pool)
                    .await?;
            cursor.verdict_id = first.map_or(last, |id| id - 1);
        }
        while cursor.verdict_id < last {
            let end = (cursor.verdict_id + CHUNK).min(last);
            let pack: Option<String> = sqlx::query_scalar(
                "SELECT group_concat(verifier_id || char(31) || problem_id || char(31) || sample_index || char(31) ||
                        ifnull(status, '') || char(31) || iif(score IS NULL, '', format('%!.17g', score)) || char(31) || weak || char(31) ||
                        ifnull(steps, '') || char(31) || ifnull('=' || replace(answer, char(30), ' '), ''), char(30))
                 FROM verdict WHERE id > ? AND id <= ? AND verifier_id IN (SELECT value FROM json_each(?))",
            )
            .bind(cursor.verdict_id)
            .bind(end)
            .bind(&ids)
            .fetch_one(&self.pool)
            .await?;
            let mut answers: HashMap<&str, Arc<str>> = HashMap::new();
            for row in pack.iter().flat_map(|p| p.split(ROW)) {
                let bad = || corrupt("verdict");
                let mut fields = row.splitn(8, FIELD);
                let mut next = || fields.next().ok_or_else(bad);
                let verifier: i64 = parse(next()?, "verdict")?;
                let problem: i64 = parse(next()?, "verdict")?;
                let index: u32 = parse(next()?, "verdict")?;
                let status = match next()? {
                    "" => None,
                    word => Some(Status::parse(word).ok_or_else(bad)?),
                };
                let score = optional(next()?, "verdict")?;
                let weak = next()? == "1";
                let steps = match next()? {
                    "" => None,
                    json => Some(Arc::from(serde_json::from_str::<Vec<f64>>(json).map_err(|_e| bad())?)),
                };
                let answer =
                    next()?.strip_prefix('=').map(|a| answers.entry(a).or_insert_with(|| Arc::from(a)).clone());
                let (Some(&place), Some(&v)) = (cursor.places.get(&problem), cursor.verifiers.get(&verifier)) else {
                    continue;
                };
                let target = &mut data.problems[place];
                // a verdict on a sample that is being replaced has no place yet
                let Ok(position) = target.samples.binary_search_by_key(&index, |s| s.index) else { continue };
                let cells = &mut target.verdicts[v];
                if cells.len() < target.samples.len() {
                    cells.resize(target.samples.len(), None);
                }
                cells[position] = Some(VerdictData { status, score, steps, answer, weak });
                changed[place] = true;
            }
            cursor.verdict_id = end;
        }
        for problem in &mut data.problems {
            for cells in &mut problem.verdicts {
                cells.resize(problem.samples.len(), None);
            }
        }
        Ok(())
    }
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

fn parse<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_e| corrupt(what))
}

fn optional<T: std::str::FromStr>(text: &str, what: &str) -> Result<Option<T>, StoreError> {
    if text.is_empty() { Ok(None) } else { parse(text, what).map(Some) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use verifiers::domain::{Form, Problem, Role, Verdict};
    use verifiers::model::Attempt;

    use super::*;
    use crate::store::Store;
    use crate::store::row::{NewAttempts, NewSample, NewVerdict};
    use crate::store::runs::{NewRun, NewVerifier};
    use crate::store::writer::{Committed, Write, Writer};

    fn problem(name: &str) -> Problem {
        Problem {
            id: ProblemId(name.to_owned()),
            prompt: "p".to_owned(),
            entry_point: None,
            reference: None,
            tests: std::collections::BTreeMap::default(),
            answer: None,
            group: None,
            fields: serde_json::Map::default(),
        }
    }

    fn sample(problem_id: i64, sample_index: u32, text: &str) -> NewSample {
        NewSample {
            problem_id,
            sample_index,
            outcome: Outcome::Ok,
            finish_reason: Some("stop".to_owned()),
            form: Form::Chat,
            text: text.to_owned(),
            reasoning: None,
            prompt_tokens: Some(3),
            cached_tokens: None,
            completion_tokens: Some(5),
            usage_apportioned: false,
            cost_usd: Some(0.25),
            latency_ms: Some(1.5),
            first_token_ms: None,
            logprob: None,
            seed: Some(7),
            endpoint: None,
            error: None,
        }
    }

    fn attempts(problem_id: i64, first_index: u32, at_ms: i64) -> NewAttempts {
        let attempt = Attempt {
            http_status: Some(200),
            result: "ok".to_owned(),
            message: None,
            latency: Duration::from_millis(2),
            retry_after: None,
        };
        NewAttempts { problem_id, first_index, n: 1, at_ms, attempts: vec![attempt] }
    }

    #[tokio::test]
    async fn what_is_written_is_read_back_and_followed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("a.db")).await.unwrap();
        let problems = [problem("a"), problem("b")];
        let place = |p: &Problem| usize::from(p.id.0 == "b");
        store.put_problem_set("h", "x.jsonl", "jsonl", &problems, place).await.unwrap();
        store.put_problem_set("h", "x.jsonl", "jsonl", &problems, place).await.unwrap();
        let new = NewRun {
            name: "r".to_owned(),
            set_hash: "h".to_owned(),
            samples: 3,
            seed: u64::MAX,
            sampling: "fixed".to_owned(),
            model_key: "m".to_owned(),
            config: "{}".to_owned(),
        };
        let run = store.open_run(&new, &["a".to_owned(), "b".to_owned()]).await.unwrap();
        assert_eq!(run.seed, u64::MAX);
        let verifier = NewVerifier {
            name: "v".to_owned(),
            kind: "python-tests".to_owned(),
            role: Role::Oracle,
            version: "1".to_owned(),
            settings: "{}".to_owned(),
        };
        let verifier_id = store.put_verifier(run.id, &verifier).await.unwrap();
        let rows = store.run_problems(run.id).await.unwrap();
        assert_eq!(rows.iter().map(|(_, p)| p.id.0.as_str()).collect::<Vec<_>>(), ["a", "b"]);

        let (sender, mut committed) = tokio::sync::mpsc::unbounded_channel();
        let writer = Writer::start(&store, run.id, sender).await.unwrap();
        let send = writer.sender();
        let a = rows[0].0;
        send.send(Write::Samples(vec![sample(a, 2, "x"), sample(a, 1, "y")], attempts(a, 1, 10))).await.unwrap();
        let Some(Committed::Samples(first)) = committed.recv().await else { panic!("no acknowledgement") };
        assert_eq!(first.len(), 2);
        let reader = store.reader();
        let (mut data, mut cursor) = reader.load(&run).await.unwrap();
        assert_eq!(data.problems[0].samples.iter().map(|s| s.index).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(data.problems[0].samples[1].duplicate_of, None);

        let mut verdict = Verdict::new(Status::Pass);
        verdict.score = Some(0.1);
        verdict.answer = Some("4\u{1e}2".to_owned());
        verdict.steps = vec![0.5, 1.0];
        let new_verdict = NewVerdict { verifier_id, problem_id: a, sample_index: 1, verdict };
        send.send(Write::Verdict(Box::new(new_verdict))).await.unwrap();
        // an earlier index with the same text comes later
        send.send(Write::Samples(vec![sample(a, 0, "x")], attempts(a, 0, 11))).await.unwrap();
        drop(send);
        writer.finish().await.unwrap();
        assert_eq!(reader.refresh(&mut data, &mut cursor).await.unwrap(), [0]);
        assert_eq!(data.problems[0].samples[2].duplicate_of, Some(0));
        let cell = data.problems[0].verdicts[0][1].clone().unwrap();
        assert_eq!((cell.score, cell.answer.as_deref()), (Some(0.1), Some("4 2")));
        assert_eq!(cell.steps.as_deref(), Some([0.5, 1.0].as_slice()));
        assert_eq!(data.problems[0].verdicts[0][0], None);

        // no score is not the score 0
        let plain = NewVerdict { verifier_id, problem_id: a, sample_index: 0, verdict: Verdict::new(Status::Fail) };
        let (sender, _committed) = tokio::sync::mpsc::unbounded_channel();
        let writer = Writer::start(&store, run.id, sender).await.unwrap();
        writer.sender().send(Write::Verdict(Box::new(plain))).await.unwrap();
        writer.finish().await.unwrap();
        reader.refresh(&mut data, &mut cursor).await.unwrap();
        assert_eq!(
            data.problems[0].verdicts[0][0].as_ref().map(|v| (v.score, v.status)),
            Some((None, Some(Status::Fail)))
        );
        assert_eq!(reader.run_data(&run).await.unwrap(), data);

        let page = reader.samples_page(run.id, None, 10).await.unwrap();
        assert_eq!(
            page.iter().map(|(k, s)| (k.1, s.duplicate_of)).collect::<Vec<_>>(),
            [(0, None), (1, None), (2, Some(0))]
        );
        assert_eq!(reader.samples_page(run.id, Some(page[1].0), 10).await.unwrap().len(), 1);
        let verdicts = reader.verdicts_page(run.id, None, 10).await.unwrap();
        assert_eq!(verdicts.len(), 2);
        assert_eq!(reader.verdicts_page(run.id, Some(verdicts[1].0), 10).await.unwrap().len(), 0);
        let waiting = reader.unjudged(run.id, verifier_id, 0, 10).await.unwrap();
        assert_eq!(waiting.iter().map(|w| w.2).collect::<Vec<_>>(), [2]);
        let detail = reader.sample(run.id, "a", 1).await.unwrap().unwrap();
        assert_eq!((detail.verdicts.len(), detail.attempts.len()), (1, 1));
        assert_eq!(reader.usage(run.id).await.unwrap(), (Some(0.75), 24, 3));

        store.delete_run(run.id).await.unwrap();
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM completion").fetch_one(store.pool()).await.unwrap();
        assert_eq!(left, 0);
    }
}
