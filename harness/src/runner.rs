//! Runs an experiment: draws samples, judges them, stores both, and tells how it goes.
//!
//! One task, the dispatcher, owns all state. Requests and verdicts run in tasks of their own and come back as messages;
//! the store's writer acknowledges what is durable, and only then is a sample judged or counted. Everything is bounded:
//! requests in flight by the model's concurrency, samples that wait for a verdict by [`RunSettings::backlog`], so a slow
//! verifier slows sampling instead of filling memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use verifiers::domain::Problem;
pub use verifiers::model::Price as FlatPrice;
use verifiers::model::{Model, Prompt};

use crate::plan::{Order, Sampling};
use crate::store::row::RunRow;
use crate::store::{Store, StoreError};

mod dispatcher;
mod forecast;
mod judges;
mod oddities;
mod prepare;
mod price;
mod progress;
mod self_test;
mod spent;
#[cfg(test)]
mod tests;
mod whole;

pub use forecast::{Forecast, forecast};
pub use judges::ActiveVerifier;
pub use prepare::{PrepareError, Wishes, prepare, prepare_verify, stored_experiment};
pub use price::{Price, Tier, Tokens};
pub use progress::{Phase, Progress};
pub use self_test::self_test;

/// One problem of a run.
#[derive(Debug, Clone)]
pub struct RunProblem {
    /// Its row.
    pub id: i64,
    /// The problem.
    pub problem: Arc<Problem>,
    /// What the model is asked; `None` where nothing is sampled.
    pub prompt: Option<Prompt>,
}

/// What a run may use at most, over all its sessions, for samples and for verdicts.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Budget {
    /// USD.
    pub usd: Option<f64>,
    /// Tokens read and written.
    pub tokens: Option<u64>,
    /// Samples.
    pub samples: Option<u64>,
    /// Time of one session.
    pub deadline: Option<Duration>,
}

impl Budget {
    /// The limit that is reached by what was spent on samples and verdicts, if one is.
    pub(crate) fn spent_up(&self, usd: Option<f64>, tokens: u64) -> Option<&'static str> {
        if self.usd.zip(usd).is_some_and(|(limit, cost)| cost >= limit) {
            return Some("budget_usd");
        }
        self.tokens.is_some_and(|limit| tokens >= limit).then_some("budget_tokens")
    }
}

/// How a run is run.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// N per problem.
    pub samples: u32,
    /// The run's seed.
    pub seed: u64,
    /// When a problem has enough.
    pub sampling: Sampling,
    /// In which order.
    pub order: Order,
    /// Prices, where known.
    pub price: Option<Price>,
    /// Most tokens that a sample may have, where that is set.
    pub max_tokens: Option<u32>,
    /// Limits.
    pub budget: Budget,
    /// Requests in flight at most.
    pub concurrency: usize,
    /// Identical programs are judged once.
    pub dedupe: bool,
    /// Samples that may wait for a verdict before sampling pauses.
    pub backlog: usize,
}

/// Everything a session needs.
pub struct Session {
    /// Where everything is kept; the caller holds its write lock.
    pub store: Store,
    /// The run.
    pub run: RunRow,
    /// Its problems.
    pub problems: Vec<RunProblem>,
    /// What is sampled; `None`: only judge.
    pub model: Option<Arc<dyn Model>>,
    /// What judges.
    pub verifiers: Vec<ActiveVerifier>,
    /// How.
    pub settings: RunSettings,
    /// Stops the session cleanly.
    pub cancel: CancellationToken,
    /// Where progress is told.
    pub progress: watch::Sender<Progress>,
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All samples and verdicts are there, but for those counted in the progress.
    Finished,
    /// The user stopped it.
    Stopped,
    /// A budget is used up; its name.
    Budget(String),
    /// No request can succeed: what to tell, and the way out.
    ModelFailed(String, Option<String>),
}

/// What a session did.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Why it ended.
    pub ending: Ending,
    /// The last numbers.
    pub progress: Progress,
}

/// Runs one session to its end.
///
/// # Errors
/// Only the store's: the session ends at once, and nothing is acknowledged that is not stored.
pub async fn run(session: Session) -> Result<Summary, StoreError> {
    let (store, run_id, model) = (session.store.clone(), session.run.id, session.model.clone());
    let result = dispatcher::Dispatcher::run(session).await;
    if let Some(model) = model.filter(|_| result.is_ok()) {
        // with what it had to adapt to
        store.set_identity(run_id, &model.identity().await).await?;
    }
    let (state, reason) = match &result {
        Ok(Summary { ending: Ending::Finished, .. }) => ("finished", None),
        Ok(Summary { ending: Ending::Stopped, .. }) => ("stopped", Some("stopped by the user".to_owned())),
        Ok(Summary { ending: Ending::Budget(which), .. }) => ("stopped", Some(format!("{which} used up"))),
        Ok(Summary { ending: Ending::ModelFailed(message, _), .. }) => ("failed", Some(message.clone())),
        Err(error) => ("failed", Some(error.to_string())),
    };
    let stated = store.set_state(run_id, state, reason.as_deref()).await;
    // the first failure is the one to tell
    let summary = result?;
    stated?;
    Ok(summary)
}
