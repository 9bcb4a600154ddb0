//! One task that owns the writing connection. Work arrives on a bounded channel, is stored in one transaction per
//! batch (a few milliseconds or a few hundred rows), and is acknowledged only after the commit.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::row::{NewAttempts, NewSample, NewVerdict, form_str, sample_hash};
use super::runs::corrupt;
use super::{Store, StoreError, classify_write, file_identity, now_ms};

/// The most rows of one transaction.
const BATCH: usize = 512;
/// The most text of one transaction, more or less.
const BATCH_BYTES: usize = 1 << 20;
/// How long a batch waits for company.
const LINGER: Duration = Duration::from_millis(3);
/// How long it waits where it can be had again for nothing: verdicts that were not paid for.
const LINGER_FREE: Duration = Duration::from_millis(25);

/// Something to store.
#[derive(Debug)]
pub enum Write {
    /// Samples of one request, with its attempts; acknowledged after the commit.
    Samples(Vec<NewSample>, NewAttempts),
    /// One verdict; acknowledged after the commit.
    Verdict(Box<NewVerdict>),
    /// What was used without a verdict of its own; only `spent` is stored.
    Spent(Box<NewVerdict>),
    /// A line of the log.
    Event(&'static str, String),
    /// The live numbers, JSON.
    Live(String),
}

impl Write {
    fn linger(&self) -> Duration {
        match self {
            Self::Verdict(row) if row.verdict.spent.is_none() => LINGER_FREE,
            Self::Live(_) => LINGER_FREE,
            _ => LINGER,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Samples(rows, _) => {
                rows.iter().map(|r| r.text.len() + r.reasoning.as_ref().map_or(0, String::len)).sum()
            }
            Self::Spent(_) => 0,
            Self::Verdict(row) => row.verdict.detail.as_ref().map_or(0, String::len),
            Self::Event(_, text) | Self::Live(text) => text.len(),
        }
    }
}

/// What is now durable.
#[derive(Debug)]
pub enum Committed {
    /// These samples.
    Samples(Vec<NewSample>),
    /// This verdict.
    Verdict(Box<NewVerdict>),
}

/// The sending side of the writing task.
#[derive(Debug)]
pub struct Writer {
    sender: mpsc::Sender<Write>,
    task: JoinHandle<Result<(), StoreError>>,
}

impl Writer {
    /// Starts the task for one run. What is committed is reported on `committed`, in order.
    pub async fn start(
        store: &Store,
        run_id: i64,
        committed: mpsc::UnboundedSender<Committed>,
    ) -> Result<Self, StoreError> {
        let connection = store.connect().await?;
        let (sender, receiver) = mpsc::channel(4 * BATCH);
        let path = store.path().to_path_buf();
        let task = Task { identity: file_identity(&path), path, connection, run_id, committed };
        Ok(Self { sender, task: tokio::spawn(task.run(receiver)) })
    }

    /// A handle that sends; `send` fails once the task has ended on an error.
    #[must_use]
    pub fn sender(&self) -> mpsc::Sender<Write> {
        self.sender.clone()
    }

    /// Whether the task has ended (only on an error, while senders live).
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits until everything sent is stored. All other senders must be dropped before.
    ///
    /// # Errors
    /// The first thing that could not be stored.
    pub async fn finish(self) -> Result<(), StoreError> {
        drop(self.sender);
        self.task.await.unwrap_or_else(|_join| Err(corrupt("writing task")))
    }
}

struct Task {
    path: PathBuf,
    /// The file that the connection writes to: SQLite goes on with one that was deleted.
    identity: Option<(u64, u64)>,
    connection: SqliteConnection,
    run_id: i64,
    committed: mpsc::UnboundedSender<Committed>,
}

impl Task {
    async fn run(mut self, mut receiver: mpsc::Receiver<Write>) -> Result<(), StoreError> {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            if receiver.recv_many(&mut batch, BATCH).await == 0 {
                break;
            }
            let begin = tokio::time::Instant::now();
            let mut linger = batch.iter().map(Write::linger).min().unwrap_or(LINGER);
            while batch.len() < BATCH {
                match tokio::time::timeout_at(begin + linger, receiver.recv()).await {
                    Ok(Some(write)) => {
                        linger = linger.min(write.linger());
                        batch.push(write);
                    }
                    Ok(None) | Err(_) => break,
                }
            }
            let path = self.path.clone();
            let (mut part, mut bytes) = (Vec::new(), 0);
            let mut left = std::mem::take(&mut batch).into_iter().peekable();
            while let Some(write) = left.next() {
                bytes += write.bytes();
                part.push(write);
                if bytes >= BATCH_BYTES || left.peek().is_none() {
                    bytes = 0;
                    self.store(std::mem::take(&mut part)).await.map_err(|e| match e {
                        StoreError::Sql(source) => classify_write(&path, source),
                        other => other,
                    })?;
                }
            }
        }
        self.connection.close().await?;
        Ok(())
    }

    async fn store(&mut self, batch: Vec<Write>) -> Result<(), StoreError> {
        let (mut samples, mut attempts, mut verdicts, mut spent, mut events, mut live) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), None);
        for write in batch {
            match write {
                Write::Samples(rows, tries) => {
                    samples.extend(rows);
                    attempts.push(tries);
                }
                Write::Verdict(row) => verdicts.push(row),
                Write::Spent(row) => spent.push(row),
                Write::Event(level, message) => events.push((level, message)),
                Write::Live(body) => live = Some(body),
            }
        }
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        insert_samples(&mut transaction, self.run_id, &samples).await?;
        insert_attempts(&mut transaction, self.run_id, &attempts).await?;
        insert_verdicts(&mut transaction, &verdicts).await?;
        insert_judging(&mut transaction, &verdicts).await?;
        insert_judging(&mut transaction, &spent).await?;
        for (level, message) in &events {
            sqlx::query("INSERT INTO event (run_id, at_ms, level, message) VALUES (?, ?, ?, ?)")
                .bind(self.run_id)
                .bind(now_ms())
                .bind(*level)
                .bind(message)
                .execute(&mut *transaction)
                .await?;
        }
        if let Some(body) = live {
            sqlx::query("INSERT OR REPLACE INTO live (run_id, at_ms, pid, body) VALUES (?, ?, ?, ?)")
                .bind(self.run_id)
                .bind(now_ms())
                .bind(std::process::id())
                .bind(body)
                .execute(&mut *transaction)
                .await?;
        }
        if file_identity(&self.path) != self.identity {
            return Err(StoreError::Vanished { path: self.path.clone() });
        }
        transaction.commit().await?;
        // nobody listening any more is the end of the run, not a failure of the store
        if !samples.is_empty() {
            let _ = self.committed.send(Committed::Samples(samples));
        }
        for verdict in verdicts {
            let _ = self.committed.send(Committed::Verdict(verdict));
        }
        Ok(())
    }
}

/// Rows of one statement: a few fixed sizes, so that the prepared statements are found again.
fn chunks<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = match rows.len() {
            0 => return None,
            1..8 => 1,
            8..64 => 8,
            _ => 64,
        };
        let (head, tail) = rows.split_at(size);
        rows = tail;
        Some(head)
    })
}

/// `head (?, ..), (?, ..)`: only question marks are added to the static text.
fn values(head: &'static str, columns: usize, rows: usize) -> AssertSqlSafe<String> {
    let row = format!("({})", vec!["?"; columns].join(", "));
    AssertSqlSafe(format!("{head} VALUES {}", vec![row.as_str(); rows].join(", ")))
}

pub(super) async fn insert_samples(
    connection: &mut SqliteConnection,
    run_id: i64,
    samples: &[NewSample],
) -> Result<(), StoreError> {
    const SAMPLE: &str = "INSERT OR REPLACE INTO sample (id, run_id, problem_id, sample_index, outcome, finish_reason, \
        text_hash, prompt_tokens, cached_tokens, completion_tokens, usage_apportioned, cost_usd, latency_ms, \
        first_token_ms, logprob, seed, endpoint, error, stored_at_ms)";
    const COMPLETION: &str = "INSERT INTO completion (id, form, text, reasoning, token_logprobs)";
    if samples.is_empty() {
        return Ok(());
    }
    let last: i64 = sqlx::query_scalar(
        "SELECT max(ifnull((SELECT max(id) FROM sample), 0), ifnull((SELECT max(id) FROM completion), 0))",
    )
    .fetch_one(&mut *connection)
    .await?;
    let stored_at = now_ms();
    let mut id = last;
    for chunk in chunks(samples) {
        let mut query = sqlx::query(values(SAMPLE, 19, chunk.len()));
        let mut texts = sqlx::query(values(COMPLETION, 5, chunk.len()));
        for sample in chunk {
            id += 1;
            query = query
                .bind(id)
                .bind(run_id)
                .bind(sample.problem_id)
                .bind(sample.sample_index)
                .bind(sample.outcome.as_str())
                .bind(&sample.finish_reason)
                .bind(sample_hash(sample))
                .bind(sample.prompt_tokens)
                .bind(sample.cached_tokens)
                .bind(sample.completion_tokens)
                .bind(sample.usage_apportioned)
                .bind(sample.cost_usd)
                .bind(sample.latency_ms)
                .bind(sample.first_token_ms)
                .bind(sample.logprob)
                .bind(sample.seed)
                .bind(&sample.endpoint)
                .bind(&sample.error)
                .bind(stored_at);
            texts = texts.bind(id).bind(form_str(sample.form)).bind(&sample.text).bind(&sample.reasoning);
            texts = texts.bind(&sample.token_logprobs);
        }
        query.execute(&mut *connection).await?;
        texts.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_attempts(
    connection: &mut SqliteConnection,
    run_id: i64,
    requests: &[NewAttempts],
) -> Result<(), StoreError> {
    const ATTEMPT: &str = "INSERT OR REPLACE INTO attempt (run_id, problem_id, first_index, at_ms, attempt, n, \
        http_status, result, message, latency_ms, retry_after_ms)";
    let rows: Vec<_> =
        requests.iter().flat_map(|r| r.attempts.iter().enumerate().map(move |(i, a)| (r, i, a))).collect();
    for chunk in chunks(&rows) {
        let mut query = sqlx::query(values(ATTEMPT, 11, chunk.len()));
        for (request, index, attempt) in chunk {
            query = query
                .bind(run_id)
                .bind(request.problem_id)
                .bind(request.first_index)
                .bind(request.at_ms)
                .bind(super::runs::to_i64(index + 1))
                .bind(request.n)
                .bind(attempt.http_status)
                .bind(&attempt.result)
                .bind(&attempt.message)
                .bind(attempt.latency.as_secs_f64() * 1e3)
                .bind(attempt.retry_after.map(|d| d.as_secs_f64() * 1e3));
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn insert_verdicts(
    connection: &mut SqliteConnection,
    verdicts: &[Box<NewVerdict>],
) -> Result<(), StoreError> {
    const VERDICT: &str = "INSERT OR REPLACE INTO verdict (verifier_id, problem_id, sample_index, status, score, steps, \
        answer, detail, duration_ms, sandbox, weak, flaky)";
    for chunk in chunks(verdicts) {
        let mut query = sqlx::query(values(VERDICT, 12, chunk.len()));
        for row in chunk {
            let verdict = &row.verdict;
            let steps = (!verdict.steps.is_empty()).then(|| serde_json::Value::from(verdict.steps.clone()).to_string());
            query = query
                .bind(row.verifier_id)
                .bind(row.problem_id)
                .bind(row.sample_index)
                .bind(verdict.status.map(verifiers::domain::Status::as_str))
                .bind(verdict.score)
                .bind(steps)
                .bind(&verdict.answer)
                .bind(&verdict.detail)
                .bind(verdict.duration.as_secs_f64() * 1e3)
                .bind(verdict.sandbox.map(verifiers::domain::SandboxClass::as_str))
                .bind(verdict.weak)
                .bind(verdict.flaky);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// What the verdicts used. Rows are added, never replaced: what was paid stays paid.
async fn insert_judging(connection: &mut SqliteConnection, verdicts: &[Box<NewVerdict>]) -> Result<(), StoreError> {
    const JUDGING: &str = "INSERT INTO judging (verifier_id, problem_id, sample_index, at_ms, requests, prompt_tokens, \
        completion_tokens, cost_usd, attempts)";
    let rows: Vec<_> = verdicts
        .iter()
        .filter_map(|row| Some((row, row.verdict.spent.as_deref().filter(|spent| !spent.is_nothing())?)))
        .collect();
    let stored_at = now_ms();
    let integer = |n: Option<u64>| n.and_then(|n| i64::try_from(n).ok());
    for chunk in chunks(&rows) {
        let mut query = sqlx::query(values(JUDGING, 9, chunk.len()));
        for (row, spent) in chunk {
            let attempts: Vec<serde_json::Value> = spent
                .attempts
                .iter()
                .map(|a| serde_json::json!([a.result, a.http_status, a.latency.as_secs_f64() * 1e3, a.message]))
                .collect();
            query = query
                .bind(row.verifier_id)
                .bind(row.problem_id)
                .bind(row.sample_index)
                .bind(stored_at)
                .bind(super::runs::to_i64(spent.attempts.len()))
                .bind(integer(spent.prompt_tokens))
                .bind(integer(spent.completion_tokens))
                .bind(spent.cost_usd)
                .bind(serde_json::Value::from(attempts).to_string());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
