//! Reading millions of rows: thousands packed into one, so that few are handed from thread to thread.
//!
//! A row without scores or answers becomes a few characters, one a number, which SQLite writes faster than digits; every
//! other row becomes text.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::SqlitePool;
use tokio::sync::mpsc::{Sender, UnboundedSender};
use verifiers::domain::{Outcome, Status};

use super::super::StoreError;
use super::super::runs::corrupt;
use crate::analysis::{SampleData, VerdictData};

/// Rows packed into one.
const CHUNK: i64 = 8192;
/// Between fields and between rows of packed text: no text of ours has these.
const FIELD: char = '\u{1f}';
const ROW: char = '\u{1e}';
/// Bits of a digit: with 1 added it is a character, and none of those that no text may hold.
const DIGIT: u32 = 15;
/// Bits of a text's hash that are kept: enough to tell the samples of one problem apart.
const HASH_MASK: i64 = (1 << 45) - 1;

/// Parts of a dollar in which costs are packed: what has 15 decimals or fewer stays what it was.
const FINE: f64 = 1e15;

/// A sample as stored, without its place among duplicates.
#[derive(Debug)]
pub(super) struct StoredSample {
    pub(super) problem: i64,
    pub(super) hash: i64,
    pub(super) sample: SampleData,
}

/// A verdict as stored.
#[derive(Debug)]
pub(super) struct StoredVerdict {
    pub(super) verifier: i64,
    pub(super) problem: i64,
    pub(super) index: u32,
    pub(super) verdict: VerdictData,
}

/// Hands over the samples of a run with `after` < id <= `last`; ends early when nobody takes them.
pub(super) async fn samples(
    pool: SqlitePool,
    run_id: i64,
    after: i64,
    last: i64,
    sender: UnboundedSender<Vec<StoredSample>>,
) -> Result<(), StoreError> {
    for start in (after..last).step_by(8192) {
        // the plus keeps SQLite from going through the whole run by its index for each chunk
        let (packed, text): (Option<String>, Option<String>) = sqlx::query_as(
            "SELECT group_concat(char(problem_id + 1, sample_index + 1, unicode(outcome) + 128 * (cost_usd IS NOT NULL),
                        (ifnull(completion_tokens + 1, 0) & 32767) + 1, (ifnull(completion_tokens + 1, 0) >> 15) + 1,
                        (text_hash & 32767) + 1, ((text_hash >> 15) & 32767) + 1, ((text_hash >> 30) & 32767) + 1) ||
                        iif(cost_usd IS NULL, '', char((fine & 32767) + 1, ((fine >> 15) & 32767) + 1,
                            ((fine >> 30) & 32767) + 1, ((fine >> 45) & 32767) + 1, (fine >> 60) + 1)), '')
                    FILTER (WHERE problem_id < 53000 AND sample_index < 53000 AND cheap),
                    group_concat(problem_id || char(31) || sample_index || char(31) || outcome || char(31) ||
                        ifnull(completion_tokens, '') || char(31) || ifnull(cost_usd, '') || char(31) || text_hash, char(30))
                    FILTER (WHERE NOT (problem_id < 53000 AND sample_index < 53000 AND cheap))
             FROM (SELECT *, cost_usd IS NULL OR cost_usd BETWEEN 0 AND 9000 AS cheap,
                       CAST(round(cost_usd * 1e15) AS INTEGER) AS fine
                   FROM sample WHERE id > ? AND id <= ? AND +run_id = ?)",
        )
        .bind(start)
        .bind((start + CHUNK).min(last))
        .bind(run_id)
        .fetch_one(&pool)
        .await?;
        let mut list = Vec::with_capacity(8192);
        unpack_samples(&packed.unwrap_or_default(), &mut list)?;
        for row in text.iter().flat_map(|t| t.split(ROW)) {
            list.push(sample(row)?);
        }
        if sender.send(list).is_err() {
            break;
        }
    }
    Ok(())
}

/// Hands over the verdicts with `after` < id <= `last`, of whatever run; ends early when nobody takes them.
pub(super) async fn verdicts(
    pool: SqlitePool,
    after: i64,
    last: i64,
    sender: Sender<Vec<StoredVerdict>>,
) -> Result<(), StoreError> {
    for start in (after..last).step_by(8192) {
        let (packed, text): (Option<String>, Option<String>) = sqlx::query_as(
            "SELECT group_concat(char(verifier_id + 1, problem_id + 1, sample_index + 1,
                        2 * ifnull(unicode(status), 45) + weak), '')
                    FILTER (WHERE score IS NULL AND steps IS NULL AND answer IS NULL
                        AND verifier_id < 53000 AND problem_id < 53000 AND sample_index < 53000),
                    group_concat(verifier_id || char(31) || problem_id || char(31) || sample_index || char(31) ||
                        ifnull(status, '') || char(31) || iif(score IS NULL, '', format('%!.17g', score)) || char(31) || weak ||
                        char(31) || ifnull(steps, '') || char(31) || ifnull('=' || replace(answer, char(30), ' '), ''), char(30))
                    FILTER (WHERE NOT (score IS NULL AND steps IS NULL AND answer IS NULL
                        AND verifier_id < 53000 AND problem_id < 53000 AND sample_index < 53000))
             FROM verdict WHERE id > ? AND id <= ?",
        )
        .bind(start)
        .bind((start + CHUNK).min(last))
        .fetch_one(&pool)
        .await?;
        let mut list = Vec::with_capacity(8192);
        unpack_verdicts(&packed.unwrap_or_default(), &mut list)?;
        let mut answers: HashMap<&str, Arc<str>> = HashMap::new();
        for row in text.iter().flat_map(|t| t.split(ROW)) {
            list.push(verdict(row, &mut answers)?);
        }
        if sender.send(list).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// The numbers of a pack, as they were before 1 was added.
fn numbers(packed: &str) -> impl Iterator<Item = u32> {
    packed.chars().map(|c| u32::from(c).saturating_sub(1))
}

fn unpack_samples(packed: &str, list: &mut Vec<StoredSample>) -> Result<(), StoreError> {
    let mut numbers = numbers(packed);
    while let Some(problem) = numbers.next() {
        let mut next = || numbers.next().ok_or_else(|| corrupt("sample"));
        let index = next()?;
        let letter = next()? + 1;
        let outcome = outcome(letter & 127).ok_or_else(|| corrupt("sample"))?;
        let tokens = next()? | next()? << DIGIT;
        let mut hash = 0;
        for place in 0..3 {
            hash |= i64::from(next()?) << (place * DIGIT);
        }
        let mut cost_usd = None;
        if letter > 127 {
            let mut fine = 0;
            for place in 0..5 {
                fine |= u64::from(next()?) << (place * DIGIT);
            }
            cost_usd = Some(fine as f64 / FINE);
        }
        let completion_tokens = tokens.checked_sub(1);
        let sample = SampleData { index, outcome, duplicate_of: None, completion_tokens, cost_usd };
        list.push(StoredSample { problem: i64::from(problem), hash, sample });
    }
    Ok(())
}

fn unpack_verdicts(packed: &str, list: &mut Vec<StoredVerdict>) -> Result<(), StoreError> {
    let mut numbers = numbers(packed);
    while let Some(verifier) = numbers.next() {
        let mut next = || numbers.next().ok_or_else(|| corrupt("verdict"));
        let (problem, index, code) = (next()?, next()?, next()? + 1);
        let status = status(code / 2)?;
        let verdict = VerdictData { status, score: None, steps: None, answer: None, weak: code % 2 == 1 };
        list.push(StoredVerdict { verifier: i64::from(verifier), problem: i64::from(problem), index, verdict });
    }
    Ok(())
}

/// An outcome by its first letter.
fn outcome(letter: u32) -> Option<Outcome> {
    let all = [Outcome::Ok, Outcome::Truncated, Outcome::Refused, Outcome::Empty, Outcome::Failed];
    all.into_iter().find(|o| o.as_str().bytes().next().map(u32::from) == Some(letter))
}

/// A status by its first letter; `-` for none.
fn status(letter: u32) -> Result<Option<Status>, StoreError> {
    if letter == u32::from('-') {
        return Ok(None);
    }
    let all = [Status::Pass, Status::Fail, Status::Error, Status::Timeout, Status::Limit, Status::Unjudged];
    let found = all.into_iter().find(|s| s.as_str().bytes().next().map(u32::from) == Some(letter));
    found.map(Some).ok_or_else(|| corrupt("verdict"))
}

fn sample(row: &str) -> Result<StoredSample, StoreError> {
    let bad = || corrupt("sample");
    let mut fields = row.split(FIELD);
    let mut next = || fields.next().ok_or_else(bad);
    let problem = parse(next()?, "sample")?;
    let index = parse(next()?, "sample")?;
    let outcome = Outcome::parse(next()?).ok_or_else(bad)?;
    let completion_tokens = optional(next()?, "sample")?;
    let cost_usd = optional(next()?, "sample")?;
    let hash: i64 = parse(next()?, "sample")?;
    let sample = SampleData { index, outcome, duplicate_of: None, completion_tokens, cost_usd };
    Ok(StoredSample { problem, hash: hash & HASH_MASK, sample })
}

fn verdict<'a>(row: &'a str, answers: &mut HashMap<&'a str, Arc<str>>) -> Result<StoredVerdict, StoreError> {
    let bad = || corrupt("verdict");
    let mut fields = row.splitn(8, FIELD);
    let mut next = || fields.next().ok_or_else(bad);
    let verifier = parse(next()?, "verdict")?;
    let problem = parse(next()?, "verdict")?;
    let index = parse(next()?, "verdict")?;
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
    let answer = next()?.strip_prefix('=').map(|a| answers.entry(a).or_insert_with(|| Arc::from(a)).clone());
    Ok(StoredVerdict { verifier, problem, index, verdict: VerdictData { status, score, steps, answer, weak } })
}

fn parse<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_e| corrupt(what))
}

fn optional<T: std::str::FromStr>(text: &str, what: &str) -> Result<Option<T>, StoreError> {
    if text.is_empty() { Ok(None) } else { parse(text, what).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_and_status_has_a_first_letter_of_its_own() {
        for word in ["ok", "truncated", "refused", "empty", "failed"] {
            assert_eq!(outcome(u32::from(word.as_bytes()[0])), Outcome::parse(word), "{word}");
        }
        for word in ["pass", "fail", "error", "timeout", "limit", "unjudged"] {
            assert_eq!(status(u32::from(word.as_bytes()[0])).unwrap(), Status::parse(word), "{word}");
        }
        assert_eq!(status(u32::from('-')).unwrap(), None);
        assert!(status(u32::from('.')).is_err());
        assert!(unpack_samples("ab", &mut Vec::new()).is_err());
    }

    #[tokio::test]
    async fn costs_come_back_as_they_were() {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
        let columns =
            "id INTEGER PRIMARY KEY, run_id, problem_id, sample_index, outcome, completion_tokens, cost_usd, text_hash";
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE TABLE sample ({columns})"))).execute(&pool).await.unwrap();
        let costs =
            [None, Some(0.0), Some(0.1), Some(1.5e-7), Some(0.123_456_789), Some(8999.99), Some(9000.5), Some(-1.0)];
        for (index, cost) in costs.iter().enumerate() {
            let insert = "INSERT INTO sample VALUES (NULL, 1, 7, ?, 'ok', 12, ?, 5)";
            sqlx::query(insert).bind(i64::try_from(index).unwrap()).bind(*cost).execute(&pool).await.unwrap();
        }
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        samples(pool, 1, 0, 100, sender).await.unwrap();
        let mut read = receiver.recv().await.unwrap();
        read.sort_by_key(|stored| stored.sample.index);
        assert_eq!(read.iter().map(|stored| stored.sample.cost_usd).collect::<Vec<_>>(), costs);
        assert!(
            read.iter()
                .all(|stored| (stored.problem, stored.hash) == (7, 5) && stored.sample.completion_tokens == Some(12))
        );
    }
}
