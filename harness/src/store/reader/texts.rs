//! Texts: what was written, what was said of it, and what is still to be judged.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use verifiers::domain::{Completion, Outcome, SandboxClass, Status, Verdict};

use super::super::StoreError;
use super::super::row::{NewSample, SampleRow, VerdictRow, parse_form, parse_role};
use super::super::runs::corrupt;
use super::Reader;
use crate::analysis::VerifierUsage;

/// One sample with everything that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleDetail {
    /// The sample.
    pub sample: SampleRow,
    /// What each current verifier said.
    pub verdicts: Vec<VerdictRow>,
    /// Tries of its request: result word, HTTP status, message, latency in ms.
    pub attempts: Vec<(String, Option<u16>, Option<String>, f64)>,
}

/// How the tries of a run ended.
pub type AttemptCounts = Vec<(String, u64)>;

impl Reader {
    /// Samples with their texts in order of problem and index, after the given key; at most `limit`.
    ///
    /// The key is the place of the problem in the data set and the sample's index; start with `None`.
    pub async fn samples_page(
        &self,
        run_id: i64,
        after: Option<(i64, u32)>,
        limit: u32,
    ) -> Result<Vec<((i64, u32), SampleRow)>, StoreError> {
        let (ordinal, index) = after.map_or((-1, 0), |(o, i)| (o, i64::from(i)));
        let rows = sqlx::query(
            "SELECT s.*, c.form, c.text, c.reasoning, c.token_logprobs, p.name, p.group_name, p.ordinal
             FROM problem p CROSS JOIN sample s ON s.run_id = ?1 AND s.problem_id = p.id JOIN completion c ON c.id = s.id
             WHERE p.set_hash = (SELECT set_hash FROM run WHERE id = ?1) AND p.ordinal >= ?2
               AND (p.ordinal > ?2 OR (p.ordinal = ?2 AND s.sample_index > ?3))
             ORDER BY p.ordinal, s.sample_index LIMIT ?4",
        )
        .bind(run_id)
        .bind(ordinal)
        .bind(index)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let ordinal = |row: Option<&SqliteRow>| row.map_or(Ok(-1), |row| row.try_get::<i64, _>("ordinal"));
        let firsts = self.repeated(run_id, ordinal(rows.first())?, ordinal(rows.last())?).await?;
        rows.iter()
            .map(|row| {
                let first = firsts.get(&(row.try_get("problem_id")?, row.try_get("text_hash")?)).copied();
                let mut sample = sample_row(row)?;
                sample.duplicate_of = first.filter(|first| *first < sample.sample.sample_index);
                Ok(((row.try_get("ordinal")?, sample.sample.sample_index), sample))
            })
            .collect()
    }

    /// Of each text that problems from one place in the data set to another have several times (by problem and hash), the first
    /// sample that has it.
    async fn repeated(&self, run_id: i64, from: i64, to: i64) -> Result<HashMap<(i64, i64), u32>, StoreError> {
        let rows: Vec<(i64, i64, u32)> = sqlx::query_as(
            "SELECT s.problem_id, s.text_hash, min(s.sample_index)
             FROM problem p CROSS JOIN sample s ON s.run_id = ?1 AND s.problem_id = p.id
             WHERE p.set_hash = (SELECT set_hash FROM run WHERE id = ?1) AND p.ordinal BETWEEN ?2 AND ?3 AND s.outcome <> 'failed'
             GROUP BY s.problem_id, s.text_hash HAVING count(*) > 1",
        )
        .bind(run_id)
        .bind(from)
        .bind(to)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(problem, hash, first)| ((problem, hash), first)).collect())
    }

    /// Verdicts of the current verifiers in order of problem, index and verifier, after the given key; at most `limit`.
    pub async fn verdicts_page(
        &self,
        run_id: i64,
        after: Option<(i64, u32, i64)>,
        limit: u32,
    ) -> Result<Vec<((i64, u32, i64), VerdictRow)>, StoreError> {
        let (ordinal, index, verifier) = after.map_or((-1, 0, 0), |(o, i, v)| (o, i64::from(i), v));
        let rows = sqlx::query(
            "SELECT v.*, w.name AS verifier, w.role, p.name AS problem, p.ordinal
             FROM run r JOIN problem p ON p.set_hash = r.set_hash
             CROSS JOIN verifier w ON w.run_id = r.id AND w.current = 1
             CROSS JOIN verdict v ON v.verifier_id = w.id AND v.problem_id = p.id
             WHERE r.id = ?1 AND p.ordinal >= ?2
               AND (p.ordinal, v.sample_index, w.id) > (?2, ?3, ?4)
             ORDER BY p.ordinal, v.sample_index, w.id LIMIT ?5",
        )
        .bind(run_id)
        .bind(ordinal)
        .bind(index)
        .bind(verifier)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let verdict = verdict_row(row)?;
                Ok(((row.try_get("ordinal")?, verdict.sample_index, row.try_get("verifier_id")?), verdict))
            })
            .collect()
    }

    /// One sample with its verdicts and attempts.
    pub async fn sample(&self, run_id: i64, problem: &str, index: u32) -> Result<Option<SampleDetail>, StoreError> {
        let row = sqlx::query(
            "SELECT s.*, c.form, c.text, c.reasoning, c.token_logprobs, p.name, p.group_name,
                    (SELECT min(d.sample_index) FROM sample d WHERE d.run_id = s.run_id AND d.problem_id = s.problem_id
                        AND d.sample_index < s.sample_index AND d.text_hash = s.text_hash AND d.outcome <> 'failed') AS duplicate_of
             FROM run r JOIN problem p ON p.set_hash = r.set_hash AND p.name = ?2
             JOIN sample s ON s.run_id = r.id AND s.problem_id = p.id JOIN completion c ON c.id = s.id
             WHERE r.id = ?1 AND s.sample_index = ?3",
        )
        .bind(run_id)
        .bind(problem)
        .bind(index)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut sample = sample_row(&row)?;
        sample.duplicate_of = row.try_get("duplicate_of")?;
        let verdicts = sqlx::query(
            "SELECT v.*, w.name AS verifier, w.role, ?3 AS problem FROM verifier w JOIN verdict v ON v.verifier_id = w.id
             WHERE w.run_id = ?1 AND w.current = 1 AND v.problem_id = ?2 AND v.sample_index = ?4 ORDER BY w.id",
        )
        .bind(run_id)
        .bind(sample.sample.problem_id)
        .bind(problem)
        .bind(index)
        .fetch_all(&self.pool)
        .await?;
        let attempts = sqlx::query_as(
            "SELECT result, http_status, message, latency_ms FROM attempt
             WHERE run_id = ? AND problem_id = ? AND first_index <= ? AND first_index + n > ? ORDER BY at_ms, attempt",
        )
        .bind(run_id)
        .bind(sample.sample.problem_id)
        .bind(index)
        .bind(index)
        .fetch_all(&self.pool)
        .await?;
        Ok(Some(SampleDetail {
            sample,
            verdicts: verdicts.iter().map(verdict_row).collect::<Result<_, _>>()?,
            attempts,
        }))
    }

    /// Samples that a verifier has not judged, or could not: row id, problem, index and text; after `after`, at most
    /// `limit`. Failed samples are missing and not judged.
    pub async fn unjudged(
        &self,
        run_id: i64,
        verifier_id: i64,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, i64, u32, Completion)>, StoreError> {
        let rows: Vec<(i64, i64, u32, String, String)> = sqlx::query_as(
            "SELECT s.id, s.problem_id, s.sample_index, c.form, c.text FROM sample s JOIN completion c ON c.id = s.id
             LEFT JOIN verdict v ON v.verifier_id = ?2 AND v.problem_id = s.problem_id AND v.sample_index = s.sample_index
             WHERE +s.run_id = ?1 AND s.id > ?3 AND s.outcome <> 'failed' AND (v.id IS NULL OR v.status = 'unjudged')
             ORDER BY s.id LIMIT ?4",
        )
        .bind(run_id)
        .bind(verifier_id)
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(id, problem, index, form, text)| {
                let form = parse_form(&form).ok_or_else(|| corrupt("form"))?;
                Ok((id, problem, index, Completion { text, form }))
            })
            .collect()
    }

    /// How many samples a verifier has not judged, or could not.
    pub async fn count_unjudged(&self, run_id: i64, verifier_id: i64) -> Result<u64, StoreError> {
        let n: i64 = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM sample WHERE run_id = ?1 AND outcome <> 'failed')
                  - (SELECT count(*) FROM verdict WHERE verifier_id = ?2 AND ifnull(status, '') <> 'unjudged')",
        )
        .bind(run_id)
        .bind(verifier_id)
        .fetch_one(&self.pool)
        .await?;
        Ok(u64::try_from(n).unwrap_or(0))
    }

    /// The newest sample's row id; 0 where there is none.
    pub async fn last_sample_id(&self, run_id: i64) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT ifnull(max(id), 0) FROM sample WHERE run_id = ?")
            .bind(run_id)
            .fetch_one(&self.pool)
            .await?)
    }

    /// All verdicts of one verifier on one problem, by index.
    pub async fn verdicts_of(&self, verifier_id: i64, problem_id: i64) -> Result<Vec<(u32, Verdict)>, StoreError> {
        let rows = sqlx::query(
            "SELECT v.*, '' AS verifier, 'observer' AS role, '' AS problem FROM verdict v WHERE verifier_id = ? AND problem_id = ? ORDER BY sample_index",
        )
        .bind(verifier_id)
        .bind(problem_id)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| verdict_row(row).map(|v| (v.sample_index, v.verdict))).collect()
    }

    /// The texts of one problem's samples that did not fail, by index.
    pub async fn completions_of(&self, run_id: i64, problem_id: i64) -> Result<Vec<(u32, Completion)>, StoreError> {
        let rows: Vec<(u32, String, String)> = sqlx::query_as(
            "SELECT s.sample_index, c.form, c.text FROM sample s JOIN completion c ON c.id = s.id
             WHERE s.run_id = ? AND s.problem_id = ? AND s.outcome <> 'failed' ORDER BY s.sample_index",
        )
        .bind(run_id)
        .bind(problem_id)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(index, form, text)| {
                let form = parse_form(&form).ok_or_else(|| corrupt("form"))?;
                Ok((index, Completion { text, form }))
            })
            .collect()
    }

    /// How the tries of a run ended, most frequent first.
    pub async fn attempt_counts(&self, run_id: i64) -> Result<AttemptCounts, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT result, count(*) FROM attempt WHERE run_id = ? GROUP BY result ORDER BY count(*) DESC, result",
        )
        .bind(run_id)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(word, n)| (word, u64::try_from(n).unwrap_or(0))).collect())
    }

    /// What the run's verifiers have cost and used so far, replaced ones too: USD (`None` where no cost is known), tokens.
    pub async fn judging_usage(&self, run_id: i64) -> Result<(Option<f64>, u64), StoreError> {
        let (cost, tokens): (Option<f64>, i64) = sqlx::query_as(
            "SELECT sum(j.cost_usd), ifnull(sum(ifnull(j.prompt_tokens, 0) + ifnull(j.completion_tokens, 0)), 0)
             FROM judging j JOIN verifier w ON w.id = j.verifier_id WHERE w.run_id = ?",
        )
        .bind(run_id)
        .fetch_one(&self.pool)
        .await?;
        Ok((cost, u64::try_from(tokens).unwrap_or(0)))
    }

    /// What each verifier row has used so far.
    pub(super) async fn verifier_usage(&self, run_id: i64) -> Result<HashMap<i64, VerifierUsage>, StoreError> {
        type Row = (i64, i64, Option<i64>, Option<i64>, Option<f64>);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT j.verifier_id, sum(j.requests), sum(j.prompt_tokens), sum(j.completion_tokens), sum(j.cost_usd)
             FROM judging j JOIN verifier w ON w.id = j.verifier_id WHERE w.run_id = ? GROUP BY j.verifier_id",
        )
        .bind(run_id)
        .fetch_all(&self.pool)
        .await?;
        let count = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
        let usage = |(id, requests, read, written, cost_usd)| {
            let requests = u64::try_from(requests).unwrap_or(0);
            (id, VerifierUsage { requests, prompt_tokens: count(read), completion_tokens: count(written), cost_usd })
        };
        Ok(rows.into_iter().map(usage).collect())
    }

    /// What the verifiers of a run say of themselves, by row, in order.
    pub(super) async fn remarks(&self, run_id: i64) -> Result<HashMap<i64, Vec<String>>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT m.verifier_id, m.text FROM verifier_remark m JOIN verifier w ON w.id = m.verifier_id
             WHERE w.run_id = ? ORDER BY m.id",
        )
        .bind(run_id)
        .fetch_all(&self.pool)
        .await?;
        let mut remarks: HashMap<i64, Vec<String>> = HashMap::new();
        for (id, text) in rows {
            remarks.entry(id).or_default().push(text);
        }
        Ok(remarks)
    }

    /// What the run has cost and used so far: USD (`None` where no sample has a known cost), tokens, samples.
    pub async fn usage(&self, run_id: i64) -> Result<(Option<f64>, u64, u64), StoreError> {
        let (cost, tokens, samples): (Option<f64>, i64, i64) = sqlx::query_as(
            "SELECT sum(cost_usd), ifnull(sum(ifnull(prompt_tokens, 0) + ifnull(completion_tokens, 0)), 0), count(*)
             FROM sample WHERE run_id = ? AND outcome <> 'failed'",
        )
        .bind(run_id)
        .fetch_one(&self.pool)
        .await?;
        Ok((cost, u64::try_from(tokens).unwrap_or(0), u64::try_from(samples).unwrap_or(0)))
    }
}

fn sample_row(row: &SqliteRow) -> Result<SampleRow, StoreError> {
    let outcome: &str = row.try_get("outcome")?;
    let form: &str = row.try_get("form")?;
    Ok(SampleRow {
        problem: row.try_get("name")?,
        duplicate_of: None,
        group: row.try_get("group_name")?,
        sample: NewSample {
            problem_id: row.try_get("problem_id")?,
            sample_index: row.try_get("sample_index")?,
            outcome: Outcome::parse(outcome).ok_or_else(|| corrupt("outcome"))?,
            finish_reason: row.try_get("finish_reason")?,
            form: parse_form(form).ok_or_else(|| corrupt("form"))?,
            text: row.try_get("text")?,
            reasoning: row.try_get("reasoning")?,
            prompt_tokens: row.try_get("prompt_tokens")?,
            cached_tokens: row.try_get("cached_tokens")?,
            completion_tokens: row.try_get("completion_tokens")?,
            usage_apportioned: row.try_get("usage_apportioned")?,
            cost_usd: row.try_get("cost_usd")?,
            latency_ms: row.try_get("latency_ms")?,
            first_token_ms: row.try_get("first_token_ms")?,
            logprob: row.try_get("logprob")?,
            token_logprobs: row.try_get("token_logprobs")?,
            seed: row.try_get("seed")?,
            endpoint: row.try_get("endpoint")?,
            error: row.try_get("error")?,
        },
    })
}

fn verdict_row(row: &SqliteRow) -> Result<VerdictRow, StoreError> {
    let status: Option<&str> = row.try_get("status")?;
    let status = status.map(|word| Status::parse(word).ok_or_else(|| corrupt("status"))).transpose()?;
    let steps: Option<&str> = row.try_get("steps")?;
    let steps = steps.map_or(Ok(Vec::new()), |json| serde_json::from_str(json).map_err(|_e| corrupt("steps")))?;
    let sandbox: Option<&str> = row.try_get("sandbox")?;
    let classes = [SandboxClass::Strong, SandboxClass::LandlockOnly, SandboxClass::None];
    let duration_ms: f64 = row.try_get("duration_ms")?;
    Ok(VerdictRow {
        problem: row.try_get("problem")?,
        sample_index: row.try_get("sample_index")?,
        verifier: row.try_get("verifier")?,
        role: parse_role(row.try_get("role")?).ok_or_else(|| corrupt("role"))?,
        verdict: Verdict {
            status,
            score: row.try_get("score")?,
            steps,
            answer: row.try_get("answer")?,
            detail: row.try_get("detail")?,
            duration: Duration::try_from_secs_f64(duration_ms / 1e3).unwrap_or_default(),
            sandbox: sandbox.and_then(|word| classes.into_iter().find(|c| c.as_str() == word)),
            weak: row.try_get("weak")?,
            flaky: row.try_get("flaky")?,
            spent: None,
        },
    })
}
