//! Everything that is read from the store, for runs in progress too.
//!
//! Counts are read in packed chunks (one row for some thousand samples), since a million rows one by one would take
//! seconds.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool};
use verifiers::domain::Problem;

use super::row::{EventRow, RunRow, VerifierRow, parse_role};
use super::runs::{corrupt, unpack};
use super::{Store, StoreError};

mod choices;
mod counts;
mod packed;
mod texts;

pub use counts::Cursor;
pub use texts::{AttemptCounts, SampleDetail};

/// Reads the store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    path: PathBuf,
    pool: SqlitePool,
}

impl Reader {
    /// Opens a file that must be there.
    ///
    /// # Errors
    /// As [`Store::open_existing`].
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Store::open_existing(path).await?.reader())
    }

    pub(crate) fn new(path: PathBuf, pool: SqlitePool) -> Self {
        Self { path, pool }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All runs, newest last.
    pub async fn runs(&self) -> Result<Vec<RunRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM run ORDER BY id").fetch_all(&self.pool).await?;
        rows.iter().map(run_row).collect()
    }

    /// The run with exactly this name.
    pub async fn find_run_exact(&self, name: &str) -> Result<Option<RunRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM run WHERE name = ?").bind(name).fetch_optional(&self.pool).await?;
        row.as_ref().map(run_row).transpose()
    }

    /// The first run with this model key.
    pub async fn run_of_model(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT name FROM run WHERE model_key = ? ORDER BY id LIMIT 1")
            .bind(key)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// The run that a user means: a name, a unique beginning of a name or id, or `latest`.
    ///
    /// # Errors
    /// [`StoreError::NoRun`] and [`StoreError::Ambiguous`], which list the runs.
    pub async fn find_run(&self, wanted: &str) -> Result<RunRow, StoreError> {
        let mut runs = self.runs().await?;
        if let Some(exact) = runs.iter().position(|r| r.name == wanted) {
            return Ok(runs.swap_remove(exact));
        }
        let known: Vec<String> = runs.iter().map(|r| r.name.clone()).collect();
        let none = || StoreError::NoRun { name: wanted.to_owned(), path: self.path.clone(), known };
        if wanted == "latest" {
            return runs.pop().ok_or_else(none);
        }
        runs.retain(|r| r.uuid.starts_with(wanted) || r.name.starts_with(wanted));
        match runs.len() {
            0 => Err(none()),
            1 => Ok(runs.swap_remove(0)),
            _ => Err(StoreError::Ambiguous {
                name: wanted.to_owned(),
                matches: runs.into_iter().map(|r| r.name).collect(),
            }),
        }
    }

    /// The runs that a user means: the one of [`Reader::find_run`], or all runs of a list of models or a sweep by the name
    /// that they share (`NAME` for `NAME/temperature=0.2` and so on).
    ///
    /// # Errors
    /// As [`Reader::find_run`].
    pub async fn find_runs(&self, wanted: &str) -> Result<Vec<RunRow>, StoreError> {
        let runs = self.runs().await?;
        if runs.iter().all(|run| run.name != wanted) {
            let within = |name: &str| name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'));
            let members: Vec<RunRow> = runs.into_iter().filter(|run| within(&run.name)).collect();
            if !members.is_empty() {
                return Ok(members);
            }
        }
        Ok(vec![self.find_run(wanted).await?])
    }

    /// The run's current verifiers, in the order they were added.
    pub async fn verifiers(&self, run_id: i64) -> Result<Vec<VerifierRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, kind, role, version, settings FROM verifier WHERE run_id = ? AND current = 1 ORDER BY id",
        )
        .bind(run_id)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(VerifierRow {
                    id: row.try_get("id")?,
                    name: row.try_get("name")?,
                    kind: row.try_get("kind")?,
                    role: parse_role(row.try_get("role")?).ok_or_else(|| corrupt("verifier role"))?,
                    version: row.try_get("version")?,
                    settings: row.try_get("settings")?,
                })
            })
            .collect()
    }

    /// The run's problems with their row ids, in the order of the data set.
    pub async fn problems(&self, run_id: i64) -> Result<Vec<(i64, Problem)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT p.id, p.body FROM run_problem r JOIN problem p ON p.id = r.problem_id
             WHERE r.run_id = ? ORDER BY p.ordinal",
        )
        .bind(run_id)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|(id, body)| Ok((id, unpack(&body)?))).collect()
    }

    /// How many problems a run has.
    pub async fn count_problems(&self, run_id: i64) -> Result<u64, StoreError> {
        let n: i64 = sqlx::query_scalar("SELECT count(*) FROM run_problem WHERE run_id = ?")
            .bind(run_id)
            .fetch_one(&self.pool)
            .await?;
        Ok(u64::try_from(n).unwrap_or(0))
    }

    /// One problem of a run.
    pub async fn problem(&self, run_id: i64, name: &str) -> Result<Option<Problem>, StoreError> {
        let body: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT p.body FROM run_problem r JOIN problem p ON p.id = r.problem_id WHERE r.run_id = ? AND p.name = ?",
        )
        .bind(run_id)
        .bind(name)
        .fetch_optional(&self.pool)
        .await?;
        body.map(|b| unpack(&b)).transpose()
    }

    /// Problems that are closed: row id and why.
    pub async fn closed_problems(&self, run_id: i64) -> Result<HashMap<i64, String>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT problem_id, closed FROM run_problem WHERE run_id = ? AND closed IS NOT NULL")
                .bind(run_id)
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().collect())
    }

    /// The log after this id.
    pub async fn events_since(&self, run_id: i64, id: i64) -> Result<Vec<EventRow>, StoreError> {
        let rows: Vec<(i64, i64, String, String)> = sqlx::query_as(
            "SELECT id, at_ms, level, message FROM event WHERE run_id = ? AND id > ? ORDER BY id LIMIT 10000",
        )
        .bind(run_id)
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(id, at_ms, level, message)| EventRow { id, at_ms, level, message }).collect())
    }

    /// The live numbers that the running process left: when, its process id, and the JSON of
    /// `harness::runner::Progress`.
    pub async fn live(&self, run_id: i64) -> Result<Option<(i64, i64, String)>, StoreError> {
        Ok(sqlx::query_as("SELECT at_ms, pid, body FROM live WHERE run_id = ?")
            .bind(run_id)
            .fetch_optional(&self.pool)
            .await?)
    }
}

fn run_row(row: &SqliteRow) -> Result<RunRow, StoreError> {
    let seed: i64 = row.try_get("seed")?;
    Ok(RunRow {
        id: row.try_get("id")?,
        uuid: row.try_get("uuid")?,
        name: row.try_get("name")?,
        created_at_ms: row.try_get("created_at_ms")?,
        ended_at_ms: row.try_get("ended_at_ms")?,
        state: row.try_get("state")?,
        state_reason: row.try_get("state_reason")?,
        set_hash: row.try_get("set_hash")?,
        samples: row.try_get("samples")?,
        seed: u64::from_le_bytes(seed.to_le_bytes()),
        sampling: row.try_get("sampling")?,
        model_key: row.try_get("model_key")?,
        config: row.try_get("config")?,
        identity: row.try_get("identity")?,
        version: row.try_get("version")?,
    })
}
