//! Problem sets, runs and verifiers: made once, looked up often.

use std::collections::{HashMap, HashSet};

use sqlx::{Connection as _, Row as _};
use verifiers::domain::{Problem, Role};

use super::row::{Control, RunRow};
use super::{Store, StoreError, classify_write, now_ms};

/// What a new run is made of.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Unique name.
    pub name: String,
    /// Hash of its problem set, stored before.
    pub set_hash: String,
    /// N per problem.
    pub samples: u32,
    /// The run's seed.
    pub seed: u64,
    /// `fixed`, `until-success`, `adaptive`.
    pub sampling: String,
    /// Hash of what must not change when the run goes on.
    pub model_key: String,
    /// The resolved experiment, JSON without secrets.
    pub config: String,
}

/// A verifier that a run is to have.
#[derive(Debug, Clone)]
pub struct NewVerifier {
    /// Unique in the run.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its role.
    pub role: Role,
    /// Engine, interpreter and model version.
    pub version: String,
    /// All that can change a verdict, JSON.
    pub settings: String,
}

impl Store {
    /// Stores problems of a set, unless they are there. `ordinal` gives a problem's place in its file.
    pub async fn put_problem_set(
        &self,
        hash: &str,
        path: &str,
        format: &str,
        problems: &[Problem],
        ordinal: impl Fn(&Problem) -> usize,
    ) -> Result<(), StoreError> {
        let known: Vec<String> =
            sqlx::query_scalar("SELECT name FROM problem WHERE set_hash = ?").bind(hash).fetch_all(self.pool()).await?;
        let known: HashSet<String> = known.into_iter().collect();
        let full = |e| classify_write(self.path(), e);
        let mut transaction = self.pool().begin().await?;
        sqlx::query("INSERT OR IGNORE INTO problem_set (hash, path, format) VALUES (?, ?, ?)")
            .bind(hash)
            .bind(path)
            .bind(format)
            .execute(&mut *transaction)
            .await
            .map_err(full)?;
        for problem in problems.iter().filter(|p| !known.contains(&p.id.0)) {
            sqlx::query("INSERT INTO problem (set_hash, ordinal, name, group_name, body) VALUES (?, ?, ?, ?, ?)")
                .bind(hash)
                .bind(to_i64(ordinal(problem)))
                .bind(&problem.id.0)
                .bind(&problem.group)
                .bind(pack(problem)?)
                .execute(&mut *transaction)
                .await
                .map_err(full)?;
        }
        transaction.commit().await.map_err(full)
    }

    /// Makes a run over these problems of its set, or continues the one with this name.
    ///
    /// The same model, prompt, seed and data go on; a larger N and more problems extend it.
    ///
    /// # Errors
    /// [`StoreError::Changed`] where the run was made with something else.
    pub async fn open_run(&self, new: &NewRun, problem_names: &[String]) -> Result<RunRow, StoreError> {
        if let Some(old) = self.reader().find_run_exact(&new.name).await? {
            let changed = |what: &str| StoreError::Changed { name: new.name.clone(), what: what.to_owned() };
            if old.set_hash != new.set_hash {
                return Err(changed("data set"));
            }
            if old.model_key != new.model_key {
                return Err(changed("model, prompt or seed"));
            }
            sqlx::query("UPDATE run SET samples = MAX(samples, ?), config = ?, state = 'running', state_reason = NULL, ended_at_ms = NULL WHERE id = ?")
                .bind(new.samples)
                .bind(&new.config)
                .bind(old.id)
                .execute(self.pool())
                .await
                .map_err(|e| classify_write(self.path(), e))?;
        } else {
            sqlx::query(
                "INSERT INTO run (uuid, name, created_at_ms, state, set_hash, samples, seed, sampling, model_key, config, version)
                 VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(uuid::Uuid::now_v7().to_string())
            .bind(&new.name)
            .bind(now_ms())
            .bind(&new.set_hash)
            .bind(new.samples)
            .bind(i64::from_le_bytes(new.seed.to_le_bytes()))
            .bind(&new.sampling)
            .bind(&new.model_key)
            .bind(&new.config)
            .bind(env!("CARGO_PKG_VERSION"))
            .execute(self.pool())
            .await
            .map_err(|e| classify_write(self.path(), e))?;
        }
        let names = serde_json::to_string(problem_names).map_err(|_e| corrupt("problem names"))?;
        sqlx::query(
            "INSERT OR IGNORE INTO run_problem (run_id, problem_id)
             SELECT r.id, p.id FROM run r JOIN problem p ON p.set_hash = r.set_hash
             WHERE r.name = ? AND p.name IN (SELECT value FROM json_each(?))",
        )
        .bind(&new.name)
        .bind(names)
        .execute(self.pool())
        .await
        .map_err(|e| classify_write(self.path(), e))?;
        self.reader().find_run_exact(&new.name).await?.ok_or_else(|| corrupt("run"))
    }

    /// Makes a verifier of a run the current one of its name; finds the row if it was there before.
    pub async fn put_verifier(&self, run_id: i64, new: &NewVerifier) -> Result<i64, StoreError> {
        let hash = blake3::hash(new.settings.as_bytes()).to_hex().to_string();
        let mut connection = self.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        sqlx::query("UPDATE verifier SET current = 0 WHERE run_id = ? AND name = ?")
            .bind(run_id)
            .bind(&new.name)
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query(
            "INSERT INTO verifier (run_id, name, kind, role, version, settings, settings_hash, current)
             VALUES (?, ?, ?, ?, ?, ?, ?, 1)
             ON CONFLICT (run_id, name, settings_hash, version) DO UPDATE SET current = 1, role = excluded.role
             RETURNING id",
        )
        .bind(run_id)
        .bind(&new.name)
        .bind(&new.kind)
        .bind(new.role.as_str())
        .bind(&new.version)
        .bind(&new.settings)
        .bind(hash)
        .fetch_one(&mut *transaction)
        .await
        .map_err(|e| classify_write(self.path(), e))?;
        transaction.commit().await?;
        Ok(row.try_get(0)?)
    }

    /// Says how a run ended or goes on.
    pub async fn set_state(&self, run_id: i64, state: &str, reason: Option<&str>) -> Result<(), StoreError> {
        let ended = (state != "running").then(now_ms);
        sqlx::query("UPDATE run SET state = ?, state_reason = ?, ended_at_ms = ? WHERE id = ?")
            .bind(state)
            .bind(reason)
            .bind(ended)
            .bind(run_id)
            .execute(self.pool())
            .await
            .map_err(|e| classify_write(self.path(), e))?;
        Ok(())
    }

    /// Stores what the endpoint said of itself.
    pub async fn set_identity(&self, run_id: i64, identity: &serde_json::Value) -> Result<(), StoreError> {
        sqlx::query("UPDATE run SET identity = ? WHERE id = ?")
            .bind(identity.to_string())
            .bind(run_id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Gives a run another name.
    pub async fn rename_run(&self, run_id: i64, name: &str) -> Result<(), StoreError> {
        if self.reader().find_run_exact(name).await?.is_some() {
            return Err(StoreError::NameTaken { name: name.to_owned() });
        }
        sqlx::query("UPDATE run SET name = ? WHERE id = ?").bind(name).bind(run_id).execute(self.pool()).await?;
        Ok(())
    }

    /// Deletes a run with all it has.
    pub async fn delete_run(&self, run_id: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM run WHERE id = ?").bind(run_id).execute(self.pool()).await?;
        Ok(())
    }

    /// Forgets a verifier's verdicts, so that it judges again.
    pub async fn clear_verdicts(&self, verifier_id: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM verdict WHERE verifier_id = ?").bind(verifier_id).execute(self.pool()).await?;
        Ok(())
    }

    /// Keeps what a verifier says of itself, instead of what it said before.
    pub async fn set_remarks(&self, verifier_id: i64, remarks: &[String]) -> Result<(), StoreError> {
        let mut connection = self.pool().acquire().await?;
        let mut transaction = connection.begin().await?;
        sqlx::query("DELETE FROM verifier_remark WHERE verifier_id = ?")
            .bind(verifier_id)
            .execute(&mut *transaction)
            .await?;
        for text in remarks {
            sqlx::query("INSERT INTO verifier_remark (verifier_id, text) VALUES (?, ?)")
                .bind(verifier_id)
                .bind(text)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Leaves a wish for the process that runs this run.
    pub async fn send_control(&self, run_id: i64, control: Control) -> Result<(), StoreError> {
        let (command, value) = match control {
            Control::Pause => ("pause", None),
            Control::Resume => ("resume", None),
            Control::Stop => ("stop", None),
            Control::Concurrency(n) => ("concurrency", Some(n)),
        };
        sqlx::query("INSERT INTO control (run_id, at_ms, command, value) VALUES (?, ?, ?, ?)")
            .bind(run_id)
            .bind(now_ms())
            .bind(command)
            .bind(value)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Takes the wishes that were left, in order.
    pub async fn take_controls(&self, run_id: i64) -> Result<Vec<Control>, StoreError> {
        // a plain read first: the write lock is taken only when there is something to take
        let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM control WHERE run_id = ?")
            .bind(run_id)
            .fetch_one(self.pool())
            .await?;
        if waiting == 0 {
            return Ok(Vec::new());
        }
        let mut rows: Vec<(i64, String, Option<u32>)> =
            sqlx::query_as("DELETE FROM control WHERE run_id = ? RETURNING id, command, value")
                .bind(run_id)
                .fetch_all(self.pool())
                .await?;
        rows.sort_by_key(|row| row.0);
        Ok(rows
            .into_iter()
            .filter_map(|(_, command, value)| match command.as_str() {
                "pause" => Some(Control::Pause),
                "resume" => Some(Control::Resume),
                "stop" => Some(Control::Stop),
                "concurrency" => value.map(Control::Concurrency),
                _ => None,
            })
            .collect())
    }

    /// The problems of a run with their row ids, in the order of the data set.
    pub async fn run_problems(&self, run_id: i64) -> Result<Vec<(i64, Problem)>, StoreError> {
        self.reader().problems(run_id).await
    }

    /// Closes a problem of a run: no more samples are drawn for it.
    pub async fn close_problem(&self, run_id: i64, problem_id: i64, why: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE run_problem SET closed = ? WHERE run_id = ? AND problem_id = ?")
            .bind(why)
            .bind(run_id)
            .bind(problem_id)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Which sample indices of each problem are there and did not fail.
    pub async fn stored_indices(&self, run_id: i64) -> Result<HashMap<i64, Vec<u32>>, StoreError> {
        let mut stored: HashMap<i64, Vec<u32>> = HashMap::new();
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT problem_id, group_concat(sample_index) FROM sample
             WHERE run_id = ? AND outcome <> 'failed' GROUP BY problem_id",
        )
        .bind(run_id)
        .fetch_all(self.pool())
        .await?;
        for (problem, list) in rows {
            let indices = list.split(',').map(str::parse).collect::<Result<Vec<u32>, _>>();
            stored.insert(problem, indices.map_err(|_e| corrupt("sample index"))?);
        }
        Ok(stored)
    }
}

pub(crate) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt { what: what.to_owned() }
}

pub(crate) fn to_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(crate) fn pack(problem: &Problem) -> Result<Vec<u8>, StoreError> {
    let json = serde_json::to_vec(problem).map_err(|_e| corrupt("problem"))?;
    zstd::encode_all(json.as_slice(), 3).map_err(|_e| corrupt("problem"))
}

pub(crate) fn unpack(body: &[u8]) -> Result<Problem, StoreError> {
    let json = zstd::decode_all(body).map_err(|_e| corrupt("problem"))?;
    serde_json::from_slice(&json).map_err(|_e| corrupt("problem"))
}
