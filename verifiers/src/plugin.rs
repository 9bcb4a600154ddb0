//! A verifier of one's own: a program that stays alive and scores samples over JSON lines.
//!
//! Every message is one line. nbest says `{"protocol": 1, "batch": 32}`; the program answers
//! `{"protocol": 1, "version": "what it is"}` and may lower `batch`. Then, again and again, nbest sends
//! `{"id": 7, "samples": [{"problem", "sample_index", "prompt", "completion", "answer", "entry_point", "fields"}]}` and the program
//! answers `{"id": 7, "verdicts": [{"score": 0.7}]}`, one verdict a sample, in order: `score`, `status`, `answer`, `steps`, `detail`,
//! each optional, or `null` for a sample that it cannot judge. Lines that are no such answer (a library that prints) are passed over.
//! When its input ends, the program ends.
//!
//! The program is the user's own and runs as the user, outside of the sandbox.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::domain::{Status, Verdict};
use crate::verifier::{Candidate, Scope, Verifier};

mod process;

use crate::counted;
use process::Process;

/// The version of the protocol.
pub const PROTOCOL: u64 = 1;
/// Starts without an answer in between, after which the program is given up.
const STARTS_MOST: u32 = 5;

/// The settings of `kind = "command"` with `protocol = "json-lines"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PluginSettings {
    /// Program and arguments.
    pub command: Vec<String>,
    /// The most samples in one request.
    pub batch: usize,
    /// How many of the program run side by side.
    pub copies: usize,
    /// Time for one request.
    pub timeout: Duration,
    /// Time until the program says hello (a model may have to be loaded).
    pub start_timeout: Duration,
    /// From this score on a sample passes, where the program gives no status.
    pub threshold: Option<f64>,
    /// Variables that are passed on although their names look like a secret's.
    pub env: Vec<String>,
}

impl Default for PluginSettings {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            batch: 32,
            copies: 1,
            timeout: Duration::from_mins(2),
            start_timeout: Duration::from_mins(10),
            threshold: None,
            env: Vec::new(),
        }
    }
}

/// Why a program of one's own cannot be a verifier.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// It does not start, or does not speak the protocol.
    #[error("the program `{command}` cannot judge: {why}")]
    Start {
        /// Its first word.
        command: String,
        /// In what way.
        why: String,
    },
}

/// Judges by a program that stays alive.
pub struct PluginVerifier {
    settings: PluginSettings,
    version: String,
    batch: usize,
    idle: Mutex<Vec<Process>>,
    permits: Semaphore,
    starts: Mutex<u32>,
}

impl PluginVerifier {
    /// Starts the program and waits for its hello.
    ///
    /// # Errors
    /// When it does not start, is silent for too long or speaks another protocol.
    pub fn start(settings: &PluginSettings) -> Result<Self, PluginError> {
        let process = Process::start(settings).map_err(|fault| PluginError::Start {
            command: settings.command.first().cloned().unwrap_or_default(),
            why: fault.to_string(),
        })?;
        Ok(Self {
            version: process.version.clone(),
            batch: process.batch.clamp(1, settings.batch.max(1)),
            idle: Mutex::new(vec![process]),
            permits: Semaphore::new(settings.copies.max(1)),
            starts: Mutex::new(0),
            settings: settings.clone(),
        })
    }

    /// A program that waits, or a new one. Starting blocks, so it has a thread of its own.
    async fn take(&self) -> Result<Process, String> {
        if let Some(process) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(process);
        }
        {
            let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
            if *starts >= STARTS_MOST {
                return Err(format!(
                    "the program ended {STARTS_MOST} times without an answer and is not started again"
                ));
            }
            *starts += 1;
        }
        let settings = self.settings.clone();
        let started = tokio::task::spawn_blocking(move || Process::start(&settings)).await;
        started.map_err(|error| error.to_string())?.map_err(|fault| format!("the program cannot be started: {fault}"))
    }

    /// One request. A program that fails is ended; the next request starts another.
    async fn ask(&self, batch: &[&Candidate]) -> Result<Vec<Verdict>, String> {
        let mut process = self.take().await?;
        let samples: Vec<Value> = batch.iter().map(|candidate| sample(candidate)).collect();
        match process.ask(samples, self.settings.timeout).await {
            Ok(items) => {
                *self.starts.lock().unwrap_or_else(PoisonError::into_inner) = 0;
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
                if items.len() != batch.len() {
                    return Err(format!(
                        "the program gave {} for {}",
                        counted(items.len(), "verdict"),
                        counted(batch.len(), "sample")
                    ));
                }
                Ok(items.iter().map(|item| verdict(item, self.settings.threshold)).collect())
            }
            Err(fault) => {
                tracing::warn!(error = %fault, "a verifier's program failed");
                Err(fault.to_string())
            }
        }
    }

    /// A batch; if it fails, each of its samples alone, so that the one at fault is the only one lost.
    async fn judge_batch(&self, batch: &[&Candidate]) -> Vec<Verdict> {
        let first = self.ask(batch).await;
        let why = match first {
            Ok(verdicts) => return verdicts,
            Err(why) => why,
        };
        let [_] = batch else {
            let mut verdicts = Vec::with_capacity(batch.len());
            for candidate in batch {
                verdicts.push(match self.ask(&[candidate]).await {
                    Ok(mut one) => one.remove(0),
                    Err(why) => Verdict::unjudged(why),
                });
            }
            return verdicts;
        };
        match self.ask(batch).await {
            Ok(verdicts) => verdicts,
            Err(_) => vec![Verdict::unjudged(why)],
        }
    }
}

/// What the program is told of a sample.
fn sample(candidate: &Candidate) -> Value {
    let problem = &candidate.problem;
    let mut sample = json!({
        "problem": problem.id.0,
        "sample_index": candidate.sample_index,
        "prompt": problem.prompt,
        "completion": candidate.completion.text,
    });
    if let Some(answer) = &problem.answer {
        sample["answer"] = json!(answer);
    }
    if let Some(entry_point) = &problem.entry_point {
        sample["entry_point"] = json!(entry_point);
    }
    if !problem.fields.is_empty() {
        sample["fields"] = json!(problem.fields);
    }
    sample
}

/// What the program says of a sample.
fn verdict(item: &Value, threshold: Option<f64>) -> Verdict {
    if item.is_null() {
        return Verdict::unjudged("the program gave no verdict");
    }
    let score = item.as_f64().or_else(|| item.get("score").and_then(Value::as_f64));
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let detail = text("detail").map(|line| line.replace(char::is_control, " "));
    let status = match text("status") {
        Some(word) => match Status::parse(&word) {
            Some(status) => Some(status),
            None => return Verdict::unjudged(format!("the program gave the unknown status {word:?}")),
        },
        None => score.zip(threshold).map(|(score, from)| if score >= from { Status::Pass } else { Status::Fail }),
    };
    let steps = item.get("steps").and_then(Value::as_array).map(|list| list.iter().map(Value::as_f64).collect());
    let Some(steps) = steps.unwrap_or_else(|| Some(Vec::new())) else {
        return Verdict::unjudged("a step's score is no number");
    };
    if status.is_none() && score.is_none() {
        return Verdict::unjudged(detail.unwrap_or_else(|| "the program gave neither a score nor a status".to_owned()));
    }
    Verdict { status, score, steps, answer: text("answer"), detail, ..Verdict::new(Status::Pass) }
}

#[async_trait]
impl Verifier for PluginVerifier {
    fn version(&self) -> String {
        format!("json-lines {PROTOCOL}, {}", self.version)
    }

    fn scope(&self) -> Scope {
        Scope::Sample { batch: self.batch }
    }

    fn concurrency(&self) -> usize {
        self.settings.copies.max(1)
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        let Ok(_permit) = self.permits.acquire().await else { return Vec::new() };
        let started = Instant::now();
        let members: Vec<&Candidate> = batch.iter().collect();
        let mut verdicts = self.judge_batch(&members).await;
        let share = started.elapsed() / u32::try_from(batch.len().max(1)).unwrap_or(u32::MAX);
        for verdict in &mut verdicts {
            verdict.duration = share;
        }
        verdicts
    }

    async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        // ending waits a moment for the program to leave by itself
        let ended = tokio::task::spawn_blocking(move || idle.into_iter().for_each(Process::end));
        if ended.await.is_err() {
            tracing::error!("ending a verifier's program failed");
        }
    }
}

#[cfg(test)]
mod tests;
