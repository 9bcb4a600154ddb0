//! A whole run in one transaction: it is there when the last row is, or nothing is, whatever happens in between.

use sqlx::{Connection as _, SqliteConnection};
use verifiers::domain::{Problem, Role};

use super::row::{NewSample, NewVerdict};
use super::runs::{NewRun, corrupt, pack, to_i64};
use super::writer::{insert_samples, insert_verdicts};
use super::{Store, StoreError, classify_write, now_ms};

/// Something to store. Problems and verifiers come before what refers to them; `problem_id` and `verifier_id` of rows are
/// their places in the order in which they came.
#[derive(Debug)]
pub enum Load {
    /// A problem and its place in its set.
    Problem(usize, Box<Problem>),
    /// A verifier's name.
    Verifier(String),
    /// A sample.
    Sample(Box<NewSample>),
    /// A verdict.
    Verdict(Box<NewVerdict>),
}

/// What is known only at the end. Verifiers by their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settle {
    /// N per problem.
    pub samples: u32,
    /// One role a verifier.
    pub roles: Vec<Role>,
    /// Verifiers whose statuses are numbers that happened to be 0 or 1.
    pub scores: Vec<usize>,
    /// Verifiers whose statuses get scores beside those that have one.
    pub partial: Vec<usize>,
}

/// An open transaction. Dropped before [`Bulk::commit`], nothing of it stays.
#[derive(Debug)]
pub struct Bulk {
    path: std::path::PathBuf,
    connection: SqliteConnection,
    run_id: i64,
    set_hash: String,
    kind: String,
    settings: String,
    version: String,
    problems: Vec<i64>,
    verifiers: Vec<i64>,
}

impl Bulk {
    /// Begins a run. `set` is path and format of its problem set; `settings` and `version` are those of its verifiers.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`], or what SQLite says.
    pub async fn begin(
        store: &Store,
        new: &NewRun,
        set: (&str, &str),
        settings: &str,
        version: &str,
    ) -> Result<Self, StoreError> {
        if store.reader().find_run_exact(&new.name).await?.is_some() {
            return Err(StoreError::NameTaken { name: new.name.clone() });
        }
        let path = store.path().to_path_buf();
        let mut connection = store.connect().await?;
        let full = |e| classify_write(&path, e);
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.map_err(full)?;
        sqlx::query("INSERT OR IGNORE INTO problem_set (hash, path, format) VALUES (?, ?, ?)")
            .bind(&new.set_hash)
            .bind(set.0)
            .bind(set.1)
            .execute(&mut connection)
            .await
            .map_err(full)?;
        let run_id: i64 = sqlx::query_scalar(
            "INSERT INTO run (uuid, name, created_at_ms, state, set_hash, samples, seed, sampling, model_key, config, version)
             VALUES (?, ?, ?, 'finished', ?, 0, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(uuid::Uuid::now_v7().to_string())
        .bind(&new.name)
        .bind(now_ms())
        .bind(&new.set_hash)
        .bind(i64::from_le_bytes(new.seed.to_le_bytes()))
        .bind(&new.sampling)
        .bind(&new.model_key)
        .bind(&new.config)
        .bind(env!("CARGO_PKG_VERSION"))
        .fetch_one(&mut connection)
        .await
        .map_err(full)?;
        Ok(Self {
            path,
            connection,
            run_id,
            set_hash: new.set_hash.clone(),
            kind: "imported".to_owned(),
            settings: settings.to_owned(),
            version: version.to_owned(),
            problems: Vec::new(),
            verifiers: Vec::new(),
        })
    }

    /// Stores a batch, in its order.
    ///
    /// # Errors
    /// What SQLite says: a full disk by name.
    pub async fn load(&mut self, batch: Vec<Load>) -> Result<(), StoreError> {
        let path = self.path.clone();
        self.load_all(batch).await.map_err(|error| match error {
            StoreError::Sql(source) => classify_write(&path, source),
            other => other,
        })
    }

    async fn load_all(&mut self, batch: Vec<Load>) -> Result<(), StoreError> {
        let (mut samples, mut verdicts) = (Vec::new(), Vec::new());
        for load in batch {
            match load {
                Load::Problem(ordinal, problem) => self.problem(ordinal, &problem).await?,
                Load::Verifier(name) => self.verifier(&name).await?,
                Load::Sample(mut row) => {
                    row.problem_id = at(&self.problems, row.problem_id)?;
                    samples.push(*row);
                }
                Load::Verdict(mut row) => {
                    row.problem_id = at(&self.problems, row.problem_id)?;
                    row.verifier_id = at(&self.verifiers, row.verifier_id)?;
                    verdicts.push(row);
                }
            }
        }
        insert_samples(&mut self.connection, self.run_id, &samples).await?;
        insert_verdicts(&mut self.connection, &verdicts).await
    }

    async fn problem(&mut self, ordinal: usize, problem: &Problem) -> Result<(), StoreError> {
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO problem (set_hash, ordinal, name, group_name, body) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (set_hash, name) DO UPDATE SET name = excluded.name RETURNING id",
        )
        .bind(&self.set_hash)
        .bind(to_i64(ordinal))
        .bind(&problem.id.0)
        .bind(&problem.group)
        .bind(pack(problem)?)
        .fetch_one(&mut self.connection)
        .await?;
        sqlx::query("INSERT INTO run_problem (run_id, problem_id) VALUES (?, ?)")
            .bind(self.run_id)
            .bind(id)
            .execute(&mut self.connection)
            .await?;
        self.problems.push(id);
        Ok(())
    }

    async fn verifier(&mut self, name: &str) -> Result<(), StoreError> {
        let hash = blake3::hash(self.settings.as_bytes()).to_hex().to_string();
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO verifier (run_id, name, kind, role, version, settings, settings_hash, current)
             VALUES (?, ?, ?, 'observer', ?, ?, ?, 1) RETURNING id",
        )
        .bind(self.run_id)
        .bind(name)
        .bind(&self.kind)
        .bind(&self.version)
        .bind(&self.settings)
        .bind(hash)
        .fetch_one(&mut self.connection)
        .await?;
        self.verifiers.push(id);
        Ok(())
    }

    /// Settles what is known at the end only, and makes everything durable and visible at once.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn commit(
        mut self,
        settle: &Settle,
        config: &str,
        identity: &serde_json::Value,
    ) -> Result<i64, StoreError> {
        let path = self.path.clone();
        let full = |e| classify_write(&path, e);
        for (id, role) in self.verifiers.iter().zip(&settle.roles) {
            sqlx::query("UPDATE verifier SET role = ? WHERE id = ?")
                .bind(role.as_str())
                .bind(id)
                .execute(&mut self.connection)
                .await
                .map_err(full)?;
        }
        for place in &settle.scores {
            sqlx::query(
                "UPDATE verdict SET score = ifnull(score, status = 'pass'), status = NULL
                 WHERE verifier_id = ? AND status IN ('pass', 'fail', 'error')",
            )
            .bind(self.verifiers.get(*place).copied())
            .execute(&mut self.connection)
            .await
            .map_err(full)?;
        }
        for place in &settle.partial {
            sqlx::query(
                "UPDATE verdict SET score = (status = 'pass') WHERE verifier_id = ? AND score IS NULL
                 AND status <> 'unjudged'",
            )
            .bind(self.verifiers.get(*place).copied())
            .execute(&mut self.connection)
            .await
            .map_err(full)?;
        }
        sqlx::query("UPDATE run SET samples = ?, config = ?, identity = ?, ended_at_ms = ? WHERE id = ?")
            .bind(settle.samples)
            .bind(config)
            .bind(identity.to_string())
            .bind(now_ms())
            .bind(self.run_id)
            .execute(&mut self.connection)
            .await
            .map_err(full)?;
        sqlx::query("COMMIT").execute(&mut self.connection).await.map_err(full)?;
        self.connection.close().await?;
        Ok(self.run_id)
    }
}

fn at(rows: &[i64], place: i64) -> Result<i64, StoreError> {
    usize::try_from(place).ok().and_then(|p| rows.get(p)).copied().ok_or_else(|| corrupt("place of a row"))
}
